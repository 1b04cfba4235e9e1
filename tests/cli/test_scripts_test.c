// The verdict of scripts/test, with stand-ins for cmake and ctest: it passes only what
// ran, passed, and was compared.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "support_program.h"

static void write_script(const char *name, const char *text) {
    char path[64];
    snprintf(path, sizeof path, "bin_%s", name);
    FILE *file = fopen(scratch(path), "w");
    assert_non_null(file);
    fprintf(file, "#!/bin/sh\n%s\n", text);
    fclose(file);
    assert_int_equal(chmod(scratch(path), 0755), 0);
}

// The script's exit status, when ctest prints `log` and ends with `status`.
static int verdict(const char *log, int status, const char *said) {
    char text[2048], command[4096];
    snprintf(text, sizeof text, "cat <<'LOG'\n%s\nLOG\nexit %d", log, status);
    write_script("ctest", text);
    write_script("cmake", "[ -z \"${SDSE_WRITE_GOLDEN+set}\" ]");
    write_script("dpkg-query", "echo 'install ok installed'");
    snprintf(command, sizeof command,
             "d=%s && mkdir -p $d/bin && for f in ctest cmake dpkg-query; do "
             "mv $d/bin_$f $d/bin/$f; done && PATH=$d/bin:$PATH SDSE_WRITE_GOLDEN=1 "
             "scripts/test >$d/said 2>&1",
             scratch(""));
    const int ended = system(command);
    assert_true(WIFEXITED(ended));
    char *whole = read_whole(scratch("said"));
    assert_non_null(whole);
    if (!strstr(whole, said))
        fail_msg("'%s' is not in:\n%s", said, whole);
    free(whole);
    return WEXITSTATUS(ended);
}

#define GOOD "100% tests passed, 0 tests failed out of 3"

static void passes_what_passed(void **state) {
    (void)state;
    assert_int_equal(verdict(GOOD, 0, "\n3 passed, 0 failed\n"), 0);
}

static void fails_what_failed(void **state) {
    (void)state;
    const char *bad = "66% tests passed, 1 tests failed out of 3";
    assert_int_equal(verdict(bad, 8, "\n2 passed, 1 failed\n"), 1);
    assert_int_equal(verdict(bad, 0, "\n2 passed, 1 failed\n"), 1);
}

static void a_good_summary_is_not_enough(void **state) {
    (void)state;
    assert_int_equal(verdict(GOOD, 8, "ctest failed with exit status 8"), 1);
    assert_int_equal(verdict("nothing", 0, "nothing"), 1);
    assert_int_equal(
        verdict("100% tests passed, 0 tests failed out of 0", 0, "no test was run"), 1);
}

static void a_skip_is_not_a_pass(void **state) {
    (void)state;
    assert_int_equal(verdict("7: [  SKIPPED ] plots\n"
                             "7: [  SKIPPED ] 1 test(s), listed below:\n"
                             "7: [  SKIPPED ] plots\n" GOOD,
                             0, "1 skipped, which counts as failed"),
                     1);
    assert_int_equal(verdict("2/3 Test #2: unit/x ...***Skipped 0.1 sec\n" GOOD, 0,
                             "1 skipped, which counts as failed"),
                     1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(passes_what_passed),
        cmocka_unit_test(fails_what_failed),
        cmocka_unit_test(a_good_summary_is_not_enough),
        cmocka_unit_test(a_skip_is_not_a_pass),
    };
    return cmocka_run_group_tests(tests, enter_scratch, leave_scratch);
}
