// Decomposing one block: A (m x n) into coefficients Ce (m x n, zeros and signed powers
// of two) and a basis B (n x n).
#ifndef SDSE_SMARTDEAL_BLOCK_H
#define SDSE_SMARTDEAL_BLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "smartdeal/setting.h"

// What the block solver needs from a setting, resolved for one layer.
struct sdse_block_rule {
    uint32_t basis_size;
    double threshold;     // theta, absolute
    double row_threshold; // L1 norm of a row below which it is zeroed; 0 = off
    uint32_t iterations;
    double tolerance, max_coefficient, rank_tolerance;
    bool scale;
    double decay;
    uint32_t max_restarts;
    bool double_precision; // weights are f64: no rounding of Ce and B to f32
};

// Resolves a setting; `threshold` is theta as an absolute number, `wide_kernel` says
// whether rows are kernel rows (row sparsity applies to those only).
struct sdse_block_rule sdse_block_rule_of(const struct sdse_smartdeal_setting *setting,
                                          uint32_t basis_size, double threshold,
                                          bool wide_kernel);

// Doubles of scratch a block of `rows` rows needs.
size_t sdse_block_scratch(uint64_t rows, uint32_t basis_size);

// How the iteration went.
struct sdse_block_progress {
    uint32_t passes;   // of quantise, fit B, fit Ce, sparsify
    uint32_t restarts; // of column scaling with a smaller theta
    bool converged;    // stopped by the tolerance, not by the pass limit
};

// Decomposes one block.
//
//     Ce <- A, B <- 1
//     repeat at most iterations - 1 times:
//         Q <- Ce, every entry the nearest power of two (a tie goes down), <= max
//         stop if ||Q - previous Q||_F <= tolerance (never in the first pass: a block
//         of denormal weights is not yet sparse)
//         B  <- argmin ||A - Q B||,   Ce <- argmin ||A - Ce B||
//         rows with L1 norm < row_threshold -> 0; entries |c| < threshold -> 0
//     Ce <- Q of Ce,  B <- argmin ||A - Ce B||
//
// Ce and B are rounded to f32 after each fit unless double_precision. With `scale`,
// column j is multiplied by d_j = 2^mean(round(log2 |c|) - log2 |c|) before it is
// quantised; when a column that had entries empties, theta
// is multiplied by `decay` and the block starts over, at most max_restarts times (an
// all-zero column of A never restarts: the release recurses without end there).
//
// a        rows x n, row-major; all finite
// scratch  sdse_block_scratch(rows, n) doubles
// ce       out: rows x n, row-major: 0 or a signed power of two
// basis    out: n x n, row-major
//
// Blocks of rank below n are solved by the minimum-norm fit; an all-zero block gives
// Ce = 0, B = 0. A block with fewer rows than n makes no pass: any Ce of full row rank
// is fitted exactly, while passes would let Ce drift to the cap and lose rank; A itself
// is sparsified, rounded, and B fitted.
// Source: Zhao et al., ISCA 2020 (arXiv 2005.03403), algorithm 1, and the released
// code.
struct sdse_block_progress sdse_block_decompose(const struct sdse_block_rule *rule,
                                                const double *a, uint64_t rows,
                                                double *scratch, double *ce,
                                                double *basis);

// The same by plain scalar loops, for tests and the bench. Same bytes.
struct sdse_block_progress
sdse_block_decompose_scalar(const struct sdse_block_rule *rule, const double *a,
                            uint64_t rows, double *scratch, double *ce, double *basis);

// B <- argmin ||A - Ce B||_F for given coefficients, rounded as above.
void sdse_block_fit_basis(const struct sdse_block_rule *rule, const double *a,
                          const double *ce, uint64_t rows, double *scratch,
                          double *basis);

// The power of two nearest to |x| in linear distance, with the sign of x; a tie
// (1.5 * 2^k) goes down; 0 for 0. |x| below 2^-1022 reads as 0.
double sdse_nearest_pow2(double x);

#endif
