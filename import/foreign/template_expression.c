// Expressions of a template.
#include <ctype.h>
#include <math.h>
#include <string.h>

#include "base/text.h"
#include "import/foreign/template_reading.h"
#include "spec/value.h"

enum { DEEPEST = 24, MOST_LISTED = 64 };

void sdse_template_refuse(struct sdse_template *x, const char *at, const char *what,
                          const char *name, size_t length) {
    struct sdse_loc loc = {x->source.path, 1, 1};
    if (x->failed)
        return;
    x->failed = true;
    for (const char *c = x->source.whole; c < at; c++) {
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

static const struct sdse_template_value undefined;

static struct sdse_template_value truth(bool is) {
    return (struct sdse_template_value){.text = is ? "True" : "False"};
}

// Also of a text that holds one.
static double int_of(struct sdse_template *x, struct sdse_template_value value) {
    double number;
    return trunc(value.is_text && sdse_text_as_double(value.text, &number)
                     ? number
                     : sdse_template_as_number(x, value));
}

size_t sdse_template_name_length(const struct sdse_template *x) {
    size_t length = 0;
    while (x->at + length < x->end && is_name(x->at[length]))
        length++;
    return length;
}

static struct sdse_template_value find_name(struct sdse_template *x, const char *name,
                                            size_t length) {
    for (size_t i = 0; i < x->world->given_count; i++)
        x->world->given[i].asked |= strlen(x->world->given[i].name) == length &&
                                    strncmp(x->world->given[i].name, name, length) == 0;
    for (unsigned i = x->name_count; i-- > 0;)
        if (strlen(x->names[i].name) == length &&
            strncmp(x->names[i].name, name, length) == 0)
            return x->names[i].value;
    return undefined;
}

// As Python writes them, and as Jinja does.
static const struct {
    const char *name, *text;
} constants[] = {{"True", "True"},   {"true", "True"}, {"False", "False"},
                 {"false", "False"}, {"None", "None"}, {"none", "None"}};

// [1, 'b', N]
static struct sdse_template_value list(struct sdse_template *x) {
    sdse_template_charge(x, MOST_LISTED * sizeof(struct sdse_template_value));
    struct sdse_template_value *item =
        SDSE_ARENA_ARRAY(x->foreign->arena, struct sdse_template_value, MOST_LISTED);
    size_t count = 0;
    if (!item) {
        x->foreign->out_of_memory = x->failed = true;
        return undefined;
    }
    while (!x->failed && !sdse_template_take(x, "]")) {
        if (count == MOST_LISTED)
            sdse_template_refuse(x, x->at, "a list of more than 64 values", "", 0);
        else
            item[count++] = expression(x);
        if (!sdse_template_take(x, ",") && (x->at == x->end || *x->at != ']'))
            sdse_template_refuse(x, x->at, "a bracket is not closed", "", 0);
    }
    return sdse_template_list(x, item, count);
}

static struct sdse_template_value atom(struct sdse_template *x) {
    sdse_template_skip_blanks(x);
    const char *from = x->at;
    if (x->at < x->end && (*x->at == '"' || *x->at == '\'')) {
        const char *close = memchr(from + 1, *from, (size_t)(x->end - from - 1));
        if (!close) {
            sdse_template_refuse(x, from, "a text is not closed", "", 0);
            return undefined;
        }
        x->at = close + 1;
        return sdse_template_text(x, from + 1, (size_t)(close - from - 1), true);
    }
    if (x->at < x->end && (isdigit((unsigned char)*x->at) || *x->at == '.')) {
        while (x->at < x->end &&
               (is_name(*x->at) || *x->at == '.' ||
                ((*x->at == '+' || *x->at == '-') && (x->at[-1] == 'e'))))
            x->at++;
        const struct sdse_template_value value =
            sdse_template_text(x, from, (size_t)(x->at - from), false);
        if (!x->failed)
            sdse_template_as_number(x, value);
        return value;
    }
    if (sdse_template_take(x, "(")) {
        const struct sdse_template_value value = expression(x);
        if (!sdse_template_take(x, ")"))
            sdse_template_refuse(x, x->at, "a bracket is not closed", "", 0);
        return value;
    }
    if (sdse_template_take(x, "["))
        return list(x);
    size_t length = sdse_template_name_length(x);
    if (!length) {
        sdse_template_refuse(x, from, "expected a number, a text, a name or a bracket",
                             "", 0);
        return undefined;
    }
    x->at += length;
    if (x->at < x->end && *x->at == '(') {
        x->at++;
        return sdse_template_call(x, from, length);
    }
    if (length == 4 && strncmp(from, "loop", 4) == 0 && x->at < x->end &&
        *x->at == '.') { // its facts are names with a point
        x->at++;
        x->at += sdse_template_name_length(x);
        length = (size_t)(x->at - from);
    }
    if (x->at < x->end && *x->at == '.')
        sdse_template_refuse(x, from, "not worked out here: ", from, length);
    for (size_t i = 0; i < sizeof constants / sizeof *constants; i++)
        if (strlen(constants[i].name) == length &&
            strncmp(from, constants[i].name, length) == 0)
            return (struct sdse_template_value){.text = constants[i].text};
    return find_name(x, from, length);
}

// An element by its number, from the end where that is negative.
static struct sdse_template_value element(struct sdse_template *x,
                                          struct sdse_template_value of) {
    const char *from = x->at;
    const double number = sdse_template_as_number(x, expression(x));
    const size_t count = of.is_list ? of.count : of.is_text ? strlen(of.text) : 0;
    const double place = number < 0 ? number + (double)count : number;
    if (!sdse_template_take(x, "]"))
        sdse_template_refuse(x, x->at, "a bracket is not closed", "", 0);
    if (!of.is_list && !of.is_text)
        sdse_template_refuse(x, from, "elements are those of a list or a text", "", 0);
    else if (!(place >= 0 && place < (double)count) || place != floor(place))
        sdse_template_refuse(x, from, "there is no such element", "", 0);
    if (x->failed)
        return undefined;
    return of.is_list ? of.item[(size_t)place]
                      : sdse_template_text(x, of.text + (size_t)place, 1, true);
}

static struct sdse_template_value indexed(struct sdse_template *x) {
    struct sdse_template_value value = atom(x);
    while (!x->failed && sdse_template_take(x, "["))
        value = element(x, value);
    return value;
}

// value | default(other) | int
static struct sdse_template_value filtered(struct sdse_template *x) {
    struct sdse_template_value value = indexed(x);
    while (!x->failed && sdse_template_take(x, "|")) {
        sdse_template_skip_blanks(x);
        const char *from = x->at;
        const size_t length = sdse_template_name_length(x);
        if (sdse_template_take(x, "default")) {
            if (!sdse_template_take(x, "("))
                sdse_template_refuse(x, from, "a default has a value", "", 0);
            const struct sdse_template_value other = expression(x);
            if (!sdse_template_take(x, ")"))
                sdse_template_refuse(x, x->at, "a bracket is not closed", "", 0);
            value = value.text ? value : other;
        } else if (sdse_template_take(x, "int")) {
            value = sdse_template_number(x, int_of(x, value));
        } else if (sdse_template_take(x, "length") &&
                   (value.is_list || value.is_text)) {
            value = sdse_template_number(x, value.is_list ? (double)value.count
                                                          : (double)strlen(value.text));
        } else {
            sdse_template_refuse(x, from, "no filter that is known: ", from, length);
        }
    }
    return value;
}

static struct sdse_template_value sign(struct sdse_template *x) {
    if (++x->depth > DEEPEST)
        sdse_template_refuse(x, x->at, "nested too deeply", "", 0);
    struct sdse_template_value value = undefined;
    if (!x->failed && sdse_template_take(x, "-"))
        value = sdse_template_number(x, -sdse_template_as_number(x, sign(x)));
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
        const double a = sdse_template_as_number(x, value),
                     b = sdse_template_as_number(x, sign(x));
        value = sdse_template_number(x, act == '*'   ? a * b
                                        : act == '/' ? a / b
                                        : act == 'i' ? floor(a / b)
                                                     : a - b * floor(a / b));
    }
    return value;
}

// Both texts, one behind the other.
static struct sdse_template_value joined(struct sdse_template *x,
                                         struct sdse_template_value a,
                                         struct sdse_template_value b) {
    sdse_template_charge(x, strlen(a.text) + strlen(b.text));
    if (x->failed)
        return undefined;
    const char *text = sdse_arena_printf(x->foreign->arena, "%s%s", a.text, b.text);
    x->foreign->out_of_memory |= !text;
    x->failed |= !text;
    return (struct sdse_template_value){.text = text, .is_text = true};
}

static struct sdse_template_value sum(struct sdse_template *x) {
    struct sdse_template_value value = product(x);
    while (!x->failed) {
        const bool minus = sdse_template_take(x, "-");
        if (!minus && !sdse_template_take(x, "+"))
            break;
        const bool texts = !minus && value.is_text;
        const double a = texts ? 0 : sdse_template_as_number(x, value);
        const struct sdse_template_value other = product(x);
        if (texts && other.is_text) {
            value = joined(x, value, other);
            continue;
        }
        if (texts)
            sdse_template_as_number(x, value); // which it is not
        const double b = sdse_template_as_number(x, other);
        value = sdse_template_number(x, minus ? a - b : a + b);
    }
    return value;
}

static struct sdse_template_value concatenation(struct sdse_template *x) {
    struct sdse_template_value value = sum(x);
    while (!x->failed && sdse_template_take(x, "~")) {
        const struct sdse_template_value other = sum(x);
        if (!value.text || !other.text)
            sdse_template_refuse(x, x->at, "what is not defined has no value", "", 0);
        if (!x->failed)
            value = joined(x, value, other);
    }
    return value;
}

static struct sdse_template_value comparison(struct sdse_template *x) {
    static const char *const signs[] = {"==", "!=", "<=", ">=", "<", ">"};
    const struct sdse_template_value value = concatenation(x);
    if (!x->failed && sdse_template_take(x, "is")) {
        const bool negated = sdse_template_take(x, "not");
        if (!sdse_template_take(x, "defined"))
            sdse_template_refuse(x, x->at, "expected 'is defined'", "", 0);
        return truth((value.text != NULL) != negated);
    }
    for (size_t i = 0; i < sizeof signs / sizeof *signs && !x->failed; i++) {
        if (!sdse_template_take(x, signs[i]))
            continue;
        const struct sdse_template_value other = concatenation(x);
        double a, b;
        if (i < 2 && value.text && other.text &&
            !(sdse_template_is_number(value, &a) && sdse_template_is_number(other, &b)))
            return truth((value.is_text == other.is_text &&
                          strcmp(value.text, other.text) == 0) == (i == 0));
        a = sdse_template_as_number(x, value);
        b = sdse_template_as_number(x, other);
        const bool is[] = {a == b, a != b, a <= b, a >= b, a<b, a> b};
        return truth(is[i]);
    }
    return value;
}

static struct sdse_template_value negation(struct sdse_template *x) {
    if (++x->depth > DEEPEST)
        sdse_template_refuse(x, x->at, "nested too deeply", "", 0);
    const struct sdse_template_value value =
        x->failed                      ? undefined
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
    struct sdse_template_value value = undefined;
    if (!x->failed)
        value = logic(x);
    if (!x->failed && sdse_template_take(x, "if")) {
        const bool is = sdse_template_is_true(logic(x));
        struct sdse_template_value other = undefined;
        if (sdse_template_take(x, "else"))
            other = expression(x);
        value = is ? value : other;
    }
    x->depth--;
    return value;
}

struct sdse_template_value sdse_template_argument(struct sdse_template *x) {
    return expression(x);
}

static struct sdse_template_value whole(struct sdse_template *x, const char *from,
                                        const char *end, bool chooses) {
    x->at = from;
    x->end = end;
    const struct sdse_template_value value = chooses ? expression(x) : logic(x);
    sdse_template_skip_blanks(x);
    if (x->at < x->end)
        sdse_template_refuse(x, x->at, "not expected: ", x->at,
                             (size_t)(x->end - x->at));
    return value;
}

struct sdse_template_value sdse_template_expression(struct sdse_template *x,
                                                    const char *from, const char *end) {
    return whole(x, from, end, true);
}

struct sdse_template_value sdse_template_operand(struct sdse_template *x,
                                                 const char *from, const char *end) {
    return whole(x, from, end, false);
}
