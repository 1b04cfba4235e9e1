// The shape of every value of a graph.
#ifndef SDSE_IMPORT_ONNX_INFER_H
#define SDSE_IMPORT_ONNX_INFER_H

#include "import/onnx/graph.h"

// Gives every value of the graph its shape, as far as it can be known. A node whose
// attributes or inputs contradict each other is a diagnostic [onnx-shape]; a node whose
// output shape cannot be known keeps the reason in node->why, and every value that
// depends on it names it in value->blame.
void sdse_onnx_infer_shapes(struct sdse_onnx_graph *graph);

// Whether the operator of a node is known here: by its name in a domain of standard
// operators; a function of the model's own is not.
bool sdse_onnx_has_rule(const Onnx__NodeProto *node);

// Whether an operator is a function of one map, number by number.
bool sdse_onnx_is_function(const char *op);

#endif
