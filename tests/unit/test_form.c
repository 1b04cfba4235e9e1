// Bits of declared forms by hand, blocks against counting them.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "costmodel/form.h"
#include "support/close.h"

static void blocks_touched_equals_counting(void **state) {
    (void)state;
    for (uint64_t total = 1; total <= 40; total++)
        for (uint64_t tile = 1; tile <= total; tile++)
            for (uint64_t block = 1; block <= total + 2; block++) {
                uint64_t touched = 0;
                for (uint64_t start = 0; start < total; start += tile) {
                    const uint64_t end = start + tile < total ? start + tile : total;
                    touched += (end - 1) / block - start / block + 1;
                }
                assert_int_equal(sdse_blocks_touched(total, tile, block), touched);
            }
}

static void declared_sizes_by_hand(void **state) {
    (void)state;
    // 10 filters of 12 rows x 3, blocks of 6 rows; half of the entries, three rows in
    // four.
    const struct sdse_form_shape shape = {3, 12, 6, 2};
    struct sdse_form_setting setting = {.smartdeal = true,
                                        .density = 0.5,
                                        .row_density = 0.75,
                                        .coefficient_bits = 4,
                                        .basis_bits = 8,
                                        .scale_bits = 5};
    static const double expected[4][2] = {
        {720, 360}, {1080, 120}, {720, 720}, {1440, 0}};
    for (int index = 0; index < 4; index++) {
        setting.index = (enum sdse_index_format)index;
        struct sdse_weight_form form;
        sdse_form_declare(10, &shape, &setting, &form);
        assert_true(form.smartdeal && !form.measured);
        assert_int_equal(form.blocks, 20);
        assert_double_within(form.coefficient_bits_total, expected[index][0], 1e-12);
        if (expected[index][1] > 0)
            assert_double_within(form.index_bits_total, expected[index][1], 1e-12);
        assert_double_within(form.basis_bits_total, 20 * (72 + 5), 1e-12);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_touched_equals_counting),
        cmocka_unit_test(declared_sizes_by_hand),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
