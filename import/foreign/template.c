// The statements of a template, and its text.
#include "import/foreign/template.h"

#include <string.h>

#include "base/text.h"
#include "import/foreign/template_reading.h"

enum { MOST_TEXT = 200 };

static bool takes(const struct sdse_template *x) {
    return !x->if_count ||
           (x->ifs[x->if_count - 1].taken && x->ifs[x->if_count - 1].outside);
}

static void set_name(struct sdse_template *x) {
    sdse_template_skip_blanks(x);
    const char *name = x->at;
    const size_t length = sdse_template_name_length(x);
    x->at += length;
    if (!length || length >= SDSE_TEMPLATE_NAME_BYTES || !sdse_template_take(x, "=") ||
        x->name_count == SDSE_TEMPLATE_NAMES) {
        sdse_template_refuse(x, name, "expected 'set NAME = value', 64 of them at most",
                             "", 0);
        return;
    }
    if (!takes(x)) // what it would be may have no value
        return;
    const struct sdse_template_value value = sdse_template_expression(x, x->at, x->end);
    if (x->failed)
        return;
    if (value.text && strlen(value.text) > MOST_TEXT) {
        sdse_template_refuse(x, name, "a text too long", "", 0);
        return;
    }
    memcpy(x->names[x->name_count].name, name, length);
    x->names[x->name_count].name[length] = '\0';
    x->names[x->name_count++].value = value;
}

static void expect_end(struct sdse_template *x) {
    sdse_template_skip_blanks(x);
    if (x->at < x->end)
        sdse_template_refuse(x, x->at, "not expected: ", x->at,
                             (size_t)(x->end - x->at));
}

static void run_if(struct sdse_template *x, const char *from) {
    if (sdse_template_take(x, "if")) {
        const bool outside = takes(x);
        if (x->if_count == SDSE_TEMPLATE_IFS) {
            sdse_template_refuse(x, from, "conditions within each other, more than 16",
                                 "", 0);
            return;
        }
        const bool is = outside && sdse_template_is_true(
                                       sdse_template_expression(x, x->at, x->end));
        x->ifs[x->if_count].outside = outside;
        x->ifs[x->if_count].taken = x->ifs[x->if_count].was = is;
        x->if_count++;
    } else if (!x->if_count) {
        sdse_template_refuse(x, from, "no condition is open", "", 0);
    } else if (sdse_template_take(x, "elif")) {
        const bool open =
            x->ifs[x->if_count - 1].outside && !x->ifs[x->if_count - 1].was;
        x->ifs[x->if_count - 1].taken =
            open && sdse_template_is_true(sdse_template_expression(x, x->at, x->end));
        x->ifs[x->if_count - 1].was |= x->ifs[x->if_count - 1].taken;
    } else if (sdse_template_take(x, "else")) {
        x->ifs[x->if_count - 1].taken = !x->ifs[x->if_count - 1].was;
        x->ifs[x->if_count - 1].was = true;
        expect_end(x);
    } else {
        (void)sdse_template_take(x, "endif");
        expect_end(x);
        x->if_count--;
    }
}

static void run_statement(struct sdse_template *x, const char *from, const char *end) {
    static const char *const conditions[] = {"if", "elif", "else", "endif"};
    x->at = from;
    x->end = end;
    sdse_template_skip_blanks(x);
    const char *word = x->at;
    const size_t length = sdse_template_name_length(x);
    for (size_t i = 0; i < sizeof conditions / sizeof *conditions; i++) {
        if (strlen(conditions[i]) == length &&
            strncmp(word, conditions[i], length) == 0) {
            run_if(x, word);
            return;
        }
    }
    if (sdse_template_take(x, "set"))
        set_name(x);
    else
        sdse_template_refuse(
            x, word, "not worked out here, write out what it comes to: ", word, length);
}

// --- The text ---

struct made {
    FILE *out;
    bool begun; // the line is
    unsigned owed;
};

static void put(struct made *made, char c) {
    fputc(c, made->out);
    made->begun = c != '\n';
    for (; c == '\n' && made->owed; made->owed--)
        fputc(c, made->out);
}

// Of what leaves no text line ends stay, so that places stay: behind the line under
// way, which may go on.
static void keep_line(struct made *made) {
    if (made->begun)
        made->owed++;
    else
        put(made, '\n');
}

static void keep_lines(struct made *made, const char *from, const char *end) {
    for (; from < end; from++)
        if (*from == '\n')
            keep_line(made);
}

static bool is_blank(char c) { return c && strchr(" \t\r\n", c); }

// What stands between two tags, without its blanks where one of them trims them.
static void put_between(struct sdse_template *x, struct made *made, const char *from,
                        const char *end, bool trim_first, bool trim_last) {
    const char *first = from, *last = end;
    while (trim_first && first < last && is_blank(*first))
        first++;
    while (trim_last && last > first && is_blank(last[-1]))
        last--;
    keep_lines(made, from, first);
    if (!takes(x))
        keep_lines(made, first, last);
    else
        for (const char *c = first; c < last; c++)
            put(made, *c);
    keep_lines(made, last, end);
}

static void print_value(struct sdse_template *x, struct made *made, const char *from,
                        const char *end) {
    const struct sdse_template_value value = sdse_template_expression(x, from, end);
    while (from < end && is_blank(*from))
        from++;
    if (!x->failed && !value.text)
        sdse_template_refuse(x, from, "nothing says what this is: ", from,
                             (size_t)(end - from));
    for (const char *c = x->failed ? "" : value.text; *c; c++)
        put(made, *c);
}

static void expand(struct sdse_template *x, struct made *made) {
    static const char *const open[] = {"{{", "{%", "{#"}, *const close[] = {"}}", "%}",
                                                                            "#}"};
    const char *at = x->whole;
    bool trim = false;
    while (!x->failed) {
        unsigned kind = 3;
        const char *tag = at;
        for (; *tag; tag++) {
            for (kind = 0; kind < 3 && strncmp(tag, open[kind], 2) != 0;)
                kind++;
            if (kind < 3)
                break;
        }
        put_between(x, made, at, tag, trim, *tag && tag[2] == '-');
        at = tag;
        if (!*tag)
            break;
        const char *from = tag + 2, *end = strstr(from, close[kind]);
        if (!end) {
            sdse_template_refuse(x, tag, "it does not end with ", close[kind], 2);
            return;
        }
        at = end + 2;
        from += *from == '-' || *from == '+';
        trim = end > from && end[-1] == '-';
        end -= end > from && (end[-1] == '-' || end[-1] == '+');
        if (kind == 0 && takes(x))
            print_value(x, made, from, end);
        else if (kind == 1)
            run_statement(x, from, end);
        keep_lines(made, from, end);
    }
    if (x->if_count && !x->failed)
        sdse_template_refuse(x, at, "a condition is not closed", "", 0);
}

const char *sdse_foreign_template(struct sdse_foreign *foreign, const char *path,
                                  const char *text, const char *check) {
    struct sdse_text out;
    if (!strstr(text, "{{") && !strstr(text, "{%") && !strstr(text, "{#"))
        return text;
    struct sdse_template *x = SDSE_ARENA_NEW(foreign->arena, struct sdse_template);
    if (!x || !sdse_text_begin(&out)) {
        foreign->out_of_memory = true;
        return NULL;
    }
    *x = (struct sdse_template){
        .foreign = foreign, .path = path, .whole = text, .check = check};
    expand(x, &(struct made){.out = out.out});
    const char *made = sdse_text_end(&out, foreign->arena);
    foreign->out_of_memory |= !made;
    return x->failed ? NULL : made;
}
