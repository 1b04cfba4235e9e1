// Exact or refused: integer arithmetic on counts. Loop products overflow sooner than
// one thinks.
#ifndef SDSE_BASE_CHECKED_H
#define SDSE_BASE_CHECKED_H

#include <stdbool.h>
#include <stdint.h>

// *out = a * b. Returns false, leaving *out alone, if the product exceeds 64 bits.
static inline bool sdse_mul_u64(uint64_t a, uint64_t b, uint64_t *out) {
    uint64_t product;
    if (__builtin_mul_overflow(a, b, &product))
        return false;
    *out = product;
    return true;
}

// *out = a + b. Returns false, leaving *out alone, if the sum exceeds 64 bits.
static inline bool sdse_add_u64(uint64_t a, uint64_t b, uint64_t *out) {
    uint64_t sum;
    if (__builtin_add_overflow(a, b, &sum))
        return false;
    *out = sum;
    return true;
}

// Smallest integer >= a / b, for b >= 1.
static inline uint64_t sdse_ceil_div_u64(uint64_t a, uint64_t b) {
    return a / b + (a % b != 0);
}

// Greatest common divisor; of x and 0: x.
static inline uint64_t sdse_gcd_u64(uint64_t a, uint64_t b) {
    while (b) {
        const uint64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

#endif
