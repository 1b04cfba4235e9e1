// What N:M weights are expected to take: their cost is fixed once they keep the bound.
// Independent zeros keep it with the probability that no group holds more than N
// non-zeros: of pruned weights say instead that they do.
#ifndef SDSE_ENGINES_EXPECT_STRUCTURED_H
#define SDSE_ENGINES_EXPECT_STRUCTURED_H

#include "engines/expect/mean.h"
#include "engines/structured.h"

struct sdse_structured_stats {
    uint64_t rows, length; // K, L
    double density;        // 0 .. 1
    // Pruned to N:M: no violations, and effectual = min(density * elements, slots).
    bool pruned;
};

struct sdse_structured_means {
    SDSE_STRUCTURED_COUNTS(SDSE_MEAN_FIELD)
    double dense_probability; // that some group violates, and the tensor is dense
};

// SDSE_INVALID: a fault, a density outside 0 .. 1.
enum sdse_status sdse_structured_expect(const struct sdse_structured *engine,
                                        const struct sdse_structured_stats *stats,
                                        struct sdse_structured_means *means);

#endif
