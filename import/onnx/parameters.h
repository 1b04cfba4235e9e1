// Parameters of a model that are in no layer.
#ifndef SDSE_IMPORT_ONNX_PARAMETERS_H
#define SDSE_IMPORT_ONNX_PARAMETERS_H

#include "import/onnx/layers.h"

// Real numbers in constants, less those that are the weights of layers, or lie behind
// them: scales, biases, normalisation, tables. False: memory is out.
bool sdse_onnx_count_other_parameters(const struct sdse_onnx_graph *graph,
                                      const struct sdse_onnx_layers *layers,
                                      uint64_t *out);

#endif
