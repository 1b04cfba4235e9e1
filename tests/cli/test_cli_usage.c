// The command line itself: help, unknown words, missing words, exit statuses.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support_program.h"

static char verbs[MOST_VERBS][VERB_BYTES];
static size_t verb_count;

static int begin(void **state) {
    const int status = enter_scratch(state);
    verb_count = status == 0 ? list_verbs(verbs) : 0;
    return status;
}

static void names_every_verb(void **state) {
    (void)state;
    golden_out("help", 0, "--help");
    struct ran ran = run_program("--help");
    struct ran again = run_program("help");
    assert_string_equal(ran.out, again.out);
    free_ran(&ran);
    free_ran(&again);
}

static void explains_every_verb(void **state) {
    (void)state;
    for (size_t i = 0; i < verb_count; i++) {
        char line[64], name[64];
        snprintf(line, sizeof line, "%.31s --help", verbs[i]);
        snprintf(name, sizeof name, "help_%.31s", verbs[i]);
        golden_out(name, 0, line);
        struct ran asked = run_program(line);
        assert_non_null(strstr(asked.out, "Example:\n  sdse "));
        snprintf(line, sizeof line, "help %.31s", verbs[i]);
        struct ran again = run_program(line);
        assert_string_equal(asked.out, again.out);
        free_ran(&asked);
        free_ran(&again);
    }
}

// Of any verb: - is no name of an output, and no file of that name is made.
static void writes_to_no_file_called_minus(void **state) {
    (void)state;
    size_t having = 0;
    for (size_t i = 0; i < verb_count; i++) {
        char line[80];
        snprintf(line, sizeof line, "%.31s --help", verbs[i]);
        struct ran help = run_program(line);
        const bool has = strstr(help.out, "\n  -o, ") != NULL;
        free_ran(&help);
        if (!has)
            continue;
        having++;
        snprintf(line, sizeof line, "%.31s -o -", verbs[i]);
        run_says(2, line, " -: expected a name; that of standard output is "
                          "/dev/stdout, of a file called - ./-");
    }
    assert_true(having >= 12);
}

static void refuses_wrong_words(void **state) {
    (void)state;
    golden_err("usage_nothing", 2, "");
    golden_err("usage_verb", 2, "chek x.yaml");
    golden_err("usage_verb_far", 2, "frobnicate");
    golden_err("usage_option", 2, "pareto x.db --objectvies energy");
    golden_err("usage_twice", 2, "import x.onnx -o x -i a=1x2 --input b=3");
    golden_err("usage_letter", 2, "pareto x.db -x");
    golden_err("usage_value_missing", 2, "pareto x.db --objectives");
    golden_err("usage_value_unwanted", 2, "sweep x.yaml -o x.db --quiet=yes");
    golden_err("usage_value_wrong", 2, "query x.db --format xml");
    golden_err("usage_count_wrong", 2, "sweep x.yaml -o x.db -j 0");
    golden_err("usage_real_wrong", 2, "map -a small -w tiny --time-limit -1");
    golden_err("usage_deadline", 2, "plan sweeps/demo_archs.yaml --deadline 2weeks");
    golden_err("usage_required", 2, "eval");
    golden_err("usage_operand_missing", 2, "check");
    golden_err("usage_operand_extra", 2, "export a.db b.db");
    golden_err("usage_objective", 2, "pareto x.db -O enrgy,latency");
    golden_err("usage_objectives", 2, "pareto x.db -O energy");
    golden_err("usage_plot_kind", 2, "plot fronts x.db");
    golden_err("usage_help_output", 2, "help map --man -o x");
    golden_err("usage_help_verb", 2, "help mapp");
    golden_err("usage_completion", 2, "completion tcsh");
    golden_err("usage_show_kind", 2, "show sweep x.yaml");
}

static void tells_its_version(void **state) {
    (void)state;
    struct ran ran = run_program("--version");
    assert_int_equal(ran.status, 0);
    assert_true(strncmp(ran.out, "sdse 0.", 7) == 0);
    free_ran(&ran);
}

// Text that does not arrive is an error; a reader that leaves early is not the user's.
static void notices_lost_output(void **state) {
    (void)state;
    struct ran ran = run_program_to("--help", "/dev/full", NULL);
    assert_int_equal(ran.status, 3);
    assert_string_equal(ran.err,
                        "sdse: error: writing the output failed: No space left "
                        "on device\n");
    free_ran(&ran);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_every_verb),    cmocka_unit_test(explains_every_verb),
        cmocka_unit_test(writes_to_no_file_called_minus),
        cmocka_unit_test(refuses_wrong_words), cmocka_unit_test(tells_its_version),
        cmocka_unit_test(notices_lost_output),
    };
    return cmocka_run_group_tests(tests, begin, leave_scratch);
}
