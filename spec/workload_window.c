// Convolutions of a network's file as loop nests.
#include <math.h>

#include "base/checked.h"
#include "spec/value.h"
#include "spec/workload_reader.h"

enum { DEPTH, ROWS, COLUMNS, AXES };

// The window of a layer along its axes; those it does not have are of size 1.
struct window {
    unsigned first; // of the axes it has: DEPTH, ROWS or COLUMNS
    uint64_t channels, in[AXES], kernel[AXES], stride[AXES], dilation[AXES];
    int64_t pad[AXES][2]; // before and after the map
    uint64_t out[AXES];
};

static const char *const axis_words[AXES] = {"slices", "rows", "columns"};
static const char *const in_words[AXES] = {"[channels, depth, rows, columns]",
                                           "[channels, rows, columns]",
                                           "[channels, columns]"};
static const char *const list_words[AXES] = {"a number or [depth, rows, columns]",
                                             "a number or [rows, columns]", "a number"};

// ---- reading ----------------------------------------------------------------

static void read_in(struct sdse_layer_reader *r, struct window *w) {
    const struct sdse_node *list = sdse_node_get(r->map, "in");
    uint64_t values[1 + AXES] = {1, 1, 1, 1};
    size_t count = 1 + AXES - w->first;
    if (!list)
        sdse_report_missing(r->map, "in", r->diags);
    bool wrong_kind = list && list->kind == SDSE_NODE_SEQUENCE &&
                      list->count != count && list->count >= 2 && list->count <= 4 &&
                      (r->kind == SDSE_WRITTEN_CONV || r->kind == SDSE_WRITTEN_CONV1D ||
                       r->kind == SDSE_WRITTEN_CONV3D);
    if (wrong_kind)
        sdse_diag_add(r->diags, SDSE_ERROR, list->loc, "wrong-type",
                      "%s: expected %s, got %zu values: that is a '%s'",
                      sdse_node_path(r->arena, list), in_words[w->first], list->count,
                      list->count == 4   ? "conv3d"
                      : list->count == 3 ? "conv"
                                         : "conv1d");
    if (!list || wrong_kind ||
        !sdse_layer_list(r, list, count, 1, in_words[w->first], values)) {
        r->sizes_broken = true;
        return;
    }
    w->channels = values[0];
    for (unsigned axis = w->first; axis < AXES; axis++)
        w->in[axis] = values[1 + axis - w->first];
}

// One number for all axes, or a list with one for each.
static void read_axes(struct sdse_layer_reader *r, const struct window *w,
                      const char *key, uint64_t least, bool required,
                      uint64_t out[AXES]) {
    const struct sdse_node *node = sdse_node_get(r->map, key);
    bool good = true;
    if (!node) {
        if (required)
            sdse_report_missing(r->map, key, r->diags);
        good = !required;
    } else if (node->kind == SDSE_NODE_SCALAR) {
        good = sdse_read_u64(node, least, SDSE_LARGEST_SIZE, r->diags, &out[w->first]);
        for (unsigned axis = w->first; axis < AXES; axis++)
            out[axis] = out[w->first];
    } else {
        good = sdse_layer_list(r, node, AXES - w->first, least, list_words[w->first],
                               &out[w->first]);
    }
    r->sizes_broken |= !good;
}

// A whole number; below 0 only if `least` is.
static bool read_signed(struct sdse_layer_reader *r, const struct sdse_node *node,
                        double least, int64_t *out) {
    double value;
    if (!sdse_read_double(node, least, SDSE_LARGEST_SIZE, r->diags, &value))
        return false;
    if (value != floor(value)) {
        sdse_diag_add(r->diags, SDSE_ERROR, node->loc, "wrong-type",
                      "%s: expected a whole number, got '%.40s'",
                      sdse_node_path(r->arena, node), sdse_node_as_text(node));
        return false;
    }
    *out = (int64_t)value;
    return true;
}

// Of one axis: a number for both ends, or [before, after].
static bool read_ends(struct sdse_layer_reader *r, const struct sdse_node *node,
                      double least, int64_t pad[2]) {
    uint64_t both;
    if (node->kind != SDSE_NODE_SEQUENCE) {
        if (!sdse_read_u64(node, 0, SDSE_LARGEST_SIZE, r->diags, &both))
            return false;
        pad[0] = pad[1] = (int64_t)both;
        return true;
    }
    if (node->count != 2) {
        sdse_diag_add(r->diags, SDSE_ERROR, node->loc, "wrong-type",
                      "%s: expected a number or [before, after], got %zu values",
                      sdse_node_path(r->arena, node), node->count);
        return false;
    }
    bool good = read_signed(r, sdse_node_at(node, 0), least, &pad[0]);
    return read_signed(r, sdse_node_at(node, 1), least, &pad[1]) && good;
}

static void read_pad(struct sdse_layer_reader *r, struct window *w, double least) {
    const struct sdse_node *node = sdse_node_get(r->map, "pad");
    if (!node)
        return;
    size_t axes = AXES - w->first;
    bool listed = axes > 1 && node->kind == SDSE_NODE_SEQUENCE;
    if (listed && node->count != axes) {
        sdse_diag_add(r->diags, SDSE_ERROR, node->loc, "wrong-type",
                      "%s: expected %s, each of them a number or [before, after], got "
                      "%zu values",
                      sdse_node_path(r->arena, node), list_words[w->first],
                      node->count);
        r->sizes_broken = true;
        return;
    }
    for (unsigned axis = w->first; axis < AXES; axis++) {
        const struct sdse_node *at =
            listed ? sdse_node_at(node, axis - w->first) : node;
        if (!read_ends(r, at, least, w->pad[axis])) {
            r->sizes_broken = true;
            if (!listed)
                return;
        }
    }
}

static struct window no_window(unsigned first) {
    return (struct window){.first = first,
                           .channels = 1,
                           .in = {1, 1, 1},
                           .kernel = {1, 1, 1},
                           .stride = {1, 1, 1},
                           .dilation = {1, 1, 1},
                           .out = {1, 1, 1}};
}

static void divide_groups(struct sdse_layer_reader *r, const char *what,
                          uint64_t channels, uint64_t groups, uint64_t *per_group) {
    *per_group = channels / groups;
    if (channels % groups) {
        sdse_diag_add(r->diags, SDSE_ERROR,
                      sdse_layer_place(r, groups > 1 && sdse_node_get(r->map, "groups")
                                              ? "groups"
                                              : "out_channels"),
                      "groups-divide", "layer '%s': %llu groups do not divide %llu %s",
                      r->layer->name, (unsigned long long)groups,
                      (unsigned long long)channels, what);
    }
}

// Channels, filters and samples; false if there is nothing to go on with.
static bool read_channels(struct sdse_layer_reader *r, const struct window *w) {
    struct sdse_nest *nest = &r->layer->nest;
    bool depthwise = r->kind == SDSE_WRITTEN_DWCONV || r->kind == SDSE_WRITTEN_POOL;
    uint64_t groups = depthwise ? w->channels : sdse_layer_count(r, "groups", 1);
    uint64_t outs = sdse_layer_count(r, "out_channels", depthwise ? w->channels : 0);
    uint64_t each = sdse_layer_count(r, "batch", 1);
    if (r->sizes_broken)
        return false;
    divide_groups(r, "input channels", w->channels, groups, &nest->bound[SDSE_C]);
    divide_groups(r, "output channels", outs, groups, &nest->bound[SDSE_K]);
    nest->bound[SDSE_G] = groups;
    nest->bound[SDSE_N] = r->batch * each;
    return true;
}

// ---- convolution ------------------------------------------------------------

// out = floor((in + before + after - dilation (kernel - 1) - 1) / stride) + 1; false if
// the kernel does not fit.
static bool output_size(const struct window *w, unsigned axis, uint64_t *out) {
    int64_t window = (int64_t)(w->dilation[axis] * (w->kernel[axis] - 1) + 1);
    int64_t padded = (int64_t)w->in[axis] + w->pad[axis][0] + w->pad[axis][1];
    if (window > padded)
        return false;
    *out = (uint64_t)(padded - window) / w->stride[axis] + 1;
    return true;
}

// Puts rows and columns into the nest.
static void place_window(struct sdse_layer *layer, const struct window *w) {
    struct sdse_nest *nest = &layer->nest;
    layer->in_height = w->in[ROWS];
    layer->in_width = w->in[COLUMNS];
    for (unsigned axis = 0; axis < 2; axis++) {
        unsigned at = ROWS + axis;
        nest->bound[SDSE_P + axis] = w->out[at];
        nest->bound[SDSE_R + axis] = w->kernel[at];
        nest->stride[axis] = (uint32_t)w->stride[at];
        nest->dilation[axis] = (uint32_t)w->dilation[at];
        nest->pad[axis] = w->pad[at][0];
        nest->map[axis] = w->in[at];
    }
    if (layer->kind == SDSE_CONV && w->kernel[ROWS] == 1 && w->kernel[COLUMNS] == 1)
        layer->kind = SDSE_CONV1X1;
}

// Depth is no dimension of the nest: each output slice is a sample, each tap of the
// kernel's depth a set of input channels. MACs, weights and outputs are exact; inputs
// are where no slice belongs to two windows and none is padding, and else count each
// slice of each window.
static void fold_depth(struct sdse_layer_reader *r, const struct window *w) {
    uint64_t *bound = r->layer->nest.bound;
    uint64_t common = sdse_gcd_u64(w->stride[DEPTH], w->dilation[DEPTH]);
    bool apart = w->kernel[DEPTH] <= w->stride[DEPTH] / common ||
                 w->out[DEPTH] <= w->dilation[DEPTH] / common;
    if (!sdse_mul_u64(bound[SDSE_N], w->out[DEPTH], &bound[SDSE_N]) ||
        !sdse_mul_u64(bound[SDSE_C], w->kernel[DEPTH], &bound[SDSE_C]))
        bound[SDSE_N] = UINT64_MAX; // refused by words-absurd
    if (apart && w->pad[DEPTH][0] <= 0 && w->pad[DEPTH][1] <= 0)
        return;
    sdse_diag_add(
        r->diags, SDSE_WARNING, sdse_layer_place(r, "kernel"), "depth-unrolled",
        "layer '%s': %llu windows of %llu slices each read a depth of %llu: "
        "inputs count every slice of every window; MACs, weights and outputs "
        "are exact",
        r->layer->name, (unsigned long long)w->out[DEPTH],
        (unsigned long long)w->kernel[DEPTH], (unsigned long long)w->in[DEPTH]);
}

void sdse_layer_read_conv(struct sdse_layer_reader *r) {
    struct window w = no_window(r->kind == SDSE_WRITTEN_CONV1D   ? COLUMNS
                                : r->kind == SDSE_WRITTEN_CONV3D ? DEPTH
                                                                 : ROWS);
    read_in(r, &w);
    read_axes(r, &w, "kernel", 1, true, w.kernel);
    read_axes(r, &w, "stride", 1, false, w.stride);
    read_axes(r, &w, "dilation", 1, false, w.dilation);
    read_pad(r, &w, -(double)SDSE_LARGEST_SIZE);
    if (!read_channels(r, &w))
        return;
    bool fits = true;
    for (unsigned axis = 0; axis < AXES; axis++) {
        if (!output_size(&w, axis, &w.out[axis])) {
            sdse_diag_add(r->diags, SDSE_ERROR, sdse_layer_place(r, "kernel"),
                          "kernel-fits",
                          "layer '%s': the kernel's %s exceed the padded input",
                          r->layer->name, axis_words[axis]);
            fits = false;
        }
    }
    place_window(r->layer, &w);
    if (fits && w.first == DEPTH)
        fold_depth(r, &w);
}

// ---- transposed convolution -------------------------------------------------

// What phase `f` of a transposed convolution is along one axis: the outputs o with
// (o + pad) mod stride = f, as an ordinary convolution with every stride-th tap.
// Source: Dumoulin & Visin, arXiv:1603.07285, section 4, split by residues.
struct phase {
    uint64_t taps, outputs; // 0: no layer
    int64_t pad;            // before the map; negative: the first rows are skipped
};

static struct phase phase_of(uint64_t out, uint64_t kernel, uint64_t stride,
                             uint64_t pad, uint64_t f) {
    struct phase phase = {0};
    uint64_t first = pad > f ? (pad - f + stride - 1) / stride : 0;
    if (f < kernel)
        phase.taps = (kernel - f + stride - 1) / stride;
    if (out - 1 + pad >= f && (out - 1 + pad - f) / stride >= first)
        phase.outputs = (out - 1 + pad - f) / stride - first + 1;
    phase.pad = (int64_t)phase.taps - 1 - (int64_t)first;
    return phase;
}

// The output's size, in w->out; false after a diagnostic.
static bool deconv_size(struct sdse_layer_reader *r, struct window *w,
                        const uint64_t extra[AXES]) {
    bool good = true;
    for (unsigned axis = ROWS; axis < AXES; axis++) {
        uint64_t cut = (uint64_t)(w->pad[axis][0] + w->pad[axis][1]);
        uint64_t whole =
            (w->in[axis] - 1) * w->stride[axis] + w->kernel[axis] + extra[axis];
        if (extra[axis] >= w->stride[axis] && extra[axis] > 0) {
            sdse_diag_add(r->diags, SDSE_ERROR, sdse_layer_place(r, "output_padding"),
                          "deconv-output",
                          "layer '%s': output_padding of %llu %s is not below the "
                          "stride",
                          r->layer->name, (unsigned long long)extra[axis],
                          axis_words[axis]);
            good = false;
        } else if (whole <= cut) {
            sdse_diag_add(r->diags, SDSE_ERROR, sdse_layer_place(r, "pad"),
                          "deconv-output",
                          "layer '%s': padding leaves no %s of the output",
                          r->layer->name, axis_words[axis]);
            good = false;
        }
        w->out[axis] = whole - cut;
    }
    return good;
}

static void set_phase(struct sdse_layer_reader *r, struct sdse_layer *layer,
                      const struct window *w, const struct phase *rows,
                      const struct phase *columns) {
    struct window part = *w;
    const struct phase *at[] = {rows, columns};
    for (unsigned axis = ROWS; axis < AXES; axis++) {
        part.kernel[axis] = at[axis - ROWS]->taps;
        part.out[axis] = at[axis - ROWS]->outputs;
        part.stride[axis] = 1;
        part.pad[axis][0] = at[axis - ROWS]->pad;
    }
    *layer = *r->layer;
    layer->kind = SDSE_CONV;
    place_window(layer, &part);
}

enum { MOST_PHASES = 4096 };

void sdse_layer_read_deconv(struct sdse_layer_reader *r) {
    struct window w = no_window(ROWS);
    uint64_t extra[AXES] = {0};
    read_in(r, &w);
    read_axes(r, &w, "kernel", 1, true, w.kernel);
    read_axes(r, &w, "stride", 1, false, w.stride);
    read_axes(r, &w, "output_padding", 0, false, extra);
    read_pad(r, &w, 0);
    if (!read_channels(r, &w) || !deconv_size(r, &w, extra))
        return;
    uint64_t taken[AXES];
    for (unsigned axis = ROWS; axis < AXES; axis++)
        taken[axis] = w.stride[axis] < w.kernel[axis] ? w.stride[axis] : w.kernel[axis];
    if (taken[ROWS] * taken[COLUMNS] > MOST_PHASES) {
        sdse_diag_add(r->diags, SDSE_ERROR, sdse_layer_place(r, "stride"),
                      "deconv-output", "layer '%s': more than %d output phases",
                      r->layer->name, MOST_PHASES);
        return;
    }
    struct sdse_layer *list =
        SDSE_ARENA_ARRAY(r->arena, struct sdse_layer, taken[ROWS] * taken[COLUMNS]);
    if (!list) {
        r->out_of_memory = true;
        return;
    }
    size_t count = 0;
    bool one = w.stride[ROWS] == 1 && w.stride[COLUMNS] == 1;
    for (uint64_t y = 0; y < taken[ROWS]; y++) {
        struct phase rows = phase_of(w.out[ROWS], w.kernel[ROWS], w.stride[ROWS],
                                     (uint64_t)w.pad[ROWS][0], y);
        for (uint64_t x = 0; x < taken[COLUMNS]; x++) {
            struct phase columns =
                phase_of(w.out[COLUMNS], w.kernel[COLUMNS], w.stride[COLUMNS],
                         (uint64_t)w.pad[COLUMNS][0], x);
            if (!rows.outputs || !columns.outputs)
                continue;
            struct sdse_layer *layer = &list[count++];
            set_phase(r, layer, &w, &rows, &columns);
            if (!one)
                layer->name =
                    sdse_arena_printf(r->arena, "%s[%llu,%llu]", r->layer->name,
                                      (unsigned long long)y, (unsigned long long)x);
            r->out_of_memory |= !layer->name;
        }
    }
    if (r->out_of_memory)
        return;
    if (!count) {
        sdse_diag_add(r->diags, SDSE_ERROR, r->map->loc, "deconv-output",
                      "layer '%s': no output has a tap", r->layer->name);
        return;
    }
    *r->layer = list[0];
    r->more = list + 1;
    r->more_count = count - 1;
}
