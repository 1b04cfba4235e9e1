// The front plot: data, script, picture.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "results/look/draw/canvas.h"
#include "results/look/draw/labels.h"
#include "results/look/draw/marks.h"
#include "results/look/draw/names.h"
#include "results/look/plot/plot.h"
#include "results/look/plot/refusal.h"

// Columns of the data: the point, its objectives, and these.
enum { FRONT, PANEL, TYPE, COLOR, VALUE, COLUMNS };
enum { MOST_FACETS = 24, MANY_POINTS = 1000, LABEL_ROOM = 120, KNEE_PX = 17 };

// What one panel shows: objectives a (x) and b (y) of the points of a facet.
struct panel {
    unsigned a, b;
    size_t facet;
    size_t *front, front_count; // of its two objectives and its points, by x
    size_t marked, quiet;       // its points on the front, and beside it
};

struct scene {
    const struct sdse_front_plot *plot;
    struct sdse_points points;
    struct sdse_front front; // of all points and objectives
    bool *on_front;          // of all; with facets: of the point's own panel
    size_t front_count;      // of these
    struct sdse_scale scale[SDSE_MOST_OBJECTIVES];
    struct sdse_range range[SDSE_MOST_OBJECTIVES];
    struct sdse_marks marks;
    struct sdse_aspect shape, facet, label;
    struct panel panels[MOST_FACETS];
    size_t panel_count;
    struct sdse_canvas canvas;
    struct sdse_labels labels[MOST_FACETS];
};

static double scaled(const struct scene *scene, size_t point, unsigned k) {
    return scene->points.v[point * scene->points.objectives + k] *
           scene->scale[k].factor;
}

static size_t facet_of(const struct scene *scene, size_t point) {
    return scene->plot->facet ? scene->facet.of[point] : 0;
}

static bool is_log(const struct scene *scene, char axis, unsigned k) {
    return sdse_axis_is_log(scene->plot->log, axis, &scene->range[k]);
}

static bool has_knee(const struct scene *scene) {
    return scene->front.count > 1 && !scene->plot->facet;
}

static struct sdse_axis axis_of(const struct scene *scene, const struct panel *panel,
                                char letter) {
    const struct sdse_canvas_wish *wish = &scene->canvas.wish;
    const unsigned k = letter == 'x' ? panel->a : panel->b;
    return (struct sdse_axis){.letter = letter,
                              .label = scene->scale[k].title,
                              .range = scene->range[k],
                              .log = is_log(scene, letter, k),
                              .length_px = letter == 'x' ? wish->panel_width_px
                                                         : wish->panel_height_px};
}

// ---- what is drawn ----

static enum sdse_status take_panel(struct scene *scene, struct panel *panel,
                                   struct sdse_arena *arena) {
    const size_t count = scene->points.count;
    double *pair = SDSE_ARENA_ARRAY(arena, double, 2 * count + 1);
    size_t *of = SDSE_ARENA_ARRAY(arena, size_t, count + 1), own = 0;
    panel->front = SDSE_ARENA_ARRAY(arena, size_t, count + 1);
    if (!pair || !of || !panel->front)
        return SDSE_NO_MEMORY;
    for (size_t i = 0; i < count; i++) {
        if (facet_of(scene, i) != panel->facet)
            continue;
        const double *v = &scene->points.v[i * scene->points.objectives];
        pair[2 * own] = v[panel->a];
        pair[2 * own + 1] = v[panel->b];
        of[own++] = i;
    }
    const enum sdse_status status =
        sdse_pareto_front(pair, own, 2, panel->front, &panel->front_count);
    for (size_t i = 0; status == SDSE_OK && i < panel->front_count; i++) {
        panel->front[i] = of[panel->front[i]];
        if (scene->plot->facet)
            scene->on_front[panel->front[i]] = true;
    }
    return status;
}

static enum sdse_status take_panels(struct scene *scene, struct sdse_arena *arena) {
    static const struct panel three[] = {
        {.a = 0, .b = 1}, {.a = 0, .b = 2}, {.a = 2, .b = 1}};
    scene->panel_count = scene->points.objectives == 3 ? 3
                         : scene->plot->facet          ? scene->facet.count
                                                       : 1;
    enum sdse_status status = SDSE_OK;
    for (size_t p = 0; status == SDSE_OK && p < scene->panel_count; p++) {
        scene->panels[p] =
            scene->plot->facet ? (struct panel){.a = 0, .b = 1, .facet = p} : three[p];
        status = take_panel(scene, &scene->panels[p], arena);
    }
    for (size_t i = 0; i < scene->points.count; i++) {
        scene->front_count += scene->on_front[i];
        for (size_t p = 0; p < scene->panel_count; p++)
            if (scene->panels[p].facet == facet_of(scene, i))
                ++*(scene->on_front[i] ? &scene->panels[p].marked
                                       : &scene->panels[p].quiet);
    }
    return status;
}

// ---- title ----

// Points that a logarithmic axis has no place for.
static size_t unshown(const struct scene *scene) {
    size_t count = 0;
    for (size_t i = 0; i < scene->points.count; i++) {
        bool lost = false;
        for (size_t p = 0; p < scene->panel_count; p++) {
            const struct panel *panel = &scene->panels[p];
            lost = lost ||
                   (is_log(scene, 'x', panel->a) && scaled(scene, i, panel->a) <= 0) ||
                   (is_log(scene, 'y', panel->b) && scaled(scene, i, panel->b) <= 0);
        }
        count += lost;
    }
    return count;
}

static const char *title_of(const struct scene *scene, struct sdse_arena *arena) {
    const struct sdse_points *points = &scene->points;
    const char *names = sdse_names_shared(points, arena);
    const char *text =
        names ? sdse_arena_printf(arena, "%s: %zu point%s, %zu on the front%s", names,
                                  points->count, points->count == 1 ? "" : "s",
                                  scene->front_count,
                                  scene->plot->facet ? "s of the panels" : "")
              : NULL;
    const struct {
        size_t count;
        const char *what;
    } missing[] = {{points->infeasible, "infeasible"},
                   {points->failed, "failed"},
                   {points->unknown, "without an objective"},
                   {unshown(scene), "not above zero, which a logarithmic axis lacks"}};
    for (size_t i = 0; text && i < sizeof missing / sizeof *missing; i++)
        if (missing[i].count)
            text = sdse_arena_printf(arena, "%s, %zu %s", text, missing[i].count,
                                     missing[i].what);
    return text;
}

// ---- labels ----

static const char *label_of(const struct scene *scene, size_t point,
                            struct sdse_arena *arena) {
    if (scene->plot->label)
        return scene->label.names[scene->label.of[point]];
    return sdse_arena_printf(arena, "%zu", scene->marks.colour.of[point] + 1);
}

// The panel's marks, the knee's ring and the staircase.
static void avoid_marks(const struct scene *scene, const struct panel *panel,
                        struct sdse_labels *labels) {
    for (size_t i = 0; i < scene->points.count; i++)
        if (facet_of(scene, i) == panel->facet)
            sdse_labels_mark(labels, scaled(scene, i, panel->a),
                             scaled(scene, i, panel->b), SDSE_LABELS_MARK_PX);
    if (has_knee(scene)) {
        const size_t knee = scene->front.index[scene->front.knee];
        sdse_labels_mark(labels, scaled(scene, knee, panel->a),
                         scaled(scene, knee, panel->b), KNEE_PX);
    }
    for (size_t i = 1; i < panel->front_count; i++) {
        const size_t from = panel->front[i - 1], to = panel->front[i];
        const double x = scaled(scene, to, panel->a);
        const double y = scaled(scene, from, panel->b);
        sdse_labels_line(labels, scaled(scene, from, panel->a), y, x, y);
        sdse_labels_line(labels, x, y, x, scaled(scene, to, panel->b));
    }
}

static bool place_labels(struct scene *scene, size_t p, struct sdse_arena *arena) {
    const struct panel *panel = &scene->panels[p];
    const struct sdse_labels_frame frame = {
        .x = axis_of(scene, panel, 'x'),
        .y = axis_of(scene, panel, 'y'),
        .beyond_px = scene->plot->label && scene->panel_count == 1 ? LABEL_ROOM : 20};
    if (!sdse_labels_begin(&scene->labels[p], &frame, scene->points.count, arena))
        return false;
    avoid_marks(scene, panel, &scene->labels[p]);
    for (size_t i = 0; i < scene->points.count; i++) {
        if (!scene->on_front[i] || facet_of(scene, i) != panel->facet)
            continue;
        const char *text = label_of(scene, i, arena);
        if (!text)
            return false;
        sdse_labels_add(&scene->labels[p], scaled(scene, i, panel->a),
                        scaled(scene, i, panel->b), text);
    }
    return true;
}

// ---- preparation ----

static void add_legend(const struct scene *scene, struct sdse_legend *legend,
                       struct sdse_arena *arena) {
    const struct sdse_theme *theme = sdse_theme(scene->plot->theme);
    sdse_marks_legend(&scene->marks, legend, arena);
    sdse_legend_add(legend, arena, SDSE_LEGEND_POINT, 6,
                    scene->points.count > MANY_POINTS ? 0.5 : 0.9, theme->quiet,
                    "dominated");
    sdse_legend_add(legend, arena, SDSE_LEGEND_LINE, 0, 0, theme->quiet,
                    scene->plot->facet       ? "front of the panel"
                    : scene->panel_count > 1 ? "front of the two axes"
                                             : "front");
    if (has_knee(scene))
        sdse_legend_add(legend, arena, SDSE_LEGEND_POINT, 6, 2.2, theme->strong,
                        "knee");
}

static bool lay_out(struct scene *scene, struct sdse_arena *arena) {
    struct sdse_canvas_wish wish = {
        .title = title_of(scene, arena),
        .above_px = scene->plot->facet ? 40 : 0,
        .right_px = (scene->marks.scale ? SDSE_MARKS_SCALE_PX : 0u) +
                    (scene->plot->label ? LABEL_ROOM : 0u)};
    sdse_canvas_split(&wish, scene->panel_count);
    add_legend(scene, &wish.legend, arena);
    return wish.title && sdse_canvas_plan(&scene->canvas, &wish, arena);
}

static enum sdse_status load_aspects(struct scene *scene, struct sdse_reader *reader,
                                     struct sdse_arena *arena,
                                     struct sdse_diags *diags) {
    const struct sdse_front_plot *plot = scene->plot;
    struct sdse_aspect colour;
    const struct {
        const char *path;
        struct sdse_aspect *aspect;
    } asked[] = {{plot->colour ? plot->colour : "arch", &colour},
                 {plot->shape, &scene->shape},
                 {plot->facet, &scene->facet},
                 {plot->label, &scene->label}};
    enum sdse_status status = SDSE_OK;
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
        if (!asked[i].path)
            continue;
        const enum sdse_status loaded = sdse_aspect_load(
            reader, &scene->points, asked[i].path, arena, diags, asked[i].aspect);
        status = status == SDSE_OK ? loaded : status;
    }
    if (status != SDSE_OK)
        return status;
    if (plot->shape)
        status = sdse_plot_shapes(plot->picture, &scene->shape, diags);
    if (status != SDSE_OK)
        return status;
    sdse_marks_plan(&scene->marks, plot->theme, &colour,
                    plot->shape ? &scene->shape : NULL);
    return plot->facet
               ? sdse_plot_facets(plot->picture, &scene->facet, MOST_FACETS, diags)
               : SDSE_OK;
}

static enum sdse_status prepare(struct scene *scene, struct sdse_reader *reader,
                                struct sdse_arena *arena, struct sdse_diags *diags) {
    const struct sdse_points *points = &scene->points;
    scene->on_front = SDSE_ARENA_ARRAY(arena, bool, points->count + 1);
    if (!scene->on_front)
        return SDSE_NO_MEMORY;
    for (size_t i = 0; !scene->plot->facet && i < scene->front.count; i++)
        scene->on_front[scene->front.index[i]] = true;
    for (unsigned k = 0; k < points->objectives; k++) {
        scene->scale[k] = sdse_points_scale(points, k);
        for (size_t i = 0; i < points->count; i++)
            sdse_range_take(&scene->range[k], scaled(scene, i, k));
    }
    enum sdse_status status = load_aspects(scene, reader, arena, diags);
    if (status == SDSE_OK)
        status = take_panels(scene, arena);
    if (status == SDSE_OK && !lay_out(scene, arena))
        status = SDSE_NO_MEMORY;
    for (size_t p = 0; status == SDSE_OK && p < scene->panel_count; p++)
        if ((scene->plot->label || scene->marks.numbered) &&
            !place_labels(scene, p, arena))
            status = SDSE_NO_MEMORY;
    return status;
}

// ---- data ----

static void write_point(const struct scene *scene, size_t i, FILE *out) {
    const struct sdse_points *points = &scene->points;
    const bool on_front = scene->on_front[i];
    char color[8];
    sdse_marks_color(&scene->marks, i, color);
    fprintf(out, "%lld", (long long)points->point_id[i]);
    for (unsigned k = 0; k < points->objectives; k++)
        fprintf(out, "\t%.9g", scaled(scene, i, k));
    fprintf(out, "\t%d\t%zu\t%d\t0x%s\t", on_front, facet_of(scene, i),
            sdse_marks_type(&scene->marks, i) - !on_front, color + 1);
    const char *texts[] = {scene->marks.colour.names[scene->marks.colour.of[i]],
                           points->arch[i], points->form[i], points->parameters[i]};
    for (size_t t = 0; t < sizeof texts / sizeof *texts; t++) {
        sdse_gnuplot_field(texts[t], out);
        fputc(t + 1 < sizeof texts / sizeof *texts ? '\t' : '\n', out);
    }
}

// Block 0: all points. Then, per panel, the front of its two objectives, by x, and its
// labels.
static enum sdse_status write_data(const void *context, struct sdse_arena *arena,
                                   FILE *out) {
    (void)arena;
    const struct scene *scene = context;
    fputs("# point", out);
    for (unsigned k = 0; k < scene->points.objectives; k++)
        fprintf(out, "\t%s", scene->scale[k].title);
    fprintf(out, "\ton front\tpanel\ttype\tcolour\t%s\tarch\tform\tparameters\n",
            scene->marks.colour.path);
    for (size_t i = 0; i < scene->points.count; i++)
        write_point(scene, i, out);
    for (size_t p = 0; p < scene->panel_count; p++) {
        const struct panel *panel = &scene->panels[p];
        fprintf(out, "\n\n# front of %s and %s", scene->scale[panel->a].title,
                scene->scale[panel->b].title);
        if (scene->plot->facet)
            fprintf(out, " where %s is %s", scene->plot->facet,
                    scene->facet.names[panel->facet]);
        fputc('\n', out);
        for (size_t i = 0; i < panel->front_count; i++)
            fprintf(out, "%.9g\t%.9g\n", scaled(scene, panel->front[i], panel->a),
                    scaled(scene, panel->front[i], panel->b));
        if (scene->labels[p].count) {
            fputs("\n\n# labels\n", out);
            sdse_labels_write(&scene->labels[p], out);
        }
    }
    return SDSE_OK;
}

// ---- script ----

static size_t front_block(const struct scene *scene, size_t p) {
    size_t block = 1;
    for (size_t i = 0; i < p; i++)
        block += scene->labels[i].count ? 2 : 1;
    return block;
}

static void write_points(const struct scene *scene, const struct panel *panel,
                         bool on_front, FILE *out) {
    const unsigned after = scene->points.objectives + 2;
    const bool many = scene->points.count > MANY_POINTS;
    fprintf(out, "data index 0 using ($%u == %d", after + FRONT, on_front);
    if (scene->plot->facet)
        fprintf(out, " && $%u == %zu", after + PANEL, panel->facet);
    fprintf(out, " ? $%u : NaN):%u:%u:%u with points pt variable ps %s lc rgb variable",
            panel->a + 2, panel->b + 2, after + TYPE, after + COLOR,
            on_front ? (many ? "1.0" : "1.4")
            : many   ? "0.5"
                     : "0.9");
    fputs(" notitle", out);
}

// The plot command of one panel.
static void write_panel(const struct scene *scene, size_t p, FILE *out) {
    const struct sdse_theme *theme = sdse_theme(scene->plot->theme);
    const struct panel *panel = &scene->panels[p];
    sdse_canvas_panel(&scene->canvas, (unsigned)p, out);
    for (const char *letter = "xy"; *letter; letter++) {
        const struct sdse_axis axis = axis_of(scene, panel, *letter);
        sdse_axis_write(&axis, out);
    }
    if (scene->plot->facet)
        sdse_canvas_heading(scene->plot->facet, scene->facet.names[panel->facet], out);
    fputs("plot ", out);
    if (panel->quiet) {
        write_points(scene, panel, false, out);
        fputs(", \\\n     ", out);
    }
    const size_t block = front_block(scene, p);
    fprintf(out, "data index %zu using 1:2 with steps lc rgb '%s' lw 1.5 notitle",
            block, theme->quiet);
    if (panel->marked) {
        fputs(", \\\n     ", out);
        write_points(scene, panel, true, out);
    }
    if (has_knee(scene)) {
        const size_t knee = scene->front.index[scene->front.knee];
        fprintf(out,
                ", \\\n     '+' every ::0::0 using (%.9g):(%.9g) with points pt 6 ps "
                "2.6 lw 1.5 lc rgb '%s' notitle",
                scaled(scene, knee, panel->a), scaled(scene, knee, panel->b),
                theme->strong);
    }
    if (scene->labels[p].count)
        sdse_labels_draw(block + 1, theme->text, out);
    if (p == 0 && scene->marks.scale)
        sdse_marks_carrier(&scene->marks, panel->a + 2, panel->b + 2, out);
    fputc('\n', out);
}

static void write_script(const void *context, const struct sdse_plot_files *files,
                         FILE *out) {
    const struct scene *scene = context;
    const struct sdse_canvas *canvas = &scene->canvas;
    sdse_canvas_begin(canvas, files, out);
    if (scene->marks.scale)
        sdse_marks_scale(&scene->marks, canvas, out);
    for (size_t p = 0; p < scene->panel_count; p++)
        write_panel(scene, p, out);
    sdse_canvas_end(canvas, out);
}

// ---- all of it ----

static const struct sdse_plot_writers writers = {write_data, write_script};

enum sdse_status sdse_plot_front(struct sdse_reader *reader,
                                 const struct sdse_front_plot *plot,
                                 struct sdse_arena *arena, struct sdse_diags *diags) {
    struct scene *scene = SDSE_ARENA_ARRAY(arena, struct scene, 1);
    struct sdse_plot_files files;
    if (!scene)
        return SDSE_NO_MEMORY;
    scene->plot = plot;
    enum sdse_status status =
        sdse_plot_files(plot->rules, plot->picture, arena, diags, &files);
    if (status == SDSE_OK)
        status = sdse_points_load(reader, &plot->filter, plot->metric, plot->objectives,
                                  arena, diags, &scene->points);
    if (status == SDSE_OK && scene->points.count == 0)
        status = sdse_plot_no_points(reader, &scene->points, arena, diags);
    if (status == SDSE_OK)
        status = sdse_front_compute(&scene->points, arena, &scene->front);
    if (status == SDSE_OK)
        status = prepare(scene, reader, arena, diags);
    if (status != SDSE_OK)
        return status;
    files.theme = plot->theme;
    return sdse_gnuplot_draw(&writers, scene, &files, arena, diags);
}
