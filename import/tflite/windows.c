// Convolutions, transposed ones and pools as layers.
#include <inttypes.h>

#include "base/checked.h"
#include "import/tflite/reading.h"

// Fields of their options in schema.fbs.
enum { PADDING = 0, POOL_COLUMNS = 3, POOL_ROWS = 4 };
enum { SAME = 0 };

// Those of each axis, rows before columns, the depth before both.
struct axis_fields {
    unsigned stride[3], dilation[3];
};

static const struct axis_fields conv_fields = {{2, 1}, {5, 4}},
                                depthwise_fields = {{2, 1}, {6, 5}},
                                conv3d_fields = {{1, 3, 2}, {5, 7, 6}},
                                undilated_fields = {{2, 1}, {0}};

// Depth, rows or columns of a window's operator.
struct axis {
    uint64_t in, out, kernel, stride, dilation;
    uint64_t before, after; // padding
};

static bool fit_axis(struct axis *a, bool same) {
    uint64_t reach, needed, padded;
    if (!sdse_mul_u64(a->kernel - 1, a->dilation, &reach) ||
        !sdse_mul_u64(a->out - 1, a->stride, &needed) ||
        !sdse_add_u64(needed, reach + 1, &needed))
        return false;
    if (same && a->out != sdse_ceil_div_u64(a->in, a->stride))
        return false;
    if (same && needed > a->in) {
        a->before = (needed - a->in) / 2;
        a->after = needed - a->in - a->before;
    }
    padded = a->in + a->before + a->after;
    return reach + 1 <= padded && (padded - reach - 1) / a->stride + 1 == a->out;
}

// A transposed one: outputs are (in - 1) stride + kernel - padding + what is behind.
static bool fit_transposed(struct axis *a, bool same, uint64_t *behind) {
    uint64_t whole;
    if (!sdse_mul_u64(a->in - 1, a->stride, &whole) ||
        !sdse_add_u64(whole, a->kernel, &whole))
        return false;
    *behind = a->out > whole ? a->out - whole : 0;
    const uint64_t padding = whole > a->out ? whole - a->out : 0;
    if (!same && padding)
        return false;
    a->before = padding / 2;
    a->after = padding - a->before;
    return *behind < a->stride;
}

static void print_axes(FILE *out, const char *key, uint64_t rows, uint64_t columns) {
    fprintf(out, ", %s: [%" PRIu64 ", %" PRIu64 "]", key, rows, columns);
}

static void print_window(FILE *out, const struct axis a[2]) {
    print_axes(out, "kernel", a[0].kernel, a[1].kernel);
    print_axes(out, "stride", a[0].stride, a[1].stride);
    fprintf(out, ", pad: [[%" PRIu64 ", %" PRIu64 "], [%" PRIu64 ", %" PRIu64 "]]",
            a[0].before, a[0].after, a[1].before, a[1].after);
}

static bool has_rank(const struct tflite_tensor *tensor, unsigned rank) {
    return tensor && tensor->known && tensor->rank == rank;
}

static bool is_same(struct sdse_tflite_reader *r, const struct tflite_operator *op) {
    return sdse_flat_u64(&r->m.flat, op->options, PADDING, 1, 0) == SAME;
}

// Strides and dilations of the options, 1 … 2^20.
static bool take_window(struct sdse_tflite_reader *r, const struct tflite_operator *op,
                        const struct axis_fields *fields, unsigned axes,
                        struct axis *a) {
    struct sdse_flat *flat = &r->m.flat;
    for (unsigned i = 0; i < axes; i++) {
        const unsigned dilation = fields->dilation[i];
        const int64_t stride =
            sdse_flat_i64(flat, op->options, fields->stride[i], 4, 0);
        const int64_t step =
            dilation ? sdse_flat_i64(flat, op->options, dilation, 4, 1) : 1;
        if (stride < 1 || step < 1 || stride > 1 << 20 || step > 1 << 20)
            return false;
        a[i].stride = (uint64_t)stride;
        a[i].dilation = (uint64_t)step;
    }
    return true;
}

// The same, and the paddings that the shapes then need.
static bool fit_window(struct sdse_tflite_reader *r, const struct tflite_operator *op,
                       const struct axis_fields *fields, unsigned axes,
                       struct axis *a) {
    const bool same = is_same(r, op);
    bool fits = take_window(r, op, fields, axes, a);
    for (unsigned i = 0; fits && i < axes; i++)
        fits = fit_axis(&a[i], same);
    return fits;
}

bool sdse_tflite_add_conv(struct sdse_tflite_reader *r,
                          const struct tflite_operator *op, const char *name) {
    static const unsigned filters[] = {0, 3, 1, 2}, channels[] = {3, 0, 1, 2};
    const bool depthwise = op->code == TFLITE_DEPTHWISE_CONV_2D;
    const struct tflite_tensor *x = sdse_tflite_input(&r->m, op, 0),
                               *w = sdse_tflite_input(&r->m, op, 1),
                               *y = sdse_tflite_output(&r->m, op, 0);
    if (!has_rank(x, 4) || !has_rank(w, 4) || !has_rank(y, 4))
        return sdse_tflite_bad_shape(
            r, name, "maps and weights of four known extents are needed");
    struct axis a[2];
    for (unsigned i = 0; i < 2; i++)
        a[i] = (struct axis){
            .in = x->shape[1 + i], .out = y->shape[1 + i], .kernel = w->shape[1 + i]};
    const uint64_t in = x->shape[3], out = y->shape[3];
    const uint64_t own = depthwise ? 1 : w->shape[3]; // input channels of a filter
    if (!fit_window(r, op, depthwise ? &depthwise_fields : &conv_fields, 2, a))
        return sdse_tflite_bad_shape(
            r, name, "what it puts out is not what its window makes of its input");
    if (in % own || out % (in / own) || w->shape[depthwise ? 3 : 0] != out ||
        (depthwise && w->shape[0] != 1) || y->shape[0] != x->shape[0])
        return sdse_tflite_bad_shape(r, name,
                                     "channels of map, weights and result disagree");
    if (!sdse_tflite_has_batch(r, name, x->shape[0]))
        return false;
    const bool plain = depthwise && out == in;
    FILE *file = r->layers.out;
    sdse_tflite_begin_layer(r, name);
    fprintf(file, ", kind: %s, in: [%" PRIu64 ", %" PRIu64 ", %" PRIu64 "]",
            plain ? "dwconv" : "conv", in, a[0].in, a[1].in);
    if (!plain)
        fprintf(file, ", out_channels: %" PRIu64, out);
    if (!plain && in != own)
        fprintf(file, ", groups: %" PRIu64, in / own);
    print_window(file, a);
    print_axes(file, "dilation", a[0].dilation, a[1].dilation);
    fputs("}\n", file);
    return sdse_tflite_add_weights(r, name, plain ? "dwconv" : "conv", w, 4,
                                   depthwise ? channels : filters);
}

static void print_each(FILE *out, const char *key, const uint64_t value[3]) {
    fprintf(out, ", %s: [%" PRIu64 ", %" PRIu64 ", %" PRIu64 "]", key, value[0],
            value[1], value[2]);
}

// Weights are [depth][rows][columns][channels of a group][filters].
bool sdse_tflite_add_conv3d(struct sdse_tflite_reader *r,
                            const struct tflite_operator *op, const char *name) {
    static const unsigned filters[] = {4, 3, 0, 1, 2};
    const struct tflite_tensor *x = sdse_tflite_input(&r->m, op, 0),
                               *w = sdse_tflite_input(&r->m, op, 1),
                               *y = sdse_tflite_output(&r->m, op, 0);
    if (!has_rank(x, 5) || !has_rank(w, 5) || !has_rank(y, 5))
        return sdse_tflite_bad_shape(
            r, name, "maps and weights of five known extents are needed");
    struct axis a[3];
    for (unsigned i = 0; i < 3; i++)
        a[i] = (struct axis){
            .in = x->shape[1 + i], .out = y->shape[1 + i], .kernel = w->shape[i]};
    if (!fit_window(r, op, &conv3d_fields, 3, a))
        return sdse_tflite_bad_shape(
            r, name, "what it puts out is not what its window makes of its input");
    const uint64_t in = x->shape[4], out = y->shape[4];
    if (in % w->shape[3] || out % (in / w->shape[3]) || w->shape[4] != out ||
        y->shape[0] != x->shape[0])
        return sdse_tflite_bad_shape(r, name,
                                     "channels of map, weights and result disagree");
    if (!sdse_tflite_has_batch(r, name, x->shape[0]))
        return false;
    FILE *file = r->layers.out;
    sdse_tflite_begin_layer(r, name);
    fprintf(file,
            ", kind: conv3d, in: [%" PRIu64 ", %" PRIu64 ", %" PRIu64 ", %" PRIu64
            "], out_channels: %" PRIu64 ", groups: %" PRIu64 ", pad: [",
            in, a[0].in, a[1].in, a[2].in, out, in / w->shape[3]);
    for (unsigned i = 0; i < 3; i++)
        fprintf(file, "%s[%" PRIu64 ", %" PRIu64 "]", i ? ", " : "", a[i].before,
                a[i].after);
    putc(']', file);
    print_each(file, "kernel",
               (const uint64_t[]){a[0].kernel, a[1].kernel, a[2].kernel});
    print_each(file, "stride",
               (const uint64_t[]){a[0].stride, a[1].stride, a[2].stride});
    print_each(file, "dilation",
               (const uint64_t[]){a[0].dilation, a[1].dilation, a[2].dilation});
    fputs("}\n", file);
    return sdse_tflite_add_weights(r, name, "conv", w, 5, filters);
}

bool sdse_tflite_add_transposed(struct sdse_tflite_reader *r,
                                const struct tflite_operator *op, const char *name) {
    const struct tflite_tensor *w = sdse_tflite_input(&r->m, op, 1),
                               *x = sdse_tflite_input(&r->m, op, 2),
                               *y = sdse_tflite_output(&r->m, op, 0);
    if (!has_rank(x, 4) || !has_rank(w, 4) || !has_rank(y, 4))
        return sdse_tflite_bad_shape(
            r, name, "maps and weights of four known extents are needed");
    struct axis a[2];
    uint64_t behind[2];
    for (unsigned i = 0; i < 2; i++)
        a[i] = (struct axis){
            .in = x->shape[1 + i], .out = y->shape[1 + i], .kernel = w->shape[1 + i]};
    const bool same = is_same(r, op);
    if (!take_window(r, op, &undilated_fields, 2, a) ||
        !fit_transposed(&a[0], same, &behind[0]) ||
        !fit_transposed(&a[1], same, &behind[1]))
        return sdse_tflite_bad_shape(
            r, name, "what it puts out is not what its window makes of its input");
    if (w->shape[3] != x->shape[3] || w->shape[0] != y->shape[3] ||
        x->shape[0] != y->shape[0])
        return sdse_tflite_bad_shape(r, name,
                                     "channels of map, weights and result disagree");
    if (!sdse_tflite_has_batch(r, name, x->shape[0]))
        return false;
    FILE *file = r->layers.out;
    sdse_tflite_begin_layer(r, name);
    fprintf(file,
            ", kind: deconv, in: [%" PRIu64 ", %" PRIu64 ", %" PRIu64
            "], out_channels: %" PRIu64,
            x->shape[3], a[0].in, a[1].in, y->shape[3]);
    print_window(file, a);
    print_axes(file, "output_padding", behind[0], behind[1]);
    fputs("}\n", file);
    sdse_tflite_leave_unread(r, SDSE_TFLITE_UNREAD_PHASES, name);
    return true;
}

bool sdse_tflite_add_pool(struct sdse_tflite_reader *r,
                          const struct tflite_operator *op, const char *name) {
    const struct tflite_tensor *x = sdse_tflite_input(&r->m, op, 0),
                               *y = sdse_tflite_output(&r->m, op, 0);
    struct axis a[2];
    if (!has_rank(x, 4) || !has_rank(y, 4) || x->shape[0] != y->shape[0] ||
        x->shape[3] != y->shape[3] || x->shape[0] % r->m.batch)
        return sdse_tflite_skip_move(r, name);
    for (unsigned i = 0; i < 2; i++) {
        const int64_t kernel =
            sdse_flat_i64(&r->m.flat, op->options, i ? POOL_COLUMNS : POOL_ROWS, 4, 0);
        if (kernel < 1 || kernel > 1 << 20)
            return sdse_tflite_skip_move(r, name);
        a[i] = (struct axis){
            .in = x->shape[1 + i], .out = y->shape[1 + i], .kernel = (uint64_t)kernel};
    }
    if (!fit_window(r, op, &undilated_fields, 2, a))
        return sdse_tflite_skip_move(r, name);
    FILE *out = r->layers.out;
    sdse_tflite_begin_layer(r, name);
    fprintf(out, ", kind: pool, in: [%" PRIu64 ", %" PRIu64 ", %" PRIu64 "]",
            x->shape[3], a[0].in, a[1].in);
    print_window(out, a);
    if (x->shape[0] != r->m.batch)
        fprintf(out, ", batch: %" PRIu64, x->shape[0] / r->m.batch);
    fputs("}\n", out);
    return true;
}
