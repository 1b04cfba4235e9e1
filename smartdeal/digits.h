// Non-zero digits of activations: how many cycles a bit-serial multiplier works on one.
#ifndef SDSE_SMARTDEAL_DIGITS_H
#define SDSE_SMARTDEAL_DIGITS_H

#include <stdint.h>

enum {
    SDSE_PLAIN_DIGITS = 8, // bits of |x| for x in -128 … 127
    SDSE_BOOTH_DIGITS = 4  // radix-4 digits of an 8-bit two's complement number
};

// Histograms of non-zero digits over a tensor.
struct sdse_digit_counts {
    uint64_t plain[SDSE_PLAIN_DIGITS + 1]; // words with 0, 1, … non-zero bits of |x|
    uint64_t booth[SDSE_BOOTH_DIGITS + 1]; // words with 0, 1, … non-zero Booth digits
};

// Non-zero bits of the magnitude (sign and magnitude serial operand). 0 … 8
unsigned sdse_plain_digits(int8_t x);

// Non-zero digits d_i in {-2, -1, 0, 1, 2} of x = sum of d_i 4^i, where
//
//     d_i = -2 b[2i+1] + b[2i] + b[2i-1],  b[-1] = 0
//
// b the bits of x in two's complement. 0 … 4
// Source: Booth, Q. J. Mech. Appl. Math. 4(2), 1951; MacSorley, Proc. IRE 49(1), 1961.
unsigned sdse_booth_digits(int8_t x);

// Adds `count` words to the histograms.
void sdse_count_digits(const int8_t *x, uint64_t count,
                       struct sdse_digit_counts *counts);

// Mean non-zero digits of a histogram with `digits` + 1 bins; 0 for an empty one.
double sdse_mean_digits(const uint64_t *histogram, unsigned digits);

#endif
