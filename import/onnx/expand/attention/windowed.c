// Attention of long documents: each token sees a window around it, a few see all and
// are seen by all.
#include "import/onnx/expand/attention/attention.h"
#include "import/onnx/expand/ordered.h"

#include <math.h>
#include <string.h>

// [B][S][D] and its two projections, real; ones where a token sees all.
struct document {
    const char *x, *weights, *bias, *global_weights, *global_bias;
    uint32_t global; // input
};

// How many tokens of a sample see all, at most; 1 if that is not known.
static int64_t global_tokens(const struct sdse_rewrite *w, uint32_t input,
                             int64_t batch, int64_t length) {
    const struct sdse_onnx_value *flags = sdse_onnx_in(w->graph, w->node, input);
    int64_t most = 0;
    if (!flags)
        return 0;
    if (!flags->folded || !flags->shape.known ||
        sdse_onnx_product(&flags->shape, 0, flags->shape.rank) !=
            (uint64_t)(batch * length))
        return 1;
    for (int64_t b = 0; b < batch; b++) {
        int64_t count = 0;
        for (int64_t i = 0; i < length; i++)
            count += flags->folded[b * length + i] != 0;
        most = count > most ? count : most;
    }
    return most;
}

static const char *projected(struct sdse_rewrite *w, const char *suffix, const char *x,
                             const char *weights, const char *bias) {
    const char *y = sdse_rewrite_node(w, "MatMul", suffix, x, weights, NULL);
    return bias ? sdse_rewrite_node(w, "Add", ".bias", y, bias, NULL) : y;
}

// `groups` products q k', softmax, and products with v; of `rows` queries and `keys`
// keys of `width` each.
static const char *attended(struct sdse_rewrite *w, const char *const *suffix,
                            const char *q, const char *kv, int64_t groups, int64_t rows,
                            int64_t keys, int64_t width) {
    q = sdse_rewrite_stand_in_as(w, q, 3, (int64_t[]){groups, rows, width});
    const char *k =
        sdse_rewrite_stand_in_as(w, kv, 3, (int64_t[]){groups, width, keys});
    const char *v =
        sdse_rewrite_stand_in_as(w, kv, 3, (int64_t[]){groups, keys, width});
    const char *y = sdse_rewrite_node(w, "MatMul", suffix[0], q, k, NULL);
    y = sdse_rewrite_node(w, "Mul", NULL, y,
                          sdse_rewrite_real(w, 1 / sqrt((double)width)), NULL);
    y = sdse_rewrite_node(w, "Softmax", suffix[1], y, NULL, NULL);
    return sdse_rewrite_node(w, "MatMul", suffix[2], y, v, NULL);
}

// Blocks of as many tokens as the window reaches to one side see the block before,
// their own and the one behind, and the tokens that see all.
static const char *write_document(struct sdse_rewrite *w, const struct document *d) {
    static const char *const local[] = {".qk", ".softmax", ".av"};
    static const char *const global[] = {".global.qk", ".global.softmax", ".global.av"};
    const struct sdse_onnx_shape *x = sdse_rewrite_shape(w, 0);
    const int64_t heads = sdse_onnx_int(w->node, "num_heads", 0),
                  window = sdse_onnx_int(w->node, "window", 0), most = 1 << 24;
    if (!x || x->rank != 3 || heads < 1 || window < 1 || window > most || !d->x ||
        !d->weights || !d->global_weights || extent(x, 2) % heads != 0 ||
        extent(x, 0) < 1 || extent(x, 1) < 1)
        return NULL;
    const int64_t batch = extent(x, 0), length = extent(x, 1), all = extent(x, 2);
    const int64_t width = all / heads, block = window < length ? window : length;
    const int64_t blocks = (length + block - 1) / block;
    const int64_t whole = global_tokens(w, d->global, batch, length);
    const int64_t near = 3 * block < length ? 3 * block : length;
    const char *qkv = projected(w, ".qkv", d->x, d->weights, d->bias);
    const char *y = attended(w, local, qkv, qkv, batch * heads * blocks, block,
                             near + (near < length ? whole : 0), width);
    y = sdse_rewrite_stand_in_as(w, y, 3, (int64_t[]){batch, length, all});
    if (whole > 0) {
        int64_t from = 0;
        const char *q = sdse_attention_part(w, d->global_weights, 1, &from, all);
        const char *kv = sdse_attention_part(w, d->global_weights, 1, &from, 2 * all);
        const char *rows =
            sdse_rewrite_stand_in_as(w, d->x, 3, (int64_t[]){batch, whole, all});
        q = projected(w, ".global.q", rows, q, NULL);
        kv = projected(w, ".global.kv", d->x, kv, NULL);
        const char *seen =
            attended(w, global, q, kv, batch * heads, whole, length, width);
        seen = sdse_rewrite_stand_in_as(w, seen, 3, (int64_t[]){batch, length, all});
        y = sdse_rewrite_node(w, "Where", NULL, sdse_rewrite_cast(w, seen, 9), y, seen);
    }
    sdse_rewrite_approximate(w, "blocks of tokens see three blocks, as they are "
                                "computed; where it is not known how many tokens see "
                                "all, one of each sample does");
    return y;
}

// Input, weights, bias, mask, global weights and bias, flags.
static bool expand_plain(struct sdse_rewrite *w) {
    const struct document d = {sdse_rewrite_in(w, 0), sdse_rewrite_in(w, 1),
                               sdse_rewrite_in(w, 2), sdse_rewrite_in(w, 4),
                               sdse_rewrite_in(w, 5), 6};
    const struct sdse_onnx_shape *x = sdse_rewrite_shape(w, 0),
                                 *local = sdse_rewrite_shape(w, 1),
                                 *global = sdse_rewrite_shape(w, 4);
    if (!x || x->rank != 3 || !local || local->rank != 2 || !global ||
        global->rank != 2 || extent(local, 1) != 3 * extent(x, 2) ||
        extent(global, 1) != 3 * extent(x, 2))
        return false;
    const char *y = write_document(w, &d);
    if (!y)
        return false;
    sdse_rewrite_give(w, 0, y);
    return true;
}

static bool expand_bytes(struct sdse_rewrite *w) {
    const struct sdse_onnx_shape *x = sdse_rewrite_shape(w, 0);
    int64_t n, global;
    if (!x || x->rank != 3 || !sdse_rewrite_in(w, 13))
        return false;
    const int64_t all = extent(x, 2);
    const struct document d = {
        sdse_ordered_real(w, 0, 1),
        sdse_ordered_weights(w, 2, 3, "order_weight", all, &n),
        sdse_rewrite_in(w, 4),
        sdse_ordered_weights(w, 8, 9, "order_global_weight", all, &global),
        sdse_rewrite_in(w, 10),
        12};
    if (!d.weights || !d.global_weights || n != 3 * all || global != 3 * all)
        return false;
    const char *y = write_document(w, &d);
    if (!y)
        return false;
    sdse_ordered_give(w, y, 13);
    return true;
}

sdse_expander sdse_expander_windowed(const Onnx__NodeProto *node) {
    return sdse_expand_is(node, "com.microsoft", "LongformerAttention") ? expand_plain
           : sdse_expand_is(node, "com.microsoft", "QOrderedLongformerAttention")
               ? expand_bytes
               : NULL;
}
