// Nodes that multiply, or may, and are no layers here: nothing multiplies unseen.
//
//     onnx-left-out  (warning) one for each such node; it is also an entry of the
//                    workload's not_modelled
#ifndef SDSE_IMPORT_ONNX_UNSEEN_H
#define SDSE_IMPORT_ONNX_UNSEEN_H

#include "import/onnx/graph.h"
#include "spec/types/workload.h"

// Whether a node that became no layer may multiply: an operator known to do so that is
// not modelled; an unknown operator, local function or foreign domain that reads
// weights (a constant or an attribute with at least two extents, or 4,096 numbers in a
// row) or two matrices; If, Loop or Scan whose graphs hold either. Fills in *out
// (texts in the graph's arena) and warns.
bool sdse_onnx_is_unseen(struct sdse_onnx_graph *graph,
                         const struct sdse_onnx_node *node,
                         struct sdse_not_modelled *out);

// Warns of a node that is a layer and does more, or other, than that says
// (onnx-approximated); import/onnx/expand says its own.
void sdse_onnx_say_approximation(const struct sdse_onnx_graph *graph,
                                 const struct sdse_onnx_node *node);

#endif
