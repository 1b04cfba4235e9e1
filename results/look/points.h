// Sets of design points read from a results.db, their front, and the front as a table.
#ifndef SDSE_RESULTS_LOOK_POINTS_H
#define SDSE_RESULTS_LOOK_POINTS_H

#include <stdint.h>

#include "base/hash.h"
#include "results/look/metric.h"
#include "results/look/pareto.h"
#include "results/look/table.h"
#include "results/store/reader.h"

// Which points; NULL = any. Names must be equal.
struct sdse_filter {
    const char *sweep, *workload, *arch, *form, *tag;
    const char *where;      // SQL condition over the columns of v_point
    uint64_t sweep_version; // of `sweep`, as v_sweep numbers them; 0 = the newest
    bool superseded; // without `sweep` or `tag`: points that newer ones replaced, too
};

// The OK points of a filter whose objectives are all known, in sweep order.
struct sdse_points {
    unsigned objectives; // 1 … 3; a front needs 2 or 3
    enum sdse_metric metric[SDSE_MOST_OBJECTIVES];
    size_t count;
    double *v; // [count][objectives], stored units
    int64_t *point_id;
    const char **workload, **arch, **form;
    const char **parameters;   // "GLB.capacity_kib=64 …"; "" if none
    const char **minimised;    // what its mappings minimise: "edp"
    size_t infeasible, failed; // points of the filter that are not OK
    size_t unknown;            // OK, but an objective is NULL
};

struct sdse_front {
    size_t count;
    size_t *index; // into the points, ordered by the first objective
    size_t knee;   // position in index; meaningless if count < 2
    double reference[SDSE_MOST_OBJECTIVES]; // of the hypervolume, stored units
    double hypervolume;                     // product of the stored units
    double hypervolume_fraction; // of the box from the origin to the reference [0..1]
};

// Loads into the arena. A point is OK if it has a mapping and meets the constraints of
// the sweep named, or of a newest sweep that it is in. SDSE_INVALID with a diagnostic
// if a name in the filter is not in the database (the nearest one is suggested).
enum sdse_status sdse_points_load(struct sdse_reader *reader,
                                  const struct sdse_filter *filter,
                                  const enum sdse_metric *metrics, unsigned objectives,
                                  struct sdse_arena *arena, struct sdse_diags *diags,
                                  struct sdse_points *points);

// The distinct workloads of a filter, by name: a front mixes networks only if asked to.
enum sdse_status sdse_points_workloads(struct sdse_reader *reader,
                                       const struct sdse_filter *filter,
                                       struct sdse_arena *arena,
                                       struct sdse_diags *diags, const char ***names,
                                       size_t *count);

// The points of a filter, whatever their status, by hash.
enum sdse_status sdse_points_hashes(struct sdse_reader *reader,
                                    const struct sdse_filter *filter,
                                    struct sdse_arena *arena, struct sdse_diags *diags,
                                    struct sdse_hash **hashes, size_t *count);

// Prepares a question over every point of a filter, whatever its status, ordered by its
// number: point_id, its status and reason under the constraints that count here (those
// of the sweep named, or of the newest that the point is in), then `columns`, which
// begins with a comma and calls the row of v_point p. The caller finalizes *rows.
// SDSE_INVALID as sdse_points_load.
struct sqlite3_stmt;
enum sdse_status sdse_points_rows(struct sdse_reader *reader,
                                  const struct sdse_filter *filter, const char *columns,
                                  struct sdse_arena *arena, struct sdse_diags *diags,
                                  struct sqlite3_stmt **rows);

// The names of all sweeps, sorted.
enum sdse_status sdse_points_sweeps(struct sdse_reader *reader,
                                    struct sdse_arena *arena, struct sdse_diags *diags,
                                    const char ***names, size_t *count);

// What the sweep of a filter was given, resolved, as text. A sweep of that name has
// been found; SDSE_INVALID with a diagnostic if it has no such version.
enum sdse_status sdse_points_sweep_text(struct sdse_reader *reader,
                                        const struct sdse_filter *filter,
                                        struct sdse_arena *arena,
                                        struct sdse_diags *diags, const char **text);

// Front, knee and hypervolume (definitions: results/look/pareto.h), default reference
// point.
enum sdse_status sdse_front_compute(const struct sdse_points *points,
                                    struct sdse_arena *arena, struct sdse_front *front);

// One row per front point: objectives in scaled units, arch, form, parameters, a mark
// at the knee. NULL when memory is out.
struct sdse_table *sdse_front_table(const struct sdse_points *points,
                                    const struct sdse_front *front, bool stored_units,
                                    struct sdse_arena *arena);

// One line that says what the table cannot: "36 points: 7 on the front, 3 infeasible …;
// hypervolume 0.42 of the box below (1.1 mJ, 2.2 ms)". NULL when memory is out.
const char *sdse_front_summary(const struct sdse_points *points,
                               const struct sdse_front *front,
                               struct sdse_arena *arena);

// The scale of objective k over all points of the set.
struct sdse_scale sdse_points_scale(const struct sdse_points *points, unsigned k);

#endif
