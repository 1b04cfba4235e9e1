// Skipping of zero activations, zero weights, or both, on a grid of elements that
// synchronise (as in Eyeriss v2).
//
// Every activation of column j meets every weight of column j. Element (i, j) of the
// grid has the pixels of block i (ceil(X / Pi), contiguous) and the filters of block j
// (ceil(K / Pj)); trailing blocks may be short or empty. For each activation it visits
// (all, or the non-zero ones if activations are skipped) an element spends
//
//     max(bubble, ceil(w / simd))  cycles,  w = weights of the column in its block
//
// (all, or the non-zero ones if weights are skipped). An element without filters does
// nothing; one without pixels takes 0. All elements wait for each other after every
// tile_cols columns (0: at the end) [chosen: bubble and barrier; published: simd = 2
// and compressed columns].
// Source: Chen et al., Eyeriss v2, JETCAS 2019.
#ifndef SDSE_ENGINES_SKIP_H
#define SDSE_ENGINES_SKIP_H

#include "engines/engine.h"

enum sdse_skip_mode {
    SDSE_SKIP_NONE,
    SDSE_SKIP_WEIGHTS,
    SDSE_SKIP_ACTS,
    SDSE_SKIP_BOTH,
    SDSE_SKIP_MODES
};

struct sdse_skip {
    enum sdse_skip_mode mode;
    uint32_t grid[2];   // Pi, Pj >= 1
    uint32_t simd;      // weights per cycle, >= 1
    uint32_t bubble;    // least cycles of a visited activation: 0 or 1
    uint64_t tile_cols; // columns between barriers; 0: all
};

// Activations [J][X], weights [J][K].
struct sdse_skip_shape {
    uint64_t columns, pixels, filters; // J, X, K
};

#define SDSE_SKIP_COUNTS(X)                                                      \
    X(cycles, "sum of the slowest element's cycles")                             \
    X(issued, "weights met by visited activations [MACs]")                       \
    X(effectual, "pairs of non-zeros: sum over j of nnz_a(j) * nnz_w(j) [MACs]") \
    X(act_visits, "activations visited, in elements with filters [words]")       \
    X(idle_sync, "cycles * Pi * Pj - busy cycles of all [element * cycle]")

struct sdse_skip_counts {
    SDSE_SKIP_COUNTS(SDSE_COUNT_FIELD)
};

const char *sdse_skip_fault(const struct sdse_skip *engine);

enum sdse_status sdse_skip_count(const struct sdse_skip *engine,
                                 const struct sdse_skip_shape *shape,
                                 const int32_t *acts, const int32_t *weights,
                                 struct sdse_skip_counts *counts);

#endif
