#include "dse/mapper/descent.h"

#include <math.h>
#include <string.h>

// Where a factor can stand: 2 l temporal, 2 l + 1 spatial, of level l.
enum { MOST_SLOTS = 2 * SDSE_MAX_LEVELS };

enum { N = SDSE_N, K = SDSE_K, C = SDSE_C, P = SDSE_P, Q = SDSE_Q, R = SDSE_R };
enum { S = SDSE_S, G = SDSE_G };

// Loops from the inside out: first what lets a tensor rest, or slides a window.
static const uint8_t habits[][SDSE_DIMS] = {
    {S, R, C, Q, P, N, K, G}, {R, S, C, P, Q, N, K, G}, {C, S, R, Q, P, N, K, G},
    {N, Q, P, S, R, C, K, G}, {N, P, Q, R, S, C, K, G}, {K, C, S, R, Q, P, N, G},
    {K, Q, S, N, P, R, C, G}, {K, P, R, N, Q, S, C, G}, {Q, S, K, N, P, R, C, G},
    {P, R, K, N, Q, S, C, G}, {S, Q, R, C, P, N, K, G}, {R, P, S, C, Q, N, K, G},
};
enum { HABITS = sizeof habits / sizeof *habits };

// A mapping as the descent changes it.
struct place {
    uint16_t factor[MOST_SLOTS][SDSE_DIMS]; // as lattice indices
    uint8_t habit[SDSE_MAX_LEVELS];         // order of the level's loops
    uint8_t layout[SDSE_MAX_LEVELS];        // of the level's spread
};

// A mapping tried before, and what came of it: many habits are one order of few loops.
// All that tells mappings apart; zero behind the levels there are.
struct trial {
    uint16_t factor[MOST_SLOTS][SDSE_DIMS];
    uint32_t order[SDSE_MAX_LEVELS]; // 1 + dimension of each loop, 4 bits each
    uint8_t layout[SDSE_MAX_LEVELS];
};

struct tried {
    bool known, valid;
    struct trial trial;
    struct sdse_totals totals; // if valid
};

enum { TRIED_ENTRIES = 256 };

struct descent {
    const struct sdse_problem *problem;
    struct sdse_effort *effort;
    struct sdse_best *best;
    enum sdse_goal goal;
    uint64_t tries; // left
    unsigned slots;
    struct place at;             // the lowest so far
    double over, first, second;  // over: cycles beyond what *best admits
    struct sdse_mapping mapping; // of it
    struct tried *tried;         // [TRIED_ENTRIES]; NULL: nothing is remembered
};

// --- Writing a place as a mapping ---

static const struct sdse_spread *find_spread(const struct sdse_problem *problem,
                                             unsigned l, const uint16_t *index) {
    const struct sdse_spreads *spreads = &problem->spreads[l];
    uint64_t used = 1;
    for (int d = 0; d < SDSE_DIMS; d++)
        used *= problem->lattice.value[d][index[d]];
    size_t low = 0, high = spreads->count;
    while (low < high) { // largest `used` first, then by indices
        const size_t middle = low + (high - low) / 2;
        const struct sdse_spread *at = &spreads->spread[middle];
        const int order = memcmp(at->index, index, sizeof at->index);
        if (at->used == used && order == 0)
            return at;
        if (at->used > used || (at->used == used && order < 0))
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

// The loops `dims` in the order of a habit as far as the rules admit it. False: they
// contradict each other.
static bool order_loops(const struct sdse_level_rules *rules, unsigned dims,
                        const uint8_t *habit, struct sdse_loops *loops) {
    loops->count = (unsigned)__builtin_popcount(dims);
    for (unsigned i = loops->count; i-- > 0;) {
        const unsigned admitted = sdse_rules_innermost(rules, dims);
        int k = 0;
        while (k < SDSE_DIMS && !(admitted >> habit[k] & 1u))
            k++;
        if (k == SDSE_DIMS)
            return false;
        loops->loop[i].dim = (enum sdse_dim)habit[k];
        dims &= ~SDSE_BIT(habit[k]);
    }
    return true;
}

static bool admits_factors(const struct sdse_problem *problem, unsigned l,
                           const struct place *place) {
    const struct sdse_level_rules *rules = &problem->rules.level[l];
    for (int d = 0; d < SDSE_DIMS; d++) {
        const uint64_t factor = problem->lattice.value[d][place->factor[2 * l][d]];
        if (factor < rules->temporal_min[d] || factor > rules->temporal_max[d])
            return false;
        for (unsigned i = 2 * l + 2; rules->all_of >> d & 1u && i < 2 * problem->levels;
             i++)
            if (place->factor[i][d])
                return false;
    }
    return true;
}

// False: the rules do not admit it. *trial: what tells the mapping from others.
static bool write_place(const struct sdse_problem *problem, const struct place *place,
                        struct sdse_mapping *mapping, struct trial *trial) {
    *mapping = problem->start;
    memset(trial, 0, sizeof *trial);
    memcpy(trial->factor, place->factor, sizeof trial->factor);
    for (unsigned l = 0; l < problem->levels; l++) {
        const struct sdse_spread *spread =
            find_spread(problem, l, place->factor[2 * l + 1]);
        if (!spread || !admits_factors(problem, l, place))
            return false;
        trial->layout[l] = (uint8_t)(place->layout[l] % spread->layout_count);
        memcpy(mapping->level[l].spatial,
               problem->spreads[l].layout[spread->first_layout + trial->layout[l]].axis,
               sizeof mapping->level[l].spatial);
        unsigned dims = 0;
        for (int d = 0; d < SDSE_DIMS; d++)
            if (place->factor[2 * l][d])
                dims |= SDSE_BIT(d);
        struct sdse_loops *loops = &mapping->level[l].temporal;
        if (!order_loops(&problem->rules.level[l], dims, habits[place->habit[l]],
                         loops))
            return false;
        for (unsigned i = 0; i < loops->count; i++) {
            const enum sdse_dim d = loops->loop[i].dim;
            loops->loop[i].factor = problem->lattice.value[d][place->factor[2 * l][d]];
            trial->order[l] = trial->order[l] << 4 | (1 + (uint32_t)d);
        }
    }
    return true;
}

// False: the mapping is cut off at a bound, or stands elsewhere.
static bool read_place(const struct sdse_problem *problem,
                       const struct sdse_mapping *mapping, struct place *place) {
    memset(place, 0, sizeof *place);
    for (unsigned l = 0; l < problem->levels; l++) {
        for (int kind = 0; kind < 3; kind++) {
            const struct sdse_loops *loops = kind ? &mapping->level[l].spatial[kind - 1]
                                                  : &mapping->level[l].temporal;
            uint16_t *factor = place->factor[2 * l + (kind > 0)];
            for (unsigned i = 0; i < loops->count; i++) {
                const int d = (int)loops->loop[i].dim;
                const unsigned index = sdse_lattice_find(
                    &problem->lattice, d,
                    loops->loop[i].factor * problem->lattice.value[d][factor[d]]);
                if (index == SDSE_NO_QUOTIENT)
                    return false;
                factor[d] = (uint16_t)index;
            }
        }
    }
    return true;
}

// --- Steps ---

static int compare(double a, double b) {
    return a < b * (1 - 1e-12) ? -1 : a > b * (1 + 1e-12);
}

static struct tried *find_tried(struct tried *list, const struct trial *trial) {
    const unsigned char *bytes = (const unsigned char *)trial;
    uint64_t hash = 0, word;
    size_t i = 0;
    for (; i + sizeof word <= sizeof *trial; i += sizeof word) {
        memcpy(&word, bytes + i, sizeof word);
        hash = (hash ^ word ^ hash >> 29) * 0x9e3779b97f4a7c15u;
    }
    for (; i < sizeof *trial; i++)
        hash = (hash ^ bytes[i] ^ hash >> 29) * 0x9e3779b97f4a7c15u;
    return &list[(hash >> 32) % TRIED_ENTRIES];
}

// Scores a mapping, unless it was tried before. False: it is not valid, or memory is
// out.
static bool score(struct descent *way, const struct trial *trial,
                  const struct sdse_mapping *mapping, struct sdse_totals *totals) {
    struct tried fresh, *at = way->tried ? find_tried(way->tried, trial) : &fresh;
    if (!way->tried || !at->known || memcmp(&at->trial, trial, sizeof *trial) != 0) {
        at->trial = *trial;
        at->known = true;
        at->valid =
            sdse_mapping_verdict(way->problem->model, mapping, NULL) == SDSE_VALID;
        if (at->valid)
            at->totals =
                sdse_evaluate_next(way->problem->model, mapping, &way->effort->memo);
    }
    if (!at->valid)
        return false;
    way->effort->evaluations++;
    *totals = at->totals;
    if (isnan(totals->energy_pj))
        way->effort->halt = SDSE_HALT_MEMORY;
    return !isnan(totals->energy_pj);
}

// How far a mapping is beyond the limits of an answer; lives first.
static double over_limits(const struct sdse_best *best,
                          const struct sdse_totals *totals) {
    enum { BEFORE_CYCLES = 1 << 30 };
    return BEFORE_CYCLES * fmax(0, totals->strain - 1) +
           fmax(0, totals->lifetime_cycles - best->most_lifetime_cycles) +
           fmax(0, totals->latency_cycles - best->most_cycles);
}

// Goes to a place if it is lower.
static bool try_place(struct descent *way, const struct place *place) {
    struct sdse_mapping mapping;
    if (!way->tries)
        return false;
    way->tries--;
    struct trial trial;
    struct sdse_totals totals;
    if (!write_place(way->problem, place, &mapping, &trial) ||
        !score(way, &trial, &mapping, &totals))
        return false;
    sdse_best_know(way->best, &mapping, &totals);
    const double first = sdse_goal_value(way->goal, &totals);
    const double second =
        way->goal == SDSE_GOAL_ENERGY ? totals.latency_cycles : totals.energy_pj;
    const double over = over_limits(way->best, &totals);
    const int order =
        over != way->over ? (over < way->over ? -1 : 1) : compare(first, way->first);
    if (order > 0 || (order == 0 && compare(second, way->second) >= 0))
        return false;
    way->over = over;
    way->first = first;
    way->second = second;
    way->at = *place;
    way->mapping = mapping;
    return true;
}

// Moves a factor of dimension d, by index, from one slot to another.
static bool move(const struct descent *way, struct place *place, int d, unsigned factor,
                 unsigned from, unsigned to) {
    const struct sdse_lattice *lattice = &way->problem->lattice;
    const unsigned left =
        sdse_lattice_divide(lattice, d, place->factor[from][d], factor);
    if (left == SDSE_NO_QUOTIENT)
        return false;
    const uint64_t value = lattice->value[d][factor];
    const uint64_t grown = value * lattice->value[d][place->factor[to][d]];
    const struct sdse_level *level = &way->problem->arch->level[to / 2];
    if (to % 2 && grown > (uint64_t)level->fanout_x * level->fanout_y)
        return false;
    if (to % 2 == 0 && grown > way->problem->rules.level[to / 2].temporal_max[d])
        return false;
    place->factor[from][d] = (uint16_t)left;
    place->factor[to][d] = (uint16_t)sdse_lattice_find(lattice, d, grown);
    return true;
}

static bool is_prime(uint64_t n) {
    for (uint64_t p = 2; p <= n / p; p++)
        if (n % p == 0)
            return false;
    return n > 1;
}

// The next factor of dimension d in a slot worth moving after `factor`: primes, and all
// of it. 0: none.
static unsigned next_factor(const struct descent *way, unsigned slot, int d,
                            unsigned factor) {
    const struct sdse_lattice *lattice = &way->problem->lattice;
    const unsigned all = way->at.factor[slot][d];
    while (++factor <= all) {
        if (sdse_lattice_divide(lattice, d, all, factor) != SDSE_NO_QUOTIENT &&
            (factor == all || is_prime(lattice->value[d][factor])))
            return factor;
    }
    return 0;
}

static bool try_orders(struct descent *way) {
    for (unsigned l = 0; l < way->problem->levels; l++) {
        struct place next = way->at;
        for (next.habit[l] = 0; next.habit[l] < HABITS; next.habit[l]++)
            if (next.habit[l] != way->at.habit[l] && try_place(way, &next))
                return true;
    }
    return false;
}

static bool try_layouts(struct descent *way) {
    for (unsigned l = 0; l < way->problem->levels; l++) {
        struct place next = way->at;
        const struct sdse_spread *spread =
            find_spread(way->problem, l, next.factor[2 * l + 1]);
        for (unsigned i = 0; spread && i < spread->layout_count && i < 24; i++) {
            next.layout[l] = (uint8_t)i;
            if (i != way->at.layout[l] && try_place(way, &next))
                return true;
        }
    }
    return false;
}

// What is tried of a place in which a factor of dimension d went from one slot to
// another.
typedef bool follow_up(struct descent *way, const struct place *place, int d,
                       unsigned from, unsigned to);

static bool try_alone(struct descent *way, const struct place *place, int d,
                      unsigned from, unsigned to) {
    (void)d, (void)from, (void)to;
    return try_place(way, place);
}

// With other orders at the two levels.
static bool try_with_orders(struct descent *way, const struct place *place, int d,
                            unsigned from, unsigned to) {
    (void)d;
    struct place next = *place;
    for (int i = 0; i < HABITS; i++) {
        next.habit[from / 2] = (uint8_t)i;
        next.habit[to / 2] = place->habit[to / 2];
        if (try_place(way, &next))
            return true;
        next.habit[from / 2] = place->habit[from / 2];
        next.habit[to / 2] = (uint8_t)i;
        if (try_place(way, &next))
            return true;
    }
    return false;
}

// With a factor of another dimension back.
static bool try_back(struct descent *way, const struct place *there, int d,
                     unsigned from, unsigned to) {
    (void)from;
    for (unsigned via = 0; via < way->slots; via++) {
        if (via == to)
            continue;
        for (int other = 0; other < SDSE_DIMS; other++) {
            unsigned i = 0;
            while (other != d && (i = next_factor(way, to, other, i)) != 0) {
                struct place next = *there;
                if (move(way, &next, other, i, to, via) && try_place(way, &next))
                    return true;
            }
        }
    }
    return false;
}

static bool try_moves(struct descent *way, follow_up *follow) {
    for (unsigned from = 0; from < way->slots; from++)
        for (unsigned to = 0; to < way->slots; to++)
            for (int d = 0; d < SDSE_DIMS && from != to; d++) {
                unsigned i = 0;
                while ((i = next_factor(way, from, d, i)) != 0) {
                    struct place next = way->at;
                    if (move(way, &next, d, i, from, to) &&
                        follow(way, &next, d, from, to))
                        return true;
                }
            }
    return false;
}

void sdse_descend(const struct sdse_problem *problem, const struct sdse_mapping *start,
                  enum sdse_goal goal, uint64_t tries, struct sdse_effort *effort,
                  struct sdse_best *best, struct sdse_mapping *end) {
    struct descent way = {
        .problem = problem,
        .effort = effort,
        .best = best,
        .goal = goal,
        .tries = tries,
        .slots = 2 * problem->levels,
        .over = (double)INFINITY,
        .first = (double)INFINITY,
        .second = (double)INFINITY,
        .tried = SDSE_ARENA_ARRAY(problem->arena, struct tried, TRIED_ENTRIES)};
    *end = *start;
    if (!read_place(problem, start, &way.at))
        return;
    const struct place first = way.at;
    try_place(&way, &first);
    // The cheap kinds of steps first; the others where these end.
    while (try_orders(&way) || try_moves(&way, try_alone) || try_layouts(&way) ||
           try_moves(&way, try_back) || try_moves(&way, try_with_orders))
        ;
    if (!isinf(way.first))
        *end = way.mapping;
}
