#include "dse/mapper/sharing.h"

#include <math.h>
#include <string.h>

#include "dse/mapper/lanes.h"

// Choices of a list at most: one more is merged into another, as the least of both.
enum { MOST_CHOICES = 64, FIRST_SLOTS = 64 };

// The words of each lane over the least there are at the level. [>= 1]
struct times {
    double lane[SDSE_MAX_LANES];
};

// What is no worse than another in every lane is left out.
struct choices {
    unsigned count; // 0: no spread divides the tile
    struct times *at;
};

// Tiles that the same spreads divide have the same key.
struct key {
    uint16_t kind[SDSE_DIMS];
};

struct slot {
    struct key key;
    bool used;
    struct choices choices;
};

struct sdse_sharings {
    struct times *times;       // of every spread
    uint16_t *kind[SDSE_DIMS]; // by index of the tile's size
    size_t slot_count, used;   // a power of two
    struct slot *slot;
};

// --- Choices ---

static bool no_worse(const struct sdse_problem *problem, const struct times *a,
                     const struct times *b) {
    for (unsigned i = 0; i < problem->lane_count; i++)
        if (a->lane[i] > b->lane[i])
            return false;
    return true;
}

static void add_choice(const struct sdse_problem *problem, const struct times *times,
                       struct choices *choices) {
    unsigned kept = 0;
    for (unsigned k = 0; k < choices->count; k++)
        if (no_worse(problem, &choices->at[k], times))
            return;
    for (unsigned k = 0; k < choices->count; k++)
        if (!no_worse(problem, times, &choices->at[k]))
            choices->at[kept++] = choices->at[k];
    choices->count = kept;
    if (kept < MOST_CHOICES) {
        choices->at[choices->count++] = *times;
        return;
    }
    struct times *last = &choices->at[kept - 1];
    for (unsigned i = 0; i < problem->lane_count; i++)
        last->lane[i] = fmin(last->lane[i], times->lane[i]);
}

static bool divides(const struct sdse_problem *problem,
                    const struct sdse_spread *spread, const uint16_t index[SDSE_DIMS]) {
    for (int d = 0; d < SDSE_DIMS; d++)
        if (spread->index[d] &&
            sdse_lattice_divide(&problem->lattice, d, index[d], spread->index[d]) ==
                SDSE_NO_QUOTIENT)
            return false;
    return true;
}

// False: memory is out.
static bool list_choices(const struct sdse_problem *problem, unsigned level,
                         const uint16_t index[SDSE_DIMS], struct choices *choices) {
    const struct sdse_spreads *spreads = &problem->spreads[level];
    struct times room[MOST_CHOICES];
    struct choices found = {0, room};
    for (size_t i = 0; i < spreads->count; i++)
        if (divides(problem, &spreads->spread[i], index))
            add_choice(problem, &problem->sharings[level]->times[i], &found);
    choices->count = found.count;
    choices->at = SDSE_ARENA_ARRAY(problem->arena, struct times, found.count);
    if (!choices->at && found.count)
        return false;
    memcpy(choices->at, room, found.count * sizeof *room);
    return true;
}

// --- Lists by tile ---

static size_t place_of(const struct sdse_sharings *sharings, const struct key *key) {
    uint64_t hash = 0;
    for (int d = 0; d < SDSE_DIMS; d++)
        hash = (hash ^ key->kind[d]) * UINT64_C(0x9e3779b97f4a7c15);
    size_t i = (size_t)(hash >> 32) & (sharings->slot_count - 1);
    while (sharings->slot[i].used &&
           memcmp(&sharings->slot[i].key, key, sizeof *key) != 0)
        i = (i + 1) & (sharings->slot_count - 1);
    return i;
}

static bool grow(const struct sdse_problem *problem, struct sdse_sharings *sharings) {
    const struct sdse_sharings old = *sharings;
    const size_t count = old.slot_count ? 4 * old.slot_count : FIRST_SLOTS;
    struct slot *slot = SDSE_ARENA_ARRAY(problem->arena, struct slot, count);
    if (!slot)
        return false;
    sharings->slot = slot;
    sharings->slot_count = count;
    for (size_t i = 0; i < old.slot_count; i++)
        if (old.slot[i].used)
            slot[place_of(sharings, &old.slot[i].key)] = old.slot[i];
    return true;
}

// What the places of a level can be shared out to; NULL: each lane may have its least.
static const struct choices *choices_of(const struct sdse_problem *problem,
                                        unsigned level,
                                        const uint16_t index[SDSE_DIMS]) {
    struct sdse_sharings *sharings = problem->sharings[level];
    struct key key;
    for (int d = 0; d < SDSE_DIMS; d++)
        key.kind[d] = sharings->kind[d][index[d]];
    if (sharings->slot_count) {
        const struct slot *slot = &sharings->slot[place_of(sharings, &key)];
        if (slot->used)
            return &slot->choices;
    }
    if (2 * sharings->used >= sharings->slot_count && !grow(problem, sharings))
        return NULL;
    struct slot *slot = &sharings->slot[place_of(sharings, &key)];
    if (!list_choices(problem, level, index, &slot->choices))
        return NULL;
    slot->key = key;
    slot->used = true;
    sharings->used++;
    return &slot->choices;
}

// --- Preparing ---

// Numbers the sizes along a dimension by which factors of the level divide them.
static bool number_kinds(const struct sdse_problem *problem, unsigned level, int d,
                         struct sdse_arena *arena, struct sdse_sharings *sharings) {
    const struct sdse_spreads *spreads = &problem->spreads[level];
    const unsigned count = problem->lattice.count[d];
    uint16_t *kind = SDSE_ARENA_ARRAY(arena, uint16_t, count);
    bool *factor = SDSE_ARENA_ARRAY(arena, bool, count);
    if (!kind || !factor)
        return false;
    sharings->kind[d] = kind;
    for (size_t i = 0; i < spreads->count; i++)
        factor[spreads->spread[i].index[d]] = true;
    for (unsigned i = 0; i < count; i++) {
        kind[i] = (uint16_t)i;
        for (unsigned before = 0; before < i && kind[i] == i; before++) {
            unsigned j = 0;
            while (j < count &&
                   (!factor[j] || (sdse_lattice_divide(&problem->lattice, d, i, j) ==
                                   SDSE_NO_QUOTIENT) ==
                                      (sdse_lattice_divide(&problem->lattice, d, before,
                                                           j) == SDSE_NO_QUOTIENT)))
                j++;
            if (j == count)
                kind[i] = (uint16_t)before;
        }
    }
    return true;
}

// False: memory is out.
static bool prepare_level(struct sdse_problem *problem, unsigned level) {
    const struct sdse_spreads *spreads = &problem->spreads[level];
    if (spreads->count < 2)
        return true;
    struct sdse_sharings *sharings =
        SDSE_ARENA_NEW(problem->arena, struct sdse_sharings);
    struct times *times =
        SDSE_ARENA_ARRAY(problem->arena, struct times, spreads->count);
    if (!sharings || !times)
        return false;
    sharings->times = times;
    bool shares = false;
    for (size_t i = 0; i < spreads->count; i++) {
        for (unsigned k = 0; k < problem->lane_count; k++) {
            times[i].lane[k] =
                sdse_lane_times(problem, &problem->lane[k], level, &spreads->spread[i]);
            shares |= times[i].lane[k] > 1;
        }
    }
    if (!shares)
        return true;
    for (int d = 0; d < SDSE_DIMS; d++)
        if (!number_kinds(problem, level, d, problem->arena, sharings))
            return false;
    problem->sharings[level] = sharings;
    return true;
}

enum sdse_status sdse_sharings_init(struct sdse_problem *problem) {
    for (unsigned l = 0; l < problem->levels; l++)
        if (!prepare_level(problem, l))
            return SDSE_NO_MEMORY;
    return SDSE_OK;
}

// --- What it costs ---

// First visits save no more than the whole, so this is convex in `times`, and what
// several levels add is no less than the sum over them.
static double above_least(double cost, double saved, double times) {
    return fmax(0, cost * times - saved) - fmax(0, cost - saved);
}

double sdse_sharing_cost(const struct sdse_problem *problem, unsigned level,
                         const uint16_t index[SDSE_DIMS], unsigned lanes,
                         const struct sdse_shared *shared) {
    double cost = 0;
    for (unsigned l = level; l < problem->levels; l++) {
        const struct choices *choices =
            problem->sharings[l] ? choices_of(problem, l, index) : NULL;
        double least = choices && choices->count ? (double)INFINITY : 0;
        for (unsigned k = 0; choices && k < choices->count && least > 0; k++) {
            double sum = 0;
            for (unsigned i = 0; i < problem->lane_count; i++)
                if (lanes >> i & 1u && choices->at[k].lane[i] > 1)
                    sum += above_least(shared[i].cost[l], shared[i].saved[l],
                                       choices->at[k].lane[i]);
            least = fmin(least, sum);
        }
        cost += fmax(0, least);
    }
    return cost * (1 - 1e-12);
}
