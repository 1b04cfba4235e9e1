// Shards of a sweep, merged: the file of one run.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/copy_file.h"
#include "support_program.h"

enum { SHARDS = 5 };

// 8 points in 5 shards: two of some, one of others; the ninth of nine has none.
static void shards_are_one_run(void **state) {
    (void)state;
    run_says(0, "sweep tests/data/cli/sweep.yaml -o @one.db -q", "8 of 8 points");
    static const char *const said[] = {"2 of 2", "2 of 2", "2 of 2", "1 of 1",
                                       "1 of 1"};
    for (int i = 1; i <= SHARDS; i++) {
        char line[128];
        snprintf(line, sizeof line,
                 "sweep tests/data/cli/sweep.yaml -o @s%d.db -q --shard %d/%d", i, i,
                 SHARDS);
        run_says(0, line, said[i - 1]);
    }
    run_says(0, "query @s1.db -f csv SELECT~count(*)~AS~points~FROM~point",
             "points\n2\n");
    run_says(0, "sweep tests/data/cli/sweep.yaml -o @s9.db -q --shard 9/9", "0 of 0");
    run_says(0, "sweep tests/data/cli/sweep.yaml -o @s1.db -q --shard 1/5",
             "2 were there");
    run_says(0, "merge @out.db @s4.db @s1.db @s9.db @s5.db @s2.db", "6 points added");
    run_says(0, "merge @out.db @s3.db @s1.db @out.db", "2 points added");
    char *one = run_text(0, "export @one.db"), *merged = run_text(0, "export @out.db");
    assert_string_equal(one, merged);
    free(merged);
    // A file that is there and empty is filled; the merged one is continued as any.
    fclose(fopen(scratch("empty.db"), "w"));
    run_says(0, "merge @empty.db @out.db", "8 points added");
    run_says(0, "sweep tests/data/cli/sweep.yaml -o @empty.db -q",
             "8 were there before");
    merged = run_text(0, "export @empty.db");
    assert_string_equal(one, merged);
    free(merged);
    free(one);
}

// The digest at an export's end is that of its rows.
static void digests_tell_exports_apart(void **state) {
    (void)state;
    char digest[2][64];
    for (int i = 0; i < 2; i++) { // two points each
        char *text = run_text(0, i ? "export @s2.db" : "export @s1.db");
        const char *at = strstr(text, "\"digest\":\"");
        assert_non_null(at);
        snprintf(digest[i], sizeof digest[i], "%.60s", at);
        free(text);
    }
    assert_string_not_equal(digest[0], digest[1]);
}

static void refuses_and_leaves_what_is_there(void **state) {
    (void)state;
    copy_file("tests/data/cli/net.yaml", scratch("net.yaml"));
    run_says(1, "merge @net.yaml @s1.db", "[results-format]");
    char *before = read_whole("tests/data/cli/net.yaml"),
         *after = read_whole(scratch("net.yaml"));
    assert_string_equal(before, after);
    free(before);
    free(after);
    // Every input that cannot be read is named, and nothing is made.
    run_says(1, "merge @new.db @s1.db @net.yaml @nosuch.db", "nosuch.db");
    run_says(1, "merge @new.db @s1.db @net.yaml @nosuch.db", "net.yaml: error");
    assert_int_equal(access(scratch("new.db"), F_OK), -1);
    static const char *const wrong[] = {"0/3",  "4/3",   "1",
                                        "1/",   "/3",    "1/3x",
                                        "-1/3", "1/2/3", "1/99999999999999999999"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char line[128];
        snprintf(line, sizeof line,
                 "sweep tests/data/cli/sweep.yaml -o @new.db --shard %s", wrong[i]);
        run_says(2, line, "--shard");
    }
    assert_int_equal(access(scratch("new.db"), F_OK), -1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shards_are_one_run),
        cmocka_unit_test(digests_tell_exports_apart),
        cmocka_unit_test(refuses_and_leaves_what_is_there),
    };
    return cmocka_run_group_tests(tests, enter_scratch, leave_scratch);
}
