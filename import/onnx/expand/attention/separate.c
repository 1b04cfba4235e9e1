// Attention of com.microsoft whose queries, keys and values come separately.
#include "import/onnx/expand/attention/attention.h"

// ---- queries, keys and values that come separately --------------------------

// A part of a bias for all three, [all], added to [B][S][part].
static const char *biased(struct sdse_rewrite *w, const char *x, uint32_t bias,
                          int64_t from, int64_t count) {
    const char *all = sdse_rewrite_in(w, bias);
    if (!all)
        return x;
    return sdse_rewrite_node(w, "Add", NULL, x,
                             sdse_rewrite_slice(w, all, 0, from, from + count), NULL);
}

// One of `parts` that lie in [B][S][heads][parts][H], as [B][S][heads * H].
static const char *interleaved(struct sdse_rewrite *w, const char *x,
                               const struct sdse_onnx_shape *shape, int64_t which) {
    x = sdse_rewrite_slice(w, x, 3, which, which + 1);
    return sdse_rewrite_reshape(w, x, 3,
                                (int64_t[]){extent(shape, 0), extent(shape, 1),
                                            extent(shape, 2) * extent(shape, 4)});
}

// Keys or values before those that come now, and what is kept of both.
static bool read_separate(struct sdse_rewrite *w, struct attention *a) {
    const struct sdse_onnx_shape *q = sdse_rewrite_shape(w, 0),
                                 *k = sdse_rewrite_shape(w, 1),
                                 *v = sdse_rewrite_shape(w, 2);
    const char *in[3] = {sdse_rewrite_in(w, 0), sdse_rewrite_in(w, 1),
                         sdse_rewrite_in(w, 2)};
    const int64_t heads = a->heads;
    if (!q || (in[1] && !k) || (in[2] && !v) || heads < 1)
        return false;
    a->shared = heads;
    a->batch = extent(q, 0);
    a->queries = extent(q, 1);
    if (q->rank == 5 && !in[1] && !in[2]) { // [B][S][heads][3][H]
        if (extent(q, 3) != 3 || extent(q, 2) != heads)
            return false;
        a->width = a->values = extent(q, 4);
        a->keys = a->queries;
        a->q = interleaved(w, in[0], q, 0);
        a->k = interleaved(w, in[0], q, 1);
        a->v = interleaved(w, in[0], q, 2);
    } else if (q->rank == 3 && k && k->rank == 5 && !in[2]) { // [B][T][heads][2][H]
        if (extent(k, 3) != 2 || extent(k, 2) != heads)
            return false;
        a->width = a->values = extent(k, 4);
        a->keys = extent(k, 1);
        a->q = in[0];
        a->k = interleaved(w, in[1], k, 0);
        a->v = interleaved(w, in[1], k, 1);
    } else if (q->rank == 3 && k && v && k->rank == 3 && v->rank == 3) {
        a->width = extent(q, 2) / heads;
        a->values = extent(v, 2) / heads;
        a->keys = extent(k, 1);
        a->q = in[0];
        a->k = in[1];
        a->v = in[2];
        if (extent(k, 2) != heads * a->width || extent(v, 2) != heads * a->values ||
            extent(v, 1) != a->keys)
            return false;
    } else if (q->rank == 3 && k && v && k->rank == 4 && v->rank == 4) { // heads first
        a->width = extent(q, 2) / heads;
        a->values = extent(v, 3);
        a->keys = extent(k, 2);
        if (extent(k, 1) != heads || extent(v, 1) != heads ||
            extent(k, 3) != a->width || extent(v, 2) != a->keys)
            return false;
        a->q = in[0];
        a->k = sdse_attention_join(w, in[1], a->batch, a->keys, heads * a->width);
        a->v = sdse_attention_join(w, in[2], a->batch, a->keys, heads * a->values);
    } else {
        return false;
    }
    return q->rank == 5 || extent(q, 2) == heads * a->width;
}

struct separate {
    uint32_t bias, mask, bias_of_products, past_key, past_value;
    bool decoder; // what is kept may be longer than what is used
};

static bool write_separate(struct sdse_rewrite *w, struct separate at) {
    struct attention a = {
        .heads = sdse_onnx_int(w->node, "num_heads", 0),
        .scale = sdse_rewrite_attribute(w, "scale", 0),
        .causal = sdse_onnx_int(w->node, "unidirectional", 0) != 0,
        .masked = sdse_rewrite_attribute(w, "mask_filter_value", -10000),
    };
    bool later = false;
    if (!read_separate(w, &a))
        return false;
    const int64_t all = a.heads * a.width, values = a.heads * a.values;
    a.q = biased(w, a.q, at.bias, 0, all);
    a.k = biased(w, a.k, at.bias, all, all);
    a.v = biased(w, a.v, at.bias, 2 * all, values);
    a.q = sdse_attention_split(w, a.q, a.batch, a.queries, a.heads, a.width);
    a.k = sdse_attention_split(w, a.k, a.batch, a.keys, a.heads, a.width);
    a.v = sdse_attention_split(w, a.v, a.batch, a.keys, a.heads, a.values);
    int64_t keys = a.keys, same = a.keys;
    if (!sdse_attention_kept(w, at.past_key, 1, &a, a.width, &a.k, &keys) ||
        !sdse_attention_kept(w, at.past_value, 2, &a, a.values, &a.v, &same) ||
        keys != same)
        return false;
    a.keys = keys;
    a.bias = sdse_rewrite_in(w, at.bias_of_products);
    if (!sdse_attention_mask(w, at.mask, &a, &later) ||
        (a.bias &&
         !sdse_attention_fits(&a, sdse_rewrite_shape(w, at.bias_of_products))))
        return false;
    if (later || at.decoder)
        a.q = sdse_rewrite_stand_in(w, a.q);
    const char *y = sdse_attention_write(w, &a);
    sdse_rewrite_give(w, 0, sdse_attention_join(w, y, a.batch, a.queries, values));
    if (sdse_rewrite_gives(w, 3))
        sdse_rewrite_give(w, 3, a.products);
    return true;
}

static bool expand_multi_head(struct sdse_rewrite *w) {
    if (sdse_rewrite_in(w, 8) || sdse_rewrite_in(w, 9))
        return false; // a cache of beams
    return write_separate(w, (struct separate){3, 4, 5, 6, 7, false});
}

// One query after those that are kept.
static bool expand_decoder(struct sdse_rewrite *w) {
    sdse_rewrite_approximate(w, "keys and values are all that are kept for it");
    return write_separate(w, (struct separate){10, 3, 4, 5, 6, true});
}

sdse_expander sdse_expander_separate(const Onnx__NodeProto *node) {
    if (sdse_expand_is(node, "com.microsoft", "MultiHeadAttention"))
        return expand_multi_head;
    return sdse_expand_is(node, "com.microsoft", "DecoderMaskedMultiHeadAttention")
               ? expand_decoder
               : NULL;
}
