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

static inline void reseal(sqlite3 *db) {
    assert_int_equal(
        sqlite3_exec(db, "BEGIN; CREATE TEMP TABLE anew(old, now)", NULL, NULL, NULL),
        SQLITE_OK);
    for (int t = 0; t < SDSE_CONTENTS; t++) {
        const struct sdse_content_info *info = sdse_content_info((enum sdse_content)t);
        sqlite3_stmt *row = NULL, *note = NULL;
        char sql[200];
        assert_int_equal(sqlite3_prepare_v2(db, info->select, -1, &row, NULL), 0);
        assert_int_equal(
            sqlite3_prepare_v2(db, "INSERT INTO anew VALUES(?, ?)", -1, &note, NULL),
            0);
        while (sqlite3_step(row) == SQLITE_ROW) {
            const int last = sqlite3_column_count(row) - 1;
            struct sdse_digest digest;
            sdse_digest_begin(&digest, (enum sdse_content)t);
            for (int i = 0; i < last; i++)
                sdse_digest_column(&digest, row, i);
            sqlite3_bind_int64(note, 1, sqlite3_column_int64(row, last));
            sqlite3_bind_int64(note, 2, sdse_digest_value(&digest));
            assert_int_equal(sqlite3_step(note), SQLITE_DONE);
            sqlite3_reset(note);
        }
        sqlite3_finalize(row);
        sqlite3_finalize(note);
        snprintf(sql, sizeof sql,
                 "CREATE INDEX temp.i ON anew(old); UPDATE %s SET digest = (SELECT now"
                 " FROM anew WHERE old = digest); DROP INDEX i; DELETE FROM anew",
                 info->table);
        assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    }
    assert_int_equal(sdse_seal_all(db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "DROP TABLE anew; COMMIT", NULL, NULL, NULL),
                     SQLITE_OK);
}

#endif
