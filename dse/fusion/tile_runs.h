// The order in which a group runs its kinds of nests, tile by tile: tiles behind one
// another that do the same are one run. Private to dse/fusion/.
#ifndef SDSE_DSE_FUSION_TILE_RUNS_H
#define SDSE_DSE_FUSION_TILE_RUNS_H

#include "base/arena.h"
#include "dse/fusion/rows.h"

struct sdse_tile_runs {
    struct sdse_arena *arena; // it lives there
    size_t count, room;
    struct sdse_tile_run *run;
    size_t open_count, open_room; // of the tile that is not ended
    size_t *open;
};

// One more nest of the tile, of a kind; false: memory is out.
bool sdse_tile_runs_add(struct sdse_tile_runs *runs, size_t kind);

// Ends the tile, which stands for so many; one without nests is none. Likewise.
bool sdse_tile_runs_end(struct sdse_tile_runs *runs, uint64_t times);

#endif
