// Private to import/forward: a layer's weights as the operand of its node.
#ifndef SDSE_IMPORT_FORWARD_WEIGHTS_H
#define SDSE_IMPORT_FORWARD_WEIGHTS_H

#include "import/onnx/constant.h"
#include "import/onnx/imported.h"

// Writes one layer's weights, shaped as sdse_imported_weights gives them, into the
// operand [of the node's shape], which holds the file's numbers where nothing is
// written.
enum sdse_status sdse_forward_put_weights(const struct sdse_imported *imported,
                                          size_t layer, const float *values,
                                          struct sdse_onnx_numbers *operand,
                                          struct sdse_diags *diags);

#endif
