#include "results/look/compare.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena_grow.h"
#include "results/look/metric.h"
#include "results/store/database.h"

// ---- differences ----

double sdse_difference_of(const struct sdse_differences *of,
                          const struct sdse_difference *row) {
    const double a = row->value[SDSE_A], b = row->value[SDSE_B];
    if (of->zero_if_absent)
        return (isnan(b) ? 0 : b) - (isnan(a) ? 0 : a);
    return b - a;
}

bool sdse_difference_is_none(const struct sdse_differences *of,
                             const struct sdse_difference *row) {
    const char *a = row->text[SDSE_A], *b = row->text[SDSE_B];
    if (a || b)
        return a && b && strcmp(a, b) == 0;
    if (of->zero_if_absent)
        return sdse_difference_of(of, row) == 0;
    const bool none_a = isnan(row->value[SDSE_A]), none_b = isnan(row->value[SDSE_B]);
    return none_a || none_b ? none_a && none_b
                            : row->value[SDSE_A] == row->value[SDSE_B];
}

size_t sdse_differences_count(const struct sdse_differences *of) {
    size_t count = 0;
    for (size_t i = 0; i < of->count; i++)
        count += !sdse_difference_is_none(of, &of->rows[i]);
    return count;
}

// What a row is sorted by: a count that one side lacks differs by all of it.
static double weight_of(const struct sdse_difference *row) {
    const double a = row->value[SDSE_A], b = row->value[SDSE_B];
    return fabs((isnan(b) ? 0 : b) - (isnan(a) ? 0 : a));
}

static int by_difference(const void *left, const void *right) {
    const struct sdse_difference *x = left, *y = right;
    const double a = weight_of(x), b = weight_of(y);
    return a != b ? (a < b) - (a > b) : strcmp(x->name, y->name);
}

void sdse_differences_sort(struct sdse_differences *of) {
    if (of->count > 1)
        qsort(of->rows, of->count, sizeof of->rows[0], by_difference);
}

// ---- reading ----

static enum sdse_status refuse(sqlite3 *db, int code, struct sdse_diags *diags) {
    return sdse_database_refuse(db, code, sqlite3_db_filename(db, "main"), diags);
}

static int prepare(sqlite3 *db, const char *sql, int64_t id, sqlite3_stmt **row) {
    int code = sqlite3_prepare_v2(db, sql, -1, row, NULL);
    return code == SQLITE_OK ? sqlite3_bind_int64(*row, 1, id) : code;
}

// Names, units and values of one side, by name.
struct list {
    size_t count, room;
    struct sdse_difference *rows; // value[SDSE_A] alone is used
};

static bool append(struct list *list, struct sdse_arena *arena, sqlite3_stmt *row) {
    struct sdse_difference *rows =
        sdse_arena_grow(arena, list->rows, list->count, &list->room, sizeof *rows);
    if (!rows)
        return false;
    list->rows = rows;
    struct sdse_difference *to = &list->rows[list->count++];
    const char *name = (const char *)sqlite3_column_text(row, 0);
    const char *unit = (const char *)sqlite3_column_text(row, 1);
    to->name = sdse_arena_strdup(arena, name ? name : "");
    to->unit = sdse_arena_strdup(arena, unit ? unit : "");
    to->value[SDSE_A] = sqlite3_column_type(row, 2) == SQLITE_NULL
                            ? (double)NAN
                            : sqlite3_column_double(row, 2);
    return to->name && to->unit;
}

// ?1 is the point; columns: name, unit, value, ordered by name.
static enum sdse_status read_list(sqlite3 *db, const char *sql, int64_t id,
                                  struct sdse_arena *arena, struct sdse_diags *diags,
                                  struct list *list) {
    sqlite3_stmt *row = NULL;
    *list = (struct list){0};
    int code = prepare(db, sql, id, &row);
    while (code == SQLITE_OK || code == SQLITE_ROW) {
        code = sqlite3_step(row);
        if (code == SQLITE_ROW && !append(list, arena, row))
            code = SQLITE_NOMEM;
    }
    sqlite3_finalize(row);
    return code == SQLITE_DONE ? SDSE_OK : refuse(db, code, diags);
}

static bool merge(const struct list list[SDSE_SIDES], struct sdse_arena *arena,
                  struct sdse_differences *out) {
    const struct list *a = &list[SDSE_A], *b = &list[SDSE_B];
    out->rows =
        SDSE_ARENA_ARRAY(arena, struct sdse_difference, a->count + b->count + 1);
    if (!out->rows)
        return false;
    for (size_t i = 0, j = 0; i < a->count || j < b->count;) {
        const int order = i == a->count   ? 1
                          : j == b->count ? -1
                                          : strcmp(a->rows[i].name, b->rows[j].name);
        struct sdse_difference *row = &out->rows[out->count++];
        *row = order <= 0 ? a->rows[i] : b->rows[j];
        row->value[SDSE_A] = order <= 0 ? a->rows[i++].value[SDSE_A] : (double)NAN;
        row->value[SDSE_B] = order >= 0 ? b->rows[j++].value[SDSE_A] : (double)NAN;
    }
    return true;
}

static const struct {
    const char *section, *title, *unit, *total; // a column of v_point
    const char *sql;
} sums[] = {
    [SDSE_COMPARE_ENERGY_COMPONENTS] =
        {"energy_by_component", "energy by component", "pJ", "energy_pj",
         "SELECT component, 'pJ', sum(energy_pj) FROM v_energy WHERE point_id = ?1"
         " GROUP BY component ORDER BY component"},
    [SDSE_COMPARE_ENERGY_LAYERS] =
        {"energy_by_layer", "energy by layer", "pJ", "energy_pj",
         "SELECT layer, 'pJ', sum(energy_pj) FROM v_layer WHERE point_id = ?1"
         " GROUP BY layer ORDER BY layer"},
    [SDSE_COMPARE_CYCLES_LAYERS] =
        {"cycles_by_layer", "cycles by layer", "cycles", "latency_cycles",
         "SELECT layer, 'cycles', sum(latency_cycles) FROM v_layer WHERE point_id = ?1"
         " GROUP BY layer ORDER BY layer"},
    [SDSE_COMPARE_CYCLES_BOTTLENECKS] =
        {"cycles_by_bottleneck", "cycles by what sets them", "cycles", "latency_cycles",
         "SELECT bottleneck, 'cycles', sum(latency_cycles) FROM v_layer WHERE"
         " point_id = ?1 GROUP BY bottleneck ORDER BY bottleneck"},
    [SDSE_COMPARE_COUNTS] = {"counts", "counts", "", NULL, NULL},
};

// Every count of a point; zeros are as if they were not there.
static const char counts[] =
    "SELECT name, unit, value FROM ("
    "SELECT memory || ' ' || part || ' ' || k.column1 AS name, 'words' AS unit,"
    " sum(CASE k.column1 WHEN 'reads' THEN reads_words WHEN 'fills' THEN fills_words"
    " WHEN 'updates' THEN updates_words ELSE drain_reads_words END) AS value"
    " FROM v_level, (VALUES ('reads'), ('fills'), ('updates'), ('drains')) k"
    " WHERE point_id = ?1 GROUP BY memory, part, k.column1"
    " UNION ALL SELECT below_memory || ' network ' || part, 'words', sum(words)"
    " FROM v_network WHERE point_id = ?1 GROUP BY below_memory, part"
    " UNION ALL SELECT k.column1, k.column2, sum(CASE k.column1"
    " WHEN 'multiply-accumulates' THEN macs WHEN 'shift-adds' THEN shift_adds"
    " WHEN 'computing' THEN compute_cycles WHEN 'rebuilding' THEN rebuild_cycles"
    " WHEN 'filling' THEN fill_cycles WHEN 'draining' THEN drain_cycles"
    " WHEN 'passes' THEN pass_cycles WHEN 'weights' THEN weight_words END)"
    " FROM v_layer, (VALUES ('multiply-accumulates', 'MACs'),"
    " ('shift-adds', 'operations'), ('computing', 'cycles'), ('rebuilding', 'cycles'),"
    " ('filling', 'cycles'), ('draining', 'cycles'), ('passes', 'cycles'),"
    " ('weights', 'words')) k WHERE point_id = ?1 GROUP BY k.column1, k.column2"
    ") WHERE value <> 0 ORDER BY name";

static enum sdse_status compare_lists(struct sdse_reader *const reader[SDSE_SIDES],
                                      const int64_t id[SDSE_SIDES], const char *sql,
                                      struct sdse_arena *arena,
                                      struct sdse_diags *diags,
                                      struct sdse_differences *out) {
    struct list list[SDSE_SIDES];
    enum sdse_status status = SDSE_OK;
    for (int side = 0; status == SDSE_OK && side < SDSE_SIDES; side++)
        status = read_list(reader[side]->db, sql, id[side], arena, diags, &list[side]);
    if (status == SDSE_OK && !merge(list, arena, out))
        status = SDSE_NO_MEMORY;
    return status;
}

static enum sdse_status read_total(sqlite3 *db, const char *column, int64_t id,
                                   struct sdse_arena *arena, struct sdse_diags *diags,
                                   double *total) {
    const char *sql = sdse_arena_printf(
        arena, "SELECT '', '', %s FROM v_point WHERE point_id = ?1", column);
    struct list list;
    if (!sql)
        return SDSE_NO_MEMORY;
    const enum sdse_status status = read_list(db, sql, id, arena, diags, &list);
    if (status == SDSE_OK)
        *total = list.count ? list.rows[0].value[SDSE_A] : (double)NAN;
    return status;
}

static enum sdse_status compare_part(struct sdse_reader *const reader[SDSE_SIDES],
                                     const int64_t id[SDSE_SIDES], int part,
                                     struct sdse_arena *arena, struct sdse_diags *diags,
                                     struct sdse_differences *out) {
    *out = (struct sdse_differences){.section = sums[part].section,
                                     .title = sums[part].title,
                                     .unit = sums[part].unit,
                                     .zero_if_absent = true,
                                     .adds_up = sums[part].total != NULL};
    enum sdse_status status = compare_lists(
        reader, id, sums[part].sql ? sums[part].sql : counts, arena, diags, out);
    for (int side = 0; out->adds_up && status == SDSE_OK && side < SDSE_SIDES; side++)
        status = read_total(reader[side]->db, sums[part].total, id[side], arena, diags,
                            &out->total[side]);
    if (status == SDSE_OK)
        sdse_differences_sort(out);
    return status;
}

// ---- figures ----

// As v_point stores them.
static const char *const stored_units[SDSE_METRICS] = {
    [SDSE_METRIC_ENERGY] = "pJ",     [SDSE_METRIC_LATENCY] = "s",
    [SDSE_METRIC_CYCLES] = "cycles", [SDSE_METRIC_EDP] = "pJ s",
    [SDSE_METRIC_ED2P] = "pJ s^2",   [SDSE_METRIC_AREA] = "mm^2",
    [SDSE_METRIC_STORAGE] = "bit"};

static enum sdse_status compare_figures(struct sdse_reader *const reader[SDSE_SIDES],
                                        const int64_t id[SDSE_SIDES],
                                        struct sdse_arena *arena,
                                        struct sdse_diags *diags,
                                        struct sdse_differences *out) {
    *out = (struct sdse_differences){
        .section = "figures",
        .title = "figures",
        .unit = "",
        .rows = SDSE_ARENA_ARRAY(arena, struct sdse_difference, SDSE_METRICS)};
    if (!out->rows)
        return SDSE_NO_MEMORY;
    for (int metric = 0; metric < SDSE_METRICS; metric++) {
        const struct sdse_metric_info *info =
            sdse_metric_info((enum sdse_metric)metric);
        struct sdse_difference *row = &out->rows[out->count++];
        *row = (struct sdse_difference){
            .name = info->name,
            .unit = stored_units[metric] ? stored_units[metric] : ""};
        for (int side = 0; side < SDSE_SIDES; side++) {
            const enum sdse_status status =
                read_total(reader[side]->db, info->column, id[side], arena, diags,
                           &row->value[side]);
            if (status != SDSE_OK)
                return status;
        }
    }
    return SDSE_OK;
}

enum sdse_status sdse_compare_points(struct sdse_reader *const reader[SDSE_SIDES],
                                     const int64_t id[SDSE_SIDES],
                                     struct sdse_arena *arena, struct sdse_diags *diags,
                                     struct sdse_comparison *out) {
    enum sdse_status status =
        compare_figures(reader, id, arena, diags, &out->part[SDSE_COMPARE_FIGURES]);
    for (int part = SDSE_COMPARE_FIGURES + 1;
         status == SDSE_OK && part < SDSE_COMPARE_PARTS; part++)
        status = compare_part(reader, id, part, arena, diags, &out->part[part]);
    return status;
}

// ---- what made a file ----

enum sdse_status sdse_file_versions_load(struct sdse_reader *reader,
                                         struct sdse_arena *arena,
                                         struct sdse_diags *diags,
                                         struct sdse_file_versions *out) {
    static const char sql[] =
        "SELECT (SELECT value FROM meta WHERE key = 'tool_version'),"
        " (SELECT value FROM meta WHERE key = 'model_version')";
    sqlite3_stmt *row = NULL;
    int code = sqlite3_prepare_v2(reader->db, sql, -1, &row, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_step(row);
    struct sdse_file_versions made = {NULL, NULL};
    if (code == SQLITE_ROW) {
        const char *tool = (const char *)sqlite3_column_text(row, 0);
        const char *model = (const char *)sqlite3_column_text(row, 1);
        made.tool = sdse_arena_strdup(arena, tool ? tool : "");
        made.model = sdse_arena_strdup(arena, model ? model : "");
    }
    sqlite3_finalize(row);
    if (code != SQLITE_ROW)
        return refuse(reader->db, code, diags);
    if (!made.tool || !made.model)
        return SDSE_NO_MEMORY;
    *out = made;
    return SDSE_OK;
}
