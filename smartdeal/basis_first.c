#include "smartdeal/basis_first.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "smartdeal/coded.h"

enum { SWEEPS = 60 };

void sdse_basis_first_free(struct sdse_basis_first *layer) {
    free(layer->coefficient);
    free(layer->basis);
    layer->coefficient = NULL;
    layer->basis = NULL;
}

bool sdse_basis_first_check(const char *name, uint64_t taps, struct sdse_loc loc,
                            struct sdse_diags *diags) {
    if (taps <= SDSE_MOST_SHARED_TAPS)
        return true;
    sdse_diag_add(diags, SDSE_ERROR, loc, "basis-first-taps",
                  "layer '%.60s': kernels of %" PRIu64 " taps; shared ones are found "
                  "among at most %d: declare a density instead",
                  name, taps, SDSE_MOST_SHARED_TAPS);
    return false;
}

// Eigenvectors of a symmetric n x n matrix by cyclic Jacobi rotations: `a` becomes
// diagonal, the columns of `v` are the vectors. Golub & Van Loan, 4th ed., 8.5.
static void jacobi(double *a, double *v, uint32_t n) {
    for (uint32_t i = 0; i < n * n; i++)
        v[i] = i % (n + 1) == 0;
    for (int sweep = 0; sweep < SWEEPS; sweep++) {
        double off = 0, all = 0;
        for (uint32_t i = 0; i < n * n; i++) {
            all += a[i] * a[i];
            off += i % (n + 1) ? a[i] * a[i] : 0;
        }
        if (!(off > all * 1e-30))
            return;
        for (uint32_t p = 0; p + 1 < n; p++) {
            for (uint32_t q = p + 1; q < n; q++) {
                if (a[p * n + q] == 0)
                    continue;
                const double theta = (a[q * n + q] - a[p * n + p]) / (2 * a[p * n + q]);
                const double t =
                    (theta >= 0 ? 1 : -1) / (fabs(theta) + sqrt(theta * theta + 1));
                const double c = 1 / sqrt(t * t + 1), s = t * c;
                for (uint32_t i = 0; i < n; i++) {
                    const double x = a[i * n + p], y = a[i * n + q];
                    a[i * n + p] = c * x - s * y;
                    a[i * n + q] = s * x + c * y;
                }
                for (uint32_t i = 0; i < n; i++) {
                    const double x = a[p * n + i], y = a[q * n + i];
                    a[p * n + i] = c * x - s * y;
                    a[q * n + i] = s * x + c * y;
                    const double vx = v[i * n + p], vy = v[i * n + q];
                    v[i * n + p] = c * vx - s * vy;
                    v[i * n + q] = s * vx + c * vy;
                }
            }
        }
    }
}

struct work {
    const float *weights;
    uint32_t taps, bases;
    double *gram, *vectors; // taps x taps
    double *shared;         // bases x taps: the kernels
    double *normal, *right; // bases x bases, bases x taps
};

// The leading eigenvectors of W'W as the first kernels.
static void leading(struct work *w, uint64_t kernels) {
    const uint32_t n = w->taps;
    memset(w->gram, 0, (size_t)n * n * sizeof *w->gram);
    for (uint64_t k = 0; k < kernels; k++)
        for (uint32_t i = 0; i < n; i++)
            for (uint32_t j = 0; j < n; j++)
                w->gram[i * n + j] +=
                    (double)w->weights[k * n + i] * (double)w->weights[k * n + j];
    jacobi(w->gram, w->vectors, n);
    for (uint32_t b = 0; b < w->bases; b++) {
        uint32_t best = 0;
        for (uint32_t i = 1; i < n; i++)
            if (w->gram[i * n + i] > w->gram[best * n + best])
                best = i;
        for (uint32_t i = 0; i < n; i++)
            w->shared[b * n + i] = w->vectors[i * n + best];
        w->gram[best * n + best] = -1; // taken
    }
}

static double projection(const struct work *w, uint64_t k, uint32_t b) {
    double sum = 0;
    for (uint32_t i = 0; i < w->taps; i++)
        sum += (double)w->weights[k * w->taps + i] * w->shared[b * w->taps + i];
    return sum;
}

static void choose_coefficients(const struct work *w, struct sdse_basis_first *out) {
    for (uint32_t b = 0; b < w->bases; b++) {
        double mean = 0;
        for (uint64_t k = 0; k < out->kernels; k++)
            mean += fabs(projection(w, k, b));
        mean /= (double)out->kernels;
        for (uint64_t k = 0; k < out->kernels; k++) {
            const double at = projection(w, k, b);
            const bool kept = mean > 0 && fabs(at) >= 0.7 * mean;
            out->coefficient[k * w->bases + b] = (int8_t)(!kept ? 0 : at > 0 ? 1 : -1);
            out->nonzero += kept;
        }
    }
}

// The kernels that fit best: C'C B = C'W, by elimination with pivoting; a pivot that is
// nothing leaves its kernel zero.
static void fit(struct work *w, const struct sdse_basis_first *out) {
    const uint32_t m = w->bases, n = w->taps;
    memset(w->normal, 0, (size_t)m * m * sizeof *w->normal);
    memset(w->right, 0, (size_t)m * n * sizeof *w->right);
    for (uint64_t k = 0; k < out->kernels; k++) {
        const int8_t *c = out->coefficient + k * m;
        for (uint32_t b = 0; b < m; b++) {
            for (uint32_t d = 0; d < m; d++)
                w->normal[b * m + d] += c[b] * c[d];
            for (uint32_t i = 0; i < n; i++)
                w->right[b * n + i] += c[b] * (double)w->weights[k * n + i];
        }
    }
    for (uint32_t b = 0; b < m;
         b++) { // positive semidefinite: the diagonal is the pivot
        const double pivot = w->normal[b * m + b];
        if (!(pivot > 1e-9 * (double)out->kernels)) {
            for (uint32_t d = 0; d < m; d++)
                w->normal[b * m + d] = w->normal[d * m + b] = 0;
            memset(w->right + (size_t)b * n, 0, n * sizeof *w->right);
            continue;
        }
        for (uint32_t d = 0; d < m; d++) {
            const double f = d == b ? 0 : w->normal[d * m + b] / pivot;
            for (uint32_t i = 0; i < m && f != 0; i++)
                w->normal[d * m + i] -= f * w->normal[b * m + i];
            for (uint32_t i = 0; i < n && f != 0; i++)
                w->right[d * n + i] -= f * w->right[b * n + i];
        }
    }
    for (uint32_t b = 0; b < m; b++)
        for (uint32_t i = 0; i < n; i++)
            w->shared[b * n + i] = w->normal[b * m + b] > 0
                                       ? w->right[b * n + i] / w->normal[b * m + b]
                                       : 0;
}

static void round_basis(const struct work *w, uint32_t basis_bits,
                        struct sdse_basis_first *out) {
    double largest = 0;
    for (uint32_t i = 0; i < w->bases * w->taps; i++)
        largest = fmax(largest, fabs(w->shared[i]));
    out->basis_exponent = sdse_fixed_point_exponent(largest, basis_bits);
    for (uint32_t i = 0; i < w->bases * w->taps; i++)
        out->basis[i] = (int16_t)nearbyint(ldexp(w->shared[i], -out->basis_exponent));
}

static void weigh_error(const struct work *w, struct sdse_basis_first *out) {
    double error = 0, all = 0;
    for (uint64_t k = 0; k < out->kernels; k++) {
        for (uint32_t i = 0; i < w->taps; i++) {
            int64_t sum = 0;
            for (uint32_t b = 0; b < w->bases; b++)
                sum += out->coefficient[k * w->bases + b] * out->basis[b * w->taps + i];
            const double is = (double)w->weights[k * w->taps + i];
            const double d = is - ldexp((double)sum, out->basis_exponent);
            error += d * d;
            all += is * is;
        }
    }
    out->weight_norm = sqrt(all);
    out->rel_error = all > 0 ? sqrt(error / all) : 0;
}

enum sdse_status sdse_basis_first(const float *weights, uint64_t kernels, uint32_t taps,
                                  uint32_t bases, uint32_t basis_bits,
                                  struct sdse_basis_first *out) {
    assert(taps <= SDSE_MOST_SHARED_TAPS);
    bases = bases < taps ? bases : taps;
    *out = (struct sdse_basis_first){.kernels = kernels, .taps = taps, .bases = bases};
    const size_t square = (size_t)taps * taps, wide = (size_t)bases * taps;
    double *room = calloc(4 * square + 4 * wide + 1, sizeof *room);
    out->coefficient = calloc((size_t)kernels * bases + 1, 1);
    out->basis = calloc(wide + 1, sizeof *out->basis);
    if (!room || !out->coefficient || !out->basis) {
        free(room);
        sdse_basis_first_free(out);
        return SDSE_NO_MEMORY;
    }
    struct work w = {.weights = weights,
                     .taps = taps,
                     .bases = bases,
                     .gram = room,
                     .vectors = room + square,
                     .normal = room + 2 * square,
                     .shared = room + 3 * square,
                     .right = room + 3 * square + wide};
    leading(&w, kernels);
    choose_coefficients(&w, out);
    fit(&w, out);
    round_basis(&w, basis_bits, out);
    weigh_error(&w, out);
    free(room);
    return SDSE_OK;
}
