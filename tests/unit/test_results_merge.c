// Files made one: any order, any overlap, any number of times; what is known better is
// kept; what is damaged, or of another model, is refused and adds nothing.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "results/store/merge.h"
#include "results/store/schema.h"
#include "support/reseal.h"
#include "support/results_fixture.h"
#include "support_sweep.h"

enum { PARTS = 16 };

static struct sdse_arena *arena;
static struct sdse_diags diags;

static int begin(void **state) {
    (void)state;
    arena = sdse_arena_new();
    sdse_diags_init(&diags, arena);
    return arena ? 0 : -1;
}

static int end(void **state) {
    (void)state;
    sdse_arena_free(arena);
    return 0;
}

static struct sdse_reader *open_reader(const char *path) {
    struct sdse_reader *reader = NULL;
    assert_int_equal(sdse_reader_open(path, &diags, &reader), SDSE_OK);
    return reader;
}

static char known[PARTS][128];

// fixture_path removes what is there: it is asked once.
static void path_of(unsigned part, char path[128]) {
    if (!*known[part]) {
        char name[32];
        snprintf(name, sizeof name, "merge-%u", part);
        fixture_path(name, known[part], sizeof known[part]);
    }
    strcpy(path, known[part]);
}

// In one batch, the positions that `wants` names; the store is closed.
static void add_points(struct sdse_store *store, unsigned part,
                       bool (*wants)(unsigned part, uint64_t position)) {
    assert_int_equal(sdse_store_begin(store), SDSE_OK);
    for (uint64_t i = 0; i < FIXTURE_POINTS; i++)
        if (wants(part, i))
            assert_int_equal(fixture_add_point(store, i), SDSE_OK);
    assert_int_equal(sdse_store_commit(store), SDSE_OK);
    sdse_store_close(store);
}

// A file with the positions that `wants` names.
static void make_part(unsigned part, bool (*wants)(unsigned part, uint64_t position)) {
    char path[128];
    path_of(part, path);
    fixture_remove(path);
    struct sdse_store *store = fixture_open(path);
    fixture_add_inputs(store);
    add_points(store, part, wants);
}

static void ask_number(const char *path, const char *sql, double *number) {
    sqlite3 *db = NULL;
    sqlite3_stmt *row = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &row, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(row), SQLITE_ROW);
    *number = sqlite3_column_double(row, 0);
    sqlite3_finalize(row);
    sqlite3_close(db);
}

// Every set has the rows that its id is made of.
static void has_whole_sets(const char *path) {
    double broken;
#define NONE_BROKEN(name, column, table, what)                                     \
    ask_number(path, "SELECT count(*) FROM (" SDSE_BROKEN_SETS(column, table) ")", \
               &broken);                                                           \
    assert_true(broken == 0);
    SDSE_SET_MAP(NONE_BROKEN)
#undef NONE_BROKEN
}

static enum sdse_status merge(const char *out, const unsigned *parts, size_t count,
                              struct sdse_merged *merged) {
    struct sdse_reader *readers[PARTS];
    char path[128];
    for (size_t i = 0; i < count; i++) {
        path_of(parts[i], path);
        readers[i] = open_reader(path);
    }
    struct sdse_store *store = fixture_open(out);
    const enum sdse_status status = sdse_merge(store, readers, count, &diags, merged);
    sdse_store_close(store);
    for (size_t i = 0; i < count; i++)
        sdse_reader_close(readers[i]);
    if (status == SDSE_OK)
        has_whole_sets(out);
    return status;
}

// Parts 0 and 1 as a new file, `first` before the other.
static void merge_pair(const char *out, unsigned first) {
    struct sdse_merged merged;
    fixture_remove(out);
    assert_int_equal(merge(out, (unsigned[]){first, 1 - first}, 2, &merged), SDSE_OK);
}

static void change(const char *path, const char *sql, bool seal) {
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    if (seal)
        reseal(db);
    sqlite3_close(db);
}

// Every position is somewhere, most are in several; parts 3 and 7 have none.
static bool overlapping(unsigned part, uint64_t position) {
    if (part == 3 || part == 7)
        return false;
    return position % 14 == part % 14 || (position * 7 + part * 5) % 6 == 1;
}

static void same_as_one_run(void **state) {
    (void)state;
    char out[128], path[128];
    fixture_path("merge-out", out, sizeof out);
    fixture_fill(out, 100, 1);
    char *expected = database_export(out);
    unsigned order[PARTS];
    for (unsigned i = 0; i < PARTS; i++) {
        make_part(i, overlapping);
        order[i] = i;
    }
    unsigned seed = 7;
    for (int turn = 0; turn < 2; turn++) {
        fixture_remove(out);
        for (unsigned i = PARTS - 1; i > 0; i--) {
            seed = seed * 1103515245 + 12345;
            const unsigned j = (seed >> 16) % (i + 1), other = order[i];
            order[i] = order[j];
            order[j] = other;
        }
        struct sdse_merged merged;
        // In one step, and in two.
        const size_t first = turn % 2 ? PARTS : 5;
        assert_int_equal(merge(out, order, first, &merged), SDSE_OK);
        uint64_t points = merged.points;
        assert_int_equal(merge(out, order + first, PARTS - first, &merged), SDSE_OK);
        points += merged.points;
        assert_int_equal(points, FIXTURE_POINTS);
        char *text = database_export(out);
        assert_string_equal(text, expected);
        free(text);
        // Again: nothing.
        assert_int_equal(merge(out, order, PARTS, &merged), SDSE_OK);
        assert_int_equal(merged.points, 0);
        text = database_export(out);
        assert_string_equal(text, expected);
        free(text);
    }
    free(expected);
    fixture_remove(out);
    for (unsigned i = 0; i < PARTS; i++) {
        path_of(i, path);
        fixture_remove(path);
    }
}

static bool all(unsigned part, uint64_t position) {
    (void)part;
    return position < 6;
}

// What is wrong in one file is right in the other, whichever comes first.
static void keeps_what_is_known_better(void **state) {
    (void)state;
    // `better` is what the merged file must say, of point or search 1.
    static const struct {
        const char *worse, *better, *ask;
        double answer;
    } cases[] = {
        {"UPDATE point SET status = 'error', reason = 'time', energy_pj = NULL,"
         " latency_cycles = NULL, mapper_status = NULL WHERE point_id = 1;"
         "DELETE FROM point_layer WHERE point_id = 1",
         "", "SELECT count(*) FROM point_layer", 6 * FIXTURE_LAYERS},
        {"UPDATE point SET status = 'error', reason = 'time', energy_pj = NULL,"
         " latency_cycles = NULL, mapper_status = NULL WHERE point_id = 1;"
         "DELETE FROM point_layer WHERE point_id = 1",
         "UPDATE point SET mapper_status = 'limit', mapper_gap = 0.5 WHERE point_id = "
         "1",
         "SELECT count(*) FROM point_layer", 6 * FIXTURE_LAYERS},
        {"UPDATE point SET mapper_status = 'limit', mapper_gap = 0.5 WHERE point_id = "
         "1",
         "", "SELECT max(mapper_gap) FROM point", 0},
        {"UPDATE point SET mapper_status = 'limit', mapper_gap = 0, energy_pj = 1 "
         "WHERE "
         "point_id = 1",
         "", "SELECT count(*) FROM point WHERE mapper_status = 'limit'", 0},
        // As good: one of the two, whichever comes first.
        {"UPDATE point SET latency_cycles = latency_cycles + 1 WHERE point_id = 1", "",
         "SELECT 1", 1},
        {"UPDATE point SET mapper_status = 'limit', mapper_gap = 0.5 WHERE point_id = "
         "1",
         "UPDATE point SET mapper_status = 'limit', mapper_gap = 0.25 WHERE point_id = "
         "1",
         "SELECT max(mapper_gap) FROM point", 0.25},
        {"UPDATE point SET mapper_status = 'limit', energy_pj = 9 WHERE point_id = 1",
         "UPDATE point SET mapper_status = 'limit', energy_pj = 8 WHERE point_id = 1",
         "SELECT min(energy_pj) FROM point", 8},
        {"UPDATE layer_front SET proof = 'limit', gap = 0.5 WHERE front_id = 1;"
         "DELETE FROM layer_front_element WHERE front_id = 1",
         "UPDATE layer_front SET proof = 'limit', gap = 0.25 WHERE front_id = 1",
         "SELECT count(*) FROM layer_front_element e JOIN layer_front USING (front_id)"
         " WHERE gap = 0.25",
         2},
        {"UPDATE layer_front SET proof = 'limit', gap = 0.25 + front_id",
         "UPDATE layer_front SET proof = 'limit', gap = 0.25",
         "SELECT max(gap) FROM layer_front", 0.25},
        {"UPDATE solution SET proof = 'limit', gap = 0.5, component_set = NULL WHERE"
         " solution_id = 1",
         "",
         "SELECT count(DISTINCT solution_id) = (SELECT count(*) FROM solution) FROM "
         "solution_component",
         1},
    };
    char out[128], paths[2][128];
    fixture_path("merge-better", out, sizeof out);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *text[2];
        for (unsigned first = 0; first < 2; first++) {
            for (unsigned part = 0; part < 2; part++) {
                make_part(part, all);
                path_of(part, paths[part]);
                change(paths[part], part == first ? cases[i].worse : cases[i].better,
                       true);
            }
            double answer;
            merge_pair(out, 0);
            ask_number(out, cases[i].ask, &answer);
            if (answer != cases[i].answer)
                fail_msg("case %zu, worse is %u: %g", i, first, answer);
            text[first] = database_export(out);
        }
        assert_string_equal(text[0], text[1]);
        free(text[0]);
        free(text[1]);
    }
    fixture_remove(out);
    fixture_remove(paths[0]);
    fixture_remove(paths[1]);
}

// Two searches that a limit ended at one gap, and that found different mappings: one of
// them is kept, the same in either order.
static void equal_limits_do_not_depend_on_the_order(void **state) {
    (void)state;
    char out[128], paths[2][128], *text[2];
    fixture_path("merge-limits", out, sizeof out);
    for (unsigned part = 0; part < 2; part++) {
        make_part(part, all);
        path_of(part, paths[part]);
        change(paths[part], "UPDATE layer_front SET proof = 'limit', gap = 9e999",
               true);
    }
    change(paths[1], "UPDATE layer_front_element SET mapping = 'another'", true);
    for (unsigned first = 0; first < 2; first++) {
        merge_pair(out, first);
        text[first] = database_export(out);
    }
    assert_string_equal(text[0], text[1]);
    free(text[0]);
    free(text[1]);
    fixture_remove(out);
    fixture_remove(paths[0]);
    fixture_remove(paths[1]);
}

// A point that a limit ended is solved again where it stands: parameters, layers and
// front of its old answer leave nothing behind, in no table's seal either.
static void a_point_solved_again_is_as_if_first(void **state) {
    (void)state;
    char path[128];
    make_part(0, all);
    path_of(0, path);
    char *before = database_export(path);
    change(path, "UPDATE point SET mapper_status = 'limit' WHERE status = 'ok'", true);
    add_points(fixture_open(path), 0, all);
    char *after = database_export(path);
    assert_string_equal(after, before);
    free(before);
    free(after);
    fixture_remove(path);
}

// The sweep that ran last is the newest, in whichever file it is.
static void the_last_run_is_the_newest(void **state) {
    (void)state;
    char out[128], paths[2][128];
    fixture_path("merge-turns", out, sizeof out);
    for (unsigned late = 0; late < 2; late++)
        for (unsigned first = 0; first < 2; first++) {
            for (unsigned part = 0; part < 2; part++) {
                make_part(part, all);
                path_of(part, paths[part]);
                char sql[900];
                snprintf(sql, sizeof sql,
                         "INSERT INTO run_log SELECT 1, 1, 'v', 'h', '2026-01-0%d', 1,"
                         " 1, 1, 0, 1, 1, 1, 'complete', random();"
                         "%s",
                         part == late ? 2 : 1,
                         part ? "INSERT INTO input SELECT 900, replace(hash, substr("
                                "hash, 1, 8), '00000000'), kind, name, text, NULL, "
                                "random()"
                                " FROM input WHERE kind = 'sweep';"
                                "UPDATE sweep SET hash = (SELECT hash FROM input WHERE"
                                " input_id = 900), max_area_mm2 = 7"
                              : "");
                change(paths[part], sql, true);
                if (part == late) // it began first, too
                    change(paths[part],
                           "INSERT INTO run_log SELECT 2, 1, 'v', 'h', '2025-12-31', 1,"
                           " 1, 1, 0, 1, 1, 1, 'complete', random()",
                           true);
            }
            double newest, turns;
            merge_pair(out, first);
            ask_number(out,
                       "SELECT max_area_mm2 IS 7 FROM v_sweep WHERE newest AND"
                       " (SELECT count(*) FROM run_log) = 3",
                       &newest);
            assert_int_equal((unsigned)newest, late);
            ask_number(out, "SELECT count(DISTINCT turn) FROM sweep", &turns);
            assert_int_equal((unsigned)turns, 2);
            free(database_export(out)); // digests and seals are right
        }
    fixture_remove(out);
    fixture_remove(paths[0]);
    fixture_remove(paths[1]);
}

static void refuses_other_models(void **state) {
    (void)state;
    char path[128];
    make_part(0, all);
    path_of(0, path);
    struct sdse_reader *reader = open_reader(path);
    assert_int_equal(sdse_merge_admits(reader, FIXTURE_MODEL, &diags), SDSE_OK);
    assert_int_equal(sdse_merge_admits(reader, "another", &diags), SDSE_INVALID);
    assert_true(sdse_diags_fired(&diags, "results-model"));
    sdse_reader_close(reader);
    fixture_remove(path);
}

// Damaged after it was opened, as a file too large to be checked then would be.
static void damage_adds_nothing(void **state) {
    (void)state;
    char out[128], path[128];
    fixture_path("merge-damaged", out, sizeof out);
    fixture_remove(out);
    make_part(0, all);
    path_of(0, path);
    struct sdse_reader *reader = open_reader(path);
    change(path, "UPDATE point_layer SET repeat = repeat + 1 WHERE point_id = 3",
           false);
    struct sdse_store *store = fixture_open(out);
    struct sdse_merged merged;
    assert_int_equal(sdse_merge(store, &reader, 1, &diags, &merged), SDSE_INVALID);
    assert_true(sdse_diags_fired(&diags, "results-damaged"));
    sdse_store_close(store);
    sdse_reader_close(reader);
    double rows;
    ask_number(out,
               "SELECT (SELECT count(*) FROM point) + (SELECT count(*) FROM input)",
               &rows);
    assert_true(rows == 0);
    fixture_remove(out);
    fixture_remove(path);
}

// Sweeps of one name that ran last in the same second, in the order of `hashes`.
static void make_versions(unsigned part, const struct sdse_hash *hashes, size_t count) {
    char path[128];
    path_of(part, path);
    fixture_remove(path);
    struct sdse_store *store = fixture_open(path);
    assert_int_equal(sdse_store_begin(store), SDSE_OK);
    for (size_t i = 0; i < count; i++) {
        const struct sdse_input_record input = {hashes[i], SDSE_INPUT_SWEEP, "tie",
                                                "text"};
        const struct sdse_sweep_record sweep = {
            .hash = hashes[i], .name = "tie", .point_count = 1, .objective = SDSE_EDP};
        const struct sdse_run_record run = {.sweep = hashes[i],
                                            .started = "2026-01-01T00:00:00Z",
                                            .threads = 1,
                                            .seconds = (double)part,
                                            .outcome = "complete"};
        assert_int_equal(sdse_store_add_input(store, &input), SDSE_OK);
        assert_int_equal(sdse_store_add_sweep(store, &sweep), SDSE_OK);
        assert_int_equal(sdse_store_add_run(store, &run), SDSE_OK);
    }
    assert_int_equal(sdse_store_commit(store), SDSE_OK);
    sdse_store_close(store);
}

// Whether that version is the newest after a merge that begins with part `first`.
static bool is_newest(struct sdse_hash hash, unsigned first) {
    char out[128], text[SDSE_HASH_TEXT_BYTES], sql[160];
    double newest;
    fixture_path("merged", out, sizeof out);
    merge_pair(out, first);
    sdse_hash_text(hash, text);
    snprintf(sql, sizeof sql,
             "SELECT (SELECT hash FROM sweep ORDER BY turn DESC LIMIT 1) = '%s'", text);
    ask_number(out, sql, &newest);
    fixture_remove(out);
    return newest == 1;
}

// Of versions that ran in the same second the one that ran later in its file is newer,
// then the one of the larger hash: in any order of the files.
static void a_tie_does_not_depend_on_the_order(void **state) {
    (void)state;
    const struct sdse_hash low = {1, 1}, high = {2, 1};
    make_versions(0, &low, 1);
    make_versions(1, &high, 1);
    assert_true(is_newest(high, 0) && is_newest(high, 1));
    make_versions(0, (const struct sdse_hash[]){high, low}, 2);
    assert_true(is_newest(low, 0) && is_newest(low, 1));
    // Of two places in two files the later counts.
    const struct sdse_hash other = {0, 7};
    make_versions(1, (const struct sdse_hash[]){other, high}, 2);
    assert_true(is_newest(high, 0) && is_newest(high, 1));
    for (unsigned i = 0; i < 2; i++)
        fixture_remove(known[i]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(same_as_one_run, begin, end),
        cmocka_unit_test_setup_teardown(keeps_what_is_known_better, begin, end),
        cmocka_unit_test_setup_teardown(equal_limits_do_not_depend_on_the_order, begin,
                                        end),
        cmocka_unit_test_setup_teardown(a_point_solved_again_is_as_if_first, begin,
                                        end),
        cmocka_unit_test_setup_teardown(the_last_run_is_the_newest, begin, end),
        cmocka_unit_test_setup_teardown(a_tie_does_not_depend_on_the_order, begin, end),
        cmocka_unit_test_setup_teardown(refuses_other_models, begin, end),
        cmocka_unit_test_setup_teardown(damage_adds_nothing, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
