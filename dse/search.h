// Branch and bound over the lattice of tiles, from the outermost level inwards.
//
// At each level: the places on its fan-out, its temporal factors one dimension after
// the other, one order of each class, then the next level. A branch is cut when the
// least its completions can cost reaches the cut-off. Complete mappings are scored by
// the evaluator. The walk is deterministic; among equal answers the first found stays.
#ifndef SDSE_DSE_SEARCH_H
#define SDSE_DSE_SEARCH_H

#include <stdatomic.h>
#include <time.h>

#include "costmodel/hops.h"
#include "dse/best.h"
#include "dse/partial.h"

struct sdse_search_limits {
    double seconds;          // 0 = none
    uint64_t nodes;          // 0 = none
    const atomic_bool *stop; // NULL = none; read now and then
};

// Why a search ended early.
enum sdse_halt { SDSE_HALT_NONE, SDSE_HALT_LIMIT, SDSE_HALT_STOPPED, SDSE_HALT_MEMORY };

// Counters, the clock and what is remembered, shared by all searches for one layer on
// one accelerator.
struct sdse_effort {
    struct sdse_search_limits limits;
    struct timespec start;
    uint64_t nodes, evaluations, next_clock;
    struct sdse_reach_memo memo;
    enum sdse_halt halt; // once set, every search under way or to come ends at once
};

// Starts the clock. limits: NULL = none.
void sdse_effort_init(struct sdse_effort *effort,
                      const struct sdse_search_limits *limits);
double sdse_effort_seconds(const struct sdse_effort *effort);

struct sdse_searcher;

// A searcher for one problem; problem and effort must outlive it; lives in the
// problem's arena. NULL when memory is out.
struct sdse_searcher *sdse_searcher_new(struct sdse_problem *problem,
                                        struct sdse_effort *effort);

// What no mapping of the searcher's problem can stay below.
struct sdse_totals sdse_searcher_root(const struct sdse_searcher *searcher);

// Betters *best over the mappings of `count` problems, variants of one: afterwards no
// mapping of any of them is better, unless effort->halt is set. `best` may hold a
// mapping already. Searchers whose root is excluded are skipped; among equal mappings
// the one of the earlier searcher is likelier to stay, but the outcome is
// deterministic.
//
// Returns a lower bound of the goal's value: that of *best if the search was not
// halted.
double sdse_search_run(struct sdse_searcher *const *searcher, size_t count,
                       struct sdse_best *best);

// Every bound against every completion it could cut.
struct sdse_audit {
    uint64_t bounds, mappings;
    double pj_ratio, cycles_ratio; // largest bound / cost; admissible: at most 1
};

// Cuts nothing: walks the whole space of a small problem and compares each mapping's
// cost with the highest bounds met on the way to it. For tests.
void sdse_search_audit(struct sdse_searcher *searcher, struct sdse_audit *audit);

#endif
