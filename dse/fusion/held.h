// What the nests of a configuration hold in each of the memories that share. Private to
// dse/fusion/.
#ifndef SDSE_DSE_FUSION_HELD_H
#define SDSE_DSE_FUSION_HELD_H

#include "dse/fusion/kinds.h"

// What a nest has in one of the memories, and what may come ahead there.
//
// kept    layers of the group whose weights stay in its memory [set of SDSE_BIT(i)]
// memory  number of one that shares [< SDSE_MOST_SHARED]
struct sdse_residence
sdse_held_residence(const struct sdse_kinds *kinds, const struct sdse_group_plan *plan,
                    unsigned kept, const struct sdse_fused_nest *nest, unsigned memory);

// Bits that are held in the group's memory for what comes ahead, and goes behind
// (overlap.h), of the runs that are of most heads; 0 where the plan does not overlap.
double sdse_held_ahead_bits(const struct sdse_kinds *kinds,
                            const struct sdse_group_plan *plan, unsigned kept);

// What is in the memories while a nest runs, but for its own outputs.
//
// ahead_bits  as sdse_held_ahead_bits has them
// term        out: [SDSE_HELD_MOST]
//
// Returns how many there are.
size_t sdse_held_list(const struct sdse_kinds *kinds,
                      const struct sdse_group_plan *plan, unsigned kept,
                      const struct sdse_fused_nest *nest, double ahead_bits,
                      struct sdse_held_term *term);

#endif
