// The best mapping found so far, and what it excludes.
//
// It lives outside the searchers, so that several problems (variants of one layer) can
// be searched against one best: what one of them finds cuts the others.
#ifndef SDSE_DSE_BEST_H
#define SDSE_DSE_BEST_H

#include "costmodel/evaluate.h"

enum sdse_goal { SDSE_GOAL_ENERGY, SDSE_GOAL_CYCLES, SDSE_GOAL_EDP };

struct sdse_best {
    enum sdse_goal goal;
    double most_cycles; // slower mappings do not count
    // While nothing is found: values above the cut-off are not looked at in this pass,
    // and the smallest of them.
    double cutoff, least_cut;

    bool found;
    double first, second; // goal's value and tie breaker of the best
    struct sdse_mapping mapping;
    struct sdse_totals totals;
};

// Nothing found. most_cycles: INFINITY = no limit.
void sdse_best_init(struct sdse_best *best, enum sdse_goal goal, double most_cycles);

// The goal's value. Rises with both.
double sdse_goal_value(enum sdse_goal goal, double pj, double cycles);

// Whether nothing at or above these bounds can better *best, or, while nothing is
// found, is above the cut-off. Ties: energy by cycles, EDP by energy, within 1e-12
// relative; cycles are exact and not tied further.
bool sdse_best_excludes(struct sdse_best *best, double pj, double cycles);

// Takes a mapping unless it is excluded.
void sdse_best_offer(struct sdse_best *best, const struct sdse_mapping *mapping,
                     const struct sdse_totals *totals);

#endif
