#include "smartdeal/rebuild.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int64_t sdse_shift_round(int64_t value, int32_t shift) {
    if (shift <= 0) {
        int32_t up = shift < -62 ? 62 : -shift;
        if (value > INT64_MAX >> up)
            return INT64_MAX;
        if (value < -(INT64_MAX >> up))
            return -INT64_MAX;
        return value * (INT64_C(1) << up);
    }
    if (shift > 62)
        return 0;
    // Magnitudes round alike on both sides of zero, so work on them.
    uint64_t size = value < 0 ? -(uint64_t)value : (uint64_t)value;
    uint64_t whole = size >> shift, rest = size & ((UINT64_C(1) << shift) - 1);
    uint64_t half = UINT64_C(1) << (shift - 1);
    whole += rest > half || (rest == half && (whole & 1));
    return value < 0 ? -(int64_t)whole : (int64_t)whole;
}

static const int8_t *block_codes(const struct sdse_coded_layer *layer, uint64_t filter,
                                 uint64_t block) {
    const struct sdse_slicing *s = &layer->slicing;
    return layer->codes +
           (filter * s->rows + block * s->rows_per_block) * s->basis_size;
}

static const int16_t *block_basis(const struct sdse_coded_layer *layer, uint64_t filter,
                                  uint64_t block) {
    uint64_t n = layer->slicing.basis_size;
    return layer->basis + (filter * layer->slicing.blocks + block) * n * n;
}

// Bits to drop from a fixed-point value of a block to get a weight word.
static int32_t block_shift(const struct sdse_coded_layer *layer, uint64_t filter,
                           uint64_t block) {
    int32_t scale = layer->scale[filter * layer->slicing.blocks + block];
    return layer->weight_exponent - layer->lowest - scale;
}

static void fixed_row(const int8_t *codes, const int16_t *basis, uint32_t n,
                      int64_t *row) {
    for (uint32_t j = 0; j < n; j++)
        row[j] = 0;
    for (uint32_t k = 0; k < n; k++) {
        if (!codes[k])
            continue;
        int shift = abs(codes[k]) - 1;
        for (uint32_t j = 0; j < n; j++) {
            // A shift of a negative number is a multiplication to C.
            int64_t term = basis[k * n + j] * (INT64_C(1) << shift);
            row[j] += codes[k] < 0 ? -term : term;
        }
    }
}

void sdse_rebuild_fixed(const struct sdse_coded_layer *layer, uint64_t filter,
                        uint64_t block, int64_t *fixed) {
    uint32_t n = layer->slicing.basis_size;
    const int8_t *codes = block_codes(layer, filter, block);
    const int16_t *basis = block_basis(layer, filter, block);
    uint64_t rows = sdse_block_rows(&layer->slicing, block);
    for (uint64_t i = 0; i < rows; i++)
        fixed_row(codes + i * n, basis, n, fixed + i * n);
}

static void rebuild_block_scalar(const struct sdse_coded_layer *layer, uint64_t filter,
                                 uint64_t block, int16_t *words) {
    const struct sdse_slicing *s = &layer->slicing;
    uint32_t n = s->basis_size;
    const int8_t *codes = block_codes(layer, filter, block);
    const int16_t *basis = block_basis(layer, filter, block);
    int32_t shift = block_shift(layer, filter, block);
    uint64_t first = block * s->rows_per_block, rows = sdse_block_rows(s, block);
    int64_t row[SDSE_MAX_BASIS];
    for (uint64_t i = 0; i < rows; i++) {
        fixed_row(codes + i * n, basis, n, row);
        uint64_t word = (first + i) * n;
        for (uint32_t j = 0; j < n && word + j < s->words; j++)
            words[word + j] = (int16_t)sdse_shift_round(row[j], shift);
    }
}

bool sdse_rebuild_fits(const struct sdse_coded_layer *layer) {
    if (layer->raw)
        return true;
    const struct sdse_slicing *s = &layer->slicing;
    uint32_t n = s->basis_size;
    int64_t row[SDSE_MAX_BASIS], most = (INT64_C(1) << (layer->weight_bits - 1)) - 1;
    for (uint64_t i = 0; i < layer->filters * s->rows; i++) {
        uint64_t filter = i / s->rows, local = i % s->rows;
        uint64_t block = local / s->rows_per_block;
        int32_t shift = block_shift(layer, filter, block);
        fixed_row(layer->codes + i * n, block_basis(layer, filter, block), n, row);
        for (uint32_t j = 0; j < n && local * n + j < s->words; j++) {
            int64_t word = sdse_shift_round(row[j], shift);
            if (word > most || word < -most)
                return false;
        }
    }
    return true;
}

void sdse_rebuild_filter_scalar(const struct sdse_coded_layer *layer, uint64_t filter,
                                int16_t *words) {
    if (layer->raw) {
        uint64_t count = layer->shape.channels * layer->shape.kernel_rows *
                         layer->shape.kernel_columns;
        memcpy(words, layer->raw_words + filter * count, count * sizeof *words);
        return;
    }
    for (uint64_t block = 0; block < layer->slicing.blocks; block++)
        rebuild_block_scalar(layer, filter, block, words);
}

// Four floats side by side. Values of up to 24 bits are exact in them, and adding and
// taking away 1.5 * 2^23 rounds to the nearest integer, ties to even.
typedef float floats __attribute__((vector_size(16)));
enum { EXACT_BITS = 22 };
static const float rounder = 0x1.8p23f;

static bool fits_floats(const struct sdse_coded_layer *layer, int32_t shift) {
    // Three terms need two bits more than one; the shifted result needs no more.
    return layer->slicing.basis_size == 3 &&
           layer->basis_bits + layer->window + 2 <= EXACT_BITS && shift >= 0 &&
           shift < 100;
}

static void rebuild_block_3(const struct sdse_coded_layer *layer, uint64_t filter,
                            uint64_t block, const float *values, int16_t *words) {
    const struct sdse_slicing *s = &layer->slicing;
    const int8_t *codes = block_codes(layer, filter, block);
    const int16_t *b = block_basis(layer, filter, block);
    float unit = ldexpf(1.0f, -block_shift(layer, filter, block));
    const floats b0 = {(float)b[0], (float)b[1], (float)b[2], 0.0f};
    const floats b1 = {(float)b[3], (float)b[4], (float)b[5], 0.0f};
    const floats b2 = {(float)b[6], (float)b[7], (float)b[8], 0.0f};
    uint64_t first = block * s->rows_per_block, rows = sdse_block_rows(s, block);
    for (uint64_t i = 0; i < rows; i++, codes += 3) {
        floats sum =
            b0 * values[codes[0]] + b1 * values[codes[1]] + b2 * values[codes[2]];
        sum = (sum * unit + rounder) - rounder;
        uint64_t word = (first + i) * 3;
        for (uint32_t j = 0; j < 3 && word + j < s->words; j++)
            words[word + j] = (int16_t)sum[j];
    }
}

void sdse_rebuild_filter(const struct sdse_coded_layer *layer, uint64_t filter,
                         int16_t *words) {
    if (layer->raw) {
        sdse_rebuild_filter_scalar(layer, filter, words);
        return;
    }
    float table[2 * SDSE_MAX_WINDOW + 1];
    table[SDSE_MAX_WINDOW] = 0.0f;
    for (uint32_t code = 1; code <= layer->window; code++) {
        float size = (float)(UINT32_C(1) << (code - 1));
        table[SDSE_MAX_WINDOW + code] = size;
        table[SDSE_MAX_WINDOW - code] = -size;
    }
    for (uint64_t block = 0; block < layer->slicing.blocks; block++) {
        if (fits_floats(layer, block_shift(layer, filter, block)))
            rebuild_block_3(layer, filter, block, table + SDSE_MAX_WINDOW, words);
        else
            rebuild_block_scalar(layer, filter, block, words);
    }
}

uint64_t sdse_rebuild_shift_adds(const struct sdse_coded_layer *layer) {
    if (layer->raw)
        return 0;
    const struct sdse_slicing *s = &layer->slicing;
    uint64_t n = s->basis_size, total = 0;
    for (uint64_t filter = 0; filter < layer->filters; filter++) {
        const int8_t *codes = layer->codes + filter * s->rows * n;
        for (uint64_t row = 0; row < s->rows && row * n < s->words; row++) {
            uint64_t left = s->words - row * n, wide = left < n ? left : n;
            for (uint64_t k = 0; k < n; k++)
                total += codes[row * n + k] ? wide : 0;
        }
    }
    return total;
}

void sdse_rebuild_values(const struct sdse_coded_layer *layer, int16_t *words,
                         float *values) {
    uint64_t filters, each, all;
    if (!sdse_weight_count(&layer->shape, &filters, &each, &all))
        return; // a layer that was encoded has been counted before
    for (uint64_t filter = 0; filter < filters; filter++) {
        sdse_rebuild_filter(layer, filter, words);
        for (uint64_t i = 0; i < each; i++)
            values[filter * each + i] =
                (float)ldexp((double)words[i], layer->weight_exponent);
    }
}
