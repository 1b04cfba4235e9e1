#include "dse/validation/turns.h"

#include "dse/fusion/rows.h"

struct group {
    size_t count;
    const struct sdse_layer *layer[SDSE_FUSED_MOST];
    struct sdse_nest nest[SDSE_FUSED_MOST];
};

static uint64_t columns_read(const struct sdse_nest *nest) {
    const uint64_t extent = sdse_window_extent(nest->bound[SDSE_Q], nest->bound[SDSE_S],
                                               nest->stride[1], nest->dilation[1]);
    return nest->map[1] ? nest->map[1] : extent;
}

// Words of one row of what layer i reads.
static double row_words(const struct group *group, size_t i) {
    const struct sdse_nest *nest = &group->nest[i];
    return (double)nest->bound[SDSE_N] * (double)nest->bound[SDSE_G] *
           (double)nest->bound[SDSE_C] * (double)columns_read(nest);
}

static bool hands_over(const struct sdse_nest *from, const struct sdse_nest *to) {
    return from->bound[SDSE_N] == to->bound[SDSE_N] &&
           from->bound[SDSE_G] * from->bound[SDSE_K] ==
               to->bound[SDSE_G] * to->bound[SDSE_C] &&
           from->bound[SDSE_P] == sdse_nest_map_rows(to) &&
           from->bound[SDSE_Q] == columns_read(to);
}

static bool choose(const struct sdse_workload *workload, const bool *chosen,
                   struct group *group) {
    for (size_t l = 0; l < workload->layer_count; l++) {
        const struct sdse_layer *layer = &workload->layers[l];
        if (!chosen[l])
            continue;
        if (group->count == SDSE_FUSED_MOST || layer->repeat != 1 ||
            (group->count && !hands_over(&group->nest[group->count - 1], &layer->nest)))
            return false;
        group->layer[group->count] = layer;
        group->nest[group->count++] = layer->nest;
    }
    return group->count > 0;
}

enum sdse_status sdse_turns_find(const struct sdse_workload *workload,
                                 const bool *chosen, struct sdse_arena *arena,
                                 struct sdse_turns *turns) {
    struct group group = {.count = 0};
    struct sdse_fused_rows rows;
    uint64_t waiting[SDSE_FUSED_MOST] = {0};
    if (!choose(workload, chosen, &group))
        return SDSE_INVALID;
    const struct sdse_nest *last = &group.nest[group.count - 1];
    const struct sdse_fused_rows_request request = {.layer_count = group.count,
                                                    .nest = group.nest,
                                                    .tile_rows = 1,
                                                    .retained = ~0u,
                                                    .buffered = true};
    const enum sdse_status status = sdse_fused_rows_find(&request, arena, &rows);
    if (status != SDSE_OK)
        return status;
    *turns = (struct sdse_turns){.outside_words = {0}};
    for (size_t n = 0; n < rows.count; n++) {
        const struct sdse_fused_nest *nest = &rows.nest[n];
        turns->outside_words[SDSE_INPUTS] +=
            (double)nest->times * (double)nest->loaded * row_words(&group, 0);
        for (size_t i = 0; i < group.count; i++)
            if (nest->layer != i && nest->layer + 1 != i && nest->held[i] > waiting[i])
                waiting[i] = nest->held[i];
    }
    for (size_t i = 0; i < group.count; i++) {
        turns->line_words += (double)waiting[i] * row_words(&group, i);
        if (!sdse_layer_moves(group.layer[i]))
            turns->outside_words[SDSE_WEIGHTS] += (double)sdse_tile_words(
                &group.nest[i], SDSE_WEIGHTS, group.nest[i].bound);
    }
    turns->outside_words[SDSE_OUTPUTS] =
        (double)sdse_tile_words(last, SDSE_OUTPUTS, last->bound);
    return SDSE_OK;
}
