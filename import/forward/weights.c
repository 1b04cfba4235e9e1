#include "import/forward/weights.h"

#include <stdlib.h>
#include <string.h>

#include "import/forward/quantized.h"
#include "import/onnx/quantized.h"

// What multiplied each filter when the layer's weights were read.
static enum sdse_status read_factors(const struct sdse_imported *imported,
                                     const struct sdse_onnx_weights *weights,
                                     struct sdse_array *factors,
                                     struct sdse_diags *diags) {
    const uint64_t filters = weights->shape[0];
    *factors = (struct sdse_array){.rank = 1, .shape = {filters}, .count = filters};
    factors->data = malloc((size_t)(filters + 1) * sizeof *factors->data);
    if (!factors->data)
        return SDSE_NO_MEMORY;
    for (uint64_t f = 0; f < filters; f++)
        factors->data[f] = 1;
    return sdse_onnx_scale_apply(&imported->graph, &weights->scale, weights->norm,
                                 filters, factors, diags);
}

// The real numbers that the stored ones 0 and 1 stand for, in the operand's order: of
// operators that read stored integers.
static enum sdse_status read_stored(const struct sdse_imported *imported,
                                    const struct sdse_onnx_weights *weights,
                                    const struct sdse_onnx_numbers *operand,
                                    struct sdse_array real[2],
                                    struct sdse_diags *diags) {
    enum sdse_status status = SDSE_OK;
    for (unsigned number = 0; number < 2 && status == SDSE_OK; number++) {
        real[number] = (struct sdse_array){.rank = 1, .count = operand->count};
        real[number].data = malloc((size_t)(operand->count + 1) * sizeof(float));
        if (!real[number].data)
            return SDSE_NO_MEMORY;
        for (uint64_t i = 0; i < operand->count; i++)
            real[number].data[i] = (float)number;
        status = sdse_onnx_dequantize(&weights->quant,
                                      imported->graph.value[weights->value].name,
                                      imported->file, &real[number], diags);
    }
    return status;
}

// Where weight i of the layer is in the operand.
static uint64_t place_of(const struct sdse_onnx_weights *weights, bool transposed,
                         uint64_t i) {
    const struct sdse_onnx_taps *depth = &weights->taps[0];
    const struct sdse_onnx_taps *rows = &weights->taps[1], *columns = &weights->taps[2];
    if (rows->count > 0) { // a phase: [groups * K][C * taps][taps][taps], turned round
        uint64_t column = columns->count - 1 - i % columns->count;
        uint64_t row = rows->count - 1 - i / columns->count % rows->count;
        uint64_t rest = i / columns->count / rows->count;
        uint64_t slice = depth->count - 1 - rest % depth->count;
        rest /= depth->count;
        uint64_t channels = weights->shape[1] / depth->count, channel = rest % channels;
        uint64_t filters = weights->shape[0] / weights->batch;
        uint64_t filter = rest / channels % filters;
        uint64_t group = rest / channels / filters;
        uint64_t kernel = (group * channels + channel) * filters + filter;
        kernel = kernel * depth->of + depth->first + slice * depth->step;
        return (kernel * rows->of + rows->first + row * rows->step) * columns->of +
               columns->first + column * columns->step;
    }
    // The operand is [batch][rows][columns]; a transposed view has them exchanged.
    uint64_t down = transposed ? weights->columns : weights->rows;
    uint64_t across = transposed ? weights->rows : weights->columns;
    bool swap = weights->swap != transposed;
    if (!swap)
        return i;
    uint64_t row = i % down, column = i / down % across, batch = i / down / across;
    return (batch * down + row) * across + column;
}

enum sdse_status sdse_forward_put_weights(const struct sdse_imported *imported,
                                          size_t layer, const float *values,
                                          struct sdse_onnx_numbers *operand,
                                          struct sdse_diags *diags) {
    const struct sdse_onnx_weights *weights = &imported->layers.weights[layer];
    const bool transposed =
        imported->graph.value[weights->value].view == SDSE_ONNX_TRANSPOSED;
    const bool stored = sdse_step_is_integer_product(weights->node->op);
    const uint64_t filters = weights->shape[0];
    uint64_t count =
        filters * weights->shape[1] * weights->shape[2] * weights->shape[3];
    struct sdse_array factors = {0}, real[2] = {{0}};
    enum sdse_status status = read_factors(imported, weights, &factors, diags);
    if (status == SDSE_OK && stored)
        status = read_stored(imported, weights, operand, real, diags);
    for (uint64_t i = 0; i < count && status == SDSE_OK; i++) {
        double factor = (double)factors.data[i / (count / filters)];
        uint64_t at = place_of(weights, transposed, i) + weights->part * count;
        if (factor == 0)
            continue; // whatever they are, nothing comes of them
        double value = (double)values[i] / factor;
        if (stored) {
            // Scales are in the order that the file has the numbers in.
            uint64_t across = weights->rows, down = weights->columns;
            uint64_t from = !transposed
                                ? at
                                : (at / down / across * across + at % across) * down +
                                      at / across % down;
            double zero = (double)real[0].data[from];
            value = (value - zero) / ((double)real[1].data[from] - zero);
        }
        operand->data[at] = value;
    }
    sdse_array_free(&factors);
    sdse_array_free(&real[0]);
    sdse_array_free(&real[1]);
    return status;
}
