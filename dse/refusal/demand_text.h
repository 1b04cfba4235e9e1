// Demands and changes of an accelerator, named as its file names them.
#ifndef SDSE_DSE_REFUSAL_DEMAND_TEXT_H
#define SDSE_DSE_REFUSAL_DEMAND_TEXT_H

#include "dse/refusal/relax.h"

// "'factors: {K: 5}' of level 'GLB' (arch.yaml:30:20)", "the 40 bits of level 'GLB'
// (…)". Lives in `arena`; NULL when memory is out.
const char *sdse_demand_text(const struct sdse_problem *problem,
                             const struct sdse_demand *demand, bool places,
                             struct sdse_arena *arena);

// "48 bits in level 'GLB', not 40 (…): 1.2 times as many". places: say where in the
// file the old number stands. As above.
const char *sdse_change_text(const struct sdse_problem *problem,
                             const struct sdse_change *change, bool places,
                             struct sdse_arena *arena);

#endif
