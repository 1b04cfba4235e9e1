// What follows a product and scales each of its filters by a constant: it belongs to
// the weights.
#include "import/onnx/scaled.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "import/onnx/constant.h"
#include "import/onnx/infer.h"
#include "import/onnx/operators.h"

static uint64_t count_of(const struct sdse_onnx_value *value) {
    return sdse_onnx_product(&value->shape, 0, value->shape.rank);
}

const struct sdse_onnx_node *sdse_onnx_norm_after(
    const struct sdse_onnx_graph *graph, const struct sdse_onnx_regions *regions,
    const struct sdse_onnx_node *product, uint32_t weights, uint64_t filters) {
    static const char *const images[] = {"Conv", "FusedConv", "ConvTranspose"};
    static const char *const rows[] = {"Gemm", "FusedGemm", "MatMul"};
    uint32_t id = product->output[0];
    const struct sdse_onnx_node *node = &graph->node[regions->user[id]];
    const struct sdse_onnx_shape *shape = &graph->value[id].shape;
    const Onnx__AttributeProto *between = sdse_onnx_attribute(product, "activation");
    bool image = SDSE_ONNX_AMONG(product->op, images);
    bool row = SDSE_ONNX_AMONG(product->op, rows) && shape->rank == 2;
    if (!(image || row) || product->input[1] != weights || regions->uses[id] != 1 ||
        (between && between->has_s && between->s.len > 0) ||
        strcmp(node->op, "BatchNormalization") != 0 || node->reported ||
        !sdse_onnx_has_rule(node->proto) || node->input_count < 5 ||
        node->input[0] != id || sdse_onnx_int(node, "training_mode", 0) != 0 ||
        shape->rank < 2 || shape->dim[1] != filters)
        return NULL;
    for (uint32_t i = 1; i < 5; i++) {
        const struct sdse_onnx_value *value = sdse_onnx_in(graph, node, i);
        if (!value || !sdse_onnx_is_constant(value) || !value->shape.known ||
            count_of(value) != filters)
            return NULL;
    }
    return node;
}

// One number for all filters, or one for each, along the output's dimension of filters.
static bool is_scale(const struct sdse_onnx_graph *graph, uint32_t id,
                     unsigned dims_after, uint64_t filters) {
    if (id == SDSE_ONNX_NONE)
        return false;
    const struct sdse_onnx_value *value = &graph->value[id];
    if (!sdse_onnx_is_constant(value) || !value->shape.known)
        return false;
    return count_of(value) == 1 ||
           (count_of(value) == filters && value->shape.rank > dims_after &&
            value->shape.dim[value->shape.rank - 1 - dims_after] == filters);
}

static uint32_t producer_of(const struct sdse_onnx_graph *graph, uint32_t id) {
    return id == SDSE_ONNX_NONE ? SDSE_ONNX_NONE : graph->value[id].producer;
}

// The constant that a Mul of a product multiplies with: its other input, or, where that
// is a product of the input's scale and the weights', the weights'.
static bool scale_in(const struct sdse_onnx_graph *graph,
                     const struct sdse_onnx_node *product, uint32_t other,
                     unsigned dims_after, uint64_t filters,
                     struct sdse_onnx_scale *out) {
    uint32_t from = producer_of(graph, other);
    if (is_scale(graph, other, dims_after, filters)) {
        // Both scales in one: that of the input may be known by itself.
        uint32_t source = producer_of(graph, product->input[0]);
        const struct sdse_onnx_node *node =
            source == SDSE_ONNX_NONE ? NULL : &graph->node[source];
        out->scale = other;
        if (node && strcmp(node->op, "QuantizeLinear") == 0 && node->input_count > 1 &&
            node->input[1] != SDSE_ONNX_NONE &&
            sdse_onnx_is_constant(&graph->value[node->input[1]]) &&
            count_of(&graph->value[node->input[1]]) == 1)
            out->without = node->input[1];
        return true;
    }
    if (from == SDSE_ONNX_NONE || strcmp(graph->node[from].op, "Mul") != 0)
        return false;
    const struct sdse_onnx_node *node = &graph->node[from];
    for (uint32_t i = 0; i < node->input_count; i++) {
        if (is_scale(graph, node->input[i], dims_after, filters)) {
            out->scale = node->input[i];
            return true;
        }
    }
    return false;
}

bool sdse_onnx_scale_after(const struct sdse_onnx_graph *graph,
                           const struct sdse_onnx_regions *regions,
                           const struct sdse_onnx_node *product, uint64_t filters,
                           struct sdse_onnx_scale *out) {
    uint32_t id = product->output[0];
    unsigned rank = graph->value[id].shape.rank;
    bool image = strcmp(product->op, "ConvInteger") == 0;
    unsigned after = image && rank >= 2 ? rank - 2 : 0;
    *out = (struct sdse_onnx_scale){SDSE_ONNX_NONE, SDSE_ONNX_NONE};
    for (unsigned steps = 0; steps < 4 && regions->uses[id] == 1; steps++) {
        const struct sdse_onnx_node *node = &graph->node[regions->user[id]];
        if (strcmp(node->op, "Mul") == 0 && node->input_count == 2)
            return scale_in(graph, product, node->input[node->input[0] == id], after,
                            filters, out);
        if (strcmp(node->op, "Cast") != 0 || node->output_count == 0 ||
            node->output[0] == SDSE_ONNX_NONE)
            return false;
        id = node->output[0];
    }
    return false;
}

// ---- applying ---------------------------------------------------------------

// Multiplies each filter with its number, or divides by it.
static enum sdse_status scale_filters(const struct sdse_onnx_graph *graph, uint32_t id,
                                      bool divide, uint64_t filters, double *factor,
                                      struct sdse_diags *diags) {
    struct sdse_onnx_numbers numbers;
    if (id == SDSE_ONNX_NONE)
        return SDSE_OK;
    enum sdse_status status = sdse_onnx_constant_read(graph, id, &numbers, diags);
    if (status != SDSE_OK)
        return status;
    for (uint64_t f = 0; f < filters; f++) {
        double number = numbers.data[numbers.count == 1 ? 0 : f];
        factor[f] = divide ? factor[f] / number : factor[f] * number;
    }
    free(numbers.data);
    return SDSE_OK;
}

// gamma / sqrt(variance + epsilon)
static enum sdse_status apply_norm(const struct sdse_onnx_graph *graph,
                                   const struct sdse_onnx_node *norm, uint64_t filters,
                                   double *factor, struct sdse_diags *diags) {
    const Onnx__AttributeProto *given = sdse_onnx_attribute(norm, "epsilon");
    double epsilon = given && given->has_f ? (double)given->f : 1e-5;
    struct sdse_onnx_numbers variance;
    enum sdse_status status =
        scale_filters(graph, norm->input[1], false, filters, factor, diags);
    if (status == SDSE_OK)
        status = sdse_onnx_constant_read(graph, norm->input[4], &variance, diags);
    if (status != SDSE_OK)
        return status;
    for (uint64_t f = 0; f < filters; f++)
        factor[f] /= sqrt(variance.data[f] + epsilon);
    free(variance.data);
    return SDSE_OK;
}

enum sdse_status sdse_onnx_scale_apply(const struct sdse_onnx_graph *graph,
                                       const struct sdse_onnx_scale *scale,
                                       const struct sdse_onnx_node *norm,
                                       uint64_t filters, struct sdse_array *array,
                                       struct sdse_diags *diags) {
    double *factor = malloc(filters ? (size_t)filters * sizeof *factor : 1);
    if (!factor)
        return SDSE_NO_MEMORY;
    for (uint64_t f = 0; f < filters; f++)
        factor[f] = 1;
    enum sdse_status status =
        scale_filters(graph, scale->scale, false, filters, factor, diags);
    if (status == SDSE_OK)
        status = scale_filters(graph, scale->without, true, filters, factor, diags);
    if (status == SDSE_OK && norm)
        status = apply_norm(graph, norm, filters, factor, diags);
    for (uint64_t i = 0; i < array->count && status == SDSE_OK; i++)
        array->data[i] =
            (float)((double)array->data[i] * factor[i / (array->count / filters)]);
    free(factor);
    return status;
}
