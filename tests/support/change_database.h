// A results.db, changed by SQL behind sdse's back; digests and seals stay as they are.
// Some row must have changed.
#ifndef SDSE_TESTS_SUPPORT_CHANGE_DATABASE_H
#define SDSE_TESTS_SUPPORT_CHANGE_DATABASE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sqlite3.h>

static inline void change_database(const char *path, const char *sql) {
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    if (sqlite3_changes(db) == 0)
        fail_msg("%s: changes nothing", sql);
    sqlite3_close(db);
}

#endif
