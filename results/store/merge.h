// Several results.db made one: what shards of a sweep, or sweeps on several machines,
// have found. Every row is named by its content, so the order does not matter, and
// merging again changes nothing.
#ifndef SDSE_RESULTS_STORE_MERGE_H
#define SDSE_RESULTS_STORE_MERGE_H

#include <stddef.h>
#include <stdint.h>

#include "base/diag.h"
#include "base/status.h"
#include "results/store/reader.h"
#include "results/store/store.h"

struct sdse_merged {
    uint64_t points; // that the store had not, or had with less of a result
};

// Whether a file's figures may be mixed with those of `model_version`: SDSE_INVALID
// with a diagnostic (results-model) if not.
enum sdse_status sdse_merge_admits(struct sdse_reader *source,
                                   const char *model_version, struct sdse_diags *diags);

// Adds to the store what the sources have, all in one batch: after any failure nothing
// is added. Of two results of one point, or one search, the better known is kept: not
// an error, proved, the smaller gap, the smaller energy; then the smaller digest. A
// sweep that ran last in time is the newest. A row that does not agree with its digest
// ends it (SDSE_INVALID, diagnostics name it).
enum sdse_status sdse_merge(struct sdse_store *store,
                            struct sdse_reader *const *sources, size_t count,
                            struct sdse_diags *diags, struct sdse_merged *merged);

#endif
