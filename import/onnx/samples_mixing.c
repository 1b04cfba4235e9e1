// Operators that sum, weigh or run along an axis: samples that lie there are mixed.
#include "import/onnx/samples.h"

#include <string.h>

// Operand `i` of a product, summed over axis `inner`; its axis `outer` is axis `row` of
// the output, and those before the two are the output's too, from the back.
static samples operand(struct follow *f, uint32_t i, unsigned inner, unsigned outer,
                       unsigned row) {
    const struct sdse_onnx_shape *x = shape_in(f, i), *out = shape_out(f, 0);
    const samples s = in(f, i);
    if (s.hold != SDSE_ONNX_HAS_SAMPLES || !x || !out)
        return s;
    const struct axis axis = axis_of(f, s, x);
    if (!axis.found)
        return lost;
    if (axis.at == inner) {
        f->mixed = "sums over the samples";
        return lost;
    }
    if (axis.at == outer)
        return on_axis(out, axis, row);
    // A leading axis, from the back.
    const unsigned lead = x->rank - 2, matrix = out->rank >= 2 ? out->rank - 2 : 0;
    const unsigned to = axis.at + matrix - lead;
    return lead <= matrix + axis.at && to < out->rank && out->dim[to] == x->dim[axis.at]
               ? on_axis(out, axis, to)
               : lost;
}

void sdse_samples_product(struct follow *f) {
    const struct sdse_onnx_operands at = sdse_onnx_operands_of(f->node->op);
    const struct sdse_onnx_shape *a = shape_in(f, at.a), *b = shape_in(f, at.b);
    const struct sdse_onnx_shape *out = shape_out(f, 0);
    const bool gemm = strstr(f->node->op, "Gemm") != NULL;
    set(f, 0, lost);
    if (!a || !b || !out || a->rank < 2 || b->rank < 2 || out->rank < 2)
        return;
    const unsigned ta = gemm && sdse_onnx_int(f->node, "transA", 0) != 0;
    const unsigned tb = gemm && sdse_onnx_int(f->node, "transB", 0) != 0;
    const samples left =
        operand(f, at.a, a->rank - 1 - ta, a->rank - 2 + ta, out->rank - 2);
    const samples right =
        operand(f, at.b, b->rank - 2 + tb, b->rank - 1 - tb, out->rank - 1);
    samples all = meet(f, left, right);
    if (gemm)
        all = meet(f, all, broadcast(f, 2, out));
    set(f, 0, all);
}

// Of a window along a spatial axis.
static uint64_t taps_along(const struct follow *f, unsigned axis) {
    const struct sdse_onnx_list kernel =
        sdse_onnx_list_of(f->graph, f->node, "kernel_shape", SDSE_ONNX_NONE);
    if (strstr(f->node->op, "Global"))
        return shape_in(f, 0)->dim[axis];
    if (strstr(f->node->op, "Pool"))
        return axis < 2 + kernel.count && kernel.value[axis - 2] > 1 ? 2 : 1;
    const struct sdse_onnx_shape *w = shape_in(f, sdse_onnx_operands_of(f->node->op).b);
    return w && axis < w->rank ? w->dim[axis] : 1;
}

// Convolutions and pools: images stay apart. Channels that are samples may be groups,
// and of a window of one nothing is summed: both are not followed.
void sdse_samples_window(struct follow *f) {
    const struct sdse_onnx_operands at = sdse_onnx_operands_of(f->node->op);
    const struct sdse_onnx_shape *x = shape_in(f, at.a), *out = shape_out(f, 0);
    const bool pool = strstr(f->node->op, "Pool") != NULL;
    const bool deep = !pool && sdse_onnx_int(f->node, "group", 1) == 1;
    const samples s = in(f, at.a);
    const bool whole = pool || in(f, at.b).hold == SDSE_ONNX_NO_SAMPLES;
    set(f, 0, lost);
    if (!whole && deep && s.hold == SDSE_ONNX_NO_SAMPLES)
        f->mixed = "has them for weights";
    if (!x || !out || !whole)
        return;
    const struct axis axis = axis_of(f, s, x);
    if (s.hold != SDSE_ONNX_HAS_SAMPLES)
        set(f, 0, s);
    else if (axis.found && (axis.at == 0 || (pool && axis.at == 1)))
        set(f, 0, on_axis(out, axis, axis.at));
    else if (axis.found && (axis.at > 1 ? taps_along(f, axis.at) > 1 : deep))
        f->mixed = "sums over the samples";
}

void sdse_samples_reduction(struct follow *f) {
    const struct sdse_onnx_shape *x = shape_in(f, 0), *out = shape_out(f, 0);
    const bool keep = sdse_onnx_int(f->node, "keepdims", 1) != 0;
    const bool arg = strncmp(f->node->op, "Arg", 3) == 0;
    struct sdse_onnx_list axes = sdse_onnx_list_of(
        f->graph, f->node, arg ? NULL : "axes", arg ? SDSE_ONNX_NONE : 1);
    if (arg) {
        axes.count = 1;
        axes.value[0] = sdse_onnx_int(f->node, "axis", 0);
    }
    const samples s = in(f, 0);
    set(f, 0, lost);
    if (!x || !out)
        return;
    const struct axis axis = axis_of(f, s, x);
    unsigned set_of = 0, to = 0;
    for (unsigned i = 0; i < axes.count; i++) {
        unsigned d;
        if (sdse_onnx_axis(axes.value[i], x->rank, &d))
            set_of |= 1u << d;
    }
    if (axes.count == 0 && !sdse_onnx_int(f->node, "noop_with_empty_axes", 0))
        set_of = ~0u;
    if (!axis.found)
        return;
    for (unsigned d = 0; d < axis.at; d++)
        to += keep || !(set_of >> d & 1u);
    // One number of all samples: a loss at the end, and no sample's own any more.
    set(f, 0,
        set_of >> axis.at & 1u ? (samples){SDSE_ONNX_ALL_SAMPLES, 0, 0}
                               : on_axis(out, axis, to));
}

// Normalised, or weighed, along axes from `first` to `last`.
static void follow_along(struct follow *f, int64_t first, int64_t last) {
    const struct sdse_onnx_shape *x = shape_in(f, 0);
    const samples s = in(f, 0);
    const struct axis axis = x ? axis_of(f, s, x) : (struct axis){0};
    if (!x || !axis.found) {
        set(f, 0, lost);
        return;
    }
    first += first < 0 ? x->rank : 0;
    last += last < 0 ? x->rank : 0;
    if ((int64_t)axis.at >= first && (int64_t)axis.at <= last)
        f->mixed = "weighs the samples against one another";
    set(f, 0, s);
}

void sdse_samples_norm(struct follow *f) {
    const char *op = f->node->op;
    const bool old = f->graph->opset < 13;
    if (strcmp(op, "Softmax") == 0 || strcmp(op, "LogSoftmax") == 0 ||
        strcmp(op, "Hardmax") == 0) {
        const int64_t axis = sdse_onnx_int(f->node, "axis", old ? 1 : -1);
        follow_along(f, axis, old ? -1 : axis);
    } else if (strcmp(op, "LpNormalization") == 0 || strcmp(op, "CumSum") == 0) {
        const struct sdse_onnx_list given =
            sdse_onnx_list_of(f->graph, f->node, NULL, 1);
        const int64_t axis =
            given.count == 1 ? given.value[0] : sdse_onnx_int(f->node, "axis", -1);
        follow_along(f, axis, axis);
    } else if (strstr(op, "LayerNorm") || strcmp(op, "RMSNormalization") == 0) {
        follow_along(f, sdse_onnx_int(f->node, "axis", -1), -1);
    } else { // of images: everything but the first axis, or the channels
        const struct sdse_onnx_shape *x = shape_in(f, 0);
        const bool channels = strcmp(op, "LRN") == 0;
        const bool whole =
            strcmp(op, "GroupNormalization") == 0 && x && x->rank > 1 &&
            sdse_onnx_int(f->node, "num_groups", 0) != (int64_t)x->dim[1];
        follow_along(f, whole || channels ? 1 : 2,
                     channels || !x ? 1 : (int64_t)x->rank - 1);
    }
}

// Each channel has numbers of its own.
void sdse_samples_batch_norm(struct follow *f) {
    const struct sdse_onnx_shape *x = shape_in(f, 0);
    const samples s = in(f, 0);
    const struct axis axis = x ? axis_of(f, s, x) : (struct axis){0};
    set(f, 0, axis.found && axis.at != 1 ? s : lost);
}

// Steps follow one another; samples are beside them.
void sdse_samples_recurrent(struct follow *f) {
    const bool first = sdse_onnx_int(f->node, "layout", 0) != 0;
    const struct sdse_onnx_shape *x = shape_in(f, 0);
    const samples s = in(f, 0);
    for (uint32_t o = 0; o < f->node->output_count; o++)
        set(f, o, lost);
    if (!x || x->rank != 3 || s.hold != SDSE_ONNX_HAS_SAMPLES)
        return;
    const struct axis axis = axis_of(f, s, x);
    if (axis.found && axis.at == (first ? 1 : 0))
        f->mixed = "runs through the samples one after the other";
    else if (axis.found && axis.at == 2)
        f->mixed = "sums over the samples";
    else if (axis.found)
        for (uint32_t o = 0; o < f->node->output_count; o++)
            if (shape_out(f, o))
                set(f, o, on_axis(shape_out(f, o), axis, first ? 0 : o == 0 ? 2 : 1));
}

// The sum of two maps, normalised along the last axis; the sum itself comes out too.
void sdse_samples_skip_norm(struct follow *f) {
    const struct sdse_onnx_shape *x = shape_in(f, 0);
    const samples s = meet(f, in(f, 0), broadcast(f, 1, x));
    const struct axis axis =
        x && s.hold == SDSE_ONNX_HAS_SAMPLES ? axis_of(f, s, x) : (struct axis){0};
    if (axis.found && axis.at + 1 == x->rank)
        f->mixed = "weighs the samples against one another";
    set(f, 0, axis.found ? s : lost);
    set(f, 3, axis.found ? s : lost);
}
