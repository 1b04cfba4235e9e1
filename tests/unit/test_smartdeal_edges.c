// Counts at the edges: padded rows, several groups, ties, two settings at once.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "smartdeal/decompose.h"
#include "smartdeal/forward.h"
#include "smartdeal/pack.h"
#include "smartdeal/rebuild.h"
#include "smartdeal/synthetic.h"

// One filter of 10 words in rows of 3: the last row has one word and two of padding.
static void shift_adds_leave_padding_out(void **state) {
    (void)state;
    int8_t codes[12] = {1, 0, 0, 1, 1, 0, 0, 0, 0, 1, 0, 1};
    int16_t basis[9] = {0}, scale[1] = {0};
    const struct sdse_coded_layer layer = {.shape = {1, 1, 10, 1, 1, true},
                                           .filters = 1,
                                           .slicing = {3, 10, 4, 4, 1},
                                           .coefficient_bits = 4,
                                           .basis_bits = 8,
                                           .window = 7,
                                           .codes = codes,
                                           .basis = basis,
                                           .scale = scale};
    // 1 and 2 coefficients on rows of 3 words, none, 2 on the row of 1 word.
    assert_int_equal(sdse_rebuild_shift_adds(&layer), 3 + 6 + 0 + 2);
}

// Two groups of two channels: the rows of both are activations.
static void activation_rows_of_every_group_count(void **state) {
    (void)state;
    enum { GROUPS = 2, FILTERS = 3, CHANNELS = 2, SIDE = 5 };
    int16_t words[GROUPS * FILTERS * CHANNELS * 9];
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        words[i] = (int16_t)(i % 7) - 3;
    struct sdse_coded_layer layer = {.shape = {GROUPS, FILTERS, CHANNELS, 3, 3, false},
                                     .filters = GROUPS * FILTERS,
                                     .raw = true,
                                     .weight_bits = 8,
                                     .raw_words = words};
    const struct sdse_conv_geometry geometry = {.in_rows = SIDE,
                                                .in_columns = SIDE,
                                                .pad = {1, 1},
                                                .stride = {1, 1},
                                                .dilation = {1, 1}};
    int8_t in[GROUPS * CHANNELS * SIDE * SIDE];
    memset(in, 3, sizeof in);
    memset(in + SIDE, 0, SIDE);                       // a row of the first group
    memset(in + CHANNELS * SIDE * SIDE, 0, 2 * SIDE); // two of the second
    memset(in + sizeof in - 1, 0, 1);                 // not a whole row
    int32_t out[GROUPS * FILTERS * SIDE * SIDE];
    struct sdse_forward_counts counts;
    assert_int_equal(sdse_forward_coded(&layer, &geometry, in, 1, out, &counts),
                     SDSE_OK);
    assert_int_equal(counts.activation_rows, GROUPS * CHANNELS * SIDE);
    assert_int_equal(counts.zero_activation_rows, 3);
    assert_int_equal(counts.weight_rows, GROUPS * FILTERS * CHANNELS * 3);
    assert_int_equal(counts.macs, GROUPS * FILTERS * CHANNELS * 9 * SIDE * SIDE);
}

// Two zeros take two runs of 1 bit or one of 2: the shorter length is taken.
static void equal_run_lengths_take_the_shorter(void **state) {
    (void)state;
    int8_t codes[2] = {0, 0};
    int16_t basis[4] = {0}, scale[1] = {0};
    struct sdse_coded_layer layer = {.shape = {1, 1, 2, 1, 1, true},
                                     .filters = 1,
                                     .slicing = {2, 2, 1, 1, 1},
                                     .store = SDSE_STORE_RUN_LENGTH,
                                     .coefficient_bits = 4,
                                     .basis_bits = 8,
                                     .window = 7,
                                     .codes = codes,
                                     .basis = basis,
                                     .scale = scale};
    uint64_t index[3];
    for (layer.run_bits = 1; layer.run_bits <= 3; layer.run_bits++)
        index[layer.run_bits - 1] =
            sdse_count_stored_bits(&layer).section[SDSE_SECTION_INDEX];
    assert_int_equal(index[0], 2);
    assert_int_equal(index[1], 2);
    assert_int_equal(index[2], 3);
    assert_int_equal(sdse_cheapest_run_bits(&layer), 1);
}

// The search for a threshold starts over several times; what was pruned before it
// stays counted.
static void pruned_rows_survive_the_search_for_a_threshold(void **state) {
    (void)state;
    const struct sdse_weight_shape shape = {1, 6, 4, 3, 3, false};
    float values[6 * 4 * 9];
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_diags diags;
    sdse_diags_init(&diags, arena);
    sdse_synthetic_weights(&shape, 7, values);
    const struct sdse_layer_weights weights = {
        .name = "w", .shape = shape, .values = values};
    struct sdse_smartdeal_setting setting = sdse_smartdeal_setting_default();
    setting.prune = SDSE_PRUNE_POPULATION;
    setting.prune_amount = 0.25; // 3 of 12 rows
    setting.prune_group = 2;     // in each of 3 groups
    setting.threshold_mode = SDSE_THRESHOLD_SPARSITY;
    setting.threshold = 0.6;
    struct sdse_decomposition d;
    assert_int_equal(sdse_decompose(&weights, &setting, 1, &d, &diags), SDSE_OK);
    assert_int_equal(d.pruned_rows, 9);
    assert_true(d.nonzeros <= (uint64_t)(0.4 * 6 * 36));
    sdse_decomposition_free(&d);
    sdse_arena_free(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shift_adds_leave_padding_out),
        cmocka_unit_test(activation_rows_of_every_group_count),
        cmocka_unit_test(equal_run_lengths_take_the_shorter),
        cmocka_unit_test(pruned_rows_survive_the_search_for_a_threshold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
