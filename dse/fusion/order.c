#include "dse/fusion/order.h"

#include <string.h>

#include "base/arena_grow.h"

enum { MOST_PERIOD = 64 };

struct ordering {
    const struct sdse_kinds *kinds;
    const struct sdse_group_plan *plan;
    size_t *begin; // of each nest of the plan, in the notes [plan->count + 1]
    struct sdse_arena *arena;
};

// Turns behind one another.
struct turns {
    size_t count, room;
    struct sdse_fused_turn *turn;
};

// False: memory is out.
static bool add(struct ordering *o, struct turns *turns,
                const struct sdse_fused_turn *turn) {
    struct sdse_fused_turn *list = sdse_arena_grow(o->arena, turns->turn, turns->count,
                                                   &turns->room, sizeof *list);
    if (!list)
        return false;
    turns->turn = list;
    turns->turn[turns->count++] = *turn;
    return true;
}

// --- What repeats ---

static bool are_same(const struct sdse_fused_turn *a, const struct sdse_fused_turn *b,
                     size_t count);

// Whether two turns are the same but for how often.
static bool do_the_same(const struct sdse_fused_turn *a,
                        const struct sdse_fused_turn *b) {
    return a->count == b->count && (a->count || a->kind == b->kind) &&
           (a->turn == b->turn || are_same(a->turn, b->turn, a->count));
}

static bool are_same(const struct sdse_fused_turn *a, const struct sdse_fused_turn *b,
                     size_t count) {
    bool same = true;
    for (size_t i = 0; i < count && same; i++)
        same = a[i].times == b[i].times && do_the_same(&a[i], &b[i]);
    return same;
}

// Turns that do the same one after the other become one.
static void join(struct turns *turns) {
    size_t count = 0;
    for (size_t i = 0; i < turns->count; i++) {
        if (count && do_the_same(&turns->turn[count - 1], &turns->turn[i]))
            turns->turn[count - 1].times += turns->turn[i].times;
        else
            turns->turn[count++] = turns->turn[i];
    }
    turns->count = count;
}

// So many turns that come again behind themselves become one. *found: there are some.
// False: memory is out.
static bool fold(struct ordering *o, struct turns *turns, size_t period, bool *found) {
    size_t count = 0;
    *found = false;
    for (size_t i = 0, next; i < turns->count; i = next) {
        const struct sdse_fused_turn *from = &turns->turn[i];
        uint64_t times = 1;
        for (next = i + period; next + period <= turns->count &&
                                are_same(from, &turns->turn[next], period);
             next += period)
            times++;
        if (times == 1) {
            next = i + 1;
            turns->turn[count++] = *from;
            continue;
        }
        struct sdse_fused_turn *copy =
            SDSE_ARENA_ARRAY(o->arena, struct sdse_fused_turn, period);
        if (!copy)
            return false;
        memcpy(copy, from, period * sizeof *copy);
        turns->turn[count++] = (struct sdse_fused_turn){times, 0, period, copy};
        *found = true;
    }
    turns->count = count;
    return true;
}

static bool shorten(struct ordering *o, struct turns *turns) {
    bool good = true;
    join(turns);
    for (size_t period = 2; period <= MOST_PERIOD && 2 * period <= turns->count && good;
         period++) {
        bool found;
        good = fold(o, turns, period, &found);
        if (found) {
            join(turns);
            period = 1;
        }
    }
    return good;
}

// Adds turns, which repeat, to others.
static bool add_repeated(struct ordering *o, struct turns *inner, uint64_t times,
                         struct turns *turns) {
    bool good = shorten(o, inner);
    if (inner->count == 1)
        inner->turn->times *= times;
    if (inner->count > 1 && times > 1) {
        const struct sdse_fused_turn all = {times, 0, inner->count, inner->turn};
        return good && add(o, turns, &all);
    }
    for (size_t i = 0; i < inner->count && good; i++)
        good = add(o, turns, &inner->turn[i]);
    return good;
}

// --- What runs ---

// The nests of a tile, which begin at `from` of the plan: of some heads and channels.
static bool add_tile(struct ordering *o, const struct sdse_tile_run *tile, size_t from,
                     struct turns *turns) {
    bool good = true;
    for (size_t n = 0; n < tile->count; n++) {
        const size_t nest = from + tile->nest[n];
        for (size_t i = o->begin[nest]; i < o->begin[nest + 1] && good; i++)
            good = add(o, turns,
                       &(struct sdse_fused_turn){1, o->kinds->note[i].kind, 0, NULL});
    }
    return good;
}

// The tile part after part, if it is made in parts of its channels: the first, so many
// that are alike, and the last (group_plans.c, split_channels).
static bool add_parts(struct ordering *o, const struct sdse_tile_run *tile, size_t from,
                      struct turns *turns) {
    const uint64_t all = o->kinds->group->members.channels.count,
                   some = o->plan->tile_channels;
    if (!some)
        return add_tile(o, tile, from, turns);
    const uint64_t middle = (all + some - 1) / some - 2;
    struct turns part = {.count = 0};
    size_t at = from;
    bool good = add_tile(o, tile, at, turns);
    at += o->plan->whole;
    if (middle) {
        good = good && add_tile(o, tile, at, &part) &&
               add_repeated(o, &part, middle, turns);
        at += o->plan->whole;
    }
    return good && add_tile(o, tile, at, turns);
}

// All tiles of some heads.
static bool add_tiles(struct ordering *o, size_t from, uint64_t times,
                      struct turns *turns) {
    struct turns tiles = {.count = 0};
    bool good = true;
    for (size_t r = 0; r < o->plan->run_count && good; r++) {
        struct turns tile = {.count = 0};
        good = add_parts(o, &o->plan->run[r], from, &tile) &&
               add_repeated(o, &tile, o->plan->run[r].times, &tiles);
    }
    return good && add_repeated(o, &tiles, times, turns);
}

enum sdse_status sdse_order_find(const struct sdse_kinds *kinds,
                                 const struct sdse_group_plan *plan,
                                 struct sdse_arena *arena,
                                 struct sdse_fused_turn *order) {
    struct ordering o = {.kinds = kinds, .plan = plan, .arena = arena};
    const uint64_t all = kinds->group->members.heads,
                   heads = plan->tile_heads ? plan->tile_heads : all;
    struct turns turns = {.count = 0};
    o.begin = SDSE_ARENA_ARRAY(arena, size_t, plan->count + 1);
    if (!o.begin)
        return SDSE_NO_MEMORY;
    for (size_t i = 0; i < kinds->note_count; i++)
        o.begin[kinds->note[i].nest + 1] = i + 1;
    bool good = add_tiles(&o, 0, all / heads, &turns);
    if (all % heads)
        good = good && add_tiles(&o, plan->whole, 1, &turns);
    if (!good || !shorten(&o, &turns))
        return SDSE_NO_MEMORY;
    *order = (struct sdse_fused_turn){1, 0, turns.count, turns.turn};
    return SDSE_OK;
}
