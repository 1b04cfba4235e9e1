// Values, which may be expressions over variables and attributes.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/formula.h"
#include "import/timeloop/reading.h"
#include "spec/value.h"

const struct sdse_node *sdse_tl_find(const struct sdse_node *mapping,
                                     const struct sdse_tl_scope *scope,
                                     const char *key) {
    const struct sdse_node *found = sdse_node_get(mapping, key);
    for (; !found && scope; scope = scope->outer)
        found = sdse_node_get(scope->values, key);
    return found;
}

const char *sdse_tl_word(const struct sdse_node *node) {
    return node && node->kind == SDSE_NODE_SCALAR ? node->text : NULL;
}

// An expression under way: names stand for what the scope has.
struct working {
    struct sdse_tl *r;
    const struct sdse_tl_scope *scope;
    struct sdse_loc loc;
    const char *text;
    unsigned steps; // names and functions so far, of all that is inside too
};

enum { MOST_STEPS = 1000, MOST_ARGUMENTS = 4, MOST_TEXT = 400 };

static double name_value(struct sdse_formula *f, const char *name);

static void say(struct sdse_formula *f, const char *what, const char *name) {
    const struct working *w = f->who;
    sdse_tl_refuse(w->r, w->loc, false, "timeloop-value", "'%.80s': %s%.60s", w->text,
                   what, name);
}

// Powers are written as in Python: ** is ^ here. NULL when memory is out.
static const char *with_powers(struct sdse_tl *r, const char *text) {
    char *plain = sdse_arena_strdup(r->foreign.arena, text);
    r->foreign.out_of_memory |= !plain;
    char *to = plain;
    for (const char *from = text; plain && *from; from++) {
        const bool power = from[0] == '*' && from[1] == '*';
        from += power;
        *to++ = power ? '^' : *from;
    }
    if (plain)
        *to = '\0';
    return plain;
}

static double inner_value(struct sdse_formula *outer, const char *text,
                          const struct sdse_tl_scope *scope) {
    struct working *w = outer->who;
    const struct sdse_tl_scope *before = w->scope;
    w->scope = scope;
    const char *plain = with_powers(w->r, text);
    struct sdse_formula inside = {plain ? plain : "0", name_value, say, w,
                                  outer->depth + 1,    false};
    double value = 0;
    if (inside.depth >= SDSE_FORMULA_DEEPEST || ++w->steps > MOST_STEPS)
        sdse_formula_fail(&inside, "values need each other, or are nested too deep",
                          "");
    else
        value = sdse_formula_value(&inside);
    w->scope = before;
    outer->failed |= inside.failed;
    return value;
}

static double apply(struct sdse_formula *f, const char *name, const double *arg,
                    unsigned count) {
    const double a = count > 0 ? arg[0] : 0, b = count > 1 ? arg[1] : 0;
    if (count == 1 && strcmp(name, "ceil") == 0)
        return ceil(a);
    if (count == 1 && strcmp(name, "floor") == 0)
        return floor(a);
    if (count == 1 && (strcmp(name, "int") == 0 || strcmp(name, "trunc") == 0))
        return trunc(a);
    if (count == 1 && strcmp(name, "round") == 0)
        return nearbyint(a);
    if (count == 1 && strcmp(name, "float") == 0)
        return a;
    if (count == 1 && strcmp(name, "abs") == 0)
        return fabs(a);
    if (count == 1 && strcmp(name, "sqrt") == 0)
        return sqrt(a);
    if (count == 1 && strcmp(name, "log2") == 0)
        return log2(a);
    if (count == 2 && strcmp(name, "pow") == 0)
        return pow(a, b);
    const bool least = strcmp(name, "min") == 0;
    if (count >= 1 && (least || strcmp(name, "max") == 0)) {
        double value = a;
        for (unsigned i = 1; i < count; i++)
            value = least ? fmin(value, arg[i]) : fmax(value, arg[i]);
        return value;
    }
    return sdse_formula_fail(f,
                             "no function of this name and number of values: ", name);
}

// The values between the brackets that start at f->at.
static double call(struct sdse_formula *f, const char *name) {
    struct working *w = f->who;
    double arg[MOST_ARGUMENTS];
    unsigned count = 0, open = 0;
    const char *from = f->at + 1, *at = from;
    for (;; at++) {
        open += *at == '(';
        if (!*at)
            return sdse_formula_fail(f, "a bracket is not closed", "");
        const bool ends = open == 0 && (*at == ')' || *at == ',');
        if (*at == ')' && open)
            open--;
        if (!ends)
            continue;
        if (count == MOST_ARGUMENTS)
            return sdse_formula_fail(f, "too many values for ", name);
        const char *text = sdse_tl_text(w->r, "%.*s", (int)(at - from), from);
        arg[count++] = inner_value(f, text, w->scope);
        if (f->failed)
            return 0;
        from = at + 1;
        if (*at == ')')
            break;
    }
    f->at = at + 1;
    return apply(f, name, arg, count);
}

static double name_value(struct sdse_formula *f, const char *name) {
    struct working *w = f->who;
    if (++w->steps > MOST_STEPS)
        return sdse_formula_fail(f, "values need each other", "");
    if (*f->at == '(')
        return call(f, name);
    for (const struct sdse_tl_scope *scope = w->scope; scope; scope = scope->outer) {
        const struct sdse_node *node = sdse_node_get(scope->values, name);
        double value;
        if (!node || node->kind != SDSE_NODE_SCALAR)
            continue;
        if (sdse_text_as_double(node->text, &value))
            return value;
        // `width: width` means that of the scope outside.
        if (strlen(node->text) > MOST_TEXT)
            return sdse_formula_fail(f, "no number: ", name);
        return inner_value(f, node->text,
                           strcmp(node->text, name) == 0 ? scope->outer : scope);
    }
    return sdse_formula_fail(f, "nothing has this name: ", name);
}

bool sdse_tl_expression(struct sdse_tl *r, const char *text, struct sdse_loc loc,
                        const struct sdse_tl_scope *scope, double *value) {
    if (sdse_text_as_double(text, value))
        return true;
    const char *plain = with_powers(r, text);
    if (!plain)
        return false;
    struct working w = {r, scope, loc, text, 0};
    struct sdse_formula formula = {plain, name_value, say, &w, 0, false};
    const double result =
        strlen(plain) > MOST_TEXT
            ? sdse_formula_fail(&formula, "an expression too long", "")
            : sdse_formula_value(&formula);
    if (!formula.failed && !isfinite(result))
        sdse_formula_fail(&formula, "no finite number", "");
    if (formula.failed)
        return false;
    *value = result;
    return true;
}

bool sdse_tl_number(struct sdse_tl *r, const struct sdse_node *node,
                    const struct sdse_tl_scope *scope, double *value) {
    const char *text = sdse_tl_word(node);
    if (text && *text)
        return sdse_tl_expression(r, text, node->loc, scope, value);
    sdse_tl_refuse(r, node->loc, false, "timeloop-value", "'%.60s': expected a number",
                   node->key ? node->key : "an item");
    return false;
}

bool sdse_tl_count(struct sdse_tl *r, const struct sdse_node *node,
                   const struct sdse_tl_scope *scope, uint64_t least, uint64_t most,
                   uint64_t *value) {
    double number;
    if (!sdse_tl_number(r, node, scope, &number))
        return false;
    if (number >= (double)least && number <= (double)most && number == floor(number)) {
        *value = (uint64_t)number;
        return true;
    }
    sdse_tl_refuse(r, node->loc, false, "timeloop-value",
                   "'%.60s' is %g: expected a whole number from %llu to %llu",
                   node->key ? node->key : "an item", number, (unsigned long long)least,
                   (unsigned long long)most);
    return false;
}
