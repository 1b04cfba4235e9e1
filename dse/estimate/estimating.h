// One estimate under way. Private to dse/estimate/.
#ifndef SDSE_DSE_ESTIMATE_ESTIMATING_H
#define SDSE_DSE_ESTIMATE_ESTIMATING_H

#include "dse/estimate/estimate.h"
#include "dse/estimate/walk.h"

// A layer problem of the sample.
struct sdse_drawn {
    struct sdse_point point; // the first that has it
    size_t layer;
    struct sdse_layer_problem problem;
    double seconds; // CPU time of its search
};

struct sdse_estimating {
    const struct sdse_estimate_request *request;
    struct sdse_estimate *estimate;
    struct sdse_diags *diags;
    struct sdse_arena *arena;
    struct sdse_arena **workers; // [threads]
    struct sdse_solver *solvers; // [threads]
    unsigned threads;
    struct sdse_plan *plan;
    struct sdse_walk walk;
    uint64_t random;
    uint64_t words;            // of all forms to be measured
    double word_s, word_error; // CPU time of one, and its standard error
    size_t drawn_count;
    struct sdse_drawn *drawn; // by network, layer, form and accelerator
    double problem_s, problem_error;
    double point_s, solution_s; // CPU time of writing one
};

// CPU time of this thread [s].
double sdse_estimating_now(void);
// Uniform in [0, 1).
double sdse_estimating_draw(struct sdse_estimating *e);
bool sdse_estimating_stopped(const struct sdse_estimating *e);

// Measures drawn forms, or all, for word_s, and makes every other one look like the
// nearest that was measured.
enum sdse_status sdse_estimate_forms(struct sdse_estimating *e);
// Counts the distinct problems, draws some and solves them.
enum sdse_status sdse_estimate_problems(struct sdse_estimating *e);
// Writes points with the drawn problems into a database, for times and sizes.
enum sdse_status sdse_estimate_writing(struct sdse_estimating *e);
// How many shards are needed for the deadline.
enum sdse_status sdse_estimate_shards(struct sdse_estimating *e);

#endif
