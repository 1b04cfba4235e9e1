// What a layer must move through a memory, however it is mapped: each word once.
#ifndef SDSE_DSE_LINT_CROSSING_H
#define SDSE_DSE_LINT_CROSSING_H

#include "base/status.h"
#include "costmodel/latency.h"
#include "spec/types/workload.h"

// Of one execution of a layer that multiplies, with plain weights.
struct sdse_least_crossing {
    // Whether bits and cycles are known: not where engines leave out zeros and digits
    // that the layer says, which takes seconds to expect.
    bool known;
    // Cycles to compute with as many multipliers as any mapping can use.
    uint64_t compute_cycles;
    // Bits that enter and leave each memory, and the cycles of its slowest port.
    double bits[SDSE_MAX_LEVELS];
    uint64_t cycles[SDSE_MAX_LEVELS];
    struct sdse_port_name port[SDSE_MAX_LEVELS];
    double word_bits[SDSE_MAX_LEVELS][SDSE_TENSORS]; // of a stored word there
};

// Words that are used at all cross the outermost memory once; a memory that keeps a
// tensor takes each of its words, and hands it on, once; sums are taken as finished and
// inputs without padding. Engines' shares (layer->effects) are the least of any level.
// No mapping has fewer cycles: its latency is at least the most of all these.
// Source: derived here; oracle: tests/oracle/test_lint_oracle.c.
//
// Returns SDSE_OK, SDSE_OVERFLOW or SDSE_NO_MEMORY, or what costmodel/effects.h
// refuses.
enum sdse_status sdse_find_least_crossing(const struct sdse_arch *arch,
                                          const struct sdse_layer *layer,
                                          struct sdse_arena *arena,
                                          struct sdse_least_crossing *least);

// Words of a tensor that the layer uses at all. [words]
uint64_t sdse_used_words(const struct sdse_layer *layer, enum sdse_tensor tensor);

#endif
