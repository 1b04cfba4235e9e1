// The loops over one dimension as digits of a mixed-radix number
// (spec/types/mapping.h).
#ifndef SDSE_SPEC_DIGITS_H
#define SDSE_SPEC_DIGITS_H

#include "spec/types/mapping.h"

// One loop over the dimension. where: 0 temporal, 1 X, 2 Y.
struct sdse_digit {
    unsigned level, where, index;
    uint64_t factor; // [iterations, >= 1]
    uint64_t last;   // iterations of the last pass [1..factor]
};

enum { SDSE_MAX_DIGITS = 3 * SDSE_MAX_LEVELS };

// Collects the loops over `dim`, outermost first, and their last passes for a bound:
//
//     last = (digit of bound - 1) + 1
//
// bound    iterations of the layer along dim [>= 1]
// Returns the number of loops. *fits is false when the product of the factors is below
// the bound, exceeds 64 bits, or passes it by whole outermost iterations; `last` is
// then the factor.
unsigned sdse_mapping_digits(const struct sdse_mapping *mapping, enum sdse_dim dim,
                             uint64_t bound, struct sdse_digit digits[SDSE_MAX_DIGITS],
                             bool *fits);

#endif
