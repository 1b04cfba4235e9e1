// The plot of error against stored bits: data, script, picture.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "results/look/plot/gnuplot.h"
#include "results/look/plot/palette.h"
#include "results/look/plot/plot.h"

enum { MOST_NAMED_LAYERS = 8, MOST_LABELS = 10, MOST_GROUPS = 16 };

// A range of positive values, for an axis.
struct range {
    double least, greatest;
};

struct scene {
    const struct sdse_error_plot *plot;
    bool layers_panel, whole_panel;
    const char *groups[MOST_GROUPS]; // what colours stand for
    size_t group_count;
    size_t *group_of; // [layer_count]
    struct range layer_x, whole_x, layer_y, whole_y;
    size_t zeros;      // points without an error: not drawn
    size_t *order;     // [form_count] scratch
    bool *on_front;    // [form_count] of the whole
    size_t front_size; // of the whole
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

static void widen(struct range *range, double value) {
    if (!(value > 0))
        return;
    range->least = range->least > 0 ? fmin(range->least, value) : value;
    range->greatest = fmax(range->greatest, value);
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
            widen(&scene->layer_x, layer_x(scene, point));
            widen(&scene->layer_y, 100 * point->rel_error);
        }
        if (!(plot->totals[f].rel_error > 0))
            continue;
        widen(&scene->whole_x, kib(plot->totals[f].stored_bits));
        widen(&scene->whole_y, 100 * plot->totals[f].rel_error);
    }
}

static bool prepare(struct scene *scene, struct sdse_arena *arena) {
    const struct sdse_error_plot *plot = scene->plot;
    const size_t forms = plot->form_count;
    scene->group_of = SDSE_ARENA_ARRAY(arena, size_t, plot->layer_count + 1);
    scene->order = SDSE_ARENA_ARRAY(arena, size_t, forms + 1);
    scene->on_front = SDSE_ARENA_ARRAY(arena, bool, forms + 1);
    double *x = SDSE_ARENA_ARRAY(arena, double, forms + 1);
    double *error = SDSE_ARENA_ARRAY(arena, double, forms + 1);
    if (!scene->group_of || !scene->order || !scene->on_front || !x || !error)
        return false;
    scene->layers_panel = plot->layer_count > 1 || forms == 1;
    scene->whole_panel = forms > 1;
    find_groups(scene);
    find_ranges(scene);
    for (size_t f = 0; f < forms; f++) {
        x[f] = plot->totals[f].stored_bits;
        error[f] = plot->totals[f].rel_error;
    }
    scene->front_size = front_of(x, error, forms, scene->order);
    for (size_t i = 0; i < scene->front_size; i++)
        scene->on_front[scene->order[i]] = true;
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
// whole's points and its front.
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
    return SDSE_OK;
}

// --- Script

// Labels of a logarithmic axis within each decade: the more, the fewer decades.
struct axis_steps {
    size_t count;
    double step[7];
};

static struct axis_steps axis_steps(double ratio) {
    if (ratio > 1000)
        return (struct axis_steps){1, {1}};
    if (ratio > 12)
        return (struct axis_steps){3, {1, 2, 5}};
    return (struct axis_steps){7, {1, 1.5, 2, 3, 4, 5, 7}};
}

// A logarithmic axis, or a linear one for less than a factor of three. `room` is the
// share of the axis left free at its end.
static void write_axis(char axis, const char *label, struct range range, double room,
                       FILE *out) {
    fprintf(out, "set %clabel ", axis);
    sdse_gnuplot_quote(label, out);
    const double ratio = range.least > 0 ? range.greatest / range.least : 1;
    if (ratio < 3) {
        double span = range.greatest - range.least;
        span = span > 0 ? span : range.greatest > 0 ? range.greatest : 1;
        fprintf(out, "\nunset logscale %c\nset %ctics auto\nset %crange [%.6g:%.6g]\n",
                axis, axis, axis, fmax(0, range.least - 0.1 * span),
                range.greatest + room * span);
        return;
    }
    const double low = range.least / pow(ratio, 0.06);
    const double high = range.greatest * pow(ratio, room);
    fprintf(out, "\nset logscale %c 10\nset %crange [%.6g:%.6g]\nset %ctics (", axis,
            axis, low, high, axis);
    const struct axis_steps steps = axis_steps(ratio);
    const char *comma = "";
    for (int decade = (int)floor(log10(low)); decade <= (int)floor(log10(high));
         decade++) {
        for (size_t i = 0; i < steps.count; i++) {
            const double at = steps.step[i] * pow(10, decade);
            if (at < low || at > high)
                continue;
            fprintf(out, "%s%.6g", comma, at);
            comma = ", ";
        }
    }
    fputs(")\n", out);
}

static void write_title(const struct scene *scene, FILE *out) {
    const struct sdse_error_plot *plot = scene->plot;
    char text[512];
    const int used =
        snprintf(text, sizeof text, "%.100s: %zu layer%s, %zu setting%s%s%.100s",
                 plot->name, plot->layer_count, plot->layer_count == 1 ? "" : "s",
                 plot->form_count, plot->form_count == 1 ? "" : "s",
                 plot->form_count == 1 && *plot->forms[0] ? ": " : "",
                 plot->form_count == 1 ? plot->forms[0] : "");
    if (scene->zeros && used > 0 && (size_t)used < sizeof text)
        snprintf(text + used, sizeof text - (size_t)used,
                 ", %zu points without error not drawn", scene->zeros);
    sdse_gnuplot_quote(text, out);
}

static const char key_above[] =
    "set key outside top center horizontal Left reverse samplen 1.5 spacing 1.2\n";

static void write_layers_panel(const struct scene *scene, FILE *out) {
    const bool several = scene->plot->form_count > 1;
    write_axis('x', several ? "stored bits per weight, each layer" : "stored [KiB]",
               scene->layer_x, 0.06, out);
    write_axis('y', "relative error [%]", scene->layer_y, 0.06, out);
    fprintf(out, "%splot ", key_above);
    const char *const more = ", \\\n     ";
    for (size_t g = 0; several && g < scene->group_count; g++) {
        fprintf(out,
                "data index %zu using 1:2 with points pt 7 ps 0.25 lc rgb '#c8c8c8' "
                "notitle%s",
                2 * g, more);
    }
    for (size_t g = 0; several && g < scene->group_count; g++)
        fprintf(out, "data index %zu using 1:2 with lines lc rgb '%s' lw 0.5 notitle%s",
                2 * g + 1, sdse_palette_color(g), more);
    for (size_t g = 0; g < scene->group_count; g++) {
        fprintf(out,
                "data index %zu using 1:2 with points pt %d ps %s lc rgb '%s' title ",
                several ? 2 * g + 1 : 2 * g, sdse_palette_filled(g),
                several ? "0.7" : "1.1", sdse_palette_color(g));
        sdse_gnuplot_quote(scene->groups[g], out);
        fputs(g + 1 < scene->group_count ? more : "\n", out);
    }
}

static void write_whole_panel(const struct scene *scene, FILE *out) {
    const size_t points = 2 * scene->group_count, front = points + 1;
    write_axis(
        'x', scene->layers_panel ? "stored [KiB], all layers together" : "stored [KiB]",
        scene->whole_x, 0.35, out);
    write_axis('y', "relative error [%]", scene->whole_y, 0.15, out);
    fprintf(out,
            "%splot data index %zu using 1:2 with steps lc rgb '#555555' lw 1.5 "
            "notitle, \\\n"
            "     data index %zu using 1:2 with points pt 6 ps 0.9 lc rgb '#999999' "
            "title 'setting', \\\n"
            "     data index %zu using 1:2 with points pt 7 ps 1.2 lc rgb '#d55e00' "
            "title 'none smaller and better'",
            key_above, front, points, front);
    // Names of a long front at every so many of its points.
    const size_t every = (scene->front_size + MOST_LABELS - 1) / MOST_LABELS;
    fprintf(
        out,
        ", \\\n     data index %zu every %zu using 1:2:6 with labels left rotate by "
        "18 offset 0.8,0.4 font ',12' tc rgb '#333333' notitle\n",
        front, every ? every : 1);
}

static void write_script(const void *context, const struct sdse_plot_files *files,
                         FILE *out) {
    const struct scene *scene = context;
    const bool both = scene->layers_panel && scene->whole_panel;
    fputs("# Written by sdse; draw again with: gnuplot <this file>\n", out);
    sdse_gnuplot_terminal(files, both ? 1900 : 1400, 950, out);
    fputs("set encoding utf8\nset datafile separator \"\\t\"\ndata = ", out);
    char name[512];
    snprintf(name, sizeof name, "./%s", files->data_name);
    sdse_gnuplot_quote(name, out);
    fputs("\nset border 3 lc rgb '#333333'\n"
          "set tics nomirror out scale 0.6\n"
          "set grid lc rgb '#cccccc' lw 0.5\n"
          "set format '%g'\n",
          out);
    fputs(both ? "set multiplot layout 1,2 title " : "set title ", out);
    write_title(scene, out);
    fputc('\n', out);
    if (scene->layers_panel)
        write_layers_panel(scene, out);
    if (scene->whole_panel)
        write_whole_panel(scene, out);
    if (both)
        fputs("unset multiplot\n", out);
}

// --- All of it

static const struct sdse_plot_writers writers = {write_data, write_script};

enum sdse_status sdse_plot_error(const struct sdse_error_plot *plot,
                                 struct sdse_arena *arena, struct sdse_diags *diags) {
    struct scene scene = {.plot = plot};
    struct sdse_plot_files files;
    enum sdse_status status =
        sdse_plot_files(plot->rules, plot->picture, arena, diags, &files);
    if (status == SDSE_OK && !prepare(&scene, arena))
        status = SDSE_NO_MEMORY;
    if (status == SDSE_OK && scene.zeros == plot->layer_count * plot->form_count) {
        sdse_diag_add(diags, SDSE_ERROR, (struct sdse_loc){.file = files.picture},
                      "plot-empty", "no points to plot: no layer has an error");
        status = SDSE_INVALID;
    }
    return status == SDSE_OK ? sdse_gnuplot_draw(&writers, &scene, &files, arena, diags)
                             : status;
}
