// Attention of tokens that lie one behind the other, without padding; and a bias for
// it.
#include "import/onnx/expand/attention/attention.h"

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
    sdse_rewrite_approximate(w, "all sequences are taken to be as long");
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

// ---- pages -------------------------------------------------------------------

// What a cache of pages says: [blocks][block][shared][H], [B][blocks of a sequence].
struct pages {
    struct attention a;
    int64_t tokens;
    bool packed, latent; // queries, keys and values in one; keys hold the values
};

static bool read_pages(const struct sdse_onnx_graph *graph,
                       const struct sdse_onnx_node *node, struct pages *out) {
    const struct sdse_onnx_value *q = sdse_onnx_in(graph, node, 0),
                                 *cache = sdse_onnx_in(graph, node, 3),
                                 *table = sdse_onnx_in(graph, node, 7);
    const int64_t heads = sdse_onnx_int(node, "num_heads", 0), most = 1 << 30;
    const int64_t shared = sdse_onnx_int(node, "kv_num_heads", heads);
    *out =
        (struct pages){.latent = sdse_onnx_text_is(node, "kv_cache_layout", "LATENT"),
                       .packed = !sdse_onnx_in(graph, node, 1)};
    if (!q || !cache || !table || !q->shape.known || !cache->shape.known ||
        !table->shape.known || q->shape.rank != 2 || cache->shape.rank != 4 ||
        table->shape.rank != 2 || heads < 1 || heads > most || shared < 1 ||
        heads % shared != 0 || (out->latent && (out->packed || shared != 1)) ||
        extent(&cache->shape, 2) != shared)
        return false;
    const int64_t parts = out->packed ? heads + 2 * shared : heads;
    out->tokens = extent(&q->shape, 0);
    out->a = (struct attention){.batch = extent(&table->shape, 0),
                                .heads = heads,
                                .shared = shared,
                                .width = extent(&q->shape, 1) / parts,
                                .keys = extent(&table->shape, 1)};
    struct attention *a = &out->a;
    const int64_t narrow = sdse_onnx_int(node, "v_head_size", 0);
    a->values = out->latent && narrow > 0 ? narrow : a->width;
    if (a->width < 1 || extent(&q->shape, 1) != parts * a->width || a->batch < 1 ||
        a->values > a->width || out->tokens < 1 ||
        __builtin_mul_overflow(a->keys, extent(&cache->shape, 1), &a->keys) ||
        a->keys < 1 || a->keys > most)
        return false;
    a->queries = (out->tokens + a->batch - 1) / a->batch;
    return true;
}

// Keys and values are all that the pages of a sequence have room for.
static bool expand_pages(struct sdse_rewrite *w) {
    struct pages p;
    if (!read_pages(w->graph, w->node, &p))
        return false;
    struct attention *a = &p.a;
    const int64_t q[4] = {a->batch, a->heads, a->queries, a->width};
    const int64_t k[4] = {a->batch, a->shared, a->keys, a->width};
    const int64_t v[4] = {a->batch, a->shared, a->keys, a->values};
    int64_t from = 0;
    const char *x = sdse_rewrite_in(w, 0);
    if (p.packed)
        x = sdse_attention_part(w, x, 1, &from, a->heads * a->width);
    a->scale = sdse_rewrite_attribute(w, "scale", 0);
    a->cap = sdse_rewrite_attribute(w, "softcap", 0);
    a->q = sdse_rewrite_stand_in_as(w, x, 4, q);
    a->k = sdse_rewrite_stand_in_as(w, sdse_rewrite_in(w, 3), 4, k);
    a->v = p.latent || !sdse_rewrite_in(w, 4)
               ? sdse_rewrite_stand_in_as(w, sdse_rewrite_in(w, 3), 4, v)
               : sdse_rewrite_stand_in_as(w, sdse_rewrite_in(w, 4), 4, v);
    give_tokens(w, a, p.tokens);
    sdse_rewrite_approximate(w, "all sequences are taken to be as long, and to fill "
                                "the pages that they may have");
    for (uint32_t i = 1; i < 3; i++)
        if (sdse_rewrite_gives(w, i) && sdse_rewrite_in(w, i + 2))
            sdse_rewrite_give(w, i,
                              sdse_rewrite_stand_in(w, sdse_rewrite_in(w, i + 2)));
    return true;
}

bool sdse_attention_infer_pages(struct sdse_onnx_graph *graph,
                                struct sdse_onnx_node *node) {
    struct pages p;
    if (!read_pages(graph, node, &p))
        return sdse_onnx_unknown(node, "its operands are not known, or do not match");
    return sdse_onnx_set(
        graph, node, 0, 2,
        (uint64_t[]){(uint64_t)p.tokens, (uint64_t)(p.a.heads * p.a.values)});
}

// ---- a bias ------------------------------------------------------------------

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

sdse_expander sdse_expander_tokens(const Onnx__NodeProto *node) {
    static const struct {
        const char *op;
        sdse_expander expand;
    } table[] = {{"PackedAttention", expand_packed_attention},
                 {"PackedMultiHeadAttention", expand_packed_heads},
                 {"PagedAttention", expand_pages},
                 {"GatedRelativePositionBias", expand_gated_bias}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (sdse_expand_is(node, "com.microsoft", table[i].op))
            return table[i].expand;
    return NULL;
}
