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
    const struct sdse_totals totals = {pj, cycles};
    struct sdse_best best;
    sdse_best_init(&best, goal, (double)INFINITY);
    sdse_best_offer(&best, &mapping, &totals);
    assert_true(best.found);
    return best;
}

// An engine's own cycles are fractions, and a mapping takes the next whole cycle: a
// bound within that cycle betters nothing.
static void a_bound_within_a_cycle_is_excluded(void **state) {
    (void)state;
    struct sdse_best best = found(SDSE_GOAL_CYCLES, 10, 112);
    assert_true(sdse_best_excludes(&best, 1, 111.25));
    assert_true(sdse_best_excludes(&best, 1, 111.0001));
    assert_false(sdse_best_excludes(&best, 1, 111));
    assert_false(sdse_best_excludes(&best, 1, 111 * (1 + 1e-13)));
    assert_false(sdse_best_excludes(&best, 1, 110.5));
    sdse_best_free(&best);
}

static void products_count_whole_cycles(void **state) {
    (void)state;
    struct sdse_best best = found(SDSE_GOAL_EDP, 10, 112);
    assert_true(sdse_best_excludes(&best, 10.05, 111.5));
    assert_false(sdse_best_excludes(&best, 10.05, 111));
    sdse_best_free(&best);
}

static void a_limit_of_cycles_excludes_what_ends_after_it(void **state) {
    (void)state;
    struct sdse_best best;
    sdse_best_init(&best, SDSE_GOAL_ENERGY, 111);
    assert_true(sdse_best_excludes(&best, 1, 111.5));
    assert_false(sdse_best_excludes(&best, 1, 110.5));
    assert_false(sdse_best_excludes(&best, 1, 111));
    sdse_best_free(&best);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bound_within_a_cycle_is_excluded),
        cmocka_unit_test(products_count_whole_cycles),
        cmocka_unit_test(a_limit_of_cycles_excludes_what_ends_after_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
