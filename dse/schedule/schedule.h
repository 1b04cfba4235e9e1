// How a network runs: which layers take turns, where the tensors between layers are,
// and every mapping. What `sdse map --resident --fuse` finds, and the mapping's file of
// a network says (docs/formats.md):
//
//     mappings:                     # layers that run by themselves, as in a file of
//     one
//       - layer: conv1
//         place: {outputs: GLB, reserved_bits: 0}
//         mapping: [...]
//     groups:                       # layers that take turns
//       - layers: [conv2, relu2, conv3]
//         memory: GLB               # where several share: that it holds all this in
//         tile: P8
//         tensors: {conv2: retain}
//         weights: {conv2: kept, conv3: streamed}
//         input: GLB                # outer | buffered | buffered for all | the memory
//         output: outer             # outer | the shared memory | both
//         nests:                    # one for each kind
//           - layer: conv2
//             rows: 10
//             from: 0
//             times: 1
//             place: {...}
//             brings: {weights: 4608}
//             mapping: [...]
//     copies:                       # of tensors that the outermost memory has as well
//       - {of: conv1, before: conv3, until: conv3}   # brought in, then let go; where
//                                 # several memories share with `to`: the memory
//       - {of: conv2, until: add}   # written to both as it is made
//       - {of: conv2, before: conv3, to: GLB}   # from one that shares to another
//
// What follows from the rest is checked where it is said: places of inputs, reserved
// bits, times, rows, what is brought in.
#ifndef SDSE_DSE_SCHEDULE_SCHEDULE_H
#define SDSE_DSE_SCHEDULE_SCHEDULE_H

#include "dse/fusion/configured.h"
#include "spec/tree.h"

struct sdse_schedule {
    unsigned level; // the shared memory
    struct sdse_placing placing;
    enum sdse_place *place; // as they are made [placing.tensor_count]
    struct sdse_copies copies;
    // [placing.layer_count], as of sdse_fusion_pick; layers in groups have no point.
    struct sdse_resident_layer *layer;
    size_t group_count;
    struct sdse_fused_group *group; // in the network's order
    struct sdse_tradeoff at;        // of the network, summed as the search sums
};

// One group as an item of `groups`. In `arena`; NULL: memory is out.
char *sdse_fused_group_text(struct sdse_arena *arena, const struct sdse_arch *arch,
                            const struct sdse_workload *net,
                            const struct sdse_fused_group *group);

// All of it: `mappings` and `groups`, which read back to an equal schedule. Likewise.
char *sdse_schedule_text(struct sdse_arena *arena, const struct sdse_arch *arch,
                         const struct sdse_workload *net,
                         const struct sdse_schedule *schedule);

// Reads a network's mapping and costs it: the same energy and latency, to the last bit,
// that the search found for it.
//
// request  its residency's arch (with the memories split that the file names positions
//          of, spec/split.h), workload and layers' layer and form
// out      everything in `arena`
//
// SDSE_INVALID after diagnostics: schedule-layer (unknown, said twice, not at all),
// schedule-place (what the maker of a tensor says is not what its reader says),
// schedule-copy, group-layers, group-tile, group-tensor, group-weights, group-place,
// nest-layer, nest-rows, nest-times, nest-place, nest-brings, schedule-room (what
// overflows, term by term), and those of mappings and values. SDSE_OVERFLOW: tiles
// without number.
enum sdse_status sdse_schedule_read(const struct sdse_fusion_request *request,
                                    const struct sdse_node *root,
                                    struct sdse_arena *arena, struct sdse_diags *diags,
                                    struct sdse_schedule *out);

#endif
