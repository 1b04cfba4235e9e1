// Looking at a results.db: status, pareto, query, export, plot.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "support_program.h"

#define SWEEP "sweep tests/data/cli/sweep.yaml -o @r.db -j 2"

static int fill_database(void **state) {
    if (enter_scratch(state) != 0)
        return -1;
    struct ran ran = run_program(SWEEP);
    const bool done = ran.status == 0;
    if (!done)
        fprintf(stderr, "%s", ran.err);
    free_ran(&ran);
    return done ? 0 : -1;
}

static void continues_what_is_complete(void **state) {
    (void)state;
    struct ran ran = run_program(SWEEP);
    assert_int_equal(ran.status, 0);
    assert_non_null(
        strstr(ran.out, "8 of 8 points (8 were there before), 4 infeasible"));
    free_ran(&ran);
}

static void shows_status(void **state) {
    (void)state;
    golden_out("status", 0, "status @r.db");
    golden_out("status_json", 0, "status @r.db -f json");
}

static void tables_costs(void **state) {
    (void)state;
    golden_out("costs", 0, "costs @r.db --form sd --where status='ok'");
    golden_out("costs_csv", 0,
               "costs @r.db -f csv --objective latency --where"
               " status='ok'~AND~form='raw'");
    golden_out("costs_json", 0,
               "costs @r.db -f json --sweep cli-test --limit energy<=1.33uJ --where"
               " status='ok'");
    golden_err("costs_none", 1, "costs @r.db --limit energy<=1nJ");
    golden_err("costs_form", 1, "costs @r.db --form rw");
    struct ran ran = run_program("costs @r.db");
    assert_int_equal(ran.status, 0);
    assert_string_equal(ran.err,
                        "4 points are infeasible and 0 failed: they have no rows\n");
    free_ran(&ran);
}

static void shows_fronts(void **state) {
    (void)state;
    golden_out("pareto", 0, "pareto @r.db");
    golden_out("pareto_three", 0, "pareto @r.db -O energy,latency,area -f md");
    golden_out("pareto_csv", 0, "pareto @r.db --form raw -f csv");
    golden_err("pareto_sweep", 1, "pareto @r.db --sweep cli-tset");
    golden_out("pareto_where", 0,
               "pareto @r.db -f csv --where form='raw'~AND~energy_pj<1e9");
    golden_err("pareto_where_column", 1, "pareto @r.db --where aera_mm2<4");
    golden_err("pareto_where_two", 1, "pareto @r.db --where 1);~DELETE~FROM~point~--");
    golden_out("pareto_limit", 0,
               "pareto @r.db -f csv --where form='raw' --limit"
               " energy<=1800nJ,storage<=0.0001GiB,cycles<=1e9");
    golden_out("pareto_limit_alone", 0, "pareto @r.db -f csv --limit energy<=1500nJ");
    // Blanks within a limit, and between two.
    golden_out("pareto_limit_alone", 0,
               "pareto @r.db -f csv --limit energy~<=~1500~nJ");
    golden_out("pareto_limit_alone", 0,
               "pareto @r.db -f csv --limit energy<=1500~nJ~area~<=~99~mm2,~edp<=9~Js");
    golden_err("pareto_limit_unit", 2, "pareto @r.db --limit area<=4mm");
    golden_err("pareto_limit_bare", 2, "pareto @r.db --limit energy<=4");
    golden_err("pareto_limit_name", 2, "pareto @r.db --limit storrage<=4B");
    golden_err("pareto_limit_sign", 2, "pareto @r.db --limit storage<4B");
    golden_err("pareto_limit_negative", 2, "pareto @r.db --limit error<=-1");
    golden_err("pareto_where_none", 1, "pareto @r.db --where area_mm2<0");
}

static void answers_queries(void **state) {
    (void)state;
#define SQL " SELECT~form,~parameters,~energy_pj,~reason~FROM~v_point~ORDER~BY~1,2"
    golden_out("query_table", 0, "query @r.db" SQL);
    golden_out("query_csv", 0, "query @r.db" SQL " -f csv");
    golden_out("query_json", 0, "query @r.db" SQL " --format json");
    golden_out("query_md", 0, "query @r.db" SQL " -f md");
    golden_out("query_views", 0, "query @r.db .views -f csv");
    golden_err("query_syntax", 1, "query @r.db SELCT~1");
    golden_err("query_write", 1, "query @r.db DELETE~FROM~point");
    golden_err("query_nosuch", 1, "query @nosuch.db SELECT~1");
    golden_err("query_not_a_database", 1, "query tests/data/cli/net.yaml SELECT~1");
}

static void exports(void **state) {
    (void)state;
    struct ran to_stdout = run_program("export @r.db");
    assert_int_equal(to_stdout.status, 0);
    struct ran to_file = run_program("export @r.db -o @r.jsonl");
    assert_int_equal(to_file.status, 0);
    char *text = read_whole(scratch("r.jsonl"));
    assert_string_equal(text, to_stdout.out);
    free(text);
    free_ran(&to_stdout);
    free_ran(&to_file);
    golden_err("export_nowhere", 3, "export @r.db -o @no/such/folder/x");
    struct ran full = run_program_to("export @r.db", "/dev/full", NULL);
    assert_int_equal(full.status, 3);
    free_ran(&full);
}

// `sdse export r.db | head -1`: the writer ends without a word.
static void ends_when_the_reader_leaves(void **state) {
    (void)state;
    char command[1024], line[64];
    snprintf(command, sizeof command, "%s export %s 2>%s", SDSE_PROGRAM,
             scratch("r.db"), scratch("pipe.err"));
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    assert_non_null(fgets(line, sizeof line, pipe));
    pclose(pipe);
    char *err = read_whole(scratch("pipe.err"));
    assert_string_equal(err, "");
    free(err);
}

static void plots_or_says_what_is_missing(void **state) {
    (void)state;
    char *const nothing[] = {"PATH=/nonexistent", NULL};
    struct ran ran =
        run_program_to("plot front @r.db -o @plots", scratch(".stdout"), nothing);
    assert_int_equal(ran.status, 3);
    assert_non_null(strstr(ran.err, "gnuplot"));
    assert_string_equal(ran.out, "");
    free_ran(&ran);
    // A gnuplot that draws nothing and says that all went well.
    mkdir(scratch("bin"), 0777);
    FILE *fake = fopen(scratch("bin/gnuplot"), "w");
    assert_non_null(fake);
    fputs("#!/bin/sh\nexit 0\n", fake);
    assert_int_equal(fclose(fake), 0);
    chmod(scratch("bin/gnuplot"), 0755);
    char path[300];
    snprintf(path, sizeof path, "PATH=%s:/bin:/usr/bin", scratch("bin"));
    char *const idle[] = {path, NULL};
    ran = run_program_to("plot front @r.db -o @plots", scratch(".stdout"), idle);
    assert_int_equal(ran.status, 3);
    assert_non_null(strstr(ran.err, "gnuplot drew no picture"));
    free_ran(&ran);
    golden_err("plot_point", 2, "plot layers @r.db");
    golden_err("plot_gain", 2, "plot gain @r.db");
    golden_err("plot_point_unknown", 1, "plot layers @r.db -p 999 -o @plots");
    if (system("gnuplot --version >/dev/null 2>&1") != 0)
        skip();
    golden_out("plot_front", 0, "plot front @r.db -o @plots -t svg");
    golden_out("plot_energy", 0, "plot energy @r.db -o @plots -t svg");
    char *picture = read_whole(scratch("plots/front_tiny_energy-latency.svg"));
    assert_non_null(picture);
    assert_non_null(strstr(picture, "<svg"));
    free(picture);
}

// Ctrl-C: what is done is stored, and the command that goes on is named.
static void interrupted_sweeps_say_how_to_continue(void **state) {
    (void)state;
    const char *line = "sweep tests/data/cli/kill_sweep.yaml -o @i.db -j 1";
    bool interrupted = false;
    for (long attempt = 0; attempt < 50 && !interrupted; attempt++) {
        unlink(scratch("i.db"));
        const pid_t pid = start_program(line);
        nanosleep(&(struct timespec){0, 50000000 + attempt * 20000000}, NULL);
        kill(pid, SIGINT);
        int status;
        assert_int_equal(waitpid(pid, &status, 0), pid);
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 3)
            continue; // too early for the handler, or too late
        interrupted = true;
        char *err = read_whole(scratch(".started"));
        assert_non_null(strstr(err, "interrupted: "));
        assert_non_null(strstr(err, " points are stored in "));
        char words[2048];
        snprintf(words, sizeof words,
                 "to continue: sdse sweep tests/data/cli/kill_sweep.yaml -o %s -j 1\n",
                 scratch("i.db"));
        assert_non_null(strstr(err, words));
        free(err);
    }
    assert_true(interrupted);
    struct ran ran = run_program(line);
    assert_int_equal(ran.status, 0);
    assert_non_null(strstr(ran.out, "64 of 64 points"));
    free_ran(&ran);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(continues_what_is_complete),
        cmocka_unit_test(shows_status),
        cmocka_unit_test(shows_fronts),
        cmocka_unit_test(tables_costs),
        cmocka_unit_test(answers_queries),
        cmocka_unit_test(exports),
        cmocka_unit_test(ends_when_the_reader_leaves),
        cmocka_unit_test(plots_or_says_what_is_missing),
        cmocka_unit_test(interrupted_sweeps_say_how_to_continue),
    };
    return cmocka_run_group_tests(tests, fill_database, leave_scratch);
}
