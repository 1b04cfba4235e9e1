// Private to results/: is this file a results.db that we can use? Shared by writer and
// readers.
#ifndef SDSE_RESULTS_STORE_DATABASE_H
#define SDSE_RESULTS_STORE_DATABASE_H

#include <sqlite3.h>

#include "base/diag.h"
#include "base/status.h"
#include "results/store/reader.h"

// A reader is its connection.
struct sdse_reader {
    sqlite3 *db;
};

enum { SDSE_BUSY_MS = 20000 }; // how long to wait for another process's transaction

// The path as SQLite must be told it, so that it is a file's name and nothing else:
// ":memory:" and "file:x" get "./" in front, of slashes that begin it one is left. The
// result points into `path` or is `*made`, freed by the caller; NULL when memory is
// out.
const char *sdse_database_name(const char *path, char **made);

// Turns the connection's error `code` on `path` into a diagnostic and a status: what is
// wrong with the file is SDSE_INVALID, what is wrong with the machine is not.
enum sdse_status sdse_database_refuse(sqlite3 *db, int code, const char *path,
                                      struct sdse_diags *diags);

// Checks application_id and user_version. *empty: there is nothing in the file at all.
// A damaged file, another program's database and another schema version are refused.
enum sdse_status sdse_database_identify(sqlite3 *db, const char *path,
                                        struct sdse_diags *diags, bool *empty);

// Of a file up to 64 MiB: its structure and indices (PRAGMA integrity_check), the text
// of its schema, and every row against its digest (results/store/content.h). What is
// wrong is SDSE_INVALID with diagnostics. [time linear in the file]
enum sdse_status sdse_database_verify(sqlite3 *db, const char *path,
                                      struct sdse_diags *diags);

// The same for a file of any size, within the caller's transaction; all faults of the
// structure are said, up to 20.
enum sdse_status sdse_database_verify_all(sqlite3 *db, const char *path,
                                          struct sdse_diags *diags);

// Whether the file was written with this version of the cost model (results-model).
enum sdse_status sdse_database_model(sqlite3 *db, const char *path,
                                     const char *model_version,
                                     struct sdse_diags *diags);

#endif
