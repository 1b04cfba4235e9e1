// Arithmetic written as text: + - * / ^ and brackets over numbers and names.
#ifndef SDSE_BASE_FORMULA_H
#define SDSE_BASE_FORMULA_H

#include <stdbool.h>

// A formula under way. Whoever asks sets `at`, `value`, `fail` and `who`; a formula that
// is worked out inside another continues that one's `depth`.
struct sdse_formula {
    const char *at; // what is not read yet
    // What a name (letters, digits, '_' and '.') stands for.
    double (*value)(struct sdse_formula *formula, const char *name);
    // Told of the first fault: `what` is wrong, `name` the text it concerns, or "".
    void (*fail)(struct sdse_formula *formula, const char *what, const char *name);
    void *who;
    unsigned depth; // of brackets and of names that are formulas
    bool failed;
};

enum { SDSE_FORMULA_DEEPEST = 32 }; // brackets and formulas inside formulas

// The value of the whole text. ^ binds tightest and from the right, a sign weaker than
// it: -2^2 is -4. A fault (no number or name where one is needed, an open bracket, a
// division by zero, nesting beyond SDSE_FORMULA_DEEPEST, text after the end) calls
// `fail` once, sets `failed` and gives 0. What overflows is infinite and no fault.
double sdse_formula_value(struct sdse_formula *formula);

// Reports a fault from inside `value`; returns 0.
double sdse_formula_fail(struct sdse_formula *formula, const char *what,
                         const char *name);

#endif
