// The variants of a layer's mapping problem as candidates of a search: the narrow space
// first, the others ranked by what their roots promise and prepared when they are
// searched, in flat memory.
#ifndef SDSE_DSE_MAPPER_CANDIDATES_H
#define SDSE_DSE_MAPPER_CANDIDATES_H

#include "dse/mapper/request.h"
#include "dse/mapper/search.h"
#include "dse/mapper/variants.h"

struct sdse_candidate {
    const struct sdse_variant *variant;
    struct sdse_totals root;        // no mapping of it stays below
    double promise;                 // the objective's value at the root
    size_t index;                   // among the variants
    unsigned asked_loops;           // at these levels (dse/mapper/twins.h)
    struct sdse_problem *problem;   // NULL = not prepared now
    struct sdse_searcher *searcher; // the same
    struct sdse_arena *arena;       // of both, if it is the candidate's own
};

struct sdse_candidates;

// Any valid mapping of the narrow space; false: none was found with little effort.
typedef bool sdse_candidates_start(const struct sdse_candidates *candidates,
                                   struct sdse_mapping *mapping);

struct sdse_candidates {
    const struct sdse_map_request *request;
    struct sdse_variant_space space;
    enum sdse_goal goal;
    struct sdse_effort *effort;
    struct sdse_arena *arena;   // lives as long as they do
    struct sdse_arena *scratch; // of a candidate that is prepared for a while
    // The first is what the accelerator keeps, without padding: the narrow space. The
    // others are ranked, most promising first, once they were looked at.
    size_t count, seen;
    struct sdse_candidate *candidate; // [count]
    // Problems of the variants seen that have no padding; prepared throughout. [>= 1]
    size_t plain_count;
    struct sdse_problem **plain;
    sdse_candidates_start *start; // where a descent starts; NULL = nowhere
};

// Lists the variants and prepares the first; goal: the objective's. effort must outlive
// them. What is there must be freed, whatever is returned: SDSE_OK, SDSE_OVERFLOW,
// SDSE_INVALID, SDSE_NO_MEMORY.
enum sdse_status sdse_candidates_init(const struct sdse_map_request *request,
                                      enum sdse_goal goal, struct sdse_effort *effort,
                                      struct sdse_arena *arena,
                                      struct sdse_candidates *candidates);
void sdse_candidates_free(struct sdse_candidates *candidates);

// Looks at the others and ranks them, unless that is done. Ends early when it is
// stopped, or the effort is spent and padded ones are left: then seen < count. Returns
// as sdse_candidates_init.
enum sdse_status sdse_candidates_rank(struct sdse_candidates *candidates);

// The first alone, and all others seen, as what sdse_search_run searches.
struct sdse_search_space sdse_candidates_first(struct sdse_candidates *candidates);
struct sdse_search_space sdse_candidates_others(struct sdse_candidates *candidates);

#endif
