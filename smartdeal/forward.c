#include "smartdeal/forward.h"

#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "base/pool.h"
#include "smartdeal/density.h"
#include "smartdeal/rebuild.h"

// Eight products of a weight of at most 8 bits and an 8-bit activation fit 16 bits
// each.
typedef int8_t bytes8 __attribute__((vector_size(8)));
typedef int16_t shorts8 __attribute__((vector_size(16)));
typedef int32_t ints8 __attribute__((vector_size(32)));
enum { WIDTH = 8 };

uint64_t sdse_conv_out(uint64_t in, uint64_t taps, uint32_t pad, uint32_t stride,
                       uint32_t dilation) {
    uint64_t padded = in + 2 * (uint64_t)pad, extent = (taps - 1) * dilation + 1;
    return padded < extent ? 0 : (padded - extent) / stride + 1;
}

static bool sums_fit(const struct sdse_weight_shape *shape, uint32_t weight_bits) {
    // |word| < 2^(bits - 1), |activation| <= 2^7.
    uint64_t taps, largest;
    return sdse_mul_u64(shape->channels, shape->kernel_rows, &taps) &&
           sdse_mul_u64(taps, shape->kernel_columns, &taps) &&
           sdse_mul_u64(taps, UINT64_C(1) << (weight_bits + 6), &largest) &&
           largest <= INT32_MAX;
}

static struct sdse_conv_geometry out_size(const struct sdse_weight_shape *shape,
                                          const struct sdse_conv_geometry *g) {
    struct sdse_conv_geometry out = *g;
    out.in_rows = sdse_conv_out(g->in_rows, shape->kernel_rows, g->pad[0], g->stride[0],
                                g->dilation[0]);
    out.in_columns = sdse_conv_out(g->in_columns, shape->kernel_columns, g->pad[1],
                                   g->stride[1], g->dilation[1]);
    return out;
}

static int32_t dense_sum(const struct sdse_weight_shape *shape,
                         const struct sdse_conv_geometry *g, const int8_t *in,
                         const int16_t *words, uint64_t p, uint64_t q) {
    int32_t sum = 0;
    for (uint64_t c = 0; c < shape->channels; c++) {
        for (uint64_t r = 0; r < shape->kernel_rows; r++) {
            uint64_t row = p * g->stride[0] + r * g->dilation[0] - g->pad[0];
            if (row >= g->in_rows)
                continue; // above (wrapped round) or below the image
            for (uint64_t s = 0; s < shape->kernel_columns; s++) {
                uint64_t col = q * g->stride[1] + s * g->dilation[1] - g->pad[1];
                if (col >= g->in_columns)
                    continue;
                sum += words[(c * shape->kernel_rows + r) * shape->kernel_columns + s] *
                       in[(c * g->in_rows + row) * g->in_columns + col];
            }
        }
    }
    return sum;
}

bool sdse_forward_dense(const struct sdse_weight_shape *shape,
                        const struct sdse_conv_geometry *geometry, const int8_t *in,
                        const int16_t *words, uint32_t weight_bits, int32_t *out) {
    if (!sums_fit(shape, weight_bits))
        return false;
    struct sdse_conv_geometry o = out_size(shape, geometry);
    uint64_t image = geometry->in_rows * geometry->in_columns * shape->channels;
    uint64_t each = shape->channels * shape->kernel_rows * shape->kernel_columns;
    for (uint64_t filter = 0; filter < shape->groups * shape->filters; filter++) {
        const int8_t *group = in + filter / shape->filters * image;
        for (uint64_t p = 0; p < o.in_rows; p++)
            for (uint64_t q = 0; q < o.in_columns; q++)
                *out++ = dense_sum(shape, geometry, group, words + filter * each, p, q);
    }
    return true;
}

struct job {
    const struct sdse_coded_layer *layer;
    const struct sdse_conv_geometry *geometry;
    struct sdse_conv_geometry out_geometry;
    const int8_t *in;
    int32_t *out;
    int16_t *words;    // of the filter in hand, per worker
    uint8_t *zero_row; // filters x channels x kernel_rows
};

// out[q] += w * in[q] for q < count, w of at most 8 bits.
static void add_scaled(int32_t *out, const int8_t *in, int16_t w, uint64_t count) {
    const shorts8 weight = {w, w, w, w, w, w, w, w};
    uint64_t q = 0;
    for (; q + WIDTH <= count; q += WIDTH) {
        bytes8 x;
        ints8 sum;
        memcpy(&x, in + q, sizeof x);
        memcpy(&sum, out + q, sizeof sum);
        shorts8 product = __builtin_convertvector(x, shorts8) * weight;
        sum += __builtin_convertvector(product, ints8);
        memcpy(out + q, &sum, sizeof sum);
    }
    for (; q < count; q++)
        out[q] += w * in[q];
}

// First and one past the last output position whose tap falls into [0, in).
static void tap_range(uint64_t in, uint64_t out, uint64_t offset, uint32_t pad,
                      uint32_t stride, uint64_t *first, uint64_t *end) {
    *first = offset >= pad ? 0 : sdse_ceil_div_u64(pad - offset, stride);
    uint64_t limit = in + pad; // position * stride + offset < limit
    *end = offset >= limit ? 0 : sdse_ceil_div_u64(limit - offset, stride);
    if (*end > out)
        *end = out;
}

// Adds one tap of one channel to a filter's output image.
static void add_tap(const struct job *job, const int8_t *channel, int16_t w, uint64_t r,
                    uint64_t s, int32_t *out) {
    const struct sdse_conv_geometry *g = job->geometry;
    const struct sdse_conv_geometry *o = &job->out_geometry;
    uint64_t p, p_end, q, q_end, row_at = r * g->dilation[0], at = s * g->dilation[1];
    tap_range(g->in_rows, o->in_rows, row_at, g->pad[0], g->stride[0], &p, &p_end);
    tap_range(g->in_columns, o->in_columns, at, g->pad[1], g->stride[1], &q, &q_end);
    if (q >= q_end)
        return;
    for (; p < p_end; p++) {
        uint64_t row = p * g->stride[0] + row_at - g->pad[0];
        const int8_t *in = channel + row * g->in_columns;
        int32_t *to = out + p * o->in_columns;
        if (g->stride[1] == 1 && w >= -128 && w <= 127) {
            add_scaled(to + q, in + (q + at - g->pad[1]), w, q_end - q);
            continue;
        }
        for (uint64_t i = q; i < q_end; i++)
            to[i] += w * in[i * g->stride[1] + at - g->pad[1]];
    }
}

static int32_t dot(const int16_t *w, const int8_t *x, uint64_t count, bool narrow) {
    int32_t sum = 0;
    uint64_t i = 0;
    if (narrow) {
        ints8 lanes = {0, 0, 0, 0, 0, 0, 0, 0};
        for (; i + WIDTH <= count; i += WIDTH) {
            shorts8 a;
            bytes8 b;
            memcpy(&a, w + i, sizeof a);
            memcpy(&b, x + i, sizeof b);
            shorts8 product = a * __builtin_convertvector(b, shorts8);
            lanes += __builtin_convertvector(product, ints8);
        }
        for (int lane = 0; lane < WIDTH; lane++)
            sum += lanes[lane];
    }
    for (; i < count; i++)
        sum += w[i] * x[i];
    return sum;
}

static void forward_filter(void *context, unsigned worker, size_t filter) {
    const struct job *job = context;
    const struct sdse_weight_shape *shape = &job->layer->shape;
    const struct sdse_conv_geometry *g = job->geometry, *o = &job->out_geometry;
    uint64_t rows = shape->channels * shape->kernel_rows, width = shape->kernel_columns;
    uint64_t area = g->in_rows * g->in_columns, outputs = o->in_rows * o->in_columns;
    int16_t *words = job->words + worker * rows * width;
    const int8_t *in = job->in + filter / shape->filters * shape->channels * area;
    int32_t *out = job->out + filter * outputs;
    uint8_t *zero_row = job->zero_row + filter * rows;
    sdse_rebuild_filter(job->layer, filter, words);
    for (uint64_t row = 0; row < rows; row++) {
        zero_row[row] = 1;
        for (uint64_t s = 0; s < width; s++)
            zero_row[row] = zero_row[row] && !words[row * width + s];
    }
    if (rows * width == shape->channels && area == 1 && outputs == 1) {
        out[0] = dot(words, in, rows, job->layer->weight_bits <= 8);
        return;
    }
    memset(out, 0, outputs * sizeof *out);
    for (uint64_t row = 0; row < rows; row++) {
        if (zero_row[row])
            continue;
        const int8_t *channel = in + row / shape->kernel_rows * area;
        for (uint64_t s = 0; s < width; s++)
            if (words[row * width + s])
                add_tap(job, channel, words[row * width + s], row % shape->kernel_rows,
                        s, out);
    }
}

static void count_joint_rows(const uint8_t *zero_row, uint64_t filters, uint64_t rows,
                             uint32_t size, uint64_t *all, uint64_t *zero) {
    for (uint64_t first = 0; first < filters; first += size) {
        uint64_t end = filters - first < size ? filters : first + size;
        for (uint64_t row = 0; row < rows; row++) {
            bool dead = true;
            for (uint64_t f = first; f < end && dead; f++)
                dead = zero_row[f * rows + row];
            *all += 1;
            *zero += dead;
        }
    }
}

static void count(const struct job *job, struct sdse_forward_counts *counts) {
    const struct sdse_coded_layer *layer = job->layer;
    const struct sdse_weight_shape *shape = &layer->shape;
    const struct sdse_conv_geometry *g = job->geometry, *o = &job->out_geometry;
    uint64_t rows = shape->channels * shape->kernel_rows;
    uint64_t outputs = o->in_rows * o->in_columns;
    struct sdse_forward_counts c = {.shift_adds = sdse_rebuild_shift_adds(layer)};
    for (int i = 0; i < SDSE_SHARINGS; i++)
        count_joint_rows(job->zero_row, layer->filters, rows, sdse_sharing_filters[i],
                         &c.joint_weight_rows[i], &c.zero_joint_weight_rows[i]);
    c.weight_rows = c.joint_weight_rows[0];
    c.zero_weight_rows = c.zero_joint_weight_rows[0];
    c.macs = c.weight_rows * shape->kernel_columns * outputs;
    c.skipped_macs = c.zero_weight_rows * shape->kernel_columns * outputs;
    c.activation_rows = shape->groups * shape->channels * g->in_rows;
    for (uint64_t row = 0; row < c.activation_rows; row++) {
        const int8_t *x = job->in + row * g->in_columns;
        bool zero = true;
        for (uint64_t i = 0; i < g->in_columns && zero; i++)
            zero = x[i] == 0;
        c.zero_activation_rows += zero;
    }
    sdse_count_digits(job->in, c.activation_rows * g->in_columns, &c.digits);
    *counts = c;
}

// NOLINTBEGIN(readability-non-const-parameter): `out` is written through the job
enum sdse_status sdse_forward_coded(const struct sdse_coded_layer *layer,
                                    const struct sdse_conv_geometry *geometry,
                                    const int8_t *in, unsigned threads, int32_t *out,
                                    struct sdse_forward_counts *counts) {
    // NOLINTEND(readability-non-const-parameter)
    const struct sdse_weight_shape *shape = &layer->shape;
    if (!sums_fit(shape, layer->weight_bits))
        return SDSE_OVERFLOW;
    if (!threads)
        threads = sdse_processors();
    uint64_t rows = shape->channels * shape->kernel_rows;
    struct job job = {.layer = layer,
                      .geometry = geometry,
                      .out_geometry = out_size(shape, geometry),
                      .in = in,
                      .out = out};
    job.words = malloc(threads * rows * shape->kernel_columns * sizeof *job.words);
    job.zero_row = malloc(layer->filters * rows);
    enum sdse_status status = SDSE_NO_MEMORY;
    if (job.words && job.zero_row)
        status = sdse_parallel_for(layer->filters, threads, forward_filter, &job);
    if (status == SDSE_OK && counts)
        count(&job, counts);
    free(job.words);
    free(job.zero_row);
    return status;
}
