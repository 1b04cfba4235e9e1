// Workloads, mappings and sweeps as files.
#include "spec/write.h"

#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "spec/activations.h"
#include "spec/digits.h"
#include "spec/flow.h"
#include "spec/load.h"
#include "spec/reading.h"
#include "spec/sweep_overrides.h"
#include "spec/sweep_stays.h"
#include "spec/training.h"

static void print_pair(FILE *out, const char *key, uint64_t rows, uint64_t columns) {
    fprintf(out, ", %s: [%" PRIu64 ", %" PRIu64 "]", key, rows, columns);
}

// Padding after the map that gives the same number of outputs: that before it if it
// does, else the least.
static int64_t pad_after(const struct sdse_nest *nest, unsigned axis, uint64_t in) {
    uint64_t reach =
        sdse_window_extent(nest->bound[SDSE_P + axis], nest->bound[SDSE_R + axis],
                           nest->stride[axis], nest->dilation[axis]);
    int64_t least = (int64_t)reach - (int64_t)in - nest->pad[axis];
    int64_t same = nest->pad[axis];
    return same >= least && same - least < nest->stride[axis] ? same : least;
}

static void print_pad(FILE *out, const struct sdse_nest *nest, const uint64_t in[2]) {
    int64_t after[2];
    bool even = true;
    for (unsigned axis = 0; axis < 2; axis++) {
        after[axis] = pad_after(nest, axis, in[axis]);
        even &= after[axis] == nest->pad[axis] && after[axis] >= 0;
    }
    if (even)
        fprintf(out, ", pad: [%" PRId64 ", %" PRId64 "]", after[0], after[1]);
    else
        fprintf(out, ", pad: [[%" PRId64 ", %" PRId64 "], [%" PRId64 ", %" PRId64 "]]",
                nest->pad[0], after[0], nest->pad[1], after[1]);
}

static void print_move(FILE *out, const struct sdse_layer *layer) {
    const struct sdse_nest *nest = &layer->nest;
    const struct sdse_move *move = &layer->move;
    fprintf(out, "kind: %s, in: [%" PRIu64 ", %" PRIu64 ", %" PRIu64 "]",
            sdse_layer_kind_words[layer->kind], nest->bound[SDSE_G], nest->map[0],
            nest->map[1]);
    if (layer->kind == SDSE_POOL) {
        print_pair(out, "kernel", nest->bound[SDSE_R], nest->bound[SDSE_S]);
        print_pair(out, "stride", nest->stride[0], nest->stride[1]);
        print_pair(out, "dilation", nest->dilation[0], nest->dilation[1]);
        print_pad(out, nest, nest->map);
    }
    if (layer->kind == SDSE_ADD)
        fprintf(out, ", addends: %" PRIu32, move->addends);
    for (uint32_t i = 0; i < move->broadcast_count; i++) {
        const struct sdse_broadcast *map = &move->broadcasts[i];
        fprintf(out, "%s[%s%" PRIu64 ", %" PRIu64 ", %" PRIu64 "]%s",
                i ? ", " : ", broadcast: [", map->shared ? "1, " : "", map->size[0],
                map->size[1], map->size[2], i + 1 == move->broadcast_count ? "]" : "");
    }
    if (move->passes != 1)
        fprintf(out, ", passes: %" PRIu32, move->passes);
    fprintf(out, ", ops_per_word: %" PRIu32 ", fused: %s", move->operations,
            move->fused ? "true" : "false");
    if (layer->kind == SDSE_UPDATE)
        fprintf(out,
                ", read_words: %.17g, read_bits: %.17g, write_bits: %.17g, "
                "copy_below_bits: %" PRIu32,
                move->update.read_words, move->update.read_bits,
                move->update.write_bits, move->update.copy_below_bits);
}

static void print_conv(FILE *out, const struct sdse_layer *layer) {
    const struct sdse_nest *nest = &layer->nest;
    const uint64_t *bound = nest->bound;
    bool depthwise = layer->kind == SDSE_DWCONV;
    const char *word = layer->kind == SDSE_WGRAD ? "wgrad"
                       : depthwise               ? "dwconv"
                                                 : "conv";
    const uint64_t in[2] = {nest->map[0] ? nest->map[0] : layer->in_height,
                            nest->map[1] ? nest->map[1] : layer->in_width};
    fprintf(out, "kind: %s, in: [%" PRIu64 ", %" PRIu64 ", %" PRIu64 "]", word,
            bound[SDSE_C] * bound[SDSE_G], in[0], in[1]);
    fprintf(out, ", out_channels: %" PRIu64, bound[SDSE_K] * bound[SDSE_G]);
    print_pair(out, "kernel", bound[SDSE_R], bound[SDSE_S]);
    print_pair(out, "stride", nest->stride[0], nest->stride[1]);
    print_pair(out, "dilation", nest->dilation[0], nest->dilation[1]);
    print_pad(out, nest, in);
    if (!depthwise)
        fprintf(out, ", groups: %" PRIu64, bound[SDSE_G]);
}

// Groups are right operands: those of each sample, or, if the samples of the batch do
// not divide them, of all samples.
static void print_matmul(FILE *out, const uint64_t bound[SDSE_DIMS], uint64_t batch) {
    bool shared = bound[SDSE_G] % batch != 0;
    uint64_t operands = shared ? bound[SDSE_G] : bound[SDSE_G] / batch;
    uint64_t heads = bound[SDSE_N] / (shared ? batch : 1) * operands;
    fprintf(out, "kind: matmul, heads: %" PRIu64, heads);
    if (heads != operands)
        fprintf(out, ", kv_heads: %" PRIu64, operands);
    if (shared)
        fputs(", shared: true", out);
    fprintf(out, ", m: %" PRIu64 ", k: %" PRIu64 ", n: %" PRIu64, bound[SDSE_P],
            bound[SDSE_C], bound[SDSE_K]);
}

// Of weights, or of a right operand.
static void print_bits(FILE *out, const struct sdse_layer *layer) {
    if (layer->weight_bits)
        fprintf(out, ", bits: {weights: %" PRIu32 "}", layer->weight_bits);
}

// As it is written: by the convolution whose weights' gradient it is.
static void print_weight_gradient(FILE *out, const struct sdse_layer *layer,
                                  uint64_t batch) {
    struct sdse_layer forward = *layer;
    sdse_nest_from_weight_gradient(&forward.nest);
    print_conv(out, &forward);
    if (forward.nest.bound[SDSE_N] != batch)
        fprintf(out, ", batch: %" PRIu64, forward.nest.bound[SDSE_N] / batch);
}

// Maps that a layer which multiplies adds to what it puts out.
static void print_addends(FILE *out, const struct sdse_layer *layer) {
    if (layer->addends)
        fprintf(out, ", addends: %" PRIu32, layer->addends);
}

// `batch`: the workload's.
static void print_shape(FILE *out, const struct sdse_layer *layer, uint64_t batch) {
    const uint64_t *bound = layer->nest.bound;
    if (layer->kind == SDSE_MATMUL) {
        print_matmul(out, bound, batch);
        if (layer->role)
            fprintf(out, ", role: %s", sdse_operand_role_name(layer->role));
        print_bits(out, layer);
        print_addends(out, layer);
        return;
    }
    if (layer->kind == SDSE_WGRAD) {
        print_weight_gradient(out, layer, batch);
        return;
    }
    if (sdse_layer_moves(layer))
        print_move(out, layer);
    else if (layer->kind == SDSE_FC)
        fprintf(out,
                "kind: fc, in: %" PRIu64 ", out_channels: %" PRIu64 ", rows: %" PRIu64,
                bound[SDSE_C], bound[SDSE_K], bound[SDSE_P]);
    else
        print_conv(out, layer);
    if (bound[SDSE_N] != batch && layer->kind != SDSE_UPDATE)
        fprintf(out, ", batch: %" PRIu64, bound[SDSE_N] / batch);
    if (layer->shares_weights) {
        fputs(", shares_weights: ", out);
        sdse_print_word(out, layer->shares_weights);
    }
    print_bits(out, layer);
    print_addends(out, layer);
}

// The loop nest itself, as a comment: what the shape's keys amount to.
static void print_nest(FILE *out, const struct sdse_nest *nest) {
    fputs("  #", out);
    for (unsigned d = 0; d < SDSE_DIMS; d++)
        fprintf(out, " %c%" PRIu64, sdse_dim_letters[d], nest->bound[d]);
    fputc('\n', out);
}

static void print_densities(FILE *out, const struct sdse_layer *layer) {
    if (!layer->density_source)
        return;
    fputs(", density: {", out);
    for (unsigned t = 0; t < SDSE_TENSORS; t++)
        fprintf(out, "%s: %.17g, ", sdse_tensor_words[t], layer->density[t]);
    fputs("source: ", out);
    sdse_print_word(out, layer->density_source);
    fputc('}', out);
}

static void print_uncoded(FILE *out, const struct sdse_layer *layer) {
    const char *before = ", uncoded: [";
    for (unsigned t = 0; t < SDSE_TENSORS; t++) {
        if (!(layer->uncoded >> t & 1u))
            continue;
        fprintf(out, "%s%s", before, sdse_tensor_words[t]);
        before = ", ";
    }
    if (layer->uncoded)
        fputc(']', out);
}

char *sdse_layer_shape_text(struct sdse_arena *arena, const struct sdse_layer *layer) {
    struct sdse_text text;
    if (!sdse_text_begin(&text))
        return NULL;
    print_shape(text.out, layer, 1);
    fprintf(text.out, ", density: [%.17g, %.17g, %.17g]", sdse_layer_density(layer, 0),
            sdse_layer_density(layer, 1), sdse_layer_density(layer, 2));
    print_uncoded(text.out, layer);
    print_nest(text.out, &layer->nest);
    return sdse_text_end(&text, arena);
}

char *sdse_layer_problem_text(struct sdse_arena *arena, const struct sdse_arch *arch,
                              const struct sdse_layer *layer) {
    struct sdse_text text;
    if (!arch->engine_count)
        return sdse_layer_shape_text(arena, layer);
    if (!sdse_text_begin(&text))
        return NULL;
    print_shape(text.out, layer, 1);
    fprintf(text.out,
            ", density: [%.17g, %.17g, %.17g], map: [%" PRIu64 ", %" PRIu64 "]",
            layer->density[0], layer->density[1], layer->density[2], layer->in_height,
            layer->in_width);
    print_uncoded(text.out, layer);
    sdse_print_activations(text.out, layer->activations);
    sdse_print_weight_digits(text.out, layer->weight_digits);
    print_nest(text.out, &layer->nest);
    return sdse_text_end(&text, arena);
}

// The operator first: the database counts these lines (v_point.not_modelled).
static void print_not_modelled(FILE *out, const struct sdse_not_modelled *node) {
    fputs("  - {operator: ", out);
    sdse_print_word(out, node->op);
    fputs(", name: ", out);
    sdse_print_word(out, node->name);
    fputs(", reason: ", out);
    sdse_print_word(out, node->reason);
    fprintf(out, ", weights: %" PRIu64 "}\n", node->weights);
}

// The makers of one list of channels are one edge of the file. Returns how many there
// are from `first` on.
static size_t parts_of(const struct sdse_workload *net, size_t first) {
    size_t end = first + 1;
    const struct sdse_workload_edge *edge = net->edges;
    if (edge[first].use == SDSE_EDGE_CONCAT)
        while (end < net->edge_count && edge[end].use == SDSE_EDGE_CONCAT &&
               edge[end].to == edge[first].to)
            end++;
    return end - first;
}

static void print_edge(FILE *out, const struct sdse_workload *net,
                       const struct sdse_workload_edge *edge, size_t parts) {
    fprintf(out, "  - {from: %s", edge->use == SDSE_EDGE_CONCAT ? "[" : "");
    for (size_t i = 0; i < parts; i++) {
        fputs(i ? ", " : "", out);
        sdse_print_word(out, net->layers[edge[i].from].name);
    }
    fprintf(out, "%s, to: ", edge->use == SDSE_EDGE_CONCAT ? "]" : "");
    sdse_print_word(out, net->layers[edge->to].name);
    if (edge->use)
        fprintf(out, ", as: %s", sdse_edge_use_name(edge->use));
    if (edge->channels)
        fprintf(out, ", channels: [%" PRIu64 ", %" PRIu64 "]", edge->first_channel,
                edge->channels);
    if (edge->heads)
        fputs(", reshape: heads", out);
    if (edge->via)
        fprintf(out, ", via: %s%s", sdse_edge_via_name(edge->via),
                edge->via == SDSE_VIA_PRODUCT ? "" : ", free: true");
    if (edge->via == SDSE_VIA_POOL)
        fprintf(out,
                ", kernel: [%" PRIu64 ", %" PRIu64 "], stride: [%" PRIu64 ", %" PRIu64
                "], pad: [%" PRIu64 ", %" PRIu64 "]",
                edge->kernel[0], edge->kernel[1], edge->stride[0], edge->stride[1],
                edge->pad[0], edge->pad[1]);
    fputs("}\n", out);
}

static void print_edges(FILE *out, const struct sdse_workload *net) {
    if (net->edge_count)
        fputs("edges:\n", out);
    for (size_t i = 0; i < net->edge_count; i += parts_of(net, i))
        print_edge(out, net, &net->edges[i], parts_of(net, i));
}

char *sdse_edges_text(struct sdse_arena *arena, const struct sdse_workload *net) {
    struct sdse_text text;
    if (!sdse_text_begin(&text))
        return NULL;
    print_edges(text.out, net);
    return sdse_text_end(&text, arena);
}

char *sdse_workload_text(struct sdse_arena *arena, const struct sdse_workload *net) {
    struct sdse_text text;
    if (!sdse_text_begin(&text))
        return NULL;
    FILE *out = text.out;
    fputs("name: ", out);
    sdse_print_word(out, net->name ? net->name : "?");
    fputs("\nsource: ", out);
    sdse_print_word(out, net->source ? net->source : "?");
    fprintf(out, "\nbatch: %" PRIu64 "\nparameters_not_in_layers: %" PRIu64 "\n",
            net->batch, net->parameters_not_in_layers);
    if (net->round)
        fprintf(out, "round: %" PRIu64 "\n", net->round);
    if (net->training)
        fprintf(out,
                "training_step: {images: %" PRIu64 ", epoch_images: %" PRIu64
                ", kept_words: %" PRIu64,
                net->training->images, net->training->epoch_images,
                net->training->kept_words);
    if (net->training && net->training->replay_samples) // read by v_point
        fprintf(out,
                ", replay_samples: %" PRIu64 ", replay_bits: %" PRIu64
                ", replay_frame_bits: %" PRIu64 ", whole_macs: %" PRIu64,
                net->training->replay_samples, net->training->replay_bits,
                net->training->replay_frame_bits, net->training->whole_macs);
    if (net->training)
        fputs("}\n", out);
    if (net->not_modelled_count)
        fputs("not_modelled:\n", out);
    for (size_t i = 0; i < net->not_modelled_count; i++)
        print_not_modelled(out, &net->not_modelled[i]);
    print_edges(out, net);
    fputs("layers:\n", out);
    for (size_t i = 0; i < net->layer_count; i++) {
        const struct sdse_layer *layer = &net->layers[i];
        fputs("  - {name: ", out);
        sdse_print_word(out, layer->name);
        fputs(", ", out);
        print_shape(out, layer, net->batch);
        fprintf(out, ", repeat: %" PRIu64, sdse_layer_copies(layer));
        if (layer->steps > 1 && !sdse_layer_moves(layer))
            fprintf(out, ", steps: %" PRIu64, layer->steps);
        if (layer->weights_file) {
            fputs(", weights: ", out);
            sdse_print_word(out, layer->weights_file);
        } else if (layer->weights_unread) {
            fputs(", weights: unread", out);
        }
        print_densities(out, layer);
        print_uncoded(out, layer);
        sdse_print_activations(out, layer->activations);
        sdse_print_weight_digits(out, layer->weight_digits);
        fputc('}', out);
        print_nest(out, &layer->nest);
    }
    return sdse_text_end(&text, arena);
}

static const char *bool_word(bool value) { return value ? "true" : "false"; }

static void print_decomposition(FILE *out, const struct sdse_form_setting *s) {
    static const char *const thresholds[] = {"threshold", "relative_threshold",
                                             "sparsity"};
    static const char *const prunes[] = {"none", "population", "value", "energy"};
    fprintf(out, ", %s: %.17g, row_sparsity: %s, scale: %s, iterations: %" PRIu32,
            thresholds[s->threshold_kind], s->threshold, bool_word(s->row_sparsity),
            bool_word(s->scale), s->iterations);
    if (s->prune != SDSE_FORM_PRUNE_NONE)
        fprintf(out, ", prune: %s, prune_amount: %.17g, prune_group: %" PRIu32,
                prunes[s->prune], s->prune_amount, s->prune_group);
}

static void print_density(FILE *out, const char *key, double density) {
    if (density > 0)
        fprintf(out, ", %s: %.17g", key, density);
    else
        fprintf(out, ", %s: layer", key);
}

static void print_first(FILE *out, const struct sdse_form_setting *s) {
    fprintf(out, "kind: %s", sdse_products_first_name(s->first));
    if (s->first == SDSE_UNIQUE_FIRST) {
        fprintf(out, ", inputs_per_width: %" PRIu64 ", outputs_per_block: %" PRIu64,
                s->inputs_per_width, s->outputs_per_block);
        if (!s->measured)
            fprintf(out, ", distribution: %s, range_sigmas: %.17g",
                    s->laplace ? "laplace" : "gaussian", s->range_sigmas);
    } else {
        fprintf(out, ", bases: %" PRIu32 ", basis_bits: %" PRIu32, s->bases,
                s->basis_bits);
        if (!s->measured)
            fprintf(out, ", density: %.17g", s->density);
    }
    fputc('}', out);
}

static void print_setting(FILE *out, const struct sdse_form_setting *s) {
    static const char *const indexes[] = {"element_bitmap", "row", "run_length",
                                          "dense"};
    if (s->first) {
        print_first(out, s);
        return;
    }
    fprintf(out, "basis_size: %" PRIu32 ", rows_per_slice: %" PRIu32, s->basis_size,
            s->rows_per_slice);
    if (!s->measured) {
        print_density(out, "density", s->density);
        print_density(out, "row_density", s->row_density);
        if (s->prune_group)
            fprintf(out, ", prune_group: %" PRIu32, s->prune_group);
    }
    fprintf(out,
            ", coefficient_bits: %" PRIu32 ", basis_bits: %" PRIu32
            ", scale_bits: %" PRIu32 ", index: %s, depthwise: %s",
            s->coefficient_bits, s->basis_bits, s->scale_bits, indexes[s->index],
            bool_word(s->depthwise));
    if (s->measured)
        print_decomposition(out, s);
    fputc('}', out);
}

char *sdse_form_setting_text(struct sdse_arena *arena,
                             const struct sdse_form_setting *setting) {
    if (sdse_form_is_raw(setting))
        return sdse_arena_strdup(arena, "raw");
    struct sdse_text text;
    if (!sdse_text_begin(&text))
        return NULL;
    fputc('{', text.out);
    print_setting(text.out, setting);
    return sdse_text_end(&text, arena);
}

// One override as an item of a mapping in flow style.
static void print_override(FILE *out, const struct sdse_override *override) {
    sdse_print_word(out, override->path);
    fputs(": [", out);
    for (size_t v = 0; v < override->value_count; v++)
        fprintf(out, "%s%s", v ? ", " : "", override->values[v]);
    fputc(']', out);
}

static void print_overrides(FILE *out, const struct sdse_sweep *sweep) {
    bool any = false;
    for (size_t i = 0; i < sweep->override_count; i++) {
        if (sweep->overrides[i].arch || sdse_override_in_step(sweep, i) ||
            sweep->overrides[i].stays)
            continue;
        fputs(any ? "  " : "override:\n  ", out);
        print_override(out, &sweep->overrides[i]);
        fputc('\n', out);
        any = true;
    }
}

// Those in step, of one accelerator or (arch = 0) of all, as a list in flow style.
static void print_zips(FILE *out, const struct sdse_sweep *sweep, size_t arch,
                       const char *before, const char *after) {
    bool any = false;
    for (size_t i = 0; i < sweep->override_count; i++) {
        const struct sdse_override *override = &sweep->overrides[i];
        if (override->arch != arch || !sdse_override_in_step(sweep, i))
            continue;
        const bool last =
            i + 1 == sweep->override_count || !sweep->overrides[i + 1].with_previous;
        fputs(!any ? before : override->with_previous ? ", " : ", {", out);
        print_override(out, override);
        if (last)
            fputc('}', out);
        any = true;
    }
    if (any)
        fputs(after, out);
}

// The sizes that tell a network from its like, as changes: its own, then its layers'.
static void print_sizes(FILE *out, const struct sdse_sweep_network *network) {
    const char *between = ", network: {", *layer = NULL;
    for (size_t i = 0; i < network->parameter_count; i++) {
        const struct sdse_network_parameter *parameter = &network->parameters[i];
        if (parameter->layer)
            continue;
        fprintf(out, "%s%s: %s", between, parameter->key, parameter->value);
        between = ", ";
    }
    for (size_t i = 0; i < network->parameter_count; i++) {
        const struct sdse_network_parameter *parameter = &network->parameters[i];
        if (!parameter->layer)
            continue;
        if (!layer)
            fprintf(out, "%slayers: {", between);
        if (!layer || strcmp(layer, parameter->layer) != 0) {
            fputs(layer ? "}, " : "", out);
            sdse_print_word(out, parameter->layer);
            fputs(": {", out);
        } else {
            fputs(", ", out);
        }
        fprintf(out, "%s: %s", parameter->key, parameter->value);
        layer = parameter->layer;
    }
    fputs(layer ? "}}}" : "}", out);
}

static void print_workloads(FILE *out, const struct sdse_sweep *sweep,
                            const char *const *workloads) {
    fputs("workloads:\n", out);
    for (size_t i = 0; i < sweep->workload_count; i++) {
        const bool varied = sweep->networks && sweep->networks[i].parameter_count > 0;
        fputs(varied ? "  - {path: " : "  - ", out);
        sdse_print_word(out, workloads[i]);
        if (varied)
            print_sizes(out, &sweep->networks[i]);
        fputs(varied ? "}\n" : "\n", out);
    }
}

static void print_archs(FILE *out, const struct sdse_sweep *sweep,
                        const char *const *archs) {
    fputs("archs:\n", out);
    for (size_t a = 0; a < sweep->arch_count; a++) {
        bool own = false, any = false;
        for (size_t i = 0; i < sweep->override_count; i++)
            own |= sweep->overrides[i].arch == a + 1;
        fputs(own ? "  - {path: " : "  - ", out);
        sdse_print_word(out, archs[a]);
        for (size_t i = 0; i < sweep->override_count; i++) {
            if (sweep->overrides[i].arch != a + 1 || sdse_override_in_step(sweep, i))
                continue;
            fputs(any ? ", " : ", override: {", out);
            print_override(out, &sweep->overrides[i]);
            any = true;
        }
        if (any)
            fputc('}', out);
        print_zips(out, sweep, a + 1, ", zip: [{", "]");
        fputs(own ? "}\n" : "\n", out);
    }
}

static void print_mapper(FILE *out, const struct sdse_sweep *sweep) {
    const struct sdse_sweep_mapper *mapper = &sweep->mapper;
    const struct sdse_override *stays = sdse_sweep_stays(sweep);
    const char *between = "mapper: {";
    if (mapper->seconds > 0) {
        fprintf(out, "%sseconds: %.17g", between, mapper->seconds);
        between = ", ";
    }
    if (mapper->uneven) {
        fprintf(out, "%suneven: true", between);
        between = ", ";
    }
    if (mapper->free_bypass) {
        fprintf(out, "%sfree_bypass: true", between);
        between = ", ";
    }
    if (mapper->imperfect_percent) {
        fprintf(out, "%simperfect_percent: %" PRIu32, between,
                mapper->imperfect_percent);
        between = ", ";
    }
    if (stays) {
        sdse_print_stays(out, stays, between);
        between = ", ";
    }
    if (*between == ',')
        fputs("}\n", out);
}

static void print_search(FILE *out, const struct sdse_sweep_search *search) {
    if (search->method == SDSE_ALL_POINTS)
        return;
    fprintf(out, "search: {method: %s, evaluations: %" PRIu64 ", seed: %" PRIu64,
            sdse_sweep_method_words()[search->method - 1], search->evaluations,
            search->seed);
    if (search->method == SDSE_BY_NSGA2)
        fprintf(out, ", population: %" PRIu64, search->population);
    for (unsigned i = 0; i < search->objective_count; i++)
        fprintf(out, "%s%s", i ? ", " : ", objectives: [",
                sdse_front_objective_words()[search->objectives[i]]);
    fputs("]", out);
    for (unsigned i = 0; search->has_reference && i < search->objective_count; i++)
        fprintf(out, "%s%s: %.17g", i ? ", " : ", reference: {",
                sdse_front_objective_keys()[search->objectives[i]],
                search->reference[i]);
    fputs(search->has_reference ? "}}\n" : "}\n", out);
}

static const char *base_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

// Files by their names alone: what they hold is in the hashes of the points.
static void print_outputs(FILE *out, const struct sdse_sweep *sweep) {
    if (sweep->output_count)
        fputs("outputs:\n", out);
    for (size_t i = 0; i < sweep->output_count; i++) {
        const struct sdse_sweep_outputs *outputs = &sweep->outputs[i];
        fputs("  - {", out);
        if (outputs->workload) {
            fputs("workload: ", out);
            sdse_print_word(out, outputs->workload);
            fputs(", ", out);
        }
        fputs("model: ", out);
        sdse_print_quoted(out, base_name(outputs->model));
        bool named = outputs->file_count > 0 && outputs->files[0].name;
        fputs(named ? ", inputs: {" : ", inputs: [", out);
        for (size_t f = 0; f < outputs->file_count; f++) {
            const struct sdse_sweep_file *file = &outputs->files[f];
            bool again = f > 0 && file->name &&
                         strcmp(file->name, outputs->files[f - 1].name) == 0;
            if (f)
                fputs(named && !again ? "], " : ", ", out);
            if (named && !again) {
                sdse_print_quoted(out, file->name);
                fputs(": [", out);
            }
            sdse_print_quoted(out, base_name(file->path));
        }
        fputs(named ? "]}}\n" : "]}\n", out);
    }
}

static void print_limits(FILE *out, const struct sdse_limits *limits) {
    const char *before = "constraints: {";
    for (unsigned i = 0; i < SDSE_LIMITS; i++) {
        if (!(limits->set >> i & 1u))
            continue;
        fprintf(out, "%s%s: %.17g", before, sdse_limit_keys()[i], limits->most[i]);
        before = ", ";
    }
    if (limits->set)
        fputs("}\n", out);
}

char *sdse_sweep_text(struct sdse_arena *arena, const struct sdse_sweep *sweep,
                      const char *const *workloads, const char *const *archs) {
    struct sdse_text text;
    if (!sdse_text_begin(&text))
        return NULL;
    FILE *out = text.out;
    fputs("name: ", out);
    sdse_print_word(out, sweep->name ? sweep->name : "?");
    fputc('\n', out);
    print_workloads(out, sweep, workloads);
    print_archs(out, sweep, archs);
    print_overrides(out, sweep);
    print_zips(out, sweep, 0, "zip: [{", "]\n");
    fputs("weight_forms:\n", out);
    for (size_t i = 0; i < sweep->form_count; i++) {
        if (sdse_form_is_raw(&sweep->forms[i].setting)) {
            fputs("  - raw\n", out);
            continue;
        }
        fputs("  - {name: ", out);
        sdse_print_word(out, sweep->forms[i].name);
        fputs(", ", out);
        print_setting(out, &sweep->forms[i].setting);
        fputc('\n', out);
    }
    fprintf(out, "objective: %s\n", sdse_objective_words()[sweep->objective]);
    print_limits(out, &sweep->limits);
    print_mapper(out, sweep);
    print_search(out, &sweep->search);
    print_outputs(out, sweep);
    return sdse_text_end(&text, arena);
}

// The last pass of a loop; its factor when the bounds are not known.
static uint64_t last_pass(const struct sdse_mapping *mapping,
                          const struct sdse_nest *nest, unsigned level, unsigned where,
                          const struct sdse_loop *loop) {
    struct sdse_digit digits[SDSE_MAX_DIGITS];
    bool fits;
    if (!nest)
        return loop->factor;
    unsigned count =
        sdse_mapping_digits(mapping, loop->dim, nest->bound[loop->dim], digits, &fits);
    for (unsigned i = 0; i < count && fits; i++)
        if (digits[i].level == level && digits[i].where == where)
            return digits[i].last;
    return loop->factor;
}

// Whether the line of a position can be left out: it has no loops and keeps nothing,
// and what other positions keep leaves nothing that a reader would give it.
static bool goes_without_saying(const struct sdse_arch *arch,
                                const struct sdse_mapping *mapping, unsigned level) {
    const struct sdse_mapping_level *at = &mapping->level[level];
    if (!arch->level[level].shares_memory || mapping->keeps[level] ||
        at->temporal.count || at->spatial[0].count || at->spatial[1].count)
        return false;
    unsigned first = level;
    while (arch->level[first].shares_memory)
        first--;
    unsigned kept = 0, keepable = 0;
    for (unsigned l = first; l <= sdse_arch_memory_last(arch, first); l++) {
        kept |= mapping->keeps[l];
        keepable |= sdse_level_tensors(&arch->level[l]);
    }
    return kept == keepable;
}

char *sdse_mapping_text(struct sdse_arena *arena, const struct sdse_arch *arch,
                        const struct sdse_nest *nest,
                        const struct sdse_mapping *mapping) {
    static const char *const keys[] = {"temporal", "spatial_x", "spatial_y"};
    struct sdse_text text;
    if (!sdse_text_begin(&text))
        return NULL;
    if (mapping->streamed) {
        fputs("mapping: streamed\n", text.out);
        return sdse_text_end(&text, arena);
    }
    fputs("mapping:\n", text.out);
    for (unsigned i = 0; i < mapping->level_count; i++) {
        const struct sdse_mapping_level *level = &mapping->level[i];
        const struct sdse_loops *lists[] = {&level->temporal, &level->spatial[0],
                                            &level->spatial[1]};
        if (goes_without_saying(arch, mapping, i))
            continue;
        fputs("  - {level: ", text.out);
        sdse_print_word(text.out, arch->level[i].name);
        for (unsigned w = 0; w < 3; w++) {
            for (unsigned l = 0; l < lists[w]->count; l++) {
                const struct sdse_loop *loop = &lists[w]->loop[l];
                uint64_t last = last_pass(mapping, nest, i, w, loop);
                if (l)
                    fputc(' ', text.out);
                else
                    fprintf(text.out, ", %s: ", keys[w]);
                fprintf(text.out, "%c%" PRIu64, sdse_dim_letters[loop->dim],
                        loop->factor);
                if (last != loop->factor)
                    fprintf(text.out, "/%" PRIu64, last);
            }
        }
        fputs(", keeps: [", text.out);
        const char *comma = "";
        for (unsigned t = 0; t < SDSE_TENSORS; t++) {
            if (mapping->keeps[i] >> t & 1u) {
                fprintf(text.out, "%s%s", comma, sdse_tensor_words[t]);
                comma = ", ";
            }
        }
        fputs("]}\n", text.out);
    }
    return sdse_text_end(&text, arena);
}
