// What is whole of a damaged results.db, copied to a new file; and what then is
// missing. Nothing is computed here: dse/sweep/repair.h solves what was lost again.
#ifndef SDSE_RESULTS_STORE_SALVAGE_H
#define SDSE_RESULTS_STORE_SALVAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/status.h"
#include "results/store/reader.h"
#include "results/store/store.h"

// A point of the damaged file that the new one has not.
struct sdse_lost_point {
    int64_t id;          // in the damaged file
    bool row, parts;     // its own row is as it was written; and its layers' and
                         // parameters' rows
    struct sdse_hash is; // to be filled in by the caller: its hash; {0, 0}: unknown
};

struct sdse_salvaged {
    uint64_t bad_rows; // that are not what was written, or could not be read
    size_t lost_count;
    struct sdse_lost_point *lost;
};

// Copies, in one batch, every row that agrees with its digest, and leaves out what does
// not hold together without the others: fronts with gaps, solutions and points that do
// not add up from their parts. `all`: every point, solution and front is left out, to
// be solved anew. What cannot be solved again is a diagnostic (repair-lost): inputs,
// sweeps, training. Returns SDSE_OK, or what kept it from copying.
enum sdse_status sdse_salvage(struct sdse_reader *damaged, struct sdse_store *store,
                              bool all, struct sdse_arena *arena,
                              struct sdse_diags *diags, struct sdse_salvaged *out);

// Empties a file that was salvaged to, for another time.
enum sdse_status sdse_salvage_begin_anew(const char *path, struct sdse_diags *diags);

// Whether some sweep of the damaged file has point `id` under this hash, by the digest
// of its place.
bool sdse_salvage_confirms(struct sdse_reader *damaged, int64_t id,
                           struct sdse_hash hash);

// Ends the new file: puts the points at their places in their sweeps, takes out the
// sweeps `made` (and their runs) that the repair itself has run, and seals every table.
// Places that are lost are diagnostics (repair-lost).
enum sdse_status sdse_salvage_end(struct sdse_reader *damaged, struct sdse_store *store,
                                  const struct sdse_salvaged *salvaged,
                                  const struct sdse_hash *made, size_t made_count,
                                  struct sdse_diags *diags);

// Whether every table but run_log has the rows that the damaged file was sealed with.
// A seal of which the number of rows or the sum alone differs was damaged itself.
bool sdse_salvage_is_whole(struct sdse_reader *damaged, struct sdse_store *store);

// Puts the repaired file, closed, in place of the damaged one, in one transaction.
// SDSE_DATABASE with a diagnostic if another process holds it.
enum sdse_status sdse_salvage_replace(const char *repaired, const char *damaged,
                                      struct sdse_diags *diags);

#endif
