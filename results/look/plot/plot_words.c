// Words of the outermost memory for each layer of a point, beside those of the points
// that differ from it in where tensors may be between layers alone.
#include <string.h>

#include "results/look/draw/canvas.h"
#include "results/look/plot/cycles.h"
#include "results/look/plot/plot.h"
#include "results/store/database.h"

enum { MOST_POINTS = 10, NAME_PX = 140, LAYER_PX = 9 };

struct scene {
    const struct sdse_layers_plot *plot;
    const struct sdse_cycles_bars *shown;
    size_t point_count;
    int64_t point[MOST_POINTS];
    const char *name[MOST_POINTS];
    double *words[MOST_POINTS]; // [layers], in the outermost memory
    double total[MOST_POINTS];
    struct sdse_canvas canvas;
};

// ---- reading ----

#define BETWEEN_LAYERS                                                            \
    "('mapper.resident', 'mapper.fuse_depth', 'mapper.tiles', 'mapper.columns', " \
    "'mapper.overlap', 'mapper.copies')"
#define OTHER_PARAMETERS(point)                                               \
    "(SELECT group_concat(path || '=' || value, char(10)) FROM (SELECT path," \
    " value FROM point_parameter WHERE point_id = " point                     \
    ".point_id AND path NOT IN " BETWEEN_LAYERS " ORDER BY path))"
#define PARAMETER(name)                                                       \
    "(SELECT value FROM point_parameter s WHERE s.point_id = q.point_id AND " \
    "s.path = 'mapper." name "')"
#define RESIDENT PARAMETER("resident")
#define DEPTH PARAMETER("fuse_depth")
#define TILES PARAMETER("tiles")
#define COLUMNS PARAMETER("columns")
#define OVERLAP PARAMETER("overlap")
#define COPIES PARAMETER("copies")
#define OTHERS_OF_P OTHER_PARAMETERS("p")
#define OTHERS_OF_Q OTHER_PARAMETERS("q")

// The point (?1) and its like, from no sharing to the most.
static const char points_sql[] =
    "SELECT q.point_id, CASE WHEN " RESIDENT
    " IS NULL THEN 'each layer by itself' WHEN " DEPTH
    " IS NULL THEN 'tensors may stay' || CASE WHEN " COPIES
    " IS NULL THEN '' ELSE ', or be moved' END ELSE 'up to ' || " DEPTH
    " || ' layers take turns' || CASE WHEN " TILES
    " IS NULL THEN '' ELSE ', any tiles' END || CASE WHEN " COLUMNS
    " IS NULL THEN '' ELSE ', some columns' END || CASE WHEN " OVERLAP
    " IS NULL THEN '' ELSE ', nests may overlap' END || CASE WHEN " COPIES
    " IS NULL THEN '' ELSE ', tensors may be moved' END END FROM point p JOIN v_point v ON"
    " v.status = 'ok' AND (v.point_id = p.point_id OR NOT v.superseded) JOIN point q"
    " ON q.point_id = v.point_id AND q.workload = p.workload AND q.arch = p.arch AND"
    " q.form = p.form AND q.objective = p.objective AND " OTHERS_OF_Q " IS " OTHERS_OF_P
    " WHERE p.point_id = ?1 ORDER BY " RESIDENT ", CAST(" DEPTH " AS INTEGER), " TILES
    ", " COLUMNS ", " OVERLAP ", " COPIES ", q.point_id LIMIT 10";

static int read_points(sqlite3 *db, struct scene *scene, struct sdse_arena *arena) {
    sqlite3_stmt *row = NULL;
    int code = sqlite3_prepare_v2(db, points_sql, -1, &row, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_bind_int64(row, 1, scene->plot->point_id);
    while (code == SQLITE_OK && (code = sqlite3_step(row)) == SQLITE_ROW) {
        const size_t i = scene->point_count++;
        scene->point[i] = sqlite3_column_int64(row, 0);
        scene->name[i] =
            sdse_arena_strdup(arena, (const char *)sqlite3_column_text(row, 1));
        code = scene->name[i] ? SQLITE_OK : SQLITE_NOMEM;
    }
    sqlite3_finalize(row);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

static size_t find_layer(const struct sdse_cycles_bars *shown, const char *name) {
    size_t l = 0;
    while (l < shown->bar_count && strcmp(shown->layers[l].name, name) != 0)
        l++;
    return l;
}

static int read_words(sqlite3 *db, struct scene *scene, size_t i,
                      struct sdse_arena *arena) {
    sqlite3_stmt *row = NULL;
    scene->words[i] = SDSE_ARENA_ARRAY(arena, double, scene->shown->bar_count + 1);
    if (!scene->words[i])
        return SQLITE_NOMEM;
    int code = sqlite3_prepare_v2(db,
                                  "SELECT layer, sum(reads_words + updates_words) FROM"
                                  " v_level WHERE point_id = ?1 AND level = 0 GROUP BY"
                                  " layer_index",
                                  -1, &row, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_bind_int64(row, 1, scene->point[i]);
    while (code == SQLITE_OK && (code = sqlite3_step(row)) == SQLITE_ROW) {
        const size_t l =
            find_layer(scene->shown, (const char *)sqlite3_column_text(row, 0));
        const double words = sqlite3_column_double(row, 1);
        scene->total[i] += words;
        if (l < scene->shown->bar_count)
            scene->words[i][l] = words;
        code = SQLITE_OK;
    }
    sqlite3_finalize(row);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

// ---- data and script ----

static enum sdse_status write_data(const void *context, struct sdse_arena *arena,
                                   FILE *out) {
    (void)arena;
    const struct scene *scene = context;
    fputs("# number\tlayer", out);
    for (size_t i = 0; i < scene->point_count; i++) {
        fputc('\t', out);
        sdse_gnuplot_field(scene->name[i], out);
        fputs(" [words]", out);
    }
    fputc('\n', out);
    for (size_t l = 0; l < scene->shown->bar_count; l++) {
        fprintf(out, "%zu\t", l);
        sdse_gnuplot_field(scene->shown->layers[l].name, out);
        for (size_t i = 0; i < scene->point_count; i++)
            fprintf(out, "\t%.12g", scene->words[i][l]);
        fputc('\n', out);
    }
    return SDSE_OK;
}

static void write_script(const void *context, const struct sdse_plot_files *files,
                         FILE *out) {
    const struct scene *scene = context;
    const double width = 0.84 / (double)scene->point_count;
    sdse_canvas_begin(&scene->canvas, files, out);
    sdse_canvas_panel(&scene->canvas, 0, out);
    fprintf(out,
            "set ylabel 'Words of the outermost memory [M]'\nset grid ytics\nset xtics "
            "scale 0 rotate by -60 font ',13'\nset xrange [-0.7:%g]\nset yrange [0:*]\n"
            "set style fill solid 1.0 noborder\nplot ",
            (double)scene->shown->bar_count - 0.3);
    for (size_t i = 0; i < scene->point_count; i++)
        fprintf(out,
                "%sdata using ($1%+.4g):($%zu/1e6):(%.4g)%s with boxes lc rgb '%s' "
                "notitle",
                i ? ", \\\n     " : "", ((double)i + 0.5) * width - 0.42, i + 3, width,
                i ? "" : ":xtic(2)", sdse_palette_color(files->theme, i));
    fputc('\n', out);
}

// ---- the picture ----

static bool lay_out(struct scene *scene, struct sdse_arena *arena) {
    struct sdse_canvas_wish wish = {
        .title = sdse_arena_printf(arena, "Words of the outermost memory by layer: %s",
                                   scene->shown->owner),
        .panel_width_px =
            600 + (unsigned)(scene->shown->bar_count * scene->point_count) * LAYER_PX,
        .panel_height_px = 560,
        .below_px = NAME_PX};
    for (size_t i = 0; i < scene->point_count; i++) {
        const char *text = sdse_arena_printf(arena, "%s: %.4g M", scene->name[i],
                                             scene->total[i] / 1e6);
        if (!text)
            return false;
        sdse_legend_add(&wish.legend, arena, SDSE_LEGEND_BAR, 0, 0,
                        sdse_palette_color(scene->plot->theme, i), text);
    }
    return wish.title && sdse_canvas_plan(&scene->canvas, &wish, arena);
}

enum sdse_status sdse_plot_words(struct sdse_reader *reader,
                                 const struct sdse_layers_plot *plot,
                                 struct sdse_arena *arena, struct sdse_diags *diags) {
    static const struct sdse_plot_writers writers = {write_data, write_script};
    struct sdse_cycles_bars shown;
    struct scene *scene = SDSE_ARENA_NEW(arena, struct scene);
    if (!scene)
        return SDSE_NO_MEMORY;
    const enum sdse_status status =
        sdse_cycles_bars(reader, plot, arena, diags, &shown);
    if (status != SDSE_OK)
        return status;
    scene->plot = plot;
    scene->shown = &shown;
    int code = read_points(reader->db, scene, arena);
    for (size_t i = 0; code == SQLITE_OK && i < scene->point_count; i++)
        code = read_words(reader->db, scene, i, arena);
    if (code != SQLITE_OK)
        return sdse_database_refuse(reader->db, code,
                                    sqlite3_db_filename(reader->db, "main"), diags);
    if (!lay_out(scene, arena))
        return SDSE_NO_MEMORY;
    shown.files.theme = plot->theme;
    return sdse_gnuplot_draw(&writers, scene, &shown.files, arena, diags);
}
