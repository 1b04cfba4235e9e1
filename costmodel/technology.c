#include "costmodel/technology.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "base/units.h"
#include "costmodel/sram_table.h"

enum metric { READ, WRITE, LEAKAGE, AREA, ACCESS, METRICS };

// A point of the grid, or between its points: what it costs, and the rows that made it.
struct point {
    double value[METRICS];
    uint32_t capacity_low, capacity_high; // [bytes]
    uint32_t width_low, width_high;       // [bits]
    double node_low, node_high;           // [nm]
};

struct slice {
    const struct sdse_sram_row *rows;
    size_t count;
};

const char *sdse_sram_table_name(size_t i) {
    return i < sdse_sram_table_count ? sdse_sram_tables[i].name : NULL;
}

const struct sdse_sram_table *sdse_sram_table_find(const char *name) {
    for (size_t i = 0; i < sdse_sram_table_count; i++)
        if (strcmp(sdse_sram_tables[i].name, name) == 0)
            return &sdse_sram_tables[i];
    return NULL;
}

static uint32_t key_node(const struct sdse_sram_row *row) { return row->node_nm; }
static uint32_t key_capacity(const struct sdse_sram_row *row) {
    return row->capacity_bytes;
}

// The leading rows of `rest` that share their first row's key; `rest` moves past them.
static struct slice take_group(struct slice *rest,
                               uint32_t (*key)(const struct sdse_sram_row *)) {
    struct slice group = {rest->rows, 0};
    while (group.count < rest->count &&
           key(&rest->rows[group.count]) == key(rest->rows))
        group.count++;
    rest->rows += group.count;
    rest->count -= group.count;
    return group;
}

static struct point point_of_row(const struct sdse_sram_row *row) {
    return (struct point){
        .value = {row->read_pj, row->write_pj,
                  row->subthreshold_leak_mw + row->gate_leak_mw,
                  sdse_um2_from_mm2(row->area_mm2), row->access_ns},
        .capacity_low = row->capacity_bytes,
        .capacity_high = row->capacity_bytes,
        .width_low = row->width_bits,
        .width_high = row->width_bits,
        .node_low = row->node_nm,
        .node_high = row->node_nm,
    };
}

// The point `part` of the way from low to high, linear in the logarithms; part = 0 or 1
// gives an end exactly.
static struct point between(const struct point *low, const struct point *high,
                            double part) {
    if (part <= 0)
        return *low;
    if (part >= 1)
        return *high;
    struct point mix = *low;
    for (int m = 0; m < METRICS; m++)
        mix.value[m] *= pow(high->value[m] / low->value[m], part);
    mix.capacity_high = high->capacity_high;
    mix.width_high = high->width_high;
    mix.node_high = high->node_high;
    return mix;
}

static double log_part(double low, double x, double high) {
    return low < high ? log(x / low) / log(high / low) : 0;
}

// Interpolates in width among the rows of one capacity; false if they do not reach it.
static bool at_width(struct slice rows, uint32_t width_bits, struct point *point) {
    const struct sdse_sram_row *low = NULL, *high = NULL;
    for (size_t i = 0; i < rows.count; i++) {
        if (rows.rows[i].width_bits <= width_bits)
            low = &rows.rows[i];
        if (!high && rows.rows[i].width_bits >= width_bits)
            high = &rows.rows[i];
    }
    if (!low || !high)
        return false;
    const struct point a = point_of_row(low), b = point_of_row(high);
    *point = between(&a, &b, log_part(low->width_bits, width_bits, high->width_bits));
    return true;
}

struct range {
    uint32_t smallest, largest; // capacities whose rows reach the width [bytes]
};

// Interpolates in capacity among the rows of one node. False if no two capacities
// around the query reach the width; `range` then says which do (0, 0: none).
static bool at_capacity(struct slice rows, double capacity_bytes, uint32_t width_bits,
                        struct point *point, struct range *range) {
    struct point low = {0}, high = {0}, here;
    bool has_low = false, has_high = false;
    *range = (struct range){0, 0};
    while (rows.count > 0) {
        const struct slice group = take_group(&rows, key_capacity);
        const uint32_t bytes = group.rows->capacity_bytes;
        if (!at_width(group, width_bits, &here))
            continue;
        if (range->smallest == 0)
            range->smallest = bytes;
        range->largest = bytes;
        if (bytes <= capacity_bytes) {
            low = here;
            has_low = true;
        }
        if (!has_high && bytes >= capacity_bytes) {
            high = here;
            has_high = true;
        }
    }
    if (!has_low || !has_high)
        return false;
    *point = between(&low, &high,
                     log_part(low.capacity_low, capacity_bytes, high.capacity_low));
    return true;
}

// The table's rows at the nodes next to node_nm: equal when node_nm is one of them, or
// beyond the first or last.
static void find_nodes(const struct sdse_sram_table *table, double node_nm,
                       struct slice *low, struct slice *high) {
    struct slice rest = {table->rows, table->row_count};
    *low = *high = (struct slice){NULL, 0};
    while (rest.count > 0) {
        const struct slice group = take_group(&rest, key_node);
        if (group.rows->node_nm <= node_nm || !low->rows)
            *low = group;
        *high = group;
        if (group.rows->node_nm >= node_nm)
            return;
    }
}

static const char *range_text(const struct sdse_sram_table *table, struct slice rows,
                              struct range range, double capacity_bytes,
                              uint32_t width_bits, struct sdse_arena *arena) {
    assert(rows.rows); // a table has rows, so there is a node next to any
    const unsigned node_nm = rows.rows->node_nm;
    if (range.largest > 0) {
        return sdse_arena_printf(
            arena,
            "table %s has %u-bit macros of %u to %u bytes at %u nm, "
            "not of %.10g bytes",
            table->name, width_bits, range.smallest, range.largest, node_nm,
            capacity_bytes);
    }
    uint32_t narrowest = UINT32_MAX, widest = 0;
    for (size_t i = 0; i < rows.count; i++) {
        const uint32_t width = rows.rows[i].width_bits;
        narrowest = width < narrowest ? width : narrowest;
        widest = width > widest ? width : widest;
    }
    return sdse_arena_printf(arena,
                             "table %s has widths of %u to %u bit at %u nm, not %u bit",
                             table->name, narrowest, widest, node_nm, width_bits);
}

// Reports `text` as the reason of a refusal.
static enum sdse_status refuse(const char **why, const char *text) {
    if (!text)
        return SDSE_NO_MEMORY;
    if (why)
        *why = text;
    return SDSE_INVALID;
}

// Scales a point from its table node to node_nm; `note` receives what was done.
static bool scale_node(struct point *point, double node_nm, struct sdse_arena *arena,
                       const char **note) {
    double energy, area;
    const double volt = SDSE_NODE_SCALING_V;
    if (!sdse_node_energy_factor(point->node_low, volt, node_nm, volt, &energy) ||
        !sdse_node_area_factor(point->node_low, node_nm, &area))
        return false;
    point->value[READ] *= energy;
    point->value[WRITE] *= energy;
    point->value[AREA] *= area;
    *note = sdse_arena_printf(arena,
                              "; scaled to %g nm by Stillmaker-Baas at %g V: energy x "
                              "%.4g, area x %.4g, leakage and access time kept",
                              node_nm, volt, energy, area);
    return true;
}

// "16", or "16..32" when the ends differ.
static const char *span(struct sdse_arena *arena, double low, double high) {
    return low == high ? sdse_arena_printf(arena, "%.10g", low)
                       : sdse_arena_printf(arena, "%.10g..%.10g", low, high);
}

static const char *describe(const struct sdse_sram_table *table, const struct point *p,
                            double capacity_bytes, uint32_t width_bits, double node_nm,
                            const char *note, struct sdse_arena *arena) {
    const char *bytes = span(arena, p->capacity_low, p->capacity_high);
    const char *bits = span(arena, p->width_low, p->width_high);
    const char *nodes = span(arena, p->node_low, p->node_high);
    if (!bytes || !bits || !nodes)
        return NULL;
    if (p->capacity_low == p->capacity_high && p->width_low == p->width_high &&
        p->node_low == p->node_high)
        return sdse_arena_printf(arena, "CACTI 7, %s: row %s bytes x %s bit, %s nm%s",
                                 table->name, bytes, bits, nodes, note);
    return sdse_arena_printf(
        arena,
        "CACTI 7, %s: %.10g bytes x %u bit, %g nm, log-log between "
        "rows of %s bytes, %s bit, %s nm%s",
        table->name, capacity_bytes, width_bits, note[0] ? p->node_low : node_nm, bytes,
        bits, nodes, note);
}

enum sdse_status sdse_sram_lookup(const char *table_name, double node_nm,
                                  uint64_t capacity_bits, uint32_t width_bits,
                                  struct sdse_arena *arena, struct sdse_sram_cost *cost,
                                  const char **why) {
    const struct sdse_sram_table *table = sdse_sram_table_find(table_name);
    if (!table)
        return refuse(
            why, sdse_arena_printf(arena, "there is no SRAM table '%s'", table_name));
    if (!(node_nm > 0))
        return refuse(why, sdse_arena_printf(arena, "%g nm is not a node", node_nm));
    struct slice rows[2];
    find_nodes(table, node_nm, &rows[0], &rows[1]);

    const double capacity_bytes = (double)capacity_bits / 8;
    struct point end[2];
    struct range range;
    for (int i = 0; i < 2; i++)
        if (!at_capacity(rows[i], capacity_bytes, width_bits, &end[i], &range))
            return refuse(why, range_text(table, rows[i], range, capacity_bytes,
                                          width_bits, arena));

    struct point point =
        between(&end[0], &end[1], log_part(end[0].node_low, node_nm, end[1].node_low));
    const char *note = "";
    const bool beyond = node_nm < point.node_low || node_nm > point.node_high;
    if (beyond && !scale_node(&point, node_nm, arena, &note))
        return refuse(
            why, sdse_arena_printf(arena, "node scaling knows 7 to 130 nm, not %g nm",
                                   node_nm));
    const char *origin =
        note ? describe(table, &point, capacity_bytes, width_bits, node_nm, note, arena)
             : NULL;
    if (!origin)
        return SDSE_NO_MEMORY;
    *cost = (struct sdse_sram_cost){
        .read_pj = point.value[READ],
        .write_pj = point.value[WRITE],
        .leakage_mw = point.value[LEAKAGE],
        .area_um2 = point.value[AREA],
        .access_ns = point.value[ACCESS],
        .origin = origin,
    };
    return SDSE_OK;
}
