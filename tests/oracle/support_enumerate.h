// Every mapping of a small problem, one after the other: the slow truth the mapper is
// compared with. Shares nothing with dse/ but the evaluator's header.
#ifndef SDSE_TESTS_ENUMERATE_H
#define SDSE_TESTS_ENUMERATE_H

#include "costmodel/evaluate.h"

// What the space holds besides perfect factors under the accelerator's keepers, as
// struct sdse_map_request has it.
struct sdse_enumerate_space {
    bool free_bypass;
    unsigned padding_percent;
    bool whole_filters; // C, R and S are not padded
};

// Factors, orders, places and keepers of one mapping that covers the layer, obeys
// fan-outs, spatial dims, constraints and capacities.
typedef void (*sdse_enumerate_visit)(void *context, const struct sdse_mapping *mapping);

// Mappings that would be tried (before constraints and capacities), counted up to
// `limit`.
uint64_t sdse_enumerate_count(const struct sdse_arch *arch,
                              const struct sdse_layer *layer,
                              const struct sdse_enumerate_space *space, uint64_t limit);

// Calls visit for every valid mapping, all loop orders and all orders of places
// included.
void sdse_enumerate(const struct sdse_arch *arch, const struct sdse_layer *layer,
                    const struct sdse_model *model,
                    const struct sdse_enumerate_space *space,
                    sdse_enumerate_visit visit, void *context);

// Whether a mapping obeys the constraints of the accelerator for the layer's kind, read
// from the list of constraints itself.
bool sdse_enumerate_allows(const struct sdse_arch *arch, const struct sdse_layer *layer,
                           const struct sdse_mapping *mapping);

#endif
