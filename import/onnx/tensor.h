// A tensor stored in an ONNX model: its shape checked against its data, its values.
//
//     onnx-tensor-shape   a negative dimension, more than 8, or more elements than fit
//     onnx-tensor-length  fewer or more values than the shape needs
//     onnx-tensor-type    an element type that is not read here
//     onnx-external       external data that is outside the model's folder, missing or
//                         too short
#ifndef SDSE_IMPORT_ONNX_TENSOR_H
#define SDSE_IMPORT_ONNX_TENSOR_H

#include <onnx/onnx.pb-c.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/output.h"
#include "base/status.h"
#include "smartdeal/array.h"

struct sdse_onnx_shape {
    bool known;
    unsigned rank;
    uint64_t dim[SDSE_ARRAY_MAX_RANK];
};

// True if no extent exceeds 2^48 and the extents, zeros taken as ones, multiply to at
// most 2^62: then nobody need check arithmetic on one or two of them.
bool sdse_onnx_shape_is_sane(const uint64_t *dims, unsigned rank);

// What is done about data that is not in the model's own file.
enum sdse_onnx_external {
    SDSE_ONNX_EXTERNAL_INSIDE, // it must be in a file below the model's folder
    SDSE_ONNX_EXTERNAL_LINKED, // links may lead out of that folder
    SDSE_ONNX_EXTERNAL_UNREAD, // it may be absent, and is never opened
};

// Checks one tensor of the model in `file` and gives its shape. External data that is
// read must be a regular file, named by a relative path without "..", and long enough.
// Returns false with a diagnostic at the file.
bool sdse_onnx_tensor_check(const Onnx__TensorProto *tensor, const char *file,
                            enum sdse_onnx_external external,
                            struct sdse_onnx_shape *shape, struct sdse_diags *diags);

// Whether a tensor's data is in another file than the model's.
bool sdse_onnx_tensor_is_external(const Onnx__TensorProto *tensor);

// Names the file with a checked tensor's external data, if that is where it is, as an
// input; `arena` holds it. False when memory is out.
bool sdse_onnx_tensor_name_input(const Onnx__TensorProto *tensor, const char *file,
                                 struct sdse_output_rules *rules,
                                 struct sdse_arena *arena);

// True for the element types of real numbers (not integers, not strings).
bool sdse_onnx_tensor_is_real(const Onnx__TensorProto *tensor);

// True for the element types that sdse_onnx_tensor_read reads.
bool sdse_onnx_tensor_is_weights(const Onnx__TensorProto *tensor);

// The values of a checked tensor as floats, also of one whose numbers are lent
// (import/onnx/lent.h). The caller owns *out.
//
// Returns SDSE_OK; SDSE_INVALID with a diagnostic if the element type is not one of
// enum sdse_dtype or a value exceeds f32; SDSE_NO_MEMORY; SDSE_IO.
enum sdse_status sdse_onnx_tensor_read(const Onnx__TensorProto *tensor,
                                       const char *file, struct sdse_array *out,
                                       struct sdse_diags *diags);

// The values of a small checked tensor (shapes, axes, scales) as doubles, allocated
// from the arena; integers beyond 2^53 are rounded. External data is read from beside
// `file` (NULL: it is not). NULL if the type is not a number's, the numbers are lent,
// the data cannot be read (a diagnostic says why), or memory is out.
double *sdse_onnx_tensor_fold(const Onnx__TensorProto *tensor, const char *file,
                              size_t count, struct sdse_arena *arena,
                              struct sdse_diags *diags);

#endif
