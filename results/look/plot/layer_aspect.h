// What layers of one point are told apart by in its pictures.
#ifndef SDSE_RESULTS_LOOK_PLOT_LAYER_ASPECT_H
#define SDSE_RESULTS_LOOK_PLOT_LAYER_ASPECT_H

#include "results/look/draw/aspect.h"
#include "results/look/plot/cycles.h"

// The values of one parameter of some layers of a point: those numbered by of[count]
// among the layers of sdse_cycles_load; NULL: the first `count`.
//
//     layer, kind, repeat, bottleneck, weights, density, mapper_status, utilization
//                      columns of v_layer
//     set_by           the bottleneck without a memory's port
//
// SDSE_INVALID with a diagnostic [plot-parameter] that lists these for any other path.
enum sdse_status sdse_layer_aspect_load(struct sdse_reader *reader, int64_t point,
                                        const struct sdse_layer_cycles *layers,
                                        const size_t *of, size_t count,
                                        const char *path, struct sdse_arena *arena,
                                        struct sdse_diags *diags,
                                        struct sdse_aspect *aspect);

#endif
