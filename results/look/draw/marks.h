// How points look: colour by one parameter, shape by another or the same, and what the
// legend says of it.
#ifndef SDSE_RESULTS_LOOK_DRAW_MARKS_H
#define SDSE_RESULTS_LOOK_DRAW_MARKS_H

#include "results/look/draw/aspect.h"
#include "results/look/draw/canvas.h"
#include "results/look/palette.h"

enum {
    SDSE_MARKS_STEPS = 8, // numbers up to so many are steps of the gradient, each with
                          // its entry; more are a scale
    SDSE_MARKS_SCALE_PX = 190,             // what a scale takes beside the panels
    SDSE_MARKS_ALIKE = SDSE_PALETTE_COLORS // more groups than this are numbered
};

struct sdse_marks {
    enum sdse_plot_theme theme;
    struct sdse_aspect colour;
    const struct sdse_aspect *shape; // NULL: shapes follow the colours
    bool scale;                      // colours are a scale from least to greatest
    bool scale_log;                  // which spans over a decade
    double least, greatest;          // of the scale
    bool numbered;   // groups have numbers, in the legend and beside their points
    bool components; // groups are components, with the colours of these: set it after
                     // sdse_marks_plan
};

// colour is copied, shape kept by pointer.
void sdse_marks_plan(struct sdse_marks *marks, enum sdse_plot_theme theme,
                     const struct sdse_aspect *colour, const struct sdse_aspect *shape);

// Of one point: "#rrggbb", gnuplot's filled point type.
void sdse_marks_color(const struct sdse_marks *marks, size_t point, char color[8]);
int sdse_marks_type(const struct sdse_marks *marks, size_t point);

// Adds what the legend says of them: headings, an entry for each group. Groups beyond
// 59 are one entry that counts them.
void sdse_marks_legend(const struct sdse_marks *marks, struct sdse_legend *legend,
                       struct sdse_arena *arena);
// "set palette …", "set cbrange …" of a scale, whose box stands beside the first panel,
// where the canvas has SDSE_MARKS_SCALE_PX for it; and what makes gnuplot draw the box:
// a part of a plot command, points without size at columns x and y of the first block.
void sdse_marks_scale(const struct sdse_marks *marks, const struct sdse_canvas *canvas,
                      FILE *out);
void sdse_marks_carrier(const struct sdse_marks *marks, unsigned x, unsigned y,
                        FILE *out);

#endif
