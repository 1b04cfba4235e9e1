#include "dse/fusion/groups.h"

#include <math.h>
#include <string.h>

#include "costmodel/model.h"
#include "spec/types/touched.h"

// --- Which layers ---

static const struct sdse_layer *layer_at(const struct sdse_fusion_request *request,
                                         size_t l) {
    return request->residency.layer[l].layer;
}

static const struct sdse_nest *nest_at(const struct sdse_fusion_request *request,
                                       size_t l) {
    return request->boxed ? &request->boxed[l] : &layer_at(request, l)->nest;
}

static bool is_fused(const struct sdse_layer *layer) {
    return sdse_layer_moves(layer) && layer->move.fused;
}

// Whether a layer may be one of a group: its rows are nests of their own, and all that
// it is given by other layers is one map, and one that it adds to its outputs.
static bool has_rows(const struct sdse_fusion_request *request, size_t l) {
    const struct sdse_layer *layer = layer_at(request, l);
    const struct sdse_workload *net = request->residency.workload;
    bool plain = layer->addends <= 1;
    for (size_t e = 0; e < net->edge_count; e++) {
        const struct sdse_workload_edge *edge = &net->edges[e];
        plain &= edge->to != l || edge->use == SDSE_EDGE_ADDEND ||
                 (edge->use == SDSE_EDGE_INPUTS && !edge->via && !edge->channels &&
                  !edge->heads);
    }
    return plain && !sdse_layer_moves(layer) && layer->kind != SDSE_WGRAD &&
           layer->repeat == 1;
}

static uint64_t words_made(const struct sdse_layer *layer) {
    return sdse_tile_words(&layer->nest, SDSE_OUTPUTS, layer->nest.bound);
}

// A fused layer between two of a group works on the maker's rows: as it has as many, or
// as it is a function of each word, which may be written in any shape.
static bool follows_rows(const struct sdse_layer *layer,
                         const struct sdse_layer *host) {
    const struct sdse_nest *nest = &layer->nest;
    return layer->kind != SDSE_POOL && layer->repeat == 1 &&
           nest->bound[SDSE_R] == 1 && nest->stride[0] == 1 &&
           (nest->bound[SDSE_P] == host->nest.bound[SDSE_P] ||
            (layer->kind == SDSE_ACT && words_made(layer) == words_made(host)));
}

// Whether the rows that one layer makes are those that the other reads, and nobody else
// reads them.
static bool hands_rows(const struct sdse_fusion_request *request,
                       const struct sdse_placing *placing, size_t from, size_t to) {
    const struct sdse_handed_tensor *tensor = sdse_handed_by(placing, from);
    const struct sdse_layer *maker = layer_at(request, from),
                            *reader = layer_at(request, to);
    const uint64_t *out = maker->nest.bound, *in = reader->nest.bound;
    return tensor && tensor->may_share && tensor->use_count == 1 &&
           tensor->use[0] == to &&
           (!tensor->as || tensor->as[0] == SDSE_HANDED_INPUTS) &&
           out[SDSE_N] == in[SDSE_N] &&
           out[SDSE_G] * out[SDSE_K] == in[SDSE_G] * in[SDSE_C] &&
           out[SDSE_P] == reader->in_height && out[SDSE_Q] == reader->in_width &&
           sdse_nest_map_rows(nest_at(request, to)) <= out[SDSE_P];
}

// --- What it takes ---

// Bits of all weights of a layer where they are kept; whether they may be.
static enum sdse_status measure_weights(const struct sdse_fusion_request *request,
                                        size_t layer, unsigned level,
                                        struct sdse_arena *arena, double *bits,
                                        bool *may_keep) {
    const struct sdse_residency_layer *asked = &request->residency.layer[layer];
    const struct sdse_arch *arch = request->residency.arch;
    struct sdse_model *model;
    const enum sdse_status status =
        sdse_model_new(arch, asked->layer, asked->form, arena, &model);
    if (status != SDSE_OK)
        return status;
    // Beyond an engine they are no longer what is stored further out.
    *may_keep = arch->level[level].shares_weights && !model->form.first &&
                !(model->form.smartdeal && level > arch->rebuild.below_level);
    const struct sdse_residence kept = {
        .level = level, .tensors = SDSE_BIT(SDSE_WEIGHTS), .loads_weights = true};
    struct sdse_layer there = *asked->layer;
    there.residence = &kept;
    model->layer = &there;
    *bits = 0;
    for (unsigned f = 0; f < model->flow_count; f++)
        *bits += (double)sdse_model_brought_words(model, &model->flow[f]) *
                 model->place_bits[level][model->flow[f].part];
    return SDSE_OK;
}

static enum sdse_status measure(const struct sdse_fusion_request *request,
                                const struct sdse_placing *placing, unsigned level,
                                struct sdse_arena *arena, struct sdse_group *group) {
    enum sdse_status status = SDSE_OK;
    for (size_t i = 0; !status && i < group->layer_count; i++) {
        bool may_keep;
        group->nest[i] = *nest_at(request, group->layer[i]);
        if (i > 0) {
            const struct sdse_handed_tensor *tensor =
                sdse_handed_by(placing, group->layer[i - 1]);
            const struct sdse_layer *maker = layer_at(request, group->layer[i - 1]);
            group->row_bits[i] = tensor->held_bits / (double)maker->nest.bound[SDSE_P];
            group->nest[i].map[0] = maker->nest.bound[SDSE_P];
        }
        status = measure_weights(request, group->layer[i], level, arena,
                                 &group->weight_bits[i], &may_keep);
        group->may_keep |= may_keep ? SDSE_BIT(i) : 0u;
    }
    if (status != SDSE_OK)
        return status;
    const size_t first = group->layer[0];
    const struct sdse_nest *nest = &group->nest[0];
    struct sdse_model *model;
    status = sdse_model_new(request->residency.arch, layer_at(request, first),
                            request->residency.layer[first].form, arena, &model);
    if (status != SDSE_OK)
        return status;
    group->input_row_words = nest->bound[SDSE_N] * nest->bound[SDSE_G] *
                             nest->bound[SDSE_C] *
                             (request->boxed ? layer_at(request, first)->in_width
                                             : sdse_nest_touched(nest, 1));
    group->row_bits[0] =
        (double)group->input_row_words * model->place_bits[level][SDSE_PART_INPUTS];
    const struct sdse_handed_tensor *made = sdse_handed_by(placing, group->last);
    group->output_bits = made ? made->held_bits : 0;
    group->row_bits[group->layer_count] =
        group->output_bits / (double)group->nest[group->layer_count - 1].bound[SDSE_P];
    return SDSE_OK;
}

// The group of `depth` layers that ends with layer `last`; false: there is none.
static bool find_group(const struct sdse_fusion_request *request,
                       const struct sdse_placing *placing, size_t last, size_t depth,
                       struct sdse_group *group) {
    size_t reversed[SDSE_FUSED_MOST], count = 0;
    *group = (struct sdse_group){.last = last};
    if (!has_rows(request, last))
        return false;
    reversed[count++] = last;
    while (count < depth) {
        const size_t reader = reversed[count - 1];
        size_t maker = reader;
        while (maker-- > 0 && is_fused(layer_at(request, maker)))
            ;
        if (maker == SIZE_MAX || !has_rows(request, maker) ||
            !hands_rows(request, placing, maker, reader))
            return false;
        for (size_t l = maker + 1; l < reader; l++)
            if (!follows_rows(layer_at(request, l), layer_at(request, maker)))
                return false;
        reversed[count++] = maker;
    }
    group->layer_count = count;
    for (size_t i = 0; i < count; i++)
        group->layer[i] = reversed[count - 1 - i];
    group->first = group->layer[0];
    return group->last - group->first < SDSE_PLACES_MOST_TURNS;
}

enum sdse_status sdse_groups_list(const struct sdse_fusion_request *request,
                                  const struct sdse_placing *placing, unsigned level,
                                  struct sdse_arena *arena, size_t *count,
                                  struct sdse_group **group) {
    const size_t layers = placing->layer_count;
    struct sdse_group *found =
        SDSE_ARENA_ARRAY(arena, struct sdse_group, layers * request->depth + 1);
    enum sdse_status status = found ? SDSE_OK : SDSE_NO_MEMORY;
    size_t listed = 0;
    for (size_t last = 0; !status && last < layers; last++)
        for (size_t depth = 2; !status && depth <= request->depth; depth++)
            if (find_group(request, placing, last, depth, &found[listed]))
                status = measure(request, placing, level, arena, &found[listed++]);
    if (status == SDSE_OK) {
        *count = listed;
        *group = found;
    }
    return status;
}

// --- Plans ---

static bool are_equal(const struct sdse_fused_rows *rows,
                      const struct sdse_group_plan *plan) {
    if (rows->count != plan->count)
        return false;
    for (size_t i = 0; i < rows->count; i++) {
        const struct sdse_fused_nest *a = &rows->nest[i], *b = &plan->nest[i];
        if (a->layer != b->layer || a->times != b->times || a->loaded != b->loaded ||
            a->first != b->first || memcmp(a->held, b->held, sizeof a->held) != 0 ||
            memcmp(&a->part, &b->part, sizeof a->part) != 0)
            return false;
    }
    return true;
}

// Adds a plan unless one since `from` has its nests.
static enum sdse_status add_plan(const struct sdse_fusion_request *request,
                                 struct sdse_group *group, size_t from,
                                 const struct sdse_group_plan *asked,
                                 struct sdse_arena *scratch, struct sdse_arena *arena) {
    const struct sdse_fused_rows_request rows_request = {
        .layer_count = group->layer_count,
        .nest = group->nest,
        .tile_rows = asked->tile_rows,
        .retained = asked->retained,
        .buffered = asked->buffered,
        .boxes = request->boxed != NULL};
    struct sdse_fused_rows rows;
    const enum sdse_status status = sdse_fused_rows_find(&rows_request, scratch, &rows);
    if (status != SDSE_OK)
        return status;
    for (size_t i = from; i < group->plan_count; i++)
        // Where nothing is read nothing is loaded; but what is on chip is not buffered.
        if (group->plan[i].buffered == asked->buffered &&
            are_equal(&rows, &group->plan[i]))
            return SDSE_OK;
    struct sdse_fused_nest *nest =
        SDSE_ARENA_ARRAY(arena, struct sdse_fused_nest, rows.count);
    if (!nest)
        return SDSE_NO_MEMORY;
    memcpy(nest, rows.nest, rows.count * sizeof *nest);
    struct sdse_group_plan *plan = &group->plan[group->plan_count++];
    *plan = *asked;
    plan->count = rows.count;
    plan->nest = nest;
    return SDSE_OK;
}

// Rows of the next smaller tile; 0: there is none.
static uint64_t next_tile(enum sdse_fusion_tiles tiles, uint64_t rows, uint64_t tile) {
    if (tiles == SDSE_TILES_ALL || tile <= 1)
        return tile - 1;
    for (uint64_t t = (rows + tile - 1) / tile + 1; t <= rows; t++)
        if ((rows + t - 1) / t < tile)
            return (rows + t - 1) / t;
    return 0;
}

enum sdse_status sdse_group_plan(const struct sdse_fusion_request *request,
                                 struct sdse_arena *arena, struct sdse_group *group) {
    const uint64_t rows = group->nest[group->layer_count - 1].bound[SDSE_P];
    const unsigned inner = (1u << group->layer_count) - 1u;
    size_t most = 0;
    if (group->planned)
        return SDSE_OK;
    for (uint64_t tile = rows; tile; tile = next_tile(request->tiles, rows, tile))
        most += (size_t)(inner + 1);
    group->plan = SDSE_ARENA_ARRAY(arena, struct sdse_group_plan, most);
    struct sdse_arena *scratch = sdse_arena_new();
    enum sdse_status status = group->plan && scratch ? SDSE_OK : SDSE_NO_MEMORY;
    for (uint64_t tile = rows; tile && !status;
         tile = next_tile(request->tiles, rows, tile)) {
        const size_t from = group->plan_count;
        // Retained first: where that changes nothing, that is what is said.
        for (unsigned set = inner + 1; set-- > 0 && !status;) {
            const struct sdse_group_plan plan = {
                .tile_rows = tile, .retained = set & ~1u, .buffered = set & 1u};
            status = add_plan(request, group, from, &plan, scratch, arena);
            sdse_arena_reset(scratch);
        }
    }
    sdse_arena_free(scratch);
    group->planned = status == SDSE_OK;
    return status;
}
