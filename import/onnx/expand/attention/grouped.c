// Attention whose heads may share keys and values.
#include "import/onnx/expand/attention/attention.h"

#include <string.h>

enum { BOOL = ONNX__TENSOR_PROTO__DATA_TYPE__BOOL };

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
static void cut_keys(struct sdse_rewrite *w, struct attention *a, uint32_t input) {
    const struct sdse_onnx_value *total = sdse_onnx_in(w->graph, w->node, input);
    if (!total || !total->folded || total->folded[0] < (double)a->queries ||
        total->folded[0] >= (double)a->keys)
        return;
    a->keys = (int64_t)total->folded[0];
    a->k = sdse_rewrite_slice(w, a->k, 2, 0, a->keys);
    a->v = sdse_rewrite_slice(w, a->v, 2, 0, a->keys);
}

static bool expand_group_query(struct sdse_rewrite *w) {
    const bool sparse = strcmp(w->node->op, "SparseAttention") == 0;
    const struct sdse_onnx_shape *q = sdse_rewrite_shape(w, 0),
                                 *k = sdse_rewrite_shape(w, 1),
                                 *v = sdse_rewrite_shape(w, 2);
    const int64_t heads = sdse_onnx_int(w->node, "num_heads", 0);
    const int64_t shared = sdse_onnx_int(w->node, "kv_num_heads", heads);
    const char *in = sdse_rewrite_in(w, 0);
    int64_t from = 0;
    const int64_t most = (int64_t)1 << 30,
                  window = sdse_onnx_int(w->node, "local_window_size", 0);
    if (!q || q->rank != 3 || heads < 1 || heads > most || shared < 1 ||
        heads % shared != 0)
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
        .window = window > most ? 0 : window, // wider than any sequence
        .bias = sparse ? NULL : sdse_rewrite_in(w, 10),
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
        a.q = sdse_attention_part(w, in, 2, &from, heads * a.width);
        a.k = sdse_attention_part(w, in, 2, &from, shared * a.width);
        a.v = sdse_attention_part(w, in, 2, &from, shared * a.width);
    }
    if (a.width < 1)
        return false;
    a.values = a.width;
    a.q = sdse_attention_split(w, a.q, a.batch, a.queries, heads, a.width);
    a.k = sdse_attention_split(w, a.k, a.batch, a.queries, shared, a.width);
    a.v = sdse_attention_split(w, a.v, a.batch, a.queries, shared, a.width);
    int64_t keys = a.keys, same = a.keys;
    if (!sdse_attention_kept(w, 3, 1, &a, a.width, &a.k, &keys) ||
        !sdse_attention_kept(w, 4, 2, &a, a.width, &a.v, &same) || keys != same)
        return false;
    a.keys = keys;
    if (a.bias && !sdse_attention_fits(&a, sdse_rewrite_shape(w, 10)))
        return false;
    // Blocks that are left out are counted: the products are those of the full square.
    const bool whole = !sparse && sees_all_keys(w, &a);
    cut_keys(w, &a, sparse ? 7 : 6);
    if (sparse)
        sdse_rewrite_approximate(w, "the full square of products, zeros too");
    if (!whole)
        a.q = sdse_rewrite_stand_in(w, a.q);
    const char *y = sdse_attention_write(w, &a);
    sdse_rewrite_give(w, 0,
                      sdse_attention_join(w, y, a.batch, a.queries, heads * a.width));
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
        .masked = sdse_attention_lowest,
    };
    const int64_t most = (int64_t)1 << 30;
    if (a.heads < 1 || a.heads > most || a.shared < 1 || a.heads % a.shared != 0)
        return false;
    a.width = flat ? extent(q, 2) / a.heads : extent(q, 3);
    a.values = flat ? extent(v, 2) / a.shared : extent(v, 3);
    if (extent(v, flat ? 1 : 2) != a.keys || extent(k, 0) != a.batch ||
        extent(v, 0) != a.batch || (!flat && extent(v, 1) != a.shared) ||
        (flat ? extent(q, 2) != a.heads * a.width || extent(v, 2) != a.shared * a.values
              : extent(k, 3) != a.width) ||
        (flat && extent(k, 2) != a.shared * a.width))
        return false;
    a.q = flat ? sdse_attention_split(w, in[0], a.batch, a.queries, a.heads, a.width)
               : in[0];
    a.k = flat ? sdse_attention_split(w, in[1], a.batch, a.keys, a.shared, a.width)
               : in[1];
    a.v = flat ? sdse_attention_split(w, in[2], a.batch, a.keys, a.shared, a.values)
               : in[2];
    int64_t keys = a.keys, same = a.keys;
    if (!sdse_attention_kept(w, 4, 1, &a, a.width, &a.k, &keys) ||
        !sdse_attention_kept(w, 5, 2, &a, a.values, &a.v, &same) || keys != same)
        return false;
    a.keys = keys;
    a.causal = sdse_onnx_int(w->node, "is_causal", 0) != 0;
    const bool masked = sdse_rewrite_in(w, 3) != NULL;
    if (masked && !sdse_attention_fits(&a, sdse_rewrite_shape(w, 3)))
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
    const char *y = sdse_attention_write(w, &a);
    sdse_rewrite_give(
        w, 0,
        flat ? sdse_attention_join(w, y, a.batch, a.queries, a.heads * a.values) : y);
    return !sdse_rewrite_gives(w, 3);
}

sdse_expander sdse_expander_grouped(const Onnx__NodeProto *node) {
    if (sdse_expand_is(node, "", "Attention"))
        return expand_standard;
    return sdse_expand_is(node, "com.microsoft", "GroupQueryAttention") ||
                   sdse_expand_is(node, "com.microsoft", "SparseAttention")
               ? expand_group_query
               : NULL;
}
