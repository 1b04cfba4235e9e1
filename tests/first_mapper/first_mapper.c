#include "first_mapper/first_mapper.h"

#include <string.h>

#include "dse/mapper.h" // the copy beside this file

enum sdse_status
first_mapper_solve(const struct sdse_arch *arch, const struct sdse_layer *layer,
                   const struct sdse_weight_form *form, enum first_objective objective,
                   struct sdse_arena *arena, struct first_answer *answer) {
    static const enum sdse_map_objective objectives[] = {
        [FIRST_ENERGY] = SDSE_MAP_ENERGY,
        [FIRST_LATENCY] = SDSE_MAP_LATENCY,
        [FIRST_EDP] = SDSE_MAP_EDP,
        [FIRST_FRONT] = SDSE_MAP_FRONT};
    const struct sdse_map_request request = {
        .arch = arch, .layer = layer, .form = form, .objective = objectives[objective]};
    struct sdse_map_answer found;
    const enum sdse_status status = sdse_map(&request, arena, &found);
    if (status != SDSE_OK)
        return status;
    memset(answer, 0, sizeof *answer);
    answer->proved = found.status == SDSE_MAP_OPTIMAL;
    answer->count = found.point_count;
    answer->nodes = found.nodes;
    answer->evaluations = found.evaluations;
    answer->seconds = found.seconds;
    answer->totals = SDSE_ARENA_ARRAY(arena, struct sdse_totals, found.point_count);
    answer->mapping = SDSE_ARENA_ARRAY(arena, struct sdse_mapping, found.point_count);
    if (found.point_count && (!answer->totals || !answer->mapping))
        return SDSE_NO_MEMORY;
    for (size_t i = 0; i < found.point_count; i++) {
        answer->totals[i] = found.point[i].totals;
        answer->mapping[i] = found.point[i].mapping;
    }
    return SDSE_OK;
}
