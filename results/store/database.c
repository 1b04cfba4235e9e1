#include "results/store/database.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/errno_text.h"
#include "results/store/content.h"
#include "results/store/schema.h"

static void complain(struct sdse_diags *diags, const char *path, const char *check,
                     const char *what) {
    if (!diags)
        return;
    const char *copy = sdse_arena_strdup(diags->arena, path);
    sdse_diag_add(diags, SDSE_ERROR, (struct sdse_loc){.file = copy}, check, "%s",
                  what);
}

const char *sdse_database_name(const char *path, char **made) {
    *made = NULL;
    while (path[0] == '/' && path[1] == '/')
        path++;
    if (path[0] == '/')
        return path;
    *made = malloc(strlen(path) + sizeof "./");
    if (*made) {
        memcpy(*made, "./", 2);
        strcpy(*made + 2, path);
    }
    return *made;
}

// What SQLite says, and the system behind it where that is known.
static void complain_system(sqlite3 *db, struct sdse_diags *diags, const char *path,
                            const char *check, const char *what) {
    const int number = db ? sqlite3_system_errno(db) : 0;
    char text[256];
    snprintf(text, sizeof text, "%s%s%s", what, number ? ": " : "",
             number ? sdse_errno_text(number).text : "");
    complain(diags, path, check, text);
}

// A pragma that answers "ok", or what is wrong.
static int answers_ok(sqlite3 *db, const char *pragma) {
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(db, pragma, -1, &statement, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_step(statement);
    if (code == SQLITE_ROW) {
        const char *text = (const char *)sqlite3_column_text(statement, 0);
        code = !text                     ? SQLITE_NOMEM
               : strcmp(text, "ok") == 0 ? SQLITE_OK
                                         : SQLITE_CORRUPT;
    }
    sqlite3_finalize(statement);
    return code;
}

static int quick_check(sqlite3 *db) { return answers_ok(db, "PRAGMA quick_check(1)"); }

// Reads all bytes of the file: 0, or why they cannot be read.
static int read_through(const char *path) {
    char bytes[16384];
    FILE *file = fopen(path, "rb");
    if (!file)
        return errno;
    errno = 0;
    while (fread(bytes, 1, sizeof bytes, file) == sizeof bytes)
        continue;
    const int error = ferror(file) ? errno ? errno : EIO : 0;
    fclose(file);
    return error;
}

// SQLite takes a page that it could not read for a damaged one, now and then. Only a
// file that can be read and is still found wanting is damaged.
static enum sdse_status refuse_damage(sqlite3 *db, const char *path,
                                      struct sdse_diags *diags) {
    const int error = read_through(path);
    if (error)
        return sdse_diag_errno(diags, (struct sdse_loc){.file = path}, "results-io",
                               "cannot read the database", error);
    if (db && quick_check(db) == SQLITE_OK) {
        complain(diags, path, "results-io",
                 "a read failed (input/output error, or out of memory); the database "
                 "is whole");
        return SDSE_IO;
    }
    complain(diags, path, "results-damaged",
             "the database is damaged (truncated or overwritten); restore a copy or "
             "start a new file");
    return SDSE_INVALID;
}

enum sdse_status sdse_database_refuse(sqlite3 *db, int code, const char *path,
                                      struct sdse_diags *diags) {
    const char *what = db ? sqlite3_errmsg(db) : sqlite3_errstr(code);
    switch (code & 0xff) {
    case SQLITE_NOTADB:
        complain(diags, path, "results-format", "not a SQLite database");
        return SDSE_INVALID;
    case SQLITE_CORRUPT:
        return refuse_damage(db, path, diags);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        complain(diags, path, "results-busy", "another process holds the database");
        return SDSE_DATABASE;
    case SQLITE_NOMEM:
        complain(diags, path, "results-memory", "out of memory");
        return SDSE_NO_MEMORY;
    case SQLITE_CANTOPEN:
        // SQLite does not keep why a file beside it could not be opened.
        if (db && sqlite3_system_errno(db) == ENOENT && access(path, F_OK) == 0)
            complain(diags, path, "results-open",
                     "cannot open the -wal or -shm file beside it");
        else
            complain_system(db, diags, path, "results-open",
                            "cannot open the database");
        return SDSE_IO;
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_IOERR:
    case SQLITE_FULL:
        if (code == SQLITE_IOERR_NOMEM || (db && sqlite3_system_errno(db) == ENOMEM)) {
            complain(diags, path, "results-memory", "out of memory");
            return SDSE_NO_MEMORY;
        }
        complain_system(db, diags, path, "results-io", what);
        return SDSE_IO;
    default:
        complain(diags, path, "results-sql", what);
        return SDSE_DATABASE;
    }
}

// The one integer that `sql` yields.
static int read_integer(sqlite3 *db, const char *sql, int64_t *value) {
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(db, sql, -1, &statement, NULL);
    if (code == SQLITE_OK) {
        code = sqlite3_step(statement);
        if (code == SQLITE_ROW) {
            *value = sqlite3_column_int64(statement, 0);
            code = SQLITE_OK;
        }
    }
    sqlite3_finalize(statement);
    return code;
}

enum sdse_status sdse_database_identify(sqlite3 *db, const char *path,
                                        struct sdse_diags *diags, bool *empty) {
    int64_t application = 0, version = 0, objects = 0;
    int code = read_integer(db, "SELECT count(*) FROM sqlite_schema", &objects);
    if (code == SQLITE_OK)
        code = read_integer(db, "PRAGMA application_id", &application);
    if (code == SQLITE_OK)
        code = read_integer(db, "PRAGMA user_version", &version);
    if (code != SQLITE_OK)
        return sdse_database_refuse(db, code, path, diags);
    *empty = objects == 0 && application == 0 && version == 0;
    if (*empty)
        return SDSE_OK;
    if (application != SDSE_SCHEMA_APPLICATION) {
        complain(diags, path, "results-format",
                 "a SQLite database, but not a results database of sdse");
        return SDSE_INVALID;
    }
    if (version != SDSE_SCHEMA_VERSION) {
        char text[128];
        sqlite3_snprintf(sizeof text, text,
                         "schema version %lld, but this sdse reads and writes "
                         "version %d",
                         (long long)version, SDSE_SCHEMA_VERSION);
        complain(diags, path, "results-version", text);
        return SDSE_INVALID;
    }
    return SDSE_OK;
}

// Tables, views and indices as this version makes them, or *other: a view that says
// something else shows something else.
static int compare_schema(sqlite3 *db, bool *other) {
    sqlite3_stmt *row = NULL;
    int code = sqlite3_prepare_v2(
        db, "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL", -1, &row, NULL);
    size_t found = 0, count = 0; // VACUUM puts them in another order; names differ
    while (sdse_schema_statements[count])
        count++;
    while (code == SQLITE_OK || code == SQLITE_ROW) {
        code = sqlite3_step(row);
        if (code != SQLITE_ROW)
            break;
        const char *sql = (const char *)sqlite3_column_text(row, 0);
        size_t i = 0;
        while (sql && i < count && strcmp(sql, sdse_schema_statements[i]) != 0)
            i++;
        if (!sql)
            code = SQLITE_NOMEM;
        *other |= i == count;
        found++;
    }
    sqlite3_finalize(row);
    *other |= found != count;
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

static enum sdse_status check_contents(sqlite3 *db, const char *path,
                                       struct sdse_diags *diags) {
    bool other = false;
    uint64_t wrong = 0;
    int code = compare_schema(db, &other);
    if (code == SQLITE_OK && other) {
        complain(diags, path, "results-damaged",
                 "its tables or views are not those of an sdse database");
        return SDSE_INVALID;
    }
    for (int i = 0; code == SQLITE_OK && i < SDSE_CONTENTS; i++)
        code = sdse_content_check(db, (enum sdse_content)i, diags, &wrong);
    if (code != SQLITE_OK)
        return sdse_database_refuse(db, code, path, diags);
    return wrong ? SDSE_INVALID : SDSE_OK;
}

// Structure and indices; every fault is said.
static int check_structure(sqlite3 *db, const char *path, struct sdse_diags *diags,
                           uint64_t *wrong) {
    sqlite3_stmt *row = NULL;
    int code = sqlite3_prepare_v2(db, "PRAGMA integrity_check(20)", -1, &row, NULL);
    while (code == SQLITE_OK || code == SQLITE_ROW) {
        code = sqlite3_step(row);
        const char *text =
            code == SQLITE_ROW ? (const char *)sqlite3_column_text(row, 0) : NULL;
        if (!text || strcmp(text, "ok") == 0)
            continue;
        complain(diags, path, "results-damaged", text);
        ++*wrong;
    }
    sqlite3_finalize(row);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

enum sdse_status sdse_database_verify_all(sqlite3 *db, const char *path,
                                          struct sdse_diags *diags) {
    uint64_t wrong = 0;
    const int code = check_structure(db, path, diags, &wrong);
    if (code != SQLITE_OK)
        return sdse_database_refuse(db, code, path, diags);
    const enum sdse_status status = check_contents(db, path, diags);
    return status == SDSE_OK && wrong ? SDSE_INVALID : status;
}

// The sizes up to which a file is checked as a whole when it is opened.
static bool is_small(sqlite3 *db) {
    enum { SMALL_BYTES = 64 << 20 };
    int64_t pages = 0, bytes = 0;
    return read_integer(db, "PRAGMA page_count", &pages) == SQLITE_OK &&
           read_integer(db, "PRAGMA page_size", &bytes) == SQLITE_OK &&
           pages * bytes <= SMALL_BYTES;
}

enum sdse_status sdse_database_verify(sqlite3 *db, const char *path,
                                      struct sdse_diags *diags) {
    if (!is_small(db))
        return SDSE_OK;
    int code = sqlite3_exec(db, "BEGIN", NULL, NULL, NULL); // one moment
    if (code == SQLITE_OK)
        code = answers_ok(db, "PRAGMA integrity_check(1)");
    const enum sdse_status status = code == SQLITE_OK
                                        ? check_contents(db, path, diags)
                                        : sdse_database_refuse(db, code, path, diags);
    if (!sqlite3_get_autocommit(db))
        sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    return status;
}

enum sdse_status sdse_database_model(sqlite3 *db, const char *path,
                                     const char *model_version,
                                     struct sdse_diags *diags) {
    sqlite3_stmt *statement = NULL;
    enum sdse_status status = SDSE_OK;
    int code = sqlite3_prepare_v2(
        db, "SELECT value FROM meta WHERE key = 'model_version'", -1, &statement, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_step(statement);
    const char *stored =
        code == SQLITE_ROW ? (const char *)sqlite3_column_text(statement, 0) : NULL;
    if (!stored) {
        status = sdse_database_refuse(db, code == SQLITE_DONE ? SQLITE_CORRUPT : code,
                                      path, diags);
    } else if (strcmp(stored, model_version) != 0) {
        status = SDSE_INVALID;
        sdse_diag_add(diags, SDSE_ERROR,
                      (struct sdse_loc){.file = sdse_arena_strdup(diags->arena, path)},
                      "results-model",
                      "written with cost model %s, but this sdse has %s: their "
                      "figures cannot be mixed; use a new file",
                      stored, model_version);
    }
    sqlite3_finalize(statement);
    return status;
}
