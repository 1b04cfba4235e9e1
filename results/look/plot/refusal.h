// What plots say where there is nothing to draw.
#ifndef SDSE_RESULTS_LOOK_PLOT_REFUSAL_H
#define SDSE_RESULTS_LOOK_PLOT_REFUSAL_H

#include "results/look/draw/aspect.h"
#include "results/look/palette.h"

// SDSE_INVALID with the diagnostic [plot-empty] at the database; SDSE_NO_MEMORY for
// `what` NULL.
enum sdse_status sdse_plot_refuse(struct sdse_reader *reader, const char *what,
                                  struct sdse_arena *arena, struct sdse_diags *diags);

// The same, of points that are none: how many are infeasible, failed, or lack a figure.
enum sdse_status sdse_plot_no_points(struct sdse_reader *reader,
                                     const struct sdse_points *points,
                                     struct sdse_arena *arena,
                                     struct sdse_diags *diags);

// SDSE_INVALID with a diagnostic [plot-facets] where a parameter has more values than
// panels may be; [plot-shapes] where it has more than there are shapes.
enum sdse_status sdse_plot_facets(const char *picture, const struct sdse_aspect *facet,
                                  size_t most, struct sdse_diags *diags);
enum sdse_status sdse_plot_shapes(const char *picture, const struct sdse_aspect *shape,
                                  struct sdse_diags *diags);

#endif
