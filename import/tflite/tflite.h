// TensorFlow Lite models: convolutions and products become a network, their constants
// its weights.
//
//     CONV_2D, DEPTHWISE_CONV_2D   conv, dwconv; paddings as the shapes need them
//     CONV_3D                      conv3d
//     FULLY_CONNECTED              fc
//     BATCH_MATMUL                 matmul; fc where the right operand is one constant
//                                  matrix
//     TRANSPOSE_CONV               deconv, whose phases have no weights here
//     LSTM, RNN in all forms       fc of inputs and of the state, act (recurrent.c)
//     SVDF                         fc, dwconv over time
//     pools, reductions            pool
//     sums and the like of maps    add; act where one is not constant
//     softmax, norms, functions    softmax, norm, act
//
// Fused functions cost nothing. `edges` say which layer reads what another puts out, as
// those of ONNX models do (import/onnx/edges.h). Integers become (stored - zero point)
// * scale, with a scale for each filter where the model has that; constants behind
// DEQUANTIZE likewise. What multiplies, or may, and is none of these is `not_modelled`.
// Shapes are those that the file says, and are compared with what the operator makes of
// them.
//
//     tflite-file       not a model, or an offset leads out of the file
//     tflite-shape      shapes of an operator that contradict each other, or are not
//                       known (-1)
//     tflite-batch      samples that are not those of the first input
//     tflite-weights    a tensor's numbers that are not in the file, or not of its
//                       shape, or scales that are not as many as filters
//     tflite-none       nothing multiplies
//
// Warnings:
//
//     tflite-unread     weights that are not written: why, and of which layers
//     tflite-left-out   what is not_modelled
//     tflite-moves      what moves words and is no layer, by its shapes
//     tflite-edges      layers whose output has no edge, by what reads it
#ifndef SDSE_IMPORT_TFLITE_TFLITE_H
#define SDSE_IMPORT_TFLITE_TFLITE_H

#include "import/tensors/roles.h"

struct sdse_tflite {
    const char *yaml; // the network's file (docs/formats.md), without weights
    size_t layer_count;
    struct sdse_tensor_layer *layers; // those with weights, in the network's order
    size_t moves;                     // operators that have no layer: they move words
};

// Reads the model at `path`, which is kept; its weights are read when they are asked
// for. Everything is in `arena`. Returns SDSE_OK; SDSE_INVALID or SDSE_IO with
// diagnostics; SDSE_NO_MEMORY. Source: TensorFlow's schema.fbs; kernels/padding.h for
// paddings; the specification of quantization for scales.
enum sdse_status sdse_tflite_open(const char *path, struct sdse_arena *arena,
                                  struct sdse_tflite *out, struct sdse_diags *diags);

// The same of a file in memory, which must stay there.
enum sdse_status sdse_tflite_parse(const void *bytes, size_t length, const char *name,
                                   struct sdse_arena *arena, struct sdse_tflite *out,
                                   struct sdse_diags *diags);

#endif
