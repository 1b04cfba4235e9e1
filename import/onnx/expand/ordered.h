// Private to import/onnx/expand and its wings: signed bytes with scales, in matrices
// that lie row by row or column by column.
#ifndef SDSE_IMPORT_ONNX_EXPAND_ORDERED_H
#define SDSE_IMPORT_ONNX_EXPAND_ORDERED_H

#include "import/onnx/expand/rewrite.h"

// Weights [k][*n] of input i as real numbers, by a scale for all or for each column,
// in the order that an attribute says. NULL: they do not fit, or lie in an order of
// tensor cores.
const char *sdse_ordered_weights(struct sdse_rewrite *w, uint32_t i, uint32_t scale,
                                 const char *order, int64_t k, int64_t *n);

// Input i as real numbers; NULL: it or its scale is left out.
const char *sdse_ordered_real(struct sdse_rewrite *w, uint32_t i, uint32_t scale);

// Gives x, quantized by that scale, as the node's output.
void sdse_ordered_give(struct sdse_rewrite *w, const char *x, uint32_t scale);

#endif
