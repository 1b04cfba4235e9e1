// A workload file: layers by their equations, and who reads what.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "import/zigzag/equation.h"
#include "import/zigzag/hardware.h"
#include "import/zigzag/zigzag.h"
#include "spec/flow.h"
#include "spec/value.h"

enum { MOST_LAYERS = 4096 };

struct network {
    size_t count;
    struct sdse_zz_layer *layer;
    bool *dropped; // [count]: what the layer puts out has no edges
};

// --- Reading ---

static uint64_t extent(const struct sdse_nest *nest, unsigned axis) {
    return sdse_window_extent(nest->bound[SDSE_P + axis], nest->bound[SDSE_R + axis],
                              nest->stride[axis], nest->dilation[axis]);
}

// Padding before and after; false after a diagnostic.
static bool read_pads(struct sdse_foreign *foreign, const struct sdse_node *pads,
                      uint64_t pad[2]) {
    if (pads->kind != SDSE_NODE_SEQUENCE || pads->count != 2) {
        sdse_foreign_refuse(foreign, pads->loc, false, "zigzag-padding",
                            "expected padding before and after, '[1, 1]'");
        return false;
    }
    bool good = true;
    for (unsigned i = 0; i < 2; i++)
        good &=
            sdse_read_u64(sdse_node_at(pads, i), 0, 1 << 20, foreign->diags, &pad[i]);
    foreign->failed |= !good;
    return good;
}

// The item of a list that belongs to the axis' index, as `pr_loop_dims` orders them.
static const struct sdse_node *of_axis(const struct sdse_node *layer, const char *key,
                                       const char *index) {
    const struct sdse_node *list = sdse_node_get(layer, key);
    sdse_for_each_child (name, sdse_node_get(layer, "pr_loop_dims")) {
        const char *text = sdse_node_as_text(name);
        if (text && strlen(text) < SDSE_ZZ_NAME) {
            char lower[SDSE_ZZ_NAME];
            size_t i = 0;
            for (; text[i]; i++)
                lower[i] =
                    (char)(text[i] >= 'A' && text[i] <= 'Z' ? text[i] + 32 : text[i]);
            lower[i] = '\0';
            if (strcmp(lower, index) == 0)
                return sdse_node_at(list, name->index);
        }
    }
    return NULL;
}

// How much of what the windows reach is there, and how much is padding.
static void read_padding(struct sdse_foreign *foreign, const struct sdse_node *node,
                         const struct sdse_zz_equation *equation,
                         struct sdse_zz_layer *layer) {
    for (unsigned axis = 0; axis < 2; axis++) {
        const uint64_t reach = extent(&layer->nest, axis);
        layer->map[axis] = reach;
        const int relation = equation->relation_count == 2                ? (int)axis
                             : equation->relation_count == 1 && axis == 1 ? 0
                                                                          : -1;
        if (relation < 0)
            continue;
        const char *index = equation->relation[relation].index;
        const struct sdse_node *pads = of_axis(node, "padding", index),
                               *size = of_axis(node, "pr_loop_sizes", index);
        uint64_t pad[2] = {0, 0}, there = 0;
        if (pads && !read_pads(foreign, pads, pad))
            continue;
        const uint64_t before = pad[0], after = pad[1];
        if (size && !sdse_read_u64(size, 1, 1 << 30, foreign->diags, &there)) {
            foreign->failed = true;
            continue;
        }
        if (!size)
            there = reach > before + after ? reach - before - after : 0;
        if (there + before + after < reach || !there) {
            sdse_foreign_refuse(foreign,
                                (size   ? size
                                 : pads ? pads
                                        : node)
                                    ->loc,
                                false, "zigzag-padding",
                                "windows reach %" PRIu64 " places of '%.10s', of which "
                                "there are %" PRIu64 " and %" PRIu64 " + %" PRIu64
                                " of padding",
                                reach, index, there, before, after);
            continue;
        }
        layer->map[axis] = there;
        layer->pad[axis][0] = (int64_t)before;
        layer->pad[axis][1] = (int64_t)reach - (int64_t)before - (int64_t)there;
    }
}

static void read_sources(struct sdse_foreign *foreign, const struct sdse_node *node,
                         struct sdse_zz_layer *layer) {
    static const char *const keys[2] = {"I", "W"};
    const struct sdse_node *sources = sdse_node_get(node, "operand_source");
    for (unsigned i = 0; i < 2; i++) {
        layer->source[i] = -1;
        const struct sdse_node *source = sdse_node_get(sources, keys[i]);
        if (!source)
            continue;
        const uint64_t id =
            sdse_foreign_u64(foreign, sources, keys[i], 0, UINT32_MAX, true);
        layer->source_loc[i] = source->loc;
        if (id != layer->id)
            layer->source[i] = (int64_t)id;
    }
    layer->weights_computed = layer->source[1] >= 0;
}

static void read_layer(struct sdse_foreign *foreign, const struct sdse_node *node,
                       struct sdse_zz_layer *layer) {
    static const char *const keys[] = {"id",
                                       "name",
                                       "operator_type",
                                       "equation",
                                       "loop_dims",
                                       "loop_sizes",
                                       "operand_precision",
                                       "dimension_relations",
                                       "pr_loop_dims",
                                       "pr_loop_sizes",
                                       "operand_source",
                                       "padding",
                                       NULL};
    if (!sdse_expect_kind(node, SDSE_NODE_MAPPING, foreign->diags)) {
        foreign->failed = true;
        return;
    }
    sdse_foreign_keys(foreign, node, keys, "zigzag-key");
    layer->loc = node->loc;
    layer->id = sdse_foreign_u64(foreign, node, "id", 0, UINT32_MAX, true);
    const struct sdse_node *name = sdse_node_get(node, "name");
    layer->name = name && !sdse_node_is_null(name)
                      ? sdse_foreign_text(foreign, node, "name", "")
                      : sdse_arena_printf(foreign->arena, "layer%" PRIu64, layer->id);
    foreign->out_of_memory |= !layer->name;
    const char *type = sdse_foreign_text(foreign, node, "operator_type", "");
    layer->pools = strstr(type, "Pool") || strcmp(type, "Max") == 0;
    struct sdse_zz_equation equation;
    if (!sdse_zz_read_equation(foreign, node, &equation))
        return;
    layer->multiplies = equation.multiplies && !layer->pools;
    if (!sdse_zz_read_loops(foreign, node, &equation, layer))
        return;
    if (equation.multiplies)
        read_padding(foreign, node, &equation, layer);
    read_sources(foreign, node, layer);
    const uint64_t *bound = layer->nest.bound;
    if (layer->multiplies && layer->weights_computed &&
        (bound[SDSE_R] != 1 || bound[SDSE_S] != 1 || bound[SDSE_Q] != 1 ||
         layer->nest.stride[0] != 1))
        sdse_foreign_refuse(foreign, layer->source_loc[1], true, "zigzag-source",
                            "a convolution whose weights another layer makes: they are "
                            "taken as stored");
    if (layer->pools && (bound[SDSE_K] != 1 || bound[SDSE_C] != 1))
        sdse_foreign_refuse(foreign, node->loc, false, "zigzag-loops",
                            "a pool whose channels have weights");
}

// --- Edges ---

static struct sdse_zz_layer *find_layer(const struct network *net, int64_t id) {
    for (size_t l = 0; l < net->count; l++)
        if ((int64_t)net->layer[l].id == id)
            return &net->layer[l];
    return NULL;
}

static uint64_t samples(const struct sdse_zz_layer *layer) {
    return layer->size_count ? layer->batch : layer->nest.bound[SDSE_N];
}

// Channels, rows and columns that a layer puts out, or reads as its inputs.
static void shape_of(const struct sdse_zz_layer *layer, bool out, uint64_t shape[3]) {
    const uint64_t *bound = layer->nest.bound;
    if (layer->size_count) {
        for (unsigned i = 0; i < 3; i++)
            shape[i] = i < layer->size_count ? layer->size[i] : 1;
        return;
    }
    shape[0] = bound[SDSE_G] * bound[out ? SDSE_K : SDSE_C];
    for (unsigned axis = 0; axis < 2; axis++)
        shape[1 + axis] = out ? bound[SDSE_P + axis] : layer->map[axis];
}

static bool is_matmul(const struct sdse_zz_layer *layer) {
    const uint64_t *bound = layer->nest.bound;
    return layer->multiplies && layer->weights_computed && bound[SDSE_R] == 1 &&
           bound[SDSE_S] == 1 && bound[SDSE_Q] == 1 && layer->nest.stride[0] == 1;
}

// Whether one reads all that the other puts out.
static bool agree(const struct sdse_zz_layer *maker,
                  const struct sdse_zz_layer *reader) {
    uint64_t made[3], read[3];
    shape_of(maker, true, made);
    shape_of(reader, false, read);
    return samples(maker) == samples(reader) && !is_matmul(maker) &&
           !is_matmul(reader) && memcmp(made, read, sizeof made) == 0;
}

// What a maker hands on is read by edges alone, so one that is missing drops them all.
static void check_edges(struct sdse_foreign *foreign, struct network *net) {
    for (size_t l = 0; l < net->count; l++) {
        const struct sdse_zz_layer *reader = &net->layer[l];
        for (unsigned i = 0; i < 2; i++) {
            if (reader->source[i] < 0)
                continue;
            const struct sdse_zz_layer *maker = find_layer(net, reader->source[i]);
            if (!maker || maker >= reader) {
                sdse_foreign_refuse(
                    foreign, reader->source_loc[i], false, "zigzag-source",
                    "no layer %" PRId64 " stands before", reader->source[i]);
                continue;
            }
            if (agree(maker, reader) && (i == 0 || reader->size_count))
                continue;
            uint64_t made[3], read[3];
            shape_of(maker, true, made);
            shape_of(reader, false, read);
            sdse_foreign_refuse(
                foreign, reader->source_loc[i], true, "zigzag-edge",
                "'%.60s' puts out %" PRIu64 " x %" PRIu64 " x %" PRIu64
                ", '%.60s' reads %" PRIu64 " x %" PRIu64 " x %" PRIu64
                "%s: no edge, the words go through the outermost memory",
                maker->name, made[0], made[1], made[2], reader->name, read[0], read[1],
                read[2], is_matmul(maker) || is_matmul(reader) ? " as a product" : "");
            net->dropped[maker - net->layer] = true;
        }
    }
}

// --- Writing ---

static void print_batch(FILE *out, uint64_t batch) {
    if (batch > 1)
        fprintf(out, ", batch: %" PRIu64, batch);
}

static void print_window(FILE *out, const struct sdse_zz_layer *layer, bool dilates) {
    const struct sdse_nest *nest = &layer->nest;
    fprintf(out, ", kernel: [%" PRIu64 ", %" PRIu64 "]", nest->bound[SDSE_R],
            nest->bound[SDSE_S]);
    if (nest->stride[0] != 1 || nest->stride[1] != 1)
        fprintf(out, ", stride: [%u, %u]", nest->stride[0], nest->stride[1]);
    if (dilates && (nest->dilation[0] != 1 || nest->dilation[1] != 1))
        fprintf(out, ", dilation: [%u, %u]", nest->dilation[0], nest->dilation[1]);
    if (layer->pad[0][0] || layer->pad[0][1] || layer->pad[1][0] || layer->pad[1][1])
        fprintf(out, ", pad: [[%" PRId64 ", %" PRId64 "], [%" PRId64 ", %" PRId64 "]]",
                layer->pad[0][0], layer->pad[0][1], layer->pad[1][0], layer->pad[1][1]);
}

static void print_convolution(FILE *out, const struct sdse_zz_layer *layer) {
    const uint64_t *bound = layer->nest.bound;
    const bool depthwise = bound[SDSE_G] > 1 && bound[SDSE_C] == 1;
    fprintf(out,
            "kind: %s, in: [%" PRIu64 ", %" PRIu64 ", %" PRIu64
            "], out_channels: %" PRIu64,
            depthwise ? "dwconv" : "conv", bound[SDSE_G] * bound[SDSE_C], layer->map[0],
            layer->map[1], bound[SDSE_G] * bound[SDSE_K]);
    print_window(out, layer, true);
    if (bound[SDSE_G] > 1 && !depthwise)
        fprintf(out, ", groups: %" PRIu64, bound[SDSE_G]);
    print_batch(out, bound[SDSE_N]);
}

static void print_layer(FILE *out, const struct sdse_zz_layer *layer) {
    const uint64_t *bound = layer->nest.bound;
    const bool windows = bound[SDSE_R] * bound[SDSE_S] > 1 || bound[SDSE_Q] > 1 ||
                         layer->nest.stride[0] > 1 || layer->nest.stride[1] > 1;
    fputs("  - {name: ", out);
    sdse_print_word(out, layer->name);
    fputs(", ", out);
    if (layer->size_count || (!layer->multiplies && !layer->pools)) {
        fputs("kind: add, in: [", out);
        for (unsigned i = 0; i < layer->size_count; i++)
            fprintf(out, "%s%" PRIu64, i ? ", " : "", layer->size[i]);
        fputc(']', out);
        print_batch(out, layer->batch);
    } else if (layer->pools) {
        fprintf(out, "kind: pool, in: [%" PRIu64 ", %" PRIu64 ", %" PRIu64 "]",
                bound[SDSE_G], layer->map[0], layer->map[1]);
        print_window(out, layer, true);
        print_batch(out, bound[SDSE_N]);
    } else if (is_matmul(layer)) {
        fprintf(out,
                "kind: matmul, heads: %" PRIu64 ", m: %" PRIu64 ", k: %" PRIu64
                ", n: %" PRIu64,
                bound[SDSE_G], bound[SDSE_N] * bound[SDSE_P], bound[SDSE_C],
                bound[SDSE_K]);
    } else if (!windows && bound[SDSE_G] == 1) {
        fprintf(out, "kind: fc, in: %" PRIu64 ", out_channels: %" PRIu64, bound[SDSE_C],
                bound[SDSE_K]);
        if (bound[SDSE_P] > 1)
            fprintf(out, ", rows: %" PRIu64, bound[SDSE_P]);
        print_batch(out, bound[SDSE_N]);
    } else {
        print_convolution(out, layer);
    }
    fputs("}\n", out);
}

static void print_edges(FILE *out, const struct network *net) {
    bool any = false;
    for (size_t l = 0; l < net->count; l++) {
        for (unsigned i = 0; i < 2; i++) {
            const struct sdse_zz_layer *reader = &net->layer[l];
            const struct sdse_zz_layer *maker =
                reader->source[i] >= 0 ? find_layer(net, reader->source[i]) : NULL;
            if (!maker || net->dropped[maker - net->layer] ||
                (i == 1 && !reader->size_count))
                continue;
            fputs(any ? "  - {from: " : "edges:\n  - {from: ", out);
            sdse_print_word(out, maker->name);
            fputs(", to: ", out);
            sdse_print_word(out, reader->name);
            fputs("}\n", out);
            any = true;
        }
    }
}

static const char *write_network(struct sdse_foreign *foreign,
                                 const struct network *net,
                                 const struct sdse_zz_hardware *widths) {
    struct sdse_text text;
    if (!sdse_text_begin(&text))
        return NULL;
    fputs("name: zigzag\nsource: workload file of ZigZag\n", text.out);
    if (widths->widths_known)
        fprintf(text.out,
                "# Its words: weights of %" PRIu64 ", inputs of %" PRIu64
                ", outputs of %" PRIu64 " bit, sums of %" PRIu64
                ". Here they are the accelerator's.\n",
                widths->bits[SDSE_WEIGHTS], widths->bits[SDSE_INPUTS],
                widths->bits[SDSE_OUTPUTS], widths->partial_bits);
    fputs("layers:\n", text.out);
    for (size_t l = 0; l < net->count; l++)
        print_layer(text.out, &net->layer[l]);
    print_edges(text.out, net);
    return sdse_text_end(&text, foreign->arena);
}

enum sdse_status sdse_zigzag_workload(const struct sdse_node *root, bool lossy,
                                      struct sdse_arena *arena,
                                      struct sdse_diags *diags, const char **yaml) {
    struct sdse_foreign foreign = {arena, diags, lossy, false, false};
    if (root->kind != SDSE_NODE_SEQUENCE || !root->count || root->count > MOST_LAYERS) {
        sdse_foreign_refuse(&foreign, root->loc, false, "zigzag-key",
                            "expected a list of layers, at most %d", MOST_LAYERS);
        return sdse_foreign_status(&foreign);
    }
    struct network net = {root->count,
                          SDSE_ARENA_ARRAY(arena, struct sdse_zz_layer, root->count),
                          SDSE_ARENA_ARRAY(arena, bool, root->count)};
    struct sdse_zz_hardware *widths = SDSE_ARENA_NEW(arena, struct sdse_zz_hardware);
    if (!net.layer || !net.dropped || !widths)
        return SDSE_NO_MEMORY;
    sdse_for_each_child (node, root)
        read_layer(&foreign, node, &net.layer[node->index]);
    sdse_zz_read_widths(&foreign, root, widths);
    if (sdse_foreign_status(&foreign) == SDSE_OK)
        check_edges(&foreign, &net);
    const char *written = NULL;
    if (sdse_foreign_status(&foreign) == SDSE_OK) {
        written = write_network(&foreign, &net, widths);
        foreign.out_of_memory |= !written;
    }
    const enum sdse_status status = sdse_foreign_status(&foreign);
    if (status == SDSE_OK)
        *yaml = written;
    return status;
}
