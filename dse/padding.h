// What a padded problem's bounds are worth for the mapping that is cut off at the real
// bound: each count of the cut mapping is at least the padded one times a fraction.
// Derivation: docs/mapper.md; oracle: tests/oracle/test_bounds.c.
#ifndef SDSE_DSE_PADDING_H
#define SDSE_DSE_PADDING_H

#include "dse/rules.h"
#include "dse/variants.h"

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
