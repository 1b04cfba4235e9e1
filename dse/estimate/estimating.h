// One estimate under way. Private to dse/estimate/.
#ifndef SDSE_DSE_ESTIMATE_ESTIMATING_H
#define SDSE_DSE_ESTIMATE_ESTIMATING_H

#include "dse/estimate/estimate.h"
#include "dse/estimate/walk.h"
#include "results/store/store.h"

// A layer problem of the sample, solved.
struct sdse_drawn {
    struct sdse_point point; // the first of its block that has it
    size_t layer;
    struct sdse_layer_problem problem;
};

enum { SDSE_MOST_DRAWN = 257 }; // that are kept of one network

// What was written for trial.
struct sdse_trial_sum {
    double seconds, bytes; // CPU time; what the file grew by
    uint64_t count;
};

struct sdse_estimating {
    const struct sdse_estimate_request *request;
    struct sdse_estimate *estimate;
    struct sdse_diags *diags;
    struct sdse_arena *arena;
    struct sdse_arena *scratch;  // reset after everything written
    struct sdse_arena **workers; // [threads]
    struct sdse_solver *solvers; // [threads]
    unsigned threads;
    struct sdse_plan *plan;
    struct sdse_walk walk;
    double share; // of the stops, that the walk has
    uint64_t random;
    uint64_t words;            // of all forms to be measured
    double word_s, word_error; // CPU time of one, and its standard error
    size_t drawn_count;
    struct sdse_drawn *drawn; // some, in the end by network, layer, form, accelerator
    double problem_s, problem_error;
    double reside_s;            // of finding where tensors stay, of the mean point
    double point_s, solution_s; // CPU time of making and writing one

    char *folder, *path; // of the trial's database
    struct sdse_store *store;
    double empty_bytes;         // of the file with what all points share
    struct sdse_trial_sum made; // points that were made; without bytes
    struct sdse_trial_sum variants, solutions, points;
};

// Uniform in [0, 1).
double sdse_estimating_draw(struct sdse_estimating *e);
bool sdse_estimating_stopped(const struct sdse_estimating *e);

// Measures drawn forms, or all, for word_s, and makes every other one look like the
// nearest that was measured.
enum sdse_status sdse_estimate_forms(struct sdse_estimating *e);
// The same for forms that are met later.
void sdse_estimate_late_forms(struct sdse_estimating *e);
// Counts the distinct problems, draws some and solves them as a run does.
enum sdse_status sdse_estimate_problems(struct sdse_estimating *e);
// Finds where the tensors of a few points stay, if the sweep asks for that.
enum sdse_status sdse_estimate_residents(struct sdse_estimating *e);
// Writes points with the drawn problems, for times and sizes.
enum sdse_status sdse_estimate_points(struct sdse_estimating *e);
// How many shards are needed for the deadline.
enum sdse_status sdse_estimate_shards(struct sdse_estimating *e);

// --- The sample (blocks.c) ---

// So many draws of the problems of a network, or all.
struct sdse_draws {
    size_t network;
    double problems; // it has so many, distinct
    size_t count;
    bool all;
};

// Solves what is drawn in its lines and writes it for trial. *mean: CPU time of a
// problem; *error: its standard error.
enum sdse_status sdse_estimate_network(struct sdse_estimating *e,
                                       const struct sdse_draws *draws, double *mean,
                                       double *error);

// --- The database (trial.c) ---

enum sdse_status sdse_trial_open(struct sdse_estimating *e);
void sdse_trial_close(struct sdse_estimating *e);

// Writes in a batch and adds to the sum what that took; counted: of what the sum
// counts.
struct sdse_trial_task {
    enum sdse_status (*write)(struct sdse_estimating *e, const void *what, size_t i);
    const void *what;
    size_t count;
};
enum sdse_status sdse_trial_write(struct sdse_estimating *e,
                                  const struct sdse_trial_task *task, uint64_t counted,
                                  struct sdse_trial_sum *sum);

#endif
