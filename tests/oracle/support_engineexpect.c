// What the library expects of a distribution, with the error that is stated for each
// closed form (docs/engines.md).
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
#include "oracle/support_enginerun.h"
#include "spec/value.h"

// Relative errors of the closed forms. What is linear in the zeros, and maxima of
// independent sums, are exact; but one in a hundred of the recorded 99 % intervals
// misses its mean. What is drawn has its standard error on top.
static const double EXACT = 0.001, WINDOW = 0.005, CSD_WINDOW = 0.01,
                    SLOWEST_ELEMENT = 0.005, BANKS = 0.005;

#define WORDS(...)                        \
    ((const char *const[]){__VA_ARGS__}), \
        (unsigned)(sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

static void add(struct engine_result *result, const char *name, double mean,
                double form_error, double standard_error) {
    result->item[result->count].name = name;
    result->item[result->count].mean = mean;
    result->item[result->count].form_error = form_error;
    result->item[result->count++].standard_error = standard_error;
}

// `error` is that of drawn cycles; `idle` of what idles for each of them.
static void add_mean(struct engine_result *result, const char *name, double mean,
                     double form, double error, double idle) {
    const bool drawn = strncmp(name, "cycles", 6) == 0;
    add(result, name, mean, form,
        drawn                            ? error
        : strncmp(name, "idle_", 5) == 0 ? error * idle
                                         : 0);
}

#define ADD_MEAN(name, meaning) add_mean(result, #name, means.name, form, error, idle);

static bool done(struct engine_file *file, enum sdse_status status, const char *fault) {
    if (status != SDSE_OK)
        engine_fault(file, "%s: %s", sdse_status_text(status), fault ? fault : "-");
    return status == SDSE_OK;
}

static double number(struct engine_file *file, const char *key) {
    return engine_number(file, key, (double)NAN);
}

static bool read_digits(struct engine_file *file, const struct sdse_operand *operand,
                        struct sdse_digit_shares *digits) {
    const struct sdse_node *list =
        sdse_node_get(file->distribution, "digits_per_value");
    unsigned d = 0;
    for
        SDSE_EACH_CHILD(child, list) {
            if (d > SDSE_DIGITS_MOST ||
                !sdse_node_as_double(child, &digits->share[d++]))
                engine_fault(file, "digits_per_value must be a list of shares");
        }
    if (list)
        return !file->fault[0];
    const double zero = engine_number(file, "p_zero", 0);
    const double one = number(file, "p_one_given_nonzero_value");
    const uint32_t bits = (uint32_t)number(file, "bits");
    const bool known =
        operand->recoding == SDSE_RECODE_PLAIN
            ? sdse_digit_shares_independent(zero, bits, one, digits)
            : sdse_digit_shares_of_bits(zero, bits, one, operand, digits);
    if (!known)
        engine_fault(file, "no distribution of digits");
    return !file->fault[0];
}

static bool expect_serial(struct engine_file *file, struct engine_result *result) {
    const uint32_t bits = (uint32_t)engine_number(file, "bits", 8);
    struct sdse_serial engine = {
        .operand = {.recoding = engine_word(file, "encoding",
                                            WORDS("plain", "booth4", "csd"), 0),
                    .bits = bits},
        .first_stage_bits = engine_u32_or(file, "first_stage_bits", SDSE_UNLIMITED),
        .lanes = engine_u32(file, "lanes"),
        .columns = engine_u32_or(file, "columns", 1),
        .registers = engine_u32_or(file, "registers", 0),
        .barrier_steps = engine_u32_or(file, "barrier_steps", 0),
    };
    if (sdse_node_get(file->params, "bits"))
        engine.operand.bits = engine_u32(file, "bits");
    if (sdse_node_get(file->params, "signed"))
        engine.operand.is_signed = engine_bool(file, "signed");
    const double steps = engine_u32_or(file, "steps", 1024);
    struct sdse_serial_stats stats = {.least_cycles = engine_u32_or(file, "minimum", 1),
                                      .places = bits};
    struct sdse_serial_means means;
    stats.values = (uint64_t)steps * engine.lanes * engine.columns;
    if (!read_digits(file, &engine.operand, &stats.digits) ||
        !done(file, sdse_serial_expect(&engine, &stats, &means),
              sdse_serial_fault(&engine)))
        return false;
    const double form = engine.first_stage_bits >= 6                 ? EXACT
                        : engine.operand.recoding == SDSE_RECODE_CSD ? CSD_WINDOW
                                                                     : WINDOW;
    const double error = means.standard_error;
    const double idle = (double)engine.lanes * engine.columns;
    add(result, "cycles_per_step", means.cycles / steps, form, error / steps);
    SDSE_SERIAL_COUNTS(ADD_MEAN)
    return true;
}

static bool expect_gather(struct engine_file *file, struct engine_result *result) {
    const struct sdse_gather engine = {
        .pes = engine_u32(file, "pes"),
        .width = engine_u32(file, "width"),
        .tile_outputs = engine_u32_or(file, "tile_outputs", 0),
        .tile_inputs = engine_u32_or(file, "tile_inputs", 0),
    };
    const struct sdse_gather_stats stats = {.outputs = engine_u32(file, "outputs"),
                                            .inputs = engine_u32(file, "inputs"),
                                            .density = number(file, "weight_density")};
    struct sdse_gather_means means;
    if (file->fault[0] || !done(file, sdse_gather_expect(&engine, &stats, &means),
                                sdse_gather_fault(&engine)))
        return false;
    const double form = EXACT, error = 0, idle = 0;
    SDSE_GATHER_COUNTS(ADD_MEAN)
    return true;
}

static bool expect_format(struct engine_file *file, struct engine_result *result) {
    static const char *const packings[] = {
#define PACKING_NAME(name, text) text,
        SDSE_PACKING_MAP(PACKING_NAME)};
    const struct sdse_compressed engine = {
        .packing = engine_word(file, "format", packings, SDSE_PACKINGS, -1),
        .value_bits = engine_u32_or(file, "value_bits", 8),
        .word_bits = engine_u32_or(file, "word_bits", 64),
        .run_bits = engine_u32_or(file, "run_bits", 0),
        .trailing = engine_word(file, "trailing", WORDS("drop", "emit"), 0),
        .pairs_per_word = engine_u32_or(file, "pairs_per_word", 0),
    };
    uint64_t rows = engine_u32_or(file, "rows", 1);
    const uint64_t cols = engine_u32_or(file, "cols", 1);
    if (sdse_node_get(file->params, "words"))
        rows = engine_u32(file, "words");
    struct sdse_compressed_means means;
    const double density = number(file, "density");
    // A stream is a row: runs go on over row ends.
    const enum sdse_status status =
        sdse_node_get(file->params, "words")
            ? sdse_compressed_expect(&engine, 1, rows, density, &means)
            : sdse_compressed_expect(&engine, rows, cols, density, &means);
    if (file->fault[0] || !done(file, status, sdse_compressed_fault(&engine)))
        return false;
    const double form = EXACT, error = 0, idle = 0;
    SDSE_COMPRESSED_COUNTS(ADD_MEAN)
    add(result, "packed_words", means.packed_words, form, error);
    return true;
}

static bool expect_gate(struct engine_file *file, struct engine_result *result) {
    const struct sdse_gate engine = {
        .condition =
            engine_word(file, "condition", WORDS("input", "weight", "either"), -1),
        .stride = engine_u32(file, "stride"),
        .pad = engine_u32(file, "pad"),
    };
    const struct sdse_gate_stats stats = {
        .shape = {engine_u32(file, "C"), engine_u32(file, "H"), engine_u32(file, "W"),
                  engine_u32(file, "K"), engine_u32(file, "R"), engine_u32(file, "S")},
        .act_density = number(file, "act_density"),
        .weight_density = number(file, "weight_density")};
    struct sdse_gate_means means;
    if (file->fault[0] || !done(file, sdse_gate_expect(&engine, &stats, &means),
                                sdse_gate_fault(&engine)))
        return false;
    const double form = EXACT, error = 0, idle = 0;
    SDSE_GATE_COUNTS(ADD_MEAN)
    return true;
}

static bool expect_selector(struct engine_file *file, struct engine_result *result) {
    const struct sdse_selector engine = {
        .stride = engine_u32(file, "stride"),
        .pad = engine_u32(file, "pad"),
        .slices = engine_u32(file, "slices"),
        .group = engine_u32(file, "group"),
        .lines = engine_u32(file, "lines"),
        .sync = engine_word(file, "sync", WORDS("step", "tile", "pack"), -1),
        .skip_weight_rows = sdse_node_get(file->params, "skip_weight_rows")
                                ? engine_bool(file, "skip_weight_rows")
                                : true,
        .skip_act_rows = sdse_node_get(file->params, "skip_act_rows")
                             ? engine_bool(file, "skip_act_rows")
                             : true,
        .cost = engine_word(file, "cost", WORDS("const", "line"), -1),
        .row_cycles = engine_u32_or(file, "row_cycles", 1),
        .kernel_width = engine_u32_or(file, "kernel_width", 1),
        .lanes = engine_u32_or(file, "lanes", 1),
        .pad_w = engine_u32_or(file, "pad_w", 0),
    };
    struct sdse_selector_stats stats = {
        .shape = {.filters = engine_u32(file, "K"),
                  .channels = engine_u32(file, "C"),
                  .rows = engine_u32(file, "R"),
                  .height = engine_u32(file, "H"),
                  .width = engine_u32_or(file, "W", 1)}};
    const double alive = 1 - number(file, "p_row"), group = 1 - number(file, "p_group");
    struct sdse_selector_means means;
    engine_u32_or(file, "P", 0); // follows from H
    stats.row_density = alive * group;
    stats.joint_density = group * sdse_selector_joint(alive, engine.group);
    stats.act_row_density = 1 - number(file, "p_act");
    if (engine.cost == SDSE_SELECTOR_LINE &&
        !read_digits(file, &(struct sdse_operand){SDSE_RECODE_BOOTH4, 8, true},
                     &stats.digits))
        return false;
    if (file->fault[0] || !done(file, sdse_selector_expect(&engine, &stats, &means),
                                sdse_selector_fault(&engine)))
        return false;
    const double form = EXACT, error = means.standard_error, idle = 0;
    SDSE_SELECTOR_COUNTS(ADD_MEAN)
    return true;
}

static bool expect_skip(struct engine_file *file, struct engine_result *result) {
    struct sdse_skip engine = {
        .mode = engine_word(file, "mode", WORDS("none", "weights", "acts", "both"), -1),
        .simd = engine_u32(file, "simd"),
        .bubble = engine_u32(file, "bubble"),
        .tile_cols = engine_u32_or(file, "tile_cols", 0),
    };
    engine_pair(file, "grid", engine.grid);
    const struct sdse_skip_stats stats = {
        .shape = {engine_u32(file, "columns"), engine_u32(file, "pixels"),
                  engine_u32(file, "filters")},
        .act_density = number(file, "act_density"),
        .weight_density = number(file, "weight_density")};
    struct sdse_skip_means means;
    if (file->fault[0] || !done(file, sdse_skip_expect(&engine, &stats, &means),
                                sdse_skip_fault(&engine)))
        return false;
    const double form = EXACT, error = means.standard_error;
    const double idle = (double)engine.grid[0] * engine.grid[1];
    SDSE_SKIP_COUNTS(ADD_MEAN)
    return true;
}

static bool expect_structured(struct engine_file *file, struct engine_result *result) {
    const struct sdse_structured engine = {
        .kept = engine_u32(file, "N"),
        .group = engine_u32(file, "M"),
        .width = engine_u32(file, "width"),
        .units = engine_u32(file, "units"),
        .value_bits = engine_u32_or(file, "value_bits", 8),
    };
    const struct sdse_structured_stats stats = {.rows = engine_u32(file, "K"),
                                                .length = engine_u32(file, "L"),
                                                .density =
                                                    number(file, "weight_density")};
    struct sdse_structured_means means;
    if (file->fault[0] || !done(file, sdse_structured_expect(&engine, &stats, &means),
                                sdse_structured_fault(&engine)))
        return false;
    const double form = EXACT, error = 0, idle = 0;
    SDSE_STRUCTURED_COUNTS(ADD_MEAN)
    return true;
}

static bool expect_cartesian(struct engine_file *file, struct engine_result *result) {
    struct sdse_cartesian engine = {
        .stride = engine_u32(file, "stride"),
        .pad = engine_u32(file, "pad"),
        .weight_vector = engine_u32(file, "F"),
        .act_vector = engine_u32(file, "I"),
        .banks = engine_u32(file, "banks"),
        .queue = engine_u32(file, "queue"),
        .acc_entries = engine_u32(file, "acc_entries"),
        .barrier = engine_word(file, "barrier", WORDS("group", "channel"), -1),
        .halo = engine_word(file, "halo", WORDS("none", "max", "sum"), -1),
    };
    engine_pair(file, "grid", engine.grid);
    const struct sdse_cartesian_stats stats = {
        .shape = {engine_u32(file, "C"), engine_u32(file, "H"), engine_u32(file, "W"),
                  engine_u32(file, "K"), engine_u32(file, "R"), engine_u32(file, "S")},
        .act_density = number(file, "act_density"),
        .weight_density = number(file, "weight_density")};
    struct sdse_cartesian_means means;
    if (file->fault[0] || !done(file, sdse_cartesian_expect(&engine, &stats, &means),
                                sdse_cartesian_fault(&engine)))
        return false;
    const double error = 0, idle = 0;
    double form = EXACT;
    SDSE_CARTESIAN_COUNTS(ADD_MEAN)
    for (unsigned i = 0; i < result->count; i++) {
        const char *name = result->item[i].name;
        if (strcmp(name, "cycles") == 0 || strcmp(name, "bank_stall_cycles") == 0 ||
            strcmp(name, "drain_cycles") == 0 || strcmp(name, "idle_barrier") == 0)
            result->item[i].form_error = SLOWEST_ELEMENT + BANKS;
    }
    add(result, "cycles_no_banks", means.cycles_no_banks, SLOWEST_ELEMENT, 0);
    add(result, "valid_products", means.valid, EXACT, 0);
    return true;
}

bool engine_run_means(struct engine_file *file, struct engine_result *result) {
    static const struct {
        const char *engine;
        bool (*run)(struct engine_file *, struct engine_result *);
    } engines[] = {
        {"serial", expect_serial}, {"format", expect_format},
        {"gate", expect_gate},     {"selector", expect_selector},
        {"skip", expect_skip},     {"gather", expect_gather},
        {"nm", expect_structured}, {"scnn", expect_cartesian},
    };
    *result = (struct engine_result){0};
    for (size_t i = 0; i < sizeof engines / sizeof *engines; i++)
        if (strcmp(engines[i].engine, file->engine) == 0)
            return engines[i].run(file, result);
    engine_fault(file, "unknown engine '%s'", file->engine);
    return false;
}
