// Products with weights packed into bytes, a few bits each, with a scale and a zero
// point for each block of a row.
#include "import/onnx/expand/packed.h"

#include <string.h>

enum {
    UINT8 = ONNX__TENSOR_PROTO__DATA_TYPE__UINT8,
    UINT4 = SDSE_NBITS_UINT4,
    UINT2 = SDSE_NBITS_UINT2,
    FLOAT = ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT,
};

bool sdse_nbits_read(const struct sdse_rewrite *w, int64_t n, struct sdse_nbits *out) {
    const int64_t most = (int64_t)1 << 30;
    *out = (struct sdse_nbits){.k = sdse_onnx_int(w->node, "K", 0),
                               .n = n,
                               .block = sdse_onnx_int(w->node, "block_size", 0),
                               .bits = sdse_onnx_int(w->node, "bits", 4),
                               .weights = 1,
                               .scales = 2,
                               .zeros = 3,
                               .groups = 4};
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

const Onnx__TensorProto *sdse_nbits_bytes(const struct sdse_rewrite *w, uint32_t i,
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
static bool zero_points(struct sdse_rewrite *w, const struct sdse_nbits *p,
                        const char **out) {
    const struct sdse_onnx_value *value = sdse_onnx_in(w->graph, w->node, p->zeros);
    const int64_t each = 8 / p->bits, row = (p->blocks + each - 1) / each;
    if (!value) { // in the middle
        const double half = (double)((int64_t)1 << (p->bits - 1));
        *out = sdse_rewrite_real(w, half);
        return true;
    }
    if (!value->shape.known)
        return false;
    const Onnx__TensorProto *bytes =
        sdse_nbits_bytes(w, p->zeros, (uint64_t)p->n * (uint64_t)row);
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

const char *sdse_nbits_write(struct sdse_rewrite *w, const struct sdse_nbits *p) {
    const struct sdse_onnx_value *scale = sdse_onnx_in(w->graph, w->node, p->scales);
    const char *group = sdse_rewrite_in(w, p->groups), *zero;
    const int64_t wide = p->blocks * p->block;
    const Onnx__TensorProto *bytes = sdse_nbits_bytes(
        w, p->weights, (uint64_t)p->n * (uint64_t)wide * (uint64_t)p->bits / 8);
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
    const struct sdse_onnx_value *places = sdse_onnx_in(w->graph, w->node, p->groups);
    if (!places->shape.known || count_of(places) != (uint64_t)p->k)
        return NULL;
    scales = sdse_rewrite_node(w, "Gather", NULL, scales, group, NULL);
    sdse_rewrite_set_int(w, "axis", 1);
    if (sdse_rewrite_in(w, p->zeros)) {
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
    struct sdse_nbits packed;
    const char *a = sdse_rewrite_in(w, 0), *bias = sdse_rewrite_in(w, 5);
    if (!a || sdse_onnx_int(w->node, "weight_prepacked", 0) ||
        !sdse_nbits_read(w, sdse_onnx_int(w->node, "N", 0), &packed))
        return false;
    const char *weights = sdse_nbits_write(w, &packed);
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
    struct sdse_nbits p;
    const char *a = sdse_rewrite_in(w, 0);
    const struct sdse_onnx_value *scale = sdse_onnx_in(w->graph, w->node, 2);
    const int64_t normal = sdse_onnx_int(w->node, "quant_type", 0);
    if (!a || !scale || !sdse_nbits_read(w, sdse_onnx_int(w->node, "N", 0), &p) ||
        p.block % 2 != 0 || p.k * p.n % p.block != 0)
        return false;
    const int64_t all = p.k * p.n, blocks = all / p.block;
    const Onnx__TensorProto *bytes = sdse_nbits_bytes(w, 1, (uint64_t)all / 2);
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

// ---- MatMulFpQ4 --------------------------------------------------------------

// [N] rows of blocks, each a float and then nibbles of `length` numbers: of 32 each the
// first 16 in the lower halves of 16 bytes, the others in the upper ones; less 8.
// Source: ONNX Runtime, mlas/lib/q4common.h (BlkQ4Sym, BlkQ4Sym64, BlkQ4Sym128).
static bool expand_fpq4(struct sdse_rewrite *w) {
    const struct sdse_onnx_list shape = sdse_onnx_list_of(w->graph, w->node, NULL, 2);
    const struct sdse_onnx_value *blob = sdse_onnx_in(w->graph, w->node, 1);
    const int64_t type = sdse_onnx_int(w->node, "blk_quant_type", 1), most = 1 << 30;
    const int64_t length = type == 0 ? 32 : type == 2 ? 64 : type == 4 ? 128 : 0;
    if (length == 0 || shape.given != SDSE_ONNX_GIVEN || shape.count != 2 ||
        !sdse_rewrite_in(w, 0) || !blob || shape.value[0] < 1 || shape.value[1] < 1 ||
        shape.value[0] > most || shape.value[1] > most)
        return false;
    const int64_t k = shape.value[0], n = shape.value[1];
    const int64_t each = (k + length - 1) / length, blocks = n * each;
    const int64_t bytes = 4 + length / 2;
    const Onnx__TensorProto *stored =
        sdse_nbits_bytes(w, 1, (uint64_t)blocks * (uint64_t)bytes);
    if (!stored || (stored->n_int32_data > 0 && !stored->has_raw_data))
        return false; // a float is not seen in bytes that are apart
    const char *scales =
        sdse_rewrite_view(w, stored, FLOAT, 2, (int64_t[]){blocks, bytes / 4});
    const char *x =
        sdse_rewrite_view(w, stored, UINT4, 2, (int64_t[]){blocks, 2 * bytes});
    scales = sdse_rewrite_slice(w, scales, 1, 0, 1);
    x = sdse_rewrite_slice(w, x, 1, 8, 2 * bytes);
    x = sdse_rewrite_reshape(w, x, 4, (int64_t[]){blocks, length / 32, 16, 2});
    x = sdse_rewrite_transpose(w, x, 4, (int64_t[]){0, 1, 3, 2});
    x = sdse_rewrite_reshape(w, x, 2, (int64_t[]){blocks, length});
    x = sdse_rewrite_cast(w, x, FLOAT);
    x = sdse_rewrite_node(w, "Sub", NULL, x, sdse_rewrite_real(w, 8), NULL);
    x = sdse_rewrite_node(w, "Mul", NULL, x, scales, NULL);
    x = sdse_rewrite_reshape(w, x, 2, (int64_t[]){n, each * length});
    if (each * length != k)
        x = sdse_rewrite_slice(w, x, 1, 0, k);
    x = sdse_rewrite_transpose(w, x, 2, (int64_t[]){1, 0});
    sdse_rewrite_give(
        w, 0, sdse_rewrite_node(w, "MatMul", "", sdse_rewrite_in(w, 0), x, NULL));
    return true;
}

sdse_expander sdse_expander_packed(const Onnx__NodeProto *node) {
    if (sdse_expand_is(node, "com.microsoft", "MatMulBnb4"))
        return expand_bnb4;
    if (sdse_expand_is(node, "com.microsoft", "MatMulFpQ4"))
        return expand_fpq4;
    return sdse_expand_is(node, "com.microsoft", "MatMulNBits") ? expand_nbits : NULL;
}
