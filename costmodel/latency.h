// Cycles: compute, every memory's transfers, and which one is the bottleneck.
#ifndef SDSE_COSTMODEL_LATENCY_H
#define SDSE_COSTMODEL_LATENCY_H

#include "costmodel/model.h"

// Stored bits moved at each level by tensor (all parts of weights together; outputs
// that go up apart where they have a port of their own), all used instances together.
// reads leave the memory (down, for accumulation, and upwards when drain reads count);
// writes arrive.
struct sdse_bits_moved {
    double read[SDSE_MAX_LEVELS][SDSE_PORT_USERS];
    double write[SDSE_MAX_LEVELS][SDSE_PORT_USERS];
};

// A port of a memory: its kind, and whether it is one tensor's own.
struct sdse_port_name {
    enum sdse_port kind;
    int tensor; // enum sdse_tensor, SDSE_PORT_UP; -1 = of the others
};

// "reads", "outputs reads", "weights transfers", ...
const char *sdse_port_text(struct sdse_port_name port);

// Passes of the memory at level `l`: steps of the loops outside it. Of a memory with
// positions: outside the first that keeps something, as loops of an empty one are as
// good as further out. keeps: the mapping's.
uint64_t sdse_passes(const struct sdse_view *view, const unsigned *keeps, unsigned l);

// Cycles that the passes of all levels lose, which add to the latency: passes x (start
// + skew x hops), rounded up once.
uint64_t sdse_pass_cycles(const struct sdse_model *model, const struct sdse_view *view,
                          const unsigned *keeps);

struct sdse_latency {
    uint64_t compute_cycles;
    // 0 = unlimited bandwidth. Levels of one memory: all together, at the outermost.
    uint64_t level_cycles[SDSE_MAX_LEVELS];
    uint64_t rebuild_cycles;
    uint64_t latency_cycles;               // without first fill and last drain
    uint64_t outer_cycles, inner_cycles;   // as in struct sdse_totals; likewise
    int bottleneck_level;                  // as in struct sdse_cost
    struct sdse_port_name bottleneck_port; // at a memory: the one that takes longest
    int compute_bottleneck;                // bottleneck_level where no memory is slower
    struct sdse_port_name port[SDSE_MAX_LEVELS]; // the longest of each memory
    uint64_t bound_cycles; // of level_cycles[0]: what may not cross ahead of the nest
};

// Cycles to compute `steps` steps: steps x cycles per MAC, rounded up once. A product
// that is whole but for the rounding of its factors is not rounded up.
uint64_t sdse_compute_cycles(uint64_t steps, double cycles_per_mac);

// Cycles of computing in `steps` steps of the multipliers, as the layer's engines have
// it.
uint64_t sdse_model_compute_cycles(const struct sdse_model *model, uint64_t steps);

// Bits that a tensor, or outputs that go up, takes through the ports of a kind: what
// goes up without a port of its own is with what comes down.
static inline double sdse_port_user_bits(const struct sdse_level *level,
                                         enum sdse_port kind, int user,
                                         const double bits[SDSE_PORT_USERS]) {
    if (user != SDSE_OUTPUTS && user != SDSE_PORT_UP)
        return bits[user];
    const bool apart = level->own_bits_per_cycle[kind][SDSE_PORT_UP].given;
    if (user == SDSE_PORT_UP)
        return apart ? bits[SDSE_PORT_UP] : 0;
    return apart ? bits[SDSE_OUTPUTS] : bits[SDSE_OUTPUTS] + bits[SDSE_PORT_UP];
}

// Cycles a level's transfers need: the most of any port, bits / bandwidth, averaged
// over the used instances, rounded up. A tensor goes through its own port, or with the
// others through theirs; reads, writes, and both together. 0 = no limit given.
// read_bits, write_bits: by tensor, SDSE_PORT_UP. longest: out, may be NULL: the port.
uint64_t sdse_transfer_cycles(const struct sdse_level *level,
                              const double read_bits[SDSE_PORT_USERS],
                              const double write_bits[SDSE_PORT_USERS], uint64_t used,
                              struct sdse_port_name *longest);

// The layer's latency: the maximum of compute, rebuild and overlapped transfers, plus
// the transfers of levels that do not overlap. Source: docs/model.md, latency.
void sdse_latency(const struct sdse_model *model, const struct sdse_view *view,
                  const struct sdse_bits_moved *moved, uint64_t rebuild_cycles,
                  struct sdse_latency *latency);

// Adds to the cycles of each memory those in which its ports are taken otherwise, and
// finds the latency anew.
void sdse_latency_add(const struct sdse_model *model,
                      const uint64_t taken_cycles[SDSE_MAX_LEVELS],
                      struct sdse_latency *latency);

#endif
