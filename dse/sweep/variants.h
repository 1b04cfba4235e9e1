// Accelerator variants: what every way to a design point shares, once its accelerator
// is loaded. Private to dse/.
#ifndef SDSE_DSE_SWEEP_VARIANTS_H
#define SDSE_DSE_SWEEP_VARIANTS_H

#include "dse/sweep/plan.h"

// What the path of a parameter begins with that is a size of the network.
#define SDSE_NETWORK_SIZE "network."

// What the reason of a point begins with whose accelerator cannot be.
#define SDSE_REFUSED "accelerator cannot be: "

enum { SDSE_SPACE_PARAMETERS = 9 }; // that a sweep's `mapper` may add

// Completes a variant whose `arch` has resolved costs, whose `resident`, `fuse_depth`,
// `all_tiles` and `columns` say where tensors may be, and whose `parameters` hold the overrides,
// with room for SDSE_SPACE_PARAMETERS more: area, text and hashes, what the mapper's
// space adds as parameters, and positions in uneven memories. SDSE_INVALID with a
// diagnostic [uneven-memory] at `loc`, or SDSE_NO_MEMORY.
enum sdse_status sdse_variant_finish(struct sdse_variant *variant,
                                     const struct sdse_sweep_mapper *mapper,
                                     struct sdse_arena *arena, struct sdse_loc loc,
                                     struct sdse_diags *diags);

// The same for one whose overrides make no accelerator: `arch` then is what it would be
// without them, and `reason`, which begins with SDSE_REFUSED, is part of what it is.
enum sdse_status sdse_variant_refuse(struct sdse_variant *variant,
                                     const struct sdse_sweep_mapper *mapper,
                                     struct sdse_arena *arena, const char *reason);

#endif
