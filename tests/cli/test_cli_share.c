// Runs of one sweep that write to one file at the same time share its points, also when
// some of them are killed: the export is that of one run.
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

#define SWEEP "sweep tests/data/cli/kill_sweep.yaml -q -j 1 -o "

enum { POINTS = 64, MOST_RUNS = 4 };

static char *whole; // the export of one run

static long number(const char *database, const char *expression) {
    char line[256];
    snprintf(line, sizeof line, "query @%s -f csv SELECT~%s", database, expression);
    char *out = run_text(0, line);
    const char *second = strchr(out, '\n');
    assert_non_null(second);
    const long value = strtol(second + 1, NULL, 10);
    free(out);
    return value;
}

// Until so many points are stored, or it took long.
static void wait_for_points(const char *database, int points) {
    char line[128];
    snprintf(line, sizeof line, "query @%s -f csv SELECT~count(*)>=%d~FROM~point",
             database, points);
    for (int looks = 0; looks < 500; looks++) {
        struct ran ran = run_program(line);
        const char *second = strchr(ran.out, '\n');
        const bool enough = ran.status == 0 && second && second[1] == '1';
        free_ran(&ran);
        if (enough)
            return;
        nanosleep(&(struct timespec){.tv_nsec = 5 * 1000 * 1000}, NULL);
    }
}

static void shares(int runs, int kills) {
    char line[128], name[32];
    snprintf(name, sizeof name, "s%d-%d.db", runs, kills);
    snprintf(line, sizeof line, SWEEP "@%s", name);
    pid_t pids[MOST_RUNS];
    for (int i = 0; i < runs; i++)
        pids[i] = start_program(line);
    int killed = 0, status;
    for (int i = 0; i < kills; i++) {
        wait_for_points(name, 2 * i + 1);
        kill(pids[i], SIGKILL);
        assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
        killed += WIFSIGNALED(status);
    }
    // What the killed ones have written: in no log.
    for (int i = kills; i < runs; i++) {
        assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    const long done = number(name, "coalesce(sum(points_done),0)~FROM~run_log");
    const long ended = number(name, "count(*)~FROM~run_log");
    assert_int_equal(ended, runs - killed);
    if (!killed)
        assert_int_equal(done, POINTS); // each once
    else
        assert_true(done <= POINTS);
    assert_int_equal(number(name, "count(*)~FROM~point"), POINTS);
    assert_int_equal(number(name, "count(*)~FROM~claim"), 0);
    snprintf(line, sizeof line, "export @%s", name);
    char *shared = run_text(0, line);
    assert_string_equal(shared, whole);
    free(shared);
    snprintf(line, sizeof line, "verify @%s", name);
    free(run_text(0, line));
    printf("## sharing: %d runs, %d killed: %ld of %d points by those that ended\n",
           runs, killed, done, POINTS);
}

static void two_runs(void **state) {
    (void)state;
    shares(2, 0);
    shares(2, 1);
}

static void four_runs(void **state) {
    (void)state;
    shares(4, 0);
    shares(4, 2);
}

// A run that ends has all points, whoever computed them.
static void says_who_computed(void **state) {
    (void)state;
    char *out = run_text(0, SWEEP "@s2-0.db");
    assert_non_null(strstr(out, "64 of 64 points (64 were there before)"));
    free(out);
}

static int run_alone(void **state) {
    if (enter_scratch(state))
        return 1;
    free(run_text(0, SWEEP "@whole.db"));
    whole = run_text(0, "export @whole.db");
    return 0;
}

static int leave(void **state) {
    free(whole);
    return leave_scratch(state);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_runs),
        cmocka_unit_test(four_runs),
        cmocka_unit_test(says_who_computed),
    };
    return cmocka_run_group_tests(tests, run_alone, leave);
}
