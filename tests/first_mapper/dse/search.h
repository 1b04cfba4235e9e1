// Branch and bound over the lattice of tiles, from the outermost level inwards.
//
// At each level: the places on its fan-out, its temporal factors one dimension after
// the other, one order of each class, then the next level. A branch is cut when the
// least its completions can cost reaches the cut-off. Complete mappings are scored by
// the evaluator. The walk is deterministic; among equal answers the first found stays.
#ifndef SDSE_DSE_SEARCH_H
#define SDSE_DSE_SEARCH_H

#include <stdatomic.h>

#include "dse/node.h"

enum sdse_goal { SDSE_GOAL_ENERGY, SDSE_GOAL_CYCLES, SDSE_GOAL_EDP };

struct sdse_search_limits {
    double seconds;          // 0 = none
    uint64_t nodes;          // 0 = none
    const atomic_bool *stop; // NULL = none; read now and then
};

// Why a search ended early.
enum sdse_halt { SDSE_HALT_NONE, SDSE_HALT_LIMIT, SDSE_HALT_STOPPED, SDSE_HALT_MEMORY };

struct sdse_search_result {
    bool found;
    struct sdse_mapping mapping;
    struct sdse_totals totals;
    double lower_bound; // of the goal's value
};

struct sdse_searcher;

// A searcher for one problem; keeps counters and the clock over several searches. The
// problem must outlive it; lives in the problem's arena. NULL when memory is out.
struct sdse_searcher *sdse_searcher_new(struct sdse_problem *problem,
                                        const struct sdse_search_limits *limits);

// The best mapping for a goal whose latency is at most most_cycles. Ties: energy by
// cycles, EDP by energy, within 1e-12 relative; cycles are exact and not tied further.
// result->found false and no halt: there is none.
void sdse_searcher_run(struct sdse_searcher *searcher, enum sdse_goal goal,
                       double most_cycles, struct sdse_search_result *result);

enum sdse_halt sdse_searcher_halt(const struct sdse_searcher *searcher);
uint64_t sdse_searcher_nodes(const struct sdse_searcher *searcher);
uint64_t sdse_searcher_evaluations(const struct sdse_searcher *searcher);
double sdse_searcher_seconds(const struct sdse_searcher *searcher);
// Cycles no mapping can stay below.
double sdse_searcher_least_cycles(const struct sdse_searcher *searcher);

#endif
