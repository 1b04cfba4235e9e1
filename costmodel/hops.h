// How far a word travels on the mesh below a level.
#ifndef SDSE_COSTMODEL_HOPS_H
#define SDSE_COSTMODEL_HOPS_H

#include "costmodel/memo.h"
#include "costmodel/view.h"

// Average hops of one word of `tensor` from the middle of the left edge of the mesh
// below `level` to the set of its destinations there:
//
//     hops = furthest column (from 0)
//          + sum over the columns touched of max(0, c - v_min) + max(0, v_max - c)
//
// with c = (rows - 1) / 2 and v_min, v_max the rows touched. Outputs travel the same
// tree upwards. child: the level that takes the word (loops of levels between them also
// tell words apart). Perfect factors. [hops]
// Source: docs/model.md; cases 35, 48, 58 of tests/data/counts.
double sdse_mesh_hops(const struct sdse_view *view, enum sdse_tensor tensor,
                      unsigned level, unsigned child);

// The same, and the destinations of one word below `level`: children served by one
// transfer, on average. Looks into view->memo first and adds to it.
void sdse_mesh_reach(const struct sdse_view *view, enum sdse_tensor tensor,
                     unsigned level, unsigned child, double *hops,
                     double *destinations);

// One line of destinations as a bounding form: hops to `columns` columns, the furthest
// at `last_column`, each from row `first_row` to row `last_row` of a mesh of `rows`
// rows.
double sdse_column_hops(uint32_t rows, double first_row, double last_row);

#endif
