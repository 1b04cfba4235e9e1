// Convolutions as layers.
#include <inttypes.h>
#include <string.h>

#include "base/checked.h"
#include "import/onnx/maker.h"
#include "import/onnx/ops.h"

enum { DEPTH, ROWS, COLUMNS, AXES };

// A window along the three axes there can be; those it has not are of size 1.
struct box {
    uint64_t in[AXES], out[AXES], kernel[AXES], stride[AXES], dilation[AXES];
    int64_t pad[AXES];      // before the map
    uint64_t pad_end[AXES]; // after it
};

static struct box box_of(const struct sdse_onnx_window *window,
                         const struct sdse_onnx_shape *x) {
    struct box box;
    for (unsigned i = 0; i < AXES; i++) {
        box.in[i] = box.out[i] = box.kernel[i] = box.stride[i] = box.dilation[i] = 1;
        box.pad[i] = 0;
        box.pad_end[i] = 0;
    }
    for (unsigned i = 0; i < window->axes; i++) { // the last axis is columns
        unsigned at = AXES - window->axes + i;
        box.in[at] = x->dim[2 + i];
        box.out[at] = window->out[i];
        box.kernel[at] = window->kernel[i];
        box.stride[at] = window->stride[i];
        box.dilation[at] = window->dilation[i];
        box.pad[at] = (int64_t)window->pad_begin[i];
        box.pad_end[at] = window->pad_end[i];
    }
    return box;
}

// Rows and columns of the nest: the map as it is, and where the first window starts.
static void set_windows(struct sdse_maker *maker, const struct box *box,
                        uint64_t images) {
    struct sdse_layer *layer = &maker->layer;
    layer->in_height = box->in[ROWS] * images;
    layer->in_width = box->in[COLUMNS];
    sdse_maker_set_map(layer);
    for (unsigned axis = 0; axis < 2; axis++) {
        layer->nest.stride[axis] = (uint32_t)box->stride[ROWS + axis];
        layer->nest.dilation[axis] = (uint32_t)box->dilation[ROWS + axis];
        layer->nest.pad[axis] = box->pad[ROWS + axis];
    }
}

static bool too_many_axes(struct sdse_maker *maker, unsigned axes, unsigned most) {
    return axes > most &&
           !sdse_maker_refuse(
               maker, "onnx-rank",
               "a convolution over %u spatial dimensions is no loop nest here", axes);
}

static void warn_of_depth(const struct sdse_maker *maker, const struct box *box) {
    if (maker->probing)
        return;
    sdse_diag_add(maker->graph->diags, SDSE_WARNING,
                  (struct sdse_loc){.file = maker->graph->file}, "onnx-depth",
                  "node '%s' (%s): %" PRIu64 " windows of %" PRIu64
                  " slices each read a depth of %" PRIu64
                  ": inputs count every slice of every window; MACs, weights and "
                  "outputs are exact",
                  maker->node->name, maker->node->op, box->out[DEPTH],
                  box->kernel[DEPTH], box->in[DEPTH]);
}

// Depth is no dimension of the nest: each output slice is a sample, each tap of the
// kernel's depth a set of input channels, as in a workload's conv3d.
static bool fold_depth(struct sdse_maker *maker, const struct box *box,
                       uint64_t *channels, uint64_t *samples) {
    if (!sdse_mul_u64(*channels, box->kernel[DEPTH], channels) ||
        !sdse_mul_u64(*samples, box->out[DEPTH], samples))
        return sdse_maker_refuse(maker, "onnx-shape", "it is absurdly large");
    bool padded = box->pad[DEPTH] > 0 || box->pad_end[DEPTH] > 0;
    bool apart =
        box->out[DEPTH] == 1 || box->kernel[DEPTH] == 1 ||
        (box->dilation[DEPTH] == 1 && box->kernel[DEPTH] <= box->stride[DEPTH]);
    if (!apart || padded)
        warn_of_depth(maker, box);
    return true;
}

bool sdse_maker_conv(struct sdse_maker *maker) {
    struct sdse_onnx_operands at = sdse_onnx_operands_of(maker->node->op);
    const struct sdse_onnx_shape *x = sdse_maker_shape(maker, maker->node->input[at.a]);
    const struct sdse_onnx_shape *w = sdse_maker_shape(maker, maker->node->input[at.b]);
    struct sdse_onnx_window window;
    if (!x || !w ||
        !sdse_onnx_window_of(maker->graph, maker->node, x, w->dim + 2, &window) ||
        too_many_axes(maker, window.axes, AXES))
        return false;
    struct box box = box_of(&window, x);
    uint64_t groups = (uint64_t)sdse_onnx_int(maker->node, "group", 1), images;
    if (!sdse_maker_split_batch(maker, x->dim[0], &images))
        return false;
    bool pointwise =
        box.kernel[DEPTH] == 1 && box.kernel[ROWS] == 1 && box.kernel[COLUMNS] == 1;
    // Several images for each input of the model: rows if nothing lies between them.
    bool rows = pointwise && window.axes < AXES && box.stride[ROWS] == 1 &&
                box.pad[ROWS] == 0 && box.pad_end[ROWS] == 0;
    uint64_t samples = rows ? 1 : images, channels = w->dim[1];
    images = rows ? images : 1;
    if (!fold_depth(maker, &box, &channels, &samples))
        return false;
    sdse_maker_set_bounds(maker, groups, w->dim[0] / groups, channels,
                          box.out[ROWS] * images, box.out[COLUMNS], box.kernel[ROWS],
                          box.kernel[COLUMNS]);
    uint64_t *n = &maker->layer.nest.bound[SDSE_N];
    if (!sdse_mul_u64(*n, samples, n))
        return sdse_maker_refuse(maker, "onnx-shape", "it is absurdly large");
    set_windows(maker, &box, images);
    maker->layer.kind = groups > 1 && channels == 1 ? SDSE_DWCONV
                        : box.kernel[ROWS] == 1 && box.kernel[COLUMNS] == 1
                            ? SDSE_CONV1X1
                            : SDSE_CONV;
    sdse_maker_set_weights(maker, &maker->graph->value[maker->node->input[at.b]], false,
                           1, 1, 1);
    sdse_maker_set_weight_shape(maker, 4, w->dim[0], channels, box.kernel[ROWS],
                                box.kernel[COLUMNS]);
    return true;
}

// ---- transposed convolution -------------------------------------------------

// What phase f of a transposed convolution is along one axis: the outputs o with
// (o + pad) mod stride = f. Output o gets tap r of input i where
// o + pad = i stride + r dilation; with g the common divisor of stride and dilation
// these taps are `first`, first + step, …, step = stride / g, and neighbours read
// inputs dilation / g apart: a convolution of stride 1 with the taps turned round.
// Source: Dumoulin & Visin, arXiv:1603.07285, section 4, split by residues.
struct phase {
    uint64_t taps, outputs; // 0: no layer
    uint64_t first, step;   // taps of the kernel
    uint64_t dilation;
    int64_t pad; // before the map; negative: the first rows are skipped
};

// The phase that tap `first`, below stride / g, belongs to.
static struct phase phase_of(const struct box *box, unsigned axis, uint64_t first) {
    uint64_t stride = box->stride[axis], pad = (uint64_t)box->pad[axis];
    uint64_t common = sdse_gcd_u64(stride, box->dilation[axis]);
    uint64_t residue = first * box->dilation[axis] % stride;
    struct phase phase = {.first = first,
                          .step = stride / common,
                          .dilation = box->dilation[axis] / common};
    uint64_t skipped = pad > residue ? (pad - residue + stride - 1) / stride : 0;
    uint64_t last = box->out[axis] - 1 + pad;
    phase.taps = (box->kernel[axis] - first + phase.step - 1) / phase.step;
    if (last >= residue && (last - residue) / stride >= skipped)
        phase.outputs = (last - residue) / stride - skipped + 1;
    phase.pad = (int64_t)((phase.taps - 1) * phase.dilation +
                          first * box->dilation[axis] / stride) -
                (int64_t)skipped;
    return phase;
}

// Taps that begin a phase each, along one axis.
static uint64_t phases_of(const struct box *box, unsigned axis) {
    uint64_t step =
        box->stride[axis] / sdse_gcd_u64(box->stride[axis], box->dilation[axis]);
    return step < box->kernel[axis] ? step : box->kernel[axis];
}

// One phase as a layer of its own. Its depth is folded as that of a convolution: each
// output slice is a sample, each tap a set of channels.
static bool add_phase(struct sdse_maker *maker, const struct box *whole,
                      const struct phase at[AXES], const char *suffix) {
    const struct sdse_layer plain = maker->layer;
    const uint64_t channels = maker->weights.shape[1];
    struct sdse_layer *layer = &maker->layer;
    uint64_t *bound = layer->nest.bound, *shape = maker->weights.shape;
    struct box box = *whole;
    for (unsigned axis = 0; axis < AXES; axis++) {
        maker->weights.taps[axis] = (struct sdse_onnx_taps){.of = whole->kernel[axis],
                                                            .first = at[axis].first,
                                                            .step = at[axis].step,
                                                            .count = at[axis].taps};
        box.stride[axis] = 1;
        box.dilation[axis] = at[axis].dilation;
        box.pad[axis] = at[axis].pad;
    }
    for (unsigned axis = 0; axis < 2; axis++) {
        bound[SDSE_P + axis] = at[ROWS + axis].outputs;
        bound[SDSE_R + axis] = at[ROWS + axis].taps;
        shape[2 + axis] = at[ROWS + axis].taps;
    }
    set_windows(maker, &box, 1);
    shape[1] = channels * at[DEPTH].taps;
    bool good = sdse_mul_u64(bound[SDSE_N], at[DEPTH].outputs, &bound[SDSE_N]) &&
                sdse_mul_u64(bound[SDSE_C], at[DEPTH].taps, &bound[SDSE_C]);
    if (!good)
        sdse_maker_refuse(maker, "onnx-shape", "it is absurdly large");
    layer->kind = bound[SDSE_G] > 1 && bound[SDSE_C] == 1 ? SDSE_DWCONV
                  : at[ROWS].taps * at[COLUMNS].taps == 1 ? SDSE_CONV1X1
                                                          : SDSE_CONV;
    good = good && sdse_maker_add(maker, suffix);
    maker->layer = plain;
    shape[1] = channels;
    return good;
}

// Whether slices of the input are counted once for each window of a phase that reads
// them, or beyond the map: neighbours share slices if there are more windows than
// lie between two taps.
static bool shares_depth(const struct box *box, const struct phase *depth) {
    const int64_t last =
        (int64_t)(depth->outputs - 1 + (depth->taps - 1) * depth->dilation) -
        depth->pad;
    return (depth->taps > 1 && depth->outputs > depth->dilation) || depth->pad > 0 ||
           last >= (int64_t)box->in[DEPTH];
}

enum { MOST_PHASES = 4096 };

// What a phase is called after its node: its residues, where there are several.
static void name_phase(const struct box *box, unsigned axes, const uint64_t first[AXES],
                       char suffix[96]) {
    const bool split =
        box->stride[DEPTH] > 1 || box->stride[ROWS] > 1 || box->stride[COLUMNS] > 1;
    suffix[0] = '\0';
    for (unsigned i = axes == AXES ? DEPTH : ROWS; split && i < AXES; i++)
        snprintf(suffix + strlen(suffix), 96 - strlen(suffix), ".%" PRIu64,
                 first[i] * box->dilation[i] % box->stride[i]);
}

bool sdse_maker_deconv(struct sdse_maker *maker) {
    struct sdse_onnx_graph *graph = maker->graph;
    const struct sdse_onnx_shape *x = sdse_maker_shape(maker, maker->node->input[0]);
    const struct sdse_onnx_shape *w = sdse_maker_shape(maker, maker->node->input[1]);
    struct sdse_onnx_window window;
    uint64_t groups = (uint64_t)sdse_onnx_int(maker->node, "group", 1), images, filters;
    if (!x || !w || !sdse_maker_shape(maker, maker->node->output[0]) ||
        too_many_axes(maker, x->rank - 2, AXES) ||
        !sdse_onnx_deconv_window_of(graph, maker->node, x, w, &window) ||
        !sdse_maker_split_batch(maker, x->dim[0], &images))
        return false;
    if (!sdse_mul_u64(groups, w->dim[1], &filters))
        return sdse_maker_refuse(maker, "onnx-shape", "it is absurdly large");
    struct box box = box_of(&window, x);
    uint64_t count[AXES], all = 1;
    for (unsigned i = 0; i < AXES; i++)
        if (!sdse_mul_u64(all, count[i] = phases_of(&box, i), &all))
            all = UINT64_MAX;
    if (all > MOST_PHASES)
        return sdse_maker_refuse(maker, "onnx-shape",
                                 "it has more than %d output phases", MOST_PHASES);
    sdse_maker_set_bounds(maker, groups, w->dim[1], w->dim[0] / groups, 1, 1, 1, 1);
    uint64_t *n = &maker->layer.nest.bound[SDSE_N];
    if (!sdse_mul_u64(*n, images, n))
        return sdse_maker_refuse(maker, "onnx-shape", "it is absurdly large");
    sdse_maker_set_weights(maker, &graph->value[maker->node->input[1]], false, groups,
                           1, 1);
    sdse_maker_set_weight_shape(maker, 4, filters, w->dim[0] / groups, 1, 1);
    bool good = true, shares = false;
    for (uint64_t i = 0; i < all && good; i++) { // columns fastest
        const uint64_t first[AXES] = {i / count[COLUMNS] / count[ROWS],
                                      i / count[COLUMNS] % count[ROWS],
                                      i % count[COLUMNS]};
        struct phase at[AXES];
        char suffix[96];
        for (unsigned axis = 0; axis < AXES; axis++)
            at[axis] = phase_of(&box, axis, first[axis]);
        if (!at[DEPTH].outputs || !at[ROWS].outputs || !at[COLUMNS].outputs)
            continue; // cut off: as outputs without taps, nothing to compute
        shares |= shares_depth(&box, &at[DEPTH]);
        name_phase(&box, window.axes, first, suffix);
        good = add_phase(maker, &box, at, suffix);
    }
    if (shares)
        warn_of_depth(maker, &box);
    maker->added = true;
    return good;
}
