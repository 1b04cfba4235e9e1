#include "smartdeal/distance.h"

#include <assert.h>
#include <math.h>

void sdse_code_values(uint32_t window, int32_t lowest,
                      double values[2 * SDSE_MAX_WINDOW + 1]) {
    assert(window <= SDSE_MAX_WINDOW);
    values[SDSE_MAX_WINDOW] = 0.0;
    for (uint32_t code = 1; code <= window; code++) {
        const double size = ldexp((double)(UINT64_C(1) << (code - 1)), lowest);
        values[SDSE_MAX_WINDOW + code] = size;
        values[SDSE_MAX_WINDOW - code] = -size;
    }
}

// With n known, the row's sums stay in registers; the order of all sums is the same.
static inline __attribute__((always_inline)) double
distance(const double *a, const double *c, const double *basis, uint64_t words,
         const uint32_t n, double *largest) {
    double sum = 0.0, most = *largest;
    for (uint64_t at = 0; at < words; at += n) {
        for (uint32_t j = 0; j < n && at + j < words; j++) {
            double w = 0.0;
            for (uint32_t k = 0; k < n; k++)
                // NOLINTNEXTLINE(clang-analyzer-core.*): n x n words were written
                w += c[at + k] * basis[(size_t)k * n + j];
            double d = a[at + j] - w;
            sum += d * d;
            most = fabs(w) > most ? fabs(w) : most;
        }
    }
    *largest = most;
    return sum;
}

double sdse_block_distance(const double *a, const double *c, const double *basis,
                           uint64_t words, uint32_t n, double *largest) {
    assert(n >= 2);
    switch (n) {
    case 2:
        return distance(a, c, basis, words, 2, largest);
    case 3:
        return distance(a, c, basis, words, 3, largest);
    default:
        return distance(a, c, basis, words, n, largest);
    }
}
