// Texts beside points of a panel: as many as stand clear of each other, of marks and of
// lines.
#ifndef SDSE_RESULTS_LOOK_DRAW_LABELS_H
#define SDSE_RESULTS_LOOK_DRAW_LABELS_H

#include <stddef.h>

#include "base/arena.h"
#include "results/look/draw/axis.h"

enum { SDSE_LABELS_MARK_PX = 8 }; // the radius of points as fronts have them

// The panel they stand in.
struct sdse_labels_frame {
    struct sdse_axis x, y; // with their lengths
    unsigned beyond_px;    // free at its right
};

struct sdse_label {
    double x, y; // of its point, as plotted
    const char *text;
    double text_x, text_y; // where the text begins, half way up
};

struct sdse_labels {
    struct sdse_labels_frame frame;
    size_t count, left_out;
    struct sdse_label *label;
    size_t columns, rows;
    bool *cell; // [rows][columns], covered; from below, from the left
};

// Room for `most` labels in the arena; false when memory is out.
bool sdse_labels_begin(struct sdse_labels *labels,
                       const struct sdse_labels_frame *frame, size_t most,
                       struct sdse_arena *arena);

// What labels avoid: all of it is named before the first label.
void sdse_labels_mark(struct sdse_labels *labels, double x, double y,
                      unsigned radius_px);
void sdse_labels_line(struct sdse_labels *labels, double x1, double y1, double x2,
                      double y2);

// Adds a text beside a point where it covers nothing, unless the same stands at a point
// of the same place; it is left out, and counted so,
// if there is no such place. `text` is kept by pointer.
void sdse_labels_add(struct sdse_labels *labels, double x, double y, const char *text);

// A line for each: x, y, text, and where it begins; and what draws block `index` of
// these.
void sdse_labels_write(const struct sdse_labels *labels, FILE *out);
void sdse_labels_draw(size_t index, const char *text_color, FILE *out);

#endif
