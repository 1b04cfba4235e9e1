// Progress on terminals alone, and what Ctrl-C does where nothing looks for it.
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

// Runs on a terminal of its own; all that it shows.
static char *on_terminal(const char *environment, const char *line) {
    char command[1024];
    snprintf(command, sizeof command,
             "%s script -qec '%s %s' /dev/null >%s </dev/null 2>&1", environment,
             SDSE_PROGRAM, line, scratch("shown"));
    assert_int_equal(system(command), 0);
    return read_whole(scratch("shown"));
}

static size_t count_of(const char *text, const char *part) {
    size_t count = 0;
    for (const char *at = text; (at = strstr(at, part)); at++)
        count++;
    return count;
}

// A second or more, of 21 layers.
static const char long_work[] = "decompose resnet18_cifar10 -s 0.3 --total -j 1";

static void shows_progress_on_a_terminal(void **state) {
    (void)state;
    char *shown = on_terminal("CI=", long_work);
    const char *line = strstr(shown, "\r\033[Kdecompose: ");
    assert_non_null(line);
    size_t done, total;
    char eta[16];
    assert_int_equal(sscanf(line, "\r\033[Kdecompose: %zu/%zu layers  ETA %15[0-9:]",
                            &done, &total, eta),
                     3);
    assert_true(done >= 1 && done < total && strchr(eta, ':'));
    // It is gone before anything else is printed.
    const char *last = NULL;
    for (const char *at = shown; (at = strstr(at, "ETA ")); at++)
        last = at;
    assert_true(strncmp(last + 4 + strspn(last + 4, "0123456789:"), "\r\033[K", 4) ==
                0);
    free(shown);
}

// Points that were there before take no time: with these alone nothing is known of the
// others, of which the first takes minutes.
static void points_that_were_there_say_nothing_of_the_time(void **state) {
    (void)state;
    write_scratch("one.yaml", "name: s\nworkloads: [resnet50]\narchs: [diannao]\n");
    write_scratch("two.yaml",
                  "name: s2\nworkloads: [resnet50]\narchs: [diannao, camel]\n");
    struct ran ran = run_program("sweep @one.yaml -o @s.db -q");
    assert_int_equal(ran.status, 0);
    free_ran(&ran);
    char command[1024];
    snprintf(command, sizeof command,
             "script -qec 'timeout -s INT 3 %s sweep %s -o %s -j 1' /dev/null >%s "
             "</dev/null 2>&1",
             SDSE_PROGRAM, scratch("two.yaml"), scratch("s.db"), scratch("shown"));
    assert_int_not_equal(system(command), -1);
    char *shown = read_whole(scratch("shown"));
    if (!strstr(shown, "\r\033[K1/2 points  0 points/s  ETA ?"))
        fail_msg("%s", shown);
    assert_non_null(strstr(shown, "interrupted: 1 of 2 points"));
    free(shown);
}

static void shows_none_elsewhere(void **state) {
    (void)state;
    char *shown = on_terminal("CI=true", long_work);
    assert_int_equal(count_of(shown, "ETA"), 0);
    free(shown);
    struct ran ran = run_program(long_work);
    assert_int_equal(ran.status, 0);
    assert_int_equal(count_of(ran.err, "ETA"), 0);
    assert_null(strchr(ran.err, '\r'));
    assert_string_equal(ran.err, "");
    free_ran(&ran);
}

// Verbs that keep nothing on the way end at once, and leave no output.
static void interrupt_ends_at_once(void **state) {
    (void)state;
    static const char *const lines[] = {
        "decompose resnet50 -s 0.3 -j 1 -o @form.sd",
        "train --epochs 50 -o @epochs.csv",
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        if (i == 1 && access("/usr/share/datasets/fashion-mnist", F_OK) != 0)
            continue;
        const pid_t pid = start_program(lines[i]);
        nanosleep(&(struct timespec){.tv_nsec = 300000000}, NULL);
        assert_int_equal(kill(pid, SIGINT), 0);
        int status;
        assert_int_equal(waitpid(pid, &status, 0), pid);
        if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGINT)
            fail_msg("%s: status %d\n%s", lines[i], status,
                     read_whole(scratch(".started")));
    }
    assert_null(read_whole(scratch("form.sd")));
    assert_null(read_whole(scratch("epochs.csv")));
}

// A sweep that is combining a network's layers stores nothing of that point.
static void interrupt_ends_a_sweeps_front(void **state) {
    (void)state;
    FILE *net = fopen(scratch("many.yaml"), "w");
    assert_non_null(net);
    fputs("name: many\nsource: made up\nlayers:\n", net);
    for (int i = 0; i < 4000; i++)
        fprintf(net,
                "  - {name: l%d, kind: conv, in: [%d, 14, 14], out_channels: %d, "
                "kernel: 3, pad: 1}\n",
                i, 16 + i % 5 * 8, 16 + i % 7 * 8);
    assert_int_equal(fclose(net), 0);
    char text[512];
    snprintf(text, sizeof text,
             "name: many\nworkloads: [many.yaml]\narchs: [%s/archs/eyeriss.yaml]\n",
             SDSE_SOURCE_DIR);
    write_scratch("many_sweep.yaml", text);
    const pid_t pid = start_program("sweep @many_sweep.yaml -o @many.db -q -j 2");
    nanosleep(&(struct timespec){.tv_sec = 2, .tv_nsec = 500000000}, NULL);
    assert_int_equal(kill(pid, SIGINT), 0);
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    char *said = read_whole(scratch(".started"));
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 3 ||
        !strstr(said, "interrupted: 0 of 1 points"))
        fail_msg("status %d: %s", status, said);
    free(said);
}

int main(void) {
    signal(SIGINT, SIG_DFL); // whoever runs this may have it ignored
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shows_progress_on_a_terminal),
        cmocka_unit_test(points_that_were_there_say_nothing_of_the_time),
        cmocka_unit_test(shows_none_elsewhere),
        cmocka_unit_test(interrupt_ends_at_once),
        cmocka_unit_test(interrupt_ends_a_sweeps_front),
    };
    return cmocka_run_group_tests(tests, enter_scratch, leave_scratch);
}
