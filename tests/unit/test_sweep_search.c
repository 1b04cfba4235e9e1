// Searches in sweeps: they visit points of the grid, none twice; the same ones on any
// number of threads, interrupted or not; what they store is what an enumeration has.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <math.h>

#include "dse/sweep/plan.h"
#include "dse/sweep/searching.h"
#include "results/look/pareto.h"
#include "support_sweep.h"

static const char *const methods[] = {"random", "sobol", "nsga2"};

#define ONE                                                                         \
    "name: one\nsource: x\nlayers:\n  - {name: f, kind: fc, in: 12, out_channels: " \
    "4}\n"
#define GRID                                                                     \
    "name: %s\nworkloads: [one.yaml, {path: one.yaml, network: {batch: [2]}}]\n" \
    "archs:\n  - {path: arch.yaml, override: {GLB.read_pj: [5, 6, 7]}}\n"        \
    "  - wide.yaml\noverride:\n  GLB.capacity_kib: [4, 8, 16, 32]\n"             \
    "  GLB.area_um2: [50000, 60000]\n"                                           \
    "zip: {DRAM.pj_per_bit: [9, 10], DRAM.shared_bits_per_cycle: [32, 64]}\n"    \
    "weight_forms: [raw, {name: sd, basis_size: 3, density: 0.5, row_density: 0.6}]\n"
enum { DESIGNS = (4 * 2 * 2 * 3 + 4 * 2 * 2) * 2 }; // of each of two networks

static int begin(void **state) {
    const int begun = sweep_begin(state);
    sweep_write("one.yaml", ONE);
    sweep_write("wide.yaml", SWEEP_ARCH("wide", "16", "120"));
    return begun;
}

static void write_sweep(const char *file, const char *name, const char *more) {
    char text[2048];
    snprintf(text, sizeof text, GRID "%s", name, more);
    sweep_write(file, text);
}

static void write_search(const char *file, const char *method, unsigned evaluations,
                         const char *more) {
    char text[512];
    snprintf(text, sizeof text, "search: {method: %s, evaluations: %u, seed: 3%s}\n",
             method, evaluations, more);
    write_sweep(file, method, text);
}

static struct sdse_sweep_progress run_new(const char *sweep, const char *database) {
    remove(sweep_path(database));
    return sweep_run(sweep, database);
}

// Of all designs, in the end, each once: the points of an enumeration.
static void all_designs_are_those_of_the_grid(void **state) {
    (void)state;
    static const char points[] = "SELECT point_id FROM v_sweep_point WHERE sweep = '%s'"
                                 " ORDER BY 1";
    char sql[128];
    write_sweep("all.yaml", "all", "");
    assert_int_equal(run_new("all.yaml", "all.db").points_total, 2 * DESIGNS);
    snprintf(sql, sizeof sql, points, "all");
    char *wanted = sweep_ask("all.db", sql);
    for (size_t m = 0; m < 3; m++) {
        write_search("s.yaml", methods[m], DESIGNS + 5, "");
        // What is stored is not computed again, whoever asks.
        const struct sdse_sweep_progress end = sweep_run("s.yaml", "all.db");
        assert_int_equal(end.points_total, 2 * DESIGNS);
        assert_int_equal(end.points_reused, 2 * DESIGNS);
        assert_int_equal(end.problems_total, 0);
        snprintf(sql, sizeof sql, points, methods[m]);
        char *found = sweep_ask("all.db", sql);
        assert_string_equal(found, wanted);
        free(found);
    }
    free(wanted);
}

// Each network has its budget, one after the other, and no point twice.
static void each_network_has_its_budget(void **state) {
    (void)state;
    for (size_t m = 0; m < 3; m++) {
        write_search("s.yaml", methods[m], 70, m == 2 ? ", population: 16" : "");
        const struct sdse_sweep_progress end = run_new("s.yaml", "s.db");
        assert_int_equal(end.points_total, 140);
        assert_int_equal(end.points_done, 140);
        char *found = sweep_ask(
            "s.db", "SELECT count(DISTINCT point_id), min(position), max(position),"
                    " count(DISTINCT arch), count(DISTINCT form), (SELECT"
                    " count(DISTINCT value) FROM point_parameter WHERE path ="
                    " 'GLB.read_pj') FROM v_sweep_point JOIN v_point USING (point_id)"
                    " GROUP BY position >= 70 ORDER BY 2");
        assert_string_equal(found, "70,0,69,2,2,3\n70,70,139,2,2,3\n");
        free(found);
        assert_true(sweep_number("s.db", "SELECT count(DISTINCT workload_hash) = 1 AND"
                                         " max(position) = 69 FROM v_sweep_point JOIN"
                                         " v_point USING (point_id) WHERE position < "
                                         "70") == 1);
    }
}

static atomic_bool stop_now;
static size_t stop_after;

static void stop_soon(void *context, const struct sdse_sweep_progress *progress) {
    (void)context;
    if (progress->points_done >= stop_after)
        atomic_store(&stop_now, true);
}

static void an_interrupted_search_goes_on_as_it_would_have(void **state) {
    (void)state;
    for (size_t m = 0; m < 3; m++) {
        write_search("s.yaml", methods[m], 40, m == 2 ? ", population: 8" : "");
        run_new("s.yaml", "s.db");
        char *wanted = sweep_export("s.db");
        remove(sweep_path("t.db"));
        unsigned interrupted = 0;
        for (unsigned threads = 1; threads < 40; threads++) {
            stop_after += 20;
            atomic_store(&stop_now, false);
            struct sdse_sweep_request request = {.sweep_path = sweep_path("s.yaml"),
                                                 .database_path = sweep_path("t.db"),
                                                 .threads = 1 + threads % 3,
                                                 .stop = &stop_now,
                                                 .progress = stop_soon};
            struct sdse_sweep_progress end;
            char *said = NULL;
            const enum sdse_status status = sweep_try(&request, &end, &said);
            free(said);
            if (status == SDSE_OK)
                break;
            assert_int_equal(status, SDSE_INTERRUPTED);
            interrupted++;
        }
        stop_after = 0;
        assert_true(interrupted > 0);
        char *found = sweep_export("t.db");
        assert_string_equal(found, wanted);
        free(found);
        free(wanted);
    }
}

static void shards_of_a_sequence_are_its_points(void **state) {
    (void)state;
    static const char points[] = "SELECT sp.position, p.hash FROM sweep_point sp JOIN"
                                 " point p USING (point_id) ORDER BY 1";
    for (size_t m = 0; m < 2; m++) {
        write_search("s.yaml", methods[m], 15, "");
        run_new("s.yaml", "s.db");
        remove(sweep_path("t.db"));
        for (uint64_t i = 0; i < 3; i++) {
            struct sdse_sweep_request request = {.sweep_path = sweep_path("s.yaml"),
                                                 .database_path = sweep_path("t.db"),
                                                 .shard = i,
                                                 .shards = 3};
            struct sdse_sweep_progress end;
            char *said = NULL;
            assert_int_equal(sweep_try(&request, &end, &said), SDSE_OK);
            assert_int_equal(end.points_total, 10);
            free(said);
        }
        char *wanted = sweep_ask("s.db", points), *found = sweep_ask("t.db", points);
        assert_string_equal(found, wanted);
        free(wanted);
        free(found);
    }
}

static void shards_of_nsga2_are_refused(void **state) {
    (void)state;
    write_search("s.yaml", "nsga2", 30, ", population: 8");
    remove(sweep_path("t.db"));
    struct sdse_sweep_request request = {.sweep_path = sweep_path("s.yaml"),
                                         .database_path = sweep_path("t.db"),
                                         .shards = 3};
    struct sdse_sweep_progress end;
    char *said = NULL;
    assert_int_equal(sweep_try(&request, &end, &said), SDSE_INVALID);
    assert_non_null(strstr(said, "s.yaml:11:1: error: "));
    assert_non_null(strstr(said, "[search-shards]"));
    free(said);
    FILE *made = fopen(sweep_path("t.db"), "r");
    assert_null(made); // nothing is changed
}

// The progress' share against the points that are stored.
static void check_share(const char *database, const struct sdse_sweep_progress *end,
                        const char *columns, unsigned objectives,
                        const double *declared) {
    double sum = 0;
    for (int network = 0; network < 2; network++) {
        char sql[512];
        snprintf(sql, sizeof sql,
                 "SELECT %s FROM v_sweep_point JOIN v_point USING (point_id) WHERE"
                 " sweep_status = 'ok' AND position >= 60 * %d AND position < 60 * %d",
                 columns, network, network + 1);
        char *rows = sweep_ask(database, sql), *at = rows;
        double v[3 * 64], reference[3] = {0}, box = 1, volume;
        size_t count = 0, all[64];
        for (; *at; count++) {
            all[count] = count;
            for (unsigned k = 0; k < objectives; k++, at++) {
                v[count * objectives + k] = strtod(at, &at);
                reference[k] = fmax(reference[k], v[count * objectives + k]);
            }
        }
        assert_true(count > 5);
        free(rows);
        for (unsigned k = 0; k < objectives; k++)
            box *= declared ? declared[k] : reference[k];
        assert_int_equal(sdse_pareto_hypervolume(v, objectives, all, count,
                                                 declared ? declared : reference,
                                                 &volume),
                         SDSE_OK);
        sum += volume / box;
    }
    assert_true(sum > 0);
    if (fabs(end->hypervolume - sum / 2) > 1e-9)
        fail_msg("%.12g, not %.12g", end->hypervolume, sum / 2);
}

static void progress_has_the_hypervolume(void **state) {
    (void)state;
    write_search("s.yaml", "nsga2", 60, ", population: 20");
    struct sdse_sweep_progress end = run_new("s.yaml", "s.db");
    check_share("s.db", &end, "energy_pj, latency_cycles, area_mm2", 3, NULL);
    write_search("s.yaml", "sobol", 60, ", objectives: [area, energy]");
    end = run_new("s.yaml", "s.db");
    check_share("s.db", &end, "energy_pj, area_mm2", 2, NULL);
    write_search("s.yaml", "random", 60,
                 ", objectives: [energy, latency], reference: {latency_cycles: 100,"
                 " energy_pj: 20000}");
    end = run_new("s.yaml", "s.db");
    check_share("s.db", &end, "energy_pj, latency_cycles", 2,
                (const double[]){20000, 100});
    write_sweep("all.yaml", "all", "");
    assert_true(isnan(sweep_run("all.yaml", "s.db").hypervolume));
}

// What the view says of every step, against the points that were there by then.
static void the_view_has_every_step(void **state) {
    (void)state;
    enum { STEPS = 30 };
    write_search("s.yaml", "nsga2", STEPS,
                 ", population: 10, objectives: [area, energy]");
    run_new("s.yaml", "s.db");
    char *rows = sweep_ask("s.db", "SELECT evaluation, hypervolume, reference_volume,"
                                   " energy_pj, area_mm2, position FROM v_search_step"
                                   " WHERE status = 'ok' ORDER BY position");
    double v[2 * 2 * STEPS], volume[2 * STEPS], box[2 * STEPS];
    size_t count = 0, all[STEPS];
    for (char *at = rows; *at; at++, count++) {
        assert_int_equal(strtod(at, &at), count % STEPS + 1);
        volume[count] = strtod(at + 1, &at);
        box[count] = strtod(at + 1, &at);
        v[2 * count] = strtod(at + 1, &at);
        v[2 * count + 1] = strtod(at + 1, &at);
        assert_int_equal(strtod(at + 1, &at), count);
        all[count % STEPS] = count % STEPS;
    }
    free(rows);
    assert_int_equal(count, 2 * STEPS);
    for (size_t network = 0; network < 2; network++) {
        const double *of = &v[2 * STEPS * network];
        double reference[2] = {0, 0}, wanted;
        for (size_t i = 0; i < 2 * STEPS; i++)
            reference[i % 2] = fmax(reference[i % 2], of[i]);
        for (size_t i = 0; i < STEPS; i++) {
            const double box_of = box[STEPS * network + i];
            assert_int_equal(
                sdse_pareto_hypervolume(of, 2, all, i + 1, reference, &wanted), 0);
            assert_true(fabs(volume[STEPS * network + i] - wanted) <= 1e-9 * box_of);
            assert_true(fabs(box_of - reference[0] * reference[1]) <= 1e-9 * box_of);
        }
        assert_true(wanted > 0);
    }
    char *search = sweep_ask("s.db", "SELECT sweep, method, evaluations, seed,"
                                     " population, objectives, reference_energy_pj IS"
                                     " NULL, newest FROM v_search");
    assert_string_equal(search, "nsga2,nsga2,30,3,10,\"energy, area\",1,1\n");
    free(search);
}

static void declared_references_are_in_the_view(void **state) {
    (void)state;
    write_search("s.yaml", "random", 8,
                 ", reference: {area_mm2: 0.5, energy_pj: 25000, latency_cycles: 90}");
    run_new("s.yaml", "s.db");
    char *search = sweep_ask("s.db", "SELECT method, population IS NULL,"
                                     " reference_energy_pj, reference_latency_cycles,"
                                     " reference_area_mm2, (SELECT min(reference_volume"
                                     " = 25000 * 90 * 0.5) FROM v_search_step) FROM "
                                     "v_search");
    assert_string_equal(search, "random,1,25000,90,0.5,1\n");
    free(search);
    // A sweep of all points is no search.
    write_sweep("all.yaml", "all", "");
    remove(sweep_path("t.db"));
    struct sdse_sweep_request request = {.sweep_path = sweep_path("all.yaml"),
                                         .database_path = sweep_path("t.db"),
                                         .shard = 0,
                                         .shards = 40};
    struct sdse_sweep_progress end;
    char *said = NULL;
    assert_int_equal(sweep_try(&request, &end, &said), SDSE_OK);
    free(said);
    assert_true(sweep_number("t.db", "SELECT (SELECT count(*) FROM v_search) + (SELECT"
                                     " count(*) FROM v_search_step)") == 0);
}

// By itself: rows without a value, references that do not count, other windows.
static void the_function_counts_what_has_a_reference(void **state) {
    (void)state;
    char *answer = sweep_ask(
        "s.db",
        "SELECT hypervolume(a, b, NULL, 4, 5, NULL) OVER (ORDER BY n), hypervolume(a,"
        " b, 1, 4, 5, 3) OVER (ORDER BY n), hypervolume(a, b, 1, 4, NULL, NULL) OVER"
        " (ORDER BY n), hypervolume(NULL, a, b, NULL, 4, 5) OVER (ORDER BY n) FROM"
        " (SELECT 1 AS n, 3 AS a, 1 AS b UNION SELECT 2, 1, NULL UNION SELECT 3, 2, 4"
        " UNION SELECT 4, 3, 2 UNION SELECT 5, 9, 0 UNION SELECT 6, 1, 4.5)");
    assert_string_equal(answer,
                        "4,8,,4\n4,8,,4\n5,10,,5\n5,10,,5\n5,10,,5\n5.5,11,,5.5\n");
    free(answer);
}

static char *visits(const char *search) {
    char text[512];
    snprintf(
        text, sizeof text,
        "name: v\nworkloads: [one.yaml]\narchs: [arch.yaml]\noverride:\n"
        "  GLB.read_pj: 1..50 +1\n  GLB.area_um2: 1000..50000 +1000\nsearch: {%s}\n",
        search);
    sweep_write("v.yaml", text);
    run_new("v.yaml", "v.db");
    return sweep_ask("v.db", "SELECT parameters FROM v_sweep_point JOIN v_point USING"
                             " (point_id) ORDER BY position");
}

// Method, seed and population are those of the file.
static void settings_move_the_search(void **state) {
    (void)state;
    static const char *const settings[] = {
        "method: nsga2, evaluations: 12, seed: 1, population: 4",
        "method: nsga2, evaluations: 12, seed: 2, population: 4",
        "method: nsga2, evaluations: 12, seed: 1, population: 6",
        "method: nsga2, evaluations: 12, population: 4, objectives: [energy, latency]",
        "method: nsga2, evaluations: 12, population: 4, objectives: [area, latency]",
        "method: sobol, evaluations: 12, seed: 1",
        "method: random, evaluations: 12, seed: 1"};
    enum { SETTINGS = sizeof settings / sizeof *settings };
    char *found[SETTINGS];
    for (size_t i = 0; i < SETTINGS; i++) {
        found[i] = visits(settings[i]);
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(found[i], found[j]);
    }
    for (size_t i = 0; i < SETTINGS; i++)
        free(found[i]);
}

static double share_ok(const char *where) {
    char sql[160];
    snprintf(sql, sizeof sql,
             "SELECT avg(sweep_status = 'ok') FROM v_sweep_point WHERE %s", where);
    return sweep_number("s.db", sql);
}

// What a limit excludes draws nobody, and the less the farther it is off.
static void generations_go_where_limits_are_kept(void **state) {
    (void)state;
    sweep_write("s.yaml",
                "name: s\nworkloads: [one.yaml]\narchs: [arch.yaml]\noverride:\n"
                "  GLB.area_um2: 1000..200000 +1000\n  GLB.read_pj: 1..50 +1\n"
                "constraints: {max_area_mm2: 0.015}\n" // 7 of 200 areas
                "search: {method: nsga2, evaluations: 100, population: 10}\n");
    run_new("s.yaml", "s.db");
    assert_true(share_ok("position < 10") < 0.2);
    assert_true(share_ok("position >= 70") > 0.4);
}

static void what_cannot_be_is_infeasible_and_left_behind(void **state) {
    (void)state;
    sweep_write("s.yaml",
                "name: s\nworkloads: [one.yaml]\narchs: [arch.yaml]\noverride:\n"
                "  GLB.capacity_kib: [0.001, 0.002, 0.003, 4, 8, 16]\n"
                "  GLB.read_pj: 1..200 +1\n  GLB.write_pj: 1..20 +1\n"
                "search: {method: nsga2, evaluations: 60, population: 10}\n");
    run_new("s.yaml", "s.db");
    assert_true(share_ok("position < 10") <= 0.6);
    assert_true(share_ok("position >= 30") >= 0.75);
}

// A billion designs take the memory and the time of the budget.
static void a_billion_designs_are_planned(void **state) {
    (void)state;
    sweep_write("s.yaml",
                "name: s\nworkloads: [one.yaml]\narchs: [arch.yaml]\noverride:\n"
                "  GLB.capacity_kib: 1..1000 +1\n"
                "  GLB.read_pj: 1..1000 +1\n"
                "  GLB.write_pj: 1..1000 +1\n"
                "search: {method: sobol, evaluations: 20}\n");
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_diags diags;
    struct sdse_plan *plan = NULL;
    sdse_diags_init(&diags, arena);
    assert_int_equal(
        sdse_plan_load(arena, sweep_path("s.yaml"), false, NULL, &diags, &plan),
        SDSE_OK);
    assert_true(plan->design_count == 1000000000);
    assert_int_equal(plan->point_count, 20);
    sdse_plan_free(plan);
    sdse_arena_free(arena);
    assert_int_equal(run_new("s.yaml", "s.db").points_done, 20);
}

// Which axes have neighbours, and which count with one accelerator only.
static void axes_are_those_of_the_sweep(void **state) {
    (void)state;
    sweep_write("s.yaml",
                "name: s\nworkloads: [one.yaml]\narchs:\n  - arch.yaml\n"
                "  - {path: wide.yaml, override: {GLB.fill_pj: [7, 3, 1]}}\noverride:\n"
                "  GLB.capacity_kib: [4, 8, 16]\n  GLB.read_pj: [5, 7, 6, 8]\n"
                "  GLB.area_um2: [5, 6]\nzip: {DRAM.pj_per_bit: [9, 8, 7, 6, 5],"
                " DRAM.shared_bits_per_cycle: [32, 64, 8, 16, 4]}\n"
                "weight_forms: [raw, {name: sd, basis_size: 3, density: 0.5,"
                " row_density: 0.6}]\nsearch: {method: sobol, evaluations: 20}\n");
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_diags diags;
    struct sdse_plan *plan = NULL;
    struct sdse_search_space space;
    sdse_diags_init(&diags, arena);
    assert_int_equal(
        sdse_plan_load(arena, sweep_path("s.yaml"), false, NULL, &diags, &plan),
        SDSE_OK);
    assert_int_equal(sdse_plan_space(plan, arena, &space), SDSE_OK);
    char *said = sdse_arena_strdup(arena, "");
    for (size_t i = 0; i < space.axis_count; i++)
        said = sdse_arena_printf(
            arena, "%s %d%s of %d", said, (int)space.axes[i].length,
            space.axes[i].ordered ? " ordered" : "", (int)space.axes[i].owner);
    assert_string_equal(
        said, " 2 of 0 2 of 0 3 ordered of 0 4 of 0 2 ordered of 0 5 ordered of 0"
              " 3 ordered of 2");
    sdse_plan_free(plan);
    sdse_arena_free(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_designs_are_those_of_the_grid),
        cmocka_unit_test(each_network_has_its_budget),
        cmocka_unit_test(an_interrupted_search_goes_on_as_it_would_have),
        cmocka_unit_test(shards_of_a_sequence_are_its_points),
        cmocka_unit_test(shards_of_nsga2_are_refused),
        cmocka_unit_test(progress_has_the_hypervolume),
        cmocka_unit_test(the_view_has_every_step),
        cmocka_unit_test(declared_references_are_in_the_view),
        cmocka_unit_test(the_function_counts_what_has_a_reference),
        cmocka_unit_test(settings_move_the_search),
        cmocka_unit_test(generations_go_where_limits_are_kept),
        cmocka_unit_test(what_cannot_be_is_infeasible_and_left_behind),
        cmocka_unit_test(axes_are_those_of_the_sweep),
        cmocka_unit_test(a_billion_designs_are_planned),
    };
    return cmocka_run_group_tests(tests, begin, sweep_end);
}
