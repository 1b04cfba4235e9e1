#include "import/onnx/quantized.h"

#include <stdlib.h>
#include <string.h>

struct sdse_onnx_quant sdse_onnx_quant_of(const struct sdse_onnx_graph *graph,
                                          const struct sdse_onnx_node *node,
                                          const struct sdse_onnx_value *value,
                                          uint32_t scale, uint32_t zero, int64_t axis,
                                          uint64_t block) {
    const struct sdse_onnx_shape *shape = &value->shape;
    unsigned at = 0;
    struct sdse_onnx_quant quant = {.scale = sdse_onnx_in(graph, node, scale),
                                    .zero = sdse_onnx_in(graph, node, zero),
                                    .inner = 1,
                                    .extent = 1,
                                    .block = block};
    if (shape->rank == 0 || !sdse_onnx_axis(axis, shape->rank, &at))
        return quant; // one scale for all
    quant.extent = shape->dim[at];
    quant.inner = sdse_onnx_product(shape, at + 1, shape->rank);
    // Stored the other way round: rows are apart by the number of columns there.
    if (value->view == SDSE_ONNX_TRANSPOSED)
        quant.inner = at + 1 == shape->rank ? shape->dim[at - 1] : 1;
    return quant;
}

struct sdse_onnx_quant sdse_onnx_quant_in(const struct sdse_onnx_graph *graph,
                                          const struct sdse_onnx_node *node,
                                          const struct sdse_onnx_value *value,
                                          bool first) {
    static const struct {
        const char *op;
        uint32_t scale[2], zero[2]; // of the first and the second operand
        int64_t axis[2];
    } nodes[] = {
        {"QLinearConv", {1, 4}, {2, 5}, {1, 0}},
        {"ConvInteger", {SDSE_ONNX_NONE, SDSE_ONNX_NONE}, {2, 3}, {1, 0}},
        {"QLinearMatMul", {1, 4}, {2, 5}, {-2, -1}},
        {"MatMulInteger", {SDSE_ONNX_NONE, SDSE_ONNX_NONE}, {2, 3}, {-2, -1}},
    };
    for (size_t i = 0; i < sizeof nodes / sizeof *nodes && !value->real; i++)
        if (strcmp(node->op, nodes[i].op) == 0)
            return sdse_onnx_quant_of(graph, node, value, nodes[i].scale[!first],
                                      nodes[i].zero[!first], nodes[i].axis[!first], 0);
    return value->quant;
}

// The numbers of scales or zero points; `absent` where there are none.
struct numbers {
    double one;
    const double *folded;
    struct sdse_array array; // data owned, or NULL
    uint64_t count;
    bool unknown; // no constants
};

static enum sdse_status read_numbers(const struct sdse_onnx_value *value, double absent,
                                     const char *file, struct numbers *out,
                                     struct sdse_diags *diags) {
    *out = (struct numbers){.one = absent, .count = 1};
    if (!value)
        return SDSE_OK;
    out->unknown = !value->shape.known || (!value->folded && !value->tensor);
    if (out->unknown)
        return SDSE_OK;
    out->count = sdse_onnx_product(&value->shape, 0, value->shape.rank);
    out->folded = value->folded;
    return value->folded
               ? SDSE_OK
               : sdse_onnx_tensor_read(value->tensor, file, &out->array, diags);
}

static double number_at(const struct numbers *numbers, uint64_t i) {
    return numbers->folded       ? numbers->folded[i]
           : numbers->array.data ? (double)numbers->array.data[i]
                                 : numbers->one;
}

// Which of the numbers belongs to stored element i.
static uint64_t place_of(const struct sdse_onnx_quant *quant,
                         const struct numbers *numbers, uint64_t i) {
    if (numbers->count == 1)
        return 0;
    uint64_t at = i / quant->inner % quant->extent;
    if (!quant->block)
        return at;
    uint64_t blocks = (quant->extent + quant->block - 1) / quant->block;
    uint64_t outer = i / quant->inner / quant->extent;
    return (outer * blocks + at / quant->block) * quant->inner + i % quant->inner;
}

static bool fits(const struct sdse_onnx_quant *quant, const struct numbers *numbers,
                 uint64_t count) {
    if (numbers->count == 1)
        return true;
    if (quant->inner == 0 || quant->extent == 0)
        return count == 0;
    uint64_t blocks =
        quant->block ? (quant->extent + quant->block - 1) / quant->block : 0;
    return numbers->count ==
           (quant->block ? count / quant->extent * blocks : quant->extent);
}

enum sdse_status sdse_onnx_dequantize(const struct sdse_onnx_quant *quant,
                                      const char *name, const char *file,
                                      struct sdse_array *array,
                                      struct sdse_diags *diags) {
    struct numbers scale = {0}, zero = {0};
    if (!quant->scale && !quant->zero)
        return SDSE_OK;
    enum sdse_status status = read_numbers(quant->scale, 1, file, &scale, diags);
    if (status == SDSE_OK)
        status = read_numbers(quant->zero, 0, file, &zero, diags);
    const char *wrong = scale.unknown || zero.unknown ? "are no constants"
                        : status == SDSE_OK && !(fits(quant, &scale, array->count) &&
                                                 fits(quant, &zero, array->count))
                            ? "do not match them in number"
                            : NULL;
    if (wrong) {
        sdse_diag_add(diags, SDSE_ERROR, (struct sdse_loc){.file = file},
                      "onnx-quantized", "weights '%s': their scales or zero points %s",
                      name, wrong);
        status = SDSE_INVALID;
    }
    for (uint64_t i = 0; i < array->count && status == SDSE_OK; i++)
        array->data[i] = (float)(((double)array->data[i] -
                                  number_at(&zero, place_of(quant, &zero, i))) *
                                 number_at(&scale, place_of(quant, &scale, i)));
    free(scale.array.data);
    free(zero.array.data);
    return status;
}
