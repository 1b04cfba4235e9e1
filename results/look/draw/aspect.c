#include "results/look/draw/aspect.h"

#include <stdlib.h>
#include <string.h>

#include "base/shortest.h"
#include "results/look/draw/names.h"
#include "results/store/database.h"

static const char none[] = "(none)";

// ---- keys of weight forms ----

// The value of `key` in "{basis_size: 2, sparsity: 0.3, …}", numbers in their shortest
// form; NULL if it is not there (or memory is out).
static const char *form_value(const char *text, const char *key,
                              struct sdse_arena *arena) {
    const size_t length = strlen(key);
    for (const char *at = text; at && *at; at = strchr(at, ',')) {
        at += strspn(at, "{, ");
        if (strncmp(at, key, length) != 0 || strncmp(at + length, ": ", 2) != 0)
            continue;
        const char *begin = at + length + 2;
        const char *value = sdse_arena_copy(arena, begin, strcspn(begin, ",}"));
        double number;
        if (!value || !sdse_names_number(value, &number))
            return value;
        char shortest[32];
        sdse_shortest(number, shortest);
        return sdse_arena_strdup(arena, shortest);
    }
    return NULL;
}

// Whether a form called "sd sparsity=0.3" is one of those called "sd".
static bool form_is(const char *form, const char *name, size_t length) {
    return strncmp(form, name, length) == 0 &&
           (form[length] == '\0' || form[length] == ' ');
}

// ---- what there is ----

#define OF_COLUMNS                                                             \
    "SELECT 'network' AS path UNION ALL SELECT 'arch' UNION ALL SELECT 'form'" \
    " UNION ALL SELECT 'sweep' UNION ALL SELECT 'objective'"
// Keys of forms: the words before the colons of "{basis_size: 2, …}".
#define OF_FORMS                                                                       \
    "WITH RECURSIVE f(name, rest) AS (SELECT DISTINCT substr(p.form, 1,"               \
    " instr(p.form || ' ', ' ') - 1), substr(i.text, 2) || ',' FROM point p JOIN"      \
    " v_input i ON i.hash = p.form_hash WHERE i.text LIKE '{%'), k(name, rest, word)"  \
    " AS (SELECT name, rest, NULL FROM f UNION ALL SELECT name,"                       \
    " substr(rest, instr(rest, ',') + 1), trim(substr(rest, 1, instr(rest, ':') - 1))" \
    " FROM k WHERE instr(rest, ':') > 0 AND instr(rest, ',') > 0)"                     \
    " SELECT DISTINCT name || '.' || word FROM k WHERE word IS NOT NULL"

static const char all_paths[] = "SELECT path FROM (" OF_COLUMNS
                                ") UNION ALL SELECT * FROM (SELECT DISTINCT path FROM"
                                " point_parameter ORDER BY path) UNION ALL SELECT *"
                                " FROM (" OF_FORMS ")";

static int list_paths(sqlite3 *db, struct sdse_arena *arena, const char ***paths,
                      size_t *count) {
    enum { MOST = 256 };
    sqlite3_stmt *row = NULL;
    *paths = SDSE_ARENA_ARRAY(arena, const char *, MOST);
    *count = 0;
    int code =
        *paths ? sqlite3_prepare_v2(db, all_paths, -1, &row, NULL) : SQLITE_NOMEM;
    while (code == SQLITE_OK && (code = sqlite3_step(row)) == SQLITE_ROW) {
        const char *text = (const char *)sqlite3_column_text(row, 0);
        const char *copy = text ? sdse_arena_strdup(arena, text) : NULL;
        code = copy ? SQLITE_OK : SQLITE_NOMEM;
        if (copy && *count < MOST)
            (*paths)[(*count)++] = copy;
    }
    sqlite3_finalize(row);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

enum sdse_status sdse_aspect_refuse(struct sdse_reader *reader, const char *whose,
                                    const char *path, const char *const *paths,
                                    size_t count, struct sdse_arena *arena,
                                    struct sdse_diags *diags) {
    const char *list = "", *nearest = sdse_nearest(path, paths, count);
    for (size_t i = 0; list && i < count; i++)
        list = sdse_arena_printf(arena, "%s%s%s", list, i ? ", " : "", paths[i]);
    const char *file =
        sdse_arena_strdup(arena, sqlite3_db_filename(reader->db, "main"));
    if (!list || !file)
        return SDSE_NO_MEMORY;
    sdse_diag_add(diags, SDSE_ERROR, (struct sdse_loc){.file = file}, "plot-parameter",
                  "no %s has a parameter '%.100s'%s%s%s; there are %s", whose, path,
                  nearest ? "; nearest: '" : "", nearest ? nearest : "",
                  nearest ? "'" : "", list);
    return SDSE_INVALID;
}

// ---- values ----

// ?1: the point, ?2: the path.
static const char *value_sql(const char *path) {
    static const struct {
        const char *path, *sql;
    } columns[] = {
        {"network", "SELECT workload FROM point WHERE point_id = ?1"},
        {"arch", "SELECT arch FROM point WHERE point_id = ?1"},
        {"form", "SELECT form FROM point WHERE point_id = ?1"},
        {"objective", "SELECT objective FROM point WHERE point_id = ?1"},
        {"sweep", "SELECT group_concat(sweep, ' + ') FROM (SELECT DISTINCT sweep FROM"
                  " v_sweep_point WHERE point_id = ?1 AND newest ORDER BY sweep)"},
    };
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
        if (strcmp(path, columns[i].path) == 0)
            return columns[i].sql;
    return "SELECT value FROM point_parameter WHERE point_id = ?1 AND path = ?2";
}

static const char form_sql[] = "SELECT i.text FROM point p JOIN v_input i ON i.hash ="
                               " p.form_hash WHERE p.point_id = ?1";

// The values of all points; NULL: it has none.
static int read_values(sqlite3 *db, const struct sdse_points *points, const char *path,
                       struct sdse_arena *arena, const char **values) {
    const char *dot = strrchr(path, '.');
    sqlite3_stmt *direct = NULL, *form = NULL;
    int code = sqlite3_prepare_v2(db, value_sql(path), -1, &direct, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_prepare_v2(db, form_sql, -1, &form, NULL);
    if (code == SQLITE_OK && sqlite3_bind_parameter_count(direct) > 1)
        code = sqlite3_bind_text(direct, 2, path, -1, SQLITE_STATIC);
    for (size_t i = 0; code == SQLITE_OK && i < points->count; i++) {
        sqlite3_bind_int64(direct, 1, points->point_id[i]);
        code = sqlite3_step(direct);
        const char *text =
            code == SQLITE_ROW ? (const char *)sqlite3_column_text(direct, 0) : NULL;
        if (text && !(values[i] = sdse_arena_strdup(arena, text)))
            code = SQLITE_NOMEM;
        const bool known = text != NULL;
        sqlite3_reset(direct);
        if ((code == SQLITE_ROW || code == SQLITE_DONE) && !known && dot &&
            form_is(points->form[i], path, (size_t)(dot - path))) {
            sqlite3_bind_int64(form, 1, points->point_id[i]);
            code = sqlite3_step(form);
            if (code == SQLITE_ROW)
                values[i] = form_value((const char *)sqlite3_column_text(form, 0),
                                       dot + 1, arena);
            sqlite3_reset(form);
        }
        code = code == SQLITE_ROW || code == SQLITE_DONE ? SQLITE_OK : code;
    }
    sqlite3_finalize(direct);
    sqlite3_finalize(form);
    return code;
}

static int by_value(const void *a, const void *b) {
    return sdse_names_order(*(const char *const *)a, *(const char *const *)b);
}

bool sdse_aspect_gather(const char *path, const char *const *values, size_t count,
                        struct sdse_arena *arena, struct sdse_aspect *aspect) {
    *aspect =
        (struct sdse_aspect){.path = path,
                             .names = SDSE_ARENA_ARRAY(arena, const char *, count + 1),
                             .whole = SDSE_ARENA_ARRAY(arena, const char *, count + 1),
                             .number = SDSE_ARENA_ARRAY(arena, double, count + 1),
                             .of = SDSE_ARENA_ARRAY(arena, size_t, count + 1)};
    const char **names = aspect->names;
    if (!names || !aspect->whole || !aspect->number || !aspect->of)
        return false;
    size_t known = 0;
    for (size_t i = 0; i < count; i++)
        if (values[i])
            names[known++] = values[i];
    aspect->has_none = known < count;
    if (known)
        qsort(names, known, sizeof *names, by_value);
    for (size_t i = 0; i < known; i++)
        if (i == 0 || strcmp(names[i], names[i - 1]) != 0)
            names[aspect->count++] = names[i];
    for (size_t i = 0; i < count; i++) {
        aspect->of[i] = aspect->count;
        if (values[i])
            aspect->of[i] =
                (size_t)((const char *const *)bsearch(&values[i], names, aspect->count,
                                                      sizeof *names, by_value) -
                         names);
    }
    aspect->numeric = aspect->count > 0;
    for (size_t i = 0; i < aspect->count; i++) {
        aspect->numeric =
            sdse_names_number(names[i], &aspect->number[i]) && aspect->numeric;
        aspect->whole[i] = names[i];
    }
    if (!sdse_names_shorten(names, aspect->count, arena))
        return false;
    if (aspect->has_none) {
        aspect->whole[aspect->count] = none;
        names[aspect->count++] = none;
    }
    return true;
}

enum sdse_status sdse_aspect_load(struct sdse_reader *reader,
                                  const struct sdse_points *points, const char *path,
                                  struct sdse_arena *arena, struct sdse_diags *diags,
                                  struct sdse_aspect *aspect) {
    const char **paths = NULL,
               **values = SDSE_ARENA_ARRAY(arena, const char *, points->count + 1);
    struct sdse_aspect made;
    size_t count = 0;
    if (!values)
        return SDSE_NO_MEMORY;
    int code = list_paths(reader->db, arena, &paths, &count);
    bool known = false;
    for (size_t i = 0; i < count; i++)
        known = known || strcmp(paths[i], path) == 0;
    if (code == SQLITE_OK && !known)
        return sdse_aspect_refuse(reader, "point", path, paths, count, arena, diags);
    if (code == SQLITE_OK)
        code = read_values(reader->db, points, path, arena, values);
    if (code != SQLITE_OK)
        return sdse_database_refuse(reader->db, code,
                                    sqlite3_db_filename(reader->db, "main"), diags);
    if (!sdse_aspect_gather(path, values, points->count, arena, &made))
        return SDSE_NO_MEMORY;
    *aspect = made;
    return SDSE_OK;
}
