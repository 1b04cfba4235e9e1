// Exact sets of input words: distinct indices that windows touch on the real map, for
// perfect factors. Gaps and padding are no words (docs/model.md).
#ifndef SDSE_COSTMODEL_EXACT_H
#define SDSE_COSTMODEL_EXACT_H

#include "costmodel/edge.h"

// Whether the nest's input sets can differ from its bounding boxes: it says its map.
bool sdse_exact_applies(const struct sdse_nest *nest);

// Fills edge->taken and edge->merged of an edge of inputs; tensor, parent and child are
// set. Axes are independent: each class of visits (those at which one loop advances)
// moves
//
//     sum over row positions of |rows fetched| x sum over column positions of |columns|
//
// words per word of N, G and C. Children that fetch equal sets share; shares_windows:
// the union of their sets, up to level `fan`. False: out of memory.
bool sdse_exact_inputs(const struct sdse_view *view, bool shares_windows, unsigned fan,
                       struct sdse_edge *edge);

// Words of the largest tile of inputs at `level`, over all its positions. 0 if out of
// memory.
uint64_t sdse_exact_tile_words(const struct sdse_view *view, unsigned level);

#endif
