// An ONNX graph with names resolved: values, nodes, and an order in which every node
// comes after what it reads.
//
//     onnx-missing-input     a node reads what no node, input or initializer gives
//     onnx-duplicate-output  two nodes (or a node and an input) give the same value
//     onnx-cycle             nodes that wait for each other
//
// What is said of the shapes of its inputs: import/onnx/inputs.h.
#ifndef SDSE_IMPORT_ONNX_GRAPH_H
#define SDSE_IMPORT_ONNX_GRAPH_H

#include "import/onnx/onnx.h"
#include "import/onnx/tensor.h"

// No value (an optional input left out), or no node.
#define SDSE_ONNX_NONE UINT32_MAX

// Constants up to this many elements are computed with. [elements]
enum { SDSE_ONNX_FOLD_LIMIT = 1024 };

// How the elements of a stored tensor become those of a value.
enum sdse_onnx_view {
    SDSE_ONNX_AS_STORED,  // the same elements in the same order
    SDSE_ONNX_TRANSPOSED, // the last two dimensions exchanged
};

// Scales and zero points of stored integers. [numbers along one axis, as stored]
struct sdse_onnx_quant {
    const struct sdse_onnx_value *scale, *zero; // NULL: 1 and 0
    uint64_t inner, extent; // elements from one position of the axis to the next, and
                            // positions
    uint64_t block;         // positions that share a number; 0: none do
};

struct sdse_onnx_value {
    const char *name;
    uint32_t producer; // node; NONE for inputs and initializers
    bool defined;
    struct sdse_onnx_shape shape;
    uint32_t blame; // where the shape is not known: the node at fault, or NONE if that
                    // has been reported
    const Onnx__TensorProto *tensor; // stored constant behind the value, or NULL
    enum sdse_onnx_view view;
    struct sdse_onnx_quant quant; // how the stored numbers become the value's
    bool real;                    // constants quantized in the graph: they are real yet
    const double *folded;         // the value itself if small and constant, or NULL
    bool integer;                 // folded values are integers
    bool computed;                // from constants, by import/onnx/constant.h
    bool unread;     // a constant that rests on external data which is not read
    uint32_t steps;  // that it takes to work them out
    uint64_t widest; // numbers at most that one of these steps takes or makes
    const Onnx__TensorShapeProto *declared; // shape that the file gives, or NULL
    bool output;                            // of the model
    size_t layer; // 1 + the last layer so far whose weights it is; 0 = none
};

struct sdse_onnx_node {
    const Onnx__NodeProto *proto;
    const char *name; // never empty: made up where the file has none
    const char *op;
    uint32_t input_count, output_count;
    uint32_t *input, *output; // values, or NONE
    const char *why;          // why its outputs have no known shape, or NULL
    bool unknown_op;          // no rule for its operator
    bool reported;            // a diagnostic about it was given
};

struct sdse_onnx_graph {
    const char *file;
    const Onnx__GraphProto *proto;
    int64_t opset;
    struct sdse_arena *arena;
    struct sdse_diags *diags;
    enum sdse_onnx_external external;
    uint32_t value_count, node_count, order_count;
    struct sdse_onnx_value *value;
    struct sdse_onnx_node *node;
    uint32_t *order; // nodes, inputs first; file order where the file is sorted
    uint64_t batch;  // import/onnx/batch.h finds it [>= 1]
    bool batch_said; // by the user: what it does not divide is an error
};

// Builds the graph in the arena; the model must outlive it. Returns SDSE_OK even if
// there were diagnostics: what could be built is there, so that later phases can find
// more; SDSE_NO_MEMORY.
enum sdse_status sdse_onnx_graph_build(const Onnx__ModelProto *model, const char *file,
                                       const struct sdse_import_options *options,
                                       struct sdse_arena *arena,
                                       struct sdse_diags *diags,
                                       struct sdse_onnx_graph *out);

// Reports an error of the graph's file.
void sdse_onnx_complain(const struct sdse_onnx_graph *graph, const char *check,
                        const char *format, ...) __attribute__((format(printf, 3, 4)));

// Whether the tensor's data is in another file, and not to be read.
bool sdse_onnx_is_unread(const struct sdse_onnx_graph *graph,
                         const Onnx__TensorProto *tensor);

#endif
