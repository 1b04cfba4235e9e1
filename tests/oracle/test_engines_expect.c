// What the engines are expected to count equals the mean of machines executed
// on drawn tensors (support_engines.h), within the simulation's confidence
// interval and the error that is stated for each form. Fixed seeds.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engines/expect/cartesian.h"
#include "engines/expect/compressed.h"
#include "engines/expect/gate.h"
#include "engines/expect/gather.h"
#include "engines/expect/selector.h"
#include "engines/expect/serial.h"
#include "engines/expect/skip.h"
#include "engines/expect/structured.h"
#include "oracle/support_cases.h"
#include "oracle/support_engines.h"

enum { MOST_COUNTS = 24 };
static const double SIGMAS = 4.5;

static int32_t first[ENGINE_MOST], second[ENGINE_MOST];

static uint32_t from(uint64_t *state, uint32_t least, uint32_t most) {
    return least + (uint32_t)oracle_below(state, most - least + 1);
}

static bool chance(uint64_t *state, unsigned percent) {
    return oracle_below(state, 100) < percent;
}

static bool lives(uint64_t *state, double density) {
    return (double)(oracle_random(state) >> 11) * 0x1p-53 < density;
}

static void draw(uint64_t *state, int32_t *values, uint64_t count, double density) {
    for (uint64_t i = 0; i < count; i++)
        values[i] = lives(state, density);
}

static double density(uint64_t *state) {
    static const double densities[] = {0, 0.15, 0.3, 0.5, 0.7, 0.9, 1};
    return densities[oracle_below(state, sizeof densities / sizeof *densities)];
}

// --- Means over runs
// -----------------------------------------------------------------

struct runs {
    const char *engine;
    unsigned seed, runs;
    double mean[MOST_COUNTS], square[MOST_COUNTS];
    unsigned next; // count at hand
    double worst;  // largest error of cycles beyond the interval, over all cases
};

static void start(struct runs *runs, const char *engine, unsigned seed) {
    const double worst = runs->worst;
    *runs = (struct runs){.engine = engine, .seed = seed, .worst = worst};
}

static void note(struct runs *runs, uint64_t count) {
    const double delta = (double)count - runs->mean[runs->next];
    runs->mean[runs->next] += delta / runs->runs;
    runs->square[runs->next] += delta * ((double)count - runs->mean[runs->next]);
    runs->next++;
}

// form: relative error stated of this count; error: its standard error if
// drawn.
static void agree(struct runs *runs, const char *name, double expected, double form,
                  double error) {
    const double n = runs->runs, mean = runs->mean[runs->next];
    double own = sqrt(runs->square[runs->next] / (n * (n - 1)));
    // What is rarer than the runs are many may not have been seen at all.
    if (own == 0)
        own = 2.5e-4 * fabs(expected) + 1e-3;
    const double off = fabs(mean - expected);
    const double beyond = (off - 2.576 * (own + error)) / fmax(expected, 1e-9);
    runs->next++;
    if (strncmp(name, "cycles", 6) == 0)
        runs->worst = fmax(runs->worst, beyond);
    if (off >
        SIGMAS * (own + error) + form * fabs(expected) + 1e-9 * fabs(expected) + 1e-9)
        fail_msg("%s, case %u: %s: machines %.9g +- %.3g, expected %.9g +- %.3g and "
                 "%.2g %%",
                 runs->engine, runs->seed, name, mean, own, expected, error,
                 100 * form);
}

#define NOTE(name, meaning) note(&runs, counts.name);
#define AGREE(name, meaning) \
    agree(&runs, #name, means.name, forms(#name, form), errors(#name, error, idle));

// Only time is approximate: what is counted without waiting is exact.
static bool is_time(const char *name) {
    return strcmp(name, "cycles") == 0 || strncmp(name, "idle_", 5) == 0 ||
           strcmp(name, "bank_stall_cycles") == 0 || strcmp(name, "drain_cycles") == 0;
}
static double forms(const char *name, double form) { return is_time(name) ? form : 0; }
static double errors(const char *name, double error, double idle) {
    if (strncmp(name, "cycles", 6) == 0)
        return error;
    return is_time(name) ? error * idle : 0;
}

static void report(const char *engine, unsigned cases, const struct runs *runs) {
    printf("## expected %s: %u distributions, cycles off by at most %.2f %% "
           "beyond the "
           "99 %% interval\n",
           engine, cases, 100 * fmax(runs->worst, 0));
}

// --- Engines
// -------------------------------------------------------------------------

// Values that have 0, 1, .. 4 radix-4 digits.
static const int32_t booth_value[] = {0, 1, 5, 21, 85};

static void draw_digits(uint64_t *state, int32_t *values, uint64_t count,
                        const double *share) {
    for (uint64_t i = 0; i < count; i++) {
        double at = (double)(oracle_random(state) >> 11) * 0x1p-53;
        unsigned d = 0;
        while (d < 4 && at >= share[d])
            at -= share[d++];
        values[i] = booth_value[d];
    }
}

static const double shares[][5] = {
    {0.18974736, 0.39099456, 0.30213216, 0.10376256, 0.01336336},
    {0.50524, 0.03071, 0.16518, 0.19844, 0.10043},
    {1, 0, 0, 0, 0},
    {0, 0, 0, 0, 1},
    {0.9, 0, 0.1, 0, 0},
};

static void serial_means(void **context) {
    enum { CASES = 60, RUNS = 300 };
    struct runs runs = {0};
    for (unsigned seed = 0; seed < CASES; seed++) {
        uint64_t state = seed * 7919 + 101;
        struct sdse_serial engine = {
            .operand = {SDSE_RECODE_BOOTH4, 8, true},
            .first_stage_bits = SDSE_UNLIMITED,
            .lanes = from(&state, 1, 9),
            .columns = from(&state, 1, 5),
            .registers = chance(&state, 25) ? SDSE_UNLIMITED : from(&state, 0, 3),
            .barrier_steps = chance(&state, 60) ? 0 : from(&state, 1, 9),
        };
        struct sdse_serial_stats stats = {.values = from(&state, 0, 500),
                                          .least_cycles = 1};
        const double *share = shares[oracle_below(&state, 5)];
        memcpy(stats.digits.share, share, sizeof shares[0]);
        struct sdse_serial_means means;
        assert_int_equal(sdse_serial_expect(&engine, &stats, &means), SDSE_OK);
        start(&runs, "serial", seed);
        while (runs.runs++ < RUNS) {
            struct sdse_serial_counts counts;
            draw_digits(&state, first, stats.values, share);
            naive_serial(&engine, first, stats.values, &counts);
            runs.next = 0;
            SDSE_SERIAL_COUNTS(NOTE)
        }
        runs.runs = RUNS;
        runs.next = 0;
        const double form = 0, error = means.standard_error;
        const double idle = (double)engine.lanes * engine.columns;
        SDSE_SERIAL_COUNTS(AGREE)
    }
    report("serial", CASES, &runs);
    (void)context;
}

// First stages: of uniform values, all recodings.
static void window_means(void **context) {
    enum { CASES = 18, RUNS = 40 };
    struct runs runs = {0};
    for (unsigned seed = 0; seed < CASES; seed++) {
        uint64_t state = seed * 6151 + 103;
        const uint32_t bits = from(&state, 4, 10);
        const struct sdse_serial engine = {
            .operand = {.recoding = seed % 3, .bits = bits, .is_signed = false},
            .first_stage_bits = seed / 3 % 4,
            .lanes = from(&state, 1, 16),
            .columns = from(&state, 1, 4),
        };
        struct sdse_serial_stats stats = {.values = 1600, .least_cycles = 1};
        uint64_t histogram[SDSE_DIGITS_MOST + 1] = {0};
        for (int32_t value = 0; value < 1 << bits; value++)
            first[value] = value;
        sdse_digit_histogram(&engine.operand, first, UINT64_C(1) << bits, histogram);
        assert_true(sdse_digit_shares_counted(histogram, &stats.digits));
        stats.places = engine.operand.recoding == SDSE_RECODE_PLAIN ? bits : bits + 1;
        struct sdse_serial_means means;
        assert_int_equal(sdse_serial_expect(&engine, &stats, &means), SDSE_OK);
        start(&runs, "serial with a first stage", seed);
        while (runs.runs++ < RUNS) {
            struct sdse_serial_counts counts;
            for (uint64_t i = 0; i < stats.values; i++)
                first[i] = (int32_t)oracle_below(&state, UINT64_C(1) << bits);
            naive_serial(&engine, first, stats.values, &counts);
            runs.next = 0;
            SDSE_SERIAL_COUNTS(NOTE)
        }
        runs.runs = RUNS;
        runs.next = 0;
        agree(&runs, "cycles", means.cycles, 0.01, 0);
    }
    report("serial with a first stage", CASES, &runs);
    (void)context;
}

static void gather_means(void **context) {
    enum { CASES = 60, RUNS = 300 };
    struct runs runs = {0};
    for (unsigned seed = 0; seed < CASES; seed++) {
        uint64_t state = seed * 104729 + 107, nnz[32];
        const struct sdse_gather engine = {
            .pes = from(&state, 1, 9),
            .width = from(&state, 1, 9),
            .tile_outputs = chance(&state, 40) ? 0 : from(&state, 1, 20),
            .tile_inputs = chance(&state, 40) ? 0 : from(&state, 1, 20),
        };
        struct sdse_gather_stats stats = {.outputs = from(&state, 0, 25),
                                          .inputs = from(&state, 0, 40),
                                          .density = density(&state)};
        const bool counted = chance(&state, 40);
        for (uint64_t k = 0; k < stats.outputs; k++)
            nnz[k] = oracle_below(&state, stats.inputs + 1);
        if (counted)
            stats.output_nnz = nnz;
        struct sdse_gather_means means;
        assert_int_equal(sdse_gather_expect(&engine, &stats, &means), SDSE_OK);
        start(&runs, "gather", seed);
        while (runs.runs++ < RUNS) {
            struct sdse_gather_counts counts;
            draw(&state, first, stats.outputs * stats.inputs, stats.density);
            for (uint64_t k = 0; counted && k < stats.outputs; k++) {
                // Exactly nnz[k] of the row, anywhere.
                uint64_t left = nnz[k];
                for (uint64_t n = 0; n < stats.inputs; n++) {
                    const bool live = oracle_below(&state, stats.inputs - n) < left;
                    first[k * stats.inputs + n] = live;
                    left -= live;
                }
            }
            naive_gather(&engine, first, stats.outputs, stats.inputs, &counts);
            runs.next = 0;
            SDSE_GATHER_COUNTS(NOTE)
        }
        runs.runs = RUNS;
        runs.next = 0;
        const double form = 0, error = 0, idle = 0;
        SDSE_GATHER_COUNTS(AGREE)
    }
    report("gather", CASES, &runs);
    (void)context;
}

static void skip_means(void **context) {
    enum { CASES = 60, RUNS = 300 };
    struct runs runs = {0};
    for (unsigned seed = 0; seed < CASES; seed++) {
        uint64_t state = seed * 49979687 + 109, act_nnz[16], weight_nnz[16];
        const struct sdse_skip engine = {
            .mode = from(&state, 0, 3),
            .grid = {from(&state, 1, 5), from(&state, 1, 5)},
            .simd = from(&state, 1, 3),
            .bubble = from(&state, 0, 1),
            .tile_cols = chance(&state, 50) ? 0 : from(&state, 1, 6),
        };
        struct sdse_skip_stats stats = {
            .shape = {from(&state, 0, 14), from(&state, 0, 13), from(&state, 0, 13)},
            .act_density = density(&state),
            .weight_density = density(&state)};
        const struct sdse_skip_shape *shape = &stats.shape;
        const bool counted = chance(&state, 40);
        for (uint64_t j = 0; j < shape->columns; j++) {
            act_nnz[j] = oracle_below(&state, shape->pixels + 1);
            weight_nnz[j] = oracle_below(&state, shape->filters + 1);
        }
        if (counted) {
            stats.act_nnz = act_nnz;
            stats.weight_nnz = weight_nnz;
        }
        // Columns of a density of their own, of one operand or both.
        double act_columns[14], weight_columns[14];
        const bool uneven = chance(&state, 50);
        for (uint64_t j = 0; j < shape->columns; j++) {
            act_columns[j] = uneven ? density(&state) : stats.act_density;
            weight_columns[j] =
                uneven && seed % 3 ? density(&state) : stats.weight_density;
        }
        if (uneven) {
            stats.act_columns = act_columns;
            stats.weight_columns = seed % 3 ? weight_columns : NULL;
        }
        struct sdse_skip_means means;
        assert_int_equal(sdse_skip_expect(&engine, &stats, &means), SDSE_OK);
        start(&runs, "skip", seed);
        while (runs.runs++ < RUNS) {
            struct sdse_skip_counts counts;
            for (uint64_t j = 0; j < shape->columns; j++) {
                draw(&state, first + j * shape->pixels, shape->pixels, act_columns[j]);
                draw(&state, second + j * shape->filters, shape->filters,
                     weight_columns[j]);
            }
            for (uint64_t j = 0; counted && j < shape->columns; j++) {
                uint64_t left = act_nnz[j];
                for (uint64_t x = 0; x < shape->pixels; x++) {
                    const bool live = oracle_below(&state, shape->pixels - x) < left;
                    first[j * shape->pixels + x] = live;
                    left -= live;
                }
                left = weight_nnz[j];
                for (uint64_t k = 0; k < shape->filters; k++) {
                    const bool live = oracle_below(&state, shape->filters - k) < left;
                    second[j * shape->filters + k] = live;
                    left -= live;
                }
            }
            naive_skip(&engine, shape, first, second, &counts);
            runs.next = 0;
            SDSE_SKIP_COUNTS(NOTE)
        }
        runs.runs = RUNS;
        runs.next = 0;
        const double form = 0, error = means.standard_error;
        const double idle = (double)engine.grid[0] * engine.grid[1];
        SDSE_SKIP_COUNTS(AGREE)
    }
    report("skip", CASES, &runs);
    (void)context;
}

static void draw_rows(uint64_t *state, const struct sdse_selector_shape *shape,
                      uint32_t group, double row, double whole) {
    const uint64_t places = shape->channels * shape->rows;
    for (uint64_t i = 0; i < places; i++) {
        bool alive = true;
        for (uint64_t k = 0; k < shape->filters; k++) {
            if (k % group == 0)
                alive = lives(state, whole);
            first[k * places + i] = alive && lives(state, row);
        }
    }
}

static void selector_means(void **context) {
    enum { CASES = 36, RUNS = 200 };
    struct runs runs = {0};
    for (unsigned seed = 0; seed < CASES; seed++) {
        uint64_t state = seed * 32452843 + 113;
        const uint32_t group = from(&state, 1, 4);
        const struct sdse_selector engine = {
            .stride = from(&state, 1, 2),
            .pad = from(&state, 0, 1),
            .slices = seed % 2 ? group * from(&state, 1, 3) : from(&state, 1, 7),
            .group = group,
            .lines = from(&state, 1, 5),
            .sync = seed % 3,
            .skip_weight_rows = chance(&state, 80),
            .skip_act_rows = chance(&state, 80),
            .cost = from(&state, 0, 1),
            .row_cycles = from(&state, 1, 4),
            .kernel_width = from(&state, 1, 3),
            .lanes = from(&state, 1, 5),
            .pad_w = from(&state, 0, 1),
        };
        struct sdse_selector_stats stats = {.shape = {.filters = from(&state, 1, 9),
                                                      .channels = from(&state, 1, 7),
                                                      .rows = from(&state, 1, 3),
                                                      .row_words = 1,
                                                      .height = from(&state, 2, 7),
                                                      .width = from(&state, 6, 9)}};
        const struct sdse_selector_shape *shape = &stats.shape;
        // Rows are pruned for whole groups where those fill the passes.
        const bool aligned = engine.slices % group == 0;
        const double row = density(&state);
        const double whole = !aligned || chance(&state, 50) ? 1 : 0.7;
        // Values of live rows are never zero, so that a row lives as drawn.
        const double act = density(&state);
        static const double live_digits[5] = {0, 0.4, 0.3, 0.2, 0.1};
        stats.row_density = row * whole;
        stats.joint_density = whole * sdse_selector_joint(row, group);
        stats.act_row_density = act;
        stats.digits.share[0] = 1 - act;
        for (unsigned d = 1; d < 5; d++)
            stats.digits.share[d] = act * live_digits[d];
        struct sdse_selector_means means;
        assert_int_equal(sdse_selector_expect(&engine, &stats, &means), SDSE_OK);
        start(&runs, "selector", seed);
        while (runs.runs++ < RUNS) {
            struct sdse_selector_counts counts;
            draw_rows(&state, shape, group, row, whole);
            draw_digits(&state, second, shape->channels * shape->height * shape->width,
                        live_digits);
            for (uint64_t i = 0; i < shape->channels * shape->height; i++)
                if (!lives(&state, act))
                    memset(second + i * shape->width, 0, shape->width * sizeof *second);
            naive_selector(&engine, shape, first, second, &counts);
            runs.next = 0;
            SDSE_SELECTOR_COUNTS(NOTE)
        }
        runs.runs = RUNS;
        runs.next = 0;
        const double form = 0, error = means.standard_error, idle = 0;
        SDSE_SELECTOR_COUNTS(AGREE)
    }
    report("selector", CASES, &runs);
    (void)context;
}

static void format_means(void **context) {
    enum { CASES = 80, RUNS = 400 };
    struct runs runs = {0};
    for (unsigned seed = 0; seed < CASES; seed++) {
        uint64_t state = seed * 15485863 + 127;
        const struct sdse_compressed format = {
            .packing = seed % SDSE_PACKINGS,
            .value_bits = from(&state, 1, 17),
            .word_bits = 1,
            .run_bits = from(&state, 1, 4),
            .trailing = from(&state, 0, 1),
            .pairs_per_word = 1,
        };
        const uint64_t rows = from(&state, 0, 30), cols = from(&state, 0, 30);
        const double share = chance(&state, 20) ? 0.03 : density(&state);
        struct sdse_compressed_means means;
        assert_int_equal(sdse_compressed_expect(&format, rows, cols, share, &means),
                         SDSE_OK);
        start(&runs, "format", seed);
        while (runs.runs++ < RUNS) {
            struct sdse_compressed_counts counts;
            draw(&state, first, rows * cols, share);
            naive_format(&format, first, rows, cols, &counts);
            runs.next = 0;
            SDSE_COMPRESSED_COUNTS(NOTE)
            NOTE(packed_words, )
        }
        runs.runs = RUNS;
        runs.next = 0;
        const double form = 0, error = 0, idle = 0;
        SDSE_COMPRESSED_COUNTS(AGREE)
        AGREE(packed_words, )
    }
    printf("## expected format: %d distributions\n", CASES);
    (void)context;
}

// Expected entries by trying every arrangement, each with its probability.
static void format_means_exact(void **context) {
    for (unsigned seed = 0; seed < 300; seed++) {
        uint64_t state = seed * 15485867 + 129;
        const struct sdse_compressed format = {
            .packing = chance(&state, 50) ? SDSE_PACKING_RLE : SDSE_PACKING_CSC_RUN,
            .value_bits = 3,
            .word_bits = 1,
            .run_bits = from(&state, 1, 2),
            .trailing = from(&state, 0, 1),
        };
        const uint64_t rows = from(&state, 1, 10), cols = 10 / rows;
        double bits = 0;
        for (unsigned set = 0; set < 1u << rows * cols; set++) {
            struct sdse_compressed_counts counts;
            const int live = __builtin_popcount(set);
            for (uint64_t i = 0; i < rows * cols; i++)
                first[i] = set >> i & 1;
            naive_format(&format, first, rows, cols, &counts);
            bits += (double)counts.bits * pow(0.3, live) *
                    pow(0.7, (double)(rows * cols) - live);
        }
        struct sdse_compressed_means means;
        assert_int_equal(sdse_compressed_expect(&format, rows, cols, 0.3, &means),
                         SDSE_OK);
        if (fabs(means.bits - bits) > 1e-9 * bits)
            fail_msg("case %u: %.12g bits, expected %.12g", seed, bits, means.bits);
    }
    (void)context;
}

// The most that any arrangement of so many non-zeros takes, by trying all.
static void format_worst(void **context) {
    unsigned cases = 0;
    for (unsigned seed = 0; seed < 600; seed++) {
        uint64_t state = seed * 32416190071u + 131;
        const struct sdse_compressed format = {
            .packing = seed % SDSE_PACKINGS,
            .value_bits = 3,
            .word_bits = 7,
            .run_bits = from(&state, 1, 2),
            .trailing = from(&state, 0, 1),
            .pairs_per_word = 2,
        };
        const uint64_t rows = from(&state, 1, 10), cols = 10 / rows;
        const uint64_t nonzeros = oracle_below(&state, rows * cols + 1);
        uint64_t most = 0, words = 0;
        for (unsigned set = 0; set < 1u << rows * cols; set++) {
            struct sdse_compressed_counts counts;
            if ((unsigned)__builtin_popcount(set) > nonzeros)
                continue;
            for (uint64_t i = 0; i < rows * cols; i++)
                first[i] = set >> i & 1;
            naive_format(&format, first, rows, cols, &counts);
            most = counts.bits > most ? counts.bits : most;
            words = counts.packed_words > words ? counts.packed_words : words;
        }
        struct sdse_compressed_counts worst;
        assert_int_equal(sdse_compressed_worst(&format, rows, cols, nonzeros, &worst),
                         SDSE_OK);
        assert_int_equal(worst.bits, most);
        assert_int_equal(worst.packed_words, words);
        cases++;
    }
    printf("## worst format: %u cases, all arrangements tried\n", cases);
    (void)context;
}

static void gate_means(void **context) {
    enum { CASES = 40, RUNS = 200 };
    struct runs runs = {0};
    for (unsigned seed = 0; seed < CASES; seed++) {
        uint64_t state = seed * 67867967 + 137;
        const struct sdse_gate engine = {.condition = from(&state, 0, 2),
                                         .stride = from(&state, 1, 3),
                                         .pad = from(&state, 0, 2)};
        uint64_t act_nnz[3], weight_nnz[3];
        struct sdse_gate_stats stats = {
            .shape = {from(&state, 1, 3), from(&state, 1, 8), from(&state, 1, 8),
                      from(&state, 1, 4), from(&state, 1, 3), from(&state, 1, 3)},
            .act_density = density(&state),
            .weight_density = density(&state)};
        const struct sdse_gate_shape *shape = &stats.shape;
        const uint64_t map = shape->height * shape->width;
        const uint64_t kernel = shape->rows * shape->cols;
        const bool counted = chance(&state, 40);
        for (uint64_t c = 0; c < shape->channels; c++) {
            act_nnz[c] = oracle_below(&state, map + 1);
            weight_nnz[c] = oracle_below(&state, shape->filters * kernel + 1);
        }
        if (counted) {
            stats.act_nnz = act_nnz;
            stats.weight_nnz = weight_nnz;
        }
        struct sdse_gate_means means;
        assert_int_equal(sdse_gate_expect(&engine, &stats, &means), SDSE_OK);
        start(&runs, "gate", seed);
        while (runs.runs++ < RUNS) {
            struct sdse_gate_counts counts;
            for (uint64_t c = 0; c < shape->channels; c++) {
                draw(&state, first + c * map, map,
                     counted ? (double)act_nnz[c] / (double)map : stats.act_density);
                for (uint64_t k = 0; k < shape->filters; k++)
                    draw(&state, second + (k * shape->channels + c) * kernel, kernel,
                         counted
                             ? (double)weight_nnz[c] / (double)(shape->filters * kernel)
                             : stats.weight_density);
            }
            naive_gate(&engine, shape, first, second, &counts);
            runs.next = 0;
            SDSE_GATE_COUNTS(NOTE)
        }
        runs.runs = RUNS;
        runs.next = 0;
        const double form = 0, error = 0, idle = 0;
        SDSE_GATE_COUNTS(AGREE)
    }
    printf("## expected gate: %d distributions\n", CASES);
    (void)context;
}

static void structured_means(void **context) {
    enum { CASES = 40, RUNS = 400 };
    struct runs runs = {0};
    for (unsigned seed = 0; seed < CASES; seed++) {
        uint64_t state = seed * 86028121 + 139;
        const struct sdse_structured engine = {.kept = from(&state, 1, 4),
                                               .group = from(&state, 1, 6),
                                               .width = from(&state, 1, 9),
                                               .units = from(&state, 1, 3),
                                               .value_bits = from(&state, 1, 16)};
        struct sdse_structured_stats stats = {.rows = from(&state, 0, 4),
                                              .length = from(&state, 0, 14),
                                              .density = density(&state)};
        struct sdse_structured_means means;
        assert_int_equal(sdse_structured_expect(&engine, &stats, &means), SDSE_OK);
        start(&runs, "nm", seed);
        while (runs.runs++ < RUNS) {
            struct sdse_structured_counts counts;
            draw(&state, first, stats.rows * stats.length, stats.density);
            naive_structured(&engine, first, stats.rows, stats.length, &counts);
            runs.next = 0;
            SDSE_STRUCTURED_COUNTS(NOTE)
        }
        runs.runs = RUNS;
        runs.next = 0;
        const double form = 0, error = 0, idle = 0;
        SDSE_STRUCTURED_COUNTS(AGREE)
        // Pruned to the bound, it costs what a tensor without violations does.
        struct sdse_structured_counts pruned;
        stats.pruned = true;
        assert_int_equal(sdse_structured_expect(&engine, &stats, &means), SDSE_OK);
        memset(first, 0, stats.rows * stats.length * sizeof *first);
        naive_structured(&engine, first, stats.rows, stats.length, &pruned);
        assert_true(means.cycles == (double)pruned.cycles &&
                    means.slots == (double)pruned.slots &&
                    means.meta_bits == (double)pruned.meta_bits);
    }
    printf("## expected nm: %d distributions\n", CASES);
    (void)context;
}

// The slowest element and the banks are approximate, on layers of a few steps
// as here by up to 3 %; larger ones, and what is stated for them:
// cartesian_layers.
static double cartesian_form(const char *name) {
    if (strcmp(name, "idle_fragment") == 0)
        return 0;
    return is_time(name) || strncmp(name, "cycles", 6) == 0 ? 0.03 : 0;
}

#define AGREE_CARTESIAN(name, meaning) \
    agree(&runs, #name, means.name, cartesian_form(#name), 0);

static void cartesian_means(void **context) {
    enum { CASES = 40, RUNS = 100 };
    struct runs runs = {0};
    for (unsigned seed = 0; seed < CASES; seed++) {
        uint64_t state = seed * 122949823 + 149;
        const struct sdse_cartesian engine = {
            .stride = chance(&state, 70) ? 1 : 2,
            .pad = from(&state, 0, 1),
            .grid = {from(&state, 1, 4), from(&state, 1, 4)},
            .weight_vector = from(&state, 1, 4),
            .act_vector = from(&state, 1, 4),
            .banks = 32,
            .queue = chance(&state, 20) ? SDSE_UNLIMITED : from(&state, 0, 8),
            .acc_entries = from(&state, 0, 400),
            .barrier = from(&state, 0, 1),
            .halo = from(&state, 0, 2),
        };
        const struct sdse_cartesian_stats stats = {
            .shape = {from(&state, 1, 10), from(&state, 3, 12), from(&state, 3, 12),
                      from(&state, 1, 8), from(&state, 1, 3), from(&state, 1, 3)},
            .act_density = density(&state),
            .weight_density = density(&state)};
        const struct sdse_cartesian_shape *shape = &stats.shape;
        struct sdse_cartesian_means means;
        assert_int_equal(sdse_cartesian_expect(&engine, &stats, &means), SDSE_OK);
        start(&runs, "scnn", seed);
        while (runs.runs++ < RUNS) {
            struct sdse_cartesian_counts counts;
            draw(&state, first, shape->channels * shape->height * shape->width,
                 stats.act_density);
            draw(&state, second,
                 shape->filters * shape->channels * shape->rows * shape->cols,
                 stats.weight_density);
            naive_cartesian(&engine, shape, first, second, &counts);
            runs.next = 0;
            SDSE_CARTESIAN_COUNTS(NOTE)
            NOTE(cycles_no_banks, )
        }
        runs.runs = RUNS;
        runs.next = 0;
        SDSE_CARTESIAN_COUNTS(AGREE_CARTESIAN)
        agree(&runs, "cycles_no_banks", means.cycles_no_banks,
              cartesian_form("cycles_no_banks"), 0);
    }
    report("scnn", CASES, &runs);
    (void)context;
}

// Layers as networks have them; the library's counts equal the machine's
// (test_engines_oracle.c) and are faster.
static void cartesian_layers(void **context) {
    static const struct {
        uint32_t channels, extent, filters, taps, stride, pad, queue, barrier, runs;
        double acts, weights;
    } layers[] = {
        {32, 14, 32, 3, 1, 1, 8, 1, 40, 0.4, 0.35},
        {32, 14, 32, 3, 1, 1, 0, 0, 40, 0.4, 0.35},
        {16, 7, 32, 3, 1, 1, 8, 0, 120, 0.4, 0.35},
        {64, 7, 64, 1, 1, 0, 8, 0, 120, 0.1, 0.1},
        {16, 28, 16, 3, 2, 1, 8, 0, 60, 0.4, 0.35},
        {16, 28, 16, 3, 2, 1, 8, 1, 60, 0.4, 0.35},
        {32, 14, 32, 3, 1, 1, 8, 0, 200, 0.05, 0.05},
        {8, 14, 8, 3, 1, 1, 2, 0, 120, 0.9, 0.9},
    };
    struct runs runs = {0};
    for (unsigned i = 0; i < sizeof layers / sizeof *layers; i++) {
        const struct sdse_cartesian engine = {.stride = layers[i].stride,
                                              .pad = layers[i].pad,
                                              .grid = {8, 8},
                                              .weight_vector = 4,
                                              .act_vector = 4,
                                              .banks = 32,
                                              .queue = layers[i].queue,
                                              .acc_entries = 1024,
                                              .barrier = layers[i].barrier};
        const struct sdse_cartesian_stats stats = {
            .shape = {layers[i].channels, layers[i].extent, layers[i].extent,
                      layers[i].filters, layers[i].taps, layers[i].taps},
            .act_density = layers[i].acts,
            .weight_density = layers[i].weights};
        const struct sdse_cartesian_shape *shape = &stats.shape;
        struct sdse_cartesian_means means;
        uint64_t state = i * 7919 + 151;
        assert_int_equal(sdse_cartesian_expect(&engine, &stats, &means), SDSE_OK);
        start(&runs, "scnn layer", i);
        while (runs.runs++ < layers[i].runs) {
            struct sdse_cartesian_counts counts;
            draw(&state, first, shape->channels * shape->height * shape->width,
                 stats.act_density);
            draw(&state, second,
                 shape->filters * shape->channels * shape->rows * shape->cols,
                 stats.weight_density);
            assert_int_equal(
                sdse_cartesian_count(&engine, shape, first, second, &counts), SDSE_OK);
            runs.next = 0;
            note(&runs, counts.cycles);
            note(&runs, counts.cycles_no_banks);
        }
        runs.runs = layers[i].runs;
        runs.next = 0;
        agree(&runs, "cycles", means.cycles, 0.01, 0);
        agree(&runs, "cycles_no_banks", means.cycles_no_banks, 0.005, 0);
    }
    report("scnn layers", sizeof layers / sizeof *layers, &runs);
    (void)context;
}

// Channels that differ: live ones of one operand at dead ones of the other, or not.
static void cartesian_channels(void **context) {
    enum { RUNS = 150, CHANNELS = 24, EXTENT = 12, FILTERS = 12, TAPS = 3 };
    struct runs runs = {0};
    uint64_t act_nnz[CHANNELS], weight_nnz[CHANNELS];
    for (unsigned i = 0; i < 4; i++) {
        struct sdse_cartesian engine = {.stride = 1 + i / 2,
                                        .pad = 1,
                                        .grid = {4, 3},
                                        .weight_vector = 4,
                                        .act_vector = 4,
                                        .banks = 32,
                                        .queue = 8,
                                        .acc_entries = 1024,
                                        .barrier = i % 2};
        const uint64_t map = EXTENT * EXTENT, kernel = TAPS * TAPS;
        for (unsigned c = 0; c < CHANNELS; c++) {
            act_nnz[c] = map * (c % 6) / 6;
            weight_nnz[c] = FILTERS * kernel * (c % 4) / 5;
        }
        const struct sdse_cartesian_stats stats = {
            .shape = {CHANNELS, EXTENT, EXTENT, FILTERS, TAPS, TAPS},
            .act_nnz = act_nnz,
            .weight_nnz = weight_nnz};
        struct sdse_cartesian_means means;
        uint64_t state = i * 7919 + 157;
        assert_int_equal(sdse_cartesian_expect(&engine, &stats, &means), SDSE_OK);
        start(&runs, "scnn channels", i);
        while (runs.runs++ < RUNS) {
            struct sdse_cartesian_counts counts;
            for (uint64_t c = 0; c < CHANNELS; c++) {
                draw(&state, first + c * map, map, (double)act_nnz[c] / (double)map);
                for (uint64_t k = 0; k < FILTERS; k++)
                    draw(&state, second + (k * CHANNELS + c) * kernel, kernel,
                         (double)weight_nnz[c] / (double)(FILTERS * kernel));
            }
            assert_int_equal(
                sdse_cartesian_count(&engine, &stats.shape, first, second, &counts),
                SDSE_OK);
            runs.next = 0;
            note(&runs, counts.cycles_no_banks);
            note(&runs, counts.steps);
            note(&runs, counts.products);
            note(&runs, counts.valid);
        }
        runs.runs = RUNS;
        runs.next = 0;
        agree(&runs, "cycles_no_banks", means.cycles_no_banks, 0.005, 0);
        agree(&runs, "steps", means.steps, 0, 0);
        agree(&runs, "products", means.products, 0, 0);
        agree(&runs, "valid", means.valid, 0, 0);
    }
    report("scnn channels", 4, &runs);
    (void)context;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(serial_means),       cmocka_unit_test(window_means),
        cmocka_unit_test(gather_means),       cmocka_unit_test(skip_means),
        cmocka_unit_test(selector_means),     cmocka_unit_test(format_means),
        cmocka_unit_test(format_worst),       cmocka_unit_test(gate_means),
        cmocka_unit_test(structured_means),   cmocka_unit_test(cartesian_means),
        cmocka_unit_test(cartesian_layers),   cmocka_unit_test(cartesian_channels),
        cmocka_unit_test(format_means_exact),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
