// What the Cartesian product is expected to take when only densities are known.
//
// Per channel and phase an element takes ceil(nnz_a / I) * ceil(nnz_w / F) steps, both
// binomial; all elements see the same weights, each its own activations.
//
//   - steps, products, valid products, reads, halos: exact for independent zeros.
//   - barrier GROUP: the vectors of weights are taken at the quantiles of their
//     distribution, one per channel, and scaled to their mean; given those, the
//     element's time is an exact convolution over channels and phases (normal where its
//     deviation exceeds 400 cycles), and the group takes the expected maximum over
//     elements, by the sizes of their tiles.
//   - barrier CHANNEL: the expected maximum per channel over 64 draws of the weights'
//     vectors.
//   - bank stalls and drains: an inner element is executed on drawn tensors of the same
//     densities (engines/cartesian.h); its stalls per step and its drain per barrier
//     are charged to all.
//
// Source: docs/engines.md; the convolution reproduces SCNN's published curve without a
// fitted constant.
#ifndef SDSE_ENGINES_EXPECT_CARTESIAN_H
#define SDSE_ENGINES_EXPECT_CARTESIAN_H

#include "engines/cartesian.h"
#include "engines/expect/mean.h"

struct sdse_cartesian_stats {
    struct sdse_cartesian_shape shape;
    double act_density, weight_density; // 0 .. 1; not looked at with counts
    // [C] non-zeros of the channel's map (of H W), of its weights (of K R S), or NULL:
    // each channel then has a density of its own.
    const uint64_t *act_nnz, *weight_nnz;
};

struct sdse_cartesian_means {
    SDSE_CARTESIAN_COUNTS(SDSE_MEAN_FIELD)
    double cycles_no_banks; // halos included, neither stalls nor drains
};

// SDSE_INVALID: a fault, a density outside 0 .. 1, more non-zeros than there are.
enum sdse_status sdse_cartesian_expect(const struct sdse_cartesian *engine,
                                       const struct sdse_cartesian_stats *stats,
                                       struct sdse_cartesian_means *means);

#endif
