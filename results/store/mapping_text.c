#include "results/store/mapping_text.h"

#include <string.h>

#include "base/hash.h"

static int prepare(sqlite3 *db, sqlite3_stmt **statement, const char *sql) {
    return *statement ? SQLITE_OK
                      : sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT,
                                           statement, NULL);
}

// Adds a text under its hash, unless it is there. *kept false: another text is.
static int keep(struct sdse_mapping_writer *w, const char *text, int64_t id,
                bool *kept) {
    int code = prepare(w->db, &w->add,
                       "INSERT INTO mapping_text VALUES(?, ?) ON CONFLICT DO NOTHING");
    if (code == SQLITE_OK)
        code = prepare(w->db, &w->find,
                       "SELECT 1 FROM mapping_text WHERE mapping_id = ? AND text = ?");
    sqlite3_stmt *const both[] = {w->add, w->find};
    for (int i = 0; code == SQLITE_OK && i < 2; i++) {
        sqlite3_bind_int64(both[i], 1, id);
        code = sqlite3_bind_text(both[i], 2, text, -1, SQLITE_STATIC);
        if (code == SQLITE_OK)
            code = sqlite3_step(both[i]);
        *kept = code == SQLITE_ROW;
        if (code == SQLITE_ROW || code == SQLITE_DONE)
            code = SQLITE_OK;
        sqlite3_reset(both[i]);
    }
    return code;
}

int sdse_mapping_bind(struct sdse_mapping_writer *writer, sqlite3_stmt *statement,
                      int i, const char *text) {
    if (!text)
        return sqlite3_bind_null(statement, i);
    const int64_t id = (int64_t)(sdse_hash_of_text(text).low >> 1) | 1; // never 0
    int64_t *recent = &writer->recent[(uint64_t)id / 2 % SDSE_MAPPINGS_RECENT];
    bool kept = *recent == id;
    const int code = kept ? SQLITE_OK : keep(writer, text, id, &kept);
    if (code != SQLITE_OK)
        return code;
    if (!kept)
        return sqlite3_bind_text(statement, i, text, -1, SQLITE_STATIC);
    *recent = id;
    return sqlite3_bind_int64(statement, i, id);
}

void sdse_mapping_forget(struct sdse_mapping_writer *writer) {
    memset(writer->recent, 0, sizeof writer->recent);
}

void sdse_mapping_writer_end(struct sdse_mapping_writer *writer) {
    sqlite3_finalize(writer->add);
    sqlite3_finalize(writer->find);
    writer->add = writer->find = NULL;
    sdse_mapping_forget(writer);
}

int sdse_mapping_put_row(struct sdse_mapping_writer *writer, sqlite3_stmt *put,
                         sqlite3_stmt *row) {
    int code = SQLITE_OK;
    for (int i = 0; code == SQLITE_OK && i < sqlite3_column_count(row); i++)
        code = sqlite3_column_type(row, i) == SQLITE_TEXT &&
                       strcmp(sqlite3_column_name(row, i), "mapping") == 0
                   ? sdse_mapping_bind(writer, put, i + 1,
                                       (const char *)sqlite3_column_text(row, i))
                   : sqlite3_bind_value(put, i + 1, sqlite3_column_value(row, i));
    if (code == SQLITE_OK)
        code = sqlite3_step(put);
    sqlite3_reset(put);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}
