// The shapes of operators that are written out: whatever comes behind one of them can
// be written out in the same round.
#include "import/onnx/expand.h"
#include "import/onnx/expand/rewrite.h"
#include "import/onnx/rules.h"

#include <limits.h>

#include <string.h>

// What is missing is no contradiction: the node stays as it is.
static const struct sdse_onnx_shape *need(struct sdse_onnx_graph *graph,
                                          struct sdse_onnx_node *node, uint32_t i) {
    if (sdse_onnx_in(graph, node, i))
        return sdse_onnx_need(graph, node, i);
    sdse_onnx_unknown(node, "an input is missing");
    return NULL;
}

static bool infer_matmul(struct sdse_onnx_graph *graph, struct sdse_onnx_node *node) {
    return sdse_onnx_rule_window("MatMul")(graph, node);
}

static bool infer_gemm(struct sdse_onnx_graph *graph, struct sdse_onnx_node *node) {
    return sdse_onnx_rule_window("Gemm")(graph, node);
}

// Gemm of the first and the fourth input.
static bool infer_qgemm(struct sdse_onnx_graph *graph, struct sdse_onnx_node *node) {
    const struct sdse_onnx_shape *a = need(graph, node, 0);
    const struct sdse_onnx_shape *b = a ? need(graph, node, 3) : NULL;
    const unsigned ta = sdse_onnx_int(node, "transA", 0) != 0;
    const unsigned tb = sdse_onnx_int(node, "transB", 0) != 0;
    if (!a || !b)
        return false;
    if (a->rank != 2 || b->rank != 2 || a->dim[1 - ta] != b->dim[tb])
        return sdse_onnx_unknown(node, "the two matrices do not match");
    return sdse_onnx_set(graph, node, 0, 2, (uint64_t[]){a->dim[ta], b->dim[1 - tb]});
}

// The first operand's rows, N numbers each.
static bool infer_nbits(struct sdse_onnx_graph *graph, struct sdse_onnx_node *node) {
    const struct sdse_onnx_shape *a = need(graph, node, 0);
    const int64_t k = sdse_onnx_int(node, "K", 0), n = sdse_onnx_int(node, "N", 0);
    if (!a)
        return false;
    if (n < 1 || a->rank == 0 || a->dim[a->rank - 1] != (uint64_t)k)
        return sdse_onnx_unknown(node, "'K' and 'N' do not fit its input");
    struct sdse_onnx_shape out = *a;
    out.dim[out.rank - 1] = (uint64_t)n;
    return sdse_onnx_set(graph, node, 0, out.rank, out.dim);
}

// Dimension d of an operand, transposed as its attributes say.
static uint64_t turned(const struct sdse_onnx_shape *x, bool batch, bool swap,
                       unsigned d) {
    const unsigned rank = x->rank;
    if (swap && rank > 1 && d + 2 >= rank)
        d = d + 1 == rank ? rank - 2 : rank - 1;
    if (!batch || rank < 3)
        return x->dim[d];
    return x->dim[d + 2 < rank ? d + 1 : d + 2 == rank ? 0 : rank - 1];
}

static bool infer_fused(struct sdse_onnx_graph *graph, struct sdse_onnx_node *node) {
    static const char *const names[2][2] = {{"transBatchA", "transA"},
                                            {"transBatchB", "transB"}};
    struct sdse_onnx_shape side[2];
    for (uint32_t i = 0; i < 2; i++) {
        const struct sdse_onnx_shape *x = need(graph, node, i);
        if (!x)
            return false;
        side[i] = *x;
        for (unsigned d = 0; d < x->rank; d++)
            side[i].dim[d] = turned(x, sdse_onnx_int(node, names[i][0], 0) != 0,
                                    sdse_onnx_int(node, names[i][1], 0) != 0, d);
    }
    const unsigned ra = side[0].rank, rb = side[1].rank;
    if (ra < 2 || rb < 2)
        return infer_matmul(graph, node);
    struct sdse_onnx_shape out = side[0], lead = side[1];
    const uint64_t rows = out.dim[ra - 2], columns = lead.dim[rb - 1];
    const bool fit = out.dim[ra - 1] == lead.dim[rb - 2];
    out.rank -= 2;
    lead.rank -= 2;
    if (!fit || !sdse_onnx_broadcast(&out, &lead))
        return sdse_onnx_unknown(node, "the two operands do not match");
    out.dim[out.rank++] = rows;
    out.dim[out.rank++] = columns;
    return sdse_onnx_set(graph, node, 0, out.rank, out.dim);
}

// Channels last: the shape of the plain convolution, its channels behind the map.
static bool infer_last(struct sdse_onnx_graph *graph, struct sdse_onnx_node *node) {
    const uint32_t at = sdse_onnx_operands_of(node->op).b;
    const struct sdse_onnx_shape *x = need(graph, node, 0);
    const struct sdse_onnx_shape *k = x ? need(graph, node, at) : NULL;
    struct sdse_onnx_window window;
    if (!x || !k)
        return false;
    if (x->rank < 3 || k->rank != x->rank)
        return sdse_onnx_unknown(node, "map and weights do not match");
    struct sdse_onnx_shape first = *x, out = *x;
    first.dim[1] = x->dim[x->rank - 1];
    for (unsigned d = 2; d < x->rank; d++)
        first.dim[d] = x->dim[d - 1];
    if (!sdse_onnx_window_of(graph, node, &first, k->dim + 2, &window))
        return false;
    for (unsigned d = 0; d < window.axes; d++)
        out.dim[d + 1] = window.out[d];
    out.dim[out.rank - 1] = k->dim[0];
    return sdse_onnx_set(graph, node, 0, out.rank, out.dim);
}

// What a stand-in passes on: with an axis more, or one less; without an input, one
// number.
static bool infer_between(struct sdse_onnx_graph *graph, struct sdse_onnx_node *node) {
    const Onnx__AttributeProto *stacked = sdse_onnx_attribute(node, "stacked_axis");
    const Onnx__AttributeProto *sliced = sdse_onnx_attribute(node, "sliced_axis");
    struct sdse_onnx_list other =
        sdse_onnx_list_of(graph, node, "shape", SDSE_ONNX_NONE);
    struct sdse_onnx_shape out = {.known = true};
    unsigned axis = 0;
    if (other.count > 0 && other.count <= SDSE_ARRAY_MAX_RANK) {
        for (unsigned i = 0; i < other.count; i++)
            out.dim[i] = (uint64_t)other.value[i];
        return sdse_onnx_set(graph, node, 0, other.count, out.dim);
    }
    if (node->input_count == 0)
        return sdse_onnx_set(graph, node, 0, 0, out.dim);
    const struct sdse_onnx_shape *x = need(graph, node, 0);
    if (!x)
        return false;
    out = *x;
    if (stacked && out.rank == SDSE_ARRAY_MAX_RANK)
        return sdse_onnx_unknown(node, "its output has more than 8 dimensions");
    if ((stacked && !sdse_onnx_axis(stacked->i, out.rank + 1, &axis)) ||
        (sliced && !sdse_onnx_axis(sliced->i, out.rank, &axis)))
        return sdse_onnx_unknown(node, "an axis is out of range");
    if (stacked) {
        memmove(out.dim + axis + 1, x->dim + axis, (out.rank - axis) * sizeof *out.dim);
        out.dim[axis] = (uint64_t)sdse_onnx_int(node, "extent", 1);
        out.rank++;
    } else if (sliced) {
        memmove(out.dim + axis, x->dim + axis + 1,
                (out.rank - axis - 1) * sizeof *out.dim);
        out.rank--;
    }
    return sdse_onnx_set(graph, node, 0, out.rank, out.dim);
}

// LSTM with weights [directions][…][4 · hidden].
static bool infer_dynamic_lstm(struct sdse_onnx_graph *graph,
                               struct sdse_onnx_node *node) {
    const struct sdse_onnx_shape *x = need(graph, node, 0);
    const struct sdse_onnx_shape *r = x ? need(graph, node, 2) : NULL;
    if (!x || !r)
        return false;
    if (x->rank != 3 || r->rank != 3)
        return sdse_onnx_unknown(node, "input and weights need 3 dimensions");
    const uint64_t last[3] = {r->dim[0], x->dim[1], r->dim[1]};
    return sdse_onnx_set(graph, node, 0, 4,
                         (uint64_t[]){x->dim[0], r->dim[0], x->dim[1], r->dim[1]}) &&
           sdse_onnx_set(graph, node, 1, 3, last) &&
           sdse_onnx_set(graph, node, 2, 3, last);
}

static bool infer_einsum(struct sdse_onnx_graph *graph, struct sdse_onnx_node *node) {
    struct sdse_onnx_shape out;
    for (uint32_t i = 0; i < node->input_count; i++)
        if (!need(graph, node, i))
            return false;
    if (!sdse_einsum_shape(graph, node, &out))
        return sdse_onnx_unknown(node, "its equation takes a diagonal, broadcasts, or "
                                       "does not fit its operands");
    return sdse_onnx_set(graph, node, 0, out.rank, out.dim);
}

// ---- attention --------------------------------------------------------------

static bool set_rows(struct sdse_onnx_graph *graph, struct sdse_onnx_node *node,
                     const struct sdse_onnx_shape *x, uint64_t width) {
    return sdse_onnx_set(graph, node, 0, 3, (uint64_t[]){x->dim[0], x->dim[1], width});
}

// [B][S][values]: a third of the weights' columns, or as the node says.
static bool infer_projected(struct sdse_onnx_graph *graph,
                            struct sdse_onnx_node *node) {
    const struct sdse_onnx_shape *x = need(graph, node, 0);
    const struct sdse_onnx_shape *weights = x ? need(graph, node, 1) : NULL;
    struct sdse_onnx_list sizes =
        sdse_onnx_list_of(graph, node, "qkv_hidden_sizes", SDSE_ONNX_NONE);
    if (!x || !weights)
        return false;
    if (x->rank != 3 || weights->rank != 2 || x->dim[2] != weights->dim[0])
        return sdse_onnx_unknown(node, "its input and weights do not match");
    const bool said = sizes.count == 3 && sizes.value[2] > 0;
    return set_rows(graph, node, x,
                    said ? (uint64_t)sizes.value[2] : weights->dim[1] / 3);
}

// [B][S][heads * V], from queries, keys and values in any of their layouts.
static bool infer_separate(struct sdse_onnx_graph *graph, struct sdse_onnx_node *node) {
    const struct sdse_onnx_shape *q = need(graph, node, 0);
    const struct sdse_onnx_value *v = sdse_onnx_in(graph, node, 2);
    const bool known = v && v->shape.known;
    if (!q)
        return false;
    if (q->rank != 3 && q->rank != 5)
        return sdse_onnx_unknown(node, "its queries have neither 3 nor 5 dimensions");
    if (v && !known)
        return need(graph, node, 2) != NULL;
    return set_rows(graph, node, q,
                    q->rank == 5                  ? q->dim[2] * q->dim[4]
                    : known && v->shape.rank == 3 ? v->shape.dim[2]
                    : known && v->shape.rank == 4 ? v->shape.dim[1] * v->shape.dim[3]
                                                  : q->dim[2]);
}

static bool infer_group_query(struct sdse_onnx_graph *graph,
                              struct sdse_onnx_node *node) {
    const struct sdse_onnx_shape *q = need(graph, node, 0);
    const int64_t heads = sdse_onnx_int(node, "num_heads", 0);
    const int64_t shared = sdse_onnx_int(node, "kv_num_heads", heads);
    if (!q)
        return false;
    const uint64_t all = (uint64_t)heads + 2 * (uint64_t)shared;
    if (q->rank != 3 || heads < 1 || shared < 1 || heads > INT32_MAX ||
        shared > INT32_MAX)
        return sdse_onnx_unknown(node, "its queries and heads do not match");
    return set_rows(graph, node, q,
                    sdse_onnx_in(graph, node, 1) ? q->dim[2]
                                                 : q->dim[2] / all * (uint64_t)heads);
}

// Tokens one behind the other: queries' rows, values' columns, as they are.
static bool infer_packed(struct sdse_onnx_graph *graph, struct sdse_onnx_node *node) {
    const bool own = strcmp(node->op, "PackedAttention") == 0;
    const struct sdse_onnx_shape *q = need(graph, node, 0);
    const struct sdse_onnx_value *v = sdse_onnx_in(graph, node, own ? 1 : 2);
    struct sdse_onnx_list sizes =
        sdse_onnx_list_of(graph, node, "qkv_hidden_sizes", SDSE_ONNX_NONE);
    if (!q)
        return false;
    if ((own && (!v || !v->shape.known || v->shape.rank != 2)) ||
        (!own && v && (!v->shape.known || v->shape.rank != 2)))
        return sdse_onnx_unknown(node, "its operands do not match");
    const uint64_t width = sizes.count == 3 && own ? (uint64_t)sizes.value[2]
                           : own                   ? v->shape.dim[1] / 3
                           : v                     ? v->shape.dim[1]
                           : q->rank == 4          ? q->dim[1] * q->dim[3]
                                                   : 0;
    if (width == 0)
        return sdse_onnx_unknown(node, "its operands do not match");
    return sdse_onnx_set(graph, node, 0, 2, (uint64_t[]){q->dim[0], width});
}

// What it reads first, in another layout or none.
static bool infer_first(struct sdse_onnx_graph *graph, struct sdse_onnx_node *node) {
    const struct sdse_onnx_shape *x = need(graph, node, 0);
    return x && sdse_onnx_set(graph, node, 0, x->rank, x->dim);
}

static bool infer_like_bias(struct sdse_onnx_graph *graph,
                            struct sdse_onnx_node *node) {
    const struct sdse_onnx_shape *q = need(graph, node, 0);
    const struct sdse_onnx_shape *bias = q ? need(graph, node, 2) : NULL;
    if (!q || !bias)
        return false;
    if (bias->rank != 4 || q->rank != 3)
        return sdse_onnx_unknown(node, "its operands do not match");
    return sdse_onnx_set(
        graph, node, 0, 4,
        (uint64_t[]){q->dim[0], bias->dim[1], bias->dim[2], bias->dim[3]});
}

static bool infer_standard(struct sdse_onnx_graph *graph, struct sdse_onnx_node *node) {
    const struct sdse_onnx_shape *q = need(graph, node, 0);
    const struct sdse_onnx_shape *v = q ? need(graph, node, 2) : NULL;
    const int64_t heads = sdse_onnx_int(node, "q_num_heads", 0);
    const int64_t shared = sdse_onnx_int(node, "kv_num_heads", 0);
    if (!q || !v)
        return false;
    if (q->rank == 4 && v->rank == 4)
        return sdse_onnx_set(graph, node, 0, 4,
                             (uint64_t[]){q->dim[0], q->dim[1], q->dim[2], v->dim[3]});
    if (q->rank != 3 || v->rank != 3 || heads < 1 || shared < 1 || heads > INT32_MAX)
        return sdse_onnx_unknown(node, "its queries and heads do not match");
    return set_rows(graph, node, q, v->dim[2] / (uint64_t)shared * (uint64_t)heads);
}

sdse_onnx_rule sdse_onnx_rule_expanded(const Onnx__NodeProto *node) {
    static const struct {
        const char *op;
        sdse_onnx_rule rule;
    } rules[] = {
        {"MatMulNBits", infer_nbits},
        {"FusedMatMul", infer_fused},
        {"FusedMatMulActivation", infer_fused},
        {"TransposeMatMul", infer_fused},
        {"GemmFastGelu", infer_matmul},
        {"MatMulIntegerToFloat", infer_matmul},
        {"DynamicQuantizeMatMul", infer_matmul},
        {"GemmFloat8", infer_gemm},
        {"QGemm", infer_qgemm},
        {"Einsum", infer_einsum},
        {"DynamicQuantizeLSTM", infer_dynamic_lstm},
        {"QAttention", infer_projected},
        {"DecoderMaskedSelfAttention", infer_projected},
        {"MultiHeadAttention", infer_separate},
        {"DecoderMaskedMultiHeadAttention", infer_separate},
        {"GroupQueryAttention", infer_group_query},
        {"SparseAttention", infer_group_query},
        {"PackedAttention", infer_packed},
        {"PackedMultiHeadAttention", infer_packed},
        {"MoE", infer_first},
        {"CausalConvWithState", infer_first},
        {"GatedRelativePositionBias", infer_like_bias},
        {"MatMulInteger16", infer_matmul},
        {"MatMulBnb4", infer_nbits},
        {"NhwcConv", infer_last},
        {"NhwcFusedConv", infer_last},
        {"QLinearConv", infer_last},
    };
    if (sdse_onnx_is_stand_in(node))
        return infer_between;
    if (!sdse_onnx_is_expanded(node))
        return NULL;
    if (sdse_expand_is(node, "", "Attention"))
        return infer_standard;
    if (sdse_expand_is(node, "com.microsoft", "Attention"))
        return infer_projected;
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (strcmp(node->op_type, rules[i].op) == 0)
            return rules[i].rule;
    return NULL;
}
