#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <math.h>

#include "smartdeal/block.h"
#include "smartdeal/lsq.h"
#include "smartdeal/synthetic.h"

enum { MOST = 600 * 9 };

struct solved {
    double ce[MOST], basis[SDSE_MAX_BASIS * SDSE_MAX_BASIS];
    struct sdse_block_progress progress;
};

static struct sdse_block_rule rule_of(uint32_t n, double theta) {
    struct sdse_smartdeal_setting setting = sdse_smartdeal_setting_default();
    return sdse_block_rule_of(&setting, n, theta, true);
}

static struct solved *solve(const struct sdse_block_rule *rule, const double *a,
                            uint64_t rows, int scalar) {
    struct solved *s = calloc(1, sizeof *s);
    double *scratch = malloc(sdse_block_scratch(rows, rule->basis_size) * 8);
    assert_true(s && scratch);
    s->progress =
        scalar ? sdse_block_decompose_scalar(rule, a, rows, scratch, s->ce, s->basis)
               : sdse_block_decompose(rule, a, rows, scratch, s->ce, s->basis);
    free(scratch);
    return s;
}

static double error_of(const double *a, const struct solved *s, uint64_t rows,
                       uint32_t n) {
    double error = 0.0, size = 0.0;
    for (uint64_t i = 0; i < rows; i++) {
        for (uint32_t j = 0; j < n; j++) {
            double w = 0.0;
            for (uint32_t k = 0; k < n; k++)
                w += s->ce[i * n + k] * s->basis[k * n + j];
            error += pow(a[i * n + j] - w, 2.0);
            size += pow(a[i * n + j], 2.0);
        }
    }
    return size > 0.0 ? sqrt(error / size) : sqrt(error);
}

static void fill(double *a, uint64_t count, uint64_t seed) {
    float *w = malloc(count * sizeof *w);
    assert_non_null(w);
    struct sdse_weight_shape shape = {1, 1, count, 1, 1, true};
    sdse_synthetic_weights(&shape, seed, w);
    for (uint64_t i = 0; i < count; i++)
        a[i] = (double)w[i];
    free(w);
}

static void nearest_power_is_linear_and_ties_go_down(void **state) {
    (void)state;
    assert_true(sdse_nearest_pow2(1.0) == 1.0);
    assert_true(sdse_nearest_pow2(1.5) == 1.0);
    assert_true(sdse_nearest_pow2(nextafter(1.5, 2.0)) == 2.0);
    assert_true(sdse_nearest_pow2(-0.75) == -0.5);
    assert_true(sdse_nearest_pow2(-0.7500001) == -1.0);
    assert_true(sdse_nearest_pow2(0.0) == 0.0);
    assert_false(signbit(sdse_nearest_pow2(-0.0)));
    assert_true(sdse_nearest_pow2(0x1.8p-149) == 0x1p-149);
    assert_true(sdse_nearest_pow2(0x1p-1060) == 0.0);
}

static void coefficients_are_powers_of_two_within_bounds(void **state) {
    (void)state;
    double a[192 * 3];
    fill(a, 192 * 3, 1);
    for (int i = 0; i < 192 * 3; i++)
        a[i] *= 1e4; // large enough to meet the cap
    struct sdse_block_rule rule = rule_of(3, 0.01);
    struct solved *s = solve(&rule, a, 192, 0);
    for (int i = 0; i < 192 * 3; i++) {
        int exponent;
        assert_true(s->ce[i] == 0.0 || fabs(frexp(s->ce[i], &exponent)) == 0.5);
        assert_true(fabs(s->ce[i]) <= 32.0);
    }
    free(s);
}

// The floor that rounding to powers of two sets, measured by the reference code.
static void error_meets_the_known_floor(void **state) {
    (void)state;
    double a[192 * 3];
    for (uint64_t seed = 1; seed <= 20; seed++) {
        fill(a, 192 * 3, seed);
        struct sdse_block_rule rule = rule_of(3, 1e-4);
        struct solved *s = solve(&rule, a, 192, 0);
        double error = error_of(a, s, 192, 3);
        assert_true(error > 0.15 && error < 0.20);
        free(s);
    }
}

static void lanes_and_plain_loops_give_the_same_bytes(void **state) {
    (void)state;
    static const struct {
        uint64_t rows;
        uint32_t n;
        bool scale, row_sparsity;
    } shapes[] = {{192, 3, false, false}, {171, 3, false, true}, {192, 3, true, false},
                  {3, 3, false, false},   {2, 3, false, false},  {1, 3, false, false},
                  {64, 9, false, false},  {77, 2, true, true},   {33, 8, false, true},
                  {40, 17, false, false}};
    static double a[MOST];
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        uint64_t entries = shapes[i].rows * shapes[i].n;
        for (uint64_t seed = 0; seed < 10; seed++) {
            fill(a, entries, seed + 100 * i);
            struct sdse_block_rule rule = rule_of(shapes[i].n, 0.004 * (double)seed);
            rule.scale = shapes[i].scale;
            rule.row_threshold = shapes[i].row_sparsity ? 5 * rule.threshold : 0;
            struct solved *fast = solve(&rule, a, shapes[i].rows, 0);
            struct solved *plain = solve(&rule, a, shapes[i].rows, 1);
            assert_memory_equal(fast->ce, plain->ce, entries * sizeof(double));
            assert_memory_equal(fast->basis, plain->basis,
                                shapes[i].n * shapes[i].n * sizeof(double));
            free(fast);
            free(plain);
        }
    }
}

static void zero_block_gives_zero(void **state) {
    (void)state;
    double a[30 * 3] = {0};
    struct sdse_block_rule rule = rule_of(3, 0.004);
    for (int scale = 0; scale < 2; scale++) {
        rule.scale = scale;
        struct solved *s = solve(&rule, a, 30, 0);
        for (int i = 0; i < 90; i++)
            assert_true(s->ce[i] == 0.0);
        for (int i = 0; i < 9; i++)
            assert_true(s->basis[i] == 0.0);
        assert_true(s->progress.converged);
        free(s);
    }
}

// A dead filter of denormal weights must not survive as denormal coefficients.
static void denormal_block_gives_zero(void **state) {
    (void)state;
    double a[30 * 3];
    fill(a, 90, 7);
    for (int i = 0; i < 90; i++)
        a[i] *= 1e-33;
    struct sdse_block_rule rule = rule_of(3, 0.004);
    struct solved *s = solve(&rule, a, 30, 0);
    for (int i = 0; i < 90; i++)
        assert_true(s->ce[i] == 0.0);
    free(s);
}

static void zero_column_stays_zero_and_the_rest_is_fitted(void **state) {
    (void)state;
    double a[60 * 3];
    fill(a, 180, 3);
    for (int i = 0; i < 60; i++)
        a[3 * i + 1] = 0.0;
    struct sdse_block_rule rule = rule_of(3, 0.001);
    for (int scale = 0; scale < 2; scale++) {
        rule.scale = scale;
        struct solved *s = solve(&rule, a, 60, 0);
        for (int i = 0; i < 60; i++)
            assert_true(s->ce[3 * i + 1] == 0.0);
        assert_true(error_of(a, s, 60, 3) < 0.2);
        assert_true(s->progress.restarts == 0); // it was empty from the start
        free(s);
    }
}

static void restarts_of_the_scaling_are_bounded(void **state) {
    (void)state;
    double a[60 * 3];
    fill(a, 180, 3);
    for (int i = 0; i < 60; i++)
        a[3 * i + 1] *= 1e-9; // every theta worth the name empties it
    struct sdse_block_rule rule = rule_of(3, 0.001);
    rule.scale = true;
    rule.max_restarts = 5;
    struct solved *s = solve(&rule, a, 60, 0);
    assert_int_equal(s->progress.restarts, 5);
    for (int i = 0; i < 60; i++)
        assert_true(s->ce[3 * i + 1] == 0.0);
    free(s);
}

static void rank_one_block_is_fitted_by_least_norm(void **state) {
    (void)state;
    double a[40 * 3];
    for (int i = 0; i < 40; i++)
        for (int j = 0; j < 3; j++)
            a[3 * i + j] = ldexp(i % 2 ? 1.0 : -1.0, -(i % 5)) * (j + 1);
    struct sdse_block_rule rule = rule_of(3, 1e-3);
    struct solved *s = solve(&rule, a, 40, 0);
    assert_true(error_of(a, s, 40, 3) < 1e-6);
    for (int i = 0; i < 9; i++)
        assert_true(fabs(s->basis[i]) < 10.0); // not blown up by a tiny pivot
    free(s);
}

static void fewer_rows_than_columns_is_fitted(void **state) {
    (void)state;
    for (uint64_t rows = 1; rows < 8; rows++) {
        double a[8 * 8];
        fill(a, rows * 8, rows);
        struct sdse_block_rule rule = rule_of(8, 1e-4);
        struct solved *s = solve(&rule, a, rows, 0);
        assert_true(error_of(a, s, rows, 8) < 1e-5);
        free(s);
    }
}

static void row_sparsity_zeroes_whole_rows(void **state) {
    (void)state;
    double a[192 * 3];
    fill(a, 192 * 3, 11);
    struct sdse_block_rule rule = rule_of(3, 0.01);
    rule.row_threshold = 0.05;
    struct solved *s = solve(&rule, a, 192, 0);
    struct sdse_block_rule off = rule_of(3, 0.01);
    struct solved *t = solve(&off, a, 192, 0);
    int dead = 0, dead_without = 0;
    for (int i = 0; i < 192; i++) {
        double norm = 0.0, other = 0.0;
        for (int j = 0; j < 3; j++) {
            norm += fabs(s->ce[3 * i + j]);
            other += fabs(t->ce[3 * i + j]);
        }
        dead += norm == 0.0;
        dead_without += other == 0.0;
        // Rounding to a power of two moves a survivor by a third at most.
        assert_true(norm == 0.0 || norm > 0.05 * 2.0 / 3.0 - 1e-12);
    }
    assert_true(dead > dead_without);
    free(s);
    free(t);
}

static void one_iteration_only_rounds(void **state) {
    (void)state;
    double a[20 * 3];
    fill(a, 60, 5);
    struct sdse_block_rule rule = rule_of(3, 0.5);
    rule.iterations = 1;
    struct solved *s = solve(&rule, a, 20, 0);
    for (int i = 0; i < 60; i++)
        assert_true(s->ce[i] == sdse_nearest_pow2(a[i]));
    assert_int_equal(s->progress.passes, 0);
    free(s);
}

// Least squares by rotations and by Cholesky agree where both are sound, and the
// residual is orthogonal to the columns where only the first is.
static void least_squares_residual_is_orthogonal(void **state) {
    (void)state;
    enum { ROWS = 50, N = 4 };
    double a[N * ROWS], c[N * ROWS], scratch[N * ROWS], x[N * N];
    fill(a, N * ROWS, 21);
    for (int trial = 0; trial < 6; trial++) {
        fill(c, N * ROWS, (uint64_t)trial);
        if (trial >= 3) // last column = first, up to trial-dependent dust
            for (int i = 0; i < ROWS; i++)
                c[3 * ROWS + i] = c[i] + (trial - 3) * 1e-5 * c[ROWS + i];
        sdse_lsq_tall(a, c, ROWS, N, 1e-10, scratch, x);
        for (int k = 0; k < N; k++) {
            for (int j = 0; j < N; j++) {
                double product = 0.0;
                for (int i = 0; i < ROWS; i++) {
                    double r = a[j * ROWS + i];
                    for (int q = 0; q < N; q++)
                        r -= c[q * ROWS + i] * x[q * N + j];
                    product += c[k * ROWS + i] * r;
                }
                assert_true(fabs(product) < 1e-8);
            }
        }
        if (trial == 3) // equal columns share the weight: least norm
            for (int j = 0; j < N; j++)
                assert_true(fabs(x[j] - x[3 * N + j]) < 1e-9);
    }
}

static void inverse_of_a_singular_matrix_is_the_pseudo_inverse(void **state) {
    (void)state;
    const double b[9] = {1, 2, 3, 2, 4, 6, 0, 0, 0};
    double p[9];
    sdse_lsq_inverse(b, 3, 1e-10, p);
    // b = u v' with |u|^2 |v|^2 = 70: the pseudo-inverse is v u' / 70.
    for (int i = 0; i < 3; i++) {
        assert_true(fabs(p[3 * i] - (i + 1) / 70.0) < 1e-12);
        assert_true(fabs(p[3 * i + 1] - 2 * (i + 1) / 70.0) < 1e-12);
        assert_true(fabs(p[3 * i + 2]) < 1e-12);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nearest_power_is_linear_and_ties_go_down),
        cmocka_unit_test(coefficients_are_powers_of_two_within_bounds),
        cmocka_unit_test(error_meets_the_known_floor),
        cmocka_unit_test(lanes_and_plain_loops_give_the_same_bytes),
        cmocka_unit_test(zero_block_gives_zero),
        cmocka_unit_test(denormal_block_gives_zero),
        cmocka_unit_test(zero_column_stays_zero_and_the_rest_is_fitted),
        cmocka_unit_test(restarts_of_the_scaling_are_bounded),
        cmocka_unit_test(rank_one_block_is_fitted_by_least_norm),
        cmocka_unit_test(fewer_rows_than_columns_is_fitted),
        cmocka_unit_test(row_sparsity_zeroes_whole_rows),
        cmocka_unit_test(one_iteration_only_rounds),
        cmocka_unit_test(least_squares_residual_is_orthogonal),
        cmocka_unit_test(inverse_of_a_singular_matrix_is_the_pseudo_inverse),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
