#include "results/store/claim.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "results/store/database.h"
#include "results/store/statements.h"

// ---- who ----

// Where process numbers mean the same: the host, and the namespace of its processes.
static void name_host(char text[320]) {
    char host[256] = "", space[48] = "";
    gethostname(host, sizeof host - 1);
    const ssize_t length = readlink("/proc/self/ns/pid", space, sizeof space - 1);
    space[length > 0 ? length : 0] = '\0';
    snprintf(text, 320, "%s %s", host, space);
}

// When a process began, in the system's ticks since its start; 0: it is not known. A
// number that is given to another process has another time. *ended: it waits for its
// parent to notice.
static int64_t began(int64_t pid, bool *ended) {
    char path[48], text[1024] = "";
    *ended = false;
    snprintf(path, sizeof path, "/proc/%lld/stat", (long long)pid);
    FILE *file = fopen(path, "r");
    if (!file)
        return 0;
    const size_t length = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[length] = '\0';
    // Fields 3 and 22; the second, in parentheses, may hold anything.
    const char *at = strrchr(text, ')');
    *ended = at && (strncmp(at, ") Z", 3) == 0 || strncmp(at, ") X", 3) == 0);
    for (int field = 2; at && field < 22; field++)
        at = strchr(at + 1, ' ');
    return at ? strtoll(at, NULL, 10) : 0;
}

// Whether a process of this host is there.
static bool is_there(int64_t pid, int64_t its_began) {
    if (kill((pid_t)pid, 0) != 0 && errno == ESRCH)
        return false;
    bool ended;
    const int64_t now = began(pid, &ended);
    return !ended && (!now || !its_began || now == its_began);
}

// ---- claimants ----

static sqlite3_int64 now_s(void) { return (sqlite3_int64)time(NULL); }

static int step(sqlite3_stmt *statement) {
    const int code = sqlite3_step(statement);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

static int run(sqlite3 *db, const char *sql) {
    return sqlite3_exec(db, sql, NULL, NULL, NULL);
}

static int remove_claimant(sqlite3 *db, const char *token) {
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(db, "DELETE FROM claimant WHERE token = ?", -1,
                                  &statement, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_bind_text(statement, 1, token, -1, SQLITE_STATIC);
    if (code == SQLITE_OK)
        code = step(statement);
    sqlite3_finalize(statement);
    return code;
}

// Whether an open row of (token, host, pid, began, expires) has ended.
static bool has_ended(sqlite3_stmt *row, const char *host) {
    const char *its_host = (const char *)sqlite3_column_text(row, 1);
    if (sqlite3_column_int64(row, 4) < now_s())
        return true;
    return its_host && strcmp(its_host, host) == 0 &&
           !is_there(sqlite3_column_int64(row, 2), sqlite3_column_int64(row, 3));
}

// Removes those that have ended; their claims go with them.
static int remove_ended(sqlite3 *db) {
    char host[320];
    name_host(host);
    sqlite3_stmt *row = NULL;
    int code = sqlite3_prepare_v2(
        db, "SELECT token, host, pid, began, expires FROM claimant", -1, &row, NULL);
    while (code == SQLITE_OK && (code = sqlite3_step(row)) == SQLITE_ROW) {
        code = SQLITE_OK;
        char token[33];
        const char *text = (const char *)sqlite3_column_text(row, 0);
        snprintf(token, sizeof token, "%s", text ? text : "");
        if (has_ended(row, host))
            code = remove_claimant(db, token);
    }
    sqlite3_finalize(row);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

// Or keeps it from expiring, if it has its row.
static int add_claimant(sqlite3 *db, const char *token) {
    char host[320];
    bool ended;
    name_host(host);
    sqlite3_stmt *add = NULL;
    int code = sqlite3_prepare_v2(db,
                                  "INSERT INTO claimant VALUES(?, ?, ?, ?, ?)"
                                  " ON CONFLICT(token) DO UPDATE SET"
                                  " expires = excluded.expires",
                                  -1, &add, NULL);
    if (code == SQLITE_OK) {
        sqlite3_bind_text(add, 1, token, -1, SQLITE_STATIC);
        sqlite3_bind_text(add, 2, host, -1, SQLITE_STATIC);
        sqlite3_bind_int64(add, 3, (sqlite3_int64)getpid());
        sqlite3_bind_int64(add, 4, began((int64_t)getpid(), &ended));
        sqlite3_bind_int64(add, 5, now_s() + SDSE_CLAIM_SECONDS);
        code = step(add);
    }
    sqlite3_finalize(add);
    return code;
}

// ---- transactions ----

// Claims need not survive a power cut: their transactions are not synchronised.
static int begin(struct sdse_store *store) {
    int code = run(store->db, "PRAGMA synchronous = NORMAL");
    return code == SQLITE_OK ? run(store->db, "BEGIN IMMEDIATE") : code;
}

static enum sdse_status end(struct sdse_store *store, int code) {
    if (code == SQLITE_OK)
        code = run(store->db, "COMMIT");
    const int said = code;
    if (!sqlite3_get_autocommit(store->db))
        run(store->db, "ROLLBACK");
    if (run(store->db, "PRAGMA synchronous = FULL") != SQLITE_OK || said != SQLITE_OK)
        return sdse_store_fail(store,
                               (said & 0xff) == SQLITE_NOMEM ? SDSE_NO_MEMORY
                               : (said & 0xff) == SQLITE_FULL ||
                                       (said & 0xff) == SQLITE_IOERR
                                   ? SDSE_IO
                                   : SDSE_DATABASE,
                               "claims: %s", sqlite3_errstr(said));
    return SDSE_OK;
}

enum sdse_status sdse_claim_begin(struct sdse_store *store,
                                  struct sdse_claimant *claimant) {
    uint64_t drawn[2];
    sqlite3_randomness(sizeof drawn, drawn);
    snprintf(claimant->token, sizeof claimant->token, "%016llx%016llx",
             (unsigned long long)drawn[0], (unsigned long long)drawn[1]);
    int code = begin(store);
    if (code == SQLITE_OK)
        code = remove_ended(store->db);
    if (code == SQLITE_OK)
        code = add_claimant(store->db, claimant->token);
    return end(store, code);
}

void sdse_claim_end(struct sdse_store *store, struct sdse_claimant *claimant) {
    int code = begin(store);
    if (code == SQLITE_OK)
        code = remove_claimant(store->db, claimant->token);
    end(store, code); // what stays expires
}

// ---- claims ----

static int insert_claim(sqlite3 *db, const char *token, const char *sweep,
                        uint64_t part) {
    sqlite3_stmt *add = NULL;
    int code = sqlite3_prepare_v2(db,
                                  "INSERT INTO claim VALUES(?, ?, ?) ON CONFLICT DO"
                                  " NOTHING",
                                  -1, &add, NULL);
    if (code == SQLITE_OK) {
        sqlite3_bind_text(add, 1, sweep, -1, SQLITE_STATIC);
        sqlite3_bind_int64(add, 2, (sqlite3_int64)part);
        sqlite3_bind_text(add, 3, token, -1, SQLITE_STATIC);
        code = step(add);
    }
    sqlite3_finalize(add);
    return code;
}

static int find_owner(sqlite3 *db, const char *sweep, uint64_t part, char token[33]) {
    sqlite3_stmt *row = NULL;
    int code = sqlite3_prepare_v2(
        db, "SELECT token FROM claim WHERE sweep = ? AND part = ?", -1, &row, NULL);
    token[0] = '\0';
    if (code == SQLITE_OK) {
        sqlite3_bind_text(row, 1, sweep, -1, SQLITE_STATIC);
        sqlite3_bind_int64(row, 2, (sqlite3_int64)part);
        code = sqlite3_step(row);
    }
    const char *text =
        code == SQLITE_ROW ? (const char *)sqlite3_column_text(row, 0) : NULL;
    if (text)
        snprintf(token, 33, "%s", text);
    sqlite3_finalize(row);
    return code == SQLITE_ROW || code == SQLITE_DONE ? SQLITE_OK : code;
}

enum sdse_status sdse_claim_take(struct sdse_store *store,
                                 const struct sdse_claimant *claimant,
                                 struct sdse_hash sweep, uint64_t part, bool *taken) {
    char hash[SDSE_HASH_TEXT_BYTES], owner[33];
    sdse_hash_text(sweep, hash);
    *taken = false;
    int code = begin(store);
    if (code == SQLITE_OK)
        code = find_owner(store->db, hash, part, owner);
    if (code == SQLITE_OK && owner[0] && strcmp(owner, claimant->token) != 0)
        code = remove_ended(store->db);
    if (code == SQLITE_OK) // it may have been taken for dead itself
        code = add_claimant(store->db, claimant->token);
    if (code == SQLITE_OK)
        code = insert_claim(store->db, claimant->token, hash, part);
    if (code == SQLITE_OK)
        code = find_owner(store->db, hash, part, owner);
    const enum sdse_status status = end(store, code);
    *taken = status == SDSE_OK && strcmp(owner, claimant->token) == 0;
    return status;
}

enum sdse_status sdse_claim_release(struct sdse_store *store,
                                    const struct sdse_claimant *claimant,
                                    struct sdse_hash sweep, uint64_t last) {
    struct sdse_binding drop = sdse_bind(store, SDSE_SQL_DROP_CLAIMS);
    sdse_bind_text(&drop, claimant->token);
    sdse_bind_hash(&drop, sweep);
    sdse_bind_u64(&drop, last);
    return sdse_bind_run(&drop);
}

enum sdse_status sdse_claim_find(struct sdse_store *store, bool *busy,
                                 struct sdse_claim_owner *owner) {
    sqlite3_stmt *row = NULL;
    int code = remove_ended(store->db);
    *busy = false;
    if (code == SQLITE_OK)
        code = sqlite3_prepare_v2(
            store->db, "SELECT host, pid FROM claimant ORDER BY token LIMIT 1", -1,
            &row, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_step(row);
    if (code == SQLITE_ROW) {
        const char *host = (const char *)sqlite3_column_text(row, 0);
        *busy = true;
        snprintf(owner->host, sizeof owner->host, "%s", host ? host : "?");
        owner->pid = sqlite3_column_int64(row, 1);
    }
    sqlite3_finalize(row);
    return code == SQLITE_ROW || code == SQLITE_DONE ? SDSE_OK
                                                     : sdse_store_fail_code(store, code);
}

// ---- heartbeats ----

bool sdse_claim_beat(const char *database_path, const struct sdse_claimant *claimant) {
    char *made;
    const char *name = sdse_database_name(database_path, &made);
    sqlite3 *db = NULL;
    sqlite3_stmt *beat = NULL;
    int code = name ? sqlite3_open_v2(name, &db,
                                      SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL)
                    : SQLITE_NOMEM;
    free(made);
    if (code == SQLITE_OK)
        code = sqlite3_busy_timeout(db, SDSE_BUSY_MS);
    if (code == SQLITE_OK)
        code = run(db, "PRAGMA synchronous = NORMAL");
    if (code == SQLITE_OK)
        code = sqlite3_prepare_v2(db, "UPDATE claimant SET expires = ? WHERE token = ?",
                                  -1, &beat, NULL);
    if (code == SQLITE_OK) {
        sqlite3_bind_int64(beat, 1, now_s() + SDSE_CLAIM_SECONDS);
        sqlite3_bind_text(beat, 2, claimant->token, -1, SQLITE_STATIC);
        code = step(beat);
    }
    sqlite3_finalize(beat);
    sqlite3_close(db);
    return code == SQLITE_OK;
}
