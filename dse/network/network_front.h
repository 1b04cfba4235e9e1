// The exact front of a network from the fronts of its layers.
//
// Energy and latency of a network are sums over its layers, so every point of its front
// is a sum of points of the layers' fronts: the Minkowski sum, pruned after every
// layer. All repeats of a layer share one choice.
#ifndef SDSE_DSE_NETWORK_NETWORK_FRONT_H
#define SDSE_DSE_NETWORK_NETWORK_FRONT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/status.h"
#include "spec/types/sweep.h"

struct sdse_tradeoff {
    double energy_pj;
    double latency_cycles; // integer values
};

// One layer's front: by rising energy, falling latency; count >= 1.
struct sdse_layer_front {
    size_t count;
    const struct sdse_tradeoff *elements;
    uint64_t repeat; // [>= 1]
};

struct sdse_front_stage;

struct sdse_network_front {
    size_t count;
    struct sdse_tradeoff *elements;  // by rising energy, falling latency
    bool thinned;                    // it outgrew SDSE_LARGEST_FRONT and was thinned
    struct sdse_front_stage *stages; // which layer choices each element is made of
};

enum { SDSE_LARGEST_FRONT = 20000 };

// Combines the fronts of `layer_count` >= 1 layers; *front lives in `arena`.
// Dominance is exact (no tolerance). When a stage exceeds SDSE_LARGEST_FRONT elements,
// every second one is dropped (first and last stay), and `thinned` says so. Returns
// SDSE_OK or SDSE_NO_MEMORY. Oracle: tests/unit/test_network_front.c.
enum sdse_status sdse_network_front_build(const struct sdse_layer_front *layers,
                                          size_t layer_count, struct sdse_arena *arena,
                                          struct sdse_network_front *front);

// The element an objective picks: least energy, least latency or least product; ties go
// to less energy. The least over all combinations of layer choices lies on the front,
// as every objective rises with energy and latency.
size_t sdse_network_front_pick(const struct sdse_network_front *front,
                               enum sdse_objective objective);

// The same among the elements of at most `most_pj` and `most_cycles`; front->count if
// there is none. INFINITY = no limit.
size_t sdse_network_front_pick_within(const struct sdse_network_front *front,
                                      enum sdse_objective objective, double most_pj,
                                      double most_cycles);

// choice[layer] = index into that layer's front, for one element. layer_count as built.
void sdse_network_front_choices(const struct sdse_network_front *front,
                                size_t layer_count, size_t element, size_t *choice);

#endif
