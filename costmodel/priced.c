#include "costmodel/priced.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "costmodel/component.h"
#include "costmodel/technology.h"

struct pricing {
    struct sdse_arch *arch;
    struct sdse_arena *arena;
    struct sdse_diags *diags;
    bool out_of_memory;
};

// A key of the part, and the numbers that it stands for.
struct target {
    const char *quantity;
    struct sdse_number *number;
};

static void list_components(const char *part, char *text, size_t bytes) {
    const struct sdse_component *figure;
    const char *last = "";
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; (figure = sdse_component_at(i)) && used < bytes; i++) {
        if (strcmp(figure->part, part) != 0 || strcmp(figure->name, last) == 0)
            continue;
        const int printed = snprintf(text + used, bytes - used, "%s%s",
                                     *last ? ", " : "", figure->name);
        used += printed > 0 ? (size_t)printed : 0;
        last = figure->name;
    }
}

static void report_unknown(const struct pricing *p, struct sdse_loc loc,
                           const char *owner, const char *component, const char *part) {
    char known[512];
    const struct sdse_component *figure;
    const char *of = NULL;
    for (size_t i = 0; (figure = sdse_component_at(i)); i++)
        if (strcmp(figure->name, component) == 0)
            of = figure->part;
    list_components(part, known, sizeof known);
    sdse_diag_add(p->diags, SDSE_ERROR, loc, "component-lookup",
                  "%.80s: component '%.60s' is %s%s; for %s there %s%s", owner,
                  component, of ? "one for " : "unknown", of ? of : "", part,
                  *known ? "are " : "is none", known);
}

// Fills the numbers of one part from one component.
static void price(struct pricing *p, struct sdse_loc loc, const char *owner,
                  const char *component, const char *part,
                  struct sdse_component_sizes *sizes, const struct target *targets,
                  size_t count) {
    const struct sdse_component *figure;
    bool known = false;
    sizes->v = p->arch->voltage_v > 0 ? p->arch->voltage_v : SDSE_NODE_SCALING_V;
    for (size_t i = 0; (figure = sdse_component_at(i)); i++) {
        if (strcmp(figure->name, component) != 0 || strcmp(figure->part, part) != 0)
            continue;
        known = true;
        for (size_t t = 0; t < count; t++) {
            struct sdse_number *number = targets[t].number;
            if (number->given || strcmp(targets[t].quantity, figure->quantity) != 0)
                continue;
            const char *why = NULL;
            const enum sdse_status status =
                sdse_component_value(figure, sizes, p->arch->node_nm,
                                     p->arch->voltage_v, p->arena, number, &why);
            p->out_of_memory |= status == SDSE_NO_MEMORY;
            number->origin.loc = loc;
            if (status != SDSE_INVALID)
                continue;
            sdse_diag_add(p->diags, SDSE_ERROR, loc, "component-lookup",
                          "%.80s: component '%s', %s: %s", owner, component,
                          figure->quantity, why);
            return; // the others say the same
        }
    }
    if (!known)
        report_unknown(p, loc, owner, component, part);
}

// Whether the library has the figure of some component.
static bool has_figure(const char *component, const char *quantity) {
    const struct sdse_component *figure;
    for (size_t i = 0; (figure = sdse_component_at(i)); i++)
        if (strcmp(figure->name, component) == 0 &&
            strcmp(figure->quantity, quantity) == 0)
            return true;
    return false;
}

// What a component leaks, where the accelerator counts that: a figure that nobody gives
// is an error, never zero.
static void price_leakage(struct pricing *p, struct sdse_loc loc, const char *owner,
                          const char *component, const char *part,
                          struct sdse_component_sizes *sizes,
                          struct sdse_number *leakage_mw) {
    if (!p->arch->component_leakage || leakage_mw->given)
        return;
    const struct target target = {"leakage_mw", leakage_mw};
    if (has_figure(component, target.quantity))
        price(p, loc, owner, component, part, sizes, &target, 1);
    else
        sdse_diag_add(p->diags, SDSE_ERROR, loc, "component-lookup",
                      "%.80s: what component '%.60s' leaks is not known, and "
                      "`component_leakage: true` counts it: say leakage_mw",
                      owner, component);
}

static void price_memory(struct pricing *p, struct sdse_level *level) {
    if (!level->component)
        return;
    struct sdse_component_sizes sizes = {
        .bits = level->port_bits ? level->port_bits : 1,
        .kib = (double)level->capacity_bits / 8192,
    };
    const struct target targets[] = {
        {"access_pj", &level->read_pj},   {"access_pj", &level->fill_pj},
        {"access_pj", &level->update_pj}, {"read_pj", &level->read_pj},
        {"write_pj", &level->fill_pj},    {"write_pj", &level->update_pj},
        {"area_um2", &level->area_um2},
    };
    char owner[96];
    snprintf(owner, sizeof owner, "memory '%.80s'", level->name);
    const char *part = sdse_memory_class_names()[level->memory_class];
    const size_t errors = p->diags->errors;
    price(p, level->loc, owner, level->component, part, &sizes, targets,
          sizeof targets / sizeof *targets);
    if (level->memory_class != SDSE_DRAM && p->diags->errors == errors)
        price_leakage(p, level->loc, owner, level->component, part, &sizes,
                      &level->leakage_mw);
}

static void price_network(struct pricing *p, unsigned index) {
    struct sdse_level *level = &p->arch->level[index];
    if (level->fanout_x <= 1 && level->fanout_y <= 1)
        return;
    for (unsigned t = 0; t < SDSE_TENSORS; t++) {
        struct sdse_network *link = &level->network[t];
        if (!link->component)
            continue;
        const uint32_t partial = sdse_arch_partial_bits(p->arch, index);
        struct sdse_component_sizes sizes = {
            .bits = t == SDSE_OUTPUTS
                        ? partial
                        : sdse_arch_word_bits(p->arch, index, (enum sdse_tensor)t),
            .p = partial,
            .mm = link->length_mm.value,
        };
        const struct target targets[] = {
            {"wire_pj_per_bit",
             link->topology == SDSE_MESH ? &link->hop_pj_per_bit : &link->pj_per_bit},
            {"pj_per_bit", &link->pj_per_bit},
            {"pj_per_add", &link->pj_per_add},
        };
        char owner[120];
        snprintf(owner, sizeof owner, "network of %s below '%.80s'",
                 sdse_tensor_name((enum sdse_tensor)t), level->name);
        price(p, level->fanout_loc, owner, link->component, "network", &sizes, targets,
              sizeof targets / sizeof *targets);
    }
}

enum sdse_status sdse_arch_price_components(struct sdse_arch *arch,
                                            struct sdse_arena *arena,
                                            struct sdse_diags *diags) {
    struct pricing p = {arch, arena, diags, false};
    for (unsigned l = 0; l < arch->level_count; l++) {
        price_memory(&p, &arch->level[l]);
        price_network(&p, l);
    }
    struct sdse_component_sizes sizes = {.w = arch->bits[SDSE_WEIGHTS],
                                         .i = arch->bits[SDSE_INPUTS],
                                         .p = arch->partial_bits};
    struct sdse_compute *compute = &arch->compute;
    if (compute->component) {
        const struct target targets[] = {{"pj_per_mac", &compute->pj_per_mac},
                                         {"area_um2", &compute->area_um2}};
        const size_t errors = diags->errors;
        price(&p, compute->loc, "compute", compute->component, "compute", &sizes,
              targets, 2);
        if (diags->errors == errors)
            price_leakage(&p, compute->loc, "compute", compute->component, "compute",
                          &sizes, &compute->leakage_mw);
    }
    if (arch->vector.component) {
        const struct target target = {"pj_per_op", &arch->vector.pj_per_op};
        price(&p, arch->vector.loc, "vector unit", arch->vector.component, "vector",
              &sizes, &target, 1);
    }
    struct sdse_rebuild *rebuild = &arch->rebuild;
    if (rebuild->component) {
        const struct target targets[] = {
            {"pj_per_shift_add", &rebuild->pj_per_shift_add},
            {"pj_per_basis_read", &rebuild->pj_per_basis_read},
            {"pj_per_basis_write", &rebuild->pj_per_basis_write}};
        price(&p, rebuild->loc, "rebuild engine", rebuild->component, "rebuild", &sizes,
              targets, 3);
    }
    return p.out_of_memory ? SDSE_NO_MEMORY : SDSE_OK;
}
