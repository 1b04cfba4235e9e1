// sdse validate: what it prints in each format, which status it ends with, what it
// writes, and how it refuses.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/support_program.h"
#include "support/sanitized.h"

#define DATA "tests/data/validation/"

static void prints_each_format(void **state) {
    (void)state;
    golden_out("validate", 0, "validate " DATA "two");
    golden_out("validate_md", 0, "validate " DATA "two -f md");
    struct ran csv =
        run_program("validate " DATA "two/a.yaml " DATA "two/b.yaml -f csv");
    assert_int_equal(csv.status, 0);
    golden_text("validate_csv", csv.out);
    // What is for people goes to the other stream.
    assert_true(strncmp(csv.err, "4 anchors: 2 judged: 1 within", 29) == 0);
    free_ran(&csv);
    struct ran json = run_program("validate " DATA "two -f json");
    golden_text("validate_json", json.out);
    free_ran(&json);
}

static void is_the_same_on_any_number_of_threads(void **state) {
    (void)state;
    struct ran one = run_program("validate eyeriss -f csv -j 1"),
               four = run_program("validate eyeriss -f csv -j 4");
    assert_int_equal(one.status, 0);
    assert_string_equal(one.out, four.out);
    free_ran(&one);
    free_ran(&four);
}

static void chooses_anchors(void **state) {
    (void)state;
    struct ran ran = run_program("validate " DATA "two --only mac -f csv");
    assert_int_equal(ran.status, 0);
    assert_non_null(strstr(ran.out, "\na.macs,"));
    assert_non_null(strstr(ran.out, "\na.mac-energy,"));
    assert_null(strstr(ran.out, "a.nothing"));
    assert_null(strstr(ran.out, "b.unit"));
    free_ran(&ran);
    // What is not chosen is not computed.
    ran = run_program("validate " DATA "failing.yaml --only stands");
    assert_int_equal(ran.status, 0);
    free_ran(&ran);
    ran = run_program("validate " DATA "two --only mca");
    assert_int_equal(ran.status, 1);
    assert_string_equal(ran.err, "sdse validate: error: no anchor's name contains "
                                 "'mca'\n");
    free_ran(&ran);
}

// A change of `multiplying` reaches every layer that multiplies, one of a layer's name
// after it wins, layers that move words stay; engines are in energy, power and area.
static void changes_all_that_multiply(void **state) {
    (void)state;
    struct ran ran = run_program("validate " DATA "multiplying.yaml --strict");
    assert_string_equal(ran.err, "");
    assert_int_equal(ran.status, 0);
    free_ran(&ran);
}

static void ends_with_a_status(void **state) {
    (void)state;
    // One is outside: said only if asked.
    struct ran ran = run_program("validate " DATA "two");
    assert_int_equal(ran.status, 0);
    free_ran(&ran);
    ran = run_program("validate " DATA "two --strict");
    assert_int_equal(ran.status, 1);
    assert_string_equal(ran.err, "sdse validate: error: 1 anchor is outside\n");
    assert_non_null(strstr(ran.out, "4 anchors"));
    free_ran(&ran);
    // Neither what is within nor what has no verdict is refused.
    ran = run_program("validate " DATA "two --strict --only .mac-");
    assert_int_equal(ran.status, 0);
    free_ran(&ran);
    ran = run_program("validate " DATA "two/b.yaml --strict");
    assert_int_equal(ran.status, 0);
    free_ran(&ran);
    // What cannot be computed, is; the others are shown.
    ran = run_program("validate " DATA "failing.yaml");
    assert_int_equal(ran.status, 4);
    assert_string_equal(
        ran.err, "sdse validate: error: fails: case tight, layer conv3: the mapping of "
                 "conv3 does not fit level psum\n");
    assert_non_null(strstr(ran.out, "stands"));
    free_ran(&ran);
}

static void refuses_files(void **state) {
    (void)state;
    golden_err("validate_bad", 1, "validate " DATA "bad.yaml");
    golden_err("validate_kind", 1, "validate archs/eyeriss.yaml");
    golden_err("validate_nothing", 1, "validate @empty-is-not-there");
    struct ran checked = run_program("check " DATA "bad.yaml");
    assert_int_equal(checked.status, 1);
    assert_non_null(strstr(checked.err, "unknown-level"));
    free_ran(&checked);
    golden_out("check_validation", 0, "check " DATA "two/a.yaml");
    struct ran near = run_program("validate eyris");
    assert_int_equal(near.status, 1);
    assert_non_null(strstr(near.err,
                           "no file of published figures 'eyris': neither a "
                           "file nor a shipped name; did you mean "
                           "'eyeriss'?\nshipped: accelerators dsnet eyeriss "));
    free_ran(&near);
    struct ran ran = run_program("validate tests/cli");
    assert_int_equal(ran.status, 1);
    assert_string_equal(ran.err,
                        "sdse validate: error: tests/cli: no file *.yaml in this "
                        "folder\n");
    free_ran(&ran);
}

static void writes_a_file(void **state) {
    (void)state;
    struct ran printed = run_program("validate " DATA "two -f md");
    for (int twice = 0; twice < 2; twice++) { // one of its kind is replaced
        struct ran ran = run_program("validate " DATA "two -f md -o @table.md");
        assert_int_equal(ran.status, 0);
        assert_string_equal(ran.out, "");
        assert_non_null(strstr(ran.err, "4 anchors"));
        char *written = read_whole(scratch("table.md"));
        assert_string_equal(written, printed.out);
        free(written);
        free_ran(&ran);
    }
    static const char *const formats[] = {"csv", "json", "table", "md"};
    for (int i = 0; i < 4; i++) {
        char line[128];
        snprintf(line, sizeof line, "validate " DATA "two -f %s -o @table.md",
                 formats[i]);
        struct ran ran = run_program(line);
        assert_int_equal(ran.status, 0);
        free_ran(&ran);
    }
    free_ran(&printed);
    // Its inputs, and files of another kind, are not.
    struct ran ran = run_program("validate " DATA "two -o workloads/alexnet.yaml");
    assert_int_equal(ran.status, 1);
    assert_non_null(strstr(ran.err, "output-kind"));
    free_ran(&ran);
    static const char *const inputs[] = {
        "archs/eyeriss.yaml", "validation/eyeriss.yaml", "workloads/alexnet.yaml",
        "validation/eyeriss/conv2.yaml"};
    for (int i = 0; i < 4; i++) {
        char line[128];
        snprintf(line, sizeof line, "validate eyeriss --force -o %s", inputs[i]);
        ran = run_program(line);
        assert_int_equal(ran.status, 1);
        assert_non_null(strstr(ran.err, "output-input"));
        free_ran(&ran);
    }
}

// docs/validation.md holds the table as `sdse validate -f md` prints it.
static void the_manual_shows_the_table(void **state) {
    (void)state;
    struct ran ran = run_program("validate -f md");
    if (ran.status != 0)
        fail_msg("%s", ran.err);
    char *page = read_whole("docs/validation.md");
    assert_non_null(page);
    if (!strstr(page, ran.out))
        fail_msg("docs/validation.md lacks the present `sdse validate -f md`: put it "
                 "there");
    free(page);
    free_ran(&ran);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(prints_each_format),
        cmocka_unit_test(is_the_same_on_any_number_of_threads),
        cmocka_unit_test(chooses_anchors),
        cmocka_unit_test(ends_with_a_status),
        cmocka_unit_test(changes_all_that_multiply),
        cmocka_unit_test(refuses_files),
        cmocka_unit_test(writes_a_file),
    };
    // All anchors take minutes under a sanitizer, and show it nothing new.
    const struct CMUnitTest whole[] = {cmocka_unit_test(the_manual_shows_the_table)};
    return cmocka_run_group_tests(tests, enter_scratch, leave_scratch) +
           (SANITIZED ? 0
                      : cmocka_run_group_tests(whole, enter_scratch, leave_scratch));
}
