// The plot of error against stored bits: data, script, picture.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "results/look/draw/canvas.h"
#include "results/look/draw/labels.h"
#include "results/look/plot/plot.h"

enum { MOST_NAMED_LAYERS = 8, MOST_GROUPS = 16 };

struct scene {
    const struct sdse_error_plot *plot;
    bool layers_panel, whole_panel;
    const char *groups[MOST_GROUPS]; // what colours stand for
    size_t group_count;
    size_t *group_of; // [layer_count]
    struct sdse_range layer_x, whole_x, layer_y, whole_y;
    size_t zeros;      // points without an error: not drawn
    size_t *order;     // [form_count] scratch
    size_t *front;     // [form_count] of the whole, by stored bits
    size_t front_size; // of the whole
    struct sdse_canvas canvas;
    struct sdse_labels labels; // of the whole's front
};

// --- What is drawn

static double kib(double bits) { return bits / 8192; }

static const struct sdse_error_point *point_of(const struct scene *scene, size_t form,
                                               size_t layer) {
    return &scene->plot->points[form * scene->plot->layer_count + layer];
}

// Several settings are compared per weight, the layers of one setting by their size.
static double layer_x(const struct scene *scene, const struct sdse_error_point *point) {
    return scene->plot->form_count > 1 ? point->stored_bits / point->weights
                                       : kib(point->stored_bits);
}

// The points of `x`, `error` [count] that no other beats in both, by x, into order.
static size_t front_of(const double *x, const double *error, size_t count,
                       size_t *order) {
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        bool beaten = !(error[i] > 0);
        for (size_t j = 0; j < count && !beaten; j++)
            beaten = error[j] > 0 && x[j] <= x[i] && error[j] <= error[i] &&
                     (x[j] < x[i] || error[j] < error[i] || j < i);
        if (beaten)
            continue;
        size_t at = kept++;
        for (; at > 0 && x[order[at - 1]] > x[i]; at--)
            order[at] = order[at - 1];
        order[at] = i;
    }
    return kept;
}

static void find_groups(struct scene *scene) {
    const struct sdse_error_plot *plot = scene->plot;
    const bool named = plot->layer_count <= MOST_NAMED_LAYERS;
    for (size_t i = 0; i < plot->layer_count; i++) {
        const char *name = named ? plot->layers[i] : plot->kinds[i];
        size_t g = 0;
        while (g < scene->group_count && strcmp(scene->groups[g], name) != 0)
            g++;
        if (g == scene->group_count && g < MOST_GROUPS)
            scene->groups[scene->group_count++] = name;
        scene->group_of[i] = g < MOST_GROUPS ? g : MOST_GROUPS - 1;
    }
}

static void find_ranges(struct scene *scene) {
    const struct sdse_error_plot *plot = scene->plot;
    for (size_t f = 0; f < plot->form_count; f++) {
        for (size_t i = 0; i < plot->layer_count; i++) {
            const struct sdse_error_point *point = point_of(scene, f, i);
            scene->zeros += !(point->rel_error > 0);
            if (!(point->rel_error > 0))
                continue;
            sdse_range_take(&scene->layer_x, layer_x(scene, point));
            sdse_range_take(&scene->layer_y, 100 * point->rel_error);
        }
        if (!(plot->totals[f].rel_error > 0))
            continue;
        sdse_range_take(&scene->whole_x, kib(plot->totals[f].stored_bits));
        sdse_range_take(&scene->whole_y, 100 * plot->totals[f].rel_error);
    }
}

static bool prepare(struct scene *scene, struct sdse_arena *arena) {
    const struct sdse_error_plot *plot = scene->plot;
    const size_t forms = plot->form_count;
    scene->group_of = SDSE_ARENA_ARRAY(arena, size_t, plot->layer_count + 1);
    scene->order = SDSE_ARENA_ARRAY(arena, size_t, forms + 1);
    scene->front = SDSE_ARENA_ARRAY(arena, size_t, forms + 1);
    double *x = SDSE_ARENA_ARRAY(arena, double, forms + 1);
    double *error = SDSE_ARENA_ARRAY(arena, double, forms + 1);
    if (!scene->group_of || !scene->order || !scene->front || !x || !error)
        return false;
    scene->layers_panel = plot->layer_count > 1 || forms == 1;
    scene->whole_panel = forms > 1;
    find_groups(scene);
    find_ranges(scene);
    for (size_t f = 0; f < forms; f++) {
        x[f] = plot->totals[f].stored_bits;
        error[f] = plot->totals[f].rel_error;
    }
    scene->front_size = front_of(x, error, forms, scene->front);
    return true;
}

// --- Data

static void write_row(const struct sdse_error_point *point, double x, const char *layer,
                      const char *form, FILE *out) {
    fprintf(out, "%.9g\t%.9g\t%.9g\t%.9g\t", x, 100 * point->rel_error,
            kib(point->stored_bits), point->stored_bits / point->weights);
    sdse_gnuplot_field(layer, out);
    fputc('\t', out);
    sdse_gnuplot_field(form, out);
    fputc('\n', out);
}

// The points of one group's layers; or only those on each layer's own front, a blank
// line between layers, so that lines join them layer by layer.
static void write_group(const struct scene *scene, size_t group, bool fronts, double *x,
                        FILE *out) {
    const struct sdse_error_plot *plot = scene->plot;
    double *error = x + plot->form_count;
    for (size_t i = 0; i < plot->layer_count; i++) {
        if (scene->group_of[i] != group)
            continue;
        for (size_t f = 0; f < plot->form_count; f++) {
            x[f] = layer_x(scene, point_of(scene, f, i));
            error[f] = point_of(scene, f, i)->rel_error;
            scene->order[f] = f;
        }
        const size_t count = fronts ? front_of(x, error, plot->form_count, scene->order)
                                    : plot->form_count;
        for (size_t k = 0; k < count; k++) {
            const size_t f = scene->order[k];
            if (error[f] > 0)
                write_row(point_of(scene, f, i), x[f], plot->layers[i], plot->forms[f],
                          out);
        }
        if (fronts)
            fputc('\n', out);
    }
}

// Blocks: per group its points (0, 2, …) and its layers' fronts (1, 3, …); then the
// whole's points, its front, and the names beside it.
static enum sdse_status write_data(const void *context, struct sdse_arena *arena,
                                   FILE *out) {
    const struct scene *scene = context;
    const struct sdse_error_plot *plot = scene->plot;
    double *scratch = SDSE_ARENA_ARRAY(arena, double, 2 * plot->form_count + 1);
    if (!scratch)
        return SDSE_NO_MEMORY;
    fputs("# x\trelative error [%]\tstored [KiB]\tstored [bits per "
          "weight]\tlayer\tsetting\n",
          out);
    for (size_t g = 0; g < scene->group_count; g++) {
        fprintf(out, "# %zu: layers of ", 2 * g);
        sdse_gnuplot_field(scene->groups[g], out);
        fputc('\n', out);
        write_group(scene, g, false, scratch, out);
        fprintf(out, "\n\n# %zu: fronts of the same\n", 2 * g + 1);
        write_group(scene, g, true, scratch, out);
        fputs("\n\n", out);
    }
    for (int front = 0; front < 2; front++) {
        fprintf(out, "# %zu: %s\n", 2 * scene->group_count + (size_t)front,
                front ? "front of the whole" : "the whole");
        for (size_t f = 0; f < plot->form_count; f++)
            scene->order[f] = f;
        double *x = scratch, *error = scratch + plot->form_count;
        for (size_t f = 0; f < plot->form_count; f++) {
            x[f] = plot->totals[f].stored_bits;
            error[f] = plot->totals[f].rel_error;
        }
        const size_t count = front ? front_of(x, error, plot->form_count, scene->order)
                                   : plot->form_count;
        for (size_t k = 0; k < count; k++) {
            const size_t f = scene->order[k];
            if (error[f] > 0)
                write_row(&plot->totals[f], kib(x[f]), "total", plot->forms[f], out);
        }
        fputs(front ? "" : "\n\n", out);
    }
    if (scene->labels.count) {
        fprintf(out, "\n\n# %zu: names beside it\n", 2 * scene->group_count + 2);
        sdse_labels_write(&scene->labels, out);
    }
    return SDSE_OK;
}

// --- Script

// A logarithmic axis, or a linear one for less than a factor of three.
static struct sdse_axis axis_of(const struct sdse_canvas *canvas, char letter,
                                const char *label, struct sdse_range range,
                                double room) {
    const struct sdse_canvas_wish *wish = &canvas->wish;
    return (struct sdse_axis){
        .letter = letter,
        .label = label,
        .range = range,
        .log = range.least_positive > 0 && range.greatest >= 3 * range.least_positive,
        .room_high = room,
        .length_px = letter == 'x' ? wish->panel_width_px : wish->panel_height_px};
}

static struct sdse_axis layers_axis(const struct scene *scene, char letter) {
    const bool several = scene->plot->form_count > 1;
    return letter == 'x'
               ? axis_of(&scene->canvas, 'x',
                         several ? "stored bits per weight, each layer"
                                 : "stored [KiB]",
                         scene->layer_x, 0.06)
               : axis_of(&scene->canvas, 'y', "relative error [%]", scene->layer_y,
                         0.06);
}

static struct sdse_axis whole_axis(const struct scene *scene, char letter) {
    return letter == 'x'
               ? axis_of(&scene->canvas, 'x',
                         scene->layers_panel ? "stored [KiB], all layers together"
                                             : "stored [KiB]",
                         scene->whole_x, 0.35)
               : axis_of(&scene->canvas, 'y', "relative error [%]", scene->whole_y,
                         0.15);
}

static const char *title_of(const struct scene *scene, struct sdse_arena *arena) {
    const struct sdse_error_plot *plot = scene->plot;
    const char *text =
        sdse_arena_printf(arena, "%s: %zu layer%s, %zu setting%s%s%s", plot->name,
                          plot->layer_count, plot->layer_count == 1 ? "" : "s",
                          plot->form_count, plot->form_count == 1 ? "" : "s",
                          plot->form_count == 1 && *plot->forms[0] ? ": " : "",
                          plot->form_count == 1 ? plot->forms[0] : "");
    if (text && scene->zeros)
        text = sdse_arena_printf(arena, "%s, %zu points without error not drawn", text,
                                 scene->zeros);
    return text;
}

static const char *const more = ", \\\n     ";

static void write_layers_panel(const struct scene *scene, FILE *out) {
    const bool several = scene->plot->form_count > 1;
    const char *faint = sdse_theme(scene->plot->theme)->grid;
    const struct sdse_axis x = layers_axis(scene, 'x'), y = layers_axis(scene, 'y');
    sdse_axis_write(&x, out);
    sdse_axis_write(&y, out);
    fputs("plot ", out);
    for (size_t g = 0; several && g < scene->group_count; g++) {
        fprintf(out,
                "data index %zu using 1:2 with points pt 7 ps 0.25 lc rgb '%s' "
                "notitle%s",
                2 * g, faint, more);
    }
    for (size_t g = 0; several && g < scene->group_count; g++)
        fprintf(out, "data index %zu using 1:2 with lines lc rgb '%s' lw 0.5 notitle%s",
                2 * g + 1, sdse_palette_color(scene->plot->theme, g), more);
    for (size_t g = 0; g < scene->group_count; g++)
        fprintf(out,
                "%sdata index %zu using 1:2 with points pt %d ps %s lc rgb '%s' "
                "notitle",
                g ? more : "", several ? 2 * g + 1 : 2 * g, sdse_palette_filled(g),
                several ? "0.7" : "1.1", sdse_palette_color(scene->plot->theme, g));
    fputc('\n', out);
}

static void write_whole_panel(const struct scene *scene, FILE *out) {
    const struct sdse_theme *theme = sdse_theme(scene->plot->theme);
    const size_t points = 2 * scene->group_count, front = points + 1;
    const struct sdse_axis x = whole_axis(scene, 'x'), y = whole_axis(scene, 'y');
    sdse_axis_write(&x, out);
    sdse_axis_write(&y, out);
    fprintf(out,
            "plot data index %zu using 1:2 with steps lc rgb '%s' lw 1.5 notitle"
            "%sdata index %zu using 1:2 with points pt 6 ps 0.9 lc rgb '%s' notitle"
            "%sdata index %zu using 1:2 with points pt 7 ps 1.2 lc rgb '#d55e00' "
            "notitle",
            front, theme->quiet, more, points, theme->quiet, more, front);
    if (scene->labels.count)
        sdse_labels_draw(front + 1, theme->text, out);
    fputc('\n', out);
}

static void write_script(const void *context, const struct sdse_plot_files *files,
                         FILE *out) {
    const struct scene *scene = context;
    unsigned panel = 0;
    sdse_canvas_begin(&scene->canvas, files, out);
    if (scene->layers_panel) {
        sdse_canvas_panel(&scene->canvas, panel++, out);
        write_layers_panel(scene, out);
    }
    if (scene->whole_panel) {
        sdse_canvas_panel(&scene->canvas, panel, out);
        write_whole_panel(scene, out);
    }
    sdse_canvas_end(&scene->canvas, out);
}

// The names of the whole's front, clear of all settings and of the staircase.
static bool place_labels(struct scene *scene, struct sdse_arena *arena) {
    const struct sdse_error_plot *plot = scene->plot;
    const struct sdse_labels_frame frame = {.x = whole_axis(scene, 'x'),
                                            .y = whole_axis(scene, 'y')};
    struct sdse_labels *labels = &scene->labels;
    if (!sdse_labels_begin(labels, &frame, scene->front_size, arena))
        return false;
    for (size_t f = 0; f < plot->form_count; f++)
        sdse_labels_mark(labels, kib(plot->totals[f].stored_bits),
                         100 * plot->totals[f].rel_error, SDSE_LABELS_MARK_PX);
    const struct sdse_error_point *before = NULL;
    for (size_t i = 0; i < scene->front_size; i++) {
        const struct sdse_error_point *at = &plot->totals[scene->front[i]];
        const double x = kib(at->stored_bits), y = 100 * at->rel_error;
        if (before) {
            const double corner = 100 * before->rel_error;
            sdse_labels_line(labels, kib(before->stored_bits), corner, x, corner);
            sdse_labels_line(labels, x, corner, x, y);
        }
        before = at;
    }
    for (size_t i = 0; i < scene->front_size; i++) {
        const struct sdse_error_point *at = &plot->totals[scene->front[i]];
        sdse_labels_add(labels, kib(at->stored_bits), 100 * at->rel_error,
                        plot->forms[scene->front[i]]);
    }
    return true;
}

static bool lay_out(struct scene *scene, struct sdse_arena *arena) {
    const bool both = scene->layers_panel && scene->whole_panel;
    struct sdse_canvas_wish wish = {.title = title_of(scene, arena),
                                    .panels = both ? 2 : 1,
                                    .columns = both ? 2 : 1,
                                    .panel_width_px = both ? 720 : 1000,
                                    .panel_height_px = 720};
    for (size_t g = 0; scene->layers_panel && g < scene->group_count; g++)
        sdse_legend_add(&wish.legend, arena, SDSE_LEGEND_POINT, sdse_palette_filled(g),
                        0, sdse_palette_color(scene->plot->theme, g), scene->groups[g]);
    if (scene->whole_panel) {
        sdse_legend_add(&wish.legend, arena, SDSE_LEGEND_POINT, 6, 0.9,
                        sdse_theme(scene->plot->theme)->quiet, "setting");
        sdse_legend_add(&wish.legend, arena, SDSE_LEGEND_POINT, 7, 1.2, "#d55e00",
                        "none smaller and better");
    }
    return wish.title && sdse_canvas_plan(&scene->canvas, &wish, arena) &&
           (!scene->whole_panel || place_labels(scene, arena));
}

// --- All of it

static const struct sdse_plot_writers writers = {write_data, write_script};

enum sdse_status sdse_plot_error(const struct sdse_error_plot *plot,
                                 struct sdse_arena *arena, struct sdse_diags *diags) {
    struct scene scene = {.plot = plot};
    struct sdse_plot_files files;
    enum sdse_status status =
        sdse_plot_files(plot->rules, plot->picture, arena, diags, &files);
    files.theme = plot->theme;
    if (status == SDSE_OK && (!prepare(&scene, arena) || !lay_out(&scene, arena)))
        status = SDSE_NO_MEMORY;
    if (status == SDSE_OK && scene.zeros == plot->layer_count * plot->form_count) {
        sdse_diag_add(diags, SDSE_ERROR, (struct sdse_loc){.file = files.picture},
                      "plot-empty", "no points to plot: no layer has an error");
        status = SDSE_INVALID;
    }
    return status == SDSE_OK ? sdse_gnuplot_draw(&writers, &scene, &files, arena, diags)
                             : status;
}
