// Private to import/onnx: what makes layers of nodes, and what its parts share.
#ifndef SDSE_IMPORT_ONNX_MAKER_H
#define SDSE_IMPORT_ONNX_MAKER_H

#include "import/onnx/layers.h"
#include "import/onnx/names.h"

struct sdse_maker {
    struct sdse_onnx_graph *graph;
    struct sdse_onnx_layers *out;
    size_t room; // in the lists of layers and weights
    struct sdse_names names;
    struct sdse_onnx_node *node; // being turned into a layer
    struct sdse_layer layer;
    struct sdse_onnx_weights weights;
    uint64_t steps; // of the layer: executions one after the other [>= 1]
    bool probing;   // only to see whether the batch divides everything: nothing is said
    bool odd_batch; // it does not
    bool added;     // the node's layers are in the list already
    bool out_of_memory;
    struct sdse_moves *moves; // import/onnx/moves.h; NULL while probing
};

// Says why the node becomes no layer, unless probing; always false.
bool sdse_maker_refuse(struct sdse_maker *maker, const char *check, const char *format,
                       ...) __attribute__((format(printf, 3, 4)));
// The shape of a value, or NULL and a diagnostic about the node that hides it, once per
// node.
const struct sdse_onnx_shape *sdse_maker_shape(struct sdse_maker *maker, uint32_t id);
// What is left of `rows` for each sample of the batch; false if that is no whole
// number.
bool sdse_maker_split_batch(struct sdse_maker *maker, uint64_t rows, uint64_t *each);

// The layer's loops, with N the batch and stride and dilation 1.
void sdse_maker_set_bounds(struct sdse_maker *maker, uint64_t g, uint64_t k, uint64_t c,
                           uint64_t p, uint64_t q, uint64_t r, uint64_t s);
// A pointwise convolution of what set_bounds took for its map.
void sdse_maker_set_map(struct sdse_layer *layer);
// Where the weights are; `swap`: stored as [batch][rows][columns], wanted as
// [batch][columns][rows].
void sdse_maker_set_weights(struct sdse_maker *maker,
                            const struct sdse_onnx_value *value, bool swap,
                            uint64_t batch, uint64_t rows, uint64_t columns);
void sdse_maker_set_weight_shape(struct sdse_maker *maker, unsigned rank, uint64_t a,
                                 uint64_t b, uint64_t c, uint64_t d);

// Checks the layer, names it, the node's name with `suffix`, and adds it to the list.
// Nothing while probing.
bool sdse_maker_add(struct sdse_maker *maker, const char *suffix);

// out[rows][k] += in[rows][c] * w[k][c]; `swap`: the weights are stored as [c][k].
bool sdse_maker_fc(struct sdse_maker *maker, const struct sdse_onnx_value *weights,
                   bool swap, uint64_t k, uint64_t c, uint64_t rows);

// LSTM, GRU and RNN, whose weights are constants: NAME.in, NAME.state, NAME.gates.
bool sdse_maker_recurrent(struct sdse_maker *maker);
bool sdse_onnx_is_recurrent(const char *op);

// Convolutions, and transposed ones by output phases.
bool sdse_maker_conv(struct sdse_maker *maker);
bool sdse_maker_deconv(struct sdse_maker *maker);

#endif
