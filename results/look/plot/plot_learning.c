// Learning curves: test accuracy over epochs, and over the bits that were moved.
#include <math.h>
#include <string.h>

#include "results/look/plot/gnuplot.h"
#include "results/look/plot/palette.h"
#include "results/look/plot/plot.h"
#include "results/store/database.h"

// One epoch of a run, in the order of runs.
struct row {
    size_t run;
    uint64_t epoch;
    double accuracy, moved_bits; // since the run's start
};

struct curves {
    const char *title;
    size_t run_count, row_count;
    const char **runs; // names, for the key
    struct row *rows;
};

static const char sql[] =
    "SELECT training_hash, method || ' ' || settings, epoch, test_accuracy,"
    " sum(coalesce(weight_bits, 0)) OVER (PARTITION BY training_hash ORDER BY epoch)"
    " FROM v_training WHERE name = ?1 AND test_accuracy IS NOT NULL"
    " ORDER BY method, settings, training_hash, epoch";

static const char *column_copy(sqlite3_stmt *query, int column,
                               struct sdse_arena *arena) {
    const char *text = (const char *)sqlite3_column_text(query, column);
    return text ? sdse_arena_strdup(arena, text) : NULL;
}

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
                   *name = column_copy(query, 1, arena);
        if (!hash || !name)
            return SQLITE_NOMEM;
        if (strcmp(hash, last) != 0) {
            if (c->runs)
                c->runs[c->run_count] = name;
            c->run_count++;
        }
        last = hash;
        if (c->rows)
            c->rows[c->row_count] = (struct row){
                c->run_count - 1, (uint64_t)sqlite3_column_int64(query, 2),
                sqlite3_column_double(query, 3), sqlite3_column_double(query, 4)};
        c->row_count++;
    }
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
        c->rows = SDSE_ARENA_ARRAY(arena, struct row, c->row_count);
        code = c->runs && c->rows ? read_rows(query, network, c, arena) : SQLITE_NOMEM;
    }
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

// A block for each run, two empty lines between.
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
    fputc('\n', out);
    return SDSE_OK;
}

static void write_panel(const struct curves *c, bool moved, FILE *out) {
    fprintf(out, "set xlabel '%s'\nset key %s\n%s",
            moved ? "Bits of weights and state moved" : "Epoch",
            moved ? "off"
                  : "below left vertical maxcols 1 Left reverse samplen 2 font ',9'",
            moved ? "set logscale x\nset format x '%.0e'\n" : "");
    for (size_t i = 0; i < c->run_count; i++) {
        fprintf(out,
                "%s index %zu using %d:2 with linespoints lc rgb '%s' pt %d title ",
                i ? ", \\\n     data" : "plot data", i, moved ? 3 : 1,
                sdse_palette_color(i), sdse_palette_filled(i));
        sdse_gnuplot_quote(c->runs[i], out);
    }
    fputc('\n', out);
}

static void write_script(const void *scene, const struct sdse_plot_files *files,
                         FILE *out) {
    const struct curves *c = scene;
    fputs("# Written by sdse; draw again with: gnuplot <this file>\n", out);
    sdse_gnuplot_terminal(files, 1400, 1500, out);
    fputs("set encoding utf8\nset datafile separator \"\\t\"\ndata = ", out);
    sdse_gnuplot_quote(files->data_name, out);
    fputs("\nset multiplot layout 2,1 title ", out);
    sdse_gnuplot_quote(c->title, out);
    fputs("\nset border 3 lc rgb '#333333'\nset tics nomirror out scale 0.6\n"
          "set grid ytics lc rgb '#cccccc' lw 0.5\nset ylabel 'Test accuracy [%]'\n",
          out);
    write_panel(c, false, out);
    write_panel(c, true, out);
    fputs("unset multiplot\n", out);
}

enum sdse_status sdse_plot_learning(struct sdse_reader *reader,
                                    const struct sdse_learning_plot *plot,
                                    struct sdse_arena *arena,
                                    struct sdse_diags *diags) {
    static const struct sdse_plot_writers writers = {write_data, write_script};
    struct sdse_plot_files files;
    struct curves curves = {.title = plot->network};
    enum sdse_status status =
        sdse_plot_files(plot->rules, plot->picture, arena, diags, &files);
    if (status == SDSE_OK)
        status = load(reader, plot->network, arena, diags, &curves);
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
