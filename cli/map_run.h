// One run of sdse map, shared by the verb and what it prints.
#ifndef SDSE_CLI_MAP_RUN_H
#define SDSE_CLI_MAP_RUN_H

#include <stdatomic.h>

#include "cli/budget.h"
#include "cli/cli.h"
#include "cli/cost_tables.h"
#include "cli/inputs.h"
#include "cli/solve.h"
#include "dse/network/network_front.h"

// The words of --objective.
enum cli_map_objective { EDP, ED2P, ENERGY, LATENCY, PARETO, LIFETIME };

// What is proved of a network: each layer by itself, the places of its tensors, groups.
// Each wider space has the narrower ones in it.
enum cli_map_proved { PROVED_NOTHING, PROVED_UNSHARED, PROVED_RESIDENT, PROVED_FUSED };

// The run of one command.
struct cli_map_run {
    struct cli *cli;
    const struct cli_args *args;
    struct cli_problem problem;
    enum cli_map_objective objective;
    struct cli_budget budget;
    bool layer_only;
    bool combined; // layers were mapped to fronts, of which elements are picked
    enum sdse_table_format format;
    bool people;
    const char *output;         // where mappings are written; NULL: nowhere
    const char *objective_word; // as given
    unsigned fuse_depth;        // most layers that take turns; 0: not asked for
    bool fuse_columns;          // tiles of some columns, too
    bool fuse_overlap;          // the outermost memory may work a tile ahead
    bool copies;                // tensors may be moved between layers
    bool fuse_all_tiles;        // tiles of any number of rows, not of equal ones alone
    enum cli_map_proved proved; // with --resident: so far
    struct cli_solutions solutions;
    struct sdse_network_front front; // if combined
    size_t picked;                   // element of the front
    const atomic_bool *stop;
};

// What picks an element of the front.
static inline enum sdse_objective
cli_map_picked_objective(const struct cli_map_run *run) {
    static const enum sdse_objective objectives[] = {
        [EDP] = SDSE_EDP,         [ED2P] = SDSE_ED2P,  [ENERGY] = SDSE_ENERGY,
        [LATENCY] = SDSE_LATENCY, [PARETO] = SDSE_EDP, [LIFETIME] = SDSE_ENERGY};
    return objectives[run->objective];
}

// The answer for the i-th layer asked for.
static inline const struct cli_solution *cli_solution_of(const struct cli_map_run *run,
                                                         size_t i) {
    return &run->solutions.solution[run->solutions.mapped[i].solution];
}

// What one of its mappings costs; *cost outlives the result.
struct cli_costed cli_map_costed(const struct cli_map_run *run, size_t i, size_t choice,
                                 struct sdse_cost *cost);

// Columns, each {name for machines, name for people, their title or NULL}.
void cli_map_add_columns(const struct cli_map_run *run, struct sdse_table *table,
                         const char *const columns[][3], size_t count);

// One row per layer; the front of (energy, latency), of the network or of the layer.
struct sdse_table *cli_map_layer_table(struct cli_map_run *run);
struct sdse_table *cli_map_front_table(const struct cli_map_run *run);

// Sums over all executions of the layers asked for: of one layer, over one.
struct cli_map_totals {
    double energy_pj, cycles, seconds;
    double gap; // above the least, as a fraction; infinite: without a bound
    bool proved;
    double longest_cycles; // that a tile lives where cells forget
};
struct cli_map_totals cli_map_totals_of(const struct cli_map_run *run);

// The same for other programs (map_json.c).
enum cli_exit cli_map_print_json(struct cli_map_run *run);

// Prints the answer: a layer, a table of layers, or a front.
enum cli_exit cli_map_print(struct cli_map_run *run);

// Layers without a mapping, or without one before the search was stopped: says so.
enum cli_exit cli_map_report_unmapped(struct cli_map_run *run);

// Not every layer has a mapping: prints those that were found, each the best on its
// own.
void cli_map_print_found(struct cli_map_run *run);

// A limit or an interruption is said on stderr too, where csv and json do not reach.
enum cli_exit cli_map_report_unproved(const struct cli_map_run *run);

#endif
