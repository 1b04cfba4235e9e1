#include "results/look/query.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "results/look/names.h"
#include "results/look/volume.h"
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

// What SQLite says; of a name that is not there, those that are.
static void say_with_names(sqlite3 *db, struct sdse_loc loc, const char *sql,
                           struct sdse_diags *diags) {
    const char *message = sdse_arena_strdup(diags->arena, sqlite3_errmsg(db));
    sqlite3_set_authorizer(db, NULL, NULL); // the statement is refused already
    const char *names =
        message ? sdse_names_for_error(db, message, sql, diags->arena) : "";
    sdse_diag_add(diags, SDSE_ERROR, loc, "query-sql", "%s%s",
                  message ? message : sqlite3_errmsg(db), names);
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
        say_with_names(db, loc, sql, diags);
        return SDSE_INVALID;
    default:
        return sdse_database_refuse(db, code, sqlite3_db_filename(db, "main"), diags);
    }
}

// ---- running ----

// False when memory is out.
// Bytes as SQL writes them: X'00FF'.
static bool add_bytes(struct sdse_table *table, sqlite3_stmt *row, int column) {
    const unsigned char *bytes = sqlite3_column_blob(row, column);
    const size_t count = (size_t)sqlite3_column_bytes(row, column);
    char *text = bytes || count == 0 ? malloc(2 * count + sizeof "X''") : NULL;
    if (!text)
        return false;
    char *to = text + sprintf(text, "X'");
    for (size_t i = 0; i < count; i++)
        to += sprintf(to, "%02X", bytes[i]);
    sprintf(to, "'");
    sdse_table_add_text(table, text);
    free(text);
    return true;
}

static bool add_cell(struct sdse_table *table, sqlite3_stmt *row, int column) {
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
    case SQLITE_BLOB:
        return add_bytes(table, row, column);
    default: {
        const char *text = (const char *)sqlite3_column_text(row, column);
        sdse_table_add_text(table, text);
        return text != NULL;
    }
    }
    return true;
}

// A question being answered.
struct answer {
    struct sdse_table *table;
    struct sdse_query_limits limits;
    enum sdse_table_format format;
    FILE *out; // NULL: all rows stay in the table
    struct sdse_arena *cells;
    struct sdse_diags *diags;
    double deadline; // of the monotonic clock [s]
    bool late, stopped;
    enum sdse_status status;
};

static int is_late(void *context) {
    struct answer *answer = context;
    answer->stopped = answer->limits.stop && atomic_load(answer->limits.stop);
    answer->late = answer->limits.seconds > 0 && sdse_seconds_now() > answer->deadline;
    return answer->late || answer->stopped;
}

static void say_limit(struct answer *answer, enum sdse_severity severity,
                      const char *what) {
    sdse_diag_add(answer->diags, severity, (struct sdse_loc){.file = "query"},
                  "query-limit", "%s", what);
}

enum { STREAM_BYTES = 1 << 20 };

// After a row: false when the answer ends here.
static bool keep_within(struct answer *answer, uint64_t rows) {
    if (!answer->out)
        return true;
    const bool streams =
        answer->format == SDSE_TABLE_CSV || answer->format == SDSE_TABLE_JSON;
    const size_t held = sdse_arena_used_bytes(answer->cells);
    if (answer->limits.bytes && held > answer->limits.bytes) {
        say_limit(answer, SDSE_ERROR, "the rows take more than --memory-limit");
        answer->status = SDSE_NO_MEMORY;
        return false;
    }
    if (streams && (held > STREAM_BYTES || rows == 1))
        answer->status = sdse_table_stream(answer->table, answer->cells, answer->format,
                                           answer->out);
    return answer->status == SDSE_OK;
}

static int collect(sqlite3_stmt *statement, struct answer *answer) {
    int columns = sqlite3_column_count(statement), code;
    uint64_t rows = 0;
    for (int i = 0; i < columns; i++) {
        const char *name = sqlite3_column_name(statement, i);
        if (!name)
            return SQLITE_NOMEM;
        sdse_table_add_column(answer->table, name, NULL, 0);
    }
    while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
        if (answer->limits.rows && rows == answer->limits.rows) {
            say_limit(answer, SDSE_WARNING, "there are more rows than --max-rows");
            return SQLITE_DONE;
        }
        for (int i = 0; i < columns; i++)
            if (!add_cell(answer->table, statement, i))
                return SQLITE_NOMEM;
        if (!keep_within(answer, ++rows))
            return SQLITE_DONE;
    }
    return code;
}

const char *sdse_query_skip_blanks(const char *text) {
    for (;;) {
        const char *end = strncmp(text, "/*", 2) == 0 ? strstr(text + 2, "*/") : NULL;
        if (isspace((unsigned char)*text) || *text == ';')
            text++;
        else if (strncmp(text, "--", 2) == 0)
            text += strcspn(text, "\n");
        else if (end)
            text = end + 2;
        else
            return text;
    }
}

static enum sdse_status ask(struct sdse_reader *reader, const char *sql,
                            struct answer *answer) {
    sqlite3 *db = reader->db;
    sqlite3_stmt *statement = NULL;
    const char *rest = NULL;
    struct sdse_diags *diags = answer->diags;
    bool denied = false;
    enum sdse_status status = SDSE_OK;
    int code = sdse_volume_register(db);
    sqlite3_set_authorizer(db, authorize, &denied);
    if (code == SQLITE_OK)
        code = sqlite3_prepare_v2(db, sql, -1, &statement, &rest);
    if (code != SQLITE_OK) {
        status = refuse(db, code, denied, sql, diags);
    } else if (!statement) {
        sdse_diag_add(diags, SDSE_ERROR, place_in(sql, 0), "query-sql",
                      "no statement in it");
        status = SDSE_INVALID;
    } else if (*sdse_query_skip_blanks(rest)) {
        sdse_diag_add(diags, SDSE_ERROR, place_in(sql, (int)(rest - sql)), "query-sql",
                      "one statement at a time");
        status = SDSE_INVALID;
    } else if (sqlite3_column_count(statement) > SDSE_TABLE_MOST_COLUMNS) {
        sdse_diag_add(diags, SDSE_ERROR, place_in(sql, 0), "query-sql",
                      "%d columns, at most %d are shown",
                      sqlite3_column_count(statement), SDSE_TABLE_MOST_COLUMNS);
        status = SDSE_INVALID;
    } else {
        code = collect(statement, answer);
        status = answer->status;
        if (code != SQLITE_DONE && answer->stopped) {
            say_limit(answer, SDSE_ERROR, "it was interrupted");
            status = SDSE_INTERRUPTED;
        } else if (code != SQLITE_DONE && answer->late) {
            say_limit(answer, SDSE_ERROR, "it takes longer than --time-limit");
            status = SDSE_INTERRUPTED;
        } else if (code != SQLITE_DONE) {
            status = refuse(db, code, denied, sql, diags);
        }
    }
    sqlite3_finalize(statement);
    sqlite3_set_authorizer(db, NULL, NULL);
    return status;
}

enum sdse_status sdse_query_run(struct sdse_reader *reader, const char *sql,
                                struct sdse_arena *arena, struct sdse_diags *diags,
                                struct sdse_table **out) {
    struct answer answer = {.table = sdse_table_new(arena), .diags = diags};
    if (!answer.table)
        return SDSE_NO_MEMORY;
    const enum sdse_status status = ask(reader, sql, &answer);
    if (status == SDSE_OK)
        *out = answer.table;
    return status;
}

enum sdse_status sdse_query_write(struct sdse_reader *reader, const char *sql,
                                  const struct sdse_query_limits *limits,
                                  enum sdse_table_format format, FILE *out,
                                  struct sdse_arena *arena, struct sdse_diags *diags) {
    sqlite3 *db = reader->db;
    struct answer answer = {.table = sdse_table_new(arena),
                            .limits = *limits,
                            .format = format,
                            .out = out,
                            .cells = sdse_arena_new(),
                            .diags = diags,
                            .deadline = sdse_seconds_now() + limits->seconds};
    const int longest = sqlite3_limit(db, SQLITE_LIMIT_LENGTH, -1);
    if (limits->bytes && limits->bytes < (uint64_t)longest)
        sqlite3_limit(db, SQLITE_LIMIT_LENGTH, (int)limits->bytes);
    if (limits->seconds > 0 || limits->stop)
        sqlite3_progress_handler(db, 1000, is_late, &answer);
    enum sdse_status status = SDSE_NO_MEMORY;
    sdse_table_name(answer.table, "sdse.query/1", "rows");
    if (answer.table && answer.cells) {
        sdse_table_keep_rows_in(answer.table, answer.cells);
        status = ask(reader, sql, &answer);
    }
    if (status == SDSE_OK)
        status = format == SDSE_TABLE_TEXT && limits->columns
                     ? sdse_table_write_within(answer.table, limits->columns, out)
                     : sdse_table_write(answer.table, format, out);
    sqlite3_progress_handler(db, 0, NULL, NULL);
    sqlite3_limit(db, SQLITE_LIMIT_LENGTH, longest);
    sdse_arena_free(answer.cells);
    return status;
}

size_t sdse_query_first(const char *text, struct sdse_arena *arena) {
    for (const char *end = strchr(text, ';'); end; end = strchr(end + 1, ';')) {
        const size_t bytes = (size_t)(end - text) + 1;
        const char *first = sdse_arena_copy(arena, text, bytes);
        if (!first)
            return 0;
        if (sqlite3_complete(first))
            return bytes;
    }
    return 0;
}

bool sdse_query_names(struct sdse_reader *reader, const char *sql,
                      struct sdse_arena *arena, struct sdse_query_rows *out) {
    enum { MOST = 4096 };
    sqlite3_stmt *row = NULL;
    *out =
        (struct sdse_query_rows){.name = SDSE_ARENA_ARRAY(arena, const char *, MOST)};
    int code = out->name ? sdse_volume_register(reader->db) : SQLITE_NOMEM;
    if (code == SQLITE_OK)
        code = sqlite3_prepare_v2(reader->db, sql, -1, &row, NULL);
    while (code == SQLITE_OK || code == SQLITE_ROW) {
        code = sqlite3_step(row);
        if (code != SQLITE_ROW || out->count == MOST)
            break;
        const char *text = (const char *)sqlite3_column_text(row, 0);
        if (text && !(out->name[out->count++] = sdse_arena_strdup(arena, text)))
            code = SQLITE_NOMEM;
    }
    sqlite3_finalize(row);
    return code == SQLITE_DONE || code == SQLITE_ROW;
}
