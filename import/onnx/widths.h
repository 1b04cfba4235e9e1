// How wide weights are as a model stores them, or as it rounds them itself.
#ifndef SDSE_IMPORT_ONNX_WIDTHS_H
#define SDSE_IMPORT_ONNX_WIDTHS_H

#include "import/onnx/graph.h"

// Bits of each number behind a constant value: of the integers, or of the small
// floating numbers, that are stored, whatever scales them and however they are turned;
// of real numbers that the graph quantizes, of what it makes of them; 16 of halves and
// bfloat16. 0: of 32 bits or more, or not told.
uint32_t sdse_onnx_stored_bits(const struct sdse_onnx_graph *graph, uint32_t value);

#endif
