// Operators that rearrange: Reshape, Transpose, Concat, Slice, Pad, Resize and others.
#include "import/onnx/rules.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "import/onnx/operators.h"

static const char not_constant[] =
    "the shape depends on values that are computed from the input's data";

static bool infer_flatten(struct sdse_onnx_graph *graph, struct sdse_onnx_node *node) {
    const struct sdse_onnx_shape *x = sdse_onnx_need(graph, node, 0);
    if (!x)
        return false;
    int64_t axis = sdse_onnx_int(node, "axis", 1);
    if (axis < 0)
        axis += x->rank;
    if (axis < 0 || axis > x->rank)
        return sdse_onnx_wrong(graph, node,
                               "'axis' is %" PRId64 ", out of range of %u dimensions",
                               sdse_onnx_int(node, "axis", 1), x->rank);
    uint64_t dims[2] = {sdse_onnx_product(x, 0, (unsigned)axis),
                        sdse_onnx_product(x, (unsigned)axis, x->rank)};
    return sdse_onnx_set(graph, node, 0, 2, dims);
}

static bool infer_reshape(struct sdse_onnx_graph *graph, struct sdse_onnx_node *node) {
    const struct sdse_onnx_shape *x = sdse_onnx_need(graph, node, 0);
    if (!x)
        return false;
    struct sdse_onnx_list list = sdse_onnx_list_of(graph, node, "shape", 1);
    if (list.given != SDSE_ONNX_GIVEN)
        return sdse_onnx_unknown(node, not_constant);
    if (list.count > SDSE_ARRAY_MAX_RANK)
        return sdse_onnx_unknown(node, "its output has more than 8 dimensions");
    bool keep_zero = sdse_onnx_int(node, "allowzero", 0) != 0;
    struct sdse_onnx_shape out = {.known = true, .rank = list.count};
    unsigned open = SDSE_ARRAY_MAX_RANK;
    for (unsigned i = 0; i < list.count; i++) {
        bool copied = list.value[i] == 0 && !keep_zero;
        if (list.value[i] < -1 || (copied && i >= x->rank) ||
            (list.value[i] == -1 && open != SDSE_ARRAY_MAX_RANK))
            return sdse_onnx_wrong(graph, node, "the new shape makes no sense");
        if (list.value[i] == -1)
            open = i;
        out.dim[i] = list.value[i] == -1 ? 1
                     : copied            ? x->dim[i]
                                         : (uint64_t)list.value[i];
    }
    uint64_t have = sdse_onnx_product(x, 0, x->rank);
    if (!sdse_onnx_shape_is_sane(out.dim, out.rank))
        return sdse_onnx_wrong(graph, node, "the new shape is absurd");
    uint64_t want = sdse_onnx_product(&out, 0, out.rank);
    if (open != SDSE_ARRAY_MAX_RANK && want > 0 && have % want == 0)
        want *= out.dim[open] = have / want;
    if (want != have)
        return sdse_onnx_wrong(
            graph, node,
            "the new shape %s has another number of elements than input 1, %s",
            sdse_onnx_shape_text(&out).at, sdse_onnx_shape_text(x).at);
    return sdse_onnx_set(graph, node, 0, out.rank, out.dim);
}

static bool infer_transpose(struct sdse_onnx_graph *graph,
                            struct sdse_onnx_node *node) {
    const struct sdse_onnx_shape *x = sdse_onnx_need(graph, node, 0);
    if (!x)
        return false;
    struct sdse_onnx_list perm = sdse_onnx_list_of(graph, node, "perm", SDSE_ONNX_NONE);
    if (perm.given == SDSE_ONNX_ABSENT) {
        perm.count = x->rank;
        for (unsigned i = 0; i < x->rank; i++)
            perm.value[i] = (int64_t)(x->rank - 1 - i);
    }
    unsigned set;
    if (perm.count != x->rank)
        return sdse_onnx_wrong(graph, node, "'perm' has %u entries, not %u", perm.count,
                               x->rank);
    for (unsigned i = 0; i < perm.count; i++)
        if (perm.value[i] < 0) // only elsewhere do negative axes count from the end
            return sdse_onnx_wrong(graph, node, "'perm' has a negative axis, %" PRId64,
                                   perm.value[i]);
    if (!sdse_onnx_axes(graph, node, &perm, x->rank, &set))
        return false;
    uint64_t dims[SDSE_ARRAY_MAX_RANK];
    for (unsigned i = 0; i < x->rank; i++)
        dims[i] = x->dim[perm.value[i]];
    return sdse_onnx_set(graph, node, 0, x->rank, dims);
}

// QLinearConcat: the output's scale and zero point, then each map with its own.
static bool infer_concat(struct sdse_onnx_graph *graph, struct sdse_onnx_node *node) {
    const bool quantized = sdse_onnx_is_qlinear(node->op);
    const uint32_t begin = quantized ? 2 : 0, step = quantized ? 3 : 1;
    const struct sdse_onnx_shape *first = sdse_onnx_need(graph, node, begin);
    unsigned axis;
    if (!first)
        return false;
    if (!sdse_onnx_axis_of(graph, node, 1, first->rank, &axis))
        return false;
    struct sdse_onnx_shape out = *first;
    for (uint32_t i = begin + step; i < node->input_count; i += step) {
        const struct sdse_onnx_shape *x = sdse_onnx_need(graph, node, i);
        if (!x)
            return false;
        if (x->rank != out.rank)
            return sdse_onnx_wrong(
                graph, node, "input %u, '%.60s', has %u dimensions, the first %u",
                i + 1, sdse_onnx_in(graph, node, i)->name, x->rank, out.rank);
        for (unsigned d = 0; d < out.rank; d++)
            if (d != axis && x->dim[d] != out.dim[d])
                return sdse_onnx_wrong(graph, node,
                                       "axis %u of input %u, '%.60s', is %" PRIu64
                                       ", of the first %" PRIu64,
                                       d, i + 1, sdse_onnx_in(graph, node, i)->name,
                                       x->dim[d], out.dim[d]);
        out.dim[axis] += x->dim[axis];
        if (!sdse_onnx_shape_is_sane(out.dim, out.rank))
            return sdse_onnx_wrong(graph, node, "the output is absurdly large");
    }
    return sdse_onnx_set(graph, node, 0, out.rank, out.dim);
}

static bool infer_squeeze(struct sdse_onnx_graph *graph, struct sdse_onnx_node *node) {
    const struct sdse_onnx_shape *x = sdse_onnx_need(graph, node, 0);
    if (!x)
        return false;
    struct sdse_onnx_list axes = sdse_onnx_list_of(graph, node, "axes", 1);
    unsigned set = 0, rank = 0;
    if (axes.given == SDSE_ONNX_NOT_CONSTANT)
        return sdse_onnx_unknown(node, not_constant);
    if (!sdse_onnx_axes(graph, node, &axes, x->rank, &set))
        return false;
    uint64_t dims[SDSE_ARRAY_MAX_RANK];
    for (unsigned i = 0; i < x->rank; i++) {
        bool drop = axes.given == SDSE_ONNX_GIVEN ? set >> i & 1u : x->dim[i] == 1;
        if (drop && x->dim[i] != 1)
            return sdse_onnx_wrong(graph, node, "axis %u is %" PRIu64 ", not 1", i,
                                   x->dim[i]);
        if (!drop)
            dims[rank++] = x->dim[i];
    }
    return sdse_onnx_set(graph, node, 0, rank, dims);
}

static bool infer_unsqueeze(struct sdse_onnx_graph *graph,
                            struct sdse_onnx_node *node) {
    const struct sdse_onnx_shape *x = sdse_onnx_need(graph, node, 0);
    if (!x)
        return false;
    struct sdse_onnx_list axes = sdse_onnx_list_of(graph, node, "axes", 1);
    if (axes.given != SDSE_ONNX_GIVEN)
        return sdse_onnx_unknown(node, not_constant);
    unsigned rank = x->rank + axes.count, set, from = 0;
    if (rank > SDSE_ARRAY_MAX_RANK)
        return sdse_onnx_unknown(node, "its output has more than 8 dimensions");
    if (!sdse_onnx_axes(graph, node, &axes, rank, &set))
        return false;
    uint64_t dims[SDSE_ARRAY_MAX_RANK];
    for (unsigned i = 0; i < rank; i++)
        dims[i] = set >> i & 1u ? 1 : x->dim[from++];
    return sdse_onnx_set(graph, node, 0, rank, dims);
}

static bool infer_split(struct sdse_onnx_graph *graph, struct sdse_onnx_node *node) {
    const struct sdse_onnx_shape *x = sdse_onnx_need(graph, node, 0);
    unsigned axis;
    if (!x)
        return false;
    if (!sdse_onnx_axis_of(graph, node, 0, x->rank, &axis))
        return false;
    struct sdse_onnx_list parts = sdse_onnx_list_of(graph, node, "split", 1);
    if (parts.given == SDSE_ONNX_NOT_CONSTANT)
        return sdse_onnx_unknown(node, not_constant);
    if (node->output_count == 0 ||
        (parts.given == SDSE_ONNX_GIVEN && parts.count != node->output_count))
        return sdse_onnx_wrong(graph, node, "'split' does not match the outputs");
    uint64_t left = x->dim[axis];
    for (unsigned i = 0; i < parts.count; i++) {
        if (parts.value[i] < 0 || (uint64_t)parts.value[i] > left)
            return sdse_onnx_wrong(graph, node, "'split' exceeds the dimension");
        left -= (uint64_t)parts.value[i];
    }
    if (parts.given == SDSE_ONNX_GIVEN && left > 0)
        return sdse_onnx_wrong(graph, node, "'split' does not cover the dimension");
    uint64_t each = (left + node->output_count - 1) / node->output_count;
    struct sdse_onnx_shape part = *x;
    for (uint32_t i = 0; i < node->output_count; i++) {
        part.dim[axis] = each < left ? each : left;
        left -= part.dim[axis];
        if (parts.given == SDSE_ONNX_GIVEN)
            part.dim[axis] = (uint64_t)parts.value[i];
        if (!sdse_onnx_set(graph, node, i, part.rank, part.dim))
            return false;
    }
    return true;
}

static int64_t clamp(int64_t value, int64_t low, int64_t high) {
    return value < low ? low : value > high ? high : value;
}

// Elements of start:end:step over an extent of at most 2^48, NumPy's way.
static uint64_t slice_extent(int64_t extent, int64_t start, int64_t end, int64_t step) {
    if (extent == 0)
        return 0;
    start += start < 0 ? extent : 0;
    end += end < 0 ? extent : 0;
    if (step > 0) {
        start = clamp(start, 0, extent);
        end = clamp(end, 0, extent);
        return start >= end ? 0 : (uint64_t)((end - start - 1) / step + 1);
    }
    start = clamp(start, 0, extent - 1);
    end = clamp(end, -1, extent - 1);
    return start <= end ? 0 : (uint64_t)((start - end - 1) / -step + 1);
}

static bool infer_slice(struct sdse_onnx_graph *graph, struct sdse_onnx_node *node) {
    const struct sdse_onnx_shape *x = sdse_onnx_need(graph, node, 0);
    if (!x)
        return false;
    struct sdse_onnx_list starts = sdse_onnx_list_of(graph, node, "starts", 1),
                          ends = sdse_onnx_list_of(graph, node, "ends", 2),
                          axes = sdse_onnx_list_of(graph, node, "axes", 3),
                          steps = sdse_onnx_list_of(graph, node, "steps", 4);
    if (starts.given != SDSE_ONNX_GIVEN || ends.given != SDSE_ONNX_GIVEN ||
        axes.given == SDSE_ONNX_NOT_CONSTANT || steps.given == SDSE_ONNX_NOT_CONSTANT)
        return sdse_onnx_unknown(node, not_constant);
    if (axes.given == SDSE_ONNX_ABSENT) {
        axes.count = starts.count;
        for (unsigned i = 0; i < axes.count; i++)
            axes.value[i] = i;
    }
    if (steps.given == SDSE_ONNX_ABSENT) {
        steps.count = starts.count;
        for (unsigned i = 0; i < steps.count; i++)
            steps.value[i] = 1;
    }
    unsigned set;
    if (ends.count != starts.count || axes.count != starts.count ||
        steps.count != starts.count)
        return sdse_onnx_wrong(graph, node,
                               "starts, ends, axes and steps differ in "
                               "length");
    if (!sdse_onnx_axes(graph, node, &axes, x->rank, &set))
        return false;
    uint64_t dims[SDSE_ARRAY_MAX_RANK];
    memcpy(dims, x->dim, sizeof dims);
    for (unsigned i = 0; i < axes.count; i++) {
        unsigned axis = 0;
        sdse_onnx_axis(axes.value[i], x->rank, &axis);
        if (steps.value[i] == 0 || steps.value[i] == INT64_MIN)
            return sdse_onnx_wrong(graph, node, "the step of axis %u is 0 or absurd",
                                   axis);
        dims[axis] = slice_extent((int64_t)x->dim[axis], starts.value[i], ends.value[i],
                                  steps.value[i]);
    }
    return sdse_onnx_set(graph, node, 0, x->rank, dims);
}

static bool infer_pad(struct sdse_onnx_graph *graph, struct sdse_onnx_node *node) {
    const struct sdse_onnx_shape *x = sdse_onnx_need(graph, node, 0);
    if (!x)
        return false;
    struct sdse_onnx_list pads = sdse_onnx_list_of(graph, node, "pads", 1),
                          axes = sdse_onnx_list_of(graph, node, NULL, 3);
    if (pads.given != SDSE_ONNX_GIVEN || axes.given == SDSE_ONNX_NOT_CONSTANT)
        return sdse_onnx_unknown(node, not_constant);
    if (axes.given == SDSE_ONNX_ABSENT) {
        axes.count = x->rank;
        for (unsigned i = 0; i < x->rank; i++)
            axes.value[i] = i;
    }
    unsigned set;
    if (pads.count != 2 * axes.count)
        return sdse_onnx_wrong(graph, node, "'pads' has %u entries, not %u", pads.count,
                               2 * axes.count);
    if (!sdse_onnx_axes(graph, node, &axes, x->rank, &set))
        return false;
    const int64_t most = (int64_t)1 << 48;
    uint64_t dims[SDSE_ARRAY_MAX_RANK];
    memcpy(dims, x->dim, sizeof dims);
    for (unsigned i = 0; i < axes.count; i++) {
        unsigned axis = 0;
        sdse_onnx_axis(axes.value[i], x->rank, &axis);
        int64_t before = pads.value[i], after = pads.value[axes.count + i];
        if (before > most || before < -most || after > most || after < -most ||
            (int64_t)dims[axis] + before + after < 0)
            return sdse_onnx_wrong(graph, node,
                                   "'pads' of axis %u, %" PRId64 " and %" PRId64
                                   ", are out of range of its %" PRIu64,
                                   axis, before, after, dims[axis]);
        dims[axis] = (uint64_t)((int64_t)dims[axis] + before + after);
    }
    return sdse_onnx_set(graph, node, 0, x->rank, dims);
}

// The axes that a Resize names, or all of them in order; false with a diagnostic.
static bool resize_axes(struct sdse_onnx_graph *graph, struct sdse_onnx_node *node,
                        unsigned rank, struct sdse_onnx_list *axes) {
    unsigned set;
    *axes = sdse_onnx_list_of(graph, node, "axes", SDSE_ONNX_NONE);
    if (axes->given == SDSE_ONNX_GIVEN)
        return sdse_onnx_axes(graph, node, axes, rank, &set);
    axes->count = rank;
    for (unsigned i = 0; i < rank; i++)
        axes->value[i] = i;
    return true;
}

// Extents as `sizes` says, or, where the proportions are kept, those of one scale: the
// least or the greatest that it asks for.
static bool resize_to(struct sdse_onnx_graph *graph, struct sdse_onnx_node *node,
                      const struct sdse_onnx_list *sizes,
                      const struct sdse_onnx_list *axes,
                      const struct sdse_onnx_shape *x) {
    static const char policy[] = "keep_aspect_ratio_policy";
    const bool least = sdse_onnx_text_is(node, policy, "not_larger");
    const bool greatest = sdse_onnx_text_is(node, policy, "not_smaller");
    uint64_t dims[SDSE_ARRAY_MAX_RANK] = {0};
    double scale = least ? HUGE_VAL : 0;
    if (sizes->count != axes->count)
        return sdse_onnx_wrong(graph, node, "'sizes' has %u entries, not %u",
                               sizes->count, axes->count);
    memcpy(dims, x->dim, sizeof dims);
    for (unsigned i = 0; i < axes->count; i++) {
        unsigned axis = 0;
        sdse_onnx_axis(axes->value[i], x->rank, &axis);
        const double asked = (double)sizes->value[i] / (double)x->dim[axis];
        scale = least ? fmin(scale, asked) : fmax(scale, asked);
        dims[axis] = sizes->value[i] < 0 ? UINT64_MAX : (uint64_t)sizes->value[i];
    }
    for (unsigned i = 0; (least || greatest) && i < axes->count; i++) {
        unsigned axis = 0;
        sdse_onnx_axis(axes->value[i], x->rank, &axis);
        const double extent = floor((double)x->dim[axis] * scale + 0.5);
        if (!(extent >= 0 && extent <= 0x1p48))
            return sdse_onnx_wrong(graph, node, "'sizes' is out of range");
        dims[axis] = (uint64_t)extent;
    }
    return sdse_onnx_set(graph, node, 0, x->rank, dims);
}

// Output extents from input `sizes`, or floor(extent * scale) from `scales`.
static bool infer_resize(struct sdse_onnx_graph *graph, struct sdse_onnx_node *node) {
    const struct sdse_onnx_shape *x = sdse_onnx_need(graph, node, 0);
    if (!x)
        return false;
    bool is_resize11 = strcmp(node->op, "Resize") == 0 && node->input_count > 2;
    struct sdse_onnx_list sizes =
        sdse_onnx_list_of(graph, node, NULL, is_resize11 ? 3 : SDSE_ONNX_NONE);
    struct sdse_onnx_list axes;
    if (!resize_axes(graph, node, x->rank, &axes))
        return false;
    if (sizes.given == SDSE_ONNX_GIVEN && sizes.count > 0)
        return resize_to(graph, node, &sizes, &axes, x);
    const Onnx__AttributeProto *attribute = sdse_onnx_attribute(node, "scales");
    const struct sdse_onnx_value *input =
        sdse_onnx_in(graph, node, is_resize11 ? 2 : 1);
    uint64_t count = attribute ? attribute->n_floats
                     : input && input->folded && input->shape.known
                         ? sdse_onnx_product(&input->shape, 0, input->shape.rank)
                         : 0;
    if (sizes.given == SDSE_ONNX_NOT_CONSTANT || count == 0)
        return sdse_onnx_unknown(node, not_constant);
    if (count != axes.count)
        return sdse_onnx_wrong(graph, node, "'scales' does not match the input");
    uint64_t dims[SDSE_ARRAY_MAX_RANK];
    memcpy(dims, x->dim, sizeof dims);
    for (unsigned i = 0; i < axes.count; i++) {
        unsigned axis = 0;
        sdse_onnx_axis(axes.value[i], x->rank, &axis);
        double scale = attribute ? (double)attribute->floats[i] : input->folded[i];
        double extent = floor((double)x->dim[axis] * scale);
        if (!(scale > 0 && extent <= 0x1p48))
            return sdse_onnx_wrong(graph, node, "'scales' is out of range");
        dims[axis] = (uint64_t)extent;
    }
    return sdse_onnx_set(graph, node, 0, x->rank, dims);
}

static bool infer_expand(struct sdse_onnx_graph *graph, struct sdse_onnx_node *node) {
    const struct sdse_onnx_shape *x = sdse_onnx_need(graph, node, 0);
    if (!x)
        return false;
    struct sdse_onnx_list list = sdse_onnx_list_of(graph, node, NULL, 1);
    if (list.given != SDSE_ONNX_GIVEN || list.count > SDSE_ARRAY_MAX_RANK)
        return sdse_onnx_unknown(node, not_constant);
    struct sdse_onnx_shape out = *x, wanted = {.known = true, .rank = list.count};
    for (unsigned i = 0; i < list.count; i++) {
        if (list.value[i] < 0)
            return sdse_onnx_wrong(graph, node, "the extent of axis %u is negative", i);
        wanted.dim[i] = (uint64_t)list.value[i];
    }
    if (!sdse_onnx_broadcast(&out, &wanted))
        return sdse_onnx_wrong(graph, node, "input 1, %s, does not broadcast to %s",
                               sdse_onnx_shape_text(x).at,
                               sdse_onnx_shape_text(&wanted).at);
    return sdse_onnx_set(graph, node, 0, out.rank, out.dim);
}

static bool infer_tile(struct sdse_onnx_graph *graph, struct sdse_onnx_node *node) {
    const struct sdse_onnx_shape *x = sdse_onnx_need(graph, node, 0);
    if (!x)
        return false;
    struct sdse_onnx_list repeats = sdse_onnx_list_of(graph, node, NULL, 1);
    if (repeats.given != SDSE_ONNX_GIVEN)
        return sdse_onnx_unknown(node, not_constant);
    if (repeats.count != x->rank)
        return sdse_onnx_wrong(graph, node, "'repeats' has %u entries, not %u",
                               repeats.count, x->rank);
    uint64_t dims[SDSE_ARRAY_MAX_RANK];
    for (unsigned i = 0; i < x->rank; i++)
        if (repeats.value[i] < 0 ||
            __builtin_mul_overflow(x->dim[i], (uint64_t)repeats.value[i], &dims[i]))
            return sdse_onnx_wrong(graph, node, "'repeats' is out of range");
    return sdse_onnx_set(graph, node, 0, x->rank, dims);
}

// Input dimensions before the axis, the indices' dimensions, those after the axis.
static bool infer_gather(struct sdse_onnx_graph *graph, struct sdse_onnx_node *node) {
    const struct sdse_onnx_shape *x = sdse_onnx_need(graph, node, 0);
    const struct sdse_onnx_shape *indices = x ? sdse_onnx_need(graph, node, 1) : NULL;
    unsigned axis, rank = 0;
    if (!x || !indices)
        return false;
    if (!sdse_onnx_axis_of(graph, node, 0, x->rank, &axis))
        return false;
    uint64_t dims[2 * SDSE_ARRAY_MAX_RANK];
    for (unsigned i = 0; i < axis; i++)
        dims[rank++] = x->dim[i];
    for (unsigned i = 0; i < indices->rank; i++)
        dims[rank++] = indices->dim[i];
    for (unsigned i = axis + 1; i < x->rank; i++)
        dims[rank++] = x->dim[i];
    return sdse_onnx_set(graph, node, 0, rank, dims);
}

static bool infer_shape_of(struct sdse_onnx_graph *graph, struct sdse_onnx_node *node) {
    const struct sdse_onnx_shape *x = sdse_onnx_need(graph, node, 0);
    if (!x)
        return false;
    uint64_t dims[1] = {slice_extent((int64_t)x->rank, sdse_onnx_int(node, "start", 0),
                                     sdse_onnx_int(node, "end", INT64_MAX), 1)};
    return sdse_onnx_set(graph, node, 0, strcmp(node->op, "Shape") == 0, dims);
}

static bool infer_blocks(struct sdse_onnx_graph *graph, struct sdse_onnx_node *node) {
    const struct sdse_onnx_shape *x = sdse_onnx_need(graph, node, 0);
    if (!x)
        return false;
    int64_t side = sdse_onnx_int(node, "blocksize", 0);
    bool to_space = strcmp(node->op, "DepthToSpace") == 0;
    if (x->rank != 4 || side < 1 || side > 128)
        return sdse_onnx_wrong(graph, node, "4 dimensions and a blocksize are needed");
    uint64_t s = (uint64_t)side, dims[4] = {x->dim[0]};
    if (to_space ? x->dim[1] % (s * s) != 0 : x->dim[2] % s != 0 || x->dim[3] % s != 0)
        return sdse_onnx_wrong(graph, node,
                               "blocks of %" PRId64 " do not divide input 1, %s", side,
                               sdse_onnx_shape_text(x).at);
    dims[1] = to_space ? x->dim[1] / (s * s) : x->dim[1] * s * s;
    for (unsigned i = 2; i < 4; i++)
        dims[i] = to_space ? x->dim[i] * s : x->dim[i] / s;
    return sdse_onnx_set(graph, node, 0, 4, dims);
}

sdse_onnx_rule sdse_onnx_rule_layout(const char *op) {
    static const struct {
        const char *op;
        sdse_onnx_rule rule;
    } rules[] = {
        {"Flatten", infer_flatten},      {"Reshape", infer_reshape},
        {"Transpose", infer_transpose},  {"Concat", infer_concat},
        {"QLinearConcat", infer_concat}, {"Squeeze", infer_squeeze},
        {"Unsqueeze", infer_unsqueeze},  {"Split", infer_split},
        {"Slice", infer_slice},          {"Pad", infer_pad},
        {"Resize", infer_resize},        {"Upsample", infer_resize},
        {"Expand", infer_expand},        {"Tile", infer_tile},
        {"Gather", infer_gather},        {"Shape", infer_shape_of},
        {"Size", infer_shape_of},        {"DepthToSpace", infer_blocks},
        {"SpaceToDepth", infer_blocks},
    };
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (strcmp(op, rules[i].op) == 0)
            return rules[i].rule;
    return NULL;
}
