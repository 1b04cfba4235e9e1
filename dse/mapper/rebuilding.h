// What rebuilding SmartDeal weights costs at least, while a mapping is being decided.
#ifndef SDSE_DSE_MAPPER_REBUILDING_H
#define SDSE_DSE_MAPPER_REBUILDING_H

#include "dse/mapper/partial.h"

// Once everything outside the level that takes rebuilt weights is decided: exactly, by
// costmodel/rebuild.h.
struct sdse_rebuilding {
    double block_visits; // bases loaded / all bases, per place that rests weights
    double cycles;       // of the engines
};

// choice[l]: of each level outside problem->rebuilt_at; node: at that level, its visits
// not settled yet. False where it is not known: no engine, or a model of another layer.
bool sdse_rebuilding_settle(const struct sdse_problem *problem,
                            const struct sdse_choice *choice,
                            const struct sdse_partial *node,
                            struct sdse_rebuilding *rebuilding);

// Least cycles of the engines when levels from `level` on are open and weights are
// visited at least visits[SDSE_WEIGHTS] times; 0 without a limit on their rate.
double sdse_rebuilding_cycles(const struct sdse_problem *problem, unsigned level,
                              const struct sdse_partial *node,
                              const double visits[SDSE_MOVERS]);

#endif
