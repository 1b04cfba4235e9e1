// Edges of the command line: signals, pipes, trailing letters, tables for people.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <inttypes.h>
#include <math.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "support_program.h"

#define DATA "tests/data/cli/"
#define PROBLEM "-a " DATA "arch.yaml -w " DATA "net.yaml"

static void refuses(int status, const char *line, const char *said) {
    struct ran ran = run_program(line);
    if (ran.status != status || !strstr(ran.err, said))
        fail_msg("sdse %s: exit status %d, not %d; said %s", line, ran.status, status,
                 ran.err);
    free_ran(&ran);
}

static void refuses_what_trails(void **state) {
    (void)state;
    refuses(2, "map " PROBLEM " --time-limit 5abc", "--time-limit 5abc: expected");
    refuses(2, "map " PROBLEM " --time-limit 5~", "expected a number");
    refuses(2, "map " PROBLEM " -j 2x", "-jobs 2x: expected");
    refuses(2, "map " PROBLEM " --imperfect 5%%", "expected a whole percentage");
    refuses(2, "pareto @no.db -O energy,energy", "'energy' is named twice");
    refuses(2, "pareto @no.db -O energy,latency,energy", "'energy' is named twice");
}

static void one_bad_file_is_enough(void **state) {
    (void)state;
    refuses(1, "check " DATA "arch.yaml " DATA "bad_arch.yaml", "1 of 2 files refused");
    refuses(1, "check " DATA "bad_arch.yaml " DATA "arch.yaml", "1 of 2 files refused");
}

// A reader that leaves is no error, by SIGPIPE or, where that is ignored, by EPIPE.
static void a_closed_pipe_is_silent(void **state) {
    (void)state;
    static const char *const verbs[] = {"map " PROBLEM, "show workload resnet50",
                                        "--help"};
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        char command[2048];
        // The reader has ended before anything is written.
        snprintf(command, sizeof command,
                 "trap '' PIPE; { sleep 0.1; %s %s 2>%s; echo $? >%s; } | true; "
                 "while ! [ -s %s ]; do sleep 0.02; done",
                 SDSE_PROGRAM, verbs[i], scratch("pipe.err"), scratch("pipe.status"),
                 scratch("pipe.status"));
        unlink(scratch("pipe.status"));
        assert_int_equal(system(command), 0);
        char *err = read_whole(scratch("pipe.err"));
        char *status = read_whole(scratch("pipe.status"));
        assert_string_equal(err, "");
        assert_string_equal(status, "0\n");
        free(err);
        free(status);
    }
}

static void sigterm_stops_cleanly(void **state) {
    (void)state;
    bool interrupted = false;
    for (int attempt = 0; attempt < 20 && !interrupted; attempt++) {
        unlink(scratch("t.db"));
        const pid_t pid = start_program("sweep " DATA "kill_sweep.yaml -o @t.db -j 1");
        assert_true(comes_to(pid, SIGTERM, true));
        kill(pid, SIGTERM);
        int status;
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFEXITED(status)); // never by the signal
        interrupted = WEXITSTATUS(status) == 3;
    }
    assert_true(interrupted);
    char *err = read_whole(scratch(".started"));
    assert_non_null(strstr(err, "interrupted: "));
    free(err);
}

// The first Ctrl-C asks, the second one ends: the default handling is back.
static void a_second_interrupt_ends_at_once(void **state) {
    (void)state;
    const pid_t pid = start_program("sweep " DATA "kill_sweep.yaml -o @u.db -j 1");
    assert_true(comes_to(pid, SIGINT, true));
    kill(pid, SIGINT);
    assert_true(comes_to(pid, SIGINT, false));
    kill(pid, SIGINT); // to a zombie too: it may have stopped already
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (WIFSIGNALED(status))
        assert_int_equal(WTERMSIG(status), SIGINT);
    else
        assert_int_equal(WEXITSTATUS(status), 3);
}

// Field `number` of the text's row `row`, from 0; fields end at `separator`, which for
// blanks is two of them.
static void field(const char *text, int row, int number, const char *separator,
                  char *out, size_t bytes) {
    for (; row; row--) {
        text = strchr(text, '\n');
        assert_non_null(text++);
    }
    const size_t line = strcspn(text, "\n");
    for (; number; number--) {
        const char *end = strstr(text, separator);
        assert_true(end && (size_t)(end - text) < line);
        text = end + strspn(end, separator);
    }
    const char *end = strstr(text, separator);
    size_t length = strcspn(text, "\n");
    if (end && (size_t)(end - text) < length)
        length = (size_t)(end - text);
    assert_true(length < bytes);
    memcpy(out, text, length);
    out[length] = '\0';
}

// A row of the table for people equals that of the one for programs, in its unit.
static void compare_rows(const struct ran *people, const struct ran *csv, int row,
                         int from, int to, const double *scale) {
    for (int c = from; c < to; c++) {
        char shown[128], exact[128];
        field(people->out, row + 2, c, "  ", shown, sizeof shown);
        field(csv->out, row + 1, c, ",", exact, sizeof exact);
        const double want = scale[c] * atof(exact), got = atof(shown);
        if (fabs(got - want) > 1e-3 * fabs(want))
            fail_msg("row %d, column %d: %s is shown as %s", row, c, exact, shown);
    }
}

static void tables_for_people_have_their_units(void **state) {
    (void)state;
    struct ran people = run_program("map " PROBLEM);
    struct ran csv = run_program("map " PROBLEM " --format csv");
    // layer, kind, repeat, status, gap, energy, cycles, utilisation
    static const double layer_scale[] = {0, 0, 1, 0, 1, 1e-6, 1, 100};
    for (int row = 0; row < 5; row++)
        compare_rows(&people, &csv, row + (people.out[0] == ' '), 4, 8, layer_scale);
    for (int row = 0; row < 5; row++) {
        char repeat[32], used[32];
        field(people.out, row + 2, 2, "  ", repeat, sizeof repeat);
        field(people.out, row + 2, 7, "  ", used, sizeof used);
        assert_string_equal(repeat, row == 3 ? "2" : "1"); // `again` stands twice
        assert_true(atof(used) > 1 && atof(used) <= 100);
        field(csv.out, row + 1, 2, ",", repeat, sizeof repeat);
        assert_string_equal(repeat, row == 3 ? "2" : "1");
    }
    free_ran(&people);
    free_ran(&csv);

    people = run_program("map " PROBLEM " --objective pareto --format md");
    csv = run_program("map " PROBLEM " --objective pareto --format csv");
    free_ran(&people);
    people = run_program("map " PROBLEM " --objective pareto");
    // The first column is right-aligned: strip the blanks before it.
    for (char *at = people.out; *at;) {
        const size_t blanks = strspn(at, " ");
        memmove(at, at + blanks, strlen(at + blanks) + 1);
        at += strcspn(at, "\n");
        at += *at == '\n';
    }
    static const double front_scale[] = {1e-6, 1, 1e3, 1e-6};
    compare_rows(&people, &csv, 0, 0, 4, front_scale);
    char energy[64], seconds[64], edp[64];
    field(csv.out, 1, 0, ",", energy, sizeof energy);
    field(csv.out, 1, 2, ",", seconds, sizeof seconds);
    field(csv.out, 1, 3, ",", edp, sizeof edp);
    assert_true(fabs(atof(energy) * atof(seconds) / atof(edp) - 1) < 1e-9);
    free_ran(&people);
    free_ran(&csv);
}

// Buffering halves what fits: the message names what is left, and of what.
static void capacity_is_what_is_left_of_it(void **state) {
    (void)state;
    static const struct {
        const char *bits, *buffers, *said; // said NULL: fits
    } cases[] = {
        {"4608", "1", NULL},
        {"4607", "1", "take 4608 bits, but 4607 fit\n"},
        {"9216", "2", NULL},
        {"9215", "2", "take 4608 bits, but 4607 fit (9215 bits in 2 buffers)\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *text = read_whole(DATA "reports/43/arch.yaml");
        assert_non_null(text);
        FILE *file = fopen(scratch("a.yaml"), "w");
        char *bits = strstr(text, "BITS"), *buffers = strstr(text, "DB,");
        assert_true(file && bits && buffers && buffers > bits);
        fprintf(file, "%.*s%s%.*s%s%s", (int)(bits - text), text, cases[i].bits,
                (int)(buffers - bits - 4), bits + 4, cases[i].buffers, buffers + 2);
        fclose(file);
        free(text);
        struct ran ran = run_program("eval -a @a.yaml -w " DATA "reports/43/work.yaml "
                                     "-m " DATA "reports/43/map.yaml --only counts");
        assert_int_equal(ran.status == 0, cases[i].said == NULL);
        assert_non_null(strstr(ran.err, cases[i].said ? cases[i].said : ""));
        free_ran(&ran);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_what_trails),
        cmocka_unit_test(one_bad_file_is_enough),
        cmocka_unit_test(a_closed_pipe_is_silent),
        cmocka_unit_test(sigterm_stops_cleanly),
        cmocka_unit_test(a_second_interrupt_ends_at_once),
        cmocka_unit_test(tables_for_people_have_their_units),
        cmocka_unit_test(capacity_is_what_is_left_of_it),
    };
    return cmocka_run_group_tests(tests, enter_scratch, leave_scratch);
}
