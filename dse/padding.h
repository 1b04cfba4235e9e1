// What a padded problem's bounds are worth for the mapping that is cut off at the real
// bound: each count of the cut mapping is at least the padded one times a fraction.
// Derivation: docs/mapper.md; oracle: tests/oracle/test_bounds.c.
#ifndef SDSE_DSE_PADDING_H
#define SDSE_DSE_PADDING_H

#include "dse/variants.h"

// All in [0, 1]; all 1 without padding.
struct sdse_padding_shares {
    double words;   // words moved, accesses, MACs: real bound / padded bound
    double inputs;  // words of inputs: less where strides leave gaps between windows
    double returns; // partial sums that come back: first visits are free
    double adds;    // additions in networks: one of the sums is free
    double hops;    // average hops of a word: places left idle may be the far ones
};

struct sdse_padding_shares sdse_padding_shares(const struct sdse_padding *padding,
                                               const struct sdse_nest *nest);

#endif
