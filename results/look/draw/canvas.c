#include "results/look/draw/canvas.h"

#include <string.h>

enum { MARGIN_RIGHT = 40, MARGIN_BOTTOM = 110, MARGIN_TOP = 30, GAP = 30 };
enum { FIRST_LABEL = 9001 };

size_t sdse_canvas_text_width(const char *text) {
    size_t width = 0;
    for (; *text; text++)
        width += ((unsigned char)*text & 0xc0u) != 0x80u;
    return width;
}

// ---- title ----

// The byte after at most `width` characters, broken at the last blank within them.
static const char *line_end(const char *text, size_t width) {
    const char *end = text, *blank = NULL;
    size_t used = 0;
    while (*end && *end != '\n' && used < width) {
        if (*end == ' ')
            blank = end;
        do
            end++;
        while (((unsigned char)*end & 0xc0u) == 0x80u);
        used++;
    }
    return *end && *end != ' ' && *end != '\n' && blank ? blank : end;
}

static bool break_title(struct sdse_canvas *canvas, size_t width,
                        struct sdse_arena *arena) {
    const char *rest = canvas->wish.title ? canvas->wish.title : "";
    while (*rest && canvas->title_count < SDSE_CANVAS_TITLE_LINES) {
        const bool last = canvas->title_count + 1 == SDSE_CANVAS_TITLE_LINES;
        const char *end = line_end(rest, width);
        const bool cut = last && *end;
        if (cut)
            end = line_end(rest, width - 2);
        const char *line = sdse_arena_printf(arena, "%.*s%s", (int)(end - rest), rest,
                                             cut ? " …" : "");
        if (!line)
            return false;
        canvas->title[canvas->title_count++] = line;
        rest = end;
        rest += *rest == '\n';
        while (*rest == ' ')
            rest++;
    }
    return true;
}

// ---- layout ----

void sdse_canvas_split(struct sdse_canvas_wish *wish, size_t panels) {
    wish->panels = (unsigned)panels;
    wish->columns = panels <= 1 ? 1 : panels <= 4 ? 2 : panels <= 9 ? 3 : 4;
    wish->panel_width_px = wish->columns == 1 ? 1100 : wish->columns == 2 ? 640 : 480;
    wish->panel_height_px = wish->columns == 1 ? 760 : wish->columns == 2 ? 480 : 360;
}

// Whether the legend fits where the last row has no panel; it is put there then.
static bool fill_gap(struct sdse_canvas *canvas) {
    const struct sdse_canvas_wish *w = &canvas->wish;
    const unsigned used = w->panels % w->columns;
    if (!used || !w->legend.count)
        return false;
    const struct sdse_legend_layout layout =
        sdse_legend_layout(&w->legend, w->panel_height_px);
    if (layout.width_px > (w->columns - used) * canvas->step_x)
        return false;
    canvas->legend = layout;
    canvas->legend_left = used * canvas->step_x + w->left_px / 2;
    canvas->legend_top = (canvas->rows - 1) * canvas->step_y; // below the first
    return true;
}

bool sdse_canvas_plan(struct sdse_canvas *canvas, const struct sdse_canvas_wish *wish,
                      struct sdse_arena *arena) {
    *canvas = (struct sdse_canvas){.wish = *wish};
    struct sdse_canvas_wish *w = &canvas->wish;
    w->panels = w->panels ? w->panels : 1;
    w->columns = w->columns ? w->columns : 1;
    w->left_px = w->left_px ? w->left_px : 165;
    canvas->rows = (w->panels + w->columns - 1) / w->columns;
    canvas->left = w->left_px;
    canvas->step_x = w->left_px + w->panel_width_px + GAP;
    canvas->step_y = w->above_px + w->panel_height_px + MARGIN_BOTTOM + w->below_px;
    canvas->right_left = w->columns * canvas->step_x;
    canvas->width_px = canvas->right_left + w->right_px + MARGIN_RIGHT;
    const unsigned height = canvas->rows * canvas->step_y - MARGIN_BOTTOM - w->below_px;
    if (!fill_gap(canvas)) {
        canvas->legend = sdse_legend_layout(&w->legend, height);
        canvas->legend_left = canvas->width_px - MARGIN_RIGHT;
        canvas->width_px += canvas->legend.width_px;
    }
    if (w->legend.lost ||
        !break_title(canvas, (canvas->width_px - 80) / SDSE_CANVAS_CHAR_PX, arena))
        return false;
    canvas->top =
        MARGIN_TOP + (unsigned)canvas->title_count * SDSE_CANVAS_LINE_PX + w->above_px;
    canvas->legend_top += canvas->top;
    canvas->height_px =
        canvas->top - w->above_px + height + MARGIN_BOTTOM + w->below_px;
    return true;
}

// ---- script ----

static double across(const struct sdse_canvas *canvas, unsigned px) {
    return (double)px / canvas->width_px;
}

static double up(const struct sdse_canvas *canvas, unsigned px_from_top) {
    return 1 - (double)px_from_top / canvas->height_px;
}

void sdse_canvas_begin(const struct sdse_canvas *canvas,
                       const struct sdse_plot_files *files, FILE *out) {
    sdse_gnuplot_begin(files, canvas->width_px, canvas->height_px, out);
    for (size_t i = 0; i < canvas->title_count; i++) {
        fprintf(out, "set label %zu ", FIRST_LABEL + i);
        sdse_gnuplot_quote(canvas->title[i], out);
        fprintf(out, " at screen %.4f, screen %.4f left front textcolor rgb '%s'\n",
                across(canvas, 40), up(canvas, 28 + (unsigned)i * SDSE_CANVAS_LINE_PX),
                sdse_theme(files->theme)->text);
    }
    sdse_legend_write(&canvas->wish.legend, &canvas->legend, canvas->legend_left,
                      canvas->legend_top, canvas->width_px, canvas->height_px,
                      sdse_theme(files->theme)->text, out);
    fputs("set key off\n", out);
    if (canvas->wish.panels > 1)
        fputs("set multiplot\n", out);
}

void sdse_canvas_panel(const struct sdse_canvas *canvas, unsigned index, FILE *out) {
    const unsigned column = index % canvas->wish.columns,
                   row = index / canvas->wish.columns;
    const unsigned left = canvas->left + column * canvas->step_x;
    const unsigned top = canvas->top + row * canvas->step_y;
    fprintf(out,
            "set lmargin at screen %.4f\nset rmargin at screen %.4f\n"
            "set tmargin at screen %.4f\nset bmargin at screen %.4f\n",
            across(canvas, left), across(canvas, left + canvas->wish.panel_width_px),
            up(canvas, top), up(canvas, top + canvas->wish.panel_height_px));
    if (index == 1) {
        for (size_t i = 0; i < canvas->title_count; i++)
            fprintf(out, "unset label %zu\n", FIRST_LABEL + i);
        sdse_legend_unset(&canvas->wish.legend, &canvas->legend, out);
    }
}

void sdse_canvas_heading(const char *path, const char *value, FILE *out) {
    char text[300];
    snprintf(text, sizeof text, "%.100s %.150s", path, value);
    fputs("set title ", out);
    sdse_gnuplot_quote(text, out);
    fputs(" offset 0,-0.5\n", out);
}

void sdse_canvas_end(const struct sdse_canvas *canvas, FILE *out) {
    if (canvas->wish.panels > 1)
        fputs("unset multiplot\n", out);
}
