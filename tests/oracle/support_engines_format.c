// Compressed forms by writing them down: lists of entries with their run or index.
#include <stdlib.h>
#include <string.h>

#include "oracle/support_engines.h"

static uint64_t bits_for(uint64_t extent) {
    uint64_t bits = 0;
    while ((UINT64_C(1) << bits) < extent)
        bits++;
    return bits;
}

static uint64_t words(uint64_t bits, uint64_t word) {
    uint64_t count = 0;
    for (uint64_t held = 0; held < bits; held += word)
        count++;
    return count;
}

// Writes (run, value) pairs one element at a time.
static uint64_t write_runs(const int32_t *stream, uint64_t count, uint32_t run_bits,
                           bool emit) {
    const uint64_t longest = (UINT64_C(1) << run_bits) - 1;
    uint64_t entries = 0, entries_at_last_value = 0, run = 0;
    for (uint64_t i = 0; i < count; i++) {
        if (stream[i] != 0) {
            entries++; // (run, value)
            run = 0;
            entries_at_last_value = entries;
        } else if (run == longest) {
            entries++; // (longest, 0): this zero is the value
            run = 0;
        } else {
            run++;
        }
    }
    if (!emit)
        return entries_at_last_value;
    return entries + (run > 0); // (run - 1, 0)
}

void naive_format(const struct sdse_compressed *format, const int32_t *matrix,
                  uint64_t rows, uint64_t cols, struct sdse_compressed_counts *counts) {
    const uint64_t n = rows * cols;
    memset(counts, 0, sizeof *counts);
    for (uint64_t i = 0; i < n; i++)
        counts->nonzero += matrix[i] != 0;
    counts->entries = counts->nonzero;
    switch (format->packing) {
    case SDSE_PACKING_NONE:
        counts->entries = n;
        break;
    case SDSE_PACKING_BITMAP:
        counts->meta_bits = n;
        break;
    case SDSE_PACKING_COO:
        counts->meta_bits = counts->nonzero * (bits_for(rows) + bits_for(cols));
        break;
    case SDSE_PACKING_RLE:
        counts->entries = write_runs(matrix, n, format->run_bits,
                                     format->trailing == SDSE_TRAILING_EMIT);
        counts->meta_bits = counts->entries * format->run_bits;
        break;
    case SDSE_PACKING_CSC:
        counts->meta_bits =
            (cols + 1) * bits_for(n + 1) + counts->nonzero * bits_for(rows);
        break;
    default: {
        int32_t *column = calloc(rows + 1, sizeof *column);
        counts->entries = 0;
        for (uint64_t c = 0; c < cols; c++) {
            for (uint64_t r = 0; r < rows; r++)
                column[r] = matrix[r * cols + c];
            counts->entries += write_runs(column, rows, format->run_bits, false);
        }
        free(column);
        counts->meta_bits =
            (cols + 1) * bits_for(n + 1) + counts->entries * format->run_bits;
    }
    }
    counts->value_bits = counts->entries * format->value_bits;
    counts->bits = counts->value_bits + counts->meta_bits;
    counts->value_words = words(counts->value_bits, format->word_bits);
    counts->meta_words = words(counts->meta_bits, format->word_bits);
    if (format->pairs_per_word > 0)
        counts->packed_words = words(counts->entries, format->pairs_per_word);
}
