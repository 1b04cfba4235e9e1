// Generated networks of a few small convolutions, with functions, pools and additions
// between them: chains, and networks with branches.
#ifndef SDSE_TESTS_SUPPORT_BRANCHES_H
#define SDSE_TESTS_SUPPORT_BRANCHES_H

#include <stdint.h>

#include "base/arena.h"

// A chain of convolutions, some with a function of each word behind them, one of whose
// outputs may be added to later, by a layer of its own or on the way. In `arena`.
const char *chain_network(uint64_t *state, struct sdse_arena *arena);

// Layers that read what any before them made, several of them the same map. Likewise.
const char *branches_network(uint64_t *state, struct sdse_arena *arena);

#endif
