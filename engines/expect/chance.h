// Distributions of whole numbers: what the expectations add, scale and take maxima of.
//
// Tails below 1e-18 are cut. A sum whose standard deviation exceeds 400 is the normal
// distribution of its mean and variance on the whole numbers: its terms are many or
// wide, and the cost stays bounded.
#ifndef SDSE_ENGINES_EXPECT_CHANCE_H
#define SDSE_ENGINES_EXPECT_CHANCE_H

#include "engines/engine.h"

// P(value = least + i) = p[i], i < count; adds up to 1. Zeroed is no distribution yet.
struct sdse_chance {
    uint64_t least;
    size_t count;
    double *p; // owned
};

void sdse_chance_free(struct sdse_chance *chance); // NULL pointers and zeroed are fine

// Each makes *out, which must be zeroed or a distribution (it is freed, and may be an
// argument too). False, *out untouched: memory is out.
bool sdse_chance_point(struct sdse_chance *out, uint64_t value);
// share [count] need not add up to 1, but be >= 0 and not all 0.
bool sdse_chance_shares(struct sdse_chance *out, const double *share, size_t count);
// Successes in n draws of probability p, 0 <= p <= 1.
bool sdse_chance_binomial(struct sdse_chance *out, uint64_t n, double p);
// Marked ones among `drawn` of `all`, of which `marked` are. marked, drawn <= all.
bool sdse_chance_hypergeometric(struct sdse_chance *out, uint64_t all, uint64_t marked,
                                uint64_t drawn);
// Normal with this mean >= 0 and variance, rounded to whole numbers >= 0.
bool sdse_chance_normal(struct sdse_chance *out, double mean, double variance);
// ceil(a / divisor), divisor >= 1.
bool sdse_chance_ceil_div(struct sdse_chance *out, const struct sdse_chance *a,
                          uint64_t divisor);
// max(a, least)
bool sdse_chance_at_least(struct sdse_chance *out, const struct sdse_chance *a,
                          uint64_t least);
// a * factor
bool sdse_chance_scale(struct sdse_chance *out, const struct sdse_chance *a,
                       uint64_t factor);
// a + b, independent.
bool sdse_chance_add(struct sdse_chance *out, const struct sdse_chance *a,
                     const struct sdse_chance *b);
// The sum of n independent a.
bool sdse_chance_times(struct sdse_chance *out, const struct sdse_chance *a,
                       uint64_t n);
// The maximum of n >= 1 independent a.
bool sdse_chance_most(struct sdse_chance *out, const struct sdse_chance *a, uint64_t n);

// The maximum of independent a and b.
bool sdse_chance_join(struct sdse_chance *out, const struct sdse_chance *a,
                      const struct sdse_chance *b);

double sdse_chance_mean(const struct sdse_chance *chance);
double sdse_chance_variance(const struct sdse_chance *chance);
// The smallest value v with P(value <= v) >= share.
uint64_t sdse_chance_quantile(const struct sdse_chance *chance, double share);

#endif
