// The shapes of what the forms of attention put out.
#include "import/onnx/expand/shapes.h"
#include "import/onnx/expand/attention/attention.h"

#include <limits.h>
#include <string.h>

static bool set_rows(struct sdse_onnx_graph *graph, struct sdse_onnx_node *node,
                     const struct sdse_onnx_shape *x, uint64_t width) {
    return sdse_onnx_set(graph, node, 0, 3, (uint64_t[]){x->dim[0], x->dim[1], width});
}

// [B][S][values]: a third of the weights' columns, or as the node says.
static bool infer_projected(struct sdse_onnx_graph *graph,
                            struct sdse_onnx_node *node) {
    const struct sdse_onnx_shape *x = sdse_expand_need(graph, node, 0);
    const struct sdse_onnx_shape *weights = x ? sdse_expand_need(graph, node, 1) : NULL;
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
    const struct sdse_onnx_shape *q = sdse_expand_need(graph, node, 0);
    const struct sdse_onnx_value *v = sdse_onnx_in(graph, node, 2);
    const bool known = v && v->shape.known;
    if (!q)
        return false;
    if (q->rank != 3 && q->rank != 5)
        return sdse_onnx_unknown(node, "its queries have neither 3 nor 5 dimensions");
    if (v && !known)
        return sdse_expand_need(graph, node, 2) != NULL;
    return set_rows(graph, node, q,
                    q->rank == 5                  ? q->dim[2] * q->dim[4]
                    : known && v->shape.rank == 3 ? v->shape.dim[2]
                    : known && v->shape.rank == 4 ? v->shape.dim[1] * v->shape.dim[3]
                                                  : q->dim[2]);
}

static bool infer_group_query(struct sdse_onnx_graph *graph,
                              struct sdse_onnx_node *node) {
    const struct sdse_onnx_shape *q = sdse_expand_need(graph, node, 0);
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
    const struct sdse_onnx_shape *q = sdse_expand_need(graph, node, 0);
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

static bool infer_like_bias(struct sdse_onnx_graph *graph,
                            struct sdse_onnx_node *node) {
    const struct sdse_onnx_shape *q = sdse_expand_need(graph, node, 0);
    const struct sdse_onnx_shape *bias = q ? sdse_expand_need(graph, node, 2) : NULL;
    if (!q || !bias)
        return false;
    if (bias->rank != 4 || q->rank != 3)
        return sdse_onnx_unknown(node, "its operands do not match");
    return sdse_onnx_set(
        graph, node, 0, 4,
        (uint64_t[]){q->dim[0], bias->dim[1], bias->dim[2], bias->dim[3]});
}

static bool infer_standard(struct sdse_onnx_graph *graph, struct sdse_onnx_node *node) {
    const struct sdse_onnx_shape *q = sdse_expand_need(graph, node, 0);
    const struct sdse_onnx_shape *v = q ? sdse_expand_need(graph, node, 2) : NULL;
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

// What it reads first, as wide.
static bool infer_first(struct sdse_onnx_graph *graph, struct sdse_onnx_node *node) {
    const struct sdse_onnx_shape *x = sdse_expand_need(graph, node, 0);
    return x && sdse_onnx_set(graph, node, 0, x->rank, x->dim);
}

// [B][S], as wide as the values' weights are.
static bool infer_ordered(struct sdse_onnx_graph *graph, struct sdse_onnx_node *node) {
    const struct sdse_onnx_shape *x = sdse_expand_need(graph, node, 0);
    const struct sdse_onnx_shape *v = x ? sdse_expand_need(graph, node, 7) : NULL;
    if (!x || !v)
        return false;
    if (x->rank != 3 || v->rank != 2)
        return sdse_onnx_unknown(node, "its input and weights do not match");
    return set_rows(graph, node, x, v->dim[v->dim[0] == x->dim[2]]);
}

sdse_onnx_rule sdse_expand_rule_attention(const Onnx__NodeProto *node) {
    static const struct {
        const char *op;
        sdse_onnx_rule rule;
    } rules[] = {
        {"Attention", infer_projected},
        {"QAttention", infer_projected},
        {"DecoderMaskedSelfAttention", infer_projected},
        {"MultiHeadAttention", infer_separate},
        {"DecoderMaskedMultiHeadAttention", infer_separate},
        {"GroupQueryAttention", infer_group_query},
        {"SparseAttention", infer_group_query},
        {"PackedAttention", infer_packed},
        {"PackedMultiHeadAttention", infer_packed},
        {"PagedAttention", sdse_attention_infer_pages},
        {"LinearAttention", sdse_attention_infer_linear},
        {"GatedDeltaNet", sdse_attention_infer_linear},
        {"LongformerAttention", infer_first},
        {"QOrderedLongformerAttention", infer_first},
        {"QOrderedAttention", infer_ordered},
        {"DecoderAttention", infer_first},
        {"GatedRelativePositionBias", infer_like_bias},
    };
    if (sdse_expand_is(node, "", "Attention"))
        return infer_standard;
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (sdse_expand_is(node, "com.microsoft", rules[i].op))
            return rules[i].rule;
    return NULL;
}
