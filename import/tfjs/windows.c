// Convolutions as nodes. Kernels are stored [taps…][inputs of a group][filters], those
// of transposed ones [taps…][filters][inputs], depthwise ones [taps…][channels][filters
// of each].
#include <inttypes.h>
#include <string.h>

#include "import/tfjs/reading.h"

// The number before the D in the class's name.
static unsigned axes_of(const char *class_name) {
    return strstr(class_name, "1D") ? 1 : strstr(class_name, "3D") ? 3 : 2;
}

struct window {
    unsigned axes;
    int64_t kernel[TFJS_MOST_AXES], stride[TFJS_MOST_AXES], dilation[TFJS_MOST_AXES];
    bool same, causal;
};

static bool take_window(struct tfjs_layer *l, struct window *out) {
    const char *padding = sdse_tfjs_text(l, "padding", "valid");
    *out = (struct window){.axes = axes_of(l->class_name),
                           .kernel = {0},
                           .stride = {1, 1, 1},
                           .dilation = {1, 1, 1},
                           .same = strcmp(padding, "same") == 0,
                           .causal = strcmp(padding, "causal") == 0};
    if (!out->same && strcmp(padding, "valid") != 0 && !(out->causal && out->axes == 1))
        return sdse_tfjs_wrong(l, "tfjs-config", "padding",
                               "'%.60s' is none of valid, same, and causal of one axis",
                               padding);
    return sdse_tfjs_has_rank(l, 0, out->axes + 2) &&
           sdse_tfjs_ints(l, "kernel_size", out->axes, 1, out->kernel) &&
           sdse_tfjs_ints(l, "strides", out->axes, 1, out->stride) &&
           sdse_tfjs_ints(l, "dilation_rate", out->axes, 1, out->dilation);
}

// The kernel that the file has is the one that the settings say; the window's taps are
// the kernel's.
static bool fit_kernel(struct tfjs_layer *l, struct window *window,
                       const struct tfjs_weights *kernel, unsigned filters_at,
                       const char *filters_key) {
    int64_t filters = 0;
    for (unsigned i = 0; i < window->axes; i++)
        if (window->kernel[i] && (uint64_t)window->kernel[i] != kernel->shape[i])
            return sdse_tfjs_wrong(l, "tfjs-weights", "kernel_size",
                                   "%" PRId64 " taps, and the weights have %" PRIu64,
                                   window->kernel[i], kernel->shape[i]);
    for (unsigned i = 0; i < window->axes; i++)
        window->kernel[i] = (int64_t)kernel->shape[i];
    if (!sdse_tfjs_ints(l, filters_key, 1, 1, &filters))
        return false;
    return !filters || (uint64_t)filters == kernel->shape[filters_at] ||
           sdse_tfjs_wrong(l, "tfjs-weights", filters_key,
                           "%" PRId64 ", and the weights have %" PRIu64, filters,
                           kernel->shape[filters_at]);
}

// Weights [taps…][a][b] as [b][a][taps…].
static bool take_kernel(struct tfjs_layer *l, struct window *window, const char *role,
                        unsigned filters_at, struct tfjs_weights *kernel) {
    const unsigned axes = window->axes;
    unsigned from[TFJS_MOST_RANK] = {axes + 1, axes};
    for (unsigned i = 0; i < axes; i++)
        from[2 + i] = i;
    return sdse_tfjs_weights(l, role, axes + 2, from, kernel) &&
           fit_kernel(l, window, kernel, filters_at, "filters");
}

// Attributes of the node written last: strides, dilations and padding. Zeros that a
// layer before has put around the map become the window's padding.
static void set_window(struct tfjs_layer *l, const struct window *window,
                       const int64_t *zeros) {
    struct sdse_rewrite *w = &l->r->w;
    sdse_rewrite_set_ints(w, "strides", window->axes, window->stride);
    sdse_rewrite_set_ints(w, "dilations", window->axes, window->dilation);
    if (window->same)
        sdse_rewrite_set_text(w, "auto_pad", "SAME_UPPER");
    else if (zeros)
        sdse_rewrite_set_ints(w, "pads", 2 * (size_t)window->axes, zeros);
}

// The map that the window is over, and the zeros around it that it may take itself.
static const char *take_map(struct tfjs_layer *l, const struct window *window,
                            bool *planes, const int64_t **zeros) {
    struct tfjs_value *in = l->in[0];
    *zeros = NULL;
    *planes = sdse_tfjs_is_last(l);
    if (*planes && in->bare && !window->same && !window->causal) {
        *zeros = in->pad;
        return in->bare;
    }
    return *planes ? sdse_tfjs_planes(l, in) : sdse_tfjs_plain(l, in);
}

static bool put(struct tfjs_layer *l, const char *name, bool planes) {
    const unsigned rank = l->in[0]->rank;
    const char *out = sdse_tfjs_activated(l, "activation", name, rank, planes);
    l->out[0] = sdse_tfjs_value(out, rank, planes);
    l->out_count = 1;
    return out != NULL;
}

static const char *write_conv(struct tfjs_layer *l, const struct window *window,
                              const char *suffix, const char *map, const char *kernel,
                              const char *bias, int64_t groups, const int64_t *zeros) {
    struct sdse_rewrite *w = &l->r->w;
    const char *out = sdse_rewrite_node(w, "Conv", suffix, map, kernel, bias);
    const int64_t before[2] = {(window->kernel[0] - 1) * window->dilation[0], 0};
    set_window(l, window, window->causal ? before : zeros);
    sdse_rewrite_set_int(w, "group", groups);
    return out;
}

bool sdse_tfjs_conv(struct tfjs_layer *l) {
    struct window window;
    struct tfjs_weights kernel;
    int64_t groups = 1;
    const int64_t *zeros;
    bool planes;
    if (!take_window(l, &window) || !sdse_tfjs_ints(l, "groups", 1, 1, &groups) ||
        !take_kernel(l, &window, "kernel", window.axes + 1, &kernel))
        return false;
    const char *map = take_map(l, &window, &planes, &zeros);
    return put(l,
               write_conv(l, &window, "", map, kernel.name,
                          sdse_tfjs_bias(l, kernel.shape[window.axes + 1]), groups,
                          zeros),
               planes);
}

// Weights [taps…][channels][each] as [channels * each][1][taps…].
static bool take_depthwise(struct tfjs_layer *l, struct window *window,
                           struct tfjs_weights *kernel) {
    unsigned from[TFJS_MOST_RANK] = {window->axes, window->axes + 1};
    int64_t dims[TFJS_MOST_RANK] = {0, 1};
    for (unsigned i = 0; i < window->axes; i++)
        from[2 + i] = i;
    // Keras 3 calls it as that of any convolution.
    const bool plain = strncmp(l->class_name, "Depthwise", 9) == 0 &&
                       !sdse_tfjs_has_weights(l, "depthwise_kernel");
    if (!sdse_tfjs_weights(l, plain ? "kernel" : "depthwise_kernel", window->axes + 2,
                           from, kernel) ||
        !fit_kernel(l, window, kernel, window->axes + 1, "depth_multiplier"))
        return false;
    dims[0] = (int64_t)(kernel->shape[window->axes] * kernel->shape[window->axes + 1]);
    for (unsigned i = 0; i < window->axes; i++)
        dims[2 + i] = (int64_t)kernel->shape[i];
    sdse_tfjs_view(l, kernel, window->axes + 2, dims);
    return true;
}

bool sdse_tfjs_depthwise(struct tfjs_layer *l) {
    struct window window;
    struct tfjs_weights kernel;
    const int64_t *zeros;
    bool planes;
    if (!take_window(l, &window) || !take_depthwise(l, &window, &kernel))
        return false;
    const char *map = take_map(l, &window, &planes, &zeros);
    return put(l,
               write_conv(l, &window, "", map, kernel.name,
                          sdse_tfjs_bias(l, kernel.shape[window.axes] *
                                                kernel.shape[window.axes + 1]),
                          (int64_t)kernel.shape[window.axes], zeros),
               planes);
}

bool sdse_tfjs_separable(struct tfjs_layer *l) {
    struct window window;
    struct window point = {.axes = axes_of(l->class_name),
                           .kernel = {1, 1, 1},
                           .stride = {1, 1, 1},
                           .dilation = {1, 1, 1}};
    struct tfjs_weights depth, mix;
    const int64_t *zeros;
    bool planes;
    if (!take_window(l, &window) || !take_depthwise(l, &window, &depth) ||
        !take_kernel(l, &point, "pointwise_kernel", point.axes + 1, &mix))
        return false;
    const char *map = take_map(l, &window, &planes, &zeros);
    map = write_conv(l, &window, ".depthwise", map, depth.name, NULL,
                     (int64_t)depth.shape[window.axes], zeros);
    return put(l,
               write_conv(l, &point, ".pointwise", map, mix.name,
                          sdse_tfjs_bias(l, mix.shape[point.axes + 1]), 1, NULL),
               planes);
}

// Outputs are in stride with `same`, else (in - 1) stride + the larger of window and
// stride; with output_padding, (in - 1) stride + window - 2 (window / 2 or 0) + it.
// What the windows reach beyond is cut off, the odd one at the end. Source: Keras,
// deconv_output_length; TensorFlow's padding of the convolution that it turns round.
static void set_transposed(struct tfjs_layer *l, const struct window *window,
                           const int64_t *extra, bool said) {
    struct sdse_rewrite *w = &l->r->w;
    int64_t pads[2 * TFJS_MOST_AXES] = {0}, behind[TFJS_MOST_AXES] = {0};
    for (unsigned i = 0; i < window->axes; i++) {
        const int64_t taps = (window->kernel[i] - 1) * window->dilation[i] + 1;
        const int64_t over = said ? (window->same ? taps / 2 * 2 : 0) - extra[i]
                                  : taps - window->stride[i];
        behind[i] = over < 0 ? -over : 0;
        if (window->same && over > 0) {
            pads[i] = over / 2;
            pads[window->axes + i] = over - over / 2;
        }
    }
    sdse_rewrite_set_ints(w, "strides", window->axes, window->stride);
    sdse_rewrite_set_ints(w, "dilations", window->axes, window->dilation);
    sdse_rewrite_set_ints(w, "pads", 2 * (size_t)window->axes, pads);
    sdse_rewrite_set_ints(w, "output_padding", window->axes, behind);
}

bool sdse_tfjs_transposed(struct tfjs_layer *l) {
    struct window window;
    struct tfjs_weights kernel;
    int64_t extra[TFJS_MOST_AXES] = {0};
    const json_t *given = json_object_get(l->config, "output_padding");
    bool planes;
    if (!take_window(l, &window) ||
        !sdse_tfjs_ints(l, "output_padding", window.axes, 0, extra) ||
        !take_kernel(l, &window, "kernel", window.axes, &kernel))
        return false;
    const char *map = sdse_tfjs_image(l, &planes);
    const char *out = sdse_rewrite_node(&l->r->w, "ConvTranspose", "", map, kernel.name,
                                        sdse_tfjs_bias(l, kernel.shape[window.axes]));
    set_transposed(l, &window, extra, given && !json_is_null(given));
    return put(l, out, planes);
}
