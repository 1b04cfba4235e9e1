// Words that layers move, and rows that wait on chip, where a case's layers take turns
// row by row: whatever accelerator they run on, and however each is mapped.
#ifndef SDSE_DSE_VALIDATION_TURNS_H
#define SDSE_DSE_VALIDATION_TURNS_H

#include "base/arena.h"
#include "base/status.h"
#include "spec/types/workload.h"

struct sdse_turns {
    // Over the border of the chip: each row of the first layer's inputs that some
    // window touches, once; all weights, once; the last layer's outputs.
    double outside_words[SDSE_TENSORS];
    // Of all maps between the layers and of the inputs, the most rows that wait while
    // other layers are at work than those that make and read them. [words]
    double line_words;
};

// Of the chosen layers, one row of the last at a time, every row kept as long as some
// window still needs it (dse/fusion/rows.h).
//
// chosen  [layer_count]
//
// SDSE_INVALID: none is chosen, more than SDSE_FUSED_MOST are, one is repeated, or one
// does not read maps of the size of those that the one before it puts out; what the
// network's other layers do between them is left out of account. SDSE_OVERFLOW,
// SDSE_NO_MEMORY.
enum sdse_status sdse_turns_find(const struct sdse_workload *workload,
                                 const bool *chosen, struct sdse_arena *arena,
                                 struct sdse_turns *turns);

#endif
