// check, show, eval, map and explain on small files of tests/data/cli.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "support_program.h"

#define DATA "tests/data/cli/"
#define PROBLEM "-a " DATA "arch.yaml -w " DATA "net.yaml"

static void checks_files(void **state) {
    (void)state;
    golden_out("check_good", 0,
               "check " DATA "arch.yaml " DATA "net.yaml " DATA "sweep.yaml");
    golden_out("check_mapping", 0, "check " DATA "mapping.yaml " PROBLEM " -l conv1");
    golden_err("check_bad", 1, "check " DATA "bad_arch.yaml nosuch.yaml " DATA);
    golden_err("check_mapping_alone", 1, "check " DATA "mapping.yaml");
    golden_err("check_unknown_name", 1, "check " DATA "mapping.yaml -a eyeris");
    golden_err("check_unknown_layer", 1,
               "check " DATA "mapping.yaml " PROBLEM " -l conv9");
}

static void checks_all_that_is_shipped(void **state) {
    (void)state;
    struct ran ran = run_program("check archs/eyeriss.yaml archs/diannao.yaml "
                                 "archs/smartexchange.yaml archs/tpu.yaml "
                                 "archs/simba.yaml sweeps/demo_archs.yaml "
                                 "sweeps/demo_forms.yaml");
    if (ran.status != 0)
        fail_msg("%s", ran.err);
    free_ran(&ran);
}

static void shows_files(void **state) {
    (void)state;
    golden_out("show_arch", 0, "show arch " DATA "arch.yaml");
    golden_out("show_workload", 0, "show workload " DATA "net.yaml");
    golden_out("show_mapping", 0,
               "show mapping " DATA "mapping.yaml " PROBLEM " -l conv1");
    golden_out("show_mapping", 0, "show mapping " DATA "mapping.yaml " PROBLEM);
    golden_err("show_wrong_kind", 1, "show workload " DATA "arch.yaml");
    golden_err("show_mapping_alone", 2, "show mapping " DATA "mapping.yaml");
}

static void evaluates_mappings(void **state) {
    (void)state;
    golden_out("eval", 0, "eval " PROBLEM " -m " DATA "mapping.yaml");
    golden_out("eval_smartdeal", 0,
               "eval " PROBLEM " -m " DATA "mapping.yaml --form density:~0.5");
    golden_out("eval_md", 0, "eval " PROBLEM " -m " DATA "mapping.yaml -f md");
    golden_out("eval_json", 0, "eval " PROBLEM " -m " DATA "mapping.yaml -f json");
    golden_out("eval_csv", 0,
               "eval " PROBLEM " -m " DATA "mapping.yaml -f csv --only counts");
    golden_err("eval_csv_whole", 2, "eval " PROBLEM " -m " DATA "mapping.yaml -f csv");
    golden_err("eval_other_layer", 1,
               "eval " PROBLEM " -m " DATA "mapping.yaml -l conv2");
    golden_err("eval_form_wrong", 1,
               "eval " PROBLEM " -m " DATA "mapping.yaml --form densty:~0.5");
    golden_err("eval_form_braces", 1,
               "eval " PROBLEM " -m " DATA "mapping.yaml --form {densty:~0.5}");
    golden_err("eval_unknown_layer", 1, "eval " PROBLEM " -m @none.yaml -l conv9");
    golden_err("eval_not_a_mapping", 1, "eval " PROBLEM " -m " DATA "net.yaml");
}

// What map writes, eval reads and scores the same.
static void maps_layers(void **state) {
    (void)state;
    struct ran ran = run_program("map " PROBLEM " -l conv1 -o @mapping.yaml");
    assert_int_equal(ran.status, 0);
    assert_non_null(strstr(ran.out, "proved optimal"));
    free_ran(&ran);
    golden_out("map_eval", 0, "eval " PROBLEM " -m @mapping.yaml --only totals");
    golden_out("map_check", 0, "check @mapping.yaml " PROBLEM " -l conv1");
}

// A layer that takes minutes.
static void write_hard_network(void) {
    FILE *file = fopen(scratch("hard.yaml"), "w");
    fputs("name: hard\nsource: made up for tests\nlayers:\n"
          "  - {name: wide, kind: conv, in: [2520, 840, 840], out_channels: 2520, "
          "kernel: 3, pad: 1}\n",
          file);
    fclose(file);
}

// What cannot be written is said before a search, which here would take minutes.
static void refuses_outputs_before_the_search(void **state) {
    (void)state;
    write_hard_network();
#define SEARCH "map -a " DATA "arch.yaml -w @hard.yaml --uneven "
    golden_err("map_output_nowhere", 3, SEARCH "-l wide -o /nonexistent/x.yaml");
    golden_err("map_output_folder", 3, SEARCH "-l wide -o docs");
    golden_err("map_output_made_nowhere", 3, SEARCH "-o /nonexistent/x");
    golden_err("map_output_file", 3, SEARCH "-o README.md");
    FILE *file = fopen(scratch("twins.yaml"), "w");
    assert_non_null(file);
    fputs("name: twins\nsource: made up for tests\nlayers:\n"
          "  - {name: a/b, kind: fc, in: 8, out_channels: 8}\n"
          "  - {name: a_b, kind: fc, in: 8, out_channels: 16}\n",
          file);
    fclose(file);
    golden_err("map_output_twins", 1,
               "map -a " DATA "arch.yaml -w @twins.yaml -o @twins");
    struct ran ran =
        run_program("map -a " DATA "arch.yaml -w @twins.yaml -l a/b -o @one.yaml");
    assert_int_equal(ran.status, 0);
    free_ran(&ran);
}

struct totals {
    double energy_uj, cycles, edp, ed2p;
};

// The totals that `sdse map OPTIONS` prints for the network.
static struct totals map_network(const char *options) {
    char line[256];
    struct totals totals;
    double milliseconds;
    snprintf(line, sizeof line, "map " PROBLEM " -j 2 %s", options);
    struct ran ran = run_program(line);
    assert_int_equal(ran.status, 0);
    const char *total = strstr(ran.out, "tiny on small, raw weights: ");
    assert_non_null(total);
    assert_int_equal(sscanf(total,
                            "tiny on small, raw weights: %lf uJ, %lf cycles = %lf "
                            "ms, EDP %lf",
                            &totals.energy_uj, &totals.cycles, &milliseconds,
                            &totals.edp),
                     4);
    totals.ed2p = totals.energy_uj * totals.cycles * totals.cycles;
    free_ran(&ran);
    return totals;
}

// Products of the sums are minimal on the front; other choices are not better.
static void maps_networks(void **state) {
    (void)state;
    static const char *const options[] = {
        "--objective edp",       "--objective energy",
        "--objective latency",   "--objective ed2p",
        "--max-energy 1.6875uJ", "--objective energy --max-latency 39000cycles"};
    struct totals totals[6];
    for (int i = 0; i < 6; i++)
        totals[i] = map_network(options[i]);
    for (int i = 0; i < 6; i++) {
        assert_true(totals[0].edp <= totals[i].edp);
        assert_true(totals[1].energy_uj <= totals[i].energy_uj);
        assert_true(totals[2].cycles <= totals[i].cycles);
        assert_true(totals[3].ed2p <= totals[i].ed2p);
    }
    // The front's points: 1.68713, 1.68713 and 1.68804 uJ in 41984, 39424 and 38274.
    assert_true(totals[4].cycles == 39424);
    assert_true(totals[5].cycles == 38274);
    // People read five digits, and the mapping in a line.
    run_says(0, "map " PROBLEM, "conv1  conv    1  optimal    0      0.18604    4608");
    run_says(0, "map " PROBLEM, "  buffer C32 X(C2) Y(C4) | registers K10 C4\n");
    golden_out("map_front", 0, "map " PROBLEM " --objective pareto -f csv");
    golden_out("map_front_budget", 0,
               "map " PROBLEM " --objective pareto -f csv --max-latency 40us "
               "--max-energy 1.688e-6J");
    golden_err("map_budget_latency", 4, "map " PROBLEM " --max-latency 1~us");
    golden_err("map_budget_energy", 4, "map " PROBLEM " -l conv1 --max-energy 150nJ");
    golden_err("map_budget_both", 4,
               "map " PROBLEM " --max-energy 1.688uJ --max-latency 39000cycles");
    golden_err("map_budget_unit", 2, "map " PROBLEM " --max-energy 3");
}

// Which thread maps which layer leaves no trace.
static void maps_alike_on_any_number_of_threads(void **state) {
    (void)state;
    struct ran one = run_program("map " PROBLEM " --objective pareto -f csv -j 1");
    struct ran four = run_program("map " PROBLEM " --objective pareto -f csv -j 4");
    assert_int_equal(one.status, 0);
    assert_int_equal(four.status, 0);
    assert_string_equal(one.out, four.out);
    free_ran(&one);
    free_ran(&four);
    one = run_program("map " PROBLEM " -o @one -j 1");
    four = run_program("map " PROBLEM " -o @four -j 4");
    assert_int_equal(one.status, 0);
    assert_int_equal(four.status, 0);
    free_ran(&one);
    free_ran(&four);
    char *first = read_whole(scratch("one/conv1.yaml"));
    char *second = read_whole(scratch("four/conv1.yaml"));
    assert_non_null(first);
    assert_non_null(second);
    assert_string_equal(first, second);
    free(first);
    free(second);
}

static void says_why_no_mapping_exists(void **state) {
    (void)state;
    // Eight filters cannot be spread over three places.
    FILE *file = fopen(scratch("narrow.yaml"), "w");
    char *text = read_whole(DATA "arch.yaml");
    fprintf(file,
            "%sdataflow:\n  - {name: odd, constraints: [{level: buffer, spatial: {K: "
            "3}}]}\n",
            text);
    fclose(file);
    free(text);
    golden_err("map_none", 4, "map -a @narrow.yaml -w " DATA "net.yaml -l conv1");
}

#define HARD "map -a " DATA "arch.yaml -w @hard.yaml -l wide --uneven -o @best.yaml"
#define EVAL_BEST "eval -a " DATA "arch.yaml -w @hard.yaml -m @best.yaml --only totals"

static void time_limit_keeps_the_best_so_far(void **state) {
    (void)state;
    write_hard_network();
    struct ran ran = run_program(HARD " --time-limit 0.01");
    assert_int_equal(ran.status, 0);
    assert_non_null(strstr(ran.out, "not proved: the time limit was reached, at most"));
    assert_non_null(strstr(ran.err, "warning: 1 of 1 layers not proved"));
    free_ran(&ran);
    ran = run_program(EVAL_BEST);
    assert_int_equal(ran.status, 0);
    free_ran(&ran);
    // The gap of the layer is that of the whole, for other programs a share.
    ran = run_program(HARD " --force -f json --time-limit 0.01");
    assert_non_null(strstr(ran.out, "\"proved\": false"));
    const char *of_layer = strstr(ran.out, "\"gap\": "),
               *of_all = strstr(of_layer + 1, "\"gap\": ");
    assert_true(strtod(of_layer + 7, NULL) > 0);
    assert_true(strtod(of_layer + 7, NULL) == strtod(of_all + 7, NULL));
    free_ran(&ran);
}

// Ctrl-C: what is found is printed and written, and said not to be proved.
static void interruption_keeps_the_best_so_far(void **state) {
    (void)state;
    write_hard_network();
    bool interrupted = false;
    for (long attempt = 0; attempt < 50 && !interrupted; attempt++) {
        unlink(scratch("best.yaml"));
        const pid_t pid = start_program(HARD);
        nanosleep(&(struct timespec){0, 50000000 + attempt * 15000000}, NULL);
        kill(pid, SIGINT);
        int status;
        assert_int_equal(waitpid(pid, &status, 0), pid);
        if (!WIFEXITED(status))
            continue; // too early for the handler
        interrupted = true;
        assert_int_equal(WEXITSTATUS(status), 3);
    }
    assert_true(interrupted);
    char *err = read_whole(scratch(".started"));
    assert_non_null(strstr(err, "interrupted: 1 of 1 layers not proved"));
    free(err);
    char *best = read_whole(scratch("best.yaml"));
    assert_non_null(strstr(best, ": interrupted, "));
    free(best);
    struct ran ran = run_program(EVAL_BEST);
    assert_int_equal(ran.status, 0);
    free_ran(&ran);
}

static void explains_mappings(void **state) {
    (void)state;
    golden_out("explain", 0, "explain " PROBLEM " -m " DATA "mapping.yaml");
    struct ran ran = run_program("explain " PROBLEM " -l fc --form smartdeal");
    assert_int_equal(ran.status, 0);
    assert_non_null(strstr(ran.out, "exactly the evaluator's energy"));
    free_ran(&ran);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(checks_files),
        cmocka_unit_test(checks_all_that_is_shipped),
        cmocka_unit_test(shows_files),
        cmocka_unit_test(evaluates_mappings),
        cmocka_unit_test(maps_layers),
        cmocka_unit_test(refuses_outputs_before_the_search),
        cmocka_unit_test(maps_alike_on_any_number_of_threads),
        cmocka_unit_test(maps_networks),
        cmocka_unit_test(says_why_no_mapping_exists),
        cmocka_unit_test(time_limit_keeps_the_best_so_far),
        cmocka_unit_test(interruption_keeps_the_best_so_far),
        cmocka_unit_test(explains_mappings),
    };
    return cmocka_run_group_tests(tests, enter_scratch, leave_scratch);
}
