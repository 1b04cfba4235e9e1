// The store: what is written can be read back, sums hold, bad records and bad files are
// refused.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <math.h>
#include <sqlite3.h>

#include "results/store/schema.h"
#include "results/store/statements.h"
#include "support/results_fixture.h"

// One number from the database, over a connection of its own.
static double query_number(const char *path, const char *sql) {
    sqlite3 *db = NULL;
    sqlite3_stmt *statement = NULL;
    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    double value = sqlite3_column_double(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return value;
}

static void refused(const char *path, const char *model, enum sdse_status expected,
                    const char *check, const char *needle) {
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_diags diags;
    sdse_diags_init(&diags, arena);
    struct sdse_store *store = NULL;
    assert_int_equal(sdse_store_open(path, model, &diags, &store), expected);
    assert_null(store);
    assert_int_equal(diags.errors, 1);
    assert_string_equal(diags.first->check, check);
    assert_non_null(strstr(diags.first->message, needle));
    assert_string_equal(diags.first->loc.file, path);
    sdse_arena_free(arena);
}

// What a batch has put there for many (origins, sets of networks) goes with it.
static void a_batch_that_is_rolled_back_leaves_nothing_known(void **state) {
    (void)state;
    char path[128];
    fixture_path("store-again", path, sizeof path);
    struct sdse_store *store = fixture_open(path);
    fixture_add_inputs(store);
    for (int turn = 0; turn < 2; turn++) {
        assert_int_equal(sdse_store_begin(store), SDSE_OK);
        for (uint64_t i = 0; i < 20; i++)
            assert_int_equal(fixture_add_point(store, i), SDSE_OK);
        if (turn)
            assert_int_equal(sdse_store_commit(store), SDSE_OK);
        else
            sdse_store_rollback(store);
    }
    sdse_store_close(store);
    assert_true(query_number(path, "SELECT count(*) FROM solution_network") > 0);
    assert_true(query_number(path, "SELECT row_count FROM table_seal WHERE name ="
                                   " 'solution_network'") ==
                query_number(path, "SELECT count(*) FROM solution_network"));
#define NONE_BROKEN(name, column, table, what)                                         \
    assert_true(query_number(path, "SELECT count(*) FROM solution WHERE " #column      \
                                   " IN (" SDSE_BROKEN_SETS(column, table) ")") == 0); \
    assert_true(query_number(path, "SELECT count(" #column ") FROM solution") > 0);
    SDSE_SET_MAP(NONE_BROKEN)
#undef NONE_BROKEN
    assert_true(query_number(path, "SELECT count(*) FROM pragma_foreign_key_check") ==
                0);
    fixture_remove(path);
}

static void stores_a_sweep_whose_sums_hold(void **state) {
    (void)state;
    char path[128];
    fixture_path("store-sums", path, sizeof path);
    fixture_fill(path, 7, 1);
    assert_true(query_number(path, "SELECT count(*) FROM v_point") == FIXTURE_POINTS);
    assert_true(
        query_number(path, "SELECT count(*) FROM v_point WHERE status = 'ok'") ==
        FIXTURE_POINTS - FIXTURE_INFEASIBLE);
    // Per point: itemised energy, layers and total agree.
    assert_true(query_number(path,
                             "SELECT count(*) FROM v_point p WHERE status = 'ok' AND"
                             " abs((SELECT sum(energy_pj) FROM v_energy e"
                             "  WHERE e.point_id = p.point_id) - p.energy_pj)"
                             " <= 1e-9 * p.energy_pj") ==
                FIXTURE_POINTS - FIXTURE_INFEASIBLE);
    assert_true(query_number(path,
                             "SELECT count(*) FROM v_point p WHERE status = 'ok' AND"
                             " abs((SELECT sum(energy_pj) FROM v_layer e"
                             "  WHERE e.point_id = p.point_id) - p.energy_pj)"
                             " <= 1e-9 * p.energy_pj AND latency_cycles ="
                             " (SELECT sum(latency_cycles) FROM v_layer e"
                             "  WHERE e.point_id = p.point_id)") ==
                FIXTURE_POINTS - FIXTURE_INFEASIBLE);
    // Per layer too.
    assert_true(query_number(path,
                             "SELECT max(abs(d)) FROM (SELECT (SELECT sum(energy_pj)"
                             " FROM v_energy e WHERE e.point_id = l.point_id AND"
                             " e.layer_index = l.layer_index) / l.energy_pj - 1 AS d"
                             " FROM v_layer l)") < 1e-9);
    // Shared layers are stored once: 2 per accelerator and 2 per feasible point.
    assert_true(query_number(path, "SELECT count(*) FROM solution") ==
                2 * FIXTURE_ARCHS + 2 * (FIXTURE_POINTS - FIXTURE_INFEASIBLE));
    assert_true(query_number(path, "SELECT points_done FROM v_sweep") ==
                FIXTURE_POINTS);
    assert_true(query_number(path, "SELECT count(*) FROM pragma_foreign_key_check") ==
                0);
    assert_true(query_number(path, "PRAGMA user_version") == SDSE_SCHEMA_VERSION);
    fixture_remove(path);
}

static void keeps_origins(void **state) {
    (void)state;
    char path[128];
    fixture_path("store-origin", path, sizeof path);
    fixture_fill(path, 100, 1);
    assert_true(query_number(path, "SELECT count(*) FROM v_energy WHERE origin = ''") ==
                0);
    assert_true(query_number(path, "SELECT count(*) > 0 FROM v_energy WHERE origin ="
                                   " 'sram_itrs-hp_ed2' AND origin_mark = 'table'"
                                   " AND component = 'GLB'") == 1);
    assert_true(query_number(path, "SELECT count(*) > 0 FROM v_energy WHERE origin ="
                                   " 'declared free' AND component = 'spad'") == 1);
    // A number without words of its own has the accelerator's source.
    assert_true(query_number(path, "SELECT count(*) > 0 FROM v_energy WHERE origin ="
                                   " 'made up for tests' AND component = 'DRAM'") == 1);
    fixture_remove(path);
}

static void loads_back_what_a_later_run_needs(void **state) {
    (void)state;
    char path[128];
    fixture_path("store-load", path, sizeof path);
    fixture_fill(path, 100, 1);
    struct sdse_store *store = fixture_open(path);
    struct sdse_arena *arena = sdse_arena_new();
    assert_true(sdse_store_has_point(store, fixture_point_hash(0)));
    assert_false(sdse_store_has_point(store, fixture_point_hash(FIXTURE_POINTS)));
    enum sdse_point_status status;
    assert_true(sdse_store_point_status(store, fixture_point_hash(10), &status));
    assert_int_equal(status, SDSE_POINT_INFEASIBLE);

    struct sdse_arch arch;
    struct sdse_cost cost;
    fixture_arch(0, &arch);
    fixture_cost(&arch, 7 * 1 + 3, &cost); // position 1, layer 3
    struct sdse_hash hash = fixture_hash("solution", 10);
    assert_true(sdse_store_has_solution(store, hash));
    struct sdse_solution_totals totals;
    assert_true(sdse_store_load_solution(store, hash, arena, &totals));
    assert_true(totals.energy_pj == cost.energy_pj);
    assert_true(totals.latency_cycles == cost.latency_cycles);
    assert_true(totals.macs == cost.macs);
    assert_string_equal(totals.mapping, "DRAM: K4 P2");
    assert_int_equal(totals.proof, SDSE_PROOF_OPTIMAL);

    struct sdse_front_record front;
    assert_true(sdse_store_load_front(store, fixture_hash("front", 10), arena, &front));
    assert_int_equal(front.count, 2);
    assert_string_equal(front.hint, "a hint");
    assert_true(front.elements[1].energy_pj == cost.energy_pj * 1.5);
    assert_string_equal(front.elements[1].mapping, "DRAM: K2 P4");
    assert_false(
        sdse_store_load_front(store, fixture_hash("front", 99999), arena, &front));

    struct sdse_form_record form;
    assert_true(sdse_store_load_form(store, fixture_hash("weight-form", 201), &form));
    assert_true(form.form.smartdeal && form.form.measured);
    assert_true(form.form.density == 0.3 && form.form.row_density == 0.4);
    assert_int_equal(form.form.index, SDSE_INDEX_ROW);
    assert_int_equal(form.from, SDSE_WEIGHTS_SYNTHETIC);
    assert_int_equal(form.exponents_used, 7);
    assert_true(form.weight_norm == 3.75);
    assert_true(form.joint_row_density_32 == 0.75);
    assert_true(form.joint_row_density_64 == 0.875);
    assert_int_equal(form.form.sharing.group, 6);
    assert_int_equal(form.form.sharing.slices, 60);
    assert_true(form.form.joint_row_density == 0.625);
    const double *words = form.form.digit_words;
    assert_int_equal(form.form.digit_bits, 12);
    assert_int_equal(form.form.digit_encoding, SDSE_ENCODING_CSD);
    assert_true(words[0] == 5 && words[1] == 0.1 && words[2] == 0 && words[17] == 7);
    assert_true(words[3] == 1e15 + 1 && words[4] == 0 && words[16] == 0);
    assert_true(sdse_store_load_form(store, fixture_hash("weight-form", 1), &form));
    assert_true(form.form.rel_error < 0 && isnan(form.sqnr_db));
    assert_true(isnan(form.weight_norm));
    assert_int_equal(form.form.sharing.group, 0);
    assert_int_equal(form.form.digit_bits, 0);
    assert_true(isnan(form.joint_row_density_32) && isnan(form.joint_row_density_64));
    // Products first, and what is pruned together.
    const struct sdse_form_record first = {.hash = fixture_hash("weight-form", 301),
                                           .from = SDSE_WEIGHTS_SYNTHETIC,
                                           .form = {.first = SDSE_BASIS_FIRST,
                                                    .products = 1.5,
                                                    .sums_per_weight = 2.5,
                                                    .prune_group = 4}};
    assert_int_equal(sdse_store_begin(store), SDSE_OK);
    assert_int_equal(sdse_store_add_form(store, &first), SDSE_OK);
    assert_true(sdse_store_load_form(store, first.hash, &form));
    assert_true(form.form.first == SDSE_BASIS_FIRST && form.form.products == 1.5 &&
                form.form.sums_per_weight == 2.5 && form.form.prune_group == 4);
    assert_int_equal(sdse_store_commit(store), SDSE_OK);
    sdse_arena_free(arena);
    sdse_store_close(store);
    fixture_remove(path);
}

// Each field of a front as it was: of one that a limit ended, and of one that is
// proved, which has no limit.
static void fronts_are_loaded_as_they_were(void **state) {
    (void)state;
    char path[128];
    fixture_path("store-fronts", path, sizeof path);
    struct sdse_store *store = fixture_open(path);
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_front_element elements[] = {{1, 9, "DRAM: K4"}, {2, 5, "DRAM: K2"}};
    const struct sdse_front_record fronts[] = {{.hash = fixture_hash("front", 1),
                                                .proof = SDSE_PROOF_LIMIT,
                                                .gap = 0.25,
                                                .seconds_limit = 2.5,
                                                .count = 2,
                                                .elements = elements},
                                               {.hash = fixture_hash("front", 2),
                                                .proof = SDSE_PROOF_OPTIMAL,
                                                .hint = "another space",
                                                .count = 1,
                                                .elements = elements}};
    sdse_store_begin(store);
    for (int i = 0; i < 2; i++)
        assert_int_equal(sdse_store_add_front(store, &fronts[i]), SDSE_OK);
    assert_int_equal(sdse_store_commit(store), SDSE_OK);
    for (int i = 0; i < 2; i++) {
        const struct sdse_front_record *was = &fronts[i];
        struct sdse_front_record is;
        assert_true(sdse_store_load_front(store, was->hash, arena, &is));
        assert_int_equal(is.proof, was->proof);
        assert_true(is.gap == was->gap && is.seconds_limit == was->seconds_limit);
        assert_int_equal(!is.hint, !was->hint);
        assert_int_equal(is.count, was->count);
        for (size_t e = 0; e < is.count; e++) {
            assert_true(is.elements[e].energy_pj == elements[e].energy_pj);
            assert_int_equal(is.elements[e].latency_cycles, elements[e].latency_cycles);
            assert_string_equal(is.elements[e].mapping, elements[e].mapping);
        }
    }
    sdse_store_close(store);
    assert_true(query_number(path,
                             "SELECT total(seconds_limit) * count(*) FROM"
                             " layer_front WHERE seconds_limit IS NOT NULL") == 2.5);
    sdse_arena_free(arena);
}

static void writing_twice_changes_nothing(void **state) {
    (void)state;
    char path[128];
    fixture_path("store-twice", path, sizeof path);
    fixture_fill(path, 100, 1);
    double levels = query_number(path, "SELECT count(*) FROM solution_level");
    fixture_fill(path, 5, 5);
    assert_true(query_number(path, "SELECT count(*) FROM v_point") == FIXTURE_POINTS);
    assert_true(query_number(path, "SELECT count(*) FROM solution_level") == levels);
    assert_true(query_number(path, "SELECT count(*) FROM sweep_point") ==
                FIXTURE_POINTS);
    fixture_remove(path);
}

static void refuses_totals_that_are_not_sums(void **state) {
    (void)state;
    char path[128];
    fixture_path("store-refuse", path, sizeof path);
    struct sdse_store *store = fixture_open(path);
    fixture_add_inputs(store);
    struct sdse_arch arch;
    struct sdse_cost cost;
    fixture_arch(0, &arch);
    fixture_cost(&arch, 3, &cost);
    double right_pj = cost.energy_pj;
    struct sdse_solution_record solution = {.hash = fixture_hash("solution", 3),
                                            .proof = SDSE_PROOF_OPTIMAL,
                                            .mapping = "",
                                            .arch = &arch,
                                            .cost = &cost};
    cost.energy_pj = right_pj * (1 + 1e-8);
    assert_int_equal(sdse_store_begin(store), SDSE_OK);
    assert_int_equal(sdse_store_add_solution(store, &solution), SDSE_DATABASE);
    assert_non_null(strstr(sdse_store_message(store), "add up"));
    // The batch is spoilt as a whole.
    assert_int_equal(fixture_add_point(store, 0), SDSE_DATABASE);
    assert_int_equal(sdse_store_commit(store), SDSE_DATABASE);
    assert_false(sdse_store_has_solution(store, solution.hash));
    assert_false(sdse_store_has_point(store, fixture_point_hash(0)));

    cost.energy_pj = right_pj * (1 + 1e-11); // rounding is not a fault
    assert_int_equal(sdse_store_begin(store), SDSE_OK);
    assert_int_equal(sdse_store_add_solution(store, &solution), SDSE_OK);
    assert_int_equal(sdse_store_commit(store), SDSE_OK);

    struct sdse_layer_record layer = {
        .name = "conv1", .kind = SDSE_CONV, .repeat = 2, .solution = solution.hash};
    struct sdse_point_record point = {.hash = fixture_hash("bad-point", 0),
                                      .sweep = fixture_hash("sweep", 0),
                                      .arch = fixture_hash("arch", 0),
                                      .workload = fixture_hash("workload", 0),
                                      .form = fixture_hash("form", 0),
                                      .arch_name = "a",
                                      .workload_name = "w",
                                      .form_name = "f",
                                      .energy_pj = cost.energy_pj,
                                      .latency_cycles = 2 * cost.latency_cycles,
                                      .layer_count = 1,
                                      .layers = &layer};
    sdse_store_begin(store);
    assert_int_equal(sdse_store_add_point(store, &point), SDSE_DATABASE);
    assert_non_null(strstr(sdse_store_message(store), "pJ"));
    sdse_store_rollback(store);
    point.energy_pj *= 2;
    point.latency_cycles -= 1;
    sdse_store_begin(store);
    assert_int_equal(sdse_store_add_point(store, &point), SDSE_DATABASE);
    assert_non_null(strstr(sdse_store_message(store), "cycles"));
    sdse_store_rollback(store);
    point.latency_cycles += 1;
    sdse_store_begin(store);
    assert_int_equal(sdse_store_add_point(store, &point), SDSE_OK);
    assert_int_equal(sdse_store_commit(store), SDSE_OK);
    sdse_store_close(store);
    fixture_remove(path);
}

static void refuses_bad_records(void **state) {
    (void)state;
    char path[128];
    fixture_path("store-records", path, sizeof path);
    struct sdse_store *store = fixture_open(path);
    fixture_add_inputs(store);
    struct sdse_point_record point = {.hash = fixture_hash("p", 0),
                                      .sweep = fixture_hash("sweep", 0),
                                      .status = SDSE_POINT_INFEASIBLE,
                                      .reason = "too small",
                                      .arch = fixture_hash("arch", 0),
                                      .workload = fixture_hash("workload", 0),
                                      .form = fixture_hash("form", 0),
                                      .arch_name = "a",
                                      .workload_name = "w",
                                      .form_name = "f",
                                      .area_mm2 = (double)NAN};
    struct sdse_point_record bad = point;
    bad.sweep = fixture_hash("no such sweep", 0);
    sdse_store_begin(store);
    assert_int_equal(sdse_store_add_point(store, &bad), SDSE_DATABASE);
    assert_non_null(strstr(sdse_store_message(store), "unknown sweep"));
    sdse_store_rollback(store);

    bad = point;
    bad.arch = fixture_hash("no such arch", 0); // the foreign key
    sdse_store_begin(store);
    assert_int_equal(sdse_store_add_point(store, &bad), SDSE_DATABASE);
    sdse_store_rollback(store);

    bad = point;
    bad.reason = NULL; // CHECK: a reason unless ok
    sdse_store_begin(store);
    assert_int_equal(sdse_store_add_point(store, &bad), SDSE_DATABASE);
    sdse_store_rollback(store);

    bad = point;
    bad.area_mm2 = -1; // CHECK: domain
    sdse_store_begin(store);
    assert_int_equal(sdse_store_add_point(store, &bad), SDSE_DATABASE);
    sdse_store_rollback(store);

    bad = point;
    bad.position = (uint64_t)INT64_MAX + 1;
    sdse_store_begin(store);
    assert_int_equal(sdse_store_add_point(store, &bad), SDSE_OVERFLOW);
    sdse_store_rollback(store);

    bad.position = INT64_MAX;
    sdse_store_begin(store);
    assert_int_equal(sdse_store_add_point(store, &bad), SDSE_OK);
    assert_int_equal(sdse_store_commit(store), SDSE_OK);
    sdse_store_close(store);
    fixture_remove(path);
}

static void replaces_a_failed_point_and_shares_a_good_one(void **state) {
    (void)state;
    char path[128];
    fixture_path("store-replace", path, sizeof path);
    struct sdse_store *store = fixture_open(path);
    fixture_add_inputs(store);
    struct sdse_point_record failed = {.hash = fixture_point_hash(0),
                                       .sweep = fixture_hash("sweep", 0),
                                       .status = SDSE_POINT_ERROR,
                                       .reason = "out of memory",
                                       .arch = fixture_hash("arch", 0),
                                       .workload = fixture_hash("workload", 0),
                                       .form = fixture_hash("form", 0),
                                       .arch_name = "a",
                                       .workload_name = "w",
                                       .form_name = "f"};
    sdse_store_begin(store);
    assert_int_equal(sdse_store_add_point(store, &failed), SDSE_OK);
    assert_int_equal(fixture_add_point(store, 0), SDSE_OK);
    struct sdse_input_record input = {fixture_hash("sweep", 1), SDSE_INPUT_SWEEP, "two",
                                      "name: two\n"};
    struct sdse_sweep_record sweep = {input.hash, "two", 1, SDSE_ENERGY, {0}};
    assert_int_equal(sdse_store_add_input(store, &input), SDSE_OK);
    assert_int_equal(sdse_store_add_sweep(store, &sweep), SDSE_OK);
    assert_int_equal(sdse_store_link_point(store, sweep.hash, 0, fixture_point_hash(0)),
                     SDSE_OK);
    struct sdse_run_record run = {.sweep = sweep.hash,
                                  .started = "2026-01-01T00:00:00Z",
                                  .threads = 2,
                                  .seconds = 1.5,
                                  .points_done = 1,
                                  .outcome = "complete"};
    assert_int_equal(sdse_store_add_run(store, &run), SDSE_OK);
    assert_int_equal(sdse_store_commit(store), SDSE_OK);
    sdse_store_close(store);
    assert_true(query_number(path, "SELECT count(*) FROM point") == 1);
    assert_true(query_number(path, "SELECT status = 'ok' FROM point") == 1);
    assert_true(query_number(path, "SELECT count(*) FROM v_sweep_point") == 2);
    fixture_remove(path);
}

// SQLite rolls a batch back by itself when memory or the disk is full. What the same
// call, or a later one, still wants to write must not become a batch of its own.
static void a_failed_batch_writes_nothing_more(void **state) {
    (void)state;
    char path[128];
    fixture_path("store-failed", path, sizeof path);
    struct sdse_store *store = fixture_open(path);
    fixture_add_inputs(store);
    assert_int_equal(sdse_store_begin(store), SDSE_OK);
    const struct sdse_point_record stranger = {.hash = fixture_hash("point", 1),
                                               .sweep = fixture_hash("no such", 0)};
    assert_int_equal(sdse_store_add_point(store, &stranger), SDSE_DATABASE);
    assert_int_equal(sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
    struct sdse_binding origin = sdse_bind(store, SDSE_SQL_ADD_ORIGIN);
    sdse_bind_text(&origin, "assumed");
    sdse_bind_text(&origin, "written after the end");
    assert_int_equal(sdse_bind_run(&origin), SDSE_DATABASE);
    int64_t id = 0; // nor is anything found: what was written is not there
    assert_false(
        sdse_store_find(store, SDSE_SQL_SWEEP_ID, fixture_hash("sweep", 0), &id));
    assert_int_equal(fixture_add_point(store, 0), SDSE_DATABASE);
    assert_int_equal(sdse_store_commit(store), SDSE_DATABASE);
    // The next batch is one again.
    assert_int_equal(sdse_store_begin(store), SDSE_OK);
    assert_int_equal(fixture_add_point(store, 0), SDSE_OK);
    assert_int_equal(sdse_store_commit(store), SDSE_OK);
    sdse_store_close(store);
    assert_true(query_number(path, "SELECT count(*) FROM origin WHERE text = 'written "
                                   "after the end'") == 0);
    assert_true(query_number(path, "SELECT count(*) FROM point") == 1);
    fixture_remove(path);
}

static void stores_training(void **state) {
    (void)state;
    char path[128];
    fixture_path("store-training", path, sizeof path);
    struct sdse_store *store = fixture_open(path);
    double unknown = (double)NAN;
    struct sdse_epoch_record epochs[] = {{2.3, 0.1, 0.12, 0.1, unknown, unknown, 5e5},
                                         {1.1, 0.6, 0.58, 0.1, 4e9, 1e6, 4e5}};
    struct sdse_training_record training = {.hash = fixture_hash("training", 0),
                                            .name = "lenet",
                                            .method = "smartdeal",
                                            .settings = "switch_bar: 1",
                                            .seed = 42,
                                            .test_accuracy = -0.0,
                                            .energy_pj = unknown,
                                            .stored_bits = 1e5,
                                            .reference_accuracy = unknown,
                                            .epoch_count = 2,
                                            .epochs = epochs};
    sdse_store_begin(store);
    assert_int_equal(sdse_store_add_training(store, &training), SDSE_OK);
    assert_int_equal(sdse_store_add_training(store, &training), SDSE_OK);
    assert_int_equal(sdse_store_commit(store), SDSE_OK);
    sdse_store_close(store);
    sdse_store_close(fixture_open(path)); // -0 reads back as 0, and is no damage
    assert_true(query_number(path, "SELECT count(*) FROM v_training") == 2);
    assert_true(query_number(path, "SELECT weight_bits + stored_bits FROM v_training"
                                   " WHERE epoch = 1") == 14e5);
    assert_true(query_number(path, "SELECT energy_pj IS NULL FROM v_training"
                                   " WHERE epoch = 0") == 1);
    fixture_remove(path);
}

static void run_sql(const char *path, const char *sql) {
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static void write_file(const char *path, const char *text, size_t bytes) {
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, bytes, file), bytes);
    fclose(file);
}

static void refuses_foreign_files(void **state) {
    (void)state;
    char path[128];
    fixture_path("store-foreign", path, sizeof path);
    write_file(path, "hello, wor", 10);
    refused(path, FIXTURE_MODEL, SDSE_INVALID, "results-format", "not a SQLite");
    fixture_remove(path);
    char page[5000];
    memset(page, 'x', sizeof page);
    write_file(path, page, sizeof page);
    refused(path, FIXTURE_MODEL, SDSE_INVALID, "results-format", "not a SQLite");
    fixture_remove(path);
    run_sql(path, "CREATE TABLE theirs(a)");
    refused(path, FIXTURE_MODEL, SDSE_INVALID, "results-format", "not a results");
    fixture_remove(path);
    run_sql(path, "PRAGMA user_version = 8"); // empty, but somebody's
    refused(path, FIXTURE_MODEL, SDSE_INVALID, "results-format", "not a results");
    fixture_remove(path);

    sdse_store_close(fixture_open(path));
    refused(path, "test-model 2", SDSE_INVALID, "results-model", "test-model 1");
    run_sql(path, "PRAGMA user_version = 99");
    refused(path, FIXTURE_MODEL, SDSE_INVALID, "results-version", "99");
    fixture_remove(path);
    refused("no-such-directory/results.db", FIXTURE_MODEL, SDSE_IO, "results-open",
            "cannot open");
    refused(".", FIXTURE_MODEL, SDSE_IO, "results-open", "cannot open");
    // An empty file is as good as none.
    write_file(path, "", 0);
    sdse_store_close(fixture_open(path));
    fixture_remove(path);
}

// Overwrites `bytes` bytes at `offset` with 0x55.
static void damage(const char *path, long offset, size_t bytes) {
    FILE *file = fopen(path, "r+b");
    assert_non_null(file);
    assert_int_equal(fseek(file, offset, SEEK_SET), 0);
    while (bytes-- > 0)
        fputc(0x55, file);
    fclose(file);
}

static void refuses_damaged_files(void **state) {
    (void)state;
    char path[128];
    fixture_path("store-damaged", path, sizeof path);
    fixture_fill(path, 100, 1);
    struct stat info;
    assert_int_equal(stat(path, &info), 0);
    assert_true(info.st_size > 16 * 4096);
    assert_int_equal(truncate(path, info.st_size - 3 * 4096), 0);
    refused(path, FIXTURE_MODEL, SDSE_INVALID, "results-damaged", "damaged");
    fixture_remove(path);
    fixture_fill(path, 100, 1);
    assert_int_equal(truncate(path, 2000), 0);
    refused(path, FIXTURE_MODEL, SDSE_INVALID, "results-damaged", "damaged");
    fixture_remove(path);
    fixture_fill(path, 100, 1);
    damage(path, 10L * 4096, 64);
    refused(path, FIXTURE_MODEL, SDSE_INVALID, "results-damaged", "damaged");
    fixture_remove(path);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_batch_that_is_rolled_back_leaves_nothing_known),
        cmocka_unit_test(stores_a_sweep_whose_sums_hold),
        cmocka_unit_test(keeps_origins),
        cmocka_unit_test(loads_back_what_a_later_run_needs),
        cmocka_unit_test(fronts_are_loaded_as_they_were),
        cmocka_unit_test(writing_twice_changes_nothing),
        cmocka_unit_test(refuses_totals_that_are_not_sums),
        cmocka_unit_test(refuses_bad_records),
        cmocka_unit_test(replaces_a_failed_point_and_shares_a_good_one),
        cmocka_unit_test(a_failed_batch_writes_nothing_more),
        cmocka_unit_test(stores_training),
        cmocka_unit_test(refuses_foreign_files),
        cmocka_unit_test(refuses_damaged_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
