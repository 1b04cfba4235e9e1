// Mappings as text, each once in a file: many points of a sweep have the same. A column
// `mapping` holds the id of its text (table mapping_text), or, where two texts have one
// id, the text itself; SDSE_MAPPING_TEXT reads it. Private to results/.
#ifndef SDSE_RESULTS_STORE_MAPPING_TEXT_H
#define SDSE_RESULTS_STORE_MAPPING_TEXT_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

// The text of a column `mapping`, in SQL.
#define SDSE_MAPPING_TEXT(column)                                                     \
    "(CASE typeof(" column ") WHEN 'integer' THEN (SELECT t.text FROM mapping_text t" \
    " WHERE t.mapping_id = " column ") ELSE " column " END)"

enum { SDSE_MAPPINGS_RECENT = 256 };

// Zero but for `db` to begin with.
struct sdse_mapping_writer {
    sqlite3 *db;
    sqlite3_stmt *add, *find;
    int64_t recent[SDSE_MAPPINGS_RECENT]; // written, or found the same
};

// Binds a mapping as parameter `i` of a statement, its text added if it is new. NULL
// becomes NULL. Returns what SQLite said.
int sdse_mapping_bind(struct sdse_mapping_writer *writer, sqlite3_stmt *statement,
                      int i, const char *text);
// What was written may be gone: a transaction has ended.
void sdse_mapping_forget(struct sdse_mapping_writer *writer);
void sdse_mapping_writer_end(struct sdse_mapping_writer *writer);

// Runs `put` with the columns of a row as its parameters, mappings bound as above.
int sdse_mapping_put_row(struct sdse_mapping_writer *writer, sqlite3_stmt *put,
                         sqlite3_stmt *row);

#endif
