// Products of activations: how many right operands there are, and how many left ones
// share each.
#ifndef SDSE_IMPORT_ONNX_HEADS_H
#define SDSE_IMPORT_ONNX_HEADS_H

#include "import/onnx/ops.h"

struct sdse_onnx_heads {
    uint64_t operands; // right operands, all different
    uint64_t sharing;  // left operands for each of them
    bool swapped;      // the first input is the shared one: (A B)' = B' A'
};

// Of a MatMul whose shapes are known: every leading dimension, the batch too, counts
// operands, but those along which the second input is broadcast, or was repeated by
// Expand or Tile for its heads (grouped and multi-query attention), count sharing.
struct sdse_onnx_heads sdse_onnx_heads_of(const struct sdse_onnx_graph *graph,
                                          const struct sdse_onnx_node *node,
                                          struct sdse_onnx_operands at);

#endif
