// Open layer problems in lines: alike ones along which prices rise together, or
// capacities and bandwidths do, and what of a line is solved by its ends.
//
// Prices. The energy of a mapping is linear in them, so the least energy within a
// latency is concave along a line: a mapping that is the optimum at both ends is so in
// between, and whatever ties with it there ties at the ends, where it comes first in
// the mapper's walk. So two ends with the same front of mappings have it between them.
// Capacities and bandwidths. What lies between has no more mappings, and none better,
// than the end that has the most of both, and no fewer than the other: if the ends have
// the same front, of the same mappings at the same costs, it is the front in between.
// (Oracle: tests/oracle/test_lines.c, against a search for every problem.)
#ifndef SDSE_DSE_SWEEP_LINES_H
#define SDSE_DSE_SWEEP_LINES_H

#include "dse/sweep/layer_problem.h"

enum { SDSE_LINE_PROBLEMS = 65 }; // at most: lines are what threads share out

struct sdse_line {
    struct sdse_layer_problem **problems; // [count], in order
    size_t count;
};

// Sorts problems [count] so that lines are consecutive, and divides them. lines:
// [count] at most; returns how many.
size_t sdse_lines_list(struct sdse_layer_problem **problems, size_t count,
                       struct sdse_line *lines);

// Solves the problems of a line, from its ends inwards; each answer is what
// sdse_layer_problem_solve finds by itself, hint included. What runs out of memory or
// is interrupted stays open.
void sdse_line_solve(const struct sdse_line *line, struct sdse_solver *solver,
                     const struct sdse_sweep_mapper *mapper, const atomic_bool *stop);

#endif
