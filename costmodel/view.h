// A mapping seen by the counting code: tile sizes per level, the temporal loops as one
// stack, the spatial loops with their strides. Built once per evaluation.
#ifndef SDSE_COSTMODEL_VIEW_H
#define SDSE_COSTMODEL_VIEW_H

#include "spec/types/arch.h"

enum { SDSE_MAX_LOOPS = SDSE_MAX_LEVELS * SDSE_DIMS };

// A temporal loop outside some child.
struct sdse_view_loop {
    enum sdse_dim dim;
    unsigned level;
    uint64_t factor; // [iterations, >= 2]: unit loops do not exist
    uint64_t weight; // iterations of `dim` one step skips
};

// A spatial loop below a level.
struct sdse_view_spatial {
    enum sdse_dim dim;
    unsigned axis;   // 0: X, 1: Y
    uint64_t factor; // >= 2
    uint64_t weight; // iterations of `dim` between neighbours
    uint64_t stride; // instances between neighbours on the axis (outer to inner layout)
};

struct sdse_view {
    const struct sdse_arch *arch;
    const struct sdse_nest *nest;
    struct sdse_reach_memo *memo; // costmodel/memo.h; NULL = none
    unsigned level_count;
    bool perfect; // the factors multiply to the bounds exactly

    // Tile of one instance of level l; l == level_count: one multiplier. [iterations]
    uint64_t tile[SDSE_MAX_LEVELS + 1][SDSE_DIMS];
    // Product of the spatial factors below level l along each dimension.
    uint64_t spatial_factor[SDSE_MAX_LEVELS][SDSE_DIMS];
    uint64_t summed_factor[SDSE_MAX_LEVELS]; // the same over C, R and S together
    // Product of all spatial factors below level l.
    uint64_t fanout_used[SDSE_MAX_LEVELS];
    uint64_t used[SDSE_MAX_LEVELS + 1]; // used instances of level l
    uint64_t
        outside[SDSE_MAX_LEVELS + 1]; // product of the temporal factors outside level l

    // All temporal loops, innermost first; first[l]: index of the innermost loop
    // outside level l.
    unsigned loop_count;
    struct sdse_view_loop loop[SDSE_MAX_LOOPS];
    unsigned first[SDSE_MAX_LEVELS + 1];

    // Spatial loops below each level, X then Y, outermost first.
    unsigned spatial_count[SDSE_MAX_LEVELS];
    struct sdse_view_spatial spatial[SDSE_MAX_LEVELS][2 * SDSE_DIMS];
};

// Fills *view, without a memo. The mapping has as many levels as the accelerator,
// factors >= 1.
void sdse_view_init(struct sdse_view *view, const struct sdse_arch *arch,
                    const struct sdse_nest *nest, const struct sdse_mapping *mapping);

#endif
