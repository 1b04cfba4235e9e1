// One point of a database as files, run again and compared: for every kind of point.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/copy_file.h"
#include "support/reseal.h"
#include "support/sanitized.h"
#include "support/weights_file.h"
#include "support_program.h"

#define LAYERS(weights)                                                              \
    "layers:\n"                                                                      \
    "  - {name: a, kind: conv, in: [2, 4, 4], out_channels: 4, kernel: 3, pad: 1}\n" \
    "  - {name: b/b, kind: fc, in: 24, out_channels: 6, repeat: 2" weights "}\n"     \
    "  - {name: m, kind: matmul, m: 4, n: 4, k: 2}\n"

// Two networks, one with weights in a file that is gone afterwards.
static void make_results(void) {
    write_weights_file(scratch("w.npy"), 6, 24);
    char *arch = read_whole("tests/data/cli/arch.yaml");
    char *below = strstr(arch, "below: DRAM");
    assert_non_null(below); // registers that rebuild hold a basis, or no mapping
    const char *rest = below + strlen("below: DRAM");
    *below = '\0';
    FILE *file = fopen(scratch("arch.yaml"), "w");
    assert_non_null(file);
    fprintf(file, "%sbelow: registers%s", arch, rest);
    assert_int_equal(fclose(file), 0);
    free(arch);
    write_scratch("made.yaml", "name: made\nsource: made up\n" LAYERS(""));
    write_scratch("real.yaml",
                  "name: real\nsource: made up\n" LAYERS(", weights: w.npy"));
    write_scratch("s.yaml",
                  "name: s\nworkloads: [made.yaml, real.yaml]\narchs: [arch.yaml]\n"
                  "override: {registers.capacity_bytes: [64, 6]}\n"
                  "weight_forms: [raw, {name: sd, basis_size: 3, density: 0.5,"
                  " row_density: 0.6}, {name: found, basis_size: 3, sparsity: 0.5}]\n"
                  "objective: energy\nconstraints: {max_area_mm2: 0.0001}\n");
    free(run_text(0, "sweep @s.yaml -o @r.db -q"));
    write_scratch("space.yaml",
                  "name: space\nworkloads: [made.yaml]\narchs: [arch.yaml]\n"
                  "mapper: {free_bypass: true, imperfect_percent: 30, seconds: 1000}\n"
                  "override: {compute.pj_per_mac: [0.25]}\nobjective: latency\n");
    free(run_text(0, "sweep @space.yaml -o @r.db -q"));
    write_scratch("uneven.yaml", "name: uneven\nworkloads: [{path: made.yaml, layers: "
                                 "[m]}]\narchs: [arch.yaml]\nmapper: {uneven: true}\n");
    free(run_text(0, "sweep @uneven.yaml -o @r.db -q"));
    assert_int_equal(unlink(scratch("w.npy")), 0);
}

enum { POINTS = 14, REAL = 9, LOST = 12 };

// Also where the sweep's constraint is broken, no mapping exists, or weights are gone.
static void every_point_is_the_same_again(void **state) {
    (void)state;
    make_results();
    int taken = 0, infeasible = 0;
    for (int i = 1; i <= POINTS; i++) {
        if (i == LOST)
            continue;
        char line[128], name[64];
        snprintf(line, sizeof line, "reproduce @r.db %d -o @p%d", i, i);
        snprintf(name, sizeof name,
                 "select~count(*)~from~point_layer~where~point_id=%d", i);
        const bool gone = i == REAL;
        char *text = run_text(0, line);
        assert_non_null(strstr(text, "all equal to the last bit"));
        if (gone != (strstr(text, "weights: from files") != NULL))
            fail_msg("point %d: %s", i, text);
        taken += gone;
        free(text);
        snprintf(line, sizeof line, "query @r.db -f csv %s", name);
        text = run_text(0, line);
        infeasible += strstr(text, "\n0\n") != NULL;
        free(text);
        snprintf(name, sizeof name, "p%d/sweep.yaml", i);
        assert_int_equal(access(scratch(name), F_OK), gone ? -1 : 0);
        snprintf(name, sizeof name, "p%d/again.db", i);
        assert_int_equal(access(scratch(name), F_OK), -1);
    }
    assert_int_equal(taken, 1);
    assert_int_equal(infeasible, 3);
    // A second time over the same folder.
    run_says(0, "reproduce @r.db 13 -o @p13 -j 1", "all equal");
}

// Another computer would get elsewhere in the time.
static void what_a_time_limit_ended_is_not_searched_again(void **state) {
    (void)state;
    write_scratch("fc.yaml", "name: n\nsource: s\nlayers:\n"
                             "  - {name: f, kind: fc, in: 768, out_channels: 1000}\n");
    char text[300];
    snprintf(text, sizeof text,
             "name: limited\nworkloads: [fc.yaml]\narchs: [" SDSE_SOURCE_DIR
             "/archs/simba.yaml]\nmapper: {imperfect_percent: 10, seconds: %s}\n",
             SANITIZED ? "4.5" : "0.3");
    write_scratch("l.yaml", text);
    free(run_text(0, "sweep @l.yaml -o @l.db -q"));
    run_says(0, "query @l.db -f csv SELECT~mapper_status~FROM~v_point", "limit");
    run_says(0, "reproduce @l.db 1 -o @limited",
             "searches: those that a time limit ended");
}

// Its weights came from a file, and it has no layers to take forms from.
static void what_cannot_be_run_again_is_said(void **state) {
    (void)state;
    run_says(1, "reproduce @r.db 12 -o @p99", "[stored-weights]");
    assert_int_equal(access(scratch("p99"), F_OK), -1);
}

static void files_are_what_the_point_was(void **state) {
    (void)state;
    run_says(0, "check @p2/accelerator.yaml @p2/network.yaml @p2/sweep.yaml",
             "network made, 3 layers");
    free(run_text(0, "sweep @p13/sweep.yaml -o @again.db -q"));
    char *one =
             run_text(0, "query @r.db -f csv select~energy_pj,latency_cycles,edp_pj_s,"
                         "area_mm2~from~v_point~where~point_id=13"),
         *two = run_text(0, "query @again.db -f csv select~energy_pj,latency_cycles,"
                            "edp_pj_s,area_mm2~from~v_point");
    assert_string_equal(one, two);
    free(one);
    free(two);
    char *form = read_whole(scratch("p2/form.txt"));
    assert_non_null(strstr(form, "row_density: 0.5999"));
    free(form);
    char *mapping = read_whole(scratch("p2/mappings/000-a.yaml"));
    assert_non_null(strstr(mapping, "\narch: \"small\"\nworkload: \"made\"\n"));
    free(mapping);
    run_says(0,
             "eval -a @p14/accelerator.yaml -w @p14/network.yaml -m "
             "@p14/mappings/000-m.yaml",
             "uJ");
}

static void points_go_by_many_names(void **state) {
    (void)state;
    run_says(0, "show point @r.db made/small/sd/registers.capacity_bytes=64",
             "point 2,");
    run_says(1, "show point @r.db made/small/sd",
             "may be any of 2 points: 2 (made/small/sd");
    run_says(1, "show point @r.db made/small/none", "[results-point]");
    run_says(1, "show point @r.db 99", "no point '99'");
    char *hash =
        run_text(0, "query @r.db -f csv select~substr(point_hash,1,9)~from~v_point"
                    "~where~point_id=5");
    char line[128];
    snprintf(line, sizeof line, "show point @r.db %.9s", strchr(hash, '\n') + 1);
    run_says(0, line, "point 5,");
    free(hash);
    run_says(0, "show point @r.db 5", "reason: \"layer ");
    run_says(0, "show point @r.db 2", "layer: \"b/b\"\nmapping:\n");
    run_says(2, "show point @r.db", "which point");
    run_says(2, "show arch eyeriss 2", "one more");
    run_says(1, "reproduce @s.yaml 1 -o @p98", "[results-format]");
    // Other files are not replaced, and an input never is.
    write_scratch("p1/network.yaml", "mine\n");
    run_says(1, "reproduce @r.db 1 -o @p1", "[output-kind]");
    run_says(0, "reproduce @r.db 1 -o @p1 --force", "all equal");
}

// The sweep has the overrides that make no accelerator, and is refused for what the
// point says.
static void what_cannot_be_is_refused_again(void **state) {
    (void)state;
    write_scratch(
        "cannot.yaml",
        "name: cannot\nworkloads: [made.yaml]\narchs: [arch.yaml]\noverride:\n"
        "  buffer.capacity_kib: [8, 0]\n  buffer.fanout.x: [4, 0]\n");
    free(run_text(0, "sweep @cannot.yaml -o @c.db -q"));
    static const char *const reasons[] = {
        "the fan-out is 0 x 4; both must be at least 1 [fanout-positive]",
        "capacity must be positive, got 0 bits [capacity-positive]"};
    for (int i = 2; i <= 3; i++) {
        char line[128];
        snprintf(line, sizeof line,
                 "query @c.db -f csv SELECT~reason~FROM~v_point~WHERE"
                 "~point_id=%d",
                 i);
        run_says(0, line, reasons[i - 2]);
        snprintf(line, sizeof line, "reproduce @c.db %d -o @c%d", i, i);
        run_says(0, line, "for the same reason");
        snprintf(line, sizeof line, "sweep @c%d/sweep.yaml -o @none.db -q", i);
        run_says(1, line, reasons[i - 2]);
        snprintf(line, sizeof line, "check @c%d/accelerator.yaml", i);
        run_says(0, line, "small");
    }
    run_says(0, "reproduce @c.db 1 -o @c1", "files in");
    free(run_text(0, "sweep @c1/sweep.yaml -o @c1.db -q"));
}

// An override in another unit than the file's; two of them contradict each other.
static void a_capacity_is_overridden_in_any_unit(void **state) {
    (void)state;
    char text[300];
    static const char *const said_of[] = {
        "  buffer.capacity_bytes: [8192]\n", "  buffer.capacity_bits: [65536]\n",
        "  buffer.capacity_kib: [8]\n",
        "  buffer.capacity_kib: [8]\n  buffer.capacity_bits: [65536]\n"};
    for (size_t i = 0; i < 4; i++) {
        snprintf(
            text, sizeof text,
            "name: unit\nworkloads: [made.yaml]\narchs: [arch.yaml]\noverride:\n%s",
            said_of[i]);
        write_scratch("unit.yaml", text);
        unlink(scratch("unit.db"));
        if (i == 3) {
            run_says(1, "sweep @unit.yaml -o @unit.db -q", "[capacity-once]");
            continue;
        }
        free(run_text(0, "sweep @unit.yaml -o @unit.db -q"));
        run_says(0,
                 "query @unit.db -f csv "
                 "SELECT~text~LIKE~'%capacity_bits:_{value:_65536%'~FROM"
                 "~v_input~WHERE~kind='arch'",
                 "\n1\n");
    }
}

static void names_do_not_end_comments(void **state) {
    (void)state;
    write_scratch("line.yaml", "name: \"one\\nname: two\"\nsource: s\nlayers:\n"
                               "  - {name: f, kind: fc, in: 8, out_channels: 4}\n");
    write_scratch("ls.yaml", "name: l\nworkloads: [line.yaml]\narchs: [arch.yaml]\n");
    free(run_text(0, "sweep @ls.yaml -o @ls.db -q"));
    run_says(0, "reproduce @ls.db 1 -o @ls", "all equal");
    run_says(0, "check @ls/accelerator.yaml @ls/network.yaml", "network one");
    free(run_text(0, "sweep @ls/sweep.yaml -o @ls2.db -q"));
    run_says(
        0,
        "eval -a @ls/accelerator.yaml -w @ls/network.yaml -m @ls/mappings/000-f.yaml",
        "uJ");
}

// Whatever a column says else than it would now is named; digests are in order.
static void what_differs_is_named(void **state) {
    (void)state;
    static const struct {
        const char *sql, *says;
    } cases[] = {
        {"UPDATE point SET rel_error = 0.25 WHERE point_id = 1",
         "point: rel_error is "},
        {"UPDATE point SET area_mm2 = area_mm2 * 2 WHERE point_id = 1", "area_mm2 is"},
        {"UPDATE point_layer SET repeat = 3 WHERE point_id = 1 AND layer_index = 1",
         "v_layer, layer_index 1, layer b/b: repeat is stored as 3, and 2 when"},
        {"UPDATE component_set SET energy_pj = energy_pj * 1.0000000001 WHERE "
         "component = 'MAC'",
         "v_energy, layer_index 0, layer a, component MAC, action "},
        {"UPDATE level_set SET fills = fills + 1 WHERE level = 2",
         "part weights: fills_words is"},
        {"UPDATE network_set SET hops = 7.5", "hops is stored as 7.5, and "},
        {"DELETE FROM point_front WHERE point_id = 1 AND rank = 0", "v_front, rank 1"},
        {"INSERT INTO point_front SELECT point_id, 900, energy_pj, latency_cycles, "
         "random() FROM point_front WHERE point_id = 1 AND rank = 0",
         "v_front, rank 900: the row is not there when run again"},
        {"UPDATE layer_front_element SET energy_pj = energy_pj + 1 WHERE rank = 0",
         "v_layer_front, "},
        {"UPDATE layer_front SET hint = 'x'", ": hint is stored as x, and "},
        {"UPDATE input SET text = replace(text, 'made up', 'other') WHERE kind = "
         "'workload'",
         "[stored-input]"},
        {"UPDATE solution SET bottleneck = 'nothing'", ": bottleneck is stored as "},
        {"UPDATE weight_form SET weight_words = 1 + weight_words", ": weight_words is"},
        {"UPDATE memory_set SET cycles = cycles + 1", ": memory_cycles is stored"},
        {"UPDATE origin SET text = 'x' || text WHERE origin_id = 1",
         "origin is stored as x"},
        {"INSERT INTO point_parameter VALUES(1, 'a.b', '1', random())",
         "point: design is stored as "},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sqlite3 *db = NULL;
        unlink(scratch("d.db"));
        copy_file(scratch("r.db"), scratch("d.db"));
        assert_int_equal(sqlite3_open(scratch("d.db"), &db), SQLITE_OK);
        assert_int_equal(sqlite3_exec(db, cases[i].sql, NULL, NULL, NULL), SQLITE_OK);
        assert_true(sqlite3_changes(db) > 0);
        reseal(db);
        assert_int_equal(sqlite3_close(db), SQLITE_OK);
        run_says(1, "reproduce @d.db 1 -o @p1", cases[i].says);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_point_is_the_same_again),
        cmocka_unit_test(what_a_time_limit_ended_is_not_searched_again),
        cmocka_unit_test(what_cannot_be_run_again_is_said),
        cmocka_unit_test(files_are_what_the_point_was),
        cmocka_unit_test(points_go_by_many_names),
        cmocka_unit_test(what_cannot_be_is_refused_again),
        cmocka_unit_test(a_capacity_is_overridden_in_any_unit),
        cmocka_unit_test(names_do_not_end_comments),
        cmocka_unit_test(what_differs_is_named),
    };
    return cmocka_run_group_tests(tests, enter_scratch, leave_scratch);
}
