// Sums over the first layers of a network: of each state that they end in the front, as
// far as it is found. Private to dse/network/.
#ifndef SDSE_DSE_NETWORK_PLACE_LABELS_H
#define SDSE_DSE_NETWORK_PLACE_LABELS_H

#include <stdbool.h>
#include <stdint.h>

#include "dse/network/places.h"

// The labels after a layer, by state, then by rising energy.
struct sdse_places_stage {
    unsigned places; // of each tensor
    size_t alive_count;
    size_t alive[SDSE_PLACES_MOST_ALIVE]; // tensors
    size_t count;
    struct sdse_place_label *label;
};

// The places of the tensors that are alive; the others' stay as they are.
// place  [tensors of the placing]
void sdse_places_stage_read(const struct sdse_places_stage *stage, uint64_t state,
                            enum sdse_place *place);

// A tensor that the layer, or group, of a question finds at its place, on chip.
void sdse_place_find_held(const struct sdse_handed_tensor *tensor,
                          enum sdse_place place, struct sdse_place_question *question);

// A sum that ends in a state, and where it comes from.
struct sdse_place_label {
    struct sdse_tradeoff at; // the first member, as tradeoff.h has it
    uint32_t parent;         // label of what the layer, or group, begins with; of what
                             // is passed on the one after the same layer
    uint32_t choice;         // element of the layer's answer
    uint64_t state;
    uint32_t more;    // layers of its group after the first; 0: no group
    uint32_t brought; // of those alive before, two bits each: brought into memory m of
                      // those that share, 1 + m; 0: not
    enum sdse_place outputs;
};

// What the goal needs of one state: unbeaten, by rising energy, falling latency; of
// equal ones the one that was found first.
struct sdse_place_front {
    uint64_t state;
    size_t count, room;
    struct sdse_place_label *label;
};

// Scratch of place_sums.h.
struct sdse_place_sums {
    struct sdse_place_sum *sum;
    size_t sum_room;
    struct sdse_tradeoff *bar; // that sums must not be beaten by, by rising energy
    size_t bar_count, bar_room;
    size_t *corner;
    size_t corner_room;
};

// Those of one stage.
struct sdse_place_labels {
    enum sdse_places_goal goal;
    size_t most; // kept of one state
    size_t count, room;
    struct sdse_place_front *front; // by rising state; behind `count`: room for others
    size_t states;                  // most of any stage
    bool thinned;                   // some state outgrew `most`
    // Scratch.
    struct sdse_place_front merged;
    struct sdse_place_sums sums;
    size_t *corner;
    size_t corner_room;
};

// For another stage.
void sdse_place_labels_clear(struct sdse_place_labels *labels);
// The front of a state as far as it is found; NULL: nothing is.
const struct sdse_place_front *
sdse_place_labels_of(const struct sdse_place_labels *labels, uint64_t state);
// Adds all sums of labels of the stage before, which share a state, with what a layer
// takes; false: memory is out.
//
// before  [count], by rising energy, falling latency
// times   how often the layer stands there
// as      what all of them are, but for these: at: what is added to each of `before`;
//         parent: that of the first; choice: of the answer's first element
bool sdse_place_labels_add(struct sdse_place_labels *labels,
                           const struct sdse_place_label *before, size_t count,
                           double times, const struct sdse_layer_front *answer,
                           const struct sdse_place_label *as);
// Once all of a stage are found: what the goal needs. Returns how many there are;
// false: memory is out.
bool sdse_place_labels_finish(struct sdse_place_labels *labels, size_t *total);
void sdse_place_labels_free(struct sdse_place_labels *labels);

#endif
