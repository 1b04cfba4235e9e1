#include "results/look/query.h"

#include <ctype.h>
#include <string.h>

#include "results/store/database.h"

// ---- what a query may do ----

// Pragmas that describe; with `argument` they may name a table.
static const struct {
    const char *name;
    bool argument;
} allowed_pragmas[] = {
    {"table_info", true},       {"table_xinfo", true},       {"table_list", true},
    {"index_list", true},       {"index_info", true},        {"foreign_key_list", true},
    {"user_version", false},    {"application_id", false},   {"page_count", false},
    {"page_size", false},       {"journal_mode", false},     {"quick_check", false},
    {"integrity_check", false}, {"foreign_key_check", true},
};

static int authorize_pragma(const char *name, const char *argument) {
    for (size_t i = 0; i < sizeof allowed_pragmas / sizeof *allowed_pragmas; i++)
        if (sqlite3_stricmp(name, allowed_pragmas[i].name) == 0)
            return argument && !allowed_pragmas[i].argument ? SQLITE_DENY : SQLITE_OK;
    return SQLITE_DENY;
}

// Whether `action` is part of looking. Defining a table-valued function such as
// pragma_table_info() reports an update of sqlite_master; a real one is refused by
// SQLite itself, since writable_schema cannot be set here.
static int judge(int action, const char *a, const char *b) {
    switch (action) {
    case SQLITE_SELECT:
    case SQLITE_READ:
    case SQLITE_RECURSIVE:
        return SQLITE_OK;
    case SQLITE_FUNCTION:
        return sqlite3_stricmp(b, "load_extension") == 0 ? SQLITE_DENY : SQLITE_OK;
    case SQLITE_PRAGMA:
        return authorize_pragma(a, b);
    case SQLITE_UPDATE:
        return strcmp(a, "sqlite_master") == 0 ? SQLITE_OK : SQLITE_DENY;
    default:
        return SQLITE_DENY;
    }
}

// context: bool, set when something was denied.
static int authorize(void *context, int action, const char *a, const char *b,
                     const char *database, const char *trigger) {
    (void)database;
    (void)trigger;
    int verdict = judge(action, a, b);
    if (verdict != SQLITE_OK)
        *(bool *)context = true;
    return verdict;
}

// ---- errors with a place ----

static struct sdse_loc place_in(const char *sql, int offset) {
    struct sdse_loc loc = {.file = "query", .line = 1, .column = 1};
    for (int i = 0; i < offset && sql[i]; i++) {
        loc.column++;
        if (sql[i] == '\n') {
            loc.line++;
            loc.column = 1;
        }
    }
    return loc;
}

static enum sdse_status refuse(sqlite3 *db, int code, bool denied, const char *sql,
                               struct sdse_diags *diags) {
    if (denied)
        code = SQLITE_AUTH;
    int offset = sqlite3_error_offset(db);
    struct sdse_loc loc = place_in(sql, offset > 0 ? offset : 0);
    switch (code & 0xff) {
    case SQLITE_AUTH:
    case SQLITE_READONLY:
        sdse_diag_add(diags, SDSE_ERROR, loc, "query-read-only",
                      "a query may only read: SELECT, or a pragma that describes the "
                      "schema (%s)",
                      sqlite3_errmsg(db));
        return SDSE_INVALID;
    case SQLITE_ERROR:
    case SQLITE_RANGE:
    case SQLITE_TOOBIG:
    case SQLITE_MISMATCH:
        sdse_diag_add(diags, SDSE_ERROR, loc, "query-sql", "%s", sqlite3_errmsg(db));
        return SDSE_INVALID;
    default:
        return sdse_database_refuse(db, code, sqlite3_db_filename(db, "main"), diags);
    }
}

// ---- running ----

static void add_cell(struct sdse_table *table, sqlite3_stmt *row, int column) {
    switch (sqlite3_column_type(row, column)) {
    case SQLITE_INTEGER:
        sdse_table_add_i64(table, sqlite3_column_int64(row, column));
        break;
    case SQLITE_FLOAT:
        sdse_table_add_f64(table, sqlite3_column_double(row, column));
        break;
    case SQLITE_NULL:
        sdse_table_add_null(table);
        break;
    default:
        sdse_table_add_text(table, (const char *)sqlite3_column_text(row, column));
    }
}

static int collect(sqlite3_stmt *statement, struct sdse_table *table) {
    int columns = sqlite3_column_count(statement), code;
    for (int i = 0; i < columns; i++)
        sdse_table_add_column(table, sqlite3_column_name(statement, i), NULL, 0);
    while ((code = sqlite3_step(statement)) == SQLITE_ROW)
        for (int i = 0; i < columns; i++)
            add_cell(table, statement, i);
    return code;
}

static bool only_blanks(const char *text) {
    while (isspace((unsigned char)*text) || *text == ';')
        text++;
    return *text == '\0';
}

enum sdse_status sdse_query_run(struct sdse_reader *reader, const char *sql,
                                struct sdse_arena *arena, struct sdse_diags *diags,
                                struct sdse_table **out) {
    sqlite3 *db = reader->db;
    sqlite3_stmt *statement = NULL;
    const char *rest = NULL;
    struct sdse_table *table = sdse_table_new(arena);
    if (!table)
        return SDSE_NO_MEMORY;
    bool denied = false;
    sqlite3_set_authorizer(db, authorize, &denied);
    enum sdse_status status = SDSE_OK;
    int code = sqlite3_prepare_v2(db, sql, -1, &statement, &rest);
    if (code != SQLITE_OK) {
        status = refuse(db, code, denied, sql, diags);
    } else if (!statement) {
        sdse_diag_add(diags, SDSE_ERROR, place_in(sql, 0), "query-sql",
                      "no statement in it");
        status = SDSE_INVALID;
    } else if (!only_blanks(rest)) {
        sdse_diag_add(diags, SDSE_ERROR, place_in(sql, (int)(rest - sql)), "query-sql",
                      "one statement at a time");
        status = SDSE_INVALID;
    } else if (sqlite3_column_count(statement) > SDSE_TABLE_MOST_COLUMNS) {
        sdse_diag_add(diags, SDSE_ERROR, place_in(sql, 0), "query-sql",
                      "%d columns, at most %d are shown",
                      sqlite3_column_count(statement), SDSE_TABLE_MOST_COLUMNS);
        status = SDSE_INVALID;
    } else {
        code = collect(statement, table);
        if (code != SQLITE_DONE)
            status = refuse(db, code, denied, sql, diags);
    }
    sqlite3_finalize(statement);
    sqlite3_set_authorizer(db, NULL, NULL);
    if (status == SDSE_OK)
        *out = table;
    return status;
}
