// A plan's points by their positions: places, axes, neighbours, accelerators made on
// demand; and the fronts that a run keeps.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dse/sweep/fronts.h"
#include "dse/sweep/plan.h"
#include "results/look/pareto.h"
#include "support_sweep.h"

static struct sdse_plan *load(struct sdse_arena *arena, struct sdse_diags *diags,
                              const char *name, enum sdse_status expected) {
    struct sdse_plan *plan = NULL;
    sdse_diags_init(diags, arena);
    const enum sdse_status status =
        sdse_plan_load(arena, sweep_path(name), false, NULL, diags, &plan);
    if (status != expected)
        sdse_diags_print(diags, stderr, false);
    assert_int_equal(status, expected);
    return plan;
}

#define TWO_ARCHS                                                                  \
    "name: axes\nworkloads: [net.yaml, {path: net.yaml, network: {batch: [2]}}]\n" \
    "archs:\n  - {path: arch.yaml, override: {GLB.read_pj: [5, 6, 7]}}\n"          \
    "  - wide.yaml\noverride:\n  GLB.capacity_kib: [4, 8]\n"                       \
    "zip: {DRAM.pj_per_bit: [9, 10], DRAM.shared_bits_per_cycle: [32, 64]}\n"      \
    "weight_forms: [raw, {name: sd, basis_size: 3, density: 0.5, row_density: 0.6}]\n"

// Overrides of one accelerator, of all and in step: every position is a place, every
// index of an axis a point that differs there alone.
static void every_point_has_its_place(void **state) {
    (void)state;
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_diags diags;
    sweep_write("wide.yaml", SWEEP_ARCH("wide", "16", "120"));
    sweep_write("axes.yaml", TWO_ARCHS);
    const struct sdse_plan *plan = load(arena, &diags, "axes.yaml", SDSE_OK);
    assert_int_equal(plan->variant_count, 2 * 2 * 3 + 2 * 2);
    assert_int_equal(plan->point_count, 2 * 16 * 2);
    assert_int_equal(sdse_plan_axis_count(plan, 0), 5);
    assert_int_equal(sdse_plan_axis_count(plan, 1), 4);
    for (uint64_t i = 0; i < plan->point_count; i++) {
        const struct sdse_point_place place = sdse_plan_place(plan, i);
        const uint64_t variant = (place.arch ? 12 : 0) + place.combination;
        assert_int_equal(sdse_plan_position(plan, place.network, variant, place.form),
                         i);
        assert_int_equal(place.form, i % 2);
        assert_int_equal(place.network, i / 32);
        assert_int_equal(place.arch, i / 2 % 16 >= 12);
        const size_t axes = sdse_plan_axis_count(plan, place.arch);
        uint64_t product = 1;
        for (size_t a = 0; a < axes; a++) {
            const uint64_t length = sdse_plan_axis_length(plan, place.arch, a),
                           at = sdse_plan_axis_index(plan, i, a);
            product *= length;
            assert_true(at < length);
            for (uint64_t v = 0; v < length; v++) {
                const uint64_t moved = sdse_plan_moved(plan, i, a, v);
                assert_true(moved < plan->point_count);
                assert_true((moved == i) == (v == at));
                assert_int_equal(sdse_plan_axis_index(plan, moved, a), v);
                assert_int_equal(sdse_plan_moved(plan, moved, a, at), i);
                for (size_t b = 0; b < axes; b++)
                    if (b != a)
                        assert_int_equal(sdse_plan_axis_index(plan, moved, b),
                                         sdse_plan_axis_index(plan, i, b));
            }
        }
        assert_int_equal(product, place.arch ? 16 : 48);
    }
    sdse_arena_free(arena);
}

static const char *value_of(const struct sdse_variant *variant, const char *path) {
    for (size_t i = 0; i < variant->parameter_count; i++)
        if (strcmp(variant->parameters[i].path, path) == 0)
            return variant->parameters[i].value;
    return "";
}

// Made one by one, points are what they are made in any order, by any arena, and what
// the overrides say.
static void points_are_made_alike(void **state) {
    (void)state;
    struct sdse_arena *arena = sdse_arena_new(), *other = sdse_arena_new();
    struct sdse_diags diags;
    sweep_write("wide.yaml", SWEEP_ARCH("wide", "16", "120"));
    sweep_write("axes.yaml", TWO_ARCHS);
    const struct sdse_plan *plan = load(arena, &diags, "axes.yaml", SDSE_OK);
    struct sdse_hash *hashes = calloc(plan->point_count, sizeof *hashes);
    const struct sdse_variant *last = NULL;
    for (uint64_t i = 0; i < plan->point_count; i++) {
        struct sdse_point point;
        assert_int_equal(sdse_plan_point(plan, i, arena, &last, &point), SDSE_OK);
        assert_int_equal(point.position, i);
        assert_null(point.refused);
        assert_ptr_equal(point.variant, last);
        hashes[i] = point.hash;
        for (uint64_t j = 0; j < i; j++)
            assert_true(memcmp(&hashes[j], &point.hash, sizeof point.hash) != 0);
        const uint64_t combination = i / 2 % 16 < 12 ? i / 2 % 16 : i / 2 % 16 - 12;
        static const char *const pj[] = {"5", "6", "7"};
        const bool first = i / 2 % 16 < 12;
        // The file lists overrides of all first: capacities, costs, in step.
        assert_string_equal(value_of(last, "GLB.capacity_kib"),
                            (first ? combination / 6 : combination / 2) % 2 ? "8"
                                                                            : "4");
        const bool second = (first ? combination / 3 : combination) % 2;
        assert_string_equal(value_of(last, "DRAM.pj_per_bit"), second ? "10" : "9");
        assert_string_equal(value_of(last, "DRAM.shared_bits_per_cycle"),
                            second ? "64" : "32");
        assert_string_equal(value_of(last, "GLB.read_pj"),
                            first ? pj[combination % 3] : "");
        assert_string_equal(last->arch->name, first ? "small" : "wide");
    }
    for (uint64_t i = plan->point_count; i-- > 0;) {
        struct sdse_point point;
        const struct sdse_variant *variant = NULL;
        assert_int_equal(sdse_plan_point(plan, i, other, &variant, &point), SDSE_OK);
        assert_memory_equal(&hashes[i], &point.hash, sizeof point.hash);
        sdse_arena_reset(other);
    }
    free(hashes);
    sdse_arena_free(other);
    sdse_arena_free(arena);
}

// Ten million points are planned in the memory of a few, what cannot be is said, and
// the point that cannot be says why.
static void a_large_plan_is_small(void **state) {
    (void)state;
    struct sdse_arena *arena = sdse_arena_new(), *scratch = sdse_arena_new();
    struct sdse_diags diags;
    sweep_write("large.yaml", "name: large\nworkloads: [net.yaml]\narchs: [arch.yaml]\n"
                              "override:\n  GLB.capacity_kib: [1..99 +1, -3]\n"
                              "  DRAM.pj_per_bit: [0.5..50 +0.5]\n"
                              "  GLB.read_pj: [1..1000 +1]\nweight_forms: [raw]\n");
    const struct sdse_plan *plan = load(arena, &diags, "large.yaml", SDSE_OK);
    assert_int_equal(plan->point_count, 10000000);
    assert_true(sdse_arena_used_bytes(arena) < 4000000);
    assert_int_equal(diags.warnings, 1);
    assert_non_null(
        strstr(diags.first->message, " accelerators looked at, of 10000000"));
    struct sdse_point point;
    const struct sdse_variant *variant = NULL;
    assert_int_equal(sdse_plan_point(plan, 9999999, scratch, &variant, &point),
                     SDSE_OK);
    assert_non_null(point.refused);
    assert_non_null(strstr(point.refused, "accelerator cannot be: "));
    assert_int_equal(sdse_plan_point(plan, 9899999, scratch, &variant, &point),
                     SDSE_OK);
    assert_null(point.refused);
    assert_string_equal(value_of(variant, "GLB.read_pj"), "1000");
    assert_string_equal(value_of(variant, "GLB.capacity_kib"), "99");
    sdse_arena_free(scratch);
    sdse_arena_free(arena);
}

// One more, and it is too large; a path that leads nowhere is no sweep at all.
static void what_no_point_can_be_is_refused(void **state) {
    (void)state;
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_diags diags;
    sweep_write("more.yaml", "name: more\nworkloads: [net.yaml]\narchs: [arch.yaml]\n"
                             "override:\n  GLB.capacity_kib: [1..10000 +1]\n"
                             "  DRAM.pj_per_bit: [1..1001 +1]\nweight_forms: [raw]\n");
    load(arena, &diags, "more.yaml", SDSE_INVALID);
    sweep_write("nowhere.yaml",
                "name: nowhere\nworkloads: [net.yaml]\narchs: [arch.yaml]\n"
                "override:\n  GLB.capcity_kib: [1..100 +1]\n"
                "  DRAM.pj_per_bit: [1..100 +1]\nweight_forms: [raw]\n");
    load(arena, &diags, "nowhere.yaml", SDSE_INVALID);
    assert_true(sdse_diags_fired(&diags, "unknown-path"));
    assert_int_equal(diags.errors, 1);
    sdse_arena_free(arena);
}

// The sweep's hash is of what it names: a changed accelerator is another sweep, another
// way to lay out the same is not.
static void a_sweep_is_what_it_names(void **state) {
    (void)state;
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_diags diags;
    sweep_write("named.yaml", "name: named\nworkloads: [n.yaml]\narchs: [a.yaml]\n"
                              "override:\n  GLB.capacity_kib: [4, 8]\n"
                              "weight_forms: [raw]\n");
    static const struct {
        const char *net, *arch;
        bool same;
    } cases[] = {
        {SWEEP_NET, SWEEP_ARCH("small", "8", "100"), true},
        {"# a word\n" SWEEP_NET, SWEEP_ARCH("small", "8  # KiB\n     ", "100"), true},
        {SWEEP_NET, SWEEP_ARCH("small", "9", "100"), false},
        {SWEEP_NET, SWEEP_ARCH("small", "8", "101"), false},
        {SWEEP_NET "  - {name: d, kind: fc, in: 8, out_channels: 8}\n",
         SWEEP_ARCH("small", "8", "100"), false}};
    struct sdse_hash first = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sweep_write("n.yaml", cases[i].net);
        sweep_write("a.yaml", cases[i].arch);
        const struct sdse_plan *plan = load(arena, &diags, "named.yaml", SDSE_OK);
        if (!i)
            first = plan->hash;
        assert_true((memcmp(&first, &plan->hash, sizeof first) == 0) == cases[i].same);
    }
    sdse_arena_free(arena);
}

// After every point, as many as the fronts of all points so far have.
static void fronts_grow_as_they_are(void **state) {
    (void)state;
    enum { POINTS = 400, NETWORKS = 3, ROUNDS = 30 };
    uint64_t random = 5;
    for (int round = 0; round < ROUNDS; round++) {
        struct sdse_fronts *fronts = sdse_fronts_new(NETWORKS);
        static double v[NETWORKS][POINTS * 3];
        size_t count[NETWORKS] = {0};
        for (size_t i = 0; i < POINTS; i++) {
            const size_t n = (size_t)round % 2 ? i % NETWORKS : i / 200;
            double *row = &v[n][3 * count[n]++];
            for (int k = 0; k < 3; k++) {
                random = random * 6364136223846793005u + 1442695040888963407u;

                // Small numbers: many are equal.
                row[k] = (double)((random >> 33) % (uint64_t)(4 + 9 * (round % 5)));
            }
            if (i % 50 == 49)
                row[1] = HUGE_VAL;
            assert_true(sdse_fronts_add(fronts, n, row[0], row[1], row[2]));
            if (i % 37 && i + 1 < POINTS)
                continue;
            size_t sum = 0;
            for (size_t m = 0; m < NETWORKS; m++) {
                size_t front[POINTS], size = 0;
                if (count[m])
                    assert_int_equal(sdse_pareto_front(v[m], count[m], 3, front, &size),
                                     SDSE_OK);
                sum += size;
            }
            assert_int_equal(sdse_fronts_size(fronts), sum);
        }
        sdse_fronts_free(fronts);
    }
}

#define PLAIN_ARCH                                                                     \
    "name: plain\nsource: made up\nnode_nm: 45\nclock_ghz: 1\nword_bits: 8\nlevels:\n" \
    "  - level: DRAM\n    memory: {class: dram, pj_per_bit: 10}\n"                     \
    "  - level: GLB\n    memory: {class: sram, capacity_kib: 8, port_bits: 64, "       \
    "read_pj: 5, write_pj: 6, area_um2: 50000}\n"                                      \
    "compute: {pj_per_mac: 0.3, area_um2: 100}\n"

// Written otherwise, the same value is another point: its names tell it.
static void names_are_part_of_a_point(void **state) {
    (void)state;
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_diags diags;
    sweep_write("twice.yaml", "name: twice\nworkloads: [net.yaml]\narchs: [arch.yaml]\n"
                              "override:\n  GLB.capacity_kib: [8, 8.0]\n"
                              "weight_forms: [raw]\n");
    const struct sdse_plan *plan = load(arena, &diags, "twice.yaml", SDSE_OK);
    struct sdse_point points[2];
    for (uint64_t i = 0; i < 2; i++) {
        const struct sdse_variant *variant = NULL;
        assert_int_equal(sdse_plan_point(plan, i, arena, &variant, &points[i]),
                         SDSE_OK);
    }
    assert_memory_equal(&points[0].variant->search, &points[1].variant->search,
                        sizeof points[0].variant->search);
    assert_true(memcmp(&points[0].hash, &points[1].hash, sizeof points[0].hash) != 0);
    sdse_arena_free(arena);
}

// A network that an accelerator cannot run, and a form: the points that they make say
// why, each cause is said once with how many it is, and where nothing is left these are
// errors.
static void what_does_not_go_together_is_said(void **state) {
    (void)state;
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_diags diags;
    sweep_write("plain.yaml", PLAIN_ARCH);
    sweep_write("pool.yaml", "name: pools\nsource: made up\nlayers:\n"
                             "  - {name: a, kind: fc, in: 96, out_channels: 10}\n"
                             "  - {name: p, kind: pool, in: [4, 6, 6], kernel: 2}\n");
    sweep_write("some.yaml",
                "name: some\nworkloads: [net.yaml, pool.yaml]\narchs: [plain.yaml]\n"
                "override: {GLB.read_pj: [5, 6, 7]}\nweight_forms: [raw, {name: sd, "
                "basis_size: 3, density: 0.5, row_density: 0.6}]\n");
    const struct sdse_plan *plan = load(arena, &diags, "some.yaml", SDSE_OK);
    assert_int_equal(plan->point_count, 12);
    assert_int_equal(diags.warnings, 2);
    assert_true(sdse_diags_fired(&diags, "rebuild-engine"));
    assert_true(sdse_diags_fired(&diags, "vector-missing"));
    size_t six = 0, three = 0;
    for (const struct sdse_diag *diag = diags.first; diag; diag = diag->next) {
        six += strstr(diag->message, "(6 points: infeasible)") != NULL;
        three += strstr(diag->message, "(3 points: infeasible)") != NULL;
    }
    assert_int_equal(six, 1);
    assert_int_equal(three, 1);
    for (uint64_t i = 0; i < plan->point_count; i++) {
        const struct sdse_variant *variant = NULL;
        struct sdse_point point;
        assert_int_equal(sdse_plan_point(plan, i, arena, &variant, &point), SDSE_OK);
        assert_true((point.refused != NULL) == (i % 2 == 1 || i >= 6));
    }
    sweep_write("none.yaml", "name: none\nworkloads: [net.yaml]\narchs: [plain.yaml]\n"
                             "weight_forms: [{name: sd, basis_size: 3, density: 0.5, "
                             "row_density: 0.6}]\n");
    load(arena, &diags, "none.yaml", SDSE_INVALID);
    assert_int_equal(diags.errors, 1);
    assert_true(sdse_diags_fired(&diags, "rebuild-engine"));
    sdse_arena_free(arena);
}

// One bad value among many of an override that does not vary fastest.
static void every_value_is_looked_at(void **state) {
    (void)state;
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_diags diags;
    sweep_write("value.yaml",
                "name: value\nworkloads: [net.yaml]\narchs: [arch.yaml]\noverride:\n"
                "  GLB.read_pj: [1..997 +1, -1, 998..1000 +1]\n"
                "  GLB.write_pj: [1..1000 +1]\nweight_forms: [raw]\n");
    load(arena, &diags, "value.yaml", SDSE_OK);
    assert_int_equal(diags.warnings, 1);
    assert_int_equal(diags.errors, 0);
    assert_non_null(strstr(diags.first->message, "(1 of the "));
    sdse_arena_free(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_point_has_its_place),
        cmocka_unit_test(points_are_made_alike),
        cmocka_unit_test(a_large_plan_is_small),
        cmocka_unit_test(what_no_point_can_be_is_refused),
        cmocka_unit_test(a_sweep_is_what_it_names),
        cmocka_unit_test(fronts_grow_as_they_are),
        cmocka_unit_test(names_are_part_of_a_point),
        cmocka_unit_test(what_does_not_go_together_is_said),
        cmocka_unit_test(every_value_is_looked_at),
    };
    return cmocka_run_group_tests(tests, sweep_begin, sweep_end);
}
