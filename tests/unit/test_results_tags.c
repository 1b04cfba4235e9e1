// Tags of points: what may be one, which points have it, and that all of a batch have
// it or none.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "results/keep/tag.h"
#include "support/results_fixture.h"

static void any_text_without_control_characters_may_be_one(void **state) {
    (void)state;
    char text[SDSE_TAG_BYTES + 2];
    memset(text, 'a', sizeof text);
    text[SDSE_TAG_BYTES + 1] = '\0';
    assert_false(sdse_tag_may_be(text));
    text[SDSE_TAG_BYTES] = '\0';
    assert_true(sdse_tag_may_be(text));
    assert_true(sdse_tag_may_be("of the paper"));
    assert_true(sdse_tag_may_be("\xc3\xa4"));
    assert_false(sdse_tag_may_be(""));
    assert_false(sdse_tag_may_be("a\177"));
    assert_false(sdse_tag_may_be("a\037"));
}

// What the list says, a row after the other.
static void lists(const char *path, const char *expected) {
    sqlite3 *db = NULL;
    sqlite3_stmt *row = NULL;
    char text[200] = "";
    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sdse_tag_list_sql, -1, &row, NULL),
                     SQLITE_OK);
    while (sqlite3_step(row) == SQLITE_ROW)
        for (int i = 0; i < 3; i++) {
            strcat(text, (const char *)sqlite3_column_text(row, i));
            strcat(text, i < 2 ? " " : "; ");
        }
    assert_string_equal(text, expected);
    sqlite3_finalize(row);
    sqlite3_close(db);
}

static void points_have_them_once(void **state) {
    (void)state;
    char path[128];
    uint64_t changed;
    fixture_path("tags", path, sizeof path);
    fixture_fill(path, 36, 1);
    struct sdse_store *store = fixture_open(path);
    const struct sdse_hash points[] = {fixture_point_hash(9), fixture_point_hash(10),
                                       fixture_hash("no point", 1)};
    assert_true(fixture_is_infeasible(10));
    assert_int_equal(sdse_tag_add(store, "two", points, 2, &changed), SDSE_OK);
    assert_int_equal(changed, 2);
    assert_int_equal(sdse_tag_add(store, "two", points, 2, &changed), SDSE_OK);
    assert_int_equal(changed, 0);
    assert_int_equal(sdse_tag_add(store, "one", points, 1, &changed), SDSE_OK);
    lists(path, "one 1 1; two 2 1; ");
    // One of them is not there: none has it, and none has lost it.
    assert_int_equal(sdse_tag_add(store, "all", points, 3, &changed), SDSE_DATABASE);
    sdse_store_close(store);
    store = fixture_open(path);
    assert_int_equal(sdse_tag_remove(store, "two", points, 3, &changed), SDSE_DATABASE);
    sdse_store_close(store);
    lists(path, "one 1 1; two 2 1; ");
    store = fixture_open(path);
    assert_int_equal(sdse_tag_remove(store, "two", points + 1, 1, &changed), SDSE_OK);
    assert_int_equal(changed, 1);
    assert_int_equal(sdse_tag_remove(store, "two", points + 1, 1, &changed), SDSE_OK);
    assert_int_equal(changed, 0);
    sdse_store_close(store);
    lists(path, "one 1 1; two 1 1; ");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_text_without_control_characters_may_be_one),
        cmocka_unit_test(points_have_them_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
