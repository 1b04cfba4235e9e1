#include "results/store/store.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/errno_text.h"
#include "results/store/database.h"
#include "results/store/schema.h"
#include "results/store/statements.h"

static const char *const statement_sql[SDSE_STATEMENTS] = {
#define SDSE_STATEMENT_SQL(name, sql) sql,
    SDSE_STATEMENT_MAP(SDSE_STATEMENT_SQL)
#undef SDSE_STATEMENT_SQL
};

// ---- opening ----

static int run(sqlite3 *db, const char *sql) {
    return sqlite3_exec(db, sql, NULL, NULL, NULL);
}

static int put_meta(sqlite3 *db, const char *key, const char *value) {
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(db, "INSERT INTO meta VALUES(?, ?, ?)", -1,
                                  &statement, NULL);
    struct sdse_digest digest;
    sdse_digest_begin(&digest, SDSE_CONTENT_META);
    sdse_digest_text(&digest, key);
    sdse_digest_text(&digest, value);
    if (code == SQLITE_OK)
        code = sqlite3_bind_text(statement, 1, key, -1, SQLITE_STATIC);
    if (code == SQLITE_OK)
        code = sqlite3_bind_text(statement, 2, value, -1, SQLITE_STATIC);
    if (code == SQLITE_OK)
        code = sqlite3_bind_int64(statement, 3, sdse_digest_value(&digest));
    if (code == SQLITE_OK && sqlite3_step(statement) != SQLITE_DONE)
        code = sqlite3_errcode(db);
    sqlite3_finalize(statement);
    return code;
}

// Fills an empty file inside the caller's transaction.
static int create_schema(sqlite3 *db, const char *model_version) {
    char pragmas[96];
    sqlite3_snprintf(sizeof pragmas, pragmas,
                     "PRAGMA application_id = %d; PRAGMA user_version = %d",
                     SDSE_SCHEMA_APPLICATION, SDSE_SCHEMA_VERSION);
    int code = run(db, pragmas);
    for (size_t i = 0; code == SQLITE_OK && sdse_schema_statements[i]; i++)
        code = run(db, sdse_schema_statements[i]);
    if (code == SQLITE_OK)
        code = put_meta(db, "tool_version", SDSE_VERSION);
    if (code == SQLITE_OK)
        code = put_meta(db, "model_version", model_version);
    return code == SQLITE_OK ? sdse_seal_all(db) : code;
}

// Switches to WAL. Another process that is doing the same makes this fail at once: the
// busy handler is not asked, so wait here.
static int use_wal(sqlite3 *db) {
    enum { STEP_MS = 10 };
    int code = SQLITE_BUSY;
    for (int waited = 0; code == SQLITE_BUSY && waited < SDSE_BUSY_MS;
         waited += STEP_MS) {
        code = run(db, "PRAGMA journal_mode = WAL");
        if (code == SQLITE_BUSY)
            sqlite3_sleep(STEP_MS);
    }
    return code;
}

// Identifies, creates if empty, and sets up the connection. Two processes may both find
// the file empty: the second looks again once it has the write lock.
static enum sdse_status set_up(sqlite3 *db, const char *path, const char *model_version,
                               struct sdse_diags *diags) {
    bool empty = false;
    sqlite3_busy_timeout(db, SDSE_BUSY_MS);
    enum sdse_status status = sdse_database_identify(db, path, diags, &empty);
    if (status != SDSE_OK)
        return status;
    if (!empty)
        status = sdse_database_verify(db, path, diags);
    if (status != SDSE_OK)
        return status;
    int code = use_wal(db);
    if (code == SQLITE_OK)
        code = run(db, "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;"
                       "PRAGMA trusted_schema = OFF");
    if (code == SQLITE_OK && empty) {
        code = run(db, "BEGIN IMMEDIATE");
        if (code == SQLITE_OK) {
            status = sdse_database_identify(db, path, diags, &empty);
            if (status == SDSE_OK && empty)
                code = create_schema(db, model_version);
            if (code == SQLITE_OK && status == SDSE_OK)
                code = run(db, "COMMIT");
            else
                run(db, "ROLLBACK");
        }
    }
    if (code != SQLITE_OK)
        return sdse_database_refuse(db, code, path, diags);
    return status == SDSE_OK ? sdse_database_model(db, path, model_version, diags)
                             : status;
}

// Opens or creates. Where SQLite may not write, for whatever reason, it tries to read,
// and only that error is known afterwards: so it is asked twice.
static int open_writable(const char *name, sqlite3 **db) {
    int code = SQLITE_ERROR;
    for (int attempt = 0; attempt < 2; attempt++) {
        sqlite3_close(*db);
        *db = NULL;
        code = sqlite3_open_v2(
            name, db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
            NULL);
        if (code == SQLITE_OK && !sqlite3_db_readonly(*db, "main"))
            return SQLITE_OK;
    }
    return code == SQLITE_OK ? SQLITE_READONLY : code;
}

enum sdse_status sdse_store_open(const char *path, const char *model_version,
                                 struct sdse_diags *diags, struct sdse_store **out) {
    assert(path && model_version && diags && out);
    struct sdse_store *store = calloc(1, sizeof *store);
    if (!store)
        return SDSE_NO_MEMORY;
    enum sdse_status status;
    char *made;
    const char *name = sdse_database_name(path, &made);
    const int code = name ? open_writable(name, &store->db) : SQLITE_NOMEM;
    free(made);
    if (code != SQLITE_OK)
        status = sdse_database_refuse(store->db, code, path, diags);
    else
        status = set_up(store->db, path, model_version, diags);
    if (status != SDSE_OK) {
        sdse_store_close(store);
        return status;
    }
    *out = store;
    return SDSE_OK;
}

void sdse_store_close(struct sdse_store *store) {
    if (!store)
        return;
    for (size_t i = 0; i < SDSE_STATEMENTS; i++)
        sqlite3_finalize(store->statement[i]);
    sdse_input_writer_end(&store->inputs);
    sdse_mapping_writer_end(&store->mappings);
    sdse_set_rows_free(store->solution_rows);
    sqlite3_close(store->db); // rolls an open batch back
    free(store);
}

const char *sdse_store_message(const struct sdse_store *store) {
    return store->message;
}

// ---- failures and batches ----

enum sdse_status sdse_store_fail(struct sdse_store *store, enum sdse_status status,
                                 const char *format, ...) {
    va_list args;
    va_start(args, format);
    vsnprintf(store->message, sizeof store->message, format, args);
    va_end(args);
    if (store->in_batch && store->batch_status == SDSE_OK)
        store->batch_status = status;
    store->last_failure = status;
    return status;
}

enum sdse_status sdse_store_may_add(struct sdse_store *store) {
    assert(store->in_batch);
    return store->batch_status;
}

enum sdse_status sdse_store_begin(struct sdse_store *store) {
    assert(!store->in_batch);
    struct sdse_binding begin = sdse_bind(store, SDSE_SQL_BEGIN);
    enum sdse_status status = sdse_bind_run(&begin);
    store->in_batch = status == SDSE_OK;
    store->batch_status = SDSE_OK;
    memset(store->seal, 0, sizeof store->seal);
    sdse_mapping_forget(&store->mappings);
    memset(store->origins, 0, sizeof store->origins);
    memset(store->sets, 0, sizeof store->sets);
    return status;
}

void sdse_store_unseal(struct sdse_store *store, enum sdse_content table,
                       int64_t digest) {
    store->seal[table].rows--;
    store->seal[table].sum -= (uint64_t)digest;
}

// The seals of the tables that the batch has changed.
static enum sdse_status keep_seals(struct sdse_store *store) {
    enum sdse_status status = SDSE_OK;
    for (int i = 0; status == SDSE_OK && i < SDSE_CONTENTS; i++) {
        const char *table = sdse_content_info((enum sdse_content)i)->table;
        struct sdse_seal seal = store->seal[i];
        if (!seal.rows && !seal.sum)
            continue;
        struct sdse_binding load = sdse_bind(store, SDSE_SQL_LOAD_SEAL);
        sdse_bind_text(&load, table);
        if (!sdse_bind_row(&load))
            return store->batch_status != SDSE_OK
                       ? store->batch_status
                       : sdse_store_fail(store, SDSE_DATABASE, "table %s has no seal",
                                         table);
        seal.rows += (uint64_t)sqlite3_column_int64(load.statement, 0);
        seal.sum += (uint64_t)sqlite3_column_int64(load.statement, 1);
        sqlite3_reset(load.statement);
        struct sdse_binding keep = sdse_bind(store, SDSE_SQL_KEEP_SEAL);
        sdse_bind_u64(&keep, seal.rows);
        sdse_bind_id(&keep, (int64_t)seal.sum);
        sdse_bind_text(&keep, table);
        status = sdse_bind_run(&keep);
    }
    return status;
}

void sdse_store_rollback(struct sdse_store *store) {
    if (!store->in_batch)
        return;
    store->in_batch = false;
    // Some failures (disk full) have already rolled the transaction back.
    if (!sqlite3_get_autocommit(store->db))
        run(store->db, "ROLLBACK");
}

enum sdse_status sdse_store_commit(struct sdse_store *store) {
    enum sdse_status status = sdse_store_may_add(store);
    if (status == SDSE_OK)
        status = keep_seals(store);
    if (status == SDSE_OK) {
        struct sdse_binding commit = sdse_bind(store, SDSE_SQL_COMMIT);
        status = sdse_bind_run(&commit);
    }
    if (status != SDSE_OK)
        sdse_store_rollback(store);
    store->in_batch = false;
    return status;
}

double sdse_store_file_bytes(struct sdse_store *store) {
    struct sdse_binding ask = sdse_bind(store, SDSE_SQL_FILE_BYTES);
    if (!sdse_bind_row(&ask))
        return 0;
    const double bytes = sqlite3_column_double(ask.statement, 0);
    sqlite3_reset(ask.statement);
    return bytes;
}

// ---- binding ----

struct sdse_binding sdse_bind(struct sdse_store *store, enum sdse_statement which) {
    struct sdse_binding binding = {.store = store, .next = 1};
    sqlite3_stmt **slot = &store->statement[which];
    if (!*slot)
        binding.code = sqlite3_prepare_v3(store->db, statement_sql[which], -1,
                                          SQLITE_PREPARE_PERSISTENT, slot, NULL);
    binding.statement = *slot;
    return binding;
}

struct sdse_binding sdse_bind_content(struct sdse_store *store,
                                      enum sdse_statement which,
                                      enum sdse_content table) {
    struct sdse_binding binding = sdse_bind(store, which);
    binding.table = table;
    sdse_digest_begin(&binding.digest, table);
    return binding;
}

// After a failure SQLite may have rolled the batch back by itself: whatever is written
// from there on would be a transaction of its own, and stay.
static bool batch_failed(const struct sdse_store *store) {
    return store->in_batch && store->batch_status != SDSE_OK;
}

static void note_code(struct sdse_binding *binding, int code) {
    if (binding->code == SQLITE_OK)
        binding->code = code;
    binding->next++;
}

void sdse_bind_u64(struct sdse_binding *binding, uint64_t value) {
    if (value > INT64_MAX)
        binding->overflow = true;
    note_code(binding, sqlite3_bind_int64(binding->statement, binding->next,
                                          (sqlite3_int64)value));
    sdse_digest_i64(&binding->digest, (int64_t)value);
}

void sdse_bind_i64(struct sdse_binding *binding, int64_t value) {
    sdse_bind_id(binding, value);
    sdse_digest_i64(&binding->digest, value);
}

void sdse_bind_f64(struct sdse_binding *binding, double value) {
    // SQLite itself stores NAN as NULL; said here because callers rely on it.
    note_code(binding,
              isnan(value)
                  ? sqlite3_bind_null(binding->statement, binding->next)
                  : sqlite3_bind_double(binding->statement, binding->next, value));
    sdse_digest_f64(&binding->digest, value);
}

void sdse_bind_text(struct sdse_binding *binding, const char *text) {
    note_code(binding, sqlite3_bind_text(binding->statement, binding->next, text, -1,
                                         SQLITE_STATIC));
    sdse_digest_text(&binding->digest, text);
}

void sdse_bind_mapping(struct sdse_binding *binding, const char *text) {
    struct sdse_mapping_writer *mappings = &binding->store->mappings;
    mappings->db = binding->store->db;
    note_code(binding, batch_failed(binding->store)
                           ? SQLITE_OK
                           : sdse_mapping_bind(mappings, binding->statement,
                                               binding->next, text));
    sdse_digest_text(&binding->digest, text);
}

void sdse_bind_hash(struct sdse_binding *binding, struct sdse_hash hash) {
    char text[SDSE_HASH_TEXT_BYTES];
    sdse_hash_text(hash, text);
    note_code(binding, sqlite3_bind_text(binding->statement, binding->next, text, -1,
                                         SQLITE_TRANSIENT));
    sdse_digest_text(&binding->digest, text);
}

void sdse_bind_bytes(struct sdse_binding *binding, const void *bytes, size_t count) {
    note_code(binding, sqlite3_bind_blob64(binding->statement, binding->next, bytes,
                                           count, SQLITE_STATIC));
    sdse_digest_bytes(&binding->digest, bytes, count);
}

void sdse_bind_null(struct sdse_binding *binding) {
    note_code(binding, sqlite3_bind_null(binding->statement, binding->next));
    sdse_digest_null(&binding->digest);
}

void sdse_bind_id(struct sdse_binding *binding, int64_t id) {
    note_code(binding, sqlite3_bind_int64(binding->statement, binding->next, id));
}

void sdse_bind_reference(struct sdse_binding *binding, int64_t id,
                         struct sdse_hash hash) {
    char text[SDSE_HASH_TEXT_BYTES];
    sdse_hash_text(hash, text);
    sdse_bind_id(binding, id);
    sdse_digest_text(&binding->digest, text);
}

void sdse_digest_only(struct sdse_binding *binding, const char *text) {
    sdse_digest_text(&binding->digest, text);
}

void sdse_bind_digest(struct sdse_binding *binding) {
    sdse_bind_id(binding, sdse_digest_value(&binding->digest));
    binding->sealed = true;
}

enum sdse_status sdse_store_fail_code(struct sdse_store *store, int code) {
    enum sdse_status status = SDSE_DATABASE;
    if ((code & 0xff) == SQLITE_NOMEM)
        status = SDSE_NO_MEMORY;
    else if ((code & 0xff) == SQLITE_FULL || (code & 0xff) == SQLITE_IOERR ||
             (code & 0xff) == SQLITE_CANTOPEN)
        status = SDSE_IO;
    const int number = status == SDSE_IO ? sqlite3_system_errno(store->db) : 0;
    if (code == SQLITE_IOERR_NOMEM || number == ENOMEM)
        status = SDSE_NO_MEMORY;
    return sdse_store_fail(store, status, "%s%s%s", sqlite3_errmsg(store->db),
                           number ? ": " : "",
                           number ? sdse_errno_text(number).text : "");
}

enum sdse_status sdse_bind_run(struct sdse_binding *binding) {
    struct sdse_store *store = binding->store;
    if (batch_failed(store)) {
        sqlite3_reset(binding->statement);
        return store->batch_status;
    }
    if (binding->overflow) {
        sqlite3_reset(binding->statement);
        return sdse_store_fail(store, SDSE_OVERFLOW, "a count exceeds 2^63 - 1");
    }
    int code = binding->code;
    if (code == SQLITE_OK)
        code = sqlite3_step(binding->statement);
    enum sdse_status status = SDSE_OK;
    if (code != SQLITE_DONE) {
        status = sdse_store_fail_code(store, code);
    } else if (binding->sealed && sqlite3_changes(store->db) > 0) {
        store->seal[binding->table].rows++;
        store->seal[binding->table].sum +=
            (uint64_t)sdse_digest_value(&binding->digest);
    }
    sqlite3_reset(binding->statement);
    return status;
}

bool sdse_bind_row(struct sdse_binding *binding) {
    int code = batch_failed(binding->store) ? SQLITE_DONE : binding->code;
    if (code == SQLITE_OK)
        code = sqlite3_step(binding->statement);
    if (code == SQLITE_ROW)
        return true;
    if (code != SQLITE_DONE)
        sdse_store_fail_code(binding->store, code);
    sqlite3_reset(binding->statement);
    return false;
}

const char *sdse_bind_text_of(struct sdse_binding *binding, int column) {
    const char *text = (const char *)sqlite3_column_text(binding->statement, column);
    if (!text)
        sdse_store_fail(binding->store, SDSE_NO_MEMORY, "out of memory");
    return text;
}

const char *sdse_row_text(struct sdse_arena *arena, sqlite3_stmt *row, int column) {
    return sdse_arena_strdup(arena, (const char *)sqlite3_column_text(row, column));
}

const char *sdse_row_peek(sqlite3_stmt *row, int column) {
    const char *text = (const char *)sqlite3_column_text(row, column);
    return text ? text : "";
}

double sdse_row_f64_or(sqlite3_stmt *row, int column, double if_null) {
    return sqlite3_column_type(row, column) == SQLITE_NULL
               ? if_null
               : sqlite3_column_double(row, column);
}

bool sdse_store_find(struct sdse_store *store, enum sdse_statement which,
                     struct sdse_hash hash, int64_t *id) {
    struct sdse_binding query = sdse_bind(store, which);
    sdse_bind_hash(&query, hash);
    if (!sdse_bind_row(&query))
        return false;
    *id = sqlite3_column_int64(query.statement, 0);
    sqlite3_reset(query.statement);
    return true;
}

enum sdse_status sdse_store_need(struct sdse_store *store, enum sdse_statement which,
                                 const char *what, struct sdse_hash hash, int64_t *id) {
    if (sdse_store_find(store, which, hash, id))
        return SDSE_OK;
    if (store->batch_status != SDSE_OK) // the look failed
        return store->batch_status;
    char text[SDSE_HASH_TEXT_BYTES];
    sdse_hash_text(hash, text);
    return sdse_store_fail(store, SDSE_DATABASE, "unknown %s %s: add it first", what,
                           text);
}
