// How far coded blocks are from their weights.
#ifndef SDSE_SMARTDEAL_DISTANCE_H
#define SDSE_SMARTDEAL_DISTANCE_H

#include <stdint.h>

#include "smartdeal/setting.h"

// What codes stand for.
//
// values   out: values[SDSE_MAX_WINDOW + code] = 0 or sign(code) * 2^(lowest + |code| -
//          1) for |code| <= window, window <= SDSE_MAX_WINDOW
void sdse_code_values(uint32_t window, int32_t lowest,
                      double values[2 * SDSE_MAX_WINDOW + 1]);

// ||A - C B||_F^2 over the first `words` entries of a block, in f64; *largest rises to
// the largest |C B| among them.
//
// a, c    rows x n, row-major
// basis   n x n, row-major; n >= 2
double sdse_block_distance(const double *a, const double *c, const double *basis,
                           uint64_t words, uint32_t n, double *largest);

#endif
