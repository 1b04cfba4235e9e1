#include "spec/value.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool is_plain(const struct sdse_node *node) {
    return node && node->kind == SDSE_NODE_SCALAR && !node->quoted;
}

bool sdse_node_is_null(const struct sdse_node *node) {
    return is_plain(node) && (!*node->text || strcmp(node->text, "~") == 0 ||
                              strcmp(node->text, "null") == 0);
}

static const char *skip_digits(const char *text) {
    while (*text >= '0' && *text <= '9')
        text++;
    return text;
}

// [+-] digits [. digits] [e [+-] digits], with at least one digit before or after the
// point.
static bool is_decimal(const char *text) {
    text += *text == '-' || *text == '+';
    const char *whole = skip_digits(text);
    bool digits = whole != text;
    if (*whole == '.') {
        const char *fraction = skip_digits(whole + 1);
        digits |= fraction != whole + 1;
        whole = fraction;
    }
    if (!digits)
        return false;
    if (*whole == 'e' || *whole == 'E') {
        const char *exponent = whole + 1;
        exponent += *exponent == '-' || *exponent == '+';
        whole = skip_digits(exponent);
        if (whole == exponent)
            return false;
    }
    return !*whole;
}

bool sdse_text_as_double(const char *text, double *out) {
    if (!is_decimal(text))
        return false;
    double value = strtod(text, NULL);
    if (!isfinite(value))
        return false;
    *out = value;
    return true;
}

bool sdse_node_as_double(const struct sdse_node *node, double *out) {
    return is_plain(node) && sdse_text_as_double(node->text, out);
}

bool sdse_node_as_u64(const struct sdse_node *node, uint64_t *out) {
    if (!is_plain(node))
        return false;
    if (*node->text && !*skip_digits(node->text)) {
        errno = 0;
        unsigned long long value = strtoull(node->text, NULL, 10);
        if (errno)
            return false;
        *out = value;
        return true;
    }
    double value;
    if (!sdse_text_as_double(node->text, &value) || value < 0 || value > 0x1p53 ||
        floor(value) != value)
        return false;
    *out = (uint64_t)value;
    return true;
}

bool sdse_node_as_bool(const struct sdse_node *node, bool *out) {
    if (!is_plain(node))
        return false;
    bool is_true = strcmp(node->text, "true") == 0;
    if (!is_true && strcmp(node->text, "false") != 0)
        return false;
    *out = is_true;
    return true;
}

const char *sdse_node_as_text(const struct sdse_node *node) {
    if (!node || node->kind != SDSE_NODE_SCALAR || sdse_node_is_null(node))
        return NULL;
    return node->text;
}

static const char *seen(const struct sdse_node *node) {
    switch (node->kind) {
    case SDSE_NODE_SEQUENCE:
        return "a list";
    case SDSE_NODE_MAPPING:
        return "a mapping";
    default:
        if (sdse_node_is_null(node))
            return "nothing";
        return *node->text ? node->text : "an empty text";
    }
}

void sdse_report_type(const struct sdse_node *node, const char *wanted,
                      struct sdse_diags *diags) {
    sdse_diag_add(diags, SDSE_ERROR, node->loc, "wrong-type",
                  "%s: expected %s, got %.80s", sdse_node_path(diags->arena, node),
                  wanted, seen(node));
}

bool sdse_read_u64(const struct sdse_node *node, uint64_t least, uint64_t most,
                   struct sdse_diags *diags, uint64_t *out) {
    assert(node);
    uint64_t value = 0;
    double number = 0;
    bool whole = sdse_node_as_u64(node, &value);
    if (!whole && !(sdse_node_as_double(node, &number) && floor(number) == number)) {
        sdse_report_type(node, "a whole number", diags);
        return false;
    }
    if (!whole || value < least || value > most) {
        sdse_diag_add(diags, SDSE_ERROR, node->loc, "out-of-range",
                      "%s: must be %llu to %llu, got %.80s",
                      sdse_node_path(diags->arena, node), (unsigned long long)least,
                      (unsigned long long)most, node->text);
        return false;
    }
    *out = value;
    return true;
}

bool sdse_read_u32(const struct sdse_node *node, uint32_t least, uint32_t most,
                   struct sdse_diags *diags, uint32_t *out) {
    uint64_t value;
    if (!sdse_read_u64(node, least, most, diags, &value))
        return false;
    *out = (uint32_t)value;
    return true;
}

bool sdse_read_double(const struct sdse_node *node, double least, double most,
                      struct sdse_diags *diags, double *out) {
    assert(node);
    double value;
    if (!sdse_node_as_double(node, &value)) {
        sdse_report_type(node, "a number", diags);
        return false;
    }
    if (value < least || value > most) {
        sdse_diag_add(diags, SDSE_ERROR, node->loc, "out-of-range",
                      "%s: must be %g to %g, got %.80s",
                      sdse_node_path(diags->arena, node), least, most, node->text);
        return false;
    }
    *out = value;
    return true;
}

bool sdse_read_bool(const struct sdse_node *node, struct sdse_diags *diags, bool *out) {
    assert(node);
    if (sdse_node_as_bool(node, out))
        return true;
    sdse_report_type(node, "true or false", diags);
    return false;
}

bool sdse_read_text(const struct sdse_node *node, struct sdse_diags *diags,
                    const char **out) {
    assert(node);
    const char *text = sdse_node_as_text(node);
    if (!text || !*text) {
        sdse_report_type(node, "text", diags);
        return false;
    }
    *out = text;
    return true;
}

bool sdse_read_word(const struct sdse_node *node, const char *const *words,
                    size_t count, struct sdse_diags *diags, unsigned *out) {
    const char *text;
    if (!sdse_read_text(node, diags, &text))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(words[i], text) == 0) {
            *out = (unsigned)i;
            return true;
        }
    }
    const char *nearest = sdse_nearest(text, words, count);
    const char *choices = words[0];
    for (size_t i = 1; choices && i < count; i++)
        choices = sdse_arena_printf(diags->arena, "%s, %s", choices, words[i]);
    sdse_diag_add(diags, SDSE_ERROR, node->loc, "unknown-word",
                  "%s: '%.80s' is not one of %s%s%s%s",
                  sdse_node_path(diags->arena, node), text, choices ? choices : "?",
                  nearest ? "; did you mean '" : "", nearest ? nearest : "",
                  nearest ? "'?" : "");
    return false;
}

bool sdse_expect_kind(const struct sdse_node *node, enum sdse_node_kind kind,
                      struct sdse_diags *diags) {
    assert(node);
    if (node->kind == kind)
        return true;
    static const char *const names[] = {"a single value", "a list", "a mapping"};
    sdse_report_type(node, names[kind], diags);
    return false;
}

// Bytes of `key` before its unit: "capacity" of "capacity_kib", "read_pj" keeps "read".
static size_t stem_length(const char *key) {
    const char *underscore = strrchr(key, '_');
    return underscore ? (size_t)(underscore - key) : strlen(key);
}

// Units people write where the format wants another one.
static bool is_unit(const char *word) {
    static const char *const units[] = {
        "b",    "kb",    "mb",    "gb",  "kib", "mib", "gib", "bit",   "bits",
        "byte", "bytes", "words", "fj",  "pj",  "nj",  "uj",  "mj",    "j",
        "hz",   "khz",   "mhz",   "ghz", "uw",  "mw",  "w",   "nm",    "um",
        "mm2",  "um2",   "ns",    "ps",  "us",  "ms",  "s",   "cycle", "cycles",
        "KB",   "MB",    "GB",    "KiB", "MiB", "GiB", "GHz", "MHz"};
    return sdse_is_among(word, units, sizeof units / sizeof *units);
}

// The known key that says the same thing in another unit, or NULL.
static const char *same_stem(const char *key, const char *const *keys, size_t count) {
    size_t stem = stem_length(key);
    bool bare = !key[stem];
    if (!bare && !is_unit(key + stem + 1))
        return NULL;
    const char *best = NULL;
    for (size_t i = 0; i < count; i++) {
        size_t other = stem_length(keys[i]);
        bool same = other == stem && keys[i][other] && is_unit(keys[i] + other + 1) &&
                    strncmp(key, keys[i], stem) == 0;
        if (same &&
            (!best || sdse_edit_distance(key, keys[i]) < sdse_edit_distance(key, best)))
            best = keys[i];
    }
    return best;
}

static void refuse_key(const struct sdse_node *child, const char *const *keys,
                       size_t count, struct sdse_diags *diags) {
    const char *other_unit = same_stem(child->key, keys, count);
    if (other_unit) {
        sdse_diag_add(diags, SDSE_ERROR, child->key_loc, "unit-suffix",
                      "%s: wrong or missing unit; write '%s'",
                      sdse_node_path(diags->arena, child), other_unit);
        return;
    }
    const char *nearest = sdse_nearest(child->key, keys, count);
    sdse_diag_add(diags, SDSE_ERROR, child->key_loc, "unknown-key",
                  "%s: unknown key '%.80s'%s%s%s", sdse_node_path(diags->arena, child),
                  child->key, nearest ? "; did you mean '" : "", nearest ? nearest : "",
                  nearest ? "'?" : "");
}

size_t sdse_refuse_unknown_keys(const struct sdse_node *mapping,
                                const char *const *keys, size_t count,
                                struct sdse_diags *diags) {
    size_t refused = 0;
    sdse_for_each_child (child, mapping) {
        bool known = false;
        for (size_t i = 0; i < count && !known; i++)
            known = strcmp(keys[i], child->key) == 0;
        if (known)
            continue;
        refuse_key(child, keys, count, diags);
        refused++;
    }
    return refused;
}

void sdse_report_missing(const struct sdse_node *mapping, const char *key,
                         struct sdse_diags *diags) {
    // Written with another unit: that was said already.
    sdse_for_each_child (child, mapping)
        if (strcmp(child->key, key) != 0 && same_stem(child->key, &key, 1))
            return;
    sdse_diag_add(diags, SDSE_ERROR, mapping->loc, "missing-key", "%s: '%s' is missing",
                  sdse_node_path(diags->arena, mapping), key);
}
