// Pictures of a comparison: two points as bars side by side, two sets as fronts over
// each other. Files and status as of results/look/plot/plot.h.
#ifndef SDSE_RESULTS_LOOK_PLOT_PLOT_COMPARE_H
#define SDSE_RESULTS_LOOK_PLOT_PLOT_COMPARE_H

#include "base/output.h"
#include "results/look/compare.h"
#include "results/look/compare_fronts.h"
#include "results/look/palette.h"

// Energy by component and cycles by what sets them, the largest first, a bar for each
// side. Components that are nothing on both sides are left out.
struct sdse_compare_points_plot {
    const struct sdse_comparison *comparison;
    const char *title[SDSE_SIDES];
    enum sdse_plot_theme theme;
    const char *picture;                   // where to: .png, .svg or .pdf
    const struct sdse_output_rules *rules; // NULL: base/output.h
};
enum sdse_status sdse_plot_compare_points(const struct sdse_compare_points_plot *plot,
                                          struct sdse_arena *arena,
                                          struct sdse_diags *diags);

// All points of both sides, hollow where they are not on their side's front, and the
// staircase of each front in each panel's two objectives; the title has both
// hypervolumes. An axis that spans more than two decades is logarithmic. SDSE_INVALID
// [plot-empty] where neither side has a point.
struct sdse_compare_fronts_plot {
    const struct sdse_fronts *fronts;
    const char *title[SDSE_SIDES];
    enum sdse_plot_theme theme;
    const char *picture;
    const struct sdse_output_rules *rules;
};
enum sdse_status sdse_plot_compare_fronts(const struct sdse_compare_fronts_plot *plot,
                                          struct sdse_arena *arena,
                                          struct sdse_diags *diags);

#endif
