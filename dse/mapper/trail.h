// What the loops outside a child mean for its traffic: the part of an order that can
// still matter. Derivation: docs/mapper.md.
//
// Each tensor has an open run: the innermost loops so far that do not move it. Inputs
// have, in front of their run of K loops, a chain: the loops that move the window along
// one axis. Loops that are neither are closed: they multiply what is fetched, whatever
// comes inside. Appending loops from the outside in keeps the trail up to date.
#ifndef SDSE_DSE_MAPPER_TRAIL_H
#define SDSE_DSE_MAPPER_TRAIL_H

#include "spec/types/nest.h"

// P, R (or Q, S) and K at each of twelve levels.
enum { SDSE_CHAIN_LOOPS = 36 };

// What loops move or let rest: the tensors, and the block of a SmartDeal filter whose
// basis a rebuild engine holds. Only K and G surely leave it. C may leave the block or
// not; outside K or G every one of its tiles visits a block again.
enum { SDSE_BLOCKS = SDSE_TENSORS, SDSE_MOVERS };

struct sdse_trail {
    // Weights, outputs and blocks: products of the closed and of the open loops that
    // let them rest. Inputs: of the K loops.
    double closed[SDSE_MOVERS], run[SDSE_MOVERS];
    double closed_channels,
        channels; // the C loops outside, and inside, the last K or G
    // Inputs: closed loops (and places) along rows and columns.
    double lines[2];
    // The chain, outermost first; K loops in it have shift 0. axis: -1 if empty.
    int axis;
    unsigned count;
    struct {
        uint64_t shift; // of one step [input elements]
        uint32_t factor;
        uint32_t dim;
    } chain[SDSE_CHAIN_LOOPS];
};

// The dims that move a mover, and those that let it rest.
static inline unsigned sdse_mover_dims(int mover) {
    return mover == SDSE_BLOCKS ? SDSE_BIT(SDSE_K) | SDSE_BIT(SDSE_G)
                                : sdse_tensor_dims((enum sdse_tensor)mover);
}
static inline unsigned sdse_resting_dims(int mover) {
    const unsigned all = SDSE_BIT(SDSE_DIMS) - 1;
    return all & ~sdse_mover_dims(mover) &
           ~(mover == SDSE_BLOCKS ? SDSE_BIT(SDSE_C) : 0u);
}

void sdse_trail_init(struct sdse_trail *trail);

// Appends one temporal loop inside all others.
//
// factor   iterations [>= 2]
// weight   iterations of dim one step skips
void sdse_trail_append(struct sdse_trail *trail, const struct sdse_nest *nest,
                       enum sdse_dim dim, uint64_t factor, uint64_t weight);

// Visits of all children along one axis, per closed K loop and per N, G, C.
struct sdse_line_visits {
    double whole;    // that take the whole tile
    double credited; // that take what a move by `shift` adds
    uint64_t shift;  // [input elements]
    double repeats;  // by K loops of the chain: of every place
};

struct sdse_line_visits sdse_trail_line(const struct sdse_trail *trail, unsigned axis);

// Whether windows along an axis can overlap at all: more than one tap.
static inline bool sdse_axis_has_halo(const struct sdse_nest *nest, int axis) {
    return nest->bound[axis == 0 ? SDSE_R : SDSE_S] > 1;
}

#endif
