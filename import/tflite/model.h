// A TensorFlow Lite model's first graph, as its tables say it.
#ifndef SDSE_IMPORT_TFLITE_MODEL_H
#define SDSE_IMPORT_TFLITE_MODEL_H

#include "import/tensors/tensors.h"
#include "import/tflite/flat.h"

// BuiltinOperator of schema.fbs, as far as one is looked for.
enum {
    TFLITE_CONV_2D = 3,
    TFLITE_DEPTHWISE_CONV_2D = 4,
    TFLITE_DEQUANTIZE = 6,
    TFLITE_FULLY_CONNECTED = 9,
    TFLITE_LSH_PROJECTION = 15,
    TFLITE_LSTM = 16,
    TFLITE_RNN = 24,
    TFLITE_SVDF = 27,
    TFLITE_CALL = 31,
    TFLITE_CUSTOM = 32,
    TFLITE_EMBEDDING_LOOKUP_SPARSE = 33,
    TFLITE_UNIDIRECTIONAL_SEQUENCE_RNN = 35,
    TFLITE_UNIDIRECTIONAL_SEQUENCE_LSTM = 44,
    TFLITE_BIDIRECTIONAL_SEQUENCE_RNN = 46,
    TFLITE_DELEGATE = 51,
    TFLITE_BIDIRECTIONAL_SEQUENCE_LSTM = 52,
    TFLITE_TRANSPOSE_CONV = 67,
    TFLITE_IF = 118,
    TFLITE_WHILE = 119,
    TFLITE_BATCH_MATMUL = 126,
    TFLITE_RFFT2D = 131,
    TFLITE_CONV_3D = 132,
    TFLITE_CONV_3D_TRANSPOSE = 141,
    TFLITE_LAST_PLAIN = 161 // operators behind it are StableHLO's and newer ones
};

struct tflite_tensor {
    sdse_flat_table table;
    unsigned rank;
    uint64_t shape[SDSE_ARRAY_MAX_RANK];
    bool known;   // its shape, of at most SDSE_ARRAY_MAX_RANK extents
    size_t maker; // 1 + the operator that makes it; 0: none
    bool moving;  // depends on the model's inputs
    bool leaves;  // the model puts it out
    const struct sdse_blob *unpacked; // its numbers of 4 bits, a byte each; NULL
};

struct tflite_operator {
    sdse_flat_table table, options;
    unsigned code;
    const char *custom; // its name where code is TFLITE_CUSTOM
    struct sdse_flat_vector inputs, outputs;
};

struct tflite_model {
    struct sdse_flat flat;
    const char *file;
    const struct sdse_blob *blob;
    struct sdse_arena *arena;
    struct sdse_diags *diags;
    struct sdse_flat_vector buffers;
    size_t tensor_count, operator_count, graph_count;
    struct tflite_tensor *tensor;
    struct tflite_operator *op;
    uint64_t batch; // leading extent of the first input [>= 1]; the second, where a
                    // recurrent operator reads it with its steps first
};

// Reads the graph: SDSE_OK; SDSE_INVALID with a diagnostic [tflite-file];
// SDSE_NO_MEMORY. flat, file, blob, arena and diags are set.
enum sdse_status sdse_tflite_model(struct tflite_model *model);

// Whether a recurrent operator's sequences have their steps before their samples.
bool sdse_tflite_has_steps_first(struct tflite_model *model,
                                 const struct tflite_operator *op);

// The i-th input or output of an operator; NULL: it has none.
const struct tflite_tensor *sdse_tflite_input(struct tflite_model *model,
                                              const struct tflite_operator *op,
                                              size_t i);
const struct tflite_tensor *sdse_tflite_output(struct tflite_model *model,
                                               const struct tflite_operator *op,
                                               size_t i);

// Numbers in the first `rank` extents of a tensor of known shape; 0: they exceed 64
// bits, or there are none.
uint64_t sdse_tflite_count(const struct tflite_tensor *tensor, unsigned rank);

// The constant that a tensor is, itself or behind DEQUANTIZE; NULL: it is none.
const struct tflite_tensor *sdse_tflite_constant(struct tflite_model *model,
                                                 const struct tflite_tensor *tensor);

// The constant's numbers in C order, with their scales. `filters`: the dimension that
// scales may go along. Returns SDSE_OK, SDSE_INVALID with a diagnostic
// [tflite-weights], SDSE_NO_MEMORY. A type that is not read: dtype is SDSE_DTYPES.
enum sdse_status sdse_tflite_stored(struct tflite_model *model, const char *layer,
                                    const struct tflite_tensor *tensor,
                                    struct sdse_stored_tensor *out);

#endif
