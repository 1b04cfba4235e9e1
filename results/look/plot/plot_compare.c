// Two points as bars side by side.
#include "results/look/plot/plot_compare.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "results/look/draw/canvas.h"
#include "results/look/metric.h"
#include "results/look/palette.h"

enum { ENERGY, CYCLES, PANELS };

// One panel: rows that are not nothing, the largest first.
struct panel {
    struct sdse_scale scale;
    size_t count;
    const struct sdse_difference **rows;
};

struct scene {
    const struct sdse_compare_points_plot *plot;
    struct panel panel[PANELS];
    struct sdse_canvas canvas;
};

static double value_of(const struct sdse_difference *row, int side) {
    return isnan(row->value[side]) ? 0 : row->value[side];
}

static double larger(const struct sdse_difference *row) {
    return fmax(value_of(row, SDSE_A), value_of(row, SDSE_B));
}

static int by_size(const void *left, const void *right) {
    const struct sdse_difference *x = *(const struct sdse_difference *const *)left;
    const struct sdse_difference *y = *(const struct sdse_difference *const *)right;
    const double a = larger(x), b = larger(y);
    return a != b ? (a < b) - (a > b) : strcmp(x->name, y->name);
}

static bool fill_panel(struct panel *panel, const struct sdse_differences *of,
                       struct sdse_arena *arena) {
    panel->rows =
        SDSE_ARENA_ARRAY(arena, const struct sdse_difference *, of->count + 1);
    if (!panel->rows)
        return false;
    for (size_t i = 0; i < of->count; i++)
        if (larger(&of->rows[i]) > 0)
            panel->rows[panel->count++] = &of->rows[i];
    if (panel->count > 1)
        qsort(panel->rows, panel->count, sizeof *panel->rows, by_size);
    return true;
}

static double greatest_of(const struct panel *panel) {
    return panel->count ? larger(panel->rows[0]) : 0;
}

// ---- data ----

// Block 0: energy by component; block 1: cycles by what sets them.
static enum sdse_status write_data(const void *context, struct sdse_arena *arena,
                                   FILE *out) {
    (void)arena;
    const struct scene *scene = context;
    for (int p = 0; p < PANELS; p++) {
        const struct panel *panel = &scene->panel[p];
        fprintf(out, "%s# bar\tA\tB, %s\n", p ? "\n\n" : "", panel->scale.title);
        for (size_t i = 0; i < panel->count; i++) {
            sdse_gnuplot_field(panel->rows[i]->name, out);
            for (int side = 0; side < SDSE_SIDES; side++)
                fprintf(out, "\t%.9g",
                        value_of(panel->rows[i], side) * panel->scale.factor);
            fputc('\n', out);
        }
    }
    return SDSE_OK;
}

// ---- script ----

static void write_panel(const struct scene *scene, int p, FILE *out) {
    const struct panel *panel = &scene->panel[p];
    fputs("set ylabel ", out);
    sdse_gnuplot_quote(panel->scale.title, out);
    fprintf(out, "\nset xrange [-0.6:%g]\nset format y '%s'\n",
            (double)panel->count - 0.4, p == CYCLES ? "%.0s%c" : "%g");
    for (int side = 0; side < SDSE_SIDES; side++)
        fprintf(out,
                "%s index %d using ($0%+.2f):%d:(0.36)%s with boxes lc rgb '%s' "
                "notitle",
                side ? ", \\\n     data" : "plot data", p, side ? 0.19 : -0.19,
                side + 2, side ? "" : ":xtic(1)",
                sdse_palette_color(scene->plot->theme, (size_t)side));
    fputc('\n', out);
}

static void write_script(const void *context, const struct sdse_plot_files *files,
                         FILE *out) {
    const struct scene *scene = context;
    unsigned drawn = 0;
    sdse_canvas_begin(&scene->canvas, files, out);
    fputs("set xtics scale 0 rotate by -30\nunset grid\nset grid ytics\n"
          "set yrange [0:*]\nset style fill solid 1.0 noborder\n",
          out);
    for (int p = 0; p < PANELS; p++) {
        if (!scene->panel[p].count)
            continue;
        sdse_canvas_panel(&scene->canvas, drawn++, out);
        write_panel(scene, p, out);
    }
    sdse_canvas_end(&scene->canvas, out);
}

// Names below bars are turned: the longest of a panel's takes this much.
enum { GROUP_PX = 110, LEAST_PX = 1000, MOST_PX = 4000, NAME_PX = 150 };

static bool lay_out(struct scene *scene, struct sdse_arena *arena) {
    size_t groups = 0;
    unsigned panels = 0;
    for (int p = 0; p < PANELS; p++) {
        panels += scene->panel[p].count > 0;
        groups = scene->panel[p].count > groups ? scene->panel[p].count : groups;
    }
    const size_t width_px = groups * GROUP_PX;
    struct sdse_canvas_wish wish = {
        .title = sdse_arena_printf(arena, "A: %s\nB: %s", scene->plot->title[SDSE_A],
                                   scene->plot->title[SDSE_B]),
        .panels = panels,
        .panel_width_px = width_px < LEAST_PX  ? LEAST_PX
                          : width_px > MOST_PX ? MOST_PX
                                               : (unsigned)width_px,
        .panel_height_px = 460,
        .below_px = NAME_PX};
    for (int side = 0; side < SDSE_SIDES; side++)
        sdse_legend_add(&wish.legend, arena, SDSE_LEGEND_BAR, 0, 0,
                        sdse_palette_color(scene->plot->theme, (size_t)side),
                        side ? "B" : "A");
    return wish.title && sdse_canvas_plan(&scene->canvas, &wish, arena);
}

enum sdse_status sdse_plot_compare_points(const struct sdse_compare_points_plot *plot,
                                          struct sdse_arena *arena,
                                          struct sdse_diags *diags) {
    static const struct sdse_plot_writers writers = {write_data, write_script};
    const struct sdse_differences *energy =
        &plot->comparison->part[SDSE_COMPARE_ENERGY_COMPONENTS];
    const struct sdse_differences *cycles =
        &plot->comparison->part[SDSE_COMPARE_CYCLES_BOTTLENECKS];
    struct scene scene = {.plot = plot};
    struct sdse_plot_files files;
    const enum sdse_status status =
        sdse_plot_files(plot->rules, plot->picture, arena, diags, &files);
    if (status != SDSE_OK)
        return status;
    if (!fill_panel(&scene.panel[ENERGY], energy, arena) ||
        !fill_panel(&scene.panel[CYCLES], cycles, arena))
        return SDSE_NO_MEMORY;
    if (!scene.panel[ENERGY].count) {
        sdse_diag_add(diags, SDSE_ERROR, (struct sdse_loc){.file = plot->picture},
                      "plot-empty", "neither point has an energy to draw");
        return SDSE_INVALID;
    }
    scene.panel[ENERGY].scale =
        sdse_energy_scale("Energy by component", greatest_of(&scene.panel[ENERGY]));
    scene.panel[CYCLES].scale = (struct sdse_scale){.factor = 1};
    snprintf(scene.panel[CYCLES].scale.title, sizeof scene.panel[CYCLES].scale.title,
             "Cycles by what sets them");
    if (!lay_out(&scene, arena))
        return SDSE_NO_MEMORY;
    files.theme = plot->theme;
    return sdse_gnuplot_draw(&writers, &scene, &files, arena, diags);
}
