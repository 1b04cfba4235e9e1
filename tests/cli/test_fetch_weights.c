// scripts/fetch-weights on a machine without npm: a clear word, and success.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void without_npm_it_is_skipped(void **state) {
    (void)state;
    FILE *pipe = popen("PATH=/nonexistent /bin/sh " SDSE_SOURCE_DIR
                       "/scripts/fetch-weights fetched-nowhere",
                       "r");
    assert_non_null(pipe);
    char text[256] = "";
    assert_non_null(fgets(text, sizeof text, pipe));
    assert_string_equal(text, "skipped: npm is not installed\n");
    assert_int_equal(pclose(pipe), 0);
    assert_int_not_equal(access("fetched-nowhere", F_OK), 0); // nothing was made
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(without_npm_it_is_skipped)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
