// Which rows each nest of a fused group makes, loads and finds held: closed over sets
// of distinct real rows.
//
// A group is a list of layers that take turns tile by tile: tile t of the last layer is
// its next p rows; for each tile the layers run in turn, each making the rows that
// later ones need and do not have. Tensor 0 is the group's input, tensor i what layer
// i - 1 makes; who reads it stands behind its maker. In a chain layer i reads tensor i.
//
//     X_last(t)   the rows of tile t
//     read_mi(t)  the rows of the real map of tensor i that the windows of X_m(t)
//                 touch, or X_m(t) where layer m adds it to what it makes
//     need_i(t)   the union of read_mi(t) over all layers m that read it
//     recompute   X_(i-1)(t) = need_i(t)
//     retain      X_(i-1)(t) = need_i(t) less all rows made before
//     kept_i(t)   rows made up to tile t that some later tile needs (retain)
//
// No X, no nest. A set is made by as many nests as it has runs, from its first row on:
// rows at equal distances, which are again a layer (dse/fusion/part.h). Rows that
// nobody reads are never made. While layer m works on tile t the shared memory holds of
// tensor i
//
//     m < i - 1     kept_i(t - 1)
//     m >= i - 1    kept_i(t) and the union of read_ni(t) over n >= m
//
// (recompute: the latter's union alone), of tensor 0 if it is buffered, as if it were
// retained: its rows are loaded, when layer 0 begins the tile, instead of made. With
// `parts` nests are told apart by what tiles made in parts hold, too. In the middle
// tiles are alike (dse/fusion/alike_tiles.h), so that a few stand for all. Oracle:
// tests/oracle/test_fused_rows.c, schedules with explicit rows and lives.
//
// Tiles of a chain may be of some columns, too: those of the same p rows, a band, one
// after the other, then those of the next. Then all of that is said of cells, a row at
// a column; and a tensor may be kept in bands, besides: what was made for this band is
// there, what was made for others is not (DeFiNES, arXiv:2212.05344: fully cached,
// cached along one axis and made again along the other, made again). Oracle:
// tests/oracle/test_fused_cells.c.
#ifndef SDSE_DSE_FUSION_ROWS_H
#define SDSE_DSE_FUSION_ROWS_H

#include "base/arena.h"
#include "base/status.h"
#include "dse/fusion/part.h"

enum { SDSE_FUSED_MOST = 8 }; // layers of a group

// Which tensors of its group a layer reads.
struct sdse_fused_reads {
    unsigned windows; // through its windows, as inputs [set of SDSE_BIT(i)]
    unsigned rows;    // of which it adds to what it makes the same rows [likewise]
};

struct sdse_fused_rows_request {
    size_t layer_count;           // [1 ... SDSE_FUSED_MOST]
    const struct sdse_nest *nest; // [layer_count]; each map that windows read has the
                                  // rows of that tensor, or forgets them
    // [layer_count]: tensors made before, or 0, which layer 0 reads; what is made is
    // read, but for the last layer's. Windows of a layer that names none are on a map
    // from elsewhere. NULL: a chain.
    const struct sdse_fused_reads *reads;
    uint64_t tile_rows; // p of the last layer [>= 1]
    unsigned retained;  // set of SDSE_BIT(i): tensor i [1 <= i < layer_count]
    bool buffered;      // tensor 0
    // Columns of the last layer of a tile, of a chain [0: all, tiles are of whole
    // rows]. Then SDSE_BIT(i): tensor i, not retained, is kept in bands; 0: of what is
    // buffered.
    uint64_t tile_columns;
    unsigned banded;
    // For references that count bounding boxes: windows take every row from the first
    // of the map that they touch to the last, and parts read rows of padding as words.
    bool boxes;
    bool parts;  // `tile_rows`, `idle` and `again` of nests are asked for; else 0
    bool steady; // `turn` and `steady` are, of tiles of whole rows
    bool ordered; // `run` is
};

// A kind of nest: all that are alike.
struct sdse_fused_nest {
    size_t layer;
    uint64_t times;
    struct sdse_row_run rows; // that the first of them makes
    // At these columns; count 0: all of them. Then what is held and loaded are rows,
    // else cells.
    struct sdse_row_run columns;
    struct sdse_nest part; // the same for all of them
    uint64_t heads;        // of members.h that it works on; 0: the caller's to say
    // Rows of each tensor in the shared memory while it runs, its own outputs among
    // them. [SDSE_FUSED_MOST]
    uint64_t held[SDSE_FUSED_MOST];
    // Of tiles that are made in parts, some channels at a time (channels.h): so many
    // now [0: all]; not the first, not the last of a tile's.
    uint64_t channels;
    bool continues, unfinished;
    // What such parts need besides: rows of the tile, of the last layer; rows of each
    // tensor that are there of channels whose turn it is not, before the tile or after
    // it, whichever are more; of tensor 0 while other parts of the tile need it again.
    uint64_t tile_rows, idle[SDSE_FUSED_MOST], again;
    uint64_t loaded; // rows of a buffered input that are brought in for it
    bool first;      // the first of its layer
    // Of the longest run of tiles behind one another that do the same: times of it in
    // the first of them, in the others. Where asked for; else 0.
    uint64_t turn, steady;
};

// Tiles behind one another that run the same kinds of nests in the same order.
struct sdse_tile_run {
    uint64_t times; // tiles
    size_t count;
    const size_t *nest; // of one, in order: kinds, as indices
};

struct sdse_fused_rows {
    size_t count;
    // By layer, then as they first come; those with a `turn` as their tile has them.
    struct sdse_fused_nest *nest;
    // A tile needs rows of the buffered input where layer 0, which loads them, makes
    // nothing: there is no such schedule.
    bool starved;
    uint64_t tiles; // of whole rows
    size_t run_count;
    const struct sdse_tile_run
        *run; // in order, no two of the same; NULL: not asked for
};

// What a layer of the group reads of it.
static inline struct sdse_fused_reads
sdse_fused_reads_of(const struct sdse_fused_rows_request *request, size_t layer) {
    return request->reads ? request->reads[layer]
                          : (struct sdse_fused_reads){.windows = SDSE_BIT(layer)};
}

// Whether tiles x rows, of each map and of the outputs, are at most so many, tiles left
// out that differ from the one before in nothing but their place (alike_tiles.h).
enum { SDSE_FUSED_MOST_ROWS = 1 << 26 };
bool sdse_fused_rows_fit(const struct sdse_fused_rows_request *request);

// Whether two nests differ in nothing but their place and number: of the same kind.
bool sdse_fused_nests_alike(const struct sdse_fused_nest *a,
                            const struct sdse_fused_nest *b);

// Lists the kinds; *rows lives in `arena`. SDSE_OVERFLOW: they do not fit.
// SDSE_NO_MEMORY.
enum sdse_status sdse_fused_rows_find(const struct sdse_fused_rows_request *request,
                                      struct sdse_arena *arena,
                                      struct sdse_fused_rows *rows);

#endif
