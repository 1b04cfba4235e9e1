// Energy and time of simulated counts, computed from docs/model.md by other means than
// the cost model's own: for comparing with it.
#ifndef SDSE_TESTS_ORACLE_SUPPORT_COSTING_H
#define SDSE_TESTS_ORACLE_SUPPORT_COSTING_H

#include "costmodel/types/cost.h"
#include "oracle/support_simulator.h"

// Bits of the words of a tensor that a level stores.
uint64_t place_bits(const struct sdse_arch *arch, const struct simulation *run,
                    unsigned level, unsigned tensor);

// Raw weights, dense words, no rebuild engine; fill and drain cycles are left 0.
void cost_simulation(const struct sdse_arch *arch, const struct simulation *run,
                     struct sdse_cost *cost);

#endif
