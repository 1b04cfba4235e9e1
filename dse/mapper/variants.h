// Variants of a mapping problem: what the lattice of divisors does not hold.
//
// A variant says which level keeps which tensor (free bypass, levels that share one
// memory) and whether one dimension's bound is padded for one factor that does not
// divide it (imperfect factors). Inside a variant the space is all perfect factors,
// orders and places. The mapper searches the variants one after another against one
// best mapping and skips those whose bound cannot beat it. docs/mapper.md.
#ifndef SDSE_DSE_MAPPER_VARIANTS_H
#define SDSE_DSE_MAPPER_VARIANTS_H

#include "base/arena.h"
#include "base/status.h"
#include "dse/mapper/keeps.h"
#include "dse/mapper/padding.h"

struct sdse_variant {
    struct sdse_keeps keeps;
    struct sdse_padding padding;
};

struct sdse_variant_space {
    const struct sdse_arch *arch;
    const struct sdse_layer *layer;
    bool smartdeal;   // weights are in SmartDeal form
    bool free_bypass; // every level but the outermost may leave out what it keeps, not
                      // only where the accelerator says may_bypass
    unsigned padding_percent; // padded bounds: up to this much above; 0 = none. Not of
                              // C, R and S of SmartDeal weights
};

struct sdse_variants {
    size_t count;
    struct sdse_variant *variant; // the first: what the accelerator keeps, no padding
};

// Every padding of the space, by level, dimension and child's tile; the list lives in
// `arena`. SDSE_NO_MEMORY.
enum sdse_status sdse_paddings_list(const struct sdse_variant_space *space,
                                    struct sdse_arena *arena,
                                    struct sdse_padding **padding, size_t *count);

// All variants, in a fixed order, those without padding first; the list lives in
// `arena`. Within one memory a tensor is kept at one level at most. SDSE_NO_MEMORY.
enum sdse_status sdse_variants_list(const struct sdse_variant_space *space,
                                    struct sdse_arena *arena,
                                    struct sdse_variants *variants);

#endif
