// Writing layers that take turns: their nests, and what these add up to. Private to
// dse/.
#ifndef SDSE_DSE_SWEEP_WRITE_GROUPS_H
#define SDSE_DSE_SWEEP_WRITE_GROUPS_H

#include "dse/sweep/reside.h"
#include "dse/sweep/write_copies.h"
#include "results/store/store.h"

// Adds the solutions of a layer's nests, and that of the layer: the sum of them, and of
// what is copied before it, whose mapping says which nests there are. Inside the
// store's open batch.
//
// layer     of places->layer, grouped
// names     of the layers of its group, as a list in flow style
// solution  out: of the layer
// Returns SDSE_OVERFLOW, with nothing said, where a count of the layer exceeds 64 bits.
enum sdse_status
sdse_write_grouped_layer(const struct sdse_layer_problem *problem,
                         struct sdse_point_places *places,
                         const struct sdse_placed_layer *layer, const char *names,
                         const struct sdse_copied *copied, struct sdse_store *store,
                         struct sdse_arena *scratch, struct sdse_hash *solution);

// The names of the layers from `first` to `last`. NULL: memory is out.
const char *sdse_group_names(struct sdse_arena *arena,
                             const struct sdse_workload *workload, size_t first,
                             size_t last);

// The rows of the nests, once their solutions are known. NULL: memory is out.
const struct sdse_nest_record *sdse_nest_records(const struct sdse_point_places *places,
                                                 struct sdse_arena *scratch);

#endif
