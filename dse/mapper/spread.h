// Spatial choices: every way to lay iterations out on the fan-out of one level.
#ifndef SDSE_DSE_MAPPER_SPREAD_H
#define SDSE_DSE_MAPPER_SPREAD_H

#include "dse/mapper/lattice.h"
#include "dse/mapper/rules.h"

// Loops on X and Y, outer to inner.
struct sdse_layout {
    struct sdse_loops axis[2];
};

// Factors per dimension, X times Y, and the layouts that realise them. Counts do not
// depend on the layout; hops on a mesh do, so all layouts are kept where hops cost.
struct sdse_spread {
    uint16_t index[SDSE_DIMS]; // of the factor in the lattice
    uint64_t factor[SDSE_DIMS];
    uint64_t used; // product
    size_t first_layout, layout_count;
    double hops[SDSE_TENSORS]; // least average hops of a word over the layouts
};

struct sdse_spreads {
    size_t count; // largest `used` first
    struct sdse_spread *spread;
    size_t layout_count;
    struct sdse_layout *layout;
};

// All choices for level `level`. The lists live in `arena`. all_layouts: keep every
// layout, not only one per choice. SDSE_NO_MEMORY.
enum sdse_status sdse_spreads_init(struct sdse_spreads *spreads,
                                   const struct sdse_arch *arch,
                                   const struct sdse_rules *rules,
                                   const struct sdse_lattice *lattice, unsigned level,
                                   bool all_layouts, struct sdse_arena *arena);

#endif
