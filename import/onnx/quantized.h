// Quantized weights as the real numbers they stand for: (stored - zero point) * scale.
//
//     onnx-quantized  scales or zero points that are no constants, or do not match the
//                     weights
#ifndef SDSE_IMPORT_ONNX_QUANTIZED_H
#define SDSE_IMPORT_ONNX_QUANTIZED_H

#include "import/onnx/ops.h"

// What `value` becomes if it is dequantized along `axis` of its shape, with one scale
// for `block` elements in a row (0: one for each position of the axis). `scale` and
// `zero` are the node's inputs; those left out are 1 and 0.
struct sdse_onnx_quant sdse_onnx_quant_of(const struct sdse_onnx_graph *graph,
                                          const struct sdse_onnx_node *node,
                                          const struct sdse_onnx_value *value,
                                          uint32_t scale, uint32_t zero, int64_t axis,
                                          uint64_t block);

// Of a node that dequantizes its weights itself: QLinearConv, ConvInteger,
// QLinearMatMul, MatMulInteger. Others: what the value itself says.
struct sdse_onnx_quant sdse_onnx_quant_in(const struct sdse_onnx_graph *graph,
                                          const struct sdse_onnx_node *node,
                                          const struct sdse_onnx_value *value,
                                          bool first);

// Applies scales and zero points to values in the order they are stored in. Returns
// SDSE_OK; SDSE_INVALID with a diagnostic at `name` in `file`; SDSE_NO_MEMORY.
enum sdse_status sdse_onnx_dequantize(const struct sdse_onnx_quant *quant,
                                      const char *name, const char *file,
                                      struct sdse_array *array,
                                      struct sdse_diags *diags);

#endif
