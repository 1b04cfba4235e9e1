#include "import/foreign/foreign.h"

#include "spec/value.h"

void sdse_foreign_vrefuse(struct sdse_foreign *foreign, struct sdse_loc loc,
                          bool can_go_on, const char *check, const char *format,
                          va_list args) {
    const char *text = sdse_arena_vprintf(foreign->arena, format, args);
    const bool goes_on = can_go_on && foreign->lossy;
    if (text && can_go_on && !goes_on)
        text = sdse_arena_printf(foreign->arena, "%s (--lossy goes on)", text);
    foreign->out_of_memory |= !text;
    foreign->failed |= !goes_on;
    sdse_diag_add_once(foreign->diags, goes_on ? SDSE_WARNING : SDSE_ERROR, loc, check,
                       text ? text : "");
}

void sdse_foreign_refuse(struct sdse_foreign *foreign, struct sdse_loc loc,
                         bool can_go_on, const char *check, const char *format, ...) {
    va_list args;
    va_start(args, format);
    sdse_foreign_vrefuse(foreign, loc, can_go_on, check, format, args);
    va_end(args);
}

void sdse_foreign_note(struct sdse_foreign *foreign, struct sdse_loc loc,
                       const char *check, const char *format, ...) {
    va_list args;
    va_start(args, format);
    const char *text = sdse_arena_vprintf(foreign->arena, format, args);
    va_end(args);
    foreign->out_of_memory |= !text;
    sdse_diag_add_once(foreign->diags, SDSE_WARNING, loc, check, text ? text : "");
}

void sdse_foreign_keys(struct sdse_foreign *foreign, const struct sdse_node *mapping,
                       const char *const *keys, const char *check) {
    size_t count = 0;
    while (keys[count])
        count++;
    sdse_for_each_child (child, mapping) {
        if (child->key && !sdse_is_among(child->key, keys, count))
            sdse_foreign_refuse(foreign, child->key_loc, true, check,
                                "'%.60s' has no counterpart: what it asks for is lost",
                                child->key);
    }
}

enum sdse_status sdse_foreign_status(const struct sdse_foreign *foreign) {
    if (foreign->out_of_memory)
        return SDSE_NO_MEMORY;
    return foreign->failed ? SDSE_INVALID : SDSE_OK;
}

void sdse_foreign_missing(struct sdse_foreign *foreign, const struct sdse_node *mapping,
                          const char *key) {
    foreign->failed = true;
    if (sdse_expect_kind(mapping, SDSE_NODE_MAPPING, foreign->diags))
        sdse_report_missing(mapping, key, foreign->diags);
}

// The value of a key; NULL after a diagnostic if it is needed.
static const struct sdse_node *find(struct sdse_foreign *foreign,
                                    const struct sdse_node *mapping, const char *key,
                                    bool needed) {
    const struct sdse_node *node = sdse_node_get(mapping, key);
    if (!node && needed)
        sdse_foreign_missing(foreign, mapping, key);
    return node;
}

uint64_t sdse_foreign_u64(struct sdse_foreign *foreign, const struct sdse_node *mapping,
                          const char *key, uint64_t least, uint64_t most, bool needed) {
    const struct sdse_node *node = find(foreign, mapping, key, needed);
    uint64_t value = least;
    if (node && !sdse_read_u64(node, least, most, foreign->diags, &value))
        foreign->failed = true;
    return value;
}

double sdse_foreign_double(struct sdse_foreign *foreign,
                           const struct sdse_node *mapping, const char *key,
                           double most, bool needed) {
    const struct sdse_node *node = find(foreign, mapping, key, needed);
    double value = 0;
    if (node && !sdse_read_double(node, 0, most, foreign->diags, &value))
        foreign->failed = true;
    return value;
}

const char *sdse_foreign_text(struct sdse_foreign *foreign,
                              const struct sdse_node *mapping, const char *key,
                              const char *otherwise) {
    const struct sdse_node *node = sdse_node_get(mapping, key);
    const char *text = otherwise;
    if (node && !sdse_read_text(node, foreign->diags, &text))
        foreign->failed = true;
    return text;
}
