// Private to spec/: a sweep's `outputs`.
#ifndef SDSE_SPEC_SWEEP_OUTPUTS_H
#define SDSE_SPEC_SWEEP_OUTPUTS_H

#include "spec/tree.h"
#include "spec/types/sweep.h"

// Reads them into sweep->outputs; NULL is none. Paths are beside the sweep's file.
// False if memory is out.
bool sdse_read_outputs(struct sdse_arena *arena, const struct sdse_node *node,
                       struct sdse_diags *diags, struct sdse_sweep *sweep);

#endif
