// How the front of a sweep grew: its hypervolume over the points in the order in which
// they were stored.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "results/look/draw/canvas.h"
#include "results/look/plot/plot.h"
#include "results/look/plot/refusal.h"

enum { WIDTH_PX = 1100, HEIGHT_PX = 600 };

struct step {
    size_t points; // evaluated so far
    double share;  // of the box below the reference
};

struct scene {
    const struct sdse_hypervolume_plot *plot;
    size_t count;
    struct step *steps; // after each point that changed the volume, and at the end
    struct sdse_canvas canvas;
};

// ---- the volume ----

struct place {
    int64_t id;
    size_t index;
};

static int by_id(const void *a, const void *b) {
    const int64_t x = ((const struct place *)a)->id, y = ((const struct place *)b)->id;
    return (x > y) - (x < y);
}

// a is nowhere worse than b.
static bool covers(const double *a, const double *b, unsigned objectives) {
    for (unsigned k = 0; k < objectives; k++)
        if (a[k] > b[k])
            return false;
    return true;
}

// Takes a point into the front so far, of *count; false if it adds nothing.
static bool take(const struct sdse_points *points, size_t point, size_t *front,
                 size_t *count) {
    const unsigned n = points->objectives;
    size_t kept = 0;
    for (size_t i = 0; i < *count; i++)
        if (covers(&points->v[front[i] * n], &points->v[point * n], n))
            return false;
    for (size_t i = 0; i < *count; i++)
        if (!covers(&points->v[point * n], &points->v[front[i] * n], n))
            front[kept++] = front[i];
    front[kept++] = point;
    *count = kept;
    return true;
}

static enum sdse_status take_steps(const struct sdse_points *points,
                                   const double *reference, struct scene *scene,
                                   struct sdse_arena *arena) {
    struct place *order = SDSE_ARENA_ARRAY(arena, struct place, points->count);
    size_t *front = SDSE_ARENA_ARRAY(arena, size_t, points->count), front_count = 0;
    scene->steps = SDSE_ARENA_ARRAY(arena, struct step, points->count + 1);
    if (!order || !front || !scene->steps)
        return SDSE_NO_MEMORY;
    double box = 1, volume = 0;
    for (unsigned k = 0; k < points->objectives; k++)
        box *= reference[k];
    for (size_t i = 0; i < points->count; i++)
        order[i] = (struct place){points->point_id[i], i};
    qsort(order, points->count, sizeof *order, by_id);
    enum sdse_status status = SDSE_OK;
    for (size_t i = 0; status == SDSE_OK && i < points->count; i++) {
        const double before = volume;
        if (take(points, order[i].index, front, &front_count))
            status = sdse_pareto_hypervolume(points->v, points->objectives, front,
                                             front_count, reference, &volume);
        if (volume > before || i == 0 || i + 1 == points->count)
            scene->steps[scene->count++] = (struct step){i + 1, volume / box};
    }
    return status;
}

// ---- data and script ----

static enum sdse_status write_data(const void *context, struct sdse_arena *arena,
                                   FILE *out) {
    (void)arena;
    const struct scene *scene = context;
    fputs("# points\thypervolume, of the box below the reference\n", out);
    for (size_t i = 0; i < scene->count; i++)
        fprintf(out, "%zu\t%.9g\n", scene->steps[i].points, scene->steps[i].share);
    return SDSE_OK;
}

static void write_script(const void *context, const struct sdse_plot_files *files,
                         FILE *out) {
    const struct scene *scene = context;
    struct sdse_range x = {0}, y = {0};
    for (size_t i = 0; i < scene->count; i++) {
        sdse_range_take(&x, (double)scene->steps[i].points);
        sdse_range_take(&y, scene->steps[i].share);
    }
    sdse_canvas_begin(&scene->canvas, files, out);
    sdse_canvas_panel(&scene->canvas, 0, out);
    const struct sdse_axis axes[] = {
        {.letter = 'x',
         .label = "Feasible points, in the order they were stored",
         .range = x,
         .length_px = WIDTH_PX,
         .whole = true,
         .log = scene->plot->log != SDSE_LOG_AUTO &&
                sdse_axis_is_log(scene->plot->log, 'x', &x)},
        {.letter = 'y',
         .label = "Hypervolume, share of the box",
         .range = y,
         .length_px = HEIGHT_PX,
         .log = scene->plot->log != SDSE_LOG_AUTO &&
                sdse_axis_is_log(scene->plot->log, 'y', &y)}};
    for (size_t a = 0; a < sizeof axes / sizeof *axes; a++)
        sdse_axis_write(&axes[a], out);
    fprintf(out,
            "plot data using 1:2 with steps lc rgb '%s' lw 2 notitle, \\\n"
            "     data using 1:2 with points pt 7 ps 0.8 lc rgb '%s' notitle\n",
            sdse_palette_color(0), sdse_palette_color(0));
}

static const char *title_of(const struct sdse_points *points,
                            const struct sdse_front *front, struct sdse_arena *arena) {
    const char *text =
        sdse_arena_printf(arena, "%s: hypervolume %.4g of the box below",
                          points->workload[0], front->hypervolume_fraction);
    for (unsigned k = 0; text && k < points->objectives; k++) {
        const struct sdse_scale scale =
            sdse_metric_scale(points->metric[k], front->reference[k]);
        text = sdse_arena_printf(arena, "%s%s %s %.4g%s%s", text, k ? "," : "",
                                 sdse_metric_info(points->metric[k])->name,
                                 front->reference[k] * scale.factor,
                                 *scale.unit ? " " : "", scale.unit);
    }
    return text;
}

enum sdse_status sdse_plot_hypervolume(struct sdse_reader *reader,
                                       const struct sdse_hypervolume_plot *plot,
                                       struct sdse_arena *arena,
                                       struct sdse_diags *diags) {
    static const struct sdse_plot_writers writers = {write_data, write_script};
    struct scene scene = {.plot = plot};
    struct sdse_plot_files files;
    struct sdse_points points;
    struct sdse_front front;
    enum sdse_status status =
        sdse_plot_files(plot->rules, plot->picture, arena, diags, &files);
    if (status == SDSE_OK)
        status = sdse_points_load(reader, &plot->filter, plot->metric, plot->objectives,
                                  arena, diags, &points);
    if (status == SDSE_OK && !points.count)
        status = sdse_plot_no_points(reader, &points, arena, diags);
    if (status == SDSE_OK)
        status = sdse_front_compute(&points, arena, &front);
    if (status == SDSE_OK)
        status = take_steps(&points, front.reference, &scene, arena);
    if (status != SDSE_OK)
        return status;
    const struct sdse_canvas_wish wish = {.title = title_of(&points, &front, arena),
                                          .panel_width_px = WIDTH_PX,
                                          .panel_height_px = HEIGHT_PX};
    if (!wish.title || !sdse_canvas_plan(&scene.canvas, &wish, arena))
        return SDSE_NO_MEMORY;
    files.theme = plot->theme;
    return sdse_gnuplot_draw(&writers, &scene, &files, arena, diags);
}
