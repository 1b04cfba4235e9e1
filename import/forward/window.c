// Operators that slide a window: Conv, ConvTranspose, the pools.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "import/forward/dot.h"
#include "import/forward/step.h"

enum { AXES = 3 }; // depth, rows, columns

// A window along the three axes there can be; those there are not are of size 1.
struct box {
    uint64_t in[AXES], out[AXES], kernel[AXES], stride[AXES], dilation[AXES];
    uint64_t pad[AXES], pad_end[AXES];
    uint64_t in_plane, out_plane, taps; // products of the three
};

static bool box_of(struct sdse_step *step, const struct sdse_onnx_shape *x,
                   const struct sdse_onnx_shape *w, bool transposed, struct box *box) {
    struct sdse_onnx_window window;
    // Shapes are inferred: the window has been found good. Graph and node are only
    // read.
    struct sdse_onnx_graph graph = *step->graph;
    struct sdse_onnx_node node = *step->node;
    bool good = transposed ? sdse_onnx_deconv_window_of(&graph, &node, x, w, &window)
                           : sdse_onnx_window_of(&graph, &node, x,
                                                 w ? w->dim + 2 : NULL, &window);
    if (!good || window.axes > AXES)
        return sdse_step_fail(step, "more than three spatial dimensions are not "
                                    "executed here");
    *box = (struct box){.in_plane = 1, .out_plane = 1, .taps = 1};
    for (unsigned i = 0; i < AXES; i++) {
        unsigned from = i + window.axes - AXES; // wraps where there is none
        bool there = i + window.axes >= AXES;
        box->in[i] = there ? x->dim[2 + from] : 1;
        box->out[i] = there ? window.out[from] : 1;
        box->kernel[i] = there ? window.kernel[from] : 1;
        box->stride[i] = there ? window.stride[from] : 1;
        box->dilation[i] = there ? window.dilation[from] : 1;
        box->pad[i] = there ? window.pad_begin[from] : 0;
        box->pad_end[i] = there ? window.pad_end[from] : 0;
        box->in_plane *= box->in[i];
        box->out_plane *= box->out[i];
        box->taps *= box->kernel[i];
    }
    return true;
}

// ---- convolution ------------------------------------------------------------

// Pointwise convolutions see one row.
static void flatten(struct box *box) {
    for (unsigned i = 0; i < AXES; i++)
        if (box->kernel[i] != 1 || box->stride[i] != 1 || box->pad[i] ||
            box->pad_end[i])
            return;
    for (unsigned i = 0; i < AXES; i++)
        box->in[i] = box->out[i] = i + 1 < AXES ? 1 : box->in_plane;
}

struct convolution {
    struct box box;
    uint64_t samples, groups, filters, channels; // of one group
    uint64_t extent[AXES], plane;                // of the padded map
    const double *x, *w, *bias;
    const uint64_t *offset; // of each channel's taps
    double *out;
    bool out_of_memory;
};

static void convolve_filters(void *context, uint64_t task) {
    struct convolution *c = context;
    const struct box *box = &c->box;
    uint64_t blocks = (c->filters + SDSE_DOT_FILTERS - 1) / SDSE_DOT_FILTERS;
    uint64_t first = task % blocks * SDSE_DOT_FILTERS, taps = c->channels * box->taps;
    uint64_t group = task / blocks % c->groups, sample = task / blocks / c->groups;
    uint64_t filters =
        c->filters - first < SDSE_DOT_FILTERS ? c->filters - first : SDSE_DOT_FILTERS;
    uint64_t filter = group * c->filters + first;
    double *out = c->out + (sample * c->groups * c->filters + filter) * box->out_plane;
    const double *x = c->x + (sample * c->groups + group) * c->channels * c->plane;
    double *packed = malloc((size_t)(taps + 1) * SDSE_DOT_FILTERS * sizeof *packed);
    if (!packed) {
        c->out_of_memory = true;
        return;
    }
    sdse_dot_pack(c->w + filter * taps, filters, taps, taps, 1, packed);
    for (uint64_t f = 0; f < filters && c->bias; f++)
        for (uint64_t i = 0; i < box->out_plane; i++)
            out[f * box->out_plane + i] = c->bias[filter + f];
    for (uint64_t d = 0; d < box->out[0]; d++)
        for (uint64_t p = 0; p < box->out[1]; p++)
            sdse_dot(packed, filters, taps, c->offset,
                     x + (d * box->stride[0] * c->extent[1] + p * box->stride[1]) *
                             c->extent[2],
                     box->stride[2], box->out[2],
                     out + (d * box->out[1] + p) * box->out[2], box->out_plane, 1);
    free(packed);
}

// The map with zeros around it, as far as windows reach, and room behind it.
static double *pad_map(const struct sdse_onnx_numbers *x, struct convolution *c) {
    const struct box *box = &c->box;
    uint64_t maps = box->in_plane ? x->count / box->in_plane : 0;
    c->plane = 1;
    for (unsigned i = 0; i < AXES; i++) {
        c->extent[i] = (box->out[i] - 1) * box->stride[i] +
                       (box->kernel[i] - 1) * box->dilation[i] + 1;
        c->plane *= c->extent[i];
    }
    double *padded = calloc(
        (size_t)(maps * c->plane + SDSE_DOT_OUTPUTS * box->stride[2]), sizeof *padded);
    if (!padded)
        return NULL;
    for (uint64_t map = 0; map < maps; map++)
        for (uint64_t d = 0; d < box->in[0]; d++)
            for (uint64_t h = 0; h < box->in[1]; h++) {
                uint64_t y[2] = {d + box->pad[0], h + box->pad[1]};
                uint64_t room =
                    c->extent[2] > box->pad[2] ? c->extent[2] - box->pad[2] : 0;
                if (y[0] >= c->extent[0] || y[1] >= c->extent[1])
                    continue; // no window reaches it
                memcpy(
                    padded + map * c->plane +
                        (y[0] * c->extent[1] + y[1]) * c->extent[2] + box->pad[2],
                    x->data + map * box->in_plane + (d * box->in[1] + h) * box->in[2],
                    (size_t)(room < box->in[2] ? room : box->in[2]) * sizeof *padded);
            }
    return padded;
}

bool sdse_step_convolve(struct sdse_step *step, const struct sdse_onnx_numbers *x,
                        const struct sdse_onnx_numbers *w, const double *bias) {
    struct convolution c = {.w = w->data, .bias = bias, .out = step->out[0].data};
    if (!box_of(step, &x->shape, &w->shape, false, &c.box))
        return false;
    flatten(&c.box);
    c.samples = x->shape.dim[0];
    c.groups = (uint64_t)sdse_onnx_int(step->node, "group", 1);
    c.filters = w->shape.dim[0] / c.groups;
    c.channels = w->shape.dim[1];
    uint64_t taps = c.channels * c.box.taps, at = 0;
    double *padded = pad_map(x, &c);
    uint64_t *offset = malloc((size_t)(taps + 1) * sizeof *offset);
    bool good = padded && offset;
    for (uint64_t channel = 0; channel < c.channels && good; channel++)
        for (uint64_t d = 0; d < c.box.kernel[0]; d++)
            for (uint64_t r = 0; r < c.box.kernel[1]; r++)
                for (uint64_t s = 0; s < c.box.kernel[2]; s++)
                    offset[at++] =
                        channel * c.plane +
                        (d * c.box.dilation[0] * c.extent[1] + r * c.box.dilation[1]) *
                            c.extent[2] +
                        s * c.box.dilation[2];
    c.x = padded;
    c.offset = offset;
    uint64_t blocks = (c.filters + SDSE_DOT_FILTERS - 1) / SDSE_DOT_FILTERS;
    if (good)
        good = sdse_step_parallel(step, c.samples * c.groups * blocks,
                                  (double)step->out[0].count * (double)taps,
                                  convolve_filters, &c);
    good = good && !c.out_of_memory;
    free(padded);
    free(offset);
    return good || sdse_step_no_memory(step);
}

static bool bias_fits(struct sdse_step *step, uint64_t filters) {
    return !sdse_step_has(step, 2) || step->in[2].count == filters ||
           sdse_step_fail(step, "its bias has another length than its filters");
}

static bool run_conv(struct sdse_step *step) {
    return bias_fits(step, step->in[1].shape.dim[0]) &&
           sdse_step_convolve(step, &step->in[0], &step->in[1],
                              sdse_step_has(step, 2) ? step->in[2].data : NULL);
}

// FusedConv: a map is added, and the function that is named is applied.
static bool run_fused_conv(struct sdse_step *step) {
    struct sdse_onnx_numbers *out = &step->out[0];
    if (!run_conv(step))
        return false;
    if (sdse_step_has(step, 3) && step->in[3].count != out->count)
        return sdse_step_fail(step, "the map that it adds is not of its output's size");
    for (uint64_t i = 0; i < out->count && sdse_step_has(step, 3); i++)
        out->data[i] = sdse_step_round(out->data[i]) + step->in[3].data[i];
    return sdse_step_activate(step);
}

// ---- transposed convolution -------------------------------------------------

struct transposed {
    struct box box;
    uint64_t groups, filters, channels; // of one group
    const double *x, *w, *bias;
    double *out;
};

// Output o of one axis gets tap t of input i where o + pad = i stride + t dilation.
static bool lands(const struct box *box, unsigned axis, uint64_t i, uint64_t t,
                  uint64_t *o) {
    *o = i * box->stride[axis] + t * box->dilation[axis] - box->pad[axis];
    return *o < box->out[axis]; // wraps where it is before the map
}

static void scatter_filter(void *context, uint64_t task) {
    const struct transposed *t = context;
    const struct box *box = &t->box;
    uint64_t filter = task % t->filters, group = task / t->filters % t->groups;
    uint64_t sample = task / t->filters / t->groups, o[AXES];
    double *out = t->out + task * box->out_plane;
    for (uint64_t i = 0; i < box->out_plane; i++)
        out[i] = t->bias ? t->bias[group * t->filters + filter] : 0;
    for (uint64_t c = 0; c < t->channels; c++) {
        uint64_t channel = group * t->channels + c;
        const double *x =
            t->x + (sample * t->groups * t->channels + channel) * box->in_plane;
        const double *w = t->w + (channel * t->filters + filter) * box->taps;
        for (uint64_t i = 0; i < box->in_plane; i++)
            for (uint64_t k = 0; k < box->taps; k++)
                if (lands(box, 0, i / box->in[2] / box->in[1],
                          k / box->kernel[2] / box->kernel[1], &o[0]) &&
                    lands(box, 1, i / box->in[2] % box->in[1],
                          k / box->kernel[2] % box->kernel[1], &o[1]) &&
                    lands(box, 2, i % box->in[2], k % box->kernel[2], &o[2]))
                    out[(o[0] * box->out[1] + o[1]) * box->out[2] + o[2]] +=
                        x[i] * w[k];
    }
}

static bool run_conv_transpose(struct sdse_step *step) {
    const struct sdse_onnx_numbers *x = &step->in[0], *w = &step->in[1];
    struct transposed t = {.x = x->data, .w = w->data, .out = step->out[0].data};
    t.groups = (uint64_t)sdse_onnx_int(step->node, "group", 1);
    t.filters = w->shape.dim[1];
    t.channels = w->shape.dim[0] / t.groups;
    t.bias = sdse_step_has(step, 2) ? step->in[2].data : NULL;
    if (!bias_fits(step, t.groups * t.filters) ||
        !box_of(step, &x->shape, &w->shape, true, &t.box))
        return false;
    return sdse_step_parallel(step, x->shape.dim[0] * t.groups * t.filters,
                              4 * (double)x->count * (double)t.filters *
                                  (double)t.box.taps,
                              scatter_filter, &t);
}

// ---- pools ------------------------------------------------------------------

enum pool { MAXIMUM, AVERAGE, POWER };

// One window: its first place along each axis may be in the padding.
static double pool_at(const struct box *box, const double *x, enum pool kind,
                      double power, bool count_padding, const uint64_t *o) {
    double value = kind == MAXIMUM ? (double)-INFINITY : 0;
    uint64_t counted = 0;
    for (uint64_t k = 0; k < box->taps; k++) {
        const uint64_t tap[AXES] = {k / box->kernel[2] / box->kernel[1],
                                    k / box->kernel[2] % box->kernel[1],
                                    k % box->kernel[2]};
        uint64_t place = 0;
        bool inside = true, padded = true;
        for (unsigned i = 0; i < AXES; i++) {
            uint64_t at = o[i] * box->stride[i] + tap[i] * box->dilation[i];
            padded &= at < box->pad[i] + box->in[i] + box->pad_end[i];
            at -= box->pad[i]; // wraps where it is before the map
            inside &= at < box->in[i];
            place = place * box->in[i] + at;
        }
        counted += count_padding ? padded : inside;
        if (!inside)
            continue;
        double number = x[place];
        value = kind == AVERAGE                   ? value + number
                : kind == POWER                   ? value + pow(fabs(number), power)
                : number > value || isnan(number) ? number
                                                  : value;
    }
    return kind == AVERAGE ? value / (double)(counted ? counted : 1)
           : kind == POWER ? pow(value, 1 / power)
                           : value;
}

static bool run_pool(struct sdse_step *step) {
    const struct sdse_onnx_numbers *x = &step->in[0];
    const char *op = step->node->op;
    enum pool kind = op[0] == 'M' ? MAXIMUM : op[0] == 'A' ? AVERAGE : POWER;
    bool count_padding = sdse_onnx_int(step->node, "count_include_pad", 0) != 0;
    double power = (double)sdse_onnx_int(step->node, "p", 2);
    struct box box;
    if (step->outputs > 1 && step->out[1].data)
        return sdse_step_fail(step, "the places of its maxima are not given here");
    if (!box_of(step, &x->shape, NULL, false, &box))
        return false;
    for (uint64_t i = 0; i < step->out[0].count; i++) {
        uint64_t place = i % box.out_plane;
        const uint64_t o[AXES] = {place / box.out[2] / box.out[1],
                                  place / box.out[2] % box.out[1], place % box.out[2]};
        step->out[0].data[i] = pool_at(&box, x->data + i / box.out_plane * box.in_plane,
                                       kind, power, count_padding, o);
    }
    return true;
}

static bool run_global_pool(struct sdse_step *step) {
    const struct sdse_onnx_numbers *x = &step->in[0];
    const char *op = step->node->op + strlen("Global");
    uint64_t maps = step->out[0].count, plane = maps ? x->count / maps : 0;
    double power = (double)sdse_onnx_int(step->node, "p", 2);
    struct box box = {.in = {1, 1, plane},
                      .out = {1, 1, 1},
                      .kernel = {1, 1, plane},
                      .stride = {1, 1, 1},
                      .dilation = {1, 1, 1},
                      .taps = plane};
    for (uint64_t i = 0; i < maps; i++)
        step->out[0].data[i] = pool_at(&box, x->data + i * plane,
                                       op[0] == 'M'   ? MAXIMUM
                                       : op[0] == 'A' ? AVERAGE
                                                      : POWER,
                                       power, false, (const uint64_t[AXES]){0, 0, 0});
    return true;
}

sdse_step_rule sdse_step_rule_window(const char *op) {
    static const struct {
        const char *op;
        sdse_step_rule rule;
    } rules[] = {
        {"Conv", run_conv},
        {"FusedConv", run_fused_conv},
        {"ConvTranspose", run_conv_transpose},
        {"MaxPool", run_pool},
        {"AveragePool", run_pool},
        {"LpPool", run_pool},
        {"GlobalMaxPool", run_global_pool},
        {"GlobalAveragePool", run_global_pool},
        {"GlobalLpPool", run_global_pool},
    };
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (strcmp(op, rules[i].op) == 0)
            return rules[i].rule;
    return NULL;
}
