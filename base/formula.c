#include "base/formula.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_BYTES = 256 };

static double sum(struct sdse_formula *f);

double sdse_formula_fail(struct sdse_formula *f, const char *what, const char *name) {
    if (!f->failed)
        f->fail(f, what, name);
    f->failed = true;
    return 0;
}

static char next(struct sdse_formula *f) {
    f->at += strspn(f->at, " \t");
    return *f->at;
}

static bool go_deeper(struct sdse_formula *f) {
    if (++f->depth < SDSE_FORMULA_DEEPEST)
        return true;
    sdse_formula_fail(f, "values need each other, or are nested too deep", "");
    return false;
}

static double operand(struct sdse_formula *f) {
    const char first = next(f);
    if (first == '(') {
        if (!go_deeper(f))
            return 0;
        f->at++;
        const double value = sum(f);
        if (!f->failed && next(f) != ')')
            return sdse_formula_fail(f, "a bracket is not closed", "");
        f->at += !f->failed;
        f->depth--;
        return value;
    }
    if (isdigit((unsigned char)first) || first == '.') {
        char *end;
        const double value = strtod(f->at, &end);
        if (end == f->at)
            return sdse_formula_fail(f, "expected a number before ", f->at);
        f->at = end;
        return value;
    }
    char name[NAME_BYTES];
    size_t length = 0;
    while (isalnum((unsigned char)f->at[length]) || f->at[length] == '_' ||
           f->at[length] == '.')
        length++;
    if (!length || length >= sizeof name)
        return sdse_formula_fail(f, "expected a number or a path before ", f->at);
    memcpy(name, f->at, length);
    name[length] = '\0';
    f->at += length;
    return f->value(f, name);
}

static double factor(struct sdse_formula *f) {
    if (next(f) == '-') {
        if (!go_deeper(f))
            return 0;
        f->at++;
        const double value = -factor(f);
        f->depth--;
        return value;
    }
    const double base = operand(f);
    if (f->failed || next(f) != '^')
        return base;
    if (!go_deeper(f))
        return 0;
    f->at++;
    const double value = pow(base, factor(f));
    f->depth--;
    return value;
}

static double product(struct sdse_formula *f) {
    double value = factor(f);
    while (!f->failed && (next(f) == '*' || *f->at == '/')) {
        const bool divides = *f->at++ == '/';
        const double by = factor(f);
        if (divides && by == 0 && !f->failed)
            return sdse_formula_fail(f, "a division by zero", "");
        value = divides ? value / by : value * by;
    }
    return value;
}

static double sum(struct sdse_formula *f) {
    double value = product(f);
    while (!f->failed && (next(f) == '+' || *f->at == '-')) {
        const bool minus = *f->at++ == '-';
        const double by = product(f);
        value = minus ? value - by : value + by;
    }
    return value;
}

double sdse_formula_value(struct sdse_formula *f) {
    const double value = sum(f);
    if (!f->failed && *f->at)
        return sdse_formula_fail(f, "expected an operator before ", f->at);
    return f->failed ? 0 : value;
}
