// How the places of a level are shared out among the words of the multipliers.
//
// What merges inputs best merges weights worst: the places a spread gives to K do not
// merge weights. So the least of all lanes together is above the sum of what each has
// at best. Which spreads are left depends on the tile, so the choices are listed by
// tile.
#ifndef SDSE_DSE_MAPPER_SHARING_H
#define SDSE_DSE_MAPPER_SHARING_H

#include "dse/mapper/problem.h"

// What a lane into the multipliers costs at each level, in picojoules or bits: `cost` x
// times, less what first visits save, and no less than 0. saved < 0: what does not
// depend on the level.
struct sdse_shared {
    double cost[SDSE_MAX_LEVELS];
    double saved[SDSE_MAX_LEVELS];
};

// Prepares the sharings of every level. After the lanes are bounded. SDSE_NO_MEMORY.
enum sdse_status sdse_sharings_init(struct sdse_problem *problem);

// The least that levels from `level` on cost together above what each lane has at best,
// if their places divide the tile `index`.
//
// lanes    the set that counts
// shared   by lane
double sdse_sharing_cost(const struct sdse_problem *problem, unsigned level,
                         const uint16_t index[SDSE_DIMS], unsigned lanes,
                         const struct sdse_shared *shared);

// Every lane.
static inline unsigned sdse_all_lanes(const struct sdse_problem *problem) {
    return SDSE_BIT(problem->lane_count) - 1;
}

#endif
