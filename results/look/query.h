// SQL over a results.db, for people and scripts: docs/database.md lists the views.
#ifndef SDSE_RESULTS_LOOK_QUERY_H
#define SDSE_RESULTS_LOOK_QUERY_H

#include <stdatomic.h>

#include "results/look/table.h"
#include "results/store/reader.h"

// Runs one SELECT (or EXPLAIN, or a pragma that only describes the schema) and returns
// its rows as a table in `arena`. Nothing can be written, attached or configured: the
// connection is read-only and an authorizer refuses the statement before it runs.
// SDSE_INVALID with a diagnostic (file "query", line and column in the SQL) for SQL
// that does not parse, is refused, or is more than one statement. *out is untouched on
// failure.
enum sdse_status sdse_query_run(struct sdse_reader *reader, const char *sql,
                                struct sdse_arena *arena, struct sdse_diags *diags,
                                struct sdse_table **out);

// What a question may take, and how wide a table for people may be; 0 = no limit.
struct sdse_query_limits {
    size_t columns; // of the terminal
    uint64_t rows;
    double seconds;
    uint64_t bytes;          // of rows held at once, and of one value [bytes]
    const atomic_bool *stop; // ends it as `seconds` does, when it becomes true; or NULL
};

// The same, with the rows written to `out`: CSV and JSON as they come, tables for
// people when their widths are known. Beyond `rows` it stops with a warning and
// SDSE_OK; beyond `seconds` SDSE_INTERRUPTED and beyond `bytes` SDSE_NO_MEMORY, with a
// diagnostic; all three are [query-limit]. SDSE_IO if the stream failed.
enum sdse_status sdse_query_write(struct sdse_reader *reader, const char *sql,
                                  const struct sdse_query_limits *limits,
                                  enum sdse_table_format format, FILE *out,
                                  struct sdse_arena *arena, struct sdse_diags *diags);

// What `text` goes on with behind blanks, ';' and comments. A comment that is not closed
// is no comment yet.
const char *sdse_query_skip_blanks(const char *text);

// Bytes of the first whole statement in `text`, with the ';' that ends it; 0 if none is
// whole, or memory is out. What is quoted or a comment ends nothing.
size_t sdse_query_first(const char *text, struct sdse_arena *arena);

// The texts of a query's one column, as far as they are not NULL. False if it fails.
struct sdse_query_rows {
    size_t count;
    const char **name;
};
bool sdse_query_names(struct sdse_reader *reader, const char *sql,
                      struct sdse_arena *arena, struct sdse_query_rows *out);

#endif
