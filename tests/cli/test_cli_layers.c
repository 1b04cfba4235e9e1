// Kinds of layers from the command line: inputs of public bug reports.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "support_program.h"

#define REPORTS "tests/data/cli/reports/"

// Four samples have four sets of keys: each of them is read once.
static void batched_products_have_all_their_keys(void **state) {
    (void)state;
    static const char *const wanted[] = {"Main,weights,1,256,256,",
                                         "Main,weights,1,1024,1024,"};
    static const char *const net[] = {"b1", "b4"};
    for (int i = 0; i < 2; i++) {
        char line[512];
        snprintf(line, sizeof line,
                 "map -a " REPORTS "21/arch.yaml -w " REPORTS
                 "21/%s.yaml -l qk -o @m%d.yaml --objective energy",
                 net[i], i);
        struct ran ran = run_program(line);
        assert_int_equal(ran.status, 0);
        free_ran(&ran);
        snprintf(line, sizeof line,
                 "eval -a " REPORTS "21/arch.yaml -w " REPORTS
                 "21/%s.yaml -m @m%d.yaml -l qk --only counts -f csv",
                 net[i], i);
        ran = run_program(line);
        assert_int_equal(ran.status, 0);
        if (!strstr(ran.out, wanted[i]))
            fail_msg("%s", ran.out);
        free_ran(&ran);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(batched_products_have_all_their_keys),
    };
    return cmocka_run_group_tests(tests, enter_scratch, leave_scratch);
}
