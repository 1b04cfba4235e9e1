// python/sdse.py and its examples, where there is a python3: the answers of the command
// line to the last bit, errors with their places.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/sanitized.h"
#include "support_program.h"

static bool has_python(void) {
    // What is sanitized cannot be loaded by a program that is not.
    if (SANITIZED || system("command -v python3 >/dev/null") != 0) {
        puts(
            "## python3 is not installed, or the build is sanitized: nothing is tried");
        return false;
    }
    return true;
}

// Runs a script on this build's library; what it printed, to be freed.
static char *python(const char *script, const char *arguments) {
    char line[2048];
    snprintf(
        line, sizeof line,
        "SDSE_LIBRARY=%s PYTHONPATH=python PYTHONDONTWRITEBYTECODE=1 python3 %s %s "
        ">%s 2>&1 </dev/null",
        SDSE_LIBRARY, script, arguments, scratch("said"));
    const int status = system(line);
    char *said = read_whole(scratch("said"));
    if (status != 0)
        fail_msg("%s:\n%s", script, said);
    return said;
}

static void answers_as_the_command_line(void **state) {
    (void)state;
    if (!has_python())
        return;
    char arguments[1024];
    snprintf(arguments, sizeof arguments, "%s %s", SDSE_PROGRAM, scratch(""));
    char *said = python("tests/data/python/check_sdse.py", arguments);
    assert_non_null(strstr(said, " layers mapped and scored as by the command line"));
    free(said);
}

static void examples_run(void **state) {
    (void)state;
    if (!has_python())
        return;
    char *said = python("python/examples/buffer_sizes.py", "");
    assert_non_null(strstr(said, "least energy: 100 KiB, 11.2424 mJ"));
    free(said);
    said = python("python/examples/mapping_by_hand.py", "");
    assert_non_null(strstr(said, "3 mappings on the front, 562.326 uJ"));
    assert_non_null(strstr(said, "[spatial-fanout]"));
    free(said);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_as_the_command_line),
        cmocka_unit_test(examples_run),
    };
    return cmocka_run_group_tests(tests, enter_scratch, leave_scratch);
}
