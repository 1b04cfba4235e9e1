// Samples of a batch, followed through the graph operator by operator.
#include "import/onnx/samples.h"

#include <string.h>

#include "import/onnx/infer.h"
#include "import/onnx/operators.h"

static void follow_words(struct follow *f) {
    const uint32_t step = sdse_onnx_is_qlinear(f->node->op) ? 3 : 1;
    samples all = none;
    for (uint32_t i = 0; i < f->node->input_count; i += step)
        all = meet(f, all, broadcast(f, i, shape_out(f, 0)));
    set(f, 0, all);
}

// The same elements in the same order.
static void follow_order(struct follow *f) {
    const struct sdse_onnx_shape *x = shape_in(f, 0), *out = shape_out(f, 0);
    const samples s = in(f, 0);
    const bool same = x && out && words(x) == words(out);
    set(f, 0, same ? s : lost);
    set(f, 1, same ? s : lost); // Dropout's mask
}

static void follow_transpose(struct follow *f) {
    const struct sdse_onnx_shape *x = shape_in(f, 0), *out = shape_out(f, 0);
    struct sdse_onnx_list perm =
        sdse_onnx_list_of(f->graph, f->node, "perm", SDSE_ONNX_NONE);
    const samples s = in(f, 0);
    if (!x || !out)
        return;
    const struct axis axis = axis_of(f, s, x);
    unsigned to = x->rank - 1 - axis.at;
    for (unsigned d = 0; perm.count == x->rank && d < x->rank; d++)
        to = perm.value[d] == (int64_t)axis.at ? d : to;
    set(f, 0, axis.found ? on_axis(out, axis, to) : lost);
}

// Whether a Slice goes backwards along an axis: then samples change places.
static bool turns(const struct follow *f, unsigned axis, unsigned rank) {
    const struct sdse_onnx_list axes = sdse_onnx_list_of(f->graph, f->node, "axes", 3);
    const struct sdse_onnx_list steps =
        sdse_onnx_list_of(f->graph, f->node, "steps", 4);
    for (unsigned i = 0; i < steps.count; i++) {
        unsigned d = i;
        if ((i < axes.count && !sdse_onnx_axis(axes.value[i], rank, &d)) || d != axis)
            continue;
        return steps.value[i] < 0;
    }
    return false;
}

// Axes stay where they are; extents may change, but not that of the samples.
static void follow_axes(struct follow *f) {
    const bool concat = strcmp(f->node->op, "Concat") == 0;
    const bool slice = strcmp(f->node->op, "Slice") == 0;
    const bool takes = slice || strcmp(f->node->op, "Split") == 0;
    const uint32_t inputs = concat ? f->node->input_count : 1;
    for (uint32_t o = 0; o < f->node->output_count; o++) {
        const struct sdse_onnx_shape *out = shape_out(f, o);
        samples all = none;
        for (uint32_t i = 0; i < inputs; i++) {
            const struct sdse_onnx_shape *x = shape_in(f, i);
            samples s = in(f, i);
            if (s.hold == SDSE_ONNX_HAS_SAMPLES) {
                const struct axis axis = x && out ? axis_of(f, s, x) : (struct axis){0};
                const bool stays = axis.found && x->rank == out->rank &&
                                   x->dim[axis.at] == out->dim[axis.at] &&
                                   !(slice && turns(f, axis.at, x->rank));
                if (takes && is_alone(axis) && out->rank == x->rank &&
                    out->dim[axis.at] < x->dim[axis.at])
                    f->mixed = "takes some of the samples";
                s = stays ? on_axis(out, axis, axis.at) : lost;
            }
            const bool apart = all.hold == SDSE_ONNX_HAS_SAMPLES &&
                               s.hold == SDSE_ONNX_HAS_SAMPLES &&
                               (all.before != s.before || all.after != s.after);
            all = apart ? lost : meet(f, all, s);
        }
        set(f, o, all);
    }
}

static void follow_gather(struct follow *f) {
    const struct sdse_onnx_shape *x = shape_in(f, 0), *indices = shape_in(f, 1);
    const struct sdse_onnx_shape *out = shape_out(f, 0);
    const samples from_x = in(f, 0), from_indices = in(f, 1);
    unsigned at;
    set(f, 0, lost);
    if (!x || !indices || !out ||
        !sdse_onnx_axis(sdse_onnx_int(f->node, "axis", 0), x->rank, &at))
        return;
    if (from_x.hold == SDSE_ONNX_HAS_SAMPLES &&
        from_indices.hold == SDSE_ONNX_NO_SAMPLES) {
        const struct axis axis = axis_of(f, from_x, x);
        if (is_alone(axis) && axis.at == at && words(indices) < f->batch)
            f->mixed = "takes some of the samples";
        else if (axis.found && axis.at != at)
            set(f, 0,
                on_axis(out, axis,
                        axis.at < at ? axis.at : axis.at + indices->rank - 1));
    } else if (from_x.hold == SDSE_ONNX_NO_SAMPLES &&
               from_indices.hold == SDSE_ONNX_HAS_SAMPLES) {
        const struct axis axis = axis_of(f, from_indices, indices);
        if (axis.found)
            set(f, 0, on_axis(out, axis, at + axis.at));
    }
}

static void follow_expand(struct follow *f) {
    set(f, 0, broadcast(f, 0, shape_out(f, 0)));
}

static void follow_resize(struct follow *f) {
    const struct sdse_onnx_shape *x = shape_in(f, 0), *out = shape_out(f, 0);
    const samples s = in(f, 0);
    const struct axis axis = x && out ? axis_of(f, s, x) : (struct axis){0};
    const bool stays =
        axis.found && x->rank == out->rank && x->dim[axis.at] == out->dim[axis.at];
    set(f, 0, stays ? on_axis(out, axis, axis.at) : lost);
}

static void (*rule_of(const char *op))(struct follow *) {
    static const char *const order[] = {"Reshape",  "Flatten", "Squeeze", "Unsqueeze",
                                        "Identity", "Cast",    "Dropout", "CastLike"};
    static const char *const axes[] = {"Concat", "Slice", "Split", "Pad"};
    static const char *const repeats[] = {"Tile", "Resize", "Upsample", "DepthToSpace",
                                          "SpaceToDepth"};
    static const char *const products[] = {"MatMul", "MatMulInteger", "QLinearMatMul",
                                           "Gemm", "FusedGemm"};
    static const char *const windows[] = {
        "Conv",          "FusedConv",          "ConvInteger",
        "QLinearConv",   "ConvTranspose",      "MaxPool",
        "AveragePool",   "QLinearAveragePool", "LpPool",
        "GlobalMaxPool", "GlobalAveragePool",  "QLinearGlobalAveragePool",
        "GlobalLpPool"};
    static const char *const norms[] = {"Softmax",
                                        "LogSoftmax",
                                        "Hardmax",
                                        "LpNormalization",
                                        "LayerNormalization",
                                        "SimplifiedLayerNormalization",
                                        "RMSNormalization",
                                        "LRN",
                                        "InstanceNormalization",
                                        "GroupNormalization",
                                        "CumSum"};
    static const char *const plain[] = {"Add",
                                        "Sub",
                                        "Mul",
                                        "Div",
                                        "Max",
                                        "Min",
                                        "Sum",
                                        "Mean",
                                        "Pow",
                                        "Mod",
                                        "Where",
                                        "Equal",
                                        "Less",
                                        "And",
                                        "Or",
                                        "Greater",
                                        "Not",
                                        "Xor",
                                        "LessOrEqual",
                                        "GreaterOrEqual",
                                        "QLinearAdd",
                                        "QLinearMul",
                                        "PRelu",
                                        "QuantizeLinear",
                                        "DequantizeLinear"};
    if (SDSE_ONNX_AMONG(op, order))
        return follow_order;
    if (SDSE_ONNX_AMONG(op, axes))
        return follow_axes;
    if (SDSE_ONNX_AMONG(op, repeats))
        return follow_resize;
    if (SDSE_ONNX_AMONG(op, products))
        return sdse_samples_product;
    if (SDSE_ONNX_AMONG(op, windows))
        return sdse_samples_window;
    if (SDSE_ONNX_AMONG(op, norms))
        return sdse_samples_norm;
    if (SDSE_ONNX_AMONG(op, plain) || sdse_onnx_is_function(op))
        return follow_words;
    return strcmp(op, "Transpose") == 0            ? follow_transpose
           : strcmp(op, "Gather") == 0             ? follow_gather
           : strcmp(op, "Expand") == 0             ? follow_expand
           : strcmp(op, "BatchNormalization") == 0 ? sdse_samples_batch_norm
           : strncmp(op, "Skip", 4) == 0           ? sdse_samples_skip_norm
           : strcmp(op, "LSTM") == 0 || strcmp(op, "GRU") == 0 || strcmp(op, "RNN") == 0
               ? sdse_samples_recurrent
           : strncmp(op, "Reduce", 6) == 0 || strncmp(op, "Arg", 3) == 0
               ? sdse_samples_reduction
               : NULL;
}

// The rule's, where some inputs have samples in known places and the others none.
static void follow_node(struct follow *f) {
    bool seen[SDSE_ONNX_LOST_SAMPLES + 1] = {false};
    for (uint32_t i = 0; i < f->node->input_count; i++)
        seen[in(f, i).hold] = true;
    void (*rule)(struct follow *) =
        sdse_onnx_has_rule(f->node->proto) ? rule_of(f->node->op) : NULL;
    const bool has = seen[SDSE_ONNX_HAS_SAMPLES], all = seen[SDSE_ONNX_ALL_SAMPLES];
    const bool unknown = seen[SDSE_ONNX_LOST_SAMPLES] || has;
    for (uint32_t o = 0; o < f->node->output_count; o++)
        set(f, o, unknown ? lost : all ? (samples){SDSE_ONNX_ALL_SAMPLES, 0, 0} : none);
    if (has && all)
        f->mixed = "brings samples together";
    else if (has && rule && !seen[SDSE_ONNX_LOST_SAMPLES])
        rule(f);
}

struct sdse_onnx_mixed sdse_onnx_samples_follow(const struct sdse_onnx_graph *graph,
                                                uint64_t batch,
                                                struct sdse_onnx_samples *at) {
    struct follow f = {.graph = graph, .batch = batch, .at = at};
    for (uint32_t i = 0; i < graph->order_count; i++) {
        f.node = &graph->node[graph->order[i]];
        follow_node(&f);
        if (f.mixed)
            return (struct sdse_onnx_mixed){graph->order[i], f.mixed};
    }
    return (struct sdse_onnx_mixed){SDSE_ONNX_NONE, NULL};
}
