// Stacked bars, one below the other, so that long names stay readable.
#ifndef SDSE_RESULTS_LOOK_DRAW_BARS_H
#define SDSE_RESULTS_LOOK_DRAW_BARS_H

#include "results/look/draw/aspect.h"
#include "results/look/draw/gnuplot.h"
#include "results/look/metric.h"

enum { SDSE_BARS_MOST = 1000, SDSE_BARS_MOST_PARTS = 64 };

struct sdse_bars {
    const char *title;
    struct sdse_scale scale; // of the values; its title is the axis'
    double axis_end;         // scaled; 0: what the longest bar needs
    const char *format;      // of the total at a bar's end: "%.3g"; NULL: none
    size_t bar_count, part_count;
    const char **labels;  // [bar_count]
    const char **parts;   // [part_count], from the axis outwards
    const char **colors;  // [part_count], "#rrggbb"
    double *value;        // [bar_count][part_count], stored units
    const char **remarks; // [bar_count], written after the bar; NULL: none
    const char **groups;  // [bar_count], see sdse_bars_group; NULL: none
};

// Room for that many bars and parts, values 0; false when memory is out.
bool sdse_bars_new(struct sdse_bars *bars, size_t bar_count, size_t part_count,
                   struct sdse_arena *arena);

// Puts bars together that have one value of an aspect, in the order of the values, each
// group below a heading "path value". of: [bar_count], of the bars as they are, into
// the aspect's names. Call it when all else is filled in. False when memory is out.
bool sdse_bars_group(struct sdse_bars *bars, const struct sdse_aspect *aspect,
                     const size_t *of, struct sdse_arena *arena);

// Leaves parts out that no bar has, and draws. The data is the label of each bar, then
// where each of its parts ends, scaled, from 0; of groups also where the bar stands.
enum sdse_status sdse_bars_draw(struct sdse_bars *bars,
                                const struct sdse_plot_files *files,
                                struct sdse_arena *arena, struct sdse_diags *diags);

#endif
