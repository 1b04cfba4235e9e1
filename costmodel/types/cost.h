// What one layer costs on one accelerator under one mapping and one weight form.
//
// Counts are words over all instances of a level and the whole layer; docs/model.md
// derives each. Everything a table, a plot or `explain` shows is read from here.
#ifndef SDSE_COSTMODEL_TYPES_COST_H
#define SDSE_COSTMODEL_TYPES_COST_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "spec/types/arch.h"

// What a part (a tensor, or a part of SmartDeal weights) does at one level.
struct sdse_flow_cost {
    bool kept;
    uint64_t tile_words; // of one instance's tile: [words of the tensor]
    uint64_t instances;  // used instances of the level
    uint64_t reads;      // words taken by the child, and outputs read for accumulation
    uint64_t fills;      // words arriving from the parent
    uint64_t updates;    // output words arriving from the child
    uint64_t
        drain_reads; // finished or partial outputs read to go up (0 if not counted)
    double read_bits, fill_bits, update_bits; // stored bits moved (formats applied)
    double drain_bits;                        // of read_bits: for drain reads
    double read_pj, fill_pj, update_pj;       // read_pj includes drain reads
    // The longest life of a tile, of words written to their last read: 0 at level 0,
    // whose words come from and go to outside, and of layers that multiply nothing.
    uint64_t life_steps;
    double lifetime_us;
    uint64_t refreshes;  // of each word that arrives, in such a life
    double refresh_bits; // refreshed, all instances
};

// What crosses the network below one level for one part.
struct sdse_network_cost {
    uint64_t
        words; // injected at this level's instances (downwards), or merged (outputs)
    uint64_t adds;       // additions of partial sums on the way up
    double hops;         // average hops of one word to its destinations
    double destinations; // children one transfer serves, on average
    double bits;         // transferred bits
    double energy_pj;
};

// What a component draws besides its accesses.
struct sdse_overhead_cost {
    double clock_pj, static_pj, control_pj;
};

struct sdse_level_cost {
    struct sdse_flow_cost flow[SDSE_PARTS];
    struct sdse_network_cost network[SDSE_PARTS]; // below this level
    double stored_bits;                           // tiles of one instance, all parts
    uint64_t cycles; // the transfers of the level need; 0 = unlimited bandwidth. Levels
                     // of one memory: all together, at the outermost
    double read_bits_per_cycle, write_bits_per_cycle; // achieved, per used instance
    double leakage_pj; // of all instances over the latency
    double refresh_pj;
    uint64_t refresh_cycles; // of `cycles`: of one instance. Levels of one memory: all
                             // together, at the outermost
    struct sdse_overhead_cost overhead;
};

struct sdse_cost {
    unsigned level_count;
    struct sdse_level_cost level[SDSE_MAX_LEVELS];

    uint64_t macs;
    uint64_t multipliers_used;
    double mac_pj;
    double compute_leakage_pj;
    struct sdse_overhead_cost compute_overhead, chip_overhead;

    uint64_t shift_adds; // of the rebuild engines
    uint64_t basis_words_loaded;
    double rebuild_pj;
    uint64_t rebuild_cycles;

    uint64_t engine_events[SDSE_MAX_ENGINES]; // of engines of other kinds
    double engine_pj[SDSE_MAX_ENGINES];
    uint64_t sums; // of products made first: each reads one and adds it
    double sum_pj;

    uint64_t vector_operations; // of a layer that multiplies nothing
    double vector_pj;

    uint64_t compute_cycles; // product of temporal passes x cycles per MAC
    uint64_t fill_cycles;    // of the first tiles
    uint64_t drain_cycles;   // of the last tiles
    uint64_t pass_cycles;    // lost by the passes of all levels
    // Without refreshes: what lives are measured by.
    uint64_t schedule_cycles;
    uint64_t latency_cycles;
    int bottleneck_level; // the level whose transfers set the latency; -1 = compute,
                          // -2 = rebuild engine, -3 = vector unit, -4 = multipliers
                          // that make products first
    const char *bottleneck_port; // a memory's: the port of its own that a tensor waits
                                 // for, "outputs reads"; NULL = that of several
    double utilization; // MACs / (latency x multipliers of the accelerator / cycles per
                        // MAC)
    double energy_pj;   // the sum of every part above, in a fixed order
};

// What sets the latency, in words: "compute", "rebuild", "GLB", "GLB outputs reads".
struct sdse_bottleneck {
    char text[128];
};

static inline struct sdse_bottleneck
sdse_bottleneck_name(const struct sdse_arch *arch, const struct sdse_cost *cost) {
    struct sdse_bottleneck name;
    const int l = cost->bottleneck_level;
    const char *port = cost->bottleneck_port;
    snprintf(name.text, sizeof name.text, "%.90s%s%s",
             l == -1   ? "compute"
             : l == -2 ? "rebuild"
             : l == -3 ? "vector"
             : l == -4 ? "products"
                       : arch->level[l].name,
             port ? " " : "", port ? port : "");
    return name;
}

// Area by component. [um^2]
struct sdse_area {
    double level_um2[SDSE_MAX_LEVELS]; // all instances
    double compute_um2;
    double rebuild_um2;
    double engine_um2[SDSE_MAX_ENGINES];
    double other_um2;
    double total_um2;
};

#endif
