#include "smartdeal/train/start.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "smartdeal/block.h"

// ---- scale and mask ---------------------------------------------------------

// Blocks of a filter with zeros as padding.
static void spread(const struct sdse_train_layout *l, const float *weights, double *a) {
    const uint64_t padded = l->blocks * l->rows * l->n;
    for (uint64_t f = 0; f < l->filters; f++)
        for (uint64_t i = 0; i < padded; i++)
            a[f * padded + i] = i < l->words ? (double)weights[f * l->words + i] : 0.0;
}

// Puts every block's words, scaled, into c.
static void scale(uint64_t blocks, uint64_t size, double rms, const double *a,
                  double *c) {
    for (uint64_t b = 0; b < blocks; b++) {
        double square = 0;
        for (uint64_t i = 0; i < size; i++)
            square += a[b * size + i] * a[b * size + i];
        const double factor = square > 0 ? rms / sqrt(square / (double)size) : 0;
        for (uint64_t i = 0; i < size; i++)
            c[b * size + i] = a[b * size + i] * factor;
    }
}

static int by_size(const void *left, const void *right) {
    const double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

// The size that `kept` of `count` numbers reach.
static enum sdse_status reach(const double *c, uint64_t count, uint64_t kept,
                              double *out) {
    double *sizes = malloc(count * sizeof *sizes);
    if (!sizes)
        return SDSE_NO_MEMORY;
    for (uint64_t i = 0; i < count; i++)
        sizes[i] = fabs(c[i]);
    qsort(sizes, count, sizeof *sizes, by_size);
    *out = kept > 0 ? sizes[count - kept] : HUGE_VAL;
    free(sizes);
    return SDSE_OK;
}

static double in_window(double x, const struct sdse_start_rule *rule) {
    const double size = fabs(sdse_nearest_pow2(x));
    return copysign(fmin(fmax(size, rule->least), rule->most), x);
}

// ---- the fit ----------------------------------------------------------------

// One row of n: every non-zero coefficient in turn, the others held.
static void fit_row(const struct sdse_start_rule *rule, const double *a,
                    const double *basis, uint32_t n, double *c) {
    double rest[SDSE_MAX_BASIS];
    for (uint32_t j = 0; j < n; j++) {
        rest[j] = a[j];
        for (uint32_t k = 0; k < n; k++)
            rest[j] -= c[k] * basis[k * n + j];
    }
    for (uint32_t k = 0; k < n; k++) {
        double along = 0, square = 0;
        for (uint32_t j = 0; j < n; j++) {
            along += rest[j] * basis[k * n + j];
            square += basis[k * n + j] * basis[k * n + j];
        }
        if (c[k] == 0 || square == 0)
            continue;
        const double better = in_window(c[k] + along / square, rule);
        for (uint32_t j = 0; j < n; j++)
            rest[j] += (c[k] - better) * basis[k * n + j];
        c[k] = better;
    }
}

static void fit_block(const struct sdse_start_rule *rule,
                      const struct sdse_block_rule *block, const double *a,
                      uint64_t rows, double *scratch, double *c, double *basis) {
    const uint32_t n = block->basis_size;
    sdse_block_fit_basis(block, a, c, rows, scratch, basis);
    for (unsigned pass = 0; pass < rule->passes; pass++) {
        for (uint64_t r = 0; r < rows; r++)
            fit_row(rule, a + r * n, basis, n, c + r * n);
        sdse_block_fit_basis(block, a, c, rows, scratch, basis);
    }
}

enum sdse_status sdse_train_start(const struct sdse_train_layout *l,
                                  const struct sdse_start_rule *rule,
                                  const float *weights, double *c, double *basis) {
    const struct sdse_smartdeal_setting setting = sdse_smartdeal_setting_default();
    struct sdse_block_rule block = sdse_block_rule_of(&setting, l->n, 0, false);
    const uint64_t count = sdse_train_coefficients(l), size = l->rows * l->n;
    const uint64_t blocks = l->filters * l->blocks;
    const double exact = rule->density * (double)sdse_train_weights(l);
    double *a = malloc(count * sizeof *a);
    double *scratch = malloc(sdse_block_scratch(l->rows, l->n) * sizeof *scratch);
    double border = 0;
    enum sdse_status status = a && scratch ? SDSE_OK : SDSE_NO_MEMORY;
    block.double_precision = true;
    if (status == SDSE_OK) {
        spread(l, weights, a);
        scale(blocks, size, rule->most / 4, a, c);
        status = reach(c, count, (uint64_t)(exact + 0.5), &border);
    }
    if (status == SDSE_OK) {
        for (uint64_t i = 0; i < count; i++)
            c[i] = c[i] != 0 && fabs(c[i]) >= border ? in_window(c[i], rule) : 0;
        for (uint64_t b = 0; b < blocks; b++)
            fit_block(rule, &block, a + b * size, l->rows, scratch, c + b * size,
                      basis + b * l->n * l->n);
    }
    free(a);
    free(scratch);
    return status;
}
