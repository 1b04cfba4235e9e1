#include "import/forward/outputs.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "import/forward/runs.h"
#include "import/forward/weights.h"

struct sdse_forward_outputs {
    uint64_t runs;
    size_t count;                      // outputs of a run
    struct sdse_onnx_numbers *numbers; // [runs][count], as far as there was room
    uint64_t room;                     // runs
};

void sdse_forward_outputs_free(struct sdse_forward_outputs *outputs) {
    if (!outputs)
        return;
    for (uint64_t i = 0; i < outputs->runs * outputs->count; i++)
        free(outputs->numbers[i].data);
    free(outputs->numbers);
    free(outputs);
}

static enum sdse_status take(void *context, uint64_t run,
                             struct sdse_onnx_numbers *outputs) {
    struct sdse_forward_outputs *kept = context;
    if (run == kept->room) {
        uint64_t room = kept->room ? 2 * kept->room : 8;
        struct sdse_onnx_numbers *more =
            realloc(kept->numbers, (size_t)(room * kept->count + 1) * sizeof *more);
        if (!more)
            return SDSE_NO_MEMORY;
        kept->numbers = more;
        kept->room = room;
    }
    for (size_t i = 0; i < kept->count; i++) {
        kept->numbers[run * kept->count + i] = outputs[i];
        outputs[i].data = NULL;
    }
    kept->runs = run + 1;
    return SDSE_OK;
}

// The operands of nodes whose layers get other weights.
static enum sdse_status put_all(const struct sdse_imported *imported,
                                const float *const *values,
                                struct sdse_onnx_numbers *operands,
                                struct sdse_diags *diags) {
    const struct sdse_onnx_graph *graph = &imported->graph;
    enum sdse_status status = SDSE_OK;
    for (size_t i = 0; i < imported->layers.count && status == SDSE_OK; i++) {
        const struct sdse_onnx_weights *weights = &imported->layers.weights[i];
        if (!values[i] || !weights->constant)
            continue;
        struct sdse_onnx_numbers *operand =
            &operands[weights->node - graph->node +
                      (weights->state ? graph->node_count : 0)];
        if (!operand->data)
            status = sdse_onnx_constant_read(graph, weights->value, operand, diags);
        if (status == SDSE_OK)
            status = sdse_forward_put_weights(imported, i, values[i], operand, diags);
        else
            operand->data = NULL;
    }
    return status;
}

enum sdse_status sdse_forward_outputs_check(const struct sdse_imported *imported,
                                            struct sdse_diags *diags) {
    enum sdse_status status = sdse_forward_check(&imported->graph, diags);
    if (imported->graph.proto->n_output == 0) {
        sdse_diag_add(diags, SDSE_ERROR, (struct sdse_loc){.file = imported->file},
                      "onnx-forward", "the model has no outputs");
        status = SDSE_INVALID;
    }
    return status;
}

enum sdse_status sdse_forward_outputs_run(const struct sdse_imported *imported,
                                          const struct sdse_forward_inputs *inputs,
                                          const float *const *values, unsigned threads,
                                          struct sdse_forward_outputs **out,
                                          struct sdse_diags *diags) {
    const struct sdse_onnx_graph *graph = &imported->graph;
    struct sdse_forward_outputs *kept = calloc(1, sizeof *kept);
    struct sdse_onnx_numbers *operands =
        calloc(2 * (size_t)graph->node_count + 1, sizeof *operands);
    struct sdse_forward_request request = {.threads = threads, .weights = operands};
    enum sdse_status status = kept && operands ? SDSE_OK : SDSE_NO_MEMORY;
    if (status == SDSE_OK)
        kept->count = graph->proto->n_output;
    if (status == SDSE_OK)
        status = sdse_forward_outputs_check(imported, diags);
    if (status == SDSE_OK && values)
        status = put_all(imported, values, operands, diags);
    if (status == SDSE_OK)
        status = sdse_forward_runs(imported, inputs, &request, take, kept, diags);
    for (uint32_t i = 0; operands && i < 2 * graph->node_count; i++)
        free(operands[i].data);
    free(operands);
    if (status == SDSE_OK)
        *out = kept;
    else
        sdse_forward_outputs_free(kept);
    return status;
}

unsigned sdse_forward_outputs_shape(const struct sdse_forward_outputs *outputs,
                                    const uint64_t **shape) {
    *shape = outputs->numbers[0].shape.dim;
    return outputs->numbers[0].shape.rank;
}

// The largest of `extent` numbers that stand `inner` apart; of equal ones the first.
static uint64_t largest(const double *x, uint64_t extent, uint64_t inner) {
    uint64_t best = 0;
    for (uint64_t i = 1; i < extent; i++)
        best = x[i * inner] > x[best * inner] ? i : best;
    return best;
}

static void compare_classes(const struct sdse_onnx_numbers *a,
                            const struct sdse_onnx_numbers *b,
                            struct sdse_output_error *error) {
    const unsigned rank = a->shape.rank;
    const unsigned axis = rank == 2 || rank >= 4 ? 1 : rank ? rank - 1 : 0;
    const uint64_t extent = rank ? a->shape.dim[axis] : 1;
    const uint64_t inner = rank ? sdse_onnx_product(&a->shape, axis + 1, rank) : 1;
    if (!a->data || !b->data || extent == 0)
        return;
    for (uint64_t place = 0; place < a->count / extent; place++) {
        uint64_t first = place / inner * extent * inner + place % inner;
        error->places++;
        error->agreeing += largest(a->data + first, extent, inner) ==
                           largest(b->data + first, extent, inner);
    }
}

struct sdse_output_error
sdse_forward_outputs_compare(const struct sdse_forward_outputs *reference,
                             const struct sdse_forward_outputs *other) {
    struct sdse_output_error error = {0};
    double signal = 0, noise = 0;
    for (uint64_t run = 0; run < reference->runs; run++) {
        for (size_t i = 0; i < reference->count; i++) {
            const struct sdse_onnx_numbers *a =
                &reference->numbers[run * reference->count + i];
            const struct sdse_onnx_numbers *b = &other->numbers[run * other->count + i];
            for (uint64_t j = 0; a->data && b->data && j < a->count; j++) {
                double difference = a->data[j] - b->data[j];
                signal += a->data[j] * a->data[j];
                noise += difference * difference;
            }
        }
        compare_classes(&reference->numbers[run * reference->count],
                        &other->numbers[run * other->count], &error);
    }
    error.sqnr_db = noise > 0 ? 10 * log10(signal / noise) : (double)INFINITY;
    error.relative = noise > 0 ? sqrt(noise / signal) : 0;
    error.best_class_agreement =
        error.places ? (double)error.agreeing / (double)error.places : 1;
    return error;
}
