// A comparison for machines: one row for everything that was compared.
#include <math.h>

#include "cli/compare_report.h"

struct sdse_table *cli_compare_new_table(struct sdse_arena *arena) {
    static const char *const columns[] = {"section", "network", "name",       "unit",
                                          "a",       "b",       "difference", "ratio"};
    struct sdse_table *table = sdse_table_new(arena);
    sdse_table_add_columns(table, columns, sizeof columns / sizeof *columns);
    return table;
}

void cli_compare_add_side(struct sdse_table *table, const struct sdse_difference *row,
                          int side) {
    if (row->text[side])
        sdse_table_add_text(table, row->text[side]);
    else
        sdse_table_add_f64(table, row->value[side]);
}

static void add_machine_row(struct sdse_table *table, const char *section,
                            const char *network, const struct sdse_differences *of,
                            const struct sdse_difference *row) {
    const double a = row->value[SDSE_A], b = row->value[SDSE_B];
    sdse_table_add_text(table, section);
    sdse_table_add_text(table, network);
    sdse_table_add_text(table, row->name);
    sdse_table_add_text(table, *row->unit ? row->unit : NULL);
    cli_compare_add_side(table, row, SDSE_A);
    cli_compare_add_side(table, row, SDSE_B);
    sdse_table_add_f64(table, sdse_difference_of(of, row));
    sdse_table_add_f64(table, a != 0 ? b / a : (double)NAN);
}

void cli_compare_add(struct sdse_table *table, const char *network,
                     const struct sdse_differences *of) {
    for (size_t i = 0; i < of->count; i++)
        add_machine_row(table, of->section, network, of, &of->rows[i]);
}

static void add_number(struct sdse_table *table, const char *network, const char *name,
                       const char *unit, double a, double b) {
    static const struct sdse_differences plain = {.adds_up = false};
    const struct sdse_difference row = {.name = name, .unit = unit, .value = {a, b}};
    add_machine_row(table, "front", network, &plain, &row);
}

void cli_compare_add_fronts(struct sdse_table *table, const struct sdse_fronts *fronts,
                            struct sdse_arena *arena) {
    const struct sdse_fronts_side *a = &fronts->side[SDSE_A], *b = a + 1;
    const char *network = fronts->network;
    const struct {
        const char *name, *unit;
        double a, b;
    } rows[] = {
        {"points", "", (double)a->points.count, (double)b->points.count},
        {"infeasible", "", (double)a->points.infeasible, (double)b->points.infeasible},
        {"failed", "", (double)a->points.failed, (double)b->points.failed},
        {"without an objective", "", (double)a->points.unknown,
         (double)b->points.unknown},
        {"on the front", "", (double)a->front.count, (double)b->front.count},
        {"beaten by the other", "", (double)a->beaten, (double)b->beaten},
        {"on both fronts", "", (double)a->shared, (double)b->shared},
        {"hypervolume", "of the box", a->front.hypervolume_fraction,
         b->front.hypervolume_fraction},
        {"hypervolume of both", "of the box", fronts->joint_fraction,
         fronts->joint_fraction},
        {"designs of this side alone", "", (double)a->alone, (double)b->alone},
        {"designs that are the same", "", (double)fronts->designs_same,
         (double)fronts->designs_same},
        {"designs that differ", "", (double)fronts->designs[0].count,
         (double)fronts->designs[0].count},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        add_number(table, network, rows[i].name, rows[i].unit, rows[i].a, rows[i].b);
    for (unsigned k = 0; k < a->points.objectives; k++) {
        const char *column = sdse_metric_info(a->points.metric[k])->column;
        add_number(table, network, sdse_arena_printf(arena, "reference %s", column), "",
                   fronts->reference[k], fronts->reference[k]);
        struct sdse_differences named = fronts->designs[k];
        named.section = sdse_arena_printf(arena, "design %s", column);
        cli_compare_add(table, network, &named);
    }
}
