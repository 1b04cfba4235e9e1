// What the best mapping so far excludes: cycles are whole, bounds need not be.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "dse/mapper/best.h"

static struct sdse_best found(enum sdse_goal goal, double pj, double cycles) {
    static const struct sdse_mapping mapping;
    const struct sdse_totals totals = {.energy_pj = pj, .latency_cycles = cycles};
    struct sdse_best best;
    sdse_best_init(&best, goal, (double)INFINITY);
    sdse_best_offer(&best, &mapping, &totals);
    assert_true(best.found);
    return best;
}

static bool excludes(struct sdse_best *best, double pj, double cycles) {
    const struct sdse_totals bounds = {.energy_pj = pj, .latency_cycles = cycles};
    return sdse_best_excludes(best, &bounds);
}

// An engine's own cycles are fractions, and a mapping takes the next whole cycle: a
// bound within that cycle betters nothing.
static void a_bound_within_a_cycle_is_excluded(void **state) {
    (void)state;
    struct sdse_best best = found(SDSE_GOAL_CYCLES, 10, 112);
    assert_true(excludes(&best, 1, 111.25));
    assert_true(excludes(&best, 1, 111.0001));
    assert_false(excludes(&best, 1, 111));
    assert_false(excludes(&best, 1, 111 * (1 + 1e-13)));
    assert_false(excludes(&best, 1, 110.5));
    sdse_best_free(&best);
}

static void products_count_whole_cycles(void **state) {
    (void)state;
    struct sdse_best best = found(SDSE_GOAL_EDP, 10, 112);
    assert_true(excludes(&best, 10.05, 111.5));
    assert_false(excludes(&best, 10.05, 111));
    sdse_best_free(&best);
}

static void a_limit_of_cycles_excludes_what_ends_after_it(void **state) {
    (void)state;
    struct sdse_best best;
    sdse_best_init(&best, SDSE_GOAL_ENERGY, 111);
    assert_true(excludes(&best, 1, 111.5));
    assert_false(excludes(&best, 1, 110.5));
    assert_false(excludes(&best, 1, 111));
    sdse_best_free(&best);
}

static void tiles_that_live_too_long_are_no_answer(void **state) {
    (void)state;
    const struct sdse_mapping mapping = {.level_count = 1};
    struct sdse_totals totals = {.energy_pj = 1, .latency_cycles = 1, .strain = 1.001};
    struct sdse_best best;
    for (int goal = 0; goal <= SDSE_GOAL_FRONT; goal++) {
        totals.strain = 1.001;
        sdse_best_init(&best, (enum sdse_goal)goal, (double)INFINITY);
        sdse_best_offer(&best, &mapping, &totals);
        sdse_best_know(&best, &mapping, &totals);
        assert_false(best.found || best.known_count);
        totals.strain = 1;
        sdse_best_offer(&best, &mapping, &totals);
        assert_true(best.found);
        sdse_best_free(&best);
    }
    sdse_best_init(&best, SDSE_GOAL_ENERGY, (double)INFINITY);
    best.most_lifetime_cycles = 7;
    totals.lifetime_cycles = 7.5;
    assert_true(sdse_best_excludes(&best, &totals));
    totals.lifetime_cycles = 7;
    assert_false(sdse_best_excludes(&best, &totals));
    sdse_best_free(&best);
}

static void the_least_longest_life_is_best(void **state) {
    (void)state;
    const struct sdse_mapping mapping = {.level_count = 1};
    struct sdse_totals totals = {
        .energy_pj = 5, .latency_cycles = 9, .lifetime_cycles = 4, .strain = 0.5};
    const enum sdse_goal goals[] = {SDSE_GOAL_LIFETIME, SDSE_GOAL_STRAIN};
    for (int i = 0; i < 2; i++) {
        struct sdse_best best;
        sdse_best_init(&best, goals[i], (double)INFINITY);
        sdse_best_offer(&best, &mapping, &totals);
        assert_true(sdse_best_excludes(&best, &totals));
        struct sdse_totals less = totals;
        *(i ? &less.strain : &less.lifetime_cycles) *= 0.99;
        less.energy_pj = 50;
        assert_false(sdse_best_excludes(&best, &less));
        sdse_best_free(&best);
    }
}

static void offer(struct sdse_best *best, double pj, double outer, double inner) {
    const struct sdse_mapping mapping = {.level_count = 1};
    const struct sdse_totals totals = {
        .energy_pj = pj, .outer_cycles = outer, .inner_cycles = inner};
    sdse_best_offer(best, &mapping, &totals);
}

// What is beaten on one side alone stays.
static void a_front_of_sides_has_what_is_best_in_any(void **state) {
    (void)state;
    struct sdse_best best;
    sdse_best_init(&best, SDSE_GOAL_SIDES, (double)INFINITY);
    offer(&best, 5, 10, 10);
    offer(&best, 6, 5, 20);
    offer(&best, 6.5, 20, 5);
    offer(&best, 4, 10, 8);
    assert_int_equal(best.count, 3);
    const double energies[] = {4, 6, 6.5};
    for (int i = 0; i < 3; i++)
        assert_true(best.front[i].totals.energy_pj == energies[i]);
    offer(&best, 4, 5, 5);
    assert_int_equal(best.count, 1);
    sdse_best_free(&best);
}

static void know(struct sdse_best *best, double pj, double cycles) {
    const struct sdse_mapping mapping = {.level_count = 1};
    const struct sdse_totals totals = {.energy_pj = pj, .latency_cycles = cycles};
    sdse_best_know(best, &mapping, &totals);
}

// Of equal energies the faster is known, of equal products that of less energy.
static void what_is_known_is_the_best_of_equals(void **state) {
    (void)state;
    struct sdse_best best;
    sdse_best_init(&best, SDSE_GOAL_ENERGY, (double)INFINITY);
    know(&best, 10, 5);
    know(&best, 10, 4);
    know(&best, 10, 6);
    assert_true(best.known_count == 1 && best.known[0].totals.latency_cycles == 4);
    sdse_best_free(&best);
    sdse_best_init(&best, SDSE_GOAL_EDP, (double)INFINITY);
    know(&best, 10, 4);
    know(&best, 8, 5);
    know(&best, 20, 2);
    assert_true(best.known_count == 1 && best.known[0].totals.energy_pj == 8);
    sdse_best_free(&best);
}

// What is worse in the product is not known in place of what is better, whatever its
// energy; nor is what ends after the limit.
static void what_is_worse_or_too_slow_is_not_known(void **state) {
    (void)state;
    struct sdse_best best;
    sdse_best_init(&best, SDSE_GOAL_EDP, 10);
    know(&best, 1, 11);
    assert_int_equal(best.known_count, 0);
    know(&best, 10, 4);
    know(&best, 5, 9);
    assert_true(best.known_count == 1 && best.known[0].totals.energy_pj == 10);
    sdse_best_free(&best);
}

// Of equal products the one of less energy betters the other.
static void equal_products_are_bettered_by_less_energy(void **state) {
    (void)state;
    struct sdse_best best = found(SDSE_GOAL_EDP, 10, 4);
    assert_false(excludes(&best, 8, 5));
    assert_true(excludes(&best, 20, 2));
    assert_true(excludes(&best, 10, 4));
    sdse_best_free(&best);
    best = found(SDSE_GOAL_ED2P, 16, 2);
    assert_false(excludes(&best, 4, 4));
    assert_true(excludes(&best, 64, 1));
    sdse_best_free(&best);
    const struct sdse_totals totals = {.energy_pj = 3, .latency_cycles = 5};
    assert_true(sdse_goal_value(SDSE_GOAL_ED2P, &totals) == 75);
}

static void offer_plain(struct sdse_best *best, double pj, double cycles) {
    const struct sdse_mapping mapping = {.level_count = 1};
    const struct sdse_totals totals = {.energy_pj = pj, .latency_cycles = cycles};
    sdse_best_offer(best, &mapping, &totals);
}

// The tie breaker is that of the best, not of the first that was found.
static void ties_are_those_of_the_best(void **state) {
    (void)state;
    struct sdse_best best = found(SDSE_GOAL_ENERGY, 10, 112);
    offer_plain(&best, 8, 100);
    assert_true(excludes(&best, 8, 105));
    assert_false(excludes(&best, 8, 99));
    sdse_best_free(&best);
}

// A cycle less is a point of a front, the same energy but for rounding is not; what is
// cheaper takes the place of what is as fast.
static void a_front_has_one_point_of_equals(void **state) {
    (void)state;
    struct sdse_best best = found(SDSE_GOAL_FRONT, 5, 10);
    assert_false(excludes(&best, 6, 9));
    assert_true(excludes(&best, 5 * (1 - 1e-13), 10));
    offer_plain(&best, 4, 10);
    assert_true(best.count == 1 && best.front[0].totals.energy_pj == 4);
    offer_plain(&best, 4 * (1 + 1e-13), 8);
    assert_true(best.count == 1 && best.front[0].totals.latency_cycles == 8);
    sdse_best_free(&best);
}

// Cheaper points are all found: a bound of less energy is as one of the energy from
// which on they are not.
static void points_below_what_was_searched_are_all_found(void **state) {
    (void)state;
    struct sdse_best best = found(SDSE_GOAL_FRONT, 5, 10);
    assert_false(excludes(&best, 1, 10));
    best.least_pj = 6;
    assert_true(excludes(&best, 1, 10));
    assert_false(excludes(&best, 1, 9));
    sdse_best_free(&best);
}

// A front that is known has every mapping that no other is better than, and all of them
// are taken where nothing was found.
static void a_known_front_is_taken(void **state) {
    (void)state;
    struct sdse_best best;
    sdse_best_init(&best, SDSE_GOAL_FRONT, 100);
    know(&best, 5, 10);
    know(&best, 6, 4);
    know(&best, 7, 4);
    know(&best, 6, 10);
    know(&best, 1, 101);
    assert_int_equal(best.known_count, 2);
    assert_true(excludes(&best, 5.5, 10));
    assert_false(excludes(&best, 5 * (1 + 1e-10), 10));
    // Cut off in the pass that ended, and known all the same.
    best.cutoff = 4;
    best.least_pj = 6;
    sdse_best_settle(&best);
    assert_int_equal(best.count, 2);
    assert_true(best.front[0].totals.energy_pj == 5 &&
                best.front[1].totals.energy_pj == 6);
    sdse_best_free(&best);
}

// What was found stays unless what is known betters it.
static void the_better_of_found_and_known_is_taken(void **state) {
    (void)state;
    struct sdse_best best = found(SDSE_GOAL_ENERGY, 5, 9);
    know(&best, 7, 3);
    sdse_best_settle(&best);
    assert_true(best.found && best.totals.energy_pj == 5);
    sdse_best_free(&best);
    for (double known = 4; known <= 6; known++) {
        best = found(SDSE_GOAL_CYCLES, 9, 5);
        know(&best, 8, known);
        sdse_best_settle(&best);
        assert_true(best.found && best.totals.latency_cycles == fmin(known, 5));
        assert_true(best.totals.energy_pj == (known > 5 ? 9 : 8));
        sdse_best_free(&best);
    }
}

// The same of lives: as long a one may be had for less energy.
static void the_shorter_life_of_found_and_known_is_taken(void **state) {
    (void)state;
    const struct sdse_mapping mapping = {.level_count = 1};
    for (double known = 0.4; known < 0.65; known += 0.1)
        for (int strain = 0; strain < 2; strain++) {
            struct sdse_best best;
            struct sdse_totals totals = {
                .energy_pj = 9, .lifetime_cycles = 0.5, .strain = 0.5};
            sdse_best_init(&best, strain ? SDSE_GOAL_STRAIN : SDSE_GOAL_LIFETIME,
                           (double)INFINITY);
            sdse_best_offer(&best, &mapping, &totals);
            totals = (struct sdse_totals){
                .energy_pj = 8, .lifetime_cycles = known, .strain = known};
            sdse_best_know(&best, &mapping, &totals);
            sdse_best_settle(&best);
            assert_true(best.found);
            assert_true(best.totals.energy_pj == (known > 0.55 ? 9 : 8));
            sdse_best_free(&best);
        }
}

// As good is no better; and of what a cut-off excludes the least is told.
static void what_is_no_better_or_cut_is_excluded(void **state) {
    (void)state;
    struct sdse_best best = found(SDSE_GOAL_ENERGY, 10, 112);
    assert_true(excludes(&best, 10, 112));
    assert_false(excludes(&best, 10, 111));
    sdse_best_free(&best);
    const enum sdse_goal goals[] = {SDSE_GOAL_ENERGY, SDSE_GOAL_FRONT};
    for (int i = 0; i < 2; i++) {
        sdse_best_init(&best, goals[i], (double)INFINITY);
        best.cutoff = 5;
        assert_true(excludes(&best, 7, 1) && excludes(&best, 9, 1));
        assert_true(best.least_cut == 7);
        assert_false(excludes(&best, 5, 1));
        sdse_best_free(&best);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bound_within_a_cycle_is_excluded),
        cmocka_unit_test(products_count_whole_cycles),
        cmocka_unit_test(a_limit_of_cycles_excludes_what_ends_after_it),
        cmocka_unit_test(tiles_that_live_too_long_are_no_answer),
        cmocka_unit_test(the_least_longest_life_is_best),
        cmocka_unit_test(a_front_of_sides_has_what_is_best_in_any),
        cmocka_unit_test(what_is_known_is_the_best_of_equals),
        cmocka_unit_test(what_is_worse_or_too_slow_is_not_known),
        cmocka_unit_test(equal_products_are_bettered_by_less_energy),
        cmocka_unit_test(ties_are_those_of_the_best),
        cmocka_unit_test(a_front_has_one_point_of_equals),
        cmocka_unit_test(points_below_what_was_searched_are_all_found),
        cmocka_unit_test(a_known_front_is_taken),
        cmocka_unit_test(the_better_of_found_and_known_is_taken),
        cmocka_unit_test(the_shorter_life_of_found_and_known_is_taken),
        cmocka_unit_test(what_is_no_better_or_cut_is_excluded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
