// sdse compare: two points, two files, two sweeps.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/plot_script.h"
#include "support_program.h"

static bool sweep(const char *line) {
    struct ran ran = run_program(line);
    const bool done = ran.status == 0;
    if (!done)
        fprintf(stderr, "%s", ran.err);
    free_ran(&ran);
    return done;
}

// Writes scratch/NAME: a file of tests/data/cli in which a text is another.
static void write_changed(const char *name, const char *of, const char *text,
                          const char *changed) {
    char *whole = read_whole(of), *at = strstr(whole, text), *out = NULL;
    out = malloc(strlen(whole) + strlen(changed) + 1);
    sprintf(out, "%.*s%s%s", (int)(at - whole), whole, changed, at + strlen(text));
    write_scratch(name, out);
    free(out);
    free(whole);
}

// r.db; o.db, in which one override has other values and the sweep another name; m.db,
// in which the buffer's reads are dearer; two.db has r.db's sweep and o.db's;
// twice.db has two versions of r.db's.
static int fill_databases(void **state) {
    if (enter_scratch(state) != 0)
        return -1;
    write_changed("net.yaml", "tests/data/cli/net.yaml", "name", "name");
    write_changed("arch.yaml", "tests/data/cli/arch.yaml", "name", "name");
    write_changed("o1.yaml", "tests/data/cli/sweep.yaml", "[8, 16]", "[8, 32]");
    write_changed("o.yaml", scratch("o1.yaml"), "cli-test", "cli-othr");
    const bool done = sweep("sweep tests/data/cli/sweep.yaml -o @r.db -j 1") &&
                      sweep("sweep @o.yaml -o @o.db -j 1") &&
                      sweep("sweep tests/data/cli/sweep.yaml -o @two.db -j 1") &&
                      sweep("sweep @o.yaml -o @two.db -j 1") &&
                      sweep("sweep tests/data/cli/sweep.yaml -o @twice.db -j 1") &&
                      sweep("sweep @o1.yaml -o @twice.db -j 1");
    write_changed("m.yaml", "tests/data/cli/sweep.yaml", "8", "8");
    write_changed("arch.yaml", "tests/data/cli/arch.yaml", "read_pj: 10",
                  "read_pj: 11");
    return done && sweep("sweep @m.yaml -o @m.db -j 1") ? 0 : -1;
}

static void shows_two_points(void **state) {
    (void)state;
    golden_out("compare_points", 0, "compare @r.db 1 6");
    golden_out("compare_points_md", 0, "compare @r.db 1 2 -n 2 -f md");
    golden_out("compare_points_csv", 0, "compare @r.db 1 6 -f csv");
    golden_out("compare_same", 0, "compare @r.db 1 1");
    golden_out("compare_across", 0,
               "compare @r.db @m.db tiny/small/raw/buffer.capacity_kib=8/"
               "buffer.fanout.x=4");
}

// A column of a line of CSV without quotes.
static void column(const char *line, int number, char text[128]) {
    for (; number > 0; number--)
        line = strchr(line, ',') + 1;
    snprintf(text, 128, "%.*s", (int)strcspn(line, ",\n"), line);
}

// What a user adds up in a spreadsheet.
static void differences_in_csv_add_up(void **state) {
    (void)state;
    struct ran ran = run_program("compare @r.db 1 6 -f csv");
    assert_int_equal(ran.status, 0);
    static const struct {
        const char *section, *figure;
    } sums[] = {{"energy_by_component", "energy"},
                {"energy_by_layer", "energy"},
                {"cycles_by_layer", "cycles"},
                {"cycles_by_bottleneck", "cycles"}};
    double total[4] = {0}, sum[4] = {0};
    char word[128], value[128];
    for (const char *line = strchr(ran.out, '\n') + 1; *line;
         line = strchr(line, '\n') + 1) {
        column(line, 0, word);
        column(line, 6, value);
        for (int i = 0; i < 4; i++)
            if (strcmp(word, sums[i].section) == 0)
                sum[i] += strtod(value, NULL);
        const bool figure = strcmp(word, "figures") == 0;
        column(line, 2, word);
        for (int i = 0; figure && i < 4; i++)
            if (strcmp(word, sums[i].figure) == 0)
                total[i] = strtod(value, NULL);
    }
    for (int i = 0; i < 4; i++) {
        assert_true(total[i] != 0);
        assert_true(fabs(sum[i] - total[i]) <= 1e-9 * fabs(total[i]));
    }
    free_ran(&ran);
}

static void shows_two_sets(void **state) {
    (void)state;
    golden_out("compare_sweeps", 0, "compare @two.db --sweep cli-test,cli-othr");
    golden_out("compare_sweeps_csv", 0,
               "compare @two.db --sweep cli-test,cli-othr@1 -O energy,latency,area -f "
               "csv");
    struct ran files = run_program("compare @r.db @o.db");
    struct ran sweeps = run_program("compare @two.db --sweep cli-test,cli-othr");
    assert_int_equal(files.status, 0);
    // But for their names, two files are two sweeps.
    assert_string_equal(strstr(files.out, "\ntiny: "), strstr(sweeps.out, "\ntiny: "));
    free_ran(&files);
    free_ran(&sweeps);
}

// The same designs with other figures: the largest difference first.
static void shows_designs_that_differ(void **state) {
    (void)state;
    golden_out("compare_files", 0, "compare @r.db @m.db");
    golden_out("compare_files_few", 0, "compare @r.db @m.db -n 1 --form raw");
}

static void refuses(void **state) {
    (void)state;
    golden_err("compare_one", 2, "compare r.db");
    golden_err("compare_one_point", 2, "compare r.db 3");
    golden_err("compare_three", 2, "compare a.db b.db c.db");
    golden_err("compare_three_points", 2, "compare a.db 1 2 3");
    golden_err("compare_selection", 2, "compare a.db 1 2 --arch x");
    golden_err("compare_sweep_list", 2, "compare a.db b.db --sweep x,y,z");
    golden_err("compare_same_sweep", 2, "compare a.db --sweep x,x");
    golden_err("compare_no_point", 1, "compare @r.db 1 99");
    golden_err("compare_no_sweep", 1, "compare @two.db --sweep cli-test,cli-other");
    golden_err("compare_nothing_fits", 1,
               "compare @r.db @m.db --limit area<=0.000001mm2");
    golden_err("compare_versions_of_one", 1,
               "compare @twice.db --sweep cli-test@1,none");
    golden_err("compare_no_version", 1, "compare @two.db --sweep cli-test,cli-test@2");
    golden_err("compare_no_file", 1, "compare @r.db @none.db");
}

static void draws(void **state) {
    (void)state;
    if (system("gnuplot --version >/dev/null 2>&1") != 0)
        skip();
    struct ran ran = run_program("compare @r.db 1 6 -o @points.svg");
    assert_int_equal(ran.status, 0);
    free_ran(&ran);
    ran = run_program("compare @r.db 1 6 -o @points.svg"); // replaces its own
    assert_int_equal(ran.status, 0);
    free_ran(&ran);
    ran = run_program("compare @two.db --sweep cli-test,cli-othr -o @sets.svg");
    assert_int_equal(ran.status, 0);
    free_ran(&ran);
    static const char *const files[] = {"points.svg", "sets.svg"};
    for (size_t i = 0; i < 2; i++) {
        char *picture = read_whole(scratch(files[i]));
        assert_non_null(strstr(picture, "<svg"));
        free(picture);
    }
    char *data = read_whole(scratch("points.svg.gp"));
    golden_text("compare_points_dat", plot_data(data));
    free(data);
    data = read_whole(scratch("sets.svg.gp"));
    golden_text("compare_sets_dat", plot_data(data));
    free(data);
    // On dark ground both have another ground and other colours; a theme is a
    // picture's.
    static const char *const dark[][2] = {
        {"compare @r.db 1 6 -o @dark.svg --theme dark", "points.svg.gp"},
        {"compare @two.db --sweep cli-test,cli-othr -o @dark.svg --theme dark",
         "sets.svg.gp"}};
    for (size_t i = 0; i < 2; i++) {
        ran = run_program(dark[i][0]);
        assert_int_equal(ran.status, 0);
        free_ran(&ran);
        char *night = read_whole(scratch("dark.svg.gp")),
             *day = read_whole(scratch(dark[i][1]));
        assert_non_null(strstr(day, "background rgb '#ffffff'"));
        assert_null(strstr(night, "background rgb '#ffffff'"));
        // The colour of side A.
        char a[2][8];
        snprintf(a[0], 8, "%s", strstr(strstr(day, "\nplot "), "lc rgb '") + 8);
        snprintf(a[1], 8, "%s", strstr(strstr(night, "\nplot "), "lc rgb '") + 8);
        assert_string_not_equal(a[0], a[1]);
        free(night);
        free(day);
    }
    run_says(2, "compare @r.db 1 6 --theme dark", "--theme is a picture's");
    golden_err("compare_over_input", 1, "compare @r.db 1 5 -o @r.db");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shows_two_points), cmocka_unit_test(differences_in_csv_add_up),
        cmocka_unit_test(shows_two_sets),   cmocka_unit_test(shows_designs_that_differ),
        cmocka_unit_test(refuses),          cmocka_unit_test(draws),
    };
    return cmocka_run_group_tests(tests, fill_databases, leave_scratch);
}
