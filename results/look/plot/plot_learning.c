// Learning curves: test accuracy over epochs, over the bits that were moved, and, where
// the database has points of the trainings' steps, over their modelled energy.
#include <math.h>
#include <string.h>

#include "results/look/draw/canvas.h"
#include "results/look/draw/marks.h"
#include "results/look/draw/names.h"
#include "results/look/plot/plot.h"
#include "results/look/plot/refusal.h"
#include "results/look/plot/training_names.h"
#include "results/store/database.h"

// One epoch of a run, in the order of runs.
struct row {
    size_t run;
    uint64_t epoch;
    double accuracy, moved_bits; // since the run's start
};

// One epoch of a run on an accelerator, in the order of runs, then accelerators.
struct spent {
    size_t run;
    const char *arch;
    size_t arch_number;         // of the first to come
    double accuracy, energy_pj; // since the run's start
};

struct curves {
    const char *title;
    size_t run_count, row_count;
    const char **runs;   // names
    const char **keyed;  // the same as words KEY=VALUE; for the legend
    const char **hashes; // of the runs
    struct row *rows;
    size_t spent_count;
    struct spent *spent;
    size_t arch_count;
    const char **archs; // for the legend
    enum sdse_plot_theme theme;
    enum sdse_plot_log log;
    bool by_setting;         // marks are of these:
    struct sdse_marks marks; // of the runs
    struct sdse_aspect shape;
    struct sdse_canvas canvas;
};

static const char sql[] =
    "SELECT training_hash, method, settings, epoch, test_accuracy,"
    " sum(coalesce(weight_bits, 0)) OVER (PARTITION BY training_hash ORDER BY epoch)"
    " FROM v_training WHERE name = ?1 AND test_accuracy IS NOT NULL"
    " ORDER BY method, settings, training_hash, epoch";

static const char energy_sql[] =
    "SELECT training_hash, arch || coalesce(' ' || parameters, ''), test_accuracy,"
    " total_energy_pj, count(*) OVER () FROM v_training_energy WHERE name = ?1 AND"
    " test_accuracy IS NOT NULL ORDER BY method, settings, training_hash, 2, point_id,"
    " epoch";

static const char *column_copy(sqlite3_stmt *query, int column,
                               struct sdse_arena *arena) {
    const char *text = (const char *)sqlite3_column_text(query, column);
    return text ? sdse_arena_strdup(arena, text) : NULL;
}

// ---- marks ----

// Colours, and shapes where they are asked for; without a colour it is the method's.
static enum sdse_status load_marks(struct sdse_reader *reader,
                                   const struct sdse_learning_plot *plot,
                                   struct curves *c, struct sdse_arena *arena,
                                   struct sdse_diags *diags) {
    struct sdse_aspect colour;
    enum sdse_status status = sdse_training_aspect_load(
        reader, c->keyed, c->run_count, plot->colour ? plot->colour : "method", arena,
        diags, &colour);
    if (plot->shape) {
        const enum sdse_status loaded = sdse_training_aspect_load(
            reader, c->keyed, c->run_count, plot->shape, arena, diags, &c->shape);
        status = status == SDSE_OK ? loaded : status;
    }
    if (status == SDSE_OK && plot->shape)
        status = sdse_plot_shapes(plot->picture, &c->shape, diags);
    if (status != SDSE_OK)
        return status;
    sdse_marks_plan(&c->marks, plot->theme, &colour, plot->shape ? &c->shape : NULL);
    c->marks.numbered = false; // no number stands beside a curve
    c->by_setting = true;
    return SDSE_OK;
}

// ---- reading ----

// Counts the rows, or fills them in. The last code of the database; SQLITE_NOMEM also
// where the arena has none.
static int read_rows(sqlite3_stmt *query, const char *network, struct curves *c,
                     struct sdse_arena *arena) {
    const char *last = "";
    c->run_count = c->row_count = 0;
    sqlite3_reset(query);
    sqlite3_bind_text(query, 1, network, -1, SQLITE_STATIC);
    int code;
    while ((code = sqlite3_step(query)) == SQLITE_ROW) {
        const char *hash = column_copy(query, 0, arena),
                   *method = column_copy(query, 1, arena),
                   *settings = column_copy(query, 2, arena);
        if (!hash || !method || !settings)
            return SQLITE_NOMEM;
        if (strcmp(hash, last) != 0) {
            if (c->runs) {
                c->runs[c->run_count] =
                    sdse_arena_printf(arena, "%s %s", method, settings);
                c->keyed[c->run_count] = sdse_training_name(method, settings, arena);
                if (!c->runs[c->run_count] || !c->keyed[c->run_count])
                    return SQLITE_NOMEM;
                c->hashes[c->run_count] = hash;
            }
            c->run_count++;
        }
        last = hash;
        if (c->rows)
            c->rows[c->row_count] = (struct row){
                c->run_count - 1, (uint64_t)sqlite3_column_int64(query, 3),
                sqlite3_column_double(query, 4), sqlite3_column_double(query, 5)};
        c->row_count++;
    }
    return code;
}

// The number of an accelerator, which is the next one where it is new.
static size_t number_of(struct curves *c, const char *arch) {
    size_t a = 0;
    while (a < c->arch_count && strcmp(c->archs[a], arch) != 0)
        a++;
    if (a == c->arch_count)
        c->archs[c->arch_count++] = arch;
    return a;
}

static int read_spent(sqlite3 *db, const char *network, struct curves *c,
                      struct sdse_arena *arena) {
    sqlite3_stmt *query = NULL;
    int code = sqlite3_prepare_v2(db, energy_sql, -1, &query, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_bind_text(query, 1, network, -1, SQLITE_STATIC);
    size_t run = 0;
    while (code == SQLITE_OK && (code = sqlite3_step(query)) == SQLITE_ROW) {
        const char *hash = column_copy(query, 0, arena);
        if (!c->spent) {
            const size_t count = (size_t)sqlite3_column_int64(query, 4);
            c->spent = SDSE_ARENA_ARRAY(arena, struct spent, count);
            c->archs = SDSE_ARENA_ARRAY(arena, const char *, count);
        }
        while (hash && run + 1 < c->run_count && strcmp(hash, c->hashes[run]) != 0)
            run++;
        const char *arch = column_copy(query, 1, arena);
        code = hash && c->spent && c->archs && arch ? SQLITE_OK : SQLITE_NOMEM;
        if (code == SQLITE_OK)
            c->spent[c->spent_count++] = (struct spent){
                run, arch, number_of(c, arch), sqlite3_column_double(query, 2),
                sqlite3_column_double(query, 3)};
    }
    sqlite3_finalize(query);
    return code;
}

static enum sdse_status load(struct sdse_reader *reader, const char *network,
                             struct sdse_arena *arena, struct sdse_diags *diags,
                             struct curves *c) {
    const char *file = sqlite3_db_filename(reader->db, "main");
    sqlite3_stmt *query = NULL;
    int code = sqlite3_prepare_v2(reader->db, sql, -1, &query, NULL);
    if (code == SQLITE_OK)
        code = read_rows(query, network, c, arena);
    if (code == SQLITE_DONE && c->row_count) {
        c->runs = SDSE_ARENA_ARRAY(arena, const char *, c->run_count);
        c->keyed = SDSE_ARENA_ARRAY(arena, const char *, c->run_count);
        c->hashes = SDSE_ARENA_ARRAY(arena, const char *, c->run_count);
        c->rows = SDSE_ARENA_ARRAY(arena, struct row, c->row_count);
        code = c->runs && c->keyed && c->hashes && c->rows
                   ? read_rows(query, network, c, arena)
                   : SQLITE_NOMEM;
    }
    if (code == SQLITE_DONE)
        code = read_spent(reader->db, network, c, arena);
    sqlite3_finalize(query);
    if (code != SQLITE_DONE)
        return code == SQLITE_NOMEM
                   ? SDSE_NO_MEMORY
                   : sdse_database_refuse(reader->db, code, file, diags);
    if (c->row_count)
        return SDSE_OK;
    sdse_diag_add(diags, SDSE_ERROR,
                  (struct sdse_loc){.file = sdse_arena_strdup(arena, file)},
                  "plot-empty", "no training of a network '%.80s'", network);
    return SDSE_INVALID;
}

// ---- data ----

// Whether a row begins a curve of the third panel.
static bool begins(const struct curves *c, size_t i) {
    return i == 0 || c->spent[i].run != c->spent[i - 1].run ||
           strcmp(c->spent[i].arch, c->spent[i - 1].arch) != 0;
}

// A block for each run, then one for each run and accelerator, two empty lines between.
static enum sdse_status write_data(const void *scene, struct sdse_arena *arena,
                                   FILE *out) {
    (void)arena;
    const struct curves *c = scene;
    fputs("# epoch\taccuracy [%]\tbits moved since the start", out);
    for (size_t i = 0; i < c->row_count; i++) {
        const struct row *row = &c->rows[i];
        if (i == 0 || row->run != c->rows[i - 1].run) {
            fprintf(out, "%s\n# ", i ? "\n\n" : "");
            sdse_gnuplot_field(c->runs[row->run], out);
        }
        fprintf(out, "\n%llu\t%.9g\t%.9g", (unsigned long long)row->epoch,
                100 * row->accuracy, row->moved_bits);
    }
    for (size_t i = 0; i < c->spent_count; i++) {
        const struct spent *spent = &c->spent[i];
        if (begins(c, i)) {
            fputs(i ? "\n\n\n# "
                    : "\n\n\n# energy since the start [pJ]\taccuracy [%]\n# ",
                  out);
            sdse_gnuplot_field(spent->arch, out);
            fputc(' ', out);
            sdse_gnuplot_field(c->runs[spent->run], out);
        }
        fprintf(out, "\n%.9g\t%.9g", spent->energy_pj, 100 * spent->accuracy);
    }
    fputc('\n', out);
    return SDSE_OK;
}

// ---- script ----

enum { EPOCHS, MOVED, ENERGY, WIDTH_PX = 1100, HEIGHT_PX = 520 };
static const double J_PER_PJ = 1e-12;

static struct sdse_axis axis_of(const struct curves *c, int panel) {
    static const char *const labels[] = {"Epoch", "Bits of weights and state moved",
                                         "Modelled energy of training [J]"};
    struct sdse_axis axis = {
        .letter = 'x', .label = labels[panel], .length_px = WIDTH_PX};
    if (panel == ENERGY)
        for (size_t i = 0; i < c->spent_count; i++)
            sdse_range_take(&axis.range, J_PER_PJ * c->spent[i].energy_pj);
    else
        for (size_t i = 0; i < c->row_count; i++)
            sdse_range_take(&axis.range, panel == EPOCHS ? (double)c->rows[i].epoch
                                                         : c->rows[i].moved_bits);
    axis.whole = panel == EPOCHS;
    if (c->log != SDSE_LOG_AUTO)
        axis.log = sdse_axis_is_log(c->log, 'x', &axis.range);
    else
        axis.log = panel != EPOCHS && sdse_axis_is_log(SDSE_LOG_X, 'x', &axis.range);
    return axis;
}

static struct sdse_axis accuracy_axis(const struct curves *c) {
    struct sdse_axis axis = {
        .letter = 'y', .label = "Test accuracy [%]", .length_px = HEIGHT_PX};
    for (size_t i = 0; i < c->row_count; i++)
        sdse_range_take(&axis.range, 100 * c->rows[i].accuracy);
    axis.log = c->log != SDSE_LOG_AUTO && sdse_axis_is_log(c->log, 'y', &axis.range);
    return axis;
}

static void write_axes(const struct curves *c, int panel, FILE *out) {
    const struct sdse_axis x = axis_of(c, panel), y = accuracy_axis(c);
    sdse_canvas_panel(&c->canvas, (unsigned)panel, out);
    sdse_axis_write(&x, out);
    sdse_axis_write(&y, out);
}

static void color_of(const struct curves *c, size_t run, char color[8]) {
    if (c->by_setting)
        sdse_marks_color(&c->marks, run, color);
    else
        snprintf(color, 8, "%s", sdse_palette_color(c->theme, run));
}

static void write_panel(const struct curves *c, int panel, FILE *out) {
    write_axes(c, panel, out);
    for (size_t i = 0; i < c->run_count; i++) {
        char color[8];
        color_of(c, i, color);
        fprintf(out,
                "%s index %zu using %d:2 with linespoints lc rgb '%s' pt %d notitle",
                i ? ", \\\n     data" : "plot data", i, panel == MOVED ? 3 : 1, color,
                c->by_setting ? sdse_marks_type(&c->marks, i) : sdse_palette_filled(i));
    }
    if (panel == EPOCHS && c->marks.scale)
        sdse_marks_carrier(&c->marks, 1, 2, out);
    fputc('\n', out);
}

// Colours are the runs', as above; the accelerators differ in their points.
static void write_energy_panel(const struct curves *c, FILE *out) {
    write_axes(c, ENERGY, out);
    size_t block = c->run_count;
    for (size_t i = 0; i < c->spent_count; i++) {
        if (!begins(c, i))
            continue;
        const struct spent *spent = &c->spent[i];
        char color[8];
        color_of(c, spent->run, color);
        fprintf(out,
                "%s index %zu using ($1 * %g):($1 > 0 ? $2 : NaN) with linespoints "
                "lc rgb '%s' pt %d notitle",
                block > c->run_count ? ", \\\n     data" : "plot data", block, J_PER_PJ,
                color, sdse_palette_filled(spent->arch_number));
        block++;
    }
    fputc('\n', out);
}

static void write_script(const void *scene, const struct sdse_plot_files *files,
                         FILE *out) {
    const struct curves *c = scene;
    sdse_canvas_begin(&c->canvas, files, out);
    if (c->marks.scale)
        sdse_marks_scale(&c->marks, &c->canvas, out);
    fputs("unset grid\nset grid ytics\n", out);
    write_panel(c, EPOCHS, out);
    write_panel(c, MOVED, out);
    if (c->spent_count)
        write_energy_panel(c, out);
    sdse_canvas_end(&c->canvas, out);
}

static bool lay_out(struct curves *c, struct sdse_arena *arena) {
    struct sdse_canvas_wish wish = {.title = c->title,
                                    .panels = c->spent_count ? 3 : 2,
                                    .panel_width_px = WIDTH_PX,
                                    .panel_height_px = HEIGHT_PX,
                                    .right_px =
                                        c->marks.scale ? SDSE_MARKS_SCALE_PX : 0};
    if (!sdse_training_shorten(c->keyed, c->run_count, arena) ||
        !sdse_names_shorten(c->archs, c->arch_count, arena))
        return false;
    if (c->by_setting)
        sdse_marks_legend(&c->marks, &wish.legend, arena);
    for (size_t i = 0; !c->by_setting && i < c->run_count; i++)
        sdse_legend_add(&wish.legend, arena, SDSE_LEGEND_POINT, sdse_palette_filled(i),
                        0, sdse_palette_color(c->theme, i), c->keyed[i]);
    if (c->arch_count)
        sdse_legend_add(&wish.legend, arena, SDSE_LEGEND_HEADING, 0, 0, "",
                        "over energy, on:");
    for (size_t a = 0; a < c->arch_count; a++)
        sdse_legend_add(&wish.legend, arena, SDSE_LEGEND_POINT, sdse_palette_filled(a),
                        0, sdse_theme(c->theme)->quiet, c->archs[a]);
    return sdse_canvas_plan(&c->canvas, &wish, arena);
}

enum sdse_status sdse_plot_learning(struct sdse_reader *reader,
                                    const struct sdse_learning_plot *plot,
                                    struct sdse_arena *arena,
                                    struct sdse_diags *diags) {
    static const struct sdse_plot_writers writers = {write_data, write_script};
    struct sdse_plot_files files;
    struct curves curves = {
        .title = plot->network, .theme = plot->theme, .log = plot->log};
    enum sdse_status status =
        sdse_plot_files(plot->rules, plot->picture, arena, diags, &files);
    files.theme = plot->theme;
    if (status == SDSE_OK)
        status = load(reader, plot->network, arena, diags, &curves);
    if (status == SDSE_OK && (plot->colour || plot->shape))
        status = load_marks(reader, plot, &curves, arena, diags);
    if (status == SDSE_OK && !lay_out(&curves, arena))
        status = SDSE_NO_MEMORY;
    return status == SDSE_OK
               ? sdse_gnuplot_draw(&writers, &curves, &files, arena, diags)
               : status;
}

enum sdse_status sdse_plot_trained(struct sdse_reader *reader, struct sdse_arena *arena,
                                   struct sdse_diags *diags, const char ***names,
                                   size_t *count) {
    sqlite3_stmt *query = NULL;
    size_t capacity = 0;
    *names = NULL;
    *count = 0;
    int code = sqlite3_prepare_v2(reader->db,
                                  "SELECT name, count(*) OVER () FROM (SELECT DISTINCT"
                                  " name FROM v_training) ORDER BY name",
                                  -1, &query, NULL);
    while (code == SQLITE_OK && (code = sqlite3_step(query)) == SQLITE_ROW) {
        code = SQLITE_OK;
        if (!*names) {
            capacity = (size_t)sqlite3_column_int64(query, 1);
            *names = SDSE_ARENA_ARRAY(arena, const char *, capacity);
        }
        const char *name = column_copy(query, 0, arena);
        if (!*names || !name || *count == capacity)
            code = SQLITE_NOMEM;
        else
            (*names)[(*count)++] = name;
    }
    sqlite3_finalize(query);
    return code == SQLITE_DONE ? SDSE_OK
           : code == SQLITE_NOMEM
               ? SDSE_NO_MEMORY
               : sdse_database_refuse(reader->db, code,
                                      sqlite3_db_filename(reader->db, "main"), diags);
}
