// The statements of a template, and the text between them.
#include <string.h>

#include "base/arena_grow.h"
#include "base/text.h"
#include "import/foreign/template_reading.h"

enum { MOST_TEXT = 200, MOST_BLOCKS = 24, MOST_STEPS = 200000 };

// What ends a block.
enum closing {
    CLOSE_TEXT, // the end of the text
    CLOSE_ELIF,
    CLOSE_ELSE,
    CLOSE_ENDIF,
    CLOSE_ENDFOR,
    CLOSE_ENDMACRO,
    CLOSINGS
};
static const char *const closing_words[CLOSINGS] = {"",      "elif",   "else",
                                                    "endif", "endfor", "endmacro"};
static const char *const blocks_of[CLOSINGS] = {"",          "condition", "condition",
                                                "condition", "loop",      "macro"};

static enum closing run_block(struct sdse_template *x, struct sdse_template_made *made);

// --- Statements ---

static void refuse(struct sdse_template *x, const char *at, const char *what) {
    sdse_template_refuse(x, at, what, "", 0);
}

// What a block ends with is what ends such blocks.
static void expect_closing(struct sdse_template *x, enum closing closing,
                           enum closing expected) {
    char what[60];
    if (closing == expected || x->failed)
        return;
    if (closing == CLOSE_TEXT)
        snprintf(what, sizeof what, "a %s is not closed", blocks_of[expected]);
    else
        snprintf(what, sizeof what, "no %s is open", blocks_of[closing]);
    refuse(x, closing == CLOSE_TEXT ? x->cursor.at : x->word, what);
}

static void expect_end(struct sdse_template *x) {
    sdse_template_skip_blanks(x);
    if (x->at < x->end)
        sdse_template_refuse(x, x->at, "not expected: ", x->at,
                             (size_t)(x->end - x->at));
}

// A name that follows; 0 and nothing taken where there is none.
static size_t take_name(struct sdse_template *x, const char **name) {
    sdse_template_skip_blanks(x);
    const size_t length = sdse_template_name_length(x);
    *name = x->at;
    if (length >= SDSE_TEMPLATE_NAME_BYTES)
        return 0;
    x->at += length;
    return length;
}

static void run_set(struct sdse_template *x) {
    const char *name;
    const size_t length = take_name(x, &name);
    if (!length || !sdse_template_take(x, "=")) {
        refuse(x, name, "expected 'set NAME = value', 256 of them at most");
        return;
    }
    if (x->off) // what it would be may have no value
        return;
    const struct sdse_template_value value = sdse_template_expression(x, x->at, x->end);
    if (!x->failed && value.text && strlen(value.text) > MOST_TEXT)
        refuse(x, name, "a text too long");
    if (!x->failed)
        sdse_template_set(x, name, length, value);
}

// What AccelForge adds: what must hold, and what is said otherwise.
static void run_assert(struct sdse_template *x) {
    const char *from = x->at;
    if (x->off)
        return;
    x->at = from;
    const struct sdse_template_value holds = sdse_template_argument(x);
    struct sdse_template_value text = {"", true, false, 0, NULL, NULL};
    if (sdse_template_take(x, ","))
        text = sdse_template_argument(x);
    expect_end(x);
    if (!x->failed && !sdse_template_is_true(holds))
        sdse_template_refuse(
            x, from, "it asserts what does not hold: ", text.text ? text.text : "",
            text.text ? strlen(text.text) : 0);
}

static void run_if(struct sdse_template *x, struct sdse_template_made *made) {
    const bool off = x->off;
    bool taken =
        !off && sdse_template_is_true(sdse_template_expression(x, x->at, x->end));
    for (bool any = taken, last = false; !x->failed;) {
        x->off = off || !taken;
        const enum closing closing = run_block(x, made);
        x->off = off;
        if (last && (closing == CLOSE_ELIF || closing == CLOSE_ELSE)) {
            refuse(x, x->word, "a condition ends with its 'else'");
        } else if (closing == CLOSE_ELIF) {
            taken = !off && !any &&
                    sdse_template_is_true(sdse_template_expression(x, x->at, x->end));
            any |= taken;
        } else if (closing == CLOSE_ELSE) {
            expect_end(x);
            taken = !any;
            last = true;
        } else {
            expect_closing(x, closing, CLOSE_ENDIF);
            expect_end(x);
            return;
        }
    }
}

// One pass of a loop: its names are gone behind it.
static void run_pass(struct sdse_template *x, struct sdse_template_made *made,
                     const char *name, size_t length, size_t index, size_t count,
                     struct sdse_template_value value) {
    const struct {
        const char *name;
        double value;
    } facts[] = {{"loop.index", (double)index + 1},
                 {"loop.index0", (double)index},
                 {"loop.length", (double)count},
                 {"loop.first", index == 0},
                 {"loop.last", index + 1 == count}};
    const unsigned names = x->name_count, scope = x->scope;
    x->scope = names;
    sdse_template_set(x, name, length, value);
    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++)
        sdse_template_set(x, facts[i].name, strlen(facts[i].name),
                          sdse_template_number(x, facts[i].value));
    expect_closing(x, run_block(x, made), CLOSE_ENDFOR);
    expect_end(x);
    x->name_count = names;
    x->scope = scope;
}

static void run_for(struct sdse_template *x, struct sdse_template_made *made) {
    const bool off = x->off;
    const char *name;
    const size_t length = take_name(x, &name);
    if (!length || !sdse_template_take(x, "in")) {
        refuse(x, name, "expected 'for NAME in values'");
        return;
    }
    struct sdse_template_value values = {NULL, false, false, 0, NULL, NULL};
    const char *from = x->at;
    if (!off)
        values = sdse_template_operand(x, x->at, x->end);
    if (!off && !x->failed && !values.is_list && !values.is_text)
        refuse(x, from, "a loop goes over a list or a text");
    const size_t count = values.is_list   ? values.count
                         : values.is_text ? strlen(values.text)
                                          : 0;
    const struct sdse_template_cursor body = x->cursor;
    for (size_t i = 0; i < count && !x->failed; i++) {
        x->cursor = body;
        run_pass(x, made, name, length, i, count,
                 values.is_list ? values.item[i]
                                : sdse_template_text(x, values.text + i, 1, true));
    }
    if (count || x->failed)
        return;
    x->off = true;
    expect_closing(x, run_block(x, made), CLOSE_ENDFOR);
    x->off = off;
    expect_end(x);
}

static void read_arguments(struct sdse_template *x, struct sdse_template_macro *macro) {
    while (!x->failed && !sdse_template_take(x, ")")) {
        const char *name;
        const size_t length = take_name(x, &name);
        if (!length || macro->count == SDSE_TEMPLATE_ARGUMENTS) {
            refuse(x, x->at, "expected arguments of a macro, 8 at most");
            return;
        }
        memcpy(macro->argument[macro->count], name, length);
        macro->argument[macro->count][length] = '\0';
        if (sdse_template_take(x, "="))
            macro->otherwise[macro->count] = sdse_template_argument(x);
        macro->count++;
        if (!sdse_template_take(x, ",") && (x->at == x->end || *x->at != ')'))
            refuse(x, x->at, "a bracket is not closed");
    }
}

static void run_macro(struct sdse_template *x, struct sdse_template_made *made) {
    const bool off = x->off;
    const char *name;
    const size_t length = take_name(x, &name);
    if (!length || !sdse_template_take(x, "(") ||
        x->macro_count == SDSE_TEMPLATE_MACROS) {
        refuse(x, name, "expected 'macro NAME(ARGUMENTS)', 32 of them at most");
        return;
    }
    if (!off) {
        struct sdse_template_macro *macro = &x->macro[x->macro_count];
        *macro = (struct sdse_template_macro){.source = x->source, .body = x->cursor};
        memcpy(macro->name, name, length);
        read_arguments(x, macro);
        expect_end(x);
        x->macro_count++;
    }
    x->off = true;
    if (!x->failed)
        expect_closing(x, run_block(x, made), CLOSE_ENDMACRO);
    x->off = off;
    expect_end(x);
}

// Runs a statement, unless it ends a block: then that.
static enum closing run_statement(struct sdse_template *x,
                                  struct sdse_template_made *made, const char *from,
                                  const char *end) {
    x->at = from;
    x->end = end;
    sdse_template_skip_blanks(x);
    const char *word = x->word = x->at;
    const size_t length = sdse_template_name_length(x);
    for (unsigned c = 1; c < CLOSINGS; c++)
        if (sdse_template_take(x, closing_words[c]))
            return (enum closing)c;
    if (sdse_template_take(x, "set"))
        run_set(x);
    else if (sdse_template_take(x, "if"))
        run_if(x, made);
    else if (sdse_template_take(x, "for"))
        run_for(x, made);
    else if (sdse_template_take(x, "macro"))
        run_macro(x, made);
    else if (sdse_template_take(x, "assert"))
        run_assert(x);
    else
        sdse_template_refuse(
            x, word, "not worked out here, write out what it comes to: ", word, length);
    return CLOSE_TEXT;
}

// --- The text ---

// A line begins: it comes from there.
static void begin_line(struct sdse_template *x, struct sdse_template_made *made,
                       const struct sdse_template_place *from) {
    struct sdse_template_lines *lines = &made->lines;
    struct sdse_template_place *place = sdse_arena_grow(
        x->foreign->arena, lines->place, lines->count, &made->capacity, sizeof *place);
    if (!place) {
        x->foreign->out_of_memory = x->failed = true;
        return;
    }
    lines->place = place;
    lines->place[lines->count++] = *from;
}

static void put(struct sdse_template *x, struct sdse_template_made *made, char c,
                const struct sdse_template_place *from) {
    sdse_template_charge(x, 1);
    if (x->failed)
        return;
    if (!made->begun)
        begin_line(x, made, from);
    fputc(c, made->out);
    made->begun = c != '\n';
    for (; c == '\n' && made->owed; made->owed--) {
        begin_line(x, made, from);
        fputc(c, made->out);
    }
}

// The line that the cursor is in.
static struct sdse_template_place here(const struct sdse_template *x) {
    return (struct sdse_template_place){x->source.path, x->cursor.line};
}

// Steps the cursor to a place further on. What leaves no text keeps its line ends,
// behind the line under way, which may go on; what does is put.
static void step(struct sdse_template *x, struct sdse_template_made *made,
                 const char *to, bool puts) {
    for (; x->cursor.at < to; x->cursor.at++) {
        const struct sdse_template_place from = here(x);
        const bool ends = *x->cursor.at == '\n';
        if (puts)
            put(x, made, *x->cursor.at, &from);
        else if (ends && made->keeps && made->begun)
            made->owed++;
        else if (ends && made->keeps)
            put(x, made, '\n', &from);
        x->cursor.line += ends;
    }
}

static bool is_blank(char c) { return c && strchr(" \t\r\n", c); }

// What stands between two tags, without its blanks where one of them trims them.
static void put_between(struct sdse_template *x, struct sdse_template_made *made,
                        const char *end, bool trims) {
    const char *first = x->cursor.at, *last = end;
    while (x->cursor.trims && first < last && is_blank(*first))
        first++;
    while (trims && last > first && is_blank(last[-1]))
        last--;
    step(x, made, first, false);
    step(x, made, last, !x->off);
    step(x, made, end, false);
}

static void print_value(struct sdse_template *x, struct sdse_template_made *made,
                        const char *from, const char *end) {
    const struct sdse_template_value value = sdse_template_expression(x, from, end);
    const struct sdse_template_lines *lines = value.from;
    while (from < end && is_blank(*from))
        from++;
    if (!x->failed && !value.text)
        sdse_template_refuse(x, from, "nothing says what this is: ", from,
                             (size_t)(end - from));
    size_t line = 0;
    for (const char *c = x->failed ? "" : value.text; *c; c++) {
        const struct sdse_template_place own = here(x);
        put(x, made, *c, lines && line < lines->count ? &lines->place[line] : &own);
        line += *c == '\n';
    }
}

static const char *const opening[] = {"{{", "{%", "{#"}, *const ending[] = {"}}", "%}",
                                                                            "#}"};

// The next tag, and its kind; the end of the text, and 3.
static const char *find_tag(const char *at, unsigned *kind) {
    for (*kind = 3; *at; at++) {
        for (*kind = 0; *kind < 3 && strncmp(at, opening[*kind], 2) != 0;)
            ++*kind;
        if (*kind < 3)
            break;
    }
    return at;
}

static enum closing run_block(struct sdse_template *x,
                              struct sdse_template_made *made) {
    enum closing closing = CLOSE_TEXT;
    bool ended = false;
    if (++x->blocks > MOST_BLOCKS)
        refuse(x, x->cursor.at, "blocks, macros or files nested too deeply");
    while (!x->failed && !ended) {
        unsigned kind;
        const char *tag = find_tag(x->cursor.at, &kind);
        put_between(x, made, tag, *tag && tag[2] == '-');
        if (!*tag || x->failed)
            break;
        const char *from = tag + 2, *end = strstr(from, ending[kind]);
        if (!end || ++x->steps > MOST_STEPS) {
            if (end)
                refuse(x, tag, "it takes more than 200000 steps");
            sdse_template_refuse(x, tag, "it does not end with ", ending[kind], 2);
            break;
        }
        const char *behind = end + 2;
        const bool trims = end > from && end[-1] == '-';
        from += *from == '-' || *from == '+';
        end -= end > from && (end[-1] == '-' || end[-1] == '+');
        if (kind == 0 && !x->off)
            print_value(x, made, from, end);
        // Line ends of a tag come behind what it puts, before what stands in its block.
        step(x, made, behind, false);
        x->cursor.trims = trims;
        if (kind == 1) {
            closing = run_statement(x, made, from, end);
            ended = closing != CLOSE_TEXT;
        }
    }
    x->blocks--;
    return closing;
}

void sdse_template_run(struct sdse_template *x, struct sdse_template_made *made) {
    x->cursor = (struct sdse_template_cursor){x->source.whole, 1, false};
    const enum closing closing = run_block(x, made);
    if (closing != CLOSE_TEXT)
        expect_closing(x, closing, CLOSE_TEXT);
}

struct sdse_template_value sdse_template_capture(struct sdse_template *x,
                                                 const char *end_word, bool lines) {
    struct sdse_template_value value = {NULL, true, false, 0, NULL, NULL};
    struct sdse_template_lines *from = NULL;
    struct sdse_text out;
    if (lines)
        from = SDSE_ARENA_NEW(x->foreign->arena, struct sdse_template_lines);
    if ((lines && !from) || !sdse_text_begin(&out)) {
        x->foreign->out_of_memory = x->failed = true;
        return value;
    }
    const char *at = x->at, *end = x->end;
    struct sdse_template_made made = {.out = out.out, .keeps = lines};
    const enum closing closing = run_block(x, &made);
    if (!x->failed)
        expect_closing(x, closing, *end_word ? CLOSE_ENDMACRO : CLOSE_TEXT);
    value.text = sdse_text_end(&out, x->foreign->arena);
    x->foreign->out_of_memory |= !value.text;
    x->failed |= !value.text;
    if (from)
        *from = made.lines;
    value.from = from;
    x->at = at;
    x->end = end;
    return value;
}
