// Every stored mapping, scored again by the cost model from what the file alone holds:
// the accelerator, the network and the weight form.
#ifndef SDSE_DSE_SWEEP_RESCORE_H
#define SDSE_DSE_SWEEP_RESCORE_H

#include <stdint.h>

#include "base/diag.h"
#include "base/status.h"
#include "base/steps.h"
#include "results/store/reader.h"

// Energy (to the last bit), cycles and MACs of every solution that a point has; of
// layers that take turns those of their nests, from the rows and reservations. What
// differs, or cannot be scored, is a diagnostic (verify-score) that names solution,
// point and layer. Then every group is looked at (dse/sweep/check_groups.h). *scored:
// how many mappings agree. SDSE_OK, SDSE_INVALID, or what kept it from looking.
//
// steps   is told how many mappings have been looked at, and all; may be NULL
enum sdse_status sdse_rescore(struct sdse_reader *reader,
                              const struct sdse_steps *steps, struct sdse_diags *diags,
                              uint64_t *scored);

#endif
