// A run of a sweep, its state and its steps. Private to dse/sweep/: sweep.c begins and
// ends it, parts.c goes through the points, solving.c solves and writes them in
// batches, ahead.c measures forms.
#ifndef SDSE_DSE_SWEEP_RUNNING_H
#define SDSE_DSE_SWEEP_RUNNING_H

#include "base/pool.h"
#include "dse/search/search.h"
#include "dse/sweep/batch.h"
#include "dse/sweep/claims.h"
#include "dse/sweep/fronts.h"
#include "dse/sweep/lines.h"
#include "dse/sweep/sweep.h"

enum { SDSE_WINDOW = 4096 };

// Consecutive points of the plan, and what this run's database has of them already.
struct sdse_window {
    uint64_t first;
    size_t count;
    bool there[SDSE_WINDOW];
    struct sdse_point_figures figures[SDSE_WINDOW];
};

struct sdse_batch {
    struct sdse_arena *arena; // of its points
    size_t point_count;
    struct sdse_batch_point *points;    // [SDSE_BATCH_POINTS]
    size_t resident_count;              // of them
    const struct sdse_variant *variant; // of the last of them, or NULL
    struct sdse_layer_problem **open;   // problems that must be solved
    size_t open_count, open_capacity;
    struct sdse_line *lines; // of them, [open_capacity]
    size_t line_count;
    uint64_t parts_end; // parts below are in it or in those before
};

struct sdse_run {
    const struct sdse_sweep_request *request;
    struct sdse_diags *diags;
    struct sdse_arena *arena;    // lives as long as the run
    struct sdse_arena *scratch;  // reset after every point written
    struct sdse_arena **workers; // one arena each: forms are measured there
    struct sdse_solver *solvers; // [threads]
    unsigned threads;
    struct sdse_plan *plan;
    struct sdse_store *store;
    struct sdse_arena *known; // of the layer problems
    struct sdse_layer_problem_table *problems;
    struct sdse_measured_table *measured;
    struct sdse_sweep_progress *progress;
    double started_s; // of sdse_seconds_now()

    struct sdse_window window;
    unsigned char *counted;     // a bit for each position: stored, and in the progress
    struct sdse_claims *claims; // NULL: nobody else knows of the file

    // One is gathered or written while the other is solved.
    struct sdse_batch batches[2], *gathered;
    struct sdse_batch *solving; // NULL: none
    struct sdse_parallel *loop; // that solves it
    double began_s;             // when
    size_t most_problems;       // of the next batch
    struct sdse_fronts *fronts; // of the stored points
    // Of nsga2: what each position scored [point_count]; else NULL.
    struct sdse_search_score *scores;
    uint64_t known_end; // positions below may be made
};

// Frees the places of a batch's points.
void sdse_batch_forget_places(struct sdse_batch *batch);

double sdse_run_elapsed_s(const struct sdse_run *run);
bool sdse_run_stopped(const struct sdse_run *run);
// Whether the point is this run's to compute.
bool sdse_run_owns(const struct sdse_run *run, uint64_t position);
// What the store could not do becomes a diagnostic; the status goes up unchanged.
enum sdse_status sdse_run_check(struct sdse_run *run, enum sdse_status status);
void sdse_run_report(struct sdse_run *run);
// Counts a stored point: progress and fronts.
enum sdse_status sdse_run_note(struct sdse_run *run, uint64_t position, size_t network,
                               const struct sdse_point_figures *figures);

// Keeps what the point at a position scored, under the sweep's constraints.
void sdse_run_score(struct sdse_run *run, uint64_t position,
                    const struct sdse_point_figures *figures,
                    enum sdse_point_status judged);
// Goes through the generations of each network.
enum sdse_status sdse_run_generations(struct sdse_run *run);
// Goes through positions first … end - 1, which are known.
enum sdse_status sdse_run_known(struct sdse_run *run, uint64_t first, uint64_t end);
// Goes through the points, and waits for those that others are at work on.
enum sdse_status sdse_run_points(struct sdse_run *run);
// Adds a point to the batch that is gathered. What must be measured for it is measured
// first.
enum sdse_status sdse_run_add_point(struct sdse_run *run, uint64_t position);

// Adds what a point's layer asks to the batch that is gathered, unless it is known.
enum sdse_status sdse_run_add_problem(struct sdse_run *run,
                                      struct sdse_layer_problem *problem);
// Begins to solve what is gathered, and meanwhile writes what was solved before.
enum sdse_status sdse_run_flush(struct sdse_run *run);
// Ends and writes what is solved; what is gathered stays.
enum sdse_status sdse_run_flush_solved(struct sdse_run *run);
// Solves and writes all that is gathered.
enum sdse_status sdse_run_flush_all(struct sdse_run *run);

// The measured form of a layer; *entry NULL: it has none.
enum sdse_status sdse_run_find_measured(struct sdse_run *run,
                                        const struct sdse_point *point,
                                        size_t layer_index,
                                        struct sdse_measured **entry);
// Measures what the point needs, with what its next ones need. The results are stored
// at once: they took long to get.
enum sdse_status sdse_run_measure_ahead(struct sdse_run *run,
                                        const struct sdse_point *point);

#endif
