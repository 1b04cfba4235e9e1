// Networks that a sweep varies: lists and ranges in place of sizes.
#ifndef SDSE_SPEC_SWEEP_NETWORKS_H
#define SDSE_SPEC_SWEEP_NETWORKS_H

#include "spec/tree.h"
#include "spec/types/sweep.h"

// The networks that one entry of a sweep's `workloads` makes. `from` has the changes of
// the sweep's own `network` first, `shared` of them, then those of the entry. Lists or
// ranges of sizes (batch; of layers m, n, k, batch, repeat, heads, kv_heads,
// out_channels, groups) in one of the two mappings are in step; those of the entry vary
// faster. *out: an array in `arena` of *count networks, each with its parameters; of
// one without any if nothing varies.
//
//     zip-length      lists of one mapping with different numbers of values
//     override-empty  a list without values
//
// and those of ranges (spec/sweep_overrides.h). False: memory is out.
bool sdse_expand_networks(struct sdse_arena *arena,
                          const struct sdse_sweep_network *from, size_t shared,
                          struct sdse_diags *diags, struct sdse_sweep_network **out,
                          size_t *count);

#endif
