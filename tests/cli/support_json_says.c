#include "support_json_says.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support_json_page.h"
#include "support_program.h"

struct json *said(int status, const char *line) {
    char with[512];
    snprintf(with, sizeof with, "%s -f json", line);
    struct ran ran = run_program(with);
    if (ran.status != status)
        fail_msg("sdse %s: exit status %d\n%s", with, ran.status, ran.err);
    struct json *json = json_read(ran.out);
    json_page_check(json, line);
    free_ran(&ran);
    return json;
}

struct json *says(const char *line, const char *schema) {
    struct json *json = said(0, line);
    assert_string_equal(json_text(json_get(json, "schema")), schema);
    return json;
}

void says_so(const char *line, const char *schema) { json_free(says(line, schema)); }

// The next cell of CSV, unquoted; *end is what ends it.
static char *next_cell(char **at, char *end) {
    char *cell = *at, *to = cell;
    const bool quoted = **at == '"';
    char *from = cell + quoted;
    while (*from && (quoted ? *from != '"' || from[1] == '"' : !strchr(",\n", *from))) {
        from += quoted && *from == '"';
        *to++ = *from++;
    }
    from += quoted;
    *end = *from;
    *at = *from ? from + 1 : from;
    *to = '\0';
    return cell;
}

// Times that are another in every run.
static bool is_measured(const char *column) { return strcmp(column, "seconds") == 0; }

static void same_cell(const struct json *value, const char *text, const char *line,
                      const char *column) {
    const char *says = value->kind == JSON_NULL ? "" : value->text;
    if (!says || strcmp(says, text) != 0)
        fail_msg("sdse %s: %s is '%s' in JSON, '%s' in CSV", line, column,
                 says ? says : "no text", text);
}

void same_rows(const struct json *rows, const char *line) {
    enum { MOST = 64 };
    char with[512], end = ',', *column[MOST];
    size_t columns = 0, count = 0;
    snprintf(with, sizeof with, "%s -f csv", line);
    char *csv = run_text(0, with), *at = csv;
    while (end == ',') {
        assert_true(columns < MOST);
        column[columns++] = next_cell(&at, &end);
    }
    const bool one = rows->kind == JSON_OBJECT;
    for (; *at; count++) {
        const struct json *row = one ? rows : json_at(rows, count);
        for (size_t i = 0; i < columns; i++) {
            const char *text = next_cell(&at, &end);
            if (!is_measured(column[i]))
                same_cell(json_get(row, column[i]), text, line, column[i]);
        }
    }
    if (count != (one ? 1 : rows->count) || columns == 0)
        fail_msg("sdse %s: %zu rows in CSV, %zu in JSON", line, count, rows->count);
    free(csv);
}

void says_rows(const char *line, const char *schema, const char *key) {
    struct json *json = says(line, schema);
    same_rows(json_get(json, key), line);
    json_free(json);
}

void names(const char *text, const char *format, ...) {
    char part[128];
    va_list args;
    va_start(args, format);
    vsnprintf(part, sizeof part, format, args);
    va_end(args);
    if (!strstr(text, part))
        fail_msg("'%s' is not in: %s", part, text);
}

double number(const struct json *json, const char *name) {
    return json_number(json_get(json, name));
}

const char *text(const struct json *json, const char *name) {
    return json_text(json_get(json, name));
}

bool flag(const struct json *json, const char *name) {
    const struct json *item = json_get(json, name);
    assert_true(item->kind == JSON_TRUE || item->kind == JSON_FALSE);
    return item->kind == JSON_TRUE;
}
