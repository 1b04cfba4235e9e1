// A template that is being worked out: what its statements and its expressions share.
#ifndef SDSE_IMPORT_FOREIGN_TEMPLATE_READING_H
#define SDSE_IMPORT_FOREIGN_TEMPLATE_READING_H

#include <stdio.h>

#include "import/foreign/template.h"

enum {
    SDSE_TEMPLATE_NAMES = 256,
    SDSE_TEMPLATE_NAME_BYTES = 48,
    SDSE_TEMPLATE_MACROS = 32,
    SDSE_TEMPLATE_ARGUMENTS = 8,
    SDSE_TEMPLATE_FOLDERS = 8
};

// A number, True, False or None as they are written, a text, which is none of these
// whatever it holds ('0', 'False'), or a list, whose text is what Python writes;
// undefined: NULL.
struct sdse_template_value {
    const char *text;
    bool is_text, is_list;
    size_t count;                           // of a list
    const struct sdse_template_value *item; // [count]
    const struct sdse_template_lines *from; // of a text that was included; else NULL
};

// A place in a text, and whether blanks that follow it are trimmed.
struct sdse_template_cursor {
    const char *at;
    unsigned line;
    bool trims;
};

// A text that is worked out: a file's.
struct sdse_template_source {
    const char *path, *whole;
};

struct sdse_template_macro {
    char name[SDSE_TEMPLATE_NAME_BYTES];
    struct sdse_template_source source;
    struct sdse_template_cursor body;
    unsigned count;
    char argument[SDSE_TEMPLATE_ARGUMENTS][SDSE_TEMPLATE_NAME_BYTES];
    struct sdse_template_value otherwise[SDSE_TEMPLATE_ARGUMENTS];
};

struct sdse_template_name {
    char name[SDSE_TEMPLATE_NAME_BYTES];
    struct sdse_template_value value;
};

struct sdse_template {
    struct sdse_foreign *foreign;
    const struct sdse_template_world *world;
    const char *check;
    struct sdse_template_source source;
    struct sdse_template_cursor cursor; // of its text
    bool failed;
    bool off;                   // what follows is left out
    unsigned depth;             // of expressions, and
    unsigned blocks;            // of blocks, macros and files within each other
    unsigned steps;             // tags so far
    unsigned included;          // files so far
    size_t bytes;               // made so far, in texts and lists
    const char *at, *end;       // of the expression or statement under way
    const char *word;           // it begins with
    unsigned name_count, scope; // names from `scope` on end with the block
    struct sdse_template_name names[SDSE_TEMPLATE_NAMES];
    unsigned macro_count;
    struct sdse_template_macro macro[SDSE_TEMPLATE_MACROS];
    unsigned folder_count; // where files are looked for, beside that of the text
    const char *folder[SDSE_TEMPLATE_FOLDERS];
};

// What is being made of a text.
struct sdse_template_made {
    FILE *out;
    bool begun;      // the line is
    bool keeps;      // line ends of what leaves no text stay behind the line under way:
    unsigned owed;   // so many
    size_t capacity; // of lines.place
    struct sdse_template_lines lines;
};

// Reports the first fault, at its place in the text: `what`, and of `name` up to 60 of
// its `length` characters.
void sdse_template_refuse(struct sdse_template *x, const char *at, const char *what,
                          const char *name, size_t length);

// Counts so many bytes as made; a fault beyond 16 MiB.
void sdse_template_charge(struct sdse_template *x, size_t bytes);

void sdse_template_skip_blanks(struct sdse_template *x);

// Steps over a sign, or a word that ends there; false if it is not what follows.
bool sdse_template_take(struct sdse_template *x, const char *word);

// Letters, digits and underscores that follow.
size_t sdse_template_name_length(const struct sdse_template *x);

// Whether a condition holds: neither undefined, false, none, zero nor empty.
bool sdse_template_is_true(struct sdse_template_value value);

// The value of the expression from `from` to `end`, all of it; without `a if b`: what a
// loop goes over.
struct sdse_template_value sdse_template_expression(struct sdse_template *x,
                                                    const char *from, const char *end);
struct sdse_template_value sdse_template_operand(struct sdse_template *x,
                                                 const char *from, const char *end);
// The same of what follows up to a comma or bracket.
struct sdse_template_value sdse_template_argument(struct sdse_template *x);

// A copy in the arena.
struct sdse_template_value sdse_template_text(struct sdse_template *x, const char *text,
                                              size_t length, bool is_text);
struct sdse_template_value sdse_template_number(struct sdse_template *x, double number);
struct sdse_template_value sdse_template_list(struct sdse_template *x,
                                              const struct sdse_template_value *item,
                                              size_t count);
// Whether a value is a number; as Python has it, truths are 1 and 0.
bool sdse_template_is_number(struct sdse_template_value value, double *number);

// Its number; a fault where it is none.
double sdse_template_as_number(struct sdse_template *x,
                               struct sdse_template_value value);

// Sets a name in the scope under way.
void sdse_template_set(struct sdse_template *x, const char *name, size_t length,
                       struct sdse_template_value value);

// What a function or macro comes to for arguments, which follow from behind the
// bracket.
struct sdse_template_value sdse_template_call(struct sdse_template *x, const char *name,
                                              size_t length);

// What stands from the cursor on, worked out into a text of its own: a macro, up to its
// end, or a file, all of it.
struct sdse_template_value sdse_template_capture(struct sdse_template *x,
                                                 const char *end_word, bool lines);

// Works out all of the text of x->source into `made`.
void sdse_template_run(struct sdse_template *x, struct sdse_template_made *made);

#endif
