// Our figures beside the published ones.
#ifndef SDSE_DSE_VALIDATION_VALIDATE_H
#define SDSE_DSE_VALIDATION_VALIDATE_H

#include <stdatomic.h>

#include "dse/validation/prepare.h"

enum sdse_anchor_verdict {
    SDSE_VERDICT_WITHIN,       // the error is within the anchor's band
    SDSE_VERDICT_EXPLAINED,    // it is not, but is in the stated alternative
    SDSE_VERDICT_OUTSIDE,      // neither
    SDSE_VERDICT_RECALLED,     // the published figure is not verified
    SDSE_VERDICT_RESTATED,     // ours follows from the description's own constants
    SDSE_VERDICT_NO_FIGURE,    // nothing was published
    SDSE_VERDICT_NOT_MODELLED, // there is nothing of ours
    SDSE_VERDICT_FAILED,       // ours could not be computed
    SDSE_VERDICTS
};

// "within", "explained", "outside", "recalled", "restated", "no figure", "not
// modelled", "failed".
const char *sdse_verdict_name(enum sdse_anchor_verdict verdict);

struct sdse_anchor_result {
    const struct sdse_anchor *anchor;
    const struct sdse_validation *file; // that it is of
    enum sdse_anchor_verdict verdict;
    double ours, alternative; // in the anchor's unit; NAN = none
    // Ours over the published figure, less 1; of a range over its nearer end, 0 within
    // it. [%]; NAN = none
    double error_percent, alternative_error_percent;
    const char *failure; // why ours, or the alternative, could not be computed
};

// Evaluates what the anchors need, on `threads` threads (0 = as many as processors),
// and judges them in order.
//
// ready     made by sdse_validation_prepare; its items are filled in
// stop      set by another thread or a signal; may be NULL
// results   out: one for each anchor, in `arena`
//
// Returns SDSE_OK also where an anchor fails; SDSE_NO_MEMORY.
enum sdse_status sdse_validation_run(struct sdse_ready_validation *ready,
                                     unsigned threads, const atomic_bool *stop,
                                     struct sdse_arena *arena,
                                     struct sdse_anchor_result **results);

// How many anchors have each verdict.
struct sdse_validation_tally {
    size_t anchors, verdict[SDSE_VERDICTS];
    size_t calibrated;   // of those that are judged
    size_t uncalibrated; // the others that are judged
    size_t within_15;    // of the uncalibrated, whatever their band
};
void sdse_validation_count(const struct sdse_anchor_result *results, size_t count,
                           struct sdse_validation_tally *tally);

#endif
