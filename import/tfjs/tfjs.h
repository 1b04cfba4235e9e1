// Models of TensorFlow.js (model.json): their layers written as the nodes of an ONNX
// graph, which then becomes a network as those of ONNX files do: shapes, layers, edges,
// weights, folded batch normalisation, the batch (docs/import.md).
//
//     layers model   Keras's topology: Sequential and Functional, models within models
//     graph model    TensorFlow's GraphDef as JSON
//
// Maps are rows x columns x channels in these files and channels first in a graph:
// windows read them turned round, and what follows keeps them so until the order shows
// (Flatten, Reshape, products along the last extent).
//
//     tfjs-json      the topology is not what Keras writes: no class, no list of
//     layers,
//                    calls that name no layer
//     tfjs-class     a class of layers that is not translated
//     tfjs-config    a setting that is missing, of another type, or out of range
//     tfjs-weights   weights that the file does not have, of another shape, or of a
//                    type that is not read
//     tfjs-unused    a warning: weights that no layer takes
//
// Each error says where in the file: modelTopology.model_config.config.layers[3].
// Sources: Keras's model.to_json() of versions 2 and 3; tfjs-layers' loadWeights for
// the names of weights.
#ifndef SDSE_IMPORT_TFJS_TFJS_H
#define SDSE_IMPORT_TFJS_TFJS_H

#include "import/onnx/onnx.h"
#include "import/tensors/tensors.h"

// Reads the model at `path`; it and the arena of `diags`, where the places of weights
// are, must outlive *out. Open extents of its inputs are
// those of `options`, which may be NULL; open batches are 1 where nothing is given. A
// file of weights without a topology is none: SDSE_OK, and *out is NULL. On success
// *out is the caller's (sdse_imported_free); the files of weights are named in `rules`
// as inputs (NULL: not). More numbers than SDSE_ONNX_FOLD_LIMIT of one tensor are read
// when the layer's weights are asked for, and no longer kept. Returns SDSE_OK,
// SDSE_INVALID or SDSE_IO with diagnostics, SDSE_NO_MEMORY.
enum sdse_status sdse_tfjs_open(const char *path,
                                const struct sdse_import_options *options,
                                struct sdse_output_rules *rules,
                                struct sdse_imported **out, struct sdse_diags *diags);

// The same of a file in memory, which must stay there and whose files of weights are
// itself.
enum sdse_status sdse_tfjs_parse(const void *bytes, size_t length, const char *name,
                                 const struct sdse_import_options *options,
                                 struct sdse_imported **out, struct sdse_diags *diags);

#endif
