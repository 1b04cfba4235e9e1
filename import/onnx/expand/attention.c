// Attention in its many forms: projections where the operator holds their weights, the
// product of queries and keys, softmax, the product with values.
#include "import/onnx/expand/rewrite.h"

#include <math.h>
#include <string.h>

enum {
    FLOAT = ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT,
    BOOL = ONNX__TENSOR_PROTO__DATA_TYPE__BOOL,
    INT64 = ONNX__TENSOR_PROTO__DATA_TYPE__INT64,
};

static const double lowest = -3.4028234663852886e38; // of f32: behind softmax 0

// What all of them come to: q [B][heads][S][H], k [B][shared][T][H], v
// [B][shared][T][V].
struct attention {
    int64_t batch, heads, shared, queries, keys, width, values;
    const char *q, *k, *v;
    double scale;         // of the products; 0: 1 / sqrt(H)
    double cap;           // they are cap · tanh(product / cap); 0: no
    bool causal;          // query i sees the keys up to i + keys - queries
    int64_t window;       // and of these the last so many; 0: all
    const char *bias;     // added, broadcast to [B][heads][S][T]; NULL: none
    const char *mask;     // likewise, where it is 0 nothing is seen; NULL: none
    double masked;        // what is added there
    const char *products; // out: the products as softmax reads them
};

static int64_t extent(const struct sdse_onnx_shape *shape, unsigned d) {
    return (int64_t)shape->dim[d];
}

// ---- parts ------------------------------------------------------------------

static const char *number(struct sdse_rewrite *w, const char *op, const char *x,
                          double value) {
    return sdse_rewrite_node(w, op, ".scale", x, sdse_rewrite_real(w, value), NULL);
}

// [B][S][heads * H] as [B][heads][S][H].
static const char *split_heads(struct sdse_rewrite *w, const char *x, int64_t batch,
                               int64_t rows, int64_t heads, int64_t width) {
    x = sdse_rewrite_reshape(w, x, 4, (int64_t[]){batch, rows, heads, width});
    return sdse_rewrite_transpose(w, x, 4, (int64_t[]){0, 2, 1, 3});
}

static const char *join_heads(struct sdse_rewrite *w, const char *x, int64_t batch,
                              int64_t rows, int64_t all) {
    x = sdse_rewrite_transpose(w, x, 4, (int64_t[]){0, 2, 1, 3});
    return sdse_rewrite_reshape(w, x, 3, (int64_t[]){batch, rows, all});
}

static const char *concat(struct sdse_rewrite *w, const char *a, const char *b,
                          int64_t axis) {
    const char *out = sdse_rewrite_node(w, "Concat", NULL, a, b, NULL);
    sdse_rewrite_set_int(w, "axis", axis);
    return out;
}

// Heads that share keys or values: each of these as often as heads read it.
static const char *repeat_heads(struct sdse_rewrite *w, const struct attention *a,
                                const char *x, int64_t width) {
    const int64_t times = a->heads / a->shared;
    if (times == 1)
        return x;
    x = sdse_rewrite_reshape(w, x, 5,
                             (int64_t[]){a->batch, a->shared, 1, a->keys, width});
    const int64_t wide[5] = {a->batch, a->shared, times, a->keys, width};
    x = sdse_rewrite_node(w, "Expand", NULL, x, sdse_rewrite_ints(w, 5, wide), NULL);
    return sdse_rewrite_reshape(w, x, 4,
                                (int64_t[]){a->batch, a->heads, a->keys, width});
}

// Ones [S][T] where a query sees a key: at or below the diagonal that ends in the last
// corner, above that which lies `window` lower.
static const char *seen_keys(struct sdse_rewrite *w, const struct attention *a) {
    const int64_t shape[2] = {a->queries, a->keys}, last = a->keys - a->queries;
    const char *ones = sdse_rewrite_node(w, "Expand", NULL, sdse_rewrite_real(w, 1),
                                         sdse_rewrite_ints(w, 2, shape), NULL);
    const char *seen = ones;
    if (a->causal) {
        seen = sdse_rewrite_node(w, "Trilu", NULL, seen, sdse_rewrite_ints(w, 1, &last),
                                 NULL);
        sdse_rewrite_set_int(w, "upper", 0);
    }
    if (a->window > 0) {
        const int64_t first = last - a->window + 1;
        seen = sdse_rewrite_node(w, "Trilu", NULL, seen,
                                 sdse_rewrite_ints(w, 1, &first), NULL);
        sdse_rewrite_set_int(w, "upper", 1);
    }
    return seen;
}

// x where `seen` is not 0; `otherwise` elsewhere.
static const char *where_seen(struct sdse_rewrite *w, const char *seen, const char *x,
                              double otherwise) {
    return sdse_rewrite_node(w, "Where", NULL, sdse_rewrite_cast(w, seen, BOOL), x,
                             sdse_rewrite_real(w, otherwise));
}

// softmax(scale · q k' …) v, [B][heads][S][V].
static const char *attend(struct sdse_rewrite *w, struct attention *a) {
    const char *k = sdse_rewrite_transpose(w, repeat_heads(w, a, a->k, a->width), 4,
                                           (int64_t[]){0, 1, 3, 2});
    const char *v = repeat_heads(w, a, a->v, a->values);
    const double scale = a->scale != 0 ? a->scale : 1 / sqrt((double)a->width);
    const char *x = sdse_rewrite_node(w, "MatMul", ".qk", a->q, k, NULL);
    x = number(w, "Mul", x, scale);
    if (a->cap > 0) {
        x = sdse_rewrite_node(w, "Tanh", NULL, number(w, "Div", x, a->cap), NULL, NULL);
        x = number(w, "Mul", x, a->cap);
    }
    if (a->bias)
        x = sdse_rewrite_node(w, "Add", ".bias", x, a->bias, NULL);
    if (a->mask) {
        const char *zero = sdse_rewrite_real(w, 0);
        const char *added = where_seen(w, a->mask, zero, a->masked);
        x = sdse_rewrite_node(w, "Add", ".mask", x, added, NULL);
    }
    if (a->causal || a->window > 0)
        x = where_seen(w, seen_keys(w, a), x, lowest);
    a->products = x;
    x = sdse_rewrite_node(w, "Softmax", ".softmax", x, NULL, NULL);
    sdse_rewrite_set_int(w, "axis", -1);
    return sdse_rewrite_node(w, "MatMul", ".av", x, v, NULL);
}

static bool has_output(const struct sdse_rewrite *w, uint32_t i) {
    return i < w->node->output_count && w->node->output[i] != SDSE_ONNX_NONE;
}

// Whether what is kept has room for what comes now, at a place that a number says: as
// many keys as there is room for.
static bool is_buffer(const struct sdse_rewrite *w) {
    return sdse_onnx_int(w->node, "past_present_share_buffer", 0) != 0;
}

// What was kept, of so many rows, and `now` further ones: [B][heads][rows][…].
static const char *extended(struct sdse_rewrite *w, const char *past, int64_t rows,
                            const char *x, int64_t now) {
    if (is_buffer(w))
        past = sdse_rewrite_slice(w, past, 2, 0, rows - now);
    return concat(w, past, x, 2);
}

// ---- com.microsoft's Attention ----------------------------------------------

// Whether a bias, or what is added, broadcasts to [B][heads][S][T]: rank and extents.
static bool fits_products(const struct attention *a,
                          const struct sdse_onnx_shape *shape) {
    const int64_t wanted[4] = {a->batch, a->heads, a->queries, a->keys};
    if (!shape || shape->rank > 4)
        return false;
    for (unsigned d = 0; d < shape->rank; d++) {
        const int64_t here = extent(shape, d), there = wanted[4 - shape->rank + d];
        if (here != 1 && here != there)
            return false;
    }
    return true;
}

// 1 for what is seen: [B][T], [B][S][T] or [B][1][…][…]; others, lengths of sequences
// and starts, are not told here: `*later` says so.
static bool read_raw_mask(struct sdse_rewrite *w, uint32_t i, struct attention *a,
                          bool *later) {
    const struct sdse_onnx_shape *shape = sdse_rewrite_shape(w, i);
    const char *mask = sdse_rewrite_in(w, i);
    if (!mask)
        return true;
    if (!shape)
        return false;
    const bool rows =
        shape->rank == 2 && extent(shape, 0) == a->batch && extent(shape, 1) == a->keys;
    const bool square = shape->rank == 3 && extent(shape, 0) == a->batch &&
                        extent(shape, 1) == a->queries && extent(shape, 2) == a->keys;
    *later = !rows && !square;
    if (rows)
        a->mask =
            sdse_rewrite_reshape(w, mask, 4, (int64_t[]){a->batch, 1, 1, a->keys});
    else if (square)
        a->mask = sdse_rewrite_reshape(w, mask, 4,
                                       (int64_t[]){a->batch, 1, a->queries, a->keys});
    return true;
}

// The part of a list of projections that begins at `from`.
static const char *part(struct sdse_rewrite *w, const char *x, int64_t axis,
                        int64_t *from, int64_t extent) {
    const char *out = sdse_rewrite_slice(w, x, axis, *from, *from + extent);
    *from += extent;
    return out;
}

// One of the two halves [B][heads][P][H] of what was kept, [2][…].
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
        if (size[i] < 1 || size[i] % heads != 0)
            return false;
    }
    if (size[0] != size[1] || size[0] + size[1] + size[2] != extent(stored, 1) ||
        (past && (!kept || kept->rank != 5 || extent(kept, 0) != 2 ||
                  extent(kept, 2) != heads || size[0] != size[2] ||
                  extent(kept, 4) != size[0] / heads)))
        return false;
    const bool buffer = past && is_buffer(w);
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
    if (!read_raw_mask(w, at.mask, &a, &later) ||
        (a.bias && !fits_products(&a, sdse_rewrite_shape(w, at.bias_of_products))))
        return false;
    const char *all = sdse_rewrite_node(w, "MatMul", ".qkv", x, weights, NULL);
    if (bias)
        all = sdse_rewrite_node(w, "Add", ".qkv.bias", all, bias, NULL);
    a.q = part(w, all, 2, &from, size[0]);
    a.k = part(w, all, 2, &from, size[1]);
    a.v = part(w, all, 2, &from, size[2]);
    a.q = split_heads(w, a.q, a.batch, a.queries, heads, a.width);
    a.k = split_heads(w, a.k, a.batch, a.queries, heads, a.width);
    a.v = split_heads(w, a.v, a.batch, a.queries, heads, a.values);
    // Places are turned into the vectors, lengths hide keys: not what layers depend on.
    if (later || buffer || sdse_onnx_int(w->node, "do_rotary", 0))
        a.q = sdse_rewrite_stand_in(w, a.q);
    if (past) {
        a.k = extended(w, half(w, past, 0, kept), extent(kept, 3), a.k, a.queries);
        a.v = extended(w, half(w, past, 1, kept), extent(kept, 3), a.v, a.queries);
    }
    if (has_output(w, 1)) {
        const int64_t pair[5] = {1, a.batch, heads, a.keys, a.width};
        if (size[0] != size[2])
            return false;
        sdse_rewrite_give(w, 1,
                          concat(w, sdse_rewrite_reshape(w, a.k, 5, pair),
                                 sdse_rewrite_reshape(w, a.v, 5, pair), 0));
    }
    const char *y = attend(w, &a);
    sdse_rewrite_give(w, 0, join_heads(w, y, a.batch, a.queries, size[2]));
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
static bool kept_before(struct sdse_rewrite *w, uint32_t past, uint32_t present,
                        struct attention *a, int64_t width, const char **x,
                        int64_t *keys) {
    const struct sdse_onnx_shape *shape = sdse_rewrite_shape(w, past);
    if (sdse_rewrite_in(w, past)) {
        if (!shape || shape->rank != 4 || extent(shape, 0) != a->batch ||
            extent(shape, 1) != a->shared || extent(shape, 3) != width)
            return false;
        if (is_buffer(w) && extent(shape, 2) < *keys)
            return false;
        *x = extended(w, sdse_rewrite_in(w, past), extent(shape, 2), *x, *keys);
        *keys = extent(shape, 2) + (is_buffer(w) ? 0 : *keys);
    }
    if (has_output(w, present))
        *x = sdse_rewrite_give(w, present, *x);
    return true;
}

// Three maps of queries, keys and values, or of one or two that hold several.
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
        a->k = join_heads(w, in[1], a->batch, a->keys, heads * a->width);
        a->v = join_heads(w, in[2], a->batch, a->keys, heads * a->values);
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
    a.q = split_heads(w, a.q, a.batch, a.queries, a.heads, a.width);
    a.k = split_heads(w, a.k, a.batch, a.keys, a.heads, a.width);
    a.v = split_heads(w, a.v, a.batch, a.keys, a.heads, a.values);
    int64_t keys = a.keys, same = a.keys;
    if (!kept_before(w, at.past_key, 1, &a, a.width, &a.k, &keys) ||
        !kept_before(w, at.past_value, 2, &a, a.values, &a.v, &same) || keys != same)
        return false;
    a.keys = keys;
    a.bias = sdse_rewrite_in(w, at.bias_of_products);
    if (!read_raw_mask(w, at.mask, &a, &later) ||
        (a.bias && !fits_products(&a, sdse_rewrite_shape(w, at.bias_of_products))))
        return false;
    if (later || at.decoder)
        a.q = sdse_rewrite_stand_in(w, a.q);
    const char *y = attend(w, &a);
    sdse_rewrite_give(w, 0, join_heads(w, y, a.batch, a.queries, values));
    if (has_output(w, 3))
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
    return write_separate(w, (struct separate){10, 3, 4, 5, 6, true});
}

// ---- com.microsoft's GroupQueryAttention ------------------------------------

// Whether all sequences are as long as the keys that there are, and nothing but what is
// written here is done to them: no places are turned in, no sinks.
static bool sees_all_keys(const struct sdse_rewrite *w, const struct attention *a) {
    const struct sdse_onnx_value *lengths = sdse_onnx_in(w->graph, w->node, 5);
    if (!lengths || !lengths->folded || !lengths->shape.known ||
        sdse_onnx_int(w->node, "do_rotary", 0) ||
        sdse_onnx_int(w->node, "smooth_softmax", 0) || sdse_rewrite_in(w, 11))
        return false;
    const uint64_t count = sdse_onnx_product(&lengths->shape, 0, lengths->shape.rank);
    for (uint64_t i = 0; i < count; i++)
        if (lengths->folded[i] != (double)(a->keys - 1))
            return false;
    return true;
}

// Of all that is kept so many keys as a constant says: a buffer may have room for more.
static void cut_keys(struct sdse_rewrite *w, struct attention *a) {
    const struct sdse_onnx_value *total = sdse_onnx_in(w->graph, w->node, 6);
    if (!total || !total->folded || total->folded[0] < (double)a->queries ||
        total->folded[0] >= (double)a->keys)
        return;
    a->keys = (int64_t)total->folded[0];
    a->k = sdse_rewrite_slice(w, a->k, 2, 0, a->keys);
    a->v = sdse_rewrite_slice(w, a->v, 2, 0, a->keys);
}

static bool expand_group_query(struct sdse_rewrite *w) {
    const struct sdse_onnx_shape *q = sdse_rewrite_shape(w, 0),
                                 *k = sdse_rewrite_shape(w, 1),
                                 *v = sdse_rewrite_shape(w, 2);
    const int64_t heads = sdse_onnx_int(w->node, "num_heads", 0);
    const int64_t shared = sdse_onnx_int(w->node, "kv_num_heads", heads);
    const char *in = sdse_rewrite_in(w, 0);
    int64_t from = 0;
    if (!q || q->rank != 3 || heads < 1 || shared < 1 || heads % shared != 0)
        return false;
    struct attention a = {
        .batch = extent(q, 0),
        .heads = heads,
        .shared = shared,
        .queries = extent(q, 1),
        .keys = extent(q, 1),
        .scale = sdse_rewrite_attribute(w, "scale", 0),
        .cap = sdse_rewrite_attribute(w, "softcap", 0),
        .causal = true,
        .window = sdse_onnx_int(w->node, "local_window_size", 0),
        .bias = sdse_rewrite_in(w, 10),
    };
    if (sdse_rewrite_in(w, 1)) {
        a.width = extent(q, 2) / heads;
        if (!k || !v || k->rank != 3 || v->rank != 3 || extent(k, 1) != a.queries ||
            extent(v, 1) != a.queries || extent(q, 2) != heads * a.width ||
            extent(k, 2) != shared * a.width || extent(v, 2) != shared * a.width)
            return false;
        a.q = in;
        a.k = sdse_rewrite_in(w, 1);
        a.v = sdse_rewrite_in(w, 2);
    } else { // all in one
        a.width = extent(q, 2) / (heads + 2 * shared);
        if (extent(q, 2) != (heads + 2 * shared) * a.width)
            return false;
        a.q = part(w, in, 2, &from, heads * a.width);
        a.k = part(w, in, 2, &from, shared * a.width);
        a.v = part(w, in, 2, &from, shared * a.width);
    }
    if (a.width < 1)
        return false;
    a.values = a.width;
    a.q = split_heads(w, a.q, a.batch, a.queries, heads, a.width);
    a.k = split_heads(w, a.k, a.batch, a.queries, shared, a.width);
    a.v = split_heads(w, a.v, a.batch, a.queries, shared, a.width);
    int64_t keys = a.keys, same = a.keys;
    if (!kept_before(w, 3, 1, &a, a.width, &a.k, &keys) ||
        !kept_before(w, 4, 2, &a, a.width, &a.v, &same) || keys != same)
        return false;
    a.keys = keys;
    if (a.bias && !fits_products(&a, sdse_rewrite_shape(w, 10)))
        return false;
    const bool whole = sees_all_keys(w, &a);
    cut_keys(w, &a);
    if (!whole)
        a.q = sdse_rewrite_stand_in(w, a.q);
    const char *y = attend(w, &a);
    sdse_rewrite_give(w, 0, join_heads(w, y, a.batch, a.queries, heads * a.width));
    return true;
}

// ---- the standard's Attention, from opset 23 on -----------------------------

// Whether a constant or an input of the model is of boolean numbers.
static bool is_boolean(const struct sdse_rewrite *w, uint32_t i) {
    const struct sdse_onnx_value *value = sdse_onnx_in(w->graph, w->node, i);
    if (value && value->tensor)
        return value->tensor->data_type == BOOL;
    for (size_t j = 0; value && j < w->graph->proto->n_input; j++) {
        const Onnx__ValueInfoProto *info = w->graph->proto->input[j];
        if (info->name && strcmp(info->name, value->name) == 0 && info->type &&
            info->type->value_case == ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE &&
            info->type->tensor_type)
            return info->type->tensor_type->elem_type == BOOL;
    }
    return false;
}

// A mask that something computes: whether it is boolean is not known here.
static bool is_computed(const struct sdse_rewrite *w, uint32_t i) {
    const struct sdse_onnx_value *value = sdse_onnx_in(w->graph, w->node, i);
    return value && !value->tensor && value->producer != SDSE_ONNX_NONE;
}

static bool expand_standard(struct sdse_rewrite *w) {
    const struct sdse_onnx_shape *q = sdse_rewrite_shape(w, 0),
                                 *k = sdse_rewrite_shape(w, 1),
                                 *v = sdse_rewrite_shape(w, 2);
    if (!q || !k || !v || q->rank != k->rank || k->rank != v->rank ||
        (q->rank != 3 && q->rank != 4))
        return false;
    const bool flat = q->rank == 3;
    const char *in[3] = {sdse_rewrite_in(w, 0), sdse_rewrite_in(w, 1),
                         sdse_rewrite_in(w, 2)};
    struct attention a = {
        .batch = extent(q, 0),
        .heads = flat ? sdse_onnx_int(w->node, "q_num_heads", 0) : extent(q, 1),
        .shared = flat ? sdse_onnx_int(w->node, "kv_num_heads", 0) : extent(k, 1),
        .queries = extent(q, flat ? 1 : 2),
        .keys = extent(k, flat ? 1 : 2),
        .scale = sdse_rewrite_attribute(w, "scale", 0),
        .cap = sdse_rewrite_attribute(w, "softcap", 0),
        .masked = lowest,
    };
    if (a.heads < 1 || a.shared < 1 || a.heads % a.shared != 0)
        return false;
    a.width = flat ? extent(q, 2) / a.heads : extent(q, 3);
    a.values = flat ? extent(v, 2) / a.shared : extent(v, 3);
    if (extent(v, flat ? 1 : 2) != a.keys || extent(k, 0) != a.batch ||
        extent(v, 0) != a.batch || (!flat && extent(v, 1) != a.shared) ||
        (flat ? extent(q, 2) != a.heads * a.width || extent(v, 2) != a.shared * a.values
              : extent(k, 3) != a.width) ||
        (flat && extent(k, 2) != a.shared * a.width))
        return false;
    a.q = flat ? split_heads(w, in[0], a.batch, a.queries, a.heads, a.width) : in[0];
    a.k = flat ? split_heads(w, in[1], a.batch, a.keys, a.shared, a.width) : in[1];
    a.v = flat ? split_heads(w, in[2], a.batch, a.keys, a.shared, a.values) : in[2];
    int64_t keys = a.keys, same = a.keys;
    if (!kept_before(w, 4, 1, &a, a.width, &a.k, &keys) ||
        !kept_before(w, 5, 2, &a, a.values, &a.v, &same) || keys != same)
        return false;
    a.keys = keys;
    a.causal = sdse_onnx_int(w->node, "is_causal", 0) != 0;
    const bool masked = sdse_rewrite_in(w, 3) != NULL;
    if (masked && !fits_products(&a, sdse_rewrite_shape(w, 3)))
        return false;
    if (masked && is_boolean(w, 3))
        a.mask = sdse_rewrite_in(w, 3);
    else if (masked && !is_computed(w, 3))
        a.bias = sdse_rewrite_in(w, 3);
    // Lengths that hide keys, masks of unknown kind, and causality where what was kept
    // ends elsewhere: not what layers depend on.
    const bool ended = a.causal && a.keys != a.queries;
    if (sdse_rewrite_in(w, 6) || (masked && is_computed(w, 3)) || ended ||
        (a.cap > 0 && masked))
        a.q = sdse_rewrite_stand_in(w, a.q);
    const char *y = attend(w, &a);
    sdse_rewrite_give(
        w, 0, flat ? join_heads(w, y, a.batch, a.queries, a.heads * a.values) : y);
    return !has_output(w, 3);
}

sdse_expander sdse_expander_attention(const Onnx__NodeProto *node) {
    static const struct {
        const char *domain, *op;
        sdse_expander expand;
    } table[] = {
        {"", "Attention", expand_standard},
        {"com.microsoft", "Attention", expand_attention},
        {"com.microsoft", "QAttention", expand_qattention},
        {"com.microsoft", "MultiHeadAttention", expand_multi_head},
        {"com.microsoft", "GroupQueryAttention", expand_group_query},
        {"com.microsoft", "DecoderMaskedSelfAttention", expand_attention},
        {"com.microsoft", "DecoderMaskedMultiHeadAttention", expand_decoder},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (sdse_expand_is(node, table[i].domain, table[i].op))
            return table[i].expand;
    return NULL;
}
