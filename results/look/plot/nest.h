// A stored mapping, level by level: the texts of its loops and what each level keeps.
#ifndef SDSE_RESULTS_LOOK_PLOT_NEST_H
#define SDSE_RESULTS_LOOK_PLOT_NEST_H

#include <stdint.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/status.h"
#include "results/store/reader.h"

enum { SDSE_NEST_LEVELS = 64 };

struct sdse_nest_level {
    const char *name;
    const char *temporal, *spatial_x, *spatial_y; // "K4 C2"; "": none
    const char *keeps;                            // "weights, inputs"; "": nothing
};

struct sdse_stored_nest {
    const char *layer; // its name
    uint64_t repeat;
    unsigned level_count;
    struct sdse_nest_level level[SDSE_NEST_LEVELS];
};

// The nest of layer `layer` of a point, in the arena; a layer that only moves words has
// no levels. SDSE_INVALID with a diagnostic [plot-layer] that names the point's layers
// if there is no such layer, or if it takes turns with others and has no nest of its
// own.
enum sdse_status sdse_nest_load(struct sdse_reader *reader, int64_t point,
                                const char *layer, struct sdse_arena *arena,
                                struct sdse_diags *diags,
                                struct sdse_stored_nest *nest);

// The product of the factors of "K4 C2/1"; 1 of "".
double sdse_nest_product(const char *loops);

#endif
