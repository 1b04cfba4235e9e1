#include "results/look/draw/labels.h"

#include <math.h>
#include <string.h>

#include "results/look/draw/canvas.h"
#include "results/look/draw/gnuplot.h"

enum { CHAR_PX = 9, HIGH_PX = 20 }; // of the labels' smaller text
enum { CELL_PX = 4, ASIDE_PX = 14 };
enum { ABOVE_PX = 12 }; // the room over a panel

bool sdse_labels_begin(struct sdse_labels *labels,
                       const struct sdse_labels_frame *frame, size_t most,
                       struct sdse_arena *arena) {
    *labels = (struct sdse_labels){
        .frame = *frame,
        .label = SDSE_ARENA_ARRAY(arena, struct sdse_label, most + 1),
        .columns = (frame->x.length_px + frame->beyond_px) / CELL_PX + 1,
        .rows = (frame->y.length_px + ABOVE_PX) / CELL_PX + 1};
    labels->cell = SDSE_ARENA_ARRAY(arena, bool, labels->columns * labels->rows);
    return labels->label && labels->cell;
}

// ---- what is covered ----

// A rectangle of the panel. [px from its corner below at the left]
struct box {
    double left, low, right, high;
};

// The cells of a box that are in the panel; false: none.
static bool cells_of(const struct sdse_labels *labels, const struct box *box,
                     size_t from[2], size_t to[2]) {
    const double ends[2][2] = {{box->left, box->right}, {box->low, box->high}};
    const size_t most[2] = {labels->columns, labels->rows};
    for (int i = 0; i < 2; i++) {
        const double first = fmax(0, floor(ends[i][0] / CELL_PX));
        const double last = fmin((double)most[i] - 1, floor(ends[i][1] / CELL_PX));
        if (!(first <= last))
            return false;
        from[i] = (size_t)first;
        to[i] = (size_t)last;
    }
    return true;
}

static void cover(struct sdse_labels *labels, const struct box *box) {
    size_t from[2], to[2];
    if (!cells_of(labels, box, from, to))
        return;
    for (size_t row = from[1]; row <= to[1]; row++)
        for (size_t column = from[0]; column <= to[0]; column++)
            labels->cell[row * labels->columns + column] = true;
}

static bool covered(const struct sdse_labels *labels, const struct box *box) {
    size_t from[2], to[2];
    if (!cells_of(labels, box, from, to))
        return false;
    for (size_t row = from[1]; row <= to[1]; row++)
        for (size_t column = from[0]; column <= to[0]; column++)
            if (labels->cell[row * labels->columns + column])
                return true;
    return false;
}

// Where a point stands [px]; false: it has no place.
static bool place(const struct sdse_labels *labels, double x, double y, double px[2]) {
    const struct sdse_labels_frame *frame = &labels->frame;
    if ((frame->x.log && x <= 0) || (frame->y.log && y <= 0))
        return false;
    px[0] = sdse_axis_place(&frame->x, x) * frame->x.length_px;
    px[1] = sdse_axis_place(&frame->y, y) * frame->y.length_px;
    return isfinite(px[0]) && isfinite(px[1]);
}

void sdse_labels_mark(struct sdse_labels *labels, double x, double y,
                      unsigned radius_px) {
    double at[2];
    if (place(labels, x, y, at))
        cover(labels, &(struct box){at[0] - radius_px, at[1] - radius_px,
                                    at[0] + radius_px, at[1] + radius_px});
}

void sdse_labels_line(struct sdse_labels *labels, double x1, double y1, double x2,
                      double y2) {
    double a[2], b[2];
    if (!place(labels, x1, y1, a) || !place(labels, x2, y2, b))
        return;
    const double length = fmax(fabs(b[0] - a[0]), fabs(b[1] - a[1]));
    const double steps = fmin(1e5, ceil(length / (CELL_PX / 2.0)) + 1);
    for (double i = 0; i <= steps; i++) {
        const double x = a[0] + (b[0] - a[0]) * i / steps;
        const double y = a[1] + (b[1] - a[1]) * i / steps;
        cover(labels, &(struct box){x, y, x, y});
    }
}

// ---- labels ----

static bool inside(const struct sdse_labels *labels, const struct box *box) {
    const struct sdse_labels_frame *frame = &labels->frame;
    return box->left >= 0 && box->low >= 0 &&
           box->right <= frame->x.length_px + frame->beyond_px &&
           box->high <= frame->y.length_px + ABOVE_PX;
}

// Places around a point, the best first: where the text's left end and its middle are,
// in widths of the text and in px.
static const struct {
    double widths, px, up_px;
} around[] = {
    {0, ASIDE_PX, 12},    {-1, -ASIDE_PX, 12},  {0, ASIDE_PX, -12},
    {-1, -ASIDE_PX, -12}, {0, ASIDE_PX + 4, 0}, {-1, -ASIDE_PX - 4, 0},
    {-0.5, 0, 24},        {-0.5, 0, -24},       {0, ASIDE_PX, 32},
    {-1, -ASIDE_PX, 32},  {0, ASIDE_PX, -32},   {-1, -ASIDE_PX, -32},
};

void sdse_labels_add(struct sdse_labels *labels, double x, double y, const char *text) {
    const struct sdse_labels_frame *frame = &labels->frame;
    const double width = CHAR_PX * (double)sdse_canvas_text_width(text);
    double at[2];
    if (!place(labels, x, y, at))
        return;
    for (size_t i = 0; i < labels->count; i++) // points in one place say it once
        if (labels->label[i].x == x && labels->label[i].y == y &&
            strcmp(labels->label[i].text, text) == 0)
            return;
    for (size_t i = 0; i < sizeof around / sizeof *around; i++) {
        const double left = at[0] + around[i].widths * width + around[i].px;
        const double middle = at[1] + around[i].up_px;
        const struct box box = {left, middle - HIGH_PX / 2.0, left + width,
                                middle + HIGH_PX / 2.0};
        if (!inside(labels, &box) || covered(labels, &box))
            continue;
        cover(labels, &box);
        labels->label[labels->count++] = (struct sdse_label){
            x, y, text, sdse_axis_value(&frame->x, left / frame->x.length_px),
            sdse_axis_value(&frame->y, middle / frame->y.length_px)};
        return;
    }
    labels->left_out++;
}

void sdse_labels_write(const struct sdse_labels *labels, FILE *out) {
    for (size_t i = 0; i < labels->count; i++) {
        const struct sdse_label *label = &labels->label[i];
        fprintf(out, "%.9g\t%.9g\t", label->x, label->y);
        sdse_gnuplot_field(label->text, out);
        fprintf(out, "\t%.6g\t%.6g\n", label->text_x, label->text_y);
    }
}

void sdse_labels_draw(size_t index, const char *text_color, FILE *out) {
    fprintf(out,
            ", \\\n     data index %zu using 4:5:3 with labels left font ',13' tc rgb "
            "'%s' notitle",
            index, text_color);
}
