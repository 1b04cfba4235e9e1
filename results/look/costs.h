// What each layer of a design point costs by itself, under an objective of one's own:
// the rows of a cost table that a search for networks reads.
#ifndef SDSE_RESULTS_LOOK_COSTS_H
#define SDSE_RESULTS_LOOK_COSTS_H

#include <stdint.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/hash.h"
#include "results/store/reader.h"
#include "spec/types/sweep.h"

// Energy, cycles, MACs and stored bits are those of all its executions, as in v_layer.
struct sdse_layer_cost {
    uint64_t index; // in the network
    const char *name, *kind;
    uint64_t repeat; // executions
    double energy_pj;
    uint64_t latency_cycles, macs;
    double weight_bits; // NAN: the layer stores none
    const char *proof;  // of the front that the mapping is on
    double gap;
};

struct sdse_layer_costs {
    const char *arch_text, *workload_text; // the point's inputs, resolved
    struct sdse_hash arch, workload;       // their hashes
    size_t count;
    struct sdse_layer_cost *layers; // by index
};

// Reads them into the arena. Of each layer's front of (energy, latency) the element of
// least objective is taken, the first by energy where several are; products are those
// of the layer alone. A layer that only moves words has one mapping.
enum sdse_status sdse_layer_costs_load(struct sdse_reader *reader, int64_t point_id,
                                       enum sdse_objective objective,
                                       struct sdse_arena *arena,
                                       struct sdse_diags *diags,
                                       struct sdse_layer_costs *out);

#endif
