// How long a memory keeps what it is given: from the step in which a word arrives to
// the last step in which the tile that holds it is read.
#ifndef SDSE_COSTMODEL_LIFETIME_H
#define SDSE_COSTMODEL_LIFETIME_H

#include "costmodel/view.h"

// The longest life of a tile of `tensor` at level `level` (>= 1), of which the next
// keeper `child` takes words (level_count: the multipliers), both steps counted:
//
//     weights, outputs       resident(level) - resident(child) + 1
//     outputs that return    resident(level)
//     inputs                 the same over as many slides as a word stays in the window
//
// resident: steps between two changes of the scheduled tile, 1 at the multipliers. All
// windows lie on the map; imperfect factors count as if every pass were whole. [steps]
// Source: docs/model.md, lives; oracle: tests/oracle/test_counts_oracle.c.
uint64_t sdse_life_steps(const struct sdse_view *view, enum sdse_tensor tensor,
                         unsigned level, unsigned child);

#endif
