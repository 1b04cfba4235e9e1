// What each design gains over one of them: bars in groups, a group for each network, a
// panel each for energy, time and traffic of the outermost memory.
#include <math.h>
#include <string.h>

#include "results/look/draw/canvas.h"
#include "results/look/draw/marks.h"
#include "results/look/draw/names.h"
#include "results/look/plot/plot.h"
#include "results/look/plot/refusal.h"
#include "results/store/database.h"

enum { ENERGY, TIME, TRAFFIC, PANELS, MOST_SERIES = 60, BAR_PX = 26 };

struct gains {
    const char *title;
    size_t network_count, series_count;
    const char **networks, **series;
    double *gain[PANELS];    // [network_count][series_count]; NAN: no such point
    size_t *point;           // of the same cells, plus one; 0: none
    bool coloured, numbered; // by a parameter; bars have numbers below them
    enum sdse_plot_theme theme;
    struct sdse_marks marks;
    struct sdse_canvas canvas;
};

static size_t index_in(const char **names, size_t *count, const char *name) {
    size_t i = 0;
    while (i < *count && strcmp(names[i], name) != 0)
        i++;
    if (i == *count)
        names[(*count)++] = name;
    return i;
}

static bool differ(const char *const *names, size_t count) {
    for (size_t i = 1; i < count; i++)
        if (strcmp(names[i], names[0]) != 0)
            return true;
    return false;
}

// "iso_scnn raw GLB.capacity_kib=64": what distinguishes a point within its network.
static const char *series_of(const struct sdse_points *points, size_t i,
                             struct sdse_arena *arena) {
    const char *text = points->arch[i];
    if (differ(points->form, points->count))
        text = sdse_arena_printf(arena, "%s %s", text, points->form[i]);
    if (text && *points->parameters[i])
        text = sdse_arena_printf(arena, "%s %s", text, points->parameters[i]);
    return text;
}

// Bits that the outermost memory of a point reads and takes. SQLITE_ROW, or an error.
static int read_traffic(sqlite3_stmt *query, int64_t point, double *bits) {
    sqlite3_bind_int64(query, 1, point);
    const int code = sqlite3_step(query);
    *bits = sqlite3_column_double(query, 0);
    sqlite3_reset(query);
    return code;
}

// ---- Reading ----

static bool allocate(struct gains *g, size_t points, struct sdse_arena *arena) {
    g->networks = SDSE_ARENA_ARRAY(arena, const char *, points);
    g->series = SDSE_ARENA_ARRAY(arena, const char *, points);
    return g->networks && g->series;
}

static bool is_base(const struct sdse_gain_plot *plot, const struct sdse_points *points,
                    size_t i) {
    return strcmp(points->arch[i], plot->over_arch) == 0 &&
           (!plot->over_form || strcmp(points->form[i], plot->over_form) == 0);
}

// The figures of all points, then their ratios to the base's of the same network.
static enum sdse_status take_gains(struct sdse_reader *reader,
                                   const struct sdse_gain_plot *plot,
                                   const struct sdse_points *points, struct gains *g,
                                   struct sdse_arena *arena, struct sdse_diags *diags) {
    const size_t n = points->count;
    size_t *network = SDSE_ARENA_ARRAY(arena, size_t, n);
    size_t *series = SDSE_ARENA_ARRAY(arena, size_t, n);
    double *bits = SDSE_ARENA_ARRAY(arena, double, n);
    if (!allocate(g, n, arena) || !network || !series || !bits)
        return SDSE_NO_MEMORY;
    sqlite3_stmt *query = NULL;
    int code = sqlite3_prepare_v2(reader->db,
                                  "SELECT sum(read_bits + fill_bits + update_bits)"
                                  " FROM v_level WHERE point_id = ?1 AND level = 0",
                                  -1, &query, NULL);
    for (size_t i = 0; i < n && (code == SQLITE_OK || code == SQLITE_ROW); i++) {
        const char *name = series_of(points, i, arena);
        if (!name) {
            sqlite3_finalize(query);
            return SDSE_NO_MEMORY;
        }
        network[i] = index_in(g->networks, &g->network_count, points->workload[i]);
        series[i] = index_in(g->series, &g->series_count, name);
        code = read_traffic(query, points->point_id[i], &bits[i]);
    }
    sqlite3_finalize(query);
    if (code != SQLITE_ROW)
        return sdse_database_refuse(reader->db, code,
                                    sqlite3_db_filename(reader->db, "main"), diags);
    if (g->series_count > MOST_SERIES) {
        sdse_diag_add(diags, SDSE_ERROR, (struct sdse_loc){.file = plot->picture},
                      "plot-bars",
                      "%zu designs are too many bars beside each other: at most %d;"
                      " --where and --limit take fewer",
                      g->series_count, MOST_SERIES);
        return SDSE_INVALID;
    }
    const size_t cells = g->network_count * g->series_count;
    if (!(g->point = SDSE_ARENA_ARRAY(arena, size_t, cells)))
        return SDSE_NO_MEMORY;
    for (int p = 0; p < PANELS; p++) {
        if (!(g->gain[p] = SDSE_ARENA_ARRAY(arena, double, cells)))
            return SDSE_NO_MEMORY;
        for (size_t c = 0; c < cells; c++)
            g->gain[p][c] = (double)NAN;
    }
    for (size_t i = 0; i < n; i++) {
        size_t base = n, bases = 0;
        for (size_t j = 0; j < n; j++)
            if (network[j] == network[i] && is_base(plot, points, j)) {
                base = j;
                bases++;
            }
        if (bases != 1)
            return sdse_plot_refuse(
                reader,
                sdse_arena_printf(arena,
                                  "%zu points of '%.80s' are of '%.80s'%s: "
                                  "gains are over one",
                                  bases, points->workload[i], plot->over_arch,
                                  plot->over_form ? " in that form" : ""),
                arena, diags);
        const size_t cell = network[i] * g->series_count + series[i];
        g->point[cell] = i + 1;
        g->gain[ENERGY][cell] = points->v[2 * base] / points->v[2 * i];
        g->gain[TIME][cell] = points->v[2 * base + 1] / points->v[2 * i + 1];
        g->gain[TRAFFIC][cell] = bits[base] / bits[i];
    }
    return SDSE_OK;
}

// ---- Writing ----

static void color_of(const struct gains *g, size_t cell, char color[8]) {
    if (g->coloured && g->point[cell])
        sdse_marks_color(&g->marks, g->point[cell] - 1, color);
    else
        snprintf(color, 8, "%s", sdse_palette_color(g->theme, cell % g->series_count));
}

// A line for each network: its name, the gains of all series, panel after panel, and
// their colours.
static enum sdse_status write_data(const void *context, struct sdse_arena *arena,
                                   FILE *out) {
    (void)arena;
    const struct gains *g = context;
    fputs("# network\tgain in energy, then time, then outermost traffic, of:", out);
    for (size_t s = 0; s < g->series_count; s++)
        fprintf(out, "\t%s", g->series[s]);
    fputc('\n', out);
    for (size_t n = 0; n < g->network_count; n++) {
        sdse_gnuplot_field(g->networks[n], out);
        for (int p = 0; p < PANELS; p++)
            for (size_t s = 0; s < g->series_count; s++)
                fprintf(out, "\t%.9g", g->gain[p][n * g->series_count + s]);
        for (size_t s = 0; s < g->series_count; s++) {
            char color[8];
            color_of(g, n * g->series_count + s, color);
            fprintf(out, "\t0x%s", color + 1);
        }
        fputc('\n', out);
    }
    return SDSE_OK;
}

static void write_panel(const struct gains *g, int panel,
                        const struct sdse_theme *theme, FILE *out) {
    static const char *const titles[PANELS] = {
        "Energy: base / this", "Time: base / this", "Outermost traffic: base / this"};
    const double width = 0.8 / (double)g->series_count;
    sdse_canvas_panel(&g->canvas, (unsigned)panel, out);
    fprintf(out, "set ylabel '%s'\n", titles[panel]);
    for (size_t s = 0; s < g->series_count; s++) {
        const size_t column = 2 + (size_t)panel * g->series_count + s;
        const double at = ((double)s + 0.5) * width - 0.4;
        fprintf(out,
                "%s using ($0%+.6g):%zu:(%.6g):%zu with boxes lc rgb variable notitle",
                s ? ", \\\n     data" : "plot data", at, column, width * 0.92,
                2 + PANELS * g->series_count + s);
        fprintf(out,
                ", \\\n     data using ($0%+.6g):($%zu < 1 ? 1 : $%zu):(sprintf($%zu < "
                "99.5 ? '%%.2g' : '%%.0f', $%zu)) with labels rotate left font ',13' "
                "offset 0,0.4 tc rgb '%s' notitle",
                at, column, column, column, column, theme->text);
        if (g->numbered)
            fprintf(out,
                    ", \\\n     data using ($0%+.6g):(0):('%zu') with labels font "
                    "',11' offset 0,-0.6 tc rgb '%s' notitle",
                    at, s + 1, theme->text);
    }
    fprintf(out, ", \\\n     1 with lines lc rgb '%s' lw 1 notitle", theme->axis);
    if (panel == 0 && g->marks.scale)
        sdse_marks_carrier(&g->marks, 0, 2, out);
    fputc('\n', out);
}

static void write_script(const void *context, const struct sdse_plot_files *files,
                         FILE *out) {
    const struct gains *g = context;
    sdse_canvas_begin(&g->canvas, files, out);
    if (g->marks.scale)
        sdse_marks_scale(&g->marks, &g->canvas, out);
    fprintf(out,
            "set datafile missing 'nan'\n"
            "unset grid\nset grid ytics\n"
            "set xrange [-0.6:%g]\nset yrange [0:*]\nset offsets 0, 0, graph 0.15, 0\n"
            "set style fill solid 1.0 noborder\n",
            (double)g->network_count - 0.4);
    fprintf(out, "set xtics scale 0 %s(", g->numbered ? "offset 0,-0.8 " : "");
    for (size_t n = 0; n < g->network_count; n++) {
        fputs(n ? ", " : "", out);
        sdse_gnuplot_quote(g->networks[n], out);
        fprintf(out, " %zu", n);
    }
    fputs(")\n", out);
    for (int p = 0; p < PANELS; p++)
        write_panel(g, p, sdse_theme(files->theme), out);
    sdse_canvas_end(&g->canvas, out);
}

static bool lay_out(struct gains *g, struct sdse_arena *arena) {
    // A group is as wide as its bars, which take 0.8 of it, or its name.
    size_t group_px = BAR_PX * g->series_count * 5 / 4;
    for (size_t n = 0; n < g->network_count; n++) {
        const size_t name_px =
            SDSE_CANVAS_CHAR_PX * (sdse_canvas_text_width(g->networks[n]) + 2);
        group_px = name_px > group_px ? name_px : group_px;
    }
    const size_t width_px = g->network_count * group_px + group_px / 5;
    struct sdse_canvas_wish wish = {
        .title = g->title,
        .panels = PANELS,
        .panel_width_px = width_px < 900    ? 900
                          : width_px > 9000 ? 9000
                                            : (unsigned)width_px,
        .panel_height_px = 400,
        .right_px = g->marks.scale ? SDSE_MARKS_SCALE_PX : 0};
    if (g->coloured) {
        sdse_marks_legend(&g->marks, &wish.legend, arena);
        sdse_legend_add(&wish.legend, arena, SDSE_LEGEND_HEADING, 0, 0, "", "bars:");
    }
    for (size_t s = 0; s < g->series_count; s++) {
        const char *text =
            g->numbered ? sdse_arena_printf(arena, "%zu  %s", s + 1, g->series[s])
                        : g->series[s];
        sdse_legend_add(&wish.legend, arena,
                        g->coloured ? SDSE_LEGEND_NOTE : SDSE_LEGEND_BAR, 0, 0,
                        sdse_palette_color(g->theme, s), text);
    }
    return sdse_canvas_plan(&g->canvas, &wish, arena);
}

enum sdse_status sdse_plot_gain(struct sdse_reader *reader,
                                const struct sdse_gain_plot *plot,
                                struct sdse_arena *arena, struct sdse_diags *diags) {
    static const enum sdse_metric metrics[] = {SDSE_METRIC_ENERGY, SDSE_METRIC_LATENCY};
    static const struct sdse_plot_writers writers = {write_data, write_script};
    struct sdse_plot_files files;
    struct sdse_points points;
    struct gains gains = {.theme = plot->theme};
    enum sdse_status status =
        sdse_plot_files(plot->rules, plot->picture, arena, diags, &files);
    if (status == SDSE_OK)
        status =
            sdse_points_load(reader, &plot->filter, metrics, 2, arena, diags, &points);
    if (status != SDSE_OK)
        return status;
    if (points.count == 0)
        return sdse_plot_no_points(reader, &points, arena, diags);
    files.theme = plot->theme;
    status = take_gains(reader, plot, &points, &gains, arena, diags);
    if (status != SDSE_OK)
        return status;
    gains.title = sdse_arena_printf(arena, "Gains over %s%s%s", plot->over_arch,
                                    plot->over_form ? ", " : "",
                                    plot->over_form ? plot->over_form : "");
    if (plot->colour) {
        struct sdse_aspect colour;
        status = sdse_aspect_load(reader, &points, plot->colour, arena, diags, &colour);
        if (status != SDSE_OK)
            return status;
        sdse_marks_plan(&gains.marks, plot->theme, &colour, NULL);
        gains.marks.numbered = false; // bars are, by themselves
        gains.coloured = true;
    }
    gains.numbered = gains.coloured || gains.series_count > SDSE_PALETTE_COLORS;
    if (!gains.title || !sdse_names_shorten(gains.series, gains.series_count, arena) ||
        !lay_out(&gains, arena))
        return SDSE_NO_MEMORY;
    return sdse_gnuplot_draw(&writers, &gains, &files, arena, diags);
}
