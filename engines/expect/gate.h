// What zero gating is expected to save at given densities: exact for independent zeros;
// with densities per channel, exact for what is independent within a channel.
#ifndef SDSE_ENGINES_EXPECT_GATE_H
#define SDSE_ENGINES_EXPECT_GATE_H

#include "engines/expect/mean.h"
#include "engines/gate.h"

struct sdse_gate_stats {
    struct sdse_gate_shape shape;
    double act_density, weight_density; // 0 .. 1; not looked at with counts
    // [C] non-zeros of the channel's map (of H W), of its weights (of K R S), or NULL.
    const uint64_t *act_nnz, *weight_nnz;
};

struct sdse_gate_means {
    SDSE_GATE_COUNTS(SDSE_MEAN_FIELD)
};

// SDSE_INVALID: a fault, a density outside 0 .. 1, more non-zeros than there are.
enum sdse_status sdse_gate_expect(const struct sdse_gate *engine,
                                  const struct sdse_gate_stats *stats,
                                  struct sdse_gate_means *means);

#endif
