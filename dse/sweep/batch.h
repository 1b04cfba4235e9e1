// One batch of a sweep: consecutive points, the layer problems they need, and their
// rows. Private to dse/.
#ifndef SDSE_DSE_SWEEP_BATCH_H
#define SDSE_DSE_SWEEP_BATCH_H

#include "dse/sweep/layer_problem.h"
#include "dse/sweep/measured.h"
#include "dse/sweep/plan.h"
#include "dse/sweep/reside.h"
#include "results/store/store.h"

// A batch is closed when it has so many problems to solve or so many points. How many
// depends on how long the last one took: between LEAST and MOST, so that it takes about
// a second. A kill loses at most one that is solved and one that is written.
enum { SDSE_LEAST_PROBLEMS = 32, SDSE_MOST_PROBLEMS = 256 };
enum { SDSE_POINTS_PER_PROBLEM = 2 };
// Or so many points whose tensors may stay: each is a search of its own.
enum { SDSE_BATCH_RESIDENTS = 8 };
enum { SDSE_BATCH_POINTS = SDSE_POINTS_PER_PROBLEM * SDSE_MOST_PROBLEMS };

// A point on its way into the store: its layers' problems, in the network's order.
struct sdse_batch_point {
    struct sdse_point point;
    bool stored; // by another sweep: it only gets its place in this one, with
    struct sdse_point_figures figures; // these
    size_t layer_count;
    struct sdse_layer_problem **problems;
    struct sdse_weight_form *forms;        // [layer_count]
    const struct sdse_measured **measured; // [layer_count]; NULL: declared, or raw
    bool outputs_known;                    // the form has weights, and the network a
    struct sdse_output_error outputs;      // model to run with them
    bool resides;                     // its tensors may stay between layers: where is
    struct sdse_point_places *places; // known once its problems are solved; else NULL
};

// Writes one point whose problems are all decided: its accelerator, solutions and forms
// it is the first to use, then its row. Nothing is written for a point with an open
// problem, or that resides, but not known where, nor where *stop (may be NULL) is set
// while the network's front is built for long (SDSE_INTERRUPTED). scratch is reset by
// the caller. Everything happens inside the store's open batch.
enum sdse_status sdse_batch_write_point(const struct sdse_plan *plan,
                                        const struct sdse_batch_point *point,
                                        struct sdse_store *store,
                                        const atomic_bool *stop,
                                        struct sdse_arena *scratch,
                                        struct sdse_point_figures *figures);

// Writes the front of a problem that is solved, and the solution that is the best of it
// under the plan's objective, as the first point that has it does.
enum sdse_status sdse_batch_write_problem(const struct sdse_plan *plan,
                                          const struct sdse_layer_problem *problem,
                                          struct sdse_store *store,
                                          struct sdse_arena *scratch);

// Writes an accelerator's text, if it is not there.
enum sdse_status sdse_batch_write_variant(const struct sdse_variant *variant,
                                          struct sdse_store *store);

// Writes what many points refer to: networks, forms and the sweep itself.
enum sdse_status sdse_batch_write_inputs(const struct sdse_plan *plan,
                                         struct sdse_store *store);

#endif
