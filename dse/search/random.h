// Random numbers of a search: each drawn from a stream that its seed and its place
// name, so that no order of events moves them. Private to dse/search/.
#ifndef SDSE_DSE_SEARCH_RANDOM_H
#define SDSE_DSE_SEARCH_RANDOM_H

#include <stdint.h>

#include "smartdeal/synthetic.h"

// The stream of a place: sdse_random_u64 draws from it.
static inline uint64_t sdse_search_stream(uint64_t seed, uint64_t place) {
    uint64_t state = seed;
    state = sdse_random_u64(&state) ^ place;
    return sdse_random_u64(&state);
}

// One of 0 … count - 1, all equally likely. count >= 1
static inline uint64_t sdse_search_draw(uint64_t *stream, uint64_t count) {
    const uint64_t end = UINT64_MAX - UINT64_MAX % count; // a multiple of count
    uint64_t drawn;
    do
        drawn = sdse_random_u64(stream);
    while (drawn >= end);
    return drawn % count;
}

#endif
