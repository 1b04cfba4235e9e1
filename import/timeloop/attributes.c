// Attributes: what they are called, which of them nothing reads, and which say two
// things.
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "import/timeloop/reading.h"

enum { MOST_NAMES = 5 };

// Of an attribute with several names: the first is today's. Rows of a memory come
// before its size in other measures.
static const char *const names[][MOST_NAMES] = {
#define SDSE_TL_NAMES(name, ...) {__VA_ARGS__},
    SDSE_TL_ATTRIBUTES(SDSE_TL_NAMES)
#undef SDSE_TL_NAMES
};
enum { ATTRIBUTES = sizeof names / sizeof *names, FIRST_OTHER_MEASURE = 3 };

bool sdse_tl_is_infinite(const struct sdse_node *node) {
    const char *text = sdse_tl_word(node);
    return text && (strcasecmp(text, "inf") == 0 || strcasecmp(text, ".inf") == 0 ||
                    strcasecmp(text, "None") == 0 || strcasecmp(text, "null") == 0);
}

// What a mapping says of it: a number before what is unlimited.
static const struct sdse_node *said(const struct sdse_node *mapping,
                                    enum sdse_tl_attribute which) {
    const struct sdse_node *unlimited = NULL;
    for (unsigned n = 0; n < MOST_NAMES && names[which][n]; n++) {
        const struct sdse_node *node = sdse_node_get(mapping, names[which][n]);
        if (node && !sdse_tl_is_infinite(node))
            return node;
        unlimited = unlimited ? unlimited : node;
    }
    return unlimited;
}

const struct sdse_node *sdse_tl_attribute(const struct sdse_tl_scope *scope,
                                          enum sdse_tl_attribute which) {
    const struct sdse_node *found = NULL;
    for (; !found && scope; scope = scope->outer)
        found = said(scope->values, which);
    return found;
}

// --- Words of the files' values ---

// Counts the words of the values at and below a node; notes them in `words` if given.
static size_t take_words(const struct sdse_node *node, struct sdse_tl_name *words) {
    size_t count = 0;
    for (const char *c = node->text; c && *c;) {
        size_t length = 0;
        while (isalnum((unsigned char)c[length]) || c[length] == '_')
            length++;
        if (length && words)
            words[count] = (struct sdse_tl_name){c, length};
        count += length != 0;
        c += length ? length : 1;
    }
    sdse_for_each_child (child, node)
        count += take_words(child, words ? words + count : NULL);
    return count;
}

static size_t take_all(const struct sdse_tl *r, struct sdse_tl_name *words) {
    size_t count = 0;
    for (unsigned s = 0; s < SDSE_TL_SECTION_COUNT; s++)
        for (unsigned i = 0; i < r->section[s].count; i++)
            count += take_words(r->section[s].node[i], words ? words + count : NULL);
    return count;
}

static int by_text(const void *a, const void *b) {
    const struct sdse_tl_name *x = a, *y = b;
    const int order =
        memcmp(x->text, y->text, x->length < y->length ? x->length : y->length);
    return order ? order : (x->length > y->length) - (x->length < y->length);
}

// Whether a value somewhere has this name in it, as expressions do.
static bool is_mentioned(struct sdse_tl *r, const char *name) {
    if (!r->words) {
        r->word_count = take_all(r, NULL);
        r->words =
            SDSE_ARENA_ARRAY(r->foreign.arena, struct sdse_tl_name, r->word_count + 1);
        r->foreign.out_of_memory |= !r->words;
        if (!r->words)
            return true;
        take_all(r, r->words);
        qsort(r->words, r->word_count, sizeof *r->words, by_text);
    }
    const struct sdse_tl_name key = {name, strlen(name)};
    return bsearch(&key, r->words, r->word_count, sizeof *r->words, by_text);
}

// --- Checks ---

// Attributes that this tool has no use for: those of estimators of energy, and those
// that say what is so anyway.
static bool is_without_effect(const char *key, const char *value) {
    static const char *const estimators[] = {"n_ports",
                                             "nports",
                                             "num_ports",
                                             "n_rd_ports",
                                             "n_wr_ports",
                                             "n_rdwr_ports",
                                             "n_rw_ports",
                                             "num_rdports",
                                             "num_wrports",
                                             "num_rdwrports",
                                             "latency",
                                             "update_fifo_depth",
                                             "power_gated_at",
                                             "has_power_gating",
                                             "temperature",
                                             "version",
                                             "action_latency_cycles",
                                             "tech_node",
                                             "cycle_time",
                                             "subclass",
                                             "precision",
                                             "type",
                                             "n_accesses",
                                             "meshY",
                                             "multiplier_width",
                                             "adder_width",
                                             "metadata_storage_width",
                                             "metadata_storage_depth",
                                             "metadata_block_size",
                                             "metadata_counter_width"};
    static const char *const as_here[][2] = {
        {"reduction_supported", "true"}, {"allow_overbooking", "false"},
        {"min_utilization", "0"},        {"instances", "1"},
        {"energy_scale", "1"},           {"area_scale", "1"}};
    if (sdse_is_among(key, estimators, sizeof estimators / sizeof *estimators))
        return true;
    for (size_t i = 0; i < sizeof as_here / sizeof *as_here; i++)
        if (strcmp(key, as_here[i][0]) == 0)
            return strcasecmp(value, as_here[i][1]) == 0;
    return false;
}

static bool is_read(const char *key) {
    for (unsigned a = 0; a < ATTRIBUTES; a++)
        for (unsigned n = 0; n < MOST_NAMES && names[a][n]; n++)
            if (strcmp(key, names[a][n]) == 0)
                return true;
    return false;
}

static void refuse_unread(struct sdse_tl *r, const struct sdse_node *attributes,
                          bool inherited, const char *owner) {
    sdse_for_each_child (entry, attributes) {
        const char *key = entry->key ? entry->key : "an item";
        const char *value = sdse_tl_word(entry);
        if (is_read(key) || is_without_effect(key, value ? value : "") ||
            (inherited && is_mentioned(r, key)))
            continue;
        sdse_tl_refuse(r, entry->key_loc, true, "timeloop-key",
                       "attribute '%.60s' of '%.60s' has no counterpart: what it asks "
                       "for is lost",
                       key, owner);
    }
}

// Two names of one attribute may say the same.
static void refuse_second_names(struct sdse_tl *r, const struct sdse_node *attributes,
                                const char *owner) {
    for (unsigned a = 0; a < ATTRIBUTES; a++) {
        const struct sdse_node *read = said(attributes, a);
        for (unsigned n = 1; n < MOST_NAMES && names[a][n]; n++) {
            const struct sdse_node *node = sdse_node_get(attributes, names[a][n]);
            const bool other = a == SDSE_TL_SIZE && n >= FIRST_OTHER_MEASURE;
            if (!node || node == read || sdse_tl_is_infinite(node) ||
                (!other && node->text && read->text &&
                 strcmp(node->text, read->text) == 0))
                continue;
            sdse_tl_refuse(r, node->key_loc, true, "timeloop-value",
                           "'%s' of '%.60s' is not read: '%s' beside it is",
                           names[a][n], owner, read->key);
        }
    }
}

const struct sdse_tl_scope *sdse_tl_enter(struct sdse_tl *r,
                                          const struct sdse_node *node,
                                          const struct sdse_tl_scope *outer,
                                          bool inherited) {
    const struct sdse_node *attributes = sdse_node_get(node, "attributes");
    const char *name = sdse_tl_word(sdse_node_get(node, "name"));
    struct sdse_tl_scope *inner =
        attributes ? SDSE_ARENA_NEW(r->foreign.arena, struct sdse_tl_scope) : NULL;
    r->foreign.out_of_memory |= attributes && !inner;
    if (!inner)
        return outer;
    refuse_unread(r, attributes, inherited, name ? name : "");
    refuse_second_names(r, attributes, name ? name : "");
    *inner = (struct sdse_tl_scope){attributes, outer};
    return inner;
}
