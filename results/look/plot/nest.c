#include "results/look/plot/nest.h"

#include <stdlib.h>
#include <string.h>

#include "results/look/plot/cycles.h"
#include "results/store/database.h"

// ---- text ----

// The value of `key` in the line of one level, "{level: GLB, temporal: C4 Q56, …}": up
// to the comma or the closing bracket; of a list what stands between its brackets; of a
// quoted text what is quoted.
static const char *value_of(const char *line, size_t length, const char *key,
                            struct sdse_arena *arena) {
    const size_t key_length = strlen(key);
    for (const char *at = line; at + key_length < line + length; at++) {
        if ((at[0] != '{' && at[0] != ' ') || strncmp(at + 1, key, key_length) != 0 ||
            at[1 + key_length] != ':')
            continue;
        const char *value = at + key_length + 3;
        const char *ends = *value == '[' ? "]" : *value == '"' ? "\"" : ",}";
        value += *value == '[' || *value == '"';
        return sdse_arena_copy(arena, value, strcspn(value, ends));
    }
    return "";
}

static bool parse(const char *text, struct sdse_arena *arena,
                  struct sdse_stored_nest *nest) {
    for (const char *line = text; line && *line;) {
        const char *end = strchr(line, '\n');
        const size_t length = end ? (size_t)(end - line) : strlen(line);
        const char *level = strstr(line, "{level: ");
        if (level && level < line + length && nest->level_count < SDSE_NEST_LEVELS) {
            struct sdse_nest_level *made = &nest->level[nest->level_count++];
            made->name = value_of(line, length, "level", arena);
            made->temporal = value_of(line, length, "temporal", arena);
            made->spatial_x = value_of(line, length, "spatial_x", arena);
            made->spatial_y = value_of(line, length, "spatial_y", arena);
            made->keeps = value_of(line, length, "keeps", arena);
            if (!made->name || !made->temporal || !made->spatial_x ||
                !made->spatial_y || !made->keeps)
                return false;
        }
        line = end ? end + 1 : NULL;
    }
    return true;
}

double sdse_nest_product(const char *loops) {
    double product = 1;
    for (const char *at = loops; *at;) {
        const size_t word = strcspn(at, " ");
        if (word > 1)
            product *= strtod(at + 1, NULL);
        at += word;
        at += *at == ' ';
    }
    return product;
}

// ---- database ----

static enum sdse_status refuse(struct sdse_reader *reader, int64_t point,
                               const char *layer, struct sdse_arena *arena,
                               struct sdse_diags *diags) {
    const char *file =
        sdse_arena_strdup(arena, sqlite3_db_filename(reader->db, "main"));
    const char *names = sdse_cycles_text(
        reader,
        "SELECT group_concat(layer, ', ') FROM (SELECT layer FROM v_layer WHERE"
        " point_id = ?1 ORDER BY layer_index LIMIT 40)",
        point, arena);
    sdse_diag_add(diags, SDSE_ERROR, (struct sdse_loc){.file = file}, "plot-layer",
                  "point %lld has no layer '%.100s'%s%s", (long long)point, layer,
                  names ? "; it has " : "", names ? names : "");
    return SDSE_INVALID;
}

static enum sdse_status refuse_group(struct sdse_reader *reader, const char *layer,
                                     struct sdse_arena *arena,
                                     struct sdse_diags *diags) {
    const char *file =
        sdse_arena_strdup(arena, sqlite3_db_filename(reader->db, "main"));
    sdse_diag_add(diags, SDSE_ERROR, (struct sdse_loc){.file = file}, "plot-layer",
                  "layer '%.100s' takes turns with others: it has no mapping of its "
                  "own, but nests that have (view v_nest)",
                  layer);
    return SDSE_INVALID;
}

enum sdse_status sdse_nest_load(struct sdse_reader *reader, int64_t point,
                                const char *layer, struct sdse_arena *arena,
                                struct sdse_diags *diags,
                                struct sdse_stored_nest *nest) {
    sqlite3_stmt *row = NULL;
    bool kept = true, grouped = false;
    *nest = (struct sdse_stored_nest){.layer = layer};
    int code =
        sqlite3_prepare_v2(reader->db,
                           "SELECT mapping, repeat, EXISTS (SELECT 1 FROM v_group"
                           " g WHERE g.point_id = l.point_id AND l.layer_index"
                           " BETWEEN g.first_layer AND g.last_layer) FROM"
                           " v_layer l WHERE point_id = ?1 AND layer = ?2",
                           -1, &row, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_bind_int64(row, 1, point);
    if (code == SQLITE_OK)
        code = sqlite3_bind_text(row, 2, layer, -1, SQLITE_STATIC);
    if (code == SQLITE_OK)
        code = sqlite3_step(row);
    if (code == SQLITE_ROW)
        grouped = sqlite3_column_int(row, 2);
    if (code == SQLITE_ROW && !grouped) {
        kept = parse((const char *)sqlite3_column_text(row, 0), arena, nest);
        nest->repeat = (uint64_t)sqlite3_column_int64(row, 1);
    }
    sqlite3_finalize(row);
    if (code == SQLITE_DONE)
        return refuse(reader, point, layer, arena, diags);
    if (code != SQLITE_ROW)
        return sdse_database_refuse(reader->db, code,
                                    sqlite3_db_filename(reader->db, "main"), diags);
    if (grouped)
        return refuse_group(reader, layer, arena, diags);
    return kept ? SDSE_OK : SDSE_NO_MEMORY;
}
