// The lanes of a problem: what each part's words cost on their way, edge by edge, and
// the least of what is still to come.
#ifndef SDSE_DSE_MAPPER_LANES_H
#define SDSE_DSE_MAPPER_LANES_H

#include "costmodel/pattern.h"
#include "dse/mapper/problem.h"

// Adds the lanes of every part that moves: prices per word, by stage. Edges live in the
// problem's arena. False when memory is out.
bool sdse_lanes_add(struct sdse_problem *problem);

// Fills what the levels inside cost at least. After the spreads are listed and prices
// are final.
void sdse_lanes_bound(struct sdse_problem *problem);

// Lists what every edge's words meet at every spread, unless it is listed already. The
// tables live in the problem's arena. False when memory is out.
bool sdse_lanes_tabulate(struct sdse_problem *problem);

// Words of a lane into the multipliers at level l under a spread, over the least there
// are at the level. After sdse_lanes_bound. [>= 1]
double sdse_lane_times(const struct sdse_problem *problem, const struct sdse_lane *lane,
                       unsigned l, const struct sdse_spread *spread);

// Product of a spread's factors over the dims that do not move a tensor.
double sdse_spread_resting(const struct sdse_spread *spread, enum sdse_tensor tensor);

// Whether sums may arrive finished at the parent of the edge into the multipliers: all
// that is summed lies at places whose networks add.
bool sdse_sums_may_arrive(const struct sdse_problem *problem, unsigned parent);

#endif
