// The shapes of operators that are written out: whatever comes behind one of them can
// be written out in the same round.
#include "import/onnx/expand/shapes.h"
#include "import/onnx/expand.h"

#include <limits.h>

#include <string.h>

const struct sdse_onnx_shape *sdse_expand_need(struct sdse_onnx_graph *graph,
                                               struct sdse_onnx_node *node,
                                               uint32_t i) {
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
    const struct sdse_onnx_shape *a = sdse_expand_need(graph, node, 0);
    const struct sdse_onnx_shape *b = a ? sdse_expand_need(graph, node, 3) : NULL;
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
    const struct sdse_onnx_shape *a = sdse_expand_need(graph, node, 0);
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
        const struct sdse_onnx_shape *x = sdse_expand_need(graph, node, i);
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
    const struct sdse_onnx_shape *x = sdse_expand_need(graph, node, 0);
    const struct sdse_onnx_shape *k = x ? sdse_expand_need(graph, node, at) : NULL;
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
    const struct sdse_onnx_shape *x = sdse_expand_need(graph, node, 0);
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
    const struct sdse_onnx_shape *x = sdse_expand_need(graph, node, 0);
    const struct sdse_onnx_shape *r = x ? sdse_expand_need(graph, node, 2) : NULL;
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

// X [steps][batch][…], R [directions][4 · hidden][hidden].
static bool infer_attending_lstm(struct sdse_onnx_graph *graph,
                                 struct sdse_onnx_node *node) {
    return sdse_onnx_rule_math("LSTM")(graph, node);
}

static bool infer_einsum(struct sdse_onnx_graph *graph, struct sdse_onnx_node *node) {
    struct sdse_onnx_shape out;
    for (uint32_t i = 0; i < node->input_count; i++)
        if (!sdse_expand_need(graph, node, i))
            return false;
    if (!sdse_einsum_shape(graph, node, &out))
        return sdse_onnx_unknown(node, "its equation takes a diagonal, broadcasts, or "
                                       "does not fit its operands");
    return sdse_onnx_set(graph, node, 0, out.rank, out.dim);
}

// What it reads first, in another layout or none.
static bool infer_first(struct sdse_onnx_graph *graph, struct sdse_onnx_node *node) {
    const struct sdse_onnx_shape *x = sdse_expand_need(graph, node, 0);
    return x && sdse_onnx_set(graph, node, 0, x->rank, x->dim);
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
        {"AttnLSTM", infer_attending_lstm},
        {"MoE", infer_first},
        {"QMoE", infer_first},
        {"MatMulInteger16", infer_matmul},
        {"MatMulBnb4", infer_nbits},
        {"NhwcConv", infer_last},
        {"NhwcFusedConv", infer_last},
        {"QLinearConv", infer_last},
    };
    static sdse_onnx_rule (*const families[])(const Onnx__NodeProto *) = {
        sdse_expand_rule_attention, sdse_expand_rule_packed,
        sdse_expand_rule_ordered,   sdse_expand_rule_convolution,
        sdse_expand_rule_spectrum,  sdse_expand_rule_matrix,
        sdse_expand_rule_search,
    };
    if (sdse_onnx_is_stand_in(node))
        return infer_between;
    if (!sdse_onnx_is_expanded(node))
        return NULL;
    for (size_t i = 0; i < sizeof families / sizeof *families; i++) {
        const sdse_onnx_rule rule = families[i](node);
        if (rule)
            return rule;
    }
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (strcmp(node->op_type, rules[i].op) == 0)
            return rules[i].rule;
    return NULL;
}
