// Constants that the graph computes from others: weights behind Mul, Concat, Transpose,
// Slice and their like, worked out in doubles.
#ifndef SDSE_IMPORT_ONNX_CONSTANT_H
#define SDSE_IMPORT_ONNX_CONSTANT_H

#include "import/onnx/ops.h"

struct sdse_onnx_numbers {
    struct sdse_onnx_shape shape;
    uint64_t count; // product of the shape
    double *data;   // C order; owned
};

// Whether a value's numbers are known before the model runs: stored, or computed from
// such by operators that are worked out here.
bool sdse_onnx_is_constant(const struct sdse_onnx_value *value);

// Marks the outputs of a node that can be worked out, and works them out at once if
// they are small. Shapes must be known.
void sdse_onnx_constant_mark(struct sdse_onnx_graph *graph,
                             const struct sdse_onnx_node *node);

// The numbers of a constant, dequantized. The caller frees out->data. Returns SDSE_OK;
// SDSE_INVALID with a diagnostic; SDSE_NO_MEMORY; SDSE_IO.
enum sdse_status sdse_onnx_constant_read(const struct sdse_onnx_graph *graph,
                                         uint32_t value, struct sdse_onnx_numbers *out,
                                         struct sdse_diags *diags);

#endif
