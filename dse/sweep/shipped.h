// Accelerators and networks that a sweep names as the command line does: shipped ones,
// by name.
#ifndef SDSE_DSE_SWEEP_SHIPPED_H
#define SDSE_DSE_SWEEP_SHIPPED_H

#include <stddef.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/status.h"
#include "spec/types/sweep.h"

// Folders that may have archs/ and workloads/, in the order in which they are asked.
struct sdse_shipped {
    size_t count;
    const char *const *folders;
};

// Puts the path of archs/NAME.yaml, or workloads/NAME.yaml, in the place of every path
// of the sweep that is a name (without '/', .yaml or .json) and no file beside the
// sweep. Returns SDSE_OK, SDSE_INVALID with a diagnostic [shipped-name] for each that
// is nowhere, or SDSE_NO_MEMORY.
enum sdse_status sdse_shipped_find(struct sdse_arena *arena,
                                   const struct sdse_shipped *shipped,
                                   struct sdse_sweep *sweep, struct sdse_diags *diags);

#endif
