// scripts/fetch-weights, scripts/example-weights and scripts/real-network on a machine
// without npm: a clear word, and success.
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

// In a copy of the scripts, so that weights fetched before are not found. The PATH has
// dirname, which the scripts begin with, and nothing else.
static void without_npm_the_example_is_skipped(void **state) {
    (void)state;
    FILE *pipe = popen("d=$(mktemp -d) && mkdir $d/bin $d/scripts && "
                       "cp " SDSE_SOURCE_DIR "/scripts/*-weights $d/scripts && "
                       "ln -s $(command -v dirname) $d/bin/dirname && "
                       "PATH=$d/bin /bin/sh $d/scripts/example-weights; status=$?; "
                       "rm -rf $d; exit $status",
                       "r");
    assert_non_null(pipe);
    char text[1024];
    text[fread(text, 1, sizeof text - 1, pipe)] = '\0';
    assert_int_equal(pclose(pipe), 0);
    assert_non_null(strstr(text, "\nskipped: npm is not installed\n"));
    assert_non_null(strstr(text, "\nskipped: without the weights"));
}

// The page stays as it is.
static void without_npm_the_real_network_is_skipped(void **state) {
    (void)state;
    FILE *pipe = popen("d=$(mktemp -d) && mkdir $d/bin $d/scripts $d/docs && "
                       "cp " SDSE_SOURCE_DIR "/scripts/fetch-weights " SDSE_SOURCE_DIR
                       "/scripts/real-network $d/scripts && "
                       "echo page >$d/docs/real-network.md && "
                       "ln -s $(command -v dirname) $d/bin/dirname && "
                       "PATH=$d/bin /bin/sh $d/scripts/real-network; status=$?; "
                       "cat $d/docs/real-network.md; rm -rf $d; exit $status",
                       "r");
    assert_non_null(pipe);
    char text[1024];
    text[fread(text, 1, sizeof text - 1, pipe)] = '\0';
    assert_int_equal(pclose(pipe), 0);
    assert_string_equal(text, "skipped: npm is not installed\n"
                              "skipped: without the weights there is nothing to run\n"
                              "page\n");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_npm_it_is_skipped),
        cmocka_unit_test(without_npm_the_example_is_skipped),
        cmocka_unit_test(without_npm_the_real_network_is_skipped)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
