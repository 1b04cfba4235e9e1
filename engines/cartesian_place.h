// Where an element of the Cartesian-product engine sits: its tile of the input, the
// outputs that reaches and owns, its accumulators. Pure geometry, also for
// expectations.
#ifndef SDSE_ENGINES_CARTESIAN_PLACE_H
#define SDSE_ENGINES_CARTESIAN_PLACE_H

#include "engines/cartesian.h"

// Both axes: [0] rows, [1] columns.
struct sdse_cartesian_place {
    uint64_t extent[2];  // of the input, H and W
    uint64_t taps[2];    // R, S
    uint64_t outputs[2]; // P, Q
    uint64_t tile[2];    // th, tw
    uint64_t owned[2];   // outputs of an owner: ceil(P / Py), ceil(Q / Px)
    uint64_t region[2];  // eh, ew
    uint64_t group;      // Kc; 0 when there are no filters
    uint64_t stride, pad;
};

// False if a count of the layer could exceed 64 bits.
bool sdse_cartesian_locate(const struct sdse_cartesian *engine,
                           const struct sdse_cartesian_shape *shape,
                           struct sdse_cartesian_place *place);

// [first, end) of an axis; empty: first == end.
struct sdse_interval {
    uint64_t first, end;
};

// Input positions of tile `i` along an axis.
struct sdse_interval sdse_cartesian_tile(const struct sdse_cartesian_place *place,
                                         unsigned axis, uint64_t i);
// Outputs along an axis that some input position of tile `i` is a tap of.
struct sdse_interval sdse_cartesian_reached(const struct sdse_cartesian_place *place,
                                            unsigned axis, uint64_t i);
// First output of tile i's accumulators along an axis: p0, q0.
uint64_t sdse_cartesian_origin(const struct sdse_cartesian_place *place, unsigned axis,
                               uint64_t i);

// Halo words of element (i, j) per filter: all of them, and of the owner with the most.
struct sdse_cartesian_halo_words {
    uint64_t sum, most;
};
struct sdse_cartesian_halo_words
sdse_cartesian_halo(const struct sdse_cartesian_place *place, uint64_t i, uint64_t j);

#endif
