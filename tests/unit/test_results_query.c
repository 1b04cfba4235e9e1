// Queries: rows come out as tables, and nothing but reading is possible.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "results/look/query.h"
#include "support/copy_file.h"
#include "support/reseal.h"
#include "support/results_fixture.h"

static char path[128];
static struct sdse_arena *arena;
static struct sdse_diags diags;

static struct sdse_reader *open_reader(void) {
    struct sdse_reader *reader = NULL;
    sdse_diags_init(&diags, arena);
    assert_int_equal(sdse_reader_open(path, &diags, &reader), SDSE_OK);
    return reader;
}

static void yields(struct sdse_reader *reader, const char *sql, const char *expected) {
    struct sdse_table *table = NULL;
    enum sdse_status status = sdse_query_run(reader, sql, arena, &diags, &table);
    sdse_diags_print(&diags, stderr, false);
    assert_int_equal(status, SDSE_OK);
    char *text = NULL;
    size_t bytes = 0;
    FILE *out = open_memstream(&text, &bytes);
    assert_int_equal(sdse_table_write(table, SDSE_TABLE_CSV, out), SDSE_OK);
    fclose(out);
    assert_string_equal(text, expected);
    free(text);
}

static void refuses(struct sdse_reader *reader, const char *sql, const char *check) {
    struct sdse_table *table = NULL;
    sdse_diags_init(&diags, arena);
    assert_int_equal(sdse_query_run(reader, sql, arena, &diags, &table), SDSE_INVALID);
    assert_null(table);
    if (!sdse_diags_fired(&diags, check))
        fail_msg("%s: expected %s, got %s", sql, check,
                 diags.first ? diags.first->check : "nothing");
    assert_string_equal(diags.first->loc.file, "query");
}

static int make_database(void **state) {
    (void)state;
    arena = sdse_arena_new();
    fixture_path("query", path, sizeof path);
    fixture_fill(path, 100, 1);
    return 0;
}

static int drop_database(void **state) {
    (void)state;
    fixture_remove(path);
    sdse_arena_free(arena);
    return 0;
}

static void answers(void **state) {
    (void)state;
    struct sdse_reader *reader = open_reader();
    yields(reader, "SELECT arch, form, parameters FROM v_point WHERE point_id = 1;",
           "arch,form,parameters\neyeriss,raw,GLB.capacity_kib=32\n");
    yields(reader, "SELECT count(*) AS n, NULL AS none, 1.5 AS real FROM v_point",
           "n,none,real\n36,,1.5\n");
    yields(reader,
           "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c LIMIT 3)"
           " SELECT max(x) AS x FROM c",
           "x\n3\n");
    yields(reader, "SELECT name FROM pragma_table_info('v_front') LIMIT 2",
           "name\npoint_id\nrank\n");
    yields(reader, "PRAGMA user_version", "user_version\n10\n");
    sdse_reader_close(reader);
}

static void only_reads(void **state) {
    (void)state;
    static const char *const writes[] = {
        "DELETE FROM point",
        "INSERT INTO meta VALUES('a', 'b')",
        "UPDATE point SET arch = 'x'",
        "DROP VIEW v_point",
        "CREATE TEMP TABLE t(a)",
        "CREATE TABLE t(a)",
        "ATTACH 'other.db' AS other",
        "ATTACH ':memory:' AS other",
        "VACUUM INTO 'copy.db'",
        "PRAGMA user_version = 7",
        "PRAGMA writable_schema = 1",
        "PRAGMA journal_mode = DELETE",
        "PRAGMA wal_checkpoint",
        "PRAGMA temp_store_directory = '/tmp'",
        "BEGIN",
        "SELECT load_extension('x')",
        "REINDEX",
        "ANALYZE",
    };
    struct sdse_reader *reader = open_reader();
    for (size_t i = 0; i < sizeof writes / sizeof *writes; i++)
        refuses(reader, writes[i], "query-read-only");
    assert_int_equal(access("copy.db", F_OK), -1);
    refuses(reader, "UPDATE sqlite_schema SET sql = ''", "query-sql"); // by SQLite
    yields(reader, "SELECT count(*) AS n FROM point", "n\n36\n");
    sdse_reader_close(reader);
}

#define COUNT(n) \
    "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < " n ") "

static enum sdse_status write_limited(struct sdse_reader *reader, const char *sql,
                                      struct sdse_query_limits limits,
                                      enum sdse_table_format format, char **text) {
    size_t bytes = 0;
    FILE *out = open_memstream(text, &bytes);
    sdse_diags_init(&diags, arena);
    const enum sdse_status status =
        sdse_query_write(reader, sql, &limits, format, out, arena, &diags);
    fclose(out);
    return status;
}

// A limit ends one question, says so, and is none of the next.
static void limits_end_with_their_question(void **state) {
    (void)state;
    struct sdse_reader *reader = open_reader();
    char *text = NULL;
    assert_int_equal(write_limited(reader, COUNT("1e12") "SELECT count(*) AS n FROM c",
                                   (struct sdse_query_limits){.seconds = 0.01},
                                   SDSE_TABLE_CSV, &text),
                     SDSE_INTERRUPTED);
    assert_true(sdse_diags_fired(&diags, "query-limit"));
    free(text);
    assert_int_equal(write_limited(reader, COUNT("100000") "SELECT x FROM c",
                                   (struct sdse_query_limits){.bytes = 100000},
                                   SDSE_TABLE_TEXT, &text),
                     SDSE_NO_MEMORY);
    assert_string_equal(text, "");
    free(text);
    assert_int_equal(write_limited(reader, COUNT("9") "SELECT x FROM c",
                                   (struct sdse_query_limits){.rows = 2},
                                   SDSE_TABLE_CSV, &text),
                     SDSE_OK);
    assert_string_equal(text, "x\n1\n2\n");
    assert_int_equal(diags.warnings, 1);
    free(text);
    const struct sdse_query_limits none = {.rows = 0};
    assert_int_equal(write_limited(reader,
                                   COUNT("200000") "SELECT count(*) AS n, "
                                                   "length(hex(zeroblob(100000))) AS h "
                                                   "FROM c",
                                   none, SDSE_TABLE_CSV, &text),
                     SDSE_OK);
    assert_string_equal(text, "n,h\n200000,200000\n");
    free(text);
    sdse_reader_close(reader);
}

// As many columns as a table has, and not one more; nothing follows but blanks.
static void answers_to_the_edge(void **state) {
    (void)state;
    struct sdse_reader *reader = open_reader();
    char wide[4096] = "SELECT 1 AS a", names[2048] = "a", ones[2048] = "1";
    for (int i = 1; i < SDSE_TABLE_MOST_COLUMNS; i++) {
        strcat(wide, ", 1 AS a");
        strcat(names, ",a");
        strcat(ones, ",1");
    }
    strcat(names, "\n");
    yields(reader, wide, strcat(strcat(names, ones), "\n"));
    refuses(reader, strcat(wide, ", 1 AS a"), "query-sql");
    sdse_diags_init(&diags, arena);
    yields(reader, "SELECT 1 AS x ;; ;\n", "x\n1\n");
    yields(reader, "SELECT 1 AS x; -- and\n /* no; more */ ;\n--", "x\n1\n");
    yields(reader, "SELECT x'00ff41' AS a, x'' AS b", "a,b\nX'00FF41',X''\n");
    sdse_reader_close(reader);
}

static void says_where_the_sql_is_wrong(void **state) {
    (void)state;
    struct sdse_reader *reader = open_reader();
    refuses(reader, "SELECT energy_pj,\n  enrgy FROM v_point", "query-sql");
    assert_int_equal(diags.first->loc.line, 2);
    assert_int_equal(diags.first->loc.column, 3);
    refuses(reader, "SELECT 1; SELECT 2", "query-sql");
    refuses(reader, "SELECT 1; -- one\nSELECT 2", "query-sql");
    refuses(reader, "SELECT 1; - 2", "query-sql");
    refuses(reader, "SELECT 1; /* open", "query-sql");
    assert_int_equal(diags.first->loc.column, 10);
    refuses(reader, "", "query-sql");
    refuses(reader, "-- nothing", "query-sql");
    refuses(reader, "SELECT abs(-9223372036854775808)", "query-sql"); // at run time
    char wide[4096] = "SELECT 1";
    for (int i = 0; i < 300; i++)
        strcat(wide, ", 1");
    refuses(reader, wide, "query-sql");
    sdse_reader_close(reader);
}

// Numbers sort as numbers, and their unit is known.
static void parameters_are_typed(void **state) {
    (void)state;
    struct sdse_reader *reader = open_reader();
    yields(reader,
           "SELECT DISTINCT path, value, typeof(value) AS type, unit FROM v_parameter"
           " ORDER BY value",
           "path,value,type,unit\n"
           "GLB.capacity_kib,32,integer,KiB\n"
           "GLB.capacity_kib,64,integer,KiB\n"
           "GLB.capacity_kib,128,integer,KiB\n"
           "GLB.capacity_kib,256,integer,KiB\n");
    sdse_reader_close(reader);
}

static void names_what_is_there(void **state) {
    (void)state;
    struct sdse_reader *reader = open_reader();
    static const struct {
        const char *sql, *said;
    } cases[] = {
        {"SELECT * FROM v_pont", "no such table: v_pont; there are 'v_point', "},
        {"SELECT p.energy_p FROM v_layer p",
         "no such column: p.energy_p; there are 'energy_pj', "},
        // Of the views that are named, not of others.
        {"SELECT area_mm FROM v_sweep", "no such column: area_mm; there are "},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        refuses(reader, cases[i].sql, "query-sql");
        assert_non_null(diags.first);
        if (strncmp(diags.first->message, cases[i].said, strlen(cases[i].said)) != 0)
            fail_msg("%s", diags.first->message);
    }
    assert_non_null(strstr(diags.first->message, "'max_area_mm2'"));
    assert_null(strstr(diags.first->message, "'area_mm2'"));
    sdse_reader_close(reader);
}

static void refuses_files_that_hold_no_results(void **state) {
    (void)state;
    struct sdse_reader *reader = NULL;
    char other[128];
    fixture_path("query-other", other, sizeof other);
    sdse_diags_init(&diags, arena);
    assert_int_equal(sdse_reader_open(other, &diags, &reader), SDSE_IO);
    assert_true(sdse_diags_fired(&diags, "results-open"));
    assert_int_equal(access(other, F_OK), -1); // and does not create it
    FILE *file = fopen(other, "w");
    fclose(file);
    assert_int_equal(sdse_reader_open(other, &diags, &reader), SDSE_INVALID);
    assert_true(sdse_diags_fired(&diags, "results-empty"));
    fixture_fill(other, 100, 1);
    assert_int_equal(truncate(other, 7 * 4096), 0);
    assert_int_equal(sdse_reader_open(other, &diags, &reader), SDSE_INVALID);
    assert_true(sdse_diags_fired(&diags, "results-damaged"));
    assert_null(reader);
    fixture_remove(other);
}

// Exit status 0 if the file can be read: run in a child that may write nothing.
static int child_reads(const char *file) {
    if (geteuid() == 0 && setuid(65534) != 0)
        return 2;
    struct sdse_reader *reader = NULL;
    struct sdse_table *table = NULL;
    bool good = sdse_reader_open(file, &diags, &reader) == SDSE_OK &&
                sdse_query_run(reader, "SELECT hash FROM point", arena, &diags,
                               &table) == SDSE_OK &&
                sdse_table_rows(table) == FIXTURE_POINTS;
    sdse_reader_close(reader);
    sdse_diags_print(&diags, stderr, false);
    return good ? 0 : 1;
}

// A results.db on a read-only medium, under a name that is not a plain URI.
static void reads_where_nothing_can_be_written(void **state) {
    (void)state;
    char directory[] = "/tmp/sdse-test-XXXXXX", file[128];
    assert_non_null(mkdtemp(directory));
    snprintf(file, sizeof file, "%s/100%% #1?.db", directory);
    fixture_fill(file, 100, 1);
    assert_int_equal(chmod(directory, 0555), 0);
    pid_t child = fork();
    if (child == 0)
        _exit(child_reads(file));
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    chmod(directory, 0755);
    fixture_remove(file);
    rmdir(directory);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

// Looking at a file that nobody may write leaves nothing beside it.
static void leaves_nothing_beside_a_settled_file(void **state) {
    (void)state;
    char file[128], beside[140];
    fixture_path("settled", file, sizeof file);
    fixture_fill(file, 100, 1);
    assert_int_equal(chmod(file, 0444), 0);
    pid_t child = fork();
    if (child == 0)
        _exit(child_reads(file));
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    struct sdse_reader *reader = NULL;
    assert_int_equal(sdse_reader_open(file, &diags, &reader), SDSE_OK); // by root, too
    static const char *const ends[] = {"-wal", "-shm"};
    for (int i = 0; i < 2; i++) {
        snprintf(beside, sizeof beside, "%s%s", file, ends[i]);
        assert_int_not_equal(access(beside, F_OK), 0);
    }
    sdse_reader_close(reader);
    fixture_remove(file);
}

// A killed sweep leaves its last commits in the -wal file beside the database. Where
// that cannot be read with it (here -shm is a link to itself, so none can be made), the
// database without them is not the answer.
static void commits_beside_the_file_are_not_missed(void **state) {
    (void)state;
    char other[128], wal[140], from[140], shm[140];
    sqlite3 *db = NULL;
    fixture_path("beside", other, sizeof other);
    snprintf(from, sizeof from, "%s-wal", path);
    snprintf(wal, sizeof wal, "%s-wal", other);
    snprintf(shm, sizeof shm, "%s-shm", other);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db,
                                  "PRAGMA journal_mode = WAL;"
                                  "PRAGMA wal_autocheckpoint = 0;"
                                  "UPDATE sweep SET name = 'last'",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    reseal(db);
    copy_file(path, other);
    copy_file(from, wal);
    assert_int_equal(
        sqlite3_exec(db, "UPDATE sweep SET name = 'fixture'", NULL, NULL, NULL),
        SQLITE_OK);
    reseal(db);
    sqlite3_close(db);
    assert_int_equal(symlink(shm, shm), 0);
    struct sdse_reader *reader = NULL;
    sdse_diags_init(&diags, arena);
    assert_int_equal(sdse_reader_open(other, &diags, &reader), SDSE_IO);
    assert_true(sdse_diags_fired(&diags, "results-open"));
    remove(shm);
    // Where it can be read, they are part of it.
    assert_int_equal(sdse_reader_open(other, &diags, &reader), SDSE_OK);
    yields(reader, "SELECT name FROM sweep", "name\nlast\n");
    sdse_reader_close(reader);
    fixture_remove(other);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers),
        cmocka_unit_test(only_reads),
        cmocka_unit_test(limits_end_with_their_question),
        cmocka_unit_test(answers_to_the_edge),
        cmocka_unit_test(says_where_the_sql_is_wrong),
        cmocka_unit_test(parameters_are_typed),
        cmocka_unit_test(names_what_is_there),
        cmocka_unit_test(refuses_files_that_hold_no_results),
        cmocka_unit_test(reads_where_nothing_can_be_written),
        cmocka_unit_test(leaves_nothing_beside_a_settled_file),
        cmocka_unit_test(commits_beside_the_file_are_not_missed),
    };
    return cmocka_run_group_tests(tests, make_database, drop_database);
}
