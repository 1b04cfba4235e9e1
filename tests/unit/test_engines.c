// Engines at their edges: parameters that are refused, counts that would overflow, and
// expectations of tensors that leave nothing to chance.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "engines/expect/cartesian.h"
#include "engines/expect/chance.h"
#include "engines/expect/compressed.h"
#include "engines/expect/gate.h"
#include "engines/expect/gather.h"
#include "engines/expect/selector.h"
#include "engines/expect/serial.h"
#include "engines/expect/skip.h"
#include "engines/expect/structured.h"
#include "support/close.h"

static const struct sdse_serial SERIAL = {
    .operand = {SDSE_RECODE_BOOTH4, 8, true}, .lanes = 4, .columns = 3, .registers = 1};
static const struct sdse_selector SELECTOR = {.stride = 1,
                                              .pad = 1,
                                              .slices = 4,
                                              .group = 2,
                                              .lines = 2,
                                              .sync = SDSE_SELECTOR_TILE,
                                              .skip_weight_rows = true,
                                              .skip_act_rows = true,
                                              .cost = SDSE_SELECTOR_LINE,
                                              .kernel_width = 3,
                                              .lanes = 4,
                                              .pad_w = 1};
static const struct sdse_skip SKIP = {
    .mode = SDSE_SKIP_BOTH, .grid = {2, 3}, .simd = 2, .bubble = 1, .tile_cols = 2};
static const struct sdse_gather GATHER = {
    .pes = 3, .width = 4, .tile_outputs = 5, .tile_inputs = 7};
static const struct sdse_gate GATE = {SDSE_GATE_EITHER, 1, 1};
static const struct sdse_compressed RLE = {
    .packing = SDSE_PACKING_RLE, .value_bits = 8, .word_bits = 64, .run_bits = 4};
static const struct sdse_structured NM = {2, 4, 4, 2, 8};
static const struct sdse_cartesian SCNN = {.stride = 1,
                                           .pad = 1,
                                           .grid = {2, 2},
                                           .weight_vector = 4,
                                           .act_vector = 4,
                                           .banks = 32,
                                           .queue = 8,
                                           .acc_entries = 256};

// --- What is refused -----------------------------------------------------------------

// A copy of the engine with one field changed must have a fault, and count nothing.
#define REFUSED(kind, whole, change)                   \
    do {                                               \
        struct sdse_##kind engine = whole;             \
        assert_null(sdse_##kind##_fault(&engine));     \
        engine.change;                                 \
        assert_non_null(sdse_##kind##_fault(&engine)); \
    } while (0)

static void faults_are_named(void **state) {
    REFUSED(serial, SERIAL, lanes = 0);
    REFUSED(serial, SERIAL, columns = 0);
    REFUSED(serial, SERIAL, operand.bits = 0);
    REFUSED(serial, SERIAL, operand.bits = 33);
    REFUSED(serial, SERIAL, operand.recoding = SDSE_RECODINGS);
    REFUSED(selector, SELECTOR, stride = 0);
    REFUSED(selector, SELECTOR, slices = 0);
    REFUSED(selector, SELECTOR, group = 0);
    REFUSED(selector, SELECTOR, lines = 0);
    REFUSED(selector, SELECTOR, lanes = 0);
    REFUSED(selector, SELECTOR, sync = SDSE_SELECTOR_SYNCS);
    REFUSED(selector, SELECTOR, cost = SDSE_SELECTOR_COSTS);
    REFUSED(skip, SKIP, grid[0] = 0);
    REFUSED(skip, SKIP, grid[1] = 0);
    REFUSED(skip, SKIP, simd = 0);
    REFUSED(skip, SKIP, bubble = 2);
    REFUSED(skip, SKIP, mode = SDSE_SKIP_MODES);
    REFUSED(gather, GATHER, pes = 0);
    REFUSED(gather, GATHER, width = 0);
    REFUSED(gate, GATE, stride = 0);
    REFUSED(gate, GATE, condition = SDSE_GATE_CONDITIONS);
    REFUSED(compressed, RLE, value_bits = 0);
    REFUSED(compressed, RLE, word_bits = 0);
    REFUSED(compressed, RLE, run_bits = 0);
    REFUSED(compressed, RLE, run_bits = 33);
    REFUSED(compressed, RLE, packing = SDSE_PACKINGS);
    REFUSED(compressed, RLE, trailing = 2);
    REFUSED(structured, NM, kept = 0);
    REFUSED(structured, NM, group = 0);
    REFUSED(structured, NM, width = 0);
    REFUSED(structured, NM, units = 0);
    REFUSED(structured, NM, value_bits = 0);
    REFUSED(cartesian, SCNN, stride = 0);
    REFUSED(cartesian, SCNN, grid[0] = 0);
    REFUSED(cartesian, SCNN, grid[1] = 0);
    REFUSED(cartesian, SCNN, weight_vector = 0);
    REFUSED(cartesian, SCNN, act_vector = 0);
    REFUSED(cartesian, SCNN, banks = 0);
    REFUSED(cartesian, SCNN, barrier = SDSE_CARTESIAN_BARRIERS);
    REFUSED(cartesian, SCNN, halo = SDSE_CARTESIAN_HALOS);
    (void)state;
}

static void values_must_fit(void **state) {
    struct sdse_serial engine = SERIAL;
    struct sdse_serial_counts counts = {.cycles = 7};
    int32_t value = 128;
    assert_int_equal(sdse_serial_count(&engine, &value, 1, &counts), SDSE_INVALID);
    value = -129;
    assert_int_equal(sdse_serial_count(&engine, &value, 1, &counts), SDSE_INVALID);
    engine.operand.is_signed = false;
    value = -1;
    assert_int_equal(sdse_serial_count(&engine, &value, 1, &counts), SDSE_INVALID);
    value = 256;
    assert_int_equal(sdse_serial_count(&engine, &value, 1, &counts), SDSE_INVALID);
    assert_int_equal(counts.cycles, 7);
    value = 255;
    assert_int_equal(sdse_serial_count(&engine, &value, 1, &counts), SDSE_OK);
    const struct sdse_selector_shape shape = {1, 1, 1, 1, 1, 1};
    struct sdse_selector_counts selected = {.cycles = 7};
    const int32_t one = 1;
    value = 128;
    assert_int_equal(sdse_selector_count(&SELECTOR, &shape, &one, &value, &selected),
                     SDSE_INVALID);
    assert_int_equal(selected.cycles, 7);
    (void)state;
}

// Shapes whose counts cannot be told in 64 bits; the tensors are never looked at.
static void overflow_is_refused(void **state) {
    const uint64_t huge = UINT32_MAX;
    struct sdse_gather_counts gathered;
    struct sdse_compressed_counts packed;
    struct sdse_structured_counts structured;
    struct sdse_skip_counts skipped;
    struct sdse_gate_counts gated;
    struct sdse_selector_counts selected;
    struct sdse_cartesian_counts multiplied;
    assert_int_equal(sdse_gather_count(&GATHER, NULL, huge, huge, &gathered),
                     SDSE_OVERFLOW);
    assert_int_equal(sdse_compressed_count(&RLE, NULL, huge, huge, &packed),
                     SDSE_OVERFLOW);
    assert_int_equal(sdse_structured_count(&NM, NULL, huge, huge, &structured),
                     SDSE_OVERFLOW);
    const struct sdse_skip_shape columns = {1 << 20, 1 << 30, 1 << 30};
    assert_int_equal(sdse_skip_count(&SKIP, &columns, NULL, NULL, &skipped),
                     SDSE_OVERFLOW);
    const struct sdse_gate_shape conv = {1 << 10, 1 << 20, 1 << 20, 1 << 20, 3, 3};
    assert_int_equal(sdse_gate_count(&GATE, &conv, NULL, NULL, &gated), SDSE_OVERFLOW);
    // Few rows, but a padding that is visited four thousand million times over.
    struct sdse_selector padded = SELECTOR;
    const struct sdse_selector_shape rows = {2, 1, 1, 1, 1, 1};
    const int32_t row[] = {1, 1};
    padded.cost = SDSE_SELECTOR_CONST;
    padded.pad = UINT32_C(1) << 31;
    padded.row_cycles = UINT32_MAX;
    assert_int_equal(sdse_selector_count(&padded, &rows, row, row, &selected),
                     SDSE_OVERFLOW);
    const struct sdse_cartesian_shape layer = {1 << 10, 1 << 16, 1 << 16,
                                               1 << 20, 3,       3};
    assert_int_equal(sdse_cartesian_count(&SCNN, &layer, NULL, NULL, &multiplied),
                     SDSE_OVERFLOW);
    // An idle engine of absurd size: lanes times cycles.
    struct sdse_serial wide = SERIAL;
    struct sdse_serial_counts counts;
    const int32_t values[] = {1, 85, 0};
    wide.lanes = UINT32_MAX;
    wide.columns = 1;
    assert_int_equal(sdse_serial_count(&wide, values, 3, &counts), SDSE_OK);
    assert_int_equal(counts.cycles, 4);
    assert_true(counts.idle_lane_cycles == UINT64_C(4) * UINT32_MAX - 5);
    (void)state;
}

static void statistics_are_checked(void **state) {
    struct sdse_serial_means serial;
    struct sdse_serial_stats digits = {.values = 10, .least_cycles = 1};
    assert_int_equal(sdse_serial_expect(&SERIAL, &digits, &serial), SDSE_INVALID);
    struct sdse_gather_means gather;
    const uint64_t too_many[] = {5};
    struct sdse_gather_stats outputs = {1, 4, 1.5, NULL};
    assert_int_equal(sdse_gather_expect(&GATHER, &outputs, &gather), SDSE_INVALID);
    outputs.output_nnz = too_many;
    assert_int_equal(sdse_gather_expect(&GATHER, &outputs, &gather), SDSE_INVALID);
    struct sdse_skip_means skip;
    struct sdse_skip_stats columns = {{1, 4, 4}, -0.1, 0.5, NULL, NULL, NULL, NULL};
    assert_int_equal(sdse_skip_expect(&SKIP, &columns, &skip), SDSE_INVALID);
    columns.act_columns = (const double[]){1.1};
    assert_int_equal(sdse_skip_expect(&SKIP, &columns, &skip), SDSE_INVALID);
    columns.act_columns = (const double[]){0.5};
    assert_int_equal(sdse_skip_expect(&SKIP, &columns, &skip), SDSE_OK);
    columns.act_nnz = too_many;
    assert_int_equal(sdse_skip_expect(&SKIP, &columns, &skip), SDSE_INVALID);
    struct sdse_selector_means selector;
    struct sdse_selector_stats rows = {{2, 2, 3, 3, 4, 4}, 0.4, 0.3, 0.5, {{1}}};
    assert_int_equal(sdse_selector_expect(&SELECTOR, &rows, &selector), SDSE_INVALID);
    rows.joint_density = 0.9; // two filters cannot cover more than 0.8
    assert_int_equal(sdse_selector_expect(&SELECTOR, &rows, &selector), SDSE_INVALID);
    rows.joint_density = sdse_selector_joint(0.4, 2);
    assert_int_equal(sdse_selector_expect(&SELECTOR, &rows, &selector), SDSE_OK);
    struct sdse_compressed_means form;
    struct sdse_compressed_counts worst;
    assert_int_equal(sdse_compressed_expect(&RLE, 2, 2, 1.1, &form), SDSE_INVALID);
    assert_int_equal(sdse_compressed_worst(&RLE, 2, 2, 5, &worst), SDSE_INVALID);
    struct sdse_structured_means structured;
    const struct sdse_structured_stats dense = {2, 2, -1, false};
    assert_int_equal(sdse_structured_expect(&NM, &dense, &structured), SDSE_INVALID);
    struct sdse_gate_means gate;
    const struct sdse_gate_stats maps = {{1, 2, 2, 1, 1, 1}, 0, 0, too_many, NULL};
    assert_int_equal(sdse_gate_expect(&GATE, &maps, &gate), SDSE_INVALID);
    struct sdse_cartesian_means scnn;
    const struct sdse_cartesian_stats tiles = {
        {1, 2, 2, 1, 1, 1}, 0, 0, too_many, NULL};
    assert_int_equal(sdse_cartesian_expect(&SCNN, &tiles, &scnn), SDSE_INVALID);
    (void)state;
}

// --- Nothing left to chance ----------------------------------------------------------

enum { MOST = 4096 };
static int32_t acts[MOST], weights[MOST];

static void fill(int32_t *values, double density) {
    for (unsigned i = 0; i < MOST; i++)
        values[i] = density > 0 ? 85 : 0; // four radix-4 digits
}

#define CERTAIN(name, meaning) \
    assert_double_within((double)counts.name, means.name, 1e-9);

static void certain_serial(double density) {
    const uint32_t registers[] = {0, 1, SDSE_UNLIMITED};
    for (unsigned i = 0; i < 18; i++) {
        struct sdse_serial engine = SERIAL;
        struct sdse_serial_counts counts;
        struct sdse_serial_means means;
        const struct sdse_serial_stats stats = {
            .digits = {{density > 0 ? 0 : 1, 0, 0, 0, density}},
            .values = i / 3 * 23,
            .least_cycles = 1};
        engine.registers = registers[i % 3];
        engine.barrier_steps = i % 5;
        engine.first_stage_bits = SDSE_UNLIMITED;
        assert_int_equal(sdse_serial_count(&engine, acts, stats.values, &counts),
                         SDSE_OK);
        assert_int_equal(sdse_serial_expect(&engine, &stats, &means), SDSE_OK);
        SDSE_SERIAL_COUNTS(CERTAIN)
        assert_true(means.standard_error <= 1e-9);
    }
}

static void certain_selector(double act, double weight) {
    for (unsigned i = 0; i < 36; i++) {
        struct sdse_selector engine = SELECTOR;
        engine.sync = i % 3;
        engine.cost = i / 3 % 2;
        engine.row_cycles = 3;
        engine.group = 1 + i / 6 % 3;
        const struct sdse_selector_shape shape = {i % 4 == 3 ? 0 : 7, 3, 3, 3,
                                                  i % 7 == 0 ? 0 : 5, 6};
        struct sdse_selector_counts counts;
        struct sdse_selector_means means;
        const struct sdse_selector_stats stats = {
            shape, weight, weight, act, {{1 - act, 0, 0, 0, act}}};
        assert_int_equal(sdse_selector_count(&engine, &shape, weights, acts, &counts),
                         SDSE_OK);
        assert_int_equal(sdse_selector_expect(&engine, &stats, &means), SDSE_OK);
        SDSE_SELECTOR_COUNTS(CERTAIN)
    }
}

static void certain_grids(double act, double weight) {
    for (unsigned i = 0; i < 24; i++) {
        struct sdse_skip skip = SKIP;
        struct sdse_skip_counts counts;
        struct sdse_skip_means means;
        skip.mode = i % 4;
        const struct sdse_skip_stats stats = {
            {i / 4 ? 7 : 0, i % 5 * 3, i % 6 * 2}, act, weight, NULL, NULL, NULL, NULL};
        assert_int_equal(sdse_skip_count(&skip, &stats.shape, acts, weights, &counts),
                         SDSE_OK);
        assert_int_equal(sdse_skip_expect(&skip, &stats, &means), SDSE_OK);
        SDSE_SKIP_COUNTS(CERTAIN)
    }
    for (unsigned i = 0; i < 24; i++) {
        struct sdse_gather_counts counts;
        struct sdse_gather_means means;
        const struct sdse_gather_stats stats = {i, i * 7 % 23, weight, NULL};
        assert_int_equal(
            sdse_gather_count(&GATHER, weights, stats.outputs, stats.inputs, &counts),
            SDSE_OK);
        assert_int_equal(sdse_gather_expect(&GATHER, &stats, &means), SDSE_OK);
        SDSE_GATHER_COUNTS(CERTAIN)
    }
    for (unsigned i = 0; i < 24; i++) {
        struct sdse_structured engine = NM;
        struct sdse_structured_counts counts;
        struct sdse_structured_means means;
        const struct sdse_structured_stats stats = {i % 5, i, weight, false};
        engine.kept = 1 + i % 4;
        assert_int_equal(
            sdse_structured_count(&engine, weights, stats.rows, stats.length, &counts),
            SDSE_OK);
        assert_int_equal(sdse_structured_expect(&engine, &stats, &means), SDSE_OK);
        SDSE_STRUCTURED_COUNTS(CERTAIN)
    }
}

static void certain_formats(double weight) {
    for (unsigned i = 0; i < 96; i++) {
        struct sdse_compressed format = RLE;
        struct sdse_compressed_counts counts;
        struct sdse_compressed_means means;
        format.packing = i % SDSE_PACKINGS;
        format.trailing = i / SDSE_PACKINGS % 2;
        format.run_bits = 1 + i % 3;
        format.word_bits = 1; // means of words are not rounded
        format.pairs_per_word = 1;
        const uint64_t rows = i % 7, cols = i % 11;
        assert_int_equal(sdse_compressed_count(&format, weights, rows, cols, &counts),
                         SDSE_OK);
        assert_int_equal(sdse_compressed_expect(&format, rows, cols, weight, &means),
                         SDSE_OK);
        SDSE_COMPRESSED_COUNTS(CERTAIN)
        CERTAIN(packed_words, )
    }
}

static void certain_convolutions(double act, double weight) {
    for (unsigned i = 0; i < 36; i++) {
        const struct sdse_gate gate = {i % 3, 1 + i % 2, i % 4};
        struct sdse_gate_counts counts;
        struct sdse_gate_means means;
        const struct sdse_gate_stats stats = {
            {i % 4, 5, 6, i % 3, 3, 2}, act, weight, NULL, NULL};
        assert_int_equal(sdse_gate_count(&gate, &stats.shape, acts, weights, &counts),
                         SDSE_OK);
        assert_int_equal(sdse_gate_expect(&gate, &stats, &means), SDSE_OK);
        SDSE_GATE_COUNTS(CERTAIN)
    }
    for (unsigned i = 0; i < 48; i++) {
        struct sdse_cartesian scnn = SCNN;
        struct sdse_cartesian_counts counts;
        struct sdse_cartesian_means means;
        scnn.stride = 1 + i % 2;
        scnn.barrier = i / 2 % 2;
        scnn.halo = i / 4 % 3;
        scnn.acc_entries = i / 12 * 60;
        scnn.queue = i % 5 ? i % 5 : SDSE_UNLIMITED;
        const struct sdse_cartesian_stats stats = {
            {1 + i % 4, 5 + i % 3, 6, i % 6 ? 4 : 0, 3, 2}, act, weight, NULL, NULL};
        assert_int_equal(
            sdse_cartesian_count(&scnn, &stats.shape, acts, weights, &counts), SDSE_OK);
        assert_int_equal(sdse_cartesian_expect(&scnn, &stats, &means), SDSE_OK);
        assert_double_within((double)counts.cycles_no_banks, means.cycles_no_banks,
                             1e-9);
        assert_double_within((double)counts.steps, means.steps, 1e-9);
        assert_double_within((double)counts.products, means.products, 1e-9);
        assert_double_within((double)counts.valid, means.valid, 1e-9);
        assert_double_within((double)counts.halo_words, means.halo_words, 1e-9);
        assert_double_within((double)counts.halo_touched, means.halo_touched, 1e-9);
        assert_double_within((double)counts.halo_cycles, means.halo_cycles, 1e-9);
        assert_double_within((double)counts.act_reads, means.act_reads, 1e-9);
        assert_double_within((double)counts.weight_reads, means.weight_reads, 1e-9);
        assert_double_within((double)counts.idle_fragment, means.idle_fragment, 1e-9);
        // The last group may be smaller than the one whose banks were executed.
        assert_double_within((double)counts.cycles, means.cycles, 0.03);
    }
}

static void dense_and_empty_are_certain(void **state) {
    for (unsigned i = 0; i < 4; i++) {
        const double act = i % 2, weight = i / 2;
        fill(acts, act);
        fill(weights, weight);
        certain_serial(act);
        certain_selector(act, weight);
        certain_grids(act, weight);
        certain_formats(weight);
        certain_convolutions(act, weight);
    }
    (void)state;
}

// --- Distributions -------------------------------------------------------------------

static void sums_become_normal(void **state) {
    struct sdse_chance sum = {0}, coin = {0}, most = {0};
    assert_true(sdse_chance_binomial(&coin, 1, 0.3));
    // Just exact, and far beyond: the same mean and deviation.
    const uint64_t counts[] = {1000, 100000, 100000000};
    for (unsigned i = 0; i < 3; i++) {
        const double n = (double)counts[i];
        assert_true(sdse_chance_times(&sum, &coin, counts[i]));
        assert_double_within(sdse_chance_mean(&sum), 0.3 * n, 1e-9);
        assert_double_within(sdse_chance_variance(&sum), 0.21 * n, 1e-5);
        assert_true(sdse_chance_binomial(&sum, counts[i], 0.3));
        assert_double_within(sdse_chance_mean(&sum), 0.3 * n, 1e-9);
        assert_double_within(sdse_chance_variance(&sum), 0.21 * n, 1e-9);
    }
    // Expected maximum of 16 normals is 1.76599 deviations above the mean.
    assert_true(sdse_chance_most(&most, &sum, 16));
    assert_double_within((sdse_chance_mean(&most) - 0.3e8) / 4582.5757, 1.76599, 1e-4);
    assert_true(sdse_chance_hypergeometric(&sum, 50, 20, 10));
    assert_double_within(sdse_chance_mean(&sum), 4, 1e-12);
    assert_double_within(sdse_chance_variance(&sum), 10 * 0.4 * 0.6 * 40 / 49, 1e-12);
    sdse_chance_free(&sum);
    sdse_chance_free(&coin);
    sdse_chance_free(&most);
    (void)state;
}

// The figures of facts that were simulated: density .34 of four radix-4 digits.
static void lanes_wait_for_the_longest(void **state) {
    static const struct {
        uint32_t lanes, least;
        double cycles;
    } known[] = {{1, 0, 1.36},  {1, 1, 1.55},   {8, 1, 2.72},
                 {16, 1, 3.06}, {64, 1, 3.577}, {128, 1, 3.82}};
    for (unsigned i = 0; i < sizeof known / sizeof *known; i++) {
        struct sdse_serial engine = SERIAL;
        struct sdse_serial_stats stats = {.values = known[i].lanes,
                                          .least_cycles = known[i].least};
        struct sdse_serial_means means;
        engine.first_stage_bits = SDSE_UNLIMITED;
        engine.lanes = known[i].lanes;
        engine.columns = 1;
        assert_true(sdse_digit_shares_independent(0, 4, 0.34, &stats.digits));
        assert_int_equal(sdse_serial_expect(&engine, &stats, &means), SDSE_OK);
        assert_double_within(means.cycles, known[i].cycles, 2e-3);
    }
    (void)state;
}

// Streams between barriers are alike: their times add up, and so does the error that
// all of them have in common.
static void pieces_add_up(void **state) {
    struct sdse_serial engine = SERIAL;
    struct sdse_serial_stats stats = {{{0.4, 0.2, 0.2, 0.1, 0.1}}, 12 * 10, 1, 0};
    struct sdse_serial_means one, four;
    engine.first_stage_bits = SDSE_UNLIMITED;
    engine.barrier_steps = 10;
    assert_int_equal(sdse_serial_expect(&engine, &stats, &one), SDSE_OK);
    stats.values *= 4;
    assert_int_equal(sdse_serial_expect(&engine, &stats, &four), SDSE_OK);
    assert_true(one.standard_error > 0);
    assert_double_within(four.cycles, 4 * one.cycles, 1e-12);
    assert_double_within(four.standard_error, 4 * one.standard_error, 1e-12);
    assert_double_within(four.busy_column_cycles, 4 * one.busy_column_cycles, 1e-12);
    (void)state;
}

static void shares_of_digits(void **state) {
    struct sdse_digit_shares counted, of_bits;
    uint64_t histogram[SDSE_DIGITS_MOST + 1] = {0};
    int32_t values[256];
    assert_false(sdse_digit_shares_counted(histogram, &counted));
    for (int32_t v = 0; v < 256; v++)
        values[v] = v;
    for (unsigned recoding = 0; recoding < SDSE_RECODINGS; recoding++) {
        const struct sdse_operand operand = {recoding, 8, false};
        memset(histogram, 0, sizeof histogram);
        assert_int_equal(sdse_digit_histogram(&operand, values, 256, histogram),
                         SDSE_OK);
        assert_true(sdse_digit_shares_counted(histogram, &counted));
        // Uniform values are those whose bits are coins.
        assert_true(sdse_digit_shares_of_bits(0, 8, 0.5, &operand, &of_bits));
        for (unsigned d = 0; d <= SDSE_DIGITS_MOST; d++) {
            assert_double_within(counted.share[d], of_bits.share[d], 1e-12);
            if (d > sdse_digits_most(&operand))
                assert_true(counted.share[d] == 0);
        }
        assert_true(counted.share[sdse_digits_most(&operand)] > 0);
    }
    // n / 3 + 4 / 9 canonical signed digits of n bits that are coins.
    assert_double_within(sdse_digit_shares_mean(&counted), 8.0 / 3 + 4.0 / 9, 1e-3);
    (void)state;
}

// Of 16-bit words the same as of others; words that the operand cannot hold are
// refused, and nothing is counted then.
static void bins_of_words(void **state) {
    (void)state;
    int16_t words[200];
    int32_t values[200];
    for (int i = 0; i < 200; i++)
        values[i] = words[i] = (int16_t)(i * 37 % 200 - 100);
    for (unsigned recoding = 0; recoding < SDSE_RECODINGS; recoding++) {
        const struct sdse_operand operand = {recoding, 8, true};
        const struct sdse_operand narrow = {recoding, 7, true};
        uint64_t histogram[SDSE_DIGITS_MOST + 1] = {0};
        double bins[SDSE_DIGITS_MOST + 1] = {[3] = 5};
        assert_int_equal(sdse_digit_bins(&narrow, words, 200, bins), SDSE_INVALID);
        assert_true(bins[0] == 0 && bins[3] == 5);
        bins[3] = 0;
        assert_int_equal(sdse_digit_bins(&operand, words, 200, bins), SDSE_OK);
        assert_int_equal(sdse_digit_histogram(&operand, values, 200, histogram),
                         SDSE_OK);
        for (unsigned d = 0; d <= SDSE_DIGITS_MOST; d++)
            assert_true(bins[d] == (double)histogram[d]);
    }
}

// Rows pruned for whole groups: a shorter group of the pass keeps them.
static void short_groups_keep_what_is_pruned(void **state) {
    struct sdse_selector engine = SELECTOR;
    struct sdse_selector_means means;
    engine.cost = SDSE_SELECTOR_CONST;
    engine.row_cycles = 1;
    engine.slices = engine.group = 4;
    struct sdse_selector_stats stats = {{1, 16, 1, 1, 8, 1}, 0.35, 0, 1, {{1}}};
    // All of four zero at once with 0.3, or else each live with a half.
    stats.row_density = 0.7 * 0.5;
    stats.joint_density = 0.7 * sdse_selector_joint(0.5, 4);
    engine.pad = 0;
    assert_int_equal(sdse_selector_expect(&engine, &stats, &means), SDSE_OK);
    assert_double_within(means.input_row_reads, 16 * 8 * 0.35, 1e-6);
    stats.shape.filters = 2;
    assert_int_equal(sdse_selector_expect(&engine, &stats, &means), SDSE_OK);
    assert_double_within(means.input_row_reads, 16 * 8 * 0.7 * 0.75, 1e-6);
    stats.shape.filters = 4;
    assert_int_equal(sdse_selector_expect(&engine, &stats, &means), SDSE_OK);
    assert_double_within(means.input_row_reads, 16 * 8 * stats.joint_density, 1e-9);
    (void)state;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(faults_are_named),
        cmocka_unit_test(values_must_fit),
        cmocka_unit_test(overflow_is_refused),
        cmocka_unit_test(statistics_are_checked),
        cmocka_unit_test(dense_and_empty_are_certain),
        cmocka_unit_test(sums_become_normal),
        cmocka_unit_test(lanes_wait_for_the_longest),
        cmocka_unit_test(pieces_add_up),
        cmocka_unit_test(shares_of_digits),
        cmocka_unit_test(bins_of_words),
        cmocka_unit_test(short_groups_keep_what_is_pruned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
