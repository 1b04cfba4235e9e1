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
    assert_true(sdse_diags_fired(&diags, "capacity-positive"));
    assert_false(sdse_diags_fired(&diags, "other"));
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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(prints_place_and_check),
        cmocka_unit_test(finds_the_nearest_word),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
