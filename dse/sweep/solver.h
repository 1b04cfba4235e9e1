// What one thread solves layer problems with: memory, and what it keeps from one
// problem to the next. Nothing of it moves an answer.
#ifndef SDSE_DSE_SWEEP_SOLVER_H
#define SDSE_DSE_SWEEP_SOLVER_H

#include "base/arena.h"
#include "costmodel/serial_known.h"
#include "dse/mapper/spreads_known.h"
#include "dse/sweep/hints_known.h"
#include "spec/types/mapping.h"

struct sdse_solver {
    struct sdse_arena *answers; // fronts and texts of the problems solved
    struct sdse_arena *line;    // mappings that neighbours start from
    // The mappings that the last line found, for one that is alike.
    struct sdse_arena *recent;
    struct sdse_hash recent_of; // what is alike
    size_t recent_count;
    const struct sdse_mapping *recent_mappings;
    struct sdse_serial_known *serial;
    struct sdse_spreads_known *spreads;
    struct sdse_hints_known *hints;
};

// False: memory is out; what is there must be freed all the same.
bool sdse_solver_init(struct sdse_solver *solver);
void sdse_solver_free(struct sdse_solver *solver);

#endif
