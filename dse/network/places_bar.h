// What of a network's sums is wanted, and what an answer for a group of layers must
// beat to be of use: most groups are not worth an exact answer (places.h).
#ifndef SDSE_DSE_NETWORK_PLACES_BAR_H
#define SDSE_DSE_NETWORK_PLACES_BAR_H

#include <stdbool.h>

#include "dse/network/tradeoff.h"

// What is kept of the sums: all that no other beats, the corners of their hull (exact
// for products of powers, without a budget), or the least energy, or latency, alone.
enum sdse_places_goal {
    SDSE_PLACES_FRONT,
    SDSE_PLACES_CORNERS,
    SDSE_PLACES_ENERGY, // ties by latency
    SDSE_PLACES_LATENCY // ties by energy
};

// What the sums with an answer must beat: they are of no use if for each of `before`
// some of `found` is no more in both. Both of one state, unbeaten, by rising energy.
struct sdse_places_bar {
    size_t before_count, found_count;
    const struct sdse_tradeoff *before, *found;
};

// Whether a sum with an answer that is no less than `least` in both may be of use.
bool sdse_places_may_help(const struct sdse_places_bar *bar, enum sdse_places_goal goal,
                          const struct sdse_tradeoff *least);

// Whether something found is no more in both than a sum. NULL: nothing is.
bool sdse_places_is_beaten(const struct sdse_places_bar *bar,
                           const struct sdse_tradeoff *sum);

#endif
