// The plans of a group: which tiles its nests work on, and what is kept of them.

#include "dse/fusion/groups.h"

#include <string.h>

#include "base/arena_grow.h"

static bool are_equal(const struct sdse_group_plan *a,
                      const struct sdse_group_plan *b) {
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++) {
        const struct sdse_fused_nest *x = &a->nest[i], *y = &b->nest[i];
        if (x->layer != y->layer || x->times != y->times || x->loaded != y->loaded ||
            x->first != y->first || x->heads != y->heads || x->turn != y->turn ||
            x->steady != y->steady || x->channels != y->channels ||
            x->continues != y->continues || x->unfinished != y->unfinished ||
            memcmp(x->held, y->held, sizeof x->held) != 0 ||
            memcmp(&x->part, &y->part, sizeof x->part) != 0 ||
            (x->channels && (x->tile_rows != y->tile_rows || x->again != y->again ||
                             memcmp(x->idle, y->idle, sizeof x->idle) != 0)))
            return false;
    }
    return true;
}

// The nests of `times` parts of so many heads each, which follow those that are listed.
// full: of so many as a part has; the others are none of runs
static void add_heads(const struct sdse_members *members,
                      const struct sdse_fused_rows *rows, uint64_t heads,
                      uint64_t times, bool full, struct sdse_fused_nest *nest,
                      size_t *count) {
    for (size_t i = 0; i < rows->count && times; i++) {
        struct sdse_fused_nest *next = &nest[(*count)++];
        *next = rows->nest[i];
        next->times *= times;
        next->heads = heads;
        next->turn = full ? next->turn * times : 0;
        next->steady = full ? next->steady * times : 0;
        if (full && rows->tiles == 1 && next->turn) { // some heads after the other
            next->turn = 1;
            next->steady = times - 1;
        }
        sdse_member_heads(members, next->layer, heads, &next->part);
    }
}

// The nests of some channels of each tile, `times` such parts, which follow those that
// are listed: of each nest of all channels.
static void add_channels(const struct sdse_members *members, bool buffered,
                         size_t whole, const struct sdse_fused_nest *part,
                         uint64_t times, struct sdse_fused_nest *nest, size_t *count) {
    const bool again = buffered && !members->channels.cuts_input;
    for (size_t i = 0; i < whole && times; i++) {
        struct sdse_fused_nest *next = &nest[(*count)++];
        *next = nest[i];
        next->times *= times;
        next->turn = next->steady = 0;
        next->channels = part->channels;
        next->continues = part->continues;
        next->unfinished = part->unfinished;
        sdse_channels_cut(members, next->layer, part->channels, &next->part);
        if (again && part->continues)
            next->loaded = 0;
        if (again && part->unfinished)
            next->held[0] = next->again;
    }
}

// Takes the nests of a plan in parts of so many channels: first, middle and last ones.
static void split_channels(const struct sdse_members *members,
                           const struct sdse_group_plan *plan,
                           struct sdse_fused_nest *nest, size_t *count) {
    const uint64_t some = plan->tile_channels, all = members->channels.count;
    const bool buffered = plan->buffered;
    const size_t whole = *count;
    const uint64_t parts = (all + some - 1) / some;
    add_channels(members, buffered, whole,
                 &(struct sdse_fused_nest){.channels = some, .unfinished = true}, 1,
                 nest, count);
    add_channels(members, buffered, whole,
                 &(struct sdse_fused_nest){
                     .channels = some, .continues = true, .unfinished = true},
                 parts - 2, nest, count);
    add_channels(members, buffered, whole,
                 &(struct sdse_fused_nest){.channels = all - (parts - 1) * some,
                                           .continues = true},
                 1, nest, count);
    *count -= whole;
    memmove(nest, nest + whole, *count * sizeof *nest);
}

// The nests of a plan, whose tiles have those of `rows`. In `arena`; false: memory is
// out.
static bool list_nests(const struct sdse_members *members,
                       const struct sdse_fused_rows *rows, struct sdse_arena *arena,
                       struct sdse_group_plan *plan) {
    const uint64_t all = members->heads,
                   heads = plan->tile_heads ? plan->tile_heads : all;
    struct sdse_fused_nest *nest =
        SDSE_ARENA_ARRAY(arena, struct sdse_fused_nest, 8 * rows->count);
    if (!nest)
        return false;
    plan->count = 0;
    add_heads(members, rows, heads, all / heads, true, nest, &plan->count);
    add_heads(members, rows, all % heads, all % heads ? 1 : 0, false, nest,
              &plan->count);
    if (plan->tile_channels)
        split_channels(members, plan, nest, &plan->count);
    plan->nest = nest;
    return true;
}

// Where the next plan comes; NULL: memory is out. In `arena`.
static struct sdse_group_plan *next_plan(struct sdse_group *group,
                                         struct sdse_arena *arena) {
    struct sdse_group_plan *plan = sdse_arena_grow(
        arena, group->plan, group->plan_count, &group->plan_room, sizeof *plan);
    if (!plan)
        return NULL;
    group->plan = plan;
    return &group->plan[group->plan_count];
}

// Adds a plan unless one since `from` has its nests. rows: of its tiles.
static enum sdse_status add_plan(struct sdse_group *group, size_t from,
                                 const struct sdse_group_plan *asked,
                                 const struct sdse_fused_rows *rows,
                                 struct sdse_arena *scratch, struct sdse_arena *arena) {
    struct sdse_group_plan plan = *asked;
    if (!list_nests(&group->members, rows, scratch, &plan))
        return SDSE_NO_MEMORY;
    for (size_t i = from; i < group->plan_count; i++)
        // Where nothing is read nothing is loaded; but what is on chip is not buffered.
        if (group->plan[i].buffered == plan.buffered &&
            group->plan[i].for_all == plan.for_all && are_equal(&group->plan[i], &plan))
            return SDSE_OK;
    struct sdse_fused_nest *nest =
        SDSE_ARENA_ARRAY(arena, struct sdse_fused_nest, plan.count);
    struct sdse_group_plan *next = next_plan(group, arena);
    if (!nest || !next)
        return SDSE_NO_MEMORY;
    memcpy(nest, plan.nest, plan.count * sizeof *nest);
    plan.nest = nest;
    *next = plan;
    group->plan_count++;
    return SDSE_OK;
}

// Rows, or heads, of the next smaller tile; 0: there is none.
static uint64_t next_tile(enum sdse_fusion_tiles tiles, uint64_t rows, uint64_t tile) {
    if (tiles == SDSE_TILES_ALL || tile <= 1)
        return tile - 1;
    for (uint64_t t = (rows + tile - 1) / tile + 1; t <= rows; t++)
        if ((rows + t - 1) / t < tile)
            return (rows + t - 1) / t;
    return 0;
}

// Channels, keys or columns of the next smaller part: half as many parts are as many
// again, or all numbers, in steps. 0: there is none, or no parts at all.
static uint64_t next_part(enum sdse_fusion_tiles tiles, uint64_t all, uint64_t step,
                          uint64_t some) {
    if (tiles == SDSE_TILES_ALL || some <= step)
        return some ? some - step : 0;
    const uint64_t parts = (all + some - 1) / some;
    return (all / step + 2 * parts - 1) / (2 * parts) * step;
}

static uint64_t next_columns(enum sdse_fusion_tiles tiles, uint64_t all,
                             uint64_t some) {
    return next_part(tiles, all, 1, some);
}

static uint64_t next_channels(enum sdse_fusion_tiles tiles,
                              const struct sdse_channels *channels, uint64_t some) {
    return next_part(tiles, channels->count, channels->step, some);
}

static enum sdse_status find_rows(const struct sdse_fusion_request *request,
                                  const struct sdse_group *group,
                                  const struct sdse_group_plan *plan,
                                  struct sdse_arena *arena,
                                  struct sdse_fused_rows *rows) {
    struct sdse_fused_reads reads[SDSE_FUSED_MOST];
    memcpy(reads, group->members.reads, sizeof reads);
    for (size_t i = 1; i < group->members.count && !plan->for_all; i++) {
        reads[i].windows &= ~SDSE_BIT(0);
        reads[i].rows &= ~SDSE_BIT(0);
    }
    const struct sdse_fused_rows_request rows_request = {
        .layer_count = group->members.count,
        .nest = group->members.nest,
        .reads = plan->tile_columns ? NULL : reads,
        .tile_rows = plan->tile_rows,
        .retained = plan->retained,
        .buffered = plan->buffered,
        .tile_columns = plan->tile_columns,
        .banded = plan->banded,
        .boxes = request->boxed != NULL,
        .parts = group->members.channels.count > 0 && !plan->tile_columns,
        .steady = request->overlap,
        .ordered = request->ordered};
    return sdse_fused_rows_find(&rows_request, arena, rows);
}

// The plans of one size of tiles and one choice of what is kept of them: all heads at
// once, then fewer, then one head, or the only one, in parts of its channels.
static enum sdse_status add_plans(const struct sdse_fusion_request *request,
                                  struct sdse_group *group, size_t from,
                                  const struct sdse_group_plan *asked,
                                  struct sdse_arena *scratch,
                                  struct sdse_arena *arena) {
    const uint64_t all = group->members.heads;
    struct sdse_fused_rows rows;
    enum sdse_status status = find_rows(request, group, asked, scratch, &rows);
    if (status == SDSE_OK && rows.starved)
        return SDSE_OK;
    for (uint64_t heads = all; heads && !status && !(asked->for_all && heads < all);
         heads = next_tile(request->tiles, all, heads)) {
        struct sdse_group_plan plan = *asked;
        plan.tile_heads = heads < all ? heads : 0;
        status = add_plan(group, from, &plan, &rows, scratch, arena);
    }
    const struct sdse_channels *channels = &group->members.channels;
    const bool whole = asked->for_all && (channels->keys || channels->cuts_input);
    const uint64_t most = whole ? 0 : channels->count;
    for (uint64_t some = next_channels(request->tiles, channels, most); some && !status;
         some = next_channels(request->tiles, channels, some)) {
        struct sdse_group_plan plan = *asked;
        plan.tile_heads = all > 1;
        plan.tile_channels = some;
        status = add_plan(group, from, &plan, &rows, scratch, arena);
    }
    return status;
}

struct sdse_fusion_config sdse_group_config(const struct sdse_group *group,
                                            const struct sdse_group_plan *plan,
                                            unsigned kept) {
    const bool keys = group->members.channels.keys;
    return (struct sdse_fusion_config){.memory = group->memory,
                                       .tile_rows = plan->tile_rows,
                                       .tile_heads = plan->tile_heads,
                                       .tile_keys = keys ? plan->tile_channels : 0,
                                       .tile_channels = keys ? 0 : plan->tile_channels,
                                       .tile_columns = plan->tile_columns,
                                       .retained = plan->retained,
                                       .banded = plan->banded,
                                       .kept = kept,
                                       .buffered = plan->buffered,
                                       .for_all = plan->for_all,
                                       .overlaps = plan->overlaps};
}

enum sdse_status sdse_group_plan_one(const struct sdse_fusion_request *request,
                                     const struct sdse_group *group,
                                     const struct sdse_fusion_config *config,
                                     struct sdse_arena *arena,
                                     struct sdse_group_plan *plan) {
    struct sdse_fused_rows rows;
    *plan = (struct sdse_group_plan){
        .tile_rows = config->tile_rows,
        .tile_columns = config->tile_columns,
        .banded = config->banded,
        .tile_heads = config->tile_heads,
        .tile_channels = config->tile_keys ? config->tile_keys : config->tile_channels,
        .retained = config->retained,
        .buffered = config->buffered,
        .for_all = config->for_all,
        .overlaps = config->overlaps};
    const enum sdse_status status = find_rows(request, group, plan, arena, &rows);
    if (status != SDSE_OK || rows.starved)
        return status != SDSE_OK ? status : SDSE_INVALID;
    plan->whole = rows.count;
    plan->run_count = rows.run_count;
    plan->run = rows.run;
    return list_nests(&group->members, &rows, arena, plan) ? SDSE_OK : SDSE_NO_MEMORY;
}

// Whether the nests of all sizes of tiles can be listed: where most is kept, fewest
// tiles are alike.
static bool can_list(enum sdse_fusion_tiles tiles, const struct sdse_members *members,
                     bool columns) {
    const uint64_t rows = members->nest[members->count - 1].bound[SDSE_P];
    bool fit = true;
    for (uint64_t tile = rows; tile && fit; tile = next_tile(tiles, rows, tile)) {
        const struct sdse_fused_rows_request finest = {.layer_count = members->count,
                                                       .nest = members->nest,
                                                       .reads = members->reads,
                                                       .tile_rows = tile,
                                                       .retained = ~0u,
                                                       .buffered = true};
        fit = sdse_fused_rows_fit(&finest);
    }
    // Of cells all tiles are looked at: those of one are the most.
    const struct sdse_fused_rows_request cells = {.layer_count = members->count,
                                                  .nest = members->nest,
                                                  .tile_rows = 1,
                                                  .tile_columns = 1};
    return fit && (!columns || sdse_fused_rows_fit(&cells));
}

static bool is_stopped(const struct sdse_fusion_request *request) {
    return request->residency.stop && atomic_load(request->residency.stop);
}

// The plans of tiles of so many rows and some columns; not all, once the search is to
// end.
static enum sdse_status add_column_plans(const struct sdse_fusion_request *request,
                                         struct sdse_group *group, uint64_t tile_rows,
                                         uint64_t tile_columns,
                                         struct sdse_arena *scratch,
                                         struct sdse_arena *arena) {
    const unsigned all = (1u << group->members.count) - 1u;
    const size_t from = group->plan_count;
    enum sdse_status status = SDSE_OK;
    for (unsigned kept = all + 1; kept-- > 0 && !status && !is_stopped(request);)
        for (unsigned banded = 0; banded <= kept && !status; banded++) {
            if (banded & ~kept)
                continue;
            const struct sdse_group_plan plan = {.tile_rows = tile_rows,
                                                 .tile_columns = tile_columns,
                                                 .retained = kept & ~banded & ~1u,
                                                 .banded = banded,
                                                 .buffered = kept & 1u};
            struct sdse_fused_rows rows;
            status = find_rows(request, group, &plan, scratch, &rows);
            if (!status)
                status = add_plan(group, from, &plan, &rows, scratch, arena);
            sdse_arena_reset(scratch);
        }
    return status;
}

enum sdse_status sdse_group_plan(const struct sdse_fusion_request *request,
                                 struct sdse_arena *arena, struct sdse_group *group) {
    const struct sdse_members *members = &group->members;
    const uint64_t rows = members->nest[members->count - 1].bound[SDSE_P];
    const uint64_t columns = request->columns ? members->columns : 0;
    const unsigned inner = (1u << members->count) - 1u;
    if (!group->planned)
        group->planned = group->too_fine =
            !can_list(request->tiles, members, columns > 0);
    if (group->planned)
        return group->too_fine ? SDSE_OVERFLOW : SDSE_OK;
    struct sdse_arena *scratch = sdse_arena_new();
    enum sdse_status status = scratch ? SDSE_OK : SDSE_NO_MEMORY;
    bool stopped = false;
    for (uint64_t tile = rows; tile && !status && !stopped;
         tile = next_tile(request->tiles, rows, tile)) {
        const size_t from = group->plan_count;
        // Retained first: where that changes nothing, that is what is said.
        for (unsigned set = inner + 1; set-- > 0 && !status && !stopped;) {
            stopped = is_stopped(request);
            struct sdse_group_plan plan = {
                .tile_rows = tile, .retained = set & ~1u, .buffered = set & 1u};
            if (plan.buffered && !members->may_buffer)
                continue;
            status = add_plans(request, group, from, &plan, scratch, arena);
            sdse_arena_reset(scratch);
            plan.for_all = plan.buffered && sdse_members_share_input(members);
            if (plan.for_all && !status)
                status = add_plans(request, group, from, &plan, scratch, arena);
            sdse_arena_reset(scratch);
        }
        for (uint64_t some = next_columns(request->tiles, columns, columns);
             some && !status && !stopped;
             some = next_columns(request->tiles, columns, some)) {
            status = add_column_plans(request, group, tile, some, scratch, arena);
            stopped = is_stopped(request);
        }
    }
    sdse_arena_free(scratch);
    group->planned = status == SDSE_OK && !stopped;
    if (!group->planned)
        group->plan_count = 0;
    return status;
}
