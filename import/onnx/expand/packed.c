// Products with weights packed into bytes, a few bits each, with a scale and a zero
// point for each block of a row.
#include "import/onnx/expand/rewrite.h"

#include <string.h>

// Element types newer than the onnx.proto we build with.
enum { UINT8 = ONNX__TENSOR_PROTO__DATA_TYPE__UINT8, UINT4 = 21, UINT2 = 25 };
enum { FLOAT = ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT };

// Weights [N][K] of `bits` each, in rows of blocks: the last block of a row is padded.
struct packed {
    int64_t k, n, block, blocks, bits;
    int32_t type;
};

static bool read_packed(const struct sdse_rewrite *w, struct packed *out) {
    const int64_t most = (int64_t)1 << 30;
    *out = (struct packed){.k = sdse_onnx_int(w->node, "K", 0),
                           .n = sdse_onnx_int(w->node, "N", 0),
                           .block = sdse_onnx_int(w->node, "block_size", 0),
                           .bits = sdse_onnx_int(w->node, "bits", 4)};
    if (out->k < 1 || out->n < 1 || out->block < 1 || out->k > most || out->n > most ||
        out->block > most)
        return false;
    out->blocks = (out->k + out->block - 1) / out->block;
    out->type = out->bits == 8 ? UINT8 : out->bits == 4 ? UINT4 : UINT2;
    // A block is a whole number of bytes: rows lie one behind the other without gaps.
    return (out->bits == 2 || out->bits == 4 || out->bits == 8) &&
           out->block * out->bits % 8 == 0;
}

static uint64_t count_of(const struct sdse_onnx_value *value) {
    return sdse_onnx_product(&value->shape, 0, value->shape.rank);
}

// A constant as bytes, of so many; NULL: it is none.
static const Onnx__TensorProto *bytes_of(const struct sdse_rewrite *w, uint32_t i,
                                         uint64_t count) {
    const struct sdse_onnx_value *value = sdse_onnx_in(w->graph, w->node, i);
    return value && value->tensor && value->view == SDSE_ONNX_AS_STORED &&
                   value->tensor->data_type == UINT8 && value->shape.known &&
                   count_of(value) == count
               ? value->tensor
               : NULL;
}

// Zero points [N][blocks], in numbers of the weights' type, of which a row begins a
// byte; or as real numbers, one for each block. False: they do not fit.
static bool zero_points(struct sdse_rewrite *w, const struct packed *p,
                        const char **out) {
    const struct sdse_onnx_value *value = sdse_onnx_in(w->graph, w->node, 3);
    const int64_t each = 8 / p->bits, row = (p->blocks + each - 1) / each;
    if (!value) { // in the middle
        const double half = (double)((int64_t)1 << (p->bits - 1));
        *out = sdse_rewrite_real(w, half);
        return true;
    }
    if (!value->shape.known)
        return false;
    const Onnx__TensorProto *bytes = bytes_of(w, 3, (uint64_t)p->n * (uint64_t)row);
    if (bytes) {
        *out = sdse_rewrite_view(w, bytes, p->type, 2, (int64_t[]){p->n, row * each});
        if (row * each != p->blocks)
            *out = sdse_rewrite_slice(w, *out, 1, 0, p->blocks);
        return true;
    }
    if (!value->tensor || value->tensor->data_type == UINT8 ||
        count_of(value) != (uint64_t)p->n * (uint64_t)p->blocks)
        return false;
    *out = sdse_rewrite_reshape(w, value->name, 2, (int64_t[]){p->n, p->blocks});
    return true;
}

// The real weights [N][K]; NULL if what the node reads does not fit.
static const char *unpacked(struct sdse_rewrite *w, const struct packed *p) {
    const struct sdse_onnx_value *scale = sdse_onnx_in(w->graph, w->node, 2);
    const char *group = sdse_rewrite_in(w, 4), *zero;
    const int64_t wide = p->blocks * p->block;
    const Onnx__TensorProto *bytes =
        bytes_of(w, 1, (uint64_t)p->n * (uint64_t)wide * (uint64_t)p->bits / 8);
    if (!bytes || !scale || !scale->shape.known ||
        count_of(scale) != (uint64_t)p->n * (uint64_t)p->blocks ||
        !zero_points(w, p, &zero))
        return NULL;
    const char *numbers =
        sdse_rewrite_view(w, bytes, p->type, 2, (int64_t[]){p->n, wide});
    const char *scales =
        sdse_rewrite_reshape(w, scale->name, 2, (int64_t[]){p->n, p->blocks});
    if (!group) {
        numbers = sdse_rewrite_node(w, "DequantizeLinear", NULL, numbers, scales, zero);
        sdse_rewrite_set_int(w, "axis", 1);
        sdse_rewrite_set_int(w, "block_size", p->block);
        return wide == p->k ? numbers : sdse_rewrite_slice(w, numbers, 1, 0, p->k);
    }
    // The block of each input is said: its scale and zero point are looked up.
    const struct sdse_onnx_value *places = sdse_onnx_in(w->graph, w->node, 4);
    if (!places->shape.known || count_of(places) != (uint64_t)p->k)
        return NULL;
    scales = sdse_rewrite_node(w, "Gather", NULL, scales, group, NULL);
    sdse_rewrite_set_int(w, "axis", 1);
    if (sdse_rewrite_in(w, 3)) {
        zero = sdse_rewrite_node(w, "Gather", NULL, zero, group, NULL);
        sdse_rewrite_set_int(w, "axis", 1);
    }
    if (wide != p->k)
        numbers = sdse_rewrite_slice(w, numbers, 1, 0, p->k);
    numbers = sdse_rewrite_cast(w, numbers, FLOAT);
    zero = sdse_rewrite_cast(w, zero, FLOAT);
    numbers = sdse_rewrite_node(w, "Sub", NULL, numbers, zero, NULL);
    return sdse_rewrite_node(w, "Mul", NULL, numbers, scales, NULL);
}

static bool expand_nbits(struct sdse_rewrite *w) {
    struct packed packed;
    const char *a = sdse_rewrite_in(w, 0), *bias = sdse_rewrite_in(w, 5);
    if (!a || !read_packed(w, &packed))
        return false;
    const char *weights = unpacked(w, &packed);
    if (!weights)
        return false;
    weights = sdse_rewrite_transpose(w, weights, 2, (int64_t[]){1, 0});
    const char *y = sdse_rewrite_node(w, "MatMul", "", a, weights, NULL);
    if (bias)
        y = sdse_rewrite_node(w, "Add", ".bias", y, bias, NULL);
    sdse_rewrite_give(w, 0, y);
    return true;
}

// ---- MatMulBnb4 --------------------------------------------------------------

// What four bits stand for. Sources: bitsandbytes, csrc/kernels.cu (FP4: a sign, then
// 0, 1/192, 2/3, 1, 1/3, 1/2, 1/6, 1/4); Dettmers et al., arXiv:2305.14314, appendix E
// (NF4: quantiles of the normal distribution).
static const double fp4[8] = {0,          0.0052083333, 0.66666667, 1.0,
                              0.33333333, 0.5,          0.16666667, 0.25};
static const double nf4[16] = {-1.0,
                               -0.6961928009986877,
                               -0.5250730514526367,
                               -0.39491748809814453,
                               -0.28444138169288635,
                               -0.18477343022823334,
                               -0.09105003625154495,
                               0.0,
                               0.07958029955625534,
                               0.16093020141124725,
                               0.24611230194568634,
                               0.33791524171829224,
                               0.44070982933044434,
                               0.5626170039176941,
                               0.7229568362236023,
                               1.0};

// [N][K] in blocks that go on from row to row, two numbers in a byte, the first in the
// upper half; one largest magnitude for each block.
static bool expand_bnb4(struct sdse_rewrite *w) {
    struct packed p;
    const char *a = sdse_rewrite_in(w, 0);
    const struct sdse_onnx_value *scale = sdse_onnx_in(w->graph, w->node, 2);
    const int64_t normal = sdse_onnx_int(w->node, "quant_type", 0);
    if (!a || !scale || !read_packed(w, &p) || p.block % 2 != 0 ||
        p.k * p.n % p.block != 0)
        return false;
    const int64_t all = p.k * p.n, blocks = all / p.block;
    const Onnx__TensorProto *bytes = bytes_of(w, 1, (uint64_t)all / 2);
    double real[16];
    if (!bytes || !scale->shape.known || count_of(scale) != (uint64_t)blocks)
        return false;
    for (unsigned i = 0; i < 16; i++)
        real[i] = normal ? nf4[i] : i < 8 ? fp4[i] : -fp4[i - 8];
    const char *x = sdse_rewrite_view(w, bytes, UINT4, 2, (int64_t[]){all / 2, 2});
    const char *swapped = sdse_rewrite_node(
        w, "Gather", NULL, x, sdse_rewrite_ints(w, 2, (int64_t[]){1, 0}), NULL);
    sdse_rewrite_set_int(w, "axis", 1);
    x = sdse_rewrite_cast(w, swapped, ONNX__TENSOR_PROTO__DATA_TYPE__INT64);
    x = sdse_rewrite_node(w, "Gather", NULL, sdse_rewrite_reals(w, 16, real), x, NULL);
    x = sdse_rewrite_reshape(w, x, 2, (int64_t[]){blocks, p.block});
    const char *scales =
        sdse_rewrite_reshape(w, scale->name, 2, (int64_t[]){blocks, 1});
    x = sdse_rewrite_node(w, "Mul", NULL, x, scales, NULL);
    x = sdse_rewrite_reshape(w, x, 2, (int64_t[]){p.n, p.k});
    x = sdse_rewrite_transpose(w, x, 2, (int64_t[]){1, 0});
    sdse_rewrite_give(w, 0, sdse_rewrite_node(w, "MatMul", "", a, x, NULL));
    return true;
}

sdse_expander sdse_expander_packed(const Onnx__NodeProto *node) {
    if (sdse_expand_is(node, "com.microsoft", "MatMulBnb4"))
        return expand_bnb4;
    return sdse_expand_is(node, "com.microsoft", "MatMulNBits") ? expand_nbits : NULL;
}
