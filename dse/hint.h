// What would map a layer much better than the space that was searched: other options,
// or a dimension that no fan-out takes. Tried, never guessed.
#ifndef SDSE_DSE_HINT_H
#define SDSE_DSE_HINT_H

#include "base/arena.h"
#include "base/status.h"
#include "dse/mapper/answer.h"
#include "dse/mapper/request.h"

// Looks for a hint where the answer uses at most a quarter of the multipliers, or costs
// more than the same loops with one tensor less kept somewhere. Tried with bounded
// effort (4,000 nodes and a descent each):
//
//   imperfect factors  the two places of a padded bound (by at most 10 %) that use
//                      the most; unless the request pads
//   dims_x, dims_y     dimensions that no fan-out takes, each on all of them; below 5 %
//   free bypass        the two choices that promise most; unless the request has it
//
// A hint is what lowers the objective most (of a front: the least energy x latency), if
// by at least a tenth. Deterministic.
//
// hint  out: one line without line end in `arena`; NULL: nothing would be won, or there
//       is no mapping to compare with
//
// Returns SDSE_OK or SDSE_NO_MEMORY.
enum sdse_status sdse_hint_find(const struct sdse_map_request *request,
                                const struct sdse_map_answer *answer,
                                struct sdse_arena *arena, const char **hint);

#endif
