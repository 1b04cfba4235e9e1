#include "results/look/draw/legend.h"

#include <string.h>

#include "results/look/draw/canvas.h"

enum { MANY = 20, SAMPLE_PX = 64, AFTER_PX = 30, FIRST_TAG = 9101 };

void sdse_legend_add(struct sdse_legend *legend, struct sdse_arena *arena,
                     enum sdse_legend_mark mark, int type, double size,
                     const char *color, const char *text) {
    if (legend->count == legend->capacity) {
        const size_t capacity = legend->capacity ? 2 * legend->capacity : 16;
        struct sdse_legend_entry *grown =
            SDSE_ARENA_ARRAY(arena, struct sdse_legend_entry, capacity);
        if (!grown || !text) {
            legend->lost = true;
            return;
        }
        if (legend->count)
            memcpy(grown, legend->entry, legend->count * sizeof *grown);
        legend->entry = grown;
        legend->capacity = capacity;
    }
    struct sdse_legend_entry *entry = &legend->entry[legend->count];
    *entry = (struct sdse_legend_entry){
        .mark = mark, .type = type, .size = size > 0 ? size : 1.4, .text = text};
    snprintf(entry->color, sizeof entry->color, "%.7s", color);
    legend->lost = legend->lost || !text;
    legend->count += text != NULL;
}

// Characters of the longest entry of a column.
static size_t longest(const struct sdse_legend *legend, size_t rows, size_t column) {
    size_t width = 0;
    for (size_t i = column * rows; i < (column + 1) * rows && i < legend->count; i++) {
        const size_t own = sdse_canvas_text_width(legend->entry[i].text);
        width = own > width ? own : width;
    }
    return width;
}

static unsigned column_px(const struct sdse_legend *legend,
                          const struct sdse_legend_layout *layout, size_t column) {
    return SAMPLE_PX + AFTER_PX +
           layout->char_px * (unsigned)longest(legend, layout->rows, column);
}

static bool heading_at_foot(const struct sdse_legend *legend, size_t rows) {
    for (size_t i = rows; i < legend->count; i += rows)
        if (legend->entry[i - 1].mark == SDSE_LEGEND_HEADING)
            return true;
    return false;
}

struct sdse_legend_layout sdse_legend_layout(const struct sdse_legend *legend,
                                             unsigned height_px) {
    struct sdse_legend_layout layout = {.small = legend->count > MANY};
    if (!legend->count)
        return layout;
    layout.char_px = layout.small ? 10 : SDSE_CANVAS_CHAR_PX;
    layout.line_px = layout.small ? 25 : 34;
    layout.rows = height_px / layout.line_px;
    layout.rows = layout.rows ? layout.rows : 1;
    layout.columns = (legend->count + layout.rows - 1) / layout.rows;
    const size_t most = layout.rows;
    layout.rows = (legend->count + layout.columns - 1) / layout.columns;
    while (layout.rows < most && heading_at_foot(legend, layout.rows))
        layout.rows++;
    for (size_t c = 0; c < layout.columns; c++)
        layout.width_px += column_px(legend, &layout, c);
    return layout;
}

void sdse_legend_write(const struct sdse_legend *legend,
                       const struct sdse_legend_layout *layout, unsigned left_px,
                       unsigned top_px, unsigned width_px, unsigned height_px,
                       const char *text_color, FILE *out) {
    double left = left_px;
    for (size_t i = 0; i < legend->count; i++) {
        const struct sdse_legend_entry *entry = &legend->entry[i];
        if (i > 0 && i % layout->rows == 0)
            left += column_px(legend, layout, i / layout->rows - 1);
        const double x = (left + SAMPLE_PX / 2.0) / width_px;
        const double y =
            1 -
            (top_px + ((double)(i % layout->rows) + 0.5) * layout->line_px) / height_px;
        const double half = 20.0 / width_px, high = 9.0 / height_px;
        if (entry->mark == SDSE_LEGEND_BAR)
            fprintf(out,
                    "set object %zu rectangle from screen %.4f, screen %.4f to screen "
                    "%.4f, screen %.4f fc rgb '%s' fs solid noborder\n",
                    FIRST_TAG + i, x - half, y - high, x + half, y + high,
                    entry->color);
        if (entry->mark == SDSE_LEGEND_LINE)
            fprintf(
                out,
                "set arrow %zu from screen %.4f, screen %.4f to screen %.4f, screen "
                "%.4f nohead lc rgb '%s' lw 1.5\n",
                FIRST_TAG + i, x - half, y, x + half, y, entry->color);
        if (entry->mark == SDSE_LEGEND_POINT)
            fprintf(out,
                    "set label %zu '' at screen %.4f, screen %.4f point pt %d ps %g lc "
                    "rgb '%s'\n",
                    FIRST_TAG + legend->count + i, x, y, entry->type, entry->size,
                    entry->color);
        fprintf(out, "set label %zu ", FIRST_TAG + i);
        sdse_gnuplot_quote(entry->text, out);
        fprintf(out, " at screen %.4f, screen %.4f left textcolor rgb '%s'%s\n",
                entry->mark == SDSE_LEGEND_HEADING ? (left + 12) / width_px
                                                   : (left + SAMPLE_PX) / width_px,
                y, text_color, layout->small ? " font ',13'" : "");
    }
}

void sdse_legend_unset(const struct sdse_legend *legend, FILE *out) {
    for (size_t i = 0; i < legend->count; i++) {
        const struct sdse_legend_entry *entry = &legend->entry[i];
        fprintf(out, "unset label %zu\n", FIRST_TAG + i);
        if (entry->mark == SDSE_LEGEND_POINT)
            fprintf(out, "unset label %zu\n", FIRST_TAG + legend->count + i);
        if (entry->mark == SDSE_LEGEND_LINE)
            fprintf(out, "unset arrow %zu\n", FIRST_TAG + i);
        if (entry->mark == SDSE_LEGEND_BAR)
            fprintf(out, "unset object %zu\n", FIRST_TAG + i);
    }
}
