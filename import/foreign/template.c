#include "import/foreign/template.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "spec/value.h"

enum { MOST_NAMES = 64, NAME_BYTES = 48, DEEPEST = 24, MOST_IFS = 16, MOST_TEXT = 200 };

// A text, which may be a number; undefined: NULL.
struct value {
    const char *text;
};

struct expanding {
    struct sdse_foreign *foreign;
    const char *path, *whole, *check;
    bool failed;
    unsigned depth, name_count;
    struct {
        char name[NAME_BYTES];
        struct value value;
    } names[MOST_NAMES];
    const char *at, *end; // of the expression under way
    // Conditions around: whether what follows is taken, and whether some branch was.
    unsigned if_count;
    struct {
        bool taken, was, outside;
    } ifs[MOST_IFS];
};

static void refuse(struct expanding *x, const char *at, const char *what,
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

// --- Expressions ---

static struct value expression(struct expanding *x);

static void skip_blanks(struct expanding *x) {
    while (x->at < x->end && strchr(" \t\r\n", *x->at))
        x->at++;
}

static bool is_name(char c) { return isalnum((unsigned char)c) || c == '_'; }

// A sign, or a word that ends there.
static bool take(struct expanding *x, const char *word) {
    skip_blanks(x);
    const size_t length = strlen(word);
    if ((size_t)(x->end - x->at) < length || strncmp(x->at, word, length) != 0 ||
        (is_name(*word) && x->at + length < x->end && is_name(x->at[length])))
        return false;
    x->at += length;
    return true;
}

static struct value text_value(struct expanding *x, const char *text, size_t length) {
    const char *kept = sdse_arena_copy(x->foreign->arena, text, length);
    x->foreign->out_of_memory |= !kept;
    x->failed |= !kept;
    return (struct value){kept};
}

static struct value number_value(struct expanding *x, double number) {
    char text[40];
    if (!isfinite(number))
        refuse(x, x->at, "no finite number", "", 0);
    const int length = snprintf(text, sizeof text, "%.17g", number);
    return text_value(x, text, (size_t)length);
}

static struct value truth(bool is) { return (struct value){is ? "True" : "False"}; }

static bool is_true(struct value value) {
    double number;
    if (!value.text || strcmp(value.text, "False") == 0 ||
        strcmp(value.text, "false") == 0 || strcmp(value.text, "None") == 0)
        return false;
    return sdse_text_as_double(value.text, &number) ? number != 0 : *value.text != 0;
}

static double number_of(struct expanding *x, struct value value) {
    double number = 0;
    if (!value.text || !sdse_text_as_double(value.text, &number))
        refuse(x, x->at,
               value.text ? "no number: " : "what is not defined has no value",
               value.text ? value.text : "", value.text ? strlen(value.text) : 0);
    return number;
}

static size_t name_length(const struct expanding *x) {
    size_t length = 0;
    while (x->at + length < x->end && is_name(x->at[length]))
        length++;
    return length;
}

static struct value find_name(struct expanding *x, const char *name, size_t length) {
    for (unsigned i = x->name_count; i-- > 0;)
        if (strlen(x->names[i].name) == length &&
            strncmp(x->names[i].name, name, length) == 0)
            return x->names[i].value;
    return (struct value){NULL};
}

static struct value atom(struct expanding *x) {
    skip_blanks(x);
    const char *from = x->at;
    if (x->at < x->end && (*x->at == '"' || *x->at == '\'')) {
        const char *close = memchr(from + 1, *from, (size_t)(x->end - from - 1));
        if (!close) {
            refuse(x, from, "a text is not closed", "", 0);
            return (struct value){NULL};
        }
        x->at = close + 1;
        return text_value(x, from + 1, (size_t)(close - from - 1));
    }
    if (x->at < x->end && (isdigit((unsigned char)*x->at) || *x->at == '.')) {
        while (x->at < x->end &&
               (is_name(*x->at) || *x->at == '.' ||
                ((*x->at == '+' || *x->at == '-') && (x->at[-1] == 'e'))))
            x->at++;
        const struct value value = text_value(x, from, (size_t)(x->at - from));
        if (!x->failed)
            number_of(x, value);
        return value;
    }
    if (take(x, "(")) {
        const struct value value = expression(x);
        if (!take(x, ")"))
            refuse(x, x->at, "a bracket is not closed", "", 0);
        return value;
    }
    const size_t length = name_length(x);
    if (!length) {
        refuse(x, from, "expected a number, a text, a name or a bracket", "", 0);
        return (struct value){NULL};
    }
    x->at += length;
    if (x->at < x->end && strchr("([.", *x->at))
        refuse(x, from, "not worked out here: ", from, length);
    if (length == 4 && strncmp(from, "True", 4) == 0)
        return truth(true);
    if (length == 5 && strncmp(from, "False", 5) == 0)
        return truth(false);
    return find_name(x, from, length);
}

// value | default(other) | int
static struct value filtered(struct expanding *x) {
    struct value value = atom(x);
    while (!x->failed && take(x, "|")) {
        skip_blanks(x);
        const char *from = x->at;
        if (take(x, "default")) {
            if (!take(x, "("))
                refuse(x, from, "a default has a value", "", 0);
            const struct value other = expression(x);
            if (!take(x, ")"))
                refuse(x, x->at, "a bracket is not closed", "", 0);
            value = value.text ? value : other;
        } else if (take(x, "int")) {
            value = number_value(x, trunc(number_of(x, value)));
        } else {
            refuse(x, from, "no filter that is known: ", from, name_length(x));
        }
    }
    return value;
}

static struct value sign(struct expanding *x) {
    if (++x->depth > DEEPEST)
        refuse(x, x->at, "nested too deeply", "", 0);
    struct value value = {NULL};
    if (!x->failed && take(x, "-"))
        value = number_value(x, -number_of(x, sign(x)));
    else if (!x->failed)
        value = filtered(x);
    x->depth--;
    return value;
}

static struct value product(struct expanding *x) {
    struct value value = sign(x);
    while (!x->failed) {
        const int act = take(x, "//")  ? 'i'
                        : take(x, "*") ? '*'
                        : take(x, "/") ? '/'
                        : take(x, "%") ? '%'
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

static struct value sum(struct expanding *x) {
    struct value value = product(x);
    while (!x->failed) {
        const bool minus = take(x, "-");
        if (!minus && !take(x, "+"))
            break;
        const double a = number_of(x, value), b = number_of(x, product(x));
        value = number_value(x, minus ? a - b : a + b);
    }
    return value;
}

static struct value comparison(struct expanding *x) {
    static const char *const signs[] = {"==", "!=", "<=", ">=", "<", ">"};
    const struct value value = sum(x);
    if (!x->failed && take(x, "is")) {
        const bool negated = take(x, "not");
        if (!take(x, "defined"))
            refuse(x, x->at, "expected 'is defined'", "", 0);
        return truth((value.text != NULL) != negated);
    }
    for (size_t i = 0; i < sizeof signs / sizeof *signs && !x->failed; i++) {
        if (!take(x, signs[i]))
            continue;
        const struct value other = sum(x);
        double a, b;
        if (i < 2 && value.text && other.text &&
            !(sdse_text_as_double(value.text, &a) &&
              sdse_text_as_double(other.text, &b)))
            return truth((strcmp(value.text, other.text) == 0) == (i == 0));
        a = number_of(x, value);
        b = number_of(x, other);
        const bool is[] = {a == b, a != b, a <= b, a >= b, a<b, a> b};
        return truth(is[i]);
    }
    return value;
}

static struct value negation(struct expanding *x) {
    if (++x->depth > DEEPEST)
        refuse(x, x->at, "nested too deeply", "", 0);
    const struct value value = x->failed        ? (struct value){NULL}
                               : take(x, "not") ? truth(!is_true(negation(x)))
                                                : comparison(x);
    x->depth--;
    return value;
}

static struct value logic(struct expanding *x) {
    struct value value = negation(x);
    for (;;) {
        while (!x->failed && take(x, "and")) {
            const struct value other = negation(x);
            value = is_true(value) ? other : value;
        }
        if (x->failed || !take(x, "or"))
            return value;
        struct value other = negation(x);
        while (!x->failed && take(x, "and")) {
            const struct value third = negation(x);
            other = is_true(other) ? third : other;
        }
        value = is_true(value) ? value : other;
    }
}

static struct value expression(struct expanding *x) {
    if (++x->depth > DEEPEST)
        refuse(x, x->at, "nested too deeply", "", 0);
    struct value value = {NULL};
    if (!x->failed)
        value = logic(x);
    if (!x->failed && take(x, "if")) {
        const bool is = is_true(logic(x));
        struct value other = {NULL};
        if (take(x, "else"))
            other = expression(x);
        value = is ? value : other;
    }
    x->depth--;
    return value;
}

static struct value whole_expression(struct expanding *x, const char *from,
                                     const char *end) {
    x->at = from;
    x->end = end;
    const struct value value = expression(x);
    skip_blanks(x);
    if (x->at < x->end)
        refuse(x, x->at, "not expected: ", x->at, (size_t)(x->end - x->at));
    return value;
}

// --- Statements ---

static bool takes(const struct expanding *x) {
    return !x->if_count ||
           (x->ifs[x->if_count - 1].taken && x->ifs[x->if_count - 1].outside);
}

static void set_name(struct expanding *x) {
    skip_blanks(x);
    const char *name = x->at;
    const size_t length = name_length(x);
    x->at += length;
    if (!length || length >= NAME_BYTES || !take(x, "=") ||
        x->name_count == MOST_NAMES) {
        refuse(x, name, "expected 'set NAME = value', 64 of them at most", "", 0);
        return;
    }
    const struct value value = whole_expression(x, x->at, x->end);
    if (!takes(x) || x->failed)
        return;
    if (value.text && strlen(value.text) > MOST_TEXT) {
        refuse(x, name, "a text too long", "", 0);
        return;
    }
    memcpy(x->names[x->name_count].name, name, length);
    x->names[x->name_count].name[length] = '\0';
    x->names[x->name_count++].value = value;
}

static void run_if(struct expanding *x, const char *from) {
    if (take(x, "if")) {
        const bool outside = takes(x);
        if (x->if_count == MOST_IFS) {
            refuse(x, from, "conditions within each other, more than 16", "", 0);
            return;
        }
        const bool is = is_true(whole_expression(x, x->at, x->end));
        x->ifs[x->if_count].outside = outside;
        x->ifs[x->if_count].taken = x->ifs[x->if_count].was = is;
        x->if_count++;
    } else if (!x->if_count) {
        refuse(x, from, "no condition is open", "", 0);
    } else if (take(x, "elif")) {
        const bool is = is_true(whole_expression(x, x->at, x->end));
        x->ifs[x->if_count - 1].taken = is && !x->ifs[x->if_count - 1].was;
        x->ifs[x->if_count - 1].was |= is;
    } else if (take(x, "else")) {
        x->ifs[x->if_count - 1].taken = !x->ifs[x->if_count - 1].was;
        x->ifs[x->if_count - 1].was = true;
    } else {
        (void)take(x, "endif");
        x->if_count--;
    }
}

static void run_statement(struct expanding *x, const char *from, const char *end) {
    static const char *const conditions[] = {"if", "elif", "else", "endif"};
    x->at = from;
    x->end = end;
    skip_blanks(x);
    const char *word = x->at;
    const size_t length = name_length(x);
    for (size_t i = 0; i < sizeof conditions / sizeof *conditions; i++) {
        if (strlen(conditions[i]) == length &&
            strncmp(word, conditions[i], length) == 0) {
            run_if(x, word);
            return;
        }
    }
    if (take(x, "set"))
        set_name(x);
    else
        refuse(x, word, "not worked out here, write out what it comes to: ", word,
               length);
}

// --- The text ---

// Line ends stay, so that places stay.
static void keep_lines(FILE *out, const char *from, const char *end) {
    for (; from < end; from++)
        if (*from == '\n')
            fputc('\n', out);
}

static void print_value(struct expanding *x, FILE *out, const char *from,
                        const char *end) {
    const struct value value = whole_expression(x, from, end);
    while (from < end && strchr(" \t\r\n", *from))
        from++;
    if (!x->failed && !value.text)
        refuse(x, from, "nothing says what this is: ", from, (size_t)(end - from));
    if (!x->failed && takes(x))
        fputs(value.text, out);
}

static void expand(struct expanding *x, FILE *out) {
    static const char *const open[] = {"{{", "{%", "{#"}, *const close[] = {"}}", "%}",
                                                                            "#}"};
    const char *at = x->whole;
    while (*at && !x->failed) {
        unsigned kind = 0;
        while (kind < 3 && strncmp(at, open[kind], 2) != 0)
            kind++;
        if (kind == 3) {
            if (takes(x) || *at == '\n')
                fputc(*at, out);
            at++;
            continue;
        }
        const char *from = at + 2, *end = strstr(from, close[kind]);
        if (!end) {
            refuse(x, at, "it does not end with ", close[kind], 2);
            return;
        }
        const char *next = end + 2;
        from += *from == '-' || *from == '+';
        end -= end > from && (end[-1] == '-' || end[-1] == '+');
        if (kind == 0 && takes(x))
            print_value(x, out, from, end);
        else if (kind == 1)
            run_statement(x, from, end);
        keep_lines(out, from, end);
        at = next;
    }
    if (x->if_count && !x->failed)
        refuse(x, at, "a condition is not closed", "", 0);
}

const char *sdse_foreign_template(struct sdse_foreign *foreign, const char *path,
                                  const char *text, const char *check) {
    struct sdse_text out;
    if (!strstr(text, "{{") && !strstr(text, "{%") && !strstr(text, "{#"))
        return text;
    struct expanding *x = SDSE_ARENA_NEW(foreign->arena, struct expanding);
    if (!x || !sdse_text_begin(&out)) {
        foreign->out_of_memory = true;
        return NULL;
    }
    *x = (struct expanding){
        .foreign = foreign, .path = path, .whole = text, .check = check};
    expand(x, out.out);
    const char *made = sdse_text_end(&out, foreign->arena);
    foreign->out_of_memory |= !made;
    return x->failed ? NULL : made;
}
