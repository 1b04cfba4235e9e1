// Attributes of a storage as a memory; word widths, the clock and the node.
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/checked.h"
#include "import/timeloop/reading.h"

static const uint64_t most_depth = (uint64_t)1 << 50; // rows, or KiB
enum { MOST_WIDTH = 65536, MOST_WORD = 64, MOST_WORDS = 1 << 24, MOST_BANKS = 65536 };

// --- Attributes ---

static const struct sdse_node *find(const struct sdse_tl_part *part,
                                    enum sdse_tl_attribute which) {
    return sdse_tl_attribute(part->scope, which);
}

static uint64_t count_or(struct sdse_tl *r, const struct sdse_tl_part *part,
                         const struct sdse_node *node, uint64_t most,
                         uint64_t otherwise) {
    uint64_t value = otherwise;
    if (node && !sdse_tl_is_infinite(node))
        sdse_tl_count(r, node, part->scope, 1, most, &value);
    return value;
}

// Words a cycle, which may be a fraction. 0 = unlimited.
static double words_per_cycle(struct sdse_tl *r, const struct sdse_tl_part *part,
                              enum sdse_tl_attribute which) {
    const struct sdse_node *node = find(part, which);
    double words;
    if (!node || sdse_tl_is_infinite(node) ||
        !sdse_tl_number(r, node, part->scope, &words))
        return 0;
    if (words > 0 && words <= MOST_WORDS)
        return words;
    sdse_tl_refuse(r, node->loc, false, "timeloop-value",
                   "'%.60s' is %g: expected words a cycle, above 0 to %d", node->key,
                   words, MOST_WORDS);
    return 0;
}

// --- A memory ---

static const char *class_of(const struct sdse_tl_part *part,
                            const struct sdse_tl_memory *memory) {
    char plain[160];
    size_t length = 0;
    for (const char *c = part->class; *c && length < 80; c++)
        plain[length++] = *c;
    for (const char *c = part->subclass; *c && length + 1 < sizeof plain; c++)
        plain[length++] = *c;
    plain[length] = '\0';
    for (char *c = plain; *c; c++)
        *c = *c >= 'A' && *c <= 'Z' ? (char)(*c - 'A' + 'a') : *c;
    if (strstr(plain, "dram") || !memory->capacity_bits)
        return "dram";
    if (strstr(plain, "fifo"))
        return "fifo";
    if (strstr(plain, "sram"))
        return "sram";
    if (strstr(plain, "reg") || strstr(plain, "rf"))
        return "regfile";
    return memory->capacity_bits > 8192 ? "sram" : "regfile";
}

static void read_capacity(struct sdse_tl *r, const struct sdse_tl_part *part,
                          struct sdse_tl_memory *memory) {
    const struct sdse_node *size = find(part, SDSE_TL_SIZE);
    uint64_t bits = 0;
    double kib;
    if (!size || sdse_tl_is_infinite(size)) {
        bits = 0; // unlimited
    } else if (strcmp(size->key, "sizeKB") != 0) {
        const bool words = strcmp(size->key, "entries") == 0;
        if (!sdse_mul_u64(count_or(r, part, size, most_depth, 1),
                          words ? memory->word_bits : memory->width_bits, &bits))
            sdse_tl_refuse(r, size->loc, false, "timeloop-value",
                           "'%.60s' holds more than 64 bits count", part->name);
    } else if (sdse_tl_number(r, size, part->scope, &kib)) {
        if (kib > 0 && kib <= (double)most_depth)
            bits = (uint64_t)(kib * 8192);
        else
            sdse_tl_refuse(r, size->loc, false, "timeloop-value", "sizeKB is %g", kib);
    }
    memory->capacity_bits = bits / memory->cluster;
    if (bits && !memory->capacity_bits)
        sdse_tl_refuse(r, part->loc, false, "timeloop-value",
                       "'%.60s' holds less than a bit for each of its cluster",
                       part->name);
}

static void read_memory(struct sdse_tl *r, const struct sdse_tl_part *part,
                        struct sdse_tl_memory *memory) {
    *memory = (struct sdse_tl_memory){
        .read_pj = -1, .write_pj = -1, .update_pj = -1, .leak_mw = -1, .area_um2 = -1};
    memory->word_bits = count_or(r, part, find(part, SDSE_TL_WORD), MOST_WORD, 8);
    memory->cluster = count_or(r, part, find(part, SDSE_TL_CLUSTER), 65536, 1);
    const uint64_t block = count_or(r, part, find(part, SDSE_TL_BLOCK), 65536, 1);
    const struct sdse_node *width = find(part, SDSE_TL_WIDTH);
    memory->width_bits =
        count_or(r, part, width, 1 << 24, memory->word_bits * block * memory->cluster);
    if (memory->width_bits / memory->cluster < memory->word_bits ||
        memory->width_bits / memory->cluster > MOST_WIDTH) {
        sdse_tl_refuse(r, part->loc, false, "timeloop-value",
                       "'%.60s': %llu bits wide for a cluster of %llu: a row of one is "
                       "a word of %llu bits to %d bits",
                       part->name, (unsigned long long)memory->width_bits,
                       (unsigned long long)memory->cluster,
                       (unsigned long long)memory->word_bits, MOST_WIDTH);
        memory->width_bits = memory->word_bits * memory->cluster;
    }
    read_capacity(r, part, memory);
    if (memory->cluster > 1)
        sdse_tl_refuse(r, part->loc, true, "timeloop-key",
                       "cluster_size of '%.60s': an access of a row by %llu instances "
                       "together costs each its share here, also where some are idle",
                       part->name, (unsigned long long)memory->cluster);
    memory->width_bits /= memory->cluster;
    memory->banks = count_or(r, part, find(part, SDSE_TL_BANKS), MOST_BANKS, 1);
    memory->buffering = count_or(r, part, find(part, SDSE_TL_BUFFERING), 16, 1);
    memory->read_words = words_per_cycle(r, part, SDSE_TL_READ_BANDWIDTH);
    memory->write_words = words_per_cycle(r, part, SDSE_TL_WRITE_BANDWIDTH);
    memory->shared_words = words_per_cycle(r, part, SDSE_TL_SHARED_BANDWIDTH);
    memory->memory_class = class_of(part, memory);
}

// --- What holds for all ---

// Words are as wide as in the outermost memory, or as a memory says; further in it is
// the sums that are wider.
static void read_widths(struct sdse_tl *r) {
    for (unsigned t = 0; t < SDSE_TENSORS; t++)
        r->bits[t] = r->memory[0].word_bits;
    for (unsigned l = 1; l < r->level_count; l++) {
        const struct sdse_tl_part *part = &r->part[r->level_part[l]];
        const uint64_t bits = r->memory[l].word_bits;
        for (unsigned t = 0; t < SDSE_TENSORS; t++) {
            if (bits == r->bits[t] || (part->keeps.bypass >> t & 1u))
                continue;
            // What is free to be kept is kept where the mapping says so.
            if (!(part->keeps.keep >> t & 1u) &&
                !(r->mapped && (r->mapping.keeps[l] >> t & 1u)))
                continue;
            if (t == SDSE_OUTPUTS)
                r->partial_bits[l] = bits;
            if (t != SDSE_OUTPUTS || bits < r->bits[t])
                r->word_bits[l][t] = bits;
        }
    }
}

// "45nm", 45 or 45e-9.
static double node_of(struct sdse_tl *r, const struct sdse_node *technology) {
    const char *text = sdse_tl_word(technology);
    char *end;
    const double value = text ? strtod(text, &end) : 0;
    if (!text || value == -1 || value == 1 || *text == '\0')
        return 0; // of no technology
    if (value >= 1 && value <= 1000 && (!*end || strcasecmp(end, "nm") == 0))
        return value;
    sdse_tl_refuse(r, technology->loc, false, "timeloop-value",
                   "technology '%.40s': expected 45nm", text);
    return 0;
}

static void read_clock(struct sdse_tl *r, const struct sdse_tl_part *part,
                       const struct sdse_node *cycle) {
    double seconds;
    if (!sdse_tl_number(r, cycle, part->scope, &seconds))
        return;
    if (seconds > 1e-13 && seconds < 1e-3)
        r->clock_ghz = 1e-9 / seconds;
    else
        sdse_tl_refuse(r, cycle->loc, false, "timeloop-value",
                       "global_cycle_seconds is %g: expected seconds, between 1e-13 "
                       "and 1e-3",
                       seconds);
}

static void read_globals(struct sdse_tl *r) {
    const struct sdse_node *last_cycle = NULL; // inherited by many parts, said once
    for (unsigned i = 0; i < r->part_count; i++) {
        const struct sdse_tl_part *part = &r->part[i];
        const struct sdse_node *node = find(part, SDSE_TL_TECHNOLOGY);
        const struct sdse_node *cycle = find(part, SDSE_TL_CYCLE);
        // What is worked on with the words counts, not where they come from.
        if (node && node_of(r, node) > 0)
            r->node_nm = node_of(r, node);
        if (cycle && cycle != last_cycle)
            read_clock(r, part, cycle);
        last_cycle = cycle;
    }
}

void sdse_tl_read_memories(struct sdse_tl *r) {
    for (unsigned l = 0; l < r->level_count; l++)
        read_memory(r, &r->part[r->level_part[l]], &r->memory[l]);
    if (r->level_count)
        read_widths(r);
    read_globals(r);
}
