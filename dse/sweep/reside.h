// Where the tensors of a point stay between its layers, once its layers are solved
// without sharing. Private to dse/.
#ifndef SDSE_DSE_SWEEP_RESIDE_H
#define SDSE_DSE_SWEEP_RESIDE_H

#include <stdatomic.h>

#include "costmodel/types/cost.h"
#include "dse/sweep/layer_problem.h"
#include "dse/sweep/plan.h"
#include "results/store/records.h"
#include "spec/types/mapping.h"
#include "spec/types/residence.h"

struct sdse_batch_point;

// One layer under the places that were picked: its front there.
struct sdse_placed_layer {
    bool grouped; // it takes turns: `nest_count` nests from `first_nest` on
    size_t first_nest, nest_count;
    bool placed; // false: as without sharing, `choice` on its problem's front
    struct sdse_residence residence[SDSE_MOST_SHARED]; // a chain
    struct sdse_hash front;                            // what it is stored under
    size_t count, choice;
    struct sdse_tradeoff *elements; // [count]
    const char **mappings;          // [count], as text
};

// One kind of nest of a group that was picked.
struct sdse_kept_nest {
    struct sdse_nest_record record;                    // but for its solution
    struct sdse_hash problem;                          // of its rows, and what is held
    struct sdse_layer layer;                           // its rows
    struct sdse_residence residence[SDSE_MOST_SHARED]; // a chain
    struct sdse_mapping mapping;
    const char *text; // of the mapping
};

// A tensor that is brought in before a layer.
struct sdse_kept_copy {
    struct sdse_copy_record record; // but for its solution
    struct sdse_hash problem;       // of its maker, whose outputs they are
    struct sdse_cost cost;
    const char *text; // in place of a mapping
};

struct sdse_point_places {
    const char *failed; // why there are none; NULL: the following is known
    size_t count, picked;
    struct sdse_tradeoff *elements;  // of the network's front, [count]
    struct sdse_placed_layer *layer; // [layers]
    size_t record_count;
    struct sdse_place_record *records;
    size_t copy_count; // by the layers that they are brought in before
    struct sdse_kept_copy *copy;
    size_t group_count, nest_count;
    struct sdse_group_record *group;
    struct sdse_kept_nest *nest; // by group, then by layer
    struct sdse_arena *arena;    // owns it all
};

// Finds them for a point of a variant that is resident and whose problems are solved,
// by `threads`. *places NULL: stopped. Returns SDSE_OK or SDSE_NO_MEMORY; the caller
// frees with sdse_point_places_free. The answer does not depend on the threads.
enum sdse_status sdse_point_reside(const struct sdse_plan *plan,
                                   const struct sdse_batch_point *point,
                                   unsigned threads, const atomic_bool *stop,
                                   struct sdse_point_places **places);
void sdse_point_places_free(struct sdse_point_places *places); // NULL is fine

#endif
