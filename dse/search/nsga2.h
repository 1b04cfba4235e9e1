// NSGA-II on integer vectors: a population, its children, and the best of both. Private
// to dse/search/.
//
// Order: a design that is feasible before one that is not; of two infeasible ones that
// with less violation; of two feasible ones that which dominates (constraint
// domination). Ranks of non-dominated fronts, then the crowding distance, decide who
// stays and who wins a tournament of two.
//
// A child has two parents. With probability 9/10 they are crossed: an axis takes either
// parent's value; one in four times, if ordered, any between them. Then each axis
// mutates with probability 1 / (axes that count): an ordered one by a step in either
// direction, of at most 2^u with u uniform in 0 … log2(length), so neighbours are
// frequent and far steps happen; another by any other value. A child that was asked for
// before mutates again.
//
// Source: Deb, Pratap, Agarwal, Meyarivan, IEEE Trans. Evol. Comput. 6(2), 2002; the
// moves of integers are derived here.
#ifndef SDSE_DSE_SEARCH_NSGA2_H
#define SDSE_DSE_SEARCH_NSGA2_H

#include "dse/search/search.h"

struct sdse_nsga2_member {
    uint64_t *value; // [axis_count]
    struct sdse_search_score score;
    size_t rank; // 0 = of the front
    double crowding;
};

// Whether a comes before b.
bool sdse_nsga2_dominates(const struct sdse_search_score *a,
                          const struct sdse_search_score *b, unsigned objectives);

// Ranks `count` members and writes their crowding distances; then brings the best
// `keep` of them to the front, best first. room: [2 * count]
void sdse_nsga2_select(struct sdse_nsga2_member *members, size_t count, size_t keep,
                       unsigned objectives, size_t *room);

// A child of two of the members, drawn from `stream`. child: out, [axis_count]
void sdse_nsga2_cross(const struct sdse_search_space *space,
                      const struct sdse_nsga2_member *members, size_t count,
                      uint64_t *stream, uint64_t *child);
// Mutates; `surely`: at least one axis that counts and has another value.
void sdse_nsga2_mutate(const struct sdse_search_space *space, bool surely,
                       uint64_t *stream, uint64_t *child);

#endif
