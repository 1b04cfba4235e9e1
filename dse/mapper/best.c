#include "dse/mapper/best.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double epsilon = 1e-12; // relative: rounding of sums in another order

void sdse_best_init(struct sdse_best *best, enum sdse_goal goal, double most_cycles) {
    memset(best, 0, sizeof *best);
    best->goal = goal;
    best->most_cycles = most_cycles;
    best->cutoff = best->least_cut = (double)INFINITY;
}

double sdse_goal_value(enum sdse_goal goal, double pj, double cycles) {
    switch (goal) {
    case SDSE_GOAL_CYCLES:
        return cycles;
    case SDSE_GOAL_EDP:
        return pj * cycles;
    case SDSE_GOAL_ED2P:
        return pj * cycles * cycles;
    default:
        return pj;
    }
}

static double second_key(enum sdse_goal goal, double pj, double cycles) {
    switch (goal) {
    case SDSE_GOAL_ENERGY:
        return cycles;
    case SDSE_GOAL_EDP:
    case SDSE_GOAL_ED2P:
        return pj;
    default:
        return 0;
    }
}

void sdse_best_free(struct sdse_best *best) {
    free(best->front);
    best->front = NULL;
    best->count = best->capacity = 0;
}

// --- Front ---

// Whether a point of the front costs no more in either. Cycles of mappings are whole.
static bool is_beaten(const struct sdse_best *best, double pj, double cycles) {
    for (size_t i = 0; i < best->count; i++) {
        const struct sdse_totals *at = &best->front[i].totals;
        if (at->energy_pj * (1 - epsilon) > pj)
            return false;
        if (at->latency_cycles < cycles * (1 - epsilon) + 1)
            return true;
    }
    return false;
}

static bool front_excludes(struct sdse_best *best, double pj, double cycles) {
    if (is_beaten(best, fmax(pj, best->least_pj), cycles))
        return true;
    if (pj <= best->cutoff)
        return false;
    best->least_cut = fmin(best->least_cut, pj);
    return true;
}

// Puts a mapping that no point beats in its place; what it beats goes.
static void add_to_front(struct sdse_best *best, const struct sdse_mapping *mapping,
                         const struct sdse_totals *totals) {
    if (best->count == best->capacity) {
        const size_t capacity = best->capacity ? 2 * best->capacity : 8;
        struct sdse_found *grown = realloc(best->front, capacity * sizeof *grown);
        if (!grown) {
            best->no_memory = true;
            return;
        }
        best->front = grown;
        best->capacity = capacity;
    }
    size_t first = 0; // the points before are cheaper
    while (first < best->count &&
           best->front[first].totals.energy_pj * (1 + epsilon) < totals->energy_pj)
        first++;
    size_t last = first; // the points from here on are faster
    while (last < best->count &&
           best->front[last].totals.latency_cycles >= totals->latency_cycles)
        last++;
    memmove(&best->front[first + 1], &best->front[last],
            (best->count - last) * sizeof *best->front);
    best->count += 1 + first - last;
    best->front[first].totals = *totals;
    best->front[first].mapping = *mapping;
}

// --- Any goal ---

bool sdse_best_excludes(struct sdse_best *best, double pj, double cycles) {
    if (cycles > best->most_cycles)
        return true;
    if (best->goal == SDSE_GOAL_FRONT)
        return front_excludes(best, pj, cycles);
    const double first = sdse_goal_value(best->goal, pj, cycles);
    if (best->found && first >= best->first * (1 - epsilon) &&
        (first > best->first * (1 + epsilon) ||
         second_key(best->goal, pj, cycles) >= best->second * (1 - epsilon)))
        return true;
    if (first <= best->cutoff)
        return false;
    best->least_cut = fmin(best->least_cut, first);
    return true;
}

void sdse_best_offer(struct sdse_best *best, const struct sdse_mapping *mapping,
                     const struct sdse_totals *totals) {
    if (sdse_best_excludes(best, totals->energy_pj, totals->latency_cycles))
        return;
    best->found = true;
    if (best->goal == SDSE_GOAL_FRONT) {
        add_to_front(best, mapping, totals);
        return;
    }
    best->first =
        sdse_goal_value(best->goal, totals->energy_pj, totals->latency_cycles);
    best->second = second_key(best->goal, totals->energy_pj, totals->latency_cycles);
    best->mapping = *mapping;
    best->totals = *totals;
}
