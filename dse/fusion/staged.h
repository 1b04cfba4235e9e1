// Tensors whose words may wait in the shared memory, so that the outermost memory works
// ahead of the nests that need them, or behind those that made them (overlap.h).
#ifndef SDSE_DSE_FUSION_STAGED_H
#define SDSE_DSE_FUSION_STAGED_H

#include "dse/fusion/fusion.h"

// Those of a layer of the network: set of SDSE_BIT(tensor), empty unless nests may
// overlap. level: of the shared memory.
unsigned sdse_staged_tensors(const struct sdse_fusion_request *request, size_t layer,
                             unsigned level);

// Why none of any layer may on this accelerator, whichever of the memories that share a
// group is in: of the outermost of these, the end of a sentence; NULL: some may.
// One at least shares.
const char *sdse_staged_why_none(const struct sdse_arch *arch);

#endif
