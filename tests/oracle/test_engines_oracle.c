// Every engine's counts equal those of a machine that is simply executed, on thousands
// of generated tensors (support_engines.h): edge shapes, all zero, all live.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "oracle/support_cases.h"
#include "oracle/support_engines.h"

enum { CASES = 6000 };

static int32_t first[ENGINE_MOST], second[ENGINE_MOST];

static uint32_t from(uint64_t *state, uint32_t least, uint32_t most) {
    return least + (uint32_t)oracle_below(state, most - least + 1);
}

static bool chance(uint64_t *state, unsigned percent) {
    return oracle_below(state, 100) < percent;
}

// Compares all counts of a struct, by name.
struct difference {
    const char *engine;
    unsigned seed;
};

static void same(const struct difference *at, const char *name, uint64_t naive,
                 uint64_t got) {
    if (naive != got)
        fail_msg("%s, case %u: %s: the machine %llu, the library %llu", at->engine,
                 at->seed, name, (unsigned long long)naive, (unsigned long long)got);
}

#define SAME(name, meaning) same(&at, #name, naive.name, got.name);

static void serial_counts(void **context) {
    unsigned windows = 0, ahead = 0, barriers = 0;
    for (unsigned seed = 0; seed < CASES; seed++) {
        uint64_t state = seed * 7919 + 1;
        const struct difference at = {"serial", seed};
        struct sdse_serial engine = {
            .operand = {.recoding = from(&state, 0, 2),
                        .bits = from(&state, 1, 18),
                        .is_signed = chance(&state, 50)},
            .first_stage_bits =
                chance(&state, 40) ? SDSE_UNLIMITED : from(&state, 0, 6),
            .lanes = from(&state, 1, 9),
            .columns = from(&state, 1, 5),
            .registers = chance(&state, 25) ? SDSE_UNLIMITED : from(&state, 0, 4),
            .barrier_steps = chance(&state, 60) ? 0 : from(&state, 1, 5),
        };
        if (chance(&state, 4))
            engine.operand.bits = engine.operand.is_signed ? 32 : 31;
        const uint64_t count = chance(&state, 3) ? 0 : from(&state, 1, 160);
        const unsigned magnitude = engine.operand.bits - engine.operand.is_signed;
        const int32_t most = (int32_t)((INT64_C(1) << magnitude) - 1);
        engines_draw(&state, first, count, engines_density(&state),
                     engine.operand.is_signed ? -most / 2 - 1 : 0,
                     magnitude == 31 ? most / 2 : most);
        if (engine.operand.is_signed && count > 0 && chance(&state, 30))
            first[count / 2] = (int32_t) - (INT64_C(1) << magnitude);
        struct sdse_serial_counts naive, got;
        naive_serial(&engine, first, count, &naive);
        assert_int_equal(sdse_serial_count(&engine, first, count, &got), SDSE_OK);
        SDSE_SERIAL_COUNTS(SAME)
        windows += engine.first_stage_bits < 4;
        ahead += engine.registers > 0 && engine.registers < 5 && engine.columns > 1;
        barriers += engine.barrier_steps > 0;
    }
    printf("## serial: %d streams, %u with a narrow first stage, %u with registers, "
           "%u with barriers\n",
           CASES, windows, ahead, barriers);
    assert_true(windows > 1000 && ahead > 1000 && barriers > 1000);
    (void)context;
}

static void format_counts(void **context) {
    for (unsigned seed = 0; seed < CASES; seed++) {
        uint64_t state = seed * 104729 + 3;
        const struct difference at = {"format", seed};
        const struct sdse_compressed format = {
            .packing = from(&state, 0, SDSE_PACKINGS - 1),
            .value_bits = from(&state, 1, 17),
            .word_bits = from(&state, 1, 70),
            .run_bits = from(&state, 1, chance(&state, 5) ? 32 : 5),
            .trailing = from(&state, 0, 1),
            .pairs_per_word = from(&state, 0, 4),
        };
        const uint64_t rows = from(&state, chance(&state, 3) ? 0 : 1, 33);
        const uint64_t cols = from(&state, chance(&state, 3) ? 0 : 1, 33);
        engines_draw(&state, first, rows * cols,
                     chance(&state, 30) ? 2 : engines_density(&state), -9, 9);
        struct sdse_compressed_counts naive, got;
        naive_format(&format, first, rows, cols, &naive);
        assert_int_equal(sdse_compressed_count(&format, first, rows, cols, &got),
                         SDSE_OK);
        SDSE_COMPRESSED_COUNTS(SAME)
        SAME(packed_words, )
    }
    printf("## format: %d matrices\n", CASES);
    (void)context;
}

static void gate_counts(void **context) {
    unsigned padded = 0, gaps = 0, nothing = 0;
    for (unsigned seed = 0; seed < CASES; seed++) {
        uint64_t state = seed * 15485863 + 5;
        const struct difference at = {"gate", seed};
        const struct sdse_gate engine = {.condition = from(&state, 0, 2),
                                         .stride = from(&state, 1, 4),
                                         .pad = from(&state, 0, 2)};
        const struct sdse_gate_shape shape = {
            from(&state, chance(&state, 3) ? 0 : 1, 3),
            from(&state, 1, 8),
            from(&state, 1, 8),
            from(&state, chance(&state, 3) ? 0 : 1, 4),
            from(&state, 1, 3),
            from(&state, 1, 3)};
        engines_draw(&state, first, shape.channels * shape.height * shape.width,
                     engines_density(&state), -9, 9);
        engines_draw(&state, second,
                     shape.filters * shape.channels * shape.rows * shape.cols,
                     engines_density(&state), -9, 9);
        struct sdse_gate_counts naive, got;
        naive_gate(&engine, &shape, first, second, &naive);
        assert_int_equal(sdse_gate_count(&engine, &shape, first, second, &got),
                         SDSE_OK);
        SDSE_GATE_COUNTS(SAME)
        padded += engine.pad > 0;
        gaps += engine.stride > shape.rows;
        nothing += naive.macs == 0;
    }
    printf("## gate: %d convolutions, %u padded, %u with gaps, %u without a window\n",
           CASES, padded, gaps, nothing);
    assert_true(padded > 1000 && gaps > 1000 && nothing > 50);
    (void)context;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(serial_counts),
        cmocka_unit_test(format_counts),
        cmocka_unit_test(gate_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
