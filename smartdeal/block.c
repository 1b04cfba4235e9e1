#include "smartdeal/block.h"

#include <math.h>
#include <string.h>

#include "smartdeal/lanes.h"
#include "smartdeal/lsq.h"

struct sdse_block_rule sdse_block_rule_of(const struct sdse_smartdeal_setting *s,
                                          uint32_t basis_size, double threshold,
                                          bool wide_kernel) {
    return (struct sdse_block_rule){
        .basis_size = basis_size,
        .threshold = threshold,
        .row_threshold =
            s->row_sparsity && wide_kernel ? s->row_factor * threshold : 0.0,
        .iterations = s->iterations,
        .tolerance = s->tolerance,
        .max_coefficient = s->max_coefficient,
        .rank_tolerance = s->rank_tolerance,
        .scale = s->scale,
        .decay = s->decay,
        .max_restarts = s->max_restarts,
    };
}

static size_t padded(uint64_t rows) {
    return (size_t)((rows + SDSE_LANES - 1) / SDSE_LANES * SDSE_LANES);
}

enum { MATRICES = 5 }; // A, Ce, Q, previous Q, scratch of the least squares

size_t sdse_block_scratch(uint64_t rows, uint32_t basis_size) {
    return MATRICES * padded(rows) * basis_size;
}

// Nearest power of two on the bits of a double: adding just under half of the mantissa
// carries into the exponent exactly when the mantissa exceeds 1.5.
static const int64_t sign_mask = INT64_MIN;
static const int64_t exponent_field = INT64_C(0x7ff0000000000000);
static const int64_t just_below_half = INT64_C(0x0007ffffffffffff);

double sdse_nearest_pow2(double x) {
    int64_t bits;
    memcpy(&bits, &x, sizeof bits);
    int64_t sign = bits & sign_mask;
    bits = ((bits & ~sign_mask) + just_below_half) & exponent_field;
    bits = bits ? bits | sign : 0;
    memcpy(&x, &bits, sizeof x);
    return x;
}

// How a block's arithmetic is carried out: with lanes or with plain loops.
struct kernels {
    void (*quantise)(const double *ce, size_t count, double most, double *q);
    double (*change)(const double *q, const double *previous, size_t count);
    void (*fit_basis)(const double *a, const double *c, size_t stride, uint32_t n,
                      double rank_tolerance, double *scratch, double *x);
    void (*times)(const double *a, size_t stride, uint32_t n, const double *p,
                  bool single, double *ce);
    void (*sparsify)(double *ce, size_t count, double threshold);
};

static void quantise_scalar(const double *ce, size_t count, double most, double *q) {
    for (size_t i = 0; i < count; i++) {
        double nearest = sdse_nearest_pow2(ce[i]);
        q[i] = fabs(nearest) > most ? copysign(most, nearest) : nearest;
    }
}

static void quantise_lanes(const double *ce, size_t count, double most, double *q) {
    const sdse_lane_bits sign_bit = {sign_mask, sign_mask};
    const sdse_lane_bits below_half = {just_below_half, just_below_half};
    const sdse_lane_bits exponent = {exponent_field, exponent_field};
    const sdse_lanes top = {most, most};
    for (size_t i = 0; i < count; i += SDSE_LANES) {
        sdse_lane_bits bits = (sdse_lane_bits)sdse_load(ce + i);
        sdse_lane_bits sign = bits & sign_bit;
        sdse_lane_bits power = ((bits & ~sign_bit) + below_half) & exponent;
        sdse_lanes size = (sdse_lanes)power;
        sdse_lane_bits over = (sdse_lane_bits)(size > top);
        power = (power & ~over) | ((sdse_lane_bits)top & over);
        // A zero keeps no sign, so that equal matrices have equal bits.
        sdse_lane_bits alive = (sdse_lane_bits)((sdse_lanes)power > 0.0);
        sdse_store_lanes(q + i, (sdse_lanes)(power | (sign & alive)));
    }
}

static double change_scalar(const double *q, const double *previous, size_t count) {
    double even = 0.0, odd = 0.0;
    for (size_t i = 0; i < count; i += SDSE_LANES) {
        double d = q[i] - previous[i], e = q[i + 1] - previous[i + 1];
        even += d * d;
        odd += e * e;
    }
    return sqrt(even + odd);
}

static double change_lanes(const double *q, const double *previous, size_t count) {
    sdse_lanes sum = {0.0, 0.0};
    for (size_t i = 0; i < count; i += SDSE_LANES) {
        sdse_lanes d = sdse_load(q + i) - sdse_load(previous + i);
        sum += d * d;
    }
    return sqrt(sum[0] + sum[1]);
}

// Ce = A P, each column summed over k in rising order, rounded to f32 if single.
static void times_scalar(const double *a, size_t stride, uint32_t n, const double *p,
                         bool single, double *ce) {
    for (uint32_t j = 0; j < n; j++) {
        for (size_t i = 0; i < stride; i++) {
            double sum = a[i] * p[j];
            for (uint32_t k = 1; k < n; k++)
                sum += a[k * stride + i] * p[k * n + j];
            ce[j * stride + i] = single ? (double)(float)sum : sum;
        }
    }
}

// Not lane by lane: gcc 12 drops the rounding of (double)(float)x[0] when it makes
// vectors of it.
static sdse_lanes round_lanes(sdse_lanes x, bool single) {
    typedef float floats __attribute__((vector_size(8)));
    if (!single)
        return x;
    return __builtin_convertvector(__builtin_convertvector(x, floats), sdse_lanes);
}

static void times_lanes(const double *a, size_t stride, uint32_t n, const double *p,
                        bool single, double *ce) {
    if (n == 3) {
        const double *a0 = a, *a1 = a + stride, *a2 = a + 2 * stride;
        for (size_t i = 0; i < stride; i += SDSE_LANES) {
            sdse_lanes x = sdse_load(a0 + i), y = sdse_load(a1 + i);
            sdse_lanes z = sdse_load(a2 + i);
            for (uint32_t j = 0; j < 3; j++)
                sdse_store_lanes(
                    ce + j * stride + i,
                    round_lanes(x * p[j] + y * p[3 + j] + z * p[6 + j], single));
        }
        return;
    }
    for (uint32_t j = 0; j < n; j++) {
        for (size_t i = 0; i < stride; i += SDSE_LANES) {
            sdse_lanes sum = sdse_load(a + i) * p[j];
            for (uint32_t k = 1; k < n; k++)
                sum += sdse_load(a + k * stride + i) * p[k * n + j];
            sdse_store_lanes(ce + j * stride + i, round_lanes(sum, single));
        }
    }
}

static void sparsify_scalar(double *ce, size_t count, double threshold) {
    for (size_t i = 0; i < count; i++)
        if (fabs(ce[i]) < threshold)
            ce[i] = 0.0;
}

static void sparsify_lanes(double *ce, size_t count, double threshold) {
    const sdse_lane_bits sign_bit = {sign_mask, sign_mask};
    const sdse_lanes least = {threshold, threshold};
    for (size_t i = 0; i < count; i += SDSE_LANES) {
        sdse_lane_bits bits = (sdse_lane_bits)sdse_load(ce + i);
        sdse_lane_bits keep = ~(sdse_lane_bits)((sdse_lanes)(bits & ~sign_bit) < least);
        sdse_store_lanes(ce + i, (sdse_lanes)(bits & keep));
    }
}

static const struct kernels plain_loops = {quantise_scalar, change_scalar,
                                           sdse_lsq_tall_scalar, times_scalar,
                                           sparsify_scalar};
static const struct kernels in_lanes = {quantise_lanes, change_lanes, sdse_lsq_tall,
                                        times_lanes, sparsify_lanes};

static void drop_small_rows(double *ce, size_t stride, uint32_t n, double least) {
    for (size_t i = 0; i < stride; i++) {
        double norm = 0.0;
        for (uint32_t j = 0; j < n; j++)
            norm += fabs(ce[j * stride + i]);
        if (norm < least)
            for (uint32_t j = 0; j < n; j++)
                ce[j * stride + i] = 0.0;
    }
}

// Multiplies column j by d_j, the geometric distance of its entries to powers of two.
static void scale_columns(double *ce, size_t stride, uint32_t n, bool single) {
    for (uint32_t j = 0; j < n; j++) {
        double *column = ce + j * stride, sum = 0.0;
        uint64_t count = 0;
        for (size_t i = 0; i < stride; i++) {
            if (column[i] == 0.0)
                continue;
            double power = log2(fabs(column[i]));
            sum += nearbyint(power) - power;
            count++;
        }
        if (!count)
            continue;
        double d = exp2(sum / (double)count);
        for (size_t i = 0; i < stride; i++)
            column[i] = single ? (double)(float)(column[i] * d) : column[i] * d;
    }
}

static bool column_is_zero(const double *matrix, size_t stride, uint32_t column) {
    const double *c = matrix + column * stride;
    for (size_t i = 0; i < stride; i++)
        if (c[i] != 0.0)
            return false;
    return true;
}

// True if some column of Ce is empty that is not empty in A.
static bool lost_a_column(const double *a, const double *ce, size_t stride,
                          uint32_t n) {
    for (uint32_t j = 0; j < n; j++)
        if (column_is_zero(ce, stride, j) && !column_is_zero(a, stride, j))
            return true;
    return false;
}

static void round_matrix(double *matrix, size_t count) {
    for (size_t i = 0; i < count; i++)
        matrix[i] = (double)(float)matrix[i];
}

// The matrices of one block, by columns, in the caller's scratch.
struct frame {
    const struct sdse_block_rule *rule;
    const struct kernels *kernels;
    uint64_t rows;
    size_t stride, count; // count = n * stride
    double *a, *ce, *q, *previous, *scratch;
};

static struct frame frame_of(const struct sdse_block_rule *rule, uint64_t rows,
                             double *scratch, const struct kernels *kernels) {
    struct frame f = {
        .rule = rule, .kernels = kernels, .rows = rows, .stride = padded(rows)};
    f.count = f.stride * rule->basis_size;
    f.a = scratch;
    f.ce = f.a + f.count;
    f.q = f.ce + f.count;
    f.previous = f.q + f.count;
    f.scratch = f.previous + f.count;
    return f;
}

static void to_columns(const double *rows_major, uint64_t rows, uint32_t n,
                       size_t stride, double *columns) {
    for (uint32_t j = 0; j < n; j++) {
        for (uint64_t i = 0; i < rows; i++)
            columns[j * stride + i] = rows_major[i * n + j];
        for (size_t i = (size_t)rows; i < stride; i++)
            columns[j * stride + i] = 0.0;
    }
}

static void fit_basis(const struct frame *f, const double *c, double *basis) {
    uint32_t n = f->rule->basis_size;
    f->kernels->fit_basis(f->a, c, f->stride, n, f->rule->rank_tolerance, f->scratch,
                          basis);
    if (!f->rule->double_precision)
        round_matrix(basis, (size_t)n * n);
}

static void quantise(const struct frame *f) {
    if (f->rule->scale)
        scale_columns(f->ce, f->stride, f->rule->basis_size,
                      !f->rule->double_precision);
    f->kernels->quantise(f->ce, f->count, f->rule->max_coefficient, f->q);
}

static void sparsify(const struct frame *f, double shrink) {
    const struct sdse_block_rule *rule = f->rule;
    if (rule->row_threshold > 0)
        drop_small_rows(f->ce, f->stride, rule->basis_size,
                        rule->row_threshold * shrink);
    f->kernels->sparsify(f->ce, f->count, rule->threshold * shrink);
}

// One run of the alternating fit at a given theta; false when a column emptied under
// `scale` and a restart may help.
static bool alternate(const struct frame *f, double shrink, bool may_restart,
                      double *basis, struct sdse_block_progress *progress) {
    const struct sdse_block_rule *rule = f->rule;
    uint32_t n = rule->basis_size;
    bool single = !rule->double_precision;
    double inverse[SDSE_MAX_BASIS * SDSE_MAX_BASIS];
    memcpy(f->ce, f->a, f->count * sizeof *f->ce);
    progress->passes = 0;
    progress->converged = f->rows < n;
    if (f->rows < n)
        sparsify(f, shrink);
    bool settled = false; // Q is up to date
    uint32_t most = f->rows < n ? 0 : rule->iterations - 1;
    for (uint32_t pass = 0; pass < most; pass++) {
        quantise(f);
        if (pass > 0 &&
            f->kernels->change(f->q, f->previous, f->count) <= rule->tolerance) {
            progress->converged = settled = true;
            break;
        }
        memcpy(f->previous, f->q, f->count * sizeof *f->q);
        fit_basis(f, f->q, basis);
        sdse_lsq_inverse(basis, n, rule->rank_tolerance, inverse);
        f->kernels->times(f->a, f->stride, n, inverse, single, f->ce);
        sparsify(f, shrink);
        progress->passes++;
        if (rule->scale && may_restart && lost_a_column(f->a, f->ce, f->stride, n))
            return false;
    }
    // After convergence Q is Ce, scaled and rounded; scaling it again would move it.
    if (!settled)
        quantise(f);
    fit_basis(f, f->q, basis);
    return true;
}

static struct sdse_block_progress decompose(const struct sdse_block_rule *rule,
                                            const double *a, uint64_t rows,
                                            double *scratch, double *ce, double *basis,
                                            const struct kernels *kernels) {
    uint32_t n = rule->basis_size;
    struct frame f = frame_of(rule, rows, scratch, kernels);
    to_columns(a, rows, n, f.stride, f.a);
    struct sdse_block_progress progress = {0};
    double shrink = 1.0;
    while (!alternate(&f, shrink, progress.restarts < rule->max_restarts, basis,
                      &progress)) {
        shrink *= rule->decay;
        progress.restarts++;
    }
    for (uint64_t i = 0; i < rows; i++)
        for (uint32_t j = 0; j < n; j++)
            ce[i * n + j] = f.q[j * f.stride + i];
    return progress;
}

struct sdse_block_progress sdse_block_decompose(const struct sdse_block_rule *rule,
                                                const double *a, uint64_t rows,
                                                double *scratch, double *ce,
                                                double *basis) {
    return decompose(rule, a, rows, scratch, ce, basis, &in_lanes);
}

struct sdse_block_progress
sdse_block_decompose_scalar(const struct sdse_block_rule *rule, const double *a,
                            uint64_t rows, double *scratch, double *ce, double *basis) {
    return decompose(rule, a, rows, scratch, ce, basis, &plain_loops);
}

void sdse_block_fit_basis(const struct sdse_block_rule *rule, const double *a,
                          const double *ce, uint64_t rows, double *scratch,
                          double *basis) {
    struct frame f = frame_of(rule, rows, scratch, &in_lanes);
    to_columns(a, rows, rule->basis_size, f.stride, f.a);
    to_columns(ce, rows, rule->basis_size, f.stride, f.q);
    fit_basis(&f, f.q, basis);
}
