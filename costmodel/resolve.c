#include "costmodel/resolve.h"

#include <stdio.h>

#include "costmodel/cost_names.h"
#include "costmodel/priced.h"
#include "costmodel/rescale.h"
#include "costmodel/technology.h"

enum { WIDEST_MACRO_BITS = 256 };

struct resolver {
    struct sdse_arch *arch;
    struct sdse_arena *arena;
    struct sdse_diags *diags;
    double table_factor; // of energies from tables: a voltage asked for
    // Some component was: what its part lacks has been said.
    bool refused_component;
};

static void report_missing(struct resolver *r, struct sdse_loc loc, const char *owner,
                           const char *what) {
    sdse_diag_add(r->diags, SDSE_ERROR, loc, "missing-cost",
                  "%s: %s is missing or zero: give it, name a component or a table, or "
                  "say free: true",
                  owner, what);
}

static bool is_charged(const struct sdse_number *number) {
    return number->given && number->value > 0;
}

// Side-by-side macros of one access: the fewest equal ones the table is wide enough
// for.
static uint32_t slices_of(uint32_t port_bits) {
    uint32_t slices = (port_bits + WIDEST_MACRO_BITS - 1) / WIDEST_MACRO_BITS;
    while (port_bits % slices != 0)
        slices++;
    return slices;
}

static void fill_number(struct sdse_number *number, double value, const char *text,
                        struct sdse_loc loc) {
    if (number->given)
        return;
    *number = (struct sdse_number){
        .value = value,
        .given = true,
        .origin = {.mark = SDSE_MARK_TABLE, .text = text, .loc = loc},
    };
}

static enum sdse_status fill_from_table(struct resolver *r, struct sdse_level *level) {
    if (level->capacity_bits == 0 || level->port_bits == 0) {
        sdse_diag_add(r->diags, SDSE_ERROR, level->loc, "table-lookup",
                      "level '%s': table %s needs a capacity and port_bits",
                      level->name, level->table);
        return SDSE_OK;
    }
    const uint32_t slices = slices_of(level->port_bits);
    const uint64_t pieces =
        (uint64_t)slices * (level->macro_count > 0 ? level->macro_count : 1);
    const uint64_t macro_bits = (level->capacity_bits + pieces - 1) / pieces;
    struct sdse_sram_cost macro;
    const char *why = NULL;
    const enum sdse_status status =
        sdse_sram_lookup(level->table, r->arch->node_nm, macro_bits,
                         level->port_bits / slices, r->arena, &macro, &why);
    if (status == SDSE_INVALID)
        sdse_diag_add(r->diags, SDSE_ERROR, level->loc, "table-lookup",
                      "level '%s': %s", level->name, why);
    if (status != SDSE_OK)
        return status == SDSE_INVALID ? SDSE_OK : status;

    const char *per_access = macro.origin, *per_instance = macro.origin;
    if (slices > 1)
        per_access = sdse_arena_printf(r->arena, "%s; %u such side by side",
                                       macro.origin, slices);
    if (pieces > 1)
        per_instance = sdse_arena_printf(r->arena, "%s; %llu such macros", macro.origin,
                                         (unsigned long long)pieces);
    if (!per_access || !per_instance)
        return SDSE_NO_MEMORY;
    const double n = (double)pieces;
    const double access = slices * r->table_factor;
    fill_number(&level->read_pj, macro.read_pj * access, per_access, level->loc);
    fill_number(&level->fill_pj, macro.write_pj * access, per_access, level->loc);
    fill_number(&level->update_pj, macro.write_pj * access, per_access, level->loc);
    fill_number(&level->leakage_mw, macro.leakage_mw * n, per_instance, level->loc);
    fill_number(&level->area_um2, macro.area_um2 * n, per_instance, level->loc);
    return SDSE_OK;
}

// A level that shares the memory of the one outside it costs what that one costs.
static void copy_costs(const struct sdse_level *from, struct sdse_level *to) {
    to->read_pj = from->read_pj;
    to->fill_pj = from->fill_pj;
    to->update_pj = from->update_pj;
    to->leakage_mw = from->leakage_mw;
    to->area_um2 = from->area_um2;
}

static void check_level(struct resolver *r, unsigned index) {
    const struct sdse_level *level = &r->arch->level[index];
    const bool outermost = index == 0;
    char owner[96];
    snprintf(owner, sizeof owner, "level '%.80s'", level->name);
    if (!level->free && !(level->component && r->refused_component)) {
        if (!is_charged(&level->read_pj))
            report_missing(r, level->loc, owner, "the energy of a read");
        if (!outermost && !is_charged(&level->fill_pj))
            report_missing(r, level->loc, owner, "the energy of a write from above");
        if (level->keeps & SDSE_BIT(SDSE_PART_OUTPUTS) &&
            !is_charged(&level->update_pj))
            report_missing(r, level->loc, owner, "the energy of a write from below");
    }
    if (!outermost && level->memory_class != SDSE_DRAM && !level->area_um2.given &&
        !level->shares_memory)
        sdse_diag_add(r->diags, SDSE_WARNING, level->loc, "missing-area",
                      "%s: no area given; the total area leaves it out", owner);
}

static void check_networks(struct resolver *r, const struct sdse_level *level) {
    if (level->fanout_x <= 1 && level->fanout_y <= 1)
        return;
    char owner[96];
    snprintf(owner, sizeof owner, "fan-out of '%.80s'", level->name);
    for (int t = 0; t < SDSE_TENSORS; t++) {
        const struct sdse_network *network = &level->network[t];
        const bool hops =
            network->topology == SDSE_MESH && (is_charged(&network->hop_pj_per_bit) ||
                                               is_charged(&network->router_pj_per_bit));
        const bool adders = t == SDSE_OUTPUTS && is_charged(&network->pj_per_add);
        if (network->free || is_charged(&network->pj_per_bit) || hops || adders ||
            (network->component && r->refused_component))
            continue;
        char what[64];
        snprintf(what, sizeof what, "the energy of moving %s",
                 sdse_tensor_name((enum sdse_tensor)t));
        report_missing(r, level->fanout_loc, owner, what);
    }
}

static void check_compute(struct resolver *r) {
    const struct sdse_compute *compute = &r->arch->compute;
    if (!compute->free && !is_charged(&compute->pj_per_mac) &&
        !(compute->component && r->refused_component))
        report_missing(r, compute->loc, "compute", "the energy of a MAC");
    if (!compute->area_um2.given)
        sdse_diag_add(r->diags, SDSE_WARNING, compute->loc, "missing-area",
                      "compute: no area given; the total area leaves it out");
}

static void check_rebuild(struct resolver *r) {
    const struct sdse_rebuild *rebuild = &r->arch->rebuild;
    if (!rebuild->present || rebuild->free ||
        (rebuild->component && r->refused_component))
        return;
    const struct {
        const struct sdse_number *number;
        const char *what;
    } costs[] = {
        {&rebuild->pj_per_shift_add, "the energy of a shift-add"},
        {&rebuild->pj_per_basis_read, "the energy of reading a basis word"},
        {&rebuild->pj_per_basis_write, "the energy of writing a basis word"},
    };
    for (size_t i = 0; i < sizeof costs / sizeof costs[0]; i++)
        if (!is_charged(costs[i].number))
            report_missing(r, rebuild->loc, "rebuild engine", costs[i].what);
}

enum sdse_status sdse_arch_resolve_costs(struct sdse_arch *arch,
                                         struct sdse_arena *arena,
                                         struct sdse_diags *diags) {
    struct resolver r = {arch, arena, diags, 1, false};
    const size_t errors_before = diags->errors;
    if (sdse_arch_rescale(arch, arena, diags, &r.table_factor) == SDSE_NO_MEMORY)
        return SDSE_NO_MEMORY;
    const size_t errors_scaled = diags->errors;
    if (sdse_arch_price_components(arch, arena, diags) == SDSE_NO_MEMORY)
        return SDSE_NO_MEMORY;
    r.refused_component = diags->errors > errors_scaled;
    for (unsigned i = 0; i < arch->level_count; i++) {
        struct sdse_level *level = &arch->level[i];
        const size_t errors = diags->errors;
        if (level->shares_memory)
            copy_costs(&arch->level[i - 1], level);
        else if (level->table) {
            const enum sdse_status status = fill_from_table(&r, level);
            if (status != SDSE_OK)
                return status;
        }
        // A refused table has said what is wrong; do not say it again.
        if (diags->errors == errors)
            check_level(&r, i);
        check_networks(&r, level);
    }
    check_compute(&r);
    check_rebuild(&r);
    sdse_cost_names_check(arch, diags);
    return diags->errors > errors_before ? SDSE_INVALID : SDSE_OK;
}
