// Language models by their configuration: parameters, MACs of a token, and the layers
// of a prompt or of one token as a workload's file.
//
// A configuration gives two ways to each figure: in closed form here, and by the layers
// that are written; tests/unit/test_language.c holds both beside what is published.
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
    uint32_t hidden;     // of one feed-forward network, or expert
    uint32_t vocabulary; // rows of the embedding
    uint32_t context;    // tokens that it was trained for
    uint32_t positions;  // learned, as many rows; 0: rotated queries and keys
    bool gated;          // gate * up -> down, else two layers
    bool tied;           // the head's weights are the embedding's
    bool biased;         // every layer, and norms that shift
    bool qkv_biased;     // queries, keys and values alone
    bool qk_normed;      // each head of queries and keys is normalised
    bool qkv_joined;     // one layer makes all three
    bool encoder; // attends to later tokens too, norms behind additions; no decode
    uint32_t experts, active_experts; // 0: none; a router chooses among them
};

extern const struct sdse_language_model sdse_language_models[];
extern const size_t sdse_language_model_count;

// NULL: there is none of this name.
const struct sdse_language_model *sdse_language_find(const char *name);

// All parameters, and those that one token meets (of experts the active ones alone; the
// embedding whole).
//
//     blocks * (attention + experts * feed-forward + router + norms + biases)
//         + last norm + embedding (+ positions) + head, unless tied
uint64_t sdse_language_parameters(const struct sdse_language_model *model);
uint64_t sdse_language_active(const struct sdse_language_model *model);

// MACs of one token with weights, its head included, the embedding not: nobody
// multiplies there.
uint64_t sdse_language_weight_macs(const struct sdse_language_model *model);
// MACs of one token's attention to `keys` tokens: layers * 2 * heads * head_width *
// keys.
uint64_t sdse_language_attention_macs(const struct sdse_language_model *model,
                                      uint64_t keys);

enum sdse_language_phase {
    SDSE_PREFILL, // all tokens of a prompt at once; the head for the last
    SDSE_DECODE   // one token, whose keys are those of the cache
};

struct sdse_language_request {
    const struct sdse_language_model *model;
    enum sdse_language_phase phase;
    uint64_t tokens;     // of the prompt, or in the cache [1 .. 2^24]
    uint64_t sequences;  // side by side [1 .. 2^16]
    uint32_t cache_bits; // of a word of the cache; 0: the accelerator's [decode]
    uint64_t block;      // rows of queries that attend together to the keys up to their
                         // last; 0: all to all [prefill; divides tokens]
};

// Writes the workload's file: layers, what is a cache, and edges. Not of attention by
// blocks, whose queries and keys are ranges of rows: a comment says so.
void sdse_language_write(const struct sdse_language_request *request, FILE *out);

#endif
