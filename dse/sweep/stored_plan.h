// A design point taken from a database, as a plan that can be run again: nothing but
// the file is needed.
#ifndef SDSE_DSE_SWEEP_STORED_PLAN_H
#define SDSE_DSE_SWEEP_STORED_PLAN_H

#include "dse/sweep/plan.h"
#include "results/store/stored_point.h"

struct sdse_stored_plan {
    struct sdse_plan *plan; // of one point, at position 0 of a sweep of its own
    // What the point is made of has its hash. Else weights that were read from files,
    // or a model that was run, are part of it, and neither is in the database.
    bool proven;
    struct sdse_hash hash; // of what it is made of, without those
    // It is proven by these of the point's embedded weights: the layers' files must
    // hold them before the plan is run. NULL: none are needed.
    const struct sdse_stored_weights *embedded;
    size_t embedded_count;
};

// Loads the point's accelerator, network and form from their texts, and makes a plan
// whose only point has the stored point's hash. Forms that were measured on files are
// measured again if they are embedded; else they are those that the point's
// layers have, which the run's database must hold (sdse_stored_point_lend). The figures
// of the network's outputs are carried over, unless the point's hash says that it was
// never run.
//
//     stored-input   a text that does not load, or not to what it was stored as
//     stored-weights forms of weights from files, of a point that has not the layers to
//     take
//                    them from
//
// with diagnostics at the database. Lives in `arena`. Returns SDSE_OK, SDSE_INVALID or
// SDSE_NO_MEMORY.
enum sdse_status sdse_plan_stored(struct sdse_arena *arena, const char *database_path,
                                  const struct sdse_stored_point *point,
                                  struct sdse_diags *diags,
                                  struct sdse_stored_plan *out);

// One plan of the points of many, which agree in objective and mapper. NULL when memory
// is out.
struct sdse_plan *sdse_plan_join(struct sdse_arena *arena,
                                 struct sdse_plan *const *plans, size_t count);

#endif
