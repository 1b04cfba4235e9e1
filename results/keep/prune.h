// Dropping what a results.db need not keep: old versions of sweeps, one sweep, the
// points of a tag; and whatever nothing refers to then. What stays is what a file would
// have that never held the rest: the same export, alone and merged with others.
#ifndef SDSE_RESULTS_KEEP_PRUNE_H
#define SDSE_RESULTS_KEEP_PRUNE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/diag.h"
#include "base/status.h"
#include "results/store/content.h"
#include "results/store/store.h"

// What goes: places of points in sweeps, chosen by one of
//     neither          those in versions of sweeps that are not the newest
//     sweep, version   those in that sweep; version 0: in all its versions
//     tag              those of the tag's points, and the tag
// but for points that a tag (another one) names and no other sweep has: they stay, at
// their places. Sweeps among the chosen that have no place left go with their runs, and
// then points that have neither place nor tag, solutions, fronts, forms, origins and
// texts that nothing refers to. Training stays.
struct sdse_prune {
    const char *sweep, *tag; // NULL: not chosen by it
    uint64_t version;
};

struct sdse_pruned {
    uint64_t before[SDSE_CONTENTS], after[SDSE_CONTENTS]; // rows of the tables
    uint64_t tagged;     // points that stay because of a tag
    uint64_t file_bytes; // before
    uint64_t bytes;      // after; of a trial: at most so many
};

// Drops them in one transaction, then makes the file smaller: a kill at any moment
// leaves it as it was, or without them. `trial`: nothing is changed, only counted.
//
// SDSE_INVALID with a diagnostic, and nothing changed: no such sweep, version or tag
// (results-name), a run is at work on the file (results-busy). SDSE_IO with a
// diagnostic (prune-size) if they are dropped and the file could not be made smaller:
// doing it again will.
enum sdse_status sdse_prune(struct sdse_store *store, const struct sdse_prune *prune,
                            bool trial, struct sdse_diags *diags,
                            struct sdse_pruned *pruned);

#endif
