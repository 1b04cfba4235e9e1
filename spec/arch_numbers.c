#include "spec/arch_numbers.h"

#include <stdio.h>

#include "spec/reading.h"

struct walk {
    sdse_number_visit visit;
    void *context;
};

static void put(const struct walk *w, const char *where, const char *what,
                const char *unit, const struct sdse_number *number) {
    if (number->given)
        w->visit(w->context, where, what, unit, number);
}

static void walk_own_ports(const struct walk *w, const struct sdse_level *level) {
    static const char *const ports[SDSE_PORTS] = {"read", "write", "shared"};
    for (unsigned p = 0; p < SDSE_PORTS; p++) {
        for (unsigned t = 0; t < SDSE_TENSORS; t++) {
            char what[40];
            snprintf(what, sizeof what, "%s bandwidth, %s", ports[p],
                     sdse_tensor_words[t]);
            put(w, level->name, what, "bit/cycle", &level->own_bits_per_cycle[p][t]);
        }
        put(w, level->name,
            p == SDSE_PORT_READ ? "drain bandwidth" : "update bandwidth", "bit/cycle",
            &level->own_bits_per_cycle[p][SDSE_PORT_UP]);
    }
}

static void walk_overhead(const struct walk *w, const char *where,
                          const struct sdse_overhead *overhead) {
    put(w, where, overhead->gated ? "clock, gated" : "clock", "mW",
        &overhead->clock_mw);
    put(w, where, "static", "mW", &overhead->static_mw);
    put(w, where, "control", "%", &overhead->control_percent);
}

static void walk_level_numbers(const struct walk *w, const struct sdse_level *level) {
    const char *per = level->port_bits ? "pJ/access" : "pJ/bit";
    put(w, level->name, "capacity", "bit", &level->capacity);
    put(w, level->name, "read", per, &level->read_pj);
    put(w, level->name, "fill", per, &level->fill_pj);
    put(w, level->name, "update", per, &level->update_pj);
    put(w, level->name, "read bandwidth", "bit/cycle", &level->read_bits_per_cycle);
    put(w, level->name, "write bandwidth", "bit/cycle", &level->write_bits_per_cycle);
    put(w, level->name, "shared bandwidth", "bit/cycle", &level->shared_bits_per_cycle);
    walk_own_ports(w, level);
    put(w, level->name, "leakage", "mW", &level->leakage_mw);
    walk_overhead(w, level->name, &level->overhead);
    put(w, level->name, "retention", "us", &level->edram.retention_us);
    put(w, level->name, "refresh", "pJ/bit", &level->edram.refresh_pj_per_bit);
    put(w, level->name, "refresh of a row", "cycles", &level->edram.cycles_per_row);
    put(w, level->name, "longest life", "us", &level->max_lifetime_us);
    put(w, level->name, "area", "um2", &level->area_um2);
    for (unsigned t = 0; t < SDSE_TENSORS; t++) {
        const struct sdse_network *link = &level->network[t];
        char what[40];
        snprintf(what, sizeof what, "network, %s", sdse_tensor_words[t]);
        put(w, level->name, what, "pJ/bit", &link->pj_per_bit);
        put(w, level->name, what, "pJ/bit/hop", &link->hop_pj_per_bit);
        put(w, level->name, what, "pJ/bit/rout", &link->router_pj_per_bit);
        put(w, level->name, what, "pJ/addition", &link->pj_per_add);
    }
}

void sdse_arch_each_number(const struct sdse_arch *arch, sdse_number_visit visit,
                           void *context) {
    const struct walk all = {visit, context}, *const w = &all;
    const struct sdse_compute *compute = &arch->compute;
    const struct sdse_rebuild *engine = &arch->rebuild;
    for (unsigned i = 0; i < arch->level_count; i++)
        walk_level_numbers(w, &arch->level[i]);
    put(w, "multiplier", "cycles per MAC", "cycles", &compute->cycles_number);
    put(w, "multiplier", "MAC", "pJ", &compute->pj_per_mac);
    put(w, "multiplier", "leakage", "mW", &compute->leakage_mw);
    walk_overhead(w, "multiplier", &compute->overhead);
    put(w, "multiplier", "area", "um2", &compute->area_um2);
    if (engine->present) {
        put(w, "rebuild", "shift-add", "pJ", &engine->pj_per_shift_add);
        put(w, "rebuild", "basis read", "pJ", &engine->pj_per_basis_read);
        put(w, "rebuild", "basis write", "pJ", &engine->pj_per_basis_write);
        put(w, "rebuild", "rate", "rows/cycle", &engine->rows_per_cycle);
        put(w, "rebuild", "area", "um2", &engine->area_um2);
    }
    for (unsigned i = 0; i < arch->engine_count; i++) {
        const struct sdse_engine *other = &arch->engine[i];
        put(w, other->name, sdse_engine_event(other->kind), "pJ", &other->pj_per_event);
        put(w, other->name, "sum", "pJ", &other->pj_per_sum);
        put(w, other->name, "area", "um2", &other->area_um2);
    }
    put(w, "vector unit", "operation", "pJ", &arch->vector.pj_per_op);
    put(w, "vector unit", "rate", "ops/cycle", &arch->vector.ops_per_cycle);
    walk_overhead(w, "chip", &arch->chip);
    put(w, "other", "area", "um2", &arch->other_area_um2);
}
