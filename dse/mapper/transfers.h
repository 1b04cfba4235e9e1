// How long the transfers of a partial mapping take at least, as a function of how often
// its tensors are visited.
#ifndef SDSE_DSE_MAPPER_TRANSFERS_H
#define SDSE_DSE_MAPPER_TRANSFERS_H

#include "dse/mapper/partial.h"

// Bits that cross a limited port of a memory: base + sum of rate x visits.
struct sdse_port_bits {
    unsigned level; // the memory's; the ports of one stand together
    bool overlaps;  // with computing; if not, its cycles are added
    bool inside;    // of the outermost memory: just what may not cross ahead
    double cycles_per_bit;
    double base, rate[SDSE_MOVERS];
    unsigned lanes; // into the multipliers, whose words cross it
    double shared;  // above base, as the places still to come are shared out
};

// Read, write, both together: of each tensor, and of the others.
enum { SDSE_MAX_PORTS = SDSE_PORTS * (SDSE_PORT_USERS + 1) * (SDSE_MAX_LEVELS + 1) };

struct sdse_transfers {
    unsigned count;
    struct sdse_port_bits port[SDSE_MAX_PORTS];
    unsigned lanes;  // of all ports
    bool all_inside; // nothing may cross ahead
    struct sdse_shared bits[SDSE_MAX_LANES];
};

// The transfers of any completion of a node: levels from `level` on are open.
void sdse_transfers_init(const struct sdse_problem *problem, unsigned level,
                         const struct sdse_partial *node,
                         struct sdse_transfers *transfers);

// Takes away what the places of `level` and those inside cannot merge in a tile
// `index`.
void sdse_transfers_share(const struct sdse_problem *problem, unsigned level,
                          const uint16_t index[SDSE_DIMS],
                          struct sdse_transfers *transfers);

// Cycles of the layer when its tensors are visited visits[t] times and computing takes
// `compute` cycles. Rises with both.
double sdse_transfers_cycles(const struct sdse_transfers *transfers,
                             const double visits[SDSE_MOVERS], double compute);

// Cycles of either side of a layer, as struct sdse_totals tells them apart.
struct sdse_sides {
    double outer, inner;
};

// Likewise of each side: computing, all memories but the outermost and what crosses
// there and may not do so ahead are inside (outputs may, as far as is known); what
// overlaps with nothing is on both sides.
struct sdse_sides sdse_transfers_sides(const struct sdse_transfers *transfers,
                                       const double visits[SDSE_MOVERS],
                                       double compute);

#endif
