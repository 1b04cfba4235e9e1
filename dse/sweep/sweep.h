// The sweep: every point of a file, computed once, kept in one database.
#ifndef SDSE_DSE_SWEEP_SWEEP_H
#define SDSE_DSE_SWEEP_SWEEP_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/diag.h"
#include "base/status.h"

struct sdse_plan;

struct sdse_sweep_progress {
    size_t points_total;  // of this run's shard
    size_t points_done;   // stored, in this run or before
    size_t points_reused; // of these, stored before this run began
    size_t points_shared; // of these, stored by other runs meanwhile
    size_t infeasible;
    size_t failed;     // stored with status error: computed again by the next run
    size_t front_size; // of (energy, latency, area) over the stored points of this
                       // sweep, summed over its networks
    // Of a search: the share of the box between 0 and the reference that the points so
    // far dominate, in the search's objectives; the mean over the networks. Without a
    // declared reference that is the worst seen so far. NAN: no search.
    double hypervolume;
    size_t problems_total, problems_done; // distinct layer problems met so far
    uint64_t nodes;                       // visited by the mapper
    uint64_t variants;                    // of the problems it solved
    double mappings;                      // in their spaces
    double seconds;                       // since the run began
};

struct sdse_sweep_request {
    const char *sweep_path;
    const char *database_path;
    unsigned threads;        // 0 = as many as processors
    const atomic_bool *stop; // may be NULL; set it from a signal handler to stop soon
    bool follow_links;       // links may lead weight files out of their folder
    const struct sdse_shipped *shipped; // what it may name; NULL: nothing
    bool embed_weights; // of measured forms, in the database (dse/sweep/embed.h)
    // Called now and then, always from the calling thread; may be NULL.
    void (*progress)(void *context, const struct sdse_sweep_progress *progress);
    void *context;
    // Weights are measured for the points ahead until they add up to this many words,
    // and stored: a kill loses at most that much. 0 = 32 Mi words.
    uint64_t ahead_words;
    // Of `shards` runs this one has the points whose position modulo `shards` is
    // `shard`: the files of all, merged, are that of one run. 0 = all points.
    uint64_t shard, shards;
    // Made already (dse/sweep/stored_plan.h), in place of a file's; NULL: of
    // sweep_path. Freed with the run, but for its arena.
    struct sdse_plan *plan;
};

// Runs a sweep, or continues it: points that are stored are not computed again. Points
// are written in their fixed order in batches, each one transaction, so a run that is
// killed loses at most the two under way. Runs of one sweep that write to one file at
// the same time, on one machine, share its points: none is computed twice, and each run
// ends when all are stored; what a killed one was at work on falls to the others. The
// stored results do not depend on the number of threads or on interruptions; how the
// run went is kept in run_log.
//
// diags     what is wrong with the input; nothing is written then
// progress  out: the state at the end
//
// Returns SDSE_OK, SDSE_INTERRUPTED (what is done is stored), SDSE_INVALID, SDSE_IO,
// SDSE_DATABASE (diagnostics say what), SDSE_NO_MEMORY.
enum sdse_status sdse_sweep_run(const struct sdse_sweep_request *request,
                                struct sdse_diags *diags,
                                struct sdse_sweep_progress *progress);

#endif
