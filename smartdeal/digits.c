#include "smartdeal/digits.h"

#include <stdlib.h>

unsigned sdse_plain_digits(int8_t x) {
    return (unsigned)__builtin_popcount((unsigned)abs(x));
}

unsigned sdse_booth_digits(int8_t x) {
    // A digit is zero when its three bits are equal: compare each bit with its right
    // neighbour; digit i is non-zero if either of two comparisons differs.
    unsigned bits = (uint8_t)x, changes = (bits ^ bits << 1) & 0xff;
    return (unsigned)__builtin_popcount((changes | changes >> 1) & 0x55);
}

void sdse_count_digits(const int8_t *x, uint64_t count,
                       struct sdse_digit_counts *counts) {
    uint64_t values[256] = {0};
    for (uint64_t i = 0; i < count; i++)
        values[(uint8_t)x[i]]++;
    for (int value = 0; value < 256; value++) {
        int8_t word = (int8_t)(value < 128 ? value : value - 256);
        counts->plain[sdse_plain_digits(word)] += values[value];
        counts->booth[sdse_booth_digits(word)] += values[value];
    }
}

double sdse_mean_digits(const uint64_t *histogram, unsigned digits) {
    uint64_t words = 0, sum = 0;
    for (unsigned d = 0; d <= digits; d++) {
        words += histogram[d];
        sum += d * histogram[d];
    }
    return words ? (double)sum / (double)words : 0.0;
}
