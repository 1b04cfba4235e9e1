// The kinds of nests of one point of a group, with their mappings.
#include <stdlib.h>
#include <string.h>

#include "dse/fusion/group_front.h"
#include "dse/fusion/kinds.h"

// Which point of each kind's answer it is made of.
//
// kinds   answered
// choice  out: [kinds->count]
static enum sdse_status find_choice(const struct sdse_kinds *kinds,
                                    const struct sdse_group_point *point,
                                    struct sdse_arena *arena, size_t *choice) {
    struct sdse_kind_sums sums;
    if (point->choice) {
        for (size_t k = 0; k < kinds->count; k++)
            choice[k] = point->choice[k];
        return SDSE_OK;
    }
    const enum sdse_status status =
        sdse_kinds_sum(kinds, kinds->nests->request->residency.goal, arena, &sums);
    size_t element = point->element;
    for (size_t k = status == SDSE_OK ? kinds->count : 0; k-- > 0;) {
        const struct sdse_kind_sum *sum = &sums.stage[k + 1][element];
        choice[k] = sum->choice;
        element = sum->parent;
    }
    return status;
}

enum sdse_status sdse_group_point_kinds(struct sdse_nests *nests,
                                        const struct sdse_group *group,
                                        const struct sdse_place_question *question,
                                        const struct sdse_group_point *point,
                                        struct sdse_arena *arena,
                                        struct sdse_fused_group *out) {
    struct sdse_group_plan plan = group->plan[point->plan];
    plan.overlaps = point->choice != NULL;
    struct sdse_kinds kinds = {.nests = nests, .group = group, .question = question};
    bool fits;
    enum sdse_status status = sdse_kinds_list(&kinds, &plan, point->kept, &fits);
    for (size_t i = 0; i < kinds.count && !status; i++)
        status = sdse_nests_answer(nests, kinds.kind[i].entry,
                                   kinds.kind[i].reserved_bits, &kinds.kind[i].answer);
    size_t *choice = SDSE_ARENA_ARRAY(arena, size_t, kinds.count + 1);
    if (status == SDSE_OK)
        status = choice ? find_choice(&kinds, point, arena, choice) : SDSE_NO_MEMORY;
    if (status == SDSE_OK) {
        *out = (struct sdse_fused_group){
            .first = group->first,
            .last = group->last,
            .question = *question,
            .config = sdse_group_config(group, &plan, point->kept),
            .layer_count = group->members.count,
            .at = point->at};
        memcpy(out->layer, group->members.layer, sizeof out->layer);
        status = sdse_kinds_describe(&kinds, &plan, point->kept, arena, out);
        for (size_t i = 0; i < out->kind_count && !status; i++)
            out->kind[i].point = &kinds.kind[i].answer->answer.point[choice[i]];
    }
    free(kinds.kind);
    return status;
}
