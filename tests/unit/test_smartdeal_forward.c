#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <math.h>

#include "smartdeal/forward.h"
#include "smartdeal/measure.h"
#include "smartdeal/rebuild.h"
#include "smartdeal/synthetic.h"

static struct sdse_coded_layer make(const struct sdse_smartdeal_setting *setting,
                                    struct sdse_weight_shape shape, uint64_t seed) {
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_diags diags;
    sdse_diags_init(&diags, arena);
    uint64_t filters, each, words;
    assert_true(sdse_weight_count(&shape, &filters, &each, &words));
    float *values = malloc(words * sizeof *values);
    assert_non_null(values);
    sdse_synthetic_weights(&shape, seed, values);
    struct sdse_layer_weights weights = {.name = "w", .shape = shape, .values = values};
    struct sdse_form_measure m;
    struct sdse_coded_layer coded;
    assert_int_equal(sdse_measure_layer(&weights, setting, 0, &m, &coded, &diags),
                     SDSE_OK);
    free(values);
    sdse_arena_free(arena);
    return coded;
}

static int16_t *rebuild_all(const struct sdse_coded_layer *layer, bool scalar) {
    uint64_t filters, each, words;
    assert_true(sdse_weight_count(&layer->shape, &filters, &each, &words));
    int16_t *all = malloc(words * sizeof *all);
    assert_non_null(all);
    for (uint64_t f = 0; f < filters; f++) {
        if (scalar)
            sdse_rebuild_filter_scalar(layer, f, all + f * each);
        else
            sdse_rebuild_filter(layer, f, all + f * each);
    }
    return all;
}

static void rounding_shift_ties_to_even(void **state) {
    (void)state;
    for (int64_t x = -1000; x <= 1000; x++)
        for (int shift = -3; shift <= 12; shift++)
            assert_true(sdse_shift_round(x, shift) ==
                        (int64_t)nearbyint(ldexp((double)x, -shift)));
    assert_int_equal(sdse_shift_round(INT64_MAX, 63), 0);
    assert_true(sdse_shift_round(86, -62) == INT64_MAX);
    assert_true(sdse_shift_round(-86, -900) == -INT64_MAX);
    assert_int_equal(sdse_shift_round(0, -900), 0);
    assert_int_equal(sdse_shift_round(3, 1), 2);
    assert_int_equal(sdse_shift_round(-5, 1), -2);
}

// Shifts and adds are what the sum of products in real numbers gives, exactly.
static void fixed_point_is_exact(void **state) {
    (void)state;
    for (uint32_t n = 2; n <= 9; n++) {
        struct sdse_smartdeal_setting s = sdse_smartdeal_setting_default();
        s.basis_size = n;
        s.rows_per_slice = 11;
        s.coefficient_bits = 3 + n % 4;
        s.threshold = 1e-4;
        struct sdse_coded_layer layer =
            make(&s, (struct sdse_weight_shape){1, 3, 10, 3, 3, false}, n);
        int64_t fixed[11 * 9];
        for (uint64_t block = 0; block < layer.slicing.blocks; block++) {
            sdse_rebuild_fixed(&layer, 1, block, fixed);
            uint64_t at = layer.slicing.blocks + block; // filter 1
            for (uint64_t i = 0; i < sdse_block_rows(&layer.slicing, block) * n; i++) {
                uint64_t row = layer.slicing.rows + block * 11 + i / n;
                double sum = 0.0;
                for (uint32_t k = 0; k < n; k++) {
                    int code = layer.codes[row * n + k];
                    if (code)
                        sum += (code < 0 ? -1 : 1) * ldexp(1.0, abs(code) - 1) *
                               layer.basis[(at * n + k) * n + i % n];
                }
                assert_true(sum == (double)fixed[i]);
            }
        }
        sdse_coded_free(&layer);
    }
}

static void fast_rebuild_equals_shift_and_add(void **state) {
    (void)state;
    for (uint32_t i = 0; i < 24; i++) {
        struct sdse_smartdeal_setting s = sdse_smartdeal_setting_default();
        s.basis_size = i % 4 ? 3 : 4;
        s.store = i % 2 ? SDSE_STORE_ELEMENT_BITMAP : SDSE_STORE_DENSE;
        s.coefficient_bits = 3 + i % 4; // windows of 3 … 32, both sides of the limit
        s.basis_bits = 4 + i % 7;
        s.weight_bits = 4 + i % 13;
        s.threshold = 1e-4;
        struct sdse_coded_layer layer =
            make(&s, (struct sdse_weight_shape){1, 5, 100, 1, 1, i % 2}, i);
        int16_t *fast = rebuild_all(&layer, false), *slow = rebuild_all(&layer, true);
        assert_memory_equal(fast, slow, 500 * sizeof *fast);
        free(fast);
        free(slow);
        sdse_coded_free(&layer);
    }
}

// Ties do occur, and go to even in both kernels: codes and basis made for it.
static void fast_rebuild_rounds_ties_to_even(void **state) {
    (void)state;
    int8_t codes[6] = {1, 0, 0, -1, 0, 0};
    int16_t basis[9] = {3, 5, 7}, scale[1] = {0};
    struct sdse_coded_layer layer = {.shape = {1, 1, 6, 1, 1, true},
                                     .filters = 1,
                                     .slicing = {3, 6, 2, 2, 1},
                                     .weight_bits = 8,
                                     .weight_exponent = 1,
                                     .basis_bits = 8,
                                     .coefficient_bits = 4,
                                     .window = 8,
                                     .codes = codes,
                                     .basis = basis,
                                     .scale = scale};
    int16_t words[6];
    sdse_rebuild_filter(&layer, 0, words);
    const int16_t expected[6] = {2, 2, 4, -2, -2, -4};
    assert_memory_equal(words, expected, sizeof words);
    sdse_rebuild_filter_scalar(&layer, 0, words);
    assert_memory_equal(words, expected, sizeof words);
}

struct layer_case {
    struct sdse_weight_shape shape;
    struct sdse_conv_geometry geometry;
};

static void forward_equals_dense_on_rebuilt_words(void **state) {
    (void)state;
    static const struct layer_case cases[] = {
        {{1, 7, 6, 3, 3, false}, {9, 21, {1, 1}, {1, 1}, {1, 1}}},
        {{1, 5, 6, 3, 3, false}, {11, 13, {0, 2}, {2, 2}, {1, 1}}},
        {{1, 4, 3, 3, 3, false}, {12, 17, {2, 2}, {1, 1}, {2, 2}}},
        {{1, 3, 4, 5, 5, false}, {8, 8, {4, 4}, {3, 1}, {1, 1}}},
        {{3, 2, 4, 3, 3, false}, {6, 19, {1, 1}, {1, 1}, {1, 1}}},
        {{8, 1, 1, 3, 3, false}, {6, 19, {1, 1}, {1, 1}, {1, 1}}},
        {{1, 9, 40, 1, 1, false}, {5, 33, {0, 0}, {1, 1}, {1, 1}}},
        {{1, 11, 1003, 1, 1, true}, {1, 1, {0, 0}, {1, 1}, {1, 1}}},
        {{1, 2, 30, 1, 1, true}, {1, 1, {0, 0}, {1, 1}, {1, 1}}},
        {{1, 2, 30, 1, 1, false}, {1, 1, {2, 2}, {1, 1}, {1, 1}}},
        {{1, 2, 4, 3, 3, false}, {1, 1, {1, 1}, {1, 1}, {1, 1}}},
    };
    uint64_t random = 5;
    for (size_t i = 0; i < 2 * sizeof cases / sizeof cases[0]; i++) {
        const struct layer_case *c = &cases[i / 2];
        const struct sdse_conv_geometry *g = &c->geometry;
        struct sdse_smartdeal_setting s = sdse_smartdeal_setting_default();
        s.rows_per_slice = 16;
        s.depthwise = true;
        s.weight_bits = i % 2 ? 8 : 10;
        s.threshold_mode = SDSE_THRESHOLD_SPARSITY;
        s.threshold = 0.6;
        struct sdse_coded_layer layer = make(&s, c->shape, i);
        uint64_t inputs =
            c->shape.groups * c->shape.channels * g->in_rows * g->in_columns;
        uint64_t outputs = layer.filters *
                           sdse_conv_out(g->in_rows, c->shape.kernel_rows, g->pad[0],
                                         g->stride[0], g->dilation[0]) *
                           sdse_conv_out(g->in_columns, c->shape.kernel_columns,
                                         g->pad[1], g->stride[1], g->dilation[1]);
        int8_t *in = malloc(inputs);
        int32_t *dense = malloc(outputs * sizeof *dense);
        int32_t *coded = malloc(outputs * sizeof *coded);
        assert_true(in && dense && coded);
        for (uint64_t x = 0; x < inputs; x++)
            in[x] = (int8_t)(sdse_random_u64(&random) >> 56);
        in[0] = -128;
        int16_t *words = rebuild_all(&layer, true);
        assert_true(sdse_forward_dense(&c->shape, g, in, words, s.weight_bits, dense));
        struct sdse_forward_counts counts;
        assert_int_equal(sdse_forward_coded(&layer, g, in, 2, coded, &counts), SDSE_OK);
        assert_memory_equal(dense, coded, outputs * sizeof *dense);
        assert_int_equal(counts.macs, outputs * c->shape.channels *
                                          c->shape.kernel_rows *
                                          c->shape.kernel_columns);
        free(in);
        free(dense);
        free(coded);
        free(words);
        sdse_coded_free(&layer);
    }
}

static void counters_count(void **state) {
    (void)state;
    struct sdse_smartdeal_setting s = sdse_smartdeal_setting_default();
    s.threshold_mode = SDSE_THRESHOLD_RELATIVE;
    s.threshold = 0.01;
    s.prune = SDSE_PRUNE_POPULATION;
    s.prune_amount = 0.25;
    struct sdse_coded_layer layer =
        make(&s, (struct sdse_weight_shape){1, 64, 8, 3, 3, false}, 3);
    struct sdse_conv_geometry g = {4, 4, {1, 1}, {1, 1}, {1, 1}};
    int8_t in[8 * 16] = {0};
    memset(in, 3, 16); // channel 0: no zero row
    in[16 + 5] = -1;   // channel 1: one row that is not zero
    int32_t *out = malloc(64 * 16 * sizeof *out);
    assert_non_null(out);
    struct sdse_forward_counts c;
    assert_int_equal(sdse_forward_coded(&layer, &g, in, 1, out, &c), SDSE_OK);
    assert_int_equal(c.weight_rows, 64 * 24);
    assert_int_equal(c.joint_weight_rows[1], 2 * 24);
    assert_true(c.zero_joint_weight_rows[1] >= 12);
    assert_true(c.zero_joint_weight_rows[2] <= c.zero_joint_weight_rows[1]);
    assert_true(c.zero_weight_rows >= 64 * 6);
    assert_int_equal(c.skipped_macs, c.zero_weight_rows * 3 * 16);
    assert_int_equal(c.activation_rows, 32);
    assert_int_equal(c.zero_activation_rows, 27);
    assert_int_equal(c.digits.plain[0], 8 * 16 - 17);
    assert_int_equal(c.digits.plain[2], 16); // 3 = 11b
    assert_int_equal(c.digits.plain[1], 1);
    assert_int_equal(c.digits.booth[2], 16); // 3 = 4 - 1
    uint64_t by_hand = 0;
    for (uint64_t i = 0; i < 64 * 24 * 3; i++)
        by_hand += layer.codes[i] ? 3 : 0;
    assert_int_equal(c.shift_adds, by_hand);
    free(out);
    sdse_coded_free(&layer);
}

static void digits_follow_their_definitions(void **state) {
    (void)state;
    for (int x = -128; x < 128; x++) {
        unsigned plain = 0, booth = 0;
        for (int size = abs(x); size; size >>= 1)
            plain += size & 1;
        int sum = 0;
        for (int i = 0; i < 4; i++) {
            int b0 = i ? ((x >> (2 * i - 1)) & 1) : 0;
            int digit = -2 * ((x >> (2 * i + 1)) & 1) + ((x >> (2 * i)) & 1) + b0;
            booth += digit != 0;
            sum += digit * (1 << (2 * i));
        }
        assert_int_equal(sum, x);
        assert_int_equal(sdse_plain_digits((int8_t)x), plain);
        assert_int_equal(sdse_booth_digits((int8_t)x), booth);
    }
    const uint64_t histogram[5] = {1, 0, 1, 0, 2};
    assert_true(sdse_mean_digits(histogram, 4) == 2.5);
}

static void sums_that_may_overflow_are_refused(void **state) {
    (void)state;
    // 2^17 taps of 8-bit words and activations reach 2^31.
    struct sdse_weight_shape shape = {1, 1, UINT64_C(1) << 17, 1, 1, true};
    struct sdse_conv_geometry g = {1, 1, {0, 0}, {1, 1}, {1, 1}};
    int8_t *in = calloc(1u << 17, 1);
    int16_t *words = calloc(1u << 17, sizeof *words);
    int32_t out;
    assert_true(in && words);
    assert_false(sdse_forward_dense(&shape, &g, in, words, 8, &out));
    shape.channels--;
    assert_true(sdse_forward_dense(&shape, &g, in, words, 8, &out));
    free(in);
    free(words);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rounding_shift_ties_to_even),
        cmocka_unit_test(fixed_point_is_exact),
        cmocka_unit_test(fast_rebuild_equals_shift_and_add),
        cmocka_unit_test(fast_rebuild_rounds_ties_to_even),
        cmocka_unit_test(forward_equals_dense_on_rebuilt_words),
        cmocka_unit_test(counters_count),
        cmocka_unit_test(digits_follow_their_definitions),
        cmocka_unit_test(sums_that_may_overflow_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
