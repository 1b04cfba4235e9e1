// What a search may know of costs without evaluating: the price of one word on every
// edge, from a keeper of a tensor to the next keeper inside.
//
// Prices are linear: the evaluator charges the same words at the same prices, but
// rounds an access up to whole blocks and adds what prices leave out (rebuild cycles,
// first fills and last drains). So words x price is a lower bound.
#ifndef SDSE_COSTMODEL_PRICE_H
#define SDSE_COSTMODEL_PRICE_H

#include "costmodel/model.h"

// Whether outputs are finished where they arrive at the parent (reads, updates) and
// where they leave the child (wires, fills, drains) decides their bits
// (costmodel/edge.h): index 0 finished, 1 partial. Other tensors have equal entries.
enum { SDSE_FINISHED, SDSE_PARTIAL, SDSE_STAGES };

struct sdse_edge_price {
    unsigned parent, child; // child == level_count: the multipliers
    // The level of the memory that gives: the parent, but where the tensor is at home
    // in a shared memory. The first edge then stands outside all loops as if it started
    // at level 0, and nothing crosses outside of the holder.
    unsigned holder;
    // [pJ per word]
    double read_pj[SDSE_STAGES];   // leaves the parent (down, or for accumulation)
    double fill_pj[SDSE_STAGES];   // arrives at a child
    double update_pj[SDSE_STAGES]; // outputs: arrives at the parent
    double drain_pj[SDSE_STAGES];  // outputs: read from a child to go up
    double wire_pj[SDSE_MAX_LEVELS][SDSE_STAGES];   // crosses the network below l
    double hop_pj[SDSE_MAX_LEVELS][SDSE_STAGES];    // ... per hop
    double router_pj[SDSE_MAX_LEVELS][SDSE_STAGES]; // ... per router: 1 + floor(hops)
    double add_pj[SDSE_MAX_LEVELS];                 // per addition of two sums
    bool returns[SDSE_MAX_LEVELS]; // returning sums cross the network below l
    double engine_pj;              // per word merged below the rebuild engine
    // [stored bits per word]
    double parent_bits[SDSE_STAGES], child_bits[SDSE_STAGES];
};

// Words of the basis flow are basis words: n x n for each block visited.
struct sdse_flow_price {
    enum sdse_tensor tensor;
    enum sdse_part part;
    unsigned edge_count;
    struct sdse_edge_price edge[SDSE_MAX_LEVELS];
    // Stored bits of one tile word at each level; negative where the flow is not kept.
    double tile_bits[SDSE_MAX_LEVELS][SDSE_STAGES];
};

struct sdse_prices {
    unsigned flow_count;
    struct sdse_flow_price flow[SDSE_MAX_FLOWS];
    double mac_pj;  // all MACs, and the clocks that they need at least
    double control; // factor of control on energy of the chip; in all prices here
    // What crosses between a shared memory and the outermost one whatever the mapping:
    // finished outputs that go on, weights and inputs that are brought in. Of each
    // tensor what the one is read, the other written; their energy is in mac_pj. [bits]
    double beside_read_bits[SDSE_TENSORS], beside_write_bits[SDSE_TENSORS];
    // Maps that the layer adds to its outputs, read at each level; their energy is in
    // mac_pj too. [bits]
    double addend_bits[SDSE_MAX_LEVELS];
    // Partial sums that wait at home, read and updated there whatever the mapping;
    // their energy is in mac_pj too. [bits]
    double continued_read_bits, continued_write_bits;
    double leakage_pj_per_cycle; // and all that is always drawn, over the latency
};

// Prices of the edges when every level keeps what `keeps` says (struct sdse_mapping).
// Derived from the charges of charge.c; oracle: tests/oracle/test_mapper_oracle.c.
void sdse_model_prices(const struct sdse_model *model, const unsigned *keeps,
                       struct sdse_prices *prices);

#endif
