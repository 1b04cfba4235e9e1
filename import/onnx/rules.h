// Operators: the shapes of their outputs, and the values where they are small
// constants. One file of rules a family; import/onnx/infer.c calls them.
#ifndef SDSE_IMPORT_ONNX_RULES_H
#define SDSE_IMPORT_ONNX_RULES_H

#include "import/onnx/ops.h"

// An operator's rule: sets the shapes of the node's outputs. False if it cannot; then
// it has called sdse_onnx_unknown or sdse_onnx_wrong, or found an input's shape
// unknown.
typedef bool (*sdse_onnx_rule)(struct sdse_onnx_graph *, struct sdse_onnx_node *);

// The rules of one file; NULL if the operator is not among them.
sdse_onnx_rule sdse_onnx_rule_window(const char *op);
sdse_onnx_rule sdse_onnx_rule_layout(const char *op);
sdse_onnx_rule sdse_onnx_rule_math(const char *op);
// Of operators that import/onnx/expand writes out.
sdse_onnx_rule sdse_onnx_rule_expanded(const Onnx__NodeProto *node);

// Computes the node's outputs if they are small and all its inputs are constants.
void sdse_onnx_fold(struct sdse_onnx_graph *graph, struct sdse_onnx_node *node);

#endif
