// Plots: the script is what was agreed (golden), the data is what the database holds,
// names cannot run anything, a missing gnuplot is a message.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <math.h>
#include <sqlite3.h>

#include "results/look/plot/plot.h"
#include "support/plot_script.h"
#include "support/reseal.h"
#include "support/results_fixture.h"

static char database[128], directory[64];
static struct sdse_arena *arena;
static struct sdse_diags diags;
static struct sdse_reader *reader;
static bool have_gnuplot;

static int set_up(void **state) {
    (void)state;
    arena = sdse_arena_new();
    sdse_diags_init(&diags, arena);
    fixture_path("plot", database, sizeof database);
    fixture_fill(database, 100, 1);
    snprintf(directory, sizeof directory, "plot-files-%ld", (long)getpid());
    have_gnuplot = system("gnuplot --version >/dev/null 2>&1") == 0;
    return mkdir(directory, 0755) || sdse_reader_open(database, &diags, &reader);
}

static int tear_down(void **state) {
    (void)state;
    char command[128];
    sdse_reader_close(reader);
    fixture_remove(database);
    sdse_arena_free(arena);
    snprintf(command, sizeof command, "rm -rf '%s'", directory);
    return system(command) == -1;
}

static const char *in_directory(const char *name) {
    return sdse_arena_printf(arena, "%s/%s", directory, name);
}

static char *read_file(const char *path) {
    FILE *file = fopen(path, "rb");
    if (!file)
        fail_msg("cannot read %s", path);
    char *text = sdse_arena_alloc(arena, 1, 1 << 20);
    size_t bytes = fread(text, 1, (1 << 20) - 1, file);
    text[bytes] = '\0';
    fclose(file);
    return text;
}

static char *data_of(const char *script) {
    char *data = plot_data(read_file(in_directory(script)));
    assert_non_null(data);
    return data;
}

// The drawing itself succeeded, or there is no gnuplot and that was said.
static void drawn(enum sdse_status status, const char *picture, const char *magic) {
    if (!have_gnuplot) {
        assert_int_equal(status, SDSE_MISSING_TOOL);
        return;
    }
    sdse_diags_print(&diags, stderr, false);
    assert_int_equal(status, SDSE_OK);
    FILE *file = fopen(picture, "rb");
    assert_non_null(file);
    char head[8] = "";
    assert_true(fread(head, 1, strlen(magic), file) == strlen(magic));
    assert_memory_equal(head, magic, strlen(magic));
    fclose(file);
}

// tests/golden/<name> is the script as agreed. To accept a change, look at the picture
// and copy the new script over it.
static void is_golden(const char *script, const char *name) {
    char path[512];
    snprintf(path, sizeof path, "%s/tests/golden/%s", SDSE_SOURCE_DIR, name);
    const char *keep = getenv("SDSE_ACCEPT_GOLDEN");
    if (keep && *keep) {
        FILE *file = fopen(path, "w");
        assert_non_null(file);
        fputs(read_file(script), file);
        fclose(file);
    }
    assert_string_equal(read_file(script), read_file(path));
}

static void front_of_two(void **state) {
    (void)state;
    struct sdse_front_plot plot = {.objectives = 2,
                                   .metric = {SDSE_METRIC_ENERGY, SDSE_METRIC_LATENCY},
                                   .picture = in_directory("front.png")};
    drawn(sdse_plot_front(reader, &plot, arena, &diags), plot.picture, "\x89PNG");
    is_golden(in_directory("front.png.gp"), "plot_front.gp");
    plot.picture = in_directory("front.svg");
    drawn(sdse_plot_front(reader, &plot, arena, &diags), plot.picture, "<?xml");
    plot.picture = in_directory("front.pdf");
    drawn(sdse_plot_front(reader, &plot, arena, &diags), plot.picture, "%PDF");
}

static void front_of_three(void **state) {
    (void)state;
    struct sdse_front_plot plot = {
        .objectives = 3,
        .metric = {SDSE_METRIC_ENERGY, SDSE_METRIC_LATENCY, SDSE_METRIC_ERROR},
        .colour = "form",
        .picture = in_directory("front3.png")};
    drawn(sdse_plot_front(reader, &plot, arena, &diags), plot.picture, "\x89PNG");
    is_golden(in_directory("front3.png.gp"), "plot_front3.gp");
}

// Every feasible point is in the data, with its energy in mJ; the front's points are
// those that sdse_pareto_front names.
static void front_data_is_the_database(void **state) {
    (void)state;
    static const enum sdse_metric metrics[] = {SDSE_METRIC_ENERGY, SDSE_METRIC_LATENCY};
    struct sdse_front_plot plot = {.objectives = 2,
                                   .metric = {SDSE_METRIC_ENERGY, SDSE_METRIC_LATENCY},
                                   .picture = in_directory("data.png")};
    struct sdse_filter all = {0};
    struct sdse_points points;
    struct sdse_front front;
    sdse_plot_front(reader, &plot, arena, &diags);
    assert_int_equal(sdse_points_load(reader, &all, metrics, 2, arena, &diags, &points),
                     SDSE_OK);
    assert_int_equal(sdse_front_compute(&points, arena, &front), SDSE_OK);
    assert_int_equal(points.count, FIXTURE_POINTS - FIXTURE_INFEASIBLE);
    assert_int_equal(points.infeasible, FIXTURE_INFEASIBLE);
    size_t rows = 0, on_front = 0;
    for (char *line = strtok(data_of("data.png.gp"), "\n"); line;
         line = strtok(NULL, "\n")) {
        if (*line == '#')
            continue;
        if (rows == points.count)
            break; // the front's own block follows
        char *end;
        assert_int_equal(strtoll(line, &end, 10), points.point_id[rows]);
        assert_true(fabs(strtod(end, &end) / (points.v[2 * rows] * 1e-9) - 1) < 1e-8);
        assert_true(fabs(strtod(end, &end) / (points.v[2 * rows + 1] * 1e3) - 1) <
                    1e-8);
        on_front += (size_t)strtol(end, &end, 10);
        rows++;
    }
    assert_int_equal(rows, points.count);
    assert_int_equal(on_front, front.count);
    assert_true(front.count > 3);
}

static void energy_by_point(void **state) {
    (void)state;
    struct sdse_energy_plot plot = {.filter = {.arch = "smartexchange"},
                                    .most_bars = 8,
                                    .picture = in_directory("energy.png")};
    drawn(sdse_plot_energy(reader, &plot, arena, &diags), plot.picture, "\x89PNG");
    is_golden(in_directory("energy.png.gp"), "plot_energy.gp");
}

// The last end of a bar is the layer's energy, times its repeat.
static void energy_by_layer(void **state) {
    (void)state;
    struct sdse_layers_plot plot = {.point_id = 1,
                                    .picture = in_directory("layers.png")};
    drawn(sdse_plot_layers(reader, &plot, arena, &diags), plot.picture, "\x89PNG");
    is_golden(in_directory("layers.png.gp"), "plot_layers.gp");
    sqlite3 *db = NULL;
    sqlite3_stmt *row = NULL;
    sqlite3_open(database, &db);
    sqlite3_prepare_v2(db,
                       "SELECT energy_pj FROM v_layer WHERE point_id = 1"
                       " ORDER BY layer_index",
                       -1, &row, NULL);
    strtok(data_of("layers.png.gp"), "\n"); // the heading
    int layers = 0;
    for (char *line; (line = strtok(NULL, "\n")); layers++) {
        assert_int_equal(sqlite3_step(row), SQLITE_ROW);
        double total_mj = atof(strrchr(line, '\t') + 1);
        assert_true(fabs(total_mj / (sqlite3_column_double(row, 0) * 1e-9) - 1) < 1e-8);
    }
    assert_int_equal(layers, FIXTURE_LAYERS);
    sqlite3_finalize(row);
    sqlite3_close(db);
}

// A fused layer takes no time and has no bar; the bars after it keep their own names.
static void fused_layers_have_no_bars(void **state) {
    (void)state;
    char copy[128];
    fixture_path("plot-fused", copy, sizeof copy);
    fixture_fill(copy, 1, 1);
    sqlite3 *db = NULL;
    sqlite3_stmt *row = NULL;
    assert_int_equal(sqlite3_open(copy, &db), SQLITE_OK);
    assert_int_equal(
        sqlite3_exec(db,
                     "UPDATE solution SET latency_cycles = 0 WHERE solution_id ="
                     " (SELECT solution_id FROM point_layer WHERE point_id = 1"
                     "  AND layer_index = 1)",
                     NULL, NULL, NULL),
        SQLITE_OK);
    reseal(db);
    struct sdse_reader *fused = NULL;
    assert_int_equal(sdse_reader_open(copy, &diags, &fused), SDSE_OK);
    struct sdse_layers_plot plot = {.point_id = 1,
                                    .picture = in_directory("fused.png")};
    drawn(sdse_plot_layers(fused, &plot, arena, &diags), plot.picture, "\x89PNG");
    assert_non_null(
        strstr(read_file(in_directory("fused.png.gp")), "without 1 fused layer"));
    sqlite3_prepare_v2(db,
                       "SELECT layer, energy_pj FROM v_layer WHERE point_id = 1"
                       " AND latency_cycles > 0 ORDER BY layer_index",
                       -1, &row, NULL);
    strtok(data_of("fused.png.gp"), "\n"); // the heading
    for (char *line; (line = strtok(NULL, "\n"));) {
        assert_int_equal(sqlite3_step(row), SQLITE_ROW);
        const char *name = (const char *)sqlite3_column_text(row, 0);
        assert_memory_equal(line + 1, name, strlen(name));
        double total_mj = atof(strrchr(line, '\t') + 1);
        assert_true(fabs(total_mj / (sqlite3_column_double(row, 1) * 1e-9) - 1) < 1e-8);
    }
    assert_int_equal(sqlite3_step(row), SQLITE_DONE);
    sqlite3_finalize(row);
    sqlite3_close(db);
    sdse_reader_close(fused);
    fixture_remove(copy);
}

static void wide_ranges_are_logarithmic(void **state) {
    (void)state;
    // Error against storage: weight_bits spans a factor of 3, made-up values stay
    // linear; a copy with one point 1000 times larger does not.
    char copy[128];
    fixture_path("plot-log", copy, sizeof copy);
    fixture_fill(copy, 100, 1);
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(copy, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db,
                                  "UPDATE point SET weight_bits = weight_bits * 1000"
                                  " WHERE point_id = 3",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    reseal(db);
    sqlite3_close(db);
    struct sdse_front_plot plot = {.objectives = 2,
                                   .metric = {SDSE_METRIC_STORAGE, SDSE_METRIC_ENERGY},
                                   .picture = in_directory("log.png")};
    struct sdse_reader *wide = NULL;
    assert_int_equal(sdse_reader_open(copy, &diags, &wide), SDSE_OK);
    drawn(sdse_plot_front(wide, &plot, arena, &diags), plot.picture, "\x89PNG");
    sdse_reader_close(wide);
    fixture_remove(copy);
    const char *script = read_file(in_directory("log.png.gp"));
    assert_non_null(strstr(script, "\nset logscale x 10\n"));
    assert_non_null(strstr(script, "\nunset logscale y\n"));
}

// Values a hundred times apart, and no fewer, are drawn on a logarithmic axis.
static void a_hundredfold_is_logarithmic(void **state) {
    (void)state;
    for (int wide = 0; wide < 2; wide++) {
        char copy[128];
        fixture_path("plot-edge", copy, sizeof copy);
        fixture_fill(copy, 100, 1);
        sqlite3 *db = NULL;
        assert_int_equal(sqlite3_open(copy, &db), SQLITE_OK);
        char sql[200];
        snprintf(sql, sizeof sql,
                 "UPDATE point SET weight_bits = CASE point_id WHEN 3 THEN %d ELSE 8000"
                 " END",
                 wide ? 808000 : 792000);
        assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
        reseal(db);
        sqlite3_close(db);
        struct sdse_front_plot plot = {
            .objectives = 2,
            .metric = {SDSE_METRIC_STORAGE, SDSE_METRIC_ENERGY},
            .picture = in_directory("edge.png")};
        struct sdse_reader *edge = NULL;
        assert_int_equal(sdse_reader_open(copy, &diags, &edge), SDSE_OK);
        drawn(sdse_plot_front(edge, &plot, arena, &diags), plot.picture, "\x89PNG");
        sdse_reader_close(edge);
        fixture_remove(copy);
        const char *script = read_file(in_directory("edge.png.gp"));
        assert_int_equal(strstr(script, "\nset logscale x 10\n") != NULL, wide);
    }
}

// Of more components than a legend holds the least become "other", all of them.
static void others_are_all_others(void **state) {
    (void)state;
    char copy[128];
    fixture_path("plot-many", copy, sizeof copy);
    fixture_fill(copy, 1, 1);
    sqlite3 *db = NULL;
    sqlite3_stmt *row = NULL;
    assert_int_equal(sqlite3_open(copy, &db), SQLITE_OK);
    for (int i = 1; i <= 12; i++) {
        char sql[300];
        snprintf(sql, sizeof sql,
                 "INSERT INTO component_set SELECT DISTINCT set_id, 'part %d', 'x',"
                 " %d * 1e6, (SELECT min(origin_id) FROM origin), random() FROM"
                 " component_set GROUP BY set_id",
                 i, i);
        assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    }
    reseal(db);
    struct sdse_reader *many = NULL;
    assert_int_equal(sdse_reader_open(copy, &diags, &many), SDSE_OK);
    struct sdse_layers_plot plot = {.point_id = 1, .picture = in_directory("many.png")};
    drawn(sdse_plot_layers(many, &plot, arena, &diags), plot.picture, "\x89PNG");
    sdse_reader_close(many);
    sqlite3_prepare_v2(db,
                       "SELECT sum(energy_pj), count(DISTINCT component) FROM v_energy"
                       " WHERE point_id = 1 GROUP BY layer_index ORDER BY layer_index",
                       -1, &row, NULL);
    char *text = data_of("many.png.gp");
    assert_non_null(strstr(text, "\tother"));
    strtok(text, "\n"); // the heading
    for (char *line; (line = strtok(NULL, "\n"));) {
        assert_int_equal(sqlite3_step(row), SQLITE_ROW);
        assert_true(sqlite3_column_int(row, 1) >= 12);
        double total_mj = atof(strrchr(line, '\t') + 1);
        assert_true(fabs(total_mj / (sqlite3_column_double(row, 0) * 1e-9) - 1) < 1e-8);
    }
    sqlite3_finalize(row);
    sqlite3_close(db);
    fixture_remove(copy);
}

// One message, whichever the plot.
static void infeasible_points_are_no_plot(void **state) {
    (void)state;
    const struct sdse_filter filter = {.where = "energy_pj IS NULL"};
    const char *picture = in_directory("none.png");
    const struct sdse_front_plot front = {
        .filter = filter,
        .objectives = 2,
        .metric = {SDSE_METRIC_ENERGY, SDSE_METRIC_LATENCY},
        .picture = picture};
    const struct sdse_hypervolume_plot volume = {
        .filter = filter,
        .objectives = 2,
        .metric = {SDSE_METRIC_ENERGY, SDSE_METRIC_LATENCY},
        .picture = picture};
    const struct sdse_energy_plot energy = {.filter = filter, .picture = picture};
    const struct sdse_gain_plot gain = {
        .filter = filter, .over_arch = "eyeriss", .picture = picture};
    for (int plot = 0; plot < 4; plot++) {
        sdse_diags_init(&diags, arena);
        const enum sdse_status status =
            plot == 0   ? sdse_plot_front(reader, &front, arena, &diags)
            : plot == 1 ? sdse_plot_hypervolume(reader, &volume, arena, &diags)
            : plot == 2 ? sdse_plot_energy(reader, &energy, arena, &diags)
                        : sdse_plot_gain(reader, &gain, arena, &diags);
        assert_int_equal(status, SDSE_INVALID);
        assert_true(sdse_diags_fired(&diags, "plot-empty"));
        const char *says = sdse_arena_printf(
            arena,
            "no points to plot: %d infeasible, 0 failed, 0 without an "
            "objective",
            FIXTURE_INFEASIBLE);
        assert_string_equal(diags.last->message, says);
        assert_non_null(strstr(diags.last->loc.file, database));
        assert_int_equal(access(picture, F_OK), -1);
    }
}

static void names_run_nothing(void **state) {
    (void)state;
    char copy[128];
    fixture_path("plot-evil", copy, sizeof copy);
    fixture_fill(copy, 100, 1);
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(copy, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db,
                                  "UPDATE point SET arch = '`touch evil-1`'' . "
                                  "system(\"touch evil-2\") . ''',"
                                  " workload = '@evil $(touch evil-3) {/Bold x}_y'",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    reseal(db);
    sqlite3_close(db);
    struct sdse_front_plot plot = {.objectives = 2,
                                   .metric = {SDSE_METRIC_ENERGY, SDSE_METRIC_LATENCY},
                                   .picture = in_directory("|touch evil-4 '`x`.png")};
    struct sdse_energy_plot bars = {.picture = in_directory("<touch evil-5 .png")};
    struct sdse_reader *evil = NULL;
    assert_int_equal(sdse_reader_open(copy, &diags, &evil), SDSE_OK);
    drawn(sdse_plot_front(evil, &plot, arena, &diags), plot.picture, "\x89PNG");
    drawn(sdse_plot_energy(evil, &bars, arena, &diags), bars.picture, "\x89PNG");
    // Quotation marks stay what they are: doubled in the data, one in the picture.
    assert_non_null(
        strstr(data_of("|touch evil-4 '`x`.png.gp"), "system(\"\"touch evil-2\"\")"));
    assert_non_null(strstr(read_file(in_directory("|touch evil-4 '`x`.png.gp")),
                           "system(\"touch evil-2\")"));
    bars.picture = in_directory("quotes.svg");
    drawn(sdse_plot_energy(evil, &bars, arena, &diags), bars.picture, "<?xml");
    if (have_gnuplot) {
        const char *shown = read_file(bars.picture);
        assert_true(strstr(shown, "system(\"touch evil-2\")") ||
                    strstr(shown, "system(&quot;touch evil-2&quot;)"));
    }
    sdse_reader_close(evil);
    fixture_remove(copy);
    for (char digit = '1'; digit <= '5'; digit++) {
        char name[] = "evil-0";
        name[5] = digit;
        assert_int_equal(access(name, F_OK), -1);
        assert_int_equal(access(in_directory(name), F_OK), -1);
    }
}

static void a_missing_gnuplot_is_a_message(void **state) {
    (void)state;
    const char *path = sdse_arena_strdup(arena, getenv("PATH"));
    struct sdse_layers_plot plot = {.point_id = 1,
                                    .picture = in_directory("missing.png")};
    setenv("PATH", "/nonexistent", 1);
    sdse_diags_init(&diags, arena);
    enum sdse_status status = sdse_plot_layers(reader, &plot, arena, &diags);
    setenv("PATH", path, 1);
    assert_int_equal(status, SDSE_MISSING_TOOL);
    assert_true(sdse_diags_fired(&diags, "plot-gnuplot-missing"));
    assert_int_equal(access(plot.picture, F_OK), -1);
    assert_int_equal(access(in_directory("missing.png.gp"), F_OK), 0);
}

static void bad_requests_are_messages(void **state) {
    (void)state;
    struct sdse_layers_plot plot = {.point_id = 1, .picture = in_directory("x.jpg")};
    sdse_diags_init(&diags, arena);
    assert_int_equal(sdse_plot_layers(reader, &plot, arena, &diags), SDSE_INVALID);
    assert_true(sdse_diags_fired(&diags, "plot-format"));
    plot = (struct sdse_layers_plot){.point_id = 11, .picture = in_directory("x.png")};
    assert_int_equal(sdse_plot_layers(reader, &plot, arena, &diags), SDSE_INVALID);
    assert_true(sdse_diags_fired(&diags, "plot-empty"));
    plot = (struct sdse_layers_plot){.point_id = 1, .picture = "no-such-dir/x.png"};
    assert_int_equal(sdse_plot_layers(reader, &plot, arena, &diags), SDSE_IO);
    assert_true(sdse_diags_fired(&diags, "output-write"));
    struct sdse_energy_plot bars = {.filter = {.arch = "eyeris"},
                                    .picture = in_directory("x.png")};
    assert_int_equal(sdse_plot_energy(reader, &bars, arena, &diags), SDSE_INVALID);
    assert_true(sdse_diags_fired(&diags, "results-name"));
    assert_non_null(strstr(diags.last->message, "there are 'eyeriss', "));
    struct sdse_front_plot front = {
        .objectives = 2,
        .metric = {SDSE_METRIC_ENERGY, SDSE_METRIC_ACCURACY_LOSS},
        .picture = in_directory("x.png")};
    assert_int_equal(sdse_plot_front(reader, &front, arena, &diags), SDSE_INVALID);
    assert_non_null(strstr(diags.last->message, "33 without an objective"));
}

// Draws with a gnuplot that is a shell script.
static enum sdse_status with_gnuplot(const char *script,
                                     const struct sdse_layers_plot *plot) {
    const char *fake = in_directory("gnuplot");
    FILE *file = fopen(fake, "w");
    assert_non_null(file);
    fprintf(file, "#!/bin/sh\n%s", script);
    fclose(file);
    assert_int_equal(chmod(fake, 0755), 0);
    char *path = strdup(getenv("PATH"));
    char folder[1024] = "";
    if (fake[0] != '/')
        assert_non_null(getcwd(folder, sizeof folder / 2));
    const size_t used = strlen(folder);
    snprintf(folder + used, sizeof folder - used, "/%s", in_directory("."));
    setenv("PATH", folder, 1);
    const enum sdse_status status = sdse_plot_layers(reader, plot, arena, &diags);
    setenv("PATH", path, 1);
    free(path);
    return status;
}

static void a_failing_script_says_why(void **state) {
    (void)state;
    if (!have_gnuplot)
        skip();
    // The picture's name is taken by a directory: nothing is begun.
    struct sdse_layers_plot plot = {.point_id = 1,
                                    .picture = in_directory("taken.png")};
    mkdir(plot.picture, 0755);
    sdse_diags_init(&diags, arena);
    assert_int_equal(sdse_plot_layers(reader, &plot, arena, &diags), SDSE_IO);
    assert_true(sdse_diags_fired(&diags, "output-write"));
    assert_int_not_equal(access(in_directory("taken.gp"), F_OK), 0);
    // A gnuplot that fails: what it says is said, and the old picture is kept.
    plot.picture = in_directory("kept.png");
    sdse_diags_init(&diags, arena);
    assert_int_equal(sdse_plot_layers(reader, &plot, arena, &diags), SDSE_OK);
    assert_int_equal(with_gnuplot("echo no such terminal\nexit 1\n", &plot),
                     SDSE_INVALID);
    assert_true(sdse_diags_fired(&diags, "plot-run"));
    assert_non_null(strstr(diags.last->message, "gnuplot failed: no such terminal"));
    // So it is by one that draws nothing.
    sdse_diags_init(&diags, arena);
    assert_int_equal(with_gnuplot("exit 0\n", &plot), SDSE_IO);
    assert_non_null(strstr(diags.last->message, "gnuplot drew no picture"));
    sdse_diags_init(&diags, arena);
    drawn(SDSE_OK, plot.picture, "\x89PNG");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(front_of_two),
        cmocka_unit_test(front_of_three),
        cmocka_unit_test(front_data_is_the_database),
        cmocka_unit_test(energy_by_point),
        cmocka_unit_test(energy_by_layer),
        cmocka_unit_test(fused_layers_have_no_bars),
        cmocka_unit_test(a_hundredfold_is_logarithmic),
        cmocka_unit_test(others_are_all_others),
        cmocka_unit_test(wide_ranges_are_logarithmic),
        cmocka_unit_test(infeasible_points_are_no_plot),
        cmocka_unit_test(names_run_nothing),
        cmocka_unit_test(a_missing_gnuplot_is_a_message),
        cmocka_unit_test(bad_requests_are_messages),
        cmocka_unit_test(a_failing_script_says_why),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
