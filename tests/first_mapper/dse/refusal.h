// Why there is no mapping.
#ifndef SDSE_DSE_REFUSAL_H
#define SDSE_DSE_REFUSAL_H

#include "dse/problem.h"

// One sentence for a problem that has no valid mapping: the level and constraint, or
// the level and tensors, that cannot be met, the smallest tile and how far off it is.
// Lives in `arena`; NULL when memory is out.
const char *sdse_refusal(const struct sdse_problem *problem, struct sdse_arena *arena);

#endif
