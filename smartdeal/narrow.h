// Coefficients in a window of exponents, with the bases that fit them: what all widths
// of the basis and of the rebuilt weights have in common.
#ifndef SDSE_SMARTDEAL_NARROW_H
#define SDSE_SMARTDEAL_NARROW_H

#include <stdint.h>

#include "smartdeal/decompose.h"

struct sdse_narrowed {
    uint32_t window;      // exponents lowest … lowest + window - 1 have codes
    int32_t lowest;       // exponent of |code| = 1
    int8_t *codes;        // filters x rows x n: 0 or +-(exponent - lowest + 1)
    float *basis;         // filters x blocks x n x n
    double window_square; // ||W - Ce B||_F^2 after narrowing, in f64
};

// Narrows a decomposition to the `window` (1 … SDSE_MAX_WINDOW) consecutive exponents
// that minimise
//
//     sum over entries of (change of |c|)^2 * ||row of B it multiplies||^2
//
// Larger exponents are clamped to its top, smaller ones flushed to zero (a coefficient
// half the smallest is a tie, and ties go down); equal costs: the highest window. B is
// refitted in blocks that changed.
//
// weights   those that were decomposed
// threads   0 = as many as processors; any number gives the same bytes
//
// Returns SDSE_OK or SDSE_NO_MEMORY; *out is empty on failure. Free with
// sdse_narrowed_free.
enum sdse_status sdse_narrow(const struct sdse_layer_weights *weights,
                             const struct sdse_decomposition *decomposition,
                             uint32_t window, unsigned threads,
                             struct sdse_narrowed *out);

void sdse_narrowed_free(struct sdse_narrowed *narrowed);

#endif
