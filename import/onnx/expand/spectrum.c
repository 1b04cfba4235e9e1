// Fourier transforms as what defines them: products with the matrix of their roots of
// unity. What a fast transform leaves out is multiplied here.
#include "import/onnx/expand/shapes.h"

#include <math.h>
#include <string.h>

#include "import/onnx/constant.h"

enum { REAL = 1, COMPLEX = 2 };

static const char by_matrix[] =
    "a product with the whole matrix of the transform: a fast one multiplies less";

// One transform: `points` of a signal, of which the others up to `length` are 0, to
// `bins`; numbers of one part (REAL) or two.
struct transform {
    int64_t points, length, bins, in, out;
    bool inverse;
};

// The matrix is a constant of the network, of at most so many numbers.
static const int64_t most_numbers = (int64_t)1 << 23;

static bool is_sane(const struct transform *t) {
    const int64_t most = (int64_t)1 << 20;
    return t->points >= 1 && t->points <= most && t->bins >= 1 && t->bins <= most &&
           t->length >= 1 && t->length <= most &&
           t->points * t->in <= most_numbers / (t->bins * t->out);
}

// What input part `i` of point n adds to output part `o` of bin k:
//
//     X_k = sum over n of x_n * exp(-2 pi j n k / length)       and, inverse,
//     x_k = sum over n of X_n * exp(+2 pi j n k / length) / length
//
// where of a spectrum that is half given and becomes real the other half is the
// conjugate.
static double root(const struct transform *t, int64_t n, int64_t i, int64_t k,
                   int64_t o) {
    const double pi = 3.14159265358979323846;
    const double angle =
        (t->inverse ? 2 : -2) * pi * (double)(n * k % t->length) / (double)t->length;
    const double weight = !t->inverse ? 1 : 1 / (double)t->length;
    const bool twice = t->inverse && t->out == REAL && n > 0 && 2 * n != t->length;
    const double value = i == o ? cos(angle) : o == 0 ? -sin(angle) : sin(angle);
    return value * weight * (twice ? 2 : 1);
}

// ---- DFT, Rfft, Irfft --------------------------------------------------------

// Of `axis`; out parts come last, if there are two.
struct spectrum {
    struct transform t;
    unsigned axis;
    unsigned rank; // of the input, without its last axis if that holds the parts
};

static bool is_named(const struct sdse_onnx_node *node, const char *op) {
    return strcmp(node->op, op) == 0;
}

// A number that an input gives; `absent` if it is left out. False: it is not known.
static bool number(const struct sdse_onnx_graph *graph,
                   const struct sdse_onnx_node *node, uint32_t i, int64_t absent,
                   int64_t *out) {
    const struct sdse_onnx_list list = sdse_onnx_list_of(graph, node, NULL, i);
    *out = list.given == SDSE_ONNX_ABSENT ? absent : list.value[0];
    return list.given == SDSE_ONNX_ABSENT ||
           (list.given == SDSE_ONNX_GIVEN && list.count == 1);
}

static bool read_dft(const struct sdse_onnx_graph *graph,
                     const struct sdse_onnx_node *node, const struct sdse_onnx_shape *x,
                     struct spectrum *out) {
    const bool onesided = sdse_onnx_int(node, "onesided", 0) != 0;
    int64_t axis = sdse_onnx_int(node, "axis", 1), length;
    if (x->rank < 2 || x->dim[x->rank - 1] > COMPLEX)
        return false;
    if (graph->opset >= 20 && !number(graph, node, 2, -2, &axis))
        return false;
    out->rank = x->rank - 1;
    if (!sdse_onnx_axis(axis, x->rank, &out->axis) || out->axis == out->rank)
        return false;
    const int64_t extent = (int64_t)x->dim[out->axis];
    out->t = (struct transform){.in = (int64_t)x->dim[out->rank],
                                .out = COMPLEX,
                                .inverse = sdse_onnx_int(node, "inverse", 0) != 0};
    if (!number(graph, node, 1, extent, &length) || (onesided && out->t.inverse))
        return false;
    out->t.length = length;
    out->t.points = extent < length ? extent : length;
    out->t.bins = onesided ? length / 2 + 1 : length;
    return true;
}

static bool read_rfft(const struct sdse_onnx_node *node,
                      const struct sdse_onnx_shape *x, struct spectrum *out) {
    const bool inverse = is_named(node, "Irfft");
    if (sdse_onnx_int(node, "signal_ndim", 1) != 1 || x->rank < 1u + inverse ||
        (inverse && x->dim[x->rank - 1] != COMPLEX))
        return false;
    out->rank = x->rank - inverse;
    out->axis = out->rank - 1;
    const int64_t extent = (int64_t)x->dim[out->axis];
    out->t = (struct transform){.points = extent,
                                .length = inverse ? 2 * (extent - 1) : extent,
                                .in = inverse ? COMPLEX : REAL,
                                .out = inverse ? REAL : COMPLEX,
                                .inverse = inverse};
    out->t.bins = inverse ? out->t.length : extent / 2 + 1;
    return true;
}

static bool read_spectrum(const struct sdse_onnx_graph *graph,
                          const struct sdse_onnx_node *node,
                          const struct sdse_onnx_shape *x, struct spectrum *out) {
    return (is_named(node, "DFT") ? read_dft(graph, node, x, out)
                                  : read_rfft(node, x, out)) &&
           is_sane(&out->t);
}

static bool infer_spectrum(struct sdse_onnx_graph *graph, struct sdse_onnx_node *node) {
    const struct sdse_onnx_shape *x = sdse_expand_need(graph, node, 0);
    struct spectrum s;
    if (!x)
        return false;
    if (!read_spectrum(graph, node, x, &s))
        return sdse_onnx_unknown(node, "its length or axis is not known, not of one "
                                       "dimension, or too large for a matrix");
    struct sdse_onnx_shape out = *x;
    out.rank = s.rank;
    out.dim[s.axis] = (uint64_t)s.t.bins;
    if (s.t.out == COMPLEX) {
        if (out.rank == SDSE_ARRAY_MAX_RANK)
            return sdse_onnx_unknown(node, "its output has more than 8 dimensions");
        out.dim[out.rank++] = COMPLEX;
    }
    return sdse_onnx_set(graph, node, 0, out.rank, out.dim);
}

// [points * in][bins * out]
static const char *matrix_of(struct sdse_rewrite *w, const struct transform *t) {
    const char *name;
    const int64_t rows = t->points * t->in, columns = t->bins * t->out;
    float *data = sdse_rewrite_floats(w, 2, (int64_t[]){rows, columns}, &name);
    for (int64_t r = 0; data && r < rows; r++)
        for (int64_t c = 0; c < columns; c++)
            *data++ = (float)root(t, r / t->in, r % t->in, c / t->out, c % t->out);
    return name;
}

// [… points … parts] with the axis before the parts, one product, and back.
static bool expand_spectrum(struct sdse_rewrite *w) {
    const struct sdse_onnx_shape *x = sdse_rewrite_shape(w, 0);
    const char *y = sdse_rewrite_in(w, 0);
    struct spectrum s;
    if (!x || !read_spectrum(w->graph, w->node, x, &s))
        return false;
    int64_t perm[SDSE_ARRAY_MAX_RANK], dims[SDSE_ARRAY_MAX_RANK + 1];
    unsigned at = 0;
    for (unsigned d = 0; d < s.rank; d++)
        if (d != s.axis) {
            dims[at] = (int64_t)x->dim[d];
            perm[at++] = d;
        }
    perm[at] = s.axis;
    if (x->rank > s.rank)
        perm[s.rank] = s.rank;
    if ((uint64_t)s.t.points < x->dim[s.axis])
        y = sdse_rewrite_slice(w, y, s.axis, 0, s.t.points);
    if (s.axis != at)
        y = sdse_rewrite_transpose(w, y, x->rank, perm);
    dims[at] = s.t.points * s.t.in;
    y = sdse_rewrite_reshape(w, y, s.rank, dims);
    y = sdse_rewrite_node(w, "MatMul", "", y, matrix_of(w, &s.t), NULL);
    dims[at] = s.t.bins;
    dims[s.rank] = s.t.out;
    const unsigned rank = s.rank + (s.t.out == COMPLEX);
    if (s.t.out == COMPLEX)
        y = sdse_rewrite_reshape(w, y, rank, dims);
    if (s.axis != at) {
        unsigned from = 0;
        for (unsigned d = 0; d < s.rank; d++)
            perm[d] = d == s.axis ? at : from++;
        perm[s.rank] = s.rank; // the parts
        y = sdse_rewrite_transpose(w, y, rank, perm);
    }
    sdse_rewrite_approximate(w, by_matrix);
    sdse_rewrite_give(w, 0, y);
    return true;
}

// ---- STFT --------------------------------------------------------------------

struct frames {
    struct transform t;
    int64_t step, count;
};

// [B][signal][parts], step, window, length of a frame.
static bool read_frames(const struct sdse_onnx_graph *graph,
                        const struct sdse_onnx_node *node,
                        const struct sdse_onnx_shape *x, struct frames *out) {
    const struct sdse_onnx_value *window = sdse_onnx_in(graph, node, 2);
    int64_t length;
    if (x->rank < 2 || x->rank > 3 || (x->rank == 3 && x->dim[2] > COMPLEX) ||
        (window && (!window->shape.known || window->shape.rank != 1)))
        return false;
    const int64_t absent = window ? (int64_t)window->shape.dim[0] : 0;
    if (!number(graph, node, 1, 0, &out->step) ||
        !number(graph, node, 3, absent, &length) || out->step < 1 || length < 1 ||
        (window && length != absent) || (uint64_t)length > x->dim[1])
        return false;
    const int64_t parts = x->rank == 3 ? (int64_t)x->dim[2] : REAL;
    const bool onesided = sdse_onnx_int(node, "onesided", 1) != 0;
    out->count = ((int64_t)x->dim[1] - length) / out->step + 1;
    out->t = (struct transform){.points = length,
                                .length = length,
                                .bins = onesided ? length / 2 + 1 : length,
                                .in = parts,
                                .out = COMPLEX};
    return is_sane(&out->t);
}

static bool infer_frames(struct sdse_onnx_graph *graph, struct sdse_onnx_node *node) {
    const struct sdse_onnx_shape *x = sdse_expand_need(graph, node, 0);
    struct frames f;
    if (!x)
        return false;
    if (!read_frames(graph, node, x, &f))
        return sdse_onnx_unknown(node, "its step or the length of its frames is not "
                                       "known, or does not fit the signal");
    return sdse_onnx_set(
        graph, node, 0, 4,
        (uint64_t[]){x->dim[0], (uint64_t)f.count, (uint64_t)f.t.bins, COMPLEX});
}

// [bins * 2][parts][length], as a convolution has its weights.
static const char *kernels_of(struct sdse_rewrite *w, const struct transform *t) {
    const char *name;
    const int64_t filters = t->bins * t->out;
    float *data =
        sdse_rewrite_floats(w, 3, (int64_t[]){filters, t->in, t->points}, &name);
    for (int64_t f = 0; data && f < filters; f++)
        for (int64_t i = 0; i < t->in; i++)
            for (int64_t n = 0; n < t->points; n++)
                *data++ = (float)root(t, n, i, f / t->out, f % t->out);
    return name;
}

// Frames that overlap are windows of a convolution of the signal.
static bool expand_frames(struct sdse_rewrite *w) {
    const struct sdse_onnx_shape *x = sdse_rewrite_shape(w, 0);
    const struct sdse_onnx_value *window = sdse_onnx_in(w->graph, w->node, 2);
    const char *y = sdse_rewrite_in(w, 0);
    struct frames f;
    if (!x || !read_frames(w->graph, w->node, x, &f))
        return false;
    const int64_t batch = (int64_t)x->dim[0], signal = (int64_t)x->dim[1];
    y = f.t.in == REAL ? sdse_rewrite_reshape(w, y, 3, (int64_t[]){batch, REAL, signal})
                       : sdse_rewrite_transpose(w, y, 3, (int64_t[]){0, 2, 1});
    const char *kernels = kernels_of(w, &f.t);
    const bool computed = window && !sdse_onnx_is_constant(window);
    if (window && !computed)
        kernels = sdse_rewrite_node(w, "Mul", NULL, kernels, window->name, NULL);
    y = sdse_rewrite_node(w, "Conv", "", y, kernels, NULL);
    sdse_rewrite_set_ints(w, "strides", 1, &f.step);
    if (computed) // it would be multiplied into each frame
        y = sdse_rewrite_stand_in(w, y);
    y = sdse_rewrite_transpose(w, y, 3, (int64_t[]){0, 2, 1});
    y = sdse_rewrite_reshape(w, y, 4, (int64_t[]){batch, f.count, f.t.bins, f.t.out});
    sdse_rewrite_approximate(w, by_matrix);
    sdse_rewrite_give(w, 0, y);
    return true;
}

static bool is_spectrum(const Onnx__NodeProto *node) {
    return sdse_expand_is(node, "", "DFT") ||
           sdse_expand_is(node, "com.microsoft", "Rfft") ||
           sdse_expand_is(node, "com.microsoft", "Irfft");
}

sdse_expander sdse_expander_spectrum(const Onnx__NodeProto *node) {
    return is_spectrum(node)                  ? expand_spectrum
           : sdse_expand_is(node, "", "STFT") ? expand_frames
                                              : NULL;
}

sdse_onnx_rule sdse_expand_rule_spectrum(const Onnx__NodeProto *node) {
    return is_spectrum(node)                  ? infer_spectrum
           : sdse_expand_is(node, "", "STFT") ? infer_frames
                                              : NULL;
}
