#include "results/keep/rename.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "results/keep/idle.h"
#include "results/store/database.h"
#include "results/store/statements.h"

struct renaming {
    struct sdse_store *store;
    sqlite3 *db;
    struct sdse_diags *diags;
    const char *name, *now, *line;
};

static const char *path_of(const struct renaming *r) {
    return sqlite3_db_filename(r->db, "main");
}

static void complain(const struct renaming *r, const char *check, const char *before,
                     const char *name, const char *after) {
    sdse_diag_add(
        r->diags, SDSE_ERROR,
        (struct sdse_loc){.file = sdse_arena_strdup(r->diags->arena, path_of(r))},
        check, "%s'%.200s'%s", before, name, after);
}

// Runs `sql`, which is made as printf does.
static int run(sqlite3 *db, char *sql) {
    const int code = sql ? sqlite3_exec(db, sql, NULL, NULL, NULL) : SQLITE_NOMEM;
    sqlite3_free(sql);
    return code;
}

static int count_named(sqlite3 *db, const char *name, int64_t *count) {
    sqlite3_stmt *row = NULL;
    int code = sqlite3_prepare_v2(db, "SELECT count(*) FROM sweep WHERE name = ?", -1,
                                  &row, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_bind_text(row, 1, name, -1, SQLITE_STATIC);
    if (code == SQLITE_OK)
        code = sqlite3_step(row);
    if (code == SQLITE_ROW)
        *count = sqlite3_column_int64(row, 0);
    sqlite3_finalize(row);
    return code == SQLITE_ROW ? SQLITE_OK : code;
}

// Works the digests of a table's rows out anew where they have changed. `update` takes
// the digest that is, then that of old: both are of 64 bits, so rows are told by them.
static int digest_again(sqlite3 *db, enum sdse_content table) {
    const struct sdse_content_info *info = sdse_content_info(table);
    sqlite3_stmt *row = NULL, *note = NULL;
    int code = sqlite3_exec(
        db, "CREATE TEMP TABLE rename_digest(was INTEGER PRIMARY KEY, is_now INTEGER)",
        NULL, NULL, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_prepare_v2(db, info->select, -1, &row, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_prepare_v2(
            db, "INSERT OR IGNORE INTO temp.rename_digest VALUES(?, ?)", -1, &note,
            NULL);
    while (code == SQLITE_OK && (code = sqlite3_step(row)) == SQLITE_ROW) {
        code = SQLITE_OK;
        if (sdse_content_agrees(table, row))
            continue;
        sqlite3_bind_value(note, 1,
                           sqlite3_column_value(row, sqlite3_column_count(row) - 1));
        sqlite3_bind_int64(note, 2, sdse_content_digest(table, row));
        code = sqlite3_step(note) == SQLITE_DONE ? SQLITE_OK : sqlite3_errcode(db);
        sqlite3_reset(note);
    }
    sqlite3_finalize(row);
    sqlite3_finalize(note);
    if (code == SQLITE_DONE)
        code = run(db, sqlite3_mprintf(
                           "UPDATE %s SET digest = (SELECT is_now FROM"
                           " temp.rename_digest WHERE was = digest) WHERE digest IN"
                           " (SELECT was FROM temp.rename_digest)",
                           info->table));
    return code == SQLITE_OK ? run(db, sqlite3_mprintf("DROP TABLE temp.rename_digest"))
                             : code;
}

// One version: its text under the new name, and what is called by the text's hash.
static int rename_version(struct renaming *r, const char *hash, const char *text) {
    char now[SDSE_HASH_TEXT_BYTES];
    const size_t old = strcspn(text, "\n"), line = strlen(r->line);
    char *renamed = malloc(line + strlen(text + old) + 1);
    if (!renamed)
        return SQLITE_NOMEM;
    memcpy(renamed, r->line, line);
    strcpy(renamed + line, text + old);
    sdse_hash_text(sdse_hash_bytes(renamed, strlen(renamed)), now);
    struct sdse_digest digest;
    sdse_digest_begin(&digest, SDSE_CONTENT_INPUT);
    sdse_digest_text(&digest, now);
    sdse_digest_text(&digest, "sweep");
    sdse_digest_text(&digest, r->now);
    sdse_digest_text(&digest, renamed);
    bool added;
    int code = sdse_input_put(&r->store->inputs,
                              &(struct sdse_input_row){now, "sweep", r->now, renamed,
                                                       sdse_digest_value(&digest)},
                              &added);
    free(renamed);
    if (code == SQLITE_OK)
        code = run(r->db, sqlite3_mprintf("UPDATE sweep SET hash = %Q, name = %Q WHERE"
                                          " hash = %Q; DELETE FROM input WHERE hash ="
                                          " %Q",
                                          now, r->now, hash, hash));
    return code;
}

static int rename_all(struct renaming *r, uint64_t *versions) {
    sqlite3_stmt *row = NULL;
    int code = run(
        r->db, sqlite3_mprintf("CREATE TEMP TABLE rename_sweep AS SELECT s.hash, i.text"
                               " FROM sweep s JOIN v_input i ON i.hash = s.hash WHERE"
                               " s.name = %Q",
                               r->name));
    if (code == SQLITE_OK)
        code = sqlite3_prepare_v2(r->db, "SELECT hash, text FROM temp.rename_sweep", -1,
                                  &row, NULL);
    while (code == SQLITE_OK && (code = sqlite3_step(row)) == SQLITE_ROW) {
        const char *hash = (const char *)sqlite3_column_text(row, 0);
        const char *text = (const char *)sqlite3_column_text(row, 1);
        code = hash && text ? rename_version(r, hash, text) : SQLITE_NOMEM;
        ++*versions;
    }
    sqlite3_finalize(row);
    if (code == SQLITE_DONE)
        code = run(r->db, sqlite3_mprintf("DROP TABLE temp.rename_sweep"));
    static const enum sdse_content named[] = {
        SDSE_CONTENT_SWEEP, SDSE_CONTENT_SWEEP_POINT, SDSE_CONTENT_RUN_LOG,
        SDSE_CONTENT_LAYER_WEIGHTS};
    for (size_t i = 0; code == SQLITE_OK && i < sizeof named / sizeof *named; i++)
        code = digest_again(r->db, named[i]);
    return code == SQLITE_OK ? sdse_seal_all(r->db) : code;
}

// Whether it may be renamed; what is wrong has been said.
static enum sdse_status may_rename(struct renaming *r) {
    int64_t old = 0, taken = 0;
    const enum sdse_status idle = sdse_keep_is_idle(r->store, r->diags);
    if (idle != SDSE_OK)
        return idle;
    int code = count_named(r->db, r->name, &old);
    if (code == SQLITE_OK)
        code = count_named(r->db, r->now, &taken);
    if (code != SQLITE_OK)
        return sdse_database_refuse(r->db, code, path_of(r), r->diags);
    if (!old)
        complain(r, "results-name", "no sweep ", r->name, " in it");
    if (taken)
        complain(r, "rename-taken", "a sweep ", r->now, " is in it already");
    return old && !taken ? SDSE_OK : SDSE_INVALID;
}

enum sdse_status sdse_rename_sweep(struct sdse_store *store, const char *name,
                                   const char *now, const char *line,
                                   struct sdse_diags *diags, uint64_t *versions) {
    struct renaming r = {store, store->db, diags, name, now, line};
    *versions = 0;
    r.store->inputs.db = r.db;
    enum sdse_status status = sdse_store_begin(store);
    if (status != SDSE_OK)
        return status;
    status = may_rename(&r);
    if (status == SDSE_OK) {
        const int code = rename_all(&r, versions);
        if (code != SQLITE_OK)
            status = sdse_database_refuse(r.db, code, path_of(&r), diags);
    }
    if (status == SDSE_OK)
        return sdse_store_commit(store);
    sdse_store_rollback(store);
    return status;
}
