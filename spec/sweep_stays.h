// What a sweep asks of tensors between layers: whether they may stay in the memory that
// layers share, and be moved into and out of it, and whether layers may take turns
// there.
//
//     mapper: {resident: [false, true], fuse_depth: [1, 3], tiles: [balanced, all],
//              columns: [false, true], overlap: [none, outer], copies: [false, true]}
#ifndef SDSE_SPEC_SWEEP_STAYS_H
#define SDSE_SPEC_SWEEP_STAYS_H

#include <stdio.h>

#include "spec/tree.h"
#include "spec/types/sweep.h"

// "balanced", "all": index with all_tiles.
const char *const *sdse_tiles_words(void);
// "none", "outer": index with overlap.
const char *const *sdse_overlap_words(void);

// Reads `resident`, `fuse_depth`, `tiles`, `columns`, `overlap` and `copies` of
// `mapper`, whose other keys are in *sweep: a value each, or a list, which make one
// axis of the points of all accelerators, the fastest: all of their combinations that
// differ (depth and what follows say nothing where tensors stay nowhere, tiles, columns
// and overlap nothing where no layers take turns). No axis if tensors stay nowhere in
// all of them. Diagnostics fuse-resident (depths without `resident: true`),
// copies-resident (likewise), fuse-tiles (tiles, columns or overlap without depths
// above 1), overlap-bypass, override-empty, duplicate-value, out-of-range, unknown-word
// and wrong-type. Returns false only when memory is out.
bool sdse_read_stays(struct sdse_arena *arena, const struct sdse_node *mapper,
                     struct sdse_diags *diags, struct sdse_sweep *sweep);

// Adds the axis of one choice, which is not "nowhere". False: memory is out.
bool sdse_sweep_add_stay(struct sdse_arena *arena, struct sdse_stay choice,
                         struct sdse_sweep *sweep);

// That axis; NULL: no point's tensors stay anywhere.
const struct sdse_override *sdse_sweep_stays(const struct sdse_sweep *sweep);

// Prints it as `mapper` has it, after `between`; read back it is the same.
void sdse_print_stays(FILE *out, const struct sdse_override *axis, const char *between);

#endif
