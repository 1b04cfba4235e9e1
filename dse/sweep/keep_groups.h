// What a point keeps of the groups that were picked for it. Private to dse/.
#ifndef SDSE_DSE_SWEEP_KEEP_GROUPS_H
#define SDSE_DSE_SWEEP_KEEP_GROUPS_H

#include "dse/fusion/fusion.h"
#include "dse/sweep/reside.h"

// Copies the groups, with the kinds of their nests, into `out`, whose layers are there;
// a layer of a group then says which nests are its own.
//
// request, placing  that the groups were picked from
// problem           [layers of the network]: what its layers are without sharing
// Returns false only when memory is out.
bool sdse_keep_groups(const struct sdse_fusion_request *request,
                      const struct sdse_placing *placing,
                      struct sdse_layer_problem *const *problem,
                      const struct sdse_fused_group *group, size_t count,
                      struct sdse_arena *scratch, struct sdse_point_places *out);

// The index of a kind among the nests of its group: by layer.
size_t sdse_group_nest(const struct sdse_fused_group *group, size_t kind);

// The order of a group's nests as it is stored: which of the point's nests, of which
// those of the group begin at `first`. In `arena`; NULL: memory is out.
const char *sdse_group_order_text(const struct sdse_fused_group *group, size_t first,
                                  struct sdse_arena *arena);

// A kind of nest of a group as it is stored, but for its solution; its `bounds` and the
// names of memories are in `arena`. False: memory is out.
//
// kind, index  of the kind in its group, of the group in its point
bool sdse_nest_record_of(const struct sdse_arch *arch,
                         const struct sdse_fused_group *group, size_t kind,
                         size_t index, struct sdse_arena *arena,
                         struct sdse_nest_record *record);

// The name of the memory that a group holds what it does in. NULL: memory is out.
const char *sdse_group_memory(const struct sdse_arch *arch,
                              const struct sdse_fused_group *group,
                              struct sdse_arena *arena);

// What is stored of where a group's input comes from, and where its outputs go.
const char *sdse_group_inputs(const struct sdse_fused_group *group);
const char *sdse_group_outputs(const struct sdse_fused_group *group);

#endif
