// Every mapping of a small problem, one after the other: the slow truth the mapper is
// compared with. Shares nothing with dse/ but the evaluator's header.
#ifndef SDSE_TESTS_ENUMERATE_H
#define SDSE_TESTS_ENUMERATE_H

#include "costmodel/evaluate.h"

// Factors, orders and places of one mapping that covers the layer exactly, obeys
// fan-outs, spatial dims, constraints and capacities.
typedef void (*sdse_enumerate_visit)(void *context, const struct sdse_mapping *mapping);

// Mappings that would be tried (before constraints and capacities), counted up to
// `limit`.
uint64_t sdse_enumerate_count(const struct sdse_arch *arch,
                              const struct sdse_layer *layer, uint64_t limit);

// Calls visit for every valid mapping, all loop orders and all orders of places
// included.
void sdse_enumerate(const struct sdse_arch *arch, const struct sdse_layer *layer,
                    const struct sdse_model *model, sdse_enumerate_visit visit,
                    void *context);

// Whether a mapping obeys the constraints of the accelerator for the layer's kind, read
// from the list of constraints itself.
bool sdse_enumerate_allows(const struct sdse_arch *arch, const struct sdse_layer *layer,
                           const struct sdse_mapping *mapping);

#endif
