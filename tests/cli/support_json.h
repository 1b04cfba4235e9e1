// JSON as RFC 8259 has it and no more, for tests that read what the program wrote.
#ifndef SDSE_TESTS_CLI_JSON_H
#define SDSE_TESTS_CLI_JSON_H

#include <stddef.h>

enum json_kind {
    JSON_NULL,
    JSON_FALSE,
    JSON_TRUE,
    JSON_NUMBER,
    JSON_TEXT,
    JSON_ARRAY,
    JSON_OBJECT
};

struct json {
    enum json_kind kind;
    char *text;        // of a number as it stands there, of a text without escapes
    size_t count;      // of items
    struct json *item; // of an array or object
    char **name;       // of an object
};

// Reads a whole text; the test fails with the place where it is none. Freed by the
// caller.
struct json *json_read(const char *text);
void json_free(struct json *json);

// The item of this name, or number; the test fails if there is none.
const struct json *json_get(const struct json *object, const char *name);
const struct json *json_at(const struct json *array, size_t i);
// The same; NULL if there is none.
const struct json *json_find(const struct json *object, const char *name);

// In a text that is not read as a whole: the number behind the first `key` that follows
// the name `within`; the test fails if there is none.
double number_within(const char *json, const char *within, const char *key);

// A number, or a text; the test fails for anything else.
double json_number(const struct json *json);
const char *json_text(const struct json *json);

#endif
