// Graphs that were made of another tool's file.
#ifndef SDSE_IMPORT_ONNX_MADE_H
#define SDSE_IMPORT_ONNX_MADE_H

#include <onnx/onnx.pb-c.h>

#include "import/onnx/onnx.h"

// Like sdse_import_onnx, for a model that was made of the file `name`: its graph's name
// is the network's, where it has one. Takes the arena that the model is in, also on
// failure.
enum sdse_status sdse_import_onnx_made(Onnx__ModelProto *model,
                                       struct sdse_arena *arena, const char *name,
                                       const struct sdse_import_options *options,
                                       struct sdse_imported **out,
                                       struct sdse_diags *diags);

#endif
