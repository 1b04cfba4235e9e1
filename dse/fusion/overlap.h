// Nests of a group that overlap: while one computes, the outermost memory brings what
// later ones read from it, and takes what earlier ones put there.
//
// A nest has two sides (struct sdse_totals): O, cycles of the outermost memory, and I,
// of all else and of what may not cross ahead; by itself it takes L = max(O, I). Nests
// overlap in the longest run of tiles that do the same, M of them (dse/fusion/steady.h;
// M = 1: one tile, which may be all of the group). Either side works in order. Nest n
// of a tile ends when I is done after the nest before, and not before all O up to its
// own:
//
//     end(n) = max(end(n - 1) + I(n), O(1) + ... + O(n)),   end(0) = 0
//
// and the outermost memory is at most one tile ahead. So the run takes
//
//     end(last) + (M - 1) · max(sum of O, sum of I)
//
// and a group R such runs (of heads after heads) and, one after the other, L of every
// nest outside of them. All of it rises with O and I of every nest: of two answers for
// a nest one that is no worse in energy, O and I is no worse in the whole, so that
// fronts of these three suffice; of sums over the first nests one that is no worse in
// energy, both sums, the end and what is outside.
//
// What comes ahead has a place of its own in the shared memory all through the group,
// each word once, besides the nests' own tiles: all that one tile takes from outside,
// but what its first nest does; if M > 1 twice what a tile takes and puts there (one
// part fills while one empties). Ahead come tensors that the shared memory keeps in
// every mapping and no memory further out does; where several share, that of the group.
// Not ahead, but while their nest runs: what another memory that shares has of a nest;
// others; weights that it brings to where they are kept; outputs of which sums come
// back; inputs beside which other maps are added; all that layers move which multiply
// nothing. Energy is that of the nests: leakage and clocks for the time that each takes
// by itself. Tiles in parts of channels or of some columns, and such as make rows of a
// layer that are two nests of one kind, run as without it.
//
// Oracles: tests/oracle/test_fused_overlap.c, all partitions, configurations and
// places; schedules, played back.
#ifndef SDSE_DSE_FUSION_OVERLAP_H
#define SDSE_DSE_FUSION_OVERLAP_H

#include <math.h>
#include <stdint.h>

#include "costmodel/evaluate.h"

// Cycles of both sides of a nest.
struct sdse_overlap_sides {
    double outer, inner;
};

// Of the first nests of a group, kind by kind in the order of its tiles.
struct sdse_overlap_time {
    double runs, more;   // R, M - 1, if some nest of a run is among them; else 0
    double alone;        // outside of runs
    double outer, inner; // sums of O, of I, of one tile
    double end;          // of its nests
};

// Adds a kind of nests. at: of one nest.
//
// turn    of its times those in the first tile of a run, one each: R, or 0
// steady  those in the others: R (M - 1), or 0
static inline void sdse_overlap_add(uint64_t times, uint64_t turn, uint64_t steady,
                                    const struct sdse_totals *at,
                                    struct sdse_overlap_time *time) {
    time->alone += (double)(times - turn - steady) * at->latency_cycles;
    if (!turn)
        return;
    time->runs = (double)turn;
    time->more = (double)(steady / turn);
    time->outer += at->outer_cycles;
    time->inner += at->inner_cycles;
    time->end = fmax(time->end + at->inner_cycles, time->outer);
}

static inline double sdse_overlap_latency(const struct sdse_overlap_time *time) {
    return time->alone +
           time->runs * (time->end + time->more * fmax(time->outer, time->inner));
}

#endif
