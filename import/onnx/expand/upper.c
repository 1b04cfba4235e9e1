// Operators whose products are known, and whose numbers in between are not: what
// nothing here executes is a stand-in.
#include "import/onnx/expand/attention.h"

#include <string.h>

// ---- tokens without padding --------------------------------------------------

// [tokens][…] as the [B][S][…] that they are taken from: `token_offset` says how many
// samples there are, and how long the longest is. All are taken to be as long.
static bool unpack(struct sdse_rewrite *w, struct attention *a, uint32_t offsets) {
    const struct sdse_onnx_shape *shape = sdse_rewrite_shape(w, offsets);
    if (!shape || shape->rank != 2)
        return false;
    a->batch = extent(shape, 0);
    a->queries = a->keys = extent(shape, 1);
    a->shared = a->heads;
    const int64_t q[4] = {a->batch, a->heads, a->queries, a->width};
    const int64_t v[4] = {a->batch, a->heads, a->keys, a->values};
    a->q = sdse_rewrite_stand_in_as(w, a->q, 4, q);
    a->k = sdse_rewrite_stand_in_as(w, a->k, 4, q);
    a->v = sdse_rewrite_stand_in_as(w, a->v, 4, v);
    return true;
}

static void give_tokens(struct sdse_rewrite *w, struct attention *a, int64_t tokens) {
    const char *y = sdse_attention_write(w, a);
    sdse_rewrite_give(
        w, 0,
        sdse_rewrite_stand_in_as(w, y, 2, (int64_t[]){tokens, a->heads * a->values}));
}

static bool expand_packed_attention(struct sdse_rewrite *w) {
    const struct sdse_onnx_shape *x = sdse_rewrite_shape(w, 0),
                                 *stored = sdse_rewrite_shape(w, 1);
    struct sdse_onnx_list sizes =
        sdse_onnx_list_of(w->graph, w->node, "qkv_hidden_sizes", SDSE_ONNX_NONE);
    struct attention a = {.heads = sdse_onnx_int(w->node, "num_heads", 0),
                          .scale = sdse_rewrite_attribute(w, "scale", 0)};
    int64_t from = 0;
    if (!x || !stored || x->rank != 2 || stored->rank != 2 || a.heads < 1)
        return false;
    const int64_t third = extent(stored, 1) / 3;
    const int64_t size[2] = {sizes.count == 3 ? sizes.value[0] : third,
                             sizes.count == 3 ? sizes.value[2] : third};
    if (size[0] < 1 || size[1] < 1 || size[0] > extent(stored, 1) ||
        size[1] > extent(stored, 1) || size[0] % a.heads != 0 ||
        size[1] % a.heads != 0 || 2 * size[0] + size[1] != extent(stored, 1))
        return false;
    a.width = size[0] / a.heads;
    a.values = size[1] / a.heads;
    const char *all = sdse_rewrite_node(w, "MatMul", ".qkv", sdse_rewrite_in(w, 0),
                                        sdse_rewrite_in(w, 1), NULL);
    if (sdse_rewrite_in(w, 2))
        all =
            sdse_rewrite_node(w, "Add", ".qkv.bias", all, sdse_rewrite_in(w, 2), NULL);
    a.q = sdse_attention_part(w, all, 1, &from, size[0]);
    a.k = sdse_attention_part(w, all, 1, &from, size[0]);
    a.v = sdse_attention_part(w, all, 1, &from, size[1]);
    if (!unpack(w, &a, 3))
        return false;
    give_tokens(w, &a, extent(x, 0));
    return true;
}

static bool expand_packed_heads(struct sdse_rewrite *w) {
    const struct sdse_onnx_shape *q = sdse_rewrite_shape(w, 0),
                                 *v = sdse_rewrite_shape(w, 2);
    struct attention a = {.heads = sdse_onnx_int(w->node, "num_heads", 0),
                          .scale = sdse_rewrite_attribute(w, "scale", 0)};
    if (!q || a.heads < 1)
        return false;
    a.q = sdse_rewrite_in(w, 0);
    if (q->rank == 4 && extent(q, 1) == a.heads && extent(q, 2) == 3) {
        a.width = a.values = extent(q, 3);
        a.k = a.v = a.q;
    } else if (q->rank == 2 && v && v->rank == 2 && sdse_rewrite_in(w, 1) &&
               extent(q, 1) % a.heads == 0 && extent(v, 1) % a.heads == 0) {
        a.width = extent(q, 1) / a.heads;
        a.values = extent(v, 1) / a.heads;
        a.k = sdse_rewrite_in(w, 1);
        a.v = sdse_rewrite_in(w, 2);
    } else {
        return false;
    }
    if (!unpack(w, &a, 4))
        return false;
    give_tokens(w, &a, extent(q, 0));
    return true;
}

// ---- experts ----------------------------------------------------------------

// A stack of weights as [experts][in][out], whichever of the two is stored last.
static const char *experts(struct sdse_rewrite *w, uint32_t input, int64_t count,
                           int64_t in, int64_t *out) {
    const struct sdse_onnx_shape *shape = sdse_rewrite_shape(w, input);
    const char *name = sdse_rewrite_in(w, input);
    if (!name || !shape || shape->rank != 3 || extent(shape, 0) != count)
        return NULL;
    const bool last = extent(shape, 2) == in; // as newer versions store them
    if (!last && extent(shape, 1) != in)
        return NULL;
    *out = extent(shape, last ? 1 : 2);
    return last ? sdse_rewrite_transpose(w, name, 3, (int64_t[]){0, 2, 1}) : name;
}

// Each token goes to `k` experts, evenly: each expert has as many, rounded up.
static bool expand_experts(struct sdse_rewrite *w) {
    const struct sdse_onnx_shape *x = sdse_rewrite_shape(w, 0),
                                 *routed = sdse_rewrite_shape(w, 1);
    const int64_t k = sdse_onnx_int(w->node, "k", 1);
    int64_t inner, again, outer, dims[SDSE_ARRAY_MAX_RANK];
    if (!x || !routed || x->rank < 2 || routed->rank != 2 || k < 1)
        return false;
    const int64_t width = extent(x, x->rank - 1), count = extent(routed, 1);
    const int64_t tokens = (int64_t)sdse_onnx_product(x, 0, x->rank - 1);
    const int64_t most = (int64_t)1 << 30;
    if (count < 1 || count > most || k > count || tokens < 1 || tokens > most)
        return false;
    const int64_t rows = (tokens * k + count - 1) / count;
    const char *first = experts(w, 2, count, width, &inner);
    if (!first)
        return false;
    const char *each = sdse_rewrite_stand_in_as(w, sdse_rewrite_in(w, 0), 3,
                                                (int64_t[]){count, rows, width});
    const char *h = sdse_rewrite_node(w, "MatMul", ".fc1", each, first, NULL);
    const struct sdse_onnx_shape *second = sdse_rewrite_shape(w, 4);
    if (!second || second->rank != 3)
        return false;
    // Gates and values in one: what is left is half as wide.
    const int64_t kept = extent(second, extent(second, 1) == width ? 2 : 1);
    if (kept != inner && 2 * kept != inner)
        return false;
    if (sdse_rewrite_in(w, 6)) {
        const char *third = experts(w, 6, count, width, &again);
        if (!third || again != inner)
            return false;
        const char *gate = sdse_rewrite_node(w, "MatMul", ".fc3", each, third, NULL);
        h = sdse_rewrite_node(w, "Mul", ".gate", h, gate, NULL);
    }
    h = sdse_rewrite_node(
        w, "Relu", ".act",
        sdse_rewrite_stand_in_as(w, h, 3, (int64_t[]){count, rows, kept}), NULL, NULL);
    const char *down = experts(w, 4, count, kept, &outer);
    if (!down || outer != width)
        return false;
    h = sdse_rewrite_node(w, "MatMul", ".fc2", h, down, NULL);
    for (unsigned d = 0; d < x->rank; d++)
        dims[d] = extent(x, d);
    sdse_rewrite_give(w, 0, sdse_rewrite_stand_in_as(w, h, x->rank, dims));
    return true;
}

// ---- others -----------------------------------------------------------------

// A depth-wise convolution of a row that sees what came before: the last of an earlier
// one, or nothing.
static bool expand_causal_conv(struct sdse_rewrite *w) {
    const struct sdse_onnx_shape *x = sdse_rewrite_shape(w, 0),
                                 *k = sdse_rewrite_shape(w, 1);
    const char *in = sdse_rewrite_in(w, 0), *past = sdse_rewrite_in(w, 3);
    if (!x || !k || x->rank != 3 || k->rank != 3 || extent(k, 1) != 1 ||
        extent(k, 0) != extent(x, 1))
        return false;
    const int64_t before = extent(k, 2) - 1;
    if (past)
        in = sdse_attention_concat(w, past, in, 2);
    const char *y = sdse_rewrite_node(w, "Conv", "", in, sdse_rewrite_in(w, 1),
                                      sdse_rewrite_in(w, 2));
    sdse_rewrite_set_int(w, "group", extent(x, 1));
    if (!past)
        sdse_rewrite_set_ints(w, "pads", 2, (int64_t[]){before, 0});
    if (sdse_onnx_text_is(w->node, "activation", "silu") ||
        sdse_onnx_text_is(w->node, "activation", "swish")) {
        const char *gate = sdse_rewrite_node(w, "Sigmoid", NULL, y, NULL, NULL);
        y = sdse_rewrite_node(w, "Mul", ".act", y, gate, NULL);
    }
    sdse_rewrite_give(w, 0, y);
    if (sdse_rewrite_gives(w, 1))
        sdse_rewrite_give(
            w, 1,
            sdse_rewrite_stand_in_as(w, in, 3,
                                     (int64_t[]){extent(x, 0), extent(x, 1), before}));
    return true;
}

// (queries + bias) · weight decides how much of a bias counts.
static bool expand_gated_bias(struct sdse_rewrite *w) {
    const struct sdse_onnx_shape *q = sdse_rewrite_shape(w, 0),
                                 *bias = sdse_rewrite_shape(w, 2);
    const int64_t heads = sdse_onnx_int(w->node, "num_heads", 0);
    if (!q || !bias || q->rank != 3 || bias->rank != 4 || heads < 1 ||
        extent(q, 2) % heads != 0 || !sdse_rewrite_in(w, 3))
        return false;
    const char *x = sdse_rewrite_node(w, "Add", ".bias", sdse_rewrite_in(w, 0),
                                      sdse_rewrite_in(w, 1), NULL);
    x = sdse_attention_split(w, x, extent(q, 0), extent(q, 1), heads,
                             extent(q, 2) / heads);
    x = sdse_rewrite_node(w, "MatMul", "", x, sdse_rewrite_in(w, 3), NULL);
    const int64_t dims[4] = {extent(q, 0), extent(bias, 1), extent(bias, 2),
                             extent(bias, 3)};
    x = sdse_rewrite_stand_in_as(w, x, 4, dims);
    sdse_rewrite_give(
        w, 0, sdse_rewrite_node(w, "Mul", ".gate", x, sdse_rewrite_in(w, 2), NULL));
    return true;
}

sdse_expander sdse_expander_upper(const Onnx__NodeProto *node) {
    static const struct {
        const char *op;
        sdse_expander expand;
    } table[] = {{"PackedAttention", expand_packed_attention},
                 {"PackedMultiHeadAttention", expand_packed_heads},
                 {"MoE", expand_experts},
                 {"CausalConvWithState", expand_causal_conv},
                 {"GatedRelativePositionBias", expand_gated_bias}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (sdse_expand_is(node, "com.microsoft", table[i].op))
            return table[i].expand;
    return NULL;
}
