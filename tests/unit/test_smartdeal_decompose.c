#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <math.h>

#include "smartdeal/decompose.h"
#include "smartdeal/synthetic.h"

struct fixture {
    struct sdse_arena *arena;
    struct sdse_diags diags;
    struct sdse_layer_weights layer;
    float *values;
    struct sdse_smartdeal_setting setting;
};

static struct fixture make(struct sdse_weight_shape shape) {
    struct fixture f = {.arena = sdse_arena_new()};
    sdse_diags_init(&f.diags, f.arena);
    uint64_t filters, each, words;
    assert_true(sdse_weight_count(&shape, &filters, &each, &words));
    f.values = malloc(words * sizeof *f.values);
    assert_non_null(f.values);
    sdse_synthetic_weights(&shape, 42, f.values);
    f.layer = (struct sdse_layer_weights){
        .name = "conv7", .shape = shape, .values = f.values, .loc = {"net.yaml", 3, 5}};
    f.setting = sdse_smartdeal_setting_default();
    f.setting.threshold_mode = SDSE_THRESHOLD_RELATIVE;
    f.setting.threshold = 0.02;
    return f;
}

static void drop(struct fixture *f) {
    free(f->values);
    sdse_arena_free(f->arena);
}

static struct sdse_decomposition decompose(struct fixture *f, unsigned threads) {
    struct sdse_decomposition d;
    assert_int_equal(sdse_decompose(&f->layer, &f->setting, threads, &d, &f->diags),
                     SDSE_OK);
    return d;
}

static uint64_t entries(const struct sdse_decomposition *d) {
    return d->filters * d->slicing.rows * d->slicing.basis_size;
}

static double density(const struct sdse_decomposition *d) {
    return (double)d->nonzeros / (double)entries(d);
}

static void any_number_of_threads_gives_the_same_bytes(void **state) {
    (void)state;
    struct fixture f = make((struct sdse_weight_shape){1, 37, 40, 3, 3, false});
    f.setting.threshold_mode = SDSE_THRESHOLD_SPARSITY;
    f.setting.threshold = 0.5;
    f.setting.prune = SDSE_PRUNE_POPULATION;
    f.setting.prune_amount = 0.3;
    struct sdse_decomposition one = decompose(&f, 1);
    for (unsigned threads = 2; threads <= 5; threads += 3) {
        struct sdse_decomposition many = decompose(&f, threads);
        assert_memory_equal(one.ce, many.ce, entries(&one) * sizeof *one.ce);
        assert_memory_equal(one.basis, many.basis,
                            one.filters * one.slicing.blocks * 9 * sizeof *one.basis);
        assert_true(one.error_square == many.error_square);
        sdse_decomposition_free(&many);
    }
    sdse_decomposition_free(&one);
    drop(&f);
}

static void target_sparsity_is_met(void **state) {
    (void)state;
    struct fixture f = make((struct sdse_weight_shape){1, 32, 64, 3, 3, false});
    f.setting.threshold_mode = SDSE_THRESHOLD_SPARSITY;
    double last_error = 0.0;
    for (double target = 0.2; target < 0.95; target += 0.2) {
        f.setting.threshold = target;
        struct sdse_decomposition d = decompose(&f, 0);
        assert_true(fabs(1.0 - density(&d) - target) < 0.01);
        assert_true(sdse_decomposition_error(&d) > last_error);
        last_error = sdse_decomposition_error(&d);
        sdse_decomposition_free(&d);
    }
    drop(&f);
}

static void target_zero_and_dead_layers_need_no_search(void **state) {
    (void)state;
    struct fixture f = make((struct sdse_weight_shape){1, 4, 64, 3, 3, false});
    f.setting.threshold_mode = SDSE_THRESHOLD_SPARSITY;
    f.setting.threshold = 0.0;
    struct sdse_decomposition d = decompose(&f, 0);
    assert_true(density(&d) > 0.99);
    sdse_decomposition_free(&d);
    memset(f.values, 0, 4 * 64 * 9 * sizeof *f.values);
    f.setting.threshold = 0.5;
    d = decompose(&f, 0);
    assert_int_equal(d.nonzeros, 0);
    assert_true(sdse_decomposition_error(&d) == 0.0);
    sdse_decomposition_free(&d);
    drop(&f);
}

static void relative_threshold_scales_with_the_layer(void **state) {
    (void)state;
    struct fixture f = make((struct sdse_weight_shape){1, 6, 32, 3, 3, false});
    struct sdse_decomposition d = decompose(&f, 0);
    float largest = 0.0f;
    for (int i = 0; i < 6 * 32 * 9; i++)
        largest = fmaxf(largest, fabsf(f.values[i]));
    assert_true(fabs(d.rule.threshold / (0.02 * (double)largest) - 1.0) < 1e-12);
    for (int i = 0; i < 6 * 32 * 9; i++)
        f.values[i] *= 0.25f;
    struct sdse_decomposition quarter = decompose(&f, 0);
    assert_int_equal(d.nonzeros, quarter.nonzeros);
    sdse_decomposition_free(&d);
    sdse_decomposition_free(&quarter);
    drop(&f);
}

static void not_finite_names_layer_and_index(void **state) {
    (void)state;
    struct fixture f = make((struct sdse_weight_shape){1, 4, 8, 3, 3, false});
    f.values[100] = NAN;
    f.values[200] = -INFINITY;
    struct sdse_decomposition d;
    assert_int_equal(sdse_decompose(&f.layer, &f.setting, 1, &d, &f.diags),
                     SDSE_INVALID);
    assert_null(d.ce);
    assert_int_equal(f.diags.errors, 1);
    assert_true(sdse_diags_fired(&f.diags, "smartdeal-finite"));
    assert_string_equal(f.diags.first->message,
                        "layer 'conv7': weight 100 is NaN; 2 of its weights are not "
                        "finite");
    assert_int_equal(f.diags.first->loc.line, 3);
    drop(&f);
}

static void padding_does_not_count_as_error(void **state) {
    (void)state;
    // 100 words -> 34 rows of 3: two words of padding.
    struct fixture f = make((struct sdse_weight_shape){1, 5, 100, 1, 1, true});
    struct sdse_decomposition d = decompose(&f, 0);
    double square = 0.0, error = 0.0;
    for (uint64_t filter = 0; filter < 5; filter++) {
        for (uint64_t i = 0; i < 100; i++) {
            double w = 0.0, given = (double)f.values[filter * 100 + i];
            uint64_t row = i / 3;
            uint64_t block = filter * d.slicing.blocks + row / d.slicing.rows_per_block;
            for (uint64_t k = 0; k < 3; k++)
                w += sdse_coefficient_value(d.ce[(filter * 34 + row) * 3 + k]) *
                     (double)d.basis[(block * 3 + k) * 3 + i % 3];
            square += given * given;
            error += (given - w) * (given - w);
        }
    }
    assert_true(fabs(d.weight_square / square - 1.0) < 1e-12);
    assert_true(fabs(d.error_square / error - 1.0) < 1e-9);
    sdse_decomposition_free(&d);
    drop(&f);
}

static void row_is_dead(const struct sdse_decomposition *d, uint64_t filter,
                        uint64_t row, bool expected) {
    const sdse_coefficient *c = d->ce + (filter * d->slicing.rows + row) * 3;
    assert_true((!c[0] && !c[1] && !c[2]) == expected);
}

static void population_pruning_hits_whole_groups(void **state) {
    (void)state;
    // 5 filters in groups of 2; row r of every filter is scaled so that order is known.
    struct fixture f = make((struct sdse_weight_shape){1, 5, 4, 3, 3, false});
    for (uint64_t i = 0; i < 5 * 36; i++) {
        uint64_t filter = i / 36, row = i % 36 / 3;
        uint64_t rank = filter < 2 ? row : 11 - row; // groups disagree
        f.values[i] = (float)((double)(rank + 1) * (i % 2 ? 0.5 : -1.0));
    }
    f.setting.prune = SDSE_PRUNE_POPULATION;
    f.setting.prune_amount = 0.25; // 3 of 12 rows
    f.setting.prune_group = 2;
    f.setting.threshold = 0.0;
    struct sdse_decomposition d = decompose(&f, 2);
    assert_int_equal(d.pruned_rows, 9); // three groups of three rows
    for (uint64_t filter = 0; filter < 5; filter++)
        for (uint64_t row = 0; row < 12; row++)
            row_is_dead(&d, filter, row, filter < 2 ? row < 3 : row > 8);
    assert_true(sdse_decomposition_error(&d) > 0.0);
    sdse_decomposition_free(&d);
    f.setting.prune_amount = 0.26; // rounds up: 4 of 12
    d = decompose(&f, 2);
    assert_int_equal(d.pruned_rows, 12);
    sdse_decomposition_free(&d);
    drop(&f);
}

static void value_and_energy_pruning_and_ties(void **state) {
    (void)state;
    struct fixture f = make((struct sdse_weight_shape){1, 2, 2, 2, 2, false});
    // Rows of mean |W| 1, 1, 3, 5 in both filters; total 10 per word and filter.
    static const float sizes[4] = {1, 1, 3, 5};
    for (int i = 0; i < 16; i++)
        f.values[i] = (i % 2 ? -1.0f : 1.0f) * sizes[i % 8 / 2];
    struct sdse_prune_mask mask;
    const struct {
        enum sdse_prune_mode mode;
        double amount;
        uint8_t keep[4];
    } cases[] = {
        {SDSE_PRUNE_VALUE, 1.0, {1, 1, 1, 1}},      // 1 is not below 1
        {SDSE_PRUNE_VALUE, 3.5, {0, 0, 0, 1}},      //
        {SDSE_PRUNE_ENERGY, 0.8, {0, 0, 1, 1}},     // 5 + 3 of 10
        {SDSE_PRUNE_ENERGY, 0.81, {0, 1, 1, 1}},    // the tie: the lower index goes
        {SDSE_PRUNE_ENERGY, 0.0, {0, 0, 0, 0}},     //
        {SDSE_PRUNE_POPULATION, 0.25, {0, 1, 1, 1}} //
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        f.setting.prune = cases[i].mode;
        f.setting.prune_amount = cases[i].amount;
        assert_int_equal(sdse_prune_rows(&f.layer.shape, f.values, &f.setting, &mask),
                         SDSE_OK);
        assert_memory_equal(mask.keep, cases[i].keep, 4);
        sdse_prune_mask_free(&mask);
    }
    struct sdse_weight_shape fc = {1, 2, 8, 1, 1, true};
    assert_int_equal(sdse_prune_rows(&fc, f.values, &f.setting, &mask), SDSE_OK);
    assert_null(mask.keep);
    drop(&f);
}

static void every_bad_setting_is_reported_at_once(void **state) {
    (void)state;
    struct fixture f = make((struct sdse_weight_shape){1, 1, 1, 3, 3, false});
    struct sdse_smartdeal_setting s = f.setting;
    struct sdse_loc loc = {"sweep.yaml", 9, 2};
    assert_int_equal(sdse_setting_check(&s, loc, &f.diags), SDSE_OK);
    s.basis_size = 1;
    s.coefficient_bits = 8;
    s.basis_bits = 1;
    s.weight_bits = 17;
    s.threshold = NAN;
    s.max_coefficient = 3.0;
    s.decay = 1.0;
    assert_int_equal(sdse_setting_check(&s, loc, &f.diags), SDSE_INVALID);
    assert_int_equal(f.diags.errors, 7);
    assert_true(sdse_diags_fired(&f.diags, "smartdeal-basis-size"));
    assert_true(sdse_diags_fired(&f.diags, "smartdeal-max-coefficient"));
    s = f.setting;
    s.coefficient_bits = 1;
    assert_int_equal(sdse_setting_check(&s, loc, &f.diags), SDSE_INVALID);
    assert_true(sdse_diags_fired(&f.diags, "smartdeal-window"));
    s.store = SDSE_STORE_ELEMENT_BITMAP;
    assert_int_equal(sdse_setting_check(&s, loc, &f.diags), SDSE_OK);
    assert_int_equal(sdse_setting_window(&s), 1);
    s.coefficient_bits = 4;
    assert_int_equal(sdse_setting_window(&s), 8);
    s.store = SDSE_STORE_DENSE;
    assert_int_equal(sdse_setting_window(&s), 7);
    drop(&f);
}

// The first values of the stream, so that no platform or edit changes them unseen.
static void synthetic_weights_are_fixed(void **state) {
    (void)state;
    struct sdse_weight_shape shape = {1, 2, 64, 3, 3, false};
    float w[2 * 576], again[2 * 576];
    sdse_synthetic_weights(&shape, 1, w);
    sdse_synthetic_weights(&shape, 1, again);
    assert_memory_equal(w, again, sizeof w);
    uint64_t state64 = 1234567; // published first value of splitmix64 for this seed
    assert_true(sdse_random_u64(&state64) == UINT64_C(6457827717110365317));
    double mean = 0.0, square = 0.0, cube = 0.0;
    for (int i = 0; i < 576; i++)
        mean += (double)w[i] / 576;
    for (int i = 0; i < 576; i++) {
        square += pow((double)w[i] - mean, 2) / 576;
        cube += pow((double)w[i] - mean, 3) / 576;
    }
    double he = sqrt(2.0 / 576);
    assert_true(fabs(mean) < 0.2 * he);
    assert_true(square > he * he / 16 && square < he * he * 16);
    assert_true(fabs(cube) < 0.5 * pow(square, 1.5));
    struct sdse_weight_shape longer = {1, 3, 64, 3, 3, false};
    float more[3 * 576];
    sdse_synthetic_weights(&longer, 1, more);
    assert_memory_equal(w, more, sizeof w);
    assert_true(sdse_synthetic_seed("a", "b") != sdse_synthetic_seed("b", "a"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_number_of_threads_gives_the_same_bytes),
        cmocka_unit_test(target_sparsity_is_met),
        cmocka_unit_test(target_zero_and_dead_layers_need_no_search),
        cmocka_unit_test(relative_threshold_scales_with_the_layer),
        cmocka_unit_test(not_finite_names_layer_and_index),
        cmocka_unit_test(padding_does_not_count_as_error),
        cmocka_unit_test(population_pruning_hits_whole_groups),
        cmocka_unit_test(value_and_energy_pruning_and_ties),
        cmocka_unit_test(every_bad_setting_is_reported_at_once),
        cmocka_unit_test(synthetic_weights_are_fixed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
