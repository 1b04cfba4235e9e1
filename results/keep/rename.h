// Another name for a sweep of a results.db: the file is then as if the sweep had been
// called so when it ran.
#ifndef SDSE_RESULTS_KEEP_RENAME_H
#define SDSE_RESULTS_KEEP_RENAME_H

#include <stdint.h>

#include "base/diag.h"
#include "base/status.h"
#include "results/store/store.h"

// Renames all versions of the sweep `name` to `now`, in one batch; `line`: the first
// line of a sweep's text under that name, without its end ("name: x"). A sweep's hash
// is that of its text, so the digests of its places and runs change with it.
//
// SDSE_INVALID with a diagnostic, and nothing changed: no such sweep (results-name), a
// sweep of that name is there (rename-taken), a run is at work on the file
// (results-busy). *versions: how many were renamed.
enum sdse_status sdse_rename_sweep(struct sdse_store *store, const char *name,
                                   const char *now, const char *line,
                                   struct sdse_diags *diags, uint64_t *versions);

#endif
