// Products of integers whose matrices lie in an order of cuBLASLt.
#include "import/onnx/expand/ordered.h"

#include "import/onnx/expand/shapes.h"

#include <string.h>

enum { ORDER_COLUMNS, ORDER_ROWS }; // the others are those of tensor cores

const char *sdse_ordered_weights(struct sdse_rewrite *w, uint32_t i, uint32_t scale,
                                 const char *order, int64_t k, int64_t *n) {
    const struct sdse_onnx_shape *shape = sdse_rewrite_shape(w, i);
    const char *x = sdse_rewrite_in(w, i), *scales = sdse_rewrite_in(w, scale);
    const int64_t kept = sdse_onnx_int(w->node, order, ORDER_ROWS);
    if (!shape || shape->rank != 2 || !scales ||
        (kept != ORDER_COLUMNS && kept != ORDER_ROWS))
        return NULL;
    const bool first = (int64_t)shape->dim[0] == k; // as it is called, [k][n]
    *n = (int64_t)shape->dim[first];
    if ((int64_t)shape->dim[!first] != k || (!first && kept == ORDER_ROWS))
        return NULL;
    if (kept == ORDER_ROWS) {
        x = sdse_rewrite_node(w, "DequantizeLinear", NULL, x, scales, NULL);
        sdse_rewrite_set_int(w, "axis", 1);
        return x;
    }
    if (first)
        x = sdse_rewrite_reshape(w, x, 2, (int64_t[]){*n, k});
    x = sdse_rewrite_node(w, "DequantizeLinear", NULL, x, scales, NULL);
    sdse_rewrite_set_int(w, "axis", 0);
    return sdse_rewrite_transpose(w, x, 2, (int64_t[]){1, 0});
}

const char *sdse_ordered_real(struct sdse_rewrite *w, uint32_t i, uint32_t scale) {
    const char *x = sdse_rewrite_in(w, i), *by = sdse_rewrite_in(w, scale);
    return x && by ? sdse_rewrite_node(w, "DequantizeLinear", NULL, x, by, NULL) : NULL;
}

void sdse_ordered_give(struct sdse_rewrite *w, const char *x, uint32_t scale) {
    const char *y = sdse_rewrite_node(w, "QuantizeLinear", NULL, x,
                                      sdse_rewrite_in(w, scale), NULL);
    sdse_rewrite_set_int(w, "output_dtype", ONNX__TENSOR_PROTO__DATA_TYPE__INT8);
    sdse_rewrite_give(w, 0, y);
}

// alpha · A B + bias + C, of real numbers.
static bool expand_product(struct sdse_rewrite *w) {
    const struct sdse_onnx_shape *a = sdse_rewrite_shape(w, 0);
    const int64_t rows = sdse_onnx_int(w->node, "order_A", ORDER_ROWS);
    int64_t n;
    if (!a || a->rank < 2 || rows != ORDER_ROWS || !sdse_rewrite_in(w, 4))
        return false;
    const char *weights =
        sdse_ordered_weights(w, 2, 3, "order_B", (int64_t)a->dim[a->rank - 1], &n);
    const char *x = sdse_ordered_real(w, 0, 1);
    if (!weights || !x)
        return false;
    const char *y = sdse_rewrite_node(w, "MatMul", "", x, weights, NULL);
    if (sdse_rewrite_in(w, 5))
        y = sdse_rewrite_node(w, "Add", ".bias", y, sdse_rewrite_in(w, 5), NULL);
    if (sdse_rewrite_in(w, 6)) {
        const char *c = sdse_ordered_real(w, 6, 7);
        if (!c)
            return false;
        y = sdse_rewrite_node(w, "Add", ".add", y, c, NULL);
    }
    sdse_ordered_give(w, y, 4);
    return true;
}

static bool infer_product(struct sdse_onnx_graph *graph, struct sdse_onnx_node *node) {
    const struct sdse_onnx_shape *a = sdse_expand_need(graph, node, 0);
    const struct sdse_onnx_shape *b = a ? sdse_expand_need(graph, node, 2) : NULL;
    if (!a || !b)
        return false;
    if (a->rank < 2 || b->rank != 2 ||
        (b->dim[0] != a->dim[a->rank - 1] && b->dim[1] != a->dim[a->rank - 1]))
        return sdse_onnx_unknown(node, "the two matrices do not match");
    struct sdse_onnx_shape out = *a;
    out.dim[out.rank - 1] = b->dim[b->dim[0] == a->dim[a->rank - 1]];
    return sdse_onnx_set(graph, node, 0, out.rank, out.dim);
}

static bool is_product(const Onnx__NodeProto *node) {
    return sdse_expand_is(node, "com.microsoft", "QOrderedMatMul");
}

sdse_expander sdse_expander_ordered(const Onnx__NodeProto *node) {
    return is_product(node) ? expand_product : NULL;
}

sdse_onnx_rule sdse_expand_rule_ordered(const Onnx__NodeProto *node) {
    return is_product(node) ? infer_product : NULL;
}
