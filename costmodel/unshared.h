// What a mapping would cost with all tensors in the outermost memory.
#ifndef SDSE_COSTMODEL_UNSHARED_H
#define SDSE_COSTMODEL_UNSHARED_H

#include "costmodel/evaluate.h"

// Full cost of the same loops, the memory that tensors are at home in keeping a tile of
// them, whether or not that fits. Of a layer without a residence its own cost. False:
// memory is out.
bool sdse_evaluate_unshared(const struct sdse_model *model,
                            const struct sdse_mapping *mapping, struct sdse_cost *cost);

#endif
