// What all forms of attention share.
#include "import/onnx/expand/attention/attention.h"

#include <math.h>
#include <string.h>

enum { BOOL = ONNX__TENSOR_PROTO__DATA_TYPE__BOOL };

// ---- parts ------------------------------------------------------------------

static const char *number(struct sdse_rewrite *w, const char *op, const char *x,
                          double value) {
    return sdse_rewrite_node(w, op, ".scale", x, sdse_rewrite_real(w, value), NULL);
}

// [B][S][heads * H] as [B][heads][S][H].
const char *sdse_attention_split(struct sdse_rewrite *w, const char *x, int64_t batch,
                                 int64_t rows, int64_t heads, int64_t width) {
    x = sdse_rewrite_reshape(w, x, 4, (int64_t[]){batch, rows, heads, width});
    return sdse_rewrite_transpose(w, x, 4, (int64_t[]){0, 2, 1, 3});
}

const char *sdse_attention_join(struct sdse_rewrite *w, const char *x, int64_t batch,
                                int64_t rows, int64_t all) {
    x = sdse_rewrite_transpose(w, x, 4, (int64_t[]){0, 2, 1, 3});
    return sdse_rewrite_reshape(w, x, 3, (int64_t[]){batch, rows, all});
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
const char *sdse_attention_write(struct sdse_rewrite *w, struct attention *a) {
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
        x = where_seen(w, seen_keys(w, a), x, sdse_attention_lowest);
    a->products = x;
    x = sdse_rewrite_node(w, "Softmax", ".softmax", x, NULL, NULL);
    sdse_rewrite_set_int(w, "axis", -1);
    return sdse_rewrite_node(w, "MatMul", ".av", x, v, NULL);
}

// Whether what is kept has room for what comes now, at a place that a number says: as
// many keys as there is room for.
bool sdse_attention_is_buffer(const struct sdse_rewrite *w) {
    return sdse_onnx_int(w->node, "past_present_share_buffer", 0) != 0 ||
           strcmp(w->node->op, "SparseAttention") == 0;
}

// What was kept, of so many rows, and `now` further ones: [B][heads][rows][…].
const char *sdse_attention_extended(struct sdse_rewrite *w, const char *past,
                                    int64_t rows, const char *x, int64_t now) {
    if (sdse_attention_is_buffer(w))
        past = sdse_rewrite_slice(w, past, 2, 0, rows - now);
    return sdse_rewrite_concat(w, past, x, 2);
}

// Whether a bias, or what is added, broadcasts to [B][heads][S][T]: rank and extents.
bool sdse_attention_fits(const struct attention *a,
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
bool sdse_attention_mask(struct sdse_rewrite *w, uint32_t i, struct attention *a,
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
const char *sdse_attention_part(struct sdse_rewrite *w, const char *x, int64_t axis,
                                int64_t *from, int64_t extent) {
    const char *out = sdse_rewrite_slice(w, x, axis, *from, *from + extent);
    *from += extent;
    return out;
}

bool sdse_attention_kept(struct sdse_rewrite *w, uint32_t past, uint32_t present,
                         struct attention *a, int64_t width, const char **x,
                         int64_t *keys) {
    const struct sdse_onnx_shape *shape = sdse_rewrite_shape(w, past);
    if (sdse_rewrite_in(w, past)) {
        if (!shape || shape->rank != 4 || extent(shape, 0) != a->batch ||
            extent(shape, 1) != a->shared || extent(shape, 3) != width)
            return false;
        if (sdse_attention_is_buffer(w) && extent(shape, 2) < *keys)
            return false;
        *x = sdse_attention_extended(w, sdse_rewrite_in(w, past), extent(shape, 2), *x,
                                     *keys);
        *keys = extent(shape, 2) + (sdse_attention_is_buffer(w) ? 0 : *keys);
    }
    if (sdse_rewrite_gives(w, present))
        *x = sdse_rewrite_give(w, present, *x);
    return true;
}

// Three maps of queries, keys and values, or of one or two that hold several.
