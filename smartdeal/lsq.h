// Least squares with a handful of columns, in f64: the two solves of the decomposition.
//
// Matrices with many rows are stored by columns, `stride` apart, with zeros from `rows`
// to `stride`; stride is a multiple of SDSE_LANES. Small n x n ones are row-major.
#ifndef SDSE_SMARTDEAL_LSQ_H
#define SDSE_SMARTDEAL_LSQ_H

#include <stddef.h>
#include <stdint.h>

// Below this share of its diagonal a Cholesky pivot is mostly rounding error.
#define SDSE_LSQ_PIVOT_FLOOR 1e-6
// Squared column norms further apart than this are left to the Jacobi route, which
// applies the rank tolerance.
#define SDSE_LSQ_NORM_SPREAD 1e-14
// From this condition number on (Frobenius), elimination is left for the Jacobi route.
#define SDSE_LSQ_INVERSE_CONDITION 1e6

// x = argmin ||A - C x||_F of least norm.
//
//     well conditioned:   (C'C) x = C'A           by Cholesky
//     otherwise:          C V = U S by one-sided Jacobi rotations,
//                         x = V S^-1 U'A, singular values <= rank_tolerance * s_max
//                         read as zero
//
// a, c       m x n, by columns; a has n columns too
// scratch    n * stride doubles
// x          out: n x n, row-major
//
// Sums over rows run over the even and the odd rows apart, then add, in f64.
// Source: Golub & Van Loan, Matrix Computations, 4th ed., 5.3.2, 5.5.2, 8.6.3.
void sdse_lsq_tall(const double *a, const double *c, size_t stride, uint32_t n,
                   double rank_tolerance, double *scratch, double *x);

// The same by plain loops, no lanes and nothing specialised for n = 3: the reference
// that tests and the bench compare with. Same bytes.
void sdse_lsq_tall_scalar(const double *a, const double *c, size_t stride, uint32_t n,
                          double rank_tolerance, double *scratch, double *x);

// p = pseudo-inverse of the n x n matrix b: the inverse by elimination with partial
// pivoting when ||b|| * ||p|| < 1e6 (Frobenius), the Jacobi route above otherwise.
void sdse_lsq_inverse(const double *b, uint32_t n, double rank_tolerance, double *p);

#endif
