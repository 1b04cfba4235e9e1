// Stacked energy: one bar per layer of one point.
#include "results/look/plot/cycles.h"
#include "results/look/plot/energy_chart.h"
#include "results/store/database.h"

// Layers of a point that take time. Functions fused into the layer before take none and
// next to no energy: as bars they would double the picture's length.
#define TAKE_TIME                                                             \
    " FROM point_layer JOIN solution USING (solution_id) WHERE point_id = ?1" \
    " AND latency_cycles > 0"

static const char fused_sql[] =
    "SELECT CASE count(*) WHEN 0 THEN '' ELSE printf(' (without %d fused layers: %.3g"
    " µJ)', count(*), sum(repeat * energy_pj) / 1e6) END FROM point_layer JOIN solution"
    " USING (solution_id) WHERE point_id = ?1 AND latency_cycles = 0";

static int read_layers(sqlite3 *db, int64_t point, struct sdse_energy_chart *chart,
                       struct sdse_arena *arena) {
    sqlite3_stmt *row = NULL;
    int code = sdse_energy_chart_order(db, chart, arena);
    if (code == SQLITE_OK)
        code = sqlite3_prepare_v2(db,
                                  "SELECT " SDSE_CHART_COMPONENT ", sum(energy_pj),"
                                  " (SELECT count(*)" TAKE_TIME
                                  "  AND layer_index < e.layer_index)"
                                  " FROM v_energy e WHERE point_id = ?1"
                                  " AND layer_index IN (SELECT layer_index" TAKE_TIME
                                  ") GROUP BY layer_index, 1",
                                  -1, &row, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_bind_int64(row, 1, point);
    if (code == SQLITE_OK)
        code = sdse_energy_chart_read(row, chart, arena);
    sqlite3_finalize(row);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

enum sdse_status sdse_plot_layers(struct sdse_reader *reader,
                                  const struct sdse_layers_plot *plot,
                                  struct sdse_arena *arena, struct sdse_diags *diags) {
    struct sdse_cycles_bars shown;
    struct sdse_energy_chart chart;
    struct sdse_bars bars;
    const enum sdse_status status =
        sdse_cycles_bars(reader, plot, arena, diags, &shown);
    if (status != SDSE_OK)
        return status;
    const char *fused = sdse_cycles_text(reader, fused_sql, plot->point_id, arena);
    if (!fused || !sdse_energy_chart_new(&chart, shown.bar_count, arena))
        return SDSE_NO_MEMORY;
    chart.title = sdse_arena_printf(arena, "Energy by layer: %s%s", shown.owner, fused);
    for (size_t b = 0; b < chart.bar_count; b++)
        if (!(chart.labels[b] = sdse_cycles_label(&shown.layers[b], arena)))
            return SDSE_NO_MEMORY;
    const int code = read_layers(reader->db, plot->point_id, &chart, arena);
    if (code != SQLITE_OK)
        return sdse_database_refuse(reader->db, code,
                                    sqlite3_db_filename(reader->db, "main"), diags);
    if (!chart.title || !sdse_energy_chart_bars(&chart, plot->theme, arena, &bars))
        return SDSE_NO_MEMORY;
    return sdse_cycles_draw(reader, plot, &shown, &bars, arena, diags);
}
