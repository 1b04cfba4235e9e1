// Two doubles side by side, portably: gcc and clang turn these into SSE2, NEON or plain
// scalar code. The order of every sum is fixed by the source, never by the machine, so
// results are the same bytes everywhere.
#ifndef SDSE_SMARTDEAL_LANES_H
#define SDSE_SMARTDEAL_LANES_H

#include <stdint.h>
#include <string.h>

enum { SDSE_LANES = 2 };

typedef double sdse_lanes __attribute__((vector_size(16)));
typedef int64_t sdse_lane_bits __attribute__((vector_size(16)));

static inline sdse_lanes sdse_load(const double *from) {
    sdse_lanes lanes;
    memcpy(&lanes, from, sizeof lanes);
    return lanes;
}

static inline void sdse_store_lanes(double *to, sdse_lanes lanes) {
    memcpy(to, &lanes, sizeof lanes);
}

#endif
