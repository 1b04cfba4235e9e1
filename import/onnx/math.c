// Operators that compute element by element, reduce, or make values.
#include "import/onnx/rules.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "import/onnx/infer.h"
#include "import/onnx/operators.h"

static bool infer_same(struct sdse_onnx_graph *graph, struct sdse_onnx_node *node) {
    const struct sdse_onnx_shape *x = sdse_onnx_need(graph, node, 0);
    return x && sdse_onnx_set(graph, node, 0, x->rank, x->dim);
}

// Dropout's mask has the shape of the input too.
static bool infer_dropout(struct sdse_onnx_graph *graph, struct sdse_onnx_node *node) {
    const struct sdse_onnx_shape *x = sdse_onnx_need(graph, node, 0);
    return x && sdse_onnx_set(graph, node, 0, x->rank, x->dim) &&
           sdse_onnx_set(graph, node, 1, x->rank, x->dim);
}

// The quantized input, and its scale and zero point.
static bool infer_dynamic_quantize(struct sdse_onnx_graph *graph,
                                   struct sdse_onnx_node *node) {
    const struct sdse_onnx_shape *x = sdse_onnx_need(graph, node, 0);
    return x && sdse_onnx_set(graph, node, 0, x->rank, x->dim) &&
           sdse_onnx_set(graph, node, 1, 0, x->dim) &&
           sdse_onnx_set(graph, node, 2, 0, x->dim);
}

// The normalised sum, statistics, and the sum itself.
static bool infer_skip_norm(struct sdse_onnx_graph *graph,
                            struct sdse_onnx_node *node) {
    const struct sdse_onnx_shape *x = sdse_onnx_need(graph, node, 0);
    return x && sdse_onnx_set(graph, node, 0, x->rank, x->dim) &&
           sdse_onnx_set(graph, node, 3, x->rank, x->dim);
}

// Of quantized maps each is followed by its scale and zero point, and those of the
// output come last.
static bool infer_broadcast(struct sdse_onnx_graph *graph,
                            struct sdse_onnx_node *node) {
    const bool quantized = sdse_onnx_is_qlinear(node->op);
    const uint32_t step = quantized ? 3 : 1, end = quantized ? 6 : node->input_count;
    const struct sdse_onnx_shape *first = sdse_onnx_need(graph, node, 0);
    if (!first)
        return false;
    struct sdse_onnx_shape out = *first;
    for (uint32_t i = step; i < end; i += step) {
        const struct sdse_onnx_shape *x = sdse_onnx_need(graph, node, i);
        if (!x)
            return false;
        if (!sdse_onnx_broadcast(&out, x))
            return sdse_onnx_wrong(
                graph, node, "input %u, '%.60s', is %s: it does not broadcast with %s",
                i + 1, sdse_onnx_in(graph, node, i)->name, sdse_onnx_shape_text(x).at,
                sdse_onnx_shape_text(&out).at);
    }
    return sdse_onnx_set(graph, node, 0, out.rank, out.dim);
}

static bool infer_reduce(struct sdse_onnx_graph *graph, struct sdse_onnx_node *node) {
    const struct sdse_onnx_shape *x = sdse_onnx_need(graph, node, 0);
    if (!x)
        return false;
    bool arg = strncmp(node->op, "Arg", 3) == 0;
    struct sdse_onnx_list axes =
        sdse_onnx_list_of(graph, node, arg ? NULL : "axes", arg ? SDSE_ONNX_NONE : 1);
    if (arg) {
        axes = (struct sdse_onnx_list){.given = SDSE_ONNX_GIVEN, .count = 1};
        axes.value[0] = sdse_onnx_int(node, "axis", 0);
    }
    if (axes.given == SDSE_ONNX_NOT_CONSTANT)
        return sdse_onnx_unknown(node, "the axes are computed from the input's data");
    unsigned set, rank = 0;
    if (!sdse_onnx_axes(graph, node, &axes, x->rank, &set))
        return false;
    if (axes.count == 0)
        set = sdse_onnx_int(node, "noop_with_empty_axes", 0) ? 0 : ~0u;
    bool keep = sdse_onnx_int(node, "keepdims", 1) != 0;
    uint64_t dims[SDSE_ARRAY_MAX_RANK];
    for (unsigned i = 0; i < x->rank; i++) {
        bool reduced = set >> i & 1u;
        if (!reduced || keep)
            dims[rank++] = reduced ? 1 : x->dim[i];
    }
    return sdse_onnx_set(graph, node, 0, rank, dims);
}

static bool infer_top_k(struct sdse_onnx_graph *graph, struct sdse_onnx_node *node) {
    const struct sdse_onnx_shape *x = sdse_onnx_need(graph, node, 0);
    if (!x)
        return false;
    struct sdse_onnx_list k = sdse_onnx_list_of(graph, node, NULL, 1);
    if (sdse_onnx_attribute(node, "k")) {
        k = (struct sdse_onnx_list){.given = SDSE_ONNX_GIVEN, .count = 1};
        k.value[0] = sdse_onnx_int(node, "k", 0);
    }
    unsigned axis;
    if (k.given != SDSE_ONNX_GIVEN || k.count != 1)
        return sdse_onnx_unknown(node, "K is not a constant");
    if (k.value[0] < 0 ||
        !sdse_onnx_axis(sdse_onnx_int(node, "axis", -1), x->rank, &axis))
        return sdse_onnx_wrong(graph, node, "K or 'axis' is out of range");
    uint64_t dims[SDSE_ARRAY_MAX_RANK];
    memcpy(dims, x->dim, sizeof dims);
    dims[axis] = (uint64_t)k.value[0];
    return sdse_onnx_set(graph, node, 0, x->rank, dims) &&
           sdse_onnx_set(graph, node, 1, x->rank, dims);
}

static bool take_tensor(struct sdse_onnx_graph *graph, struct sdse_onnx_node *node,
                        const Onnx__TensorProto *tensor,
                        struct sdse_onnx_value *value) {
    node->reported = !sdse_onnx_tensor_check(tensor, graph->file, graph->external,
                                             &value->shape, graph->diags);
    if (node->reported)
        return false;
    value->tensor = tensor;
    value->unread = sdse_onnx_is_unread(graph, tensor);
    value->integer = !sdse_onnx_tensor_is_real(tensor);
    uint64_t count = sdse_onnx_product(&value->shape, 0, value->shape.rank);
    if (count <= SDSE_ONNX_FOLD_LIMIT)
        value->folded =
            sdse_onnx_tensor_fold(tensor, value->unread ? NULL : graph->file,
                                  (size_t)count, graph->arena, graph->diags);
    return true;
}

struct constant_kind {
    const char *name;
    bool list, integer;
};

static double constant_at(const Onnx__AttributeProto *attribute,
                          const struct constant_kind *kind, size_t i) {
    if (kind->integer)
        return (double)(kind->list ? attribute->ints[i] : attribute->i);
    return (double)(kind->list ? attribute->floats[i] : attribute->f);
}

static bool take_numbers(struct sdse_onnx_graph *graph, struct sdse_onnx_node *node,
                         const Onnx__AttributeProto *attribute,
                         const struct constant_kind *kind,
                         struct sdse_onnx_value *value) {
    size_t n = 1;
    if (kind->list)
        n = kind->integer ? attribute->n_ints : attribute->n_floats;
    uint64_t dims[1] = {n};
    if (!sdse_onnx_set(graph, node, 0, kind->list, dims))
        return false;
    value->integer = kind->integer;
    double *folded = n <= SDSE_ONNX_FOLD_LIMIT
                         ? SDSE_ARENA_ARRAY(graph->arena, double, n + 1)
                         : NULL;
    for (size_t i = 0; folded && i < n; i++)
        folded[i] = constant_at(attribute, kind, i);
    value->folded = folded;
    return true;
}

// One of the attributes value, value_float(s), value_int(s); others have no shape here.
static bool infer_constant(struct sdse_onnx_graph *graph, struct sdse_onnx_node *node) {
    if (node->output_count == 0 || node->output[0] == SDSE_ONNX_NONE)
        return true;
    struct sdse_onnx_value *value = &graph->value[node->output[0]];
    const Onnx__AttributeProto *attribute = sdse_onnx_attribute(node, "value");
    if (attribute && attribute->t)
        return take_tensor(graph, node, attribute->t, value);
    static const struct constant_kind kinds[] = {{"value_int", false, true},
                                                 {"value_float", false, false},
                                                 {"value_ints", true, true},
                                                 {"value_floats", true, false}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        attribute = sdse_onnx_attribute(node, kinds[i].name);
        if (attribute)
            return take_numbers(graph, node, attribute, &kinds[i], value);
    }
    return sdse_onnx_unknown(node, "this kind of constant is not read");
}

// The one number that a constant of any shape is made of: what reads it reads one.
static bool is_one_number(struct sdse_onnx_graph *graph, struct sdse_onnx_node *node) {
    const Onnx__AttributeProto *given = sdse_onnx_attribute(node, "value");
    struct sdse_onnx_shape one;
    if (!given || !given->t)
        return true;
    node->reported = !sdse_onnx_tensor_check(given->t, graph->file, graph->external,
                                             &one, graph->diags);
    if (node->reported)
        return false;
    return sdse_onnx_product(&one, 0, one.rank) == 1 ||
           sdse_onnx_wrong(graph, node, "its value is not one number");
}

static bool infer_constant_of_shape(struct sdse_onnx_graph *graph,
                                    struct sdse_onnx_node *node) {
    if (!sdse_onnx_need(graph, node, 0))
        return false;
    struct sdse_onnx_list list = sdse_onnx_list_of(graph, node, NULL, 0);
    if (!is_one_number(graph, node))
        return false;
    if (list.given != SDSE_ONNX_GIVEN || list.count > SDSE_ARRAY_MAX_RANK)
        return sdse_onnx_unknown(node, "its shape is computed from the input's data");
    uint64_t dims[SDSE_ARRAY_MAX_RANK];
    for (unsigned i = 0; i < list.count; i++) {
        if (list.value[i] < 0)
            return sdse_onnx_wrong(graph, node, "an extent is negative");
        dims[i] = (uint64_t)list.value[i];
    }
    return sdse_onnx_set(graph, node, 0, list.count, dims);
}

static bool infer_range(struct sdse_onnx_graph *graph, struct sdse_onnx_node *node) {
    double bound[3];
    for (uint32_t i = 0; i < 3; i++) {
        if (!sdse_onnx_need(graph, node, i))
            return false;
        const struct sdse_onnx_value *value = sdse_onnx_in(graph, node, i);
        if (!value->folded ||
            sdse_onnx_product(&value->shape, 0, value->shape.rank) != 1)
            return sdse_onnx_unknown(node, "its bounds are not constants");
        bound[i] = value->folded[0];
    }
    double count = ceil((bound[1] - bound[0]) / bound[2]);
    if (isnan(count) || count > 0x1p48)
        return sdse_onnx_wrong(graph, node, "the bounds make no sense");
    uint64_t dims[1] = {count > 0 ? (uint64_t)count : 0};
    return sdse_onnx_set(graph, node, 0, 1, dims);
}

// What the attributes and the weights of a recurrent network say of one another: W
// [directions][gates · hidden][inputs], R [directions][gates · hidden][hidden].
static bool cells_fit(struct sdse_onnx_graph *graph, struct sdse_onnx_node *node,
                      const struct sdse_onnx_shape *x,
                      const struct sdse_onnx_shape *r) {
    const struct sdse_onnx_value *in = sdse_onnx_in(graph, node, 1);
    const int64_t hidden = sdse_onnx_int(node, "hidden_size", (int64_t)r->dim[2]);
    const uint64_t ways = sdse_onnx_text_is(node, "direction", "bidirectional") ? 2 : 1;
    const uint64_t gates = strcmp(node->op, "GRU") == 0   ? 3
                           : strcmp(node->op, "RNN") == 0 ? 1
                                                          : 4;
    if (hidden < 1 || (uint64_t)hidden != r->dim[2])
        return sdse_onnx_wrong(graph, node,
                               "'hidden_size' is %" PRId64
                               ", and its recurrence weights have %" PRIu64,
                               hidden, r->dim[2]);
    if (r->dim[0] != ways)
        return sdse_onnx_wrong(graph, node,
                               "its weights are of %" PRIu64
                               " directions, 'direction' says %" PRIu64,
                               r->dim[0], ways);
    if (r->dim[1] / gates != r->dim[2] || r->dim[1] % gates != 0)
        return sdse_onnx_wrong(graph, node,
                               "its recurrence weights are no %" PRIu64
                               " squares of its state: %s",
                               gates, sdse_onnx_shape_text(r).at);
    if (!in || !in->shape.known)
        return true;
    const struct sdse_onnx_shape *w = &in->shape;
    if (w->rank != 3 || w->dim[0] != r->dim[0] || w->dim[1] != r->dim[1])
        return sdse_onnx_wrong(graph, node,
                               "input weights %s and recurrence weights %s are not of "
                               "one cell",
                               sdse_onnx_shape_text(w).at, sdse_onnx_shape_text(r).at);
    if (w->dim[2] != x->dim[2] && strcmp(node->op, "AttnLSTM") != 0)
        return sdse_onnx_wrong(graph, node,
                               "its weights take %" PRIu64
                               " numbers a step, and its input has %" PRIu64,
                               w->dim[2], x->dim[2]);
    return true;
}

// Recurrent networks: all steps, then the last; hidden_size per direction.
static bool infer_recurrent(struct sdse_onnx_graph *graph,
                            struct sdse_onnx_node *node) {
    const struct sdse_onnx_shape *x = sdse_onnx_need(graph, node, 0);
    const struct sdse_onnx_shape *r = x ? sdse_onnx_need(graph, node, 2) : NULL;
    if (!x || !r)
        return false;
    if (x->rank != 3 || r->rank != 3)
        return sdse_onnx_wrong(graph, node, "input and weights need 3 dimensions");
    if (!cells_fit(graph, node, x, r))
        return false;
    uint64_t all[4] = {x->dim[0], r->dim[0], x->dim[1], r->dim[2]};
    uint64_t last[3] = {r->dim[0], x->dim[1], r->dim[2]};
    if (sdse_onnx_int(node, "layout", 0) != 0) { // samples first
        all[1] = x->dim[1];
        all[2] = r->dim[0];
        last[0] = x->dim[0];
        last[1] = r->dim[0];
    }
    return sdse_onnx_set(graph, node, 0, 4, all) &&
           sdse_onnx_set(graph, node, 1, 3, last) &&
           sdse_onnx_set(graph, node, 2, 3, last);
}

// Functions of one map, number by number (or with numbers beside it).
static const char *const function_ops[] = {
    "Abs",
    "Acos",
    "Asin",
    "Atan",
    "BiasGelu",
    "Ceil",
    "Celu",
    "Clip",
    "Cos",
    "Elu",
    "Erf",
    "Exp",
    "FastGelu",
    "Floor",
    "Gelu",
    "HardSigmoid",
    "HardSwish",
    "LeakyRelu",
    "Log",
    "Mish",
    "Neg",
    "QuickGelu",
    "QLinearLeakyRelu",
    "QLinearSigmoid",
    "Reciprocal",
    "Relu",
    "Round",
    "Selu",
    "Shrink",
    "Sigmoid",
    "Sign",
    "Silu",
    "Sin",
    "Softplus",
    "Softsign",
    "Sqrt",
    "Swish",
    "Tan",
    "Tanh",
    "ThresholdedRelu",
};

// Outputs of these too have the shape of the first input.
static const char *const same_ops[] = {
    "BatchNormalization",
    "Cast",
    "CumSum",
    "DequantizeLinear",
    "GroupNormalization",
    "Hardmax",
    "Identity",
    "InstanceNormalization",
    "IsInf",
    "IsNaN",
    "LRN",
    "LayerNormalization",
    "LogSoftmax",
    "LpNormalization",
    "MeanVarianceNormalization",
    "Not",
    "PRelu",
    "QLinearSoftmax",
    "QuantizeLinear",
    "RMSNormalization",
    "ScatterElements",
    "ScatterND",
    "SimplifiedLayerNormalization",
    "Softmax",
    "Trilu",
};

static const char *const broadcast_ops[] = {
    "Add",
    "And",
    "BitShift",
    "Div",
    "Equal",
    "Greater",
    "GreaterOrEqual",
    "Less",
    "LessOrEqual",
    "Max",
    "Mean",
    "Min",
    "Mod",
    "Mul",
    "Or",
    "Pow",
    "QLinearAdd",
    "QLinearMul",
    "Sub",
    "Sum",
    "Where",
    "Xor",
};

bool sdse_onnx_is_function(const char *op) { return SDSE_ONNX_AMONG(op, function_ops); }

sdse_onnx_rule sdse_onnx_rule_math(const char *op) {
    static const struct {
        const char *op;
        sdse_onnx_rule rule;
    } rules[] = {
        {"DynamicQuantizeLinear", infer_dynamic_quantize},
        {"Dropout", infer_dropout},
        {"SkipLayerNormalization", infer_skip_norm},
        {"SkipSimplifiedLayerNormalization", infer_skip_norm},
        {"ArgMax", infer_reduce},
        {"ArgMin", infer_reduce},
        {"TopK", infer_top_k},
        {"LSTM", infer_recurrent},
        {"GRU", infer_recurrent},
        {"RNN", infer_recurrent},
        {"Constant", infer_constant},
        {"Range", infer_range},
        {"ConstantOfShape", infer_constant_of_shape},
    };
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (strcmp(op, rules[i].op) == 0)
            return rules[i].rule;
    if (strncmp(op, "Reduce", 6) == 0)
        return infer_reduce;
    if (sdse_onnx_is_function(op) || SDSE_ONNX_AMONG(op, same_ops))
        return infer_same;
    if (SDSE_ONNX_AMONG(op, broadcast_ops))
        return infer_broadcast;
    return NULL;
}
