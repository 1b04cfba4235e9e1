// One axis of a group whose layers take turns tile by tile: what each tile along it
// needs, makes and finds of every tensor. Private to dse/fusion/.
//
// Along an axis, rows or columns, a tensor is a line of positions, and sets of them are
// as rows.h has them:
//
//     need_i(t)   what the windows of what layer i makes for tile t touch
//     new_i(t)    need_i(t), or, of a tensor that is kept along the axis, what of it no
//                 tile before needs; layer i - 1 makes it
//
// Tensor 0 is the group's input, tensor i what layer i reads; oracle:
// tests/oracle/test_fused_cells.c.
#ifndef SDSE_DSE_FUSION_AXIS_H
#define SDSE_DSE_FUSION_AXIS_H

#include "dse/fusion/rows.h"

struct sdse_axis_request {
    size_t layer_count;           // [1 ... SDSE_FUSED_MOST]
    const struct sdse_nest *nest; // [layer_count]
    unsigned axis;                // 0: rows, 1: columns
    uint64_t tile;                // positions of the last layer's outputs [>= 1]
    unsigned kept;                // set of SDSE_BIT(i): tensors that are kept along it
};

// Which tiles need a position: a set of these.
enum { SDSE_EARLIER_TILES = 1, SDSE_THIS_TILE = 2, SDSE_LATER_TILES = 4 };
enum { SDSE_TILE_SETS = 8 };

struct sdse_axis_tile {
    // Positions of each tensor, by the set of tiles that need them. [layer_count]
    uint64_t count[SDSE_FUSED_MOST][SDSE_TILE_SETS];
    uint64_t fresh; // of tensor 0
    // What each layer makes, in runs at equal distances. [layer_count]
    size_t run_count[SDSE_FUSED_MOST];
    struct sdse_row_run *run[SDSE_FUSED_MOST];
    unsigned leads; // set of SDSE_BIT(layer): the first tile in which it makes anything
};

struct sdse_axis {
    size_t count;
    struct sdse_axis_tile *tile; // in order
};

// Whether tiles x positions, of each map and of the outputs, can be listed.
bool sdse_axis_fits(const struct sdse_axis_request *request);

// *axis lives in `arena`. SDSE_OVERFLOW: it does not fit. SDSE_NO_MEMORY.
enum sdse_status sdse_axis_find(const struct sdse_axis_request *request,
                                struct sdse_arena *arena, struct sdse_axis *axis);

#endif
