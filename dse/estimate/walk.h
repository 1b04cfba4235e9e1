// Every layer of points of a plan with its problem, one accelerator at a time: problems
// of different accelerators are different, so that little is held at once.
// Private to dse/.
#ifndef SDSE_DSE_ESTIMATE_WALK_H
#define SDSE_DSE_ESTIMATE_WALK_H

#include "dse/sweep/layer_problem.h"
#include "dse/sweep/measured.h"
#include "dse/sweep/plan.h"

// A form to be measured, and the two that `record.form` of its entry may be.
struct sdse_walk_form {
    struct sdse_measured *entry;
    struct sdse_weight_form name; // no other entry's: what problems are told apart by
    struct sdse_weight_form assumed; // what it is, or is taken for
    uint64_t words;
    size_t network, layer, form; // where it was met first
};

struct sdse_walk {
    const struct sdse_plan *plan;
    struct sdse_arena *arena; // lives as long as the walk
    struct sdse_measured_table *measured;
    size_t form_count, form_capacity;
    struct sdse_walk_form *forms; // in the order in which they are met
    size_t stop_count;
    const uint64_t *stops; // [stop_count]: what is walked
    size_t *next_alike;    // [stop_count]: the next of the same search, or itself
    bool *later;           // [stop_count]: such a one was before
};

struct sdse_walk_step {
    const struct sdse_point *point; // lives until the next accelerator
    size_t layer;
    struct sdse_layer_problem *problem; // lives until the next accelerator
    bool is_new;
    const struct sdse_measured *measured; // or NULL
    bool new_accelerator;                 // problems before this step are gone
};

// What could be walked: the accelerators of the plan or, of a search, those of its
// points.
uint64_t sdse_walk_stops(const struct sdse_plan *plan);

// stops [count]: those to walk, rising; they live as long as the walk. Makes the
// accelerator of each once, to find those that are searched alike. False: memory is
// out.
bool sdse_walk_begin(struct sdse_walk *walk, const struct sdse_plan *plan,
                     const uint64_t *stops, size_t count, struct sdse_arena *arena);

// Makes the forms of entries their names, or what they are taken for.
void sdse_walk_name_forms(struct sdse_walk *walk);
void sdse_walk_assume_forms(struct sdse_walk *walk);

// Calls `visit` for every layer of every point that can be. Returns its first failure.
enum sdse_status sdse_walk_all(struct sdse_walk *walk,
                               enum sdse_status (*visit)(void *context,
                                                         const struct sdse_walk_step *),
                               void *context);

// The forms of a point's layers: measured, or what stands for them. [layers]
enum sdse_status sdse_walk_point(struct sdse_walk *walk, const struct sdse_point *point,
                                 struct sdse_weight_form *forms,
                                 const struct sdse_measured **measured);

#endif
