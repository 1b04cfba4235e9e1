#include "dse/sweep/output_error.h"

#include <math.h>
#include <stdlib.h>

#include "base/pool.h"
#include "dse/sweep/forms.h"
#include "dse/sweep/measured.h"
#include "smartdeal/basis_first.h"
#include "smartdeal/measure.h"
#include "smartdeal/rebuild.h"
#include "smartdeal/synthetic.h"

static enum sdse_status code(const struct sdse_layer *layer,
                             const struct sdse_array *array,
                             const struct sdse_form_setting *setting,
                             uint32_t word_bits, unsigned threads,
                             struct sdse_coded_layer *coded, struct sdse_diags *diags) {
    const struct sdse_layer_weights weights = {
        layer->name, sdse_layer_weight_shape(layer), array->data, layer->loc};
    struct sdse_smartdeal_setting smartdeal = sdse_form_smartdeal_setting(setting);
    struct sdse_form_measure measure;
    smartdeal.weight_bits = sdse_measured_word_bits(word_bits);
    if (!setting->smartdeal)
        return sdse_encode_raw(&weights, smartdeal.weight_bits, coded, NULL, diags);
    enum sdse_status status = sdse_setting_check(&smartdeal, layer->loc, diags);
    return status == SDSE_OK ? sdse_measure_layer(&weights, &smartdeal, threads,
                                                  &measure, coded, diags)
                             : status;
}

// Shared kernels and their coefficients, multiplied out.
static enum sdse_status rebuild_shared(const struct sdse_weight_shape *shape,
                                       const float *weights,
                                       const struct sdse_form_setting *setting,
                                       float *values) {
    const uint64_t kernels = shape->groups * shape->filters * shape->channels;
    const uint32_t taps = (uint32_t)(shape->kernel_rows * shape->kernel_columns);
    struct sdse_basis_first shared;
    const enum sdse_status status = sdse_basis_first(
        weights, kernels, taps, setting->bases, setting->basis_bits, &shared);
    if (status != SDSE_OK)
        return status;
    for (uint64_t k = 0; k < kernels; k++) {
        for (uint32_t t = 0; t < taps; t++) {
            int32_t sum = 0;
            for (uint32_t b = 0; b < shared.bases; b++)
                sum += shared.coefficient[k * shared.bases + b] *
                       shared.basis[b * taps + t];
            values[k * taps + t] = (float)ldexp(sum, shared.basis_exponent);
        }
    }
    sdse_basis_first_free(&shared);
    return SDSE_OK;
}

// What memories make of a coded layer.
static enum sdse_status rebuild_coded(const struct sdse_layer *layer,
                                      const struct sdse_form_setting *setting,
                                      const struct sdse_weight_faults *faults,
                                      struct sdse_coded_layer *coded, int16_t *words,
                                      float *values) {
    if (!faults) {
        sdse_rebuild_values(coded, words, values);
        return SDSE_OK;
    }
    struct sdse_bit_errors errors = faults->bits;
    errors.seed ^= sdse_synthetic_seed("chip", layer->name);
    const struct sdse_unique_lists lists = {setting->inputs_per_width,
                                            setting->outputs_per_block};
    const struct sdse_weight_shape *shape = &coded->shape;
    enum sdse_status status = SDSE_OK;
    if (setting->first == SDSE_UNIQUE_FIRST && !sdse_layer_stays_raw(layer, setting)) {
        status = sdse_faulty_unique(coded->raw_words, shape->filters, shape->channels,
                                    coded->weight_bits, &lists, &errors, NULL);
        errors.section[SDSE_SECTION_RAW] = 0;
    }
    return status == SDSE_OK ? sdse_faulty_values(coded, &errors, values, NULL)
                             : status;
}

// One layer's weights as the multipliers see them; *values is the caller's.
static enum sdse_status rebuild(const struct sdse_imported *imported, size_t index,
                                const struct sdse_form_setting *setting,
                                const struct sdse_weight_faults *faults,
                                uint32_t word_bits, unsigned threads, float **values,
                                struct sdse_diags *diags) {
    const struct sdse_layer *layer = &sdse_imported_workload(imported)->layers[index];
    const struct sdse_weight_shape shape = sdse_layer_weight_shape(layer);
    const bool shared =
        setting->first == SDSE_BASIS_FIRST && !sdse_layer_stays_raw(layer, setting);
    struct sdse_coded_layer coded = {0};
    struct sdse_array array;
    uint64_t filters, each, all;
    enum sdse_status status = sdse_imported_weights(imported, index, &array, diags);
    if (status != SDSE_OK)
        return status;
    if (!sdse_weight_count(&shape, &filters, &each, &all))
        status = SDSE_OVERFLOW;
    int16_t *words =
        status == SDSE_OK ? malloc((size_t)(each + 1) * sizeof *words) : NULL;
    *values = words ? malloc((size_t)(all + 1) * sizeof **values) : NULL;
    if (status == SDSE_OK && !*values)
        status = SDSE_NO_MEMORY;
    if (status == SDSE_OK && shared)
        status = sdse_basis_first_check(layer->name,
                                        shape.kernel_rows * shape.kernel_columns,
                                        layer->loc, diags)
                     ? rebuild_shared(&shape, array.data, setting, *values)
                     : SDSE_INVALID;
    else if (status == SDSE_OK)
        status = code(layer, &array, setting, word_bits, threads, &coded, diags);
    sdse_array_free(&array);
    if (status == SDSE_OK && !shared)
        status = rebuild_coded(layer, setting, faults, &coded, words, *values);
    if (status == SDSE_OK && faults) {
        struct sdse_cell_variation cells = faults->cells;
        cells.seed ^= sdse_synthetic_seed("cells", layer->name);
        sdse_vary_values(&cells, all, *values);
    }
    free(words);
    sdse_coded_free(&coded);
    return status;
}

enum sdse_status sdse_output_error_of(const struct sdse_imported *imported,
                                      const struct sdse_forward_inputs *inputs,
                                      const struct sdse_forward_outputs *reference,
                                      const struct sdse_form_setting *setting,
                                      const struct sdse_weight_faults *faults,
                                      uint32_t word_bits, unsigned threads,
                                      struct sdse_output_error *out,
                                      struct sdse_diags *diags) {
    const struct sdse_workload *workload = sdse_imported_workload(imported);
    struct sdse_forward_outputs *other = NULL;
    float **values = calloc(workload->layer_count + 1, sizeof *values);
    enum sdse_status status = values ? SDSE_OK : SDSE_NO_MEMORY;
    threads = threads ? threads : sdse_processors();
    for (size_t i = 0; i < workload->layer_count && status == SDSE_OK; i++)
        if (workload->layers[i].weights_file) // it has constant weights
            status = rebuild(imported, i, setting, faults, word_bits, threads,
                             &values[i], diags);
    if (status == SDSE_OK)
        status = sdse_forward_outputs_run(
            imported, inputs, (const float *const *)values, threads, &other, diags);
    if (status == SDSE_OK)
        *out = sdse_forward_outputs_compare(reference, other);
    sdse_forward_outputs_free(other);
    for (size_t i = 0; values && i < workload->layer_count; i++)
        free(values[i]);
    free(values);
    return status;
}
