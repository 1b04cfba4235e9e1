// What nests that run one after another cost together, as one row of figures: the rows
// of a layer that takes turns with others (dse/fusion/).
#ifndef SDSE_COSTMODEL_COST_SUM_H
#define SDSE_COSTMODEL_COST_SUM_H

#include <stddef.h>

#include "costmodel/types/cost.h"

// One of them, and how often it runs. [>= 1]
struct sdse_cost_times {
    const struct sdse_cost *cost;
    uint64_t times;
};

// Sums over `count` [>= 1] nests of one layer on one accelerator:
//
//     counts, bits, energies, cycles   sum of times · each, in the order given
//     tiles, instances, multipliers used, stored bits, lives, refreshes of a word
//                                      the most of any
//     hops, destinations               per word: sum of times · words · each / words
//     bits per cycle, utilization      over the time: sum of times · cycles · each
//                                      / cycles
//     bottleneck                       what sets the latency for the most cycles; of
//                                      two the one that comes first
//
// False: a count exceeds 64 bits; *sum then is not to be used.
bool sdse_cost_sum(const struct sdse_cost_times *nest, size_t count,
                   struct sdse_cost *sum);

// The same of nests that overlap with others, and take so many cycles together: their
// means over the time are over these.
bool sdse_cost_sum_within(const struct sdse_cost_times *nest, size_t count,
                          uint64_t latency_cycles, struct sdse_cost *sum);

#endif
