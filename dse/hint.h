// What would map a layer much better than the space that was searched: other options,
// or a dimension that no fan-out takes. Tried, never guessed.
#ifndef SDSE_DSE_HINT_H
#define SDSE_DSE_HINT_H

#include "base/arena.h"
#include "base/status.h"
#include "dse/mapper/answer.h"
#include "dse/mapper/request.h"

// What was tried and lowers the objective most.
struct sdse_hint {
    bool found;
    struct sdse_mapping mapping;
    const char *before, *after; // what is said around "EDP 1.5 times lower (tried)"
};

// Looks for a hint where the answer uses at most a quarter of the multipliers, or costs
// more than the same loops with one tensor less kept somewhere. Tried with bounded
// effort (1,000 nodes and a descent each):
//
//   imperfect factors  the two places of a padded bound (by at most 10 %) that use
//                      the most; unless the request pads
//   dims_x, dims_y     dimensions that no fan-out takes, each on all of them; below 5 %
//   free bypass        the two choices that promise most; unless the request has it
//
// A hint is what lowers the objective most (of a front: the least energy x latency), if
// by at least a tenth. Deterministic.
//
// hint  out: its texts live in `arena`; found = false: nothing would be won, or there
//       is no mapping to compare with
//
// Returns SDSE_OK or SDSE_NO_MEMORY.
enum sdse_status sdse_hint_look(const struct sdse_map_request *request,
                                const struct sdse_map_answer *answer,
                                struct sdse_arena *arena, struct sdse_hint *hint);

// What is said of a hint, found here or for an alike problem: the mapping is scored
// here.
//
// text  out: one line without line end in `arena`; NULL: no hint, or here it lowers the
//       objective by less than a tenth or is not valid
//
// Returns SDSE_OK, SDSE_OVERFLOW or SDSE_NO_MEMORY.
enum sdse_status sdse_hint_text(const struct sdse_hint *hint,
                                const struct sdse_map_request *request,
                                const struct sdse_map_answer *answer,
                                struct sdse_arena *arena, const char **text);

// Both: the hint of this very problem.
enum sdse_status sdse_hint_find(const struct sdse_map_request *request,
                                const struct sdse_map_answer *answer,
                                struct sdse_arena *arena, const char **text);

#endif
