// Private to dse/refusal: the walk from the inside out that looks for one variant's
// mappings, and what it has found.
#ifndef SDSE_DSE_REFUSAL_FEASIBLE_WALK_H
#define SDSE_DSE_REFUSAL_FEASIBLE_WALK_H

#include "dse/refusal/feasible.h"

// Sets of loops of one level, by what they do to a run of sums.
enum kind {
    SUMMING,    // C, R and S alone
    MOVING,     // none of them
    SUMS_FIRST, // they can stand inside all others
    ANY,
    KINDS
};

enum {
    MOST_CHOICES = 70,    // sets of a kind that a level's order rules admit
    MOST_TILES = 1 << 24, // lattice points a memo may cover
    LIST_STEPS = 100,     // what listing the spreads of a level counts
    // The spread, then dimension by dimension.
    STAGES = 1 + KINDS * MOST_CHOICES * SDSE_DIMS
};

// Spatial choices of one level under its rules, listed once.
struct sdse_spread_list {
    struct sdse_spread_list *next;
    unsigned level;
    uint32_t fanout_x, fanout_y;
    struct sdse_level_rules rules;
    struct sdse_spreads spreads;
};

// The divisors of one set of bounds and what is spatial of them.
struct sdse_padded_lattice {
    struct sdse_padded_lattice *next;
    uint64_t bound[SDSE_DIMS];
    struct sdse_lattice lattice;
    struct sdse_spread_list *spreads; // listed so far
};

struct sdse_feasible_walk {
    struct sdse_feasibility *questions;
    const struct sdse_problem *problem;
    const struct sdse_arch *arch;
    struct sdse_padding padding;
    struct sdse_padded_lattice *bounds;
    const struct sdse_lattice *lattice;
    struct sdse_rules rules;
    const struct sdse_spreads *spreads[SDSE_MAX_LEVELS];
    unsigned choice_count[SDSE_MAX_LEVELS][KINDS];
    // Dims that may have loops.
    unsigned choice[SDSE_MAX_LEVELS][KINDS][MOST_CHOICES];
    double capacity_bits[SDSE_MAX_LEVELS];
    // Whether the width of a place there, or further out, is asked for.
    bool widths_matter[SDSE_MAX_LEVELS];
    // Iterations that levels outside a level can take at most, must take at least.
    double most_outside[SDSE_MAX_LEVELS][SDSE_DIMS];
    double least_outside[SDSE_MAX_LEVELS][SDSE_DIMS];
    size_t stride[SDSE_DIMS], tiles;
    uint64_t *(*failed)[STAGES]; // [levels]
    unsigned measured; // level whose bits are wanted; `levels` = none
    double best_bits, bits;
    double tile_bits[SDSE_MAX_LEVELS]; // of the levels decided so far
    // Whether parts were counted there, though finished words may come and take more.
    bool guessed[SDSE_MAX_LEVELS], guess;
    // The way to the level under consideration: its places, the tile with them and the
    // tile with its loops.
    const struct sdse_spread *spread[SDSE_MAX_LEVELS];
    uint16_t spread_tile[SDSE_MAX_LEVELS][SDSE_DIMS], tile[SDSE_MAX_LEVELS][SDSE_DIMS];
    bool halted;
    struct sdse_arena *arena;
};

// One variant: finds mappings that take fewer bits at the measured level than the best
// so far, or any mapping.
enum sdse_feasible sdse_feasible_walk_run(struct sdse_feasible_walk *s);

// The dimensions whose loops add to an output.
unsigned sdse_feasible_summing_dims(void);

#endif
