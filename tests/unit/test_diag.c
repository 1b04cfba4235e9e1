#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/diag.h"

static void prints_place_and_check(void **state) {
    (void)state;
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_diags diags;
    sdse_diags_init(&diags, arena);
    struct sdse_loc loc = {.file = "arch.yaml", .line = 12, .column = 9};
    sdse_diag_add(&diags, SDSE_ERROR, loc, "capacity-positive", "got %d", -4);
    sdse_diag_add(&diags, SDSE_NOTE, (struct sdse_loc){.file = "arch.yaml"}, NULL,
                  "whole");
    char text[256] = {0};
    FILE *out = fmemopen(text, sizeof text, "w");
    assert_non_null(out);
    sdse_diags_print(&diags, out, false);
    fclose(out);
    assert_string_equal(text, "arch.yaml:12:9: error: got -4 [capacity-positive]\n"
                              "arch.yaml: note: whole\n");
    assert_int_equal(diags.errors, 1);
    assert_int_equal(diags.warnings, 0); // a note is neither
    sdse_diag_add(&diags, SDSE_WARNING, loc, NULL, "odd");
    assert_int_equal(diags.errors, 1);
    assert_int_equal(diags.warnings, 1);
    assert_true(sdse_diags_fired(&diags, "capacity-positive"));
    assert_false(sdse_diags_fired(&diags, "other"));
    sdse_arena_free(arena);
}

// What drives a terminal, or is no text, is shown as what it is; letters are.
static void prints_bytes_that_are_no_text(void **state) {
    (void)state;
    static const char *const said[][2] = {
        {"n\xff\xfe", "n\\xff\\xfe"},                    // of no letter
        {"\xc3", "\\xc3"},                               // cut off
        {"\xe2\x82", "\\xe2\\x82"},                      // cut off
        {"\x9b[31m", "\\x9b[31m"},                       // a control of one byte
        {"\xc2\x9b[31m", "\\x9b[31m"},                   // and of two
        {"\xc0\x9b", "\\xc0\\x9b"},                      // longer than it need be
        {"a\n\x1b\x7f", "a\\x0a\\x1b\\x7f"},             // others
        {"\xc2\xa0\xc3\xa4\xe2\x82\xac\xf0\x9f\x8d\x8e", // a blank, ä, €, an apple
         "\xc2\xa0\xc3\xa4\xe2\x82\xac\xf0\x9f\x8d\x8e"}};
    for (size_t i = 0; i < sizeof said / sizeof *said; i++) {
        struct sdse_arena *arena = sdse_arena_new();
        struct sdse_diags diags;
        char text[256] = {0}, expected[256];
        sdse_diags_init(&diags, arena);
        sdse_diag_add(&diags, SDSE_ERROR, (struct sdse_loc){.file = said[i][0]}, NULL,
                      "%s!", said[i][0]);
        FILE *out = fmemopen(text, sizeof text, "w");
        assert_non_null(out);
        sdse_diags_print(&diags, out, false);
        fclose(out);
        snprintf(expected, sizeof expected, "%s: error: %s!\n", said[i][1], said[i][1]);
        assert_string_equal(text, expected);
        sdse_arena_free(arena);
    }
}

// Found in passes over two files: read in their order, notes behind their errors.
static void sorts_by_place(void **state) {
    (void)state;
    static const struct {
        struct sdse_loc loc;
        enum sdse_severity severity;
        const char *message;
    } found[] = {
        {{"b.yaml", 3, 66}, SDSE_ERROR, "unknown"},
        {{"b.yaml", 9, 1}, SDSE_NOTE, "its note"},
        {{"b.yaml", 3, 37}, SDSE_WARNING, "range"},
        {{"a.yaml", 2, 1}, SDSE_ERROR, "other file"},
        {{"b.yaml", 3, 66}, SDSE_ERROR, "again"},
        {{"b.yaml", 2, 90}, SDSE_ERROR, "line before"},
        {{NULL, 0, 0}, SDSE_ERROR, "no file"},
        {{"a.yaml", 0, 0}, SDSE_ERROR, "whole file"},
    };
    static const char *const sorted[] = {"line before", "range",  "unknown",
                                         "its note",    "again",  "whole file",
                                         "other file",  "no file"};
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_diags diags;
    sdse_diags_init(&diags, arena);
    sdse_diags_sort(&diags);
    assert_null(diags.first);
    for (size_t i = 0; i < sizeof found / sizeof found[0]; i++)
        sdse_diag_add(&diags, found[i].severity, found[i].loc, NULL, "%s",
                      found[i].message);
    sdse_diags_sort(&diags);
    const struct sdse_diag *diag = diags.first;
    for (size_t i = 0; i < sizeof sorted / sizeof sorted[0]; i++, diag = diag->next) {
        assert_non_null(diag);
        assert_string_equal(diag->message, sorted[i]);
        assert_true(diag->next || diag == diags.last);
    }
    assert_null(diag);
    sdse_arena_free(arena);
}

static void finds_the_nearest_word(void **state) {
    (void)state;
    static const char *const words[] = {"capacity_kib", "port_bits", "keeps"};
    assert_string_equal(sdse_nearest("capcity_kib", words, 3), "capacity_kib");
    assert_string_equal(sdse_nearest("keep", words, 3), "keeps");
    assert_null(sdse_nearest("zebra", words, 3));
    assert_int_equal(sdse_edit_distance("kitten", "sitting"), 3);
}

static void faults_of_the_machine_are_kept(void **state) {
    (void)state;
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_diags diags;
    sdse_diags_init(&diags, arena);
    char path[] = "a.yaml";
    const struct sdse_loc loc = {.file = path};
    // What the user named is not the machine's fault.
    assert_int_equal(sdse_diag_errno(&diags, loc, "x", NULL, ENOENT), SDSE_INVALID);
    assert_int_equal(sdse_diag_errno(&diags, loc, "x", NULL, EACCES), SDSE_INVALID);
    assert_int_equal(diags.fault, SDSE_OK);
    assert_int_equal(sdse_diag_errno(&diags, loc, "x", "cannot read", EIO), SDSE_IO);
    assert_int_equal(diags.fault, SDSE_IO);
    assert_int_equal(sdse_diag_errno(&diags, loc, "x", NULL, ENOMEM), SDSE_NO_MEMORY);
    assert_int_equal(diags.errors, 4);
    path[0] = 'b'; // the text may pass
    assert_string_equal(diags.last->loc.file, "a.yaml");
    assert_string_equal(diags.first->next->next->message,
                        "cannot read: Input/output error");
    assert_int_equal(sdse_diag_errno(NULL, loc, "x", NULL, ENOSPC), SDSE_IO);
    sdse_arena_free(arena);
}

static void an_arena_remembers_what_it_could_not_give(void **state) {
    (void)state;
    struct sdse_arena *arena = sdse_arena_new();
    assert_non_null(sdse_arena_alloc(arena, 3, 100000));
    assert_false(sdse_arena_failed(arena));
    assert_null(sdse_arena_alloc(arena, SIZE_MAX / 2, 3));
    assert_true(sdse_arena_failed(arena));
    assert_non_null(sdse_arena_alloc(arena, 1, 1));
    assert_true(sdse_arena_failed(arena));
    sdse_arena_free(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(prints_place_and_check),
        cmocka_unit_test(prints_bytes_that_are_no_text),
        cmocka_unit_test(sorts_by_place),
        cmocka_unit_test(finds_the_nearest_word),
        cmocka_unit_test(faults_of_the_machine_are_kept),
        cmocka_unit_test(an_arena_remembers_what_it_could_not_give),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
