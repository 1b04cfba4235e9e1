#include "oracle/support_enginerun.h"

#include <string.h>

#include "engines/cartesian.h"
#include "engines/compressed.h"
#include "engines/gate.h"
#include "engines/gather.h"
#include "engines/selector.h"
#include "engines/serial.h"
#include "engines/skip.h"
#include "engines/structured.h"

#define WORDS(...)                        \
    ((const char *const[]){__VA_ARGS__}), \
        (unsigned)(sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

static void add(struct engine_result *result, const char *name, uint64_t count) {
    result->item[result->count].name = name;
    result->item[result->count++].count = count;
}

#define ADD_COUNT(name, meaning) add(result, #name, counts.name);

static bool done(struct engine_file *file, enum sdse_status status, const char *fault) {
    if (status != SDSE_OK)
        engine_fault(file, "%s: %s", sdse_status_text(status), fault ? fault : "-");
    return status == SDSE_OK;
}

static bool run_serial(struct engine_file *file, struct engine_result *result) {
    const struct engine_tensor values = engine_tensor(file, "values", 1);
    const struct sdse_serial engine = {
        .operand = {.recoding = engine_word(file, "encoding",
                                            WORDS("plain", "booth4", "csd"), -1),
                    .bits = engine_u32(file, "bits"),
                    .is_signed = engine_bool(file, "signed")},
        .first_stage_bits = engine_u32(file, "first_stage_bits"),
        .lanes = engine_u32(file, "lanes"),
        .columns = engine_u32(file, "columns"),
        .registers = engine_u32(file, "registers"),
        .barrier_steps = engine_u32_or(file, "barrier_steps", 0),
    };
    struct sdse_serial_counts counts;
    if (file->fault[0] ||
        !done(file, sdse_serial_count(&engine, values.data, values.shape[0], &counts),
              sdse_serial_fault(&engine)))
        return false;
    SDSE_SERIAL_COUNTS(ADD_COUNT)
    return true;
}

static bool run_format(struct engine_file *file, struct engine_result *result) {
    static const char *const packings[] = {
#define PACKING_NAME(name, text) text,
        SDSE_PACKING_MAP(PACKING_NAME)};
    const struct engine_tensor matrix = engine_tensor(file, "matrix", 2);
    const struct sdse_compressed engine = {
        .packing = engine_word(file, "format", packings, SDSE_PACKINGS, -1),
        .value_bits = engine_u32(file, "value_bits"),
        .word_bits = engine_u32(file, "word_bits"),
        .run_bits = engine_u32_or(file, "run_bits", 0),
        .trailing = engine_word(file, "trailing", WORDS("drop", "emit"), 0),
        .pairs_per_word = engine_u32_or(file, "pairs_per_word", 0),
    };
    struct sdse_compressed_counts counts;
    if (file->fault[0] ||
        !done(file,
              sdse_compressed_count(&engine, matrix.data, matrix.shape[0],
                                    matrix.shape[1], &counts),
              sdse_compressed_fault(&engine)))
        return false;
    SDSE_COMPRESSED_COUNTS(ADD_COUNT)
    if (engine.pairs_per_word > 0)
        add(result, "packed_words", counts.packed_words);
    return true;
}

static bool run_gate(struct engine_file *file, struct engine_result *result) {
    const struct engine_tensor acts = engine_tensor(file, "acts", 3);
    const struct engine_tensor weights = engine_tensor(file, "weights", 4);
    const struct sdse_gate engine = {
        .condition =
            engine_word(file, "condition", WORDS("input", "weight", "either"), -1),
        .stride = engine_u32(file, "stride"),
        .pad = engine_u32(file, "pad"),
    };
    const struct sdse_gate_shape shape = {.channels = acts.shape[0],
                                          .height = acts.shape[1],
                                          .width = acts.shape[2],
                                          .filters = weights.shape[0],
                                          .rows = weights.shape[2],
                                          .cols = weights.shape[3]};
    struct sdse_gate_counts counts;
    if (acts.shape[0] != weights.shape[1])
        engine_fault(file, "activations and weights differ in channels");
    if (file->fault[0] ||
        !done(file, sdse_gate_count(&engine, &shape, acts.data, weights.data, &counts),
              sdse_gate_fault(&engine)))
        return false;
    SDSE_GATE_COUNTS(ADD_COUNT)
    return true;
}

static bool run_selector(struct engine_file *file, struct engine_result *result) {
    const struct engine_tensor ce = engine_tensor(file, "ce", 4);
    const struct engine_tensor acts = engine_tensor(file, "acts", 3);
    const struct sdse_selector engine = {
        .stride = engine_u32(file, "stride"),
        .pad = engine_u32(file, "pad"),
        .slices = engine_u32(file, "slices"),
        .group = engine_u32(file, "group"),
        .lines = engine_u32(file, "lines"),
        .sync = engine_word(file, "sync", WORDS("step", "tile", "pack"), -1),
        .skip_weight_rows = engine_bool(file, "skip_weight_rows"),
        .skip_act_rows = engine_bool(file, "skip_act_rows"),
        .cost = engine_word(file, "cost", WORDS("const", "line"), -1),
        .row_cycles = engine_u32_or(file, "row_cycles", 1),
        .kernel_width = engine_u32_or(file, "kernel_width", 1),
        .lanes = engine_u32_or(file, "lanes", 1),
        .pad_w = engine_u32_or(file, "pad_w", 0),
    };
    const struct sdse_selector_shape shape = {.filters = ce.shape[0],
                                              .channels = ce.shape[1],
                                              .rows = ce.shape[2],
                                              .row_words = ce.shape[3],
                                              .height = acts.shape[1],
                                              .width = acts.shape[2]};
    struct sdse_selector_counts counts;
    if (acts.shape[0] != ce.shape[1])
        engine_fault(file, "activations and coefficients differ in channels");
    if (file->fault[0] ||
        !done(file, sdse_selector_count(&engine, &shape, ce.data, acts.data, &counts),
              sdse_selector_fault(&engine)))
        return false;
    SDSE_SELECTOR_COUNTS(ADD_COUNT)
    return true;
}

static bool run_skip(struct engine_file *file, struct engine_result *result) {
    const struct engine_tensor acts = engine_tensor(file, "acts", 2);
    const struct engine_tensor weights = engine_tensor(file, "weights", 2);
    struct sdse_skip engine = {
        .mode = engine_word(file, "mode", WORDS("none", "weights", "acts", "both"), -1),
        .simd = engine_u32(file, "simd"),
        .bubble = engine_u32(file, "bubble"),
        .tile_cols = engine_u32_or(file, "tile_cols", 0),
    };
    engine_pair(file, "grid", engine.grid);
    const struct sdse_skip_shape shape = {acts.shape[0], acts.shape[1],
                                          weights.shape[1]};
    struct sdse_skip_counts counts;
    if (acts.shape[0] != weights.shape[0])
        engine_fault(file, "activations and weights differ in columns");
    if (file->fault[0] ||
        !done(file, sdse_skip_count(&engine, &shape, acts.data, weights.data, &counts),
              sdse_skip_fault(&engine)))
        return false;
    SDSE_SKIP_COUNTS(ADD_COUNT)
    return true;
}

static bool run_gather(struct engine_file *file, struct engine_result *result) {
    const struct engine_tensor weights = engine_tensor(file, "weights", 2);
    const struct sdse_gather engine = {
        .pes = engine_u32(file, "pes"),
        .width = engine_u32(file, "width"),
        .tile_outputs = engine_u32_or(file, "tile_outputs", 0),
        .tile_inputs = engine_u32_or(file, "tile_inputs", 0),
    };
    struct sdse_gather_counts counts;
    if (file->fault[0] ||
        !done(file,
              sdse_gather_count(&engine, weights.data, weights.shape[0],
                                weights.shape[1], &counts),
              sdse_gather_fault(&engine)))
        return false;
    SDSE_GATHER_COUNTS(ADD_COUNT)
    return true;
}

static bool run_structured(struct engine_file *file, struct engine_result *result) {
    const struct engine_tensor weights = engine_tensor(file, "weights", 2);
    const struct sdse_structured engine = {
        .kept = engine_u32(file, "N"),
        .group = engine_u32(file, "M"),
        .width = engine_u32(file, "width"),
        .units = engine_u32(file, "units"),
        .value_bits = engine_u32(file, "value_bits"),
    };
    struct sdse_structured_counts counts;
    if (file->fault[0] ||
        !done(file,
              sdse_structured_count(&engine, weights.data, weights.shape[0],
                                    weights.shape[1], &counts),
              sdse_structured_fault(&engine)))
        return false;
    SDSE_STRUCTURED_COUNTS(ADD_COUNT)
    return true;
}

static bool run_cartesian(struct engine_file *file, struct engine_result *result) {
    const struct engine_tensor acts = engine_tensor(file, "acts", 3);
    const struct engine_tensor weights = engine_tensor(file, "weights", 4);
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
    const struct sdse_cartesian_shape shape = {.channels = acts.shape[0],
                                               .height = acts.shape[1],
                                               .width = acts.shape[2],
                                               .filters = weights.shape[0],
                                               .rows = weights.shape[2],
                                               .cols = weights.shape[3]};
    struct sdse_cartesian_counts counts;
    if (acts.shape[0] != weights.shape[1])
        engine_fault(file, "activations and weights differ in channels");
    if (file->fault[0] ||
        !done(file,
              sdse_cartesian_count(&engine, &shape, acts.data, weights.data, &counts),
              sdse_cartesian_fault(&engine)))
        return false;
    SDSE_CARTESIAN_COUNTS(ADD_COUNT)
    return true;
}

bool engine_run_counts(struct engine_file *file, struct engine_result *result) {
    static const struct {
        const char *engine;
        bool (*run)(struct engine_file *, struct engine_result *);
    } engines[] = {
        {"serial", run_serial},     {"format", run_format},  {"gate", run_gate},
        {"selector", run_selector}, {"skip", run_skip},      {"gather", run_gather},
        {"nm", run_structured},     {"scnn", run_cartesian},
    };
    *result = (struct engine_result){0};
    for (size_t i = 0; i < sizeof engines / sizeof *engines; i++)
        if (strcmp(engines[i].engine, file->engine) == 0)
            return engines[i].run(file, result);
    engine_fault(file, "unknown engine '%s'", file->engine);
    return false;
}
