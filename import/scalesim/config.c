// A configuration: sizes of the array and its memories, the dataflow, the link outside.
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "import/scalesim/lines.h"
#include "spec/flow.h"

enum dataflow { OUTPUTS_STAY, WEIGHTS_STAY, INPUTS_STAY, DATAFLOWS };
enum { MOST_SIDE = 65536, MOST_KB = 1 << 24, MOST_WORDS = 1 << 20 };

struct config {
    const char *name;
    uint64_t rows, columns;
    uint64_t inputs_kb, weights_kb, outputs_kb; // of 1024 words
    uint64_t banks, words_per_cycle;
    enum dataflow dataflow;
    bool limited; // the link outside has a bandwidth
};

// --- Reading ---

// Keys that say where words lie, or how a run is reported: no count depends on them.
static bool is_without_effect(const char *key) {
    static const char *const keys[] = {"IfmapOffset", "FilterOffset", "OfmapOffset"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (strcasecmp(keys[i], key) == 0)
            return true;
    return false;
}

static void read_dataflow(struct sdse_lines *lines, struct sdse_line_word word,
                          struct config *config) {
    static const char *const words[DATAFLOWS] = {"os", "ws", "is"};
    for (unsigned d = 0; d < DATAFLOWS; d++) {
        if (strcasecmp(word.text, words[d]) == 0) {
            config->dataflow = (enum dataflow)d;
            return;
        }
    }
    sdse_foreign_refuse(&lines->foreign, word.loc, false, "scalesim-value",
                        "Dataflow is '%.40s': expected os, ws or is", word.text);
}

static void read_interface(struct sdse_lines *lines, struct sdse_line_word word,
                           struct config *config) {
    config->limited = strcasecmp(word.text, "USER") == 0;
    if (!config->limited && strcasecmp(word.text, "CALC") != 0)
        sdse_foreign_refuse(&lines->foreign, word.loc, false, "scalesim-value",
                            "InterfaceBandwidth is '%.40s': expected CALC or USER",
                            word.text);
}

// The keys that say something, as bits of what a file has said. Those that are numbers
// come first, in the order of their table.
enum { BANDWIDTH = 5, NUMBERS = 7, DATAFLOW = NUMBERS, INTERFACE, RUN_NAME };

// What a key says comes once: a second value would undo the first.
static void note_key(struct sdse_lines *lines, struct sdse_line_word key, unsigned bit,
                     unsigned *seen) {
    if (*seen >> bit & 1u)
        sdse_foreign_refuse(&lines->foreign, key.loc, false, "scalesim-key",
                            "'%.60s' is given twice", key.text);
    *seen |= 1u << bit;
}

// Sets what a key says; `seen` notes it.
static void read_key(struct sdse_lines *lines, struct sdse_line_word key,
                     struct sdse_line_word value, struct config *config,
                     unsigned *seen) {
    const struct {
        const char *key;
        uint64_t *number, most;
    } numbers[NUMBERS] = {{"ArrayHeight", &config->rows, MOST_SIDE},
                          {"ArrayWidth", &config->columns, MOST_SIDE},
                          {"IfmapSramSzkB", &config->inputs_kb, MOST_KB},
                          {"FilterSramSzkB", &config->weights_kb, MOST_KB},
                          {"OfmapSramSzkB", &config->outputs_kb, MOST_KB},
                          {"Bandwidth", &config->words_per_cycle, MOST_WORDS},
                          {"MemoryBanks", &config->banks, 4096}};
    for (unsigned i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        // Older configurations write IfmapSRAMSize.
        static const char *const older[] = {
            "", "", "IfmapSRAMSize", "FilterSRAMSize", "OfmapSRAMSize", "", ""};
        if (strcasecmp(numbers[i].key, key.text) != 0 &&
            strcasecmp(older[i], key.text) != 0)
            continue;
        *numbers[i].number =
            sdse_line_number(lines, value, numbers[i].key, 1, numbers[i].most);
        note_key(lines, key, i, seen);
        return;
    }
    if (strcasecmp("Dataflow", key.text) == 0) {
        note_key(lines, key, DATAFLOW, seen);
        read_dataflow(lines, value, config);
    } else if (strcasecmp("InterfaceBandwidth", key.text) == 0) {
        note_key(lines, key, INTERFACE, seen);
        read_interface(lines, value, config);
    } else if (strcasecmp("run_name", key.text) == 0) {
        note_key(lines, key, RUN_NAME, seen);
        if (*value.text)
            config->name = sdse_plain_line(lines->foreign.arena, value.text);
        lines->foreign.out_of_memory |= !config->name;
    } else if (!is_without_effect(key.text)) {
        sdse_foreign_refuse(&lines->foreign, key.loc, true, "scalesim-key",
                            "'%.60s' has no counterpart: what it asks for is lost",
                            key.text);
    }
}

static void report_missing(struct sdse_lines *lines, const struct config *config,
                           unsigned seen) {
    static const struct {
        const char *name;
        unsigned bit;
    } required[] = {{"ArrayHeight", 0},   {"ArrayWidth", 1},
                    {"IfmapSramSzkB", 2}, {"FilterSramSzkB", 3},
                    {"OfmapSramSzkB", 4}, {"Dataflow", DATAFLOW}};
    for (size_t i = 0; i < sizeof required / sizeof *required; i++)
        if (!(seen >> required[i].bit & 1u))
            sdse_foreign_refuse(&lines->foreign, (struct sdse_loc){lines->path, 1, 1},
                                false, "scalesim-key", "'%s' is missing",
                                required[i].name);
    if (config->limited && !(seen >> BANDWIDTH & 1u))
        sdse_foreign_refuse(&lines->foreign, (struct sdse_loc){lines->path, 1, 1},
                            false, "scalesim-key",
                            "'Bandwidth' is missing: InterfaceBandwidth is USER");
}

static void read_lines(struct sdse_lines *lines, struct config *config) {
    unsigned seen = 0;
    char *line;
    while (sdse_next_line(lines, &line)) {
        const struct sdse_line_word whole =
            sdse_line_word(lines, line, line, line + strlen(line));
        if (!*whole.text || strchr("#;[", *whole.text))
            continue;
        const char *between = line + strcspn(line, ":=");
        const struct sdse_line_word key = sdse_line_word(lines, line, line, between);
        if (!*between) {
            sdse_foreign_refuse(&lines->foreign, key.loc, false, "scalesim-key",
                                "'%.60s': expected KEY: VALUE", key.text);
            continue;
        }
        read_key(lines, key,
                 sdse_line_word(lines, line, between + 1, line + strlen(line)), config,
                 &seen);
    }
    report_missing(lines, config, seen);
}

// --- Writing ---

struct flow {
    const char *name, *stays; // the tensor that an element keeps
    const char *dims_x, *dims_y, *temporal;
    const char *sharing; // of the links along rows and columns
};

static const struct flow flows[DATAFLOWS] = {
    {"output stationary", "outputs", "K", "P, Q, N", "C, R, S",
     "multicast: [weights, inputs]"},
    {"weight stationary", "weights", "K", "C, R, S", "P, Q, N",
     "multicast: [inputs], reduce: [outputs]"},
    {"input stationary", "inputs", "P, Q, N", "C, R, S", "K",
     "multicast: [weights], reduce: [outputs]"},
};

// Words of a side of the array each cycle; as many macros as that takes, none below 1
// KiB or beyond the largest of the table.
static void print_memory(FILE *out, const char *tensor, uint64_t kb, uint64_t banks,
                         uint64_t words) {
    enum { MOST_MACRO_KIB = 8192, MOST_PORT_BITS = 64 };
    uint64_t port_bits = 8;
    while (port_bits < MOST_PORT_BITS && port_bits < 8 * words)
        port_bits *= 2;
    while (kb > banks * MOST_MACRO_KIB ||
           (banks * port_bits < 8 * words && 2 * banks <= kb))
        banks *= 2;
    fprintf(out,
            "      - {name: %s_sram, keeps: [%s], class: sram, capacity_kib: %" PRIu64
            ", banks: %" PRIu64 ", port_bits: %" PRIu64 ", buffering: 2,\n"
            "         read_bits_per_cycle: %" PRIu64 ", write_bits_per_cycle: %" PRIu64
            "}\n",
            tensor, tensor, kb, banks, port_bits, 8 * words, 8 * words);
}

static void print_arch(FILE *out, const struct config *c, const char *source) {
    const struct flow *flow = &flows[c->dataflow];
    const uint64_t side = c->rows > c->columns ? c->rows : c->columns;
    fputs("name: ", out);
    sdse_print_word(out, c->name);
    fputs("\nsource: ", out);
    sdse_print_word(out, source);
    fprintf(out,
            "\n"
            "# SCALE-Sim counts words and cycles. Not in its file, and assumed here: "
            "the node, words of 8 bit (sums too:\n"
            "# say partial_bits where they are kept in full), the clock, every cost.\n"
            "node_nm: 45\nclock_ghz: 1\nword_bits: 8\n"
            "levels:\n"
            "  - level: DRAM\n"
            "    memory: {class: dram, component: ddr4");
    if (c->limited)
        fprintf(out,
                ", shared_bits_per_cycle: {weights: %" PRIu64 ", inputs: %" PRIu64
                ", outputs: %" PRIu64 "}",
                8 * c->words_per_cycle, 8 * c->words_per_cycle, 8 * c->words_per_cycle);
    fputs("}\n  - level: buffers # half of each is filled while the other is used\n"
          "    memories:\n",
          out);
    print_memory(out, "inputs", c->inputs_kb, c->banks, side);
    print_memory(out, "weights", c->weights_kb, c->banks, side);
    print_memory(out, "outputs", c->outputs_kb, c->banks, side);
    fprintf(out,
            "    fanout: {x: %" PRIu64 ", y: %" PRIu64 ", dims_x: [%s], dims_y: [%s]}\n"
            "    network: {topology: systolic, %s, component: wire,\n"
            "              length_mm: {value: %.4g, mark: assumed, source: 45 um for "
            "each element of a side}}\n"
            "  - level: array\n"
            "    keeps: [%s]\n"
            "    # To fill and to empty the array: 2 * rows + columns - 2 cycles.\n"
            "    pass: {start_cycles: %" PRIu64 ", skew_cycles: 1}\n"
            "    memory: {class: regfile, capacity_words: 1, component: register}\n"
            "compute: {component: mac_int}\n"
            "vector: {below: DRAM, ops_per_cycle: %" PRIu64 ", component: alu_int}\n"
            "dataflow:\n"
            "  - name: %s\n"
            "    constraints:\n"
            "      - {level: array, temporal_dims: [%s]}\n",
            c->columns, c->rows, flow->dims_x, flow->dims_y, flow->sharing,
            0.045 * (double)side, flow->stays, c->rows, c->columns, flow->name,
            flow->temporal);
}

enum sdse_status sdse_scalesim_config(const char *path, const char *text, bool lossy,
                                      struct sdse_arena *arena,
                                      struct sdse_diags *diags, const char **yaml) {
    struct sdse_lines lines = {
        .path = path, .foreign = {.arena = arena, .diags = diags, .lossy = lossy}};
    lines.rest = sdse_skip_preamble(text, &lines.line);
    struct config config = {.name = "scale_sim", .banks = 1, .words_per_cycle = 1};
    read_lines(&lines, &config);
    const enum sdse_status status = sdse_foreign_status(&lines.foreign);
    if (status != SDSE_OK)
        return status;
    const char *plain = sdse_plain_line(arena, path);
    const char *source =
        plain ? sdse_arena_printf(arena, "%s, a configuration of SCALE-Sim", plain)
              : NULL;
    struct sdse_text out;
    if (source && sdse_text_begin(&out))
        print_arch(out.out, &config, source);
    else
        return SDSE_NO_MEMORY;
    *yaml = sdse_text_end(&out, arena);
    return *yaml ? SDSE_OK : SDSE_NO_MEMORY;
}
