// Operators of quantized numbers, in exact integers.
#include "import/forward/quantized.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    UINT8 = ONNX__TENSOR_PROTO__DATA_TYPE__UINT8,
    INT32 = ONNX__TENSOR_PROTO__DATA_TYPE__INT32,
};

// Where an operator has its operands, their scales and zero points, and the dimension
// along which there may be several.
static const struct product {
    const char *op;
    uint32_t operand[2], scale[2], zero[2], out_scale, out_zero;
    int64_t axis[2];
    bool convolution;
} products[] = {
    {"QLinearConv", {0, 3}, {1, 4}, {2, 5}, 6, 7, {1, 0}, true},
    {"ConvInteger", {0, 1}, {9, 9}, {2, 3}, 9, 9, {1, 0}, true},
    {"QLinearMatMul", {0, 3}, {1, 4}, {2, 5}, 6, 7, {-2, -1}, false},
    {"MatMulInteger", {0, 1}, {9, 9}, {2, 3}, 9, 9, {-2, -1}, false},
};

static const struct product *find_product(const char *op) {
    for (size_t i = 0; i < sizeof products / sizeof *products; i++)
        if (strcmp(op, products[i].op) == 0)
            return &products[i];
    return NULL;
}

bool sdse_step_is_integer_product(const char *op) { return find_product(op) != NULL; }

// The number for element i of x: one for all, or one for each position of the axis.
static bool fits_axis(const struct sdse_onnx_numbers *numbers,
                      const struct sdse_onnx_shape *shape, int64_t axis) {
    unsigned at;
    return numbers->count == 1 ||
           (sdse_onnx_axis(axis, shape->rank, &at) && numbers->count == shape->dim[at]);
}

static double along(const struct sdse_onnx_numbers *numbers,
                    const struct sdse_onnx_shape *shape, int64_t axis, uint64_t i) {
    unsigned at = 0;
    if (!numbers->data || numbers->count == 1)
        return numbers->data ? numbers->data[0] : 0;
    sdse_onnx_axis(axis, shape->rank, &at);
    return numbers
        ->data[i / sdse_onnx_product(shape, at + 1, shape->rank) % shape->dim[at]];
}

bool sdse_step_operand(struct sdse_step *step, bool first,
                       struct sdse_onnx_numbers *out, struct sdse_grid *grid) {
    const struct product *product = find_product(step->node->op);
    const struct sdse_onnx_numbers *x = &step->in[product->operand[!first]];
    uint32_t place = product->zero[!first];
    struct sdse_onnx_numbers none = {0};
    const struct sdse_onnx_numbers *zero =
        sdse_step_has(step, place) ? &step->in[place] : &none;
    int64_t axis = product->axis[!first];
    if (zero->data && !fits_axis(zero, &x->shape, axis))
        return sdse_step_fail(step, "its zero points do not fit what they are of");
    *out = *x;
    out->data = malloc((size_t)(x->count + 1) * sizeof *out->data);
    if (!out->data)
        return sdse_step_no_memory(step);
    for (uint64_t i = 0; i < x->count; i++)
        out->data[i] = x->data[i] - along(zero, &x->shape, axis, i);
    if (!grid)
        return true;
    *grid = (struct sdse_grid){.scale = 1};
    grid->known = sdse_step_type_range(step->in_type[product->operand[!first]],
                                       &grid->least, &grid->most);
    double low = zero->data && zero->count > 0 ? zero->data[0] : 0, high = low;
    for (uint64_t i = 1; i < zero->count; i++) {
        low = fmin(low, zero->data[i]);
        high = fmax(high, zero->data[i]);
    }
    grid->least -= high;
    grid->most -= low;
    return true;
}

// Rounded to the nearest integer, ties to even, and kept in the type's range.
static double saturate(double x, double least, double most) {
    double rounded = nearbyint(x);
    return rounded < least ? least : rounded > most ? most : rounded;
}

// The real sums of a QLinear product as integers of the output's type.
static bool requantize(struct sdse_step *step, const struct product *product) {
    struct sdse_onnx_numbers *out = &step->out[0];
    const struct sdse_onnx_numbers *scale[3], *zero;
    const uint32_t at[3] = {product->scale[0], product->scale[1], product->out_scale};
    double least, most;
    for (unsigned i = 0; i < 3; i++) {
        scale[i] = &step->in[at[i]];
        if (!sdse_step_has(step, at[i]) || scale[i]->count == 0)
            return sdse_step_fail(step, "a scale is missing");
    }
    if (!sdse_step_has(step, product->out_zero))
        return sdse_step_fail(step, "the zero point of its output is missing");
    zero = &step->in[product->out_zero];
    step->out_type[0] = step->in_type[product->out_zero];
    if (!sdse_step_type_range(step->out_type[0], &least, &most))
        return sdse_step_fail(step, "the type of its output is not executed here");
    // The output's dimension that the filters are: 1 of a map, the last of a matrix.
    int64_t filters = product->convolution ? 1 : -1;
    const int64_t axis[3] = {product->convolution ? 1 : -2, filters, filters};
    if ((product->convolution && scale[0]->count != 1) || zero->count == 0 ||
        !fits_axis(zero, &out->shape, filters))
        return sdse_step_fail(step, "its scales do not fit its operands");
    for (unsigned i = 0; i < 3; i++)
        if (!fits_axis(scale[i], &out->shape, axis[i]))
            return sdse_step_fail(step, "its scales do not fit its operands");
    for (uint64_t i = 0; i < out->count; i++) {
        double factor = along(scale[0], &out->shape, axis[0], i) *
                        along(scale[1], &out->shape, axis[1], i) /
                        along(scale[2], &out->shape, axis[2], i);
        out->data[i] = saturate(nearbyint(out->data[i] * factor) +
                                    along(zero, &out->shape, filters, i),
                                least, most);
    }
    return true;
}

static bool run_product(struct sdse_step *step) {
    const struct product *product = find_product(step->node->op);
    struct sdse_onnx_numbers a, b;
    step->out_type[0] = INT32;
    if (!sdse_step_operand(step, true, &a, NULL))
        return false;
    if (!sdse_step_operand(step, false, &b, NULL)) {
        free(a.data);
        return false;
    }
    bool quantized = product->out_scale < 9;
    const struct sdse_onnx_numbers *bias =
        quantized && product->convolution && sdse_step_has(step, 8) ? &step->in[8]
                                                                    : NULL;
    bool good =
        bias && bias->count != b.shape.dim[0]
            ? sdse_step_fail(step, "its bias has another length than its filters")
        : product->convolution
            ? sdse_step_convolve(step, &a, &b, bias ? bias->data : NULL)
            : sdse_step_multiply(step, &a, &b);
    free(a.data);
    free(b.data);
    return good && (!quantized || requantize(step, product));
}

// round(x / scale) + zero; one scale for all, for each position of the axis, or for
// each block of positions.
static bool run_quantize(struct sdse_step *step) {
    const struct sdse_onnx_numbers *x = &step->in[0], *scale = &step->in[1];
    const struct sdse_onnx_shape *shape = &x->shape;
    bool shifted = sdse_step_has(step, 2);
    int64_t axis = sdse_onnx_int(step->node, "axis", 1);
    int64_t type = sdse_onnx_int(step->node, "output_dtype", 0);
    double least, most;
    step->out_type[0] = shifted ? step->in_type[2] : type ? (int32_t)type : UINT8;
    if (!sdse_step_type_range(step->out_type[0], &least, &most))
        return sdse_step_fail(step, "the type of its output is not executed here");
    if (sdse_onnx_int(step->node, "block_size", 0) != 0)
        return sdse_step_fail(step, "quantization in blocks is not executed here");
    if (!sdse_step_has(step, 1) || !fits_axis(scale, shape, axis) ||
        (shifted && !fits_axis(&step->in[2], shape, axis)))
        return sdse_step_fail(step, "its scales or zero points do not fit its input");
    for (uint64_t i = 0; i < x->count; i++) {
        float quotient = (float)x->data[i] / (float)along(scale, shape, axis, i);
        double zero = shifted ? along(&step->in[2], shape, axis, i) : 0;
        step->out[0].data[i] =
            saturate(nearbyint((double)quotient) + zero, least, most);
    }
    return true;
}

// uint8, by the range of the map and 0. Source: the operator's definition; the scale of
// a map of zeros is 1.
static bool run_dynamic_quantize(struct sdse_step *step) {
    const struct sdse_onnx_numbers *x = &step->in[0];
    float least = 0, most = 0;
    for (uint64_t i = 0; i < x->count; i++) {
        least = fminf(least, (float)x->data[i]);
        most = fmaxf(most, (float)x->data[i]);
    }
    float scale = most > least ? (most - least) / 255 : 1;
    double zero = saturate((double)(-least / scale), 0, 255);
    for (uint64_t i = 0; i < x->count; i++)
        step->out[0].data[i] =
            saturate(nearbyint((double)((float)x->data[i] / scale)) + zero, 0, 255);
    step->out_type[0] = UINT8;
    if (step->outputs > 1 && step->out[1].data) {
        step->out[1].data[0] = (double)scale;
        step->out_type[1] = step->in_type[0];
    }
    if (step->outputs > 2 && step->out[2].data) {
        step->out[2].data[0] = zero;
        step->out_type[2] = UINT8;
    }
    return true;
}

struct sdse_grid sdse_step_grid(const struct sdse_step *step) {
    struct sdse_grid grid = {0};
    if (!sdse_step_has(step, 1) || step->in[1].count != 1 ||
        (sdse_step_has(step, 2) && step->in[2].count != 1) ||
        !(step->in[1].data[0] > 0) ||
        !sdse_step_type_range(step->in_type[0], &grid.least, &grid.most))
        return grid;
    double zero = sdse_step_has(step, 2) ? step->in[2].data[0] : 0;
    grid.known = true;
    grid.scale = step->in[1].data[0];
    grid.least -= zero;
    grid.most -= zero;
    return grid;
}

sdse_step_rule sdse_step_rule_quantized(const char *op) {
    return find_product(op)                           ? run_product
           : strcmp(op, "QuantizeLinear") == 0        ? run_quantize
           : strcmp(op, "DynamicQuantizeLinear") == 0 ? run_dynamic_quantize
                                                      : NULL;
}
