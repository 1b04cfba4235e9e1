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
    size_t sample;    // layer problems to solve; 0 = SDSE_ESTIMATE_SAMPLE
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
    // Distinct layer problems of a run into an empty file. Not exact: at most; forms
    // that are not measured yet may turn out alike.
    uint64_t problems;
    bool exact;
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
// The problems, in the order of network, layer and form, are cut into as many strata of
// equal size as problems are asked for; of each one is drawn and solved. Forms to be
// measured are drawn in proportion to their words. What is written: points that are
// drawn likewise, with the solved problems in place of those that are not.
//
// Returns SDSE_OK, SDSE_INTERRUPTED, or what sdse_plan_load, sdse_store_open and
// sdse_measure return; *estimate is untouched then.
enum sdse_status sdse_estimate_sweep(const struct sdse_estimate_request *request,
                                     struct sdse_diags *diags,
                                     struct sdse_estimate *estimate);

#endif
