// What may be written where, and what is inside a folder.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/inside.h"
#include "base/output.h"
#include "support/scratch_folder.h"

static const struct sdse_output_kind kind = {"a text", {"text", NULL}};

// The status of writing `output` by a run that reads `input`.
static enum sdse_status checked(const char *input, const char *output) {
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_diags diags;
    struct sdse_output_rules rules = {0};
    sdse_diags_init(&diags, arena);
    assert_true(sdse_output_rules_add(&rules, arena, input));
    const enum sdse_status status = sdse_output_check(output, &kind, &rules, &diags);
    assert_int_equal(status == SDSE_INVALID, sdse_diags_fired(&diags, "output-input"));
    sdse_arena_free(arena);
    return status;
}

// A file is known by what it is, whatever name the input or the output has.
static void inputs_are_known_by_any_name(void **state) {
    (void)state;
    make("one", "text");
    make("two", "text");
    assert_int_equal(symlink("one", at("soft")), 0);
    assert_int_equal(link(at("one"), at("hard")), 0);
    static const char *const names[] = {"one", "soft", "hard"};
    for (size_t i = 0; i < 3; i++) {
        for (size_t o = 0; o < 3; o++)
            assert_int_equal(checked(at(names[i]), at(names[o])), SDSE_INVALID);
        assert_int_equal(checked(at(names[i]), at("two")), SDSE_OK);
        assert_int_equal(checked(at("two"), at(names[i])), SDSE_OK);
        assert_int_equal(checked(at("missing"), at(names[i])), SDSE_OK);
    }
}

// What keeps nothing cannot be lost.
static void devices_may_be_both(void **state) {
    (void)state;
    assert_int_equal(checked("/dev/null", "/dev/null"), SDSE_OK);
}

// Two file systems number their files alike: the device counts, too.
static void inputs_of_other_devices_are_others(void **state) {
    (void)state;
    make("known", "text");
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_output_rules rules = {0};
    assert_true(sdse_output_rules_add(&rules, arena, at("known")));
    assert_int_equal(sdse_output_check(at("known"), &kind, &rules, NULL), SDSE_INVALID);
    rules.inputs->device++;
    assert_int_equal(sdse_output_check(at("known"), &kind, &rules, NULL), SDSE_OK);
    sdse_arena_free(arena);
}

// Writes `text` by the writer of outputs, without rules.
static enum sdse_status written(const char *path, const char *text) {
    struct sdse_output output;
    const enum sdse_status status = sdse_output_open(&output, path, &kind, NULL, NULL);
    if (status != SDSE_OK)
        return status;
    fputs(text, output.file);
    return sdse_output_close(&output, SDSE_OK, NULL);
}

static void has(const char *name, const char *text, mode_t mode) {
    char found[64] = "";
    FILE *file = fopen(at(name), "r");
    assert_non_null(file);
    assert_true(fread(found, 1, sizeof found - 1, file) < sizeof found);
    fclose(file);
    assert_string_equal(found, text);
    struct stat info;
    assert_int_equal(stat(at(name), &info), 0);
    assert_int_equal(info.st_mode & 07777, mode);
}

// A new file has the permissions that new files have, a replaced one those it had; and
// a run without rules forces nothing.
static void files_keep_their_permissions(void **state) {
    (void)state;
    const mode_t mask = umask(027);
    assert_int_equal(written(at("new"), "text 1"), SDSE_OK);
    has("new", "text 1", 0640);
    assert_int_equal(chmod(at("new"), 0751), 0);
    assert_int_equal(written(at("new"), "text 2"), SDSE_OK);
    has("new", "text 2", 0751);
    umask(mask);
    make("other", "mine");
    assert_int_equal(chmod(at("other"), 0600), 0);
    assert_int_equal(written(at("other"), "text"), SDSE_INVALID);
    has("other", "mine", 0600);
}

// What has the name of a temporary file already, a link above all, is not written to,
// and stays.
static void temporary_files_are_new(void **state) {
    (void)state;
    char name[64];
    make("victim", "mine");
    assert_int_equal(chmod(at("victim"), 0600), 0);
    snprintf(name, sizeof name, ".sdse-%ld-0.tmp", (long)getpid());
    assert_int_equal(symlink("victim", at(name)), 0);
    assert_int_equal(written(at("beside"), "text"), SDSE_OK);
    has("victim", "mine", 0600);
    struct stat info;
    assert_int_equal(lstat(at(name), &info), 0);
    assert_true(S_ISLNK(info.st_mode));
    assert_int_equal(lstat(at("beside"), &info), 0);
    assert_true(S_ISREG(info.st_mode));
    assert_int_equal(unlink(at(name)), 0);
}

// What cannot take its name is no output: it is said, and nothing is left.
static void what_cannot_be_renamed_is_said(void **state) {
    (void)state;
    struct sdse_output output;
    assert_int_equal(sdse_output_open(&output, at("late"), &kind, NULL, NULL), SDSE_OK);
    char made[300];
    snprintf(made, sizeof made, "%s", output.written_path);
    assert_int_equal(access(made, F_OK), 0);
    fputs("text", output.file);
    assert_int_equal(mkdir(at("late"), 0777), 0);
    assert_int_equal(sdse_output_close(&output, SDSE_OK, NULL), SDSE_IO);
    assert_int_not_equal(access(made, F_OK), 0);
}

// Before long work it is said where no file can come to be.
static void places_are_checked_beforehand(void **state) {
    (void)state;
    assert_int_equal(mkdir(at("folder"), 0777), 0);
    static const struct {
        const char *name;
        enum sdse_status status;
    } cases[] = {
        {"fresh", SDSE_OK},          {"folder/fresh", SDSE_OK},
        {"fresh/", SDSE_IO},         {"folder", SDSE_IO},
        {"folder/", SDSE_IO},        {"no/such/file", SDSE_IO},
        {"victim/below", SDSE_IO},   {"folder/../fresh", SDSE_OK},
        {"folder/no/file", SDSE_IO},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const enum sdse_status status =
            sdse_output_check(at(cases[i].name), &kind, NULL, NULL);
        if (status != cases[i].status)
            fail_msg("%s: %d", cases[i].name, (int)status);
    }
    assert_int_equal(sdse_output_check("", &kind, NULL, NULL), SDSE_IO);
}

// Not for a superuser, who may write everywhere.
static void a_file_that_may_not_be_written_stays(void **state) {
    (void)state;
    make("closed", "text");
    assert_int_equal(chmod(at("closed"), 0444), 0);
    assert_int_equal(checked("/dev/null", at("closed")),
                     geteuid() == 0 ? SDSE_OK : SDSE_IO);
}

static void names_are_inside_as_written(void **state) {
    (void)state;
    static const char *const inside[] = {"a",     "./a",  "a/b", "a//b", "..a",
                                         "a/..b", "a/b.", "...", "a../b"};
    static const char *const outside[] = {"",     "/",      "/a",    "..",       "../a",
                                          "a/..", "a/../b", ".//..", "a/b/../.."};
    for (size_t i = 0; i < sizeof inside / sizeof *inside; i++)
        assert_true(sdse_name_is_inside(inside[i]));
    for (size_t i = 0; i < sizeof outside / sizeof *outside; i++)
        assert_false(sdse_name_is_inside(outside[i]));
}

static void paths_are_inside_when_links_are_followed(void **state) {
    (void)state;
    assert_int_equal(mkdir(at("in"), 0777), 0);
    assert_int_equal(mkdir(at("in2"), 0777), 0);
    make("in/file", "text");
    make("in2/file", "text");
    assert_int_equal(symlink("file", at("in/near")), 0);
    assert_int_equal(symlink("../in2/file", at("in/far")), 0);
    assert_int_equal(symlink("in", at("same")), 0);
    static const struct {
        const char *folder, *path;
        int error;
        bool inside;
    } cases[] = {
        {"in", "in/file", 0, true},
        {"in", "in/near", 0, true},
        {"in", "in/far", 0, false},
        {"in", "in2/file", 0, false},
        {"same", "in/file", 0, true},
        {"in", "same/near", 0, true},
        {"in", "in/missing", ENOENT, true},
        {"missing", "in/file", ENOENT, true},
        {"in", "in", 0, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bool inside = !cases[i].inside;
        char below[300];
        snprintf(below, sizeof below, "%s", at(cases[i].folder));
        assert_int_equal(sdse_path_stays_inside(below, at(cases[i].path), &inside),
                         cases[i].error);
        assert_int_equal(inside, cases[i].inside);
    }
    bool inside;
    assert_int_equal(sdse_path_stays_inside("/", at("in/far"), &inside), 0);
    assert_true(inside);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(inputs_are_known_by_any_name),
        cmocka_unit_test(devices_may_be_both),
        cmocka_unit_test(inputs_of_other_devices_are_others),
        cmocka_unit_test(files_keep_their_permissions),
        cmocka_unit_test(temporary_files_are_new),
        cmocka_unit_test(what_cannot_be_renamed_is_said),
        cmocka_unit_test(places_are_checked_beforehand),
        cmocka_unit_test(a_file_that_may_not_be_written_stays),
        cmocka_unit_test(names_are_inside_as_written),
        cmocka_unit_test(paths_are_inside_when_links_are_followed),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
