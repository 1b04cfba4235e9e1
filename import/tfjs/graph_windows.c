// Convolutions and pools of graphs. Kernels are stored
// [rows][columns][inputs][filters], depthwise ones [rows][columns][channels][filters of
// each].
#include <inttypes.h>
#include <string.h>

#include "import/tfjs/reading.h"

enum { AXES = 2, RANK = 4 };

struct window {
    int64_t taps[AXES], stride[AXES], dilation[AXES], pads[2 * AXES];
    bool same, padded, planes; // planes: channels are last in the file
};

// Rows and columns of a list of four; 1 where there is none.
static bool take_axes(struct tfjs_layer *l, const char *name, bool last,
                      int64_t out[AXES]) {
    int64_t all[RANK] = {1, 1, 1, 1};
    size_t count;
    if (!sdse_tfjs_attribute_ints(l, name, RANK, all, &count) ||
        (count != 0 && count != RANK))
        return sdse_tfjs_wrong(l, "tfjs-config", name, "four whole numbers are needed");
    for (unsigned i = 0; i < AXES; i++)
        out[i] = all[(last ? 1 : 2) + i];
    if (out[0] < 1 || out[1] < 1 || out[0] > 1 << 20 || out[1] > 1 << 20 ||
        all[0] != 1 || all[last ? 3 : 1] != 1)
        return sdse_tfjs_wrong(l, "tfjs-config", name,
                               "only rows and columns may be above 1, and none below");
    return true;
}

static bool take_window(struct tfjs_layer *l, struct window *out) {
    const char *padding = sdse_tfjs_attribute_text(l, "padding", 0);
    int64_t ends[2 * RANK] = {0};
    size_t count;
    *out = (struct window){.same = strcmp(padding, "SAME") == 0,
                           .padded = strcmp(padding, "EXPLICIT") == 0,
                           .planes = true};
    if (!sdse_tfjs_has_rank(l, 0, RANK) || !sdse_tfjs_graph_order(l, &out->planes))
        return false;
    if (!out->same && !out->padded && strcmp(padding, "VALID") != 0)
        return sdse_tfjs_wrong(l, "tfjs-config", "padding",
                               "'%.20s' is none of SAME, VALID and EXPLICIT", padding);
    if (!sdse_tfjs_attribute_ints(l, "explicit_paddings", 2 * RANK, ends, &count) ||
        (out->padded && count != 2 * RANK))
        return sdse_tfjs_wrong(l, "tfjs-config", "explicit_paddings",
                               "eight whole numbers are needed");
    for (unsigned i = 0; i < AXES; i++) {
        const unsigned axis = out->planes ? 1 + i : 2 + i;
        out->pads[i] = ends[2 * axis];
        out->pads[AXES + i] = ends[2 * axis + 1];
    }
    const unsigned channels = out->planes ? RANK - 1 : 1;
    if (ends[0] || ends[1] || ends[2 * channels] || ends[2 * channels + 1])
        return sdse_tfjs_wrong(l, "tfjs-config", "explicit_paddings",
                               "only rows and columns are padded");
    return take_axes(l, "strides", out->planes, out->stride) &&
           take_axes(l, "dilations", out->planes, out->dilation);
}

// The map that the window is over; zeros around it become its padding.
static const char *take_map(struct tfjs_layer *l, struct window *window) {
    struct tfjs_value *in = l->in[0];
    if (!window->planes)
        return sdse_tfjs_plain(l, in);
    if (!in->bare || window->same || window->padded)
        return sdse_tfjs_planes(l, in);
    memcpy(window->pads, in->pad, sizeof window->pads);
    window->padded = true;
    return in->bare;
}

// Attributes of the node written last.
static void set_window(struct tfjs_layer *l, const struct window *window) {
    struct sdse_rewrite *w = &l->r->w;
    sdse_rewrite_set_ints(w, "strides", AXES, window->stride);
    if (window->same)
        sdse_rewrite_set_text(w, "auto_pad", "SAME_UPPER");
    else if (window->padded)
        sdse_rewrite_set_ints(w, "pads", 2 * AXES, window->pads);
}

// The kernel's numbers: a constant, turned as it is read, or what nodes make of one.
static const char *kernel_of(struct tfjs_layer *l, const unsigned order[RANK],
                             uint64_t shape[RANK], Onnx__TensorProto **tensor) {
    const size_t stored = l->in_count > 1 ? l->in[1]->stored : 0;
    if (!stored || l->in[1]->rank != RANK ||
        l->r->tensors.tensor[stored - 1].dtype == SDSE_DTYPES) {
        sdse_tfjs_wrong(l, "tfjs-weights", NULL,
                        "its kernel is no constant of four extents");
        return NULL;
    }
    memcpy(shape, l->r->tensors.tensor[stored - 1].shape, RANK * sizeof *shape);
    *tensor = sdse_tfjs_stored(l, stored - 1, order, false);
    return *tensor ? (*tensor)->name : NULL;
}

// The bias, normalisation and function that a fused operator has behind its product.
static bool put_fused(struct tfjs_layer *l, const char *x, bool planes) {
    struct tfjs_value now = sdse_tfjs_value(x, RANK, planes);
    if (!sdse_tfjs_fused(l, &now))
        return false;
    l->out[0] = now;
    l->out_count = 1;
    return true;
}

static bool conv(struct tfjs_layer *l) {
    static const unsigned of_all[RANK] = {3, 2, 0, 1}, of_each[RANK] = {2, 3, 0, 1};
    const bool depthwise = strstr(l->class_name, "Depthwise") != NULL;
    struct window window;
    uint64_t shape[RANK];
    Onnx__TensorProto *tensor;
    if (!take_window(l, &window))
        return false;
    const char *kernel = kernel_of(l, depthwise ? of_each : of_all, shape, &tensor);
    const char *map = kernel ? take_map(l, &window) : NULL;
    if (!map)
        return false;
    if (depthwise) {
        struct tfjs_weights weights = {.tensor = tensor};
        sdse_tfjs_view(l, &weights, RANK,
                       (const int64_t[]){(int64_t)(shape[2] * shape[3]), 1,
                                         (int64_t)shape[0], (int64_t)shape[1]});
    }
    const char *out = sdse_rewrite_node(&l->r->w, "Conv", "", map, kernel, NULL);
    set_window(l, &window);
    sdse_rewrite_set_ints(&l->r->w, "dilations", AXES, window.dilation);
    if (depthwise)
        sdse_rewrite_set_int(&l->r->w, "group", (int64_t)shape[2]);
    return put_fused(l, out, window.planes);
}

static bool pool(struct tfjs_layer *l) {
    struct window window;
    if (!take_window(l, &window) || !take_axes(l, "ksize", window.planes, window.taps))
        return false;
    const bool most = strcmp(l->class_name, "MaxPool") == 0;
    // Zeros before a mean are a part of it.
    const char *map = most            ? take_map(l, &window)
                      : window.planes ? sdse_tfjs_planes(l, l->in[0])
                                      : sdse_tfjs_plain(l, l->in[0]);
    if (!map)
        return false;
    const char *out = sdse_rewrite_node(&l->r->w, most ? "MaxPool" : "AveragePool", "",
                                        map, NULL, NULL);
    set_window(l, &window);
    sdse_rewrite_set_ints(&l->r->w, "kernel_shape", AXES, window.taps);
    l->out[0] = sdse_tfjs_value(out, RANK, window.planes);
    l->out_count = 1;
    return true;
}

tfjs_class sdse_tfjs_window_operator(const char *op) {
    static const struct {
        const char *op;
        tfjs_class translate;
    } rows[] = {{"Conv2D", conv},
                {"_FusedConv2D", conv},
                {"DepthwiseConv2dNative", conv},
                {"FusedDepthwiseConv2dNative", conv},
                {"_FusedDepthwiseConv2dNative", conv},
                {"MaxPool", pool},
                {"AvgPool", pool}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strcmp(rows[i].op, op) == 0)
            return rows[i].translate;
    return NULL;
}
