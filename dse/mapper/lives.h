// Lives of tiles while a mapping is decided: what they cannot stay below.
//
// A tile of tensor T is resident at a level for 1 / visits of the layer's time, visits:
// the product of all temporal loops outside that do not belong to its open run. As soon
// as the loops outside a level, and outside the next keeper inside, are decided, so is
// the share of the latency that its tiles live; the latency itself has a bound.
#ifndef SDSE_DSE_MAPPER_LIVES_H
#define SDSE_DSE_MAPPER_LIVES_H

#include "dse/mapper/problem.h"

// Lower bounds, by the cycles of the whole layer.
struct sdse_life_bound {
    double share;  // lifetime >= share x cycles: longest life in a memory that forgets
    double strain; // longest life / what its memory allows >= strain x cycles
};

// Fills problem->life, life_count and lives_until.
void sdse_lives_init(struct sdse_problem *problem);

// Raises *bound by what is decided when `level` is entered. path: what was decided at
// the levels outside; used: their places.
void sdse_lives_bound(const struct sdse_problem *problem,
                      const struct sdse_choice *path, unsigned level, double used,
                      struct sdse_life_bound *bound);

#endif
