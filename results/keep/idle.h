// Private to results/keep: what changes more than it adds asks first whether anybody is
// at work on the file.
#ifndef SDSE_RESULTS_KEEP_IDLE_H
#define SDSE_RESULTS_KEEP_IDLE_H

#include "base/diag.h"
#include "base/status.h"
#include "results/store/store.h"

// Inside a batch, which no run can begin beside. SDSE_INVALID with a diagnostic
// (results-busy) if a sweep is running on the file.
enum sdse_status sdse_keep_is_idle(struct sdse_store *store, struct sdse_diags *diags);

#endif
