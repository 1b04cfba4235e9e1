// Attention of com.microsoft that holds the weights of its projections.
#include "import/onnx/expand/attention/attention.h"
#include "import/onnx/expand/ordered.h"

static const char *half(struct sdse_rewrite *w, const char *past, int64_t which,
                        const struct sdse_onnx_shape *shape) {
    return sdse_rewrite_reshape(w, sdse_rewrite_slice(w, past, 0, which, which + 1), 4,
                                (int64_t[]){extent(shape, 1), extent(shape, 2),
                                            extent(shape, 3), extent(shape, 4)});
}

// Inputs of Attention and QAttention, by their places.
struct places {
    uint32_t mask, past, bias_of_products;
};

// `x` [B][S][D] and `weights` [D][…], projected and attended.
static bool write_projected(struct sdse_rewrite *w, const char *x, const char *weights,
                            struct places at) {
    const struct sdse_onnx_shape *in = sdse_rewrite_shape(w, 0);
    const struct sdse_onnx_shape *stored = sdse_rewrite_shape(w, 1);
    const struct sdse_onnx_shape *kept = sdse_rewrite_shape(w, at.past);
    const char *bias = sdse_rewrite_in(w, 2), *past = sdse_rewrite_in(w, at.past);
    const int64_t heads = sdse_onnx_int(w->node, "num_heads", 0);
    struct sdse_onnx_list sizes =
        sdse_onnx_list_of(w->graph, w->node, "qkv_hidden_sizes", SDSE_ONNX_NONE);
    if (!in || !stored || !weights || in->rank != 3 || stored->rank != 2 || heads < 1 ||
        (sizes.count != 0 && sizes.count != 3))
        return false;
    int64_t size[3], from = 0;
    for (unsigned i = 0; i < 3; i++) {
        size[i] = sizes.count ? sizes.value[i] : extent(stored, 1) / 3;
        if (size[i] < 1 || size[i] > extent(stored, 1) || size[i] % heads != 0)
            return false;
    }
    if (size[0] != size[1] || size[0] + size[1] + size[2] != extent(stored, 1) ||
        (past && (!kept || kept->rank != 5 || extent(kept, 0) != 2 ||
                  extent(kept, 2) != heads || size[0] != size[2] ||
                  extent(kept, 4) != size[0] / heads)))
        return false;
    const bool buffer = past && sdse_attention_is_buffer(w);
    if (buffer && extent(kept, 3) < extent(in, 1))
        return false;
    struct attention a = {
        .batch = extent(in, 0),
        .heads = heads,
        .shared = heads,
        .queries = extent(in, 1),
        .keys = (buffer ? 0 : extent(in, 1)) + (past ? extent(kept, 3) : 0),
        .width = size[0] / heads,
        .values = size[2] / heads,
        .scale = sdse_rewrite_attribute(w, "scale", 0),
        .causal = sdse_onnx_int(w->node, "unidirectional", 0) != 0,
        .masked = sdse_rewrite_attribute(w, "mask_filter_value", -10000),
    };
    bool later = false;
    a.bias = sdse_rewrite_in(w, at.bias_of_products);
    if (!sdse_attention_mask(w, at.mask, &a, &later) ||
        (a.bias &&
         !sdse_attention_fits(&a, sdse_rewrite_shape(w, at.bias_of_products))))
        return false;
    const char *all = sdse_rewrite_node(w, "MatMul", ".qkv", x, weights, NULL);
    if (bias)
        all = sdse_rewrite_node(w, "Add", ".qkv.bias", all, bias, NULL);
    a.q = sdse_attention_part(w, all, 2, &from, size[0]);
    a.k = sdse_attention_part(w, all, 2, &from, size[1]);
    a.v = sdse_attention_part(w, all, 2, &from, size[2]);
    a.q = sdse_attention_split(w, a.q, a.batch, a.queries, heads, a.width);
    a.k = sdse_attention_split(w, a.k, a.batch, a.queries, heads, a.width);
    a.v = sdse_attention_split(w, a.v, a.batch, a.queries, heads, a.values);
    // Places are turned into the vectors, lengths hide keys: not what layers depend on.
    if (later || buffer || sdse_onnx_int(w->node, "do_rotary", 0))
        a.q = sdse_rewrite_stand_in(w, a.q);
    if (past) {
        a.k = sdse_attention_extended(w, half(w, past, 0, kept), extent(kept, 3), a.k,
                                      a.queries);
        a.v = sdse_attention_extended(w, half(w, past, 1, kept), extent(kept, 3), a.v,
                                      a.queries);
    }
    if (sdse_rewrite_gives(w, 1)) {
        const int64_t pair[5] = {1, a.batch, heads, a.keys, a.width};
        if (size[0] != size[2])
            return false;
        sdse_rewrite_give(w, 1,
                          sdse_rewrite_concat(w, sdse_rewrite_reshape(w, a.k, 5, pair),
                                              sdse_rewrite_reshape(w, a.v, 5, pair),
                                              0));
    }
    const char *y = sdse_attention_write(w, &a);
    sdse_rewrite_give(w, 0, sdse_attention_join(w, y, a.batch, a.queries, size[2]));
    return true;
}

static bool expand_attention(struct sdse_rewrite *w) {
    return write_projected(w, sdse_rewrite_in(w, 0), sdse_rewrite_in(w, 1),
                           (struct places){3, 4, 5});
}

static bool expand_decoded(struct sdse_rewrite *w) {
    sdse_rewrite_approximate(w, "keys and values are all that are kept for it");
    return expand_attention(w);
}

static const char *dequantized(struct sdse_rewrite *w, uint32_t x, uint32_t scale,
                               uint32_t zero) {
    const char *out =
        sdse_rewrite_node(w, "DequantizeLinear", NULL, sdse_rewrite_in(w, x),
                          sdse_rewrite_in(w, scale), sdse_rewrite_in(w, zero));
    sdse_rewrite_set_int(w, "axis", 1);
    return out;
}

static bool expand_qattention(struct sdse_rewrite *w) {
    for (uint32_t i = 0; i < 5; i++)
        if (i != 2 && !sdse_rewrite_in(w, i))
            return false;
    return write_projected(w, dequantized(w, 0, 3, 6), dequantized(w, 1, 4, 7),
                           (struct places){5, 8, SDSE_ONNX_NONE});
}

// ---- QOrderedAttention -------------------------------------------------------

// Three projections of their own, of signed bytes. What is rounded to bytes between
// the products stays real.
static bool expand_ordered(struct sdse_rewrite *w) {
    static const char *const suffix[3] = {".q", ".k", ".v"};
    const struct sdse_onnx_shape *in = sdse_rewrite_shape(w, 0);
    const char *x = sdse_ordered_real(w, 0, 1), *part[3];
    int64_t size[3];
    bool later = false;
    struct attention a = {.heads = sdse_onnx_int(w->node, "num_heads", 0),
                          .causal = sdse_onnx_int(w->node, "unidirectional", 0) != 0,
                          .masked = -10000};
    if (!in || !x || in->rank != 3 || a.heads < 1 || sdse_rewrite_in(w, 18) ||
        sdse_rewrite_in(w, 19) || !sdse_rewrite_in(w, 16))
        return false;
    a.shared = a.heads;
    a.batch = extent(in, 0);
    a.queries = a.keys = extent(in, 1);
    for (uint32_t i = 0; i < 3; i++) {
        const char *weights = sdse_ordered_weights(w, 5 + i, 8 + i, "order_weight",
                                                   extent(in, 2), &size[i]);
        if (!weights || size[i] % a.heads != 0)
            return false;
        part[i] = sdse_rewrite_node(w, "MatMul", suffix[i], x, weights, NULL);
        if (sdse_rewrite_in(w, 11 + i))
            part[i] = sdse_rewrite_node(w, "Add", ".bias", part[i],
                                        sdse_rewrite_in(w, 11 + i), NULL);
        part[i] = sdse_attention_split(w, part[i], a.batch, a.queries, a.heads,
                                       size[i] / a.heads);
    }
    if (size[0] != size[1] || !sdse_attention_mask(w, 17, &a, &later))
        return false;
    a.width = size[0] / a.heads;
    a.values = size[2] / a.heads;
    a.q = sdse_rewrite_stand_in(w, part[0]);
    a.k = part[1];
    a.v = part[2];
    const char *y = sdse_attention_write(w, &a);
    sdse_ordered_give(w, sdse_attention_join(w, y, a.batch, a.queries, size[2]), 16);
    return true;
}

// ---- DecoderAttention --------------------------------------------------------

// A condition that an input gives. False: it is not known.
static bool condition(const struct sdse_rewrite *w, uint32_t i, bool *out) {
    const struct sdse_onnx_value *value = sdse_onnx_in(w->graph, w->node, i);
    if (!value || !value->folded || !value->shape.known ||
        sdse_onnx_product(&value->shape, 0, value->shape.rank) != 1)
        return false;
    *out = value->folded[0] != 0;
    return true;
}

// x [S][B][D] · weights, and a part of the bias for all; [S][B][…].
static const char *decoded(struct sdse_rewrite *w, const char *suffix, const char *x,
                           const char *weights, int64_t bias, int64_t count) {
    const char *y = sdse_rewrite_node(w, "MatMul", suffix, x, weights, NULL);
    const char *part =
        sdse_rewrite_slice(w, sdse_rewrite_in(w, 4), 0, bias, bias + count);
    return sdse_rewrite_node(w, "Add", ".bias", y, part, NULL);
}

static const char *decoder_heads(struct sdse_rewrite *w, const char *x, int64_t rows,
                                 const struct attention *a) {
    x = sdse_rewrite_reshape(w, x, 4, (int64_t[]){rows, a->batch, a->heads, a->width});
    return sdse_rewrite_transpose(w, x, 4, (int64_t[]){1, 2, 0, 3});
}

// Keys and values are those of the other sequence (`static_kv`) or of this one, behind
// the cache or, of the other sequence, the cache itself.
static bool expand_decoder(struct sdse_rewrite *w) {
    const struct sdse_onnx_shape *x = sdse_rewrite_shape(w, 0),
                                 *other = sdse_rewrite_shape(w, 1),
                                 *past = sdse_rewrite_shape(w, 6);
    bool crossed, cached, state, masked;
    struct attention a = {.heads = sdse_onnx_int(w->node, "num_heads", 0),
                          .masked =
                              sdse_rewrite_attribute(w, "mask_filter_value", -10000)};
    if (!x || !other || x->rank != 3 || other->rank != 3 || a.heads < 1 ||
        extent(x, 2) % a.heads != 0 || !sdse_rewrite_in(w, 2) ||
        !sdse_rewrite_in(w, 3) || !sdse_rewrite_in(w, 4) ||
        !condition(w, 8, &crossed) || !condition(w, 9, &cached) ||
        !condition(w, 10, &state) || !condition(w, 11, &masked))
        return false;
    const int64_t all = extent(x, 2);
    const bool kept = cached && state;
    if (kept && (!past || past->rank != 4 || !sdse_rewrite_in(w, 7)))
        return false;
    a.shared = a.heads;
    a.batch = extent(x, 1);
    a.queries = extent(x, 0);
    a.width = a.values = all / a.heads;
    a.q = decoder_heads(
        w, decoded(w, ".q", sdse_rewrite_in(w, 0), sdse_rewrite_in(w, 2), 0, all),
        a.queries, &a);
    a.k = sdse_rewrite_in(w, 6);
    a.v = sdse_rewrite_in(w, 7);
    a.keys = kept ? extent(past, 2) : 0;
    if (!kept || !crossed) {
        const uint32_t from = crossed ? 1 : 0;
        const struct sdse_onnx_shape *source = crossed ? other : x;
        const int64_t rows = extent(source, 0);
        int64_t at = 0;
        const char *kv = decoded(w, ".kv", sdse_rewrite_in(w, from),
                                 sdse_rewrite_in(w, 3), all, 2 * all);
        const char *k =
            decoder_heads(w, sdse_attention_part(w, kv, 2, &at, all), rows, &a);
        const char *v =
            decoder_heads(w, sdse_attention_part(w, kv, 2, &at, all), rows, &a);
        a.k = kept ? sdse_rewrite_concat(w, a.k, k, 2) : k;
        a.v = kept ? sdse_rewrite_concat(w, a.v, v, 2) : v;
        a.keys += rows;
    }
    if (sdse_rewrite_gives(w, 1))
        a.k = sdse_rewrite_give(w, 1, a.k);
    if (sdse_rewrite_gives(w, 2))
        a.v = sdse_rewrite_give(w, 2, a.v);
    if (masked && sdse_rewrite_in(w, 5)) // true: it is hidden
        a.mask = sdse_rewrite_reshape(
            w, sdse_rewrite_node(w, "Not", NULL, sdse_rewrite_in(w, 5), NULL, NULL), 4,
            (int64_t[]){a.batch, 1, 1, a.keys});
    const char *y = sdse_attention_write(w, &a);
    y = sdse_rewrite_transpose(w, y, 4, (int64_t[]){2, 0, 1, 3});
    sdse_rewrite_give(
        w, 0, sdse_rewrite_reshape(w, y, 3, (int64_t[]){a.queries, a.batch, all}));
    return true;
}

sdse_expander sdse_expander_projected(const Onnx__NodeProto *node) {
    static const struct {
        const char *op;
        sdse_expander expand;
    } table[] = {{"Attention", expand_attention},
                 {"DecoderMaskedSelfAttention", expand_decoded},
                 {"QAttention", expand_qattention},
                 {"QOrderedAttention", expand_ordered},
                 {"DecoderAttention", expand_decoder}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (sdse_expand_is(node, "com.microsoft", table[i].op))
            return table[i].expand;
    return NULL;
}
