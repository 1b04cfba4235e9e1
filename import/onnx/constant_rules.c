// Output by output: where each number comes from, by its coordinates.
#include "import/onnx/constant_rules.h"

#include <math.h>
#include <string.h>

typedef struct sdse_onnx_sum sum;

static void coordinates(const struct sdse_onnx_shape *shape, uint64_t i, int64_t *at) {
    for (unsigned d = shape->rank; d-- > 0; i /= shape->dim[d])
        at[d] = (int64_t)(i % shape->dim[d]);
}

// Coordinates of the next element.
static void advance(const struct sdse_onnx_shape *shape, int64_t *at) {
    for (unsigned d = shape->rank; d-- > 0;) {
        if ((uint64_t)++at[d] < shape->dim[d])
            return;
        at[d] = 0;
    }
}

static uint64_t place(const struct sdse_onnx_shape *shape, const int64_t *at) {
    uint64_t i = 0;
    for (unsigned d = 0; d < shape->rank; d++)
        i = i * shape->dim[d] + (uint64_t)at[d];
    return i;
}

// The number that is broadcast to coordinates `at` of an output of rank `rank`.
static double broadcast(const struct sdse_onnx_numbers *x, const int64_t *at,
                        unsigned rank) {
    uint64_t i = 0;
    for (unsigned d = 0; d < x->shape.rank; d++) {
        int64_t c = at[rank - x->shape.rank + d];
        i = i * x->shape.dim[d] + (x->shape.dim[d] == 1 ? 0 : (uint64_t)c);
    }
    return x->data[i];
}

static bool copy(const sum *s) {
    if (s->in[0].count != s->out->count)
        return false;
    memcpy(s->out->data, s->in[0].data, (size_t)s->out->count * sizeof(double));
    return true;
}

static bool cast(const sum *s) {
    if (!copy(s))
        return false;
    enum { FLOAT = 1, BOOL = 9, FLOAT16 = 10, DOUBLE = 11, BFLOAT16 = 16 };
    int64_t to = sdse_onnx_int(s->node, "to", FLOAT);
    bool real = to == FLOAT || to == FLOAT16 || to == DOUBLE || to == BFLOAT16;
    for (uint64_t i = 0; i < s->out->count && !real; i++)
        s->out->data[i] =
            to == BOOL ? (double)(s->out->data[i] != 0) : trunc(s->out->data[i]);
    return true;
}

static bool transpose(const sum *s) {
    const struct sdse_onnx_shape *shape = &s->out->shape;
    unsigned rank = shape->rank;
    struct sdse_onnx_list perm =
        sdse_onnx_list_of(s->graph, s->node, "perm", SDSE_ONNX_NONE);
    int64_t to[SDSE_ARRAY_MAX_RANK] = {0}, from[SDSE_ARRAY_MAX_RANK] = {0};
    for (uint64_t i = 0; i < s->out->count; i++) {
        coordinates(shape, i, to);
        for (unsigned d = 0; d < rank; d++)
            from[perm.count == rank ? perm.value[d] : rank - 1 - d] = to[d];
        s->out->data[i] = s->in[0].data[place(&s->in[0].shape, from)];
    }
    return true;
}

static bool slice(const sum *s) {
    const struct sdse_onnx_shape *shape = &s->in[0].shape;
    struct sdse_onnx_list starts = sdse_onnx_list_of(s->graph, s->node, "starts", 1);
    struct sdse_onnx_list axes = sdse_onnx_list_of(s->graph, s->node, "axes", 3);
    struct sdse_onnx_list steps = sdse_onnx_list_of(s->graph, s->node, "steps", 4);
    int64_t start[SDSE_ARRAY_MAX_RANK] = {0}, step[SDSE_ARRAY_MAX_RANK];
    int64_t at[SDSE_ARRAY_MAX_RANK] = {0};
    for (unsigned d = 0; d < shape->rank; d++)
        step[d] = 1;
    for (unsigned i = 0; i < starts.count && i < SDSE_ARRAY_MAX_RANK; i++) {
        unsigned axis = i;
        if ((i < axes.count && !sdse_onnx_axis(axes.value[i], shape->rank, &axis)) ||
            axis >= shape->rank)
            return false;
        int64_t extent = (int64_t)shape->dim[axis], first = starts.value[i];
        first += first < 0 ? extent : 0;
        step[axis] = i < steps.count ? steps.value[i] : 1;
        int64_t last = step[axis] < 0 ? extent - 1 : extent;
        start[axis] = first < 0 ? 0 : first > last ? last : first;
    }
    for (uint64_t i = 0; i < s->out->count; i++) {
        coordinates(&s->out->shape, i, at);
        for (unsigned d = 0; d < shape->rank; d++) {
            at[d] = start[d] + at[d] * step[d];
            if (at[d] < 0 || at[d] >= (int64_t)shape->dim[d])
                return false;
        }
        s->out->data[i] = s->in[0].data[place(shape, at)];
    }
    return true;
}

static bool axis_of(const sum *s, int64_t absent, unsigned rank, unsigned *axis) {
    return sdse_onnx_axis(sdse_onnx_int(s->node, "axis", absent), rank, axis);
}

static bool split(const sum *s) {
    int64_t at[SDSE_ARRAY_MAX_RANK] = {0}, before = 0;
    unsigned axis;
    if (!axis_of(s, 0, s->in[0].shape.rank, &axis))
        return false;
    // Outputs may be left out: what they take is counted all the same.
    const struct sdse_onnx_list parts =
        sdse_onnx_list_of(s->graph, s->node, "split", 1);
    const int64_t extent = (int64_t)s->in[0].shape.dim[axis];
    const int64_t outputs = s->node->output_count;
    const int64_t each = (extent + outputs - 1) / outputs;
    for (uint32_t i = 0; i < s->which; i++)
        before += i < parts.count          ? parts.value[i]
                  : each < extent - before ? each
                                           : extent - before;
    for (uint64_t i = 0; i < s->out->count; i++) {
        coordinates(&s->out->shape, i, at);
        at[axis] += before;
        s->out->data[i] = s->in[0].data[place(&s->in[0].shape, at)];
    }
    return true;
}

static bool concat(const sum *s) {
    int64_t at[SDSE_ARRAY_MAX_RANK] = {0};
    unsigned axis;
    if (!axis_of(s, 1, s->out->shape.rank, &axis))
        return false;
    for (uint64_t i = 0; i < s->out->count; i++) {
        coordinates(&s->out->shape, i, at);
        uint32_t from = 0;
        while (at[axis] >= (int64_t)s->in[from].shape.dim[axis])
            at[axis] -= (int64_t)s->in[from++].shape.dim[axis];
        s->out->data[i] = s->in[from].data[place(&s->in[from].shape, at)];
    }
    return true;
}

static bool pad(const sum *s) {
    const struct sdse_onnx_shape *shape = &s->in[0].shape;
    struct sdse_onnx_list pads = sdse_onnx_list_of(s->graph, s->node, "pads", 1);
    struct sdse_onnx_list axes =
        sdse_onnx_list_of(s->graph, s->node, NULL, s->inputs > 3 ? 3 : SDSE_ONNX_NONE);
    const Onnx__AttributeProto *given = sdse_onnx_attribute(s->node, "value");
    bool edge = sdse_onnx_text_is(s->node, "mode", "edge");
    bool reflect = sdse_onnx_text_is(s->node, "mode", "reflect");
    bool wrap = sdse_onnx_text_is(s->node, "mode", "wrap");
    double fill = s->inputs > 2 && s->in[2].count == 1 ? s->in[2].data[0]
                  : given && given->has_f              ? (double)given->f
                                                       : 0;
    int64_t before[SDSE_ARRAY_MAX_RANK] = {0}, at[SDSE_ARRAY_MAX_RANK] = {0};
    for (unsigned i = 0; i < pads.count / 2; i++) {
        unsigned axis = i;
        if ((i < axes.count && !sdse_onnx_axis(axes.value[i], shape->rank, &axis)) ||
            axis >= shape->rank)
            return false;
        before[axis] = pads.value[i];
    }
    for (uint64_t i = 0; i < s->out->count; i++) {
        bool outside = false;
        coordinates(&s->out->shape, i, at);
        for (unsigned d = 0; d < shape->rank; d++) {
            int64_t extent = (int64_t)shape->dim[d], period = 2 * (extent - 1);
            at[d] -= before[d];
            if (at[d] >= 0 && at[d] < extent)
                continue;
            outside |= extent == 0 || !(edge || reflect || wrap);
            if (edge)
                at[d] = at[d] < 0 ? 0 : extent - 1;
            else if (wrap && extent > 0)
                at[d] = (at[d] % extent + extent) % extent;
            else if (reflect && extent > 0) {
                at[d] = period ? (at[d] % period + period) % period : 0;
                at[d] = at[d] < extent ? at[d] : period - at[d];
            }
        }
        s->out->data[i] = outside ? fill : s->in[0].data[place(shape, at)];
    }
    return true;
}

static double two(const char *op, double a, double b) {
    switch (op[0]) {
    case 'A':
        return a + b; // Add
    case 'S':
        return a - b; // Sub
    case 'D':
        return a / b; // Div
    case 'P':
        return pow(a, b); // Pow
    default:
        return op[1] == 'u' ? a * b : op[1] == 'a' ? fmax(a, b) : fmin(a, b);
    }
}

// Whether nothing is repeated but single numbers: then no coordinates are needed.
static bool is_flat(const sum *s) {
    for (uint32_t j = 0; j < s->inputs; j++)
        if (s->in[j].count != 1 && s->in[j].count != s->out->count)
            return false;
    return true;
}

static bool binary(const sum *s) {
    int64_t at[SDSE_ARRAY_MAX_RANK] = {0};
    bool whole = s->whole && s->node->op[0] == 'D', flat = is_flat(s);
    for (uint64_t i = 0; i < s->out->count; i++) {
        double value = 0;
        for (uint32_t j = 0; j < s->inputs; j++) {
            double x = !flat ? broadcast(&s->in[j], at, s->out->shape.rank)
                             : s->in[j].data[s->in[j].count == 1 ? 0 : i];
            value = j == 0 ? x : two(s->node->op, value, x);
        }
        if (whole && isinf(value))
            return false;
        s->out->data[i] = whole ? trunc(value) : value;
        if (!flat)
            advance(&s->out->shape, at);
    }
    return s->inputs >= 1;
}

static bool unary(const sum *s) {
    const char *op = s->node->op;
    if (!copy(s))
        return false;
    for (uint64_t i = 0; i < s->out->count; i++) {
        double x = s->out->data[i];
        s->out->data[i] = strcmp(op, "Sqrt") == 0         ? sqrt(x)
                          : strcmp(op, "Neg") == 0        ? -x
                          : strcmp(op, "Abs") == 0        ? fabs(x)
                          : strcmp(op, "Exp") == 0        ? exp(x)
                          : strcmp(op, "Log") == 0        ? log(x)
                          : strcmp(op, "Tanh") == 0       ? tanh(x)
                          : strcmp(op, "Sigmoid") == 0    ? 1 / (1 + exp(-x))
                          : strcmp(op, "Relu") == 0       ? (x > 0 ? x : 0)
                          : strcmp(op, "Sign") == 0       ? (double)((x > 0) - (x < 0))
                          : strcmp(op, "Round") == 0      ? nearbyint(x)
                          : strcmp(op, "Floor") == 0      ? floor(x)
                          : strcmp(op, "Ceil") == 0       ? ceil(x)
                          : strcmp(op, "Reciprocal") == 0 ? 1 / x
                                                          : x;
    }
    return true;
}

// Expand repeats extents of 1, Tile whole extents.
static bool repeat(const sum *s) {
    const struct sdse_onnx_shape *shape = &s->in[0].shape;
    int64_t at[SDSE_ARRAY_MAX_RANK] = {0};
    unsigned more = s->out->shape.rank - shape->rank;
    for (uint64_t i = 0; i < s->out->count; i++) {
        coordinates(&s->out->shape, i, at);
        for (unsigned d = 0; d < shape->rank; d++)
            at[more + d] %= (int64_t)shape->dim[d];
        s->out->data[i] = s->in[0].data[place(shape, at + more)];
    }
    return true;
}

static bool gather(const sum *s) {
    const struct sdse_onnx_numbers *x = &s->in[0], *indices = &s->in[1];
    int64_t at[SDSE_ARRAY_MAX_RANK] = {0}, from[SDSE_ARRAY_MAX_RANK] = {0};
    unsigned axis, rank = indices->shape.rank;
    if (s->inputs < 2 || !axis_of(s, 0, x->shape.rank, &axis))
        return false;
    int64_t extent = (int64_t)x->shape.dim[axis];
    for (uint64_t i = 0; i < s->out->count; i++) {
        coordinates(&s->out->shape, i, at);
        int64_t index =
            sdse_onnx_integer(indices->data[place(&indices->shape, at + axis)]);
        index += index < 0 ? extent : 0;
        if (index < 0 || index >= extent)
            return false;
        for (unsigned d = 0; d < x->shape.rank; d++)
            from[d] = d < axis ? at[d] : d == axis ? index : at[d + rank - 1];
        s->out->data[i] = x->data[place(&x->shape, from)];
    }
    return true;
}

static bool reduce(const sum *s) {
    const struct sdse_onnx_shape *shape = &s->in[0].shape;
    const char *kind = s->node->op + strlen("Reduce");
    struct sdse_onnx_list axes = sdse_onnx_list_of(s->graph, s->node, "axes", 1);
    bool keep = sdse_onnx_int(s->node, "keepdims", 1) != 0;
    bool square = strcmp(kind, "L2") == 0 || strcmp(kind, "SumSquare") == 0;
    bool most = strcmp(kind, "Max") == 0, least = strcmp(kind, "Min") == 0;
    bool product = strcmp(kind, "Prod") == 0, logarithm = strncmp(kind, "Log", 3) == 0;
    bool exponents = strcmp(kind, "LogSumExp") == 0;
    unsigned set = 0;
    for (unsigned i = 0; i < axes.count; i++) {
        unsigned axis;
        if (!sdse_onnx_axis(axes.value[i], shape->rank, &axis))
            return false;
        set |= 1u << axis;
    }
    if (axes.count == 0)
        set = sdse_onnx_int(s->node, "noop_with_empty_axes", 0) ? 0 : ~0u;
    for (uint64_t i = 0; (most || least || product) && i < s->out->count; i++)
        s->out->data[i] = product ? 1 : most ? -(double)INFINITY : (double)INFINITY;
    int64_t at[SDSE_ARRAY_MAX_RANK] = {0}, to[SDSE_ARRAY_MAX_RANK] = {0};
    for (uint64_t i = 0; i < s->in[0].count; i++) {
        unsigned rank = 0;
        coordinates(shape, i, at);
        for (unsigned d = 0; d < shape->rank; d++)
            if (!(set >> d & 1u) || keep)
                to[rank++] = set >> d & 1u ? 0 : at[d];
        double x = s->in[0].data[i], *sum_at = &s->out->data[place(&s->out->shape, to)];
        x = square ? x * x : strcmp(kind, "L1") == 0 ? fabs(x) : exponents ? exp(x) : x;
        *sum_at = most      ? fmax(*sum_at, x)
                  : least   ? fmin(*sum_at, x)
                  : product ? *sum_at * x
                            : *sum_at + x;
    }
    double of = (double)s->in[0].count / (double)(s->out->count ? s->out->count : 1);
    for (uint64_t i = 0; i < s->out->count; i++)
        s->out->data[i] = strcmp(kind, "Mean") == 0 ? s->out->data[i] / of
                          : strcmp(kind, "L2") == 0 ? sqrt(s->out->data[i])
                          : logarithm               ? log(s->out->data[i])
                                                    : s->out->data[i];
    return true;
}

static bool matmul(const sum *s) {
    const struct sdse_onnx_shape *a = &s->in[0].shape, *b = &s->in[1].shape;
    if (s->inputs != 2 || a->rank != 2 || b->rank != 2)
        return false;
    for (uint64_t i = 0; i < a->dim[0]; i++)
        for (uint64_t k = 0; k < a->dim[1]; k++)
            for (uint64_t j = 0; j < b->dim[1]; j++)
                s->out->data[i * b->dim[1] + j] +=
                    s->in[0].data[i * a->dim[1] + k] * s->in[1].data[k * b->dim[1] + j];
    return true;
}

static bool where(const sum *s) {
    int64_t at[SDSE_ARRAY_MAX_RANK] = {0};
    unsigned rank = s->out->shape.rank;
    for (uint64_t i = 0; i < s->out->count && s->inputs == 3; i++) {
        coordinates(&s->out->shape, i, at);
        s->out->data[i] =
            broadcast(&s->in[broadcast(&s->in[0], at, rank) != 0 ? 1 : 2], at, rank);
    }
    return s->inputs == 3;
}

// (x - zero) * scale; one scale for all, for each position of the axis, or for a block.
static bool dequantize(const sum *s) {
    const struct sdse_onnx_value *x = sdse_onnx_in(s->graph, s->node, 0);
    const struct sdse_onnx_shape *shape = &s->in[0].shape;
    int64_t block = sdse_onnx_int(s->node, "block_size", 0);
    int64_t at[SDSE_ARRAY_MAX_RANK] = {0};
    unsigned axis = 0;
    if (x->real && !s->running)
        return copy(s);
    bool axial = axis_of(s, 1, shape->rank, &axis);
    for (uint32_t j = 1; j < s->inputs; j++) {
        const struct sdse_onnx_numbers *given = &s->in[j];
        uint64_t wanted = axial ? shape->dim[axis] : 1;
        if (axial && block > 0) {
            uint64_t each = (uint64_t)block;
            wanted =
                s->in[0].count / (wanted ? wanted : 1) * ((wanted + each - 1) / each);
        }
        if (given->data && given->count != 1 && given->count != wanted)
            return false;
    }
    for (uint64_t i = 0; i < s->out->count; i++) {
        double number[2] = {1, 0};
        coordinates(shape, i, at);
        for (uint32_t j = 1; j < s->inputs && j < 3; j++) {
            const struct sdse_onnx_numbers *given = &s->in[j];
            uint64_t from = 0;
            if (!given->data)
                continue;
            if (given->count > 1 && block > 0) {
                for (unsigned d = 0; d < shape->rank; d++)
                    from = d == axis ? from * ((shape->dim[d] + (uint64_t)block - 1) /
                                               (uint64_t)block) +
                                           (uint64_t)(at[d] / block)
                                     : from * shape->dim[d] + (uint64_t)at[d];
            } else if (given->count > 1) {
                from = (uint64_t)at[axis];
            }
            number[j - 1] = given->data[from];
        }
        s->out->data[i] = (s->in[0].data[i] - number[1]) * number[0];
    }
    return true;
}

static bool constant_of_shape(const sum *s) {
    const Onnx__AttributeProto *given = sdse_onnx_attribute(s->node, "value");
    const double *value =
        given && given->t
            ? sdse_onnx_tensor_fold(given->t, NULL, 1, s->graph->arena, NULL)
            : NULL;
    for (uint64_t i = 0; i < s->out->count; i++)
        s->out->data[i] = value ? value[0] : 0;
    return !given || value;
}

sdse_onnx_constant_rule_fn sdse_onnx_constant_rule(const struct sdse_onnx_node *node) {
    static const struct {
        const char *op;
        sdse_onnx_constant_rule_fn rule;
    } rules[] = {
        {"Identity", copy},
        {"Reshape", copy},
        {"Squeeze", copy},
        {"Unsqueeze", copy},
        {"Flatten", copy},
        {"Dropout", copy},
        {"QuantizeLinear", copy},
        {"Cast", cast},
        {"Transpose", transpose},
        {"Slice", slice},
        {"Split", split},
        {"Concat", concat},
        {"Pad", pad},
        {"Add", binary},
        {"Sub", binary},
        {"Mul", binary},
        {"Div", binary},
        {"Pow", binary},
        {"Max", binary},
        {"Min", binary},
        {"Sqrt", unary},
        {"Neg", unary},
        {"Abs", unary},
        {"Exp", unary},
        {"Log", unary},
        {"Tanh", unary},
        {"Sigmoid", unary},
        {"Relu", unary},
        {"Sign", unary},
        {"Round", unary},
        {"Floor", unary},
        {"Ceil", unary},
        {"Reciprocal", unary},
        {"Expand", repeat},
        {"Tile", repeat},
        {"Gather", gather},
        {"ReduceSum", reduce},
        {"ReduceMean", reduce},
        {"ReduceMax", reduce},
        {"ReduceMin", reduce},
        {"ReduceL1", reduce},
        {"ReduceL2", reduce},
        {"ReduceSumSquare", reduce},
        {"ReduceProd", reduce},
        {"ReduceLogSum", reduce},
        {"ReduceLogSumExp", reduce},
        {"MatMul", matmul},
        {"Where", where},
        {"DequantizeLinear", dequantize},
        {"ConstantOfShape", constant_of_shape},
    };
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (strcmp(node->op, rules[i].op) == 0)
            return rules[i].rule;
    return NULL;
}
