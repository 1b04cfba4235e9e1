// Exact words of an edge of inputs, for perfect factors: each tile takes the distinct
// rows and columns that its windows touch on the real map (docs/model.md).
#ifndef SDSE_COSTMODEL_EXACT_H
#define SDSE_COSTMODEL_EXACT_H

#include "costmodel/edge.h"

// Fills edge->taken and edge->merged of an edge of inputs; tensor, parent and child are
// set. Axes are independent: each class of visits (those at which one loop advances)
// moves
//
//     sum over row positions of |rows fetched| x sum over column positions of |columns|
//
// words per word of N, G and C. Children that fetch equal sets share; shares_windows:
// the union of their sets, up to level `fan`. False: out of memory. Oracle:
// tests/oracle/test_exact_inputs.c.
bool sdse_exact_inputs(const struct sdse_view *view, bool shares_windows, unsigned fan,
                       struct sdse_edge *edge);

#endif
