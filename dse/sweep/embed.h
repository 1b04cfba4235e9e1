// The weights that measured forms are measured on, written into the database.
#ifndef SDSE_DSE_SWEEP_EMBED_H
#define SDSE_DSE_SWEEP_EMBED_H

#include "base/diag.h"
#include "base/status.h"
#include "dse/sweep/plan.h"
#include "results/store/store.h"

// Writes, inside a batch that has the sweep, what the weight files of its networks
// hold, each distinct tensor once: nothing if no form is measured. A file that has
// changed since the sweep was planned is SDSE_INVALID with a diagnostic
// (weights-changed); else what sdse_layer_weights_load or the store returns.
enum sdse_status sdse_embed_weights(const struct sdse_plan *plan,
                                    struct sdse_store *store, struct sdse_diags *diags);

// What they take in the database, but for the rows around them. [bytes]
uint64_t sdse_embed_bytes(const struct sdse_plan *plan);

#endif
