#include "results/look/draw/labels.h"

#include <math.h>

#include "results/look/draw/canvas.h"
#include "results/look/draw/gnuplot.h"

enum { CHAR_PX = 9, HIGH_PX = 22 }; // of the labels' smaller text

bool sdse_labels_begin(struct sdse_labels *labels,
                       const struct sdse_labels_frame *frame, size_t most,
                       struct sdse_arena *arena) {
    *labels = (struct sdse_labels){
        .frame = *frame, .label = SDSE_ARENA_ARRAY(arena, struct sdse_label, most + 1)};
    return labels->label != NULL;
}

static double place(double value, const struct sdse_range *range, bool log_axis,
                    unsigned px) {
    const double from = log_axis ? range->least_positive : range->least;
    if (!(range->greatest > from))
        return px / 2.0;
    return px * (log_axis ? log(value / from) / log(range->greatest / from)
                          : (value - from) / (range->greatest - from));
}

void sdse_labels_add(struct sdse_labels *labels, double x, double y, const char *text) {
    const struct sdse_labels_frame *frame = &labels->frame;
    if ((frame->log_x && x <= 0) || (frame->log_y && y <= 0))
        return;
    const double left = place(x, frame->x, frame->log_x, frame->width_px);
    const double low = place(y, frame->y, frame->log_y, frame->height_px);
    const struct sdse_label label = {
        x,
        y,
        text,
        left,
        low,
        left + CHAR_PX * (1 + (double)sdse_canvas_text_width(text)),
        low + HIGH_PX};
    if (label.right > frame->width_px + frame->beyond_px) {
        labels->left_out++;
        return;
    }
    for (size_t i = 0; i < labels->count; i++) {
        const struct sdse_label *other = &labels->label[i];
        if (label.left < other->right && other->left < label.right &&
            label.low < other->high && other->low < label.high) {
            labels->left_out++;
            return;
        }
    }
    labels->label[labels->count++] = label;
}

void sdse_labels_write(const struct sdse_labels *labels, FILE *out) {
    for (size_t i = 0; i < labels->count; i++) {
        fprintf(out, "%.9g\t%.9g\t", labels->label[i].x, labels->label[i].y);
        sdse_gnuplot_field(labels->label[i].text, out);
        fputc('\n', out);
    }
}
