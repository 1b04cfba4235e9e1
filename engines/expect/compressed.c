#include "engines/expect/compressed.h"

#include <math.h>

#include "engines/arith.h"

// sum over m = 1 .. last of x^m (total - m step), for 0 <= x <= 1. Terms that no longer
// matter end it.
static double geometric(double x, uint64_t last, double total, double step) {
    double sum = 0, power = x;
    for (uint64_t m = 1; m <= last && power > 1e-20; m++, power *= x)
        sum += power * (total - (double)m * step);
    return sum;
}

// Expected padding entries in a stretch of n elements, and entries for what trails.
static double padding(uint64_t n, double density, uint32_t run_bits) {
    const double full = ldexp(1, (int)run_bits), zero = 1 - density;
    const uint64_t last = (uint64_t)((double)n / full);
    if (density <= 0 || density >= 1)
        return 0;
    return density * geometric(pow(zero, full), last, (double)n, full);
}

static double trailing(uint64_t n, double density, uint32_t run_bits) {
    const uint64_t full = UINT64_C(1) << run_bits;
    if (n == 0 || density >= 1)
        return 0;
    if (density <= 0)
        return (double)sdse_ceil_div_u64(n, full);
    // P(trailing zeros > m full), m = 0 .. while m full < n
    const double zero = 1 - density;
    return zero * (1 + geometric(pow(zero, (double)full), (n - 1) / full, 1, 0));
}

static double expected_entries(const struct sdse_compressed *format, uint64_t rows,
                               uint64_t cols, double density) {
    const double n = (double)rows * (double)cols;
    switch (format->packing) {
    case SDSE_PACKING_NONE:
        return n;
    case SDSE_PACKING_RLE:
        return n * density + padding(rows * cols, density, format->run_bits) +
               (format->trailing == SDSE_TRAILING_EMIT
                    ? trailing(rows * cols, density, format->run_bits)
                    : 0);
    case SDSE_PACKING_CSC_RUN:
        return n * density + (double)cols * padding(rows, density, format->run_bits);
    default:
        return n * density;
    }
}

enum sdse_status sdse_compressed_expect(const struct sdse_compressed *format,
                                        uint64_t rows, uint64_t cols, double density,
                                        struct sdse_compressed_means *means) {
    uint64_t elements, none, one;
    if (sdse_compressed_fault(format) || !(density >= 0 && density <= 1))
        return SDSE_INVALID;
    if (!SDSE_ELEMENTS(&elements, rows, cols) ||
        !sdse_compressed_meta_bits(format, rows, cols, 0, &none) ||
        !sdse_compressed_meta_bits(format, rows, cols, 1, &one))
        return SDSE_OVERFLOW;
    const double entries = expected_entries(format, rows, cols, density);
    const double value_bits = entries * format->value_bits;
    const double meta_bits = (double)none + entries * (double)(one - none);
    *means = (struct sdse_compressed_means){
        .entries = entries,
        .nonzero = (double)elements * density,
        .value_bits = value_bits,
        .meta_bits = meta_bits,
        .bits = value_bits + meta_bits,
        .value_words = value_bits / format->word_bits,
        .meta_words = meta_bits / format->word_bits,
        .packed_words =
            format->pairs_per_word > 0 ? entries / format->pairs_per_word : 0,
    };
    return SDSE_OK;
}

// The most padding entries: zeros in as few stretches as they fill, each before a
// non-zero.
static uint64_t worst_padding(const struct sdse_compressed *format, uint64_t rows,
                              uint64_t cols, uint64_t nonzeros) {
    const uint64_t zeros = rows * cols - nonzeros;
    const uint64_t full = UINT64_C(1) << format->run_bits;
    if (format->packing == SDSE_PACKING_CSC_RUN)
        return rows == 0 ? 0
                         : sdse_least_u64(sdse_least_u64(nonzeros, cols) *
                                              ((rows - 1) / full),
                                          zeros / full);
    if (format->packing != SDSE_PACKING_RLE)
        return 0;
    if (format->trailing == SDSE_TRAILING_EMIT)
        return sdse_ceil_div_u64(zeros, full);
    return nonzeros > 0 ? zeros / full : 0;
}

enum sdse_status sdse_compressed_worst(const struct sdse_compressed *format,
                                       uint64_t rows, uint64_t cols, uint64_t nonzeros,
                                       struct sdse_compressed_counts *counts) {
    struct sdse_compressed_counts worst = {.nonzero = nonzeros};
    uint64_t elements;
    if (!SDSE_ELEMENTS(&elements, rows, cols))
        return SDSE_OVERFLOW;
    if (sdse_compressed_fault(format) || nonzeros > elements)
        return SDSE_INVALID;
    worst.entries = format->packing == SDSE_PACKING_NONE
                        ? elements
                        : nonzeros + worst_padding(format, rows, cols, nonzeros);
    if (!sdse_mul_u64(worst.entries, format->value_bits, &worst.value_bits) ||
        !sdse_compressed_meta_bits(format, rows, cols, worst.entries,
                                   &worst.meta_bits) ||
        !sdse_add_u64(worst.value_bits, worst.meta_bits, &worst.bits))
        return SDSE_OVERFLOW;
    worst.value_words = sdse_ceil_div_u64(worst.value_bits, format->word_bits);
    worst.meta_words = sdse_ceil_div_u64(worst.meta_bits, format->word_bits);
    if (format->pairs_per_word > 0)
        worst.packed_words = sdse_ceil_div_u64(worst.entries, format->pairs_per_word);
    *counts = worst;
    return SDSE_OK;
}
