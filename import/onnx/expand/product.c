// Matrix products and convolutions that also transpose, scale, quantize or add.
#include "import/onnx/expand/rewrite.h"

#include <string.h>

enum {
    FLOAT = ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT,
    MOST_RANK = SDSE_ARRAY_MAX_RANK,
};

// x · factor, or x where that is 1.
static const char *scaled(struct sdse_rewrite *w, const char *x, double factor) {
    return factor == 1 ? x
                       : sdse_rewrite_node(w, "Mul", ".scale", x,
                                           sdse_rewrite_real(w, factor), NULL);
}

static const char *plus(struct sdse_rewrite *w, const char *x, const char *bias) {
    return bias ? sdse_rewrite_node(w, "Add", ".bias", x, bias, NULL) : x;
}

// ---- FusedMatMul ------------------------------------------------------------

// An operand as MatMul has it: `batch`, its first dimension is that of its rows, its
// samples follow; `turned`, its last two dimensions are exchanged.
static const char *operand(struct sdse_rewrite *w, uint32_t i, bool batch,
                           bool turned) {
    const struct sdse_onnx_shape *shape = sdse_rewrite_shape(w, i);
    const char *name = sdse_rewrite_in(w, i);
    int64_t perm[MOST_RANK];
    if (!shape || !name)
        return NULL;
    const unsigned rank = shape->rank;
    batch = batch && rank > 2;
    if (rank < 2 || (!batch && !turned))
        return name;
    for (unsigned d = 0; d < rank; d++)
        perm[d] = !batch ? d : d + 2 < rank ? d + 1 : d + 2 == rank ? 0 : rank - 1;
    if (turned) {
        const int64_t last = perm[rank - 1];
        perm[rank - 1] = perm[rank - 2];
        perm[rank - 2] = last;
    }
    return sdse_rewrite_transpose(w, name, rank, perm);
}

// The function named by an attribute, where there is one. NULL: not one of a number
// alone.
static const char *activated(struct sdse_rewrite *w, const char *x) {
    static const char *const plain[] = {"Relu",     "Tanh",     "Sigmoid", "Softplus",
                                        "Softsign", "FastGelu", "Gelu"};
    const Onnx__AttributeProto *named = sdse_onnx_attribute(w->node, "activation");
    if (!named || !named->has_s || named->s.len == 0)
        return x;
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        if (sdse_onnx_text_is(w->node, "activation", plain[i]))
            return sdse_rewrite_node(w, plain[i], ".act", x, NULL, NULL);
    static const struct {
        const char *op, *alpha, *beta;
    } more[] = {{"LeakyRelu", "alpha", NULL}, {"HardSigmoid", "alpha", "beta"}};
    for (size_t i = 0; i < sizeof more / sizeof *more; i++) {
        if (!sdse_onnx_text_is(w->node, "activation", more[i].op))
            continue;
        const char *out = sdse_rewrite_node(w, more[i].op, ".act", x, NULL, NULL);
        sdse_rewrite_set_real(
            w, more[i].alpha,
            sdse_rewrite_attribute(w, "activation_alpha", i ? 0.2 : 0.01));
        if (more[i].beta)
            sdse_rewrite_set_real(w, more[i].beta,
                                  sdse_rewrite_attribute(w, "activation_beta", 0.5));
        return out;
    }
    return NULL;
}

static bool expand_fused_matmul(struct sdse_rewrite *w) {
    const char *a = operand(w, 0, sdse_onnx_int(w->node, "transBatchA", 0) != 0,
                            sdse_onnx_int(w->node, "transA", 0) != 0);
    const char *b = operand(w, 1, sdse_onnx_int(w->node, "transBatchB", 0) != 0,
                            sdse_onnx_int(w->node, "transB", 0) != 0);
    if (!a || !b)
        return false;
    const char *y = sdse_rewrite_node(w, "MatMul", "", a, b, NULL);
    y = activated(w, scaled(w, y, sdse_rewrite_attribute(w, "alpha", 1)));
    if (!y)
        return false;
    sdse_rewrite_give(w, 0, y);
    return true;
}

static bool expand_gemm_gelu(struct sdse_rewrite *w) {
    const char *a = sdse_rewrite_in(w, 0), *b = sdse_rewrite_in(w, 1);
    if (!a || !b)
        return false;
    const char *y = sdse_rewrite_node(w, "MatMul", "", a, b, NULL);
    y = plus(w, y, sdse_rewrite_in(w, 2));
    sdse_rewrite_give(w, 0, sdse_rewrite_node(w, "FastGelu", ".act", y, NULL, NULL));
    return true;
}

// ---- integer products -------------------------------------------------------

// MatMulInteger and what brings it back to real numbers. `scale_a` is that of the first
// operand, computed or not.
static bool write_integer(struct sdse_rewrite *w, const char *a, const char *zero_a,
                          const char *scale_a, uint32_t scale_b, uint32_t zero_b,
                          uint32_t bias) {
    const char *in[4] = {a, sdse_rewrite_in(w, 1), zero_a, sdse_rewrite_in(w, zero_b)};
    const char *product, *scales = sdse_rewrite_in(w, scale_b);
    if (!a || !in[1] || !scales)
        return false;
    sdse_rewrite_wide(w, "MatMulInteger", "",
                      in[3]   ? 4
                      : in[2] ? 3
                              : 2,
                      in, 1, &product);
    if (scale_a)
        scales = sdse_rewrite_node(w, "Mul", NULL, scale_a, scales, NULL);
    const char *y = sdse_rewrite_cast(w, product, FLOAT);
    y = sdse_rewrite_node(w, "Mul", ".scale", y, scales, NULL);
    sdse_rewrite_give(w, 0, plus(w, y, sdse_rewrite_in(w, bias)));
    return true;
}

static bool expand_integer_to_float(struct sdse_rewrite *w) {
    return write_integer(w, sdse_rewrite_in(w, 0), sdse_rewrite_in(w, 4),
                         sdse_rewrite_in(w, 2), 3, 5, 6);
}

static bool expand_integer16(struct sdse_rewrite *w) {
    const char *a = sdse_rewrite_in(w, 0), *b = sdse_rewrite_in(w, 1);
    if (!a || !b)
        return false;
    sdse_rewrite_give(w, 0, sdse_rewrite_node(w, "MatMulInteger", "", a, b, NULL));
    return true;
}

static bool expand_dynamic_matmul(struct sdse_rewrite *w) {
    const char *in[1] = {sdse_rewrite_in(w, 0)}, *quantized[3];
    if (!in[0])
        return false;
    sdse_rewrite_wide(w, "DynamicQuantizeLinear", NULL, 1, in, 3, quantized);
    return write_integer(w, quantized[0], quantized[2], quantized[1], 2, 3, 4);
}

static const char *dequantized(struct sdse_rewrite *w, uint32_t x, uint32_t scale,
                               uint32_t zero, int64_t axis) {
    const char *in[3] = {sdse_rewrite_in(w, x), sdse_rewrite_in(w, scale),
                         sdse_rewrite_in(w, zero)};
    if (!in[0] || !in[1])
        return NULL;
    const char *y = sdse_rewrite_node(w, "DequantizeLinear", NULL, in[0], in[1], in[2]);
    sdse_rewrite_set_int(w, "axis", axis);
    return y;
}

// alpha · (A B + C) of integers: C has the products' scale, and no zero point.
static bool expand_qgemm(struct sdse_rewrite *w) {
    const bool turned = sdse_onnx_int(w->node, "transB", 0) != 0;
    const char *a = dequantized(w, 0, 1, 2, 1), *b = dequantized(w, 3, 4, 5, !turned);
    const char *c = sdse_rewrite_in(w, 6), *scale = sdse_rewrite_in(w, 7);
    if (!a || !b)
        return false;
    const char *y = sdse_rewrite_node(w, "Gemm", "", a, b, NULL);
    sdse_rewrite_set_int(w, "transA", sdse_onnx_int(w->node, "transA", 0));
    sdse_rewrite_set_int(w, "transB", turned);
    if (c) {
        const char *scales = sdse_rewrite_node(w, "Mul", NULL, sdse_rewrite_in(w, 1),
                                               sdse_rewrite_in(w, 4), NULL);
        c = sdse_rewrite_node(w, "Mul", NULL, sdse_rewrite_cast(w, c, FLOAT), scales,
                              NULL);
    }
    y = scaled(w, plus(w, y, c), sdse_rewrite_attribute(w, "alpha", 1));
    if (scale)
        y = sdse_rewrite_node(w, "QuantizeLinear", NULL, y, scale,
                              sdse_rewrite_in(w, 8));
    sdse_rewrite_give(w, 0, y);
    return true;
}

// scaleA · scaleB · alpha · A B + beta · C, and a function of it.
static bool expand_float8(struct sdse_rewrite *w) {
    const char *a = sdse_rewrite_in(w, 0), *b = sdse_rewrite_in(w, 1);
    const char *c = sdse_rewrite_in(w, 2),
               *scale[2] = {sdse_rewrite_in(w, 3), sdse_rewrite_in(w, 4)};
    if (!a || !b || sdse_rewrite_in(w, 5))
        return false; // of a float8 result
    if (scale[0])
        a = sdse_rewrite_node(w, "Mul", NULL, a, scale[0], NULL);
    if (scale[1])
        b = sdse_rewrite_node(w, "Mul", NULL, b, scale[1], NULL);
    const char *y = sdse_rewrite_node(w, "Gemm", "", a, b, NULL);
    sdse_rewrite_set_int(w, "transA", sdse_onnx_int(w->node, "transA", 0));
    sdse_rewrite_set_int(w, "transB", sdse_onnx_int(w->node, "transB", 0));
    y = scaled(w, y, sdse_rewrite_attribute(w, "alpha", 1));
    if (c)
        y = plus(w, y, scaled(w, c, sdse_rewrite_attribute(w, "beta", 0)));
    y = activated(w, y);
    if (!y)
        return false;
    sdse_rewrite_give(w, 0, y);
    return true;
}

// ---- channels last ----------------------------------------------------------

// Channels before the `axes` of a map, or behind them.
static const char *channels_to(struct sdse_rewrite *w, const char *x, unsigned axes,
                               bool first) {
    int64_t perm[MOST_RANK] = {0};
    perm[first ? 1 : axes + 1] = first ? axes + 1 : 1;
    for (unsigned d = 0; d < axes; d++)
        perm[first ? d + 2 : d + 1] = first ? d + 1 : d + 2;
    return sdse_rewrite_transpose(w, x, axes + 2, perm);
}

// A convolution of maps whose channels come last, with weights as Conv has them.
static bool write_last(struct sdse_rewrite *w, const char *op, uint32_t added) {
    const struct sdse_onnx_shape *x = sdse_rewrite_shape(w, 0);
    const struct sdse_onnx_shape *k =
        sdse_rewrite_shape(w, sdse_onnx_operands_of(w->node->op).b);
    const char *in[16], *y;
    const uint32_t count = w->node->input_count;
    if (!x || !k || x->rank < 3 || k->rank != x->rank || count > 16)
        return false;
    const unsigned axes = x->rank - 2;
    for (uint32_t i = 0; i < count; i++) {
        in[i] = sdse_rewrite_in(w, i);
        if (in[i] && (i == 0 || i == added))
            in[i] = channels_to(w, in[i], axes, true);
    }
    sdse_rewrite_wide(w, op, "", count, in, 1, &y);
    sdse_rewrite_keep_attributes(w, "channels_last");
    sdse_rewrite_give(w, 0, channels_to(w, y, axes, false));
    return true;
}

static bool expand_nhwc_conv(struct sdse_rewrite *w) {
    return write_last(w, "Conv", SDSE_ONNX_NONE);
}
static bool expand_nhwc_fused(struct sdse_rewrite *w) {
    return write_last(w, "FusedConv", 3);
}
static bool expand_qlinear_last(struct sdse_rewrite *w) {
    return write_last(w, "QLinearConv", SDSE_ONNX_NONE);
}

static bool says_channels_last(const Onnx__NodeProto *node) {
    for (size_t i = 0; i < node->n_attribute; i++)
        if (node->attribute[i]->name && node->attribute[i]->i &&
            strcmp(node->attribute[i]->name, "channels_last") == 0)
            return true;
    return false;
}

sdse_expander sdse_expander_product(const Onnx__NodeProto *node) {
    static const struct {
        const char *op;
        sdse_expander expand;
    } table[] = {
        {"FusedMatMul", expand_fused_matmul},
        {"FusedMatMulActivation", expand_fused_matmul},
        {"TransposeMatMul", expand_fused_matmul},
        {"GemmFastGelu", expand_gemm_gelu},
        {"MatMulIntegerToFloat", expand_integer_to_float},
        {"DynamicQuantizeMatMul", expand_dynamic_matmul},
        {"MatMulInteger16", expand_integer16},
        {"QGemm", expand_qgemm},
        {"GemmFloat8", expand_float8},
        {"NhwcConv", expand_nhwc_conv},
        {"NhwcFusedConv", expand_nhwc_fused},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (sdse_expand_is(node, "com.microsoft", table[i].op))
            return table[i].expand;
    return sdse_expand_is(node, "com.microsoft", "QLinearConv") &&
                   says_channels_last(node)
               ? expand_qlinear_last
               : NULL;
}
