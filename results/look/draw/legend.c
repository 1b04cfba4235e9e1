#include "results/look/draw/legend.h"

#include "base/arena_grow.h"
#include "results/look/draw/canvas.h"

enum { MANY = 20, SAMPLE_PX = 64, AFTER_PX = 30, FIRST_TAG = 9101 };

void sdse_legend_add(struct sdse_legend *legend, struct sdse_arena *arena,
                     enum sdse_legend_mark mark, int type, double size,
                     const char *color, const char *text) {
    struct sdse_legend_entry *grown = sdse_arena_grow(
        arena, legend->entry, legend->count, &legend->capacity, sizeof *grown);
    if (!grown || !text) {
        legend->lost = true;
        return;
    }
    legend->entry = grown;
    struct sdse_legend_entry *entry = &legend->entry[legend->count++];
    *entry = (struct sdse_legend_entry){
        .mark = mark, .type = type, .size = size > 0 ? size : 1.4, .text = text};
    snprintf(entry->color, sizeof entry->color, "%.7s", color);
    if (mark == SDSE_LEGEND_HEADING)
        legend->heading = legend->count;
    else
        entry->heading = legend->heading;
}

void sdse_legend_close(struct sdse_legend *legend) { legend->heading = 0; }

// Where an entry stands, and how far the column is filled.
struct flow {
    size_t column, row, filled;
    const struct sdse_legend_entry *again; // the heading said again above it, or NULL
};

// Takes entry i after those before it; begin with {0}.
static void flow_on(const struct sdse_legend *legend, size_t rows, size_t i,
                    struct flow *flow) {
    const struct sdse_legend_entry *entry = &legend->entry[i];
    const bool at_foot = entry->mark == SDSE_LEGEND_HEADING && rows > 1 &&
                         flow->filled + 1 == rows && i + 1 < legend->count;
    flow->again = NULL;
    if (flow->filled == rows || at_foot) {
        flow->column++;
        flow->filled = 0;
        if (entry->heading && rows > 1) {
            flow->again = &legend->entry[entry->heading - 1];
            flow->filled = 1;
        }
    }
    flow->row = flow->filled++;
}

static size_t columns_of(const struct sdse_legend *legend, size_t rows) {
    struct flow flow = {0};
    for (size_t i = 0; i < legend->count; i++)
        flow_on(legend, rows, i, &flow);
    return flow.column + 1;
}

// Characters of the longest entry of a column.
static size_t longest(const struct sdse_legend *legend, size_t rows, size_t column) {
    size_t width = 0;
    struct flow flow = {0};
    for (size_t i = 0; i < legend->count; i++) {
        flow_on(legend, rows, i, &flow);
        if (flow.column != column)
            continue;
        const size_t own = sdse_canvas_text_width(legend->entry[i].text);
        const size_t head = flow.again ? sdse_canvas_text_width(flow.again->text) : 0;
        width = own > width ? own : width;
        width = head > width ? head : width;
    }
    return width;
}

static unsigned column_px(const struct sdse_legend *legend,
                          const struct sdse_legend_layout *layout, size_t column) {
    return SAMPLE_PX + AFTER_PX +
           layout->char_px * (unsigned)longest(legend, layout->rows, column);
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
    layout.columns = columns_of(legend, layout.rows);
    // As few rows as these columns need.
    const size_t most = layout.rows;
    layout.rows = (legend->count + layout.columns - 1) / layout.columns;
    while (layout.rows < most && columns_of(legend, layout.rows) > layout.columns)
        layout.rows++;
    for (size_t c = 0; c < layout.columns; c++)
        layout.width_px += column_px(legend, &layout, c);
    return layout;
}

// One text and what stands before it; tags: of its mark, of its text.
static void write_entry(const struct sdse_legend_entry *entry, bool small,
                        double left_px, double y_px, unsigned width_px,
                        unsigned height_px, const char *text_color, size_t mark_tag,
                        size_t text_tag, FILE *out) {
    const double x = (left_px + SAMPLE_PX / 2.0) / width_px, y = 1 - y_px / height_px;
    const double half = 20.0 / width_px, high = 9.0 / height_px;
    if (entry->mark == SDSE_LEGEND_BAR)
        fprintf(out,
                "set object %zu rectangle from screen %.4f, screen %.4f to screen "
                "%.4f, screen %.4f fc rgb '%s' fs solid noborder\n",
                mark_tag, x - half, y - high, x + half, y + high, entry->color);
    if (entry->mark == SDSE_LEGEND_LINE)
        fprintf(out,
                "set arrow %zu from screen %.4f, screen %.4f to screen %.4f, screen "
                "%.4f nohead lc rgb '%s' lw 1.5\n",
                mark_tag, x - half, y, x + half, y, entry->color);
    if (entry->mark == SDSE_LEGEND_POINT)
        fprintf(out,
                "set label %zu '' at screen %.4f, screen %.4f point pt %d ps %g lc "
                "rgb '%s'\n",
                mark_tag, x, y, entry->type, entry->size, entry->color);
    const bool bare =
        entry->mark == SDSE_LEGEND_HEADING || entry->mark == SDSE_LEGEND_NOTE;
    fprintf(out, "set label %zu ", text_tag);
    sdse_gnuplot_quote(entry->text, out);
    fprintf(out, " at screen %.4f, screen %.4f left textcolor rgb '%s'%s\n",
            (left_px + (bare ? 12 : SAMPLE_PX)) / width_px, y, text_color,
            small ? " font ',13'" : "");
}

// Tags of entry i: its text's, its point's, that of the heading said again above it.
static size_t text_tag(size_t i) { return FIRST_TAG + i; }
static size_t mark_tag(const struct sdse_legend *legend, size_t i) {
    const bool point = legend->entry[i].mark == SDSE_LEGEND_POINT;
    return FIRST_TAG + i + (point ? legend->count : 0);
}
static size_t again_tag(const struct sdse_legend *legend, size_t i) {
    return FIRST_TAG + i + 2 * legend->count;
}

void sdse_legend_write(const struct sdse_legend *legend,
                       const struct sdse_legend_layout *layout, unsigned left_px,
                       unsigned top_px, unsigned width_px, unsigned height_px,
                       const char *text_color, FILE *out) {
    double left = left_px;
    struct flow flow = {0};
    for (size_t i = 0; i < legend->count; i++) {
        const size_t before = flow.column;
        flow_on(legend, layout->rows, i, &flow);
        if (flow.column != before)
            left += column_px(legend, layout, before);
        if (flow.again)
            write_entry(flow.again, layout->small, left, top_px + 0.5 * layout->line_px,
                        width_px, height_px, text_color, 0, again_tag(legend, i), out);
        write_entry(&legend->entry[i], layout->small, left,
                    top_px + ((double)flow.row + 0.5) * layout->line_px, width_px,
                    height_px, text_color, mark_tag(legend, i), text_tag(i), out);
    }
}

void sdse_legend_unset(const struct sdse_legend *legend,
                       const struct sdse_legend_layout *layout, FILE *out) {
    static const char *const kinds[] = {[SDSE_LEGEND_POINT] = "label",
                                        [SDSE_LEGEND_LINE] = "arrow",
                                        [SDSE_LEGEND_BAR] = "object"};
    struct flow flow = {0};
    for (size_t i = 0; i < legend->count; i++) {
        flow_on(legend, layout->rows, i, &flow);
        fprintf(out, "unset label %zu\n", text_tag(i));
        if (flow.again)
            fprintf(out, "unset label %zu\n", again_tag(legend, i));
        if (kinds[legend->entry[i].mark])
            fprintf(out, "unset %s %zu\n", kinds[legend->entry[i].mark],
                    mark_tag(legend, i));
    }
}
