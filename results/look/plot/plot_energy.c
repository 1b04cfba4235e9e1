// Stacked energy: one bar per point, or per layer of one point.
#include <assert.h>
#include <math.h>
#include <string.h>

#include "results/look/draw/bars.h"
#include "results/look/draw/names.h"
#include "results/look/plot/plot.h"
#include "results/look/plot/refusal.h"
#include "results/store/database.h"

enum {
    MOST_COMPONENTS = SDSE_BARS_MOST_PARTS,
    SHOWN_COMPONENTS = 9,
    DEFAULT_BARS = 30
};

struct chart {
    const char *title;
    size_t bar_count, component_count;
    const char **labels;                // [bar_count]
    const char *names[MOST_COMPONENTS]; // outermost memory first
    double *energy_pj;                  // [bar_count][MOST_COMPONENTS]
};

// ---- reading ----

// Components as drawn: memories by level, all networks together, then the rest.
#define DRAWN "CASE WHEN component LIKE '% network' THEN 'network' ELSE component END"
#define COMPONENT_RANK                                                               \
    " CASE c WHEN 'network' THEN 1000 WHEN 'MAC' THEN 1001 WHEN 'rebuild' THEN 1002" \
    " WHEN 'leakage' THEN 1003 WHEN 'static' THEN 1004 WHEN 'clock' THEN 1005"       \
    " WHEN 'control' THEN 1006 WHEN 'vector' THEN 1007 WHEN 'refresh' THEN 1008"     \
    " ELSE (SELECT min(level) FROM solution_memory m WHERE"                          \
    " m.name = c) END"

static size_t component_index(struct chart *chart, const char *name,
                              struct sdse_arena *arena) {
    size_t i = 0;
    if (!name) // out of memory: the next step says so
        return MOST_COMPONENTS;
    while (i < chart->component_count && strcmp(chart->names[i], name) != 0)
        i++;
    if (i == chart->component_count && i < MOST_COMPONENTS) {
        const char *copy = sdse_arena_strdup(arena, name);
        if (!copy)
            return MOST_COMPONENTS;
        chart->names[chart->component_count++] = copy;
    }
    return i;
}

// Adds the rows (component, energy) of a statement whose ?1 is bound to bar `bar`.
// `key` -1: all rows are the bar's; otherwise column 2 names the bar.
static int read_bars(sqlite3_stmt *row, struct chart *chart, size_t bar, bool keyed,
                     struct sdse_arena *arena) {
    int code;
    while ((code = sqlite3_step(row)) == SQLITE_ROW) {
        const char *name = (const char *)sqlite3_column_text(row, 0);
        size_t at = keyed ? (size_t)sqlite3_column_int64(row, 2) : bar;
        size_t component = component_index(chart, name, arena);
        if (at < chart->bar_count && component < MOST_COMPONENTS)
            chart->energy_pj[at * MOST_COMPONENTS + component] +=
                sqlite3_column_double(row, 1);
    }
    return code;
}

static enum sdse_status refuse(sqlite3 *db, int code, struct sdse_diags *diags) {
    return sdse_database_refuse(db, code, sqlite3_db_filename(db, "main"), diags);
}

// Puts every component of the database into the chart in drawing order.
static int order_components(sqlite3 *db, struct chart *chart,
                            struct sdse_arena *arena) {
    sqlite3_stmt *row = NULL;
    int code = sqlite3_prepare_v2(
        db,
        "SELECT c FROM (SELECT DISTINCT " DRAWN " AS c FROM"
        " (SELECT DISTINCT name AS component FROM solution_memory UNION"
        "  SELECT DISTINCT component FROM solution_component UNION"
        "  SELECT 'network' WHERE EXISTS (SELECT 1 FROM solution_network)))"
        " ORDER BY " COMPONENT_RANK ", c",
        -1, &row, NULL);
    if (code == SQLITE_OK)
        while ((code = sqlite3_step(row)) == SQLITE_ROW)
            component_index(chart, (const char *)sqlite3_column_text(row, 0), arena);
    sqlite3_finalize(row);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

// ---- thinning ----

static double component_total(const struct chart *chart, size_t component) {
    double sum = 0;
    for (size_t b = 0; b < chart->bar_count; b++)
        sum += chart->energy_pj[b * MOST_COMPONENTS + component];
    return sum;
}

static void drop_component(struct chart *chart, size_t component) {
    size_t after = chart->component_count - component - 1;
    memmove(&chart->names[component], &chart->names[component + 1],
            after * sizeof *chart->names);
    for (size_t b = 0; b < chart->bar_count; b++) {
        double *row = &chart->energy_pj[b * MOST_COMPONENTS];
        memmove(&row[component], &row[component + 1], after * sizeof *row);
        row[chart->component_count - 1] = 0;
    }
    chart->component_count--;
}

// Drops components nobody uses; the least of more than SHOWN_COMPONENTS become "other".
static void thin_components(struct chart *chart) {
    for (size_t c = chart->component_count; c-- > 0;)
        if (component_total(chart, c) <= 0)
            drop_component(chart, c);
    if (chart->component_count <= SHOWN_COMPONENTS)
        return;
    double other[1024];
    assert(chart->bar_count <= 1024);
    memset(other, 0, sizeof other);
    while (chart->component_count > SHOWN_COMPONENTS - 1) {
        size_t least = 0;
        for (size_t c = 1; c < chart->component_count; c++)
            if (component_total(chart, c) < component_total(chart, least))
                least = c;
        for (size_t b = 0; b < chart->bar_count; b++)
            other[b] += chart->energy_pj[b * MOST_COMPONENTS + least];
        drop_component(chart, least);
    }
    chart->names[chart->component_count++] = "other";
    for (size_t b = 0; b < chart->bar_count; b++)
        chart->energy_pj[b * MOST_COMPONENTS + chart->component_count - 1] = other[b];
}

// ---- drawing ----

static enum sdse_status draw(struct chart *chart, const struct sdse_plot_files *files,
                             struct sdse_arena *arena, struct sdse_diags *diags) {
    struct sdse_bars bars;
    double greatest = 0;
    thin_components(chart);
    if (!sdse_bars_new(&bars, chart->bar_count, chart->component_count, arena))
        return SDSE_NO_MEMORY;
    bars.title = chart->title;
    for (size_t c = 0; c < chart->component_count; c++) {
        bars.parts[c] = chart->names[c];
        bars.colors[c] = sdse_palette_component(chart->names[c]);
    }
    for (size_t b = 0; b < chart->bar_count; b++) {
        double sum = 0;
        bars.labels[b] = chart->labels[b];
        for (size_t c = 0; c < chart->component_count; c++) {
            const double energy_pj = chart->energy_pj[b * MOST_COMPONENTS + c];
            bars.value[b * chart->component_count + c] = energy_pj;
            sum += energy_pj;
        }
        greatest = fmax(greatest, sum);
    }
    bars.scale = sdse_energy_scale("Energy", greatest);
    return sdse_bars_draw(&bars, files, arena, diags);
}

static bool allocate(struct chart *chart, size_t bars, struct sdse_arena *arena) {
    chart->bar_count = bars;
    chart->labels = SDSE_ARENA_ARRAY(arena, const char *, bars + 1);
    chart->energy_pj = SDSE_ARENA_ARRAY(arena, double, (bars + 1) * MOST_COMPONENTS);
    return chart->labels && chart->energy_pj;
}

// ---- one bar per point ----

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
                       const size_t *chosen, struct chart *chart,
                       struct sdse_arena *arena) {
    sqlite3_stmt *row = NULL;
    int code = order_components(db, chart, arena);
    if (code == SQLITE_OK) {
        code = sqlite3_prepare_v2(db,
                                  "SELECT " DRAWN ", sum(energy_pj) FROM v_energy"
                                  " WHERE point_id = ?1 GROUP BY 1",
                                  -1, &row, NULL);
    }
    for (size_t b = 0; code == SQLITE_OK && b < chart->bar_count; b++) {
        sqlite3_bind_int64(row, 1, points->point_id[chosen[b]]);
        code = read_bars(row, chart, b, false, arena);
        sqlite3_reset(row);
        code = code == SQLITE_DONE ? SQLITE_OK : code;
    }
    sqlite3_finalize(row);
    return code;
}

enum sdse_status sdse_plot_energy(struct sdse_reader *reader,
                                  const struct sdse_energy_plot *plot,
                                  struct sdse_arena *arena, struct sdse_diags *diags) {
    static const enum sdse_metric energy[] = {SDSE_METRIC_ENERGY};
    struct sdse_plot_files files;
    struct sdse_points points;
    struct chart chart = {0};
    enum sdse_status status =
        sdse_plot_files(plot->rules, plot->picture, arena, diags, &files);
    if (status == SDSE_OK)
        status =
            sdse_points_load(reader, &plot->filter, energy, 1, arena, diags, &points);
    files.theme = plot->theme;
    if (status != SDSE_OK)
        return status;
    if (points.count == 0)
        return sdse_plot_no_points(reader, &points, arena, diags);
    size_t most = plot->most_bars ? plot->most_bars : DEFAULT_BARS;
    size_t *chosen = SDSE_ARENA_ARRAY(arena, size_t, points.count);
    if (!chosen)
        return SDSE_NO_MEMORY;
    size_t bars = choose_points(&points, most < 1000 ? most : 1000, chosen);
    if (!allocate(&chart, bars, arena))
        return SDSE_NO_MEMORY;
    chart.title = title_of(&points, bars, arena);
    for (size_t b = 0; b < bars; b++) {
        chart.labels[b] = label_of(&points, chosen[b], arena);
        if (!chart.labels[b] || !chart.title)
            return SDSE_NO_MEMORY;
    }
    if (!sdse_names_shorten(chart.labels, bars, arena))
        return SDSE_NO_MEMORY;
    int code = read_points(reader->db, &points, chosen, &chart, arena);
    return code == SQLITE_OK ? draw(&chart, &files, arena, diags)
                             : refuse(reader->db, code, diags);
}

// ---- one bar per layer ----

// Layers of a point that take time. Functions fused into the layer before take none and
// next to no energy: as bars they would double the picture's length.
#define TAKE_TIME                                                             \
    " FROM point_layer JOIN solution USING (solution_id) WHERE point_id = ?1" \
    " AND latency_cycles > 0"

static int read_layers(sqlite3 *db, int64_t point, struct chart *chart,
                       struct sdse_arena *arena, bool *allocated) {
    sqlite3_stmt *row = NULL;
    int code = sqlite3_prepare_v2(
        db,
        "SELECT CASE repeat WHEN 1 THEN name ELSE name || ' ×' || repeat END,"
        " (SELECT count(*)" TAKE_TIME "),"
        " (SELECT workload || ' on ' || arch || ', ' || form || ifnull(' ' ||"
        "  parameters, '') FROM v_point WHERE point_id = ?1) ||"
        " (SELECT CASE count(*) WHEN 0 THEN '' ELSE"
        "  printf(' (without %d fused layers: %.3g µJ)', count(*),"
        "  sum(repeat * energy_pj) / 1e6) END"
        "  FROM point_layer JOIN solution USING (solution_id)"
        "  WHERE point_id = ?1 AND latency_cycles = 0)" TAKE_TIME
        " ORDER BY layer_index",
        -1, &row, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_bind_int64(row, 1, point);
    *allocated = true;
    for (size_t b = 0; code == SQLITE_OK || code == SQLITE_ROW; b++) {
        code = sqlite3_step(row);
        if (code != SQLITE_ROW)
            break;
        if (b == 0) {
            size_t layers = (size_t)sqlite3_column_int64(row, 1);
            *allocated = allocate(chart, layers < 1000 ? layers : 1000, arena);
            const char *whose = (const char *)sqlite3_column_text(row, 2);
            chart->title =
                whose ? sdse_arena_printf(arena, "Energy by layer: %s", whose) : NULL;
        }
        if (!*allocated || b == chart->bar_count)
            break;
        chart->labels[b] =
            sdse_arena_strdup(arena, (const char *)sqlite3_column_text(row, 0));
        *allocated = chart->labels[b] && chart->title;
    }
    sqlite3_finalize(row);
    row = NULL;
    if (code == SQLITE_DONE || code == SQLITE_ROW)
        code = order_components(db, chart, arena);
    if (code == SQLITE_OK) {
        code = sqlite3_prepare_v2(db,
                                  "SELECT " DRAWN ", sum(energy_pj),"
                                  " (SELECT count(*)" TAKE_TIME
                                  "  AND layer_index < e.layer_index)"
                                  " FROM v_energy e WHERE point_id = ?1"
                                  " AND layer_index IN (SELECT layer_index" TAKE_TIME
                                  ") GROUP BY layer_index, 1",
                                  -1, &row, NULL);
    }
    if (code == SQLITE_OK)
        code = sqlite3_bind_int64(row, 1, point);
    if (code == SQLITE_OK && *allocated)
        code = read_bars(row, chart, 0, true, arena);
    sqlite3_finalize(row);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

enum sdse_status sdse_plot_layers(struct sdse_reader *reader,
                                  const struct sdse_layers_plot *plot,
                                  struct sdse_arena *arena, struct sdse_diags *diags) {
    struct sdse_plot_files files;
    struct chart chart = {0};
    bool allocated;
    enum sdse_status status =
        sdse_plot_files(plot->rules, plot->picture, arena, diags, &files);
    if (status != SDSE_OK)
        return status;
    files.theme = plot->theme;
    int code = read_layers(reader->db, plot->point_id, &chart, arena, &allocated);
    if (code != SQLITE_OK)
        return refuse(reader->db, code, diags);
    if (!allocated)
        return SDSE_NO_MEMORY;
    if (chart.bar_count == 0) {
        return sdse_plot_refuse(
            reader,
            sdse_arena_printf(arena,
                              "point %lld is not in it, or has no layers "
                              "(infeasible)",
                              (long long)plot->point_id),
            arena, diags);
    }
    return draw(&chart, &files, arena, diags);
}
