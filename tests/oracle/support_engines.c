#include "oracle/support_engines.h"

#include "oracle/support_cases.h"

void engines_draw(uint64_t *state, int32_t *values, uint64_t count, uint64_t percent,
                  int32_t least, int32_t most) {
    for (uint64_t i = 0; i < count; i++) {
        values[i] = 0;
        if (oracle_below(state, 100) < percent)
            values[i] =
                least + (int32_t)oracle_below(state, (uint64_t)(most - least) + 1);
        if (values[i] == 0 && percent == 100)
            values[i] = most;
    }
}

uint64_t engines_density(uint64_t *state) {
    static const uint64_t densities[] = {0, 5, 20, 40, 60, 85, 100};
    return densities[oracle_below(state, sizeof densities / sizeof *densities)];
}
