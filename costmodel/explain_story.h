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
    unsigned keeps[SDSE_MAX_LEVELS]; // of the mapping, without what is at home further in
    const struct sdse_cost *cost; // what the evaluator says
    struct sdse_view view;
    bool out_of_memory;
};

// What each memory and the rest take, and what sets the latency. Whether it is what the
// evaluator says.
bool sdse_explain_cycles(struct sdse_story *s);

// Tensors that stay in a memory between layers: what of them does not cross, and what
// that memory holds beside the layer's tiles. Nothing without a residence.
void sdse_explain_places(struct sdse_story *s);

// What a word takes in memories that code their words, and what of the layer says so.
void sdse_explain_formats(struct sdse_story *s);

#endif
