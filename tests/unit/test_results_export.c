// The export is a function of the content: not of order, batches, restarts or run log;
// and of one moment, whoever writes meanwhile.
#define _GNU_SOURCE // fopencookie
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "results/look/export.h"
#include "support/reseal.h"
#include "support/results_fixture.h"
#include "support_sweep.h"

static void same_for_any_order(void **state) {
    (void)state;
    static const unsigned ways[][2] = {{1, 5}, {3, 7}, {100, 35}, {8, 11}};
    char path[128];
    fixture_path("export", path, sizeof path);
    fixture_fill(path, 100, 1);
    char *expected = database_export(path);
    assert_non_null(strstr(expected, "{\"table\":\"point\",\"hash\":\""));
    fixture_remove(path);
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        fixture_fill(path, ways[i][0], ways[i][1]);
        char *text = database_export(path);
        assert_string_equal(text, expected);
        free(text);
        fixture_remove(path);
    }
    free(expected);
}

static void same_when_resumed_and_logged(void **state) {
    (void)state;
    char path[128];
    fixture_path("export-resumed", path, sizeof path);
    fixture_fill(path, 100, 1);
    char *expected = database_export(path);
    fixture_remove(path);
    struct sdse_store *store = fixture_open(path);
    fixture_add_inputs(store);
    for (uint64_t i = 0; i < FIXTURE_POINTS; i++) {
        if (i % 10 == 9) { // stop and start again
            sdse_store_close(store);
            store = fixture_open(path);
            fixture_add_inputs(store);
        }
        assert_int_equal(sdse_store_begin(store), SDSE_OK);
        assert_int_equal(fixture_add_point(store, i), SDSE_OK);
        struct sdse_run_record run = {.sweep = fixture_hash("sweep", 0),
                                      .started = "now",
                                      .outcome = "interrupted"};
        assert_int_equal(sdse_store_add_run(store, &run), SDSE_OK);
        assert_int_equal(sdse_store_commit(store), SDSE_OK);
    }
    sdse_store_close(store);
    char *text = database_export(path);
    assert_string_equal(text, expected);
    free(text);
    free(expected);
    fixture_remove(path);
}

// Every column of every table is in the export, but for row ids, tags and the run log:
// a new column that is forgotten here would be lost in a merge.
static void leaves_nothing_out(void **state) {
    (void)state;
    char path[128], needle[128];
    fixture_path("export-columns", path, sizeof path);
    fixture_fill(path, 100, 1);
    char *text = database_export(path);
    sqlite3 *db = NULL;
    sqlite3_stmt *row = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(
        sqlite3_prepare_v2(
            db,
            "SELECT t.name, c.name, (SELECT group_concat(sql) FROM sqlite_schema)"
            " FROM pragma_table_list t JOIN pragma_table_info(t.name) c"
            " WHERE t.schema = 'main' AND (t.type = 'table' OR t.name"
            " GLOB 'solution_*') AND t.name NOT LIKE 'sqlite%'"
            " AND c.name <> 'turn'" // the order of runs is no result
            " AND c.name <> 'digest' AND t.name NOT IN ('table_seal', 'run_log',"
            " 'text_line', 'input_line'," // they are in the inputs' texts
            " 'mapping_text', 'memory_set', 'level_set', 'network_set', "
            "'component_set',"
            // and these in what has them
            " 'origin', 'training_run',"
            "  'training_epoch', 'tag', 'tensor', 'layer_weights', 'claimant', "
            "'claim') AND c.name NOT GLOB '*_set' AND c.name NOT LIKE "
            "'%\\_id' "
            "ESCAPE '\\'",
            -1, &row, NULL),
        SQLITE_OK);
    int columns = 0;
    while (sqlite3_step(row) == SQLITE_ROW) {
        const char *table = (const char *)sqlite3_column_text(row, 0);
        const char *column = (const char *)sqlite3_column_text(row, 1);
        snprintf(needle, sizeof needle, "{\"table\":\"%s\",", table);
        const char *line = strstr(text, needle);
        if (!line)
            fail_msg("table %s is not exported", table);
        snprintf(needle, sizeof needle, ",\"%s\":", column);
        const char *found = strstr(line, needle);
        if (!found || found > strchr(line, '\n'))
            fail_msg("%s.%s is not exported", table, column);
        columns++;
    }
    assert_true(columns > 100);
    sqlite3_finalize(row);
    sqlite3_close(db);
    free(text);
    fixture_remove(path);
}

// A stream whose reader writes to the database after the first line.
struct meddler {
    const char *path;
    FILE *text;
    bool done;
};

static ssize_t meddle(void *cookie, const char *bytes, size_t count) {
    struct meddler *meddler = cookie;
    if (!meddler->done) {
        sqlite3 *db = NULL;
        meddler->done = true;
        assert_int_equal(sqlite3_open(meddler->path, &db), SQLITE_OK);
        assert_int_equal(sqlite3_exec(db,
                                      "UPDATE sweep SET name = 'other';"
                                      "UPDATE point SET energy_pj = energy_pj + 1;"
                                      "UPDATE solution SET mapping = 'other';"
                                      "DELETE FROM sweep_point WHERE position > 3",
                                      NULL, NULL, NULL),
                         SQLITE_OK);
        reseal(db);
        sqlite3_close(db);
    }
    return (ssize_t)fwrite(bytes, 1, count, meddler->text);
}

static void is_of_one_moment(void **state) {
    (void)state;
    char path[128], *text = NULL;
    size_t bytes = 0;
    fixture_path("export-moment", path, sizeof path);
    fixture_fill(path, 100, 1);
    char *before = database_export(path);
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_diags diags;
    sdse_diags_init(&diags, arena);
    struct sdse_reader *reader = NULL;
    assert_int_equal(sdse_reader_open(path, &diags, &reader), SDSE_OK);
    struct meddler meddler = {.path = path, .text = open_memstream(&text, &bytes)};
    FILE *out = fopencookie(&meddler, "w", (cookie_io_functions_t){.write = meddle});
    assert_true(meddler.text && out);
    setvbuf(out, NULL, _IONBF, 0);
    assert_int_equal(sdse_export_write(reader, out, &diags), SDSE_OK);
    fclose(out);
    fclose(meddler.text);
    sdse_reader_close(reader);
    sdse_arena_free(arena);
    assert_true(meddler.done);
    assert_string_equal(text, before);
    free(text);
    text = database_export(path);
    assert_string_not_equal(text, before);
    free(text);
    free(before);
    fixture_remove(path);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_for_any_order),
        cmocka_unit_test(same_when_resumed_and_logged),
        cmocka_unit_test(leaves_nothing_out),
        cmocka_unit_test(is_of_one_moment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
