// Learning curves: test accuracy over epochs, over the bits that were moved, and, where
// the database has points of the trainings' steps, over their modelled energy.
#include <math.h>
#include <string.h>

#include "results/look/draw/gnuplot.h"
#include "results/look/draw/palette.h"
#include "results/look/plot/plot.h"
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
    double accuracy, energy_pj; // since the run's start
};

struct curves {
    const char *title;
    size_t run_count, row_count;
    const char **runs;   // names, for the key
    const char **hashes; // of the runs
    struct row *rows;
    size_t spent_count;
    struct spent *spent;
};

static const char sql[] =
    "SELECT training_hash, method || ' ' || settings, epoch, test_accuracy,"
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
            if (c->runs) {
                c->runs[c->run_count] = name;
                c->hashes[c->run_count] = hash;
            }
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

static int read_spent(sqlite3 *db, const char *network, struct curves *c,
                      struct sdse_arena *arena) {
    sqlite3_stmt *query = NULL;
    int code = sqlite3_prepare_v2(db, energy_sql, -1, &query, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_bind_text(query, 1, network, -1, SQLITE_STATIC);
    size_t run = 0;
    while (code == SQLITE_OK && (code = sqlite3_step(query)) == SQLITE_ROW) {
        const char *hash = column_copy(query, 0, arena);
        if (!c->spent)
            c->spent = SDSE_ARENA_ARRAY(arena, struct spent,
                                        (size_t)sqlite3_column_int64(query, 4));
        while (hash && run + 1 < c->run_count && strcmp(hash, c->hashes[run]) != 0)
            run++;
        const struct spent spent = {run, column_copy(query, 1, arena),
                                    sqlite3_column_double(query, 2),
                                    sqlite3_column_double(query, 3)};
        code = hash && c->spent && spent.arch ? SQLITE_OK : SQLITE_NOMEM;
        if (code == SQLITE_OK)
            c->spent[c->spent_count++] = spent;
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
        c->hashes = SDSE_ARENA_ARRAY(arena, const char *, c->run_count);
        c->rows = SDSE_ARENA_ARRAY(arena, struct row, c->row_count);
        code = c->runs && c->hashes && c->rows ? read_rows(query, network, c, arena)
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

// Epochs are whole, and at most ten of them are named.
static void write_epoch_tics(const struct curves *c, FILE *out) {
    uint64_t last = 0;
    for (size_t i = 0; i < c->row_count; i++)
        last = c->rows[i].epoch > last ? c->rows[i].epoch : last;
    fprintf(out, "set xtics %llu\n", (unsigned long long)(last + 9) / 10);
}

static void write_panel(const struct curves *c, bool moved, FILE *out) {
    if (moved)
        fputs("set xtics autofreq\n", out);
    else
        write_epoch_tics(c, out);
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

// Colours are the runs', as above; the accelerators differ in their points, and in the
// key by the curves of the first run.
static void write_energy_panel(const struct curves *c, FILE *out) {
    fputs("set xlabel 'Modelled energy of training [J]'\nset format x '%g'\n"
          "set key below left vertical maxcols 1 Left reverse samplen 2 font ',9'\n",
          out);
    size_t block = c->run_count;
    for (size_t i = 0; i < c->spent_count; i++) {
        if (!begins(c, i))
            continue;
        const struct spent *spent = &c->spent[i];
        size_t arch = 0; // how many the first run has before it
        for (size_t j = 0; j < i && strcmp(c->spent[j].arch, spent->arch) != 0; j++)
            arch += begins(c, j) && c->spent[j].run == c->spent[0].run;
        fprintf(out,
                "%s index %zu using ($1 * 1e-12):($1 > 0 ? $2 : NaN) with linespoints "
                "lc rgb '%s' pt %d ",
                block > c->run_count ? ", \\\n     data" : "plot data", block,
                sdse_palette_color(spent->run), sdse_palette_filled(arch));
        block++;
        if (spent->run == c->spent[0].run) {
            fputs("title ", out);
            sdse_gnuplot_quote(spent->arch, out);
        } else {
            fputs("notitle", out);
        }
    }
    fputc('\n', out);
}

static void write_script(const void *scene, const struct sdse_plot_files *files,
                         FILE *out) {
    const struct curves *c = scene;
    sdse_gnuplot_begin(files, 1400, c->spent_count ? 2200 : 1500, out);
    fprintf(out, "set multiplot layout %d,1 title ", c->spent_count ? 3 : 2);
    sdse_gnuplot_quote(c->title, out);
    fputs("\nunset grid\nset grid ytics\nset ylabel 'Test accuracy [%]'\n", out);
    write_panel(c, false, out);
    write_panel(c, true, out);
    if (c->spent_count)
        write_energy_panel(c, out);
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
    files.theme = plot->theme;
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
