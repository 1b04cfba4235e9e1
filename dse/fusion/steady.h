// Tiles behind one another that do the same: while one of them is at work, what the
// next one needs may come in. Private to dse/fusion/.
#ifndef SDSE_DSE_FUSION_STEADY_H
#define SDSE_DSE_FUSION_STEADY_H

#include "base/arena.h"
#include "dse/fusion/rows.h"

// Which kinds of nests each tile runs.
struct sdse_steady {
    size_t count, room;
    struct sdse_steady_nest {
        size_t tile, kind;
    } * nest; // by layer, then by tile
};

// One more; false: memory is out.
bool sdse_steady_note(struct sdse_steady *steady, size_t tile, size_t kind,
                      struct sdse_arena *arena);

// Finds the longest run of tiles of the same kinds, layer by layer; the first of equal
// ones. The tile `alike` stands for `omitted` more behind it.
//
// kind  `turn` and `steady` are set of those in it, if each is in a tile once; these
//       then stand in the order of the tile, in the places that they had, and what was
//       noted names them there
//
// False: memory is out.
bool sdse_steady_find(struct sdse_steady *steady, size_t tiles, size_t alike,
                      uint64_t omitted, struct sdse_arena *arena,
                      struct sdse_fused_nest *kind);

// The order in which all tiles run their kinds: `run` of *rows. Likewise; in `arena`.
bool sdse_steady_order(const struct sdse_steady *steady, size_t tiles, size_t alike,
                       uint64_t omitted, struct sdse_arena *arena,
                       struct sdse_fused_rows *rows);

#endif
