#include "costmodel/rescale.h"

#include <string.h>

#include "costmodel/node_scaling.h"
#include "costmodel/technology.h"

struct rescaling {
    struct sdse_arch *arch;
    struct sdse_arena *arena;
    struct sdse_diags *diags;
    double energy, area; // factors
    const char *how;     // "from 65 nm to 28 nm"
    bool out_of_memory;
};

// Whether the accelerator's own file gives the number; an override holds as it is.
static bool is_written(const struct rescaling *r, const struct sdse_number *number) {
    const char *file = number->origin.loc.file;
    return number->given && (!file || !r->arch->file || !strcmp(file, r->arch->file));
}

static void scale(struct rescaling *r, struct sdse_number *number, double factor) {
    if (!is_written(r, number) || factor == 1)
        return;
    const char *text = number->origin.text;
    number->value *= factor;
    number->origin.text =
        sdse_arena_printf(r->arena, "%s%sx %.4g %s (Stillmaker & Baas)",
                          text ? text : "", text ? "; " : "", factor, r->how);
    if (number->origin.mark == SDSE_MARK_QUOTED ||
        number->origin.mark == SDSE_MARK_LIBRARY)
        number->origin.mark = SDSE_MARK_DERIVED;
    r->out_of_memory |= !number->origin.text;
}

static void refuse(struct rescaling *r, struct sdse_loc loc, const char *owner,
                   const char *what, const struct sdse_number *number) {
    if (!is_written(r, number) || !(number->value > 0))
        return;
    sdse_diag_add(r->diags, SDSE_ERROR,
                  number->origin.loc.file ? number->origin.loc : loc, "node-scaling",
                  "%.80s: %s cannot be scaled %s; override it too", owner, what,
                  r->how);
}

static void scale_overhead(struct rescaling *r, struct sdse_loc loc, const char *owner,
                           struct sdse_overhead *overhead) {
    scale(r, &overhead->clock_mw, r->energy);
    refuse(r, loc, owner, "static_mw", &overhead->static_mw);
}

static void scale_level(struct rescaling *r, struct sdse_level *level) {
    if (level->memory_class != SDSE_DRAM) {
        scale(r, &level->read_pj, r->energy);
        scale(r, &level->fill_pj, r->energy);
        scale(r, &level->update_pj, r->energy);
        scale(r, &level->area_um2, r->area);
        refuse(r, level->loc, level->name, "leakage_mw", &level->leakage_mw);
        scale(r, &level->edram.refresh_pj_per_bit, r->energy);
        refuse(r, level->loc, level->name, "retention_us", &level->edram.retention_us);
        scale_overhead(r, level->loc, level->name, &level->overhead);
    }
    for (unsigned t = 0; t < SDSE_TENSORS; t++) {
        scale(r, &level->network[t].pj_per_bit, r->energy);
        scale(r, &level->network[t].hop_pj_per_bit, r->energy);
        scale(r, &level->network[t].router_pj_per_bit, r->energy);
        scale(r, &level->network[t].pj_per_add, r->energy);
    }
}

static void scale_all(struct rescaling *r) {
    struct sdse_arch *arch = r->arch;
    for (unsigned l = 0; l < arch->level_count; l++)
        scale_level(r, &arch->level[l]);
    struct sdse_compute *compute = &arch->compute;
    scale(r, &compute->pj_per_mac, r->energy);
    scale(r, &compute->area_um2, r->area);
    refuse(r, compute->loc, "compute", "leakage_mw", &compute->leakage_mw);
    scale_overhead(r, compute->loc, "compute", &compute->overhead);
    scale_overhead(r, arch->loc, "chip", &arch->chip);
    scale(r, &arch->rebuild.pj_per_shift_add, r->energy);
    scale(r, &arch->rebuild.pj_per_basis_read, r->energy);
    scale(r, &arch->rebuild.pj_per_basis_write, r->energy);
    scale(r, &arch->rebuild.area_um2, r->area);
    for (unsigned i = 0; i < arch->engine_count; i++) {
        scale(r, &arch->engine[i].pj_per_event, r->energy);
        scale(r, &arch->engine[i].pj_per_sum, r->energy);
        scale(r, &arch->engine[i].area_um2, r->area);
    }
    scale(r, &arch->vector.pj_per_op, r->energy);
    scale(r, &arch->other_area_um2, r->area);
}

// The factors; false after a report.
static bool find_factors(struct rescaling *r, double *table_factor) {
    const struct sdse_arch *arch = r->arch;
    const double from_nm = arch->written_node_nm, to_nm = arch->node_nm;
    double from_v = arch->written_voltage_v, to_v = arch->voltage_v;
    if (to_v > 0 && !(from_v > 0)) {
        sdse_diag_add(r->diags, SDSE_ERROR, arch->loc, "node-scaling",
                      "the file gives no voltage_v: costs cannot be scaled to %g V",
                      to_v);
        return false;
    }
    if (!(to_v > 0))
        from_v = to_v = SDSE_NODE_SCALING_V;
    if (sdse_node_energy_factor(from_nm, from_v, to_nm, to_v, &r->energy) &&
        sdse_node_energy_factor(to_nm, from_v, to_nm, to_v, table_factor) &&
        sdse_node_area_factor(from_nm, to_nm, &r->area))
        return true;
    sdse_diag_add(r->diags, SDSE_ERROR, arch->loc, "node-scaling",
                  "costs cannot be scaled %s: the tables reach from 7 to 130 nm, and "
                  "down to the voltage where energy stops falling",
                  r->how);
    return false;
}

enum sdse_status sdse_arch_rescale(struct sdse_arch *arch, struct sdse_arena *arena,
                                   struct sdse_diags *diags, double *table_factor) {
    *table_factor = 1;
    const bool same_node =
        !(arch->written_node_nm > 0) || arch->written_node_nm == arch->node_nm;
    if (same_node && arch->written_voltage_v == arch->voltage_v)
        return SDSE_OK;
    struct rescaling r = {.arch = arch, .arena = arena, .diags = diags};
    r.how = arch->written_voltage_v == arch->voltage_v
                ? sdse_arena_printf(arena, "from %g nm to %g nm", arch->written_node_nm,
                                    arch->node_nm)
                : sdse_arena_printf(arena, "from %g nm, %g V to %g nm, %g V",
                                    arch->written_node_nm, arch->written_voltage_v,
                                    arch->node_nm, arch->voltage_v);
    if (!r.how)
        return SDSE_NO_MEMORY;
    if (find_factors(&r, table_factor))
        scale_all(&r);
    arch->written_node_nm = arch->node_nm;
    arch->written_voltage_v = arch->voltage_v;
    return r.out_of_memory ? SDSE_NO_MEMORY : SDSE_OK;
}
