#include "spec/number.h"

#include <math.h>
#include <string.h>

#include "spec/path.h"
#include "spec/value.h"

#define MARK_TEXT(name, text) text,
static const char *const mark_words[] = {SDSE_MARK_MAP(MARK_TEXT)};
#undef MARK_TEXT
enum { MARKS = sizeof mark_words / sizeof *mark_words };

// Reads {mark:, <text_key>:}, or a text alone. Missing parts stay as they are.
static void read_origin(const struct sdse_node *node, const char *text_key,
                        struct sdse_diags *diags, struct sdse_origin *origin) {
    origin->loc = node->loc;
    if (node->kind != SDSE_NODE_MAPPING) {
        sdse_read_text(node, diags, &origin->text);
        return;
    }
    const struct sdse_node *mark = sdse_node_get(node, "mark");
    const struct sdse_node *text = sdse_node_get(node, text_key);
    unsigned word;
    if (mark && sdse_read_word(mark, mark_words, MARKS, diags, &word))
        origin->mark = (enum sdse_mark)word;
    if (text)
        sdse_read_text(text, diags, &origin->text);
}

bool sdse_sources_read(struct sdse_arena *arena, struct sdse_node *root,
                       struct sdse_diags *diags, struct sdse_sources *sources) {
    *sources = (struct sdse_sources){.root = root};
    const struct sdse_node *map = sdse_node_get(root, "sources");
    if (!map || !sdse_expect_kind(map, SDSE_NODE_MAPPING, diags))
        return true;
    size_t capacity = 0;
    sdse_for_each_child (entry, map) {
        static const char *const keys[] = {"mark", "text"};
        struct sdse_origin origin = {.mark = SDSE_MARK_UNMARKED};
        if (entry->kind == SDSE_NODE_MAPPING)
            sdse_refuse_unknown_keys(entry, keys, 2, diags);
        read_origin(entry, "text", diags, &origin);
        struct sdse_path_target targets[SDSE_PATH_TARGETS];
        size_t found =
            sdse_path_resolve(root, entry->key, entry->key_loc, diags, targets);
        if (sources->count + found > capacity) {
            capacity = 2 * (sources->count + found);
            struct sdse_source_entry *larger =
                SDSE_ARENA_ARRAY(arena, struct sdse_source_entry, capacity);
            if (!larger)
                return false;
            if (sources->count)
                memcpy(larger, sources->entries, sources->count * sizeof *larger);
            sources->entries = larger;
        }
        size_t written = 0;
        for (size_t i = 0; i < found; i++) {
            if (targets[i].node)
                sources->entries[sources->count + written++] =
                    (struct sdse_source_entry){targets[i].node, origin};
        }
        sources->count += written;
        if (found && !written)
            sdse_diag_add(diags, SDSE_ERROR, entry->key_loc, "unknown-path",
                          "'%.120s' has no value in this file", entry->key);
    }
    return true;
}

// The innermost entry that covers the node; a value that an override put there keeps
// none of the file's sources.
static struct sdse_origin find_origin(const struct sdse_node *node,
                                      const struct sdse_sources *sources) {
    struct sdse_origin none = {.mark = SDSE_MARK_UNMARKED, .loc = node->loc};
    if (sources->root && node->loc.file != sources->root->loc.file) {
        none.mark = SDSE_MARK_ASSUMED;
        none.text = "override";
        return none;
    }
    for (const struct sdse_node *above = node; above; above = above->parent)
        for (size_t i = 0; i < sources->count; i++)
            if (sources->entries[i].covers == above)
                return sources->entries[i].origin;
    return none;
}

void sdse_number_read(const struct sdse_node *node, double least, double most,
                      const struct sdse_sources *sources, struct sdse_diags *diags,
                      struct sdse_number *out) {
    if (!node)
        return;
    *out = (struct sdse_number){
        .value = (double)NAN, .given = true, .origin = find_origin(node, sources)};
    const struct sdse_node *value = node;
    if (node->kind == SDSE_NODE_MAPPING) {
        static const char *const keys[] = {"value", "mark", "source"};
        sdse_refuse_unknown_keys(node, keys, 3, diags);
        value = sdse_node_get(node, "value");
        if (!value) {
            sdse_report_missing(node, "value", diags);
            return;
        }
        if (sdse_node_get(node, "mark") || sdse_node_get(node, "source"))
            read_origin(node, "source", diags, &out->origin);
    }
    sdse_read_double(value, least, most, diags, &out->value);
}
