#include "dse/fusion/configured.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dse/fusion/groups.h"
#include "dse/fusion/kinds.h"
#include "dse/fusion/order.h"

// What is against the place of the group's input.
static struct sdse_group_refusal
why_not_input(const struct sdse_group *group,
              const struct sdse_place_question *question,
              const struct sdse_fusion_config *config) {
    const struct sdse_members *members = &group->members;
    const char *reason = NULL;
    if (sdse_members_split_map(members, question))
        reason = "reads maps that are put together: all of them are in the shared "
                 "memory, or none is";
    else if (config->buffered && !members->may_buffer)
        reason = "adds maps of its own rows: none of them is buffered";
    else if (config->for_all && !sdse_members_share_input(members))
        reason = "reads a map that no other layer of the group reads by rows";
    else if (config->for_all &&
             (config->tile_columns || config->tile_heads || config->tile_keys ||
              (config->tile_channels && members->channels.cuts_input)))
        reason = "reads a map that is buffered for several layers by whole rows alone";
    return (struct sdse_group_refusal){group->first, reason};
}

// Why a group cannot take so many columns, heads, keys or channels at a time; NULL: it
// can.
static const char *why_no_parts(const struct sdse_group *group,
                                const struct sdse_place_question *question,
                                const struct sdse_fusion_config *config) {
    const struct sdse_members *members = &group->members;
    const struct sdse_channels *channels = &members->channels;
    const uint64_t keys = config->tile_keys, some = config->tile_channels;
    if (config->tile_columns && config->tile_columns >= members->columns)
        return members->columns ? "has no more columns than that"
                                : "ends a group whose tiles are of whole rows";
    if (some && config->tile_columns)
        return "takes channels in parts of whole rows";
    if (config->tile_heads && config->tile_heads >= members->heads)
        return "has no more heads than that";
    if (keys && !(channels->count && channels->keys))
        return "adds up what cannot come in parts";
    if (keys >= channels->count && keys)
        return "has no more keys than that";
    if (keys && config->tile_heads != (members->heads > 1))
        return "takes keys in parts of one head at a time (`heads: 1`)";
    if (!sdse_group_may_put(group, keys, question->outputs))
        return "adds up, by keys, in another memory than the one beside which its sums "
               "are rescaled";
    if (some && (!channels->count || channels->keys))
        return "is not reached channel by channel from the first of the group";
    if (some >= channels->count && some)
        return "is reached by no more channels than that";
    if (some % channels->step)
        return "is reached by groups of channels that such a part would cut";
    return NULL;
}

enum sdse_status sdse_fusion_configure(
    const struct sdse_fusion_request *asked, const struct sdse_placing *placing,
    const struct sdse_place_question *question, const struct sdse_fusion_config *config,
    struct sdse_arena *arena, struct sdse_group_limits *limits,
    struct sdse_fused_group *group, struct sdse_group_refusal *refusal) {
    struct sdse_fusion_request *request =
        SDSE_ARENA_NEW(arena, struct sdse_fusion_request);
    struct sdse_fusion_counts counts = {0};
    struct sdse_group made;
    struct sdse_group_plan plan;
    bool fits;
    *refusal = (struct sdse_group_refusal){0, NULL};
    if (!request)
        return SDSE_NO_MEMORY;
    *request = *asked;
    request->overlap = config->overlaps;
    enum sdse_status status =
        sdse_group_make(request, placing, config->memory, question->layer,
                        question->layer + question->more, arena, &made, refusal);
    if (status != SDSE_OK || refusal->reason)
        return status;
    const struct sdse_channels *channels = &made.members.channels;
    *limits = (struct sdse_group_limits){
        .may_keep = made.may_keep,
        .heads = made.members.heads,
        .channels = channels->count,
        .rows = made.members.nest[made.members.count - 1].bound[SDSE_P],
        .columns = made.members.columns};
    *refusal = why_not_input(&made, question, config);
    if (refusal->reason)
        return SDSE_OK;
    *refusal =
        (struct sdse_group_refusal){made.last, why_no_parts(&made, question, config)};
    if (refusal->reason)
        return SDSE_OK;
    status = sdse_group_plan_one(request, &made, config, arena, &plan);
    if (status == SDSE_INVALID) {
        *refusal = (struct sdse_group_refusal){
            made.first, "makes nothing in a tile whose other layers need rows of the "
                        "buffered input"};
        return SDSE_OK;
    }
    struct sdse_nests *nests = SDSE_ARENA_NEW(arena, struct sdse_nests);
    if (status == SDSE_OK && !nests)
        status = SDSE_NO_MEMORY;
    if (status != SDSE_OK)
        return status;
    // As if there were room for anything.
    sdse_nests_init(request, &counts, arena, nests);
    for (unsigned m = 0; m < nests->memory_count; m++)
        nests->capacity_bits[m] = (double)INFINITY;
    struct sdse_kinds kinds = {.nests = nests, .group = &made, .question = question};
    struct sdse_fused_group fresh = {.first = made.first,
                                     .last = made.last,
                                     .layer_count = made.members.count,
                                     .question = *question,
                                     .config = *config};
    memcpy(fresh.layer, made.members.layer, sizeof fresh.layer);
    if (request->ordered) {
        kinds.note = SDSE_ARENA_ARRAY(arena, struct sdse_kind_note,
                                      plan.count * (question->more + 1) + 1);
        if (!kinds.note)
            return SDSE_NO_MEMORY;
    }
    status = sdse_kinds_list(&kinds, &plan, config->kept, &fits);
    if (status == SDSE_OK)
        status = sdse_kinds_describe(&kinds, &plan, config->kept, arena, &fresh);
    if (status == SDSE_OK && request->ordered)
        status = sdse_order_find(&kinds, &plan, arena, &fresh.order);
    free(kinds.kind);
    if (status == SDSE_OK)
        *group = fresh;
    return status;
}
