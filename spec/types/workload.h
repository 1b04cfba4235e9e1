// A network: its layers as loop nests, with what is known of their weights and
// activations.
#ifndef SDSE_SPEC_TYPES_WORKLOAD_H
#define SDSE_SPEC_TYPES_WORKLOAD_H

#include <stddef.h>
#include <string.h>

#include "base/diag.h"
#include "spec/types/activations.h"
#include "spec/types/nest.h"

enum sdse_layer_kind {
    SDSE_CONV,    // convolution, also grouped
    SDSE_CONV1X1, // convolution with a 1 x 1 kernel
    SDSE_DWCONV,  // depth-wise: K = C = 1 per group
    SDSE_FC,      // fully connected; rows of a sequence are P
    SDSE_MATMUL,  // activation x activation: no stored weights
    SDSE_WGRAD,   // gradient of a convolution's weights: the same, over windows
    SDSE_MAPPED_KINDS,
    // Layers that move words and multiply nothing; they are streamed, not mapped. Their
    // nest has a group for each channel; R and S are the window of a pool.
    SDSE_POOL = SDSE_MAPPED_KINDS, // maximum or average of windows
    SDSE_ADD,                      // of two or more maps: residual connections
    SDSE_NORM,                     // normalisation
    SDSE_SOFTMAX,
    SDSE_ACT,    // one function of each word
    SDSE_UPDATE, // of weights and their state, by an optimiser
    SDSE_LAYER_KINDS
};

// "conv", "conv1x1", "dwconv", "fc", "matmul", "wgrad", "pool", "add", "norm",
// "softmax", "act", "update".
static inline const char *sdse_layer_kind_name(enum sdse_layer_kind kind) {
    static const char *const names[SDSE_LAYER_KINDS] = {
        "conv", "conv1x1", "dwconv", "fc",      "matmul", "wgrad",
        "pool", "add",     "norm",   "softmax", "act",    "update"};
    return names[kind];
}

// A smaller map that is read beside those of the nest's size, and repeated over it: the
// gates of channels, the mask of all heads.
struct sdse_broadcast {
    uint64_t size[3]; // channels, rows, columns: each divides that of the nest
    bool shared;      // by all samples; else each has its own
};

// What an update moves for each weight: words of the accelerator's own widths, and bits
// of state that are as wide on any.
struct sdse_update {
    double read_words;        // as wide as inputs: the gradient
    double read_bits;         // of masters, momenta, codes, counters, bases
    double write_bits;        // likewise
    uint32_t copy_below_bits; // a word of weights is written too where it is narrower
};

// What a layer that moves words does with them, beside its nest.
struct sdse_move {
    bool fused;       // in the layer before it: no words move through memories
    uint32_t addends; // maps of the nest's size that are read [>= 1; 0: the others]
    uint32_t broadcast_count;
    const struct sdse_broadcast *broadcasts;
    uint32_t passes;     // how often each of their words is read [>= 1]
    uint32_t operations; // of the vector unit, for each word that comes out [>= 1]
    struct sdse_update update; // of SDSE_UPDATE, whose nest has a group for each weight
};

// What the right operand of a product of activations is.
enum sdse_operand_role {
    SDSE_ROLE_NOT_SAID,
    SDSE_ROLE_CACHE,     // kept from before: keys and values of earlier tokens
    SDSE_ROLE_PARAMETER, // stored with the network, though a matrix for each head
    SDSE_OPERAND_ROLES
};

// "", "cache", "parameter".
static inline const char *sdse_operand_role_name(enum sdse_operand_role role) {
    static const char *const names[SDSE_OPERAND_ROLES] = {"", "cache", "parameter"};
    return names[role];
}

struct sdse_effects;
struct sdse_residence;

struct sdse_layer {
    const char *name;
    enum sdse_layer_kind kind;
    struct sdse_nest nest;
    uint64_t repeat; // how often it is executed [>= 1]
    uint64_t steps;  // of these, one after the other with the same weights; divides
                     // repeat [>= 1]
    uint64_t in_height, in_width; // before padding [elements]
    struct sdse_move move;        // of kinds from SDSE_MAPPED_KINDS on
    // Of the others: maps of the outputs' size that are added to the finished outputs,
    // or multiplied with them, before these are put anywhere.
    uint32_t addends;
    enum sdse_operand_role role; // of the right operand of a product of activations
    // Bits of each word of that, or of each weight as it is stored; 0: as wide as the
    // accelerator's. Of weights the narrower of the two counts.
    uint32_t weight_bits;
    double density[SDSE_TENSORS]; // fraction of non-zero words, declared; 1 if not said
    const char
        *density_source; // where the densities come from; NULL = dense by default
    unsigned uncoded;    // tensors that memories store plain, whatever their format
    const char *weights_file; // .npy, relative to the workload's file; NULL = none
    bool weights_unread; // the model it was imported from has them; nobody read them
    // A layer before it whose stored weights it reads, in whatever order: they are
    // stored once; NULL: it has its own.
    const char *shares_weights;
    // Of what it reads as inputs; NULL: nothing is known. Never of layers that only
    // move words.
    const struct sdse_activations *activations;
    // Of its stored weights as plain words; NULL: not known.
    const struct sdse_weight_digits *weight_digits;
    // What an accelerator's engines do to it in a weight form, where that is worked out
    // already (costmodel/effects.h); NULL: it is not.
    const struct sdse_effects *effects;
    // Where its tensors are while it runs; NULL: in the outermost memory, all of them.
    const struct sdse_residence *residence;
    // The layer of whose rows it is some, whose tensors it shares as they are stored;
    // NULL: it is a layer by itself.
    const struct sdse_layer *whole;
    struct sdse_loc loc;
};

// Whether a layer only moves words: no MACs, no weights, no mapping.
static inline bool sdse_layer_moves(const struct sdse_layer *layer) {
    return layer->kind >= SDSE_MAPPED_KINDS;
}

// Operands of a layer that moves words.
static inline uint64_t sdse_layer_operands(const struct sdse_layer *layer) {
    return (uint64_t)layer->move.addends + layer->move.broadcast_count;
}

// Distinct words of the maps that it repeats.
static inline uint64_t sdse_layer_broadcast_words(const struct sdse_layer *layer) {
    uint64_t words = 0;
    for (uint32_t i = 0; i < layer->move.broadcast_count; i++) {
        const struct sdse_broadcast *map = &layer->move.broadcasts[i];
        words += (map->shared ? 1 : layer->nest.bound[SDSE_N]) * map->size[0] *
                 map->size[1] * map->size[2];
    }
    return words;
}

// Whether its second operand is stored with the network.
static inline bool sdse_layer_has_weights(const struct sdse_layer *layer) {
    return layer->kind < SDSE_MATMUL;
}

// Whether it has stored weights of its own: those it shares are another layer's.
static inline bool sdse_layer_stores_weights(const struct sdse_layer *layer) {
    return sdse_layer_has_weights(layer) && !layer->shares_weights;
}

// Equal layers in a row, each with weights of its own.
static inline uint64_t sdse_layer_copies(const struct sdse_layer *layer) {
    return layer->steps ? layer->repeat / layer->steps : layer->repeat;
}

// Fraction of the words of a tensor that are not zero: of inputs what is known of their
// values, before what is declared.
static inline double sdse_layer_density(const struct sdse_layer *layer,
                                        enum sdse_tensor tensor) {
    const bool known = tensor == SDSE_INPUTS && layer->activations;
    return known ? layer->activations->density : layer->density[tensor];
}

// Its MACs; the caller has checked that they fit 64 bits.
static inline uint64_t sdse_layer_macs(const struct sdse_layer *layer) {
    uint64_t macs = !sdse_layer_moves(layer);
    for (unsigned d = 0; d < SDSE_DIMS && macs; d++)
        macs *= layer->nest.bound[d];
    return macs;
}

// A node of an imported network that multiplies, or may, and is no layer.
struct sdse_not_modelled {
    const char *name, *op; // of the node, and its operator
    const char *reason;
    uint64_t weights; // that it reads; 0 = not known
};

// What a network whose layers are a step of training says of the whole.
struct sdse_training_step {
    uint64_t images;       // of one step: the batch
    uint64_t epoch_images; // of one epoch; 0 = not said
    uint64_t kept_words;   // of activations, from the forward pass to the gradients
    // Of a buffer of samples that are trained on again and again; samples 0: not said.
    uint64_t replay_samples;
    uint64_t replay_bits;       // as they are stored: frames, or what a prefix made
    uint64_t replay_frame_bits; // as frames
    uint64_t whole_macs;        // of a step that trains and runs every layer
};

// What an edge's words are to the layer that reads them.
enum sdse_edge_use {
    SDSE_EDGE_INPUTS,  // its inputs, or one of the maps that an `add` adds
    SDSE_EDGE_CONCAT,  // a range of channels of its inputs
    SDSE_EDGE_ADDEND,  // a map that is added to its finished outputs (`addends`)
    SDSE_EDGE_WEIGHTS, // the right operand of a product
    SDSE_EDGE_USES
};

// What is worked on the way, by no layer of its own.
enum sdse_edge_via {
    SDSE_VIA_NOTHING,
    SDSE_VIA_POOL,
    SDSE_VIA_SOFTMAX,
    SDSE_VIA_PRODUCT, // of an addend: multiplied with the outputs, not added
    SDSE_EDGE_VIAS
};

// "inputs", "concat", "addend", "weights"; "", "pool", "softmax", "product".
static inline const char *sdse_edge_use_name(enum sdse_edge_use use) {
    static const char *const names[SDSE_EDGE_USES] = {"inputs", "concat", "addend",
                                                      "weights"};
    return names[use];
}
static inline const char *sdse_edge_via_name(enum sdse_edge_via via) {
    static const char *const names[SDSE_EDGE_VIAS] = {"", "pool", "softmax", "product"};
    return names[via];
}

// What one layer puts out, or a range of its channels, is what the other reads. Neither
// is fused, the reader stands behind the maker, both are executed once. (A fused layer
// is part of the layer before it.)
struct sdse_workload_edge {
    size_t from, to; // layers
    enum sdse_edge_use use;
    enum sdse_edge_via via;
    uint64_t kernel[2], stride[2], pad[2]; // of SDSE_VIA_POOL: rows, columns
    uint64_t first_channel, channels;      // of the maker's; channels 0: all
    bool heads;          // cut into heads: words agree, not rows and columns
    struct sdse_loc loc; // of the reader's name; concat: of the edge
};

struct sdse_workload {
    const char *name;
    const char *source; // where the layer table comes from
    const char *file;
    size_t layer_count;
    struct sdse_layer *layers;
    size_t not_modelled_count;
    struct sdse_not_modelled *not_modelled; // what every figure leaves out
    size_t edge_count; // in the file's order; none: nothing is known of the graph
    const struct sdse_workload_edge *edges;
    uint64_t batch;
    uint64_t
        parameters_not_in_layers; // normalisation, biases, embeddings: stored, no MACs
    uint64_t round; // images that its layers are for together; 0 = not said: the batch
    const struct sdse_training_step *training; // NULL: no step of training
    struct sdse_loc loc;
};

// The layer whose stored weights a layer reads: itself, or the one it names if the
// network has it.
static inline const struct sdse_layer *
sdse_layer_weights_of(const struct sdse_workload *net, const struct sdse_layer *layer) {
    for (size_t i = 0; layer->shares_weights && i < net->layer_count; i++)
        if (strcmp(net->layers[i].name, layer->shares_weights) == 0)
            return &net->layers[i];
    return layer;
}

#endif
