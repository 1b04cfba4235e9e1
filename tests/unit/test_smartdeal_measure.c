#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <math.h>

#include "smartdeal/measure.h"
#include "smartdeal/rebuild.h"
#include "smartdeal/synthetic.h"
#include "support/close.h"

struct fixture {
    struct sdse_arena *arena;
    struct sdse_diags diags;
    struct sdse_layer_weights layer;
    float *values;
    struct sdse_smartdeal_setting setting;
};

static struct fixture make(struct sdse_weight_shape shape, uint64_t seed) {
    struct fixture f = {.arena = sdse_arena_new()};
    sdse_diags_init(&f.diags, f.arena);
    uint64_t filters, each, words;
    assert_true(sdse_weight_count(&shape, &filters, &each, &words));
    f.values = malloc(words * sizeof *f.values);
    assert_non_null(f.values);
    sdse_synthetic_weights(&shape, seed, f.values);
    f.layer = (struct sdse_layer_weights){
        .name = "layer", .shape = shape, .values = f.values, .loc = {"net.yaml", 1, 1}};
    f.setting = sdse_smartdeal_setting_default();
    f.setting.threshold_mode = SDSE_THRESHOLD_RELATIVE;
    f.setting.threshold = 0.02;
    return f;
}

static void drop(struct fixture *f) {
    free(f->values);
    sdse_arena_free(f->arena);
}

static struct sdse_form_measure measure(struct fixture *f,
                                        struct sdse_coded_layer *coded) {
    struct sdse_form_measure m;
    assert_int_equal(sdse_setting_check(&f->setting, f->layer.loc, &f->diags), SDSE_OK);
    assert_int_equal(
        sdse_measure_layer(&f->layer, &f->setting, 0, &m, coded, &f->diags), SDSE_OK);
    return m;
}

static const struct sdse_weight_shape CONV = {1, 24, 20, 3, 3, false};

static void errors_grow_step_by_step(void **state) {
    (void)state;
    struct fixture f = make(CONV, 1);
    struct sdse_form_measure m = measure(&f, NULL);
    assert_true(m.decomposed_error > 0.1 && m.decomposed_error < 0.25);
    assert_true(m.window_error >= m.decomposed_error - 1e-9);
    assert_true(m.basis_error > 0 && fabs(m.basis_error - m.window_error) < 0.005);
    assert_true(fabs(m.rel_error - m.basis_error) < 0.01);
    assert_double_within(m.sqnr_db, -20 * log10(m.rel_error), 1e-12);
    drop(&f);
}

// The reported error is that of the words a rebuild really gives.
static void reported_error_is_the_rebuilt_words_error(void **state) {
    (void)state;
    for (uint32_t n = 2; n <= 8; n++) {
        struct fixture f = make(CONV, n);
        f.setting.basis_size = n;
        f.setting.rows_per_slice = 29;
        struct sdse_coded_layer coded;
        struct sdse_form_measure m = measure(&f, &coded);
        int16_t words[180];
        double error = 0.0, square = 0.0;
        for (uint64_t filter = 0; filter < 24; filter++) {
            sdse_rebuild_filter_scalar(&coded, filter, words);
            for (int i = 0; i < 180; i++) {
                double w = (double)f.values[filter * 180 + (uint64_t)i];
                error += pow(w - ldexp(words[i], coded.weight_exponent), 2);
                square += w * w;
                assert_true(abs(words[i]) <= 127);
            }
        }
        assert_double_within(m.rel_error, sqrt(error / square), 1e-9);
        sdse_coded_free(&coded);
        drop(&f);
    }
}

static void more_bits_never_hurt_much_and_few_bits_do(void **state) {
    (void)state;
    struct fixture f = make(CONV, 3);
    f.setting.threshold = 0.0;
    double last = 1e9;
    for (uint32_t bits = 2; bits <= 6; bits++) {
        f.setting.coefficient_bits = bits;
        struct sdse_form_measure m = measure(&f, NULL);
        assert_true(m.window_error < last + 1e-9);
        last = m.window_error;
    }
    f.setting.coefficient_bits = 2; // zero and one exponent: ternary
    struct sdse_form_measure ternary = measure(&f, NULL);
    assert_int_equal(ternary.window, 1);
    assert_true(ternary.window_error > 1.5 * ternary.decomposed_error);
    f.setting.coefficient_bits = 6;
    struct sdse_form_measure wide = measure(&f, NULL);
    assert_double_within(wide.window_error, wide.decomposed_error, 1e-9);
    last = 1e9;
    for (uint32_t bits = 3; bits <= 12; bits += 3) {
        f.setting.basis_bits = bits;
        double added = measure(&f, NULL).basis_error - wide.window_error;
        assert_true(added < last + 1e-6);
        last = added;
    }
    drop(&f);
}

// The window chosen is no worse than its neighbours, by the error that is reported.
static void window_is_better_than_its_neighbours(void **state) {
    (void)state;
    struct fixture f = make(CONV, 9);
    f.setting.threshold = 0.0;
    f.setting.coefficient_bits = 3; // three exponents
    struct sdse_decomposition d;
    assert_int_equal(sdse_decompose(&f.layer, &f.setting, 1, &d, &f.diags), SDSE_OK);
    struct sdse_coded_layer coded;
    assert_int_equal(sdse_encode(&f.layer, &d, &f.setting, 1, &coded, NULL), SDSE_OK);
    double cost[3] = {0};
    for (int shift = -1; shift <= 1; shift++) {
        int low = coded.lowest + shift, high = low + 2;
        for (uint64_t i = 0; i < d.filters * d.slicing.rows * 3; i++) {
            if (!d.ce[i])
                continue;
            int e = sdse_coefficient_exponent(d.ce[i]);
            uint64_t block = i / 3 / d.slicing.rows_per_block;
            const float *row = d.basis + block * 9 + i % 3 * 3;
            double norm = 0.0;
            for (int j = 0; j < 3; j++)
                norm += (double)row[j] * (double)row[j];
            double lost = e < low    ? ldexp(1.0, e)
                          : e > high ? ldexp(1.0, e) - ldexp(1.0, high)
                                     : 0.0;
            cost[shift + 1] += lost * lost * norm;
        }
    }
    assert_true(cost[1] > 0.0 && cost[1] <= cost[0] && cost[1] <= cost[2]);
    sdse_coded_free(&coded);
    sdse_decomposition_free(&d);
    drop(&f);
}

// With the basis fitted to the whole range of exponents, a narrow window costs more.
static void basis_is_refitted_to_what_the_window_left(void **state) {
    (void)state;
    struct fixture f = make(CONV, 9);
    f.setting.threshold = 0.0;
    f.setting.coefficient_bits = 2; // one exponent
    struct sdse_decomposition d;
    assert_int_equal(sdse_decompose(&f.layer, &f.setting, 1, &d, &f.diags), SDSE_OK);
    struct sdse_coded_layer coded;
    struct sdse_coding_error error;
    assert_int_equal(sdse_encode(&f.layer, &d, &f.setting, 1, &coded, &error), SDSE_OK);
    double stale = 0.0;
    for (uint64_t i = 0; i < 24 * 180; i++) {
        double w = 0.0;
        for (uint64_t k = 0; k < 3; k++) {
            int code = coded.codes[i / 3 * 3 + k];
            uint64_t block = i / 3 / d.slicing.rows_per_block;
            w += ((code > 0) - (code < 0)) != 0
                     ? ((code > 0) - (code < 0)) * ldexp(1.0, coded.lowest) *
                           (double)d.basis[(block * 3 + k) * 3 + i % 3]
                     : 0.0;
        }
        stale += pow((double)f.values[i] - w, 2);
    }
    assert_true(error.window_square < 0.9 * stale);
    sdse_coded_free(&coded);
    sdse_decomposition_free(&d);
    drop(&f);
}

// A filter 2^20 below the others, all of it in its basis: 3-bit scales cannot say both,
// so its basis takes the bound, seven below the largest, and drowns; 8-bit scales can.
static void few_scale_bits_bound_the_scales(void **state) {
    (void)state;
    struct fixture f = make(CONV, 8);
    f.setting.threshold = 0.0;
    f.setting.coefficient_bits = 6; // wide enough that nothing is refitted
    struct sdse_decomposition d;
    assert_int_equal(sdse_decompose(&f.layer, &f.setting, 1, &d, &f.diags), SDSE_OK);
    for (int i = 0; i < 180; i++)
        f.values[i] *= 0x1p-20f;
    for (int i = 0; i < 9; i++)
        d.basis[i] *= 0x1p-20f;
    for (uint32_t bits = 3; bits <= 8; bits += 5) {
        f.setting.scale_bits = bits;
        struct sdse_coded_layer coded;
        assert_int_equal(sdse_encode(&f.layer, &d, &f.setting, 1, &coded, NULL),
                         SDSE_OK);
        int below = coded.top_scale - coded.scale[0], words = 0;
        for (int i = 0; i < 9; i++)
            words += coded.basis[i] != 0;
        assert_true(bits == 3 ? below == 7 && !words : below >= 19 && words);
        sdse_coded_free(&coded);
    }
    sdse_decomposition_free(&d);
    drop(&f);
}

// Any group and any number of slices, with groups of the convolution: filter by filter,
// who shares with whom.
static void joint_density_of_any_group(void **state) {
    (void)state;
    uint64_t seed = 77;
    for (int i = 0; i < 2000; i++) {
        uint64_t draw[6];
        for (int d = 0; d < 6; d++) {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            draw[d] = seed >> 20;
        }
        const uint64_t groups = 1 + draw[0] % 3, filters = 1 + draw[1] % 12;
        const uint32_t group = (uint32_t)(1 + draw[2] % 7),
                       slices = (uint32_t)(1 + draw[3] % 14);
        enum { ROWS = 3, WIDTH = 2 };
        struct sdse_coded_layer layer = {
            .shape = {groups, filters, 1, 3, 2, false},
            .filters = groups * filters,
            .slicing = {.basis_size = WIDTH, .words = 6, .rows = ROWS},
            .codes = calloc(groups * filters, ROWS * WIDTH)};
        assert_non_null(layer.codes);
        for (uint64_t c = 0; c < layer.filters * ROWS * WIDTH; c++) {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            layer.codes[c] = seed >> 33 < (UINT64_C(1) << 31) / 8;
        }
        uint64_t longest = 0, all = 0, live = 0;
        for (int pass = 0; pass < 2; pass++)
            for (uint64_t g = 0; g < groups; g++)
                for (uint64_t f = 0; f < filters;) {
                    uint64_t size = 1; // of the sharing group that begins at f
                    while (f + size < filters && size < group &&
                           (f + size) % slices != 0)
                        size++;
                    if (pass == 0)
                        longest = size > longest ? size : longest;
                    for (uint64_t row = 0; pass && size == longest && row < ROWS;
                         row++) {
                        bool needed = false;
                        for (uint64_t k = f; k < f + size; k++)
                            for (uint64_t w = 0; w < WIDTH; w++)
                                needed |= layer.codes[((g * filters + k) * ROWS + row) *
                                                          WIDTH +
                                                      w] != 0;
                        all++;
                        live += needed;
                    }
                    f += size;
                }
        assert_true(sdse_joint_row_density(&layer, group, slices) ==
                    (double)live / (double)all);
        free(layer.codes);
    }
}

static void joint_density_counts_rows_any_filter_needs(void **state) {
    (void)state;
    struct fixture f = make((struct sdse_weight_shape){1, 96, 8, 3, 3, false}, 4);
    f.setting.prune = SDSE_PRUNE_POPULATION;
    f.setting.prune_amount = 0.5;
    f.setting.prune_group = 32;
    struct sdse_form_measure m = measure(&f, NULL);
    assert_true(m.row_density <= 0.5);
    assert_true(m.joint_row_density[0] == m.row_density);
    assert_true(m.joint_row_density[1] == 0.5);
    assert_true(m.joint_row_density[2] >= 0.5 && m.joint_row_density[2] <= 1.0);
    assert_int_equal(m.pruned_rows, 3 * 12);
    // By hand: a 65-filter layer whose filter 64 alone uses row 0.
    struct sdse_coded_layer layer = {.shape = {1, 65, 1, 2, 2, false},
                                     .filters = 65,
                                     .slicing = {.basis_size = 2,
                                                 .words = 4,
                                                 .rows = 2,
                                                 .rows_per_block = 2,
                                                 .blocks = 1},
                                     .codes = calloc(65, 4)};
    assert_non_null(layer.codes);
    layer.codes[64 * 4] = 1;
    struct sdse_density density;
    sdse_count_density(&layer, &density);
    assert_int_equal(density.joint_rows[1], 6);
    assert_int_equal(density.live_joint_rows[1], 1);
    assert_int_equal(density.joint_rows[2], 4);
    assert_int_equal(density.live_joint_rows[2], 1);
    assert_int_equal(density.live_rows, 1);
    free(layer.codes);
    drop(&f);
}

static void raw_layers_are_measured_too(void **state) {
    (void)state;
    struct fixture f = make((struct sdse_weight_shape){16, 1, 1, 3, 3, false}, 5);
    struct sdse_form_measure m = measure(&f, NULL);
    assert_true(m.raw);
    assert_int_equal(m.stored_bits, 16 * 72);
    assert_true(m.rel_error > 0.0 && m.rel_error < 0.02);
    assert_true(m.compression == 4.0);
    f.setting.depthwise = true;
    f.setting.store = SDSE_STORE_DENSE;
    m = measure(&f, NULL);
    assert_false(m.raw);
    // 9 * 4 + 9 * 8 bits a filter, and 8 for the scale: more than the raw 72.
    assert_int_equal(m.stored_bits, 16 * (36 + 72 + 8));
    drop(&f);
}

static void dead_layer_measures_without_surprise(void **state) {
    (void)state;
    struct fixture f = make(CONV, 6);
    memset(f.values, 0, 24 * 180 * sizeof *f.values);
    struct sdse_form_measure m = measure(&f, NULL);
    assert_true(m.rel_error == 0.0 && isinf(m.sqnr_db));
    assert_true(m.density == 0.0);
    assert_int_equal(m.exponents, 0);
    drop(&f);
}

static void threads_do_not_matter(void **state) {
    (void)state;
    struct fixture f = make(CONV, 7);
    struct sdse_form_measure one, two;
    memset(&one, 0, sizeof one);
    memset(&two, 0, sizeof two);
    struct sdse_coded_layer a, b;
    assert_int_equal(sdse_measure_layer(&f.layer, &f.setting, 1, &one, &a, &f.diags),
                     SDSE_OK);
    assert_int_equal(sdse_measure_layer(&f.layer, &f.setting, 3, &two, &b, &f.diags),
                     SDSE_OK);
    assert_true(one.rel_error == two.rel_error && one.sqnr_db == two.sqnr_db);
    assert_memory_equal(a.codes, b.codes, 24 * 180);
    assert_memory_equal(a.scale, b.scale, 24 * sizeof *a.scale);
    sdse_coded_free(&a);
    sdse_coded_free(&b);
    drop(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(errors_grow_step_by_step),
        cmocka_unit_test(reported_error_is_the_rebuilt_words_error),
        cmocka_unit_test(more_bits_never_hurt_much_and_few_bits_do),
        cmocka_unit_test(window_is_better_than_its_neighbours),
        cmocka_unit_test(basis_is_refitted_to_what_the_window_left),
        cmocka_unit_test(few_scale_bits_bound_the_scales),
        cmocka_unit_test(joint_density_counts_rows_any_filter_needs),
        cmocka_unit_test(joint_density_of_any_group),
        cmocka_unit_test(raw_layers_are_measured_too),
        cmocka_unit_test(dead_layer_measures_without_surprise),
        cmocka_unit_test(threads_do_not_matter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
