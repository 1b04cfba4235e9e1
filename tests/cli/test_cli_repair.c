// verify --repair: what is damaged and can be computed is solved again, to the byte;
// what cannot be is named, and the file left as it is.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "support/copy_file.h"
#include "support/weights_file.h"
#include "support_program.h"

enum { KILLS = 6 };
static char *right; // the export of the undamaged file

#define LAYERS(weights)                                                              \
    "layers:\n"                                                                      \
    "  - {name: a, kind: conv, in: [2, 4, 4], out_channels: 4, kernel: 3, pad: 1}\n" \
    "  - {name: b, kind: fc, in: 24, out_channels: 6, repeat: 2" weights "}\n"

// Points 1-4: declared and measured, of synthetic weights; 5: of weights from a file;
// 6 and 7: of another mapper, objective.
static void make_results(void **state) {
    (void)state;
    write_weights_file(scratch("w.npy"), 6, 24);
    copy_file("tests/data/cli/arch.yaml", scratch("arch.yaml"));
    write_scratch("made.yaml", "name: made\nsource: made up\n" LAYERS(""));
    write_scratch("real.yaml",
                  "name: real\nsource: made up\n" LAYERS(", weights: w.npy"));
    write_scratch("s.yaml",
                  "name: s\nworkloads: [made.yaml]\narchs: [arch.yaml]\n"
                  "override: {buffer.capacity_kib: [8, 16]}\nweight_forms: [raw,"
                  " {name: found, basis_size: 3, sparsity: 0.5}]\n");
    write_scratch("real_sweep.yaml",
                  "name: t\nworkloads: [real.yaml]\narchs: [arch.yaml]\n"
                  "weight_forms: [{name: found, basis_size: 3, sparsity: 0.5}]\n");
    write_scratch("space.yaml",
                  "name: space\nworkloads: [made.yaml]\narchs: [arch.yaml]\n"
                  "mapper: {free_bypass: true}\nobjective: latency\n");
    run_says(0, "sweep @s.yaml -o @r.db -q", "4 of 4");
    run_says(0, "sweep @real_sweep.yaml -o @r.db -q", "1 of 1");
    run_says(0, "sweep @space.yaml -o @r.db -q", "1 of 1");
    write_scratch("fast.yaml",
                  "name: fast\nworkloads: [made.yaml]\narchs: [arch.yaml]\n"
                  "objective: latency\n");
    run_says(0, "sweep @fast.yaml -o @r.db -q", "1 of 1");
    assert_int_equal(unlink(scratch("w.npy")), 0);
    right = run_text(0, "export @r.db");
}

static void damage(const char *sql) {
    sqlite3 *db = NULL;
    unlink(scratch("d.db"));
    unlink(scratch("d.db-wal")); // of what was killed
    unlink(scratch("d.db-shm"));
    copy_file(scratch("r.db"), scratch("d.db"));
    assert_int_equal(sqlite3_open(scratch("d.db"), &db), SQLITE_OK);
    const int code = sqlite3_exec(
        db, "PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON", NULL,
        NULL, NULL);
    assert_int_equal(code, SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK || !sqlite3_changes(db))
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void what_can_be_computed_is(void **state) {
    (void)state;
    static const struct {
        const char *sql, *says;
    } cases[] = {
        {"UPDATE point SET energy_pj = energy_pj * 2 WHERE point_id = 2",
         ": 1 damaged rows left out, 1 points solved again\n"},
        {"UPDATE point SET hash = '0' || substr(hash, 2) WHERE point_id IN (2, 4)",
         "2 points solved again\n"},
        {"UPDATE point SET form = 'other' WHERE point_id = 1", "1 points"},
        {"UPDATE point SET output_error = 0.5 WHERE point_id = 1", "1 points"},
        {"UPDATE point SET rel_error = 0.5 WHERE point_id = 5", "repaired"},
        {"DELETE FROM point_layer WHERE point_id = 3 AND layer_index = 1", "1 points"},
        {"UPDATE point_layer SET repeat = 7 WHERE point_id = 3 AND layer_index = 0",
         "1 points"},
        {"UPDATE point_front SET energy_pj = 1 WHERE point_id = 6", "1 points"},
        {"DELETE FROM point_front WHERE point_id = 6 AND rank = 0", "1 points"},
        {"UPDATE layer_front SET gap = 0.5", "points"},
        {"DELETE FROM layer_front_element WHERE rank = 0 AND front_id = 1", "points"},
        {"DELETE FROM layer_front_element WHERE (front_id, rank) = (SELECT front_id,"
         " max(rank) FROM layer_front_element)",
         "7 points solved again (all of them: what was missing could not be told)"},
        {"UPDATE solution SET mapping = mapping || ' '", "points solved again"},
        {"UPDATE component_set SET energy_pj = energy_pj + 1 WHERE set_id = (SELECT"
         " component_set FROM solution WHERE solution_id = 1)",
         "points"},
        {"DELETE FROM network_set WHERE set_id = (SELECT network_set FROM solution"
         " WHERE solution_id = 2)",
         "points"},
        {"DELETE FROM memory_set WHERE set_id = (SELECT memory_set FROM solution WHERE"
         " solution_id = 2) AND level = 2",
         "points"},
        {"DELETE FROM level_set WHERE set_id = (SELECT outer_set FROM solution WHERE"
         " solution_id = 2) AND part = 'inputs'",
         "points"},
        {"UPDATE level_set SET reads = reads + 1 WHERE set_id = (SELECT inner_set FROM"
         " solution WHERE solution_id = 2)",
         "points"},
        {"UPDATE weight_form SET density = 0.125 WHERE weights = 'synthetic' AND "
         "form_id"
         " IN (SELECT form_id FROM point_layer WHERE point_id = 2)",
         "2 points"},
        {"UPDATE sweep_point SET position = 9 WHERE position = 3", "0 points solved"},
        {"DELETE FROM sweep_point WHERE position = 1", "0 points solved again"},
        {"UPDATE origin SET text = text || '!' WHERE origin_id = 1", "points"},
        {"UPDATE table_seal SET digest = digest + 1 WHERE name = 'point_layer'",
         ": 0 damaged rows left out, 0 points solved again\nthe rows are those"},
        {"UPDATE run_log SET threads = 77", "damaged rows left out, 0 points"},
        {"DELETE FROM point_layer", "7 points solved again\n"},
        {"UPDATE point SET status = 'error', energy_pj = NULL, latency_cycles = NULL,"
         " mapper_status = NULL, reason = 'x' WHERE point_id = 1",
         "1 points"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        damage(cases[i].sql);
        const bool lost = strcmp(cases[i].sql, "DELETE FROM point_layer") == 0;
        if (lost) { // all but that of weights from a file
            run_says(1, "verify --repair @d.db", "has not the layers to take");
            continue;
        }
        if (strstr(cases[i].sql, "= 5")) {
            run_says(1, "verify --repair @d.db", "[repair-lost]");
            continue;
        }
        run_says(0, "verify --repair @d.db -j 2", cases[i].says);
        assert_int_equal(access(scratch("d.db-wal"), F_OK), -1);
        run_says(0, "verify @d.db", "whole");
        char *now = run_text(0, "export @d.db");
        if (strcmp(now, right) != 0)
            fail_msg("%s: repaired to something else", cases[i].sql);
        free(now);
    }
}

static void what_cannot_be_computed_is_named(void **state) {
    (void)state;
    static const struct {
        const char *sql, *says;
    } cases[] = {
        {"UPDATE input SET text = text || ' ' WHERE kind = 'workload'", "table input"},
        {"UPDATE sweep SET name = 'x' WHERE name = 's'", "table sweep"},
        {"UPDATE meta SET value = 'x' WHERE key = 'tool_version'", "table meta tool"},
        {"UPDATE point_parameter SET value = 8.5 WHERE point_id = 1",
         "point 1 (made, small, raw): its parameters are damaged"},
        {"DELETE FROM point_parameter WHERE point_id = 1",
         "its parameters are damaged"},
        {"DELETE FROM input WHERE kind = 'sweep'",
         "table input has lost rows that cannot be computed again [repair-lost]"},
        {"UPDATE weight_form SET density = 0.125 WHERE weights = 'real'",
         "point 5 (real, small, found): "},
        {"DELETE FROM point WHERE point_id IN (1, 2)", "some of its points are lost"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        damage(cases[i].sql);
        char *before = read_whole(scratch("d.db"));
        run_says(1, "verify --repair @d.db", cases[i].says);
        char *after = read_whole(scratch("d.db"));
        assert_memory_equal(before, after, 4096);
        free(before);
        free(after);
        run_says(1, "verify --repair @d.db", "is left as it is");
    }
    // The rest is kept when asked for, and the sweep completes it.
    run_says(1, "verify --repair --force @d.db", "some of its points are lost");
    run_says(0, "verify @d.db", "whole");
    run_says(0, "sweep @s.yaml -o @d.db -q", "4 of 4 points (2 were there before)");
    char *now = run_text(0, "query @d.db -f csv SELECT~count(*)~FROM~point");
    assert_non_null(strstr(now, "\n7\n"));
    free(now);
    run_says(0, "verify --repair @r.db", "0 damaged rows left out, 0 points");
    damage("UPDATE run_log SET threads = 77");
    run_says(0, "verify --repair @d.db -f json",
             "\"damaged_rows\": 4,\n \"points_solved\": 0,\n \"all_solved\": false,\n "
             "\"as_written\": true}");
}

// Killed at any time the file is the damaged one, or the repaired.
static void a_kill_loses_nothing(void **state) {
    (void)state;
    int whole = 0;
    for (int i = 0; i < KILLS; i++) {
        damage("UPDATE solution SET mapping = mapping || ' '");
        const pid_t pid = start_program("verify --repair @d.db");
        nanosleep(&(struct timespec){.tv_nsec = i * 25000000L}, NULL);
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
        struct ran ran = run_program("verify --quick @d.db");
        whole += ran.status == 0;
        free_ran(&ran);
        run_says(0, "verify --repair @d.db", "repaired");
        char *now = run_text(0, "export @d.db");
        assert_string_equal(now, right);
        free(now);
    }
    printf("## killed %d repairs: %d had ended, all of the rest were done again\n",
           KILLS, whole);
    free(right);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(make_results),
        cmocka_unit_test(what_can_be_computed_is),
        cmocka_unit_test(what_cannot_be_computed_is_named),
        cmocka_unit_test(a_kill_loses_nothing),
    };
    return cmocka_run_group_tests(tests, enter_scratch, leave_scratch);
}
