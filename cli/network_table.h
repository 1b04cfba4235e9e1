// How a network runs, as a table: a line for each group, each other layer, and each
// tensor that is brought in between them.
#ifndef SDSE_CLI_NETWORK_TABLE_H
#define SDSE_CLI_NETWORK_TABLE_H

#include "cli/cli.h"
#include "dse/schedule/schedule.h"

struct cli_network {
    struct cli *cli;
    const struct sdse_arch *arch;
    const struct sdse_workload *workload;
    const struct sdse_residency_layer *layer; // [layer_count]: their forms
    const struct sdse_schedule *schedule;
    bool people; // else for machines: pJ, names without titles
};

// Of all executions of a layer or a group.
struct cli_network_figures {
    double energy_pj;
    uint64_t cycles;
    uint64_t words; // that cross at the outermost memory
};

// unshared  of each layer without sharing, beside which its line is put; NULL: no such
//           columns
// *all      out: the sum of the lines
struct sdse_table *cli_network_table(const struct cli_network *network,
                                     const struct cli_network_figures *unshared,
                                     struct cli_network_figures *all);

// "GLB", "DRAM", "DRAM + GLB"; NULL: memory is out.
const char *cli_place_text(struct sdse_arena *arena, const struct sdse_arch *arch,
                           enum sdse_place place);

// Where a layer, or a group's first, finds its inputs: "DRAM", "GLB", "L2, GLB"; NULL:
// memory is out.
const char *cli_inputs_text(struct sdse_arena *arena, const struct sdse_arch *arch,
                            const struct sdse_place_question *question);

// The memories that share: "GLB", "L2, GLB"; NULL: memory is out.
const char *cli_shared_text(struct sdse_arena *arena, const struct sdse_arch *arch);

// Words that cross between the outermost memory and the chip.
uint64_t cli_outermost_words(const struct sdse_cost *cost);

#endif
