// Layer problems for lines, and what a search for each by itself answers.
#ifndef SDSE_TESTS_SUPPORT_LINES_H
#define SDSE_TESTS_SUPPORT_LINES_H

#include "dse/sweep/lines.h"
#include "oracle/support_problems.h"

// The open problem of a seed, made before; its accelerator is complete. Lives in
// `arena`.
struct sdse_layer_problem sdse_line_problem(uint64_t seed,
                                            struct sdse_generated_problem *made,
                                            struct sdse_arena *arena);

// The problem, solved with nothing kept; lives in `arena`.
struct sdse_layer_problem sdse_line_alone(const struct sdse_layer_problem *open,
                                          const struct sdse_sweep_mapper *mapper,
                                          struct sdse_arena *arena);

// Fails, with both answers and the seed, unless they are the same to the last bit.
void sdse_line_compare(const struct sdse_layer_problem *alone,
                       const struct sdse_layer_problem *lined, uint64_t seed);

#endif
