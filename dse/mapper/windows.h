// What the bounds know of the words that windows touch: gaps and padding are none.
//
// The mapper counts rows (and columns) as if all of them lay on the map, by the
// distinct ones of each tile, and takes off what padding can hold. A visit takes a row
// of padding only if it holds an output and a tap that meet there, and visits share
// these pairs among them: so all of them together take no more such rows than there are
// pairs.
#ifndef SDSE_DSE_MAPPER_WINDOWS_H
#define SDSE_DSE_MAPPER_WINDOWS_H

#include "costmodel/pattern.h"
#include "dse/mapper/lattice.h"

// One axis of a problem's inputs.
struct sdse_windows {
    struct sdse_axis axis;
    double touched; // rows of the real map that anything touches
    // Pairs of an output and a tap that meet in padding, and rows where some do: scaled
    // so that they may be taken off before sharing, and before what is cut is. Of the
    // words of multipliers: edge_macs.
    double edge_pairs, edge_rows, edge_macs;
    bool gaps; // some memory fetches them
    // Whether tiles with origins of their own may hold the same rows: cut off on both
    // sides of a small map.
    bool may_coincide;
    // Rows of the largest tile by index of outputs x taps, without gaps and with.
    unsigned taps_count;
    uint32_t *largest[2];
};

struct sdse_problem;

// Fills problem->windows. After the spreads are listed. SDSE_NO_MEMORY.
enum sdse_status sdse_windows_init(struct sdse_problem *problem);

// Least part of the windows that the places of a spread share along an axis, if all
// places of one origin share one. joins: they share what overlaps too.
double sdse_windows_share(const struct sdse_windows *windows, double outputs,
                          double taps, bool joins);

// Rows that `visits` visits take along an axis that would take `rows` if all lay on the
// map; pairs: how often each pair of an output and a tap is met.
static inline double sdse_windows_clip(const struct sdse_windows *windows, double rows,
                                       double visits, double pairs) {
    if (!windows->axis.clipped)
        return rows;
    const double by_pairs = windows->edge_pairs * pairs,
                 by_rows = windows->edge_rows * visits;
    const double left = rows - (by_pairs < by_rows ? by_pairs : by_rows);
    return left > windows->touched ? left : windows->touched;
}

// Distinct rows of a tile, padding too.
static inline double sdse_windows_rows(const struct sdse_windows *windows,
                                       uint64_t outputs, uint64_t taps) {
    return (double)sdse_distinct_sums(outputs, windows->axis.stride, taps,
                                      windows->axis.dilation);
}

// Rows of a tile that were not there `shift` before, padding too; at least.
double sdse_windows_fresh(const struct sdse_windows *windows, uint64_t outputs,
                          uint64_t taps, uint64_t shift);

#endif
