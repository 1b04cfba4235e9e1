#include "results/store/reader.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "results/store/database.h"

// A -wal file holds commits that an immutable reader would miss.
static bool has_wal(const char *path) {
    char *wal = sqlite3_mprintf("%s-wal", path);
    bool has = !wal || access(wal, F_OK) == 0;
    sqlite3_free(wal);
    return has;
}

// A WAL database in a directory that we may not write, and that nobody has open, can
// only be read as an immutable file.
static int open_immutable(const char *path, sqlite3 **db) {
    sqlite3_str *uri = sqlite3_str_new(NULL);
    sqlite3_str_appendall(uri, "file:");
    for (const char *s = path; *s; s++) {
        if (strchr("?#%", *s))
            sqlite3_str_appendf(uri, "%%%02X", (unsigned)(unsigned char)*s);
        else
            sqlite3_str_appendchar(uri, 1, *s);
    }
    sqlite3_str_appendall(uri, "?immutable=1");
    char *text = sqlite3_str_finish(uri);
    int code =
        text ? sqlite3_open_v2(text, db, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, NULL)
             : SQLITE_NOMEM;
    sqlite3_free(text);
    return code;
}

static int probe(sqlite3 *db) {
    sqlite3_busy_timeout(db, SDSE_BUSY_MS);
    return sqlite3_exec(db, "SELECT count(*) FROM sqlite_schema", NULL, NULL, NULL);
}

// Nobody may write it, and nobody has: looking should leave nothing beside it.
static bool is_settled(const char *path) {
    struct stat info;
    return stat(path, &info) == 0 && S_ISREG(info.st_mode) &&
           !(info.st_mode & (S_IWUSR | S_IWGRP | S_IWOTH)) && !has_wal(path);
}

static int open_named(const char *path, sqlite3 **db) {
    if (is_settled(path)) {
        const int opened = open_immutable(path, db);
        return opened == SQLITE_OK ? probe(*db) : opened;
    }
    int code = sqlite3_open_v2(path, db, SQLITE_OPEN_READONLY, NULL);
    if (code != SQLITE_OK)
        return code;
    code = probe(*db);
    if ((code != SQLITE_CANTOPEN && code != SQLITE_READONLY) || has_wal(path))
        return code;
    sqlite3_close(*db);
    *db = NULL;
    code = open_immutable(path, db);
    return code == SQLITE_OK ? probe(*db) : code;
}

static int open_database(const char *path, sqlite3 **db) {
    char *made;
    const char *name = sdse_database_name(path, &made);
    const int code = name ? open_named(name, db) : SQLITE_NOMEM;
    free(made);
    return code;
}

static enum sdse_status open_reader(const char *path, bool check,
                                    struct sdse_diags *diags,
                                    struct sdse_reader **out) {
    assert(path && diags && out);
    sqlite3 *db = NULL;
    bool empty = false;
    enum sdse_status status;
    int code = open_database(path, &db);
    if (code != SQLITE_OK)
        status = sdse_database_refuse(db, code, path, diags);
    else
        status = sdse_database_identify(db, path, diags, &empty);
    if (status == SDSE_OK && empty) {
        sdse_diag_add(diags, SDSE_ERROR,
                      (struct sdse_loc){.file = sdse_arena_strdup(diags->arena, path)},
                      "results-empty", "the database is empty: no sweep wrote to it");
        status = SDSE_INVALID;
    }
    if (status == SDSE_OK && check)
        status = sdse_database_verify(db, path, diags);
    struct sdse_reader *reader = NULL;
    if (status == SDSE_OK) {
        reader = malloc(sizeof *reader);
        if (!reader)
            status = SDSE_NO_MEMORY;
    }
    if (status != SDSE_OK) {
        sqlite3_close(db);
        return status;
    }
    reader->db = db;
    *out = reader;
    return SDSE_OK;
}

enum sdse_status sdse_reader_open(const char *path, struct sdse_diags *diags,
                                  struct sdse_reader **out) {
    return open_reader(path, true, diags, out);
}

enum sdse_status sdse_reader_open_unchecked(const char *path, struct sdse_diags *diags,
                                            struct sdse_reader **out) {
    return open_reader(path, false, diags, out);
}

// Letters, digits and '_', and none of SQLite's own.
static bool may_be_attached(const char *name) {
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
                                  "ABCDEFGHIJKLMNOPQRSTUVWXYZ_";
    static const char others[] = "abcdefghijklmnopqrstuvwxyz"
                                 "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";
    return *name && strspn(name, letters) > 0 && strspn(name, others) == strlen(name) &&
           sqlite3_stricmp(name, "main") != 0 && sqlite3_stricmp(name, "temp") != 0;
}

enum sdse_status sdse_reader_attach(struct sdse_reader *reader, const char *name,
                                    const char *path, struct sdse_diags *diags) {
    struct sdse_reader *checked = NULL;
    const struct sdse_loc loc = {.file = sdse_arena_strdup(diags->arena, path)};
    if (!may_be_attached(name)) {
        sdse_diag_add(
            diags, SDSE_ERROR, loc, "results-attach",
            "'%s' is no name for it: letters, digits and '_', a letter first, "
            "neither main nor temp",
            name);
        return SDSE_INVALID;
    }
    const enum sdse_status status = sdse_reader_open(path, diags, &checked);
    if (status != SDSE_OK)
        return status;
    sdse_reader_close(checked);
    char *made;
    const char *file = sdse_database_name(path, &made);
    char *sql = file ? sqlite3_mprintf("ATTACH %Q AS \"%w\"", file, name) : NULL;
    const int code =
        sql ? sqlite3_exec(reader->db, sql, NULL, NULL, NULL) : SQLITE_NOMEM;
    sqlite3_free(sql);
    free(made);
    if (code == SQLITE_NOMEM)
        return SDSE_NO_MEMORY;
    if (code == SQLITE_OK)
        return SDSE_OK;
    sdse_diag_add(diags, SDSE_ERROR, loc, "results-attach", "cannot be attached: %s",
                  sqlite3_errmsg(reader->db));
    return SDSE_INVALID;
}

void sdse_reader_close(struct sdse_reader *reader) {
    if (!reader)
        return;
    sqlite3_close(reader->db);
    free(reader);
}
