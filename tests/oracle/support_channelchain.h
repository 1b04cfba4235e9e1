// The layers of generated chains (support_channels.h), with numbers: what each makes of
// the maps that it reads, from all of their channels or from some.
#ifndef SDSE_TESTS_SUPPORT_CHANNELCHAIN_H
#define SDSE_TESTS_SUPPORT_CHANNELCHAIN_H

#include "oracle/support_channels.h"

enum {
    CHAIN_CHANNELS = 8,
    CHAIN_ROWS = 8,
    CHAIN_COLUMNS = 2,
    CHAIN_TAPS = 4,
    CHAIN_TENSORS = 6
};

// A map, and which words of it are in M.
struct channel_map {
    size_t channels, rows, columns;
    double value[CHAIN_CHANNELS][CHAIN_ROWS][CHAIN_COLUMNS];
    bool there[CHAIN_CHANNELS][CHAIN_ROWS];
};

// The layers c0, c1, ...: map[i + 1] is what layer i makes, map[0] what the first
// reads.
struct channel_chain {
    size_t count, layer[CHAIN_TENSORS];
    size_t reads[CHAIN_TENSORS],
        adds[CHAIN_TENSORS];        // map that each reads; adds [0: none of these]
    bool multiplies[CHAIN_TENSORS]; // what it adds
    const struct sdse_layer *at[CHAIN_TENSORS];
    bool function_behind[CHAIN_TENSORS]; // a fused one
    struct channel_map map[CHAIN_TENSORS + 1];
    double weight[CHAIN_TENSORS][CHAIN_CHANNELS][CHAIN_CHANNELS][CHAIN_TAPS];
    double addend[CHAIN_CHANNELS][CHAIN_ROWS]
                 [CHAIN_COLUMNS]; // of the last layer, if it has one
};

struct channel_range {
    size_t from, to;
};

// Fills in the layers of a network, with numbers and the maps that they give one by
// one.
void chain_set_up(uint64_t *state, const struct brute_problem *p,
                  struct channel_chain *chain);

// Whether a layer works on each word, or row, of its map.
bool chain_is_function(const struct sdse_layer *layer);

// The terms of an output word of layer i that come from some channels of its map.
double chain_terms(const struct channel_chain *chain, size_t i,
                   const struct channel_map *in, size_t channel, size_t row,
                   size_t column, struct channel_range use);

// What a function makes of its map.
double chain_function(const struct channel_chain *chain, size_t i,
                      const struct channel_map *in, size_t channel, size_t row,
                      size_t column);

// What layer i puts out of a word whose sum is finished; added: a word of what it adds.
double chain_finish(const struct channel_chain *chain, size_t i, double sum,
                    double added);

#endif
