#include "smartdeal/lsq.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "smartdeal/lanes.h"
#include "smartdeal/setting.h"

enum { MAX_SWEEPS = 60 };

static double dot(const double *x, const double *y, size_t stride) {
    sdse_lanes sum = {0.0, 0.0};
    for (size_t i = 0; i < stride; i += SDSE_LANES)
        sum += sdse_load(x + i) * sdse_load(y + i);
    return sum[0] + sum[1];
}

static double dot_scalar(const double *x, const double *y, size_t stride) {
    double even = 0.0, odd = 0.0;
    for (size_t i = 0; i < stride; i += SDSE_LANES) {
        even += x[i] * y[i];
        odd += x[i + 1] * y[i + 1];
    }
    return even + odd;
}

typedef double (*dot_product)(const double *, const double *, size_t);

// gram = C'C and right = C'A.
static void normal_equations(const double *a, const double *c, size_t stride,
                             uint32_t n, dot_product product, double *gram,
                             double *right) {
    for (uint32_t i = 0; i < n; i++) {
        for (uint32_t j = i; j < n; j++) {
            double g = product(c + i * stride, c + j * stride, stride);
            gram[i * n + j] = gram[j * n + i] = g;
        }
        for (uint32_t j = 0; j < n; j++)
            right[i * n + j] = product(c + i * stride, a + j * stride, stride);
    }
}

// The same for n = 3 in one pass over the rows; sums in the same order.
static void normal_equations_3(const double *a, const double *c, size_t stride,
                               double *gram, double *right) {
    const double *c0 = c, *c1 = c + stride, *c2 = c + 2 * stride;
    const double *a0 = a, *a1 = a + stride, *a2 = a + 2 * stride;
    sdse_lanes g00 = {0.0, 0.0}, g01 = g00, g02 = g00, g11 = g00, g12 = g00, g22 = g00;
    sdse_lanes h[9];
    for (int i = 0; i < 9; i++)
        h[i] = g00;
    for (size_t i = 0; i < stride; i += SDSE_LANES) {
        sdse_lanes x = sdse_load(c0 + i), y = sdse_load(c1 + i), z = sdse_load(c2 + i);
        sdse_lanes p = sdse_load(a0 + i), q = sdse_load(a1 + i), r = sdse_load(a2 + i);
        g00 += x * x, g01 += x * y, g02 += x * z;
        g11 += y * y, g12 += y * z, g22 += z * z;
        h[0] += x * p, h[1] += x * q, h[2] += x * r;
        h[3] += y * p, h[4] += y * q, h[5] += y * r;
        h[6] += z * p, h[7] += z * q, h[8] += z * r;
    }
    gram[0] = g00[0] + g00[1];
    gram[4] = g11[0] + g11[1];
    gram[8] = g22[0] + g22[1];
    gram[1] = gram[3] = g01[0] + g01[1];
    gram[2] = gram[6] = g02[0] + g02[1];
    gram[5] = gram[7] = g12[0] + g12[1];
    for (int i = 0; i < 9; i++)
        right[i] = h[i][0] + h[i][1];
}

// gram -> its Cholesky factor in the lower triangle; false when near-singular.
static bool factor(double *gram, uint32_t n) {
    double largest = 0.0, smallest = (double)INFINITY;
    for (uint32_t i = 0; i < n; i++) {
        double d = gram[i * n + i];
        largest = d > largest ? d : largest;
        smallest = d < smallest ? d : smallest;
    }
    if (!(smallest > SDSE_LSQ_NORM_SPREAD * largest) ||
        !(smallest > DBL_MIN / DBL_EPSILON))
        return false;
    for (uint32_t j = 0; j < n; j++) {
        double pivot = gram[j * n + j], whole = pivot;
        for (uint32_t k = 0; k < j; k++)
            pivot -= gram[j * n + k] * gram[j * n + k];
        if (!(pivot > SDSE_LSQ_PIVOT_FLOOR * whole))
            return false;
        gram[j * n + j] = sqrt(pivot);
        for (uint32_t i = j + 1; i < n; i++) {
            double sum = gram[i * n + j];
            for (uint32_t k = 0; k < j; k++)
                sum -= gram[i * n + k] * gram[j * n + k];
            gram[i * n + j] = sum / gram[j * n + j];
        }
    }
    return true;
}

// Solves L L' x = right for every column of right.
static void solve(const double *lower, uint32_t n, const double *right, double *x) {
    for (uint32_t col = 0; col < n; col++) {
        for (uint32_t i = 0; i < n; i++) {
            double sum = right[i * n + col];
            for (uint32_t k = 0; k < i; k++)
                sum -= lower[i * n + k] * x[k * n + col];
            x[i * n + col] = sum / lower[i * n + i];
        }
        for (uint32_t i = n; i-- > 0;) {
            double sum = x[i * n + col];
            for (uint32_t k = i + 1; k < n; k++)
                sum -= lower[k * n + i] * x[k * n + col];
            x[i * n + col] = sum / lower[i * n + i];
        }
    }
}

// Rotates columns p and q by the angle (cosine, sine).
static void rotate(double *p, double *q, size_t count, double cosine, double sine) {
    for (size_t i = 0; i < count; i++) {
        double old = p[i];
        p[i] = cosine * old - sine * q[i];
        q[i] = sine * old + cosine * q[i];
    }
}

// u (m x n by columns) -> u v with orthogonal columns; v, by columns, starts as 1.
static void orthogonalise(double *u, size_t stride, uint32_t n, double *v) {
    memset(v, 0, (size_t)n * n * sizeof *v);
    for (uint32_t i = 0; i < n; i++)
        v[i * n + i] = 1.0;
    bool moved = true;
    for (int sweep = 0; moved && sweep < MAX_SWEEPS; sweep++) {
        moved = false;
        for (uint32_t p = 0; p + 1 < n; p++) {
            for (uint32_t q = p + 1; q < n; q++) {
                double *up = u + p * stride, *uq = u + q * stride;
                double pp = dot_scalar(up, up, stride), qq = dot_scalar(uq, uq, stride);
                double pq = dot_scalar(up, uq, stride);
                if (!(fabs(pq) > DBL_EPSILON * sqrt(pp) * sqrt(qq)) || pq == 0.0)
                    continue;
                double zeta = (qq - pp) / (2.0 * pq);
                double t = copysign(1.0, zeta) / (fabs(zeta) + sqrt(1.0 + zeta * zeta));
                double cosine = 1.0 / sqrt(1.0 + t * t);
                rotate(up, uq, stride, cosine, cosine * t);
                rotate(v + (size_t)p * n, v + (size_t)q * n, n, cosine, cosine * t);
                moved = true;
            }
        }
    }
}

static void solve_by_rotations(const double *a, const double *c, size_t stride,
                               uint32_t n, double rank_tolerance, double *u,
                               double *x) {
    double v[SDSE_MAX_BASIS * SDSE_MAX_BASIS], square[SDSE_MAX_BASIS];
    memcpy(u, c, n * stride * sizeof *u);
    orthogonalise(u, stride, n, v);
    double largest = 0.0;
    for (uint32_t k = 0; k < n; k++) {
        square[k] = dot_scalar(u + k * stride, u + k * stride, stride);
        largest = square[k] > largest ? square[k] : largest;
    }
    memset(x, 0, (size_t)n * n * sizeof *x);
    for (uint32_t k = 0; k < n; k++) {
        if (!(sqrt(square[k]) > rank_tolerance * sqrt(largest)) || square[k] == 0.0)
            continue;
        for (uint32_t j = 0; j < n; j++) {
            double share =
                dot_scalar(u + k * stride, a + j * stride, stride) / square[k];
            for (uint32_t i = 0; i < n; i++)
                x[i * n + j] += v[k * n + i] * share;
        }
    }
}

void sdse_lsq_tall(const double *a, const double *c, size_t stride, uint32_t n,
                   double rank_tolerance, double *scratch, double *x) {
    double gram[SDSE_MAX_BASIS * SDSE_MAX_BASIS];
    double right[SDSE_MAX_BASIS * SDSE_MAX_BASIS];
    if (n == 3)
        normal_equations_3(a, c, stride, gram, right);
    else
        normal_equations(a, c, stride, n, dot, gram, right);
    if (factor(gram, n))
        solve(gram, n, right, x);
    else
        solve_by_rotations(a, c, stride, n, rank_tolerance, scratch, x);
}

void sdse_lsq_tall_scalar(const double *a, const double *c, size_t stride, uint32_t n,
                          double rank_tolerance, double *scratch, double *x) {
    double gram[SDSE_MAX_BASIS * SDSE_MAX_BASIS];
    double right[SDSE_MAX_BASIS * SDSE_MAX_BASIS];
    normal_equations(a, c, stride, n, dot_scalar, gram, right);
    if (factor(gram, n))
        solve(gram, n, right, x);
    else
        solve_by_rotations(a, c, stride, n, rank_tolerance, scratch, x);
}

static double frobenius(const double *matrix, uint32_t n) {
    double sum = 0.0;
    for (size_t i = 0; i < (size_t)n * n; i++)
        sum += matrix[i] * matrix[i];
    return sqrt(sum);
}

// p = b^-1 by Gauss-Jordan elimination on a copy; false when a pivot is zero.
static bool eliminate(const double *b, uint32_t n, double *p) {
    double left[SDSE_MAX_BASIS * SDSE_MAX_BASIS];
    memcpy(left, b, (size_t)n * n * sizeof *left);
    memset(p, 0, (size_t)n * n * sizeof *p);
    for (uint32_t i = 0; i < n; i++)
        p[i * n + i] = 1.0;
    for (uint32_t col = 0; col < n; col++) {
        uint32_t best = col;
        for (uint32_t i = col + 1; i < n; i++)
            if (fabs(left[i * n + col]) > fabs(left[best * n + col]))
                best = i;
        double pivot = left[best * n + col];
        if (!(fabs(pivot) > 0.0))
            return false;
        for (uint32_t j = 0; j < n; j++) {
            double l = left[best * n + j], r = p[best * n + j];
            left[best * n + j] = left[col * n + j];
            p[best * n + j] = p[col * n + j];
            left[col * n + j] = l / pivot;
            p[col * n + j] = r / pivot;
        }
        for (uint32_t i = 0; i < n; i++) {
            double share = left[i * n + col];
            if (i == col || share == 0.0)
                continue;
            for (uint32_t j = 0; j < n; j++) {
                left[i * n + j] -= share * left[col * n + j];
                p[i * n + j] -= share * p[col * n + j];
            }
        }
    }
    return true;
}

void sdse_lsq_inverse(const double *b, uint32_t n, double rank_tolerance, double *p) {
    if (eliminate(b, n, p) &&
        frobenius(b, n) * frobenius(p, n) < SDSE_LSQ_INVERSE_CONDITION)
        return;
    // Columns of b and of 1, padded to whole lanes.
    enum { PADDED = SDSE_MAX_BASIS + SDSE_LANES };
    double columns[SDSE_MAX_BASIS * PADDED], unit[SDSE_MAX_BASIS * PADDED];
    double scratch[SDSE_MAX_BASIS * PADDED];
    size_t stride = ((size_t)n + SDSE_LANES - 1) / SDSE_LANES * SDSE_LANES;
    memset(columns, 0, n * stride * sizeof *columns);
    memset(unit, 0, n * stride * sizeof *unit);
    for (uint32_t j = 0; j < n; j++) {
        unit[j * stride + j] = 1.0;
        for (uint32_t i = 0; i < n; i++)
            columns[j * stride + i] = b[i * n + j];
    }
    solve_by_rotations(unit, columns, stride, n, rank_tolerance, scratch, p);
}
