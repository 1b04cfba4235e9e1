// What follows a product and scales each of its filters by a constant: batch
// normalisation, and the scale of integer products. It belongs to the weights.
#ifndef SDSE_IMPORT_ONNX_SCALED_H
#define SDSE_IMPORT_ONNX_SCALED_H

#include "import/onnx/regions.h"

// The batch normalisation that can be folded into a product with `filters` filters: it
// alone reads what the product gives, and its numbers are constants, one for each
// filter. `weights`: the product's value of weights, its second input. NULL if there is
// none.
const struct sdse_onnx_node *sdse_onnx_norm_after(
    const struct sdse_onnx_graph *graph, const struct sdse_onnx_regions *regions,
    const struct sdse_onnx_node *product, uint32_t weights, uint64_t filters);

// Values of one number, or one for each filter, or NONE. [1]
struct sdse_onnx_scale {
    uint32_t scale;   // multiplies the weights
    uint32_t without; // divides them again: the scale of the other operand
};

// The scale of the weights of a ConvInteger or MatMulInteger: the constant of the Mul
// that follows. False if there is none.
bool sdse_onnx_scale_after(const struct sdse_onnx_graph *graph,
                           const struct sdse_onnx_regions *regions,
                           const struct sdse_onnx_node *product, uint64_t filters,
                           struct sdse_onnx_scale *out);

// Multiplies the weights [filters][…] of a layer by both; `norm` may be NULL. SDSE_OK,
// SDSE_NO_MEMORY, or what reading the constants gives.
enum sdse_status sdse_onnx_scale_apply(const struct sdse_onnx_graph *graph,
                                       const struct sdse_onnx_scale *scale,
                                       const struct sdse_onnx_node *norm,
                                       uint64_t filters, struct sdse_array *array,
                                       struct sdse_diags *diags);

#endif
