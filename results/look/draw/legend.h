// What a picture's marks mean, in as many columns as it takes.
#ifndef SDSE_RESULTS_LOOK_DRAW_LEGEND_H
#define SDSE_RESULTS_LOOK_DRAW_LEGEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/arena.h"

enum sdse_legend_mark {
    SDSE_LEGEND_HEADING, // of the entries after it, up to the next or a closed group
    SDSE_LEGEND_NOTE,    // text alone
    SDSE_LEGEND_POINT,
    SDSE_LEGEND_LINE,
    SDSE_LEGEND_BAR
};

struct sdse_legend_entry {
    enum sdse_legend_mark mark;
    int type;    // of a point: gnuplot's
    double size; // of a point; 0 = 1.4
    char color[8];
    const char *text;
    size_t heading; // number of its heading, from 1; 0: none
};

struct sdse_legend {
    size_t count, capacity;
    struct sdse_legend_entry *entry;
    size_t heading; // of the entries to come
    bool lost;      // an entry, for want of memory
};

// Adds an entry. `color` is copied, `text` kept by pointer.
void sdse_legend_add(struct sdse_legend *legend, struct sdse_arena *arena,
                     enum sdse_legend_mark mark, int type, double size,
                     const char *color, const char *text);

// Ends the group of the last heading.
void sdse_legend_close(struct sdse_legend *legend);

// How it stands in `height_px`. No heading stands at the foot of a column; one whose
// entries go on in the next is said again there. [pixels of the PNG]
struct sdse_legend_layout {
    bool small; // many entries: smaller text
    unsigned char_px, line_px;
    size_t rows, columns;
    unsigned width_px;
};
struct sdse_legend_layout sdse_legend_layout(const struct sdse_legend *legend,
                                             unsigned height_px);

// Labels and marks from (left, top) of a picture of width x height on; and their end.
void sdse_legend_write(const struct sdse_legend *legend,
                       const struct sdse_legend_layout *layout, unsigned left_px,
                       unsigned top_px, unsigned width_px, unsigned height_px,
                       const char *text_color, FILE *out);
void sdse_legend_unset(const struct sdse_legend *legend,
                       const struct sdse_legend_layout *layout, FILE *out);

#endif
