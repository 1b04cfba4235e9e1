// One edge counted: what moves between a keeper and the next keeper inside (or the
// multipliers).
#ifndef SDSE_COSTMODEL_EDGE_H
#define SDSE_COSTMODEL_EDGE_H

#include "costmodel/view.h"

struct sdse_edge {
    enum sdse_tensor tensor;
    unsigned parent, child; // child == level_count: the multipliers
    uint64_t visits;        // tiles taken, all children together
    uint64_t taken; // words all children take (outputs: give up) in their visits
    // Words at all instances of level l, parent <= l < child, after sharing among the
    // children below each: reads of the parent at l = parent, transfers of the network
    // below l.
    uint64_t merged[SDSE_MAX_LEVELS];
    // Outputs: whether the words that arrive at the parent, that leave the children,
    // are finished. A sum crosses the edge once only if that crossing carries all of
    // it: so they are where their number is that of all outputs. Otherwise they are
    // partial.
    bool arrive_finished, leave_finished;
    double hops[SDSE_MAX_LEVELS]; // average over words, where asked for
    double destinations[SDSE_MAX_LEVELS];
};

// Counts one edge. Perfect factors take the closed forms of traffic.h, imperfect ones
// the walk of walk.h. with_hops: fill hops and destinations too.
bool sdse_edge_count(const struct sdse_view *view, enum sdse_tensor tensor,
                     unsigned parent, unsigned child, bool with_hops,
                     struct sdse_edge *edge);

// Distinct output words held over time by one instance of `level`, summed over its
// instances:
//
//     |Outputs| * used positions outside `level` in dimensions that do not move outputs
//
// [words]. level == level_count: the multipliers.
uint64_t sdse_distinct_outputs(const struct sdse_view *view, unsigned level);

// Partial sums that return through the network below `level` of an edge of outputs:
// what goes up there less what each group of reducing children gives up for the first
// time. Children that nothing adds up are groups of their own. [words]
uint64_t sdse_returned_words(const struct sdse_view *view, const struct sdse_edge *edge,
                             unsigned level);

// Instances of `level` that ever have work.
uint64_t sdse_working_instances(const struct sdse_view *view, unsigned level);

#endif
