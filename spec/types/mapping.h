// A mapping: how a layer's loops are split over the levels of an accelerator.
//
// Levels run from outermost (0, DRAM) to innermost. Each has temporal loops, outermost
// first, and, where it fans out, spatial loops on X and Y, laid out outer to inner.
// Along one dimension the loops of all levels, outermost first (at one level: temporal,
// then X, then Y), are the digits of a mixed-radix number; when their product exceeds
// the layer's bound, the number is cut off at the bound (imperfect factors: the last
// pass is shorter, MACs are never inflated).
#ifndef SDSE_SPEC_TYPES_MAPPING_H
#define SDSE_SPEC_TYPES_MAPPING_H

#include "spec/types/nest.h"

enum { SDSE_MAX_LEVELS = 12 };

struct sdse_loop {
    enum sdse_dim dim;
    uint64_t factor; // [iterations, >= 1]
};

struct sdse_loops {
    unsigned count;
    struct sdse_loop loop[SDSE_DIMS]; // each dimension at most once
};

struct sdse_mapping_level {
    struct sdse_loops temporal;   // steps through the tiles of the next level
    struct sdse_loops spatial[2]; // fan-out to the next level: [0] X, [1] Y
};

struct sdse_mapping {
    unsigned level_count; // as many as the accelerator has
    struct sdse_mapping_level level[SDSE_MAX_LEVELS];
    unsigned keeps[SDSE_MAX_LEVELS]; // set of SDSE_BIT(tensor) each level keeps
    bool streamed;                   // of a layer that only moves words: no loops
};

#endif
