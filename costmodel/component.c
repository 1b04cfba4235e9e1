#include "costmodel/component.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/formula.h"
#include "costmodel/component_table.h"
#include "costmodel/node_scaling.h"
#include "costmodel/technology.h"

const struct sdse_component *sdse_component_at(size_t i) {
    return i < sdse_component_row_count ? &sdse_component_rows[i] : NULL;
}

struct evaluation {
    const struct sdse_component_sizes *sizes;
    struct sdse_arena *arena;
    const char *why;
};

static bool find_size(const struct sdse_component_sizes *sizes, const char *name,
                      double *value) {
    const struct {
        const char *name;
        double value;
    } known[] = {{"bits", sizes->bits}, {"kib", sizes->kib}, {"w", sizes->w},
                 {"i", sizes->i},       {"p", sizes->p},     {"mm", sizes->mm},
                 {"v", sizes->v}};
    for (size_t k = 0; k < sizeof known / sizeof *known; k++) {
        if (strcmp(known[k].name, name) == 0) {
            *value = known[k].value;
            return true;
        }
    }
    return false;
}

static double size_of(struct sdse_formula *formula, const char *name) {
    const struct evaluation *e = formula->who;
    double value = 0;
    return find_size(e->sizes, name, &value)
               ? value
               : sdse_formula_fail(formula, "no size is called ", name);
}

static void note_fault(struct sdse_formula *formula, const char *what,
                       const char *name) {
    struct evaluation *e = formula->who;
    e->why = sdse_arena_printf(e->arena, "%s%s", what, name);
}

// Whether all sizes are within "name=least:most name=least:most"; if not, why.
static bool is_within(struct evaluation *e, const char *range) {
    char name[8];
    double least, most, value;
    int taken;
    while (sscanf(range, " %7[a-z]=%lf:%lf%n", name, &least, &most, &taken) == 3) {
        range += taken;
        if (find_size(e->sizes, name, &value) && value >= least && value <= most)
            continue;
        const bool length = strcmp(name, "mm") == 0 && value == 0;
        e->why = sdse_arena_printf(
            e->arena, "it is known from %s = %g to %g, not for %g%s", name, least, most,
            value, length ? ": give length_mm" : "");
        return false;
    }
    return true;
}

// What a figure is multiplied by to hold at another node and supply.
static bool find_factor(const struct sdse_component *figure, double node_nm,
                        double voltage_v, double *factor) {
    *factor = 1;
    if (!(figure->node_nm > 0))
        return true;
    if (strstr(figure->quantity, "um2"))
        return sdse_node_area_factor(figure->node_nm, node_nm, factor);
    const double from_v = voltage_v > 0 ? figure->voltage_v : SDSE_NODE_SCALING_V;
    const double to_v = voltage_v > 0 ? voltage_v : SDSE_NODE_SCALING_V;
    return sdse_node_energy_factor(figure->node_nm, from_v, node_nm, to_v, factor);
}

static enum sdse_mark mark_of(const char *text) {
#define SAME_MARK(name, word)    \
    if (strcmp(text, word) == 0) \
        return SDSE_MARK_##name;
    SDSE_MARK_MAP(SAME_MARK)
#undef SAME_MARK
    return SDSE_MARK_UNMARKED;
}

enum sdse_status sdse_component_value(const struct sdse_component *figure,
                                      const struct sdse_component_sizes *sizes,
                                      double node_nm, double voltage_v,
                                      struct sdse_arena *arena,
                                      struct sdse_number *number, const char **why) {
    struct evaluation e = {.sizes = sizes, .arena = arena};
    struct sdse_formula formula = {
        .at = figure->formula, .value = size_of, .fail = note_fault, .who = &e};
    double value = 0, factor = 1;
    bool ok = is_within(&e, figure->range);
    if (ok) {
        value = sdse_formula_value(&formula);
        ok = !formula.failed && isfinite(value);
    }
    if (ok && !find_factor(figure, node_nm, voltage_v, &factor)) {
        e.why = sdse_arena_printf(arena,
                                  "it cannot be scaled from %g nm to %g nm: the tables "
                                  "reach from 7 to 130 nm, and down to the voltage "
                                  "where energy stops falling",
                                  figure->node_nm, node_nm);
        ok = false;
    }
    if (!ok) {
        *why = e.why ? e.why : "its formula has no value there";
        return SDSE_INVALID;
    }
    char scaling[128] = "";
    if (factor != 1)
        snprintf(scaling, sizeof scaling,
                 "; x %.4g from %g nm to %g nm (%sStillmaker & Baas)", factor,
                 figure->node_nm, node_nm,
                 strstr(figure->quantity, "_mw") ? "as dynamic energy, " : "");
    const char *text = sdse_arena_printf(arena, "component %s: %s; %s%s", figure->name,
                                         figure->formula, figure->source, scaling);
    if (!text)
        return SDSE_NO_MEMORY;
    number->value = value * factor;
    number->given = true;
    number->origin.mark = mark_of(figure->mark_text);
    number->origin.text = text;
    // What is worked out from a quoted number is no longer quoted.
    if (factor != 1 && (number->origin.mark == SDSE_MARK_QUOTED ||
                        number->origin.mark == SDSE_MARK_LIBRARY))
        number->origin.mark = SDSE_MARK_DERIVED;
    return SDSE_OK;
}
