// Small constants: what exporters compute shapes with, worked out in doubles (exact for
// integers up to 2^53).
#include "import/onnx/constant.h"
#include "import/onnx/quantized.h"
#include "import/onnx/rules.h"

#include <math.h>
#include <string.h>

// Everything a folding rule sees: the output to fill and the inputs, all constant.
enum { MOST_INPUTS = 8 };

struct fold {
    const struct sdse_onnx_node *node;
    const struct sdse_onnx_shape *shape; // of the output
    size_t count;                        // of the output [elements]
    double *out;
    uint32_t inputs;
    const struct sdse_onnx_value *in[MOST_INPUTS];
};

typedef bool (*fold_rule)(struct fold *fold);

static size_t count_of(const struct sdse_onnx_value *value) {
    return (size_t)sdse_onnx_product(&value->shape, 0, value->shape.rank);
}

// The elements in the same order: Reshape, Squeeze, Unsqueeze, Flatten, Identity, Cast.
static bool fold_copy(struct fold *fold) {
    if (count_of(fold->in[0]) != fold->count)
        return false;
    memcpy(fold->out, fold->in[0]->folded, fold->count * sizeof *fold->out);
    return true;
}

static bool fold_cast(struct fold *fold) {
    int64_t to = sdse_onnx_int(fold->node, "to", 0);
    bool real = to == ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT ||
                to == ONNX__TENSOR_PROTO__DATA_TYPE__DOUBLE ||
                to == ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT16 ||
                to == ONNX__TENSOR_PROTO__DATA_TYPE__BFLOAT16;
    if (!fold_copy(fold))
        return false;
    for (size_t i = 0; !real && i < fold->count; i++)
        fold->out[i] = trunc(fold->out[i]);
    return true;
}

static double apply(const char *op, double a, double b, bool integer) {
    if (strcmp(op, "Add") == 0)
        return a + b;
    if (strcmp(op, "Sub") == 0)
        return a - b;
    if (strcmp(op, "Mul") == 0)
        return a * b;
    if (strcmp(op, "Div") == 0)
        return integer ? trunc(a / b) : a / b;
    if (strcmp(op, "Max") == 0)
        return a > b ? a : b;
    if (strcmp(op, "Min") == 0)
        return a < b ? a : b;
    if (strcmp(op, "Equal") == 0)
        return a == b;
    if (strcmp(op, "Greater") == 0)
        return a > b;
    return a < b; // Less
}

// Index into an operand that has as many elements as the output, or one.
static bool operand_step(const struct fold *fold, uint32_t i, size_t *step) {
    size_t count = count_of(fold->in[i]);
    *step = count == 1 ? 0 : 1;
    return count == 1 || count == fold->count;
}

static bool fold_binary(struct fold *fold) {
    size_t a, b;
    if (fold->inputs != 2 || !operand_step(fold, 0, &a) || !operand_step(fold, 1, &b))
        return false;
    bool integer = fold->in[0]->integer && fold->in[1]->integer;
    for (size_t i = 0; i < fold->count; i++) {
        double x = fold->in[0]->folded[i * a], y = fold->in[1]->folded[i * b];
        if (integer && y == 0 && strcmp(fold->node->op, "Div") == 0)
            return false;
        fold->out[i] = apply(fold->node->op, x, y, integer);
    }
    return true;
}

static bool fold_where(struct fold *fold) {
    size_t c, a, b;
    if (fold->inputs != 3 || !operand_step(fold, 0, &c) || !operand_step(fold, 1, &a) ||
        !operand_step(fold, 2, &b))
        return false;
    for (size_t i = 0; i < fold->count; i++)
        fold->out[i] = fold->in[0]->folded[i * c] != 0 ? fold->in[1]->folded[i * a]
                                                       : fold->in[2]->folded[i * b];
    return true;
}

static bool fold_unary(struct fold *fold) {
    const char *op = fold->node->op;
    if (!fold_copy(fold))
        return false;
    for (size_t i = 0; i < fold->count; i++) {
        double x = fold->out[i];
        fold->out[i] = strcmp(op, "Floor") == 0  ? floor(x)
                       : strcmp(op, "Ceil") == 0 ? ceil(x)
                       : strcmp(op, "Sqrt") == 0 ? sqrt(x)
                       : strcmp(op, "Neg") == 0  ? -x
                                                 : (double)(x == 0); // Not
    }
    return true;
}

// One-dimensional only: what shape arithmetic needs.
static bool fold_concat(struct fold *fold) {
    size_t at = 0;
    if (fold->shape->rank != 1)
        return false;
    for (uint32_t i = 0; i < fold->inputs; i++) {
        size_t n = count_of(fold->in[i]);
        if (n > fold->count - at)
            return false;
        memcpy(fold->out + at, fold->in[i]->folded, n * sizeof *fold->out);
        at += n;
    }
    return at == fold->count;
}

static bool fold_gather(struct fold *fold) {
    const struct sdse_onnx_value *x = fold->in[0], *indices = fold->in[1];
    if (fold->inputs != 2 || x->shape.rank != 1 || count_of(indices) != fold->count)
        return false;
    int64_t extent = (int64_t)count_of(x);
    for (size_t i = 0; i < fold->count; i++) {
        int64_t index = sdse_onnx_integer(indices->folded[i]);
        index += index < 0 ? extent : 0;
        if (index < 0 || index >= extent)
            return false;
        fold->out[i] = x->folded[index];
    }
    return true;
}

static bool fold_constant_of_shape(struct fold *fold) {
    const Onnx__AttributeProto *attribute = sdse_onnx_attribute(fold->node, "value");
    double value = 0;
    if (attribute && attribute->t) {
        const Onnx__TensorProto *tensor = attribute->t;
        if (tensor->n_int64_data == 1)
            value = (double)tensor->int64_data[0];
        else if (tensor->n_float_data == 1)
            value = (double)tensor->float_data[0];
        else if (tensor->has_raw_data && tensor->raw_data.len == sizeof(int64_t) &&
                 tensor->data_type == ONNX__TENSOR_PROTO__DATA_TYPE__INT64) {
            uint64_t bits = 0;
            for (unsigned i = 0; i < 8; i++)
                bits |= (uint64_t)tensor->raw_data.data[i] << 8 * i;
            value = (double)(int64_t)bits;
        } else {
            return false;
        }
    }
    for (size_t i = 0; i < fold->count; i++)
        fold->out[i] = value;
    return true;
}

static bool fold_range(struct fold *fold) {
    if (fold->inputs != 3)
        return false;
    for (size_t i = 0; i < fold->count; i++)
        fold->out[i] = fold->in[0]->folded[0] + (double)i * fold->in[2]->folded[0];
    return true;
}

static bool fold_reduce_prod(struct fold *fold) {
    if (fold->count != 1)
        return false;
    double product = 1;
    size_t n = count_of(fold->in[0]);
    for (size_t i = 0; i < n; i++)
        product *= fold->in[0]->folded[i];
    fold->out[0] = product;
    return true;
}

static fold_rule find_fold(const char *op) {
    static const struct {
        const char *op;
        fold_rule rule;
    } rules[] = {
        {"Identity", fold_copy}, {"Reshape", fold_copy},
        {"Squeeze", fold_copy},  {"Unsqueeze", fold_copy},
        {"Flatten", fold_copy},  {"Cast", fold_cast},
        {"Add", fold_binary},    {"Sub", fold_binary},
        {"Mul", fold_binary},    {"Div", fold_binary},
        {"Max", fold_binary},    {"Min", fold_binary},
        {"Equal", fold_binary},  {"Greater", fold_binary},
        {"Less", fold_binary},   {"Where", fold_where},
        {"Floor", fold_unary},   {"Ceil", fold_unary},
        {"Sqrt", fold_unary},    {"Neg", fold_unary},
        {"Not", fold_unary},     {"Concat", fold_concat},
        {"Gather", fold_gather}, {"ConstantOfShape", fold_constant_of_shape},
        {"Range", fold_range},   {"ReduceProd", fold_reduce_prod},
    };
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (strcmp(op, rules[i].op) == 0)
            return rules[i].rule;
    return NULL;
}

// Shape and Size know their values from the input's shape alone.
static bool fold_shape(const struct sdse_onnx_graph *graph,
                       const struct sdse_onnx_node *node, size_t count, double *out) {
    const struct sdse_onnx_value *x = sdse_onnx_in(graph, node, 0);
    if (!x || !x->shape.known)
        return false;
    if (strcmp(node->op, "Size") == 0) {
        out[0] = (double)sdse_onnx_product(&x->shape, 0, x->shape.rank);
        return true;
    }
    int64_t start = sdse_onnx_int(node, "start", 0), rank = x->shape.rank;
    start += start < 0 ? rank : 0;
    start = start < 0 ? 0 : start;
    for (size_t i = 0; i < count && (int64_t)i + start < rank; i++)
        out[i] = (double)x->shape.dim[i + (size_t)start];
    return true;
}

// Slices of a one-dimensional constant; infer_slice has checked the lists.
static bool fold_slice(const struct sdse_onnx_graph *graph,
                       const struct sdse_onnx_node *node, size_t count, double *out) {
    const struct sdse_onnx_value *x = sdse_onnx_in(graph, node, 0);
    struct sdse_onnx_list starts = sdse_onnx_list_of(graph, node, "starts", 1),
                          steps = sdse_onnx_list_of(graph, node, "steps", 4);
    if (!x || !x->folded || x->shape.rank != 1 || starts.count != 1 || steps.count > 1)
        return false;
    int64_t extent = (int64_t)count_of(x), at = starts.value[0];
    int64_t step = steps.count == 1 ? steps.value[0] : 1;
    at += at < 0 ? extent : 0;
    at = at < 0 ? 0 : at >= extent ? extent - 1 : at;
    for (size_t i = 0; i < count; i++, at += step) {
        if (at < 0 || at >= extent)
            return false;
        out[i] = x->folded[at];
    }
    return true;
}

// Splits of a one-dimensional constant; infer_split has checked that they cover it.
static void fold_split(struct sdse_onnx_graph *graph, struct sdse_onnx_node *node) {
    const struct sdse_onnx_value *x = sdse_onnx_in(graph, node, 0);
    if (!x || !x->folded || x->shape.rank != 1)
        return;
    const double *at = x->folded;
    for (uint32_t i = 0; i < node->output_count; i++) {
        if (node->output[i] == SDSE_ONNX_NONE)
            return; // how much it takes is not kept: import/onnx/constant.h looks
        struct sdse_onnx_value *out = &graph->value[node->output[i]];
        out->folded = at;
        out->integer = x->integer;
        at += count_of(out);
    }
}

static bool all_constant(const struct sdse_onnx_graph *graph,
                         const struct sdse_onnx_node *node, struct fold *fold) {
    if (node->input_count > MOST_INPUTS)
        return false;
    fold->inputs = node->input_count;
    for (uint32_t i = 0; i < node->input_count; i++) {
        fold->in[i] = sdse_onnx_in(graph, node, i);
        if (!fold->in[i] || !fold->in[i]->folded || !fold->in[i]->shape.known)
            return false;
    }
    return node->input_count > 0;
}

static bool gives_integers(const struct sdse_onnx_node *node,
                           const struct sdse_onnx_value *first) {
    if (strcmp(node->op, "Cast") == 0) {
        int64_t to = sdse_onnx_int(node, "to", 0);
        return to != ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT &&
               to != ONNX__TENSOR_PROTO__DATA_TYPE__DOUBLE &&
               to != ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT16 &&
               to != ONNX__TENSOR_PROTO__DATA_TYPE__BFLOAT16;
    }
    return strcmp(node->op, "Shape") == 0 || strcmp(node->op, "Size") == 0 ||
           (first && first->integer);
}

// A stored tensor seen through Identity, Cast, Reshape, Transpose is still that tensor.
static void pass_tensor(struct sdse_onnx_graph *graph, struct sdse_onnx_node *node,
                        struct sdse_onnx_value *out) {
    static const char *const copies[] = {
        "Identity",  "Reshape", "Squeeze",          "Cast",          "Flatten",
        "Unsqueeze", "Dropout", "DequantizeLinear", "QuantizeLinear"};
    enum { CAST = 3, DEQUANTIZE = 7, QUANTIZE = 8 };
    const struct sdse_onnx_value *x = sdse_onnx_in(graph, node, 0);
    int64_t given = sdse_onnx_int(node, "block_size", 0);
    uint64_t block = given > 0 ? (uint64_t)given : 0;
    if (!x || !x->tensor)
        return;
    for (size_t i = 0; i < sizeof copies / sizeof *copies; i++) {
        if (i == CAST && !x->integer && gives_integers(node, x))
            continue; // what is behind the point goes: import/onnx/constant.h does it
        if (strcmp(node->op, copies[i]) == 0 &&
            (x->view == SDSE_ONNX_AS_STORED || i == 0 || i == 3 || i >= DEQUANTIZE)) {
            out->tensor = x->tensor;
            out->view = x->view;
            out->quant = x->quant;
            out->real = x->real || i == QUANTIZE;
        }
    }
    if (out->tensor && strcmp(node->op, copies[DEQUANTIZE]) == 0 && !out->real)
        out->quant = sdse_onnx_quant_of(graph, node, x, 1, 2,
                                        sdse_onnx_int(node, "axis", 1), block);
    if (strcmp(node->op, "Transpose") == 0 && x->shape.rank == 2) {
        struct sdse_onnx_list perm =
            sdse_onnx_list_of(graph, node, "perm", SDSE_ONNX_NONE);
        bool swapped = perm.count < 2 || perm.value[0] != 0;
        out->tensor = x->tensor;
        out->quant = x->quant;
        out->real = x->real;
        out->view = swapped == (x->view == SDSE_ONNX_TRANSPOSED) ? SDSE_ONNX_AS_STORED
                                                                 : SDSE_ONNX_TRANSPOSED;
    }
}

static void fold_small(struct sdse_onnx_graph *graph, struct sdse_onnx_node *node) {
    if (node->output_count == 0 || node->output[0] == SDSE_ONNX_NONE)
        return;
    if (strcmp(node->op, "Split") == 0) {
        fold_split(graph, node);
        return;
    }
    struct sdse_onnx_value *out = &graph->value[node->output[0]];
    if (!out->shape.known || out->folded || out->tensor)
        return;
    pass_tensor(graph, node, out);
    uint64_t count = sdse_onnx_product(&out->shape, 0, out->shape.rank);
    struct fold fold = {.node = node, .shape = &out->shape, .count = (size_t)count};
    bool of_shape = strcmp(node->op, "Shape") == 0 || strcmp(node->op, "Size") == 0;
    bool slice = strcmp(node->op, "Slice") == 0;
    fold_rule rule = find_fold(node->op);
    if (count > SDSE_ONNX_FOLD_LIMIT ||
        (!of_shape && !slice && !(rule && all_constant(graph, node, &fold))))
        return;
    fold.out = SDSE_ARENA_ARRAY(graph->arena, double, (size_t)count + 1);
    if (!fold.out)
        return;
    bool ok = of_shape ? fold_shape(graph, node, fold.count, fold.out)
              : slice  ? fold_slice(graph, node, fold.count, fold.out)
                       : rule(&fold);
    if (!ok)
        return;
    out->folded = fold.out;
    out->integer = gives_integers(node, sdse_onnx_in(graph, node, 0));
}

void sdse_onnx_fold(struct sdse_onnx_graph *graph, struct sdse_onnx_node *node) {
    fold_small(graph, node);
    sdse_onnx_constant_mark(graph, node);
}
