// The parts of a sweep that this run is at work on, so that runs that share a file do
// not do the same twice. Private to dse/sweep/.
#ifndef SDSE_DSE_SWEEP_CLAIMS_H
#define SDSE_DSE_SWEEP_CLAIMS_H

#include "base/hash.h"
#include "base/status.h"
#include "results/store/store.h"

struct sdse_claims;

enum { SDSE_CLAIMS_MOST_POINTS = 64 };

// Consecutive points that are claimed together, the same in every run; at most
// SDSE_CLAIMS_MOST_POINTS.
uint64_t sdse_claims_part_points(uint64_t point_count);

// Begins to claim parts of a sweep, with a heartbeat from a thread of its own. Freed
// before the store is closed. Returns SDSE_OK, or what the store said.
enum sdse_status sdse_claims_begin(struct sdse_store *store, const char *database_path,
                                   struct sdse_hash sweep, struct sdse_claims **claims);
// Takes a part that is free, or whose owner has ended.
enum sdse_status sdse_claims_take(struct sdse_claims *claims, uint64_t part,
                                  bool *taken);
// Gives back what was taken of parts below `end`; inside a batch.
enum sdse_status sdse_claims_release(struct sdse_claims *claims, uint64_t end);
// Gives everything back. NULL is fine.
void sdse_claims_end(struct sdse_claims *claims);

#endif
