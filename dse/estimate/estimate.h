// What a sweep will take, said beforehand: its points and distinct layer problems,
// which are counted, and the time and space that they need, which are estimated from a
// sample that is solved and written.
#ifndef SDSE_DSE_ESTIMATE_ESTIMATE_H
#define SDSE_DSE_ESTIMATE_ESTIMATE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/diag.h"
#include "base/status.h"
#include "dse/sweep/shipped.h"

enum { SDSE_ESTIMATE_SAMPLE = 100, SDSE_ESTIMATE_FORMS = 16 };

struct sdse_estimate_request {
    const char *sweep_path;
    bool follow_links; // links may lead weight files out of their folder
    const struct sdse_shipped *shipped; // what it may name; NULL: nothing
    unsigned threads; // of the sample, and of each run that is asked about; 0 = as many
                      // as processors
    size_t sample;    // layer problems to draw; 0 = SDSE_ESTIMATE_SAMPLE
    uint64_t seed;    // draws the sample
    bool measure;     // measure all forms: then the problems of measured forms are
                      // counted, too
    double deadline_s;       // how many shards end by then? 0 = not asked
    const char *folder;      // where a database for trial is written and removed
    const atomic_bool *stop; // may be NULL
};

struct sdse_estimate {
    uint64_t points;  // of a search: its budget
    uint64_t designs; // that a search chooses them from; 0: no search
    // Of a search by nsga2, whose points nobody knows before: the rest is estimated for
    // as many of sobol.
    bool guessed;
    // Distinct layer problems of a run into an empty file. Not exact: at most, where
    // forms that are not measured yet may turn out alike; about, where not every
    // accelerator was looked at.
    uint64_t problems;
    bool exact;
    uint64_t accelerators, looked_at;   // of a search: one for each point
    uint64_t forms;                     // distinct, to be measured
    uint64_t solved, measured, written; // of them in the sample; points written
    // Of one run on one processor [s of CPU time].
    double plan_s, measure_s, solve_s, write_s, cpu_s;
    double error; // standard error of measure_s + solve_s, as a fraction of cpu_s
    double database_bytes;
    uint64_t weights_bytes; // more, with --embed-weights
    bool outputs;           // the sweep runs models, whose time is not known
    // If a deadline is asked about: the fewest shards of which all end by then, within
    // an eighth, or 0 if none do; and the time of the longest [s].
    uint64_t shards;
    double shard_s;
};

// Loads a sweep as a run does and estimates it: nothing is kept.
//
// Of up to SDSE_PLAN_LOOKS accelerators every problem is counted, of more those of as
// many, drawn evenly. Problems are drawn from up to 16 blocks of each network: of as
// many consecutive points as a run gathers in a batch. What is drawn is solved as the
// run does it, with all of the line that it is in (dse/sweep/lines.h), and counts as
// the mean of that line; blocks take turns, and the draws go evenly through what is
// asked of accelerators. Forms to be measured are drawn in proportion to their words.
// What is written: the accelerators of the blocks, what was solved, and points that are
// drawn evenly, with drawn problems in place of their own.
//
// Returns SDSE_OK, SDSE_INTERRUPTED, or what sdse_plan_load, sdse_store_open and
// sdse_measure return; *estimate is untouched then.
enum sdse_status sdse_estimate_sweep(const struct sdse_estimate_request *request,
                                     struct sdse_diags *diags,
                                     struct sdse_estimate *estimate);

#endif
