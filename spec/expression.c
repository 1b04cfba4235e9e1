#include "spec/expression.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "spec/path.h"

enum { PATH_BYTES = 256, DEEPEST = 32, MOST_STEPS = 10000 };

struct evaluation {
    struct sdse_arena *arena;
    struct sdse_node *root;
    const struct sdse_set *sets;
    size_t count;
    struct sdse_diags *diags;
    struct sdse_diags quiet;    // what paths that are tried say
    const struct sdse_set *set; // under way
    const char *at;             // the rest of its text
    unsigned depth;             // of brackets and references
    unsigned steps;             // values of other sets that were worked out
    bool failed;
};

static double fail(struct evaluation *e, const char *what, const char *name) {
    if (!e->failed)
        sdse_diag_add(e->diags, SDSE_ERROR, e->set->loc, "override-expression",
                      "'%.80s: %.80s': %s%.80s", e->set->path, e->set->value, what,
                      name);
    e->failed = true;
    return 0;
}

bool sdse_is_expression(const char *value) { return value && value[0] == '='; }

static double sum(struct evaluation *e);

// The value of another set, worked out first if it is an expression.
static double of_set(struct evaluation *e, const struct sdse_set *set) {
    char *end;
    if (!sdse_is_expression(set->value)) {
        const double value = strtod(set->value, &end);
        return end != set->value && !*end ? value
                                          : fail(e, "no number is set at ", set->path);
    }
    if (e->depth >= DEEPEST)
        return fail(e, "values need each other, or are nested too deep: ", set->path);
    if (++e->steps > MOST_STEPS)
        return fail(e, "needs other values too often: ", set->path);
    const char *rest = e->at;
    const struct sdse_set *asking = e->set;
    e->depth++;
    e->set = set;
    e->at = set->value + 1;
    const double value = sum(e);
    if (!e->failed && *e->at)
        fail(e, "expected an operator before ", e->at);
    e->depth--;
    e->set = asking;
    e->at = rest;
    return value;
}

// The set, the last if there are several, that writes to a place, whichever way its
// path says so; NULL: none.
static const struct sdse_set *set_of(struct evaluation *e,
                                     const struct sdse_path_target *place) {
    struct sdse_path_target targets[SDSE_PATH_TARGETS];
    for (size_t i = e->count; i-- > 0;) {
        const size_t found = sdse_path_resolve(e->root, e->sets[i].path, e->set->loc,
                                               &e->quiet, targets);
        for (size_t t = 0; t < found; t++)
            if (targets[t].container == place->container &&
                strcmp(targets[t].key, place->key) == 0)
                return &e->sets[i];
    }
    return NULL;
}

// Whether `path` means something: a set's value, or what the file has.
static bool look_up(struct evaluation *e, const char *path, double *value) {
    for (size_t i = 0; i < e->count; i++) {
        if (strcmp(e->sets[i].path, path) == 0) {
            *value = of_set(e, &e->sets[i]);
            return true;
        }
    }
    struct sdse_path_target targets[SDSE_PATH_TARGETS];
    const size_t found =
        sdse_path_resolve(e->root, path, e->set->loc, &e->quiet, targets);
    if (!found)
        return false;
    const struct sdse_set *set = found == 1 ? set_of(e, &targets[0]) : NULL;
    if (set) {
        *value = of_set(e, set);
        return true;
    }
    const struct sdse_node *node = targets[0].node;
    const char *text =
        found == 1 && node && node->kind == SDSE_NODE_SCALAR ? node->text : NULL;
    char *end = NULL;
    *value = text ? strtod(text, &end) : 0;
    if (!text || end == text || *end)
        fail(e, found > 1 ? "several places are " : "no number is written at ", path);
    return true;
}

static double of_path(struct evaluation *e, const char *path) {
    char tried[2 * PATH_BYTES];
    double value = 0;
    if (look_up(e, path, &value))
        return value;
    // Beside the set's own path, from the inside out.
    for (size_t length = strlen(e->set->path); length > 0; length--) {
        if (e->set->path[length - 1] != '.' || length > PATH_BYTES)
            continue;
        snprintf(tried, sizeof tried, "%.*s%s", (int)length, e->set->path, path);
        if (look_up(e, tried, &value))
            return value;
    }
    return fail(e, "nothing is called ", path);
}

static void skip_blanks(struct evaluation *e) { e->at += strspn(e->at, " \t"); }

static double factor(struct evaluation *e) {
    skip_blanks(e);
    if (*e->at == '(') {
        if (++e->depth >= DEEPEST)
            return fail(e, "values need each other, or are nested too deep", "");
        e->at++;
        const double value = sum(e);
        skip_blanks(e);
        if (!e->failed && *e->at++ != ')')
            return fail(e, "a bracket is not closed", "");
        e->depth--;
        return value;
    }
    if (*e->at == '-') {
        if (++e->depth >= DEEPEST)
            return fail(e, "values need each other, or are nested too deep", "");
        e->at++;
        const double value = -factor(e);
        e->depth--;
        return value;
    }
    if (isdigit((unsigned char)*e->at) || *e->at == '.') {
        char *end;
        const double value = strtod(e->at, &end);
        if (end == e->at)
            return fail(e, "expected a number before ", e->at);
        e->at = end;
        return value;
    }
    char path[PATH_BYTES];
    size_t length = 0;
    while (isalnum((unsigned char)e->at[length]) || e->at[length] == '_' ||
           e->at[length] == '.')
        length++;
    if (!length || length >= sizeof path)
        return fail(e, "expected a number or a path before ", e->at);
    memcpy(path, e->at, length);
    path[length] = '\0';
    e->at += length;
    return of_path(e, path);
}

static double product(struct evaluation *e) {
    double value = factor(e);
    for (skip_blanks(e); !e->failed && (*e->at == '*' || *e->at == '/');
         skip_blanks(e)) {
        const bool divides = *e->at++ == '/';
        const double by = factor(e);
        if (divides && by == 0 && !e->failed)
            return fail(e, "a division by zero", "");
        value = divides ? value / by : value * by;
    }
    return value;
}

static double sum(struct evaluation *e) {
    double value = product(e);
    for (skip_blanks(e); !e->failed && (*e->at == '+' || *e->at == '-');
         skip_blanks(e)) {
        const bool minus = *e->at++ == '-';
        const double by = product(e);
        value = minus ? value - by : value + by;
    }
    return value;
}

const char *sdse_grid_number(struct sdse_arena *arena, double value) {
    return sdse_arena_printf(
        arena, fabs(value) < 1e15 && floor(value) == value ? "%.0f" : "%.15g", value);
}

enum sdse_status sdse_expressions_resolve(struct sdse_arena *arena,
                                          struct sdse_node *arch_root,
                                          struct sdse_set *sets, size_t count,
                                          struct sdse_diags *diags) {
    struct sdse_set *given = SDSE_ARENA_ARRAY(arena, struct sdse_set, count + 1);
    if (!given)
        return SDSE_NO_MEMORY;
    if (count)
        memcpy(given, sets, count * sizeof *given);
    enum sdse_status status = SDSE_OK;
    for (size_t i = 0; i < count; i++) {
        if (!sdse_is_expression(given[i].value))
            continue;
        struct evaluation e = {.arena = arena,
                               .root = arch_root,
                               .sets = given,
                               .count = count,
                               .diags = diags,
                               .set = &given[i]};
        sdse_diags_init(&e.quiet, arena);
        const double value = of_set(&e, &given[i]);
        if (!e.failed && !isfinite(value))
            fail(&e, "it is no finite number", "");
        if (e.failed) {
            status = SDSE_INVALID;
            continue;
        }
        sets[i].value = sdse_grid_number(arena, value);
        if (!sets[i].value)
            return SDSE_NO_MEMORY;
    }
    return status;
}
