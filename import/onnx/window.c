// Operators that slide a window, and matrix products: Conv, ConvTranspose, the pools,
// Gemm, MatMul, their integer and quantized variants.
#include "import/onnx/rules.h"

#include <inttypes.h>
#include <string.h>

#include "import/onnx/operators.h"

// No kernel, stride, dilation or pad is larger than this.
static const int64_t longest_window = (int64_t)1 << 31;

struct sdse_onnx_operands sdse_onnx_operands_of(const char *op) {
    return (struct sdse_onnx_operands){0, sdse_onnx_is_qlinear(op) ? 3 : 1};
}

// Fills out[0 … axes-1] from an attribute, or with `absent`.
static bool read_extents(struct sdse_onnx_graph *graph, struct sdse_onnx_node *node,
                         const char *name, unsigned axes, int64_t least,
                         uint64_t absent, uint64_t *out) {
    struct sdse_onnx_list list = sdse_onnx_list_of(graph, node, name, SDSE_ONNX_NONE);
    for (unsigned i = 0; i < axes; i++)
        out[i] = absent;
    if (list.given == SDSE_ONNX_ABSENT || list.count == 0)
        return true;
    if (list.count != axes)
        return sdse_onnx_wrong(graph, node, "'%s' has %u entries, not %u", name,
                               list.count, axes);
    for (unsigned i = 0; i < axes; i++) {
        if (list.value[i] < least || list.value[i] > longest_window)
            return sdse_onnx_wrong(graph, node, "'%s' is out of range", name);
        out[i] = (uint64_t)list.value[i];
    }
    return true;
}

static bool read_pads(struct sdse_onnx_graph *graph, struct sdse_onnx_node *node,
                      struct sdse_onnx_window *window) {
    struct sdse_onnx_list pads = sdse_onnx_list_of(graph, node, "pads", SDSE_ONNX_NONE);
    if (pads.given == SDSE_ONNX_ABSENT || pads.count == 0)
        return true;
    if (pads.count != 2 * window->axes)
        return sdse_onnx_wrong(graph, node, "'pads' has %u entries, not %u", pads.count,
                               2 * window->axes);
    for (unsigned i = 0; i < pads.count; i++) {
        if (pads.value[i] < 0 || pads.value[i] > longest_window)
            return sdse_onnx_wrong(graph, node, "'pads' is out of range");
        if (i < window->axes)
            window->pad_begin[i] = (uint64_t)pads.value[i];
        else
            window->pad_end[i - window->axes] = (uint64_t)pads.value[i];
    }
    return true;
}

// SAME: out = ceil(in / stride), with the padding that takes; the odd element goes to
// the end for SAME_UPPER.
static void pad_same(struct sdse_onnx_window *window, unsigned i, uint64_t in,
                     uint64_t extent, bool upper) {
    uint64_t out = (in + window->stride[i] - 1) / window->stride[i];
    uint64_t wanted = out > 0 ? (out - 1) * window->stride[i] + extent : 0;
    uint64_t total = wanted > in ? wanted - in : 0;
    window->pad_begin[i] = upper ? total / 2 : total - total / 2;
    window->pad_end[i] = total - window->pad_begin[i];
}

bool sdse_onnx_window_of(struct sdse_onnx_graph *graph, struct sdse_onnx_node *node,
                         const struct sdse_onnx_shape *x, const uint64_t *kernel,
                         struct sdse_onnx_window *out) {
    struct sdse_onnx_window window = {.axes = x->rank - 2};
    if (x->rank < 3)
        return sdse_onnx_wrong(graph, node,
                               "the input has %u dimensions, not 3 or more", x->rank);
    if (!read_extents(graph, node, "kernel_shape", window.axes, 1, 0, window.kernel) ||
        !read_extents(graph, node, "strides", window.axes, 1, 1, window.stride) ||
        !read_extents(graph, node, "dilations", window.axes, 1, 1, window.dilation) ||
        !read_pads(graph, node, &window))
        return false;
    bool upper = sdse_onnx_text_is(node, "auto_pad", "SAME_UPPER");
    bool same = upper || sdse_onnx_text_is(node, "auto_pad", "SAME_LOWER");
    bool ceiling = kernel == NULL && sdse_onnx_int(node, "ceil_mode", 0) != 0;
    for (unsigned i = 0; i < window.axes; i++) {
        uint64_t in = x->dim[2 + i];
        if (kernel && window.kernel[i] && window.kernel[i] != kernel[i])
            return sdse_onnx_wrong(graph, node,
                                   "'kernel_shape' contradicts the weights");
        if (kernel)
            window.kernel[i] = kernel[i];
        if (window.kernel[i] == 0 || window.kernel[i] > (uint64_t)longest_window)
            return sdse_onnx_wrong(graph, node, "'kernel_shape' is missing or absurd");
        uint64_t extent = (window.kernel[i] - 1) * window.dilation[i] + 1;
        if (same)
            pad_same(&window, i, in, extent, upper);
        else if (sdse_onnx_text_is(node, "auto_pad", "VALID"))
            window.pad_begin[i] = window.pad_end[i] = 0;
        uint64_t padded = in + window.pad_begin[i] + window.pad_end[i];
        if (padded < extent)
            return sdse_onnx_wrong(graph, node,
                                   "the window of %" PRIu64
                                   " is larger than axis %u of input '%.60s', padded "
                                   "%" PRIu64,
                                   extent, 2 + i, sdse_onnx_in(graph, node, 0)->name,
                                   padded);
        uint64_t steps = (padded - extent) / window.stride[i];
        bool partial = (padded - extent) % window.stride[i] != 0;
        // A last, partial window counts in ceil mode, unless it starts in the padding.
        if (ceiling && partial &&
            (steps + 1) * window.stride[i] < in + window.pad_begin[i])
            steps++;
        window.out[i] = steps + 1;
    }
    *out = window;
    return true;
}

// Batch, channels and spatial extents of an output.
static bool set_image(struct sdse_onnx_graph *graph, struct sdse_onnx_node *node,
                      uint64_t batch, uint64_t channels, unsigned axes,
                      const uint64_t *extents) {
    uint64_t dims[SDSE_ARRAY_MAX_RANK] = {batch, channels};
    for (unsigned i = 0; i < axes; i++)
        dims[2 + i] = extents[i];
    return sdse_onnx_set(graph, node, 0, 2 + axes, dims);
}

static bool infer_conv(struct sdse_onnx_graph *graph, struct sdse_onnx_node *node) {
    struct sdse_onnx_operands at = sdse_onnx_operands_of(node->op);
    const struct sdse_onnx_shape *x = sdse_onnx_need(graph, node, at.a);
    const struct sdse_onnx_shape *w = x ? sdse_onnx_need(graph, node, at.b) : NULL;
    struct sdse_onnx_window window;
    if (!x || !w)
        return false;
    int64_t groups = sdse_onnx_int(node, "group", 1);
    if (x->rank < 3 || w->rank != x->rank)
        return sdse_onnx_wrong(graph, node,
                               "input and weights have %u and %u dimensions", x->rank,
                               w->rank);
    // The limits on extents keep the product below 2^63.
    if (groups < 1 || groups > 1 << 30 || w->dim[0] % (uint64_t)groups != 0 ||
        x->dim[1] % (uint64_t)groups != 0 || x->dim[1] / (uint64_t)groups != w->dim[1])
        return sdse_onnx_wrong(graph, node,
                               "%" PRId64 " groups of axis 1 of the input, %s, do not "
                               "match the weights, %s",
                               groups, sdse_onnx_shape_text(x).at,
                               sdse_onnx_shape_text(w).at);
    return sdse_onnx_window_of(graph, node, x, w->dim + 2, &window) &&
           set_image(graph, node, x->dim[0], w->dim[0], window.axes, window.out);
}

// Deconvolution: out = (in - 1) stride + (kernel - 1) dilation + 1 + output_padding
// - pads, or in * stride with auto_pad SAME, or the attribute output_shape; then the
// pads are what is too much, the odd element at the end for SAME_UPPER, else at the
// beginning.
bool sdse_onnx_deconv_window_of(struct sdse_onnx_graph *graph,
                                struct sdse_onnx_node *node,
                                const struct sdse_onnx_shape *x,
                                const struct sdse_onnx_shape *w,
                                struct sdse_onnx_window *out) {
    struct sdse_onnx_window window = {.axes = x->rank - 2};
    uint64_t extra[SDSE_ARRAY_MAX_RANK], given[SDSE_ARRAY_MAX_RANK];
    if (!read_extents(graph, node, "strides", window.axes, 1, 1, window.stride) ||
        !read_extents(graph, node, "dilations", window.axes, 1, 1, window.dilation) ||
        !read_extents(graph, node, "output_padding", window.axes, 0, 0, extra) ||
        !read_extents(graph, node, "output_shape", window.axes, 1, 0, given) ||
        !read_pads(graph, node, &window))
        return false;
    bool upper = sdse_onnx_text_is(node, "auto_pad", "SAME_UPPER");
    bool same = upper || sdse_onnx_text_is(node, "auto_pad", "SAME_LOWER");
    bool valid = sdse_onnx_text_is(node, "auto_pad", "VALID");
    for (unsigned i = 0; i < window.axes; i++) {
        uint64_t in = x->dim[2 + i], kernel = window.kernel[i] = w->dim[2 + i];
        if (in == 0 || in > (uint64_t)longest_window || kernel == 0 ||
            kernel > (uint64_t)longest_window)
            return sdse_onnx_wrong(graph, node, "an extent is 0 or absurd");
        if (window.stride[i] > 1 << 20 || window.dilation[i] > 1 << 20)
            return sdse_onnx_wrong(graph, node, "a stride or dilation is absurd");
        uint64_t full = (in - 1) * window.stride[i] +
                        (kernel - 1) * window.dilation[i] + 1 + extra[i];
        if (valid)
            window.pad_begin[i] = window.pad_end[i] = 0;
        uint64_t pads = window.pad_begin[i] + window.pad_end[i];
        if (same || given[i]) {
            window.out[i] = given[i] ? given[i] : in * window.stride[i];
            pads = full > window.out[i] ? full - window.out[i] : 0;
            window.pad_begin[i] = upper ? pads / 2 : pads - pads / 2;
            window.pad_end[i] = pads - window.pad_begin[i];
        } else if (full <= pads) {
            return sdse_onnx_wrong(graph, node, "the padding eats the whole output");
        } else {
            window.out[i] = full - pads;
        }
    }
    *out = window;
    return true;
}

static bool infer_conv_transpose(struct sdse_onnx_graph *graph,
                                 struct sdse_onnx_node *node) {
    const struct sdse_onnx_shape *x = sdse_onnx_need(graph, node, 0);
    const struct sdse_onnx_shape *w = x ? sdse_onnx_need(graph, node, 1) : NULL;
    struct sdse_onnx_window window;
    if (!x || !w)
        return false;
    int64_t groups = sdse_onnx_int(node, "group", 1);
    if (x->rank < 3 || w->rank != x->rank || groups < 1 || groups > 1 << 30 ||
        w->dim[0] != x->dim[1] || x->dim[1] % (uint64_t)groups != 0)
        return sdse_onnx_wrong(graph, node, "input and weights do not match");
    uint64_t filters = w->dim[1];
    if (__builtin_mul_overflow(filters, (uint64_t)groups, &filters))
        return sdse_onnx_wrong(graph, node, "too many filters");
    return sdse_onnx_deconv_window_of(graph, node, x, w, &window) &&
           set_image(graph, node, x->dim[0], filters, window.axes, window.out);
}

static bool infer_pool(struct sdse_onnx_graph *graph, struct sdse_onnx_node *node) {
    const struct sdse_onnx_shape *x = sdse_onnx_need(graph, node, 0);
    struct sdse_onnx_window window = {0};
    return x && sdse_onnx_window_of(graph, node, x, NULL, &window) &&
           set_image(graph, node, x->dim[0], x->dim[1], window.axes, window.out) &&
           (node->output_count < 2 || node->output[1] == SDSE_ONNX_NONE ||
            sdse_onnx_set(graph, node, 1, x->rank,
                          graph->value[node->output[0]].shape.dim));
}

static bool infer_global_pool(struct sdse_onnx_graph *graph,
                              struct sdse_onnx_node *node) {
    const struct sdse_onnx_shape *x = sdse_onnx_need(graph, node, 0);
    if (!x)
        return false;
    if (x->rank < 3)
        return sdse_onnx_wrong(graph, node,
                               "the input has %u dimensions, not 3 or more", x->rank);
    uint64_t ones[SDSE_ARRAY_MAX_RANK] = {1, 1, 1, 1, 1, 1, 1, 1};
    return set_image(graph, node, x->dim[0], x->dim[1], x->rank - 2, ones);
}

static bool infer_gemm(struct sdse_onnx_graph *graph, struct sdse_onnx_node *node) {
    const struct sdse_onnx_shape *a = sdse_onnx_need(graph, node, 0);
    const struct sdse_onnx_shape *b = a ? sdse_onnx_need(graph, node, 1) : NULL;
    if (!a || !b)
        return false;
    unsigned ta = sdse_onnx_int(node, "transA", 0) != 0;
    unsigned tb = sdse_onnx_int(node, "transB", 0) != 0;
    if (a->rank != 2 || b->rank != 2 || a->dim[1 - ta] != b->dim[tb])
        return sdse_onnx_wrong(graph, node, "the matrices %s%s and %s%s do not match",
                               sdse_onnx_shape_text(a).at, ta ? ", transposed," : "",
                               sdse_onnx_shape_text(b).at, tb ? ", transposed," : "");
    uint64_t dims[2] = {a->dim[ta], b->dim[1 - tb]};
    return sdse_onnx_set(graph, node, 0, 2, dims);
}

// NumPy's matmul: vectors get a dimension of 1 that is dropped again; what is before
// the last two dimensions broadcasts.
static bool infer_matmul(struct sdse_onnx_graph *graph, struct sdse_onnx_node *node) {
    struct sdse_onnx_operands at = sdse_onnx_operands_of(node->op);
    const struct sdse_onnx_shape *a = sdse_onnx_need(graph, node, at.a);
    const struct sdse_onnx_shape *b = a ? sdse_onnx_need(graph, node, at.b) : NULL;
    if (!a || !b)
        return false;
    if (a->rank == 0 || b->rank == 0)
        return sdse_onnx_wrong(graph, node, "an operand is a scalar");
    bool row = a->rank == 1, column = b->rank == 1;
    uint64_t inner = column ? b->dim[0] : b->dim[b->rank - 2];
    struct sdse_onnx_shape out = {.known = true, .rank = row ? 0 : a->rank - 2};
    struct sdse_onnx_shape lead = {.known = true, .rank = column ? 0 : b->rank - 2};
    memcpy(out.dim, a->dim, sizeof out.dim);
    memcpy(lead.dim, b->dim, sizeof lead.dim);
    if (a->dim[a->rank - 1] != inner || !sdse_onnx_broadcast(&out, &lead))
        return sdse_onnx_wrong(graph, node, "the operands %s and %s do not match",
                               sdse_onnx_shape_text(a).at, sdse_onnx_shape_text(b).at);
    if (!row)
        out.dim[out.rank++] = a->dim[a->rank - 2];
    if (!column)
        out.dim[out.rank++] = b->dim[b->rank - 1];
    return sdse_onnx_set(graph, node, 0, out.rank, out.dim);
}

sdse_onnx_rule sdse_onnx_rule_window(const char *op) {
    static const struct {
        const char *op;
        sdse_onnx_rule rule;
    } rules[] = {
        {"Conv", infer_conv},
        {"FusedConv", infer_conv},
        {"DeformConv", infer_conv},
        {"ConvInteger", infer_conv},
        {"QLinearConv", infer_conv},
        {"ConvTranspose", infer_conv_transpose},
        {"MaxPool", infer_pool},
        {"AveragePool", infer_pool},
        {"QLinearAveragePool", infer_pool},
        {"LpPool", infer_pool},
        {"GlobalMaxPool", infer_global_pool},
        {"GlobalAveragePool", infer_global_pool},
        {"QLinearGlobalAveragePool", infer_global_pool},
        {"GlobalLpPool", infer_global_pool},
        {"Gemm", infer_gemm},
        {"FusedGemm", infer_gemm},
        {"MatMul", infer_matmul},
        {"MatMulInteger", infer_matmul},
        {"QLinearMatMul", infer_matmul},
    };
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (strcmp(op, rules[i].op) == 0)
            return rules[i].rule;
    return NULL;
}
