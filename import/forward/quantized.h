// Private to import/forward: the integers that stand for real numbers.
#ifndef SDSE_IMPORT_FORWARD_QUANTIZED_H
#define SDSE_IMPORT_FORWARD_QUANTIZED_H

#include "import/forward/step.h"

// What the numbers of a map are multiples of: integers from least to most, by a scale.
struct sdse_grid {
    bool known;
    double scale;       // [> 0]
    double least, most; // of the integers, zero point taken off
};

// An operand of an integer product (QLinearConv, ConvInteger, QLinearMatMul,
// MatMulInteger), less its zero points: what is multiplied. `first`: the left one, or
// the map. The caller frees out->data. False when memory is out, or a zero point does
// not fit (step->why). `grid` may be NULL.
bool sdse_step_operand(struct sdse_step *step, bool first,
                       struct sdse_onnx_numbers *out, struct sdse_grid *grid);

// Whether an operator is such a product.
bool sdse_step_is_integer_product(const char *op);

// What DequantizeLinear makes of its input, if it is by one scale.
struct sdse_grid sdse_step_grid(const struct sdse_step *step);

#endif
