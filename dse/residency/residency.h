// The optimum of a network whose layers may hand tensors over in a shared memory.
//
// For every place of its tensors and every amount that is held beside them a layer is a
// problem of its own, which the mapper proves; dse/network/places.h chooses among the
// answers. Few amounts are asked about: the answer at room C in the shared memory is
// also the answer at every room c with u <= c <= C, where u is the most that a mapping
// of it takes (what fits in c fits in C, and all of the answer fits in c). Where
// several memories share, room, u and C are of each, and so are the inequalities.
#ifndef SDSE_DSE_RESIDENCY_RESIDENCY_H
#define SDSE_DSE_RESIDENCY_RESIDENCY_H

#include "dse/map.h"
#include "dse/network/places.h"
#include "spec/place.h"

// One layer of the network, in its order.
struct sdse_residency_layer {
    const struct sdse_layer *layer;
    const struct sdse_weight_form *form;
    // Layers of one number are one problem. [< number of layers]
    size_t shape;
    // Without sharing, for the request's objective; proved.
    const struct sdse_map_answer *unshared;
};

// Groups of layers that are answered for together.
struct sdse_residency_groups {
    void *context;
    // Lists those that may be, of the tensors that layers hand over.
    // group  out: [*count], by rising last layer
    enum sdse_status (*list)(void *context, const struct sdse_placing *placing,
                             size_t *count, const struct sdse_layer_group **group);
    sdse_place_ask ask; // of a group
};

struct sdse_residency_request {
    const struct sdse_arch *arch; // one of its memories shares
    const struct sdse_workload *workload;
    const struct sdse_residency_layer *layer; // [workload->layer_count]
    // As the layers are asked: energy, latency, or the front (products, budgets).
    enum sdse_map_objective objective;
    enum sdse_places_goal goal; // as places are; fits the objective
    bool copies;      // tensors may be moved between layers (dse/residency/copies.h)
    bool free_bypass; // as in struct sdse_map_request
    unsigned padding_percent;                   // likewise
    unsigned threads;                           // 0 = as many as processors
    const atomic_bool *stop;                    // NULL = never
    const struct sdse_residency_groups *groups; // NULL: none
};

// One layer under the places that were picked.
struct sdse_resident_layer {
    struct sdse_layer layer; // with its residence
    // Of each memory that shares, the first pointing to the next; tensors 0, reserved
    // 0: as without sharing.
    struct sdse_residence residence[SDSE_MOST_SHARED];
    struct sdse_place_question question;
    size_t choice; // of a group, at its first layer: the element of its answer
    // The answer to the question, and its point that was picked; NULL: part of a group,
    // which answers for it.
    const struct sdse_map_answer *answer;
    const struct sdse_map_point *point;
};

struct sdse_residency {
    unsigned level; // the first memory that shares
    struct sdse_placing placing;
    struct sdse_places places; // count 0: stopped
    uint64_t questions;        // of layers, places and rooms
    uint64_t searches;         // that no answer was known for
    bool stopped;
    struct sdse_arena *arena;
    struct sdse_answers *answers; // private
};

// Why what an edge carries is never in a memory that shares, whatever room there is.
enum sdse_unshared {
    SDSE_SHARED,           // it need not
    SDSE_UNSHARED_WEIGHTS, // it is read as weights, which the memory does not share
    SDSE_UNSHARED_VECTOR,  // the vector unit that makes or reads it stands further out
    SDSE_UNSHARED_REASONS
};
// level: of the memory, its outermost.
enum sdse_unshared sdse_edge_unshared(const struct sdse_arch *arch, unsigned level,
                                      const struct sdse_workload *net,
                                      const struct sdse_workload_edge *edge);

// The least that the shared memory holds all through a layer under a residence: what it
// reads there, as tensors of other layers are held between layers, the smallest where
// only some are there; what no layer of the network puts out as the layer reads it. Of
// the request the accelerator, the network and its layers are read. SDSE_NO_MEMORY, or
// as sdse_model_new.
//
// bits  out: of one copy of the memory; no more than any residence that
//       sdse_residency_pick gives the layer reserves
enum sdse_status sdse_residency_least_bits(const struct sdse_residency_request *request,
                                           size_t layer,
                                           const struct sdse_residence *residence,
                                           struct sdse_arena *arena, double *bits);

// The tensors that layers hand over, where places are not searched for: of the request
// its arch, workload and layers' layer and form. Without groups. In `arena`.
enum sdse_status sdse_residency_placing(const struct sdse_residency_request *request,
                                        struct sdse_arena *arena,
                                        struct sdse_placing *placing);

// The residence that a question about a layer means.
// part  out: [SDSE_MOST_SHARED], one for each memory of `arch` that shares, each but
//       the last pointing to the next
void sdse_question_residence(const struct sdse_arch *arch,
                             const struct sdse_layer *layer,
                             const struct sdse_place_question *question,
                             struct sdse_residence *part);

// Finds the front or optimum over all places; everything lives in `arena` but what
// sdse_residency_free frees, also after a failure. SDSE_OVERFLOW: more tensors alive at
// once than places.h takes; SDSE_NO_MEMORY.
enum sdse_status sdse_residency_find(const struct sdse_residency_request *request,
                                     struct sdse_arena *arena,
                                     struct sdse_residency *residency);

// The layers of one element of places, and the place of each tensor of placing.
//
// layer  out: [layer_count]; layer[i].layer.residence points into layer[i]
// place  out: [tensor_count]
enum sdse_status sdse_residency_pick(const struct sdse_residency_request *request,
                                     const struct sdse_residency *residency,
                                     size_t element, struct sdse_resident_layer *layer,
                                     enum sdse_place *place);

// The least room that all points of an answer fit in, which fit in `most`: at any room
// in between the answer is the same. No point fits in less than `most` if none does
// there. level: of the shared memory. [bits]
struct sdse_model;
double sdse_answer_least_room_bits(const struct sdse_model *model, unsigned level,
                                   const struct sdse_map_answer *answer, double most);

// The times that tensors of one element are in the shared memory beside the outermost
// one, where they are moved. In the arena of the residency. SDSE_NO_MEMORY.
enum sdse_status sdse_residency_copies(const struct sdse_residency *residency,
                                       size_t element, struct sdse_copies *copies);

void sdse_residency_free(struct sdse_residency *residency);

#endif
