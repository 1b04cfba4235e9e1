// Sums over the first layers of a network, each in a state: as they are found, and what
// the goal needs of them. Private to dse/network/.
#ifndef SDSE_DSE_NETWORK_PLACE_LABELS_H
#define SDSE_DSE_NETWORK_PLACE_LABELS_H

#include <stdbool.h>
#include <stdint.h>

#include "dse/network/places.h"

// A sum that ends in a state, and where it comes from.
struct sdse_place_label {
    struct sdse_tradeoff at; // the first member, as tradeoff.h has it
    uint32_t parent;         // label of the stage before, or before its group
    uint32_t choice;         // element of the layer's answer
    uint32_t state;
    uint32_t more; // layers of its group after the first; 0: no group
    enum sdse_place outputs;
    uint32_t order; // in which it was found: ties
};

// Those of one stage.
struct sdse_place_labels {
    enum sdse_places_goal goal;
    size_t most; // kept of one state
    size_t count, room;
    struct sdse_place_label *label;
    size_t pruned;  // so many, the first ones, are by state, unbeaten, by rising energy
    uint32_t found; // kept or not
    size_t *corner; // scratch
    size_t corner_room;
    size_t states; // most of any pruning, of all stages
    bool thinned;  // some state outgrew `most`
};

// For another stage.
void sdse_place_labels_clear(struct sdse_place_labels *labels);
// Room for so many more; false: memory is out.
bool sdse_place_labels_reserve(struct sdse_place_labels *labels, size_t more);
// Adds one, for which there is room; its order is set.
void sdse_place_labels_add(struct sdse_place_labels *labels,
                           const struct sdse_place_label *label);
// Sorts them, and keeps of each state what the goal needs; false: memory is out.
bool sdse_place_labels_prune(struct sdse_place_labels *labels);
void sdse_place_labels_free(struct sdse_place_labels *labels);

#endif
