#include "import/forward/weight_digits.h"

#include <math.h>

#include "engines/digits.h"
#include "import/onnx/imported.h"
#include "smartdeal/coded.h"

static enum sdse_status encode(const struct sdse_imported *imported, size_t index,
                               uint32_t bits, struct sdse_coded_layer *coded,
                               struct sdse_diags *diags) {
    const struct sdse_layer *layer = &imported->layers.layer[index];
    const uint64_t *bound = layer->nest.bound;
    struct sdse_array array;
    enum sdse_status status = sdse_imported_weights(imported, index, &array, diags);
    if (status != SDSE_OK)
        return status;
    const struct sdse_layer_weights weights = {
        layer->name,
        {.groups = bound[SDSE_G],
         .filters = bound[SDSE_K],
         .channels = bound[SDSE_C],
         .kernel_rows = bound[SDSE_R],
         .kernel_columns = bound[SDSE_S],
         .fully_connected = layer->kind == SDSE_FC},
        array.data,
        layer->loc};
    status = sdse_encode_raw(&weights, bits, coded, NULL, diags);
    sdse_array_free(&array);
    return status;
}

static enum sdse_status count(const struct sdse_coded_layer *coded,
                              struct sdse_weight_digits *out) {
    uint64_t filters, each, all;
    if (!sdse_weight_count(&coded->shape, &filters, &each, &all))
        return SDSE_OVERFLOW;
    for (unsigned e = 0; e < SDSE_ENCODINGS; e++) {
        const struct sdse_operand operand = {(enum sdse_recoding)e, out->bits, true};
        double bins[SDSE_DIGITS_MOST + 1] = {0};
        const enum sdse_status status =
            sdse_digit_bins(&operand, coded->raw_words, all, bins);
        if (status != SDSE_OK)
            return status;
        for (unsigned d = 0; d <= SDSE_ACTIVATION_DIGITS; d++) {
            out->digits[e][d] = bins[d];
            out->bins[e] = bins[d] > 0 ? d + 1 : out->bins[e];
        }
    }
    return SDSE_OK;
}

// Words that are not zero, of those of each input channel.
static enum sdse_status count_channels(const struct sdse_coded_layer *coded,
                                       struct sdse_arena *arena,
                                       struct sdse_weight_digits *out) {
    const struct sdse_weight_shape *shape = &coded->shape;
    const uint64_t taps = shape->kernel_rows * shape->kernel_columns,
                   each = shape->filters * taps;
    double *density =
        SDSE_ARENA_ARRAY(arena, double, (size_t)(shape->groups * shape->channels));
    if (!density)
        return SDSE_NO_MEMORY;
    for (uint64_t g = 0; g < shape->groups; g++) {
        for (uint64_t c = 0; c < shape->channels; c++) {
            uint64_t live = 0;
            for (uint64_t k = 0; k < shape->filters; k++)
                for (uint64_t t = 0; t < taps; t++)
                    live +=
                        coded->raw_words[((g * shape->filters + k) * shape->channels +
                                          c) *
                                             taps +
                                         t] != 0;
            density[g * shape->channels + c] =
                round(1e6 * (double)live / (double)each) / 1e6;
        }
    }
    out->channels = (size_t)(shape->groups * shape->channels);
    out->channel_density = density;
    return SDSE_OK;
}

enum sdse_status sdse_forward_weight_digits(struct sdse_imported *imported,
                                            uint32_t bits, struct sdse_diags *diags) {
    enum sdse_status status = SDSE_OK;
    for (size_t i = 0; i < imported->layers.count && status == SDSE_OK; i++) {
        struct sdse_layer *layer = &imported->layers.layer[i];
        struct sdse_coded_layer coded = {0};
        if (sdse_layer_moves(layer) || !sdse_layer_has_weights(layer))
            continue;
        struct sdse_weight_digits *out =
            SDSE_ARENA_NEW(imported->arena, struct sdse_weight_digits);
        if (!out)
            return SDSE_NO_MEMORY;
        *out = (struct sdse_weight_digits){.mark = "measured", .bits = bits};
        status = encode(imported, i, bits, &coded, diags);
        if (status == SDSE_OK)
            status = count(&coded, out);
        if (status == SDSE_OK)
            status = count_channels(&coded, imported->arena, out);
        sdse_coded_free(&coded);
        if (status == SDSE_OK)
            layer->weight_digits = out;
    }
    return status;
}
