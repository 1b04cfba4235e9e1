#include "dse/residency/copies.h"

#include <math.h>

#include "costmodel/model.h"

struct sdse_copy_way sdse_copy_way(const struct sdse_arch *arch, unsigned source,
                                   unsigned memory) {
    unsigned level[SDSE_MOST_SHARED] = {0};
    sdse_shared_levels(arch, level);
    return (struct sdse_copy_way){source ? level[source - 1] : 0, level[memory]};
}

void sdse_copy_layer(const struct sdse_workload *workload,
                     const struct sdse_handed_tensor *tensor, struct sdse_copy_way way,
                     struct sdse_layer *layer, struct sdse_residence *at) {
    const struct sdse_layer *maker = &workload->layers[tensor->maker];
    const uint64_t *bound = maker->nest.bound;
    *at = (struct sdse_residence){
        .level = way.level,
        .source = way.source,
        .tensors = SDSE_BIT(SDSE_INPUTS),
        .operands = 1,
        .loaded_inputs = sdse_tile_words(&maker->nest, SDSE_OUTPUTS, bound)};
    // It works on nothing: a function that is fused moves no words of its own.
    *layer = (struct sdse_layer){
        .name = maker->name,
        .kind = SDSE_ACT,
        .nest = {.bound = {1, 1, 1, 1, 1, 1, 1, 1},
                 .stride = {1, 1},
                 .dilation = {1, 1}},
        .repeat = 1,
        .steps = 1,
        .move = {.fused = true, .addends = 1, .passes = 1},
        .density = {1, maker->density[SDSE_OUTPUTS], 1},
        .uncoded = maker->uncoded >> SDSE_OUTPUTS & 1u ? SDSE_BIT(SDSE_INPUTS) : 0,
        .residence = at,
        .loc = maker->loc};
    layer->nest.bound[SDSE_N] = bound[SDSE_N];
    layer->nest.bound[SDSE_G] = bound[SDSE_G] * bound[SDSE_K];
    layer->nest.bound[SDSE_P] = bound[SDSE_P];
    layer->nest.bound[SDSE_Q] = bound[SDSE_Q];
}

enum sdse_status sdse_copy_cost(const struct sdse_arch *arch,
                                const struct sdse_workload *workload,
                                const struct sdse_handed_tensor *tensor,
                                struct sdse_copy_way way, struct sdse_arena *arena,
                                struct sdse_cost *cost) {
    struct sdse_layer layer;
    struct sdse_residence at;
    struct sdse_mapping mapping;
    struct sdse_model *model;
    sdse_copy_layer(workload, tensor, way, &layer, &at);
    sdse_mapping_init(arch, &mapping);
    mapping.streamed = true;
    const enum sdse_status status = sdse_model_new(arch, &layer, NULL, arena, &model);
    if (status != SDSE_OK)
        return status;
    return sdse_evaluate_full(model, &mapping, cost) ? SDSE_OK : SDSE_NO_MEMORY;
}

// Into every memory that shares, from all others that have a number.
static enum sdse_status add_costs(const struct sdse_arch *arch,
                                  const struct sdse_workload *workload,
                                  const struct sdse_handed_tensor *tensor,
                                  unsigned memories, struct sdse_arena *arena,
                                  struct sdse_copy_costs *costs) {
    for (unsigned m = 0; m < memories; m++) {
        for (unsigned source = 0; source <= memories; source++) {
            struct sdse_cost cost;
            if (source == 1 + m)
                continue;
            const enum sdse_status status = sdse_copy_cost(
                arch, workload, tensor, sdse_copy_way(arch, source, m), arena, &cost);
            if (status != SDSE_OK)
                return status;
            costs->into[m][source] =
                (struct sdse_tradeoff){cost.energy_pj, (double)cost.latency_cycles};
        }
    }
    return SDSE_OK;
}

enum sdse_status sdse_placing_add_copies(const struct sdse_arch *arch,
                                         const struct sdse_workload *workload,
                                         struct sdse_arena *arena,
                                         struct sdse_placing *placing) {
    unsigned level[SDSE_MOST_SHARED];
    const unsigned memories = sdse_shared_levels(arch, level);
    struct sdse_copy_costs *copy =
        SDSE_ARENA_ARRAY(arena, struct sdse_copy_costs, placing->tensor_count + 1);
    if (!copy)
        return SDSE_NO_MEMORY;
    for (size_t t = 0; t < placing->tensor_count; t++) {
        const enum sdse_status status =
            add_costs(arch, workload, &placing->tensor[t], memories, arena, &copy[t]);
        if (status != SDSE_OK)
            return status;
    }
    for (unsigned m = 0; m < memories; m++) {
        const uint64_t bits = arch->level[level[m]].capacity_bits;
        placing->room_bits[m] = bits ? (double)bits : (double)INFINITY;
    }
    placing->copy_cost = copy;
    return SDSE_OK;
}
