#include "results/keep/prune.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "results/keep/idle.h"
#include "results/store/database.h"
#include "results/store/statements.h"

struct pruning {
    struct sdse_store *store;
    sqlite3 *db;
    struct sdse_diags *diags;
    const struct sdse_prune *prune;
    struct sdse_pruned *pruned;
};

static int run(sqlite3 *db, const char *sql) {
    return sqlite3_exec(db, sql, NULL, NULL, NULL);
}

// Runs each; ?1, where there is one, is `text`.
static int run_all(sqlite3 *db, const char *const *sql, size_t count,
                   const char *text) {
    int code = SQLITE_OK;
    for (size_t i = 0; code == SQLITE_OK && i < count; i++) {
        sqlite3_stmt *statement = NULL;
        code = sqlite3_prepare_v2(db, sql[i], -1, &statement, NULL);
        if (code == SQLITE_OK && sqlite3_bind_parameter_count(statement))
            code = sqlite3_bind_text(statement, 1, text, -1, SQLITE_STATIC);
        if (code == SQLITE_OK && (code = sqlite3_step(statement)) == SQLITE_DONE)
            code = SQLITE_OK;
        sqlite3_finalize(statement);
    }
    return code;
}

#define RUN_ALL(db, list, text) run_all(db, list, sizeof(list) / sizeof *(list), text)

// The one integer that `sql` yields.
static int ask(sqlite3 *db, const char *sql, uint64_t *value) {
    sqlite3_stmt *row = NULL;
    int code = sqlite3_prepare_v2(db, sql, -1, &row, NULL);
    if (code == SQLITE_OK && (code = sqlite3_step(row)) == SQLITE_ROW) {
        *value = (uint64_t)sqlite3_column_int64(row, 0);
        code = SQLITE_OK;
    }
    sqlite3_finalize(row);
    return code;
}

static enum sdse_status refuse(struct pruning *p, int code) {
    return sdse_database_refuse(p->db, code, sqlite3_db_filename(p->db, "main"),
                                p->diags);
}

static void complain(struct pruning *p, const char *check, const char *what) {
    const char *path =
        sdse_arena_strdup(p->diags->arena, sqlite3_db_filename(p->db, "main"));
    sdse_diag_add(p->diags, SDSE_ERROR, (struct sdse_loc){.file = path}, check, "%s",
                  what ? what : sdse_status_text(SDSE_NO_MEMORY));
}

// ---- what is chosen ----

// Sweeps, of which places go.
static int choose_sweeps(struct pruning *p) {
    const struct sdse_prune *prune = p->prune;
    char *sql = sqlite3_mprintf(
        prune->tag     ? "INSERT INTO temp.chosen SELECT DISTINCT sweep_id FROM"
                         " sweep_point WHERE point_id IN (SELECT point_id FROM tag"
                         " WHERE tag = %Q)"
        : prune->sweep ? "INSERT INTO temp.chosen SELECT sweep_id FROM v_sweep JOIN"
                         " sweep ON hash = sweep_hash WHERE sweep = %Q AND"
                         " (%llu IN (0, version))"
                       : "INSERT INTO temp.chosen SELECT sweep_id FROM v_sweep JOIN"
                         " sweep ON hash = sweep_hash WHERE NOT newest",
        prune->tag ? prune->tag : prune->sweep, (unsigned long long)prune->version);
    int code = run(p->db, "CREATE TEMP TABLE chosen(sweep_id INTEGER PRIMARY KEY)");
    if (code == SQLITE_OK)
        code = sql ? run(p->db, sql) : SQLITE_NOMEM;
    sqlite3_free(sql);
    return code;
}

// A point that another tag names, and no sweep has that keeps its places.
#define KEPT                                                                         \
    "(EXISTS (SELECT 1 FROM tag t WHERE t.point_id = sweep_point.point_id AND"       \
    " t.tag IS NOT ?1) AND NOT EXISTS (SELECT 1 FROM sweep_point q WHERE q.point_id" \
    " = sweep_point.point_id AND q.sweep_id NOT IN (SELECT sweep_id FROM"            \
    " temp.chosen)))"
#define CHOSEN                                                                   \
    "sweep_id IN (SELECT sweep_id FROM temp.chosen) AND (?1 IS NULL OR point_id" \
    " IN (SELECT point_id FROM tag WHERE tag = ?1))"

static int drop_places(struct pruning *p) {
    static const char *const drops[] = {
        "CREATE TEMP TABLE tagged AS SELECT count(DISTINCT point_id) AS n FROM"
        " sweep_point WHERE " CHOSEN " AND " KEPT,
        "DELETE FROM sweep_point WHERE " CHOSEN " AND NOT " KEPT,
        "DELETE FROM tag WHERE tag = ?1",
        "DELETE FROM temp.chosen WHERE sweep_id IN (SELECT sweep_id FROM sweep_point)",
        "DELETE FROM run_log WHERE sweep_id IN (SELECT sweep_id FROM temp.chosen)",
        "DELETE FROM sweep WHERE sweep_id IN (SELECT sweep_id FROM temp.chosen)",
    };
    int code = RUN_ALL(p->db, drops, p->prune->tag);
    if (code == SQLITE_OK)
        code = ask(p->db, "SELECT n FROM temp.tagged", &p->pruned->tagged);
    return code;
}

// ---- what nothing refers to then ----

#define USED(id, table) "(SELECT " id " FROM " table " WHERE " id " IS NOT NULL)"
#define DROP_UNUSED(table, id, user) \
    "DELETE FROM " table " WHERE " id " NOT IN " USED(id, user)
#define ORIGINS(column, table) " UNION SELECT " column " FROM " table

static const char *const unused[] = {
    "DELETE FROM claim", // nobody is at work
    "DELETE FROM point WHERE point_id NOT IN (SELECT point_id FROM sweep_point UNION"
    " SELECT point_id FROM tag)",
    DROP_UNUSED("point_parameter", "point_id", "point"),
    DROP_UNUSED("point_front", "point_id", "point"),
    DROP_UNUSED("point_layer", "point_id", "point"),
    DROP_UNUSED("place", "point_id", "point"),
    DROP_UNUSED("grp", "point_id", "point"),
    DROP_UNUSED("nest", "point_id", "point"),
    DROP_UNUSED("nest_place", "point_id", "point"),
    DROP_UNUSED("copy", "point_id", "point"),
    DROP_UNUSED("solution", "solution_id",
                "(SELECT solution_id FROM point_layer UNION SELECT solution_id FROM"
                " nest UNION SELECT solution_id FROM copy)"),
    SDSE_DROP_UNUSED_SETS,
    DROP_UNUSED("layer_front", "front_id", "solution"),
    DROP_UNUSED("layer_front_element", "front_id", "layer_front"),
    DROP_UNUSED("weight_form", "form_id", "point_layer"),
    "DELETE FROM mapping_text WHERE mapping_id NOT IN (SELECT mapping FROM"
    " layer_front_element UNION SELECT mapping FROM solution)",
    "DELETE FROM origin WHERE origin_id NOT IN (SELECT read_origin_id FROM"
    " level_set" ORIGINS("fill_origin_id", "level_set")
        ORIGINS("update_origin_id", "level_set") ORIGINS("origin_id", "network_set")
            ORIGINS("origin_id", "component_set") ")",
};

// ---- texts ----

// A sweep that is not complete has put its networks and forms there for points to
// come: those whose names its text has stay.
#define AWAITED                                                                     \
    "i.kind IN ('workload', 'form') AND EXISTS (SELECT 1 FROM sweep s JOIN v_input" \
    " t ON t.hash = s.hash WHERE instr(t.text, i.name) > 0 AND s.point_count >"     \
    " (SELECT count(*) FROM sweep_point q WHERE q.sweep_id = s.sweep_id))"

static const char *const texts_before[] = {
    "CREATE TEMP TABLE doomed AS SELECT input_id FROM input i WHERE kind IN ('arch',"
    " 'workload', 'form', 'sweep') AND hash NOT IN (SELECT hash FROM sweep UNION SELECT"
    " arch_hash FROM point UNION SELECT workload_hash FROM point UNION SELECT form_hash"
    " FROM point) AND NOT (" AWAITED ")",
    // Those that are told by what differs from one that goes are written anew.
    "CREATE TEMP TABLE anew AS SELECT v.* FROM v_input v JOIN input i USING (input_id)"
    " WHERE i.base_id IN (SELECT input_id FROM temp.doomed) AND v.input_id NOT IN"
    " (SELECT input_id FROM temp.doomed)",
    "INSERT INTO temp.doomed SELECT input_id FROM temp.anew",
    "DELETE FROM input WHERE input_id IN (SELECT input_id FROM temp.doomed)",
    DROP_UNUSED("input_line", "input_id", "input"),
};
// Lines of a text that nothing is told by any more, and weights of sweeps and networks
// that have gone.
static const char *const texts_after[] = {
    "DELETE FROM input_line WHERE input_id IN (SELECT input_id FROM input WHERE base_id"
    " IS NULL AND input_id NOT IN " USED("base_id", "input") ")",
    DROP_UNUSED("text_line", "line_id", "input_line"),
    DROP_UNUSED("layer_weights", "sweep_id", "sweep"),
    "DELETE FROM layer_weights WHERE workload_hash NOT IN (SELECT hash FROM input)",
    DROP_UNUSED("tensor", "tensor_id", "layer_weights"),
};

static int write_anew(sqlite3 *db) {
    sqlite3_stmt *row = NULL;
    struct sdse_input_writer inputs = {.db = db};
    int code = sqlite3_prepare_v2(db,
                                  "SELECT hash, kind, name, text, digest FROM"
                                  " temp.anew ORDER BY input_id",
                                  -1, &row, NULL);
    while (code == SQLITE_OK && (code = sqlite3_step(row)) == SQLITE_ROW)
        code = sdse_input_copy(&inputs, row);
    sqlite3_finalize(row);
    sdse_input_writer_end(&inputs);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

static int drop_unused(struct pruning *p) {
    int code = RUN_ALL(p->db, unused, NULL);
    if (code == SQLITE_OK)
        code = RUN_ALL(p->db, texts_before, NULL);
    if (code == SQLITE_OK)
        code = write_anew(p->db);
    return code == SQLITE_OK ? RUN_ALL(p->db, texts_after, NULL) : code;
}

// ---- the whole ----

static int count_rows(sqlite3 *db, uint64_t rows[SDSE_CONTENTS]) {
    int code = SQLITE_OK;
    for (int i = 0; code == SQLITE_OK && i < SDSE_CONTENTS; i++) {
        struct sdse_seal seal = {0};
        sdse_seal_load(db, (enum sdse_content)i, &seal, &code);
        rows[i] = seal.rows;
    }
    return code;
}

// Of the pages that are in use, or of all.
static int count_bytes(sqlite3 *db, bool used, uint64_t *bytes) {
    uint64_t pages = 0, free_pages = 0, each = 0;
    int code = ask(db, "PRAGMA page_count", &pages);
    if (code == SQLITE_OK && used)
        code = ask(db, "PRAGMA freelist_count", &free_pages);
    if (code == SQLITE_OK)
        code = ask(db, "PRAGMA page_size", &each);
    *bytes = (pages - free_pages) * each;
    return code;
}

// Whether what is chosen is there; what is not has been said.
static enum sdse_status find_chosen(struct pruning *p) {
    const struct sdse_prune *prune = p->prune;
    uint64_t found = 1;
    char *sql = prune->tag ? sqlite3_mprintf("SELECT count(*) FROM tag WHERE tag = %Q",
                                             prune->tag)
                           : sqlite3_mprintf("SELECT count(*) FROM temp.chosen");
    const int code = sql ? ask(p->db, sql, &found) : SQLITE_NOMEM;
    sqlite3_free(sql);
    if (code != SQLITE_OK)
        return refuse(p, code);
    if (found || (!prune->tag && !prune->sweep))
        return SDSE_OK;
    char version[40] = "";
    if (prune->version)
        snprintf(version, sizeof version, ", version %" PRIu64, prune->version);
    complain(p, "results-name",
             sdse_arena_printf(p->diags->arena, "no %s '%.200s'%s in it",
                               prune->tag ? "tag" : "sweep",
                               prune->tag ? prune->tag : prune->sweep, version));
    return SDSE_INVALID;
}

static enum sdse_status check_references(struct pruning *p) {
    uint64_t dangling = 0;
    static const char *const drops[] = {
        "DROP TABLE temp.chosen", "DROP TABLE temp.tagged", "DROP TABLE temp.doomed",
        "DROP TABLE temp.anew"};
    int code = RUN_ALL(p->db, drops, NULL);
    if (code == SQLITE_OK)
        code = ask(p->db, "SELECT count(*) FROM pragma_foreign_key_check", &dangling);
    if (code != SQLITE_OK)
        return refuse(p, code);
    if (!dangling)
        return SDSE_OK;
    complain(p, "results-damaged",
             "rows refer to what is not there; `sdse verify` names them");
    return SDSE_INVALID;
}

// Inside a batch.
static enum sdse_status drop(struct pruning *p) {
    enum sdse_status status = sdse_keep_is_idle(p->store, p->diags);
    if (status != SDSE_OK)
        return status;
    int code = count_rows(p->db, p->pruned->before);
    if (code == SQLITE_OK)
        code = count_bytes(p->db, false, &p->pruned->file_bytes);
    if (code == SQLITE_OK)
        code = choose_sweeps(p);
    if (code != SQLITE_OK)
        return refuse(p, code);
    status = find_chosen(p);
    if (status != SDSE_OK)
        return status;
    code = drop_places(p);
    if (code == SQLITE_OK)
        code = drop_unused(p);
    if (code == SQLITE_OK)
        code = sdse_seal_all(p->db);
    if (code == SQLITE_OK)
        code = count_rows(p->db, p->pruned->after);
    if (code == SQLITE_OK)
        code = count_bytes(p->db, true, &p->pruned->bytes);
    return code == SQLITE_OK ? check_references(p) : refuse(p, code);
}

static enum sdse_status shrink(struct pruning *p) {
    struct sdse_pruned *pruned = p->pruned;
    if (pruned->bytes == pruned->file_bytes &&
        memcmp(pruned->before, pruned->after, sizeof pruned->before) == 0)
        return SDSE_OK; // there is nothing to gain
    int code = run(p->db, "VACUUM");
    if (code == SQLITE_OK)
        code = count_bytes(p->db, false, &p->pruned->bytes);
    if (code == SQLITE_OK) // who reads now keeps it from being cut at once
        run(p->db, "PRAGMA wal_checkpoint(TRUNCATE)");
    if (code == SQLITE_OK)
        return SDSE_OK;
    complain(p, "prune-size",
             sdse_arena_printf(p->diags->arena,
                               "what was chosen is dropped, but the file could not be "
                               "made smaller (%s); the same command does it",
                               sqlite3_errmsg(p->db)));
    return (code & 0xff) == SQLITE_NOMEM ? SDSE_NO_MEMORY : SDSE_IO;
}

enum sdse_status sdse_prune(struct sdse_store *store, const struct sdse_prune *prune,
                            bool trial, struct sdse_diags *diags,
                            struct sdse_pruned *pruned) {
    *pruned = (struct sdse_pruned){0};
    struct pruning p = {store, store->db, diags, prune, pruned};
    // Rows are dropped by what they refer to, not looked up one by one.
    int code = run(p.db, "PRAGMA foreign_keys = OFF");
    if (code != SQLITE_OK)
        return refuse(&p, code);
    enum sdse_status status = sdse_store_begin(store);
    if (status == SDSE_OK)
        status = drop(&p);
    if (status == SDSE_OK && !trial)
        status = sdse_store_commit(store);
    sdse_store_rollback(store);
    code = run(p.db, "PRAGMA foreign_keys = ON");
    if (status == SDSE_OK && code != SQLITE_OK)
        status = refuse(&p, code);
    if (status == SDSE_OK && !trial)
        status = shrink(&p);
    return status;
}
