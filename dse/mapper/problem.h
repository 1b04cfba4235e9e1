// A mapping problem, prepared: everything a search looks up instead of computing.
#ifndef SDSE_DSE_MAPPER_PROBLEM_H
#define SDSE_DSE_MAPPER_PROBLEM_H

#include "costmodel/price.h"
#include "dse/mapper/lattice.h"
#include "dse/mapper/order.h"
#include "dse/mapper/padding.h"
#include "dse/mapper/rules.h"
#include "dse/mapper/spread.h"
#include "dse/mapper/spreads_known.h"
#include "dse/mapper/trail.h"
#include "dse/mapper/variants.h"
#include "dse/mapper/windows.h"

// What outputs cost per word while it is unknown whether they are finished: the less.
enum { SDSE_EITHER = SDSE_STAGES, SDSE_STAGE_CASES };

// What words of an edge meet at a network under a spread, per word of the level above.
struct sdse_crossing {
    double kept_apart; // factor on words that are already inside (1 = all share)
    double per_place;  // words at the level per word of the multipliers below (<= 1)
    double pj[SDSE_STAGE_CASES];      // wires, hops, routers and additions
    double wire_pj[SDSE_STAGE_CASES]; // without the additions
};

// Words that move one way: weights, inputs and indices down, sums up, and partial sums
// down again. A returning lane carries words x (visits - 1): the first starts from
// zero.
struct sdse_lane_edge {
    unsigned parent, child;
    unsigned holder;    // whose ports give: the parent's (costmodel/price.h)
    int mover;          // what visits the child: the tensor, or a block of its basis
    unsigned merges_to; // networks from here inwards do not merge the words
    double head_pj[SDSE_STAGE_CASES]; // at the parent, per word there
    double tail_pj[SDSE_STAGE_CASES]; // at the children, per word taken
    double wire_pj[SDSE_MAX_LEVELS][SDSE_STAGE_CASES];
    double hop_pj[SDSE_MAX_LEVELS][SDSE_STAGE_CASES];
    double router_pj[SDSE_MAX_LEVELS][SDSE_STAGE_CASES];
    double add_pj[SDSE_MAX_LEVELS];
    double head_bits[SDSE_STAGE_CASES], tail_bits[SDSE_STAGE_CASES];
    // Inputs: windows of one axis may coincide across levels: then only a bound on the
    // distinct ones is known. Hops below l depend on other levels.
    bool crosses[2], blind[SDSE_MAX_LEVELS];
    bool returns_apart; // sums: some level below does not add; every child starts from
                        // zero
    bool shares_window; // a network on the way carries the union of windows
    // Least of what is still to come below level l (entry l includes level l), per word
    // and place: factor on words already inside, price of wires.
    double rest_words[SDSE_MAX_LEVELS + 1];
    double rest_pj[SDSE_MAX_LEVELS + 1][SDSE_STAGE_CASES];
    // Price of all later edges but the multipliers', per word and place.
    double after_pj[SDSE_STAGE_CASES];
    // By level and spread; NULL until a search needs them (sdse_lanes_tabulate).
    struct sdse_crossing *crossing[SDSE_MAX_LEVELS];
};

struct sdse_lane {
    enum sdse_tensor tensor;
    bool up;      // sums on their way out
    bool returns; // the first visit is free
    unsigned stage_count;
    unsigned edge_count; // >= 1; the last may end at the multipliers
    struct sdse_lane_edge *edge;
    bool feeds_macs;
    double base_words; // of the whole tensor; inputs: N x G x C
};

enum { SDSE_MAX_LANES = 7 };

// What was decided at a level.
struct sdse_choice {
    const struct sdse_spread *spread;
    uint16_t factor[SDSE_DIMS]; // temporal, as lattice indices
    const struct sdse_order *order;
};

struct sdse_sharings;

// Tiles whose lives count: kept at a memory that forgets, or that limits lives.
struct sdse_tile_life {
    unsigned level, child; // the next keeper inside, or `levels`
    enum sdse_tensor tensor;
    bool forgets;
    double most_cycles; // INFINITY: any
};

struct sdse_problem {
    const struct sdse_arch *arch;
    // Its bounds are padded; the model is that of the layer asked for: it scores
    // mappings, cut off at its bounds. Bounds on words and energy are of the padded
    // problem; the mappings cost at least bound_scale x these. Bounds on cycles are
    // those of the cut mappings. [0 < bound_scale <= 1; 1 without padding]
    const struct sdse_layer *layer;
    const struct sdse_model *model;
    struct sdse_padding padding;
    struct sdse_padding_shares shares;
    double bound_scale;
    uint64_t real_bound[SDSE_DIMS];
    unsigned levels;
    struct sdse_mapping start; // keeps
    struct sdse_rules rules;
    struct sdse_lattice lattice;
    struct sdse_prices prices;
    double macs;
    double timed_macs;        // steps x multipliers at work or idle in padded places
    double blocks_per_filter; // of SmartDeal weights, at least
    double basis_words;       // of all of them
    // Of a block whose basis an engine loads in every step; 0: it may stay.
    double least_block_visits;

    unsigned lane_count;
    struct sdse_lane lane[SDSE_MAX_LANES];

    // Filled as they are asked for; NULL: nothing to share out (sharing.h).
    struct sdse_sharings *sharings[SDSE_MAX_LEVELS];
    struct sdse_spreads spreads[SDSE_MAX_LEVELS];
    struct sdse_windows windows[2]; // rows, columns
    double input_macs;              // that read a word: not those on padding; at least
    double most_used[SDSE_MAX_LEVELS + 1]; // places of all levels from l on, at most
    double most_resting[SDSE_MAX_LEVELS][SDSE_TENSORS];

    // Bits of a level's tiles. basis_bits: of one block of basis.
    double capacity_bits[SDSE_MAX_LEVELS]; // INFINITY = unlimited
    double tile_bits[SDSE_MAX_LEVELS][SDSE_TENSORS][SDSE_STAGES]; // 0 = not kept
    double basis_bits[SDSE_MAX_LEVELS];
    bool may_finish[SDSE_MAX_LEVELS]; // sums may arrive there finished
    // Where outputs are at home, and what more their place there takes of one copy's
    // room if parts of sums arrive; 0: nowhere, or nothing.
    unsigned outputs_home;
    double place_growth_bits;
    // The next keeper of each tensor inside level l, or `levels`.
    unsigned next_keeper[SDSE_MAX_LEVELS][SDSE_TENSORS];
    // Most words of a tensor that all children of the next keeper inside level l hold,
    // per instance of level l + 1.
    double fits_words[SDSE_MAX_LEVELS][SDSE_TENSORS];

    // Orders by level and set of dims, listed when first asked for. [levels][sets]
    struct sdse_orders (*orders)[1u << SDSE_DIMS];
    bool (*listed)[1u << SDSE_DIMS];
    unsigned moves_inside[SDSE_MAX_LEVELS]; // tensors with a keeper inside level l
    unsigned rebuilt_at; // the level that takes rebuilt weights; 0 = no engine
    unsigned rebuilt_lane, rebuilt_edge; // weights into the engine; only with one
    // Levels whose loops decide on lives are those outside lives_until.
    unsigned life_count, lives_until;
    struct sdse_tile_life life[SDSE_MAX_LEVELS * SDSE_TENSORS * 3];
    unsigned later[SDSE_MAX_LEVELS]; // dims that levels inside l can still divide
    // The kinds of ports that limit anything at a level (SDSE_BIT(port)), and the
    // tensors that have one of their own there.
    unsigned port_kinds[SDSE_MAX_LEVELS], port_tensors[SDSE_MAX_LEVELS];
    bool has_bandwidth;
    bool tabulated; // the edges' crossings
    struct sdse_arena *arena;
};

// Prepares *problem for a variant of the layer on the accelerator (NULL = what the
// accelerator keeps, no padding); lives in `arena`. A position of a memory that keeps
// nothing carries no loops. SDSE_OVERFLOW, SDSE_NO_MEMORY.
enum sdse_status
sdse_problem_init(struct sdse_problem *problem, const struct sdse_arch *arch,
                  const struct sdse_layer *layer, const struct sdse_weight_form *form,
                  const struct sdse_variant *variant, struct sdse_arena *arena);
// The same with spatial choices that are known, or become so; known may be NULL.
enum sdse_status sdse_problem_init_known(struct sdse_problem *problem,
                                         const struct sdse_arch *arch,
                                         const struct sdse_layer *layer,
                                         const struct sdse_weight_form *form,
                                         const struct sdse_variant *variant,
                                         struct sdse_spreads_known *known,
                                         struct sdse_arena *arena);

// Iterations along dimension d of a tile with a lattice index, cut off at the real
// bound. Only the tile of everything is: it alone is longer.
static inline uint64_t sdse_problem_tile_size(const struct sdse_problem *problem, int d,
                                              unsigned index) {
    const uint64_t size = problem->lattice.value[d][index];
    return size < problem->real_bound[d] ? size : problem->real_bound[d];
}

// Orders of the loops `dims` at a level; NULL when memory is out.
const struct sdse_orders *sdse_problem_orders(struct sdse_problem *problem,
                                              unsigned level, unsigned dims);

#endif
