#include "dse/sweep/solver.h"

bool sdse_solver_init(struct sdse_solver *solver) {
    *solver = (struct sdse_solver){.answers = sdse_arena_new(),
                                   .line = sdse_arena_new(),
                                   .recent = sdse_arena_new(),
                                   .serial = sdse_serial_known_new(),
                                   .spreads = sdse_spreads_known_new(),
                                   .hints = sdse_hints_known_new()};
    return solver->answers && solver->line && solver->recent && solver->serial &&
           solver->spreads && solver->hints;
}

void sdse_solver_free(struct sdse_solver *solver) {
    sdse_arena_free(solver->answers);
    sdse_arena_free(solver->line);
    sdse_arena_free(solver->recent);
    sdse_serial_known_free(solver->serial);
    sdse_spreads_known_free(solver->spreads);
    sdse_hints_known_free(solver->hints);
}
