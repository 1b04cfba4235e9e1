// What a compressed form is expected to take at a density, and the most it can take.
//
// Zeros are independent: the expectation is exact, padding entries and trailing zeros
// of runs included. With run length 2^r = B, zero probability z and n elements, a
// stretch has, before trailing zeros,
//
//     sum over m >= 1, m B <= n, of z^(m B) (1 - z) (n - m B)   padding entries
//
// and ceil(T / B) entries for T trailing zeros where those are emitted.
#ifndef SDSE_ENGINES_EXPECT_COMPRESSED_H
#define SDSE_ENGINES_EXPECT_COMPRESSED_H

#include "engines/compressed.h"
#include "engines/expect/mean.h"

// Words are those of the mean bits, fractional; packed_words alike.
struct sdse_compressed_means {
    SDSE_COMPRESSED_COUNTS(SDSE_MEAN_FIELD)
    double packed_words;
};

// A matrix [rows][cols] of this density, 0 .. 1. SDSE_INVALID: a fault, a density
// outside.
enum sdse_status sdse_compressed_expect(const struct sdse_compressed *format,
                                        uint64_t rows, uint64_t cols, double density,
                                        struct sdse_compressed_means *means);

// The most any matrix [rows][cols] with at most `nonzeros` takes. nonzeros <= rows *
// cols, else SDSE_INVALID.
enum sdse_status sdse_compressed_worst(const struct sdse_compressed *format,
                                       uint64_t rows, uint64_t cols, uint64_t nonzeros,
                                       struct sdse_compressed_counts *counts);

#endif
