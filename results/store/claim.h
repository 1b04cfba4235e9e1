// Which run of a sweep is at work on which of its points: runs that share a file then
// share the work, without a coordinator. Claims are no results: they are in no export,
// have no digest, and merging leaves them behind.
//
// A claimant is a row with its host, process and a random token, which its heartbeat
// keeps from expiring. Its claims fall to others when it has expired, and at once when
// its process is gone, which is known on the same host.
#ifndef SDSE_RESULTS_STORE_CLAIM_H
#define SDSE_RESULTS_STORE_CLAIM_H

#include "base/hash.h"
#include "base/status.h"
#include "results/store/store.h"

enum { SDSE_CLAIM_SECONDS = 60 }; // from the last heartbeat to the end

struct sdse_claimant {
    char token[33];
};

// Gives this process a claimant of its own in the file, and removes those that have
// ended, with their claims. Not inside a batch. Returns SDSE_OK, or what the database
// said; then there is no claimant.
enum sdse_status sdse_claim_begin(struct sdse_store *store,
                                  struct sdse_claimant *claimant);
// Takes part `part` of a sweep, if nobody who lives has it: *taken. Not inside a batch.
// A claim is not synchronised: a power cut may lose it, never a result.
enum sdse_status sdse_claim_take(struct sdse_store *store,
                                 const struct sdse_claimant *claimant,
                                 struct sdse_hash sweep, uint64_t part, bool *taken);
// Gives parts up to and including `last` back, inside the batch that has their points.
enum sdse_status sdse_claim_release(struct sdse_store *store,
                                    const struct sdse_claimant *claimant,
                                    struct sdse_hash sweep, uint64_t last);
// Ends the claimant and what it has claimed. Not inside a batch.
void sdse_claim_end(struct sdse_store *store, struct sdse_claimant *claimant);

// Whether a run is at work on the file: *busy, and who it is. Inside a batch. Those
// that have ended are removed.
struct sdse_claim_owner {
    char host[320]; // and the namespace of its processes
    int64_t pid;
};
enum sdse_status sdse_claim_find(struct sdse_store *store, bool *busy,
                                 struct sdse_claim_owner *owner);

// One heartbeat, on a connection of its own: any thread may call it. False: it was not
// kept, and may be tried again.
bool sdse_claim_beat(const char *database_path, const struct sdse_claimant *claimant);

#endif
