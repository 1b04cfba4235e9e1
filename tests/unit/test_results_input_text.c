// Texts of inputs that are like one another: what is read is what was written, in
// whatever order, and every line is in the file once.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "results/store/store.h"
#include "support_sweep.h"

enum { TEXTS = 60, LINES = 40, MOST_BYTES = 8192 };

// Texts that differ in some lines, in many, in their number of lines, or in the end.
static void make_text(unsigned i, char *text) {
    const unsigned lines = i % 7 == 3 ? LINES + 1 : LINES;
    size_t used = 0;
    for (unsigned l = 0; l < lines; l++) {
        if (l == 20 || l == 30) { // the same twice
            used += (size_t)snprintf(text + used, MOST_BYTES - used, "twice%s\n",
                                     l == 30 && i % 8 == 1 ? ", not" : "");
            continue;
        }
        const bool differs =
            l == 1 + i % (LINES - 2) || l == 5 || (i % 11 == 4 && l % 3);
        used += (size_t)snprintf(text + used, MOST_BYTES - used, "%*sline %u of all%s",
                                 (int)(l % 4), "", l, differs ? ", of " : "");
        if (differs)
            used += (size_t)snprintf(text + used, MOST_BYTES - used, "%u",
                                     l == 5 ? i % 6 : i);
        if (l + 1 < lines || i % 17 != 16)
            text[used++] = '\n';
        text[used] = '\0';
    }
}

static struct sdse_hash hash_of(const char *text) {
    return sdse_hash_bytes(text, strlen(text));
}

static void write_texts(const char *path, unsigned first, unsigned step,
                        unsigned batch) {
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_diags diags;
    struct sdse_store *store = NULL;
    char text[MOST_BYTES];
    sdse_diags_init(&diags, arena);
    assert_int_equal(sdse_store_open(path, "test", &diags, &store), SDSE_OK);
    for (unsigned i = 0; i < 2 * TEXTS; i++) { // each twice
        const unsigned n = (first + i * step) % TEXTS;
        if (i % batch == 0)
            assert_int_equal(sdse_store_begin(store), SDSE_OK);
        make_text(n, text);
        const struct sdse_input_record record = {
            hash_of(text), n % 13 == 12 ? SDSE_INPUT_WORKLOAD : SDSE_INPUT_ARCH,
            n % 9 == 8 ? "other" : "same", text};
        assert_int_equal(sdse_store_add_input(store, &record), SDSE_OK);
        if (i % batch == batch - 1 || i + 1 == 2 * TEXTS)
            assert_int_equal(sdse_store_commit(store), SDSE_OK);
    }
    sdse_store_close(store);
    sdse_arena_free(arena);
}

static void texts_are_read_as_written(void **state) {
    (void)state;
    write_texts(sweep_path("a.db"), 0, 1, 7);
    sqlite3 *db = NULL;
    sqlite3_stmt *row = NULL;
    char text[MOST_BYTES], hash[SDSE_HASH_TEXT_BYTES];
    assert_int_equal(sqlite3_open(sweep_path("a.db"), &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, "SELECT text FROM v_input WHERE hash = ?",
                                        -1, &row, NULL),
                     SQLITE_OK);
    for (unsigned i = 0; i < TEXTS; i++) {
        make_text(i, text);
        sdse_hash_text(hash_of(text), hash);
        sqlite3_bind_text(row, 1, hash, -1, SQLITE_STATIC);
        assert_int_equal(sqlite3_step(row), SQLITE_ROW);
        assert_string_equal((const char *)sqlite3_column_text(row, 0), text);
        sqlite3_reset(row);
    }
    sqlite3_finalize(row);
    sqlite3_close(db);
    assert_int_equal(sweep_number("a.db", "SELECT count(*) FROM v_input"), TEXTS);
}

// Most are kept as what differs, and no line twice.
static void lines_are_kept_once(void **state) {
    (void)state;
    assert_true(sweep_number("a.db", "SELECT count(*) FROM input WHERE text IS NULL") >
                TEXTS / 2);
    assert_int_equal(sweep_number("a.db", "SELECT count(*) - count(DISTINCT text) FROM "
                                          "text_line"),
                     0);
    assert_true(sweep_number("a.db", "SELECT max(n) FROM (SELECT count(*) AS n FROM"
                                     " input_line JOIN input USING (input_id) WHERE"
                                     " base_id IS NOT NULL GROUP BY input_id)") <= 24);
    assert_int_equal(
        sweep_number("a.db", "SELECT count(*) FROM input WHERE text IS NULL AND kind <>"
                             " 'arch'"),
        0);
    assert_int_equal(sweep_number("a.db",
                                  "SELECT count(*) FROM input i JOIN input b ON"
                                  " b.input_id = i.base_id WHERE b.name <> i.name"),
                     0);
}

// Which came first makes no difference to what is said.
static void order_does_not_matter(void **state) {
    (void)state;
    char *a = sweep_export("a.db");
    write_texts(sweep_path("b.db"), 17, 7, 120);
    char *b = sweep_export("b.db");
    assert_string_equal(a, b);
    free(a);
    free(b);
}

// A line that is damaged is no other text.
static void damage_is_found(void **state) {
    (void)state;
    write_texts(sweep_path("c.db"), 0, 1, 200);
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(sweep_path("c.db"), &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db,
                                  "UPDATE text_line SET text = text || 'x' WHERE"
                                  " text = ' line 5 of all, of 3'",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_changes(db), 1);
    sqlite3_close(db);
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_diags diags;
    struct sdse_store *store = NULL;
    sdse_diags_init(&diags, arena);
    assert_int_equal(sdse_store_open(sweep_path("c.db"), "test", &diags, &store),
                     SDSE_INVALID);
    assert_true(sdse_diags_fired(&diags, "results-damaged"));
    sdse_arena_free(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_are_read_as_written),
        cmocka_unit_test(lines_are_kept_once),
        cmocka_unit_test(order_does_not_matter),
        cmocka_unit_test(damage_is_found),
    };
    return cmocka_run_group_tests(tests, sweep_begin, sweep_end);
}
