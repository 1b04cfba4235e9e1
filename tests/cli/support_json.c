#include "support_json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct reading {
    const char *begin, *at;
};

static void wrong(const struct reading *reading, const char *what) {
    fail_msg("byte %td of the JSON, %.40s: %s", reading->at - reading->begin,
             reading->at, what);
}

static void skip_blanks(struct reading *reading) {
    reading->at += strspn(reading->at, " \t\r\n");
}

static unsigned hexadecimal(struct reading *reading) {
    char digits[5] = {0};
    memcpy(digits, reading->at, strnlen(reading->at, 4));
    if (strspn(digits, "0123456789abcdefABCDEF") != 4)
        wrong(reading, "four hexadecimal digits are expected");
    reading->at += 4;
    return (unsigned)strtoul(digits, NULL, 16);
}

// Of the plane that needs no surrogates: none other is escaped here.
static char *put_utf8(char *to, unsigned code) {
    if (code < 0x80) {
        *to++ = (char)code;
    } else if (code < 0x800) {
        *to++ = (char)(0xc0 | code >> 6);
        *to++ = (char)(0x80 | (code & 0x3f));
    } else {
        *to++ = (char)(0xe0 | code >> 12);
        *to++ = (char)(0x80 | (code >> 6 & 0x3f));
        *to++ = (char)(0x80 | (code & 0x3f));
    }
    return to;
}

static char *read_text(struct reading *reading) {
    if (*reading->at++ != '"')
        wrong(reading, "a text is expected");
    const char *end = reading->at;
    while (*end && *end != '"')
        end += 1 + (*end == '\\' && end[1]);
    char *text = malloc((size_t)(end - reading->at) + 1), *to = text;
    assert_non_null(text);
    while (*reading->at != '"') {
        const char byte = *reading->at;
        if ((unsigned char)byte < ' ')
            wrong(reading, "a control character in a text");
        reading->at++;
        if (byte != '\\') {
            *to++ = byte;
            continue;
        }
        static const char names[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
        const char escape = *reading->at++;
        const char *known = escape ? strchr(names, escape) : NULL;
        if (known)
            *to++ = meant[known - names];
        else if (escape == 'u')
            to = put_utf8(to, hexadecimal(reading));
        else
            wrong(reading, "an unknown escape");
    }
    reading->at++;
    *to = '\0';
    return text;
}

// -?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?
static char *read_digits(struct reading *reading) {
    const char *at = reading->at;
    at += *at == '-';
    size_t whole = strspn(at, "0123456789");
    if (whole == 0 || (*at == '0' && whole > 1))
        wrong(reading, "a value is expected");
    at += whole;
    if (*at == '.') {
        whole = strspn(++at, "0123456789");
        if (whole == 0)
            wrong(reading, "digits are expected");
        at += whole;
    }
    if (*at == 'e' || *at == 'E') {
        at += 1 + (at[1] == '-' || at[1] == '+');
        whole = strspn(at, "0123456789");
        if (whole == 0)
            wrong(reading, "an exponent is expected");
        at += whole;
    }
    char *text = strndup(reading->at, (size_t)(at - reading->at));
    reading->at = at;
    return text;
}

static void read_value(struct reading *reading, struct json *json);

static void read_items(struct reading *reading, struct json *json) {
    const bool object = json->kind == JSON_OBJECT;
    const char end = object ? '}' : ']';
    size_t room = 0;
    reading->at++;
    skip_blanks(reading);
    while (*reading->at != end) {
        if (json->count == room) {
            room = room ? 2 * room : 8;
            json->item = realloc(json->item, room * sizeof *json->item);
            json->name = realloc(json->name, room * sizeof *json->name);
            assert_true(json->item && json->name);
        }
        json->name[json->count] = NULL;
        if (object) {
            json->name[json->count] = read_text(reading);
            skip_blanks(reading);
            if (*reading->at++ != ':')
                wrong(reading, "':' is expected");
        }
        read_value(reading, &json->item[json->count]);
        json->count++;
        skip_blanks(reading);
        if (*reading->at == end)
            break;
        if (*reading->at++ != ',')
            wrong(reading, "',' is expected");
        skip_blanks(reading);
        if (*reading->at == end)
            wrong(reading, "nothing follows ','");
    }
    reading->at++;
}

static void read_value(struct reading *reading, struct json *json) {
    static const char *const words[] = {"null", "false", "true"};
    *json = (struct json){.kind = JSON_NUMBER};
    skip_blanks(reading);
    for (int i = 0; i < 3; i++) {
        const size_t length = strlen(words[i]);
        if (strncmp(reading->at, words[i], length) == 0) {
            json->kind = (enum json_kind)(JSON_NULL + i);
            reading->at += length;
            return;
        }
    }
    if (*reading->at == '{' || *reading->at == '[') {
        json->kind = *reading->at == '{' ? JSON_OBJECT : JSON_ARRAY;
        read_items(reading, json);
    } else if (*reading->at == '"') {
        json->kind = JSON_TEXT;
        json->text = read_text(reading);
    } else {
        json->text = read_digits(reading);
    }
}

struct json *json_read(const char *text) {
    struct reading reading = {text, text};
    struct json *json = malloc(sizeof *json);
    assert_non_null(json);
    read_value(&reading, json);
    skip_blanks(&reading);
    if (*reading.at)
        wrong(&reading, "something follows the value");
    return json;
}

static void clear(struct json *json) {
    for (size_t i = 0; i < json->count; i++) {
        clear(&json->item[i]);
        free(json->name[i]);
    }
    free(json->item);
    free(json->name);
    free(json->text);
}

void json_free(struct json *json) {
    clear(json);
    free(json);
}

const struct json *json_find(const struct json *object, const char *name) {
    assert_int_equal(object->kind, JSON_OBJECT);
    for (size_t i = 0; i < object->count; i++)
        if (strcmp(object->name[i], name) == 0)
            return &object->item[i];
    return NULL;
}

const struct json *json_get(const struct json *object, const char *name) {
    const struct json *found = json_find(object, name);
    if (!found)
        fail_msg("no '%s' in the object", name);
    return found;
}

const struct json *json_at(const struct json *array, size_t i) {
    assert_int_equal(array->kind, JSON_ARRAY);
    if (i >= array->count)
        fail_msg("no item %zu of %zu", i, array->count);
    return &array->item[i];
}

double json_number(const struct json *json) {
    assert_int_equal(json->kind, JSON_NUMBER);
    return strtod(json->text, NULL);
}

const char *json_text(const struct json *json) {
    assert_int_equal(json->kind, JSON_TEXT);
    return json->text;
}

double number_within(const char *json, const char *within, const char *key) {
    char quoted[64];
    snprintf(quoted, sizeof quoted, "\"%s\":", within);
    const char *at = strstr(json, quoted);
    assert_non_null(at);
    snprintf(quoted, sizeof quoted, "\"%s\":", key);
    at = strstr(at, quoted);
    assert_non_null(at);
    return strtod(at + strlen(quoted), NULL);
}
