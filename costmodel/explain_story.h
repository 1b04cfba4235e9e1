// Private to the explanation: what all its chapters tell of.
#ifndef SDSE_COSTMODEL_EXPLAIN_STORY_H
#define SDSE_COSTMODEL_EXPLAIN_STORY_H

#include <stdbool.h>

#include "costmodel/evaluate.h"
#include "costmodel/explain_line.h"
#include "costmodel/view.h"

struct sdse_story {
    struct sdse_explanation x;
    const struct sdse_model *model;
    const struct sdse_mapping *mapping;
    unsigned
        keeps[SDSE_MAX_LEVELS];   // of the mapping, without what is at home further in
    const struct sdse_cost *cost; // what the evaluator says
    struct sdse_view view;
    bool out_of_memory;
};

// A layer that multiplies nothing: one line for each memory a tensor passes.
void sdse_explain_stream(struct sdse_story *s);

// Of any other layer: each edge between two memories, how many words move and what they
// cost; words brought in, words that go on to the outermost memory, added maps.
void sdse_explain_moves(struct sdse_story *s);

// MACs and events of engines, leakage, clocks and control, refreshes.
void sdse_explain_compute(struct sdse_story *s);

// What each memory and the rest take, and what sets the latency. Whether it is what the
// evaluator says.
bool sdse_explain_cycles(struct sdse_story *s);

// Tensors that stay in a memory between layers: what of them does not cross, and what
// that memory holds beside the layer's tiles. Nothing without a residence.
void sdse_explain_places(struct sdse_story *s);

// What a word takes in memories that code their words, and what of the layer says so.
void sdse_explain_formats(struct sdse_story *s);

#endif
