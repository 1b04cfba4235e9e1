// One file, though long: the new file is worked out step by step in one transaction,
// and each step relies on what the last has left out.
#include "results/store/salvage.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "results/store/content.h"
#include "results/store/database.h"
#include "results/store/schema.h"
#include "results/store/statements.h"

struct salvaging {
    sqlite3 *from, *to;
    struct sdse_diags *diags;
    struct sdse_salvaged *out;
    struct sdse_input_writer inputs;
    struct sdse_mapping_writer mappings;
};

static int run(sqlite3 *db, const char *sql) {
    return sqlite3_exec(db, sql, NULL, NULL, NULL);
}

static enum sdse_status refuse(sqlite3 *db, struct sdse_diags *diags, int code) {
    return sdse_database_refuse(db, code, sqlite3_db_filename(db, "main"), diags);
}

static void name_lost(sqlite3 *db, struct sdse_diags *diags, const char *what,
                      const char *name, const char *more) {
    const char *path = sdse_arena_strdup(diags->arena, sqlite3_db_filename(db, "main"));
    sdse_diag_add(diags, SDSE_ERROR, (struct sdse_loc){.file = path}, "repair-lost",
                  "%s %.200s%s", what, name, more);
}

// ---- rows ----

// What can be found anew from the rest of the file.
static bool is_computed(enum sdse_content table) {
    switch (table) {
    case SDSE_CONTENT_META:
    case SDSE_CONTENT_INPUT:
    case SDSE_CONTENT_SWEEP:
    case SDSE_CONTENT_TRAINING_RUN:
    case SDSE_CONTENT_TRAINING_EPOCH:
    case SDSE_CONTENT_TENSOR:
    case SDSE_CONTENT_LAYER_WEIGHTS:
        return false;
    default:
        return true;
    }
}

// The table whose row, named by the first column, is not whole without this one.
static const char *owner_of(enum sdse_content table) {
    switch (table) {
    case SDSE_CONTENT_LAYER_FRONT:
    case SDSE_CONTENT_LAYER_FRONT_ELEMENT:
        return "layer_front";
    case SDSE_CONTENT_SOLUTION:
    case SDSE_CONTENT_SOLUTION_MEMORY:
    case SDSE_CONTENT_SOLUTION_LEVEL:
    case SDSE_CONTENT_SOLUTION_NETWORK:
    case SDSE_CONTENT_SOLUTION_COMPONENT:
        return "solution";
    case SDSE_CONTENT_POINT:
        return "row"; // of a point, and
    case SDSE_CONTENT_POINT_FRONT:
    case SDSE_CONTENT_PLACE:
    case SDSE_CONTENT_GROUP:
    case SDSE_CONTENT_NEST:
    case SDSE_CONTENT_NEST_PLACE:
    case SDSE_CONTENT_COPY:
        return "point";
    case SDSE_CONTENT_POINT_PARAMETER:
    case SDSE_CONTENT_POINT_LAYER:
        return "part"; // of a point, that says what it is
    default:
        return NULL;
    }
}

// A row that is not what was written; or is, but what it refers to is not there.
static int note_bad(struct salvaging *s, enum sdse_content table, sqlite3_stmt *row,
                    bool agrees) {
    s->out->bad_rows += !agrees;
    const char *owner = owner_of(table);
    if (owner && agrees && (strcmp(owner, "part") == 0 || strcmp(owner, "row") == 0))
        owner = "point"; // the row itself can be relied on
    if (!is_computed(table)) {
        char name[300];
        snprintf(name, sizeof name, "%s %.200s", sdse_content_info(table)->table,
                 sdse_row_peek(row, 0));
        name_lost(s->from, s->diags, "table", name,
                  ": the row is damaged, and cannot be computed again");
    }
    if (!owner)
        return SQLITE_OK;
    sqlite3_stmt *note = NULL;
    int code = sqlite3_prepare_v2(s->to, "INSERT OR IGNORE INTO temp.bad VALUES(?, ?)",
                                  -1, &note, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_bind_text(note, 1, owner, -1, SQLITE_STATIC);
    if (code == SQLITE_OK)
        code = sqlite3_bind_text(note, 2, sdse_row_peek(row, 0), -1, SQLITE_TRANSIENT);
    if (code == SQLITE_OK)
        code = sqlite3_step(note);
    sqlite3_finalize(note);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

static int column_named(sqlite3_stmt *row, const char *name) {
    int column = sqlite3_column_count(row) - 1;
    while (column > 0 && strcmp(sqlite3_column_name(row, column), name) != 0)
        column--;
    return column;
}

// Whether what a nullable reference of the row means is in the new file.
static int refers(struct salvaging *s, enum sdse_content table, sqlite3_stmt *row,
                  bool *there) {
    const bool front = table == SDSE_CONTENT_SOLUTION;
    const int column = column_named(row, front ? "front" : "form");
    *there = true;
    if ((!front && table != SDSE_CONTENT_POINT_LAYER) ||
        sqlite3_column_type(row, column) == SQLITE_NULL)
        return SQLITE_OK;
    sqlite3_stmt *look = NULL;
    int code = sqlite3_prepare_v2(s->to,
                                  front ? "SELECT 1 FROM layer_front WHERE hash = ?"
                                        : "SELECT 1 FROM weight_form WHERE hash = ?",
                                  -1, &look, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_bind_value(look, 1, sqlite3_column_value(row, column));
    if (code == SQLITE_OK)
        code = sqlite3_step(look);
    *there = code == SQLITE_ROW;
    sqlite3_finalize(look);
    return code == SQLITE_ROW || code == SQLITE_DONE ? SQLITE_OK : code;
}

static int copy_row(struct salvaging *s, enum sdse_content table, sqlite3_stmt *put,
                    sqlite3_stmt *row) {
    bool there = false;
    int code = SQLITE_OK;
    if (!sdse_content_agrees(table, row))
        return note_bad(s, table, row, false);
    code = refers(s, table, row, &there);
    if (code == SQLITE_OK && there)
        code = table == SDSE_CONTENT_INPUT
                   ? sdse_input_copy(&s->inputs, row)
                   : sdse_mapping_put_row(&s->mappings, put, row);
    if (!there || (code & 0xff) == SQLITE_CONSTRAINT)
        code = note_bad(s, table, row, true);
    return code;
}

// All rows that can be read, in the order in which they lie in the file: no index is
// asked that may be damaged.
static enum sdse_status copy_table(struct salvaging *s, enum sdse_content table) {
    const struct sdse_content_info *info = sdse_content_info(table);
    const char *insert = table == SDSE_CONTENT_META
                             ? "INSERT OR REPLACE INTO meta VALUES(?, ?, ?)"
                             : info->insert;
    const char *ordered = strstr(info->select, " ORDER BY");
    sqlite3_stmt *row = NULL, *put = NULL;
    int code =
        sqlite3_prepare_v2(s->from, info->select,
                           ordered ? (int)(ordered - info->select) : -1, &row, NULL);
    int wrote = sqlite3_prepare_v2(s->to, insert, -1, &put, NULL);
    while (code == SQLITE_OK && wrote == SQLITE_OK) {
        code = sqlite3_step(row);
        if (code != SQLITE_ROW)
            break;
        wrote = copy_row(s, table, put, row);
        code = SQLITE_OK;
    }
    sqlite3_finalize(row);
    sqlite3_finalize(put);
    if (wrote != SQLITE_OK)
        return refuse(s->to, s->diags, wrote);
    if ((code & 0xff) == SQLITE_NOMEM)
        return SDSE_NO_MEMORY;
    if (code == SQLITE_DONE)
        return SDSE_OK;
    s->out->bad_rows++;
    if (!is_computed(table))
        name_lost(s->from, s->diags, "table", info->table,
                  ": some rows cannot be read, nor computed again");
    return SDSE_OK;
}

// ---- what does not hold together ----

#define BAD(owner) "SELECT hash FROM temp.bad WHERE owner = '" owner "'"
#define NOTE(owner, query) \
    "INSERT OR IGNORE INTO temp.bad SELECT '" owner "', hash FROM (" query ")"
#define NEAR(a, b) "abs((" a ") - (" b ")) <= 1e-9 * max(abs(" a "), abs(" b "))"
#define DROP_PARTS(table, id, owner)                                   \
    "DELETE FROM " table " WHERE " id " IN (SELECT " id " FROM " owner \
    " WHERE hash IN (" BAD(owner) "))"

static const char *const wholeness[] = {
    NOTE("point", BAD("part")),
    NOTE("point", BAD("row")),
    NOTE("layer_front",
         "SELECT hash FROM layer_front f LEFT JOIN layer_front_element e USING"
         " (front_id) GROUP BY front_id HAVING coalesce(max(rank) + 1, 0) <>"
         " count(rank) OR count(rank) = 0"),
    NOTE("solution",
         "SELECT s.hash FROM solution s JOIN layer_front f USING (front_id) WHERE"
         " f.hash IN (" BAD("layer_front") ")"),
    NOTE("solution",
         "SELECT hash FROM (SELECT s.hash, s.energy_pj,"
         "  (SELECT total(read_pj + fill_pj + update_pj) FROM solution_level l"
         "   WHERE l.solution_id = s.solution_id) +"
         "  (SELECT total(energy_pj) FROM solution_network n"
         "   WHERE n.solution_id = s.solution_id) +"
         "  (SELECT total(energy_pj) FROM solution_component c"
         "   WHERE c.solution_id = s.solution_id) AS parts FROM solution s)"
         " WHERE NOT " NEAR("parts", "energy_pj")),
    NOTE("solution",
         "SELECT s.hash FROM solution s LEFT JOIN solution_memory m USING"
         " (solution_id) GROUP BY s.solution_id HAVING coalesce(max(level) + 1, 0) <>"
         " count(level) OR count(level) = 0"),
#define BROKEN_SET(name, column, table, what)                   \
    NOTE("solution", "SELECT hash FROM solution WHERE " #column \
                     " IN (" SDSE_BROKEN_SETS(column, table) ")"),
    SDSE_SET_MAP(BROKEN_SET)
#undef BROKEN_SET
        NOTE("point",
             "SELECT p.hash FROM point p JOIN point_layer l USING (point_id) JOIN"
             " solution s USING (solution_id) WHERE s.hash IN (" BAD("solution") ")"),
    NOTE("point",
         "SELECT p.hash FROM point p LEFT JOIN point_layer l USING (point_id) LEFT JOIN"
         " solution s USING (solution_id) WHERE p.status = 'ok' GROUP BY p.point_id"
         " HAVING NOT " NEAR(
             "total(s.energy_pj * l.repeat)",
             "p.energy_pj") " OR"
                            " total(s.latency_cycles * l.repeat) <> p.latency_cycles OR"
                            " coalesce(max(layer_index) + 1, 0) <> count(layer_index)"),
    NOTE(
        "point",
        "SELECT p.hash FROM point p LEFT JOIN point_front f USING (point_id) WHERE"
        " p.status = 'ok' GROUP BY p.point_id HAVING count(f.rank) = 0 OR count(f.rank)"
        " > p.front_elements OR max(f.rank) <> count(f.rank) - 1"),
    NOTE("point", "SELECT p.hash FROM point p WHERE p.status = 'ok' AND EXISTS (SELECT"
                  " 1 FROM point_parameter q WHERE q.point_id = p.point_id AND q.path ="
                  " 'mapper.resident') AND NOT EXISTS (SELECT 1 FROM place l WHERE"
                  " l.point_id = p.point_id) AND NOT EXISTS (SELECT 1 FROM grp g WHERE"
                  " g.point_id = p.point_id)"),
    NOTE("point",
         "SELECT p.hash FROM point p JOIN nest n USING (point_id) JOIN"
         " solution s USING (solution_id) WHERE s.hash IN (" BAD("solution") ")"),
    NOTE("point",
         "SELECT p.hash FROM point p JOIN copy c USING (point_id) JOIN"
         " solution s USING (solution_id) WHERE s.hash IN (" BAD("solution") ")"),
    NOTE("point", "SELECT p.hash" SDSE_BROKEN_GROUPS),
    DROP_PARTS("point_parameter", "point_id", "point"),
    DROP_PARTS("point_front", "point_id", "point"),
    DROP_PARTS("point_layer", "point_id", "point"),
    DROP_PARTS("place", "point_id", "point"),
    DROP_PARTS("grp", "point_id", "point"),
    DROP_PARTS("nest", "point_id", "point"),
    DROP_PARTS("nest_place", "point_id", "point"),
    DROP_PARTS("copy", "point_id", "point"),
    "DELETE FROM sweep_point",
    "DELETE FROM point WHERE hash IN (" BAD("point") ")",
    "DELETE FROM solution WHERE hash IN (" BAD("solution") ")",
    SDSE_DROP_UNUSED_SETS,
    DROP_PARTS("layer_front_element", "front_id", "layer_front"),
    "DELETE FROM layer_front WHERE hash IN (" BAD("layer_front") ")",
};

// Fronts whose search a time limit ended stay, and what needs them.
static const char *const all_bad[] = {
    NOTE("point", "SELECT hash FROM point"),
    NOTE("solution", "SELECT s.hash FROM solution s LEFT JOIN layer_front f USING"
                     " (front_id) WHERE f.seconds_limit IS NULL"),
    NOTE("layer_front", "SELECT hash FROM layer_front WHERE seconds_limit IS NULL"),
};

static int leave_out(sqlite3 *db, bool all) {
    int code = SQLITE_OK;
    for (size_t i = 0; all && code == SQLITE_OK && i < sizeof all_bad / sizeof *all_bad;
         i++)
        code = run(db, all_bad[i]);
    for (size_t i = 0; code == SQLITE_OK && i < sizeof wholeness / sizeof *wholeness;
         i++)
        code = run(db, wholeness[i]);
    return code;
}

// ---- what is missing then ----

static bool has_bad(sqlite3 *db, const char *owner, const char *hash) {
    sqlite3_stmt *row = NULL;
    sqlite3_prepare_v2(db, "SELECT 1 FROM temp.bad WHERE owner = ? AND hash = ?", -1,
                       &row, NULL);
    sqlite3_bind_text(row, 1, owner, -1, SQLITE_STATIC);
    sqlite3_bind_text(row, 2, hash, -1, SQLITE_STATIC);
    const bool has = sqlite3_step(row) == SQLITE_ROW;
    sqlite3_finalize(row);
    return has;
}

static int count_points(sqlite3 *db, size_t *count) {
    sqlite3_stmt *row = NULL;
    int code = sqlite3_prepare_v2(db, "SELECT point_id FROM point NOT INDEXED", -1,
                                  &row, NULL);
    for (*count = 0; code == SQLITE_OK && sqlite3_step(row) == SQLITE_ROW; ++*count)
        continue;
    sqlite3_finalize(row);
    return code;
}

static enum sdse_status list_lost(struct salvaging *s, struct sdse_arena *arena) {
    sqlite3_stmt *row = NULL;
    struct sdse_store there = {.db = s->to};
    size_t count = 0;
    int code = count_points(s->from, &count);
    s->out->lost = SDSE_ARENA_ARRAY(arena, struct sdse_lost_point, count + 1);
    if (!s->out->lost)
        return SDSE_NO_MEMORY;
    if (code == SQLITE_OK)
        code = sqlite3_prepare_v2(
            s->from, "SELECT point_id, hash FROM point NOT INDEXED", -1, &row, NULL);
    while (code == SQLITE_OK && s->out->lost_count < count &&
           sqlite3_step(row) == SQLITE_ROW) {
        const char *hash = sdse_row_peek(row, 1);
        struct sdse_hash parsed = {0};
        int64_t id = 0;
        if (sdse_hash_parse(hash, &parsed) &&
            sdse_store_find(&there, SDSE_SQL_POINT_ID, parsed, &id))
            continue;
        s->out->lost[s->out->lost_count++] =
            (struct sdse_lost_point){.id = sqlite3_column_int64(row, 0),
                                     .row = !has_bad(s->to, "row", hash),
                                     .parts = !has_bad(s->to, "part", hash)};
    }
    sqlite3_finalize(row);
    sqlite3_finalize(there.statement[SDSE_SQL_POINT_ID]);
    return SDSE_OK;
}

// Rows that are gone without a trace, of a table that cannot be computed again.
static enum sdse_status note_missing(struct salvaging *s, enum sdse_content table) {
    struct sdse_seal sealed = {0}, now = {0};
    int code = SQLITE_OK;
    if (is_computed(table) || table == SDSE_CONTENT_META ||
        !sdse_seal_load(s->from, table, &sealed, &code))
        return SDSE_OK;
    code = sdse_seal_count(s->to, table, &now);
    if (code != SQLITE_OK)
        return refuse(s->to, s->diags, code);
    if (now.rows < sealed.rows && now.sum != sealed.sum)
        name_lost(s->from, s->diags, "table", sdse_content_info(table)->table,
                  " has lost rows that cannot be computed again");
    return SDSE_OK;
}

enum sdse_status sdse_salvage(struct sdse_reader *damaged, struct sdse_store *store,
                              bool all, struct sdse_arena *arena,
                              struct sdse_diags *diags, struct sdse_salvaged *out) {
    *out = (struct sdse_salvaged){0};
    struct salvaging s = {damaged->db, store->db,         diags,
                          out,         {.db = store->db}, {.db = store->db}};
    enum sdse_status status = sdse_store_begin(store);
    if (status != SDSE_OK)
        return status;
    int code = run(s.to, "CREATE TEMP TABLE IF NOT EXISTS bad(owner TEXT, hash TEXT,"
                         " PRIMARY KEY (owner, hash)) WITHOUT ROWID;"
                         "DELETE FROM temp.bad");
    if (code != SQLITE_OK)
        status = refuse(s.to, diags, code);
    for (int i = 0; status == SDSE_OK && i < SDSE_CONTENTS; i++) {
        const size_t errors = diags->errors;
        if (i == SDSE_CONTENT_TAG)
            continue; // when all points are there
        status = copy_table(&s, (enum sdse_content)i);
        if (status == SDSE_OK && diags->errors == errors)
            status = note_missing(&s, (enum sdse_content)i);
    }
    sdse_input_writer_end(&s.inputs);
    sdse_mapping_writer_end(&s.mappings);
    if (status == SDSE_OK && (code = leave_out(s.to, all)) != SQLITE_OK)
        status = refuse(s.to, diags, code);
    if (status == SDSE_OK)
        status = list_lost(&s, arena);
    if (status == SDSE_OK && (code = sdse_seal_all(s.to)) != SQLITE_OK)
        status = refuse(s.to, diags, code);
    if (status == SDSE_OK)
        return sdse_store_commit(store);
    sdse_store_rollback(store);
    return status;
}

// ---- places in sweeps ----

// Of (sweep, position, point).
static int64_t place_digest(const char *sweep, int64_t position,
                            struct sdse_hash point) {
    char hash[SDSE_HASH_TEXT_BYTES];
    struct sdse_digest digest;
    sdse_hash_text(point, hash);
    sdse_digest_begin(&digest, SDSE_CONTENT_SWEEP_POINT);
    sdse_digest_text(&digest, sweep);
    sdse_digest_i64(&digest, position);
    sdse_digest_text(&digest, hash);
    return sdse_digest_value(&digest);
}

bool sdse_salvage_confirms(struct sdse_reader *damaged, int64_t id,
                           struct sdse_hash hash) {
    sqlite3_stmt *row = NULL;
    bool confirms = false;
    sqlite3_prepare_v2(damaged->db,
                       "SELECT s.hash, sp.position, sp.digest FROM sweep_point sp JOIN"
                       " sweep s USING (sweep_id) WHERE +sp.point_id = ?",
                       -1, &row, NULL);
    sqlite3_bind_int64(row, 1, id);
    while (!confirms && sqlite3_step(row) == SQLITE_ROW)
        confirms = place_digest(sdse_row_peek(row, 0), sqlite3_column_int64(row, 1),
                                hash) == sqlite3_column_int64(row, 2);
    sqlite3_finalize(row);
    return confirms;
}

// What a point of the damaged file is called: as it was found out, or as it says.
static struct sdse_hash hash_of(const struct sdse_salvaged *salvaged, int64_t id,
                                const char *stored) {
    struct sdse_hash hash = {0};
    for (size_t i = 0; i < salvaged->lost_count; i++)
        if (salvaged->lost[i].id == id)
            return salvaged->lost[i].is;
    return sdse_hash_parse(stored, &hash) ? hash : (struct sdse_hash){0};
}

static int place_points(sqlite3 *from, sqlite3 *to,
                        const struct sdse_salvaged *salvaged) {
    sqlite3_stmt *row = NULL, *put = NULL;
    int code = sqlite3_prepare_v2(
        from,
        "SELECT s.hash, sp.position, p.hash, sp.digest, sp.point_id FROM sweep_point sp"
        " JOIN sweep s USING (sweep_id) JOIN point p USING (point_id)",
        -1, &row, NULL);
    int wrote = sqlite3_prepare_v2(
        to, sdse_content_info(SDSE_CONTENT_SWEEP_POINT)->insert, -1, &put, NULL);
    while (code == SQLITE_OK && wrote == SQLITE_OK && sqlite3_step(row) == SQLITE_ROW) {
        char hash[SDSE_HASH_TEXT_BYTES];
        const struct sdse_hash point =
            hash_of(salvaged, sqlite3_column_int64(row, 4), sdse_row_peek(row, 2));
        const int64_t digest =
            place_digest(sdse_row_peek(row, 0), sqlite3_column_int64(row, 1), point);
        if (digest != sqlite3_column_int64(row, 3))
            continue;
        sdse_hash_text(point, hash);
        sqlite3_bind_value(put, 1, sqlite3_column_value(row, 0));
        sqlite3_bind_value(put, 2, sqlite3_column_value(row, 1));
        sqlite3_bind_text(put, 3, hash, -1, SQLITE_TRANSIENT);
        sqlite3_bind_int64(put, 4, digest);
        wrote = sqlite3_step(put);
        wrote = wrote == SQLITE_DONE || wrote == SQLITE_CONSTRAINT ? SQLITE_OK : wrote;
        sqlite3_reset(put);
    }
    sqlite3_finalize(row);
    sqlite3_finalize(put);
    return wrote;
}

// The point that the only missing place of all had: with it the table's seal is that of
// its rows. False: none.
static bool guess_place(sqlite3 *db, const char *sweep, int64_t missing, int64_t digest,
                        struct sdse_hash *found) {
    sqlite3_stmt *candidate = NULL;
    sqlite3_prepare_v2(db, "SELECT hash FROM point", -1, &candidate, NULL);
    bool fits = false;
    while (!fits && sqlite3_step(candidate) == SQLITE_ROW &&
           sdse_hash_parse(sdse_row_peek(candidate, 0), found))
        fits = place_digest(sweep, missing, *found) == digest;
    sqlite3_finalize(candidate);
    return fits;
}

static int put_place(sqlite3 *db, const char *sweep, int64_t position,
                     struct sdse_hash point) {
    char hash[SDSE_HASH_TEXT_BYTES];
    sqlite3_stmt *put = NULL;
    sdse_hash_text(point, hash);
    int code = sqlite3_prepare_v2(
        db, sdse_content_info(SDSE_CONTENT_SWEEP_POINT)->insert, -1, &put, NULL);
    sqlite3_bind_text(put, 1, sweep, -1, SQLITE_STATIC);
    sqlite3_bind_int64(put, 2, position);
    sqlite3_bind_text(put, 3, hash, -1, SQLITE_STATIC);
    sqlite3_bind_int64(put, 4, place_digest(sweep, position, point));
    if (code == SQLITE_OK)
        code = sqlite3_step(put);
    sqlite3_finalize(put);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

// Places that the damaged file had, by its seal, and the new one has not.
static int find_places(sqlite3 *from, sqlite3 *to, struct sdse_diags *diags) {
    struct sdse_seal sealed = {0}, now = {0};
    int code;
    const bool known = sdse_seal_load(from, SDSE_CONTENT_SWEEP_POINT, &sealed, &code);
    code = sdse_seal_count(to, SDSE_CONTENT_SWEEP_POINT, &now);
    if (code != SQLITE_OK || !known || now.rows >= sealed.rows || now.sum == sealed.sum)
        return code;
    sqlite3_stmt *row = NULL;
    code = sqlite3_prepare_v2(
        to,
        "SELECT s.hash, s.point_count, count(sp.position), (SELECT"
        " coalesce(min(a.position) + 1, 0) FROM (SELECT -1 AS position UNION ALL SELECT"
        " position FROM sweep_point b WHERE b.sweep_id = s.sweep_id) a WHERE a.position"
        " + 1 < s.point_count AND NOT EXISTS (SELECT 1 FROM sweep_point c WHERE"
        " c.sweep_id = s.sweep_id AND c.position = a.position + 1)), s.name FROM sweep "
        "s"
        " LEFT JOIN sweep_point sp USING (sweep_id) GROUP BY"
        " s.sweep_id HAVING count(sp.position) < s.point_count",
        -1, &row, NULL);
    while (code == SQLITE_OK && sqlite3_step(row) == SQLITE_ROW) {
        const int64_t count = sqlite3_column_int64(row, 1),
                      missing = sqlite3_column_int64(row, 3);
        struct sdse_hash point;
        if (now.rows + 1 == sealed.rows && sqlite3_column_int64(row, 2) == count - 1 &&
            guess_place(to, sdse_row_peek(row, 0), missing,
                        (int64_t)(sealed.sum - now.sum), &point))
            code = put_place(to, sdse_row_peek(row, 0), missing, point);
        else
            name_lost(from, diags, "sweep", sdse_row_peek(row, 4),
                      ": some of its points are lost; the same `sdse sweep` adds them "
                      "again");
    }
    sqlite3_finalize(row);
    return code;
}

// ---- tags ----

static int64_t tag_digest(const char *tag, const char *point) {
    struct sdse_digest digest;
    sdse_digest_begin(&digest, SDSE_CONTENT_TAG);
    sdse_digest_text(&digest, tag);
    sdse_digest_text(&digest, point);
    return sdse_digest_value(&digest);
}

static int place_tags(sqlite3 *from, sqlite3 *to, const struct sdse_salvaged *salvaged,
                      struct sdse_diags *diags) {
    sqlite3_stmt *row = NULL, *put = NULL;
    struct sdse_seal sealed = {0}, now = {0};
    const size_t errors = diags->errors;
    int code = sqlite3_prepare_v2(from,
                                  "SELECT t.tag, p.hash, t.digest, t.point_id FROM tag "
                                  "t LEFT JOIN point p USING (point_id)",
                                  -1, &row, NULL);
    int wrote = sqlite3_prepare_v2(to, sdse_content_info(SDSE_CONTENT_TAG)->insert, -1,
                                   &put, NULL);
    while (code == SQLITE_OK && wrote == SQLITE_OK && sqlite3_step(row) == SQLITE_ROW) {
        char hash[SDSE_HASH_TEXT_BYTES];
        sdse_hash_text(
            hash_of(salvaged, sqlite3_column_int64(row, 3), sdse_row_peek(row, 1)),
            hash);
        const int64_t digest = tag_digest(sdse_row_peek(row, 0), hash);
        wrote = SQLITE_CONSTRAINT;
        if (digest == sqlite3_column_int64(row, 2)) {
            sqlite3_bind_value(put, 1, sqlite3_column_value(row, 0));
            sqlite3_bind_text(put, 2, hash, -1, SQLITE_TRANSIENT);
            sqlite3_bind_int64(put, 3, digest);
            wrote = sqlite3_step(put);
            sqlite3_reset(put);
        }
        if ((wrote & 0xff) == SQLITE_CONSTRAINT)
            name_lost(from, diags, "tag", sdse_row_peek(row, 0),
                      ": of a point that is lost");
        wrote = wrote == SQLITE_DONE || (wrote & 0xff) == SQLITE_CONSTRAINT ? SQLITE_OK
                                                                            : wrote;
    }
    sqlite3_finalize(row);
    sqlite3_finalize(put);
    if (wrote == SQLITE_OK && diags->errors == errors &&
        sdse_seal_load(from, SDSE_CONTENT_TAG, &sealed, &code) &&
        (wrote = sdse_seal_count(to, SDSE_CONTENT_TAG, &now)) == SQLITE_OK &&
        now.rows < sealed.rows && now.sum != sealed.sum)
        name_lost(from, diags, "table", "tag",
                  " has lost rows that cannot be computed again");
    return wrote;
}

// ---- the end ----

static int take_out(sqlite3 *db, struct sdse_hash sweep) {
    static const char *const drops[] = {
        "DELETE FROM run_log WHERE sweep_id = (SELECT sweep_id FROM sweep WHERE hash ="
        " %Q)",
        "DELETE FROM sweep_point WHERE sweep_id = (SELECT sweep_id FROM sweep WHERE"
        " hash = %Q)",
        "DELETE FROM sweep WHERE hash = %Q", "DELETE FROM input WHERE hash = %Q"};
    char hash[SDSE_HASH_TEXT_BYTES];
    sdse_hash_text(sweep, hash);
    int code = SQLITE_OK;
    for (size_t i = 0; code == SQLITE_OK && i < sizeof drops / sizeof *drops; i++) {
        char *sql = sqlite3_mprintf(drops[i], hash);
        code = sql ? run(db, sql) : SQLITE_NOMEM;
        sqlite3_free(sql);
    }
    return code;
}

enum sdse_status sdse_salvage_end(struct sdse_reader *damaged, struct sdse_store *store,
                                  const struct sdse_salvaged *salvaged,
                                  const struct sdse_hash *made, size_t made_count,
                                  struct sdse_diags *diags) {
    enum sdse_status status = sdse_store_begin(store);
    if (status != SDSE_OK)
        return status;
    int code = SQLITE_OK;
    for (size_t i = 0; code == SQLITE_OK && i < made_count; i++)
        code = take_out(store->db, made[i]);
    if (code == SQLITE_OK)
        code = place_points(damaged->db, store->db, salvaged);
    if (code == SQLITE_OK)
        code = find_places(damaged->db, store->db, diags);
    if (code == SQLITE_OK)
        code = place_tags(damaged->db, store->db, salvaged, diags);
    if (code == SQLITE_OK)
        code = sdse_seal_all(store->db);
    if (code == SQLITE_OK)
        return sdse_store_commit(store);
    status = refuse(store->db, diags, code);
    sdse_store_rollback(store);
    return status;
}

enum sdse_status sdse_salvage_begin_anew(const char *path, struct sdse_diags *diags) {
    FILE *file = fopen(path, "wb"); // closed by all, so nothing is beside it
    if (!file || fclose(file) != 0)
        return sdse_diag_errno(diags, (struct sdse_loc){.file = path}, "results-io",
                               "cannot write", errno);
    return SDSE_OK;
}

bool sdse_salvage_is_whole(struct sdse_reader *damaged, struct sdse_store *store) {
    for (int i = 0; i < SDSE_CONTENTS; i++) {
        struct sdse_seal sealed, now;
        int code;
        // Origins are as many as are needed.
        if (i == SDSE_CONTENT_RUN_LOG || i == SDSE_CONTENT_META ||
            i == SDSE_CONTENT_ORIGIN ||
            !sdse_seal_load(damaged->db, (enum sdse_content)i, &sealed, &code))
            continue;
        if (sdse_seal_count(store->db, (enum sdse_content)i, &now) != SQLITE_OK ||
            (now.rows != sealed.rows && now.sum != sealed.sum))
            return false;
    }
    return true;
}

enum sdse_status sdse_salvage_replace(const char *repaired, const char *damaged,
                                      struct sdse_diags *diags) {
    sqlite3 *from = NULL, *to = NULL;
    char *made_from, *made_to;
    const char *from_name = sdse_database_name(repaired, &made_from);
    const char *to_name = sdse_database_name(damaged, &made_to);
    int code = from_name && to_name ? SQLITE_OK : SQLITE_NOMEM;
    if (code == SQLITE_OK)
        code = sqlite3_open_v2(from_name, &from, SQLITE_OPEN_READONLY, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_open_v2(to_name, &to, SQLITE_OPEN_READWRITE, NULL);
    if (code == SQLITE_OK) {
        sqlite3_busy_timeout(to, SDSE_BUSY_MS);
        code = run(to, "PRAGMA synchronous = FULL");
    }
    sqlite3_backup *copy =
        code == SQLITE_OK ? sqlite3_backup_init(to, "main", from, "main") : NULL;
    if (copy) {
        sqlite3_backup_step(copy, -1);
        code = sqlite3_backup_finish(copy);
    } else if (code == SQLITE_OK) {
        code = sqlite3_errcode(to);
    }
    const enum sdse_status status =
        code == SQLITE_OK ? SDSE_OK : sdse_database_refuse(to, code, damaged, diags);
    sqlite3_close(from);
    sqlite3_close(to);
    free(made_from);
    free(made_to);
    return status;
}
