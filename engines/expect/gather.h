// What gathering is expected to take when only densities are known: exact for
// independent zeros.
//
// In a tile an element's time is a sum of ceil(nnz / width), nnz binomial (or, where
// the output's non-zeros in the whole row are known, hypergeometric); the tile takes
// the expected maximum over its elements.
#ifndef SDSE_ENGINES_EXPECT_GATHER_H
#define SDSE_ENGINES_EXPECT_GATHER_H

#include "engines/expect/mean.h"
#include "engines/gather.h"

struct sdse_gather_stats {
    uint64_t outputs, inputs;   // K, N
    double density;             // of the weights, 0 .. 1; not looked at with output_nnz
    const uint64_t *output_nnz; // [K] non-zeros of each output, or NULL
};

struct sdse_gather_means {
    SDSE_GATHER_COUNTS(SDSE_MEAN_FIELD)
};

// SDSE_INVALID: a fault of the engine, a density outside 0 .. 1, more non-zeros than
// inputs.
enum sdse_status sdse_gather_expect(const struct sdse_gather *engine,
                                    const struct sdse_gather_stats *stats,
                                    struct sdse_gather_means *means);

#endif
