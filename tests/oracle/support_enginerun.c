#include "oracle/support_enginerun.h"

#include <string.h>

#include "engines/compressed.h"
#include "engines/gate.h"
#include "engines/serial.h"

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

bool engine_run_counts(struct engine_file *file, struct engine_result *result) {
    static const struct {
        const char *engine;
        bool (*run)(struct engine_file *, struct engine_result *);
    } engines[] = {
        {"serial", run_serial},
        {"format", run_format},
        {"gate", run_gate},
    };
    *result = (struct engine_result){0};
    for (size_t i = 0; i < sizeof engines / sizeof *engines; i++)
        if (strcmp(engines[i].engine, file->engine) == 0)
            return engines[i].run(file, result);
    engine_fault(file, "unknown engine '%s'", file->engine);
    return false;
}
