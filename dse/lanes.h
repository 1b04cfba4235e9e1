// The lanes of a problem: what each part's words cost on their way, edge by edge, and
// the least of what is still to come.
#ifndef SDSE_DSE_LANES_H
#define SDSE_DSE_LANES_H

#include "dse/problem.h"

// Adds the lanes of every part that moves: prices per word, by stage.
void sdse_lanes_add(struct sdse_problem *problem);

// Fills what the levels inside cost at least. After the spreads are listed and prices
// are final.
void sdse_lanes_bound(struct sdse_problem *problem);

// Product of a spread's factors over the dims that do not move a tensor.
double sdse_spread_resting(const struct sdse_spread *spread, enum sdse_tensor tensor);

// How the words of one lane edge merge below level l under a spread: places that rest
// the tensor share one word if the network lets them.
//
// kept_apart   out: factor on words that are already inside (1 = all share)
// per_place    out: words at level l per word of the multipliers below (<= 1)
//
// Windows that coincide are counted only where the spread alone decides: otherwise the
// most that can coincide do. Both are lower bounds.
void sdse_spread_merge(const struct sdse_problem *problem, const struct sdse_lane *lane,
                       const struct sdse_lane_edge *edge, unsigned l,
                       const struct sdse_spread *spread, double *kept_apart,
                       double *per_place);

// Price of one word crossing the network below level l under a spread.
double sdse_spread_wire_pj(const struct sdse_lane *lane,
                           const struct sdse_lane_edge *edge, unsigned l,
                           const struct sdse_spread *spread, int stage);

// Distinct values of i * a + j * b for i < n, j < m. a, b, n, m >= 1.
uint64_t sdse_distinct_sums(uint64_t n, uint64_t a, uint64_t m, uint64_t b);

#endif
