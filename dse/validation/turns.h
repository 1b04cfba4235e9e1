// Words that layers move, and rows that wait on chip, where a case's layers take turns
// row by row: one row of the last at a time, every row kept as long as some window
// still needs it, in the memory that tensors share.
#ifndef SDSE_DSE_VALIDATION_TURNS_H
#define SDSE_DSE_VALIDATION_TURNS_H

#include <stdatomic.h>

#include "base/arena.h"
#include "base/status.h"
#include "dse/validation/prepare.h"

struct sdse_turns {
    // Over the border of the chip, by the mapping of least energy of each nest: what
    // the outermost memory is read and written. Words, and bits as stored.
    double outside_words[SDSE_TENSORS], outside_bits[SDSE_TENSORS];
    // Of all maps between the layers and of the inputs, the most rows that wait while
    // other layers are at work than those that make and read them. [words]
    double line_words;
};

// The chosen layers as a group of the search (dse/fusion/configured.h): a row a tile,
// a head at a time, the input buffered, all maps retained, weights kept where the
// memory shares them, maps outside before and after. Each nest is answered by the
// mapper and counted by the evaluator.
//
// chosen   [layers of the case's network]; between them only functions that are fused
// form     of the weights
// traffic  whether outside_* are wanted, which takes the searches; else they are 0
// failure  out, with SDSE_INVALID: why the layers cannot take turns, or not there
//
// SDSE_INVALID, SDSE_OVERFLOW, SDSE_NO_MEMORY.
enum sdse_status sdse_turns_find(const struct sdse_ready_case *of,
                                 const struct sdse_form_setting *form,
                                 const bool *chosen, bool traffic,
                                 const atomic_bool *stop, struct sdse_arena *arena,
                                 struct sdse_turns *turns, const char **failure);

#endif
