// SQL over a results.db, for people and scripts: docs/database.md lists the views.
#ifndef SDSE_RESULTS_LOOK_QUERY_H
#define SDSE_RESULTS_LOOK_QUERY_H

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

#endif
