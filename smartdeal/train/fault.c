#include "smartdeal/train/fault.h"

#include <math.h>
#include <stdlib.h>

#include "base/arena.h"
#include "smartdeal/train/run.h"

enum { WORD_BITS = 8, SCALE_BITS = 8 };

static struct sdse_weight_shape shape_of(const struct sdse_net_layer *layer) {
    const uint64_t side = layer->conv ? 3 : 1;
    return (struct sdse_weight_shape){1,    layer->filters, layer->channels,
                                      side, side,           !layer->conv};
}

// The power of two that a block's words are multiples of.
static int step_of(const double *basis, uint32_t words) {
    const double codes = (1 << (SDSE_TRAIN_BASIS_BITS - 1)) - 1;
    double most = 0;
    int exponent;
    for (uint32_t i = 0; i < words; i++)
        most = fmax(most, fabs(basis[i]));
    const double fraction = frexp(most / codes, &exponent);
    return fraction == 0.5 ? exponent - 1 : exponent;
}

static bool is_zero(const double *basis, uint32_t words) {
    for (uint32_t i = 0; i < words; i++)
        if (basis[i] != 0)
            return false;
    return true;
}

static void code_blocks(const struct sdse_bucket_layer *bucket, uint64_t blocks,
                        struct sdse_coded_layer *out) {
    const uint32_t words = bucket->layout.n * bucket->layout.n;
    bool any = false;
    for (uint64_t b = 0; b < blocks; b++) {
        const double *basis = bucket->basis + b * words;
        const int step = is_zero(basis, words) ? 0 : step_of(basis, words);
        out->scale[b] = (int16_t)step;
        if (!is_zero(basis, words) && (!any || step > out->top_scale)) {
            out->top_scale = step;
            any = true;
        }
    }
    const int least = out->top_scale - ((1 << SCALE_BITS) - 1);
    for (uint64_t b = 0; b < blocks; b++) {
        const double *basis = bucket->basis + b * words;
        if (is_zero(basis, words))
            out->scale[b] = (int16_t)out->top_scale;
        else if (out->scale[b] < least)
            out->scale[b] = (int16_t)least;
        for (uint32_t i = 0; i < words; i++)
            out->basis[b * words + i] =
                (int16_t)nearbyint(ldexp(basis[i], -out->scale[b]));
    }
}

enum sdse_status sdse_train_coded(const struct sdse_bucket_layer *bucket,
                                  const struct sdse_net_layer *layer,
                                  struct sdse_coded_layer *out) {
    const struct sdse_train_layout *layout = &bucket->layout;
    const uint64_t coefficients = sdse_train_coefficients(layout);
    const uint64_t blocks = layout->filters * layout->blocks;
    const uint64_t words = sdse_train_basis_words(layout);
    int least, most;
    frexp(sdse_bucket_least(bucket->rule.theta), &least);
    frexp(bucket->rule.max_coefficient, &most);
    *out = (struct sdse_coded_layer){
        .shape = shape_of(layer),
        .filters = layout->filters,
        .weight_bits = WORD_BITS,
        .slicing = {.basis_size = layout->n,
                    .words = layout->words,
                    .rows = layout->blocks * layout->rows,
                    .rows_per_block = layout->rows,
                    .blocks = layout->blocks},
        .store = SDSE_STORE_ELEMENT_BITMAP,
        .coefficient_bits = 1,
        .basis_bits = SDSE_TRAIN_BASIS_BITS,
        .scale_bits = SCALE_BITS,
        .window = (uint32_t)(most - least + 1),
        .lowest = least - 1, // frexp's numbers begin at a half
        .codes = calloc((size_t)coefficients + 1, sizeof *out->codes),
        .basis = calloc((size_t)words + 1, sizeof *out->basis),
        .scale = calloc((size_t)blocks + 1, sizeof *out->scale)};
    float *weights =
        calloc((size_t)(layout->filters * layout->words) + 1, sizeof *weights);
    if (!out->codes || !out->basis || !out->scale || !weights) {
        free(weights);
        sdse_coded_free(out);
        return SDSE_NO_MEMORY;
    }
    while (UINT32_C(1) << (out->coefficient_bits - 1) < out->window)
        out->coefficient_bits++;
    for (uint64_t i = 0; i < coefficients; i++) {
        int exponent;
        if (bucket->c[i] == 0)
            continue;
        frexp(bucket->c[i], &exponent);
        const int code = exponent - least + 1;
        out->codes[i] = (int8_t)(bucket->c[i] < 0 ? -code : code);
    }
    code_blocks(bucket, blocks, out);
    double largest = 0;
    sdse_bucket_weights(bucket, weights);
    for (uint64_t i = 0; i < layout->filters * layout->words; i++)
        largest = fmax(largest, fabs((double)weights[i]));
    out->weight_exponent = sdse_fixed_point_exponent(largest, WORD_BITS);
    free(weights);
    return SDSE_OK;
}

enum sdse_status sdse_train_coded_raw(const float *weights,
                                      const struct sdse_net_layer *layer,
                                      struct sdse_coded_layer *out) {
    struct sdse_arena *arena = sdse_arena_new();
    if (!arena)
        return SDSE_NO_MEMORY;
    struct sdse_diags diags;
    sdse_diags_init(&diags, arena);
    const struct sdse_layer_weights given = {
        "", shape_of(layer), weights, {.file = NULL}};
    const enum sdse_status status =
        sdse_encode_raw(&given, WORD_BITS, out, NULL, &diags);
    sdse_arena_free(arena);
    return status;
}
