// Attention of com.microsoft that holds the weights of its projections.
#include "import/onnx/expand/attention.h"

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
        sdse_rewrite_give(
            w, 1,
            sdse_attention_concat(w, sdse_rewrite_reshape(w, a.k, 5, pair),
                                  sdse_rewrite_reshape(w, a.v, 5, pair), 0));
    }
    const char *y = sdse_attention_write(w, &a);
    sdse_rewrite_give(w, 0, sdse_attention_join(w, y, a.batch, a.queries, size[2]));
    return true;
}

static bool expand_attention(struct sdse_rewrite *w) {
    return write_projected(w, sdse_rewrite_in(w, 0), sdse_rewrite_in(w, 1),
                           (struct places){3, 4, 5});
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

sdse_expander sdse_expander_projected(const Onnx__NodeProto *node) {
    static const struct {
        const char *op;
        sdse_expander expand;
    } table[] = {{"Attention", expand_attention},
                 {"DecoderMaskedSelfAttention", expand_attention},
                 {"QAttention", expand_qattention}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (sdse_expand_is(node, "com.microsoft", table[i].op))
            return table[i].expand;
    return NULL;
}
