// How the places of a level are shared out among the words of the multipliers.
//
// What merges inputs best merges weights worst: the places a spread gives to K do not
// merge weights. So the least of all lanes together is above the sum of what each has
// at best. Which spreads are left depends on the tile, so the choices are listed by
// tile.
#ifndef SDSE_DSE_MAPPER_SHARING_H
#define SDSE_DSE_MAPPER_SHARING_H

#include "dse/mapper/problem.h"

// What a lane into the multipliers costs at each level: `pj` x times, less what first
// visits save, and no less than 0. saved_pj < 0: that does not depend on the level.
struct sdse_shared {
    double pj[SDSE_MAX_LEVELS];
    double saved_pj[SDSE_MAX_LEVELS];
};

// Prepares the sharings of every level. After the lanes are bounded. SDSE_NO_MEMORY.
enum sdse_status sdse_sharings_init(struct sdse_problem *problem);

// The least that levels from `level` on cost together above what each lane has at best,
// if their places divide the tile `index`. [pJ]
//
// shared   by lane
double sdse_sharing_pj(const struct sdse_problem *problem, unsigned level,
                       const uint16_t index[SDSE_DIMS],
                       const struct sdse_shared *shared);

#endif
