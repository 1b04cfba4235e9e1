// Whose cycles those of a group are whose nests overlap.
#ifndef SDSE_DSE_FUSION_OVERLAP_SHARE_H
#define SDSE_DSE_FUSION_OVERLAP_SHARE_H

#include <stddef.h>
#include <stdint.h>

// A kind of nests of a group.
struct sdse_overlap_share {
    uint64_t times, turn, steady; // as of sdse_overlap_add
    uint64_t outer, inner;        // cycles of both sides of one
    uint64_t cycles;              // out: of all of them
};

// Divides the cycles of a group (dse/fusion/overlap.h) among its kinds of nests, so
// that they add up to its latency. A nest that does not overlap has its own, max(O, I);
// of a run's first tile each has what it moves the end by, end(n) - end(n - 1); of each
// other tile each has its I, and what such a tile waits for the outermost memory
// besides, max(0, sum of O - sum of I), goes to the nest of most O, the first of
// several. So no nest has less than its I.
//
// kind  of a group, in its order [count]
//
// Derived here; oracle: tests/unit/test_overlap_share.c.
void sdse_overlap_divide(struct sdse_overlap_share *kind, size_t count);

#endif
