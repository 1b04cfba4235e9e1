// The best mapping found so far, and what it excludes.
//
// It lives outside the searchers, so that several problems (variants of one layer) can
// be searched against one best: what one of them finds cuts the others.
#ifndef SDSE_DSE_MAPPER_BEST_H
#define SDSE_DSE_MAPPER_BEST_H

#include "costmodel/evaluate.h"

enum sdse_goal {
    SDSE_GOAL_ENERGY,
    SDSE_GOAL_CYCLES,
    SDSE_GOAL_EDP,
    SDSE_GOAL_ED2P,
    SDSE_GOAL_LIFETIME, // longest life of a tile in a memory that forgets
    SDSE_GOAL_STRAIN,   // longest life over what its memory allows
    SDSE_GOAL_FRONT,    // every (energy, cycles) that no other mapping beats in both
    SDSE_GOAL_SIDES     // likewise, of (energy, outer cycles, inner cycles)
};

static inline bool sdse_goal_is_front(enum sdse_goal goal) {
    return goal == SDSE_GOAL_FRONT || goal == SDSE_GOAL_SIDES;
}

struct sdse_found {
    struct sdse_totals totals;
    struct sdse_mapping mapping;
};

struct sdse_best {
    enum sdse_goal goal;
    double most_cycles;          // slower mappings do not count
    double most_lifetime_cycles; // those whose tiles live longer do not, either
    // Values (front: energies) above the cut-off are not looked at in this pass; and
    // the smallest of them that nothing else excludes.
    double cutoff, least_cut;

    bool found;
    double first, second; // goal's value and tie breaker of the best
    struct sdse_mapping mapping;
    struct sdse_totals totals;

    // The front so far, by rising energy and, of two objectives, falling cycles.
    size_t count, capacity;
    struct sdse_found *front;
    double least_pj; // cheaper points of the front are all found
    bool no_memory;  // a mapping could not be kept
    // Mappings that were not found by the search but are known: what is worse than they
    // are is excluded, not they themselves, so that a proof finds what it would have
    // found without them. One, or a front of two objectives.
    size_t known_count, known_capacity;
    struct sdse_found *known;
};

// Nothing found, nothing known. most_cycles: INFINITY = no limit. Must be freed.
void sdse_best_init(struct sdse_best *best, enum sdse_goal goal, double most_cycles);
void sdse_best_free(struct sdse_best *best);

// The goal's value; of a front: energy. Falls with none of the totals.
double sdse_goal_value(enum sdse_goal goal, const struct sdse_totals *totals);

// Whether nothing at or above these bounds can better *best, or is looked at in this
// pass. What strains a memory by more than 1 is no answer. Ties: energy by cycles,
// products by energy, within 1e-12 relative; cycles are exact and not tied further.
bool sdse_best_excludes(struct sdse_best *best, const struct sdse_totals *bounds);

// Takes a mapping unless it is excluded.
void sdse_best_offer(struct sdse_best *best, const struct sdse_mapping *mapping,
                     const struct sdse_totals *totals);

// Remembers a valid mapping of the space as known, if it is better than what is. Of
// SDSE_GOAL_SIDES none is.
void sdse_best_know(struct sdse_best *best, const struct sdse_mapping *mapping,
                    const struct sdse_totals *totals);

// The goal's least value known; INFINITY: nothing is.
double sdse_best_known_value(const struct sdse_best *best);

// Takes what is known where nothing as good was found: the end of a search without a
// proof.
void sdse_best_settle(struct sdse_best *best);

#endif
