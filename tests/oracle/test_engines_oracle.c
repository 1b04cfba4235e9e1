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

static void selector_counts(void **context) {
    unsigned syncs[SDSE_SELECTOR_SYNCS] = {0}, lines = 0, passes = 0;
    for (unsigned seed = 0; seed < CASES; seed++) {
        uint64_t state = seed * 32452843 + 7;
        const struct difference at = {"selector", seed};
        const struct sdse_selector engine = {
            .stride = from(&state, 1, 3),
            .pad = from(&state, 0, 2),
            .slices = from(&state, 1, 6),
            .group = from(&state, 1, 5),
            .lines = from(&state, 1, 5),
            .sync = from(&state, 0, 2),
            .skip_weight_rows = chance(&state, 75),
            .skip_act_rows = chance(&state, 75),
            .cost = from(&state, 0, 1),
            .row_cycles = from(&state, 0, 4),
            .kernel_width = from(&state, 1, 4),
            .lanes = from(&state, 1, 5),
            .pad_w = from(&state, 0, 2),
        };
        const struct sdse_selector_shape shape = {.filters = from(&state, 1, 7),
                                                  .channels = from(&state, 1, 6),
                                                  .rows = from(&state, 1, 3),
                                                  .row_words = from(&state, 1, 3),
                                                  .height = from(&state, 1, 6),
                                                  .width = from(&state, 1, 6)};
        const uint64_t rows = shape.filters * shape.channels * shape.rows;
        engines_draw(&state, first, rows * shape.row_words, engines_density(&state), -9,
                     9);
        engines_draw(&state, second, shape.channels * shape.height * shape.width,
                     engines_density(&state), -128, 127);
        // Whole rows of zeros, of single filters and of channels' maps.
        for (uint64_t i = 0; i < rows; i++)
            if (chance(&state, 30))
                memset(first + i * shape.row_words, 0, shape.row_words * sizeof *first);
        for (uint64_t i = 0; i < shape.channels * shape.height; i++)
            if (chance(&state, 20))
                memset(second + i * shape.width, 0, shape.width * sizeof *second);
        struct sdse_selector_counts naive, got;
        naive_selector(&engine, &shape, first, second, &naive);
        assert_int_equal(sdse_selector_count(&engine, &shape, first, second, &got),
                         SDSE_OK);
        SDSE_SELECTOR_COUNTS(SAME)
        syncs[engine.sync]++;
        lines += shape.channels > engine.lines;
        passes += shape.filters > engine.slices && engine.group < engine.slices;
    }
    printf("## selector: %d layers, step %u, tile %u, pack %u, %u with more channels "
           "than lines, %u with passes of several groups\n",
           CASES, syncs[0], syncs[1], syncs[2], lines, passes);
    assert_true(lines > 1000 && passes > 500);
    (void)context;
}

static void skip_counts(void **context) {
    unsigned idle = 0, barriers = 0;
    for (unsigned seed = 0; seed < CASES; seed++) {
        uint64_t state = seed * 49979687 + 11;
        const struct difference at = {"skip", seed};
        const struct sdse_skip engine = {
            .mode = from(&state, 0, 3),
            .grid = {from(&state, 1, 5), from(&state, 1, 5)},
            .simd = from(&state, 1, 4),
            .bubble = from(&state, 0, 1),
            .tile_cols = chance(&state, 50) ? 0 : from(&state, 1, 6),
        };
        const struct sdse_skip_shape shape = {
            from(&state, chance(&state, 3) ? 0 : 1, 12),
            from(&state, chance(&state, 3) ? 0 : 1, 13),
            from(&state, chance(&state, 3) ? 0 : 1, 13)};
        engines_draw(&state, first, shape.columns * shape.pixels,
                     engines_density(&state), -9, 9);
        engines_draw(&state, second, shape.columns * shape.filters,
                     engines_density(&state), -9, 9);
        struct sdse_skip_counts naive, got;
        naive_skip(&engine, &shape, first, second, &naive);
        assert_int_equal(sdse_skip_count(&engine, &shape, first, second, &got),
                         SDSE_OK);
        SDSE_SKIP_COUNTS(SAME)
        idle += shape.pixels < engine.grid[0] || shape.filters < engine.grid[1];
        barriers += engine.tile_cols > 0;
    }
    printf("## skip: %d layers, %u with idle elements, %u with barriers\n", CASES, idle,
           barriers);
    assert_true(idle > 500 && barriers > 1000);
    (void)context;
}

static void gather_counts(void **context) {
    unsigned tiled = 0;
    for (unsigned seed = 0; seed < CASES; seed++) {
        uint64_t state = seed * 67867967 + 13;
        const struct difference at = {"gather", seed};
        const struct sdse_gather engine = {
            .pes = from(&state, 1, 9),
            .width = from(&state, 1, 9),
            .tile_outputs = chance(&state, 40) ? 0 : from(&state, 1, 20),
            .tile_inputs = chance(&state, 40) ? 0 : from(&state, 1, 20),
        };
        const uint64_t outputs = from(&state, chance(&state, 3) ? 0 : 1, 25);
        const uint64_t inputs = from(&state, chance(&state, 3) ? 0 : 1, 40);
        engines_draw(&state, first, outputs * inputs, engines_density(&state), -9, 9);
        struct sdse_gather_counts naive, got;
        naive_gather(&engine, first, outputs, inputs, &naive);
        assert_int_equal(sdse_gather_count(&engine, first, outputs, inputs, &got),
                         SDSE_OK);
        SDSE_GATHER_COUNTS(SAME)
        tiled += engine.tile_inputs > 0 && engine.tile_inputs < inputs &&
                 engine.tile_outputs > 0 && engine.tile_outputs < outputs;
    }
    printf("## gather: %d layers, %u in tiles of both\n", CASES, tiled);
    assert_true(tiled > 500);
    (void)context;
}

// Rows whose groups hold at most N non-zeros, but for a few.
static void draw_structured(uint64_t *state, const struct sdse_structured *engine,
                            uint64_t rows, uint64_t length) {
    engines_draw(state, first, rows * length, engines_density(state), -9, 9);
    if (chance(state, 25))
        return;
    for (uint64_t row = 0; row < rows; row++)
        for (uint64_t i = 0; i < length; i++) {
            const uint64_t start = i - i % engine->group;
            uint64_t before = 0;
            for (uint64_t at = start; at < i; at++)
                before += first[row * length + at] != 0;
            if (before >= engine->kept)
                first[row * length + i] = 0;
        }
}

static void structured_counts(void **context) {
    unsigned violated = 0, ragged = 0;
    for (unsigned seed = 0; seed < CASES; seed++) {
        uint64_t state = seed * 86028121 + 17;
        const struct difference at = {"nm", seed};
        const struct sdse_structured engine = {.kept = from(&state, 1, 5),
                                               .group = from(&state, 1, 9),
                                               .width = from(&state, 1, 9),
                                               .units = from(&state, 1, 5),
                                               .value_bits = from(&state, 1, 16)};
        const uint64_t rows = from(&state, chance(&state, 3) ? 0 : 1, 9);
        const uint64_t length = from(&state, chance(&state, 3) ? 0 : 1, 40);
        draw_structured(&state, &engine, rows, length);
        struct sdse_structured_counts naive, got;
        naive_structured(&engine, first, rows, length, &naive);
        assert_int_equal(sdse_structured_count(&engine, first, rows, length, &got),
                         SDSE_OK);
        SDSE_STRUCTURED_COUNTS(SAME)
        violated += naive.violations > 0;
        ragged += length % engine.group != 0 && naive.violations == 0 &&
                  engine.kept < engine.group;
    }
    printf("## nm: %d tensors, %u with violations, %u with a short last group\n", CASES,
           violated, ragged);
    assert_true(violated > 500 && ragged > 500);
    (void)context;
}

static void cartesian_counts(void **context) {
    unsigned groups = 0, stalls = 0, strides = 0, invalid = 0;
    for (unsigned seed = 0; seed < CASES; seed++) {
        uint64_t state = seed * 122949823 + 19;
        const struct difference at = {"scnn", seed};
        const struct sdse_cartesian engine = {
            .stride = chance(&state, 50) ? 1 : from(&state, 2, 4),
            .pad = from(&state, 0, 2),
            .grid = {from(&state, 1, 4), from(&state, 1, 4)},
            .weight_vector = from(&state, 1, 5),
            .act_vector = from(&state, 1, 5),
            .banks = from(&state, 1, 9),
            .queue = chance(&state, 15) ? SDSE_UNLIMITED : from(&state, 0, 4),
            .acc_entries = from(&state, 0, 100),
            .barrier = from(&state, 0, 1),
            .halo = from(&state, 0, 2),
        };
        const struct sdse_cartesian_shape shape = {
            from(&state, 1, 3), from(&state, 1, 8), from(&state, 1, 8),
            from(&state, 1, 6), from(&state, 1, 4), from(&state, 1, 4)};
        engines_draw(&state, first, shape.channels * shape.height * shape.width,
                     engines_density(&state), -9, 9);
        engines_draw(&state, second,
                     shape.filters * shape.channels * shape.rows * shape.cols,
                     engines_density(&state), -9, 9);
        struct sdse_cartesian_counts naive, got;
        naive_cartesian(&engine, &shape, first, second, &naive);
        assert_int_equal(sdse_cartesian_count(&engine, &shape, first, second, &got),
                         SDSE_OK);
        SDSE_CARTESIAN_COUNTS(SAME)
        SAME(cycles_no_banks, )
        groups += naive.Kc < shape.filters;
        stalls += naive.bank_stall_cycles > 0 && engine.queue > 0;
        strides += engine.stride > shape.rows;
        invalid += naive.invalid > 0;
    }
    printf("## scnn: %d layers, %u of several groups, %u whose queues stall, %u with "
           "gaps, %u with invalid products\n",
           CASES, groups, stalls, strides, invalid);
    assert_true(groups > 1000 && stalls > 500 && strides > 500 && invalid > 1000);
    (void)context;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(serial_counts),     cmocka_unit_test(format_counts),
        cmocka_unit_test(gate_counts),       cmocka_unit_test(selector_counts),
        cmocka_unit_test(skip_counts),       cmocka_unit_test(gather_counts),
        cmocka_unit_test(structured_counts), cmocka_unit_test(cartesian_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
