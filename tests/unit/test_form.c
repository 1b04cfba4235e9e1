// Stored bits of formats against coded streams, blocks against counting them.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "costmodel/form.h"
#include "support/close.h"

static uint64_t next(uint64_t *seed) {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

// Tokens of a run-length coder on a random stream: a run of up to 2^run_bits - 1 zeros,
// a value.
static double coded_bits_per_word(uint32_t run_bits, double value_bits, double density,
                                  uint64_t words, uint64_t *seed) {
    const uint64_t longest = ((uint64_t)1 << run_bits) - 1;
    uint64_t tokens = 0, run = 0;
    for (uint64_t i = 0; i < words; i++) {
        const bool zero = (double)(next(seed) >> 11) * 0x1p-53 >= density;
        if (zero && run < longest) {
            run++;
        } else {
            tokens++;
            run = 0;
        }
    }
    return (double)tokens * (value_bits + run_bits) / (double)words;
}

static void run_length_is_what_a_coder_produces(void **state) {
    (void)state;
    uint64_t seed = 42;
    static const double densities[] = {0.02, 0.1, 0.35, 0.7, 1};
    for (uint32_t run_bits = 1; run_bits <= 6; run_bits++)
        for (size_t i = 0; i < sizeof densities / sizeof *densities; i++) {
            const struct sdse_format format = {SDSE_RUN_LENGTH, run_bits};
            const double coded =
                coded_bits_per_word(run_bits, 16, densities[i], 400000, &seed);
            assert_double_within(sdse_format_bits(&format, 16, densities[i]), coded,
                                 0.02);
        }
    const struct sdse_format format = {SDSE_RUN_LENGTH, 5};
    assert_double_within(sdse_format_bits(&format, 16, 0), 21.0 / 32, 1e-12);
}

static void plain_and_bitmap(void **state) {
    (void)state;
    const struct sdse_format none = {SDSE_UNCOMPRESSED, 0}, bitmap = {SDSE_BITMAP, 0};
    assert_true(sdse_format_bits(&none, 8, 0.3) == 8);
    assert_double_within(sdse_format_bits(&bitmap, 8, 0.25), 3, 1e-12);
}

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
        cmocka_unit_test(run_length_is_what_a_coder_produces),
        cmocka_unit_test(plain_and_bitmap),
        cmocka_unit_test(blocks_touched_equals_counting),
        cmocka_unit_test(declared_sizes_by_hand),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
