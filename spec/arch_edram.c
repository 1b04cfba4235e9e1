// Memories whose cells forget: retention, refresh, and the life a memory allows.
#include <math.h>

#include "spec/load.h"
#include "spec/reading.h"
#include "spec/value.h"

static const char *const edram_keys[] = {"retention_us",     "retention",
                                         "temperature_c",    "refresh_pj_per_bit",
                                         "refresh_row_bits", "refresh_cycles_per_row"};

// One temperature and what cells hold there.
struct rung {
    double c; // [deg C]
    struct sdse_number us;
};

static bool read_rung(struct sdse_arch_reading *r, const struct sdse_node *node,
                      struct rung *rung) {
    static const char *const keys[] = {"at_c", "us"};
    if (!sdse_expect_kind(node, SDSE_NODE_MAPPING, r->diags) ||
        sdse_refuse_unknown_keys(node, keys, 2, r->diags))
        return false;
    for (unsigned i = 0; i < 2; i++)
        if (!sdse_node_get(node, keys[i])) {
            sdse_report_missing(node, keys[i], r->diags);
            return false;
        }
    sdse_number_read(sdse_node_get(node, "us"), 1e-6, 1e12, &r->sources, r->diags,
                     &rung->us);
    return sdse_read_double(sdse_node_get(node, "at_c"), -273, 1000, r->diags,
                            &rung->c) &&
           !isnan(rung->us.value);
}

static const char *text_of(const struct sdse_arch_reading *r,
                           const struct sdse_number *number) {
    return number->origin.text ? number->origin.text
           : r->arch->source   ? r->arch->source
                               : "";
}

// Between two rungs the logarithm of the time is linear in the temperature.
static void interpolate(struct sdse_arch_reading *r, const struct rung *low,
                        const struct rung *high, double c, struct sdse_number *us) {
    *us = c == low->c ? low->us : high->us;
    if (c == low->c || c == high->c)
        return;
    const double share = (c - low->c) / (high->c - low->c);
    us->value = exp(log(low->us.value) * (1 - share) + log(high->us.value) * share);
    us->origin.mark = SDSE_MARK_DERIVED;
    us->origin.text = sdse_arena_printf(
        r->arena, "at %g C, between %g us at %g C (%s) and %g us at %g C (%s)", c,
        low->us.value, low->c, text_of(r, &low->us), high->us.value, high->c,
        text_of(r, &high->us));
    r->out_of_memory |= !us->origin.text;
}

// A ladder of rising temperatures, read at one of them.
static void read_ladder(struct sdse_arch_reading *r, const struct sdse_node *list,
                        const struct sdse_node *at, struct sdse_number *us) {
    struct rung before = {0}, rung;
    unsigned count = 0;
    double first = 0, c = 0;
    us->given = true; // faults below are reported once
    us->value = (double)NAN;
    if (!sdse_expect_kind(list, SDSE_NODE_SEQUENCE, r->diags) ||
        !sdse_read_double(at, -273, 1000, r->diags, &c))
        return;
    sdse_for_each_child (item, list) {
        if (!read_rung(r, item, &rung))
            return;
        if (count && rung.c <= before.c) {
            sdse_diag_add(r->diags, SDSE_ERROR, item->loc, "retention-ladder",
                          "temperatures must rise: %g C stands behind %g C", rung.c,
                          before.c);
            return;
        }
        if (!count)
            first = rung.c;
        if (c == rung.c || (count && before.c < c && c < rung.c))
            interpolate(r, count ? &before : &rung, &rung, c, us);
        before = rung;
        count++;
    }
    if (!count)
        sdse_diag_add(r->diags, SDSE_ERROR, list->loc, "retention-ladder",
                      "a ladder of retention needs a temperature at least");
    else if (c < first || c > before.c)
        sdse_diag_add(r->diags, SDSE_ERROR, at->loc, "retention-ladder",
                      "retention is known from %g to %g C; nothing is extrapolated to "
                      "%g C",
                      first, before.c, c);
}

static void read_retention(struct sdse_arch_reading *r, const struct sdse_node *map,
                           struct sdse_number *us) {
    const struct sdse_node *number = sdse_node_get(map, "retention_us");
    const struct sdse_node *ladder = sdse_node_get(map, "retention");
    const struct sdse_node *at = sdse_node_get(map, "temperature_c");
    if (number && (ladder || at))
        sdse_diag_add(r->diags, SDSE_ERROR, (ladder ? ladder : at)->key_loc,
                      "retention-ladder",
                      "'retention_us' says it all: '%s' has no use beside it",
                      ladder ? "retention" : "temperature_c");
    else if (number)
        sdse_number_read(number, 1e-6, 1e12, &r->sources, r->diags, us);
    else if (ladder && at)
        read_ladder(r, ladder, at, us);
    else
        sdse_report_missing(map, ladder ? "temperature_c" : "retention_us", r->diags);
}

void sdse_read_edram(struct sdse_arch_reading *r, const struct sdse_node *map,
                     unsigned index) {
    struct sdse_level *level = &r->arch->level[index];
    const struct sdse_node *limit = sdse_node_get(map, "max_lifetime_us"), *node;
    if (limit && index == 0)
        sdse_diag_add(r->diags, SDSE_ERROR, limit->key_loc, "memory-class",
                      "the outermost memory keeps tensors beyond the layer: "
                      "'max_lifetime_us' is for memories inside it");
    else
        sdse_number_read(limit, 1e-9, 1e12, &r->sources, r->diags,
                         &level->max_lifetime_us);
    if (level->memory_class != SDSE_EDRAM) {
        for (unsigned i = 0; i < sizeof edram_keys / sizeof *edram_keys; i++)
            if ((node = sdse_node_get(map, edram_keys[i])))
                sdse_diag_add(r->diags, SDSE_ERROR, node->key_loc, "memory-class",
                              "only memories of class edram have '%s'", edram_keys[i]);
        return;
    }
    if (index == 0)
        sdse_diag_add(r->diags, SDSE_ERROR, map->loc, "memory-class",
                      "the outermost memory keeps tensors beyond the layer: it cannot "
                      "be of class edram");
    if ((node = sdse_node_get(map, "table")))
        sdse_diag_add(r->diags, SDSE_ERROR, node->key_loc, "memory-class",
                      "tables are of SRAM: a memory of class edram gives its costs");
    struct sdse_edram *edram = &level->edram;
    read_retention(r, map, &edram->retention_us);
    sdse_number_read(sdse_node_get(map, "refresh_pj_per_bit"), 0, 1e6, &r->sources,
                     r->diags, &edram->refresh_pj_per_bit);
    if ((node = sdse_node_get(map, "refresh_row_bits")))
        sdse_read_u32(node, 1, 1u << 30, r->diags, &edram->row_bits);
    else
        sdse_report_missing(map, "refresh_row_bits", r->diags);
    if ((node = sdse_node_get(map, "refresh_cycles_per_row")))
        sdse_number_read(node, 0, 1e6, &r->sources, r->diags, &edram->cycles_per_row);
    else
        sdse_report_missing(map, "refresh_cycles_per_row", r->diags);
}
