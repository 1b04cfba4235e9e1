#include "results/look/plot/energy_chart.h"

#include <assert.h>
#include <math.h>
#include <string.h>

enum { SHOWN_COMPONENTS = 9 };

bool sdse_energy_chart_new(struct sdse_energy_chart *chart, size_t bars,
                           struct sdse_arena *arena) {
    assert(bars <= SDSE_BARS_MOST);
    *chart = (struct sdse_energy_chart){
        .bar_count = bars,
        .labels = SDSE_ARENA_ARRAY(arena, const char *, bars + 1),
        .energy_pj = SDSE_ARENA_ARRAY(arena, double, (bars + 1) * SDSE_CHART_MOST)};
    return chart->labels && chart->energy_pj;
}

// ---- reading ----

#define COMPONENT_RANK                                                               \
    " CASE c WHEN 'network' THEN 1000 WHEN 'MAC' THEN 1001 WHEN 'rebuild' THEN 1002" \
    " WHEN 'leakage' THEN 1003 WHEN 'static' THEN 1004 WHEN 'clock' THEN 1005"       \
    " WHEN 'control' THEN 1006 WHEN 'vector' THEN 1007 WHEN 'refresh' THEN 1008"     \
    " ELSE (SELECT min(level) FROM solution_memory m WHERE"                          \
    " m.name = c) END"

static size_t component_index(struct sdse_energy_chart *chart, const char *name,
                              struct sdse_arena *arena) {
    size_t i = 0;
    if (!name) // out of memory: the next step says so
        return SDSE_CHART_MOST;
    while (i < chart->component_count && strcmp(chart->names[i], name) != 0)
        i++;
    if (i == chart->component_count && i < SDSE_CHART_MOST) {
        const char *copy = sdse_arena_strdup(arena, name);
        if (!copy)
            return SDSE_CHART_MOST;
        chart->names[chart->component_count++] = copy;
    }
    return i;
}

int sdse_energy_chart_read(sqlite3_stmt *rows, struct sdse_energy_chart *chart,
                           struct sdse_arena *arena) {
    int code;
    while ((code = sqlite3_step(rows)) == SQLITE_ROW) {
        const char *name = (const char *)sqlite3_column_text(rows, 0);
        const size_t bar = (size_t)sqlite3_column_int64(rows, 2);
        const size_t component = component_index(chart, name, arena);
        if (bar < chart->bar_count && component < SDSE_CHART_MOST)
            chart->energy_pj[bar * SDSE_CHART_MOST + component] +=
                sqlite3_column_double(rows, 1);
    }
    return code;
}

int sdse_energy_chart_order(sqlite3 *db, struct sdse_energy_chart *chart,
                            struct sdse_arena *arena) {
    sqlite3_stmt *row = NULL;
    int code = sqlite3_prepare_v2(
        db,
        "SELECT c FROM (SELECT DISTINCT " SDSE_CHART_COMPONENT " AS c FROM"
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

static double component_total(const struct sdse_energy_chart *chart, size_t component) {
    double sum = 0;
    for (size_t b = 0; b < chart->bar_count; b++)
        sum += chart->energy_pj[b * SDSE_CHART_MOST + component];
    return sum;
}

static void drop_component(struct sdse_energy_chart *chart, size_t component) {
    size_t after = chart->component_count - component - 1;
    memmove(&chart->names[component], &chart->names[component + 1],
            after * sizeof *chart->names);
    for (size_t b = 0; b < chart->bar_count; b++) {
        double *row = &chart->energy_pj[b * SDSE_CHART_MOST];
        memmove(&row[component], &row[component + 1], after * sizeof *row);
        row[chart->component_count - 1] = 0;
    }
    chart->component_count--;
}

// Drops components nobody uses; the least of more than SHOWN_COMPONENTS become "other".
static void thin_components(struct sdse_energy_chart *chart) {
    for (size_t c = chart->component_count; c-- > 0;)
        if (component_total(chart, c) <= 0)
            drop_component(chart, c);
    if (chart->component_count <= SHOWN_COMPONENTS)
        return;
    double other[SDSE_BARS_MOST];
    memset(other, 0, sizeof other);
    while (chart->component_count > SHOWN_COMPONENTS - 1) {
        size_t least = 0;
        for (size_t c = 1; c < chart->component_count; c++)
            if (component_total(chart, c) < component_total(chart, least))
                least = c;
        for (size_t b = 0; b < chart->bar_count; b++)
            other[b] += chart->energy_pj[b * SDSE_CHART_MOST + least];
        drop_component(chart, least);
    }
    chart->names[chart->component_count++] = "other";
    for (size_t b = 0; b < chart->bar_count; b++)
        chart->energy_pj[b * SDSE_CHART_MOST + chart->component_count - 1] = other[b];
}

// ---- bars ----

bool sdse_energy_chart_bars(struct sdse_energy_chart *chart, enum sdse_plot_theme theme,
                            struct sdse_arena *arena, struct sdse_bars *bars) {
    double greatest = 0;
    thin_components(chart);
    if (!sdse_bars_new(bars, chart->bar_count, chart->component_count, arena))
        return false;
    bars->title = chart->title;
    for (size_t c = 0; c < chart->component_count; c++) {
        bars->parts[c] = chart->names[c];
        bars->colors[c] = sdse_palette_component(theme, chart->names[c]);
    }
    for (size_t b = 0; b < chart->bar_count; b++) {
        double sum = 0;
        bars->labels[b] = chart->labels[b];
        for (size_t c = 0; c < chart->component_count; c++) {
            const double energy_pj = chart->energy_pj[b * SDSE_CHART_MOST + c];
            bars->value[b * chart->component_count + c] = energy_pj;
            sum += energy_pj;
        }
        greatest = fmax(greatest, sum);
    }
    bars->scale = sdse_energy_scale("Energy", greatest);
    return true;
}
