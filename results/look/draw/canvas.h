// Where a picture's parts stand: title, panels, legend. The legend has room of its own
// beside the panels, in as many columns as it needs; the picture grows, no panel
// shrinks.
#ifndef SDSE_RESULTS_LOOK_DRAW_CANVAS_H
#define SDSE_RESULTS_LOOK_DRAW_CANVAS_H

#include "base/arena.h"
#include "results/look/draw/gnuplot.h"
#include "results/look/draw/legend.h"

enum {
    SDSE_CANVAS_TITLE_LINES = 4,
    SDSE_CANVAS_CHAR_PX = 13, // of the text, on average
    SDSE_CANVAS_LINE_PX = 34, // from one line of text to the next
};

struct sdse_canvas_wish {
    const char *title;
    unsigned panels, columns; // row by row; 0 = 1
    unsigned panel_width_px, panel_height_px;
    unsigned left_px;  // for the labels beside a panel; 0 = 165
    unsigned above_px; // for a heading of each panel
    unsigned below_px; // for names turned, besides those of an axis
    unsigned right_px; // kept free beside the panels, for a scale or texts
    struct sdse_legend legend;
};

struct sdse_canvas {
    struct sdse_canvas_wish wish;
    unsigned rows, width_px, height_px;
    unsigned left, top, step_x, step_y; // of the first panel; to the next [px]
    unsigned right_left;                // where right_px begins
    unsigned legend_left, legend_top;
    struct sdse_legend_layout legend;
    size_t title_count;
    const char *title[SDSE_CANVAS_TITLE_LINES];
};

// As many panels, in one to four columns, large ones if they are few.
void sdse_canvas_split(struct sdse_canvas_wish *wish, size_t panels);

// Breaks the title into lines at line feeds, and at blanks where it is wider than the
// picture; what four lines cannot hold ends in "…". A legend that fits the place of a
// missing last panel stands there. False when memory is out, or the legend lost an
// entry.
bool sdse_canvas_plan(struct sdse_canvas *canvas, const struct sdse_canvas_wish *wish,
                      struct sdse_arena *arena);

// sdse_gnuplot_begin, the title, the legend, multiplot if there are several panels; and
// what closes it.
void sdse_canvas_begin(const struct sdse_canvas *canvas,
                       const struct sdse_plot_files *files, FILE *out);
void sdse_canvas_end(const struct sdse_canvas *canvas, FILE *out);

// The margins of panel `index` (row by row). Title and legend come with the first.
void sdse_canvas_panel(const struct sdse_canvas *canvas, unsigned index, FILE *out);

// What the panel to come shows: "set title 'path value'", of above_px = 40.
void sdse_canvas_heading(const char *path, const char *value, FILE *out);

// Columns that a text takes: characters, not bytes.
size_t sdse_canvas_text_width(const char *text);

#endif
