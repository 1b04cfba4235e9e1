// Generated attentions: products of queries and keys, a softmax and the product with
// values, keys and values from layers of the network or from outside, heads that share
// them, layers behind; on an accelerator whose memory shares.
#ifndef SDSE_TESTS_SUPPORT_ATTENTION_H
#define SDSE_TESTS_SUPPORT_ATTENTION_H

#include "oracle/support_fusionbrute.h"

// What stands between the products.
enum attention_between { LAYER, FUSED, ON_THE_WAY, NOTHING, BETWEEN };

struct attention_shape {
    unsigned heads, kv_heads, m, k, n, width; // of values
    enum attention_between softmax;
    bool keys, values, out; // layers of the network
    bool adds;              // something to the product with values
    bool beside;            // where the vector unit stands
};

// Makes the problem of a seed: all but p->arena.
struct attention_shape attention_make(uint64_t seed, struct brute_problem *p);

#endif
