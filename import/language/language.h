// Language models by their configuration: parameters, MACs of a token, and the layers
// of a prompt or of one token as a workload's file.
//
// A configuration gives two ways to each figure: in closed form here, and by the layers
// that are written; tests/unit/test_language*.c hold both beside what is published.
#ifndef SDSE_IMPORT_LANGUAGE_LANGUAGE_H
#define SDSE_IMPORT_LANGUAGE_LANGUAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct sdse_language_model {
    const char *name;       // as it is asked for: "llama3_8b"
    const char *source;     // of its shape
    const char *mark;       // "V" read in the source, "M" recalled; as docs/sources.md
    uint32_t layers, width; // blocks, words of a token between them
    uint32_t heads, key_heads, head_width;
    uint32_t hidden;     // of a feed-forward network that every token goes through
    uint32_t vocabulary; // rows of the embedding
    uint32_t context;    // tokens that it was trained for
    uint32_t positions;  // learned, as many rows; 0: rotated queries and keys
    bool gated;          // gate * up -> down, else two layers
    bool tied;           // the head's weights are the embedding's
    bool biased;         // every layer, and norms that shift
    bool qkv_biased;     // queries, keys and values alone
    bool qk_normed;      // each head of queries and keys is normalised
    bool qkv_joined;     // one layer makes all three
    bool post_normed;    // also what attention and feed-forward network put out
    bool encoder; // attends to later tokens too, norms behind additions; no decode

    // A router chooses among experts, 0: there are none. The shared ones every token
    // meets besides: one network as wide as all of them.
    uint32_t experts, active_experts, expert_hidden, shared_experts;
    uint32_t dense_layers; // first blocks, without experts
    bool router_biased;    // and its choice is by sigmoid, not softmax

    // Latent attention, 0: there is none. Keys and values of all heads are made of one
    // vector of `latent` words; a key of head_width words so made, and rotated_width
    // that all heads share. Queries are made of query_latent words; 0: of the token's.
    // key_heads is heads.
    uint32_t latent, query_latent, rotated_width, value_width;

    uint32_t window;     // tokens that one attends to at most; 0: all before it
    uint32_t full_every; // every full_every-th block has no window; 0: all have it
};

extern const struct sdse_language_model sdse_language_models[];
extern const size_t sdse_language_model_count;

// NULL: there is none of this name.
const struct sdse_language_model *sdse_language_find(const char *name);

// Words of a head's values.
static inline uint32_t
sdse_language_value_width(const struct sdse_language_model *model) {
    return model->latent ? model->value_width : model->head_width;
}

// Whether a block has a router and experts; whether its attention has a window.
static inline bool sdse_language_has_experts(const struct sdse_language_model *model,
                                             uint32_t block) {
    return model->experts && block >= model->dense_layers;
}

static inline bool sdse_language_has_window(const struct sdse_language_model *model,
                                            uint32_t block) {
    return model->window &&
           (!model->full_every || (block + 1) % model->full_every != 0);
}

// Every figure below is UINT64_MAX where it would be 2^64 or more.

// All parameters, and those that one token meets (of experts the active and the shared
// ones; the embedding whole).
//
//     blocks * (attention + experts * feed-forward + router + norms + biases)
//         + last norm + embedding (+ positions) + head, unless tied
uint64_t sdse_language_parameters(const struct sdse_language_model *model);
uint64_t sdse_language_active(const struct sdse_language_model *model);

// MACs of one token with weights, its head included, the embedding not: nobody
// multiplies there. Absorbed matrices multiply as often as those that they are of.
uint64_t sdse_language_weight_macs(const struct sdse_language_model *model);

// MACs of one token's attention to the last `keys` tokens, of which a window leaves its
// own. Of each block and key:
//
//     heads * (words of a key + words of a value)
//
// absorbed: of latent attention both are the latent vector's, the key with its rotated
// words.
uint64_t sdse_language_attention_macs(const struct sdse_language_model *model,
                                      uint64_t keys, bool absorbed);

// Weights of latent attention that make keys and values of the latent vector, of all
// blocks: those that are absorbed.
uint64_t sdse_language_absorbed(const struct sdse_language_model *model);

enum sdse_language_phase {
    SDSE_PREFILL, // all tokens of a prompt at once; the head for the last
    SDSE_DECODE   // one token, whose keys are those of the cache
};

// So many sequences side by side of so many tokens each: of the prompt, or in the
// cache.
struct sdse_language_context {
    uint64_t tokens, sequences; // [1 .. 2^24], [1 .. 2^16]
};

struct sdse_language_request {
    const struct sdse_language_model *model;
    enum sdse_language_phase phase;
    const struct sdse_language_context *contexts; // of different lengths, at least one
    size_t context_count;
    uint32_t cache_bits; // of a word of the cache; 0: the accelerator's [decode]
    uint64_t page;       // tokens of a block of the cache, of which whole ones are read
                         // and multiplied; 0: as many as there are [decode]
    uint64_t block;      // rows of queries that attend together to the keys up to their
                         // last; 0: all to all [prefill; divides every length]
    bool absorbed;       // latent attention of a prompt as of a token: queries and sums
                         // meet the latent vectors; else keys and values are made
    const char
        *variant; // ends the network's name: what it has of its own; NULL: nothing
};

// Why what would be written cannot be a network's file; NULL: it can. A literal.
const char *sdse_language_beyond(const struct sdse_language_request *request);

// Writes the workload's file: layers, what is a cache, and edges. Not of attention by
// blocks or of several lengths, whose queries and keys are ranges of rows: a comment
// says so. `request` is not beyond what can be written.
void sdse_language_write(const struct sdse_language_request *request, FILE *out);

#endif
