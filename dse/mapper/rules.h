// What an accelerator admits, level by level: its constraints for one layer as plain
// limits.
#ifndef SDSE_DSE_MAPPER_RULES_H
#define SDSE_DSE_MAPPER_RULES_H

#include "spec/types/arch.h"

// Limits of one level. Where constraints repeat, the narrower one holds.
struct sdse_level_rules {
    uint64_t temporal_min[SDSE_DIMS], temporal_max[SDSE_DIMS];
    uint64_t spatial_min[SDSE_DIMS], spatial_max[SDSE_DIMS]; // X times Y
    unsigned all_of;       // dims of which nothing may remain inside this level
    unsigned axis_dims[2]; // dims that may be spatial on X, Y
    unsigned stationary;   // tensors: every loop that does not move them stands inside
                           // every loop that does
    unsigned inside[SDSE_DIMS]; // dims whose loops stand inside this one's
    double utilization;         // least used fraction of the fan-out
};

struct sdse_rules {
    const struct sdse_dataflow *dataflow; // the alternative that holds; NULL = none
    struct sdse_level_rules level[SDSE_MAX_LEVELS];
};

// The first alternative of arch->dataflows whose kinds include the layer's, as limits.
// "At least" asks for the whole of a dimension whose bound is smaller.
void sdse_rules_init(struct sdse_rules *rules, const struct sdse_arch *arch,
                     const struct sdse_layer *layer);

// A position of a memory that keeps nothing has no loops: they would be those of the
// position outside it. keeps: of the mapping, by level.
void sdse_rules_close_empty(struct sdse_rules *rules, const struct sdse_arch *arch,
                            const unsigned *keeps);

// Which of the level's temporal loops over `dims` may be the innermost: those that no
// stationary tensor and no order asks to stand outside another. 0: the rules contradict
// each other. A loop that may stays one that may when others are taken away.
unsigned sdse_rules_innermost(const struct sdse_level_rules *level, unsigned dims);

#endif
