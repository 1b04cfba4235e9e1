#include "engines/compressed.h"

#include "engines/arith.h"

static bool has_runs(const struct sdse_compressed *format) {
    return format->packing == SDSE_PACKING_RLE ||
           format->packing == SDSE_PACKING_CSC_RUN;
}

const char *sdse_compressed_fault(const struct sdse_compressed *format) {
    if ((unsigned)format->packing >= SDSE_PACKINGS)
        return "the format must be none, bitmap, rle, coo, csc or csc_run";
    if (format->value_bits < 1 || format->word_bits < 1)
        return "values and words have at least one bit";
    if (has_runs(format) && (format->run_bits < 1 || format->run_bits > 32))
        return "a run has 1 to 32 bits";
    if (format->trailing != SDSE_TRAILING_DROP &&
        format->trailing != SDSE_TRAILING_EMIT)
        return "trailing zeros are dropped or emitted";
    return NULL;
}

// Entries of the `count` elements at `values`, `step` apart, as runs.
static uint64_t run_entries(const int32_t *values, uint64_t count, uint64_t step,
                            uint32_t run_bits, enum sdse_trailing trailing) {
    const uint64_t full = UINT64_C(1) << run_bits;
    uint64_t entries = 0, zeros = 0;
    for (uint64_t i = 0; i < count; i++) {
        if (values[i * step] == 0) {
            zeros++;
            continue;
        }
        entries += zeros / full + 1;
        zeros = 0;
    }
    if (trailing == SDSE_TRAILING_EMIT)
        entries += sdse_ceil_div_u64(zeros, full);
    return entries;
}

static uint64_t count_entries(const struct sdse_compressed *format,
                              const int32_t *matrix, uint64_t rows, uint64_t cols,
                              uint64_t nonzero) {
    uint64_t entries = 0;
    switch (format->packing) {
    case SDSE_PACKING_NONE:
        return rows * cols;
    case SDSE_PACKING_RLE:
        return run_entries(matrix, rows * cols, 1, format->run_bits, format->trailing);
    case SDSE_PACKING_CSC_RUN:
        for (uint64_t col = 0; col < cols; col++)
            entries += run_entries(matrix + col, rows, cols, format->run_bits,
                                   SDSE_TRAILING_DROP);
        return entries;
    default:
        return nonzero;
    }
}

bool sdse_compressed_meta_bits(const struct sdse_compressed *format, uint64_t rows,
                               uint64_t cols, uint64_t entries, uint64_t *bits) {
    uint64_t elements, each = 0, pointers = 0;
    if (!SDSE_ELEMENTS(&elements, rows, cols))
        return false;
    switch (format->packing) {
    case SDSE_PACKING_NONE:
        break;
    case SDSE_PACKING_BITMAP:
        *bits = elements;
        return true;
    case SDSE_PACKING_RLE:
        each = format->run_bits;
        break;
    case SDSE_PACKING_COO:
        each = sdse_index_bits(rows) + sdse_index_bits(cols);
        break;
    default:
        pointers = (cols + 1) * sdse_index_bits(elements + 1);
        each = format->packing == SDSE_PACKING_CSC ? sdse_index_bits(rows)
                                                   : format->run_bits;
    }
    uint64_t indices;
    return sdse_mul_u64(entries, each, &indices) &&
           sdse_add_u64(indices, pointers, bits);
}

enum sdse_status sdse_compressed_count(const struct sdse_compressed *format,
                                       const int32_t *matrix, uint64_t rows,
                                       uint64_t cols,
                                       struct sdse_compressed_counts *counts) {
    struct sdse_compressed_counts found = {0};
    uint64_t elements;
    if (sdse_compressed_fault(format))
        return SDSE_INVALID;
    if (!SDSE_ELEMENTS(&elements, rows, cols))
        return SDSE_OVERFLOW;
    for (uint64_t i = 0; i < elements; i++)
        found.nonzero += matrix[i] != 0;
    found.entries = count_entries(format, matrix, rows, cols, found.nonzero);
    if (!sdse_mul_u64(found.entries, format->value_bits, &found.value_bits) ||
        !sdse_compressed_meta_bits(format, rows, cols, found.entries,
                                   &found.meta_bits) ||
        !sdse_add_u64(found.value_bits, found.meta_bits, &found.bits))
        return SDSE_OVERFLOW;
    found.value_words = sdse_ceil_div_u64(found.value_bits, format->word_bits);
    found.meta_words = sdse_ceil_div_u64(found.meta_bits, format->word_bits);
    if (format->pairs_per_word > 0)
        found.packed_words = sdse_ceil_div_u64(found.entries, format->pairs_per_word);
    *counts = found;
    return SDSE_OK;
}
