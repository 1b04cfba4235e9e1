// Private to spec/: a sweep's `search`.
#ifndef SDSE_SPEC_SWEEP_SEARCH_H
#define SDSE_SPEC_SWEEP_SEARCH_H

#include "spec/tree.h"
#include "spec/types/sweep.h"

// Reads it into sweep->search; NULL is none. After the sweep's `mapper`.
//
//     search-objectives   fewer than two, or one twice
//     search-reference    not one value for each of the objectives
//     search-population   without nsga2, or more than the evaluations
//     search-time-limit   nsga2 with a mapper that time ends
void sdse_read_search(const struct sdse_node *node, struct sdse_diags *diags,
                      struct sdse_sweep *sweep);

#endif
