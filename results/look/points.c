#include "results/look/points.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "results/look/names.h"
#include "results/store/database.h"

// The condition every point query over v_point p shares: ?1 hash of the sweep's
// version, ?2 workload, ?3 arch, ?4 form, ?5 tag, ?6 whether superseded points count. A
// sweep, or tag, that is named has the points it has.
#define CONDITION " (?1 IS NULL OR p.point_id"
#define FILTER                                                                         \
    CONDITION                                                                          \
    " IN (SELECT point_id FROM v_sweep_point WHERE sweep_hash = ?1)) AND (?2 IS NULL"  \
    " OR p.workload = ?2) AND (?3 IS NULL OR p.arch = ?3) AND (?4 IS NULL OR p.form =" \
    " ?4) AND (?5 IS NULL OR p.point_id IN (SELECT point_id FROM tag WHERE tag ="      \
    " ?5)) AND (?1 IS NOT NULL OR ?5 IS NOT NULL OR ?6 OR NOT p.superseded) "

// What p is to the sweep that is named: each has its own constraints.
#define STATUS                                                             \
    "CASE WHEN ?1 IS NULL THEN p.status ELSE (SELECT v.sweep_status FROM " \
    "v_sweep_point v"                                                      \
    " WHERE v.sweep_hash = ?1 AND v.point_id = p.point_id LIMIT 1) END"
#define REASON                                                             \
    "CASE WHEN ?1 IS NULL THEN p.reason ELSE (SELECT v.sweep_reason FROM " \
    "v_sweep_point v"                                                      \
    " WHERE v.sweep_hash = ?1 AND v.point_id = p.point_id LIMIT 1) END"

static int prepare(sqlite3 *db, const char *sql, const struct sdse_filter *filter,
                   sqlite3_stmt **statement) {
    const char *values[] = {filter->sweep, filter->workload, filter->arch, filter->form,
                            filter->tag};
    enum { VALUES = sizeof values / sizeof *values };
    char *whole = NULL;
    if (filter->where) { // what a query asks for, and this
        const size_t head = (size_t)(strstr(sql, CONDITION) - sql);
        whole = sqlite3_mprintf("%.*s p.point_id IN (SELECT point_id FROM v_point WHERE"
                                " (%s\n)) AND%s",
                                (int)head, sql, filter->where, sql + head);
        if (!whole)
            return SQLITE_NOMEM;
    }
    int code = sqlite3_prepare_v2(db, whole ? whole : sql, -1, statement, NULL);
    sqlite3_free(whole);
    for (int i = 0; code == SQLITE_OK && i < VALUES; i++)
        code = sqlite3_bind_text(*statement, i + 1, values[i], -1, SQLITE_STATIC);
    if (code == SQLITE_OK)
        code = sqlite3_bind_int(*statement, VALUES + 1, filter->superseded);
    return code;
}

static enum sdse_status refuse(sqlite3 *db, int code, struct sdse_diags *diags) {
    return sdse_database_refuse(db, code, sqlite3_db_filename(db, "main"), diags);
}

// ---- names in the filter ----

static const char *column_text(struct sdse_arena *arena, sqlite3_stmt *row,
                               int column) {
    const char *text = (const char *)sqlite3_column_text(row, column);
    return sdse_arena_strdup(arena, text ? text : "");
}

// All rows of a one-column query.
static enum sdse_status list_names(sqlite3 *db, const char *sql,
                                   const struct sdse_filter *filter,
                                   struct sdse_arena *arena, struct sdse_diags *diags,
                                   const char ***names, size_t *count) {
    enum { MOST = 4096 };
    sqlite3_stmt *row = NULL;
    const char **list = SDSE_ARENA_ARRAY(arena, const char *, MOST);
    if (!list)
        return SDSE_NO_MEMORY;
    size_t found = 0;
    int code = filter ? prepare(db, sql, filter, &row)
                      : sqlite3_prepare_v2(db, sql, -1, &row, NULL);
    while (code == SQLITE_OK || code == SQLITE_ROW) {
        code = sqlite3_step(row);
        if (code == SQLITE_ROW && found < MOST &&
            !(list[found++] = column_text(arena, row, 0)))
            code = SQLITE_NOMEM;
    }
    sqlite3_finalize(row);
    if (code != SQLITE_DONE)
        return refuse(db, code, diags);
    *names = list;
    *count = found;
    return SDSE_OK;
}

static enum sdse_status check_name(sqlite3 *db, const char *what, const char *name,
                                   const char *sql, struct sdse_arena *arena,
                                   struct sdse_diags *diags) {
    const char **names = NULL;
    size_t count = 0;
    if (!name)
        return SDSE_OK;
    enum sdse_status status = list_names(db, sql, NULL, arena, diags, &names, &count);
    if (status != SDSE_OK)
        return status;
    if (sdse_is_among(name, names, count))
        return SDSE_OK;
    enum { MOST_SHOWN = 8 };
    const char *there = sdse_names_text(arena, name, names, count, MOST_SHOWN);
    const char *path = sdse_arena_strdup(arena, sqlite3_db_filename(db, "main"));
    sdse_diag_add(diags, SDSE_ERROR, (struct sdse_loc){.file = path}, "results-name",
                  "no %s '%s' in it; there are %s", what, name,
                  there ? there : "others");
    return SDSE_INVALID;
}

// Whether the condition is one over v_point.
static enum sdse_status check_where(sqlite3 *db, const char *where,
                                    struct sdse_arena *arena,
                                    struct sdse_diags *diags) {
    sqlite3_stmt *row = NULL;
    const char *sql =
        where ? sdse_arena_printf(arena, "SELECT 1 FROM v_point WHERE (%s\n)", where)
              : "";
    if (!sql)
        return SDSE_NO_MEMORY;
    const char *rest = "";
    const int code = where ? sqlite3_prepare_v2(db, sql, -1, &row, &rest) : SQLITE_OK;
    const bool asks = code == SQLITE_OK && !*rest &&
                      (!where || sqlite3_bind_parameter_count(row) == 0);
    sqlite3_finalize(row);
    if (asks)
        return SDSE_OK;
    const char *said =
        code != SQLITE_OK ? sdse_arena_strdup(arena, sqlite3_errmsg(db)) : "";
    if (!said)
        return SDSE_NO_MEMORY;
    sdse_diag_add(diags, SDSE_ERROR, (struct sdse_loc){.file = "--where"},
                  "results-where", "'%.200s' is no condition over v_point: %s%s", where,
                  code != SQLITE_OK ? said
                  : *rest           ? "it ends early"
                                    : "it has a parameter",
                  code != SQLITE_OK ? sdse_names_for_error(db, said, sql, arena) : "");
    return SDSE_INVALID;
}

static enum sdse_status check_filter(sqlite3 *db, const struct sdse_filter *filter,
                                     struct sdse_arena *arena,
                                     struct sdse_diags *diags) {
    enum sdse_status status[] = {
        check_name(db, "sweep", filter->sweep, "SELECT DISTINCT name FROM sweep", arena,
                   diags),
        check_name(db, "workload", filter->workload,
                   "SELECT DISTINCT workload FROM point", arena, diags),
        check_name(db, "accelerator", filter->arch, "SELECT DISTINCT arch FROM point",
                   arena, diags),
        check_name(db, "weight form", filter->form, "SELECT DISTINCT form FROM point",
                   arena, diags),
        check_name(db, "tag", filter->tag, "SELECT DISTINCT tag FROM tag", arena,
                   diags),
        check_where(db, filter->where, arena, diags)};
    for (size_t i = 0; i < sizeof status / sizeof *status; i++)
        if (status[i] != SDSE_OK)
            return status[i];
    return SDSE_OK;
}

// The filter with the hash of the sweep's version in place of its name; texts live in
// the arena.
static enum sdse_status find_version(sqlite3 *db, const struct sdse_filter *filter,
                                     struct sdse_arena *arena, struct sdse_diags *diags,
                                     struct sdse_filter *found) {
    *found = *filter;
    if (!filter->sweep)
        return SDSE_OK;
    sqlite3_stmt *row = NULL;
    int code = sqlite3_prepare_v2(db,
                                  "SELECT sweep_hash FROM v_sweep WHERE sweep = ?1 AND"
                                  " CASE ?2 WHEN 0 THEN newest ELSE version = ?2 END",
                                  -1, &row, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_bind_text(row, 1, filter->sweep, -1, SQLITE_STATIC);
    if (code == SQLITE_OK)
        code = sqlite3_bind_int64(row, 2, (sqlite3_int64)filter->sweep_version);
    if (code == SQLITE_OK)
        code = sqlite3_step(row);
    if (code == SQLITE_ROW)
        found->sweep = column_text(arena, row, 0);
    sqlite3_finalize(row);
    if (code == SQLITE_ROW)
        return found->sweep ? SDSE_OK : SDSE_NO_MEMORY;
    if (code != SQLITE_DONE)
        return refuse(db, code, diags);
    sdse_diag_add(diags, SDSE_ERROR,
                  (struct sdse_loc){.file = sdse_arena_strdup(
                                        arena, sqlite3_db_filename(db, "main"))},
                  "results-version-name",
                  "sweep '%s' has no version %llu: `sdse status` shows them",
                  filter->sweep, (unsigned long long)filter->sweep_version);
    return SDSE_INVALID;
}

enum sdse_status sdse_points_workloads(struct sdse_reader *reader,
                                       const struct sdse_filter *filter,
                                       struct sdse_arena *arena,
                                       struct sdse_diags *diags, const char ***names,
                                       size_t *count) {
    struct sdse_filter found;
    enum sdse_status status = check_filter(reader->db, filter, arena, diags);
    if (status == SDSE_OK)
        status = find_version(reader->db, filter, arena, diags, &found);
    return status != SDSE_OK
               ? status
               : list_names(reader->db,
                            "SELECT DISTINCT workload FROM v_point p WHERE" FILTER
                            "ORDER BY workload",
                            &found, arena, diags, names, count);
}

enum sdse_status sdse_points_hashes(struct sdse_reader *reader,
                                    const struct sdse_filter *filter,
                                    struct sdse_arena *arena, struct sdse_diags *diags,
                                    struct sdse_hash **hashes, size_t *count) {
    struct sdse_filter found;
    enum sdse_status status = check_filter(reader->db, filter, arena, diags);
    if (status == SDSE_OK)
        status = find_version(reader->db, filter, arena, diags, &found);
    if (status != SDSE_OK)
        return status;
    sqlite3_stmt *row = NULL;
    size_t most = 0, n = 0;
    struct sdse_hash *list = NULL;
    int code = prepare(reader->db, "SELECT point_hash FROM v_point p WHERE" FILTER,
                       &found, &row);
    while (status == SDSE_OK && (code == SQLITE_OK || code == SQLITE_ROW) &&
           (code = sqlite3_step(row)) == SQLITE_ROW) {
        if (n == most) {
            most = most ? 2 * most : 256;
            struct sdse_hash *longer = SDSE_ARENA_ARRAY(arena, struct sdse_hash, most);
            if (longer && n)
                memcpy(longer, list, n * sizeof *list);
            list = longer;
        }
        const char *text = (const char *)sqlite3_column_text(row, 0);
        if (!list || !text)
            status = SDSE_NO_MEMORY;
        else if (!sdse_hash_parse(text, &list[n++]))
            code = SQLITE_CORRUPT;
    }
    sqlite3_finalize(row);
    if (status == SDSE_OK && code != SQLITE_DONE)
        return refuse(reader->db, code, diags);
    *hashes = list;
    *count = n;
    return status;
}

enum sdse_status sdse_points_sweeps(struct sdse_reader *reader,
                                    struct sdse_arena *arena, struct sdse_diags *diags,
                                    const char ***names, size_t *count) {
    return list_names(reader->db, "SELECT DISTINCT name FROM sweep ORDER BY name", NULL,
                      arena, diags, names, count);
}

enum sdse_status sdse_points_sweep_text(struct sdse_reader *reader,
                                        const struct sdse_filter *filter,
                                        struct sdse_arena *arena,
                                        struct sdse_diags *diags, const char **text) {
    struct sdse_filter found; // its sweep is the hash
    const enum sdse_status status =
        find_version(reader->db, filter, arena, diags, &found);
    const char **texts;
    size_t count;
    if (status != SDSE_OK)
        return status;
    const enum sdse_status listed = list_names(
        reader->db,
        sdse_arena_printf(arena, "SELECT text FROM v_input WHERE hash = '%s'",
                          found.sweep),
        NULL, arena, diags, &texts, &count);
    if (listed == SDSE_OK)
        *text = count ? texts[0] : "";
    return listed;
}

// ---- points ----

enum sdse_status sdse_points_rows(struct sdse_reader *reader,
                                  const struct sdse_filter *filter, const char *columns,
                                  struct sdse_arena *arena, struct sdse_diags *diags,
                                  struct sqlite3_stmt **rows) {
    struct sdse_filter found;
    enum sdse_status status = check_filter(reader->db, filter, arena, diags);
    if (status == SDSE_OK)
        status = find_version(reader->db, filter, arena, diags, &found);
    if (status != SDSE_OK)
        return status;
    const char *sql = sdse_arena_printf(
        arena,
        "SELECT p.point_id, " STATUS " AS status, " REASON
        " AS reason%s FROM v_point p WHERE" FILTER "ORDER BY p.point_id",
        columns);
    if (!sql)
        return SDSE_NO_MEMORY;
    const int code = prepare(reader->db, sql, &found, rows);
    return code == SQLITE_OK ? SDSE_OK : refuse(reader->db, code, diags);
}

// Counts by status; returns SQLITE_OK, and how many are OK.
static int count_points(sqlite3 *db, const struct sdse_filter *filter, size_t *ok,
                        struct sdse_points *points) {
    sqlite3_stmt *row = NULL;
    int code = prepare(db,
                       "SELECT total(judged = 'ok'), total(judged = 'infeasible'),"
                       " total(judged = 'error') FROM (SELECT " STATUS
                       " AS judged FROM v_point p WHERE" FILTER ")",
                       filter, &row);
    if (code == SQLITE_OK)
        code = sqlite3_step(row);
    if (code == SQLITE_ROW) {
        *ok = (size_t)sqlite3_column_double(row, 0);
        points->infeasible = (size_t)sqlite3_column_double(row, 1);
        points->failed = (size_t)sqlite3_column_double(row, 2);
        code = SQLITE_OK;
    }
    sqlite3_finalize(row);
    return code;
}

static bool allocate(struct sdse_arena *arena, size_t count,
                     struct sdse_points *points) {
    points->v = SDSE_ARENA_ARRAY(arena, double, (count + 1) * points->objectives);
    points->point_id = SDSE_ARENA_ARRAY(arena, int64_t, count + 1);
    points->workload = SDSE_ARENA_ARRAY(arena, const char *, count + 1);
    points->arch = SDSE_ARENA_ARRAY(arena, const char *, count + 1);
    points->form = SDSE_ARENA_ARRAY(arena, const char *, count + 1);
    points->parameters = SDSE_ARENA_ARRAY(arena, const char *, count + 1);
    points->minimised = SDSE_ARENA_ARRAY(arena, const char *, count + 1);
    return points->v && points->point_id && points->workload && points->arch &&
           points->form && points->parameters && points->minimised;
}

static bool take_row(sqlite3_stmt *row, struct sdse_arena *arena,
                     struct sdse_points *points) {
    enum { FIRST_OBJECTIVE = 6 };
    size_t i = points->count;
    for (unsigned k = 0; k < points->objectives; k++) {
        const int column = FIRST_OBJECTIVE + (int)k;
        if (sqlite3_column_type(row, column) == SQLITE_NULL) {
            points->unknown++;
            return true;
        }
        points->v[i * points->objectives + k] = sqlite3_column_double(row, column);
    }
    points->point_id[i] = sqlite3_column_int64(row, 0);
    points->workload[i] = column_text(arena, row, 1);
    points->arch[i] = column_text(arena, row, 2);
    points->form[i] = column_text(arena, row, 3);
    points->parameters[i] = column_text(arena, row, 4);
    points->minimised[i] = column_text(arena, row, 5);
    points->count++;
    return points->workload[i] && points->arch[i] && points->form[i] &&
           points->parameters[i] && points->minimised[i];
}

enum sdse_status sdse_points_load(struct sdse_reader *reader,
                                  const struct sdse_filter *filter,
                                  const enum sdse_metric *metrics, unsigned objectives,
                                  struct sdse_arena *arena, struct sdse_diags *diags,
                                  struct sdse_points *points) {
    assert(objectives >= 1 && objectives <= SDSE_MOST_OBJECTIVES);
    sqlite3 *db = reader->db;
    struct sdse_points loaded = {.objectives = objectives};
    const char *columns = "";
    for (unsigned k = 0; columns && k < objectives; k++) {
        loaded.metric[k] = metrics[k];
        columns = sdse_arena_printf(arena, "%s, %s", columns,
                                    sdse_metric_info(metrics[k])->column);
    }
    if (!columns)
        return SDSE_NO_MEMORY;
    struct sdse_filter found;
    enum sdse_status status = check_filter(db, filter, arena, diags);
    if (status == SDSE_OK)
        status = find_version(db, filter, arena, diags, &found);
    if (status != SDSE_OK)
        return status;
    // One snapshot: the writer may add points between the two statements.
    int code = sqlite3_exec(db, "BEGIN", NULL, NULL, NULL);
    size_t most = 0;
    sqlite3_stmt *row = NULL;
    if (code == SQLITE_OK)
        code = count_points(db, &found, &most, &loaded);
    const char *sql = sdse_arena_printf(
        arena,
        "SELECT point_id, workload, arch, form, parameters, objective%s FROM v_point p"
        " WHERE " STATUS " = 'ok' AND" FILTER
        "ORDER BY (SELECT min(position) FROM v_sweep_point s WHERE s.point_id ="
        " p.point_id AND (?1 IS NULL OR s.sweep_hash = ?1)), point_hash",
        columns);
    if (!sql || !allocate(arena, most, &loaded))
        status = SDSE_NO_MEMORY;
    else if (code == SQLITE_OK)
        code = prepare(db, sql, &found, &row);
    while (status == SDSE_OK && (code == SQLITE_OK || code == SQLITE_ROW)) {
        code = sqlite3_step(row);
        if (code == SQLITE_ROW && !take_row(row, arena, &loaded))
            status = SDSE_NO_MEMORY;
    }
    sqlite3_finalize(row);
    if (status == SDSE_OK && code != SQLITE_DONE)
        status = refuse(db, code, diags);
    if (!sqlite3_get_autocommit(db)) {
        code = sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
        if (status == SDSE_OK && code != SQLITE_OK)
            status = refuse(db, code, diags);
    }
    if (status == SDSE_OK)
        *points = loaded;
    return status;
}

struct sdse_scale sdse_points_scale(const struct sdse_points *points, unsigned k) {
    double greatest = 0;
    for (size_t i = 0; i < points->count; i++)
        greatest = fmax(greatest, points->v[i * points->objectives + k]);
    return sdse_metric_scale(points->metric[k], greatest);
}

// ---- front ----

enum sdse_status sdse_front_compute(const struct sdse_points *points,
                                    struct sdse_arena *arena,
                                    struct sdse_front *front) {
    struct sdse_front made = {.index =
                                  SDSE_ARENA_ARRAY(arena, size_t, points->count + 1)};
    if (!made.index)
        return SDSE_NO_MEMORY;
    enum sdse_status status = sdse_pareto_front(
        points->v, points->count, points->objectives, made.index, &made.count);
    if (status != SDSE_OK || made.count == 0) {
        if (status == SDSE_OK)
            *front = made;
        return status;
    }
    made.knee = sdse_pareto_knee(points->v, points->objectives, made.index, made.count);
    sdse_pareto_reference(points->v, points->objectives, made.index, made.count,
                          made.reference);
    status = sdse_pareto_hypervolume(points->v, points->objectives, made.index,
                                     made.count, made.reference, &made.hypervolume);
    double box = 1;
    for (unsigned k = 0; k < points->objectives; k++)
        box *= made.reference[k];
    made.hypervolume_fraction = box > 0 ? made.hypervolume / box : 0;
    if (status == SDSE_OK)
        *front = made;
    return status;
}

struct sdse_table *sdse_front_table(const struct sdse_points *points,
                                    const struct sdse_front *front, bool stored_units,
                                    struct sdse_arena *arena) {
    struct sdse_table *table = sdse_table_new(arena);
    double factor[SDSE_MOST_OBJECTIVES];
    if (!table)
        return NULL;
    for (unsigned k = 0; k < points->objectives; k++) {
        const struct sdse_metric_info *info = sdse_metric_info(points->metric[k]);
        struct sdse_scale scale = sdse_points_scale(points, k);
        factor[k] = stored_units ? 1 : scale.factor;
        sdse_table_add_column(table, stored_units ? info->column : scale.title, NULL,
                              5);
    }
    static const char *const texts[] = {"workload", "arch", "form", "parameters",
                                        "knee"};
    sdse_table_add_column(table, "point_id", "point", 0);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        sdse_table_add_column(table, texts[i], NULL, 0);
    for (size_t i = 0; i < front->count; i++) {
        size_t p = front->index[i];
        for (unsigned k = 0; k < points->objectives; k++)
            sdse_table_add_f64(table,
                               points->v[p * points->objectives + k] * factor[k]);
        sdse_table_add_i64(table, points->point_id[p]);
        sdse_table_add_text(table, points->workload[p]);
        sdse_table_add_text(table, points->arch[p]);
        sdse_table_add_text(table, points->form[p]);
        sdse_table_add_text(table, points->parameters[p]);
        sdse_table_add_text(table, front->count > 1 && i == front->knee ? "knee" : "");
    }
    return table;
}

const char *sdse_front_summary(const struct sdse_points *points,
                               const struct sdse_front *front,
                               struct sdse_arena *arena) {
    size_t all = points->count + points->infeasible + points->failed + points->unknown;
    const char *text = sdse_arena_printf(
        arena, "%zu points: %zu on the front, %zu dominated, %zu infeasible", all,
        front->count, points->count - front->count, points->infeasible);
    if (text && points->failed)
        text = sdse_arena_printf(arena, "%s, %zu failed", text, points->failed);
    if (text && points->unknown)
        text = sdse_arena_printf(arena, "%s, %zu without one of the objectives", text,
                                 points->unknown);
    // A front that is 0 in some objective spans no box.
    bool spans = front->count > 0;
    for (unsigned k = 0; k < points->objectives; k++)
        spans = spans && front->reference[k] > 0;
    if (text && spans) {
        text = sdse_arena_printf(arena, "%s; hypervolume %.4g of the box below (", text,
                                 front->hypervolume_fraction);
        for (unsigned k = 0; text && k < points->objectives; k++) {
            struct sdse_scale scale = sdse_points_scale(points, k);
            text = sdse_arena_printf(arena, "%s%s%.4g%s%s", text, k ? ", " : "",
                                     front->reference[k] * scale.factor,
                                     *scale.unit ? " " : "", scale.unit);
        }
        text = text ? sdse_arena_printf(arena, "%s)", text) : NULL;
    }
    return text;
}
