// From nodes that multiply and accumulate to layers of a workload.
//
//     onnx-shape          a layer that computes nothing, or more than 64 bits count
//     onnx-rank           a convolution over three or more spatial dimensions
//     onnx-unknown-op     a layer needs the shape of an unknown operator's output
//     onnx-unknown-shape  a layer needs a shape that depends on the data
//     onnx-no-layers      nothing in the model multiplies and accumulates
#ifndef SDSE_IMPORT_ONNX_LAYERS_H
#define SDSE_IMPORT_ONNX_LAYERS_H

#include "import/onnx/batch.h"
#include "import/onnx/scaled.h"
#include "spec/types/workload.h"

// Of a kernel's `of` taps along one axis those that a phase of a transposed convolution
// has: first, first + step, …, in the opposite order.
struct sdse_onnx_taps {
    uint64_t of, first, step, count; // count 0: the weights are not split
};

// Where a layer's weights are and how to bring them into the layer's shape.
struct sdse_onnx_weights {
    const struct sdse_onnx_node *node; // that multiplies; NULL: the layer moves words
    bool constant; // else nothing else counts (activation x activation)
    const Onnx__TensorProto *tensor; // stored; NULL: worked out from other constants
    uint32_t value;                  // the value it is, in the graph
    bool swap;                       // stored as [batch][rows][columns], wanted as
    uint64_t batch, rows, columns;   // [batch][columns][rows]
    uint64_t parts, part; // they are one of so many equal parts, one behind the other,
                          // of what is stored [0, 1: all]
    bool state; // what they are multiplied with is no input of the node
    unsigned rank;
    uint64_t shape[4];                 // of the weights as the layer sees them
    struct sdse_onnx_quant quant;      // of the stored numbers
    struct sdse_onnx_scale scale;      // of each filter, as the layer sees them
    const struct sdse_onnx_node *norm; // folded into them, or NULL
    // Depth, rows, columns: stored as [groups * C][K][depth][rows][columns] then.
    struct sdse_onnx_taps taps[3];
    size_t first;   // layer that has the same value
    size_t before;  // 1 + the layer before it that has the same value; 0: none
    size_t same_as; // first layer with the same weights (itself if none before)
};

struct sdse_onnx_layers {
    size_t count;
    struct sdse_layer *layer;
    struct sdse_onnx_weights *weights;
    size_t not_modelled_count;
    struct sdse_not_modelled *not_modelled;
    size_t edge_count;
    const struct sdse_workload_edge *edge;
    uint64_t other_parameters; // real numbers in constants that are no layer's weights
};

// Whether layers are made of a node that multiplies, itself or written out, if what it
// reads fits.
bool sdse_onnx_makes_layers(const Onnx__NodeProto *node);

// Makes the layers from a graph whose shapes were inferred, with the batch that was
// said, or the first guess that divides the rows of all; everything is in the graph's
// arena. Returns SDSE_OK with or without diagnostics, or SDSE_NO_MEMORY.
enum sdse_status sdse_onnx_layers_make(struct sdse_onnx_graph *graph,
                                       struct sdse_onnx_guesses *guesses,
                                       struct sdse_onnx_layers *out);

#endif
