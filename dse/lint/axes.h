// Whether an axis of a sweep moves anything: proved, or not said.
#ifndef SDSE_DSE_LINT_AXES_H
#define SDSE_DSE_LINT_AXES_H

#include "base/status.h"
#include "dse/sweep/plan.h"

// How an axis was found to move nothing.
enum sdse_axis_proof {
    SDSE_AXIS_MOVES, // or nothing was proved
    SDSE_AXIS_EQUAL, // the accelerators are the same, whatever they run
    SDSE_AXIS_SOLVED // of every layer the same front, in every form
};

// Looks at axis `axis` of accelerator `arch` (indices; dse/sweep/plan.h counts the
// network as axis 0) at all its values, the others at their first. It moves nothing
// where area is equal and
//
//     the accelerators say the same apart from where numbers come from and areas, or
//     the proved fronts of (energy, latency) of every layer of every network are equal
//
// Nothing is solved where forms are measured or models are run. The smallest layer of
// each kind comes first: most axes move it at once. Bounded: 3,000,000 nodes of search,
// 32 values; what is not proved by then is not said.
//
// solved   out: distinct layers that were solved
//
// Returns SDSE_OK or SDSE_NO_MEMORY.
enum sdse_status sdse_axis_find_proof(const struct sdse_plan *plan, size_t arch,
                                      size_t axis, enum sdse_axis_proof *proof,
                                      size_t *solved);

#endif
