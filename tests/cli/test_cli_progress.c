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

int main(void) {
    signal(SIGINT, SIG_DFL); // whoever runs this may have it ignored
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shows_progress_on_a_terminal),
        cmocka_unit_test(shows_none_elsewhere),
        cmocka_unit_test(interrupt_ends_at_once),
    };
    return cmocka_run_group_tests(tests, enter_scratch, leave_scratch);
}
