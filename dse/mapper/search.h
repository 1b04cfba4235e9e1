// Branch and bound over the lattice of tiles, from the outermost level inwards.
//
// At each level: the places on its fan-out, its temporal factors one dimension after
// the other, one order of each class, then the next level. A branch is cut when the
// least its completions can cost reaches the cut-off. Complete mappings are scored by
// the evaluator. The walk is deterministic; among equal answers the first found stays.
#ifndef SDSE_DSE_MAPPER_SEARCH_H
#define SDSE_DSE_MAPPER_SEARCH_H

#include "dse/mapper/best.h"
#include "dse/mapper/effort.h"
#include "dse/mapper/partial.h"

struct sdse_searcher;

// A searcher for one problem; problem and effort must outlive it; lives in the
// problem's arena. NULL when memory is out.
struct sdse_searcher *sdse_searcher_new(struct sdse_problem *problem,
                                        struct sdse_effort *effort);

// Leaves out mappings without loops that move what is kept at these positions of split
// memories (set of SDSE_BIT(level)): the search meets the same ones in another problem,
// with the position behind it in its place (dse/mapper/twins.h).
void sdse_searcher_ask_loops(struct sdse_searcher *searcher, unsigned levels);

// What no mapping of the searcher's problem can stay below.
struct sdse_totals sdse_searcher_root(const struct sdse_searcher *searcher);

// Problems to search for one answer, variants of one layer. A problem is opened before
// it is searched and closed after it: only while it is open must it be prepared.
struct sdse_search_space {
    size_t first, count; // problems first ... first + count - 1
    void *context;
    struct sdse_totals (*root)(void *context, size_t i);    // of its searcher
    struct sdse_searcher *(*open)(void *context, size_t i); // NULL: memory is out
    void (*close)(void *context, size_t i);
    // Called once per search, when it turns out to take long, to tell *best good
    // mappings of the space (sdse_best_know); NULL = there are none.
    void (*help)(void *context, struct sdse_best *best);
};

// Betters *best over the mappings of all problems of a space: afterwards no mapping of
// any of them is better, unless effort->halt is set. `best` may hold a mapping already.
// Problems whose root is excluded are not opened; among equal mappings the one of the
// earlier problem is likelier to stay, but the outcome is deterministic.
//
// A search that is halted takes what help() knows where it found nothing as good.
//
// Returns a lower bound of the goal's value: that of *best if the search was not
// halted.
double sdse_search_run(const struct sdse_search_space *space,
                       struct sdse_effort *effort, struct sdse_best *best);

// Every bound against every completion it could cut.
struct sdse_audit {
    uint64_t bounds, mappings;
    // Largest bound / cost; admissible: at most 1. life_ratio: of lifetime and strain.
    // sides_ratio: of outer and of inner cycles.
    double pj_ratio, cycles_ratio, life_ratio, sides_ratio;
};

// Cuts nothing: walks the whole space of a small problem and compares each mapping's
// cost with the highest bounds met on the way to it. For tests.
void sdse_search_audit(struct sdse_searcher *searcher, struct sdse_audit *audit);

#endif
