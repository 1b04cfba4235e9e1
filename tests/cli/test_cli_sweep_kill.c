// A sweep that is killed at random moments and continued ends with the same results as
// one that ran through; so does one with two threads.
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
#include "support/sanitized.h"

#define SWEEP "sweep tests/data/cli/kill_sweep.yaml -q"

enum { KILLS = SANITIZED ? 8 : 20, MOST_RUNS = 400 };

static double now_s(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void wait_s(double seconds) {
    const struct timespec pause = {(time_t)seconds,
                                   (long)((seconds - (double)(time_t)seconds) * 1e9)};
    nanosleep(&pause, NULL);
}

static char *export_of(const char *database) {
    char line[128];
    snprintf(line, sizeof line, "export @%s", database);
    struct ran ran = run_program(line);
    assert_int_equal(ran.status, 0);
    assert_true(strlen(ran.out) > 10000);
    free(ran.err);
    return ran.out;
}

static void remove_database(const char *name) {
    static const char *const ends[] = {"", "-wal", "-shm"};
    for (int i = 0; i < 3; i++) {
        char path[64];
        snprintf(path, sizeof path, "%s%s", name, ends[i]);
        unlink(scratch(path));
    }
}

// Seconds it took.
static double run_through(const char *line) {
    const double start = now_s();
    struct ran ran = run_program(line);
    if (ran.status != 0)
        fail_msg("%s", ran.err);
    free_ran(&ran);
    return now_s() - start;
}

static uint64_t next_random(uint64_t *state) {
    *state += 0x9e3779b97f4a7c15u; // splitmix64
    uint64_t z = *state;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

// One run that is killed after a random part of `longest`; false if it was faster.
static bool run_and_kill(double longest, uint64_t *random) {
    const double part = (double)(next_random(random) >> 11) * 0x1p-53;
    const pid_t pid = start_program(SWEEP " -o @killed.db -j 2");
    wait_s(longest * part);
    kill(pid, SIGKILL);
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (WIFSIGNALED(status))
        return true;
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    return false;
}

static void same_results_after_kills(void **state) {
    (void)state;
    const double seconds = run_through(SWEEP " -o @whole.db -j 1");
    char *whole = export_of("whole.db");
    uint64_t random = 20;
    int kills = 0, ends = 0;
    for (int runs = 0; kills < KILLS && runs < MOST_RUNS; runs++) {
        if (run_and_kill(seconds / 3, &random)) {
            kills++;
            continue;
        }
        // It came to its end: compare, and start a new one.
        char *now = export_of("killed.db");
        assert_string_equal(now, whole);
        free(now);
        remove_database("killed.db");
        ends++;
    }
    assert_int_equal(kills, KILLS);
    run_through(SWEEP " -o @killed.db -j 2");
    char *killed = export_of("killed.db");
    assert_string_equal(killed, whole);
    print_message("%d kills, %d complete runs in between, %.2f s each\n", kills, ends,
                  seconds);
    free(killed);
    free(whole);
}

static void same_results_for_two_threads(void **state) {
    (void)state;
    run_through(SWEEP " -o @one.db -j 1");
    run_through(SWEEP " -o @two.db -j 2");
    char *one = export_of("one.db"), *two = export_of("two.db");
    assert_string_equal(one, two);
    free(one);
    free(two);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_results_after_kills),
        cmocka_unit_test(same_results_for_two_threads),
    };
    return cmocka_run_group_tests(tests, enter_scratch, leave_scratch);
}
