// A template that is being worked out: what its statements and its expressions share.
#ifndef SDSE_IMPORT_FOREIGN_TEMPLATE_READING_H
#define SDSE_IMPORT_FOREIGN_TEMPLATE_READING_H

#include "import/foreign/foreign.h"

enum {
    SDSE_TEMPLATE_NAMES = 64,
    SDSE_TEMPLATE_NAME_BYTES = 48,
    SDSE_TEMPLATE_IFS = 16
};

// A number, True, False or None as they are written, or a text, which is none of these
// whatever it holds ('0', 'False'); undefined: NULL.
struct sdse_template_value {
    const char *text;
    bool is_text;
};

struct sdse_template {
    struct sdse_foreign *foreign;
    const char *path, *whole, *check;
    bool failed;
    unsigned depth, name_count;
    struct {
        char name[SDSE_TEMPLATE_NAME_BYTES];
        struct sdse_template_value value;
    } names[SDSE_TEMPLATE_NAMES];
    const char *at, *end; // of the expression or statement under way
    // Conditions around: whether what follows is taken, and whether some branch was.
    unsigned if_count;
    struct {
        bool taken, was, outside;
    } ifs[SDSE_TEMPLATE_IFS];
};

// Reports the first fault, at its place in the whole text: `what`, and of `name` up to
// 60 of its `length` characters.
void sdse_template_refuse(struct sdse_template *x, const char *at, const char *what,
                          const char *name, size_t length);

void sdse_template_skip_blanks(struct sdse_template *x);

// Steps over a sign, or a word that ends there; false if it is not what follows.
bool sdse_template_take(struct sdse_template *x, const char *word);

// Letters, digits and underscores that follow.
size_t sdse_template_name_length(const struct sdse_template *x);

// Whether a condition holds: neither undefined, false, none, zero nor empty.
bool sdse_template_is_true(struct sdse_template_value value);

// The value of the expression from `from` to `end`, all of it.
struct sdse_template_value sdse_template_expression(struct sdse_template *x,
                                                    const char *from, const char *end);

#endif
