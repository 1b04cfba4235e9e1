#include "results/store/merge.h"

#include <stdio.h>
#include <string.h>

#include "results/store/content.h"
#include "results/store/database.h"
#include "results/store/statements.h"

// ---- what belongs to what ----

// The table whose rows a table's rows are parts of; itself if they stand alone.
static enum sdse_content owner_of(enum sdse_content table) {
    switch (table) {
    case SDSE_CONTENT_LAYER_FRONT_ELEMENT:
        return SDSE_CONTENT_LAYER_FRONT;
    case SDSE_CONTENT_SOLUTION_MEMORY:
    case SDSE_CONTENT_SOLUTION_LEVEL:
    case SDSE_CONTENT_SOLUTION_NETWORK:
    case SDSE_CONTENT_SOLUTION_COMPONENT:
        return SDSE_CONTENT_SOLUTION;
    case SDSE_CONTENT_POINT_PARAMETER:
    case SDSE_CONTENT_POINT_FRONT:
    case SDSE_CONTENT_POINT_LAYER:
    case SDSE_CONTENT_PLACE:
    case SDSE_CONTENT_GROUP:
    case SDSE_CONTENT_NEST:
    case SDSE_CONTENT_NEST_PLACE:
    case SDSE_CONTENT_COPY:
        return SDSE_CONTENT_POINT;
    case SDSE_CONTENT_TRAINING_EPOCH:
        return SDSE_CONTENT_TRAINING_RUN;
    default:
        return table;
    }
}

static bool has_hash(enum sdse_content table) {
    return table == SDSE_CONTENT_INPUT || table == SDSE_CONTENT_LAYER_FRONT ||
           table == SDSE_CONTENT_SOLUTION || table == SDSE_CONTENT_WEIGHT_FORM ||
           table == SDSE_CONTENT_POINT || table == SDSE_CONTENT_TRAINING_RUN ||
           table == SDSE_CONTENT_TENSOR;
}

static const char *id_of(enum sdse_content owner) {
    switch (owner) {
    case SDSE_CONTENT_LAYER_FRONT:
        return "front_id";
    case SDSE_CONTENT_SOLUTION:
        return "solution_id";
    case SDSE_CONTENT_POINT:
        return "point_id";
    default:
        return "training_id";
    }
}

// ---- statements ----

// Of one merge: the store's side, and the source under way.
struct merging {
    struct sdse_store *store;
    sqlite3 *db, *from;
    struct sdse_diags *diags;
    struct sdse_merged *merged;
    sqlite3_stmt *take, *is_taken;
    struct sdse_input_writer inputs;
    struct sdse_mapping_writer mappings;
};

static int prepare(sqlite3 *db, sqlite3_stmt **statement, const char *sql) {
    return sqlite3_prepare_v2(db, sql, -1, statement, NULL);
}

static int run(sqlite3 *db, const char *sql) {
    return sqlite3_exec(db, sql, NULL, NULL, NULL);
}

// Adds a row, or writes it over the one of its hash. Built from the names that `insert`
// lists.
static int prepare_replace(sqlite3 *db, enum sdse_content table,
                           sqlite3_stmt **statement) {
    const char *insert = sdse_content_info(table)->insert;
    const char *first = strchr(insert, '('), *last = strchr(insert, ')');
    const char *conflict = strstr(insert, " ON CONFLICT");
    const int length = (int)(conflict ? (size_t)(conflict - insert) : strlen(insert));
    sqlite3_str *sql = sqlite3_str_new(db);
    sqlite3_str_appendf(sql, "%.*s ON CONFLICT(hash) DO UPDATE SET", length, insert);
    for (const char *at = first + 1; at < last;) {
        const size_t name = strcspn(at, ",)");
        sqlite3_str_appendf(sql, "%s %.*s = excluded.%.*s", at == first + 1 ? "" : ",",
                            (int)name, at, (int)name, at);
        at += name + 2; // the comma, and a blank
    }
    char *text = sqlite3_str_finish(sql);
    const int code = text ? prepare(db, statement, text) : SQLITE_NOMEM;
    sqlite3_free(text);
    return code;
}

// ---- which of two is kept ----

enum { RANKS = 4 };

// How little is known of a row: less is better, from left to right; then its digest.
struct rank {
    bool there;
    double known[RANKS];
    int64_t digest;
    uint64_t parts; // sum of the digests of its parts; of what is proved, 0
};

static const char *rank_columns(enum sdse_content table) {
    switch (table) {
    case SDSE_CONTENT_POINT:
        return "status = 'error', mapper_status IS NOT 'optimal',"
               " coalesce(mapper_gap, 0), coalesce(energy_pj, 0)";
    case SDSE_CONTENT_LAYER_FRONT:
    case SDSE_CONTENT_SOLUTION:
        return "0, proof <> 'optimal', gap, 0";
    default:
        return "0, 0, 0, 0";
    }
}

// What a search left at a limit found may differ while its own row does not.
static int sum_parts(sqlite3 *db, enum sdse_content table, const char *hash,
                     uint64_t *sum) {
    int code = SQLITE_OK;
    for (int i = 0; code == SQLITE_OK && i < SDSE_CONTENTS; i++) {
        const enum sdse_content part = (enum sdse_content)i;
        if (part == table || owner_of(part) != table)
            continue;
        char sql[200];
        sqlite3_stmt *row = NULL;
        snprintf(sql, sizeof sql,
                 "SELECT p.digest FROM %s p JOIN %s USING (%s) WHERE hash = ?",
                 sdse_content_info(part)->table, sdse_content_info(table)->table,
                 id_of(table));
        code = prepare(db, &row, sql);
        if (code == SQLITE_OK)
            code = sqlite3_bind_text(row, 1, hash, -1, SQLITE_STATIC);
        while (code == SQLITE_OK && (code = sqlite3_step(row)) == SQLITE_ROW) {
            *sum += (uint64_t)sqlite3_column_int64(row, 0);
            code = SQLITE_OK;
        }
        sqlite3_finalize(row);
        code = code == SQLITE_DONE ? SQLITE_OK : code;
    }
    return code;
}

static int load_rank(sqlite3 *db, sqlite3_stmt *query, enum sdse_content table,
                     const char *hash, struct rank *rank) {
    *rank = (struct rank){0};
    int code = sqlite3_bind_text(query, 1, hash, -1, SQLITE_STATIC);
    if (code == SQLITE_OK)
        code = sqlite3_step(query);
    rank->there = code == SQLITE_ROW;
    for (int i = 0; rank->there && i < RANKS; i++)
        rank->known[i] = sqlite3_column_double(query, i);
    if (rank->there)
        rank->digest = sqlite3_column_int64(query, RANKS);
    sqlite3_reset(query);
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        return code;
    return rank->there && rank->known[1] > 0 ? sum_parts(db, table, hash, &rank->parts)
                                             : SQLITE_OK;
}

// Whether a is to be kept rather than b.
static bool is_better(const struct rank *a, const struct rank *b) {
    if (!a->there || !b->there)
        return a->there;
    for (int i = 0; i < RANKS; i++)
        if (a->known[i] != b->known[i])
            return a->known[i] < b->known[i];
    return a->digest != b->digest ? a->digest < b->digest : a->parts < b->parts;
}

// ---- rows ----

static int drop_parts(sqlite3 *db, enum sdse_content table, const char *hash) {
    int code = SQLITE_OK;
    // What refers to another part goes before it.
    for (int i = SDSE_CONTENTS - 1; code == SQLITE_OK && i >= 0; i--) {
        const enum sdse_content part = (enum sdse_content)i;
        if (part == table || owner_of(part) != table || sdse_content_is_shared(part))
            continue; // what others may share stays
        char *sql = sqlite3_mprintf(
            "DELETE FROM %s WHERE %s = (SELECT %s FROM %s WHERE hash = %Q)",
            sdse_content_info(part)->table, id_of(table), id_of(table),
            sdse_content_info(table)->table, hash);
        code = sql ? run(db, sql) : SQLITE_NOMEM;
        sqlite3_free(sql);
    }
    return code;
}

static int note_taken(struct merging *m, enum sdse_content table, const char *hash) {
    int code = sqlite3_bind_int(m->take, 1, (int)table);
    if (code == SQLITE_OK)
        code = sqlite3_bind_text(m->take, 2, hash, -1, SQLITE_STATIC);
    if (code == SQLITE_OK)
        code = sqlite3_step(m->take);
    sqlite3_reset(m->take);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

static int find_taken(struct merging *m, enum sdse_content table, const char *hash,
                      bool *taken) {
    int code = sqlite3_bind_int(m->is_taken, 1, (int)table);
    if (code == SQLITE_OK)
        code = sqlite3_bind_text(m->is_taken, 2, hash, -1, SQLITE_STATIC);
    if (code == SQLITE_OK)
        code = sqlite3_step(m->is_taken);
    *taken = code == SQLITE_ROW;
    sqlite3_reset(m->is_taken);
    return code == SQLITE_ROW || code == SQLITE_DONE ? SQLITE_OK : code;
}

// One table being copied.
struct copying {
    struct sdse_content_reading reading;
    enum sdse_content table;
    sqlite3_stmt *put, *ours, *theirs;
    char owner[64]; // hash of the last row's owner, and
    bool taken;     // whether that came from this source
};

// A row that is named by a hash: the better one stays.
static int copy_named(struct merging *m, struct copying *c) {
    struct rank ours, theirs;
    const char *hash = (const char *)sqlite3_column_text(c->reading.row, 0);
    if (!hash)
        return SQLITE_NOMEM;
    int code = load_rank(m->db, c->ours, c->table, hash, &ours);
    if (code == SQLITE_OK)
        code = load_rank(m->from, c->theirs, c->table, hash, &theirs);
    if (code != SQLITE_OK || !is_better(&theirs, &ours))
        return code;
    if (ours.there)
        code = drop_parts(m->db, c->table, hash);
    if (code == SQLITE_OK)
        code = c->table == SDSE_CONTENT_INPUT && !ours.there
                   ? sdse_input_copy(&m->inputs, c->reading.row)
                   : sdse_mapping_put_row(&m->mappings, c->put, c->reading.row);
    if (code == SQLITE_OK)
        code = note_taken(m, c->table, hash);
    m->merged->points += c->table == SDSE_CONTENT_POINT;
    return code;
}

static int copy_row(struct merging *m, struct copying *c) {
    if (has_hash(c->table))
        return copy_named(m, c);
    const enum sdse_content owner = owner_of(c->table);
    if (owner == c->table)
        return sdse_mapping_put_row(&m->mappings, c->put, c->reading.row);
    const char *hash = (const char *)sqlite3_column_text(c->reading.row, 0);
    if (!hash)
        return SQLITE_NOMEM;
    int code = SQLITE_OK;
    if (strncmp(c->owner, hash, sizeof c->owner - 1) != 0) {
        snprintf(c->owner, sizeof c->owner, "%s", hash);
        code = find_taken(m, owner, hash, &c->taken);
    }
    return code == SQLITE_OK && c->taken
               ? sdse_mapping_put_row(&m->mappings, c->put, c->reading.row)
               : code;
}

static int prepare_copy(struct merging *m, struct copying *c) {
    const struct sdse_content_info *info = sdse_content_info(c->table);
    if (!has_hash(c->table))
        return prepare(m->db, &c->put, info->insert);
    char sql[256];
    snprintf(sql, sizeof sql, "SELECT %s, digest FROM %s WHERE hash = ?",
             rank_columns(c->table), info->table);
    int code = prepare_replace(m->db, c->table, &c->put);
    if (code == SQLITE_OK)
        code = prepare(m->db, &c->ours, sql);
    return code == SQLITE_OK ? prepare(m->from, &c->theirs, sql) : code;
}

// What the source's connection, or the store's, has to say of `code`.
static enum sdse_status refuse(struct merging *m, int code) {
    sqlite3 *db = sqlite3_errcode(m->db) == SQLITE_OK ||
                          sqlite3_errcode(m->db) == SQLITE_DONE ||
                          sqlite3_errcode(m->db) == SQLITE_ROW
                      ? m->from
                      : m->db;
    return sdse_database_refuse(db, code, sqlite3_db_filename(db, "main"), m->diags);
}

static enum sdse_status copy_table(struct merging *m, enum sdse_content table) {
    struct copying c = {.table = table};
    int code = sdse_content_begin(&c.reading, m->from, table, m->diags);
    if (code == SQLITE_OK)
        code = prepare_copy(m, &c);
    while (code == SQLITE_OK && (code = sdse_content_next(&c.reading)) == SQLITE_ROW) {
        code = c.reading.wrong ? SQLITE_OK : copy_row(m, &c);
    }
    const int ended = sdse_content_end(&c.reading);
    enum sdse_status status = SDSE_OK;
    if (code != SQLITE_DONE || ended != SQLITE_OK)
        status = refuse(m, code != SQLITE_DONE ? code : ended);
    else if (c.reading.wrong)
        status = SDSE_INVALID;
    sqlite3_finalize(c.put);
    sqlite3_finalize(c.ours);
    sqlite3_finalize(c.theirs);
    return status;
}

// ---- turns ----

// Sweeps in the order in which they last ran; what never ended comes last.
#define IN_TIME                                                                   \
    "SELECT hash, row_number() OVER (ORDER BY coalesce((SELECT max(started) FROM" \
    " run_log r WHERE r.sweep_id = s.sweep_id), '~'), turn, hash) AS now FROM sweep s"

static int count_turns(sqlite3 *db) {
    sqlite3_stmt *row = NULL, *keep = NULL;
    int code = run(db, "CREATE TEMP TABLE merge_turn AS " IN_TIME);
    if (code == SQLITE_OK)
        code = run(db, "UPDATE sweep SET turn = (SELECT now FROM temp.merge_turn t"
                       " WHERE t.hash = sweep.hash)");
    if (code == SQLITE_OK)
        code = prepare(db, &row, sdse_content_info(SDSE_CONTENT_SWEEP)->select);
    if (code == SQLITE_OK)
        code = prepare(db, &keep, "UPDATE sweep SET digest = ?2 WHERE hash = ?1");
    while (code == SQLITE_OK && (code = sqlite3_step(row)) == SQLITE_ROW) {
        sqlite3_bind_value(keep, 1, sqlite3_column_value(row, 0));
        sqlite3_bind_int64(keep, 2, sdse_content_digest(SDSE_CONTENT_SWEEP, row));
        code = sqlite3_step(keep) == SQLITE_DONE ? SQLITE_OK : sqlite3_errcode(db);
        sqlite3_reset(keep);
    }
    sqlite3_finalize(row);
    sqlite3_finalize(keep);
    return code == SQLITE_DONE ? run(db, "DROP TABLE temp.merge_turn") : code;
}

// ---- files ----

enum sdse_status sdse_merge_admits(struct sdse_reader *source,
                                   const char *model_version,
                                   struct sdse_diags *diags) {
    return sdse_database_model(source->db, sqlite3_db_filename(source->db, "main"),
                               model_version, diags);
}

// One source, of one moment.
static enum sdse_status copy_source(struct merging *m) {
    int code = run(m->from, "BEGIN");
    if (code == SQLITE_OK)
        code = run(m->db, "DELETE FROM temp.merge_taken");
    enum sdse_status status = code == SQLITE_OK ? SDSE_OK : refuse(m, code);
    for (int i = 0; status == SDSE_OK && i < SDSE_CONTENTS; i++)
        if (sdse_content_info((enum sdse_content)i)->insert)
            status = copy_table(m, (enum sdse_content)i);
    if (!sqlite3_get_autocommit(m->from))
        run(m->from, "ROLLBACK");
    return status;
}

enum sdse_status sdse_merge(struct sdse_store *store,
                            struct sdse_reader *const *sources, size_t count,
                            struct sdse_diags *diags, struct sdse_merged *merged) {
    *merged = (struct sdse_merged){0};
    struct merging m = {.store = store,
                        .db = store->db,
                        .from = store->db,
                        .inputs = {.db = store->db},
                        .mappings = {.db = store->db},
                        .diags = diags,
                        .merged = merged};
    enum sdse_status status = sdse_store_begin(store);
    if (status != SDSE_OK)
        return refuse(&m, sqlite3_errcode(m.db));
    int code = run(m.db, "CREATE TEMP TABLE merge_taken(owner INTEGER, hash TEXT,"
                         " PRIMARY KEY (owner, hash)) WITHOUT ROWID");
    if (code == SQLITE_OK)
        code = prepare(m.db, &m.take, "INSERT INTO temp.merge_taken VALUES(?, ?)");
    if (code == SQLITE_OK)
        code = prepare(m.db, &m.is_taken,
                       "SELECT 1 FROM temp.merge_taken WHERE owner = ? AND hash = ?");
    if (code != SQLITE_OK)
        status = refuse(&m, code);
    for (size_t i = 0; status == SDSE_OK && i < count; i++) {
        m.from = sources[i]->db;
        status = copy_source(&m);
    }
    m.from = m.db;
    if (status == SDSE_OK) {
        code = count_turns(m.db);
        if (code == SQLITE_OK)
            code = sdse_seal_all(m.db);
        if (code != SQLITE_OK)
            status = refuse(&m, code);
    }
    sqlite3_finalize(m.take);
    sqlite3_finalize(m.is_taken);
    sdse_input_writer_end(&m.inputs);
    sdse_mapping_writer_end(&m.mappings);
    if (status == SDSE_OK)
        status = run(m.db, "DROP TABLE temp.merge_taken") == SQLITE_OK
                     ? sdse_store_commit(store)
                     : SDSE_DATABASE;
    if (status != SDSE_OK && !diags->errors)
        refuse(&m, sqlite3_errcode(m.db));
    sdse_store_rollback(store);
    return status;
}
