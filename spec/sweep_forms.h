// Private to spec/: the weight forms of a sweep.
#ifndef SDSE_SPEC_SWEEP_FORMS_H
#define SDSE_SPEC_SWEEP_FORMS_H

#include "spec/tree.h"
#include "spec/types/sweep.h"

enum { SDSE_MAX_FORMS = 10000 };

// Reads `weight_forms:` (NULL: raw alone) into the sweep; lists of values make one form
// each. Returns false only when memory is out.
bool sdse_read_forms(struct sdse_arena *arena, const struct sdse_node *list,
                     struct sdse_diags *diags, struct sdse_sweep *sweep);

#endif
