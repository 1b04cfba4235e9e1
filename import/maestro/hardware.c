// An accelerator's file, a key in a line: num_pes: 256.
#include <inttypes.h>
#include <stdlib.h>

#include "import/maestro/reading.h"

enum key { ELEMENTS, L1, L2, NOC, OFF_CHIP, HOPS, KEYS };

// Each as today's files have it, and as older ones.
static const char *const names[KEYS][2] = {
    {"num_pes", "NumPEs"},      {"l1_size_cstr", "L1Size"},
    {"l2_size_cstr", "L2Size"}, {"noc_bw_cstr", "NoC_BW"},
    {"offchip_bw_cstr", ""},    {"noc_num_hops", "NoC_NumHops"}};

static enum key find_key(struct sdse_maestro_word word) {
    unsigned k = 0;
    while (k < KEYS && !sdse_maestro_says(word, names[k][0]) &&
           !sdse_maestro_says(word, names[k][1]))
        k++;
    return *word.text ? (enum key)k : KEYS;
}

bool sdse_maestro_is_hardware(const char *text) {
    struct sdse_maestro_words words = sdse_maestro_words("", text);
    return find_key(sdse_maestro_next(&words)) != KEYS;
}

static bool refuse(struct sdse_maestro_reading *r, struct sdse_maestro_word word,
                   const char *what) {
    sdse_foreign_refuse(&r->foreign, word.loc, false, "maestro-hardware", "%s%s%s%s",
                        what, *word.text ? ", found '" : "", word.text,
                        *word.text ? "'" : "");
    return false;
}

static bool read_value(struct sdse_maestro_reading *r, struct sdse_maestro_word word,
                       uint64_t *value) {
    char *end = NULL;
    const size_t digits = strspn(word.text, "0123456789");
    *value = digits && digits < 11 ? strtoull(word.text, &end, 10) : 0;
    return (end && !*end && *value >= 1 && *value <= INT32_MAX) ||
           refuse(r, word, "expected a whole number from 1 to 2147483647");
}

bool sdse_maestro_read_hardware(struct sdse_maestro_reading *r,
                                struct sdse_maestro_hardware *hardware) {
    uint64_t value[KEYS] = {0};
    const struct sdse_maestro_word first = sdse_maestro_peek(&r->words);
    for (struct sdse_maestro_word word; *(word = sdse_maestro_next(&r->words)).text;) {
        const enum key key = find_key(word);
        uint64_t number;
        if (key == KEYS)
            return refuse(r, word,
                          "expected num_pes, l1_size_cstr, l2_size_cstr, noc_bw_cstr, "
                          "offchip_bw_cstr or their older names");
        if (!read_value(r, sdse_maestro_next(&r->words), &number))
            return false;
        if (value[key])
            refuse(r, word, "a key comes twice");
        value[key] = number;
        if (key == HOPS && number > 1)
            sdse_foreign_refuse(&r->foreign, word.loc, true, "maestro-hardware",
                                "%" PRIu64 " hops of the network take no time here",
                                number);
    }
    for (unsigned k = ELEMENTS; k <= L2; k++)
        if (!value[k])
            sdse_foreign_refuse(&r->foreign, first.loc, false, "maestro-hardware",
                                "'%s' is missing", names[k][0]);
    if (value[ELEMENTS] > 65536)
        sdse_foreign_refuse(&r->foreign, first.loc, false, "maestro-hardware",
                            "%" PRIu64 " elements: at most 65536", value[ELEMENTS]);
    *hardware = (struct sdse_maestro_hardware){value[ELEMENTS], value[L1], value[L2],
                                               value[NOC], value[OFF_CHIP]};
    return !r->foreign.failed;
}

// What a memory of so many bytes is, of the library: pads up to 1 KiB, macros of SRAM
// up to 8 MiB each beyond.
static void print_memory(FILE *out, uint64_t bytes, uint64_t words) {
    enum { MOST_PAD = 1024, MOST_MACRO = 8192 << 10, MOST_PORT_BITS = 64 };
    if (bytes <= MOST_PAD) {
        fprintf(out,
                "{class: regfile, component: scratchpad, capacity_bits: %" PRIu64
                ", port_bits: 8",
                8 * bytes);
        return;
    }
    uint64_t port_bits = 8, banks = 1;
    while (port_bits < MOST_PORT_BITS && port_bits < 8 * words)
        port_bits *= 2;
    while (bytes > banks * MOST_MACRO ||
           (banks * port_bits < 8 * words && 2048 * banks <= bytes))
        banks *= 2;
    fprintf(out,
            "{class: sram, capacity_bits: %" PRIu64 ", banks: %" PRIu64
            ", port_bits: %" PRIu64,
            8 * bytes, banks, port_bits);
}

static void print_rate(FILE *out, uint64_t words) {
    if (words)
        fprintf(out, ", shared_bits_per_cycle: %" PRIu64, 8 * words);
}

void sdse_maestro_print_arch(FILE *out, const struct sdse_maestro_hardware *hardware) {
    fputs("name: maestro\nsource: accelerator file of MAESTRO\n"
          "# Not in that file, and assumed here: the node, the clock, words of 8 bit "
          "(sums too), every cost.\n"
          "node_nm: 45\nclock_ghz: 1\nword_bits: 8\n"
          "levels:\n"
          "  - level: DRAM\n"
          "    memory: {class: dram, component: ddr4",
          out);
    print_rate(out, hardware->off_chip_words);
    fputs("}\n  - level: L2 # half of each memory is filled while the other is used\n"
          "    memory: ",
          out);
    print_memory(out, hardware->l2_bytes, hardware->noc_words);
    print_rate(out, hardware->noc_words);
    fprintf(out,
            ", buffering: 2}\n"
            "    fanout: {x: %" PRIu64 "}\n"
            "    network: {topology: bus, multicast: true, reduce: true, "
            "window_sharing: true, free: true}\n"
            "  - level: L1\n    memory: ",
            hardware->elements);
    print_memory(out, hardware->l1_bytes, 1);
    fputs(", buffering: 2}\ncompute: {component: mac_int}\nvector: {free: true}\n",
          out);
}
