// Tensors that are moved between layers: what bringing one from the outermost memory
// into one that shares takes, or from one that shares into another.
//
// A copy is a nest of its own that does nothing else, one after the other with the
// layers: each word is read once in the memory that it comes from, crosses the networks
// between and fills the other, as words that a group brings in do (docs/model.md,
// section 13), as inputs are wide and coded. Out of a memory, to one further out that
// shares, it goes as finished outputs do: by their networks and ports, an update of the
// other. Its cycles are those of the slowest port; static power, refreshes and control
// last as long.
//
// A tensor that is to be in the outermost memory is written there as it is made: the
// same words move, and may move while its maker works.
// Oracle: tests/oracle/test_residence.c, by hand.
#ifndef SDSE_DSE_RESIDENCY_COPIES_H
#define SDSE_DSE_RESIDENCY_COPIES_H

#include "costmodel/evaluate.h"
#include "dse/residency/residency.h"

// The outermost levels of the memories that a copy goes from and to, by the numbers of
// struct sdse_copy.
struct sdse_copy_way {
    unsigned source, level;
};
struct sdse_copy_way sdse_copy_way(const struct sdse_arch *arch, unsigned source,
                                   unsigned memory);

// The layer that a copy of a tensor is.
//
// at  out: layer->residence points to it
void sdse_copy_layer(const struct sdse_workload *workload,
                     const struct sdse_handed_tensor *tensor, struct sdse_copy_way way,
                     struct sdse_layer *layer, struct sdse_residence *at);

// All that it costs. As sdse_model_new; SDSE_NO_MEMORY.
enum sdse_status sdse_copy_cost(const struct sdse_arch *arch,
                                const struct sdse_workload *workload,
                                const struct sdse_handed_tensor *tensor,
                                struct sdse_copy_way way, struct sdse_arena *arena,
                                struct sdse_cost *cost);

// Sets what copies of all tensors cost, and what room there is for them. Likewise.
enum sdse_status sdse_placing_add_copies(const struct sdse_arch *arch,
                                         const struct sdse_workload *workload,
                                         struct sdse_arena *arena,
                                         struct sdse_placing *placing);

#endif
