// The exact front of a network from the fronts of its layers.
//
// Energy and latency of a network are sums over its layers, so every point of its front
// is a sum of points of the layers' fronts: the Minkowski sum, pruned after every
// layer. All repeats of a layer share one choice.
#ifndef SDSE_DSE_NETWORK_NETWORK_FRONT_H
#define SDSE_DSE_NETWORK_NETWORK_FRONT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/status.h"
#include "dse/network/tradeoff.h"
#include "spec/types/sweep.h"

// One layer's front: by rising energy, falling latency; count >= 1.
struct sdse_layer_front {
    size_t count;
    const struct sdse_tradeoff *elements;
    uint64_t repeat; // [>= 1]
    size_t first;    // of places (places.h): number that who answers gives the first
};

struct sdse_front_stage;

struct sdse_network_front {
    size_t count;
    struct sdse_tradeoff *elements;  // by rising energy, falling latency
    bool thinned;                    // it outgrew the limit: there are more elements
    struct sdse_front_stage *stages; // which layer choices each element is made of
    // Corners of the convex hull of all sums, of the unthinned front too, by rising
    // energy: no sum lies below the line through them.
    size_t corner_count;
    struct sdse_tradeoff *corners;
};

enum {
    SDSE_LARGEST_FRONT = 1000000, // elements picked from
    SDSE_KEPT_FRONT = 20000       // elements stored and printed
};

// Combines the fronts of `layer_count` >= 1 layers; *front lives in `arena`.
// Dominance is exact (no tolerance). When a stage exceeds `most` elements [>= 1],
// every second one is dropped, and `thinned` says so; both ends and the corners of the
// hull stay, so that every pick without a budget remains exact (but for rounding): a
// product of powers of two sums is least at a corner, and a corner of a sum is a sum of
// corners. stop: set by another thread or a signal, NULL = never; looked at every few
// milliseconds, so that a front of less work is built whatever it says. Returns
// SDSE_OK, SDSE_NO_MEMORY or SDSE_INTERRUPTED. Oracle: tests/unit/test_network_front.c.
enum sdse_status sdse_network_front_build(const struct sdse_layer_front *layers,
                                          size_t layer_count, size_t most,
                                          const atomic_bool *stop,
                                          struct sdse_arena *arena,
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

// What the objective of an element may be above the least within a budget, relative; 0
// if the front is not thinned. Uses the hull: valid whatever was dropped.
double sdse_network_front_gap(const struct sdse_network_front *front,
                              enum sdse_objective objective, size_t element,
                              double most_pj, double most_cycles);

// The gap of a network's objective if every layer's front is within 1 + layer_gap of
// any mapping in energy and in latency, and the element's own is `front_gap`.
double sdse_network_gap(enum sdse_objective objective, double layer_gap,
                        double front_gap);

// At most `most` [>= 3] indices of elements, evenly spaced, rising, with both ends and
// `picked`; returns how many. kept: [most].
size_t sdse_network_front_thin(size_t count, size_t most, size_t picked, size_t *kept);

// choice[layer] = index into that layer's front, for one element. layer_count as built.
void sdse_network_front_choices(const struct sdse_network_front *front,
                                size_t layer_count, size_t element, size_t *choice);

#endif
