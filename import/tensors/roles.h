// What the tensors of a file are to a network, as far as their names, shapes and types
// tell.
#ifndef SDSE_IMPORT_TENSORS_ROLES_H
#define SDSE_IMPORT_TENSORS_ROLES_H

#include "import/tensors/tensors.h"

// Why a tensor is no layer's weights.
#define SDSE_TENSOR_REST_MAP(X)                                       \
    X(RANK, "of another rank than 2 and 4 (biases, normalisation …)") \
    X(TABLE, "that is a table by its name (embeddings)")              \
    X(INTEGER, "of booleans, or integers of 32 and 64 bits")          \
    X(TYPE, "of a type that is not read")                             \
    X(EMPTY, "without any element")

enum sdse_tensor_rest {
#define SDSE_TENSOR_REST_ENUM(name, text) SDSE_REST_##name,
    SDSE_TENSOR_REST_MAP(SDSE_TENSOR_REST_ENUM)
#undef SDSE_TENSOR_REST_ENUM
        SDSE_TENSOR_RESTS
};
const char *sdse_tensor_rest_text(enum sdse_tensor_rest rest);

// A layer and the tensor that is its weights.
struct sdse_tensor_layer {
    const char *layer;
    const char *kind;                  // "conv", "dwconv", "fc"
    struct sdse_stored_tensor weights; // in our order: filters, channels, rows,
                                       // columns; or outputs, inputs
    size_t tensor;                     // which of the file's
};

// What is not in layers.
struct sdse_tensor_leftovers {
    size_t tensors[SDSE_TENSOR_RESTS];
    uint64_t elements[SDSE_TENSOR_RESTS];
    const char *first[SDSE_TENSOR_RESTS]; // a name, as an example
};

// The tensor in the order of our layers: tensors called kernel (the last part of the
// name, also with :0 behind it) are stored as [rows, columns, inputs, outputs] or
// [inputs, outputs], a depthwise_kernel as [rows, columns, channels, multiplier]
// (Keras, Flax); it becomes [channels * multiplier, 1, rows, columns]. Any other is as
// it is.
struct sdse_stored_tensor
sdse_tensor_in_our_order(const struct sdse_stored_tensor *tensor);

// A layer for each tensor that may be one, in the file's order, named as the tensor:
//
//     rank 4   conv; dwconv where the name says so (depthwise, dw), or where there are
//              several of one channel and more taps than one, and another
//              tensor of more channels puts out as many filters
//     rank 2   fc, unless the name is that of a table: "embed" in its last blob, or in
//              the one before `weight`; wte, wpe
//
// *count of them in the arena of the tensors; what else there is in *rest. False when
// memory is out.
bool sdse_tensors_layers(const struct sdse_tensors *tensors,
                         struct sdse_tensor_layer **layers, size_t *count,
                         struct sdse_tensor_leftovers *rest);

// A layer that is known, and looks for its tensor.
struct sdse_tensor_wanted {
    const char *layer;
    unsigned rank;
    uint64_t shape[4]; // filters, channels, rows, columns; or outputs, inputs
    size_t tensor;     // out: which; SDSE_NO_TENSOR
    bool by_name;      // out: else by order and shape
};
#define SDSE_NO_TENSOR SIZE_MAX

// Finds the tensor of each layer, none twice.
//
// First by name: the tensor's, without a last part `weight` or `kernel`, is the layer's
// or ends with '.' or '/' and the layer's; any character but letters and digits is the
// same as any other. Then, among those of a shape that are left on both sides, by
// order, if there are as many tensors as layers. Shapes agree if they are equal but for
// ones at the end. A tensor whose name is the layer's and whose shape is not is told in
// *contradiction (its index; else SDSE_NO_TENSOR), the first of them. False when memory
// is out.
bool sdse_tensors_match(const struct sdse_tensors *tensors,
                        struct sdse_tensor_wanted *wanted, size_t count,
                        size_t *contradiction);

#endif
