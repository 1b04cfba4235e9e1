// The front plot: data, script, picture.
#include <math.h>
#include <string.h>

#include "results/look/plot/gnuplot.h"
#include "results/look/plot/palette.h"
#include "results/look/plot/plot.h"

// What one panel shows: objectives a (x) and b (y).
struct panel {
    unsigned a, b;
};

struct scene {
    const struct sdse_front_plot *plot;
    struct sdse_points points;
    struct sdse_front front;
    struct sdse_scale scale[SDSE_MOST_OBJECTIVES];
    const char **groups; // distinct, in order of appearance
    size_t group_count;
    size_t *group_of; // of each point
    bool *on_front;
    struct panel panels[3];
    size_t panel_count;
};

static bool prepare(struct scene *scene, struct sdse_arena *arena) {
    const struct sdse_points *points = &scene->points;
    size_t count = points->count;
    scene->groups = SDSE_ARENA_ARRAY(arena, const char *, count + 1);
    scene->group_of = SDSE_ARENA_ARRAY(arena, size_t, count + 1);
    scene->on_front = SDSE_ARENA_ARRAY(arena, bool, count + 1);
    if (!scene->groups || !scene->group_of || !scene->on_front)
        return false;
    for (size_t i = 0; i < scene->front.count; i++)
        scene->on_front[scene->front.index[i]] = true;
    for (size_t i = 0; i < count; i++) {
        const char *name =
            scene->plot->group == SDSE_GROUP_ARCH ? points->arch[i] : points->form[i];
        size_t g = 0;
        while (g < scene->group_count && strcmp(scene->groups[g], name) != 0)
            g++;
        if (g == scene->group_count)
            scene->groups[scene->group_count++] = name;
        scene->group_of[i] = g;
    }
    for (unsigned k = 0; k < points->objectives; k++)
        scene->scale[k] = sdse_points_scale(points, k);
    static const struct panel panels[] = {{0, 1}, {0, 2}, {2, 1}};
    scene->panel_count = points->objectives == 3 ? 3 : 1;
    memcpy(scene->panels, panels, sizeof panels);
    return true;
}

static double scaled(const struct scene *scene, size_t point, unsigned k) {
    return scene->points.v[point * scene->points.objectives + k] *
           scene->scale[k].factor;
}

// ---- data ----

// Block 0: all points. Then, per panel, the front of its two objectives, by x.
static enum sdse_status write_data(const void *context, struct sdse_arena *arena,
                                   FILE *out) {
    const struct scene *scene = context;
    const struct sdse_points *points = &scene->points;
    fputs("# point", out);
    for (unsigned k = 0; k < points->objectives; k++)
        fprintf(out, "\t%s", scene->scale[k].title);
    fputs("\tgroup\ton front\tgroup name\tarch\tform\tparameters\n", out);
    for (size_t i = 0; i < points->count; i++) {
        fprintf(out, "%lld", (long long)points->point_id[i]);
        for (unsigned k = 0; k < points->objectives; k++)
            fprintf(out, "\t%.9g", scaled(scene, i, k));
        fprintf(out, "\t%zu\t%d", scene->group_of[i], scene->on_front[i]);
        const char *texts[] = {scene->groups[scene->group_of[i]], points->arch[i],
                               points->form[i], points->parameters[i]};
        for (size_t t = 0; t < 4; t++) {
            fputc('\t', out);
            sdse_gnuplot_field(texts[t], out);
        }
        fputc('\n', out);
    }
    double *pair = SDSE_ARENA_ARRAY(arena, double, 2 * points->count + 1);
    size_t *front = SDSE_ARENA_ARRAY(arena, size_t, points->count + 1), count = 0;
    if (!pair || !front)
        return SDSE_NO_MEMORY;
    for (size_t p = 0; p < scene->panel_count; p++) {
        const struct panel *panel = &scene->panels[p];
        for (size_t i = 0; i < points->count; i++) {
            pair[2 * i] = points->v[i * points->objectives + panel->a];
            pair[2 * i + 1] = points->v[i * points->objectives + panel->b];
        }
        enum sdse_status status =
            sdse_pareto_front(pair, points->count, 2, front, &count);
        if (status != SDSE_OK)
            return status;
        fprintf(out, "\n\n# front of %s and %s\n", scene->scale[panel->a].title,
                scene->scale[panel->b].title);
        for (size_t i = 0; i < count; i++)
            fprintf(out, "%.9g\t%.9g\n", scaled(scene, front[i], panel->a),
                    scaled(scene, front[i], panel->b));
    }
    return SDSE_OK;
}

// ---- script ----

static bool needs_log(const struct scene *scene, unsigned k) {
    double least = HUGE_VAL, greatest = 0;
    for (size_t i = 0; i < scene->points.count; i++) {
        least = fmin(least, scaled(scene, i, k));
        greatest = fmax(greatest, scaled(scene, i, k));
    }
    return least > 0 && greatest > 100 * least;
}

static void write_axis(const struct scene *scene, char axis, unsigned k, FILE *out) {
    fprintf(out, "set %clabel ", axis);
    sdse_gnuplot_quote(scene->scale[k].title, out);
    if (needs_log(scene, k))
        fprintf(out, "\nset logscale %c 10\n", axis);
    else
        fprintf(out, "\nunset logscale %c\n", axis);
}

static void write_title(const struct scene *scene, FILE *out) {
    const struct sdse_points *points = &scene->points;
    char text[512], *end = text + sizeof text, *at = text;
    const char *network = points->count ? points->workload[0] : "";
    for (size_t i = 1; i < points->count; i++)
        if (strcmp(points->workload[i], network) != 0)
            network = "several networks";
    at += snprintf(at, (size_t)(end - at), "%.100s: %zu points shown, %zu on the front",
                   network, points->count, scene->front.count);
    const struct {
        size_t count;
        const char *what;
    } missing[] = {{points->infeasible, "infeasible"},
                   {points->failed, "failed"},
                   {points->unknown, "without an objective"}};
    for (size_t i = 0; i < 3; i++)
        if (missing[i].count && at < end)
            at += snprintf(at, (size_t)(end - at), ", %zu %s", missing[i].count,
                           missing[i].what);
    sdse_gnuplot_quote(text, out);
}

static void write_legend(const struct scene *scene, FILE *out) {
    for (size_t g = 0; g < scene->group_count; g++) {
        fprintf(out, ", \\\n     keyentry with points pt %d ps 1.4 lc rgb '%s' title ",
                sdse_palette_filled(g), sdse_palette_color(g));
        sdse_gnuplot_quote(scene->groups[g], out);
    }
    fprintf(out,
            ", \\\n     keyentry with points pt 6 ps 0.9 lc rgb '#555555' title "
            "'dominated'"
            ", \\\n     keyentry with lines lc rgb '#555555' lw 1.5 title '%s'",
            scene->panel_count > 1 ? "front of the two axes" : "front");
    if (scene->front.count > 1)
        fputs(", \\\n     keyentry with points pt 6 ps 2.6 lw 1.5 lc rgb 'black' title "
              "'knee'",
              out);
}

// The plot command of one panel, with the legend if it is the only one.
static void write_panel(const struct scene *scene, size_t p, FILE *out) {
    const struct panel *panel = &scene->panels[p];
    unsigned x = panel->a + 2, y = panel->b + 2; // columns
    unsigned group = scene->points.objectives + 2, front = group + 1;
    write_axis(scene, 'x', panel->a, out);
    write_axis(scene, 'y', panel->b, out);
    fprintf(out,
            "plot data index %zu using 1:2 with steps lc rgb '#555555' lw 1.5 "
            "notitle",
            p + 1);
    for (size_t g = 0; g < scene->group_count; g++) {
        fprintf(out,
                ", \\\n     data index 0 using ($%u == %zu && $%u == 0 ? $%u : NaN):%u "
                "with points pt %d ps 0.9 lc rgb '%s' notitle",
                group, g, front, x, y, sdse_palette_filled(g) - 1,
                sdse_palette_color(g));
    }
    for (size_t g = 0; g < scene->group_count; g++) {
        fprintf(out,
                ", \\\n     data index 0 using ($%u == %zu && $%u == 1 ? $%u : NaN):%u "
                "with points pt %d ps 1.4 lc rgb '%s' notitle",
                group, g, front, x, y, sdse_palette_filled(g), sdse_palette_color(g));
    }
    size_t knee = scene->front.index[scene->front.knee];
    if (scene->front.count > 1) {
        fprintf(
            out,
            ", \\\n     '+' every ::0::0 using (%.9g):(%.9g) with points pt 6 ps 2.6 "
            "lw 1.5 lc rgb 'black' notitle",
            scaled(scene, knee, panel->a), scaled(scene, knee, panel->b));
    }
    if (scene->panel_count == 1)
        write_legend(scene, out);
    fputc('\n', out);
}

static void write_script(const void *context, const struct sdse_plot_files *files,
                         FILE *out) {
    const struct scene *scene = context;
    bool three = scene->panel_count == 3;
    fputs("# Written by sdse; draw again with: gnuplot <this file>\n", out);
    sdse_gnuplot_terminal(files, 1600, three ? 1400 : 1000, out);
    fputs("set encoding utf8\nset datafile separator \"\\t\"\n", out);
    fputs("data = ", out);
    char name[512];
    snprintf(name, sizeof name, "./%s", files->data_name);
    sdse_gnuplot_quote(name, out);
    fputs("\nset border 3 lc rgb '#333333'\n"
          "set tics nomirror out scale 0.6\n"
          "set grid lc rgb '#cccccc' lw 0.5\n"
          "set format '%g'\n"
          "set offsets graph 0.06, graph 0.06, graph 0.08, graph 0.06\n",
          out);
    fputs(three ? "set multiplot layout 2,2 title " : "set title ", out);
    write_title(scene, out);
    fputs("\nset key outside right center vertical Left reverse samplen 1.5 spacing "
          "1.2\n",
          out);
    if (three)
        fputs("set key off\n", out);
    for (size_t p = 0; p < scene->panel_count; p++)
        write_panel(scene, p, out);
    if (three) { // the fourth place is for the legend
        fputs("unset border\nunset tics\nunset grid\nunset xlabel\nunset ylabel\n"
              "unset logscale\nset key center center vertical Left reverse samplen 1.5 "
              "spacing 1.3\n"
              "plot [0:1] [0:1] NaN notitle",
              out);
        write_legend(scene, out);
        fputs("\nunset multiplot\n", out);
    }
}

// ---- all of it ----

static const struct sdse_plot_writers writers = {write_data, write_script};

enum sdse_status sdse_plot_front(struct sdse_reader *reader,
                                 const struct sdse_front_plot *plot,
                                 struct sdse_arena *arena, struct sdse_diags *diags) {
    struct scene scene = {.plot = plot};
    struct sdse_plot_files files;
    enum sdse_status status =
        sdse_plot_files(plot->rules, plot->picture, arena, diags, &files);
    if (status == SDSE_OK)
        status = sdse_points_load(reader, &plot->filter, plot->metric, plot->objectives,
                                  arena, diags, &scene.points);
    if (status == SDSE_OK && scene.points.count == 0) {
        sdse_diag_add(
            diags, SDSE_ERROR, (struct sdse_loc){.file = files.picture}, "plot-empty",
            "no points to plot: %zu infeasible, %zu failed, "
            "%zu without an objective",
            scene.points.infeasible, scene.points.failed, scene.points.unknown);
        status = SDSE_INVALID;
    }
    if (status == SDSE_OK)
        status = sdse_front_compute(&scene.points, arena, &scene.front);
    if (status == SDSE_OK && !prepare(&scene, arena))
        status = SDSE_NO_MEMORY;
    return status == SDSE_OK ? sdse_gnuplot_draw(&writers, &scene, &files, arena, diags)
                             : status;
}
