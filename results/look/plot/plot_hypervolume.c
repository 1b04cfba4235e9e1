// How the front of a sweep grew: its hypervolume over the points in the order in which
// they were evaluated.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "results/look/draw/canvas.h"
#include "results/look/draw/labels.h"
#include "results/look/draw/marks.h"
#include "results/look/draw/names.h"
#include "results/look/plot/plot.h"
#include "results/look/plot/refusal.h"
#include "results/look/volume.h"
#include "results/store/database.h"

enum { MOST_FACETS = 24, LABEL_ROOM = 60 };

struct step {
    size_t points; // evaluated so far
    double share;  // of the box below the reference
};

// The points of one panel and one colour: after each that changed the volume, and at
// the end.
struct curve {
    size_t panel, point; // the last is one of them
    size_t count;
    struct step *steps;
};

// A point's place in the order.
struct place {
    int64_t turn;
    size_t index;
};

struct scene {
    const struct sdse_hypervolume_plot *plot;
    struct sdse_points points;
    struct sdse_front front;
    struct place *order; // [points.count]
    bool searched; // turns are the evaluations of a search, else numbers of points
    struct sdse_marks marks;
    struct sdse_aspect facet;
    size_t curve_count, panel_count;
    struct curve *curves;
    struct sdse_range x, y;
    struct sdse_canvas canvas;
    struct sdse_labels labels[MOST_FACETS];
};

// ---- the order ----

static int by_turn(const void *a, const void *b) {
    const int64_t x = ((const struct place *)a)->turn,
                  y = ((const struct place *)b)->turn;
    return (x > y) - (x < y);
}

// An evaluation of a search.
struct evaluation {
    size_t search; // 0, 1, … of those read
    int64_t point, number;
};

static int by_point(const void *a, const void *b) {
    const struct evaluation *x = a, *y = b;
    return (x->point > y->point) - (x->point < y->point);
}

// Those of all searches of the filter, the newest of each name unless a version is
// asked for: by search, then by point.
static int read_evaluations(sqlite3 *db, const struct scene *scene,
                            struct sdse_arena *arena, struct evaluation **found,
                            size_t *count) {
    const struct sdse_filter *filter = &scene->plot->filter;
    const char *last = "";
    size_t search = 0;
    sqlite3_stmt *row = NULL;
    int code = sdse_volume_register(db); // the view has it
    if (code == SQLITE_OK)
        code = sqlite3_prepare_v2(
            db,
            "SELECT sweep_hash, point_id, evaluation, count(*) OVER () FROM "
            "v_search_step"
            " WHERE (?1 IS NULL OR sweep = ?1) AND CASE ?2 WHEN 0 THEN newest ELSE "
            "version"
            " = ?2 END AND workload = ?3 ORDER BY sweep, sweep_hash, point_id",
            -1, &row, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_bind_text(row, 1, filter->sweep, -1, SQLITE_STATIC);
    if (code == SQLITE_OK)
        code = sqlite3_bind_int64(row, 2, (int64_t)filter->sweep_version);
    if (code == SQLITE_OK)
        code = sqlite3_bind_text(row, 3, scene->points.workload[0], -1, SQLITE_STATIC);
    while (code == SQLITE_OK && (code = sqlite3_step(row)) == SQLITE_ROW) {
        const char *text = (const char *)sqlite3_column_text(row, 0);
        const char *hash = text ? sdse_arena_strdup(arena, text) : NULL;
        if (!*found)
            *found = SDSE_ARENA_ARRAY(arena, struct evaluation,
                                      (size_t)sqlite3_column_int64(row, 3));
        code = hash && *found ? SQLITE_OK : SQLITE_NOMEM;
        if (code != SQLITE_OK)
            break;
        search += *count && strcmp(hash, last) != 0;
        last = hash;
        (*found)[(*count)++] = (struct evaluation){search, sqlite3_column_int64(row, 1),
                                                   sqlite3_column_int64(row, 2)};
    }
    sqlite3_finalize(row);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

// Gives all points their evaluations, if all are among these of one search.
static bool take_evaluations(struct scene *scene, const struct evaluation *found,
                             size_t count) {
    for (size_t i = 0; i < scene->points.count; i++) {
        const struct evaluation key = {.point = scene->points.point_id[i]};
        const struct evaluation *own =
            bsearch(&key, found, count, sizeof *found, by_point);
        if (!own)
            return false;
        scene->order[i] = (struct place){own->number, i};
    }
    return true;
}

// Where all points are of one search they come in the order of its evaluations, which
// count those without figures too; others in the order in which they were stored.
static int take_order(struct sdse_reader *reader, struct scene *scene,
                      struct sdse_arena *arena) {
    struct evaluation *found = NULL;
    size_t count = 0;
    const int code = read_evaluations(reader->db, scene, arena, &found, &count);
    for (size_t from = 0, to; from < count && !scene->searched; from = to) {
        for (to = from; to < count && found[to].search == found[from].search; to++)
            continue;
        scene->searched = take_evaluations(scene, &found[from], to - from);
    }
    for (size_t i = 0; !scene->searched && i < scene->points.count; i++)
        scene->order[i] = (struct place){scene->points.point_id[i], i};
    qsort(scene->order, scene->points.count, sizeof *scene->order, by_turn);
    return code;
}

// ---- the volume ----

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

static size_t panel_of(const struct scene *scene, size_t point) {
    return scene->plot->facet ? scene->facet.of[point] : 0;
}
static size_t colour_of(const struct scene *scene, size_t point) {
    return scene->plot->colour ? scene->marks.colour.of[point] : 0;
}

// Points so far count all that are drawn, whatever their curve; of a search, its
// evaluations.
static enum sdse_status take_curve(struct scene *scene, struct curve *curve,
                                   size_t *front, struct sdse_arena *arena) {
    const struct sdse_points *points = &scene->points;
    const size_t colour = colour_of(scene, curve->point);
    size_t front_count = 0;
    double box = 1, volume = 0;
    for (unsigned k = 0; k < points->objectives; k++)
        box *= scene->front.reference[k];
    curve->steps = SDSE_ARENA_ARRAY(arena, struct step, points->count + 1);
    enum sdse_status status = curve->steps ? SDSE_OK : SDSE_NO_MEMORY;
    for (size_t i = 0; status == SDSE_OK && i < points->count; i++) {
        const size_t point = scene->order[i].index;
        if (panel_of(scene, point) != curve->panel || colour_of(scene, point) != colour)
            continue;
        const double before = volume;
        if (take(points, point, front, &front_count))
            status =
                sdse_pareto_hypervolume(points->v, points->objectives, front,
                                        front_count, scene->front.reference, &volume);
        if (volume > before || curve->count == 0)
            curve->steps[curve->count++] = (struct step){
                scene->searched ? (size_t)scene->order[i].turn : i + 1, volume / box};
    }
    const size_t end =
        scene->searched ? (size_t)scene->order[points->count - 1].turn : points->count;
    if (status == SDSE_OK && end > curve->steps[curve->count - 1].points)
        curve->steps[curve->count++] = (struct step){end, volume / box};
    return status;
}

// A curve for each panel and colour that has points, by panel, then colour.
static enum sdse_status take_curves(struct scene *scene, struct sdse_arena *arena) {
    const struct sdse_points *points = &scene->points;
    const size_t colours = scene->plot->colour ? scene->marks.colour.count : 1;
    scene->panel_count = scene->plot->facet ? scene->facet.count : 1;
    size_t *front = SDSE_ARENA_ARRAY(arena, size_t, points->count);
    size_t *first = SDSE_ARENA_ARRAY(arena, size_t, colours * scene->panel_count);
    scene->curves = SDSE_ARENA_ARRAY(arena, struct curve, colours * scene->panel_count);
    if (!front || !first || !scene->curves)
        return SDSE_NO_MEMORY;
    for (size_t i = points->count; i-- > 0;) // the first point of each, plus one
        first[panel_of(scene, i) * colours + colour_of(scene, i)] = i + 1;
    enum sdse_status status = SDSE_OK;
    for (size_t c = 0; status == SDSE_OK && c < colours * scene->panel_count; c++) {
        if (!first[c])
            continue;
        struct curve *curve = &scene->curves[scene->curve_count++];
        *curve = (struct curve){.panel = c / colours, .point = first[c] - 1};
        status = take_curve(scene, curve, front, arena);
        for (size_t i = 0; status == SDSE_OK && i < curve->count; i++) {
            sdse_range_take(&scene->x, (double)curve->steps[i].points);
            sdse_range_take(&scene->y, curve->steps[i].share);
        }
    }
    return status;
}

// ---- layout ----

static struct sdse_axis axis_of(const struct scene *scene, char letter) {
    const struct sdse_range *range = letter == 'x' ? &scene->x : &scene->y;
    const struct sdse_canvas_wish *wish = &scene->canvas.wish;
    return (struct sdse_axis){
        .letter = letter,
        .label = letter == 'y'     ? "Hypervolume, share of the box"
                 : scene->searched ? "Evaluations of the search"
                                   : "Feasible points, in the order they were stored",
        .range = *range,
        .length_px = letter == 'x' ? wish->panel_width_px : wish->panel_height_px,
        .whole = letter == 'x',
        .log = scene->plot->log != SDSE_LOG_AUTO &&
               sdse_axis_is_log(scene->plot->log, letter, range)};
}

static const char *title_of(const struct scene *scene, struct sdse_arena *arena) {
    const struct sdse_points *points = &scene->points;
    const char *text =
        sdse_arena_printf(arena, "%s: hypervolume %.4g of the box below",
                          points->workload[0], scene->front.hypervolume_fraction);
    for (unsigned k = 0; text && k < points->objectives; k++) {
        const struct sdse_scale scale =
            sdse_metric_scale(points->metric[k], scene->front.reference[k]);
        text = sdse_arena_printf(arena, "%s%s %s %.4g%s%s", text, k ? "," : "",
                                 sdse_metric_info(points->metric[k])->name,
                                 scene->front.reference[k] * scale.factor,
                                 *scale.unit ? " " : "", scale.unit);
    }
    return text;
}

// Numbers at the ends of curves whose colours repeat.
static bool place_numbers(struct scene *scene, size_t panel, struct sdse_arena *arena) {
    const struct sdse_labels_frame frame = {
        .x = axis_of(scene, 'x'), .y = axis_of(scene, 'y'), .beyond_px = LABEL_ROOM};
    struct sdse_labels *labels = &scene->labels[panel];
    if (!sdse_labels_begin(labels, &frame, scene->curve_count, arena))
        return false;
    for (size_t c = 0; c < scene->curve_count; c++) {
        const struct curve *curve = &scene->curves[c];
        const struct step *end = &curve->steps[curve->count - 1];
        const char *text =
            sdse_arena_printf(arena, "%zu", colour_of(scene, curve->point) + 1);
        if (!text)
            return false;
        if (curve->panel == panel)
            sdse_labels_add(labels, (double)end->points, end->share, text);
    }
    return true;
}

static bool lay_out(struct scene *scene, struct sdse_arena *arena) {
    const bool numbered = scene->plot->colour && scene->marks.numbered;
    struct sdse_canvas_wish wish = {
        .title = title_of(scene, arena),
        .above_px = scene->plot->facet ? 40 : 0,
        .right_px =
            (scene->plot->colour && scene->marks.scale ? SDSE_MARKS_SCALE_PX : 0u) +
            (numbered ? LABEL_ROOM : 0u)};
    sdse_canvas_split(&wish, scene->panel_count);
    if (scene->plot->colour)
        sdse_marks_legend(&scene->marks, &wish.legend, arena);
    if (!wish.title || !sdse_canvas_plan(&scene->canvas, &wish, arena))
        return false;
    for (size_t p = 0; numbered && p < scene->panel_count; p++)
        if (!place_numbers(scene, p, arena))
            return false;
    return true;
}

// ---- data and script ----

// A block for each curve; then the numbers of each panel that has some.
static enum sdse_status write_data(const void *context, struct sdse_arena *arena,
                                   FILE *out) {
    (void)arena;
    const struct scene *scene = context;
    fputs("# points\thypervolume, of the box below the reference\n", out);
    for (size_t c = 0; c < scene->curve_count; c++) {
        const struct curve *curve = &scene->curves[c];
        if (c)
            fputs("\n\n", out);
        if (scene->plot->facet)
            fprintf(out, "# where %s is %s\n", scene->facet.path,
                    scene->facet.names[curve->panel]);
        if (scene->plot->colour)
            fprintf(out, "# %s %s\n", scene->marks.colour.path,
                    scene->marks.colour.names[colour_of(scene, curve->point)]);
        for (size_t i = 0; i < curve->count; i++)
            fprintf(out, "%zu\t%.9g\n", curve->steps[i].points, curve->steps[i].share);
    }
    for (size_t p = 0; p < scene->panel_count; p++) {
        if (!scene->labels[p].count)
            continue;
        fputs("\n\n# numbers\n", out);
        sdse_labels_write(&scene->labels[p], out);
    }
    return SDSE_OK;
}

static void write_panel(const struct scene *scene, size_t panel, size_t *labels_block,
                        FILE *out) {
    sdse_canvas_panel(&scene->canvas, (unsigned)panel, out);
    for (const char *letter = "xy"; *letter; letter++) {
        const struct sdse_axis axis = axis_of(scene, *letter);
        sdse_axis_write(&axis, out);
    }
    if (scene->plot->facet)
        sdse_canvas_heading(scene->facet.path, scene->facet.names[panel], out);
    const char *before = "plot ";
    for (size_t c = 0; c < scene->curve_count; c++) {
        const struct curve *curve = &scene->curves[c];
        char color[8];
        if (curve->panel != panel)
            continue;
        int type = sdse_palette_filled(0);
        snprintf(color, sizeof color, "%s", sdse_palette_color(scene->plot->theme, 0));
        if (scene->plot->colour) {
            sdse_marks_color(&scene->marks, curve->point, color);
            type = sdse_marks_type(&scene->marks, curve->point);
        }
        fprintf(out,
                "%sdata index %zu using 1:2 with steps lc rgb '%s' lw 2 notitle, \\\n"
                "     data index %zu using 1:2 with points pt %d ps 0.8 lc rgb '%s' "
                "notitle",
                before, c, color, c, type, color);
        before = ", \\\n     ";
    }
    if (scene->labels[panel].count)
        sdse_labels_draw((*labels_block)++, sdse_theme(scene->plot->theme)->text, out);
    if (panel == 0 && scene->plot->colour && scene->marks.scale)
        sdse_marks_carrier(&scene->marks, 1, 2, out);
    fputc('\n', out);
}

static void write_script(const void *context, const struct sdse_plot_files *files,
                         FILE *out) {
    const struct scene *scene = context;
    size_t labels_block = scene->curve_count;
    sdse_canvas_begin(&scene->canvas, files, out);
    if (scene->plot->colour && scene->marks.scale)
        sdse_marks_scale(&scene->marks, &scene->canvas, out);
    for (size_t p = 0; p < scene->panel_count; p++)
        write_panel(scene, p, &labels_block, out);
    sdse_canvas_end(&scene->canvas, out);
}

// ---- all of it ----

static enum sdse_status load_aspects(struct scene *scene, struct sdse_reader *reader,
                                     struct sdse_arena *arena,
                                     struct sdse_diags *diags) {
    const struct sdse_hypervolume_plot *plot = scene->plot;
    struct sdse_aspect colour;
    enum sdse_status status = SDSE_OK;
    if (plot->colour)
        status = sdse_aspect_load(reader, &scene->points, plot->colour, arena, diags,
                                  &colour);
    if (plot->colour && status == SDSE_OK)
        sdse_marks_plan(&scene->marks, plot->theme, &colour, NULL);
    if (!plot->facet)
        return status;
    const enum sdse_status loaded = sdse_aspect_load(
        reader, &scene->points, plot->facet, arena, diags, &scene->facet);
    if (status == SDSE_OK && loaded == SDSE_OK)
        return sdse_plot_facets(plot->picture, &scene->facet, MOST_FACETS, diags);
    return status == SDSE_OK ? loaded : status;
}

enum sdse_status sdse_plot_hypervolume(struct sdse_reader *reader,
                                       const struct sdse_hypervolume_plot *plot,
                                       struct sdse_arena *arena,
                                       struct sdse_diags *diags) {
    static const struct sdse_plot_writers writers = {write_data, write_script};
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
    if (status == SDSE_OK && !scene->points.count)
        status = sdse_plot_no_points(reader, &scene->points, arena, diags);
    if (status == SDSE_OK)
        status = sdse_front_compute(&scene->points, arena, &scene->front);
    if (status == SDSE_OK)
        status = load_aspects(scene, reader, arena, diags);
    if (status != SDSE_OK)
        return status;
    scene->order = SDSE_ARENA_ARRAY(arena, struct place, scene->points.count);
    if (!scene->order)
        return SDSE_NO_MEMORY;
    const int code = take_order(reader, scene, arena);
    if (code != SQLITE_OK)
        return sdse_database_refuse(reader->db, code,
                                    sqlite3_db_filename(reader->db, "main"), diags);
    status = take_curves(scene, arena);
    if (status == SDSE_OK && !lay_out(scene, arena))
        status = SDSE_NO_MEMORY;
    if (status != SDSE_OK)
        return status;
    files.theme = plot->theme;
    return sdse_gnuplot_draw(&writers, scene, &files, arena, diags);
}
