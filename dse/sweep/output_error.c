#include "dse/sweep/output_error.h"

#include <stdlib.h>

#include "base/pool.h"
#include "dse/sweep/forms.h"
#include "dse/sweep/measured.h"
#include "smartdeal/measure.h"
#include "smartdeal/rebuild.h"

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

// One layer's weights as the multipliers see them; *values is the caller's.
static enum sdse_status rebuild(const struct sdse_imported *imported, size_t index,
                                const struct sdse_form_setting *setting,
                                uint32_t word_bits, unsigned threads, float **values,
                                struct sdse_diags *diags) {
    const struct sdse_layer *layer = &sdse_imported_workload(imported)->layers[index];
    struct sdse_coded_layer coded = {0};
    struct sdse_array array;
    uint64_t filters, each, all;
    enum sdse_status status = sdse_imported_weights(imported, index, &array, diags);
    if (status != SDSE_OK)
        return status;
    status = code(layer, &array, setting, word_bits, threads, &coded, diags);
    sdse_array_free(&array);
    if (status != SDSE_OK)
        return status;
    if (!sdse_weight_count(&coded.shape, &filters, &each, &all))
        status = SDSE_OVERFLOW;
    int16_t *words =
        status == SDSE_OK ? malloc((size_t)(each + 1) * sizeof *words) : NULL;
    *values = words ? malloc((size_t)(all + 1) * sizeof **values) : NULL;
    if (status == SDSE_OK && !*values)
        status = SDSE_NO_MEMORY;
    if (status == SDSE_OK)
        sdse_rebuild_values(&coded, words, *values);
    free(words);
    sdse_coded_free(&coded);
    return status;
}

enum sdse_status sdse_output_error_of(const struct sdse_imported *imported,
                                      const struct sdse_forward_inputs *inputs,
                                      const struct sdse_forward_outputs *reference,
                                      const struct sdse_form_setting *setting,
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
            status =
                rebuild(imported, i, setting, word_bits, threads, &values[i], diags);
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
