// Names that are there, for who asked for one that is not: the nearest first.
#ifndef SDSE_RESULTS_LOOK_NAMES_H
#define SDSE_RESULTS_LOOK_NAMES_H

#include <sqlite3.h>
#include <stddef.h>

#include "base/arena.h"

// "'energy_pj', 'edp_pj_s' and 30 more": at most `most` of them, by edits, then in
// their own order; "nothing" if there are none. NULL when memory is out.
const char *sdse_names_text(struct sdse_arena *arena, const char *word,
                            const char *const *names, size_t count, size_t most);

// What could have been meant where SQLite says "no such table: X" or "no such column:
// X" of `sql`: "; there are …" of the views and tables, or of the columns of those that
// the SQL names. "" for other messages, or when memory is out.
const char *sdse_names_for_error(sqlite3 *db, const char *message, const char *sql,
                                 struct sdse_arena *arena);

#endif
