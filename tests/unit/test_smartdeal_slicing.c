#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "smartdeal/slicing.h"

static struct sdse_weight_shape conv(uint64_t channels, uint64_t kernel) {
    return (struct sdse_weight_shape){1, 8, channels, kernel, kernel, false};
}

static struct sdse_weight_shape fc(uint64_t words) {
    return (struct sdse_weight_shape){1, 8, words, 1, 1, true};
}

static void released_rule_drops_small_prime_factors(void **state) {
    (void)state;
    assert_int_equal(sdse_released_rows_per_block(192, 3), 192);
    assert_int_equal(sdse_released_rows_per_block(193, 3), 193); // prime: one block
    assert_int_equal(sdse_released_rows_per_block(384, 3), 192);
    assert_int_equal(sdse_released_rows_per_block(288, 3), 144);
    assert_int_equal(sdse_released_rows_per_block(1536, 3), 192);
    // 2 * 1009: 1009 is prime and stays.
    assert_int_equal(sdse_released_rows_per_block(2018, 3), 1009);
    // 17 * 17: one factor goes, the last one never.
    assert_int_equal(sdse_released_rows_per_block(289, 3), 17);
    assert_int_equal(sdse_released_rows_per_block(576, 9), 576); // limit 64 n
    assert_int_equal(sdse_released_rows_per_block(577, 9), 577);
    assert_int_equal(sdse_released_rows_per_block(578, 9), 289);
}

static void presets_hold_for_three_columns_only(void **state) {
    (void)state;
    assert_int_equal(sdse_released_rows_per_block(3072, 3), 192);
    assert_int_equal(sdse_released_rows_per_block(1638, 3), 171);
    assert_int_equal(sdse_released_rows_per_block(8364, 3), 204);
    assert_int_equal(sdse_released_rows_per_block(1638, 2), 91);
}

static void table_pads_1x1_rows(void **state) {
    (void)state;
    static const uint64_t expected[][4] = {
        // words, rows, rows per block, blocks
        {4096, 1368, 171, 8}, {2048, 684, 171, 4}, {1280, 429, 143, 3},
        {1024, 342, 171, 2},  {960, 320, 160, 2},  {576, 192, 192, 1},
        {16, 6, 6, 1},        {100, 34, 34, 1},    {784, 262, 131, 2}};
    struct sdse_smartdeal_setting setting = sdse_smartdeal_setting_default();
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        struct sdse_weight_shape shape = fc(expected[i][0]);
        struct sdse_slicing s = sdse_slice(&shape, &setting);
        assert_int_equal(s.basis_size, 3);
        assert_int_equal(s.rows, expected[i][1]);
        assert_int_equal(s.rows_per_block, expected[i][2]);
        assert_int_equal(s.blocks, expected[i][3]);
    }
}

static void any_slice_length_ends_with_a_shorter_block(void **state) {
    (void)state;
    struct sdse_smartdeal_setting setting = sdse_smartdeal_setting_default();
    setting.rows_per_slice = 50;
    struct sdse_weight_shape shape = conv(64, 3);
    struct sdse_slicing s = sdse_slice(&shape, &setting);
    assert_int_equal(s.rows, 192);
    assert_int_equal(s.blocks, 4);
    assert_int_equal(sdse_block_rows(&s, 2), 50);
    assert_int_equal(sdse_block_rows(&s, 3), 42);
    setting.rows_per_slice = 192;
    s = sdse_slice(&shape, &setting);
    assert_int_equal(s.blocks, 1);
    setting.rows_per_slice = 1000000;
    s = sdse_slice(&shape, &setting);
    assert_int_equal(s.blocks, 1);
    assert_int_equal(s.rows_per_block, 192);
}

static void other_basis_sizes_regroup_the_filter(void **state) {
    (void)state;
    struct sdse_smartdeal_setting setting = sdse_smartdeal_setting_default();
    struct sdse_weight_shape shape = conv(10, 3);
    setting.basis_size = 4;
    struct sdse_slicing s = sdse_slice(&shape, &setting);
    assert_int_equal(s.words, 90);
    assert_int_equal(s.rows, 23); // 90 / 4, padded by two words
    setting.basis_size = 2;
    s = sdse_slice(&shape, &setting);
    assert_int_equal(s.rows, 45);
    setting.basis_size = 0;
    setting.rows_per_slice = 16;
    shape = conv(10, 5);
    s = sdse_slice(&shape, &setting);
    assert_int_equal(s.basis_size, 5);
    assert_int_equal(s.rows, 50);
}

static void knows_what_stays_raw(void **state) {
    (void)state;
    struct sdse_smartdeal_setting setting = sdse_smartdeal_setting_default();
    struct sdse_weight_shape depthwise = {32, 1, 1, 3, 3, false};
    struct sdse_weight_shape wide = conv(16, 5), plain = conv(16, 3), two = fc(2);
    assert_true(sdse_weights_stay_raw(&depthwise, &setting));
    assert_true(sdse_weights_stay_raw(&wide, &setting));
    assert_false(sdse_weights_stay_raw(&plain, &setting));
    assert_true(sdse_weights_stay_raw(&two, &setting)); // fewer words than a row
    setting.depthwise = true;
    assert_false(sdse_weights_stay_raw(&depthwise, &setting));
    setting.rows_per_slice = 64;
    assert_false(sdse_weights_stay_raw(&wide, &setting));
}

static void counts_refuse_to_overflow(void **state) {
    (void)state;
    uint64_t filters, each, words;
    struct sdse_weight_shape shape = {1,   UINT64_C(1) << 32, UINT64_C(1) << 32, 1, 1,
                                      true};
    assert_false(sdse_weight_count(&shape, &filters, &each, &words));
    shape.filters = (UINT64_C(1) << 32) - 1;
    assert_true(sdse_weight_count(&shape, &filters, &each, &words));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(released_rule_drops_small_prime_factors),
        cmocka_unit_test(presets_hold_for_three_columns_only),
        cmocka_unit_test(table_pads_1x1_rows),
        cmocka_unit_test(any_slice_length_ends_with_a_shorter_block),
        cmocka_unit_test(other_basis_sizes_regroup_the_filter),
        cmocka_unit_test(knows_what_stays_raw),
        cmocka_unit_test(counts_refuse_to_overflow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
