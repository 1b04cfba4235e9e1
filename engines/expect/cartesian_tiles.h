// Elements of the Cartesian-product engine by what their tiles hold: those with as many
// positions in every phase are alike.
#ifndef SDSE_ENGINES_EXPECT_CARTESIAN_TILES_H
#define SDSE_ENGINES_EXPECT_CARTESIAN_TILES_H

#include "engines/cartesian_place.h"

// Along one axis: kinds of tiles, each with positions per phase and how many tiles are
// of it. Phase f holds positions y with (y + pad) mod stride = f.
struct sdse_tile_kinds {
    uint64_t count;
    uint64_t *tiles;     // [count] owned
    uint64_t *positions; // [count][stride] owned
};

// False: memory is out; free *kinds all the same.
bool sdse_tile_kinds_find(const struct sdse_cartesian_place *place, unsigned axis,
                          uint64_t tiles, struct sdse_tile_kinds *kinds);
void sdse_tile_kinds_free(struct sdse_tile_kinds *kinds);

// Taps of an axis with index mod stride = f.
uint64_t sdse_phase_taps(const struct sdse_cartesian_place *place, unsigned axis,
                         uint64_t f);

// Pairs (input position, tap) of an axis that point to an output: of tile i towards
// output o (sdse_valid_taps), of the whole map towards all (sdse_valid_pairs).
uint64_t sdse_valid_taps(const struct sdse_cartesian_place *place, unsigned axis,
                         uint64_t i, uint64_t o);
uint64_t sdse_valid_pairs(const struct sdse_cartesian_place *place, unsigned axis);

#endif
