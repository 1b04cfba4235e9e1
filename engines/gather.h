// Weight skipping with gathered activations (Cambricon-X): an element takes the
// activations of its non-zero weights, up to `width` per cycle.
//
// Weights [K][N], an output per row; activations are dense. Outputs are cut into tiles
// of tile_outputs (outer), inputs into tiles of tile_inputs (inner); all elements wait
// for each other after every tile. In a tile local output i is on element i mod pes
// [chosen]; an element does its outputs one after another; an output takes
//
//     ceil(nnz in the tile / width)  cycles  [published: 16 gathered per cycle],
//
// none if it has no non-zero [chosen].
// Source: Zhang et al., Cambricon-X, MICRO 2016.
#ifndef SDSE_ENGINES_GATHER_H
#define SDSE_ENGINES_GATHER_H

#include "engines/engine.h"

struct sdse_gather {
    uint32_t pes, width;                // elements, and gathered per cycle; >= 1
    uint64_t tile_outputs, tile_inputs; // 0: all
};

#define SDSE_GATHER_COUNTS(X)                                           \
    X(cycles, "sum over tiles of the slowest element's cycles")         \
    X(macs, "non-zero weights [MACs]")                                  \
    X(act_reads, "activations gathered, one per MAC [words]")           \
    X(act_reads_saved, "K N - act_reads [words]")                       \
    X(idle_sync, "width * (cycles * pes - busy cycles of all) [slots]") \
    X(idle_fragment, "width * busy cycles of all - macs [slots]")

struct sdse_gather_counts {
    SDSE_GATHER_COUNTS(SDSE_COUNT_FIELD)
};

const char *sdse_gather_fault(const struct sdse_gather *engine);

// weights [outputs][inputs]
enum sdse_status sdse_gather_count(const struct sdse_gather *engine,
                                   const int32_t *weights, uint64_t outputs,
                                   uint64_t inputs, struct sdse_gather_counts *counts);

#endif
