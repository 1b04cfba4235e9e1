// How a network runs: which tensors are moved between layers.
#ifndef SDSE_CLI_NETWORK_COPIES_H
#define SDSE_CLI_NETWORK_COPIES_H

#include "cli/network_table.h"

// What bringing in the tensor of a copy costs, or passing it on; all 0 if it comes with
// its maker's outputs, whose cost it is part of.
void cli_copy_cost(const struct cli_network *network, const struct sdse_copy *copy,
                   struct sdse_cost *cost);

// Words that it moves: of the tensor.
uint64_t cli_copy_words(const struct cli_network *network,
                        const struct sdse_copy *copy);

// The memories that it goes from and to, by name. NULL: memory is out.
const char *cli_copy_source(const struct cli_network *network,
                            const struct sdse_copy *copy);
const char *cli_copy_memory(const struct cli_network *network,
                            const struct sdse_copy *copy);

// "conv1 -> GLB": of a copy that is brought in, or passes. NULL: memory is out.
const char *cli_copy_text(const struct cli_network *network,
                          const struct sdse_copy *copy);

// A sentence for each copy; nothing if there are none.
void cli_print_copies(const struct cli_network *network);

// For other programs: a row for each; before: null if it comes with its maker.
struct sdse_table *cli_copies_table(const struct cli_network *network);

#endif
