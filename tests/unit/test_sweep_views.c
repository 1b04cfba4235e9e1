// Every column of a view is what the tables say, times the repeat; forms, settings and
// orders of a sweep arrive as they were asked for.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "results/look/points.h"
#include "results/store/schema.h"
#include "smartdeal/npy.h"
#include "spec/types/limit.h"
#include "support/reseal.h"
#include "support_sweep.h"

static void change(const char *database, const char *sql) {
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(sweep_path(database), &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    reseal(db);
    sqlite3_close(db);
}

static void none(const char *sql) {
    if (sweep_number("views.db", sql) != 0)
        fail_msg("there are some: %s", sql);
}

// Figures that no two columns share, and a repeat that is not 1.
static void views_are_the_tables_times_repeat(void **state) {
    (void)state;
    sweep_write("views.yaml", "name: v\nworkloads: [net.yaml]\narchs: [arch.yaml]\n"
                              "weight_forms: [{name: d, density: 0.5}]\n");
    sweep_run("views.yaml", "views.db");
    change(
        "views.db",
        "INSERT INTO origin(origin_id, mark, text, digest) VALUES(901, 'Q', 'read', 1),"
        " (902, 'D', 'fill', 2), (903, 'Q', 'update', 3);"
        "UPDATE level_set SET read_origin_id = 901, fill_origin_id = 902,"
        " update_origin_id = 903;"
        "UPDATE solution SET fill_cycles = 7 * solution_id,"
        " drain_cycles = 11 * solution_id, pass_cycles = 23 * solution_id,"
        " compute_cycles = 13 * solution_id,"
        " rebuild_cycles = 17 * solution_id, shift_adds = 19 * solution_id");
    assert_true(sweep_number("views.db", "SELECT max(repeat) FROM v_layer") == 2);
    none("SELECT count(*) FROM v_layer v JOIN point_layer l USING (point_id, "
         "layer_index)"
         " JOIN solution s USING (solution_id) WHERE v.fill_cycles <> l.repeat *"
         " s.fill_cycles OR v.drain_cycles <> l.repeat * s.drain_cycles OR"
         " v.pass_cycles <> l.repeat * s.pass_cycles OR"
         " v.compute_cycles <> l.repeat * s.compute_cycles OR v.rebuild_cycles <>"
         " l.repeat * s.rebuild_cycles OR v.shift_adds <> l.repeat * s.shift_adds OR"
         " v.macs <> l.repeat * s.macs OR v.energy_pj <> l.repeat * s.energy_pj OR"
         " v.latency_cycles <> l.repeat * s.latency_cycles");
    none("SELECT count(*) FROM v_network v JOIN point_layer l USING (point_id,"
         " layer_index) JOIN solution_network n USING (solution_id, level, part) WHERE"
         " v.bits <> l.repeat * n.bits OR v.words <> l.repeat * n.words OR v.adds <>"
         " l.repeat * n.adds OR v.energy_pj <> l.repeat * n.energy_pj OR v.hops <>"
         " n.hops");
    assert_true(sweep_number("views.db",
                             "SELECT count(*) FROM v_network WHERE repeat = 2"
                             " AND bits > 0") > 0);
    // Nothing fills the outermost memory; outputs come back to it.
    none("SELECT count(*) FROM v_level WHERE level = 0 AND fills_words <> 0");
    assert_true(sweep_number("views.db", "SELECT count(*) FROM v_level WHERE level = 0"
                                         " AND updates_words > 0") > 0);
    none(
        "SELECT count(*) FROM v_level v JOIN point_layer l USING (point_id, "
        "layer_index)"
        " JOIN solution_memory m USING (solution_id, level) JOIN solution_level f USING"
        " (solution_id, level, part) WHERE v.memory_cycles <> l.repeat * m.cycles OR"
        " v.reads_words <> l.repeat * f.reads OR v.fills_words <> l.repeat * f.fills OR"
        " v.updates_words <> l.repeat * f.updates OR v.drain_reads_words <> l.repeat *"
        " f.drain_reads OR v.read_bits <> l.repeat * f.read_bits OR v.fill_bits <>"
        " l.repeat * f.fill_bits OR v.update_bits <> l.repeat * f.update_bits");
    none("SELECT count(*) FROM v_energy WHERE component IN ('DRAM', 'GLB', 'RF') AND"
         " action NOT LIKE '% ' || origin");
    none("SELECT count(*) FROM v_point WHERE ed2p_pj_s2 <> edp_pj_s * latency_s OR"
         " abs(edp_pj_s / (energy_pj * latency_s) - 1) > 1e-12");
}

// A key of a form that is left out of a hash would give one answer for both values.
static void every_value_of_a_form_is_an_answer_of_its_own(void **state) {
    (void)state;
    sweep_write(
        "values.yaml",
        "name: values\nworkloads: [net.yaml]\narchs: [arch.yaml]\n"
        "override: {word_bits: [8, 16]}\n"
        "weight_forms:\n"
        "  - {name: density, density: [0.3, 0.5], index: row}\n"
        "  - {name: scale, sparsity: 0.3, scale_bits: [3, 8]}\n"
        "  - {name: group, sparsity: 0.1, prune: population, prune_amount: 0.5, "
        "prune_group: [1, 8]}\n");
    sweep_run("values.yaml", "values.db");
    assert_int_equal(sweep_number("values.db",
                                  "SELECT count(*) FROM (SELECT DISTINCT"
                                  " energy_pj, rel_error, weight_bits"
                                  " FROM v_point WHERE form NOT LIKE 'sc%')"),
                     8);
    assert_int_equal(
        sweep_number("values.db",
                     "SELECT count(DISTINCT weight_bits) FROM v_point WHERE"
                     " form LIKE 'scale%' AND parameters = 'word_bits=8'"),
        2);
    // The word width moves the error of the same weights in the same form.
    assert_int_equal(sweep_number("values.db",
                                  "SELECT count(DISTINCT rel_error) FROM v_point WHERE"
                                  " form = 'group prune_group=8'"),
                     2);
}

static void the_limit_itself_is_allowed(void **state) {
    (void)state;
    char text[300];
    const double area =
        sweep_number("views.db", "SELECT printf('%!.17g', area_mm2) FROM "
                                 "v_point");
    snprintf(
        text, sizeof text,
        "name: e\nworkloads: [net.yaml]\narchs: [arch.yaml]\nweight_forms: [{name: "
        "d, density: 0.5}]\nconstraints: {max_area_mm2: %.17g}\n",
        area);
    sweep_write("edge.yaml", text);
    assert_int_equal(sweep_run("edge.yaml", "edge.db").infeasible, 0);
    assert_int_equal(sweep_number("edge.db", "SELECT points_ok FROM v_sweep"), 1);
}

// Every figure may be limited: at its own value a point is within, below it is outside,
// for the run that counts, the sweep, the point by itself, and for fronts.
static void every_figure_may_be_limited(void **state) {
    (void)state;
    static const char head[] = "name: e\nworkloads: [net.yaml]\narchs: [arch.yaml]\n"
                               "weight_forms: [{name: m, sparsity: 0.4}]\n";
    static const char *const column[SDSE_LIMITS] = {
        [SDSE_LIMIT_ENERGY] = "energy_pj",
        [SDSE_LIMIT_LATENCY] = "latency_s",
        [SDSE_LIMIT_CYCLES] = "latency_cycles",
        [SDSE_LIMIT_EDP] = "edp_pj_s",
        [SDSE_LIMIT_ED2P] = "ed2p_pj_s2",
        [SDSE_LIMIT_AREA] = "area_mm2",
        [SDSE_LIMIT_STORAGE] = "weight_bits",
        [SDSE_LIMIT_ERROR] = "rel_error",
        [SDSE_LIMIT_ACCURACY_LOSS] = "1 - accuracy",
        [SDSE_LIMIT_OUTPUT_ERROR] = "output_error",
        [SDSE_LIMIT_CLASS_LOSS] = "1 - best_class_agreement"};
    sweep_write("limits.yaml", head);
    sweep_run("limits.yaml", "limits.db");
    change("limits.db", "UPDATE point SET output_error = 0.21, best_class_agreement ="
                        " 0.6, accuracy = 0.9");
    for (unsigned i = 0; i < SDSE_LIMITS; i++) {
        char text[500], sql[200];
        snprintf(sql, sizeof sql, "SELECT printf('%%!.17g', %s) FROM v_point",
                 column[i]);
        const double value = sweep_number("limits.db", sql);
        assert_true(value > 0);
        for (unsigned below = 0; below < 2; below++) {
            snprintf(text, sizeof text, "%sconstraints: {%s: %.17g}\n", head,
                     sdse_limit_keys()[i], below ? value * 0.999 : value);
            sweep_write("limits.yaml", text);
            assert_int_equal(sweep_run("limits.yaml", "limits.db").infeasible, below);
            assert_int_equal(sweep_number("limits.db", "SELECT points_infeasible FROM"
                                                       " v_sweep WHERE newest"),
                             below);
            snprintf(sql, sizeof sql,
                     "SELECT count(*) FROM v_point WHERE status = 'infeasible' AND"
                     " reason LIKE '%% exceeds %s %%' AND NOT superseded",
                     sdse_limit_keys()[i]);
            assert_int_equal(sweep_number("limits.db", sql), below);
            snprintf(sql, sizeof sql, "SELECT %s %s %.17g FROM v_sweep WHERE newest",
                     sdse_limit_keys()[i], below ? "<" : "=", value);
            assert_int_equal(sweep_number("limits.db", sql), 1);
        }
    }
    // Of two sweeps that have the point, one that admits it is enough; 0 admits none.
    static const char *const other[] = {"max_energy_pj: 0", "max_energy_pj: 1e30"};
    for (unsigned admits = 0; admits < 2; admits++) {
        char text[500];
        snprintf(text, sizeof text, "name: f%sconstraints: {%s, max_rel_error: 1}\n",
                 head + strlen("name: e"), other[admits]);
        sweep_write("other.yaml", text);
        sweep_run("other.yaml", "limits.db");
        assert_int_equal(sweep_number("limits.db", "SELECT count(*) FROM v_point WHERE"
                                                   " status = 'ok'"),
                         admits);
    }
}

static void points_come_in_the_order_of_their_sweep(void **state) {
    (void)state;
    sweep_write("up.yaml", "name: up\nworkloads: [net.yaml]\narchs: [arch.yaml]\n"
                           "override: {GLB.fanout.x: [2, 4]}\n");
    sweep_write("down.yaml", "name: down\nworkloads: [net.yaml]\narchs: [arch.yaml]\n"
                             "override: {GLB.fanout.x: [4, 2]}\n");
    sweep_run("up.yaml", "order.db");
    assert_int_equal(sweep_run("down.yaml", "order.db").points_reused, 2);
    static const char *const first[][2] = {{"up", "GLB.fanout.x=2"},
                                           {"down", "GLB.fanout.x=4"}};
    for (int i = 0; i < 2; i++) {
        struct sdse_arena *arena = sdse_arena_new();
        struct sdse_diags diags;
        sdse_diags_init(&diags, arena);
        struct sdse_reader *reader;
        struct sdse_points points;
        const enum sdse_metric metrics[] = {SDSE_METRIC_ENERGY, SDSE_METRIC_LATENCY};
        assert_int_equal(sdse_reader_open(sweep_path("order.db"), &diags, &reader),
                         SDSE_OK);
        assert_int_equal(sdse_points_load(reader,
                                          &(struct sdse_filter){.sweep = first[i][0]},
                                          metrics, 2, arena, &diags, &points),
                         SDSE_OK);
        assert_int_equal(points.count, 2);
        assert_string_equal(points.parameters[0], first[i][1]);
        sdse_reader_close(reader);
        sdse_arena_free(arena);
    }
    char *quoted = sweep_ask("order.db", "SELECT 'a' || char(13) || 'b' AS text");
    assert_string_equal(quoted, "\"a\rb\"\n");
    free(quoted);
}

// The same values as a fully connected layer and as a 1x1 convolution are cut
// differently.
static void a_kind_of_layer_is_part_of_its_form(void **state) {
    (void)state;
    enum { K = 16, C = 24 };
    static const uint64_t shape[] = {K, C, 1, 1};
    static float values[K * C];
    for (int i = 0; i < K * C; i++)
        values[i] = (float)((i * 7919) % 101) / 50 - 1;
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_diags diags;
    sdse_diags_init(&diags, arena);
    assert_int_equal(
        sdse_npy_write(NULL, sweep_path("fc.npy"), 2, shape, values, &diags), SDSE_OK);
    assert_int_equal(
        sdse_npy_write(NULL, sweep_path("conv.npy"), 4, shape, values, &diags),
        SDSE_OK);
    sdse_arena_free(arena);
    sweep_write(
        "kinds.yaml",
        "name: kinds\nsource: x\nlayers:\n"
        "  - {name: f, kind: fc, in: 24, out_channels: 16, weights: fc.npy}\n"
        "  - {name: c, kind: conv, in: [24, 1, 1], out_channels: 16, kernel: 1, "
        "weights: conv.npy}\n");
    sweep_write("kind.yaml",
                "name: k\nworkloads: [kinds.yaml]\narchs: [arch.yaml]\n"
                "weight_forms: [{name: p, sparsity: 0.1, prune: population, "
                "prune_amount: 0.5, prune_group: 8}]\n");
    sweep_run("kind.yaml", "kind.db");
    assert_int_equal(
        sweep_number("kind.db", "SELECT count(DISTINCT form_id) FROM point_layer"), 2);
    assert_int_equal(
        sweep_number("kind.db", "SELECT count(DISTINCT rel_error) FROM v_layer"), 2);
}

// Elements of a front: by rank, which is by rising energy.
static void exports_fronts_by_rank(void **state) {
    (void)state;
    char *text = sweep_export("views.db"), *rest = NULL;
    int next = 0, elements = 0;
    double least = 0;
    for (char *line = strtok_r(text, "\n", &rest); line;
         line = strtok_r(NULL, "\n", &rest)) {
        if (!strstr(line, "\"table\":\"layer_front_element\""))
            continue;
        const int rank = atoi(strstr(line, "\"rank\":") + strlen("\"rank\":"));
        const double energy =
            strtod(strstr(line, "\"energy_pj\":") + strlen("\"energy_pj\":"), NULL);
        assert_true(rank == 0 || (rank == next && energy > least));
        next = rank + 1;
        least = energy;
        elements += rank > 0;
    }
    assert_true(elements > 0);
    free(text);
}

// A point says how many elements the front has that it was chosen from.
static void points_count_their_fronts(void **state) {
    (void)state;
    none("SELECT count(*) FROM v_point p WHERE status = 'ok' AND front_elements <>"
         " (SELECT count(*) FROM v_front f WHERE f.point_id = p.point_id)");
    assert_true(sweep_number("views.db", "SELECT max(front_elements) FROM v_point") >
                1);
}

// An accelerator of one memory has no accesses at inner ones: no set, after one that
// has.
static void what_is_not_there_has_no_set(void **state) {
    (void)state;
    sweep_write("bare.yaml",
                "name: bare\nsource: made up\nnode_nm: 45\nclock_ghz: 1\nword_bits: 8\n"
                "levels:\n  - level: DRAM\n    memory: {class: dram, pj_per_bit: 4,"
                " shared_bits_per_cycle: 64}\n"
                "compute: {pj_per_mac: 0.5, area_um2: 400}\n");
    sweep_write("sets.yaml", "name: s\nworkloads: [net.yaml]\narchs: [arch.yaml,"
                             " bare.yaml]\n");
    sweep_run("sets.yaml", "sets.db");
    assert_true(sweep_number("sets.db", "SELECT count(*) FROM solution WHERE inner_set"
                                        " IS NULL AND outer_set NOT NULL") > 0);
    assert_true(sweep_number("sets.db", "SELECT count(*) FROM solution WHERE inner_set"
                                        " NOT NULL") > 0);
#define NONE_BROKEN(name, column, table, what)                                     \
    assert_true(sweep_number("sets.db", "SELECT count(*) FROM (" SDSE_BROKEN_SETS( \
                                            column, table) ")") == 0);
    SDSE_SET_MAP(NONE_BROKEN)
#undef NONE_BROKEN
}

// Where reads, fills and updates have sources of their own, each cost has its.
static void costs_have_their_own_origins(void **state) {
    (void)state;
    sweep_write("sources.yaml",
                SWEEP_ARCH_OF("sources", "8",
                              "read_pj: {value: 5, source: read}, fill_pj: {value: 6, "
                              "source: fill}, update_pj: {value: 7, source: update}, "
                              "area_um2: 50000",
                              "400"));
    sweep_write("origins.yaml",
                "name: o\nworkloads: [net.yaml]\narchs: [sources.yaml]\n");
    sweep_run("origins.yaml", "origins.db");
    assert_true(sweep_number("origins.db",
                             "SELECT count(*) FROM v_energy WHERE component = 'GLB'"
                             " AND action NOT LIKE '% ' || origin") == 0);
    assert_true(sweep_number("origins.db",
                             "SELECT count(DISTINCT origin) FROM v_energy WHERE"
                             " component = 'GLB' AND energy_pj > 0") == 3);
}

// A price of the outermost memory is in rows of that memory alone: those of the others
// are there once.
static void prices_of_dram_leave_inner_rows_alone(void **state) {
    (void)state;
    sweep_write("prices.yaml",
                "name: p\nworkloads: [net.yaml]\narchs: [arch.yaml]\n"
                "override: {DRAM.pj_per_bit: [10, 10.01, 10.02, 10.03]}\n");
    sweep_run("prices.yaml", "prices.db");
    assert_true(sweep_number("prices.db", "SELECT count(DISTINCT mapping) FROM solution"
                                          " GROUP BY macs LIMIT 1") == 1);
    const double solutions = sweep_number("prices.db", "SELECT count(*) FROM solution");
    assert_true(sweep_number("prices.db", "SELECT count(DISTINCT set_id) FROM level_set"
                                          " WHERE level = 0") == solutions);
    assert_true(sweep_number("prices.db", "SELECT count(DISTINCT set_id) FROM level_set"
                                          " WHERE level > 0") == solutions / 4);
    assert_true(sweep_number("prices.db", "SELECT count(*) FROM level_set a JOIN"
                                          " level_set b USING (set_id) WHERE a.level ="
                                          " 0 AND b.level > 0") == 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_there_has_no_set),
        cmocka_unit_test(costs_have_their_own_origins),
        cmocka_unit_test(prices_of_dram_leave_inner_rows_alone),
        cmocka_unit_test(views_are_the_tables_times_repeat),
        cmocka_unit_test(every_value_of_a_form_is_an_answer_of_its_own),
        cmocka_unit_test(the_limit_itself_is_allowed),
        cmocka_unit_test(every_figure_may_be_limited),
        cmocka_unit_test(a_kind_of_layer_is_part_of_its_form),
        cmocka_unit_test(exports_fronts_by_rank),
        cmocka_unit_test(points_count_their_fronts),
        cmocka_unit_test(points_come_in_the_order_of_their_sweep),
    };
    return cmocka_run_group_tests(tests, sweep_begin, sweep_end);
}
