// Expressions of a template.
#include <ctype.h>
#include <math.h>
#include <string.h>

#include "base/text.h"
#include "import/foreign/template_reading.h"
#include "spec/value.h"

enum { DEEPEST = 24 };

void sdse_template_refuse(struct sdse_template *x, const char *at, const char *what,
                          const char *name, size_t length) {
    struct sdse_loc loc = {x->path, 1, 1};
    if (x->failed)
        return;
    x->failed = true;
    for (const char *c = x->whole; c < at; c++) {
        loc.column = *c == '\n' ? 1 : loc.column + 1;
        loc.line += *c == '\n';
    }
    sdse_foreign_refuse(x->foreign, loc, false, x->check, "a template: %s%.*s", what,
                        length < 60 ? (int)length : 60, name);
}

static struct sdse_template_value expression(struct sdse_template *x);

void sdse_template_skip_blanks(struct sdse_template *x) {
    while (x->at < x->end && strchr(" \t\r\n", *x->at))
        x->at++;
}

static bool is_name(char c) { return isalnum((unsigned char)c) || c == '_'; }

// A sign, or a word that ends there.
bool sdse_template_take(struct sdse_template *x, const char *word) {
    sdse_template_skip_blanks(x);
    const size_t length = strlen(word);
    if ((size_t)(x->end - x->at) < length || strncmp(x->at, word, length) != 0 ||
        (is_name(*word) && x->at + length < x->end && is_name(x->at[length])))
        return false;
    x->at += length;
    return true;
}

static struct sdse_template_value kept_value(struct sdse_template *x, const char *text,
                                             size_t length, bool is_text) {
    const char *kept = sdse_arena_copy(x->foreign->arena, text, length);
    x->foreign->out_of_memory |= !kept;
    x->failed |= !kept;
    return (struct sdse_template_value){kept, is_text};
}

static struct sdse_template_value number_value(struct sdse_template *x, double number) {
    char text[40];
    if (!isfinite(number))
        sdse_template_refuse(x, x->at, "no finite number", "", 0);
    const int length = snprintf(text, sizeof text, "%.17g", number);
    return kept_value(x, text, (size_t)length, false);
}

static struct sdse_template_value truth(bool is) {
    return (struct sdse_template_value){is ? "True" : "False", false};
}

// As Python has it, truths are 1 and 0.
static bool as_number(struct sdse_template_value value, double *number) {
    if (!value.text || value.is_text)
        return false;
    *number = strcmp(value.text, "True") == 0;
    return *number > 0 || strcmp(value.text, "False") == 0 ||
           sdse_text_as_double(value.text, number);
}

bool sdse_template_is_true(struct sdse_template_value value) {
    double number;
    if (value.is_text)
        return *value.text != '\0';
    return as_number(value, &number) && number != 0;
}

static double number_of(struct sdse_template *x, struct sdse_template_value value) {
    double number = 0;
    if (!as_number(value, &number))
        sdse_template_refuse(x, x->at,
                             !value.text     ? "what is not defined has no value"
                             : value.is_text ? "a text is no number: "
                                             : "no number: ",
                             value.text ? value.text : "",
                             value.text ? strlen(value.text) : 0);
    return number;
}

// Also of a text that holds one.
static double int_of(struct sdse_template *x, struct sdse_template_value value) {
    double number;
    return trunc(value.is_text && sdse_text_as_double(value.text, &number)
                     ? number
                     : number_of(x, value));
}

size_t sdse_template_name_length(const struct sdse_template *x) {
    size_t length = 0;
    while (x->at + length < x->end && is_name(x->at[length]))
        length++;
    return length;
}

static struct sdse_template_value find_name(struct sdse_template *x, const char *name,
                                            size_t length) {
    for (unsigned i = x->name_count; i-- > 0;)
        if (strlen(x->names[i].name) == length &&
            strncmp(x->names[i].name, name, length) == 0)
            return x->names[i].value;
    return (struct sdse_template_value){NULL, false};
}

// As Python writes them, and as Jinja does.
static const struct {
    const char *name, *text;
} constants[] = {{"True", "True"},   {"true", "True"}, {"False", "False"},
                 {"false", "False"}, {"None", "None"}, {"none", "None"}};

static struct sdse_template_value atom(struct sdse_template *x) {
    sdse_template_skip_blanks(x);
    const char *from = x->at;
    if (x->at < x->end && (*x->at == '"' || *x->at == '\'')) {
        const char *close = memchr(from + 1, *from, (size_t)(x->end - from - 1));
        if (!close) {
            sdse_template_refuse(x, from, "a text is not closed", "", 0);
            return (struct sdse_template_value){NULL, false};
        }
        x->at = close + 1;
        return kept_value(x, from + 1, (size_t)(close - from - 1), true);
    }
    if (x->at < x->end && (isdigit((unsigned char)*x->at) || *x->at == '.')) {
        while (x->at < x->end &&
               (is_name(*x->at) || *x->at == '.' ||
                ((*x->at == '+' || *x->at == '-') && (x->at[-1] == 'e'))))
            x->at++;
        const struct sdse_template_value value =
            kept_value(x, from, (size_t)(x->at - from), false);
        if (!x->failed)
            number_of(x, value);
        return value;
    }
    if (sdse_template_take(x, "(")) {
        const struct sdse_template_value value = expression(x);
        if (!sdse_template_take(x, ")"))
            sdse_template_refuse(x, x->at, "a bracket is not closed", "", 0);
        return value;
    }
    const size_t length = sdse_template_name_length(x);
    if (!length) {
        sdse_template_refuse(x, from, "expected a number, a text, a name or a bracket",
                             "", 0);
        return (struct sdse_template_value){NULL, false};
    }
    x->at += length;
    if (x->at < x->end && strchr("([.", *x->at))
        sdse_template_refuse(x, from, "not worked out here: ", from, length);
    for (size_t i = 0; i < sizeof constants / sizeof *constants; i++)
        if (strlen(constants[i].name) == length &&
            strncmp(from, constants[i].name, length) == 0)
            return (struct sdse_template_value){constants[i].text, false};
    return find_name(x, from, length);
}

// value | default(other) | int
static struct sdse_template_value filtered(struct sdse_template *x) {
    struct sdse_template_value value = atom(x);
    while (!x->failed && sdse_template_take(x, "|")) {
        sdse_template_skip_blanks(x);
        const char *from = x->at;
        if (sdse_template_take(x, "default")) {
            if (!sdse_template_take(x, "("))
                sdse_template_refuse(x, from, "a default has a value", "", 0);
            const struct sdse_template_value other = expression(x);
            if (!sdse_template_take(x, ")"))
                sdse_template_refuse(x, x->at, "a bracket is not closed", "", 0);
            value = value.text ? value : other;
        } else if (sdse_template_take(x, "int")) {
            value = number_value(x, int_of(x, value));
        } else {
            sdse_template_refuse(x, from, "no filter that is known: ", from,
                                 sdse_template_name_length(x));
        }
    }
    return value;
}

static struct sdse_template_value sign(struct sdse_template *x) {
    if (++x->depth > DEEPEST)
        sdse_template_refuse(x, x->at, "nested too deeply", "", 0);
    struct sdse_template_value value = {NULL, false};
    if (!x->failed && sdse_template_take(x, "-"))
        value = number_value(x, -number_of(x, sign(x)));
    else if (!x->failed)
        value = filtered(x);
    x->depth--;
    return value;
}

static struct sdse_template_value product(struct sdse_template *x) {
    struct sdse_template_value value = sign(x);
    while (!x->failed) {
        const int act = sdse_template_take(x, "//")  ? 'i'
                        : sdse_template_take(x, "*") ? '*'
                        : sdse_template_take(x, "/") ? '/'
                        : sdse_template_take(x, "%") ? '%'
                                                     : 0;
        if (!act)
            break;
        const double a = number_of(x, value), b = number_of(x, sign(x));
        value = number_value(x, act == '*'   ? a * b
                                : act == '/' ? a / b
                                : act == 'i' ? floor(a / b)
                                             : a - b * floor(a / b));
    }
    return value;
}

static struct sdse_template_value sum(struct sdse_template *x) {
    struct sdse_template_value value = product(x);
    while (!x->failed) {
        const bool minus = sdse_template_take(x, "-");
        if (!minus && !sdse_template_take(x, "+"))
            break;
        const double a = number_of(x, value), b = number_of(x, product(x));
        value = number_value(x, minus ? a - b : a + b);
    }
    return value;
}

static struct sdse_template_value comparison(struct sdse_template *x) {
    static const char *const signs[] = {"==", "!=", "<=", ">=", "<", ">"};
    const struct sdse_template_value value = sum(x);
    if (!x->failed && sdse_template_take(x, "is")) {
        const bool negated = sdse_template_take(x, "not");
        if (!sdse_template_take(x, "defined"))
            sdse_template_refuse(x, x->at, "expected 'is defined'", "", 0);
        return truth((value.text != NULL) != negated);
    }
    for (size_t i = 0; i < sizeof signs / sizeof *signs && !x->failed; i++) {
        if (!sdse_template_take(x, signs[i]))
            continue;
        const struct sdse_template_value other = sum(x);
        double a, b;
        if (i < 2 && value.text && other.text &&
            !(as_number(value, &a) && as_number(other, &b)))
            return truth((value.is_text == other.is_text &&
                          strcmp(value.text, other.text) == 0) == (i == 0));
        a = number_of(x, value);
        b = number_of(x, other);
        const bool is[] = {a == b, a != b, a <= b, a >= b, a<b, a> b};
        return truth(is[i]);
    }
    return value;
}

static struct sdse_template_value negation(struct sdse_template *x) {
    if (++x->depth > DEEPEST)
        sdse_template_refuse(x, x->at, "nested too deeply", "", 0);
    const struct sdse_template_value value =
        x->failed                      ? (struct sdse_template_value){NULL, false}
        : sdse_template_take(x, "not") ? truth(!sdse_template_is_true(negation(x)))
                                       : comparison(x);
    x->depth--;
    return value;
}

static struct sdse_template_value logic(struct sdse_template *x) {
    struct sdse_template_value value = negation(x);
    for (;;) {
        while (!x->failed && sdse_template_take(x, "and")) {
            const struct sdse_template_value other = negation(x);
            value = sdse_template_is_true(value) ? other : value;
        }
        if (x->failed || !sdse_template_take(x, "or"))
            return value;
        struct sdse_template_value other = negation(x);
        while (!x->failed && sdse_template_take(x, "and")) {
            const struct sdse_template_value third = negation(x);
            other = sdse_template_is_true(other) ? third : other;
        }
        value = sdse_template_is_true(value) ? value : other;
    }
}

static struct sdse_template_value expression(struct sdse_template *x) {
    if (++x->depth > DEEPEST)
        sdse_template_refuse(x, x->at, "nested too deeply", "", 0);
    struct sdse_template_value value = {NULL, false};
    if (!x->failed)
        value = logic(x);
    if (!x->failed && sdse_template_take(x, "if")) {
        const bool is = sdse_template_is_true(logic(x));
        struct sdse_template_value other = {NULL, false};
        if (sdse_template_take(x, "else"))
            other = expression(x);
        value = is ? value : other;
    }
    x->depth--;
    return value;
}

struct sdse_template_value sdse_template_expression(struct sdse_template *x,
                                                    const char *from, const char *end) {
    x->at = from;
    x->end = end;
    const struct sdse_template_value value = expression(x);
    sdse_template_skip_blanks(x);
    if (x->at < x->end)
        sdse_template_refuse(x, x->at, "not expected: ", x->at,
                             (size_t)(x->end - x->at));
    return value;
}
