// The group of layers that take turns of which a layer is one, as a picture: the nests
// of each layer over the cycles, and what the shared memory holds meanwhile.
#ifndef SDSE_RESULTS_LOOK_PLOT_TURNS_H
#define SDSE_RESULTS_LOOK_PLOT_TURNS_H

#include "results/look/plot/plot.h"

// The group that a layer of a point is in; -1: none.
enum sdse_status sdse_turns_group(struct sdse_reader *reader, int64_t point,
                                  const char *layer, struct sdse_diags *diags,
                                  int64_t *group);

// Draws it. Nests, their order, their cycles and what is held are the model's.
// SDSE_INVALID [plot-bars]: more nests than a picture shows.
enum sdse_status sdse_plot_turns(struct sdse_reader *reader,
                                 const struct sdse_mapping_plot *plot, int64_t group,
                                 struct sdse_arena *arena, struct sdse_diags *diags);

#endif
