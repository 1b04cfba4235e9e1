#include "dse/fusion/groups.h"

#include <math.h>
#include <string.h>

#include "costmodel/model.h"
#include "dse/fusion/staged.h"
#include "spec/types/touched.h"

static const struct sdse_layer *layer_at(const struct sdse_fusion_request *request,
                                         size_t l) {
    return request->residency.layer[l].layer;
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

// Bits of the place of a word that a layer reads.
static enum sdse_status measure_input(const struct sdse_fusion_request *request,
                                      size_t layer, unsigned level,
                                      struct sdse_arena *arena, double *bits) {
    const struct sdse_residency_layer *asked = &request->residency.layer[layer];
    struct sdse_model *model;
    const enum sdse_status status = sdse_model_new(
        request->residency.arch, asked->layer, asked->form, arena, &model);
    if (status == SDSE_OK)
        *bits = model->place_bits[level][SDSE_PART_INPUTS];
    return status;
}

// Words of a row of the group's input, of one head: those that the first member reads,
// or all that read that map.
static uint64_t count_row_words(const struct sdse_fusion_request *request,
                                const struct sdse_members *members, bool all) {
    const struct sdse_nest *nest = &members->nest[0];
    const uint64_t columns = layer_at(request, members->layer[0])->in_width;
    uint64_t words = nest->bound[SDSE_N] * nest->bound[SDSE_G] * nest->bound[SDSE_C] /
                     members->heads;
    const bool others = sdse_members_share_input(members);
    // Of several, whose windows may leave out different columns, the whole row.
    return words *
           (request->boxed || (all && others) ? columns : sdse_nest_touched(nest, 1));
}

// What the last member makes, in the memory of a number.
static void measure_made(const struct sdse_fusion_request *request,
                         const struct sdse_handed_tensor *made, unsigned m,
                         unsigned level, struct sdse_group *group) {
    const struct sdse_members *members = &group->members;
    const struct sdse_nest *end = &members->nest[members->count - 1];
    group->output_bits[m] = made ? made->held_bits_in[m] : 0;
    group->made_row_bits[m] =
        group->output_bits[m] / (double)end->bound[SDSE_P] / (double)members->heads;
    if (members->columns)
        group->made_cell_bits[m] = group->made_row_bits[m] / (double)end->bound[SDSE_Q];
    group->sum_bits[m] = (double)(sdse_tile_words(end, SDSE_OUTPUTS, end->bound) /
                                  end->bound[SDSE_P] / members->heads) *
                         sdse_arch_partial_bits(request->residency.arch, level);
}

static enum sdse_status measure(const struct sdse_fusion_request *request,
                                const struct sdse_placing *placing,
                                struct sdse_arena *arena, struct sdse_group *group) {
    const struct sdse_members *members = &group->members;
    const unsigned level = group->level;
    const double heads = (double)members->heads;
    double input_bits;
    enum sdse_status status =
        measure_input(request, members->layer[0], level, arena, &input_bits);
    for (size_t i = 0; !status && i < members->count; i++) {
        const struct sdse_handed_tensor *made =
            sdse_handed_by(placing, members->layer[i]);
        bool may_keep = false;
        if (i + 1 < members->count)
            group->row_bits[i + 1] = made->held_bits_in[group->memory] /
                                     (double)members->nest[i].bound[SDSE_P] / heads;
        if (!sdse_layer_moves(layer_at(request, members->layer[i])))
            status = measure_weights(request, members->layer[i], level, arena,
                                     &group->weight_bits[i], &may_keep);
        group->weight_bits[i] /= heads;
        group->may_stage[i] = sdse_staged_tensors(request, members->layer[i], level);
        if (!status && group->may_stage[i])
            status = measure_input(request, members->layer[i], level, arena,
                                   &group->read_bits[i]);
        group->may_keep |= may_keep ? SDSE_BIT(i) : 0u;
    }
    if (status != SDSE_OK)
        return status;
    group->input_row_words = count_row_words(request, members, false);
    group->all_row_words = count_row_words(request, members, true);
    const struct sdse_nest *nest = &members->nest[0];
    group->input_cell_words =
        nest->bound[SDSE_N] * nest->bound[SDSE_G] * nest->bound[SDSE_C];
    group->input_bits = input_bits;
    for (size_t i = 0; members->columns && i + 1 < members->count; i++)
        group->cell_bits[i + 1] =
            group->row_bits[i + 1] / (double)members->nest[i].bound[SDSE_Q];
    unsigned levels[SDSE_MOST_SHARED];
    const unsigned memories = sdse_shared_levels(request->residency.arch, levels);
    for (unsigned m = 0; m < memories; m++)
        measure_made(request, sdse_handed_by(placing, group->last), m, levels[m],
                     group);
    const struct sdse_nest *end = &members->nest[members->count - 1];
    const double partial = sdse_arch_partial_bits(request->residency.arch, level);
    group->made_bits = partial;
    group->state_bits =
        members->channels.rescales
            ? 2 * (double)(end->bound[SDSE_N] * end->bound[SDSE_G] / members->heads) *
                  partial
            : 0;
    return SDSE_OK;
}

// The group of `depth` layers that ends with layer `last`; false after a refusal.
static bool find_group(const struct sdse_fusion_request *request,
                       const struct sdse_placing *placing, unsigned memory, size_t last,
                       size_t depth, struct sdse_group *group,
                       struct sdse_group_refusal *refusal) {
    unsigned level[SDSE_MOST_SHARED];
    sdse_shared_levels(request->residency.arch, level);
    *group =
        (struct sdse_group){.last = last, .memory = memory, .level = level[memory]};
    if (!sdse_members_find(request, placing, memory, last, depth, &group->members,
                           refusal))
        return false;
    group->first = group->members.layer[0];
    return true;
}

enum sdse_status sdse_group_make(const struct sdse_fusion_request *request,
                                 const struct sdse_placing *placing, unsigned memory,
                                 size_t first, size_t last, struct sdse_arena *arena,
                                 struct sdse_group *group,
                                 struct sdse_group_refusal *refusal) {
    size_t depth = 0;
    for (size_t l = first; l <= last; l++) {
        const struct sdse_layer *layer = layer_at(request, l);
        depth += !(sdse_layer_moves(layer) && layer->move.fused);
    }
    if (depth < 2 || depth > SDSE_FUSED_MOST)
        *refusal = (struct sdse_group_refusal){
            last, depth < 2
                      ? "ends a group of fewer than two layers, functions that are "
                        "`fused` not counted"
                      : "ends a group of more layers than may take turns"};
    else if (find_group(request, placing, memory, last, depth, group, refusal) &&
             group->first != first)
        *refusal = (struct sdse_group_refusal){
            first,
            "works on the rows of the layer before it, which is not of the group"};
    return refusal->reason ? SDSE_OK : measure(request, placing, arena, group);
}

enum sdse_status sdse_groups_list(const struct sdse_fusion_request *request,
                                  const struct sdse_placing *placing, unsigned memory,
                                  struct sdse_arena *arena, size_t *count,
                                  struct sdse_group **group) {
    const size_t layers = placing->layer_count;
    struct sdse_group *found =
        SDSE_ARENA_ARRAY(arena, struct sdse_group, layers * request->depth + 1);
    enum sdse_status status = found ? SDSE_OK : SDSE_NO_MEMORY;
    struct sdse_group_refusal refusal;
    size_t listed = 0;
    for (size_t last = 0; !status && last < layers; last++)
        for (size_t depth = 2; !status && depth <= request->depth; depth++)
            if (find_group(request, placing, memory, last, depth, &found[listed],
                           &refusal))
                status = measure(request, placing, arena, &found[listed++]);
    if (status == SDSE_OK) {
        *count = listed;
        *group = found;
    }
    return status;
}

bool sdse_group_may_put(const struct sdse_group *group, uint64_t tile_channels,
                        enum sdse_place outputs) {
    return !tile_channels || !group->members.channels.rescales ||
           outputs == SDSE_PLACE_OUTERMOST ||
           sdse_place_memory(outputs) == group->memory;
}
