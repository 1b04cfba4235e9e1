// The nests of a fused group, one after the other, from explicit sets of rows: for each
// tile of the last layer's rows, what each layer makes so that the next one can read.
#ifndef SDSE_TESTS_ORACLE_SUPPORT_FUSIONPLAN_H
#define SDSE_TESTS_ORACLE_SUPPORT_FUSIONPLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "spec/types/workload.h"

struct fusion_network {
    size_t layer_count;
    const struct sdse_layer
        *layer; // convolutions, each reads what the one before makes
    // Tensor that is added to the outputs of a layer, word by word; residual_to 0:
    // none.
    size_t residual_from, residual_to; // tensor, layer + 1
    bool hulls; // rows between those that windows touch are read and held too
};

// One nest of a group: the rows of its layer's outputs that it makes, at equal
// distances: first, first + step, ... [count, step >= 1]
struct fusion_step {
    size_t layer, tile;
    uint64_t first, count, step;
};

// Words of one row of a tensor, and its rows. Tensor 0 is the network's input, tensor t
// the outputs of layer t - 1.
uint64_t fusion_row_words(const struct fusion_network *net, size_t tensor);
uint64_t fusion_row_count(const struct fusion_network *net, size_t tensor);

// Marks the rows of its inputs that a nest reads: those that its windows touch, or with
// `hulls` all from the first of these to the last.
//
// marked  out: [rows of the layer's inputs]
void fusion_mark_reads(const struct fusion_network *net, const struct fusion_step *step,
                       bool *marked);

uint64_t fusion_row_channels(const struct fusion_network *net, size_t tensor);
uint64_t fusion_weight_words(const struct sdse_layer *layer);

struct fusion_choice {
    size_t first, last; // layers
    uint64_t tile_rows; // of the last layer [>= 1]
    // [tensor]: inside the group, rows that were made before are kept as long as they
    // are read, and made no more; else all rows of a tile are made for it.
    const bool *retains;
};

// Lists them in the order of execution; a set of rows takes as many nests as it has
// runs of rows at equal distances, from its first row on. Returns their number; *step
// is allocated, the caller frees it.
size_t fusion_plan(const struct fusion_network *net, const struct fusion_choice *choice,
                   struct fusion_step **step);

#endif
