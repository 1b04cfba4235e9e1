// What import/onnx/expand does: operators that are others in short are written out as
// the nodes that define them, before anything else looks at the graph. What follows,
// layers, edges, weights and runs, knows the few that are left.
//
//     onnx-branch  (warning) the condition of an If is not known: the dearer branch is
//                  taken
//     onnx-approximated  (warning) layers of what is written out are not what the
//                  operator does to the last product: how they differ
#ifndef SDSE_IMPORT_ONNX_EXPAND_H
#define SDSE_IMPORT_ONNX_EXPAND_H

#include <onnx/onnx.pb-c.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/status.h"

struct sdse_import_options;

// Writes out every node that can be, as far as shapes are known: fused and packed
// products, attention, Einsum, the branches of `If`. The others stay as they are.
//
// *out is the model itself, or one in the arena that shares all but its lists of nodes,
// constants and shapes. Returns SDSE_OK or SDSE_NO_MEMORY; what is wrong with the graph
// is not said here.
enum sdse_status sdse_onnx_expand(const Onnx__ModelProto *model, const char *file,
                                  const struct sdse_import_options *options,
                                  struct sdse_arena *arena, struct sdse_diags *diags,
                                  const Onnx__ModelProto **out);

// Whether a node is of an operator that is written out: one that is still there
// multiplies unseen.
bool sdse_onnx_is_expanded(const Onnx__NodeProto *node);

// Whether it is an If, a Loop or a Scan.
bool sdse_onnx_is_branching(const Onnx__NodeProto *node);

// Whether a node stands for a part of an operator that nothing here executes: it passes
// on what it reads.
bool sdse_onnx_is_stand_in(const Onnx__NodeProto *node);

#endif
