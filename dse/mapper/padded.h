// A mapping problem with one bound padded: its layer, its bounds, and prices that stay
// below what the mapping costs that is cut off at the real bound.
#ifndef SDSE_DSE_MAPPER_PADDED_H
#define SDSE_DSE_MAPPER_PADDED_H

#include "dse/mapper/problem.h"

// Sets the problem's layer, bounds and shares. `layer` is the real one; without padding
// it is the problem's too. SDSE_NO_MEMORY.
enum sdse_status sdse_padded_init(struct sdse_problem *problem,
                                  const struct sdse_layer *layer,
                                  const struct sdse_padding *padding);

// Scales the prices of the lanes' edges, before bounds are derived from them.
void sdse_padded_share(struct sdse_problem *problem);

#endif
