// The roofline of one point: what each layer attains against what the multipliers and
// the outermost memory would allow.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "results/look/draw/canvas.h"
#include "results/look/draw/labels.h"
#include "results/look/draw/marks.h"
#include "results/look/plot/cycles.h"
#include "results/look/plot/layer_aspect.h"
#include "results/look/plot/plot.h"
#include "results/look/plot/refusal.h"
#include "results/store/database.h"

enum { LABEL_ROOM = 160, MOST_FACETS = 24 }; // the first beside a panel

// A layer that multiplies.
struct dot {
    const char *layer, *setter;
    size_t of; // its number among the layers that take time; then among the dots
    double x;  // operations per byte of the outermost memory
    double y;  // operations per second, in Gop/s
    double cycles;
};

struct scene {
    const struct sdse_roofline_plot *plot;
    size_t count;
    struct dot *dots;
    double peak_gops, bandwidth_gbs; // bandwidth 0: no limit is given
    struct sdse_range x, y;
    enum sdse_plot_log log;
    struct sdse_marks marks;
    struct sdse_aspect shape, facet, label;
    size_t panel_count;
    struct sdse_canvas canvas;
    struct sdse_labels labels[MOST_FACETS];
};

static size_t panel_of(const struct scene *scene, const struct dot *dot) {
    return scene->plot->facet ? scene->facet.of[dot->of] : 0;
}

// ---- roofs ----

// Two operations for each MAC, all multipliers busy.
static double peak_gops(const struct sdse_arch *arch) {
    return 2 * (double)sdse_arch_instances(arch, arch->level_count) /
           arch->compute.cycles_per_mac * arch->clock_ghz;
}

// Everything that the ports of the outermost memory carry together; 0: one has no
// limit.
static double bandwidth_gbs(const struct sdse_arch *arch) {
    const struct sdse_level *outer = &arch->level[0];
    double bits = 0;
    bool limited = false;
    const struct sdse_number *ports[] = {&outer->read_bits_per_cycle,
                                         &outer->write_bits_per_cycle};
    for (int p = 0; p < SDSE_PORTS; p++)
        for (int t = 0; t < SDSE_PORT_USERS; t++)
            if (outer->own_bits_per_cycle[p][t].given)
                bits += outer->own_bits_per_cycle[p][t].value;
    if (outer->shared_bits_per_cycle.given) {
        bits += outer->shared_bits_per_cycle.value;
        limited = true;
    } else if (ports[0]->given && ports[1]->given) {
        bits += ports[0]->value + ports[1]->value;
        limited = true;
    }
    return limited ? bits / 8 * arch->clock_ghz : 0;
}

static double roof(const struct scene *scene, double x) {
    return scene->bandwidth_gbs > 0 ? fmin(scene->peak_gops, x * scene->bandwidth_gbs)
                                    : scene->peak_gops;
}

// Where the drawn roof begins, bends and ends; how many these are.
enum { CORNERS = 3 };
static size_t roof_corners(const struct scene *scene, double x[CORNERS]) {
    size_t count = 0;
    x[count++] = scene->x.least / 4;
    if (scene->bandwidth_gbs > 0)
        x[count++] = scene->peak_gops / scene->bandwidth_gbs;
    x[count++] = scene->x.greatest * 4;
    return count;
}

static struct sdse_axis axis_of(const struct scene *scene, char letter) {
    const struct sdse_range *range = letter == 'x' ? &scene->x : &scene->y;
    return (struct sdse_axis){
        .letter = letter,
        .label = letter == 'x' ? "Operations per byte of the outermost memory"
                               : "Attained [Gop/s]",
        .range = *range,
        .log = sdse_axis_is_log(scene->log, letter, range),
        .length_px = letter == 'x' ? scene->canvas.wish.panel_width_px
                                   : scene->canvas.wish.panel_height_px};
}

// ---- layers ----

static int by_cycles(const void *a, const void *b) {
    const struct dot *x = a, *y = b;
    return x->cycles != y->cycles ? (x->cycles < y->cycles) - (x->cycles > y->cycles)
                                  : strcmp(x->layer, y->layer);
}

// Operations per byte, layer by layer, into the dots that sdse_cycles_load named.
static int read_intensity(struct sdse_reader *reader, struct scene *scene,
                          const struct sdse_layer_cycles *layers, size_t count,
                          double seconds) {
    sqlite3_stmt *row = NULL;
    int code = sqlite3_prepare_v2(reader->db,
                                  "SELECT ops_per_dram_byte FROM v_layer WHERE point_id"
                                  " = ?1 AND latency_cycles > 0 ORDER BY layer_index",
                                  -1, &row, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_bind_int64(row, 1, scene->plot->point_id);
    for (size_t i = 0; code == SQLITE_OK && i < count; i++) {
        code = sqlite3_step(row);
        if (code != SQLITE_ROW)
            break;
        code = SQLITE_OK;
        if (sqlite3_column_type(row, 0) == SQLITE_NULL)
            continue;
        scene->dots[scene->count++] =
            (struct dot){layers[i].name,
                         layers[i].setter,
                         i,
                         sqlite3_column_double(row, 0),
                         2 * layers[i].macs / (layers[i].latency * seconds) * 1e-9,
                         layers[i].latency};
    }
    sqlite3_finalize(row);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

// ---- layout ----

static const char *title_of(const struct scene *scene, struct sdse_arena *arena) {
    const char *owner = scene->plot->owner;
    return scene->bandwidth_gbs > 0
               ? sdse_arena_printf(arena,
                                   "Roofline, peak %.4g Gop/s, outermost memory "
                                   "%.4g GB/s: %s",
                                   scene->peak_gops, scene->bandwidth_gbs, owner)
               : sdse_arena_printf(arena,
                                   "Roofline, peak %.4g Gop/s, outermost memory "
                                   "without a limit: %s",
                                   scene->peak_gops, owner);
}

static bool place_labels(struct scene *scene, size_t panel, struct sdse_arena *arena) {
    struct sdse_labels *labels = &scene->labels[panel];
    const struct sdse_labels_frame frame = {
        .x = axis_of(scene, 'x'),
        .y = axis_of(scene, 'y'),
        .beyond_px = scene->panel_count == 1 ? LABEL_ROOM : 20};
    if (!sdse_labels_begin(labels, &frame, scene->count, arena))
        return false;
    for (size_t i = 0; i < scene->count; i++)
        if (panel_of(scene, &scene->dots[i]) == panel)
            sdse_labels_mark(labels, scene->dots[i].x, scene->dots[i].y,
                             SDSE_LABELS_MARK_PX);
    double corner[CORNERS];
    const size_t corners = roof_corners(scene, corner);
    for (size_t i = 1; i < corners; i++)
        sdse_labels_line(labels, corner[i - 1], roof(scene, corner[i - 1]), corner[i],
                         roof(scene, corner[i]));
    for (size_t i = 0; i < scene->count; i++) {
        const struct dot *dot = &scene->dots[i];
        if (panel_of(scene, dot) == panel)
            sdse_labels_add(labels, dot->x, dot->y,
                            scene->plot->label
                                ? scene->label.names[scene->label.of[dot->of]]
                                : dot->layer);
    }
    return true;
}

static bool lay_out(struct scene *scene, struct sdse_arena *arena) {
    for (size_t i = 0; i < scene->count; i++) {
        sdse_range_take(&scene->x, scene->dots[i].x);
        sdse_range_take(&scene->y, scene->dots[i].y);
    }
    if (scene->bandwidth_gbs > 0) // the ridge is always seen
        sdse_range_take(&scene->x, scene->peak_gops / scene->bandwidth_gbs);
    sdse_range_take(&scene->y, scene->peak_gops);
    scene->panel_count = scene->plot->facet ? scene->facet.count : 1;
    struct sdse_canvas_wish wish = {
        .title = title_of(scene, arena),
        .above_px = scene->plot->facet ? 40 : 0,
        .right_px =
            LABEL_ROOM + (scene->marks.scale ? (unsigned)SDSE_MARKS_SCALE_PX : 0u)};
    sdse_canvas_split(&wish, scene->panel_count);
    sdse_marks_legend(&scene->marks, &wish.legend, arena);
    sdse_legend_add(&wish.legend, arena, SDSE_LEGEND_LINE, 0, 0,
                    sdse_theme(scene->plot->theme)->strong, "roof");
    if (!wish.title || !sdse_canvas_plan(&scene->canvas, &wish, arena))
        return false;
    for (size_t p = 0; p < scene->panel_count; p++)
        if (!place_labels(scene, p, arena))
            return false;
    return true;
}

static enum sdse_status load_aspects(struct scene *scene, struct sdse_reader *reader,
                                     const struct sdse_layer_cycles *layers,
                                     struct sdse_arena *arena,
                                     struct sdse_diags *diags) {
    const struct sdse_roofline_plot *plot = scene->plot;
    struct sdse_aspect colour;
    const struct {
        const char *path;
        struct sdse_aspect *aspect;
    } asked[] = {{plot->colour ? plot->colour : "set_by", &colour},
                 {plot->shape, &scene->shape},
                 {plot->facet, &scene->facet},
                 {plot->label, &scene->label}};
    enum sdse_status status = SDSE_OK;
    size_t *of = SDSE_ARENA_ARRAY(arena, size_t, scene->count);
    if (!of)
        return SDSE_NO_MEMORY;
    for (size_t i = 0; i < scene->count; i++) {
        of[i] = scene->dots[i].of;
        scene->dots[i].of = i; // from here on, among those drawn
    }
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
        if (!asked[i].path)
            continue;
        const enum sdse_status loaded =
            sdse_layer_aspect_load(reader, plot->point_id, layers, of, scene->count,
                                   asked[i].path, arena, diags, asked[i].aspect);
        status = status == SDSE_OK ? loaded : status;
    }
    if (status == SDSE_OK && plot->shape)
        status = sdse_plot_shapes(plot->picture, &scene->shape, diags);
    if (status == SDSE_OK && plot->facet)
        status = sdse_plot_facets(plot->picture, &scene->facet, MOST_FACETS, diags);
    if (status != SDSE_OK)
        return status;
    sdse_marks_plan(&scene->marks, plot->theme, &colour,
                    plot->shape ? &scene->shape : NULL);
    scene->marks.components = strcmp(colour.path, "set_by") == 0;
    return SDSE_OK;
}

// ---- data and script ----

// Blocks: layers, by latency; the roof; labels of the panels that have some.
static enum sdse_status write_data(const void *context, struct sdse_arena *arena,
                                   FILE *out) {
    (void)arena;
    const struct scene *scene = context;
    fprintf(out,
            "# layer\toperations per byte\tGop/s\troof there, Gop/s\ttype\tcolour\tset "
            "by\tpanel\t%s\n",
            scene->marks.colour.path);
    for (size_t i = 0; i < scene->count; i++) {
        const struct dot *dot = &scene->dots[i];
        char color[8];
        sdse_marks_color(&scene->marks, dot->of, color);
        sdse_gnuplot_field(dot->layer, out);
        fprintf(out, "\t%.9g\t%.9g\t%.9g\t%d\t0x%s\t", dot->x, dot->y,
                roof(scene, dot->x), sdse_marks_type(&scene->marks, dot->of),
                color + 1);
        sdse_gnuplot_field(dot->setter, out);
        fprintf(out, "\t%zu\t", panel_of(scene, dot));
        sdse_gnuplot_field(scene->marks.colour.whole[scene->marks.colour.of[dot->of]],
                           out);
        fputc('\n', out);
    }
    double corner[CORNERS];
    const size_t corners = roof_corners(scene, corner);
    fputs("\n\n# roof\n", out);
    for (size_t i = 0; i < corners; i++)
        fprintf(out, "%.9g\t%.9g\n", corner[i], roof(scene, corner[i]));
    for (size_t p = 0; p < scene->panel_count; p++) {
        if (!scene->labels[p].count)
            continue;
        fputs("\n\n# labels\n", out);
        sdse_labels_write(&scene->labels[p], out);
    }
    return SDSE_OK;
}

static void write_script(const void *context, const struct sdse_plot_files *files,
                         FILE *out) {
    const struct scene *scene = context;
    const struct sdse_theme *theme = sdse_theme(files->theme);
    size_t block = 2;
    sdse_canvas_begin(&scene->canvas, files, out);
    if (scene->marks.scale)
        sdse_marks_scale(&scene->marks, &scene->canvas, out);
    for (size_t p = 0; p < scene->panel_count; p++) {
        sdse_canvas_panel(&scene->canvas, (unsigned)p, out);
        for (const char *letter = "xy"; *letter; letter++) {
            const struct sdse_axis axis = axis_of(scene, *letter);
            sdse_axis_write(&axis, out);
        }
        if (scene->plot->facet)
            sdse_canvas_heading(scene->facet.path, scene->facet.names[p], out);
        fprintf(out,
                "plot data index 1 using 1:2 with lines lc rgb '%s' lw 2 notitle, \\\n"
                "     data index 0 using ($8 == %zu ? $2 : NaN):3:5:6 with points pt "
                "variable ps 1.3 lc rgb variable notitle",
                theme->strong, p);
        if (scene->labels[p].count)
            sdse_labels_draw(block++, theme->text, out);
        if (p == 0 && scene->marks.scale)
            sdse_marks_carrier(&scene->marks, 2, 3, out);
        fputc('\n', out);
    }
    sdse_canvas_end(&scene->canvas, out);
}

enum sdse_status sdse_plot_roofline(struct sdse_reader *reader,
                                    const struct sdse_roofline_plot *plot,
                                    struct sdse_arena *arena,
                                    struct sdse_diags *diags) {
    static const struct sdse_plot_writers writers = {write_data, write_script};
    struct sdse_plot_files files;
    struct sdse_layer_cycles *layers = NULL;
    struct scene *scene = SDSE_ARENA_ARRAY(arena, struct scene, 1);
    if (!scene)
        return SDSE_NO_MEMORY;
    scene->plot = plot;
    scene->log = plot->log == SDSE_LOG_AUTO ? SDSE_LOG_XY : plot->log;
    scene->peak_gops = peak_gops(plot->arch);
    scene->bandwidth_gbs = bandwidth_gbs(plot->arch);
    size_t count = 0;
    enum sdse_status status =
        sdse_plot_files(plot->rules, plot->picture, arena, diags, &files);
    if (status == SDSE_OK)
        status =
            sdse_cycles_load(reader, plot->point_id, arena, diags, &layers, &count);
    if (status != SDSE_OK)
        return status;
    scene->dots = SDSE_ARENA_ARRAY(arena, struct dot, count);
    if (!scene->dots)
        return SDSE_NO_MEMORY;
    const int code = read_intensity(reader, scene, layers, count,
                                    sdse_cycles_seconds(reader, plot->point_id));
    if (code != SQLITE_OK)
        return sdse_database_refuse(reader->db, code,
                                    sqlite3_db_filename(reader->db, "main"), diags);
    if (!scene->count) {
        sdse_diag_add(diags, SDSE_ERROR, (struct sdse_loc){.file = plot->picture},
                      "plot-empty", "no layer of the point multiplies");
        return SDSE_INVALID;
    }
    status = load_aspects(scene, reader, layers, arena, diags);
    if (status != SDSE_OK)
        return status;
    qsort(scene->dots, scene->count, sizeof *scene->dots, by_cycles);
    if (!lay_out(scene, arena))
        return SDSE_NO_MEMORY;
    files.theme = plot->theme;
    return sdse_gnuplot_draw(&writers, scene, &files, arena, diags);
}
