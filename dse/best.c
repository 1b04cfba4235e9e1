#include "dse/best.h"

#include <math.h>
#include <string.h>

static const double epsilon = 1e-12; // relative: rounding of sums in another order

void sdse_best_init(struct sdse_best *best, enum sdse_goal goal, double most_cycles) {
    memset(best, 0, sizeof *best);
    best->goal = goal;
    best->most_cycles = most_cycles;
    best->cutoff = best->least_cut = (double)INFINITY;
}

double sdse_goal_value(enum sdse_goal goal, double pj, double cycles) {
    return goal == SDSE_GOAL_ENERGY   ? pj
           : goal == SDSE_GOAL_CYCLES ? cycles
                                      : pj * cycles;
}

static double second_key(enum sdse_goal goal, double pj, double cycles) {
    return goal == SDSE_GOAL_ENERGY ? cycles : goal == SDSE_GOAL_EDP ? pj : 0;
}

bool sdse_best_excludes(struct sdse_best *best, double pj, double cycles) {
    if (cycles > best->most_cycles)
        return true;
    const double first = sdse_goal_value(best->goal, pj, cycles);
    if (!best->found) {
        if (first <= best->cutoff)
            return false;
        best->least_cut = fmin(best->least_cut, first);
        return true;
    }
    if (first < best->first * (1 - epsilon))
        return false;
    return first > best->first * (1 + epsilon) ||
           second_key(best->goal, pj, cycles) >= best->second * (1 - epsilon);
}

void sdse_best_offer(struct sdse_best *best, const struct sdse_mapping *mapping,
                     const struct sdse_totals *totals) {
    if (sdse_best_excludes(best, totals->energy_pj, totals->latency_cycles))
        return;
    best->found = true;
    best->first =
        sdse_goal_value(best->goal, totals->energy_pj, totals->latency_cycles);
    best->second = second_key(best->goal, totals->energy_pj, totals->latency_cycles);
    best->mapping = *mapping;
    best->totals = *totals;
}
