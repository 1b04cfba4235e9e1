// How storages hold words of which many are zero.
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "import/timeloop/reading.h"

enum { MOST_RUN_BITS = 16 };

// Ranks of one data space, as a set.
enum rank { UNCOMPRESSED, BITMAP, RUNS, POSITIONS, POINTERS, RANKS };

static bool read_ranks(struct sdse_tl *r, const struct sdse_node *list, unsigned *set) {
    static const char *const words[RANKS][2] = {
        {"U", "uncompressed"}, {"B", "bitmask"}, {"RLE", ""}, {"CP", ""}, {"UOP", ""}};
    sdse_for_each_child (rank, list) {
        const char *format = sdse_tl_word(sdse_node_get(rank, "format"));
        unsigned i = 0;
        while (i < RANKS && (!format || (strcasecmp(words[i][0], format) != 0 &&
                                         strcasecmp(words[i][1], format) != 0)))
            i++;
        if (i == RANKS) {
            sdse_tl_refuse(r, rank->loc, true, "timeloop-value",
                           "format '%.40s' has no counterpart: the words are stored "
                           "plain",
                           format ? format : "");
            return false;
        }
        *set |= SDSE_BIT(i);
    }
    return true;
}

// Bits of what is stored beside a word; 0 = not said.
static uint64_t metadata_bits(struct sdse_tl *r, const struct sdse_tl_part *part) {
    const struct sdse_node *node =
        sdse_tl_attribute(part->scope, SDSE_TL_METADATA_WORD);
    uint64_t bits = 0;
    if (node)
        sdse_tl_count(r, node, part->scope, 1, MOST_RUN_BITS, &bits);
    return bits;
}

// N of every M words: what a fixed structure and positions of so many bits make.
static const char *structured(struct sdse_tl *r, enum sdse_tensor tensor,
                              uint64_t bits) {
    const char *words = r->problem.density_words;
    const uint64_t group = bits && bits <= 10 ? (uint64_t)1 << bits : 0;
    const double kept = r->problem.density[tensor] * (double)group;
    if (tensor != SDSE_WEIGHTS || !words || strncmp(words, "fixed", 5) != 0 ||
        kept < 1 || kept >= (double)group || kept != (double)(uint64_t)kept)
        return NULL;
    return sdse_tl_text(r, "{compression: nm, n: %u, m: %u}", (unsigned)kept,
                        (unsigned)group);
}

static const char *format_of(struct sdse_tl *r, const struct sdse_tl_part *part,
                             enum sdse_tensor tensor, unsigned ranks,
                             struct sdse_loc loc) {
    const unsigned inner = ranks & ~SDSE_BIT(UNCOMPRESSED);
    const unsigned without = inner & ~SDSE_BIT(POINTERS);
    const bool pointers = inner != without;
    const uint64_t bits = metadata_bits(r, part);
    const char *nm = structured(r, tensor, bits);
    if (!inner)
        return NULL;
    if (inner == SDSE_BIT(BITMAP))
        return "{compression: bitmap}";
    if (without == SDSE_BIT(POSITIONS))
        return nm ? nm : pointers ? "{compression: csc}" : "{compression: coo}";
    if (without == SDSE_BIT(RUNS) && bits)
        return sdse_tl_text(r, "{compression: %s, run_bits: %u}",
                            pointers ? "csc_run" : "run_length", (unsigned)bits);
    sdse_tl_refuse(r, loc, true, "timeloop-value",
                   "this combination of formats has no counterpart%s: the words are "
                   "stored plain",
                   without == SDSE_BIT(RUNS) ? " without metadata_datawidth" : "");
    return NULL;
}

static void read_formats(struct sdse_tl *r, struct sdse_tl_part *part,
                         const struct sdse_node *node) {
    const struct sdse_node *spaces = sdse_node_get(node, "data_spaces");
    if (!spaces)
        spaces = sdse_node_get(node, "data-spaces");
    sdse_for_each_child (space, spaces) {
        const char *name = sdse_tl_word(sdse_node_get(space, "name"));
        enum sdse_tensor tensor;
        unsigned ranks = 0;
        if (!name || !sdse_tl_tensor(r, name, &tensor)) {
            sdse_tl_refuse(r, space->loc, false, "timeloop-factor",
                           "'%.60s' is no data space", name ? name : "");
        } else if (read_ranks(r, sdse_node_get(space, "ranks"), &ranks)) {
            part->format[tensor] = format_of(r, part, tensor, ranks, space->loc);
        }
    }
}

static void read_entries(struct sdse_tl *r, struct sdse_tl_part *part,
                         const struct sdse_node *entries) {
    sdse_for_each_child (entry, entries) {
        const char *key = entry->key ? entry->key : "";
        if (part->kind == SDSE_TL_STORAGE &&
            (strcmp(key, "representation_format") == 0 ||
             strcmp(key, "representation-format") == 0))
            read_formats(r, part, entry);
        else if (!sdse_tl_read_gating(r, part, entry) && strcmp(key, "name") != 0 &&
                 strcmp(key, "target") != 0)
            sdse_tl_refuse(r, entry->loc, true, "timeloop-key",
                           "'%.60s' of '%.60s' is lost: an engine says it here "
                           "(docs/formats.md, Engines)",
                           key, part->name);
    }
}

// A section of its own: targets by their names.
static void read_section(struct sdse_tl *r, const struct sdse_node *section) {
    const struct sdse_node *targets = sdse_node_get(section, "targets");
    sdse_for_each_child (target, targets ? targets : section) {
        const struct sdse_node *name = sdse_node_get(target, "name");
        const char *text = sdse_tl_word(name ? name : sdse_node_get(target, "target"));
        struct sdse_tl_part *part = text ? sdse_tl_part_of(r, text) : NULL;
        if (part)
            read_entries(r, part, target);
        else
            sdse_tl_refuse(r, target->loc, false, "timeloop-factor",
                           "'%.60s' is no node: sparse_optimizations have targets by "
                           "their names",
                           text ? text : "");
    }
}

void sdse_tl_read_sparse(struct sdse_tl *r) {
    const struct sdse_tl_list *sections = &r->section[SDSE_TL_SPARSE];
    for (unsigned i = 0; i < r->part_count; i++)
        read_entries(r, &r->part[i],
                     sdse_node_get(r->part[i].node, "sparse_optimizations"));
    for (unsigned i = 0; i < sections->count; i++)
        read_section(r, sections->node[i]);
    sdse_tl_settle_gates(r);
}
