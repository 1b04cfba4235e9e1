// Two fronts over each other.
#include <math.h>

#include "results/look/draw/axis.h"
#include "results/look/draw/canvas.h"
#include "results/look/palette.h"
#include "results/look/plot/plot_compare.h"

struct scene {
    const struct sdse_compare_fronts_plot *plot;
    unsigned objectives;
    struct sdse_scale scale[SDSE_MOST_OBJECTIVES];
    struct sdse_range range[SDSE_MOST_OBJECTIVES]; // scaled
    bool *on_front[SDSE_SIDES];
    size_t panel_count;
    struct sdse_canvas canvas;
};

// Objectives of each panel: x, y.
static const unsigned panels[][2] = {{0, 1}, {0, 2}, {2, 1}};

static const struct sdse_fronts_side *side_of(const struct scene *scene, int side) {
    return &scene->plot->fronts->side[side];
}

static double scaled(const struct scene *scene, int side, size_t point, unsigned k) {
    return side_of(scene, side)->points.v[point * scene->objectives + k] *
           scene->scale[k].factor;
}

static bool prepare(struct scene *scene, struct sdse_arena *arena) {
    scene->objectives = side_of(scene, SDSE_A)->points.objectives;
    scene->panel_count = scene->objectives == 3 ? 3 : 1;
    for (int i = 0; i < SDSE_SIDES; i++) {
        const struct sdse_fronts_side *side = side_of(scene, i);
        scene->on_front[i] = SDSE_ARENA_ARRAY(arena, bool, side->points.count + 1);
        if (!scene->on_front[i])
            return false;
        for (size_t p = 0; p < side->front.count; p++)
            scene->on_front[i][side->front.index[p]] = true;
    }
    for (unsigned k = 0; k < scene->objectives; k++) {
        double greatest = 0;
        for (int i = 0; i < SDSE_SIDES; i++) {
            const struct sdse_points *points = &side_of(scene, i)->points;
            for (size_t p = 0; p < points->count; p++) {
                const double v = points->v[p * scene->objectives + k];
                greatest = fmax(greatest, v);
            }
        }
        scene->scale[k] =
            sdse_metric_scale(side_of(scene, SDSE_A)->points.metric[k], greatest);
        for (int i = 0; i < SDSE_SIDES; i++)
            for (size_t p = 0; p < side_of(scene, i)->points.count; p++)
                sdse_range_take(&scene->range[k], scaled(scene, i, p, k));
    }
    return true;
}

// ---- data ----

// Blocks 0 and 1: the points of A and B. Then, per panel, the fronts of A and of B in
// its two objectives, by x; a side without points has a block with a blank mark.
static enum sdse_status write_data(const void *context, struct sdse_arena *arena,
                                   FILE *out) {
    const struct scene *scene = context;
    fputs("# point", out);
    for (unsigned k = 0; k < scene->objectives; k++)
        fprintf(out, "\t%s", scene->scale[k].title);
    fputs("\ton front\tarch\tform\tparameters\n", out);
    for (int side = 0; side < SDSE_SIDES; side++) {
        const struct sdse_points *points = &side_of(scene, side)->points;
        fprintf(out, "%s# %c\n", side ? "\n\n" : "", 'A' + side);
        if (!points->count)
            fputs("0\tNaN\tNaN\tNaN\tNaN\n", out);
        for (size_t i = 0; i < points->count; i++) {
            fprintf(out, "%lld", (long long)points->point_id[i]);
            for (unsigned k = 0; k < scene->objectives; k++)
                fprintf(out, "\t%.9g", scaled(scene, side, i, k));
            fprintf(out, "\t%d\t", scene->on_front[side][i]);
            const char *texts[] = {points->arch[i], points->form[i],
                                   points->parameters[i]};
            for (size_t t = 0; t < 3; t++) {
                sdse_gnuplot_field(texts[t], out);
                fputc(t == 2 ? '\n' : '\t', out);
            }
        }
    }
    for (size_t p = 0; p < scene->panel_count; p++) {
        for (int side = 0; side < SDSE_SIDES; side++) {
            const struct sdse_points *points = &side_of(scene, side)->points;
            double *pair = SDSE_ARENA_ARRAY(arena, double, 2 * points->count + 1);
            size_t *front = SDSE_ARENA_ARRAY(arena, size_t, points->count + 1);
            size_t count = 0;
            if (!pair || !front)
                return SDSE_NO_MEMORY;
            for (size_t i = 0; i < points->count; i++)
                for (int axis = 0; axis < 2; axis++)
                    pair[2 * i + (size_t)axis] =
                        points->v[i * scene->objectives + panels[p][axis]];
            const enum sdse_status status =
                sdse_pareto_front(pair, points->count, 2, front, &count);
            if (status != SDSE_OK)
                return status;
            fprintf(out, "\n\n# front of %c in %s and %s\n", 'A' + side,
                    scene->scale[panels[p][0]].title, scene->scale[panels[p][1]].title);
            if (!count)
                fputs("NaN\tNaN\n", out);
            for (size_t i = 0; i < count; i++)
                fprintf(out, "%.9g\t%.9g\n",
                        scaled(scene, side, front[i], panels[p][0]),
                        scaled(scene, side, front[i], panels[p][1]));
        }
    }
    return SDSE_OK;
}

// ---- script ----

static struct sdse_axis axis_of(const struct scene *scene, size_t panel, char letter) {
    const struct sdse_canvas_wish *wish = &scene->canvas.wish;
    const unsigned k = panels[panel][letter == 'y'];
    return (struct sdse_axis){
        .letter = letter,
        .label = scene->scale[k].title,
        .range = scene->range[k],
        .log = sdse_axis_is_log(SDSE_LOG_AUTO, letter, &scene->range[k]),
        .length_px = letter == 'x' ? wish->panel_width_px : wish->panel_height_px};
}

static void write_panel(const struct scene *scene, size_t p, FILE *out) {
    const unsigned x = panels[p][0] + 2, y = panels[p][1] + 2,
                   front = scene->objectives + 2;
    sdse_canvas_panel(&scene->canvas, (unsigned)p, out);
    for (const char *letter = "xy"; *letter; letter++) {
        const struct sdse_axis axis = axis_of(scene, p, *letter);
        sdse_axis_write(&axis, out);
    }
    for (int side = 0; side < SDSE_SIDES; side++) {
        const char *color = sdse_palette_color(scene->plot->theme, (size_t)side);
        const int filled = sdse_palette_filled((size_t)side);
        // A is drawn wider and larger, so that it is seen below an equal B.
        fprintf(out, "%s index %zu using 1:2 with steps lc rgb '%s' lw %g notitle",
                side ? ", \\\n     data" : "plot data", 2 + 2 * p + (size_t)side, color,
                side ? 1.2 : 3.5);
        for (int on = 0; on < 2; on++)
            fprintf(out,
                    ", \\\n     data index %d using ($%u == %d ? $%u : NaN):%u with "
                    "points pt %d ps %g lc rgb '%s' notitle",
                    side, front, on, x, y, filled - !on,
                    (on ? 1.2 : 0.8) * (side ? 1 : 1.6), color);
    }
    fputc('\n', out);
}

static void write_script(const void *context, const struct sdse_plot_files *files,
                         FILE *out) {
    const struct scene *scene = context;
    sdse_canvas_begin(&scene->canvas, files, out);
    for (size_t p = 0; p < scene->panel_count; p++)
        write_panel(scene, p, out);
    sdse_canvas_end(&scene->canvas, out);
}

static bool lay_out(struct scene *scene, struct sdse_arena *arena) {
    const struct sdse_fronts *fronts = scene->plot->fronts;
    struct sdse_canvas_wish wish = {
        .title = sdse_arena_printf(
            arena,
            "%s: hypervolume of A (%s) %.4g, of B (%s) %.4g, of both %.4g of the box",
            fronts->network, scene->plot->title[SDSE_A],
            fronts->side[SDSE_A].front.hypervolume_fraction, scene->plot->title[SDSE_B],
            fronts->side[SDSE_B].front.hypervolume_fraction, fronts->joint_fraction)};
    sdse_canvas_split(&wish, scene->panel_count);
    for (int side = 0; side < SDSE_SIDES; side++) {
        const struct sdse_fronts_side *its = &fronts->side[side];
        const char *text = sdse_arena_printf(
            arena, "%c: %zu point%s, %zu on the front", 'A' + side, its->points.count,
            its->points.count == 1 ? "" : "s", its->front.count);
        sdse_legend_add(&wish.legend, arena, SDSE_LEGEND_POINT,
                        sdse_palette_filled((size_t)side), 0,
                        sdse_palette_color(scene->plot->theme, (size_t)side), text);
        sdse_legend_add(&wish.legend, arena, SDSE_LEGEND_NOTE, 0, 0, "",
                        sdse_arena_printf(arena, "      %zu of these beaten by %c",
                                          its->beaten, side ? 'A' : 'B'));
    }
    return wish.title && sdse_canvas_plan(&scene->canvas, &wish, arena);
}

enum sdse_status sdse_plot_compare_fronts(const struct sdse_compare_fronts_plot *plot,
                                          struct sdse_arena *arena,
                                          struct sdse_diags *diags) {
    static const struct sdse_plot_writers writers = {write_data, write_script};
    struct scene scene = {.plot = plot};
    struct sdse_plot_files files;
    const enum sdse_status status =
        sdse_plot_files(plot->rules, plot->picture, arena, diags, &files);
    if (status != SDSE_OK)
        return status;
    if (!plot->fronts->side[SDSE_A].points.count &&
        !plot->fronts->side[SDSE_B].points.count) {
        sdse_diag_add(diags, SDSE_ERROR, (struct sdse_loc){.file = plot->picture},
                      "plot-empty", "neither side has a point with these objectives");
        return SDSE_INVALID;
    }
    if (!prepare(&scene, arena) || !lay_out(&scene, arena))
        return SDSE_NO_MEMORY;
    files.theme = plot->theme;
    return sdse_gnuplot_draw(&writers, &scene, &files, arena, diags);
}
