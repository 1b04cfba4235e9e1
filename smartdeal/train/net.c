#include "smartdeal/train/net.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "smartdeal/synthetic.h"
#include "smartdeal/train/gemm.h"

enum { KERNEL = 3, TAPS = KERNEL * KERNEL };

// ---- shapes -----------------------------------------------------------------

static struct sdse_net_layer dense(size_t inputs, size_t outputs, bool rectify) {
    return (struct sdse_net_layer){.rectify = rectify,
                                   .channels = inputs,
                                   .filters = outputs,
                                   .height = 1,
                                   .width = 1};
}

static struct sdse_net_layer conv(size_t channels, size_t filters, size_t rows,
                                  size_t columns) {
    return (struct sdse_net_layer){.conv = true,
                                   .rectify = true,
                                   .pool = true,
                                   .channels = channels,
                                   .filters = filters,
                                   .height = rows,
                                   .width = columns};
}

struct sdse_net sdse_net_mlp(size_t rows, size_t columns, size_t hidden) {
    return (struct sdse_net){.count = 2,
                             .layer = {dense(rows * columns, hidden, true),
                                       dense(hidden, SDSE_NET_CLASSES, false)}};
}

struct sdse_net sdse_net_cnn(size_t rows, size_t columns, size_t first, size_t second) {
    assert(rows % 4 == 0 && columns % 4 == 0);
    return (struct sdse_net){
        .count = 3,
        .layer = {conv(1, first, rows, columns),
                  conv(first, second, rows / 2, columns / 2),
                  dense(second * rows * columns / 16, SDSE_NET_CLASSES, false)}};
}

size_t sdse_net_inputs(const struct sdse_net_layer *layer) {
    return layer->channels * layer->height * layer->width;
}

// Before the maxima.
static size_t sums(const struct sdse_net_layer *layer) {
    return layer->filters * layer->height * layer->width;
}

size_t sdse_net_outputs(const struct sdse_net_layer *layer) {
    return layer->pool ? sums(layer) / 4 : sums(layer);
}

// Words of one filter.
static size_t filter_words(const struct sdse_net_layer *layer) {
    return layer->channels * (layer->conv ? TAPS : 1);
}

size_t sdse_net_weights(const struct sdse_net_layer *layer) {
    return layer->filters * filter_words(layer);
}

// ---- parameters -------------------------------------------------------------

enum sdse_status sdse_net_values_new(const struct sdse_net *net,
                                     struct sdse_net_values *out) {
    *out = (struct sdse_net_values){0};
    for (unsigned i = 0; i < net->count; i++) {
        out->weights[i] = calloc(sdse_net_weights(&net->layer[i]), sizeof(float));
        out->biases[i] = calloc(net->layer[i].filters, sizeof(float));
        if (!out->weights[i] || !out->biases[i])
            return SDSE_NO_MEMORY;
    }
    return SDSE_OK;
}

void sdse_net_values_free(struct sdse_net_values *values) {
    for (unsigned i = 0; i < SDSE_NET_LAYERS; i++) {
        free(values->weights[i]);
        free(values->biases[i]);
    }
    *values = (struct sdse_net_values){0};
}

void sdse_net_values_copy(const struct sdse_net *net,
                          const struct sdse_net_values *from,
                          const struct sdse_net_values *to) {
    for (unsigned i = 0; i < net->count; i++) {
        memcpy(to->weights[i], from->weights[i],
               sdse_net_weights(&net->layer[i]) * sizeof(float));
        memcpy(to->biases[i], from->biases[i], net->layer[i].filters * sizeof(float));
    }
}

void sdse_net_draw(const struct sdse_net_layer *layer, uint64_t seed, float *weights,
                   float *biases) {
    const double sigma = sqrt(2.0 / (double)filter_words(layer));
    for (size_t i = 0; i < sdse_net_weights(layer); i++) {
        double sum = -6;
        for (int j = 0; j < 12; j++)
            sum += (double)(sdse_random_u64(&seed) >> 32) * 0x1p-32;
        weights[i] = (float)(sigma * sum);
    }
    memset(biases, 0, layer->filters * sizeof *biases);
}

// ---- space ------------------------------------------------------------------

struct sdse_net_space {
    struct sdse_gemm_space gemm;
    float *sum[SDSE_NET_LAYERS]; // samples x filters x height x width, rectified
    float *out[SDSE_NET_LAYERS]; // with maxima; the same as sum without
    float *columns;              // the windows of one sample: channels x 9, places
    float *error, *before;       // gradients of a layer's sums and of its inputs
};

static float *floats(size_t count) { return calloc(count, sizeof(float)); }

struct sdse_net_space *sdse_net_space_new(const struct sdse_net *net) {
    struct sdse_net_space *space = calloc(1, sizeof *space);
    size_t most = 0, columns = 1;
    if (!space)
        return NULL;
    bool ok = true;
    for (unsigned i = 0; i < net->count; i++) {
        const struct sdse_net_layer *layer = &net->layer[i];
        const size_t in = sdse_net_inputs(layer), all = sums(layer);
        most = in > most ? in : most;
        most = all > most ? all : most;
        if (layer->conv && in * TAPS > columns)
            columns = in * TAPS;
        space->sum[i] = floats(SDSE_NET_SAMPLES * all);
        space->out[i] = layer->pool ? floats(SDSE_NET_SAMPLES * sdse_net_outputs(layer))
                                    : space->sum[i];
        ok &= space->sum[i] && space->out[i];
    }
    space->columns = floats(columns);
    space->error = floats(SDSE_NET_SAMPLES * most);
    space->before = floats(SDSE_NET_SAMPLES * most);
    if (ok && space->columns && space->error && space->before)
        return space;
    sdse_net_space_free(space);
    return NULL;
}

void sdse_net_space_free(struct sdse_net_space *space) {
    if (!space)
        return;
    for (unsigned i = 0; i < SDSE_NET_LAYERS; i++) {
        if (space->out[i] != space->sum[i])
            free(space->out[i]);
        free(space->sum[i]);
    }
    free(space->columns);
    free(space->error);
    free(space->before);
    free(space);
}

// ---- forward ----------------------------------------------------------------

static struct sdse_gemm_matrix plain(const float *data, size_t columns) {
    return (struct sdse_gemm_matrix){data, columns, 1};
}

static struct sdse_gemm_matrix turned(const float *data, size_t columns) {
    return (struct sdse_gemm_matrix){data, 1, columns};
}

// Row (channel, r, s) of `columns` is what tap (r, s) reads at every place.
static void gather(const struct sdse_net_layer *l, const float *in, float *columns) {
    for (size_t c = 0; c < l->channels; c++)
        for (size_t tap = 0; tap < TAPS; tap++)
            for (size_t y = 0; y < l->height; y++) {
                // One more than the row that is read: 0 is the padding above.
                const size_t row = y + tap / KERNEL, s = tap % KERNEL;
                const bool there = row >= 1 && row <= l->height;
                const float *from =
                    in + (there ? (c * l->height + row - 1) * l->width : 0);
                for (size_t x = 0; x < l->width; x++, columns++)
                    *columns =
                        there && x + s >= 1 && x + s <= l->width ? from[x + s - 1] : 0;
            }
}

// The transpose of gather: every tap's gradient goes back to what it read.
static void scatter(const struct sdse_net_layer *l, const float *columns, float *in) {
    memset(in, 0, sdse_net_inputs(l) * sizeof *in);
    for (size_t c = 0; c < l->channels; c++)
        for (size_t tap = 0; tap < TAPS; tap++)
            for (size_t y = 0; y < l->height; y++) {
                const size_t row = y + tap / KERNEL, s = tap % KERNEL;
                const bool there = row >= 1 && row <= l->height;
                float *to = in + (there ? (c * l->height + row - 1) * l->width : 0);
                for (size_t x = 0; x < l->width; x++, columns++)
                    if (there && x + s >= 1 && x + s <= l->width)
                        to[x + s - 1] += *columns;
            }
}

// The place of the largest of 2 x 2, as an offset into the filter's map; the first
// where several are.
static size_t largest(const float *map, size_t width, size_t y, size_t x) {
    size_t best = 2 * y * width + 2 * x;
    const size_t others[3] = {best + 1, best + width, best + width + 1};
    for (int i = 0; i < 3; i++)
        if (map[others[i]] > map[best])
            best = others[i];
    return best;
}

static void pool(const struct sdse_net_layer *l, const float *sum, float *out) {
    const size_t size = l->height * l->width;
    for (size_t f = 0; f < l->filters; f++, sum += size)
        for (size_t y = 0; y < l->height / 2; y++)
            for (size_t x = 0; x < l->width / 2; x++)
                *out++ = sum[largest(sum, l->width, y, x)];
}

static void finish(const struct sdse_net_layer *l, const float *biases, float *sum) {
    const size_t size = l->height * l->width;
    for (size_t f = 0; f < l->filters; f++)
        for (size_t i = 0; i < size; i++, sum++) {
            const float value = *sum + biases[f];
            *sum = l->rectify && value < 0 ? 0 : value;
        }
}

static void layer_forward(const struct sdse_net_layer *l, const float *weights,
                          const float *biases, const float *in, size_t count,
                          struct sdse_net_space *space, float *sum, float *out) {
    const size_t places = l->height * l->width, words = filter_words(l);
    if (!l->conv)
        sdse_gemm(count, l->filters, words, plain(in, words), turned(weights, words),
                  sum, false, &space->gemm);
    for (size_t i = 0; i < count; i++) {
        float *mine = sum + i * sums(l);
        if (l->conv) {
            gather(l, in + i * sdse_net_inputs(l), space->columns);
            sdse_gemm(l->filters, places, words, plain(weights, words),
                      plain(space->columns, places), mine, false, &space->gemm);
        }
        finish(l, biases, mine);
        if (l->pool)
            pool(l, mine, out + i * sdse_net_outputs(l));
    }
}

const float *sdse_net_forward(const struct sdse_net *net,
                              const struct sdse_net_values *values,
                              const float *samples, size_t count,
                              struct sdse_net_space *space) {
    const float *in = samples;
    assert(count <= SDSE_NET_SAMPLES);
    for (unsigned i = 0; i < net->count; i++) {
        layer_forward(&net->layer[i], values->weights[i], values->biases[i], in, count,
                      space, space->sum[i], space->out[i]);
        in = space->out[i];
    }
    return in;
}

unsigned sdse_net_best(const float *outputs) {
    unsigned best = 0;
    for (unsigned i = 1; i < SDSE_NET_CLASSES; i++)
        if (outputs[i] > outputs[best])
            best = i;
    return best;
}

// ---- backward ---------------------------------------------------------------

// Cross entropy of softmax, and its gradient by the outputs times `scale`.
static double entropy(const float *outputs, uint8_t label, float scale, float *error) {
    const double most = (double)outputs[sdse_net_best(outputs)];
    double e[SDSE_NET_CLASSES], sum = 0;
    for (unsigned i = 0; i < SDSE_NET_CLASSES; i++)
        sum += e[i] = exp((double)outputs[i] - most);
    for (unsigned i = 0; i < SDSE_NET_CLASSES; i++)
        error[i] = (float)((double)scale * (e[i] / sum - (i == label)));
    return log(sum) + most - (double)outputs[label];
}

// The gradient by a layer's outputs becomes that by its sums.
static void unpool(const struct sdse_net_layer *l, const float *sum, const float *out,
                   float *error) {
    const size_t size = l->height * l->width;
    memset(error, 0, sums(l) * sizeof *error);
    for (size_t f = 0; f < l->filters; f++, sum += size, error += size)
        for (size_t y = 0; y < l->height / 2; y++)
            for (size_t x = 0; x < l->width / 2; x++)
                error[largest(sum, l->width, y, x)] = *out++;
}

static void unrectify(const struct sdse_net_layer *l, const float *sum, float *error) {
    for (size_t i = 0; l->rectify && i < sums(l); i++)
        if (!(sum[i] > 0))
            error[i] = 0;
}

static void bias_gradient(const struct sdse_net_layer *l, const float *error,
                          size_t count, float *biases) {
    const size_t size = l->height * l->width;
    for (size_t f = 0; f < l->filters; f++) {
        double sum = 0;
        for (size_t i = 0; i < count; i++)
            for (size_t p = 0; p < size; p++)
                sum += (double)error[i * sums(l) + f * size + p];
        biases[f] = (float)sum;
    }
}

// From the gradient by the sums (space->error): those of the weights, and of the inputs
// (space->before) unless this is the first layer.
static void layer_backward(const struct sdse_net_layer *l, const float *weights,
                           const float *in, size_t count, bool first,
                           struct sdse_net_space *space, float *gradient) {
    const size_t places = l->height * l->width, words = filter_words(l);
    float *error = space->error, *before = space->before;
    if (!l->conv) {
        sdse_gemm(l->filters, words, count, turned(error, l->filters), plain(in, words),
                  gradient, false, &space->gemm);
        if (!first)
            sdse_gemm(count, words, l->filters, plain(error, l->filters),
                      plain(weights, words), before, false, &space->gemm);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        const float *mine = error + i * sums(l);
        gather(l, in + i * sdse_net_inputs(l), space->columns);
        sdse_gemm(l->filters, words, places, plain(mine, places),
                  turned(space->columns, places), gradient, i > 0, &space->gemm);
        if (first)
            continue;
        sdse_gemm(words, places, l->filters, turned(weights, words),
                  plain(mine, places), space->columns, false, &space->gemm);
        scatter(l, space->columns, before + i * sdse_net_inputs(l));
    }
}

double sdse_net_backward(const struct sdse_net *net,
                         const struct sdse_net_values *values, const float *samples,
                         const uint8_t *labels, size_t count, float scale,
                         struct sdse_net_space *space,
                         const struct sdse_net_values *gradients) {
    const float *outputs = sdse_net_forward(net, values, samples, count, space);
    double loss = 0;
    for (size_t i = 0; i < count; i++)
        loss += entropy(outputs + i * SDSE_NET_CLASSES, labels[i], scale,
                        space->before + i * SDSE_NET_CLASSES);
    for (unsigned n = net->count; n-- > 0;) {
        const struct sdse_net_layer *l = &net->layer[n];
        for (size_t i = 0; i < count; i++) {
            const float *sum = space->sum[n] + i * sums(l);
            const float *out = space->before + i * sdse_net_outputs(l);
            float *error = space->error + i * sums(l);
            if (l->pool)
                unpool(l, sum, out, error);
            else
                memcpy(error, out, sums(l) * sizeof *error);
            unrectify(l, sum, error);
        }
        bias_gradient(l, space->error, count, gradients->biases[n]);
        layer_backward(l, values->weights[n], n ? space->out[n - 1] : samples, count,
                       n == 0, space, gradients->weights[n]);
    }
    return loss;
}
