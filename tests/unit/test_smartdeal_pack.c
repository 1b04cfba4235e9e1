#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "smartdeal/measure.h"
#include "smartdeal/synthetic.h"

// NULL, or why it was refused.
static const char *unpack(const struct sdse_packed *packed,
                          struct sdse_coded_layer *layer) {
    const char *wrong = NULL;
    enum sdse_status status = sdse_unpack(packed, layer, &wrong);
    assert_true(status == (wrong ? SDSE_INVALID : SDSE_OK));
    return wrong;
}

// A coded layer of synthetic weights; density follows from `sparsity`.
static struct sdse_coded_layer make(const struct sdse_smartdeal_setting *setting,
                                    struct sdse_weight_shape shape) {
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_diags diags;
    sdse_diags_init(&diags, arena);
    uint64_t filters, each, words;
    assert_true(sdse_weight_count(&shape, &filters, &each, &words));
    float *values = malloc(words * sizeof *values);
    assert_non_null(values);
    sdse_synthetic_weights(&shape, 17, values);
    struct sdse_layer_weights weights = {.name = "w", .shape = shape, .values = values};
    struct sdse_form_measure m;
    struct sdse_coded_layer coded;
    assert_int_equal(sdse_setting_check(setting, weights.loc, &diags), SDSE_OK);
    assert_int_equal(sdse_measure_layer(&weights, setting, 0, &m, &coded, &diags),
                     SDSE_OK);
    free(values);
    sdse_arena_free(arena);
    return coded;
}

static void assert_same_layer(const struct sdse_coded_layer *a,
                              const struct sdse_coded_layer *b) {
    uint64_t n = a->slicing.basis_size, blocks = a->filters * a->slicing.blocks;
    if (a->raw) {
        uint64_t words = a->filters * a->shape.channels * a->shape.kernel_rows *
                         a->shape.kernel_columns;
        assert_memory_equal(a->raw_words, b->raw_words, words * 2);
        return;
    }
    assert_memory_equal(a->codes, b->codes, a->filters * a->slicing.rows * n);
    assert_memory_equal(a->basis, b->basis, blocks * n * n * 2);
    assert_memory_equal(a->scale, b->scale, blocks * 2);
}

static void round_trip(const struct sdse_coded_layer *layer) {
    struct sdse_packed packed;
    assert_int_equal(sdse_pack(layer, &packed), SDSE_OK);
    struct sdse_stored_bits counted = sdse_count_stored_bits(layer);
    assert_memory_equal(&counted, &packed.bits, sizeof counted);
    struct sdse_coded_layer back = *layer;
    const char *wrong = unpack(&packed, &back);
    assert_null(wrong);
    assert_same_layer(layer, &back);
    sdse_coded_free(&back);
    sdse_packed_free(&packed);
}

static void packing_and_unpacking_is_bit_exact(void **state) {
    (void)state;
    static const struct sdse_weight_shape shapes[] = {
        {1, 7, 13, 3, 3, false}, {1, 5, 100, 1, 1, true}, {2, 4, 16, 1, 1, false}};
    static const double sparsities[] = {0.0, 0.5, 0.95};
    for (int store = 0; store < SDSE_STORES; store++) {
        for (int i = 0; i < 3; i++) {
            for (uint32_t n = 0; n <= 7; n += n ? 3 : 4) {
                struct sdse_smartdeal_setting s = sdse_smartdeal_setting_default();
                s.store = (enum sdse_zero_store)store;
                s.basis_size = n;
                s.rows_per_slice = n == 4 ? 5 : 0;
                s.threshold_mode = SDSE_THRESHOLD_SPARSITY;
                s.threshold = sparsities[i];
                s.coefficient_bits = 2 + (uint32_t)i * 2;
                s.basis_bits = 5 + n;
                s.scale_bits = 1 + (uint32_t)i;
                struct sdse_coded_layer layer = make(&s, shapes[i]);
                round_trip(&layer);
                if (store == SDSE_STORE_RUN_LENGTH)
                    for (layer.run_bits = 1; layer.run_bits <= SDSE_MAX_RUN_BITS;
                         layer.run_bits++)
                        round_trip(&layer);
                sdse_coded_free(&layer);
            }
        }
    }
    struct sdse_smartdeal_setting s = sdse_smartdeal_setting_default();
    for (s.weight_bits = 2; s.weight_bits <= 16; s.weight_bits += 7) {
        struct sdse_coded_layer raw =
            make(&s, (struct sdse_weight_shape){9, 1, 1, 3, 3, false});
        assert_true(raw.raw);
        round_trip(&raw);
        sdse_coded_free(&raw);
    }
}

static void sizes_follow_the_formulas(void **state) {
    (void)state;
    struct sdse_smartdeal_setting s = sdse_smartdeal_setting_default();
    s.threshold_mode = SDSE_THRESHOLD_SPARSITY;
    s.threshold = 0.7;
    const struct sdse_weight_shape shape = {1, 8, 64, 3, 3, false};
    uint64_t sizes[SDSE_STORES];
    for (int store = 0; store < SDSE_STORES; store++) {
        s.store = (enum sdse_zero_store)store;
        struct sdse_coded_layer layer = make(&s, shape);
        struct sdse_density d;
        sdse_count_density(&layer, &d);
        struct sdse_stored_bits bits = sdse_count_stored_bits(&layer);
        uint64_t codes = bits.section[SDSE_SECTION_COEFFICIENTS];
        uint64_t index = bits.section[SDSE_SECTION_INDEX];
        assert_int_equal(bits.section[SDSE_SECTION_BASIS], 8 * 72);
        assert_int_equal(bits.section[SDSE_SECTION_SCALE], 8 * 8);
        sizes[store] = codes + index;
        if (store == SDSE_STORE_ELEMENT_BITMAP) {
            assert_int_equal(codes, 4 * d.nonzeros);
            assert_int_equal(index, 8 * 576);
        } else if (store == SDSE_STORE_ROW_INDEX) {
            assert_int_equal(codes, 12 * d.live_rows);
            assert_int_equal(index, 8 * 192);
        } else if (store == SDSE_STORE_DENSE) {
            assert_int_equal(codes, 4 * 8 * 576);
            assert_int_equal(index, 0);
        } else {
            uint64_t best = index;
            assert_int_equal(codes, 4 * d.nonzeros);
            for (layer.run_bits = 1; layer.run_bits <= 8; layer.run_bits++)
                assert_true(sdse_count_stored_bits(&layer).section[1] >= best);
        }
        sdse_coded_free(&layer);
    }
    assert_true(sizes[SDSE_STORE_ELEMENT_BITMAP] < sizes[SDSE_STORE_DENSE]);
}

// Runs by hand: 0 0 0 5 0 | 0 0 0 0 0 with run_bits = 1 and 2.
static void runs_are_as_documented(void **state) {
    (void)state;
    int8_t codes[10] = {0, 0, 0, 5, 0};
    int16_t basis[8] = {0}, scale[2] = {0};
    struct sdse_coded_layer layer = {.shape = {1, 1, 10, 1, 1, true},
                                     .filters = 1,
                                     .slicing = {2, 10, 5, 3, 2},
                                     .store = SDSE_STORE_RUN_LENGTH,
                                     .coefficient_bits = 4,
                                     .basis_bits = 8,
                                     .scale_bits = 8,
                                     .window = 8,
                                     .codes = codes,
                                     .basis = basis,
                                     .scale = scale};
    // Blocks of 6 and 4 entries: 3 zeros, 5, 2 zeros; 4 zeros.
    layer.run_bits = 1; // escape = 1 zero: 3 + 1 runs, 2 runs; 4 runs
    assert_int_equal(sdse_count_stored_bits(&layer).section[SDSE_SECTION_INDEX], 10);
    round_trip(&layer);
    layer.run_bits = 2; // escape = 3 zeros: 1 + 1 runs, 1 run; 2 runs
    assert_int_equal(sdse_count_stored_bits(&layer).section[SDSE_SECTION_INDEX], 10);
    round_trip(&layer);
    layer.run_bits = 3; // 1 run, 1 run; 1 run
    assert_int_equal(sdse_count_stored_bits(&layer).section[SDSE_SECTION_INDEX], 9);
    round_trip(&layer);
}

// A flipped bit is either refused, or it is another layer's packing: what was read
// packs to exactly the flipped bytes.
static void no_flipped_bit_is_misread(void **state) {
    (void)state;
    unsigned refused = 0, accepted = 0;
    for (int store = 0; store < SDSE_STORES; store++) {
        struct sdse_smartdeal_setting s = sdse_smartdeal_setting_default();
        s.store = (enum sdse_zero_store)store;
        s.threshold_mode = SDSE_THRESHOLD_SPARSITY;
        s.threshold = 0.6;
        struct sdse_coded_layer layer =
            make(&s, (struct sdse_weight_shape){1, 3, 5, 3, 3, false});
        struct sdse_packed packed;
        assert_int_equal(sdse_pack(&layer, &packed), SDSE_OK);
        for (int section = 0; section < SDSE_SECTIONS; section++) {
            uint64_t bytes = sdse_packed_bytes(packed.bits.section[section]);
            for (uint64_t bit = 0; bit < bytes * 8; bit++) {
                uint8_t *byte = &packed.data[section][bit / 8];
                *byte ^= (uint8_t)(1u << bit % 8);
                struct sdse_coded_layer back = layer;
                if (unpack(&packed, &back)) {
                    refused++;
                    assert_null(back.codes);
                } else {
                    struct sdse_packed again;
                    assert_int_equal(sdse_pack(&back, &again), SDSE_OK);
                    assert_memory_equal(&again.bits, &packed.bits, sizeof again.bits);
                    for (int i = 0; i < SDSE_SECTIONS; i++)
                        if (again.data[i])
                            assert_memory_equal(
                                again.data[i], packed.data[i],
                                sdse_packed_bytes(again.bits.section[i]));
                    sdse_packed_free(&again);
                    sdse_coded_free(&back);
                    accepted++;
                }
                *byte ^= (uint8_t)(1u << bit % 8);
            }
        }
        sdse_packed_free(&packed);
        sdse_coded_free(&layer);
    }
    assert_true(refused > 100 && accepted > 100);
}

static void refusals_say_why(void **state) {
    (void)state;
    int8_t codes[4] = {0, 3, 0, 0};
    int16_t basis[4] = {0}, scale[1] = {0};
    struct sdse_coded_layer layer = {.shape = {1, 1, 4, 1, 1, true},
                                     .filters = 1,
                                     .slicing = {2, 4, 2, 2, 1},
                                     .store = SDSE_STORE_ROW_INDEX,
                                     .coefficient_bits = 4,
                                     .basis_bits = 8,
                                     .scale_bits = 8,
                                     .window = 7,
                                     .codes = codes,
                                     .basis = basis,
                                     .scale = scale};
    struct sdse_packed packed;
    assert_int_equal(sdse_pack(&layer, &packed), SDSE_OK);
    assert_int_equal(packed.data[SDSE_SECTION_COEFFICIENTS][0], 0x30);
    struct sdse_coded_layer back = layer;
    packed.data[SDSE_SECTION_COEFFICIENTS][0] = 0;
    assert_string_equal(unpack(&packed, &back),
                        "a row marked as kept holds no coefficient");
    packed.data[SDSE_SECTION_COEFFICIENTS][0] = 0x80; // minus zero
    assert_string_equal(unpack(&packed, &back),
                        "a coefficient code is outside its window");
    packed.data[SDSE_SECTION_COEFFICIENTS][0] = 0x30;
    packed.data[SDSE_SECTION_BASIS][0] = 0x80;
    assert_string_equal(unpack(&packed, &back),
                        "a word is the one negative number that has no positive");
    sdse_packed_free(&packed);
}

static void wrong_lengths_are_refused(void **state) {
    (void)state;
    for (int store = 0; store < SDSE_STORES; store++) {
        struct sdse_smartdeal_setting s = sdse_smartdeal_setting_default();
        s.store = (enum sdse_zero_store)store;
        struct sdse_coded_layer layer =
            make(&s, (struct sdse_weight_shape){1, 3, 5, 3, 3, false});
        struct sdse_packed packed;
        assert_int_equal(sdse_pack(&layer, &packed), SDSE_OK);
        for (int section = 0; section < SDSE_SECTIONS; section++) {
            uint64_t right = packed.bits.section[section];
            for (uint64_t cut = 1; cut <= right && cut <= 40; cut++) {
                packed.bits.section[section] = right - cut;
                struct sdse_coded_layer back = layer;
                assert_non_null(unpack(&packed, &back));
            }
            packed.bits.section[section] = right;
        }
        sdse_packed_free(&packed);
        sdse_coded_free(&layer);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packing_and_unpacking_is_bit_exact),
        cmocka_unit_test(sizes_follow_the_formulas),
        cmocka_unit_test(runs_are_as_documented),
        cmocka_unit_test(no_flipped_bit_is_misread),
        cmocka_unit_test(refusals_say_why),
        cmocka_unit_test(wrong_lengths_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
