// In words: what is held beside a nest, and what it makes. Texts live in the arena;
// NULL: memory is out.
#ifndef SDSE_DSE_SCHEDULE_HELD_TEXT_H
#define SDSE_DSE_SCHEDULE_HELD_TEXT_H

#include "dse/fusion/fusion.h"

// "802816 of 4 rows of what conv1 makes": bits, then what they are.
const char *sdse_held_term_text(struct sdse_arena *arena,
                                const struct sdse_workload *net,
                                const struct sdse_held_term *term);
// All of those of one memory, with " + " between; "nothing".
const char *sdse_held_text(struct sdse_arena *arena, const struct sdse_workload *net,
                           const struct sdse_held_term *term, size_t count,
                           unsigned memory);

// "row 3", "rows 0 ... 9", "rows 0, 2, ... 18"; with columns, unless their count is 0:
// "rows 0 ... 9 at columns 4 ... 7".
const char *sdse_cells_text(struct sdse_arena *arena, const struct sdse_row_run *rows,
                            const struct sdse_row_run *columns);

// What a nest of a group of this configuration makes, its cells and how many heads, and
// keys or channels in parts: "rows 0 ... 2, 4 heads, 2 channels, part first".
const char *sdse_kind_text(struct sdse_arena *arena,
                           const struct sdse_fusion_config *config,
                           const struct sdse_fused_kind *kind);

#endif
