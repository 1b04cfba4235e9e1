// The small networks that are trained: fully connected layers, and 3 x 3 convolutions
// with maxima over 2 x 2; rectifiers between; softmax and cross entropy at the end.
#ifndef SDSE_SMARTDEAL_TRAIN_NET_H
#define SDSE_SMARTDEAL_TRAIN_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

enum {
    SDSE_NET_LAYERS = 4,
    SDSE_NET_CLASSES = 10,
    SDSE_NET_SAMPLES = 64, // most that one space holds
};

// Input channels x height x width, or `channels` numbers of a fully connected layer
// (height = width = 1). A convolution pads with one zero on each side, stride 1; then
// the rectifier; then, where `pool`, the maximum of each 2 x 2 (height, width even).
struct sdse_net_layer {
    bool conv, rectify, pool;
    size_t channels, filters, height, width;
};

struct sdse_net {
    unsigned count;
    struct sdse_net_layer layer[SDSE_NET_LAYERS];
};

// inputs - hidden - 10.
struct sdse_net sdse_net_mlp(size_t rows, size_t columns, size_t hidden);
// conv to `first` filters, pool, conv to `second`, pool, fully connected to 10. rows
// and columns are multiples of 4.
struct sdse_net sdse_net_cnn(size_t rows, size_t columns, size_t first, size_t second);

// Numbers: of one sample's input and output of a layer, its weights.
size_t sdse_net_inputs(const struct sdse_net_layer *layer);
size_t sdse_net_outputs(const struct sdse_net_layer *layer);
size_t sdse_net_weights(const struct sdse_net_layer *layer);

// A network's parameters, or their gradients: filters x channels (x 3 x 3), and one
// bias for each filter.
struct sdse_net_values {
    float *weights[SDSE_NET_LAYERS], *biases[SDSE_NET_LAYERS];
};

// Zeros. SDSE_OK or SDSE_NO_MEMORY; *out is to be freed after either.
enum sdse_status sdse_net_values_new(const struct sdse_net *net,
                                     struct sdse_net_values *out);
void sdse_net_values_free(struct sdse_net_values *values);
void sdse_net_values_copy(const struct sdse_net *net,
                          const struct sdse_net_values *from,
                          const struct sdse_net_values *to);
// Draws one layer's weights: bell-shaped, variance 2 / fan-in (smartdeal/synthetic.h's
// numbers, without its spread of filters); biases 0.
void sdse_net_draw(const struct sdse_net_layer *layer, uint64_t seed, float *weights,
                   float *biases);

// What one thread needs to run up to SDSE_NET_SAMPLES samples. NULL when memory is out.
struct sdse_net_space *sdse_net_space_new(const struct sdse_net *net);
void sdse_net_space_free(struct sdse_net_space *space);

// Runs `count` samples (count x inputs); the result, count x 10, is the space's.
const float *sdse_net_forward(const struct sdse_net *net,
                              const struct sdse_net_values *values,
                              const float *samples, size_t count,
                              struct sdse_net_space *space);

// Forward and backward: gradients = those of `scale` times the sum of the samples'
// cross entropies; returns that sum without the scale, in nats. labels in 0 … 9.
double sdse_net_backward(const struct sdse_net *net,
                         const struct sdse_net_values *values, const float *samples,
                         const uint8_t *labels, size_t count, float scale,
                         struct sdse_net_space *space,
                         const struct sdse_net_values *gradients);

// The first of the largest outputs of one sample.
unsigned sdse_net_best(const float *outputs);

#endif
