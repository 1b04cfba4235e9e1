#include "smartdeal/pack.h"

#include <stdlib.h>
#include <string.h>

#include "smartdeal/bits.h"

const char *sdse_section_name(enum sdse_section section) {
    static const char *const names[] = {
#define SDSE_SECTION_TEXT(name, text) text,
        SDSE_SECTION_MAP(SDSE_SECTION_TEXT)
#undef SDSE_SECTION_TEXT
    };
    return names[section];
}

uint64_t sdse_stored_bits_total(const struct sdse_stored_bits *bits) {
    uint64_t total = 0;
    for (int s = 0; s < SDSE_SECTIONS; s++)
        total += bits->section[s];
    return total;
}

uint64_t sdse_packed_bytes(uint64_t bits) { return bits / 8 + (bits % 8 != 0); }

static bool row_is_zero(const int8_t *codes, uint32_t n) {
    for (uint32_t k = 0; k < n; k++)
        if (codes[k])
            return false;
    return true;
}

static void count_zeros(const struct sdse_coded_layer *layer, uint64_t *nonzeros,
                        uint64_t *live_rows) {
    const uint32_t n = layer->slicing.basis_size;
    *nonzeros = *live_rows = 0;
    for (uint64_t row = 0; row < layer->filters * layer->slicing.rows; row++) {
        uint32_t in_row = 0;
        for (uint32_t k = 0; k < n; k++)
            in_row += layer->codes[row * n + k] != 0;
        *nonzeros += in_row;
        *live_rows += in_row > 0;
    }
}

// Coefficients of block `block`, counted over the whole layer.
static uint64_t block_entries(const struct sdse_coded_layer *layer, uint64_t block) {
    const struct sdse_slicing *s = &layer->slicing;
    return sdse_block_rows(s, block % s->blocks) * s->basis_size;
}

// Runs needed for `zeros` zeros before a coefficient, or before the end of a block.
static uint64_t runs_for(uint64_t zeros, uint64_t escape, bool at_end) {
    if (at_end)
        return zeros / escape + (zeros % escape != 0);
    return zeros / escape + 1;
}

static uint64_t count_runs(const struct sdse_coded_layer *layer, uint32_t run_bits) {
    uint64_t escape = (UINT64_C(1) << run_bits) - 1, runs = 0;
    const int8_t *codes = layer->codes;
    for (uint64_t b = 0; b < layer->filters * layer->slicing.blocks; b++) {
        uint64_t count = block_entries(layer, b);
        uint64_t zeros = 0;
        for (uint64_t i = 0; i < count; i++) {
            if (!codes[i]) {
                zeros++;
                continue;
            }
            runs += runs_for(zeros, escape, false);
            zeros = 0;
        }
        runs += runs_for(zeros, escape, true);
        codes += count;
    }
    return runs;
}

uint32_t sdse_cheapest_run_bits(const struct sdse_coded_layer *layer) {
    uint32_t best = 1;
    uint64_t least = UINT64_MAX;
    for (uint32_t bits = 1; bits <= SDSE_MAX_RUN_BITS; bits++) {
        uint64_t size = count_runs(layer, bits) * bits;
        if (size < least) {
            least = size;
            best = bits;
        }
    }
    return best;
}

struct sdse_stored_bits sdse_count_stored_bits(const struct sdse_coded_layer *layer) {
    uint64_t nonzeros = 0, live_rows = 0;
    if (!layer->raw)
        count_zeros(layer, &nonzeros, &live_rows);
    return sdse_stored_bits_of(layer, nonzeros, live_rows);
}

struct sdse_stored_bits sdse_stored_bits_of(const struct sdse_coded_layer *layer,
                                            uint64_t nonzeros, uint64_t live_rows) {
    struct sdse_stored_bits bits = {{0}};
    const struct sdse_slicing *s = &layer->slicing;
    if (layer->raw) {
        bits.section[SDSE_SECTION_RAW] =
            layer->filters * layer->shape.channels * layer->shape.kernel_rows *
            layer->shape.kernel_columns * layer->weight_bits;
        return bits;
    }
    uint64_t n = s->basis_size, rows = layer->filters * s->rows;
    uint64_t blocks = layer->filters * s->blocks;
    uint64_t *code_bits = &bits.section[SDSE_SECTION_COEFFICIENTS];
    uint64_t *index_bits = &bits.section[SDSE_SECTION_INDEX];
    switch (layer->store) {
    case SDSE_STORE_ELEMENT_BITMAP:
        *code_bits = nonzeros * layer->coefficient_bits;
        *index_bits = rows * n;
        break;
    case SDSE_STORE_ROW_INDEX:
        *code_bits = live_rows * n * layer->coefficient_bits;
        *index_bits = rows;
        break;
    case SDSE_STORE_RUN_LENGTH:
        *code_bits = nonzeros * layer->coefficient_bits;
        *index_bits = count_runs(layer, layer->run_bits) * layer->run_bits;
        break;
    case SDSE_STORE_DENSE:
    case SDSE_STORES:
        *code_bits = rows * n * layer->coefficient_bits;
        break;
    }
    bits.section[SDSE_SECTION_BASIS] = blocks * n * n * layer->basis_bits;
    bits.section[SDSE_SECTION_SCALE] = blocks * layer->scale_bits;
    return bits;
}

// Sign in the highest bit; below it |code|, or |code| - 1 where no zero is stored.
static uint32_t field_of(const struct sdse_coded_layer *layer, int8_t code,
                         bool with_zero) {
    assert(layer->coefficient_bits >= 1);
    uint32_t size = (uint32_t)abs(code) - (with_zero ? 0 : 1);
    return size | (code < 0 ? UINT32_C(1) << (layer->coefficient_bits - 1) : 0);
}

static void pack_coefficients(const struct sdse_coded_layer *layer,
                              struct sdse_bit_writer *codes,
                              struct sdse_bit_writer *index) {
    uint32_t n = layer->slicing.basis_size, bits = layer->coefficient_bits;
    bool by_row = layer->store == SDSE_STORE_ROW_INDEX;
    for (uint64_t row = 0; row < layer->filters * layer->slicing.rows; row++) {
        const int8_t *c = layer->codes + row * n;
        bool zero = row_is_zero(c, n);
        if (by_row)
            sdse_put_bits(index, !zero, 1);
        if (by_row && zero)
            continue;
        for (uint32_t k = 0; k < n; k++) {
            bool bitmap = layer->store == SDSE_STORE_ELEMENT_BITMAP;
            if (bitmap)
                sdse_put_bits(index, c[k] != 0, 1);
            if (!bitmap || c[k])
                sdse_put_bits(codes, field_of(layer, c[k], !bitmap), bits);
        }
    }
}

static void pack_runs(const struct sdse_coded_layer *layer,
                      struct sdse_bit_writer *fields, struct sdse_bit_writer *index) {
    uint32_t escape = (UINT32_C(1) << layer->run_bits) - 1;
    const int8_t *codes = layer->codes;
    for (uint64_t b = 0; b < layer->filters * layer->slicing.blocks; b++) {
        uint64_t count = block_entries(layer, b);
        uint64_t zeros = 0;
        for (uint64_t i = 0; i < count; i++) {
            if (!codes[i]) {
                zeros++;
                continue;
            }
            for (; zeros >= escape; zeros -= escape)
                sdse_put_bits(index, escape, layer->run_bits);
            sdse_put_bits(index, (uint32_t)zeros, layer->run_bits);
            sdse_put_bits(fields, field_of(layer, codes[i], false),
                          layer->coefficient_bits);
            zeros = 0;
        }
        for (uint64_t left = zeros; left; left -= left < escape ? left : escape)
            sdse_put_bits(index, escape, layer->run_bits);
        codes += count;
    }
}

static uint32_t low_bits(int32_t value, uint32_t bits) {
    return (uint32_t)value & ((UINT32_C(1) << bits) - 1);
}

enum sdse_status sdse_pack(const struct sdse_coded_layer *layer,
                           struct sdse_packed *out) {
    *out = (struct sdse_packed){.bits = sdse_count_stored_bits(layer)};
    struct sdse_bit_writer writer[SDSE_SECTIONS] = {0};
    for (int s = 0; s < SDSE_SECTIONS; s++) {
        uint64_t bytes = sdse_packed_bytes(out->bits.section[s]);
        if (!bytes)
            continue;
        out->data[s] = writer[s].bytes = calloc(bytes, 1);
        if (!out->data[s]) {
            sdse_packed_free(out);
            return SDSE_NO_MEMORY;
        }
    }
    if (layer->raw) {
        uint64_t words = out->bits.section[SDSE_SECTION_RAW] / layer->weight_bits;
        for (uint64_t i = 0; i < words; i++)
            sdse_put_bits(&writer[SDSE_SECTION_RAW],
                          low_bits(layer->raw_words[i], layer->weight_bits),
                          layer->weight_bits);
        return SDSE_OK;
    }
    struct sdse_bit_writer *codes = &writer[SDSE_SECTION_COEFFICIENTS];
    if (layer->store == SDSE_STORE_RUN_LENGTH)
        pack_runs(layer, codes, &writer[SDSE_SECTION_INDEX]);
    else
        pack_coefficients(layer, codes, &writer[SDSE_SECTION_INDEX]);
    uint64_t blocks = layer->filters * layer->slicing.blocks;
    uint64_t n = layer->slicing.basis_size;
    for (uint64_t i = 0; i < blocks * n * n; i++)
        sdse_put_bits(&writer[SDSE_SECTION_BASIS],
                      low_bits(layer->basis[i], layer->basis_bits), layer->basis_bits);
    for (uint64_t i = 0; i < blocks; i++)
        sdse_put_bits(&writer[SDSE_SECTION_SCALE],
                      (uint32_t)(layer->top_scale - layer->scale[i]),
                      layer->scale_bits);
    for (int s = 0; s < SDSE_SECTIONS; s++)
        assert(writer[s].bit == out->bits.section[s]);
    return SDSE_OK;
}

void sdse_packed_free(struct sdse_packed *packed) {
    for (int s = 0; s < SDSE_SECTIONS; s++)
        free(packed->data[s]);
    *packed = (struct sdse_packed){0};
}
