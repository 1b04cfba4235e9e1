// The search of a sweep: which of its designs are evaluated, and in which order.
// Private to dse/.
#ifndef SDSE_DSE_SWEEP_SEARCHING_H
#define SDSE_DSE_SWEEP_SEARCHING_H

#include "dse/search/search.h"
#include "dse/sweep/plan.h"

// The designs of one network as vectors: axis 0 is the accelerator, axis 1 the weight
// form, then come the overrides in the order of the sweep (those in step are one axis).
// An override of one accelerator counts only with that one. An axis is ordered if its
// values are numbers that rise or fall. axes live in `arena`. Returns SDSE_OK or
// SDSE_NO_MEMORY.
enum sdse_status sdse_plan_space(const struct sdse_plan *plan, struct sdse_arena *arena,
                                 struct sdse_search_space *space);
// The plan's design that a vector of that space is, for a network. [axis_count]
uint64_t sdse_plan_design_of(const struct sdse_plan *plan, size_t network,
                             const uint64_t *value);

// Begins the search of one network, as the sweep sets it; each has the sweep's seed.
// Returns what sdse_search_new does.
enum sdse_status sdse_plan_search(const struct sdse_plan *plan,
                                  const struct sdse_search_space *space,
                                  enum sdse_search_method method,
                                  struct sdse_search **search);

// Counts the points of a plan whose sweep is a search, and lists the designs that they
// are, as far as they are known: all of random and sobol; where nsga2 will go nobody
// knows before its results, so the same many of sobol stand there until a run has been
// there. Points are networks x evaluations, the network slowest. Memory: 8 bytes for
// each, in `arena`, whatever the number of designs. Returns SDSE_OK or SDSE_NO_MEMORY.
enum sdse_status sdse_plan_list_visits(struct sdse_plan *plan,
                                       struct sdse_arena *arena);

#endif
