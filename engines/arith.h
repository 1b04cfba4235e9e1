// Small arithmetic of the engines. All of it exact.
#ifndef SDSE_ENGINES_ARITH_H
#define SDSE_ENGINES_ARITH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/checked.h"

// Bits that tell `extent` things apart: the smallest b with 2^b >= extent; 0 for 0, 1.
static inline uint32_t sdse_index_bits(uint64_t extent) {
    return extent <= 1 ? 0 : 64 - (uint32_t)__builtin_clzll(extent - 1);
}

static inline uint64_t sdse_least_u64(uint64_t a, uint64_t b) { return a < b ? a : b; }
static inline uint64_t sdse_most_u64(uint64_t a, uint64_t b) { return a > b ? a : b; }

// Output positions of a window of `taps` that moves by `stride` >= 1 over an axis of
// `extent` with `pad` on both sides; 0 if it does not fit. extent, pad, taps < 2^32.
static inline uint64_t sdse_window_positions(uint64_t extent, uint64_t pad,
                                             uint64_t taps, uint64_t stride) {
    const uint64_t padded = extent + 2 * pad;
    return padded < taps ? 0 : (padded - taps) / stride + 1;
}

// *out = the product of `count` extents. False if it exceeds 64 bits.
static inline bool sdse_product_u64(const uint64_t *extent, unsigned count,
                                    uint64_t *out) {
    uint64_t product = 1;
    for (unsigned i = 0; i < count; i++)
        if (!sdse_mul_u64(product, extent[i], &product))
            return false;
    *out = product;
    return true;
}

// *out = elements of a tensor, or 0 and false if an extent or the whole would not fit a
// memory.
#define SDSE_ELEMENTS(out, ...)                 \
    sdse_elements(                              \
        (out), (const uint64_t[]){__VA_ARGS__}, \
        (unsigned)(sizeof((const uint64_t[]){__VA_ARGS__}) / sizeof(uint64_t)))

static inline bool sdse_elements(uint64_t *out, const uint64_t *extent,
                                 unsigned count) {
    *out = 0;
    for (unsigned i = 0; i < count; i++)
        if (extent[i] > UINT32_MAX)
            return false;
    return sdse_product_u64(extent, count, out) && *out <= (UINT64_C(1) << 58);
}

#endif
