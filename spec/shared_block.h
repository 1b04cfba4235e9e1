// A trainable 1 x 1 block that a network's sites share: what an analogue chip learns in
// place of its own weights.
#ifndef SDSE_SPEC_SHARED_BLOCK_H
#define SDSE_SPEC_SHARED_BLOCK_H

#include "spec/family.h"

// Reads `shared_block: {after: [kinds or names]}` of a network's file and puts the
// block after each convolution that is meant: `NAME.shared`, a 1 x 1 convolution of the
// C channels of its outputs onto C,
//
//     MACs = C * C * P * Q for each sample          weights = C * C
//
// whose weights are stored once for all sites of one width: the first site's; others,
// and repeats of the first (`NAME.shared.again`), share them. Faults are diagnostics
// [shared-block]. False: memory is out.
// Source: arXiv 2406.06544 (abstract) for the block; its place is assumed.
bool sdse_shared_block_apply(struct sdse_arena *arena, const struct sdse_node *root,
                             struct sdse_diags *diags, struct sdse_layer_list *list);

#endif
