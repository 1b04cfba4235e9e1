#include "oracle/support_fusionwrite.h"

#include <string.h>

#include "costmodel/evaluate.h"

enum { LANE = FUSION_GLB + 1 };

static const enum sdse_dim dims[] = {SDSE_K, SDSE_C, SDSE_P, SDSE_R};

struct writer {
    FILE *out;
    const struct fusion_case *subject;
    struct sdse_arena *arena;
    enum sdse_status status;
};

typedef unsigned long long number;

static number whole(double value) { return (number)(value + 0.5); }

// --- The problem ---

void fusion_write_problem(FILE *out, const struct fusion_case *subject) {
    fprintf(out, "{\"name\": \"%s\", \"shows\": \"schedules of sdse\",\n \"arch\": {",
            subject->name);
    for (size_t i = 0; i < FUSION_ARCH_NUMBERS; i++)
        fprintf(out, "%s\"%s\": %llu", i ? ", " : "", fusion_arch_keys[i],
                (number)subject->arch_number[i]);
    fputs("},\n \"layers\": [", out);
    for (size_t l = 0; l < subject->net.layer_count; l++) {
        const struct sdse_nest *n = &subject->net.layers[l].nest;
        fprintf(out,
                "%s\n   {\"layer\": %zu, \"K\": %llu, \"C\": %llu, \"H\": %llu, \"P\": "
                "%llu, \"R\": %llu, \"stride\": %u, \"pad\": %lld}",
                l ? "," : "", l + 1, (number)n->bound[SDSE_K], (number)n->bound[SDSE_C],
                (number)n->map[0], (number)n->bound[SDSE_P], (number)n->bound[SDSE_R],
                n->stride[0], (long long)n->pad[0]);
    }
    fputs("],\n \"residual\": ", out);
    if (subject->residual_to)
        fprintf(out, "{\"tensor\": %llu, \"added_to_output_of_layer\": %llu},\n",
                (number)subject->residual_from, (number)subject->residual_to);
    else
        fputs("null,\n", out);
}

// --- Nests ---

static void write_loops(struct writer *w, const char *key,
                        const struct sdse_loops *loops) {
    fprintf(w->out, "\"%s\": \"", key);
    bool some = false;
    for (unsigned i = 0; i < loops->count; i++) {
        if (loops->loop[i].factor == 1)
            continue;
        fprintf(w->out, "%s%c%llu", some ? " " : "",
                sdse_dim_letters[loops->loop[i].dim], (number)loops->loop[i].factor);
        some = true;
    }
    fputs("\", ", w->out);
}

static void multiply(const struct sdse_loops *loops, uint64_t tile[SDSE_DIMS]) {
    for (unsigned i = 0; i < loops->count; i++)
        tile[loops->loop[i].dim] *= loops->loop[i].factor;
}

// The tile of the shared memory, and words of what has its home outside.
static uint64_t write_tile(struct writer *w, const struct sdse_layer *part,
                           const struct sdse_mapping *mapping, unsigned at_home) {
    uint64_t tile[SDSE_DIMS] = {1, 1, 1, 1, 1, 1, 1, 1}, words = 0;
    for (unsigned l = FUSION_GLB; l < mapping->level_count; l++) {
        multiply(&mapping->level[l].temporal, tile);
        multiply(&mapping->level[l].spatial[0], tile);
        multiply(&mapping->level[l].spatial[1], tile);
    }
    for (unsigned t = 0; t < SDSE_TENSORS; t++)
        if (!(at_home >> t & 1u))
            words += sdse_tile_words(&part->nest, (enum sdse_tensor)t, tile);
    fputs("\"glb_tile\": {", w->out);
    for (size_t d = 0; d < sizeof dims / sizeof *dims; d++)
        fprintf(w->out, "%s\"%c\": %llu", d ? ", " : "", sdse_dim_letters[dims[d]],
                (number)tile[dims[d]]);
    fputs("}, ", w->out);
    return words;
}

// Words that move beside those of the nest's loops.
struct extras {
    uint64_t dram, glb;
};

static struct extras extras_of(const struct sdse_layer *part,
                               const struct sdse_residence *at) {
    const uint64_t *b = part->nest.bound, made = b[SDSE_K] * b[SDSE_P],
                   weights = b[SDSE_K] * b[SDSE_C] * b[SDSE_R],
                   both = (at ? at->loaded_inputs : 0) +
                          (at && at->loads_weights ? weights : 0) +
                          (at && at->writes_through ? made : 0);
    const uint64_t added_here = at ? at->addends * made : 0;
    return (struct extras){both + part->addends * made - added_here, both + added_here};
}

static void write_counts(struct writer *w, const struct sdse_layer *part,
                         const struct sdse_mapping *mapping, struct extras extras) {
    struct sdse_model *model;
    struct sdse_cost cost;
    if (w->status == SDSE_OK)
        w->status = sdse_model_new(w->subject->arch, part, NULL, w->arena, &model);
    if (w->status != SDSE_OK)
        return;
    if (!sdse_evaluate_full(model, mapping, &cost)) {
        w->status = SDSE_NO_MEMORY;
        return;
    }
    uint64_t moved[LANE] = {0};
    for (unsigned l = 0; l < LANE; l++)
        for (unsigned p = 0; p < SDSE_TENSORS; p++) {
            const struct sdse_flow_cost *flow = &cost.level[l].flow[p];
            moved[l] += flow->reads + flow->fills + flow->updates + flow->drain_reads;
        }
    fprintf(w->out,
            "\"dram_words\": %llu, \"glb_accesses\": %llu, \"steps\": %llu, "
            "\"energy_each\": %llu, \"latency_each\": %llu}",
            (number)(moved[0] - extras.dram), (number)(moved[FUSION_GLB] - extras.glb),
            (number)cost.compute_cycles, whole(cost.energy_pj),
            (number)cost.latency_cycles);
}

static void write_nest(struct writer *w, size_t layer, uint64_t times,
                       const struct sdse_layer *part,
                       const struct sdse_mapping *mapping) {
    static const char *const names[SDSE_TENSORS] = {"weights", "inputs", "outputs"};
    const struct sdse_residence *at = part->residence;
    const unsigned at_home = at ? at->tensors : 0;
    const uint64_t *b = part->nest.bound;
    const struct extras extras = extras_of(part, at);
    uint64_t reserved = at ? whole(at->reserved_bits / FUSION_WORD_BITS) : 0;
    if (at_home & SDSE_BIT(SDSE_OUTPUTS))
        reserved += b[SDSE_K] * b[SDSE_P];
    fprintf(w->out,
            "       {\"layer\": %zu, \"rows\": %llu, \"times\": %llu, "
            "\"reserved_words\": %llu, \"extra_dram_words\": %llu, "
            "\"extra_glb_accesses\": %llu, \"homes\": {",
            layer + 1, (number)b[SDSE_P], (number)times, (number)reserved,
            (number)extras.dram, (number)extras.glb);
    for (unsigned t = 0; t < SDSE_TENSORS; t++)
        fprintf(w->out, "%s\"%s\": \"%s\"", t ? ", " : "", names[t],
                at_home >> t & 1u ? "glb" : "dram");
    fputs("},\n        ", w->out);
    write_loops(w, "dram_loops", &mapping->level[0].temporal);
    write_loops(w, "glb_loops", &mapping->level[FUSION_GLB].temporal);
    write_loops(w, "lanes", &mapping->level[FUSION_GLB].spatial[0]);
    fprintf(w->out, "\"tile_words\": %llu, ",
            (number)write_tile(w, part, mapping, at_home));
    write_counts(w, part, mapping, extras);
}

// --- Groups ---

static const char *const places[SDSE_PLACES] = {[SDSE_PLACE_OUTERMOST] = "dram",
                                                [SDSE_PLACE_SHARED] = "glb",
                                                [SDSE_PLACE_BOTH] = "both"};

static void open_group(struct writer *w, size_t first, size_t last, uint64_t tile_rows,
                       const char *input, enum sdse_place output) {
    fprintf(w->out,
            "%s\n    {\"first_layer\": %zu, \"last_layer\": %zu, \"rows_per_tile\": "
            "%llu, \"input\": \"%s\", \"output\": \"%s\",\n     ",
            first ? "," : "", first + 1, last + 1, (number)tile_rows, input,
            places[output]);
}

static void write_alone(struct writer *w, size_t l,
                        const struct sdse_resident_layer *resident) {
    struct sdse_layer layer = resident->layer;
    layer.residence = resident->residence;
    open_group(w, l, l, layer.nest.bound[SDSE_P],
               resident->question.operands ? "glb" : "dram",
               resident->question.outputs);
    fputs("\"inner_tensors\": {}, \"weights\": {},\n     \"nests\": [\n", w->out);
    write_nest(w, l, 1, &layer, &resident->point->mapping);
    fputs("]}", w->out);
}

static void write_group(struct writer *w, const struct sdse_fused_group *g) {
    const struct sdse_fusion_config *config = &g->config;
    open_group(w, g->first, g->last, config->tile_rows,
               g->question.operands ? "glb"
               : config->buffered   ? "buffered"
                                    : "dram",
               g->question.outputs);
    fputs("\"inner_tensors\": {", w->out);
    for (size_t i = 1; i <= g->last - g->first; i++)
        fprintf(w->out, "%s\"%zu\": \"%s\"", i > 1 ? ", " : "", g->first + i,
                config->retained >> i & 1u ? "retain" : "recompute");
    fputs("}, \"weights\": {", w->out);
    for (size_t i = 0; i <= g->last - g->first; i++)
        fprintf(w->out, "%s\"%zu\": \"%s\"", i ? ", " : "", g->first + i + 1,
                config->kept >> i & 1u ? "kept" : "streamed");
    fputs("},\n     \"nests\": [\n", w->out);
    for (size_t k = 0; k < g->kind_count; k++) {
        const struct sdse_fused_kind *kind = &g->kind[k];
        if (k)
            fputs(",\n", w->out);
        write_nest(w, kind->layer, kind->times, &kind->part, &kind->point->mapping);
    }
    fputs("]}", w->out);
}

enum sdse_status fusion_write_schedule(FILE *out, const struct fusion_case *subject,
                                       const struct sdse_fusion_request *request,
                                       const struct sdse_fusion *fusion, size_t element,
                                       struct sdse_arena *arena) {
    const size_t layers = subject->net.layer_count;
    const struct sdse_tradeoff *at = &fusion->residency.places.elements[element];
    struct writer w = {out, subject, arena, SDSE_OK};
    struct sdse_resident_layer *layer =
        SDSE_ARENA_ARRAY(arena, struct sdse_resident_layer, layers);
    enum sdse_place *place = SDSE_ARENA_ARRAY(arena, enum sdse_place, layers + 1);
    struct sdse_fused_group *group;
    size_t count, next = 0;
    if (!layer || !place)
        return SDSE_NO_MEMORY;
    w.status = sdse_fusion_pick(request, fusion, element, layer, place, &group, &count);
    if (w.status != SDSE_OK)
        return w.status;
    fprintf(out, "{\"energy\": %llu, \"latency\": %llu, \"groups\": [",
            whole(at->energy_pj), whole(at->latency_cycles));
    for (size_t l = 0; l < layers; l++) {
        if (next < count && group[next].first == l) {
            write_group(&w, &group[next]);
            l = group[next++].last;
        } else {
            write_alone(&w, l, &layer[l]);
        }
    }
    fputs("]}", out);
    return w.status;
}
