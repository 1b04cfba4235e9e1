// Private to import/onnx/expand and its wings: the shapes of operators that are written
// out.
#ifndef SDSE_IMPORT_ONNX_EXPAND_SHAPES_H
#define SDSE_IMPORT_ONNX_EXPAND_SHAPES_H

#include "import/onnx/expand/rewrite.h"
#include "import/onnx/rules.h"

// The shape of input i. NULL: it is not known, or left out; what is missing is no
// contradiction, the node stays as it is.
const struct sdse_onnx_shape *sdse_expand_need(struct sdse_onnx_graph *graph,
                                               struct sdse_onnx_node *node, uint32_t i);

// The rules of a family; NULL: the node is none of it.
sdse_onnx_rule sdse_expand_rule_attention(const Onnx__NodeProto *node);
sdse_onnx_rule sdse_expand_rule_ordered(const Onnx__NodeProto *node);
sdse_onnx_rule sdse_expand_rule_packed(const Onnx__NodeProto *node);
sdse_onnx_rule sdse_expand_rule_spectrum(const Onnx__NodeProto *node);
sdse_onnx_rule sdse_expand_rule_matrix(const Onnx__NodeProto *node);
sdse_onnx_rule sdse_expand_rule_search(const Onnx__NodeProto *node);
sdse_onnx_rule sdse_expand_rule_convolution(const Onnx__NodeProto *node);

#endif
