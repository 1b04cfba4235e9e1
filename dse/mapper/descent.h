// A good mapping soon: from any valid mapping downhill, scored by the evaluator.
//
// A step moves a factor from one place to another (temporal or spatial, any two
// levels), exchanges two, or changes the order of one level's loops. Everything stays
// inside the problem's space: its lattice, its spreads, its rules. What is found is an
// upper bound for the search and the answer if the effort ends before the proof.
#ifndef SDSE_DSE_MAPPER_DESCENT_H
#define SDSE_DSE_MAPPER_DESCENT_H

#include "dse/mapper/best.h"
#include "dse/mapper/effort.h"
#include "dse/mapper/problem.h"

// Goes downhill in `goal` (not the front; first within the cycles that *best admits)
// from a valid mapping of the problem and tells
// *best every mapping on the way (sdse_best_know). Ends where no step is lower, after
// at most `tries` steps looked at. Deterministic. *end: the mapping it ends at; may
// be *start.
// effort: counts evaluations; limits are not looked at.
void sdse_descend(const struct sdse_problem *problem, const struct sdse_mapping *start,
                  enum sdse_goal goal, uint64_t tries, struct sdse_effort *effort,
                  struct sdse_best *best, struct sdse_mapping *end);

#endif
