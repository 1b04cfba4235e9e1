// Options of `sdse workload` that change a model's shape, or give one of its own.
#ifndef SDSE_CLI_WORKLOAD_SHAPE_H
#define SDSE_CLI_WORKLOAD_SHAPE_H

#include "cli/cli.h"
#include "import/language/language.h"

// X(row, option, field of struct sdse_language_model, help): each a count.
#define CLI_SHAPE_COUNTS(X)                                                            \
    X(LAYERS, "layers", layers, "blocks")                                              \
    X(DIM, "dim", width, "words of a token between blocks")                            \
    X(HEADS, "heads", heads, "heads of queries")                                       \
    X(KV_HEADS, "kv-heads", key_heads, "heads of keys and values [--heads]")           \
    X(HEAD_DIM, "head-dim", head_width, "words of a head [--dim / --heads]")           \
    X(FFN, "ffn", hidden, "words within a feed-forward network")                       \
    X(VOCAB, "vocab", vocabulary, "rows of the embedding")                             \
    X(EXPERTS, "experts", experts, "experts of a block, among which a router chooses") \
    X(ACTIVE, "active-experts", active_experts, "experts that a token meets")          \
    X(EXPERT_FFN, "expert-ffn", expert_hidden, "words within an expert [--ffn]")       \
    X(SHARED, "shared-experts", shared_experts, "experts that every token meets")      \
    X(DENSE, "dense-layers", dense_layers, "first blocks, without experts")            \
    X(LATENT, "latent", latent, "words of a latent vector of keys and values")         \
    X(QUERY_LATENT, "query-latent", query_latent,                                      \
      "words that queries are made of [a token's]")                                    \
    X(ROTATED, "rotated", rotated_width,                                               \
      "words of a head that are rotated, of latents")                                  \
    X(VALUE_DIM, "value-dim", value_width,                                             \
      "words of a value, of latents [--head-dim]")                                     \
    X(WINDOW, "window", window, "tokens that one attends to at most")                  \
    X(FULL_EVERY, "full-every", full_every, "every N-th block has no window")

// Rows of the counts, and of two flags behind them.
#define CLI_SHAPE_ENUM(row, option, field, help) CLI_SHAPE_##row,
enum cli_shape_row {
    CLI_SHAPE_COUNTS(CLI_SHAPE_ENUM) CLI_SHAPE_TIED,
    CLI_SHAPE_PLAIN,
    CLI_SHAPE_ROWS
};
#undef CLI_SHAPE_ENUM

#define CLI_SHAPE_COUNT_OPTION(row, option, field, help) \
    {option, 0, CLI_COUNT, "N", help, NULL, false},
#define CLI_SHAPE_OPTIONS                                                         \
    CLI_SHAPE_COUNTS(CLI_SHAPE_COUNT_OPTION){                                     \
        "tied", 0,    CLI_FLAG, NULL, "the head's weights are the embedding's",   \
        NULL,   false},                                                           \
    {                                                                             \
        "plain-ffn", 0, CLI_FLAG, NULL, "two layers, without a gate", NULL, false \
    }

// The model of this name, or "custom", which has nothing yet. NULL, with a word and the
// names that there are: there is none.
const struct sdse_language_model *cli_workload_find(struct cli *cli, const char *name);

// `base` as the options of rows `first` on change it. What is missing, out of range or
// contradicts is said, all of it, and *refused set. *variant is what a network's name
// has of the changes. NULL: memory is out.
const struct sdse_language_model *
cli_workload_model(struct cli *cli, const struct sdse_language_model *base,
                   const struct cli_args *args, int first, const char **variant,
                   bool *refused);

#endif
