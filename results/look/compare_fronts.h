// Two sets of design points beside each other, for one network: their fronts under one
// reference point, what each beats of the other, and the designs that both have.
#ifndef SDSE_RESULTS_LOOK_COMPARE_FRONTS_H
#define SDSE_RESULTS_LOOK_COMPARE_FRONTS_H

#include "results/look/compare.h"
#include "results/look/points.h"

struct sdse_fronts_side {
    struct sdse_points points;
    struct sdse_front front; // its reference and hypervolume are the common ones
    size_t beaten;           // of its front: some point of the other dominates it
    size_t shared;           // of its front: the other's front has an equal one
    size_t alone;            // designs that only this side has
};

struct sdse_fronts {
    const char *network;
    struct sdse_fronts_side side[SDSE_SIDES];
    // 1.1 times the worst value of both fronts in each objective [stored units]. NAN
    // where neither side has a point.
    double reference[SDSE_MOST_OBJECTIVES];
    double joint_fraction; // of the box below it, by the points of both [0..1]
    size_t designs_same;   // in both, with equal figures
    // Per objective: the designs of both sides that have other figures. Rows are
    // accelerator/form/parameters; a design that is several times in one side, because
    // its mappings minimise different things, names that too.
    struct sdse_differences designs[SDSE_MOST_OBJECTIVES];
};

// Loads both sides' points of filter[i].workload, which is the same network, and
// compares them. Two or three objectives; status as of sdse_points_load.
enum sdse_status sdse_compare_fronts(struct sdse_reader *const reader[SDSE_SIDES],
                                     const struct sdse_filter filter[SDSE_SIDES],
                                     const enum sdse_metric *metrics,
                                     unsigned objectives, struct sdse_arena *arena,
                                     struct sdse_diags *diags, struct sdse_fronts *out);

#endif
