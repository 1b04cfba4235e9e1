// What a picture tells points apart by: one parameter of theirs and its values.
#ifndef SDSE_RESULTS_LOOK_DRAW_ASPECT_H
#define SDSE_RESULTS_LOOK_DRAW_ASPECT_H

#include "results/look/points.h"

// Values are ordered by number, then by name ("128" before "1024"); names leave out
// what all share.
struct sdse_aspect {
    const char *path;
    size_t count;       // distinct values of the points
    const char **names; // [count]
    const char **whole; // [count], with what all share
    bool has_none;      // the last one is of points without this parameter
    bool numeric;       // all but that one are numbers
    double *number;     // [count]; of numeric ones
    size_t *of;         // of each point, into names
};

// The values of one parameter of `points`:
//
//     network, arch, form, sweep, objective   columns of v_point; the newest sweeps
//     GLB.capacity_kib                        an override's path
//     sd.sparsity                             a key of the weight form called sd
//
// SDSE_INVALID with a diagnostic [plot-parameter] that lists what there is, if no point
// of the file has it.
enum sdse_status sdse_aspect_load(struct sdse_reader *reader,
                                  const struct sdse_points *points, const char *path,
                                  struct sdse_arena *arena, struct sdse_diags *diags,
                                  struct sdse_aspect *aspect);

// The same of anything: `values` is [count], NULL where there is none. False when
// memory is out.
bool sdse_aspect_gather(const char *path, const char *const *values, size_t count,
                        struct sdse_arena *arena, struct sdse_aspect *aspect);

// "no layer has a parameter 'x'; nearest: 'y'; there are …" [plot-parameter] of the
// reader's file; whose: "point", "layer". SDSE_INVALID, or SDSE_NO_MEMORY.
enum sdse_status sdse_aspect_refuse(struct sdse_reader *reader, const char *whose,
                                    const char *path, const char *const *paths,
                                    size_t count, struct sdse_arena *arena,
                                    struct sdse_diags *diags);

#endif
