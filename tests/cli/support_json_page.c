#include "support_json_page.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support_program.h"

enum { MOST_KEYS = 1024, TEXT = 96 };

struct key {
    char schema[TEXT], path[TEXT], type[TEXT], unit[TEXT];
    bool seen;
};

static struct key keys[MOST_KEYS];
static size_t key_count;

// "| `path` | type | unit | what |": the n-th cell without blanks and quotes.
static void cell(const char *row, int n, char text[TEXT]) {
    const char *at = row;
    for (int i = 0; i <= n; i++) {
        at = strchr(at, '|');
        if (!at)
            fail_msg("docs/json.md: too few columns: %s", row);
        at++;
    }
    at += strspn(at, " `");
    size_t length = strcspn(at, "|\n");
    while (length && strchr(" `", at[length - 1]))
        length--;
    assert_true(length < TEXT);
    memcpy(text, at, length);
    text[length] = '\0';
}

// Endings that are units; the longer ones first.
static const char *const endings[][2] = {
    {"_pj_s", "pJ s"},
    {"_bits_per_cycle", "bits/cycle"},
    {"_pj", "pJ"},
    {"_cycles", "cycles"},
    {"_s", "s"},
    {"_seconds", "s"},
    {"_mm2", "mm2"},
    {"_bits", "bits"},
    {"_words", "words"},
    {"_percent", "%"},
    {"_ghz", "GHz"},
    {"_nm", "nm"},
    {"_mb", "MB"},
    {"bytes_before", "bytes"},
    {"_db", "dB"},
    {"bytes_after", "bytes"},
    {"_fraction", "0 … 1"},
    {"_nats", "nats"},
};

static const char *unit_of(const char *path) {
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        const size_t length = strlen(path), ending = strlen(endings[i][0]);
        if (length >= ending && strcmp(path + length - ending, endings[i][0]) == 0)
            return endings[i][1];
    }
    return NULL;
}

static bool is_type(const char *type) {
    static const char *const types[] = {"text", "integer", "number",
                                        "flag", "object",  "any"};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        const size_t length = strlen(types[i]);
        if (strncmp(type, types[i], length) == 0 &&
            (!type[length] || strcmp(type + length, " or null") == 0))
            return true;
    }
    return false;
}

// One schema has all keys of another.
static void copy_keys(const char *from, const char *to) {
    const size_t count = key_count;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(keys[i].schema, from) != 0)
            continue;
        assert_true(key_count < MOST_KEYS);
        keys[key_count] = keys[i];
        memcpy(keys[key_count++].schema, to, TEXT);
    }
    if (key_count == count)
        fail_msg("docs/json.md: no schema %s before %s", from, to);
}

void json_page_read(void) {
    char *page = read_whole("docs/json.md"), schema[TEXT] = "", *rest = NULL;
    for (char *line = strtok_r(page, "\n", &rest); line;
         line = strtok_r(NULL, "\n", &rest)) {
        if (strncmp(line, "## ", 3) == 0)
            schema[0] = '\0';
        char other[TEXT];
        if (sscanf(line, "All keys of `%95[^`]`", other) == 1)
            copy_keys(other, schema);
        if (sscanf(line, "## `%95[^`]`", schema) == 1 || strncmp(line, "| `", 3) != 0 ||
            !*schema)
            continue;
        assert_true(key_count < MOST_KEYS);
        struct key *key = &keys[key_count++];
        memcpy(key->schema, schema, TEXT);
        cell(line, 0, key->path);
        cell(line, 1, key->type);
        cell(line, 2, key->unit);
        if (!is_type(key->type))
            fail_msg("docs/json.md: %s %s: type '%s'", schema, key->path, key->type);
        const char *unit = unit_of(key->path);
        if (unit && strcmp(unit, key->unit) != 0)
            fail_msg("docs/json.md: %s %s: unit '%s', by its name '%s'", schema,
                     key->path, key->unit, unit);
    }
    free(page);
    assert_true(key_count > 100);
}

int json_page_enter(void **state) {
    const int status = enter_scratch(state);
    if (status == 0)
        json_page_read();
    return status;
}

// By its whole path, or with '*' for the last name.
static struct key *find(const char *schema, const char *path) {
    char any[TEXT];
    const char *dot = strrchr(path, '.');
    snprintf(any, sizeof any, "%.*s*", dot ? (int)(dot - path) + 1 : 0, path);
    for (int turn = 0; turn < 2; turn++)
        for (size_t i = 0; i < key_count; i++)
            if (strcmp(keys[i].schema, schema) == 0 &&
                strcmp(keys[i].path, turn ? any : path) == 0)
                return &keys[i];
    return NULL;
}

static bool has_type(const struct json *json, const char *type) {
    switch (json->kind) {
    case JSON_NULL:
        return strstr(type, " or null") || strncmp(type, "any", 3) == 0;
    case JSON_TRUE:
    case JSON_FALSE:
        return strncmp(type, "flag", 4) == 0;
    case JSON_NUMBER:
        return strncmp(type, "number", 6) == 0 || strncmp(type, "any", 3) == 0 ||
               (strncmp(type, "integer", 7) == 0 &&
                strspn(json->text, "-0123456789") == strlen(json->text));
    case JSON_TEXT:
        return strncmp(type, "text", 4) == 0 || strncmp(type, "any", 3) == 0;
    default:
        return strncmp(type, "object", 6) == 0;
    }
}

// Whether the page has keys below a path: of an array without items.
static bool has_below(const char *schema, const char *path) {
    for (size_t i = 0; i < key_count; i++)
        if (strcmp(keys[i].schema, schema) == 0 &&
            strncmp(keys[i].path, path, strlen(path)) == 0)
            return true;
    return false;
}

static void walk(const struct json *json, const char *schema, const char *path,
                 const char *line) {
    struct key *key = find(schema, path);
    const bool holds = json->kind == JSON_OBJECT || json->kind == JSON_ARRAY;
    if (key && !has_type(json, key->type))
        fail_msg("sdse %s: %s %s is '%s', not %s", line, schema, path,
                 json->text ? json->text : "null", key->type);
    if (key)
        key->seen = true;
    else if (!holds)
        fail_msg("sdse %s: docs/json.md lacks %s of %s", line, path, schema);
    for (size_t i = 0; holds && i < json->count; i++) {
        char below[TEXT];
        if (json->kind == JSON_ARRAY)
            snprintf(below, sizeof below, "%s[]", path);
        else
            snprintf(below, sizeof below, "%s%s%s", path, *path ? "." : "",
                     json->name[i]);
        walk(&json->item[i], schema, below, line);
    }
    if (json->kind == JSON_ARRAY && json->count == 0 && !has_below(schema, path))
        fail_msg("sdse %s: docs/json.md lacks %s of %s", line, path, schema);
}

void json_page_check(const struct json *json, const char *line) {
    assert_int_equal(json->kind, JSON_OBJECT);
    assert_string_equal(json->name[0], "schema");
    const char *schema = json_text(json->item);
    for (size_t i = 1; i < json->count; i++)
        walk(&json->item[i], schema, json->name[i], line);
}

void json_page_all_seen(void) {
    size_t unseen = 0;
    for (size_t i = 0; i < key_count; i++) {
        if (keys[i].seen)
            continue;
        print_error("docs/json.md: %s %s was not seen\n", keys[i].schema, keys[i].path);
        unseen++;
    }
    assert_int_equal(unseen, 0);
}
