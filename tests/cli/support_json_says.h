// What a line says with -f json, beside what it says otherwise. A test fails where
// something is not so.
#ifndef SDSE_TESTS_CLI_JSON_SAYS_H
#define SDSE_TESTS_CLI_JSON_SAYS_H

#include <stdbool.h>

#include "support_json.h"

// Runs a line with -f json; what it says has been compared with docs/json.md. Freed by
// the caller.
struct json *said(int status, const char *line);
// The same of one that succeeds and says this schema.
struct json *says(const char *line, const char *schema);
// The same without a look at what it says.
void says_so(const char *line, const char *schema);

// The rows are those that the line prints with -f csv, cell for cell.
void same_rows(const struct json *rows, const char *line);
// Those under a key of what the line says.
void says_rows(const char *line, const char *schema, const char *key);

// A text names the value, as printf has it.
void names(const char *text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

// The item of an object as what it is.
double number(const struct json *json, const char *name);
const char *text(const struct json *json, const char *name);
bool flag(const struct json *json, const char *name);

#endif
