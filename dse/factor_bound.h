// The least energy while the temporal factors of a level are chosen one by one.
#ifndef SDSE_DSE_FACTOR_BOUND_H
#define SDSE_DSE_FACTOR_BOUND_H

#include "dse/partial.h"

// A level whose places are decided, and its temporal factors so far.
struct sdse_factors {
    struct sdse_partial node; // after the spread; index: temporal loops still included
    struct sdse_outlook outlook; // levels inside are open
    double open_line[2];         // sdse_open_line of the inputs, everything open
    double factor[SDSE_DIMS];    // 1 = none, or not chosen yet
    uint16_t inner[SDSE_DIMS];   // index after the temporal factors
};

// Least energy of any order of these loops and any further ones, without leakage. The
// loops rest inputs (K inside), or weights, or outputs, not two of them.
double sdse_factors_pj(const struct sdse_problem *problem,
                       const struct sdse_factors *factors);

#endif
