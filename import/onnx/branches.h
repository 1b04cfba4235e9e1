// Conditions that are known before the model runs.
#ifndef SDSE_IMPORT_ONNX_BRANCHES_H
#define SDSE_IMPORT_ONNX_BRANCHES_H

#include "import/onnx/graph.h"

// Puts the branch that an `If` takes in its place, where the condition is a constant or
// computed from constants and shapes; also those inside a branch that is taken. Others,
// and one whose names stand in the graph already, stay as they are.
//
// *out is the model itself, or one in the arena that shares all but its lists of nodes,
// constants and shapes. Returns SDSE_OK or SDSE_NO_MEMORY; nothing is said.
enum sdse_status sdse_onnx_take_branches(const Onnx__ModelProto *model,
                                         const char *file,
                                         const struct sdse_import_options *options,
                                         struct sdse_arena *arena,
                                         const Onnx__ModelProto **out);

#endif
