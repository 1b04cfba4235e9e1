// Looking at a results.db: read-only, at any time, also while a sweep writes it.
#ifndef SDSE_RESULTS_STORE_READER_H
#define SDSE_RESULTS_STORE_READER_H

#include "base/diag.h"
#include "base/status.h"

struct sdse_reader;

// Opens `path` and writes *out, owned by the caller. A missing file is SDSE_IO; a file
// that is not a results database, has another schema version, holds nothing or is
// damaged is SDSE_INVALID; all with a diagnostic. The structure of files up to 64 MiB
// is checked as a whole; damage in larger ones is reported when it is met. *out is
// untouched on failure.
enum sdse_status sdse_reader_open(const char *path, struct sdse_diags *diags,
                                  struct sdse_reader **out);
// The same, but what the file holds is not checked: to find out what is wrong with it.
enum sdse_status sdse_reader_open_unchecked(const char *path, struct sdse_diags *diags,
                                            struct sdse_reader **out);
// Makes the tables and views of another results database readable as NAME.v_point … .
// It is checked as sdse_reader_open checks it, and as read-only as the first.
//
//     results-attach   a name that is no plain word, taken already, or one too many
enum sdse_status sdse_reader_attach(struct sdse_reader *reader, const char *name,
                                    const char *path, struct sdse_diags *diags);
// NULL is fine.
void sdse_reader_close(struct sdse_reader *reader);

#endif
