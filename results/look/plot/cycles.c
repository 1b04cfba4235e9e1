#include "results/look/plot/cycles.h"

#include <math.h>
#include <string.h>

#include "results/look/plot/layer_aspect.h"
#include "results/look/plot/refusal.h"
#include "results/store/database.h"

// A memory's bottleneck is its name, or that, a blank and the port.
#define ITS_MEMORY                                                              \
    " FROM v_level v WHERE v.point_id = l.point_id AND v.layer_index ="         \
    " l.layer_index AND (l.bottleneck = v.memory OR substr(l.bottleneck, 1,"    \
    " length(v.memory) + 1) = v.memory || ' ') ORDER BY length(v.memory) DESC," \
    " v.memory_cycles DESC LIMIT 1)"

static const char sql[] =
    "SELECT count(*) OVER (), l.layer, l.repeat, coalesce((SELECT v.memory" ITS_MEMORY
    ", l.bottleneck), l.bottleneck, l.latency_cycles, coalesce((SELECT"
    " v.memory_cycles" ITS_MEMORY ", CASE l.bottleneck WHEN 'rebuild' THEN"
    " l.rebuild_cycles ELSE l.compute_cycles END), l.fill_cycles, l.drain_cycles,"
    " l.pass_cycles, l.compute_cycles, l.macs, l.utilization FROM v_layer l"
    " WHERE l.point_id = ?1 AND l.latency_cycles > 0 ORDER BY l.layer_index";

static const char *copy_of(sqlite3_stmt *row, int column, struct sdse_arena *arena) {
    const char *text = (const char *)sqlite3_column_text(row, column);
    return text ? sdse_arena_strdup(arena, text) : NULL;
}

static bool take(sqlite3_stmt *row, struct sdse_arena *arena,
                 struct sdse_layer_cycles *layer) {
    *layer =
        (struct sdse_layer_cycles){.name = copy_of(row, 1, arena),
                                   .repeat = (uint64_t)sqlite3_column_int64(row, 2),
                                   .setter = copy_of(row, 3, arena),
                                   .bottleneck = copy_of(row, 4, arena),
                                   .latency = sqlite3_column_double(row, 5),
                                   .set = sqlite3_column_double(row, 6),
                                   .fill = sqlite3_column_double(row, 7),
                                   .drain = sqlite3_column_double(row, 8),
                                   .pass = sqlite3_column_double(row, 9),
                                   .compute = sqlite3_column_double(row, 10),
                                   .macs = sqlite3_column_double(row, 11),
                                   .utilization = sqlite3_column_double(row, 12)};
    layer->beside =
        fmax(0, layer->latency - layer->set - layer->fill - layer->drain - layer->pass);
    return layer->name && layer->setter && layer->bottleneck;
}

enum sdse_status sdse_cycles_load(struct sdse_reader *reader, int64_t point,
                                  struct sdse_arena *arena, struct sdse_diags *diags,
                                  struct sdse_layer_cycles **layers, size_t *count) {
    sqlite3_stmt *row = NULL;
    const char *file = sqlite3_db_filename(reader->db, "main");
    *layers = NULL;
    *count = 0;
    int code = sqlite3_prepare_v2(reader->db, sql, -1, &row, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_bind_int64(row, 1, point);
    while (code == SQLITE_OK && (code = sqlite3_step(row)) == SQLITE_ROW) {
        if (!*layers)
            *layers = SDSE_ARENA_ARRAY(arena, struct sdse_layer_cycles,
                                       (size_t)sqlite3_column_int64(row, 0));
        code =
            *layers && take(row, arena, &(*layers)[*count]) ? SQLITE_OK : SQLITE_NOMEM;
        ++*count;
    }
    sqlite3_finalize(row);
    if (code != SQLITE_DONE)
        return code == SQLITE_NOMEM
                   ? SDSE_NO_MEMORY
                   : sdse_database_refuse(reader->db, code, file, diags);
    if (*count)
        return SDSE_OK;
    return sdse_plot_refuse(
        reader,
        sdse_arena_printf(arena,
                          "point %lld is not in it, or has no layers (infeasible)",
                          (long long)point),
        arena, diags);
}

const char *sdse_cycles_text(struct sdse_reader *reader, const char *query,
                             int64_t point, struct sdse_arena *arena) {
    sqlite3_stmt *row = NULL;
    const char *text = NULL;
    int code = sqlite3_prepare_v2(reader->db, query, -1, &row, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_bind_int64(row, 1, point);
    if (code == SQLITE_OK && sqlite3_step(row) == SQLITE_ROW)
        text = copy_of(row, 0, arena);
    sqlite3_finalize(row);
    return text;
}

const char *sdse_cycles_owner(struct sdse_reader *reader, int64_t point,
                              struct sdse_arena *arena) {
    return sdse_cycles_text(reader,
                            "SELECT workload || ' on ' || arch || ', ' || form ||"
                            " ifnull(' ' || parameters, '') FROM v_point WHERE"
                            " point_id = ?1",
                            point, arena);
}

enum sdse_status sdse_cycles_bars(struct sdse_reader *reader,
                                  const struct sdse_layers_plot *plot,
                                  struct sdse_arena *arena, struct sdse_diags *diags,
                                  struct sdse_cycles_bars *shown) {
    enum sdse_status status =
        sdse_plot_files(plot->rules, plot->picture, arena, diags, &shown->files);
    if (status == SDSE_OK)
        status = sdse_cycles_load(reader, plot->point_id, arena, diags, &shown->layers,
                                  &shown->layer_count);
    if (status != SDSE_OK)
        return status;
    shown->files.theme = plot->theme;
    shown->bar_count =
        shown->layer_count < SDSE_BARS_MOST ? shown->layer_count : SDSE_BARS_MOST;
    shown->owner = sdse_cycles_owner(reader, plot->point_id, arena);
    return shown->owner ? SDSE_OK : SDSE_NO_MEMORY;
}

const char *sdse_cycles_label(const struct sdse_layer_cycles *layer,
                              struct sdse_arena *arena) {
    return layer->repeat == 1 ? layer->name
                              : sdse_arena_printf(arena, "%s ×%llu", layer->name,
                                                  (unsigned long long)layer->repeat);
}

enum sdse_status sdse_cycles_draw(struct sdse_reader *reader,
                                  const struct sdse_layers_plot *plot,
                                  const struct sdse_cycles_bars *shown,
                                  struct sdse_bars *bars, struct sdse_arena *arena,
                                  struct sdse_diags *diags) {
    struct sdse_aspect label, facet;
    enum sdse_status status = SDSE_OK;
    if (plot->label)
        status =
            sdse_layer_aspect_load(reader, plot->point_id, shown->layers, NULL,
                                   shown->bar_count, plot->label, arena, diags, &label);
    for (size_t b = 0; plot->label && status == SDSE_OK && b < bars->bar_count; b++) {
        bars->labels[b] = sdse_arena_printf(arena, "%s  %s", bars->labels[b],
                                            label.names[label.of[b]]);
        if (!bars->labels[b])
            return SDSE_NO_MEMORY;
    }
    if (status == SDSE_OK && plot->facet) {
        status =
            sdse_layer_aspect_load(reader, plot->point_id, shown->layers, NULL,
                                   shown->bar_count, plot->facet, arena, diags, &facet);
        if (status == SDSE_OK && !sdse_bars_group(bars, &facet, facet.of, arena))
            status = SDSE_NO_MEMORY;
    }
    return status == SDSE_OK ? sdse_bars_draw(bars, &shown->files, arena, diags)
                             : status;
}

double sdse_cycles_seconds(struct sdse_reader *reader, int64_t point) {
    sqlite3_stmt *row = NULL;
    double seconds = 0;
    int code = sqlite3_prepare_v2(reader->db,
                                  "SELECT latency_s / latency_cycles FROM v_point WHERE"
                                  " point_id = ?1 AND latency_cycles > 0",
                                  -1, &row, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_bind_int64(row, 1, point);
    if (code == SQLITE_OK && sqlite3_step(row) == SQLITE_ROW)
        seconds = sqlite3_column_double(row, 0);
    sqlite3_finalize(row);
    return seconds;
}
