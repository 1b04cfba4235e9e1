// Texts beside points of a panel: as many as stand clear of each other.
#ifndef SDSE_RESULTS_LOOK_DRAW_LABELS_H
#define SDSE_RESULTS_LOOK_DRAW_LABELS_H

#include <stddef.h>

#include "base/arena.h"
#include "results/look/draw/axis.h"

// The panel they stand in.
struct sdse_labels_frame {
    unsigned width_px, height_px;
    unsigned beyond_px;             // free at its right
    const struct sdse_range *x, *y; // of its axes
    bool log_x, log_y;
};

struct sdse_label {
    double x, y; // as plotted
    const char *text;
    double left, low, right, high; // what it covers [px]
};

struct sdse_labels {
    struct sdse_labels_frame frame;
    size_t count, left_out;
    struct sdse_label *label;
};

// Room for `most` labels in the arena; false when memory is out.
bool sdse_labels_begin(struct sdse_labels *labels,
                       const struct sdse_labels_frame *frame, size_t most,
                       struct sdse_arena *arena);

// Adds a text at the right of a point, or counts it as left out if it would cover
// another or leave the room. `text` is kept by pointer.
void sdse_labels_add(struct sdse_labels *labels, double x, double y, const char *text);

// A line for each: x, y, text.
void sdse_labels_write(const struct sdse_labels *labels, FILE *out);

#endif
