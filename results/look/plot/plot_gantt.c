// One execution of a layer over its cycles: what the latency model knows of loads,
// computing and drains, behind the tensors that are brought in before it. How long each
// takes, and what overlaps, is the model's; where in the time of the overlap a block
// stands is not known, and drawn evenly.
#include <math.h>
#include <string.h>

#include "results/look/draw/canvas.h"
#include "results/look/plot/cycles.h"
#include "results/look/plot/nest.h"
#include "results/look/plot/plot.h"
#include "results/look/plot/turns.h"
#include "results/store/database.h"

enum { MOST_ROWS = SDSE_MAX_LEVELS + 6, MOST_BLOCKS = 12, ROW_PX = 70 };

struct row {
    const char *name, *color;
    double start, window, busy; // from, over how long, and how much of that it works
    bool overlaps;              // in as many blocks as there are passes
};

struct scene {
    const struct sdse_mapping_plot *plot;
    struct sdse_stored_nest nest;
    double latency, fill, drain, pass, compute, rebuild;
    double copied; // of latency: before the layer itself begins
    size_t row_count;
    struct row row[MOST_ROWS];
    unsigned blocks;
    const char *title;
    struct sdse_canvas canvas;
};

// ---- reading ----

static void add_row(struct scene *scene, const char *name, const char *color,
                    double start, double window, double busy, bool overlaps) {
    if (busy > 0 && scene->row_count < MOST_ROWS)
        scene->row[scene->row_count++] =
            (struct row){name, color, start, window, busy, overlaps};
}

static bool level_overlaps(const struct sdse_arch *arch, const char *memory) {
    for (unsigned l = 0; l < arch->level_count; l++)
        if (strcmp(arch->level[l].name, memory) == 0)
            return arch->level[l].overlap;
    return true;
}

// Of what is brought in before layer l, and what of its figures is its own.
#define COPIED(column)                                                            \
    "(SELECT total(s." column ") FROM copy c JOIN solution s USING (solution_id)" \
    " WHERE c.point_id = l.point_id AND c.before_layer = l.layer_index)"
#define OWN(column) " l." column " / l.repeat - " COPIED(column) ","

static int read_layer(sqlite3 *db, struct scene *scene) {
    sqlite3_stmt *row = NULL;
    int code = sqlite3_prepare_v2(
        db,
        "SELECT l.latency_cycles / l.repeat," OWN("fill_cycles") OWN("drain_cycles")
            OWN("pass_cycles") OWN("compute_cycles") OWN("rebuild_cycles")
                COPIED("latency_cycles") " FROM v_layer l WHERE l.point_id = ?1 AND"
                                         " l.layer = ?2",
        -1, &row, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_bind_int64(row, 1, scene->plot->point_id);
    if (code == SQLITE_OK)
        code = sqlite3_bind_text(row, 2, scene->plot->layer, -1, SQLITE_STATIC);
    if (code == SQLITE_OK)
        code = sqlite3_step(row);
    double *const into[] = {&scene->latency, &scene->fill,    &scene->drain,
                            &scene->pass,    &scene->compute, &scene->rebuild,
                            &scene->copied};
    for (int i = 0; code == SQLITE_ROW && i < 7; i++)
        *into[i] = sqlite3_column_double(row, i);
    sqlite3_finalize(row);
    return code == SQLITE_ROW ? SQLITE_OK : code;
}

// The memories' transfers: those that overlap share the time in the middle, the others
// follow one after the other. *beside: cycles of these; NULL: not asked, rows are made.
static int read_memories(sqlite3 *db, struct scene *scene, double *beside,
                         struct sdse_arena *arena) {
    sqlite3_stmt *row = NULL;
    int code = sqlite3_prepare_v2(db,
                                  "SELECT memory, max(memory_cycles) / repeat -"
                                  " (SELECT total(m.cycles) FROM copy c JOIN"
                                  " solution_memory m USING (solution_id) WHERE"
                                  " c.point_id = l.point_id AND c.before_layer ="
                                  " l.layer_index AND m.level = l.level) FROM v_level l"
                                  " WHERE point_id = ?1 AND layer = ?2 GROUP BY level"
                                  " ORDER BY level",
                                  -1, &row, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_bind_int64(row, 1, scene->plot->point_id);
    if (code == SQLITE_OK)
        code = sqlite3_bind_text(row, 2, scene->plot->layer, -1, SQLITE_STATIC);
    const double begin = scene->copied + scene->fill;
    double at = 0, sum = 0;
    for (size_t i = 0; !beside && i < scene->row_count; i++)
        at = fmax(at, scene->row[i].start + scene->row[i].window);
    while (code == SQLITE_OK && (code = sqlite3_step(row)) == SQLITE_ROW) {
        const char *name =
            sdse_arena_strdup(arena, (const char *)sqlite3_column_text(row, 0));
        const double cycles = sqlite3_column_double(row, 1);
        code = name ? SQLITE_OK : SQLITE_NOMEM;
        if (!name)
            break;
        const bool overlaps = level_overlaps(scene->plot->arch, name);
        if (!overlaps)
            sum += cycles;
        if (beside)
            continue;
        const char *color = sdse_palette_component(scene->plot->theme, name);
        const char *label = sdse_arena_printf(arena, "%s transfers", name);
        if (!label)
            code = SQLITE_NOMEM;
        else if (overlaps)
            add_row(scene, label, color, begin, at - begin, cycles, true);
        else
            add_row(scene, label, color, at, cycles, cycles, false);
        at += overlaps ? 0 : cycles;
    }
    sqlite3_finalize(row);
    if (beside)
        *beside = sum;
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

// copies | fills | compute, rebuild and transfers that overlap | other transfers |
// passes | drains
static int make_rows(sqlite3 *db, struct scene *scene, struct sdse_arena *arena) {
    double beside = 0;
    int code = read_layer(db, scene);
    if (code == SQLITE_OK)
        code = read_memories(db, scene, &beside, arena);
    if (code != SQLITE_OK)
        return code;
    const double middle = scene->latency - scene->copied - scene->fill - scene->drain -
                          scene->pass - beside;
    const double begin = scene->copied + scene->fill;
    const enum sdse_plot_theme theme = scene->plot->theme;
    add_row(scene, "brought in before", sdse_palette_component(theme, "brought in"), 0,
            scene->copied, scene->copied, false);
    add_row(scene, "first fills", sdse_palette_component(theme, "first fills"),
            scene->copied, scene->fill, scene->fill, false);
    add_row(scene, "compute", sdse_palette_component(theme, "compute"), begin, middle,
            scene->compute, true);
    add_row(scene, "rebuild", sdse_palette_component(theme, "rebuild"), begin, middle,
            scene->rebuild, true);
    code = read_memories(db, scene, NULL, arena);
    const double after = begin + middle + beside;
    add_row(scene, "start and skew of passes", sdse_palette_component(theme, "passes"),
            after, scene->pass, scene->pass, false);
    add_row(scene, "last drains", sdse_palette_component(theme, "last drains"),
            after + scene->pass, scene->drain, scene->drain, false);
    const double passes =
        scene->nest.level_count ? sdse_nest_product(scene->nest.level[0].temporal) : 1;
    scene->blocks = passes < MOST_BLOCKS ? (unsigned)passes : MOST_BLOCKS;
    return code;
}

// ---- data and script ----

// A line for each block: row, from, to, colour, name.
static enum sdse_status write_data(const void *context, struct sdse_arena *arena,
                                   FILE *out) {
    (void)arena;
    const struct scene *scene = context;
    fputs("# row\tfrom [cycles]\tto [cycles]\tcolour\twhat\n", out);
    for (size_t r = 0; r < scene->row_count; r++) {
        const struct row *row = &scene->row[r];
        const unsigned blocks = row->overlaps ? scene->blocks : 1;
        for (unsigned b = 0; b < blocks; b++) {
            const double from = row->start + row->window * b / blocks;
            fprintf(out, "%zu\t%.12g\t%.12g\t0x%s\t", r, from,
                    from + row->busy / blocks, row->color + 1);
            sdse_gnuplot_field(row->name, out);
            fputc('\n', out);
        }
    }
    return SDSE_OK;
}

static void write_script(const void *context, const struct sdse_plot_files *files,
                         FILE *out) {
    const struct scene *scene = context;
    const struct sdse_theme *theme = sdse_theme(files->theme);
    sdse_canvas_begin(&scene->canvas, files, out);
    sdse_canvas_panel(&scene->canvas, 0, out);
    fprintf(out,
            "set xlabel 'Cycles of one execution'\nunset grid\nset grid xtics\n"
            "set xrange [0:%.12g]\nset yrange [%g:-0.7]\nset ytics scale 0 (",
            scene->latency, (double)scene->row_count - 0.3);
    for (size_t r = 0; r < scene->row_count; r++) {
        fputs(r ? ", " : "", out);
        sdse_gnuplot_quote(scene->row[r].name, out);
        fprintf(out, " %zu", r);
    }
    fprintf(
        out,
        ")\nset style fill solid 1.0 border rgb '%s'\n"
        "plot data using 2:1:2:3:($1-0.32):($1+0.32):4 with boxxyerror lw 0.5 lc rgb "
        "variable notitle",
        theme->ground);
    for (size_t r = 0; r < scene->row_count; r++) {
        const struct row *row = &scene->row[r];
        char text[80];
        snprintf(text, sizeof text, "%.12g cycles, %.3g %%", row->busy,
                 100 * row->busy / scene->latency);
        fprintf(out, ", \\\n     '+' every ::0::0 using (%.12g):(%zu):(",
                scene->latency, r);
        sdse_gnuplot_quote(text, out);
        fprintf(out, ") with labels left offset 1,0 tc rgb '%s' notitle", theme->text);
    }
    fputc('\n', out);
}

static bool lay_out(struct scene *scene, struct sdse_arena *arena) {
    const double passes =
        scene->nest.level_count ? sdse_nest_product(scene->nest.level[0].temporal) : 1;
    const char *each =
        passes > MOST_BLOCKS
            ? sdse_arena_printf(arena, "a block stands for %.4g of %.12g passes",
                                passes / MOST_BLOCKS, passes)
        : passes > 1
            ? sdse_arena_printf(arena, "a block for each of %.12g passes", passes)
            : "a block for the one pass";
    scene->title =
        each
            ? sdse_arena_printf(arena,
                                "%s of %s. Lengths and what overlaps are the model's; "
                                "the place of blocks is schematic, %s of the outermost "
                                "loops.",
                                scene->plot->layer, scene->plot->owner, each)
            : NULL;
    size_t longest = 0;
    for (size_t r = 0; r < scene->row_count; r++) {
        const size_t width = sdse_canvas_text_width(scene->row[r].name);
        longest = width > longest ? width : longest;
    }
    const struct sdse_canvas_wish wish = {
        .title = scene->title,
        .panel_width_px = 1000,
        .panel_height_px = 60 + (unsigned)scene->row_count * ROW_PX,
        .left_px = 60 + (unsigned)longest * SDSE_CANVAS_CHAR_PX,
        .right_px = 30 * SDSE_CANVAS_CHAR_PX};
    return scene->title && sdse_canvas_plan(&scene->canvas, &wish, arena);
}

enum sdse_status sdse_plot_gantt(struct sdse_reader *reader,
                                 const struct sdse_mapping_plot *plot,
                                 struct sdse_arena *arena, struct sdse_diags *diags) {
    static const struct sdse_plot_writers writers = {write_data, write_script};
    struct scene *scene = SDSE_ARENA_ARRAY(arena, struct scene, 1);
    struct sdse_plot_files files;
    if (!scene)
        return SDSE_NO_MEMORY;
    scene->plot = plot;
    int64_t group;
    enum sdse_status status =
        sdse_turns_group(reader, plot->point_id, plot->layer, diags, &group);
    if (status == SDSE_OK && group >= 0)
        return sdse_plot_turns(reader, plot, group, arena, diags);
    if (status != SDSE_OK)
        return status;
    status = sdse_plot_files(plot->rules, plot->picture, arena, diags, &files);
    if (status == SDSE_OK)
        status = sdse_nest_load(reader, plot->point_id, plot->layer, arena, diags,
                                &scene->nest);
    if (status != SDSE_OK)
        return status;
    const int code = make_rows(reader->db, scene, arena);
    if (code != SQLITE_OK)
        return sdse_database_refuse(reader->db, code,
                                    sqlite3_db_filename(reader->db, "main"), diags);
    if (!scene->row_count) {
        sdse_diag_add(diags, SDSE_ERROR, (struct sdse_loc){.file = plot->picture},
                      "plot-empty", "layer '%.100s' takes no time", plot->layer);
        return SDSE_INVALID;
    }
    if (!lay_out(scene, arena))
        return SDSE_NO_MEMORY;
    files.theme = plot->theme;
    return sdse_gnuplot_draw(&writers, scene, &files, arena, diags);
}
