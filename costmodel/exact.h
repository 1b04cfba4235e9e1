// Exact words of an edge of inputs, for perfect factors: each tile takes the distinct
// rows and columns that its windows touch on the real map (docs/model.md).
#ifndef SDSE_COSTMODEL_EXACT_H
#define SDSE_COSTMODEL_EXACT_H

#include "costmodel/edge.h"
#include "costmodel/traffic.h"

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

// Words of inputs that the children at level `child` below one instance of level `top`
// take together in one visit, of a nest without a map: a whole tile each (credited
// NULL), or what a credited move brings. top == child: one child. shares_windows: their
// union. False: out of memory.
bool sdse_exact_visit(const struct sdse_view *view, unsigned top, unsigned child,
                      bool shares_windows, const struct sdse_visits *credited,
                      uint64_t *words);

#endif
