// Runs a chain of layers with real numbers, once layer by layer and once in groups
// whose layers take turns, and tells whether the outputs are the same.
//
// Tensor 0 is the network's input, tensor t the outputs of layer t - 1. In groups a row
// is where the schedule has put it and nowhere else: nests read rows that are there or
// the run fails, and rows that nobody reads again before they are made anew go at once.
// Rows of a buffered input are brought in before the first nest of the tile that first
// reads them.
// Nests are sdse_forward_dense on the rows of their windows; its sums are narrowed to
// small words, the same way in both runs.
#ifndef SDSE_TESTS_ORACLE_SUPPORT_FUSIONRUN_H
#define SDSE_TESTS_ORACLE_SUPPORT_FUSIONRUN_H

#include "dse/network/places.h"
#include "oracle/support_fusionplan.h"

struct fusion_group {
    size_t first, last;        // layers
    bool buffers_input;        // else its first layer reads the input where it is
    enum sdse_place output;    // of its last layer
    const bool *keeps_weights; // [layer]; of layers of a group of several
    size_t step_count;
    const struct fusion_step *step; // in the order of execution
};

// What moved in the run of the groups, and what the shared memory held in each nest.
struct fusion_ran {
    size_t step_count; // of all groups
    // [step]: whole tensors, kept weights and single rows. Allocated; caller frees.
    uint64_t *held_words;
    // [step]: words that are loaded, written through or added, and kept weights.
    uint64_t *extra_outer_words, *extra_shared_words;
};

// seed: of weights and inputs. Returns NULL if both runs agree in every tensor that the
// groups leave behind, else what is wrong (a literal).
const char *fusion_run(const struct fusion_network *net,
                       const struct fusion_group *group, size_t group_count,
                       uint64_t seed, struct fusion_ran *ran);

void fusion_ran_free(struct fusion_ran *ran);

#endif
