// The smallest shared memory that a group fits into, and what takes it.
#ifndef SDSE_DSE_FUSION_LEAST_ROOM_H
#define SDSE_DSE_FUSION_LEAST_ROOM_H

#include "dse/fusion/configured.h"

struct sdse_group_room {
    struct sdse_fused_group group; // in the configuration that needs least; no points
    double *taken_bits; // [kind_count]: least that tiles, and the place of what a nest
                        // makes, take beside what it finds held
    size_t largest;     // kind that needs most: its reserved bits and those
    uint64_t needed_bits; // capacity that admits the group: one bit less does not
    bool found;
};

// Finds the configuration of a group that the smallest capacity of a memory that shares
// admits, in which it holds what it does, all else of the accelerator as it is. Of equal ones that of the fewest rows
// that are made again, as groups are listed. Exact: bisection over capacities, each
// asked of the mapper, which proves that there is none (what fits in a capacity fits in
// a larger one).
//
// placing, question  as of sdse_fusion_configure
// memory             of those that share
// tile_rows          of this many rows only; 0: of any the request's tiles have
// room               out, in `arena`: not found: no capacity admits the group, or
//                    no tile has so many rows
//
// refusal->reason: there is no such group. Status as of sdse_fusion_configure.
// Oracle: tests/oracle/test_least_room.c, every configuration at every capacity.
enum sdse_status sdse_group_least_room(const struct sdse_fusion_request *request,
                                       const struct sdse_placing *placing,
                                       const struct sdse_place_question *question,
                                       unsigned memory, uint64_t tile_rows,
                                       struct sdse_arena *arena,
                                       struct sdse_group_room *room,
                                       struct sdse_group_refusal *refusal);

#endif
