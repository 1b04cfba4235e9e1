// Two points and two fronts beside each other: against sums in SQL and a brute force.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <math.h>
#include <sqlite3.h>

#include "results/look/compare.h"
#include "results/look/compare_fronts.h"
#include "spec/leaves.h"
#include "support/results_fixture.h"

static char path[128];
static struct sdse_arena *arena;
static struct sdse_diags diags;
static struct sdse_reader *reader;
static sqlite3 *db;

static int set_up(void **state) {
    (void)state;
    arena = sdse_arena_new();
    sdse_diags_init(&diags, arena);
    fixture_path("compare", path, sizeof path);
    fixture_fill(path, 100, 7);
    if (sqlite3_open(path, &db) != SQLITE_OK)
        return -1;
    // Parts of the latency that the fixture has not, each its own; and two points with
    // the same names and figures, whose mappings minimise different things. What is
    // changed so has lost its digests: the file is opened as it is.
    static const char changes[] =
        "UPDATE solution SET fill_cycles = 1000 + solution_id, drain_cycles = 2000 +"
        " solution_id, pass_cycles = 3000 + 2 * solution_id, rebuild_cycles = 4000 +"
        " solution_id, shift_adds = 5000 + solution_id;"
        "UPDATE level_set SET updates = 100 + abs(set_id % 97), drain_reads = 200 +"
        " abs(set_id % 89);"
        "UPDATE point SET (workload, arch, form, energy_pj, latency_cycles, latency_s,"
        " area_mm2) = (SELECT workload, arch, form, energy_pj, latency_cycles,"
        " latency_s, area_mm2 FROM point WHERE point_id = 2), objective ="
        " (SELECT CASE objective WHEN 'edp' THEN 'energy' ELSE 'edp' END FROM point"
        " WHERE point_id = 2) WHERE point_id = 3;"
        "UPDATE point_parameter SET value = (SELECT value FROM point_parameter WHERE"
        " point_id = 2) WHERE point_id = 3";
    if (sqlite3_exec(db, changes, NULL, NULL, NULL) != SQLITE_OK)
        return -1;
    return sdse_reader_open_unchecked(path, &diags, &reader) != SDSE_OK;
}

static int tear_down(void **state) {
    (void)state;
    sqlite3_close(db);
    sdse_reader_close(reader);
    fixture_remove(path);
    sdse_arena_free(arena);
    return 0;
}

static double ask(const char *sql, int64_t id, const char *name) {
    sqlite3_stmt *row = NULL;
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &row, NULL), SQLITE_OK);
    sqlite3_bind_int64(row, 1, id);
    if (name)
        sqlite3_bind_text(row, 2, name, -1, SQLITE_STATIC);
    assert_int_equal(sqlite3_step(row), SQLITE_ROW);
    const double value = sqlite3_column_type(row, 0) == SQLITE_NULL
                             ? (double)NAN
                             : sqlite3_column_double(row, 0);
    sqlite3_finalize(row);
    return value;
}

static struct sdse_comparison compare(int64_t a, int64_t b) {
    struct sdse_comparison comparison;
    struct sdse_reader *const readers[] = {reader, reader};
    assert_int_equal(
        sdse_compare_points(readers, (int64_t[]){a, b}, arena, &diags, &comparison),
        SDSE_OK);
    return comparison;
}

static bool near(double a, double b) {
    return fabs(a - b) <= 1e-9 * fmax(fabs(a), fabs(b));
}

// Of every pair: the differences of each kind add up to that of the totals, the largest
// comes first, and each row is what SQL says of it.
static void differences_add_up(void **state) {
    (void)state;
    static const struct {
        enum sdse_comparison_part part;
        const char *total, *row;
    } kinds[] = {
        {SDSE_COMPARE_ENERGY_COMPONENTS, "SELECT energy_pj FROM point WHERE point_id=?",
         "SELECT sum(energy_pj) FROM v_energy WHERE point_id = ? AND component = ?"},
        {SDSE_COMPARE_ENERGY_LAYERS, "SELECT energy_pj FROM point WHERE point_id = ?",
         "SELECT sum(energy_pj) FROM v_layer WHERE point_id = ? AND layer = ?"},
        {SDSE_COMPARE_CYCLES_LAYERS,
         "SELECT latency_cycles FROM point WHERE point_id = ?",
         "SELECT sum(latency_cycles) FROM v_layer WHERE point_id = ? AND layer = ?"},
        {SDSE_COMPARE_CYCLES_BOTTLENECKS,
         "SELECT latency_cycles FROM point WHERE point_id = ?",
         "SELECT sum(latency_cycles) FROM v_layer WHERE point_id = ? AND bottleneck ="
         " ?"}};
    size_t differing = 0;
    for (int64_t a = 1; a <= FIXTURE_POINTS; a += 5) {
        for (int64_t b = 1; b <= FIXTURE_POINTS; b += 7) {
            struct sdse_comparison comparison = compare(a, b);
            for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
                const struct sdse_differences *of = &comparison.part[kinds[k].part];
                double sum = 0, last = HUGE_VAL;
                for (size_t i = 0; i < of->count; i++) {
                    const double difference = sdse_difference_of(of, &of->rows[i]);
                    assert_true(fabs(difference) <= last);
                    last = fabs(difference);
                    sum += difference;
                    for (int side = 0; side < SDSE_SIDES; side++) {
                        const double is = of->rows[i].value[side];
                        const double should =
                            ask(kinds[k].row, side ? b : a, of->rows[i].name);
                        assert_true(isnan(is) ? isnan(should) : near(is, should));
                    }
                    assert_int_equal(sdse_difference_is_none(of, &of->rows[i]),
                                     difference == 0);
                }
                const double at = ask(kinds[k].total, a, NULL);
                const double bt = ask(kinds[k].total, b, NULL);
                const double total = (isnan(bt) ? 0 : bt) - (isnan(at) ? 0 : at);
                assert_true(isnan(at) ? isnan(of->total[SDSE_A])
                                      : of->total[SDSE_A] == at);
                assert_true(isnan(bt) ? isnan(of->total[SDSE_B])
                                      : of->total[SDSE_B] == bt);
                assert_true(fabs(sum - total) <=
                            1e-9 * ((isnan(at) ? 0 : at) + (isnan(bt) ? 0 : bt)));
                differing += sdse_differences_count(of);
            }
        }
    }
    assert_true(differing > 100);
}

static const struct sdse_difference *find(const struct sdse_differences *of,
                                          const char *name) {
    for (size_t i = 0; i < of->count; i++)
        if (strcmp(of->rows[i].name, name) == 0)
            return &of->rows[i];
    return NULL;
}

// Counts are those of the views, each kind in its column and unit.
static void counts_are_those_of_the_views(void **state) {
    (void)state;
    struct sdse_comparison comparison = compare(1, 20);
    const struct sdse_differences *counts = &comparison.part[SDSE_COMPARE_COUNTS];
#define LEVEL(column)                                                                \
    "SELECT sum(" column ") FROM v_level WHERE point_id = ? AND memory = 'GLB' AND " \
    "part = 'inputs'"
#define LAYER(column) "SELECT sum(" column ") FROM v_layer WHERE point_id = ?"
    const struct {
        const char *name, *unit, *sql;
    } kinds[] = {
        {"GLB inputs reads", "words", LEVEL("reads_words")},
        {"GLB inputs fills", "words", LEVEL("fills_words")},
        {"GLB inputs updates", "words", LEVEL("updates_words")},
        {"GLB inputs drains", "words", LEVEL("drain_reads_words")},
        {"GLB network weights", "words",
         "SELECT sum(words) FROM v_network WHERE point_id = ? AND below_memory = 'GLB' "
         "AND part = 'weights'"},
        {"multiply-accumulates", "MACs", LAYER("macs")},
        {"shift-adds", "operations", LAYER("shift_adds")},
        {"computing", "cycles", LAYER("compute_cycles")},
        {"rebuilding", "cycles", LAYER("rebuild_cycles")},
        {"filling", "cycles", LAYER("fill_cycles")},
        {"draining", "cycles", LAYER("drain_cycles")},
        {"passes", "cycles", LAYER("pass_cycles")},
        {"weights", "words", LAYER("weight_words")},
    };
    size_t found = 0;
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        const struct sdse_difference *row = find(counts, kinds[k].name);
        const double a = ask(kinds[k].sql, 1, NULL), b = ask(kinds[k].sql, 20, NULL);
        if (!row) { // zeros are left out
            assert_true((isnan(a) || a == 0) && (isnan(b) || b == 0));
            continue;
        }
        found++;
        assert_string_equal(row->unit, kinds[k].unit);
        assert_true(isnan(row->value[SDSE_A]) ? a == 0 || isnan(a)
                                              : row->value[SDSE_A] == a);
        assert_true(isnan(row->value[SDSE_B]) ? b == 0 || isnan(b)
                                              : row->value[SDSE_B] == b);
    }
    assert_true(found >= 11);
}

static void a_point_is_the_same_as_itself(void **state) {
    (void)state;
    struct sdse_comparison same = compare(3, 3), other = compare(3, 5);
    size_t differences = 0;
    for (int part = 0; part < SDSE_COMPARE_PARTS; part++) {
        assert_int_equal(sdse_differences_count(&same.part[part]), 0);
        differences += sdse_differences_count(&other.part[part]);
    }
    assert_true(differences > 10);
    const struct sdse_differences *figures = &other.part[SDSE_COMPARE_FIGURES];
    assert_int_equal(figures->count, SDSE_METRICS);
    assert_true(figures->rows[SDSE_METRIC_ENERGY].value[SDSE_B] ==
                ask("SELECT energy_pj FROM point WHERE point_id = ?", 5, NULL));
    assert_string_equal(figures->rows[SDSE_METRIC_ENERGY].unit, "pJ");
    assert_string_equal(figures->rows[SDSE_METRIC_STORAGE].unit, "bit");
}

// ---- fronts ----

static bool beats(const double *a, const double *b, unsigned n) {
    bool better = false;
    for (unsigned k = 0; k < n; k++) {
        if (a[k] > b[k])
            return false;
        better |= a[k] < b[k];
    }
    return better;
}

static bool equal(const double *a, const double *b, unsigned n) {
    return memcmp(a, b, n * sizeof *a) == 0;
}

// The share of a box that some point covers: every cell of the grid through all
// coordinates is covered as a whole or not at all.
static double covered(const double *v, size_t count, unsigned n,
                      const double *reference) {
    double volume = 0;
    double cuts[SDSE_MOST_OBJECTIVES][2 * FIXTURE_POINTS + 2];
    size_t cut_count[SDSE_MOST_OBJECTIVES];
    for (unsigned k = 0; k < SDSE_MOST_OBJECTIVES; k++) {
        cut_count[k] = 0;
        if (k >= n) { // one cell of size 1
            cuts[k][cut_count[k]++] = 0;
            cuts[k][cut_count[k]++] = 1;
            continue;
        }
        for (size_t i = 0; i < count; i++)
            if (v[i * n + k] < reference[k])
                cuts[k][cut_count[k]++] = v[i * n + k];
        cuts[k][cut_count[k]++] = reference[k];
        for (size_t i = 0; i < cut_count[k]; i++)
            for (size_t j = i + 1; j < cut_count[k]; j++)
                if (cuts[k][j] < cuts[k][i]) {
                    const double t = cuts[k][i];
                    cuts[k][i] = cuts[k][j];
                    cuts[k][j] = t;
                }
    }
    for (size_t x = 0; x + 1 < cut_count[0]; x++)
        for (size_t y = 0; y + 1 < cut_count[1]; y++)
            for (size_t z = 0; z + 1 < cut_count[2]; z++) {
                const double corner[] = {cuts[0][x], cuts[1][y], cuts[2][z]};
                bool in = false;
                for (size_t i = 0; i < count && !in; i++) {
                    in = true;
                    for (unsigned k = 0; k < n; k++)
                        in &= v[i * n + k] <= corner[k];
                }
                if (in)
                    volume += (cuts[0][x + 1] - cuts[0][x]) *
                              (cuts[1][y + 1] - cuts[1][y]) *
                              (cuts[2][z + 1] - cuts[2][z]);
            }
    for (unsigned k = 0; k < n; k++)
        volume /= reference[k];
    return volume;
}

static const enum sdse_metric metrics[] = {SDSE_METRIC_ENERGY, SDSE_METRIC_LATENCY,
                                           SDSE_METRIC_AREA};

static struct sdse_fronts fronts_of(struct sdse_filter a, struct sdse_filter b,
                                    unsigned n) {
    struct sdse_fronts fronts;
    struct sdse_reader *const readers[] = {reader, reader};
    const struct sdse_filter filters[] = {a, b};
    assert_int_equal(
        sdse_compare_fronts(readers, filters, metrics, n, arena, &diags, &fronts),
        SDSE_OK);
    return fronts;
}

static void check_fronts(const struct sdse_fronts *fronts, unsigned n) {
    double all[2 * FIXTURE_POINTS * SDSE_MOST_OBJECTIVES],
        reference[SDSE_MOST_OBJECTIVES] = {0};
    size_t total = 0;
    for (int i = 0; i < SDSE_SIDES; i++) {
        const struct sdse_fronts_side *side = &fronts->side[i];
        for (size_t p = 0; p < side->front.count; p++)
            for (unsigned k = 0; k < n; k++)
                reference[k] =
                    fmax(reference[k], side->points.v[side->front.index[p] * n + k]);
        memcpy(all + total * n, side->points.v, side->points.count * n * sizeof *all);
        total += side->points.count;
    }
    for (unsigned k = 0; k < n; k++)
        assert_true(near(fronts->reference[k], 1.1 * reference[k]));
    assert_true(
        near(fronts->joint_fraction, covered(all, total, n, fronts->reference)));
    for (int i = 0; i < SDSE_SIDES; i++) {
        const struct sdse_fronts_side *side = &fronts->side[i];
        const struct sdse_fronts_side *other = &fronts->side[!i];
        assert_true(
            near(side->front.hypervolume_fraction,
                 covered(side->points.v, side->points.count, n, fronts->reference)));
        size_t beaten = 0, shared = 0;
        for (size_t p = 0; p < side->front.count; p++) {
            const double *its = side->points.v + side->front.index[p] * n;
            bool is_beaten = false, is_shared = false;
            for (size_t q = 0; q < other->points.count; q++)
                is_beaten |= beats(other->points.v + q * n, its, n);
            for (size_t q = 0; q < other->front.count; q++)
                is_shared |= equal(other->points.v + other->front.index[q] * n, its, n);
            beaten += is_beaten;
            shared += is_shared && !is_beaten;
        }
        assert_int_equal(side->beaten, beaten);
        assert_int_equal(side->shared, shared);
    }
}

static void fronts_agree_with_brute_force(void **state) {
    (void)state;
    size_t beaten = 0, shared = 0;
    static const char *const conditions[] = {"point_id % 2 = 0",
                                             "point_id % 3 = 0",
                                             "point_id % 3 > 0",
                                             "point_id < 20",
                                             "form = 'raw'",
                                             "form <> 'raw'",
                                             "1",
                                             "energy_pj < 0",
                                             "point_id = 2",
                                             "point_id IN (2, 3)"};
    enum { CONDITIONS = sizeof conditions / sizeof *conditions };
    for (unsigned n = 2; n <= 3; n++)
        for (int a = 0; a < CONDITIONS; a++)
            for (int b = 0; b < CONDITIONS; b++) {
                struct sdse_fronts fronts =
                    fronts_of((struct sdse_filter){.where = conditions[a]},
                              (struct sdse_filter){.where = conditions[b]}, n);
                const bool none =
                    !fronts.side[0].points.count && !fronts.side[1].points.count;
                if (none)
                    continue;
                check_fronts(&fronts, n);
                beaten += fronts.side[0].beaten;
                shared += fronts.side[0].shared;
            }
    assert_true(beaten > 20 && shared > 20);
}

// What both sides have is counted, whatever the order.
static void designs_meet_by_name(void **state) {
    (void)state;
    struct sdse_fronts fronts =
        fronts_of((struct sdse_filter){.where = "point_id <= 20"},
                  (struct sdse_filter){.where = "point_id > 10"}, 2);
    const double both = ask("SELECT count(*) FROM point WHERE status = 'ok' AND"
                            " point_id BETWEEN ? + 1 AND 20",
                            10, NULL);
    const double only_a = ask(
        "SELECT count(*) FROM point WHERE status = 'ok' AND point_id <= ?", 10, NULL);
    const double only_b = ask(
        "SELECT count(*) FROM point WHERE status = 'ok' AND point_id > ?", 20, NULL);
    assert_int_equal(fronts.designs_same, (size_t)both);
    assert_int_equal(fronts.designs[0].count, 0);
    assert_int_equal(fronts.side[SDSE_A].alone, (size_t)only_a);
    assert_int_equal(fronts.side[SDSE_B].alone, (size_t)only_b);
}

// One name under two objectives is two designs.
static void objectives_keep_designs_apart(void **state) {
    (void)state;
    struct sdse_fronts fronts =
        fronts_of((struct sdse_filter){.where = "point_id = 2"},
                  (struct sdse_filter){.where = "point_id = 3"}, 2);
    assert_int_equal(fronts.side[SDSE_A].points.count, 1);
    assert_string_equal(fronts.side[SDSE_A].points.parameters[0],
                        fronts.side[SDSE_B].points.parameters[0]);
    assert_int_equal(fronts.designs_same, 0);
    assert_int_equal(fronts.side[SDSE_A].alone, 1);
    assert_int_equal(fronts.side[SDSE_B].alone, 1);
}

static void texts_are_compared(void **state) {
    (void)state;
    const struct sdse_differences of = {.adds_up = false};
    const double none = (double)NAN;
    const struct {
        const char *a, *b;
        bool same;
    } cases[] = {
        {"x", "x", true}, {"x", "y", false}, {"x", NULL, false}, {NULL, "x", false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct sdse_difference row = {.name = "n",
                                            .unit = "",
                                            .value = {none, none},
                                            .text = {cases[i].a, cases[i].b}};
        assert_int_equal(sdse_difference_is_none(&of, &row), cases[i].same);
    }
}

// The largest difference first, of equal ones by name.
static void differences_are_sorted(void **state) {
    (void)state;
    const double none = (double)NAN;
    struct sdse_difference rows[] = {{.name = "c", .value = {1, 3}},
                                     {.name = "a", .value = {4, 2}},
                                     {.name = "d", .value = {none, 7}},
                                     {.name = "b", .value = {2, none}}};
    struct sdse_differences of = {.count = 4, .rows = rows};
    sdse_differences_sort(&of);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(rows[i].name[0], "dabc"[i]);
}

// ---- leaves ----

static void leaves_are_named(void **state) {
    (void)state;
    static const char text[] =
        "name: x\n"
        "levels:\n"
        "  - level: L0\n"
        "    memory: {name: GLB, read_pj: {value: 1.5, mark: L}, dims: [K, P]}\n"
        "  - {memory: {name: PE, depth: 4}}\n"
        "  - {depth: 5}\n";
    static const struct sdse_leaf wanted[] = {
        {"name", "x"},
        {"levels.L0.memory.name", "GLB"},
        {"levels.L0.memory.read_pj", "1.5"},
        {"levels.L0.memory.read_pj (mark)", "L"},
        {"levels.L0.memory.dims", "[K, P]"},
        {"levels.PE.memory.name", "PE"},
        {"levels.PE.memory.depth", "4"},
        {"levels.3.depth", "5"},
    };
    struct sdse_node *root;
    struct sdse_leaves leaves = {0};
    assert_int_equal(
        sdse_tree_parse_memory(arena, "t", text, sizeof text - 1, &diags, &root),
        SDSE_OK);
    assert_true(sdse_leaves_add(&leaves, arena, "", root));
    assert_int_equal(leaves.count, sizeof wanted / sizeof *wanted);
    for (size_t i = 0; i < leaves.count; i++) {
        assert_string_equal(leaves.leaf[i].path, wanted[i].path);
        assert_string_equal(leaves.leaf[i].value, wanted[i].value);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(differences_add_up),
        cmocka_unit_test(counts_are_those_of_the_views),
        cmocka_unit_test(a_point_is_the_same_as_itself),
        cmocka_unit_test(fronts_agree_with_brute_force),
        cmocka_unit_test(designs_meet_by_name),
        cmocka_unit_test(objectives_keep_designs_apart),
        cmocka_unit_test(texts_are_compared),
        cmocka_unit_test(differences_are_sorted),
        cmocka_unit_test(leaves_are_named),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
