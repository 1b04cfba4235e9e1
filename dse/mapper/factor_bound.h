// The least energy while the temporal factors of a level are chosen one by one.
#ifndef SDSE_DSE_MAPPER_FACTOR_BOUND_H
#define SDSE_DSE_MAPPER_FACTOR_BOUND_H

#include "dse/mapper/transfers.h"

// A level whose places are decided, and its temporal factors so far.
struct sdse_factors {
    struct sdse_partial node; // after the spread; index: temporal loops still included
    struct sdse_outlook outlook; // levels inside are open
    struct sdse_transfers transfers;
    double open_line[2];       // sdse_open_line of the inputs, everything open
    double factor[SDSE_DIMS];  // 1 = none, or not chosen yet
    uint16_t inner[SDSE_DIMS]; // index after the temporal factors
};

// Least visits with the loops chosen so far: at best (the tensor rests in this level's
// innermost loops) and at worst (it does not). The loops rest inputs (K inside), or
// weights, or outputs, not two of them; blocks rest with weights or outputs.
struct sdse_factor_visits {
    double best[SDSE_MOVERS], worst[SDSE_MOVERS];
};

void sdse_factors_visits(const struct sdse_problem *problem,
                         const struct sdse_factors *factors,
                         struct sdse_factor_visits *visits);

// Least energy of any order of these loops and any further ones, without leakage.
double sdse_factors_pj(const struct sdse_factors *factors,
                       const struct sdse_factor_visits *visits);

// Least cycles of the same; `compute`: without transfers.
double sdse_factors_cycles(const struct sdse_factors *factors,
                           const struct sdse_factor_visits *visits, double compute);

// Likewise of either side.
struct sdse_sides sdse_factors_sides(const struct sdse_factors *factors,
                                     const struct sdse_factor_visits *visits,
                                     double compute);

#endif
