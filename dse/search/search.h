// A search for the front of many designs, of which few are evaluated: it is asked for
// designs and told what they cost. No clock, no thread, no file: what it asks depends
// on its setting and on what it was told, in that order, and nothing else.
//
//     random   every design equally likely
//     sobol    the scrambled Sobol sequence (dse/search/sobol.h), each coordinate
//              divided into the values of its axis; axes beyond the 32nd are random
//     nsga2    generations of a population (dse/search/nsga2.h), the first from sobol
//
// No design is asked for twice: what was there is drawn anew, and when that fails often
// the next number that was not there is taken. So a search ends with its budget, or
// with the last design.
#ifndef SDSE_DSE_SEARCH_SEARCH_H
#define SDSE_DSE_SEARCH_SEARCH_H

#include "base/status.h"
#include "dse/search/space.h"

enum { SDSE_SEARCH_OBJECTIVES = 3 };

enum sdse_search_method { SDSE_SEARCH_RANDOM, SDSE_SEARCH_SOBOL, SDSE_SEARCH_NSGA2 };

struct sdse_search_setting {
    enum sdse_search_method method;
    uint64_t seed;
    uint64_t evaluations; // at most so many designs [>= 1]
    uint64_t population;  // of nsga2 [>= 2]
    unsigned objectives;  // values of a score that count [1 to 3]
};

// What a design costs; less is better.
struct sdse_search_score {
    double value[SDSE_SEARCH_OBJECTIVES]; // finite, unless it is infeasible
    // 0: feasible. Else how far it is from that: INFINITY, if nobody can say.
    double violation;
};

struct sdse_search;

// Takes copies. Returns SDSE_OK, SDSE_OVERFLOW (more than 2^62 designs) or
// SDSE_NO_MEMORY.
enum sdse_status sdse_search_new(const struct sdse_search_space *space,
                                 const struct sdse_search_setting *setting,
                                 struct sdse_search **search);
void sdse_search_free(struct sdse_search *search); // NULL is fine

// All that will be asked: the budget, or the number of designs if that is less.
uint64_t sdse_search_total(const struct sdse_search *search);
// Designs that may be asked for, one after the other, before any is told; 0 at the end,
// or while one must be told first.
uint64_t sdse_search_ready(const struct sdse_search *search);
// The next design; sdse_search_ready is not 0. value: out, [axis_count]. Returns
// SDSE_OK or SDSE_NO_MEMORY, then nothing was asked.
enum sdse_status sdse_search_ask(struct sdse_search *search, uint64_t *value);
// The score of the first design that was asked and not told.
void sdse_search_tell(struct sdse_search *search,
                      const struct sdse_search_score *score);

#endif
