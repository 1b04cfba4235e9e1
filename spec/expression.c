#include "spec/expression.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/formula.h"
#include "spec/path.h"

enum { PATH_BYTES = 256, MOST_STEPS = 10000 };

struct evaluation {
    struct sdse_arena *arena;
    struct sdse_node *root;
    const struct sdse_set *sets;
    size_t count;
    struct sdse_diags *diags;
    struct sdse_diags quiet;    // what paths that are tried say
    const struct sdse_set *set; // under way
    unsigned steps;             // values of other sets that were worked out
};

static void report(struct sdse_formula *f, const char *what, const char *name) {
    const struct evaluation *e = f->who;
    sdse_diag_add(e->diags, SDSE_ERROR, e->set->loc, "override-expression",
                  "'%.80s: %.80s': %s%.80s", e->set->path, e->set->value, what, name);
}

bool sdse_is_expression(const char *value) { return value && value[0] == '='; }

// The value of another set, worked out first if it is an expression.
static double of_set(struct sdse_formula *f, const struct sdse_set *set) {
    struct evaluation *e = f->who;
    char *end;
    if (!sdse_is_expression(set->value)) {
        const double value = strtod(set->value, &end);
        return end != set->value && !*end
                   ? value
                   : sdse_formula_fail(f, "no number is set at ", set->path);
    }
    if (f->depth >= SDSE_FORMULA_DEEPEST)
        return sdse_formula_fail(
            f, "values need each other, or are nested too deep: ", set->path);
    if (++e->steps > MOST_STEPS)
        return sdse_formula_fail(f, "needs other values too often: ", set->path);
    const struct sdse_set *asking = e->set;
    struct sdse_formula inner = *f;
    inner.at = set->value + 1;
    inner.depth++;
    e->set = set;
    const double value = sdse_formula_value(&inner);
    e->set = asking;
    f->failed = inner.failed;
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
static bool look_up(struct sdse_formula *f, const char *path, double *value) {
    struct evaluation *e = f->who;
    for (size_t i = 0; i < e->count; i++) {
        if (strcmp(e->sets[i].path, path) == 0) {
            *value = of_set(f, &e->sets[i]);
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
        *value = of_set(f, set);
        return true;
    }
    const struct sdse_node *node = targets[0].node;
    const char *text =
        found == 1 && node && node->kind == SDSE_NODE_SCALAR ? node->text : NULL;
    char *end = NULL;
    *value = text ? strtod(text, &end) : 0;
    if (!text || end == text || *end)
        sdse_formula_fail(
            f, found > 1 ? "several places are " : "no number is written at ", path);
    return true;
}

static double of_path(struct sdse_formula *f, const char *path) {
    const struct evaluation *e = f->who;
    char tried[2 * PATH_BYTES];
    double value = 0;
    if (look_up(f, path, &value))
        return value;
    // Beside the set's own path, from the inside out.
    for (size_t length = strlen(e->set->path); length > 0; length--) {
        if (e->set->path[length - 1] != '.' || length > PATH_BYTES)
            continue;
        snprintf(tried, sizeof tried, "%.*s%s", (int)length, e->set->path, path);
        if (look_up(f, tried, &value))
            return value;
    }
    return sdse_formula_fail(f, "nothing is called ", path);
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
        struct sdse_formula formula = {.value = of_path, .fail = report, .who = &e};
        sdse_diags_init(&e.quiet, arena);
        const double value = of_set(&formula, &given[i]);
        if (!formula.failed && !isfinite(value))
            sdse_formula_fail(&formula, "it is no finite number", "");
        if (formula.failed) {
            status = SDSE_INVALID;
            continue;
        }
        sets[i].value = sdse_grid_number(arena, value);
        if (!sets[i].value)
            return SDSE_NO_MEMORY;
    }
    return status;
}
