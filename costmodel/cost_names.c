#include "costmodel/cost_names.h"

#include <string.h>

#include "costmodel/types/cost_owner.h"

enum { OF_A_LEVEL = 5, OF_AN_ENGINE = 2, OF_OTHERS = 10 };

struct named {
    const char *component, *action;
    struct sdse_loc loc;
};

struct naming {
    struct sdse_diags *diags;
    size_t count;
    struct named name[OF_A_LEVEL * SDSE_MAX_LEVELS + OF_AN_ENGINE * SDSE_MAX_ENGINES +
                      OF_OTHERS];
};

static void add(struct naming *n, const char *component, const char *action,
                struct sdse_loc loc) {
    for (size_t i = 0; i < n->count; i++) {
        const struct named *other = &n->name[i];
        if (strcmp(other->component, component) != 0 ||
            strcmp(other->action, action) != 0)
            continue;
        sdse_diag_add(n->diags, SDSE_ERROR, loc, "cost-names",
                      "two costs are called '%s, %s': give the memory or the engine "
                      "another name",
                      component, action);
        sdse_diag_add(n->diags, SDSE_NOTE, other->loc, NULL, "the other is here");
        return;
    }
    n->name[n->count++] = (struct named){component, action, loc};
}

static void add_charged(struct naming *n, const struct sdse_number *number,
                        const char *component, const char *owner, struct sdse_loc loc) {
    if (number->given && number->value != 0)
        add(n, component, owner, loc);
}

static void add_overhead(struct naming *n, const struct sdse_overhead *overhead,
                         const char *owner, struct sdse_loc loc) {
    add_charged(n, &overhead->clock_mw, "clock", owner, loc);
    add_charged(n, &overhead->static_mw, "static", owner, loc);
    add_charged(n, &overhead->control_percent, "control", owner, loc);
}

void sdse_cost_names_check(const struct sdse_arch *arch, struct sdse_diags *diags) {
    struct naming n = {.diags = diags};
    const struct sdse_compute *compute = &arch->compute;
    add(&n, "MAC", "multiply-accumulate", compute->loc);
    add_charged(&n, &compute->leakage_mw, "leakage", "MAC", compute->loc);
    add_overhead(&n, &compute->overhead, "MAC", compute->loc);
    add_overhead(&n, &arch->chip, "chip", compute->loc);
    if (arch->rebuild.present)
        add(&n, "rebuild", "shift-add and basis", arch->rebuild.loc);
    if (arch->vector.present)
        add(&n, "vector", "operation", arch->vector.loc);
    for (unsigned i = 0; i < arch->level_count; i++) {
        const struct sdse_level *memory = &arch->level[i];
        const char *owner = sdse_cost_owner(memory);
        add_charged(&n, &memory->leakage_mw, "leakage", owner, memory->loc);
        add_charged(&n, &memory->edram.refresh_pj_per_bit, "refresh", owner,
                    memory->loc);
        add_overhead(&n, &memory->overhead, owner, memory->loc);
    }
    for (unsigned i = 0; i < arch->engine_count; i++) {
        const struct sdse_engine *engine = &arch->engine[i];
        add(&n, engine->name, sdse_engine_event(engine->kind), engine->loc);
        if (engine->kind == SDSE_ENGINE_PRODUCTS)
            add(&n, engine->name, "sum", engine->loc);
    }
}
