// Cycles: compute, every memory's transfers, and which one is the bottleneck.
#ifndef SDSE_COSTMODEL_LATENCY_H
#define SDSE_COSTMODEL_LATENCY_H

#include "costmodel/model.h"

// Stored bits moved at each level, all used instances together. reads leave the memory
// (down, for accumulation, and upwards when drain reads count); writes arrive.
struct sdse_bits_moved {
    double read[SDSE_MAX_LEVELS];
    double write[SDSE_MAX_LEVELS];
};

struct sdse_latency {
    uint64_t compute_cycles;
    // 0 = unlimited bandwidth. Levels of one memory: all together, at the outermost.
    uint64_t level_cycles[SDSE_MAX_LEVELS];
    uint64_t rebuild_cycles;
    uint64_t latency_cycles; // without first fill and last drain
    int bottleneck_level;    // as in struct sdse_cost
};

// Cycles a level's transfers need: max(reads / read bandwidth, writes / write
// bandwidth, all / shared bandwidth), averaged over the used instances, rounded up. 0 =
// no limit given.
uint64_t sdse_transfer_cycles(const struct sdse_level *level, double read_bits,
                              double write_bits, uint64_t used);

// The layer's latency: the maximum of compute, rebuild and overlapped transfers, plus
// the transfers of levels that do not overlap. Source: docs/model.md, latency.
void sdse_latency(const struct sdse_model *model, const struct sdse_view *view,
                  const struct sdse_bits_moved *moved, uint64_t rebuild_cycles,
                  struct sdse_latency *latency);

#endif
