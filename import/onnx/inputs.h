// The shapes of a graph's inputs: those of the file, and where it leaves extents open
// those that the user gives, for a whole input or for a dimension by its name.
//
//     onnx-input-shape  an extent stays open, or what is given contradicts the file
//     onnx-input-name   something is given for a name that the model does not have
#ifndef SDSE_IMPORT_ONNX_INPUTS_H
#define SDSE_IMPORT_ONNX_INPUTS_H

#include "import/onnx/graph.h"

// What the user gives, told apart once.
struct sdse_onnx_settings {
    const struct sdse_import_options *options; // may be NULL
    bool *is_extent;                           // which of them are of dimensions
    size_t extent_count;
    struct sdse_onnx_extent {
        const char *name; // of a dimension
        uint64_t extent;
        bool said; // by its name; else as part of the shape of an input that has it
    } * extents;
};

// Reports what is given for no input and no dimension. False when memory is out.
bool sdse_onnx_settings_read(struct sdse_onnx_graph *graph,
                             const struct sdse_import_options *options,
                             struct sdse_onnx_settings *out);

// Sets value->shape of the graph input `proto`. Extents come from, in this order: the
// file; the shape given for this input; the extent given for the dimension's name; the
// same name in the shape given for another input. Reports what cannot be.
void sdse_onnx_input_shape(struct sdse_onnx_graph *graph,
                           const Onnx__ValueInfoProto *proto,
                           const struct sdse_onnx_settings *given,
                           struct sdse_onnx_value *value);

// The name that a shape of the file gives an extent which it leaves open, or NULL, as
// for shape NULL.
const char *sdse_onnx_dimension_name(const Onnx__TensorShapeProto *shape, size_t axis);

#endif
