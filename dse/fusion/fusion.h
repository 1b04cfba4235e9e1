// The optimum of a network whose layers may hand tensors over in a shared memory, whole
// or, in groups whose layers take turns, tile by tile.
//
// Chosen are the places of tensors (dse/residency/), a partition of the layers into
// groups of at most `depth` consecutive ones, and for each group of several its
// configuration: rows of the last layer per tile, and columns if that is asked for; how
// many heads at a time, and of one head how many keys, or how many channels
// (dse/fusion/channels.h); which inner tensors are retained, the others are made again;
// whose weights are kept; whether an input from the outermost memory is buffered. What
// is in the shared memory while a nest of the group runs follows from that
// (dse/fusion/rows.h), so every nest is a problem of its own for the mapper, on some
// rows of its layer, beside so much that is held:
//
//     front(group) = union over configurations of the sum over kinds of nests of
//                    times · answer(kind),     all alike nests have one mapping
//
// Oracles: tests/oracle/test_fusion.c and test_fused_attention.c, all partitions,
// configurations and places; test_fused_run.c, test_fused_attention_run.c, groups run
// with numbers.
#ifndef SDSE_DSE_FUSION_FUSION_H
#define SDSE_DSE_FUSION_FUSION_H

#include "dse/fusion/rows.h"
#include "dse/residency/residency.h"

// Rows of a tile that are tried: all numbers, or those of equal tiles, the last of
// which may be shorter: ⌈rows / tiles⌉.
enum sdse_fusion_tiles { SDSE_TILES_BALANCED, SDSE_TILES_ALL };

struct sdse_fusion_request {
    struct sdse_residency_request residency; // its `groups` is not read
    size_t depth; // most layers of a group [1 ... SDSE_FUSED_MOST; 1: none takes turns]
    enum sdse_fusion_tiles tiles;
    bool columns; // tiles of some columns are tried, too
    bool overlap; // the outermost memory may work ahead (dse/fusion/overlap.h)
    bool ordered; // sdse_fusion_configure says the order of nests, too
    // For references that count bounding boxes (struct sdse_fused_rows_request): the
    // nests of all layers with their maps, which those of `residency` forget. NULL:
    // exact sets.
    const struct sdse_nest *boxed;
};

struct sdse_fusion_config {
    // Of those that share, counted from the outermost: what the group holds between its
    // nests is in this one, maps of other groups may be in any.
    unsigned memory;
    uint64_t tile_rows;
    uint64_t tile_columns;  // of the last layer, likewise; 0: all
    uint64_t tile_heads;    // right operands at a time; 0: all
    uint64_t tile_keys;     // words of a row of scores at a time; 0: all
    uint64_t tile_channels; // of the first layer's outputs, at a time; 0: all
    unsigned retained; // set of SDSE_BIT(i): what the i-th layer of the group reads
    unsigned banded;   // likewise, of tiles of columns: retained in bands; 0: input
    unsigned kept;     // set of SDSE_BIT(i): weights of its i-th layer
    bool buffered;     // its input, for the first layer
    bool for_all;      // buffered: also for the others that read that map
    bool overlaps;     // the outermost memory works ahead, by a tile
};

// What the shared memory holds beside a nest, its own outputs left out.
enum sdse_held {
    SDSE_HELD_TENSORS, // whole tensors that layers of other groups make or read
    SDSE_HELD_ROWS,    // rows of what a layer of the group makes
    SDSE_HELD_INPUTS,  // rows of the group's input, which is buffered
    SDSE_HELD_WEIGHTS, // all weights of a layer, which are kept
    SDSE_HELD_SUMS,    // of rows whose channels come in parts: sums, a softmax' state
    SDSE_HELD_OUTPUTS, // of the place of the group's output what the nest does not make
    SDSE_HELD_AHEAD    // what this tile and the next take from outside, and put there
};
enum { SDSE_HELD_MOST = 2 * SDSE_FUSED_MOST + 2 + 2 * SDSE_MOST_SHARED };
struct sdse_held_term {
    enum sdse_held what;
    size_t layer;  // of the network, which makes it or whose it is; TENSORS: the first
    uint64_t rows; // of ROWS, INPUTS and SUMS
    bool cells;    // of a nest of some columns: so many cells, not rows
    double bits;
    unsigned memory; // that holds it, of those that share
};

// One kind of nest of a group.
struct sdse_fused_kind {
    size_t layer; // of the network
    uint64_t times;
    uint64_t turn, steady;       // of these (dse/fusion/overlap.h); 0: none
    struct sdse_row_run rows;    // the first of them
    struct sdse_row_run columns; // likewise; count 0: all
    uint64_t heads;              // right operands that it works on
    uint64_t channels;           // of the first layer's outputs, keys; 0: all
    bool continues, unfinished;  // not the first of its channels, not the last
    struct sdse_layer part;      // the rows as a layer, with its residence
    // Of each memory that shares, the first pointing to the next.
    struct sdse_residence residence[SDSE_MOST_SHARED];
    size_t term_count;
    const struct sdse_held_term *term; // of the first of them; of each memory the sum
                                       // is reserved there
    const struct sdse_map_point *point;
};

// What runs, so often behind one another: a kind of nest, or turns in their order.
struct sdse_fused_turn {
    uint64_t times;
    size_t kind;  // as an index, where count is 0
    size_t count; // of the turns in it
    const struct sdse_fused_turn *turn;
};

struct sdse_fused_group {
    size_t first, last; // layers
    size_t layer_count; // that are members; between them fused ones may stand
    size_t layer[SDSE_FUSED_MOST];
    struct sdse_place_question question;
    struct sdse_fusion_config config;
    struct sdse_tradeoff at;
    size_t kind_count;
    struct sdse_fused_kind *kind;
    struct sdse_fused_turn order; // of all nests; count 0: not asked for
};

struct sdse_fusion_counts {
    // Groups, and of these: of tiles x rows beyond SDSE_FUSED_MOST_ROWS, not tried.
    uint64_t groups, untried;
    uint64_t questions;
    // Of configurations: seen, of which cannot fit, of which a bound excludes, summed.
    uint64_t configurations, too_big, cut, summed;
    uint64_t bounds, searches; // of parts of layers
    uint64_t asked;            // of their answers
};

struct sdse_fusion {
    struct sdse_residency residency; // its places are those of groups too
    struct sdse_fusion_counts counts;
    struct sdse_fusing *fusing; // private
};

// Finds the front or optimum over all partitions, configurations and places. Frees and
// fails as sdse_residency_find.
enum sdse_status sdse_fusion_find(const struct sdse_fusion_request *request,
                                  struct sdse_arena *arena, struct sdse_fusion *fusion);

// The layers and groups of one element of the places: layer and place as of
// sdse_residency_pick; layers of groups have no point.
//
// group  out: in the network's order; part.residence points into the kind. *count of
//        them.
enum sdse_status sdse_fusion_pick(const struct sdse_fusion_request *request,
                                  const struct sdse_fusion *fusion, size_t element,
                                  struct sdse_resident_layer *layer,
                                  enum sdse_place *place,
                                  struct sdse_fused_group **group, size_t *count);

void sdse_fusion_free(struct sdse_fusion *fusion);

#endif
