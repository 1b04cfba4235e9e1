// Where the cycles of layers go, read from a results.db: what sets a layer's latency,
// what comes before, after and beside it, and what the multipliers do meanwhile.
#ifndef SDSE_RESULTS_LOOK_PLOT_CYCLES_H
#define SDSE_RESULTS_LOOK_PLOT_CYCLES_H

#include "results/look/draw/bars.h"
#include "results/look/plot/plot.h"

// One layer, times its repeat. [cycles]
struct sdse_layer_cycles {
    const char *name;
    uint64_t repeat;
    const char *setter; // the memory that sets the latency, or "compute", "rebuild", …
    const char *bottleneck;        // as v_layer has it: with the memory's port
    double latency;                // of which
    double set, fill, drain, pass; // the setter's own; first fills, last drains, passes
    double beside;                 // the rest: transfers that overlap with nothing
    double compute, macs;
    double utilization; // [0..1]
};

// The layers of a point that take time, in order. They live in the arena. SDSE_INVALID
// with a diagnostic [plot-empty] if it has none.
enum sdse_status sdse_cycles_load(struct sdse_reader *reader, int64_t point,
                                  struct sdse_arena *arena, struct sdse_diags *diags,
                                  struct sdse_layer_cycles **layers, size_t *count);

// The first column of a query's first row, of one point (?1), in the arena; NULL if
// there is none, memory is out or the database fails.
const char *sdse_cycles_text(struct sdse_reader *reader, const char *sql, int64_t point,
                             struct sdse_arena *arena);

// "resnet50 on eyeriss, raw GLB.capacity_kib=64"; NULL when memory is out or the
// database fails.
const char *sdse_cycles_owner(struct sdse_reader *reader, int64_t point,
                              struct sdse_arena *arena);

// What pictures of a point's layers as bars begin with: the files, the layers, the
// first SDSE_BARS_MOST of which are bars, and what the point is called.
struct sdse_cycles_bars {
    struct sdse_plot_files files;
    struct sdse_layer_cycles *layers;
    size_t layer_count, bar_count;
    const char *owner;
};
enum sdse_status sdse_cycles_bars(struct sdse_reader *reader,
                                  const struct sdse_layers_plot *plot,
                                  struct sdse_arena *arena, struct sdse_diags *diags,
                                  struct sdse_cycles_bars *shown);

// "conv1", or "conv1 ×3" of a layer that is executed three times; NULL when memory is
// out.
const char *sdse_cycles_label(const struct sdse_layer_cycles *layer,
                              struct sdse_arena *arena);

// Draws bars of these layers, with the plot's label and facet.
enum sdse_status sdse_cycles_draw(struct sdse_reader *reader,
                                  const struct sdse_layers_plot *plot,
                                  const struct sdse_cycles_bars *shown,
                                  struct sdse_bars *bars, struct sdse_arena *arena,
                                  struct sdse_diags *diags);

// Seconds of a cycle of a point: latency_s / latency_cycles; 0 if it has none.
double sdse_cycles_seconds(struct sdse_reader *reader, int64_t point);

#endif
