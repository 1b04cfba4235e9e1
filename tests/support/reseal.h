// A results.db that a test has changed by SQL, made one that says what it now holds:
// every digest and seal is worked out anew. A row that was inserted has random() as its
// digest: rows are told apart by it.
#ifndef SDSE_TESTS_SUPPORT_RESEAL_H
#define SDSE_TESTS_SUPPORT_RESEAL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sqlite3.h>
#include <stdio.h>

#include "results/store/content.h"

// The digests of one table; `stored`: the table that has its rows.
static inline void reseal_rows(sqlite3 *db, enum sdse_content table,
                               const char *stored) {
    sqlite3_stmt *row = NULL, *note = NULL;
    char sql[200];
    assert_int_equal(
        sqlite3_prepare_v2(db, sdse_content_info(table)->select, -1, &row, NULL), 0);
    assert_int_equal(
        sqlite3_prepare_v2(db, "INSERT INTO anew VALUES(?, ?)", -1, &note, NULL), 0);
    while (sqlite3_step(row) == SQLITE_ROW) {
        const int last = sqlite3_column_count(row) - 1;
        sqlite3_bind_int64(note, 1, sqlite3_column_int64(row, last));
        sqlite3_bind_int64(note, 2, sdse_content_digest(table, row));
        assert_int_equal(sqlite3_step(note), SQLITE_DONE);
        sqlite3_reset(note);
    }
    sqlite3_finalize(row);
    sqlite3_finalize(note);
    snprintf(sql, sizeof sql,
             "CREATE INDEX temp.i ON anew(old); UPDATE %s SET digest = (SELECT now"
             " FROM anew WHERE old = digest); DROP INDEX i; DELETE FROM anew",
             stored);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
}

// Sets are named by the sum of their rows' digests, modulo 2^64.
static inline void rename_sets(sqlite3 *db, const char *table, const char *columns[2]) {
    char sql[1024];
    snprintf(sql, sizeof sql,
             "CREATE TEMP TABLE sets AS SELECT set_id AS old, ((sum(digest >> 32 &"
             " 4294967295) + (sum(digest & 4294967295) >> 32) & 4294967295) << 32) |"
             " (sum(digest & 4294967295) & 4294967295) AS now FROM %s GROUP BY 1;"
             "CREATE TEMP TABLE rows AS SELECT * FROM %s; DELETE FROM %s;"
             "UPDATE rows SET set_id = (SELECT now FROM sets WHERE old = set_id);"
             "INSERT INTO %s SELECT DISTINCT * FROM rows",
             table, table, table, table);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    for (int i = 0; i < 2 && columns[i]; i++) {
        snprintf(sql, sizeof sql,
                 "UPDATE solution SET %s = (SELECT now FROM sets WHERE old = %s) WHERE"
                 " %s IS NOT NULL",
                 columns[i], columns[i], columns[i]);
        assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    }
    assert_int_equal(sqlite3_exec(db, "DROP TABLE temp.sets; DROP TABLE temp.rows",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
}

static inline void reseal(sqlite3 *db) {
    static const struct {
        enum sdse_content content;
        const char *table, *columns[2];
    } sets[] = {
        {SDSE_CONTENT_SOLUTION_MEMORY, "memory_set", {"memory_set"}},
        {SDSE_CONTENT_SOLUTION_LEVEL, "level_set", {"outer_set", "inner_set"}},
        {SDSE_CONTENT_SOLUTION_NETWORK, "network_set", {"network_set"}},
        {SDSE_CONTENT_SOLUTION_COMPONENT, "component_set", {"component_set"}},
    };
    assert_int_equal(
        sqlite3_exec(db, "BEGIN; CREATE TEMP TABLE anew(old, now)", NULL, NULL, NULL),
        SQLITE_OK);
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
        const char *columns[] = {sets[i].columns[0], sets[i].columns[1]};
        reseal_rows(db, sets[i].content, sets[i].table);
        rename_sets(db, sets[i].table, columns);
    }
    for (int t = 0; t < SDSE_CONTENTS; t++)
        if (!sdse_content_is_shared((enum sdse_content)t))
            reseal_rows(db, (enum sdse_content)t,
                        sdse_content_info((enum sdse_content)t)->table);
    assert_int_equal(sdse_seal_all(db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "DROP TABLE anew; COMMIT", NULL, NULL, NULL),
                     SQLITE_OK);
}

#endif
