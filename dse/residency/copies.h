// Tensors that are moved between layers: what bringing one from the outermost memory
// into the shared memory takes.
//
// A copy is a nest of its own that does nothing else, one after the other with the
// layers: each word is read once in the outermost memory, crosses the networks in and
// fills the shared memory, as words that a group brings in do (docs/model.md, section
// 13), as inputs are wide and coded. Its cycles are those of the slowest port; static
// power, refreshes and control last as long.
//
// The other way, a tensor that is to leave the shared memory is written to both
// memories as it is made: the same words move, and may move while its maker works.
// Oracle: tests/oracle/test_residence.c, by hand.
#ifndef SDSE_DSE_RESIDENCY_COPIES_H
#define SDSE_DSE_RESIDENCY_COPIES_H

#include "costmodel/evaluate.h"
#include "dse/residency/residency.h"

// The layer that a copy of a tensor is.
//
// level  the shared memory's
// at     out: layer->residence points to it
void sdse_copy_layer(const struct sdse_workload *workload,
                     const struct sdse_handed_tensor *tensor, unsigned level,
                     struct sdse_layer *layer, struct sdse_residence *at);

// All that it costs. As sdse_model_new; SDSE_NO_MEMORY.
enum sdse_status sdse_copy_cost(const struct sdse_arch *arch,
                                const struct sdse_workload *workload,
                                const struct sdse_handed_tensor *tensor,
                                struct sdse_arena *arena, struct sdse_cost *cost);

// Sets what copies of all tensors cost, and what room there is for them. Likewise.
enum sdse_status sdse_placing_add_copies(const struct sdse_arch *arch,
                                         const struct sdse_workload *workload,
                                         struct sdse_arena *arena,
                                         struct sdse_placing *placing);

#endif
