#include "engines/expect/cartesian_tiles.h"

#include <stdlib.h>
#include <string.h>

#include "engines/arith.h"

static void count_positions(const struct sdse_cartesian_place *place, unsigned axis,
                            uint64_t tile, uint64_t *positions) {
    const struct sdse_interval range = sdse_cartesian_tile(place, axis, tile);
    memset(positions, 0, place->stride * sizeof *positions);
    for (uint64_t y = range.first; y < range.end; y++)
        positions[(y + place->pad) % place->stride]++;
}

bool sdse_tile_kinds_find(const struct sdse_cartesian_place *place, unsigned axis,
                          uint64_t tiles, struct sdse_tile_kinds *kinds) {
    const uint64_t stride = place->stride;
    *kinds = (struct sdse_tile_kinds){
        .tiles = calloc(tiles + 1, sizeof *kinds->tiles),
        .positions = calloc((tiles + 1) * stride, sizeof *kinds->positions)};
    if (!kinds->tiles || !kinds->positions)
        return false;
    for (uint64_t tile = 0; tile < tiles; tile++) {
        // The next kind's place, until it turns out to be an old one.
        uint64_t *positions = kinds->positions + kinds->count * stride, kind = 0;
        count_positions(place, axis, tile, positions);
        while (memcmp(kinds->positions + kind * stride, positions,
                      stride * sizeof *positions) != 0)
            kind++;
        kinds->tiles[kind]++;
        if (kind == kinds->count)
            kinds->count++;
    }
    return true;
}

void sdse_tile_kinds_free(struct sdse_tile_kinds *kinds) {
    free(kinds->tiles);
    free(kinds->positions);
    *kinds = (struct sdse_tile_kinds){0};
}

uint64_t sdse_phase_taps(const struct sdse_cartesian_place *place, unsigned axis,
                         uint64_t f) {
    return f < place->taps[axis]
               ? sdse_ceil_div_u64(place->taps[axis] - f, place->stride)
               : 0;
}

uint64_t sdse_valid_taps(const struct sdse_cartesian_place *place, unsigned axis,
                         uint64_t i, uint64_t o) {
    const struct sdse_interval tile = sdse_cartesian_tile(place, axis, i);
    uint64_t count = 0;
    for (uint64_t r = 0; r < place->taps[axis]; r++) {
        const uint64_t y = o * place->stride + r - place->pad; // wraps outside
        count += y >= tile.first && y < tile.end;
    }
    return count;
}

uint64_t sdse_valid_pairs(const struct sdse_cartesian_place *place, unsigned axis) {
    uint64_t count = 0;
    for (uint64_t o = 0; o < place->outputs[axis]; o++)
        for (uint64_t r = 0; r < place->taps[axis]; r++)
            count += o * place->stride + r - place->pad < place->extent[axis];
    return count;
}
