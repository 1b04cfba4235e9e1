// Mappings as text: each once in a file, read back as written wherever they come from,
// and never one for another.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "base/hash.h"
#include "results/store/mapping_text.h"
#include "results/store/statements.h"
#include "support/results_fixture.h"

static char path[128];

static void run(sqlite3 *db, const char *sql) {
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
}

static int64_t number(sqlite3 *db, const char *sql) {
    sqlite3_stmt *row = NULL;
    if (sqlite3_prepare_v2(db, sql, -1, &row, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    assert_int_equal(sqlite3_step(row), SQLITE_ROW);
    const int64_t value = sqlite3_column_int64(row, 0);
    sqlite3_finalize(row);
    return value;
}

static struct sdse_hash front_hash(uint64_t i) { return (struct sdse_hash){77, i}; }

static void add_front(struct sdse_store *store, uint64_t i, const char *mapping) {
    struct sdse_front_element element = {1, 2, mapping};
    assert_int_equal(
        sdse_store_add_front(store, &(struct sdse_front_record){.hash = front_hash(i),
                                                                .count = 1,
                                                                .elements = &element}),
        SDSE_OK);
}

static void loads(struct sdse_store *store, uint64_t i, const char *mapping) {
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_front_record front;
    assert_true(sdse_store_load_front(store, front_hash(i), arena, &front));
    assert_string_equal(front.elements[0].mapping, mapping);
    sdse_arena_free(arena);
}

static struct sdse_store *open_new(const char *name) {
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_diags diags;
    struct sdse_store *store = NULL;
    sdse_diags_init(&diags, arena);
    fixture_path(name, path, sizeof path);
    assert_int_equal(sdse_store_open(path, "1", &diags, &store), SDSE_OK);
    sdse_arena_free(arena);
    return store;
}

static void a_text_is_kept_once(void **state) {
    (void)state;
    struct sdse_store *store = open_new("mapping-once");
    char text[64];
    assert_int_equal(sdse_store_begin(store), SDSE_OK);
    for (uint64_t i = 0; i < 2000; i++) {
        snprintf(text, sizeof text, "mapping %u", (unsigned)(i * i % 700));
        add_front(store, i, text);
    }
    assert_int_equal(sdse_store_commit(store), SDSE_OK);
    for (uint64_t i = 0; i < 2000; i += 7) {
        snprintf(text, sizeof text, "mapping %u", (unsigned)(i * i % 700));
        loads(store, i, text);
    }
    assert_int_equal(number(store->db, "SELECT count(*) - count(DISTINCT text) FROM"
                                       " mapping_text"),
                     0);
    assert_int_equal(number(store->db, "SELECT count(*) FROM layer_front_element WHERE"
                                       " typeof(mapping) <> 'integer'"),
                     0);
    sdse_store_close(store);
}

// What was rolled back is written again.
static void a_transaction_that_ends_takes_its_texts(void **state) {
    (void)state;
    struct sdse_store *store = open_new("mapping-rollback");
    assert_int_equal(sdse_store_begin(store), SDSE_OK);
    add_front(store, 1, "a");
    sdse_store_rollback(store);
    assert_int_equal(number(store->db, "SELECT count(*) FROM mapping_text"), 0);
    assert_int_equal(sdse_store_begin(store), SDSE_OK);
    add_front(store, 1, "a");
    assert_int_equal(sdse_store_commit(store), SDSE_OK);
    loads(store, 1, "a");
    sdse_store_close(store);
}

// Where another text has the id, the row has the text itself.
static void an_id_that_is_taken_is_not_used(void **state) {
    (void)state;
    struct sdse_store *store = open_new("mapping-taken");
    assert_int_equal(sdse_store_begin(store), SDSE_OK);
    add_front(store, 1, "a");
    assert_int_equal(sdse_store_commit(store), SDSE_OK);
    run(store->db, "DELETE FROM layer_front_element; DELETE FROM layer_front;"
                   "UPDATE mapping_text SET text = 'b'");
    assert_int_equal(sdse_store_begin(store), SDSE_OK);
    add_front(store, 2, "a");
    add_front(store, 3, "a");
    assert_int_equal(sdse_store_commit(store), SDSE_OK);
    loads(store, 2, "a");
    loads(store, 3, "a");
    assert_int_equal(number(store->db, "SELECT count(*) FROM layer_front_element WHERE"
                                       " mapping = 'a'"),
                     2);
    sdse_store_close(store);
}

static void rows_are_copied_with_their_texts(void **state) {
    (void)state;
    struct sdse_store *from = open_new("mapping-from");
    assert_int_equal(sdse_store_begin(from), SDSE_OK);
    add_front(from, 1, "a");
    add_front(from, 2, "b");
    add_front(from, 3, "a");
    assert_int_equal(sdse_store_commit(from), SDSE_OK);
    struct sdse_store *to = open_new("mapping-to");
    struct sdse_mapping_writer writer = {.db = to->db};
    sqlite3_stmt *row = NULL, *put = NULL;
    run(to->db,
        "CREATE TABLE elements(hash, rank, energy_pj, cycles, mapping, digest)");
    assert_int_equal(
        sqlite3_prepare_v2(from->db,
                           sdse_content_info(SDSE_CONTENT_LAYER_FRONT_ELEMENT)->select,
                           -1, &row, NULL),
        SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(to->db,
                                        "INSERT INTO elements VALUES(?, ?, ?, ?, ?, ?)",
                                        -1, &put, NULL),
                     SQLITE_OK);
    while (sqlite3_step(row) == SQLITE_ROW) {
        assert_true(sdse_content_agrees(SDSE_CONTENT_LAYER_FRONT_ELEMENT, row));
        assert_int_equal(sdse_mapping_put_row(&writer, put, row), SQLITE_OK);
    }
    sqlite3_finalize(row);
    sqlite3_finalize(put);
    sdse_mapping_writer_end(&writer);
    assert_int_equal(number(to->db, "SELECT count(*) FROM elements JOIN mapping_text ON"
                                    " mapping_id = mapping"),
                     3);
    assert_int_equal(number(to->db, "SELECT count(*) FROM mapping_text"), 2);
    assert_int_equal(number(to->db, "SELECT count(*) FROM elements WHERE cycles = 2"),
                     3);
    sdse_store_close(from);
    sdse_store_close(to);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_is_kept_once),
        cmocka_unit_test(a_transaction_that_ends_takes_its_texts),
        cmocka_unit_test(an_id_that_is_taken_is_not_used),
        cmocka_unit_test(rows_are_copied_with_their_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
