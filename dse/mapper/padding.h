// One factor that does not divide what it splits (imperfect factors), and what a padded
// problem's bounds are worth for the mapping that is cut off at the real
// bound: each count of the cut mapping is at least the padded one times a fraction.
// Derivation: docs/mapper.md; oracle: tests/oracle/test_bounds.c.
#ifndef SDSE_DSE_MAPPER_PADDING_H
#define SDSE_DSE_MAPPER_PADDING_H

#include "dse/mapper/rules.h"

// One factor of one dimension, places or a temporal loop, that does not divide what it
// splits:
//
//     outer = ceil(bound / (inner * factor)),  factor = ceil(bound / (inner * outer))
//
// inner divides the bound, factor does not divide bound / inner. Along the dimension
// the mapping is a perfect one of outer * factor * inner iterations, cut off at the
// bound: the last outer iteration alone has idle places or is shorter.
struct sdse_padding {
    bool present;
    bool temporal; // the level's loop; else its places, X times Y
    enum sdse_dim dim;
    unsigned level;  // whose factor it is
    uint64_t outer;  // product of all factors outside [>= 2]
    uint64_t factor; // [>= 2]
    uint64_t inner;  // product of all factors inside
};

static inline uint64_t sdse_padded_bound(const struct sdse_padding *padding) {
    return padding->outer * padding->factor * padding->inner;
}

// The level whose tile along the dimension the factor gives away: inside its places, or
// with its loop; and that tile.
static inline unsigned sdse_padding_border(const struct sdse_padding *padding) {
    return padding->temporal ? padding->level : padding->level + 1;
}
static inline uint64_t sdse_padding_tile(const struct sdse_padding *padding) {
    return padding->temporal ? padding->factor * padding->inner : padding->inner;
}

// Iterations of the last pass: what the others do not cover of bound / inner. [>= 1, <
// factor]
static inline uint64_t sdse_padding_last(const struct sdse_padding *padding,
                                         uint64_t bound) {
    return bound / padding->inner - (padding->outer - 1) * padding->factor;
}

// All in [0, 1]; all 1 without padding.
struct sdse_padding_shares {
    double words; // words moved and accesses: real bound / padded bound, or full passes
    double steps; // steps x places: all where idle places take part
    double inputs;  // words of inputs: less where windows leave gaps or slide
    double returns; // partial sums that come back: first visits are free
    double adds;    // additions in the networks of idle places: one of the sums is free
};

struct sdse_padding_shares sdse_padding_shares(const struct sdse_padding *padding,
                                               const struct sdse_nest *nest);

// Least share of the average hops of a word of the tensor below a level where the
// padded dimension has `places` places: those left idle may be the far ones.
double sdse_padding_hops(const struct sdse_padding *padding,
                         const struct sdse_nest *nest, enum sdse_tensor tensor,
                         unsigned level, uint64_t places);

// Narrows an accelerator's rules to the variant's: the padded dimension has its factor
// where the padding says. Nothing without padding.
void sdse_padding_force(const struct sdse_padding *padding, struct sdse_rules *rules);

// Whether the shares hold for a temporal factor. Where windows overlap, a last pass so
// short that a loop over the other dimension of the axis could undo its moves has none.
bool sdse_padding_is_bounded(const struct sdse_padding *padding,
                             const struct sdse_nest *nest);

#endif
