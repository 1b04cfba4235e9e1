#include "spec/engine_keys.h"

static const char *const tested[] = {"inputs", "weights", "both"};
static const char *const serials[] = {"inputs", "weights"};
static const char *const encodings[] = {"plain", "booth4", "csd"};
static const char *const syncs[] = {"step", "tile", "pack"};
static const char *const barriers[] = {"group", "channel"};
static const char *const halos[] = {"none", "max", "sum"};

enum { MOST = 1 << 20 };

#define FIELD(field) offsetof(struct sdse_engine, field)
#define COUNT(name, field) \
    { name, FIELD(field), 1, MOST, 0, true, false, NULL, 0, false }
#define OPTIONAL(name, field, least, absent, inf) \
    { name, FIELD(field), least, MOST, absent, false, inf, NULL, 0, false }
#define WORD_UNSAID(name, field, words, absent, required, unsaid) \
    {                                                             \
        name, FIELD(field), 0, 0, absent, required, false, words, \
            sizeof(words) / sizeof *(words), unsaid               \
    }
#define WORD(name, field, words, absent, required) \
    WORD_UNSAID(name, field, words, absent, required, false)

static const struct sdse_engine_key bit_serial[] = {
    WORD("encoding", encoding, encodings, 0, true),
    WORD_UNSAID("serial", operands, serials, SDSE_OPERANDS_INPUTS, false, true),
    COUNT("lanes", lanes),
    OPTIONAL("columns", columns, 1, 1, false),
    OPTIONAL("registers", registers, 0, 0, true),
    OPTIONAL("first_stage_bits", first_stage_bits, 0, SDSE_ENGINE_UNLIMITED, true),
};
static const struct sdse_engine_key gate[] = {
    WORD("operands", operands, tested, 0, true)};
static const struct sdse_engine_key skip[] = {
    WORD("operands", operands, tested, 0, true),
    COUNT("grid_rows", grid_rows),
    COUNT("grid_columns", grid_columns),
    OPTIONAL("simd", simd, 1, 1, false),
    {"bubble", FIELD(bubble), 0, 1, 0, false, false, NULL, 0, false},
    OPTIONAL("tile_columns", tile_columns, 0, 0, false),
};
static const struct sdse_engine_key gather[] = {
    COUNT("elements", elements),
    COUNT("width", width),
    OPTIONAL("tile_outputs", tile_outputs, 0, 0, false),
    OPTIONAL("tile_inputs", tile_inputs, 0, 0, false),
};
static const struct sdse_engine_key selector[] = {
    WORD("operands", operands, tested, SDSE_OPERANDS_BOTH, false),
    COUNT("slices", slices),
    COUNT("group", group),
    COUNT("lines", lines),
    WORD("sync", sync, syncs, 0, true),
};
static const struct sdse_engine_key cartesian[] = {
    COUNT("grid_rows", grid_rows),         COUNT("grid_columns", grid_columns),
    COUNT("weight_vector", weight_vector), COUNT("input_vector", input_vector),
    COUNT("accumulators", accumulators),   OPTIONAL("banks", banks, 1, 32, false),
    OPTIONAL("queue", queue, 0, 8, true),  WORD("barrier", barrier, barriers, 0, false),
    WORD("halo", halo, halos, 1, false),
};

static const struct sdse_engine_key products[] = {COUNT("multipliers", multipliers)};

#define TABLE(keys) \
    { keys, sizeof(keys) / sizeof *(keys) }
static const struct {
    const struct sdse_engine_key *keys;
    size_t count;
} tables[SDSE_ENGINE_KINDS] = {
    [SDSE_ENGINE_BIT_SERIAL] = TABLE(bit_serial),
    [SDSE_ENGINE_GATE] = TABLE(gate),
    [SDSE_ENGINE_SKIP] = TABLE(skip),
    [SDSE_ENGINE_GATHER] = TABLE(gather),
    [SDSE_ENGINE_SELECTOR] = TABLE(selector),
    [SDSE_ENGINE_CARTESIAN] = TABLE(cartesian),
    [SDSE_ENGINE_PRODUCTS] = TABLE(products),
};

const struct sdse_engine_key *sdse_engine_keys(enum sdse_engine_kind kind,
                                               size_t *count) {
    *count = tables[kind].count;
    return tables[kind].keys;
}

const char *sdse_engine_price_key(enum sdse_engine_kind kind) {
    static const char *const keys[SDSE_ENGINE_KINDS] = {
        "pj_per_digit", "pj_per_test",    "pj_per_issue",  "pj_per_gathered_word",
        "pj_per_row",   "pj_per_product", "pj_per_product"};
    return keys[kind];
}
