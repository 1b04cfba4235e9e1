// Stacked energy: one bar per point.
#include <string.h>

#include "results/look/draw/names.h"
#include "results/look/plot/energy_chart.h"
#include "results/look/plot/plot.h"
#include "results/look/plot/refusal.h"
#include "results/store/database.h"

enum { DEFAULT_BARS = 30 };

// The positions of the bars' points: all, or those of least energy, in sweep order.
static size_t choose_points(const struct sdse_points *points, size_t most,
                            size_t *chosen) {
    size_t count = 0;
    for (size_t i = 0; i < points->count; i++) {
        size_t cheaper = 0;
        for (size_t j = 0; j < points->count && cheaper < most; j++)
            cheaper +=
                points->v[j] < points->v[i] || (j < i && points->v[j] == points->v[i]);
        if (cheaper < most)
            chosen[count++] = i;
    }
    return count;
}

static bool all_equal(const char *const *names, size_t count) {
    for (size_t i = 1; i < count; i++)
        if (strcmp(names[i], names[0]) != 0)
            return false;
    return true;
}

// What distinguishes a point: names that all share go into the title.
static const char *label_of(const struct sdse_points *points, size_t i,
                            struct sdse_arena *arena) {
    const char *const *columns[] = {points->workload, points->arch, points->form};
    const char *text = "";
    for (size_t k = 0; text && k < 3; k++)
        if (!all_equal(columns[k], points->count))
            text = sdse_arena_printf(arena, "%s%s%s", text, *text ? " " : "",
                                     columns[k][i]);
    if (text && *points->parameters[i])
        text = sdse_arena_printf(arena, "%s%s%s", text, *text ? " " : "",
                                 points->parameters[i]);
    return text;
}

static const char *title_of(const struct sdse_points *points, size_t bars,
                            struct sdse_arena *arena) {
    const char *names = sdse_names_shared(points, arena);
    const char *text =
        names ? sdse_arena_printf(arena, "Energy by component: %s", names) : NULL;
    if (text && bars < points->count)
        text = sdse_arena_printf(arena, "%s (the %zu of least energy of %zu points)",
                                 text, bars, points->count);
    return text;
}

static int read_points(sqlite3 *db, const struct sdse_points *points,
                       const size_t *chosen, struct sdse_energy_chart *chart,
                       struct sdse_arena *arena) {
    sqlite3_stmt *row = NULL;
    int code = sdse_energy_chart_order(db, chart, arena);
    if (code == SQLITE_OK)
        code = sqlite3_prepare_v2(db,
                                  "SELECT " SDSE_CHART_COMPONENT
                                  ", sum(energy_pj), ?2 FROM v_energy"
                                  " WHERE point_id = ?1 GROUP BY 1",
                                  -1, &row, NULL);
    for (size_t b = 0; code == SQLITE_OK && b < chart->bar_count; b++) {
        sqlite3_bind_int64(row, 1, points->point_id[chosen[b]]);
        sqlite3_bind_int64(row, 2, (int64_t)b);
        code = sdse_energy_chart_read(row, chart, arena);
        sqlite3_reset(row);
        code = code == SQLITE_DONE ? SQLITE_OK : code;
    }
    sqlite3_finalize(row);
    return code;
}

// Names of the bars: the parameter asked for, or what distinguishes the points.
static enum sdse_status name_bars(struct sdse_reader *reader,
                                  const struct sdse_energy_plot *plot,
                                  const struct sdse_points *points,
                                  const size_t *chosen, struct sdse_energy_chart *chart,
                                  struct sdse_arena *arena, struct sdse_diags *diags) {
    struct sdse_aspect label;
    if (plot->label) {
        const enum sdse_status status =
            sdse_aspect_load(reader, points, plot->label, arena, diags, &label);
        for (size_t b = 0; status == SDSE_OK && b < chart->bar_count; b++)
            chart->labels[b] = label.names[label.of[chosen[b]]];
        chart->title = sdse_arena_printf(arena, "%s, by %s", chart->title, plot->label);
        return status == SDSE_OK && !chart->title ? SDSE_NO_MEMORY : status;
    }
    for (size_t b = 0; b < chart->bar_count; b++) {
        chart->labels[b] = label_of(points, chosen[b], arena);
        if (!chart->labels[b])
            return SDSE_NO_MEMORY;
    }
    return sdse_names_shorten(chart->labels, chart->bar_count, arena) ? SDSE_OK
                                                                      : SDSE_NO_MEMORY;
}

static enum sdse_status group_bars(struct sdse_reader *reader, const char *facet,
                                   const struct sdse_points *points,
                                   const size_t *chosen, struct sdse_arena *arena,
                                   struct sdse_diags *diags, struct sdse_bars *bars) {
    struct sdse_aspect aspect;
    size_t *of = SDSE_ARENA_ARRAY(arena, size_t, bars->bar_count + 1);
    if (!of)
        return SDSE_NO_MEMORY;
    const enum sdse_status status =
        sdse_aspect_load(reader, points, facet, arena, diags, &aspect);
    if (status != SDSE_OK)
        return status;
    for (size_t b = 0; b < bars->bar_count; b++)
        of[b] = aspect.of[chosen[b]];
    return sdse_bars_group(bars, &aspect, of, arena) ? SDSE_OK : SDSE_NO_MEMORY;
}

enum sdse_status sdse_plot_energy(struct sdse_reader *reader,
                                  const struct sdse_energy_plot *plot,
                                  struct sdse_arena *arena, struct sdse_diags *diags) {
    static const enum sdse_metric energy[] = {SDSE_METRIC_ENERGY};
    struct sdse_plot_files files;
    struct sdse_points points;
    struct sdse_energy_chart chart;
    struct sdse_bars bars;
    enum sdse_status status =
        sdse_plot_files(plot->rules, plot->picture, arena, diags, &files);
    if (status == SDSE_OK)
        status =
            sdse_points_load(reader, &plot->filter, energy, 1, arena, diags, &points);
    if (status != SDSE_OK)
        return status;
    files.theme = plot->theme;
    if (points.count == 0)
        return sdse_plot_no_points(reader, &points, arena, diags);
    const size_t most = plot->most_bars ? plot->most_bars : DEFAULT_BARS;
    size_t *chosen = SDSE_ARENA_ARRAY(arena, size_t, points.count);
    if (!chosen)
        return SDSE_NO_MEMORY;
    const size_t count =
        choose_points(&points, most < SDSE_BARS_MOST ? most : SDSE_BARS_MOST, chosen);
    if (!sdse_energy_chart_new(&chart, count, arena) ||
        !(chart.title = title_of(&points, count, arena)))
        return SDSE_NO_MEMORY;
    status = name_bars(reader, plot, &points, chosen, &chart, arena, diags);
    if (status != SDSE_OK)
        return status;
    const int code = read_points(reader->db, &points, chosen, &chart, arena);
    if (code != SQLITE_OK)
        return sdse_database_refuse(reader->db, code,
                                    sqlite3_db_filename(reader->db, "main"), diags);
    if (!sdse_energy_chart_bars(&chart, plot->theme, arena, &bars))
        return SDSE_NO_MEMORY;
    if (plot->facet)
        status = group_bars(reader, plot->facet, &points, chosen, arena, diags, &bars);
    return status == SDSE_OK ? sdse_bars_draw(&bars, &files, arena, diags) : status;
}
