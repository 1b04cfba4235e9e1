#include "results/look/draw/marks.h"

#include <math.h>
#include <string.h>

#include "results/look/draw/gnuplot.h"

static size_t values_of(const struct sdse_aspect *aspect) {
    return aspect->count - aspect->has_none;
}

void sdse_marks_plan(struct sdse_marks *marks, enum sdse_plot_theme theme,
                     const struct sdse_aspect *colour,
                     const struct sdse_aspect *shape) {
    const size_t values = values_of(colour);
    *marks = (struct sdse_marks){.theme = theme, .colour = *colour, .shape = shape};
    marks->scale = colour->numeric && values > SDSE_MARKS_STEPS;
    if (marks->scale) {
        marks->least = colour->number[0];
        marks->greatest = colour->number[values - 1];
        marks->scale_log = marks->least > 0 && marks->greatest > 10 * marks->least;
    }
    marks->numbered = !colour->numeric && values > SDSE_MARKS_ALIKE;
}

// ---- one point ----

static double share_of(const struct sdse_marks *marks, size_t group) {
    if (!marks->scale)
        return values_of(&marks->colour) > 1
                   ? (double)group / (double)(values_of(&marks->colour) - 1)
                   : 0.4;
    const double value = marks->colour.number[group];
    return marks->scale_log
               ? log(value / marks->least) / log(marks->greatest / marks->least)
               : (value - marks->least) / (marks->greatest - marks->least);
}

static void group_color(const struct sdse_marks *marks, size_t group, char color[8]) {
    if (marks->colour.has_none && group + 1 == marks->colour.count)
        memcpy(color, sdse_theme(marks->theme)->quiet, 8);
    else if (marks->components)
        memcpy(color, sdse_palette_component(marks->theme, marks->colour.whole[group]),
               8);
    else if (marks->colour.numeric)
        sdse_palette_gradient(marks->theme, share_of(marks, group), color);
    else
        memcpy(color, sdse_palette_color(marks->theme, group), 8);
}

void sdse_marks_color(const struct sdse_marks *marks, size_t point, char color[8]) {
    group_color(marks, marks->colour.of[point], color);
}

// A scale has no entries that could show shapes.
static int group_type(const struct sdse_marks *marks, size_t group) {
    return marks->shape || marks->scale ? sdse_palette_filled(0)
                                        : sdse_palette_filled(group);
}

int sdse_marks_type(const struct sdse_marks *marks, size_t point) {
    return marks->shape ? sdse_palette_filled(marks->shape->of[point])
                        : group_type(marks, marks->colour.of[point]);
}

// ---- legend ----

enum { MOST_ENTRIES = 60 };

// Groups that have an entry of their own: all, or as many as fit with one for the rest.
static size_t shown(size_t groups) {
    return groups > MOST_ENTRIES ? MOST_ENTRIES - 1 : groups;
}

static void add_heading(struct sdse_legend *legend, struct sdse_arena *arena,
                        const char *path) {
    sdse_legend_add(legend, arena, SDSE_LEGEND_HEADING, 0, 0, "",
                    sdse_arena_printf(arena, "%s:", path));
}

static void add_rest(struct sdse_legend *legend, struct sdse_arena *arena,
                     size_t groups) {
    if (shown(groups) < groups)
        sdse_legend_add(
            legend, arena, SDSE_LEGEND_NOTE, 0, 0, "",
            sdse_arena_printf(arena, "and %zu more", groups - shown(groups)));
}

void sdse_marks_legend(const struct sdse_marks *marks, struct sdse_legend *legend,
                       struct sdse_arena *arena) {
    const struct sdse_aspect *colour = &marks->colour;
    if (!marks->scale) {
        add_heading(legend, arena, colour->path);
        for (size_t g = 0; g < shown(colour->count); g++) {
            char color[8];
            group_color(marks, g, color);
            sdse_legend_add(legend, arena, SDSE_LEGEND_POINT, group_type(marks, g), 0,
                            color,
                            marks->numbered ? sdse_arena_printf(arena, "%zu  %s", g + 1,
                                                                colour->names[g])
                                            : colour->names[g]);
        }
        add_rest(legend, arena, colour->count);
    }
    sdse_legend_close(legend);
    if (!marks->shape)
        return;
    add_heading(legend, arena, marks->shape->path);
    for (size_t g = 0; g < shown(marks->shape->count); g++)
        sdse_legend_add(legend, arena, SDSE_LEGEND_POINT, sdse_palette_filled(g), 0,
                        sdse_theme(marks->theme)->quiet, marks->shape->names[g]);
    add_rest(legend, arena, marks->shape->count);
    sdse_legend_close(legend);
}

void sdse_marks_scale(const struct sdse_marks *marks, const struct sdse_canvas *canvas,
                      FILE *out) {
    const double width = canvas->width_px, height = canvas->height_px;
    const double left = (canvas->right_left + 10) / width, right = left + 34 / width;
    const double top = 1 - canvas->top / height;
    const double bottom = top - canvas->wish.panel_height_px / height;
    enum { STOPS = 8 };
    fputs("set palette defined (", out);
    for (int i = 0; i <= STOPS; i++) {
        char color[8];
        sdse_palette_gradient(marks->theme, (double)i / STOPS, color);
        fprintf(out, "%s%d '%s'", i ? ", " : "", i, color);
    }
    fprintf(out, ")\n%sset cbrange [%.9g:%.9g]\nset cblabel ",
            marks->scale_log ? "set logscale cb 10\n" : "", marks->least,
            marks->greatest);
    sdse_gnuplot_quote(marks->colour.path, out);
    fprintf(out,
            "\nset colorbox vertical user origin screen %.4f, screen %.4f size screen "
            "%.4f, screen %.4f noborder\n",
            left, bottom, right - left, top - bottom);
}

void sdse_marks_carrier(const struct sdse_marks *marks, unsigned x, unsigned y,
                        FILE *out) {
    fprintf(out,
            ", \\\n     data index 0 every ::0::0 using %u:%u:(%.9g) with points pt 7 "
            "ps 0 lc palette notitle",
            x, y, marks->least);
}
