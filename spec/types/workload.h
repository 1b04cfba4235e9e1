// A network: its layers as loop nests, with what is known of their weights and
// activations.
#ifndef SDSE_SPEC_TYPES_WORKLOAD_H
#define SDSE_SPEC_TYPES_WORKLOAD_H

#include <stddef.h>

#include "base/diag.h"
#include "spec/types/nest.h"

enum sdse_layer_kind {
    SDSE_CONV,    // convolution, also grouped
    SDSE_CONV1X1, // convolution with a 1 x 1 kernel
    SDSE_DWCONV,  // depth-wise: K = C = 1 per group
    SDSE_FC,      // fully connected; rows of a sequence are P
    SDSE_MATMUL,  // activation x activation: no stored weights
    SDSE_LAYER_KINDS
};

// "conv", "conv1x1", "dwconv", "fc", "matmul".
static inline const char *sdse_layer_kind_name(enum sdse_layer_kind kind) {
    static const char *const names[SDSE_LAYER_KINDS] = {"conv", "conv1x1", "dwconv",
                                                        "fc", "matmul"};
    return names[kind];
}

struct sdse_layer {
    const char *name;
    enum sdse_layer_kind kind;
    struct sdse_nest nest;
    uint64_t repeat;              // equal layers in a row [>= 1]
    uint32_t pad[2];              // rows, columns [input elements]
    uint64_t in_height, in_width; // before padding [elements]
    double density[SDSE_TENSORS]; // fraction of non-zero words, declared; 1 if not said
    const char
        *density_source;      // where the densities come from; NULL = dense by default
    const char *weights_file; // .npy, relative to the workload's file; NULL = none
    struct sdse_loc loc;
};

struct sdse_workload {
    const char *name;
    const char *source; // where the layer table comes from
    const char *file;
    size_t layer_count;
    struct sdse_layer *layers;
    uint64_t batch;
    uint64_t
        parameters_not_in_layers; // normalisation, biases, embeddings: stored, no MACs
    struct sdse_loc loc;
};

#endif
