// Products, normalisation, functions, sums of maps and reductions of graphs.
#include <string.h>

#include "import/tfjs/reading.h"

static bool put(struct tfjs_layer *l, const char *name, unsigned rank, bool planes) {
    l->out[0] = sdse_tfjs_value(name, rank, planes);
    l->out_count = 1;
    return name != NULL;
}

static const char *as_it_is(struct tfjs_layer *l, struct tfjs_value *value) {
    return sdse_tfjs_is_planes(value) ? sdse_tfjs_planes(l, value)
                                      : sdse_tfjs_plain(l, value);
}

static bool has_inputs(struct tfjs_layer *l, size_t count) {
    return l->in_count >= count ||
           sdse_tfjs_wrong(l, "tfjs-json", NULL, "it reads %zu values, not %zu",
                           l->in_count, count);
}

// --- Functions ---

static const struct {
    const char *op, *onnx;
} functions[] = {
    {"Relu", "Relu"},         {"Sigmoid", "Sigmoid"}, {"Tanh", "Tanh"},
    {"Elu", "Elu"},           {"Selu", "Selu"},       {"LeakyRelu", "LeakyRelu"},
    {"Softplus", "Softplus"}, {"Exp", "Exp"},         {"Log", "Log"},
    {"Sqrt", "Sqrt"},         {"Abs", "Abs"},         {"Neg", "Neg"},
    {"Floor", "Floor"},       {"Erf", "Erf"},         {"Reciprocal", "Reciprocal"}};

// x itself where there is no such function: NULL.
static const char *apply(struct tfjs_layer *l, const char *op, const char *suffix,
                         const char *x) {
    struct sdse_rewrite *w = &l->r->w;
    if (strcmp(op, "Relu6") == 0)
        return sdse_rewrite_node(w, "Clip", suffix, x, sdse_rewrite_real(w, 0),
                                 sdse_rewrite_real(w, 6));
    if (strcmp(op, "Square") == 0)
        return sdse_rewrite_node(w, "Mul", suffix, x, x, NULL);
    if (strcmp(op, "Rsqrt") == 0)
        return sdse_rewrite_node(w, "Reciprocal", suffix,
                                 sdse_rewrite_node(w, "Sqrt", NULL, x, NULL, NULL),
                                 NULL, NULL);
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
        if (strcmp(functions[i].op, op) == 0)
            return sdse_rewrite_node(w, functions[i].onnx, suffix, x, NULL, NULL);
    return NULL;
}

static bool function(struct tfjs_layer *l) {
    struct tfjs_value *x = l->in[0];
    const bool planes = sdse_tfjs_is_planes(x);
    return put(l, apply(l, l->class_name, "", as_it_is(l, x)), x->rank, planes);
}

static bool softmax(struct tfjs_layer *l) {
    struct tfjs_value *x = l->in[0];
    const bool planes = sdse_tfjs_is_planes(x);
    const char *out =
        sdse_rewrite_node(&l->r->w, l->class_name[0] == 'L' ? "LogSoftmax" : "Softmax",
                          "", as_it_is(l, x), NULL, NULL);
    sdse_rewrite_set_int(&l->r->w, "axis", planes ? 1 : -1);
    return put(l, out, x->rank, planes);
}

// --- Of two maps ---

// A number of each channel beside planes: [channels] as [channels][1]….
static const char *beside(struct tfjs_layer *l, struct tfjs_value *value,
                          unsigned rank) {
    struct sdse_rewrite *w = &l->r->w;
    int64_t dims[TFJS_MOST_RANK];
    if (value->rank != 1)
        return sdse_tfjs_plain(l, value);
    for (unsigned i = 0; i + 1 < rank; i++)
        dims[i] = i ? 1 : -1;
    return sdse_rewrite_node(w, "Reshape", NULL, sdse_tfjs_plain(l, value),
                             sdse_rewrite_ints(w, rank - 1, dims), NULL);
}

// Both operands in one order, as numpy's rules repeat them.
static void align(struct tfjs_layer *l, struct tfjs_value *a, struct tfjs_value *b,
                  const char *names[2], unsigned *rank, bool *planes) {
    struct tfjs_value *const both[2] = {a, b};
    *rank = a->rank > b->rank ? a->rank : b->rank;
    *planes = sdse_tfjs_is_planes(a) || sdse_tfjs_is_planes(b);
    for (unsigned i = 0; i < 2; i++)
        *planes &= both[i]->rank <= 1 || both[i]->rank == *rank;
    for (unsigned i = 0; i < 2; i++)
        names[i] = !*planes                 ? sdse_tfjs_plain(l, both[i])
                   : both[i]->rank == *rank ? sdse_tfjs_planes(l, both[i])
                                            : beside(l, both[i], *rank);
}

static bool binary(struct tfjs_layer *l) {
    static const struct {
        const char *op, *onnx;
    } rows[] = {{"Add", "Add"},       {"AddV2", "Add"},   {"BiasAdd", "Add"},
                {"BiasAddV1", "Add"}, {"Sub", "Sub"},     {"Mul", "Mul"},
                {"RealDiv", "Div"},   {"Maximum", "Max"}, {"Minimum", "Min"},
                {"Pow", "Pow"},       {"Prelu", "PRelu"}};
    const char *names[2], *op = NULL;
    unsigned rank;
    bool planes;
    if (!has_inputs(l, 2))
        return false;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strcmp(rows[i].op, l->class_name) == 0)
            op = rows[i].onnx;
    align(l, l->in[0], l->in[1], names, &rank, &planes);
    return put(l, sdse_rewrite_node(&l->r->w, op, "", names[0], names[1], NULL), rank,
               planes);
}

// --- Normalisation, and what is fused behind a product ---

// Input `first` … are scale, offset, mean and variance.
static const char *normalised(struct tfjs_layer *l, const char *x, const char *suffix,
                              size_t first) {
    const char *in[5] = {x}, *out = NULL;
    for (size_t i = 0; i < 4; i++)
        in[1 + i] = sdse_tfjs_plain(l, l->in[first + i]);
    sdse_rewrite_wide(&l->r->w, "BatchNormalization", suffix, 5, in, 1, &out);
    sdse_rewrite_set_real(&l->r->w, "epsilon",
                          sdse_tfjs_attribute_real(l, "epsilon", 1e-4));
    return out;
}

static bool batch_norm(struct tfjs_layer *l) {
    struct tfjs_value *x = l->in[0];
    bool last;
    if (!has_inputs(l, 5) || !sdse_tfjs_graph_order(l, &last))
        return false;
    const char *map = last ? sdse_tfjs_planes(l, x) : sdse_tfjs_plain(l, x);
    return map && put(l, normalised(l, map, "", 1), x->rank, last && x->rank > 2);
}

bool sdse_tfjs_fused(struct tfjs_layer *l, struct tfjs_value *now) {
    struct sdse_rewrite *w = &l->r->w;
    size_t next = 2;
    for (size_t i = 0;; i++) {
        const char *op = sdse_tfjs_attribute_text(l, "fused_ops", i);
        const bool planes = sdse_tfjs_is_planes(now);
        const char *out = NULL;
        if (!op[0])
            return !w->failed;
        if (strcmp(op, "BiasAdd") == 0 || strcmp(op, "Prelu") == 0) {
            const char *names[2];
            unsigned rank;
            bool both;
            if (!has_inputs(l, next + 1))
                return false;
            align(l, now, l->in[next++], names, &rank, &both);
            out = op[0] == 'B'
                      ? sdse_rewrite_node(w, "Add", ".bias", names[0], names[1], NULL)
                      : sdse_rewrite_node(w, "PRelu", ".act", names[0], names[1], NULL);
        } else if (strcmp(op, "FusedBatchNorm") == 0) {
            if (!has_inputs(l, next + 4))
                return false;
            out = normalised(l, as_it_is(l, now), ".norm", next);
            next += 4;
        } else {
            out = apply(l, op, ".act", as_it_is(l, now));
        }
        if (!out)
            return sdse_tfjs_wrong(l, "tfjs-config", "fused_ops",
                                   "'%.40s' is not translated", op);
        *now = sdse_tfjs_value(out, now->rank, planes);
    }
}

// --- Products ---

static bool matmul(struct tfjs_layer *l) {
    static const unsigned turned[] = {1, 0};
    struct sdse_rewrite *w = &l->r->w;
    if (!has_inputs(l, 2) || !sdse_tfjs_has_rank(l, 0, 2) ||
        !sdse_tfjs_has_rank(l, 1, 2))
        return false;
    const bool left = sdse_tfjs_attribute_flag(l, "transpose_a"),
               right = sdse_tfjs_attribute_flag(l, "transpose_b");
    const size_t stored = l->in[1]->stored;
    const char *b = NULL;
    if (stored && !right) { // outputs first, as layers have them
        const Onnx__TensorProto *own = sdse_tfjs_stored(l, stored - 1, turned, false);
        b = own ? own->name : NULL;
    } else {
        b = sdse_tfjs_plain(l, l->in[1]);
    }
    const char *a = sdse_tfjs_plain(l, l->in[0]);
    if (!a || !b)
        return false;
    struct tfjs_value now =
        sdse_tfjs_value(sdse_rewrite_node(w, "Gemm", "", a, b, NULL), 2, false);
    sdse_rewrite_set_int(w, "transA", left);
    sdse_rewrite_set_int(w, "transB", right || stored);
    if (!sdse_tfjs_fused(l, &now))
        return false;
    l->out[0] = now;
    l->out_count = 1;
    return true;
}

// Its last two extents exchanged.
static const char *turn(struct tfjs_layer *l, struct tfjs_value *value) {
    int64_t order[TFJS_MOST_RANK];
    const unsigned rank = value->rank;
    for (unsigned i = 0; i < rank; i++)
        order[i] = i + 2 < rank ? i : i + 2 == rank ? i + 1 : i - 1;
    return sdse_rewrite_transpose(&l->r->w, sdse_tfjs_plain(l, value), rank, order);
}

static bool batch_matmul(struct tfjs_layer *l) {
    if (!has_inputs(l, 2))
        return false;
    struct tfjs_value *a = l->in[0], *b = l->in[1];
    if (a->rank < 2 || b->rank < 2)
        return sdse_tfjs_has_rank(l, a->rank < 2 ? 0 : 1, 2);
    const char *left = sdse_tfjs_attribute_flag(l, "adj_x") ? turn(l, a)
                                                            : sdse_tfjs_plain(l, a),
               *right = sdse_tfjs_attribute_flag(l, "adj_y") ? turn(l, b)
                                                             : sdse_tfjs_plain(l, b);
    return put(l, sdse_rewrite_node(&l->r->w, "MatMul", "", left, right, NULL),
               a->rank > b->rank ? a->rank : b->rank, false);
}

// --- Reductions ---

static bool reduce(struct tfjs_layer *l) {
    static const struct {
        const char *op, *onnx;
    } rows[] = {{"Mean", "ReduceMean"},
                {"Sum", "ReduceSum"},
                {"Max", "ReduceMax"},
                {"Min", "ReduceMin"},
                {"Prod", "ReduceProd"}};
    struct sdse_rewrite *w = &l->r->w;
    struct tfjs_value *x = l->in[0];
    const bool kept = sdse_tfjs_attribute_flag(l, "keep_dims");
    int64_t axes[16];
    size_t count;
    unsigned set = 0;
    const char *op = NULL;
    if (!has_inputs(l, 2) || !sdse_tfjs_numbers(l, 1, axes, &count))
        return false;
    for (size_t i = 0; i < count; i++) {
        axes[i] += axes[i] < 0 ? x->rank : 0;
        if (axes[i] < 0 || axes[i] >= x->rank || set & 1u << axes[i])
            return sdse_tfjs_wrong(l, "tfjs-config", NULL,
                                   "axes of its map are needed, each once");
        set |= 1u << axes[i];
    }
    // All rows and columns of planes stay planes, or become words of channels.
    const bool planes =
        sdse_tfjs_is_planes(x) && set == (1u << (x->rank - 1)) - 2 && count > 0;
    for (size_t i = 0; i < count && planes; i++)
        axes[i]++;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strcmp(rows[i].op, l->class_name) == 0)
            op = rows[i].onnx;
    const char *in = planes ? sdse_tfjs_planes(l, x) : sdse_tfjs_plain(l, x);
    const char *out =
        sdse_rewrite_node(w, op, "", in, sdse_rewrite_ints(w, count, axes), NULL);
    sdse_rewrite_set_int(w, "keepdims", kept);
    return put(l, out, kept ? x->rank : x->rank - (unsigned)count, planes && kept);
}

tfjs_class sdse_tfjs_math_operator(const char *op) {
    static const struct {
        const char *op;
        tfjs_class translate;
    } rows[] = {{"Add", binary},
                {"AddV2", binary},
                {"BiasAdd", binary},
                {"BiasAddV1", binary},
                {"Sub", binary},
                {"Mul", binary},
                {"RealDiv", binary},
                {"Maximum", binary},
                {"Minimum", binary},
                {"Pow", binary},
                {"Prelu", binary},
                {"MatMul", matmul},
                {"_FusedMatMul", matmul},
                {"BatchMatMul", batch_matmul},
                {"BatchMatMulV2", batch_matmul},
                {"FusedBatchNorm", batch_norm},
                {"FusedBatchNormV2", batch_norm},
                {"FusedBatchNormV3", batch_norm},
                {"Softmax", softmax},
                {"LogSoftmax", softmax},
                {"Mean", reduce},
                {"Sum", reduce},
                {"Max", reduce},
                {"Min", reduce},
                {"Prod", reduce},
                {"Relu6", function},
                {"Square", function},
                {"Rsqrt", function}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strcmp(rows[i].op, op) == 0)
            return rows[i].translate;
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
        if (strcmp(functions[i].op, op) == 0)
            return function;
    return NULL;
}
