#include "results/look/plot/layer_aspect.h"

#include <string.h>

#include "base/shortest.h"
#include "results/look/table.h"
#include "results/store/database.h"

static const char *const columns[] = {"set_by",  "layer",         "kind",
                                      "repeat",  "bottleneck",    "weights",
                                      "density", "mapper_status", "utilization"};
enum { SET_BY, COLUMNS = sizeof columns / sizeof *columns };

// A value as text, numbers in their shortest form; NULL: it has none, or memory is out.
static const char *value_of(sqlite3_stmt *row, struct sdse_arena *arena) {
    char digits[32];
    const int type = sqlite3_column_type(row, 0);
    if (type == SQLITE_NULL)
        return NULL;
    if (type == SQLITE_FLOAT)
        sdse_shortest(sqlite3_column_double(row, 0), digits);
    return sdse_arena_strdup(arena, type == SQLITE_FLOAT
                                        ? digits
                                        : (const char *)sqlite3_column_text(row, 0));
}

// Of layer `number`, 0 being the first; SQLITE_OK with NULL where it has none.
static int read_value(sqlite3_stmt *row, int64_t point, size_t number,
                      struct sdse_arena *arena, const char **value) {
    int code = sqlite3_bind_int64(row, 1, point);
    if (code == SQLITE_OK)
        code = sqlite3_bind_int64(row, 2, (int64_t)number);
    if (code == SQLITE_OK && (code = sqlite3_step(row)) == SQLITE_ROW) {
        *value = value_of(row, arena);
        code = *value || sqlite3_column_type(row, 0) == SQLITE_NULL ? SQLITE_OK
                                                                    : SQLITE_NOMEM;
    }
    const int ended = sqlite3_reset(row);
    return code == SQLITE_DONE ? SQLITE_OK : code == SQLITE_OK ? ended : code;
}

static int read_column(sqlite3 *db, int64_t point, const char *column, const size_t *of,
                       size_t count, struct sdse_arena *arena, const char **values) {
    const char *sql = sdse_arena_printf(
        arena,
        "SELECT %s FROM v_layer WHERE point_id = ?1 AND layer_index = (SELECT"
        " layer_index FROM v_layer WHERE point_id = ?1 AND latency_cycles > 0 ORDER BY"
        " layer_index LIMIT 1 OFFSET ?2)",
        column);
    sqlite3_stmt *row = NULL;
    int code = sql ? sqlite3_prepare_v2(db, sql, -1, &row, NULL) : SQLITE_NOMEM;
    for (size_t i = 0; code == SQLITE_OK && i < count; i++)
        code = read_value(row, point, of ? of[i] : i, arena, &values[i]);
    sqlite3_finalize(row);
    return code;
}

enum sdse_status sdse_layer_aspect_load(struct sdse_reader *reader, int64_t point,
                                        const struct sdse_layer_cycles *layers,
                                        const size_t *of, size_t count,
                                        const char *path, struct sdse_arena *arena,
                                        struct sdse_diags *diags,
                                        struct sdse_aspect *aspect) {
    const char **values = SDSE_ARENA_ARRAY(arena, const char *, count + 1);
    size_t c = 0;
    if (!values)
        return SDSE_NO_MEMORY;
    while (c < COLUMNS && strcmp(columns[c], path) != 0)
        c++;
    if (c == COLUMNS)
        return sdse_aspect_refuse(reader, "layer", path, columns, COLUMNS, arena,
                                  diags);
    for (size_t i = 0; c == SET_BY && i < count; i++)
        values[i] = layers[of ? of[i] : i].setter;
    const int code = c == SET_BY ? SQLITE_OK
                                 : read_column(reader->db, point, columns[c], of, count,
                                               arena, values);
    if (code == SQLITE_NOMEM)
        return SDSE_NO_MEMORY;
    if (code != SQLITE_OK)
        return sdse_database_refuse(reader->db, code,
                                    sqlite3_db_filename(reader->db, "main"), diags);
    return sdse_aspect_gather(path, values, count, arena, aspect) ? SDSE_OK
                                                                  : SDSE_NO_MEMORY;
}
