// Sums of labels and an answer: those that may be of use. Private to dse/network/.
#ifndef SDSE_DSE_NETWORK_PLACE_SUMS_H
#define SDSE_DSE_NETWORK_PLACE_SUMS_H

#include "dse/network/place_labels.h"

// A label and an element of an answer.
struct sdse_place_sum {
    struct sdse_tradeoff at;
    uint32_t label, choice; // indices
};

// Each label with each element of an answer.
struct sdse_place_step {
    const struct sdse_place_label *before; // by rising energy, falling latency
    size_t count;                          // [>= 1]
    struct sdse_tradeoff beside;           // added to each of `before`
    double times;
    const struct sdse_layer_front *answer; // [>= 1], in the same order
};

// Of the sums of a step those that no other beats, by rising energy; of equal ones that
// of the first label, then of the first choice. What something found is less than may
// be left out. Most of all sums are not looked at: a range of them is left out where
// even its least energy with its least latency is beaten. False: memory is out.
//
// found  of the state that the step ends in
// sum    out: [*count], lives until the next step
bool sdse_place_sums_find(struct sdse_place_sums *sums,
                          const struct sdse_place_step *step,
                          const struct sdse_place_front *found, size_t *count,
                          const struct sdse_place_sum **sum);
void sdse_place_sums_free(struct sdse_place_sums *sums);

#endif
