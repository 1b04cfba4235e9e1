// Seeded synthetic weights, for layers that have no weight file: the same floats on
// every machine. Whatever is computed from them is marked `synthetic`.
#ifndef SDSE_SMARTDEAL_SYNTHETIC_H
#define SDSE_SMARTDEAL_SYNTHETIC_H

#include <stdint.h>

#include "smartdeal/slicing.h"

// Fills `weights` (groups x filters x channels x rows x columns) with
//
//     w = sigma_k * z,   sigma_k = sqrt(2 / fan_in) * 2^(g_k / 2),
//     fan_in = channels * kernel_rows * kernel_columns
//
// z and g_k (one per filter k) are bell-shaped: the sum of twelve uniform numbers of
// 32 bits, less their mean, which has variance 1 and ends at +-6. He initialisation
// sets the size, the factor per filter the spread of filter norms that trained networks
// show.
//
// Random bits: splitmix64 of (seed, filter), one stream per filter, so the values of a
// filter do not depend on how many there are. All arithmetic is integer but for one
// multiplication per weight; no libm call whose rounding is left to the platform.
// Source: He et al., arXiv:1502.01852, eq. 10; Steele et al., OOPSLA 2014 (splitmix64).
void sdse_synthetic_weights(const struct sdse_weight_shape *shape, uint64_t seed,
                            float *weights);

// The seed of a layer: a hash of the network's and the layer's name.
uint64_t sdse_synthetic_seed(const char *network, const char *layer);

// The next number of a splitmix64 stream; *state is the seed at first.
uint64_t sdse_random_u64(uint64_t *state);

#endif
