// The fronts of a run: who is on them, how many, and the share that they dominate; how
// a point is scored for a search.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "dse/sweep/fronts.h"
#include "dse/sweep/running.h"

static void equal_points_are_all_counted(void **state) {
    (void)state;
    struct sdse_fronts *fronts = sdse_fronts_new(2);
    assert_non_null(fronts);
    for (int i = 0; i < 3; i++)
        assert_true(sdse_fronts_add(fronts, 0, 4, 4, 4));
    assert_true(sdse_fronts_add(fronts, 0, 3, 5, 4));
    assert_int_equal(sdse_fronts_size(fronts), 4);
    assert_true(sdse_fronts_add(fronts, 0, 4, 4, 5)); // worse
    assert_int_equal(sdse_fronts_size(fronts), 4);
    assert_true(sdse_fronts_add(fronts, 1, 4, 4, 3)); // of another network
    assert_int_equal(sdse_fronts_size(fronts), 5);
    assert_true(sdse_fronts_add(fronts, 0, 4, 4, 3)); // for all three
    assert_int_equal(sdse_fronts_size(fronts), 3);
    assert_true(sdse_fronts_add(fronts, 0, (double)NAN, 1, 1));
    assert_true(sdse_fronts_add(fronts, 0, 1, (double)INFINITY, 1));
    assert_int_equal(sdse_fronts_size(fronts), 3);
    sdse_fronts_free(fronts);
}

// More points than there is room for at first: all of a plane, then one below.
static void fronts_grow_and_shrink(void **state) {
    (void)state;
    struct sdse_fronts *fronts = sdse_fronts_new(1);
    assert_non_null(fronts);
    for (int i = 0; i < 20; i++)
        for (int j = 0; j < 20; j++)
            assert_true(sdse_fronts_add(fronts, 0, i, j, 40 - i - j));
    assert_int_equal(sdse_fronts_size(fronts), 400);
    assert_true(sdse_fronts_add(fronts, 0, 10, 10, 2)); // below i, j >= 10
    assert_int_equal(sdse_fronts_size(fronts), 301);
    sdse_fronts_free(fronts);
}

static void shares_are_of_the_box_below_the_worst(void **state) {
    (void)state;
    const struct sdse_sweep_search search = {
        .objective_count = 2, .objectives = {SDSE_FRONT_ENERGY, SDSE_FRONT_AREA}};
    struct sdse_fronts *fronts = sdse_fronts_new(1);
    assert_non_null(fronts);
    assert_true(sdse_fronts_hypervolume(fronts, &search) == 0); // nothing is there
    assert_true(sdse_fronts_add(fronts, 0, 8, 1, 10));          // the worst area
    assert_true(sdse_fronts_add(fronts, 0, 10, 1, 5));          // the worst energy
    assert_true(sdse_fronts_add(fronts, 0, 2, 1, 6));
    assert_true(sdse_fronts_hypervolume(fronts, &search) == 8 * 4 / 100.0);
    struct sdse_sweep_search declared = search;
    declared.has_reference = true;
    declared.reference[0] = 4;
    declared.reference[1] = 8;
    assert_true(sdse_fronts_hypervolume(fronts, &declared) == 2 * 2 / 32.0);
    sdse_fronts_free(fronts);
}

// What breaks two limits is as far off as by one and by the other.
static void limits_broken_add_up(void **state) {
    (void)state;
    struct sdse_sweep sweep = {
        .search = {
            .objective_count = 3,
            .objectives = {SDSE_FRONT_ENERGY, SDSE_FRONT_LATENCY, SDSE_FRONT_AREA}}};
    struct sdse_plan plan = {.sweep = &sweep};
    struct sdse_search_score score[1];
    struct sdse_run run = {.plan = &plan, .scores = score};
    const struct sdse_point_figures figures = {
        .status = SDSE_POINT_OK, .energy_pj = 30, .latency_cycles = 15, .area_mm2 = 8};
    sweep.limits.most[SDSE_LIMIT_ENERGY] = 20;
    sweep.limits.most[SDSE_LIMIT_CYCLES] = 12;
    sweep.limits.most[SDSE_LIMIT_AREA] = 8;
    static const struct {
        unsigned set;
        double violation;
    } cases[] = {
        {1u << SDSE_LIMIT_ENERGY, 0.5},
        {1u << SDSE_LIMIT_CYCLES, 0.25},
        {1u << SDSE_LIMIT_ENERGY | 1u << SDSE_LIMIT_CYCLES, 0.75},
        {1u << SDSE_LIMIT_ENERGY | 1u << SDSE_LIMIT_AREA, 0.5},
        {1u << SDSE_LIMIT_AREA, 1}, // another limit is broken, by nobody knows what
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sweep.limits.set = cases[i].set;
        sdse_run_score(&run, 0, &figures, SDSE_POINT_INFEASIBLE);
        assert_true(fabs(score->violation - cases[i].violation) < 1e-12);
        assert_true(score->value[0] == 30 && score->value[1] == 15 &&
                    score->value[2] == 8);
    }
    sdse_run_score(&run, 0, &figures, SDSE_POINT_OK);
    assert_true(score->violation == 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_points_are_all_counted),
        cmocka_unit_test(fronts_grow_and_shrink),
        cmocka_unit_test(shares_are_of_the_box_below_the_worst),
        cmocka_unit_test(limits_broken_add_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
