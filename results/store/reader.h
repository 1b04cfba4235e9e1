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
// NULL is fine.
void sdse_reader_close(struct sdse_reader *reader);

#endif
