// A sweep stores the same results whatever the threads, however often it is stopped.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "dse/sweep/sweep.h"
#include "support_sweep.h"

static int make_inputs(void **state) {
    if (sweep_begin(state) != 0)
        return -1;
    sweep_write("net.yaml", "name: tiny\n"
                            "source: made up for this test\n"
                            "layers:\n"
                            "  - {name: a, kind: conv, in: [4, 8, 8], out_channels: 8, "
                            "kernel: 3, pad: 1}\n"
                            "  - {name: b, kind: conv, in: [8, 8, 8], out_channels: 8, "
                            "kernel: 1, repeat: 2}\n"
                            "  - {name: c, kind: fc, in: 512, out_channels: 10}\n");
    sweep_write("net7.yaml", "name: prime\n"
                             "source: made up for this test\n"
                             "layers:\n"
                             "  - {name: a, kind: fc, in: 25, out_channels: 7}\n");
    sweep_write("arch.yaml", SWEEP_TABLE_ARCH);
    sweep_write("sweep.yaml", "name: small\n"
                              "workloads: [net.yaml]\n"
                              "archs: [arch.yaml]\n"
                              "override:\n"
                              "  GLB.capacity_kib: [0.25, 4, 16]\n"
                              "  GLB.fanout.x: [2, 4]\n"
                              "weight_forms:\n"
                              "  - raw\n"
                              "  - {name: sd, density: 0.5, row_density: 0.6}\n"
                              "objective: edp\n");
    return 0;
}

static enum sdse_status sweep(const char *database, unsigned threads,
                              const atomic_bool *stop,
                              struct sdse_sweep_progress *progress) {
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_diags diags;
    sdse_diags_init(&diags, arena);
    const struct sdse_sweep_request request = {.sweep_path = sweep_path("sweep.yaml"),
                                               .database_path = sweep_path(database),
                                               .threads = threads,
                                               .stop = stop};
    const enum sdse_status status = sdse_sweep_run(&request, &diags, progress);
    sdse_diags_print(&diags, stderr, false);
    sdse_arena_free(arena);
    return status;
}

static char *export_of(const char *database) {
    return database_export(sweep_path(database));
}

static void same_results_for_any_number_of_threads(void **state) {
    (void)state;
    struct sdse_sweep_progress progress;
    assert_int_equal(sweep("one.db", 1, NULL, &progress), SDSE_OK);
    assert_int_equal(progress.points_total, 12);
    assert_int_equal(progress.points_done, 12);
    assert_int_equal(progress.points_reused, 0);
    assert_true(progress.front_size > 0 && progress.front_size <= 12);
    assert_int_equal(sweep("three.db", 3, NULL, &progress), SDSE_OK);
    char *one = export_of("one.db"), *three = export_of("three.db");
    assert_string_equal(one, three);
    free(one);
    free(three);
}

static void a_second_run_computes_nothing(void **state) {
    (void)state;
    struct sdse_sweep_progress progress;
    char *before = export_of("one.db");
    assert_int_equal(sweep("one.db", 2, NULL, &progress), SDSE_OK);
    assert_int_equal(progress.points_reused, 12);
    assert_int_equal(progress.problems_total, 0);
    char *after = export_of("one.db");
    assert_string_equal(before, after);
    free(before);
    free(after);
}

static void a_stopped_run_says_so_and_continues(void **state) {
    (void)state;
    struct sdse_sweep_progress progress;
    atomic_bool stop = true;
    assert_int_equal(sweep("stopped.db", 2, &stop, &progress), SDSE_INTERRUPTED);
    assert_int_equal(progress.points_done, 0);
    assert_int_equal(sweep("stopped.db", 2, NULL, &progress), SDSE_OK);
    char *one = export_of("one.db"), *continued = export_of("stopped.db");
    assert_string_equal(one, continued);
    free(one);
    free(continued);
}

static enum sdse_status sweep_file(const char *name, const char *database,
                                   struct sdse_sweep_progress *progress) {
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_diags diags;
    sdse_diags_init(&diags, arena);
    const struct sdse_sweep_request request = {.sweep_path = sweep_path(name),
                                               .database_path = sweep_path(database),
                                               .threads = 2};
    const enum sdse_status status = sdse_sweep_run(&request, &diags, progress);
    sdse_diags_print(&diags, stderr, false);
    sdse_arena_free(arena);
    return status;
}

static double field(const char *row, const char *name) {
    const char *at = strstr(row, name);
    assert_non_null(at);
    return strtod(at + strlen(name), NULL);
}

static char *point_of(const char *text) {
    char *row = strstr(text, "{\"table\":\"point\",");
    assert_non_null(row);
    return row;
}

// The mapper's time is over before it found anything: the point has a mapping
// nonetheless, with its bound, and is solved again when there is more time.
static void points_without_time_have_an_answer(void **state) {
    (void)state;
    struct sdse_sweep_progress progress;
    sweep_write("hasty.yaml", "name: hasty\nworkloads: [net.yaml]\narchs: [arch.yaml]\n"
                              "mapper: {seconds: 0.000000001}\n");
    assert_int_equal(sweep_file("hasty.yaml", "hasty.db", &progress), SDSE_OK);
    assert_int_equal(progress.points_done, 1);
    assert_int_equal(progress.failed, 0);
    assert_int_equal(progress.infeasible, 0);
    assert_int_equal(progress.front_size, 1);
    char *text = export_of("hasty.db"), *row = point_of(text);
    const double energy = field(row, "\"energy_pj\":");
    const double gap = field(row, "\"mapper_gap\":");
    assert_non_null(strstr(row, "\"mapper_status\":\"limit\""));
    assert_true(energy > 0 && gap > 0);
    sweep_write("patient.yaml",
                "name: patient\nworkloads: [net.yaml]\narchs: [arch.yaml]\n");
    assert_int_equal(sweep_file("patient.yaml", "hasty.db", &progress), SDSE_OK);
    assert_int_equal(progress.points_reused, 0);
    assert_int_equal(progress.front_size, 1);
    free(text);
    text = export_of("hasty.db");
    row = point_of(text);
    assert_non_null(strstr(row, "\"mapper_status\":\"optimal\""));
    assert_true(field(row, "\"mapper_gap\":") == 0);
    assert_true(field(row, "\"edp_pj_s\":") > 0);
    free(text);
}

// The same where the widest space was not even listed: no bound is known, which is
// null where numbers must be finite.
static void points_without_a_bound_have_no_gap(void **state) {
    (void)state;
    struct sdse_sweep_progress progress;
    sweep_write(
        "wide.yaml",
        "name: wide\nworkloads: [net7.yaml]\narchs: [arch.yaml]\n"
        "mapper: {seconds: 0.000000001, imperfect_percent: 30, free_bypass: true}\n");
    assert_int_equal(sweep_file("wide.yaml", "wide.db", &progress), SDSE_OK);
    assert_int_equal(progress.failed, 0);
    assert_int_equal(progress.front_size, 1);
    char *text = export_of("wide.db");
    const char *row = point_of(text);
    assert_non_null(strstr(row, "\"mapper_status\":\"limit\""));
    assert_non_null(strstr(row, "\"mapper_gap\":null"));
    assert_true(field(row, "\"energy_pj\":") > 0);
    free(text);
}

// Whether the first point's EDP is the product of its energy and latency.
static bool product_of_export(const char *text) {
    const char *row = strstr(text, "{\"table\":\"point\",");
    assert_non_null(row);
    const double seconds = field(row, "\"latency_cycles\":") / 1e9;
    const double product = field(row, "\"energy_pj\":") * seconds;
    const double edp = field(row, "\"edp_pj_s\":");
    return edp > product * (1 - 1e-12) && edp < product * (1 + 1e-12);
}

static void another_objective_makes_other_points(void **state) {
    (void)state;
    struct sdse_sweep_progress progress;
    sweep_write("edp.yaml", "name: a\nworkloads: [net.yaml]\narchs: [arch.yaml]\n");
    sweep_write("energy.yaml", "name: b\nworkloads: [net.yaml]\narchs: [arch.yaml]\n"
                               "objective: energy\n");
    assert_int_equal(sweep_file("edp.yaml", "goals.db", &progress), SDSE_OK);
    assert_int_equal(sweep_file("energy.yaml", "goals.db", &progress), SDSE_OK);
    assert_int_equal(progress.points_reused, 0);
    char *text = export_of("goals.db");
    assert_true(product_of_export(text)); // EDP = energy x latency at 1 GHz
    // Raw words of 8 bits against 32.
    assert_non_null(strstr(text, "\"compression\":4,"));
    free(text);
}

// A memory whose tensors may be tiled at different loops is a point of its own, with
// its positions as levels; both are found again.
static void uneven_memories_are_points_of_their_own(void **state) {
    (void)state;
    struct sdse_sweep_progress progress;
    sweep_write("even.yaml",
                "name: a\nworkloads: [net.yaml]\narchs: [arch.yaml]\n"
                "override: {GLB.capacity_kib: [0.375]}\nobjective: energy\n");
    sweep_write("uneven.yaml",
                "name: b\nworkloads: [net.yaml]\narchs: [arch.yaml]\n"
                "override: {GLB.capacity_kib: [0.375], GLB.uneven: [true]}\n"
                "objective: energy\n");
    sweep_write("both.yaml",
                "name: c\nworkloads: [net.yaml]\narchs: [arch.yaml]\n"
                "override: {GLB.capacity_kib: [0.375], GLB.uneven: [false, true]}\n"
                "objective: energy\n");
    assert_int_equal(sweep_file("even.yaml", "even.db", &progress), SDSE_OK);
    assert_int_equal(sweep_file("uneven.yaml", "uneven.db", &progress), SDSE_OK);
    char *even = export_of("even.db"), *uneven = export_of("uneven.db");
    assert_null(strstr(even, "GLB.1"));
    assert_non_null(strstr(uneven, "GLB.1"));
    const char *a = strstr(even, "{\"table\":\"point\","),
               *b = strstr(uneven, "{\"table\":\"point\",");
    assert_true(field(b, "\"energy_pj\":") < field(a, "\"energy_pj\":"));
    assert_true(field(b, "\"area_mm2\":") == field(a, "\"area_mm2\":"));
    free(even);
    free(uneven);
    assert_int_equal(sweep_file("both.yaml", "uneven.db", &progress), SDSE_OK);
    assert_int_equal(progress.points_total, 2);
    assert_int_equal(progress.points_reused, 1);
    assert_int_equal(sweep_file("both.yaml", "uneven.db", &progress), SDSE_OK);
    assert_int_equal(progress.points_reused, 2);
}

// The first point's line of an export; to be freed.
static char *point_line(const char *text) {
    const char *line = strstr(text, "{\"table\":\"point\",");
    assert_non_null(line);
    char *copy = strndup(line, strcspn(line, "\n"));
    assert_non_null(copy);
    return copy;
}

// What `mapper` adds to the space makes points of their own, marked as such, never
// worse than those of the narrow space, and the same beside them in one file. (25
// inputs and 7 outputs fit 4 x 4 places only if a factor need not divide them.)
static void wider_spaces_make_points_of_their_own(void **state) {
    (void)state;
    static const char *const wider[] = {
        "",
        "mapper: {seconds: 1000}\n",
        "mapper: {uneven: true}\n",
        "mapper: {free_bypass: true}\n",
        "mapper: {imperfect_percent: 4}\n",
        "mapper: {imperfect_percent: 5}\n",
        "mapper: {uneven: true, free_bypass: true, imperfect_percent: 6}\n"};
    static const char *const parameter[] = {"mapper.uneven\",\"value\":\"true",
                                            "mapper.free_bypass\",\"value\":\"true",
                                            "mapper.imperfect_percent\",\"value\":\"4",
                                            "mapper.imperfect_percent\",\"value\":\"5",
                                            "mapper.imperfect_percent\",\"value\":\"6"};
    // Of the sweeps, as bits.
    static const unsigned has_parameter[] = {1u << 2 | 1u << 6, 1u << 3 | 1u << 6,
                                             1u << 4, 1u << 5, 1u << 6};
    struct sdse_sweep_progress progress;
    uint64_t narrow_variants = 0;
    double narrow_cycles = 0;
    for (size_t i = 0; i < sizeof wider / sizeof *wider; i++) {
        char sweep_text[300], name[32];
        snprintf(sweep_text, sizeof sweep_text,
                 "name: s%zu\nworkloads: [net7.yaml]\narchs: [arch.yaml]\n"
                 "override: {GLB.capacity_kib: [0.25]}\nobjective: latency\n%s",
                 i, wider[i]);
        snprintf(name, sizeof name, "alone%zu.db", i);
        sweep_write("wider.yaml", sweep_text);
        assert_int_equal(sweep_file("wider.yaml", name, &progress), SDSE_OK);
        if (i == 0)
            narrow_variants = progress.variants;
        // Uneven mapping and bypass choose keepers, padding bounds; time adds nothing.
        assert_true(i < 2 ? progress.variants == narrow_variants
                          : progress.variants > narrow_variants);
        char *text = export_of(name);
        char *line = point_line(text);
        const double cycles = field(line, "\"latency_cycles\":");
        if (i == 0)
            narrow_cycles = cycles;
        assert_true(i < 2   ? cycles == narrow_cycles
                    : i < 4 ? cycles <= narrow_cycles
                            : cycles < narrow_cycles);
        for (size_t p = 0; p < sizeof parameter / sizeof *parameter; p++)
            assert_int_equal(strstr(text, parameter[p]) != NULL,
                             has_parameter[p] >> i & 1u);
        free(text);
        // All in one file: only a time limit is no other point.
        assert_int_equal(sweep_file("wider.yaml", "wider.db", &progress), SDSE_OK);
        assert_int_equal(progress.points_reused, i == 1);
        assert_int_equal(sweep_file("wider.yaml", "wider.db", &progress), SDSE_OK);
        assert_int_equal(progress.points_reused, 1);
        text = export_of("wider.db");
        assert_non_null(strstr(text, line));
        free(text);
        free(line);
    }
}

static void bad_input_writes_nothing(void **state) {
    (void)state;
    sweep_write("bad.yaml", "name: bad\nworkloads: [net.yaml]\narchs: [arch.yaml]\n"
                            "override: {GLB.capcity_kib: [1]}\n");
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_diags diags;
    sdse_diags_init(&diags, arena);
    const struct sdse_sweep_request request = {.sweep_path = sweep_path("bad.yaml"),
                                               .database_path = sweep_path("bad.db")};
    struct sdse_sweep_progress progress;
    assert_int_equal(sdse_sweep_run(&request, &diags, &progress), SDSE_INVALID);
    assert_true(sdse_diags_fired(&diags, "unknown-path"));
    assert_int_not_equal(access(sweep_path("bad.db"), F_OK), 0);
    sdse_arena_free(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_results_for_any_number_of_threads),
        cmocka_unit_test(a_second_run_computes_nothing),
        cmocka_unit_test(a_stopped_run_says_so_and_continues),
        cmocka_unit_test(points_without_time_have_an_answer),
        cmocka_unit_test(points_without_a_bound_have_no_gap),
        cmocka_unit_test(another_objective_makes_other_points),
        cmocka_unit_test(uneven_memories_are_points_of_their_own),
        cmocka_unit_test(wider_spaces_make_points_of_their_own),
        cmocka_unit_test(bad_input_writes_nothing),
    };
    return cmocka_run_group_tests(tests, make_inputs, sweep_end);
}
