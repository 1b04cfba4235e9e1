// Products with packed weights that also normalise, gate, or come in threes; and
// weights of eight and four floating bits.
#include "import/onnx/expand/packed.h"
#include "import/onnx/expand/shapes.h"

#include <string.h>

static const char *product(struct sdse_rewrite *w, const char *suffix, const char *a,
                           const char *weights, uint32_t bias) {
    weights = sdse_rewrite_transpose(w, weights, 2, (int64_t[]){1, 0});
    const char *y = sdse_rewrite_node(w, "MatMul", suffix, a, weights, NULL);
    const char *added = sdse_rewrite_in(w, bias);
    return added ? sdse_rewrite_node(w, "Add", ".bias", y, added, NULL) : y;
}

// ---- MatMulNBitsMlp, MatMulNBitsQkv ------------------------------------------

// The first input, with `skip` added, normalised by `scale`, where there are such; the
// sum is output `sum`.
static const char *normalised(struct sdse_rewrite *w, uint32_t sum) {
    const char *x = sdse_rewrite_in(w, 0), *skip = sdse_rewrite_in(w, 1),
               *scale = sdse_rewrite_in(w, 2);
    if (skip)
        x = sdse_rewrite_node(w, "Add", ".skip", x, skip, NULL);
    if (skip && sdse_rewrite_gives(w, sum))
        x = sdse_rewrite_give(w, sum, x);
    if (!scale)
        return x;
    const char *y =
        sdse_rewrite_node(w, "SimplifiedLayerNormalization", ".norm", x, scale, NULL);
    sdse_rewrite_set_real(w, "epsilon", sdse_rewrite_attribute(w, "epsilon", 1e-5));
    return y;
}

// The product with packed weights `at`, scales and a bias behind them. NULL: they do
// not fit.
static const char *packed_product(struct sdse_rewrite *w, const char *suffix,
                                  const char *x, uint32_t at, int64_t n) {
    struct sdse_nbits p;
    if (!sdse_nbits_read(w, n, &p))
        return NULL;
    p.weights = at;
    p.scales = at + 1;
    p.zeros = p.groups = SDSE_ONNX_NONE;
    const char *weights = sdse_nbits_write(w, &p);
    return weights ? product(w, suffix, x, weights, at + 2) : NULL;
}

static bool is_misfit(const struct sdse_rewrite *w, uint32_t sum) {
    const struct sdse_onnx_shape *x = sdse_rewrite_shape(w, 0);
    return !x || x->rank < 1 ||
           (int64_t)x->dim[x->rank - 1] != sdse_onnx_int(w->node, "K", 0) ||
           (sdse_rewrite_gives(w, sum) && !sdse_rewrite_in(w, 1));
}

static bool expand_mlp(struct sdse_rewrite *w) {
    const int64_t n = sdse_onnx_int(w->node, "N", 0);
    if (is_misfit(w, 1))
        return false;
    const char *x = normalised(w, 1);
    const char *gate = packed_product(w, ".gate", x, 3, n);
    const char *up = gate ? packed_product(w, ".up", x, 6, n) : NULL;
    if (!up)
        return false;
    const char *act = NULL;
    if (sdse_onnx_text_is(w->node, "activation", "silu")) {
        act = sdse_rewrite_node(w, "Sigmoid", NULL, gate, NULL, NULL);
        act = sdse_rewrite_node(w, "Mul", ".act", gate, act, NULL);
    } else if (sdse_onnx_text_is(w->node, "activation", "gelu")) {
        act = sdse_rewrite_node(w, "Gelu", ".act", gate, NULL, NULL);
    } else if (sdse_onnx_text_is(w->node, "activation", "relu")) {
        act = sdse_rewrite_node(w, "Relu", ".act", gate, NULL, NULL);
    }
    if (!act)
        return false;
    sdse_rewrite_give(w, 0, sdse_rewrite_node(w, "Mul", ".gated", act, up, NULL));
    return true;
}

static bool expand_qkv(struct sdse_rewrite *w) {
    static const char *const suffix[] = {".q", ".k", ".v"};
    if (is_misfit(w, 3) || !sdse_rewrite_in(w, 2))
        return false;
    const char *x = normalised(w, 3);
    for (uint32_t i = 0; i < 3; i++) {
        const char *y = packed_product(w, suffix[i], x, 3 + 3 * i,
                                       sdse_onnx_int(w->node, i ? "Nkv" : "Nq", 0));
        if (!y)
            return false;
        sdse_rewrite_give(w, i, y);
    }
    return true;
}

// Output i: the first input's rows, `n` numbers each.
static bool set_columns(struct sdse_onnx_graph *graph, struct sdse_onnx_node *node,
                        uint32_t i, int64_t n) {
    const struct sdse_onnx_shape *x = sdse_expand_need(graph, node, 0);
    if (!x)
        return false;
    if (n < 1 || x->rank < 1)
        return sdse_onnx_unknown(node, "its attributes do not fit its input");
    struct sdse_onnx_shape out = *x;
    out.dim[out.rank - 1] = (uint64_t)n;
    return sdse_onnx_set(graph, node, i, out.rank, out.dim);
}

static bool infer_mlp(struct sdse_onnx_graph *graph, struct sdse_onnx_node *node) {
    const struct sdse_onnx_shape *x = sdse_expand_need(graph, node, 0);
    return x && set_columns(graph, node, 0, sdse_onnx_int(node, "N", 0)) &&
           sdse_onnx_set(graph, node, 1, x->rank, x->dim);
}

static bool infer_qkv(struct sdse_onnx_graph *graph, struct sdse_onnx_node *node) {
    const struct sdse_onnx_shape *x = sdse_expand_need(graph, node, 0);
    const int64_t n = sdse_onnx_int(node, "Nkv", 0);
    return x && set_columns(graph, node, 0, sdse_onnx_int(node, "Nq", 0)) &&
           set_columns(graph, node, 1, n) && set_columns(graph, node, 2, n) &&
           sdse_onnx_set(graph, node, 3, x->rank, x->dim);
}

// ---- MatMulBlockQuantizedFp8Weight, …Fp4Weight -------------------------------

// Weights [N][K], or [N][K / 2] bytes of two: N and K.
static bool read_floating(const struct sdse_onnx_graph *graph,
                          const struct sdse_onnx_node *node, int64_t *n, int64_t *k) {
    const struct sdse_onnx_value *stored = sdse_onnx_in(graph, node, 1);
    const int64_t most = (int64_t)1 << 30;
    if (!stored || !stored->shape.known || stored->shape.rank != 2)
        return false;
    *n = (int64_t)stored->shape.dim[0];
    *k = (int64_t)stored->shape.dim[1] * (strstr(node->op, "Fp4") ? 2 : 1);
    return *n >= 1 && *k >= 1 && *n <= most && *k <= most;
}

static bool infer_floating(struct sdse_onnx_graph *graph, struct sdse_onnx_node *node) {
    const struct sdse_onnx_shape *x = sdse_expand_need(graph, node, 0);
    int64_t n, k;
    if (!x)
        return false;
    if (!read_floating(graph, node, &n, &k) || x->rank < 1 ||
        (int64_t)x->dim[x->rank - 1] != k)
        return sdse_onnx_unknown(node, "its weights do not fit its input");
    return set_columns(graph, node, 0, n);
}

// The first input's rows, as many numbers as the shape of the weights says last.
static bool infer_shaped(struct sdse_onnx_graph *graph, struct sdse_onnx_node *node) {
    const struct sdse_onnx_shape *x = sdse_expand_need(graph, node, 0);
    const struct sdse_onnx_list shape = sdse_onnx_list_of(graph, node, NULL, 2);
    if (!x)
        return false;
    if (shape.given != SDSE_ONNX_GIVEN || shape.count != 2 || x->rank < 1 ||
        (int64_t)x->dim[x->rank - 1] != shape.value[0])
        return sdse_onnx_unknown(node, "the shape of its weights is not known, or does "
                                       "not fit its input");
    return set_columns(graph, node, 0, shape.value[1]);
}

// A number for each block of a row; what is computed with 8 bits of A is not rounded
// here.
static bool expand_floating(struct sdse_rewrite *w) {
    const bool four = strstr(w->node->op, "Fp4") != NULL;
    const int64_t block = sdse_onnx_int(w->node, "block_size", four ? 16 : 128);
    const char *weights = sdse_rewrite_in(w, 1), *scales = sdse_rewrite_in(w, 2),
               *x = sdse_rewrite_in(w, 0);
    int64_t n, k;
    if (!read_floating(w->graph, w->node, &n, &k) || block < 1 || !scales)
        return false;
    const uint64_t blocks = (uint64_t)(k - 1) / (uint64_t)block + 1;
    if (four) {
        const Onnx__TensorProto *numbers =
            sdse_nbits_bytes(w, 1, (uint64_t)n * (uint64_t)k / 2);
        const Onnx__TensorProto *bytes = sdse_nbits_bytes(w, 2, (uint64_t)n * blocks);
        if (!numbers || !bytes || !sdse_rewrite_in(w, 3))
            return false;
        weights = sdse_rewrite_view(w, numbers, SDSE_NBITS_E2M1, 2, (int64_t[]){n, k});
        scales = sdse_rewrite_view(w, bytes, SDSE_NBITS_E4M3, 2,
                                   (int64_t[]){n, (int64_t)blocks});
    }
    weights = sdse_rewrite_node(w, "DequantizeLinear", NULL, weights, scales, NULL);
    sdse_rewrite_set_int(w, "axis", 1);
    sdse_rewrite_set_int(w, "block_size", block);
    if (four)
        weights =
            sdse_rewrite_node(w, "Mul", NULL, weights, sdse_rewrite_in(w, 3), NULL);
    if (!four && sdse_rewrite_in(w, 3))
        x = sdse_rewrite_stand_in(w, x); // rounded to 8 bits
    sdse_rewrite_give(w, 0, product(w, "", x, weights, four ? 5 : 4));
    return true;
}

static const struct {
    const char *op;
    sdse_expander expand;
    sdse_onnx_rule rule;
} table[] = {
    {"MatMulNBitsMlp", expand_mlp, infer_mlp},
    {"MatMulNBitsQkv", expand_qkv, infer_qkv},
    {"MatMulBlockQuantizedFp4Weight", expand_floating, infer_floating},
    {"MatMulBlockQuantizedFp8Weight", expand_floating, infer_floating},
    {"MatMulFpQ4", NULL, infer_shaped}, // written out in packed.c
};

sdse_expander sdse_expander_packed_fused(const Onnx__NodeProto *node) {
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (sdse_expand_is(node, "com.microsoft", table[i].op))
            return table[i].expand;
    return NULL;
}

sdse_onnx_rule sdse_expand_rule_packed(const Onnx__NodeProto *node) {
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (sdse_expand_is(node, "com.microsoft", table[i].op))
            return table[i].rule;
    return NULL;
}
