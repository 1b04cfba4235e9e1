// Whose cycles those of a group are whose nests overlap: by hand, and of generated
// groups the shares add up to what the group is charged, and are no less than what each
// nest computes.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "dse/fusion/overlap.h"
#include "dse/fusion/overlap_share.h"

// Two runs of three tiles, of two nests each, and a nest outside; the first of which
// runs there once more. The first tile ends at 10, and at 10 + 4 = 14 or when 6 + 20
// have crossed, 26; the others take 26 instead of 14, of which 12 are waited for.
static void test_by_hand(void **state) {
    (void)state;
    struct sdse_overlap_share kind[] = {
        {.times = 7, .turn = 2, .steady = 4, .outer = 6, .inner = 10},
        {.times = 3, .outer = 5, .inner = 2},
        {.times = 6, .turn = 2, .steady = 4, .outer = 20, .inner = 4}};
    sdse_overlap_divide(kind, 3);
    assert_int_equal(kind[0].cycles, 1 * 10 + 2 * 10 + 4 * 10);
    assert_int_equal(kind[1].cycles, 3 * 5);
    assert_int_equal(kind[2].cycles, 2 * 16 + 4 * 4 + 4 * 12);
    // Of two that wait alike the first has what is waited for.
    struct sdse_overlap_share alike[] = {
        {.times = 2, .turn = 1, .steady = 1, .outer = 9, .inner = 1},
        {.times = 2, .turn = 1, .steady = 1, .outer = 9, .inner = 1}};
    sdse_overlap_divide(alike, 2);
    assert_int_equal(alike[0].cycles, 9 + 1 + 16);
    assert_int_equal(alike[1].cycles, 9 + 1);
    // One tile, the outermost memory never in the way.
    struct sdse_overlap_share one[] = {
        {.times = 1, .turn = 1, .outer = 3, .inner = 8},
        {.times = 1, .turn = 1, .outer = 13, .inner = 7}};
    sdse_overlap_divide(one, 2);
    assert_int_equal(one[0].cycles, 8);
    assert_int_equal(one[1].cycles, 8);
}

static uint64_t below(uint64_t *state, uint64_t limit) {
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (*state >> 33) % limit;
}

static void test_generated(void **state) {
    (void)state;
    uint64_t random = 5, waited = 0, overlapped = 0;
    for (int run = 0; run < 20000; run++) {
        struct sdse_overlap_share kind[6];
        struct sdse_overlap_time time = {0};
        const size_t count = 1 + below(&random, 6);
        const uint64_t turn = 1 + below(&random, 3), more = below(&random, 4);
        uint64_t cycles = 0, alone = 0;
        for (size_t k = 0; k < count; k++) {
            const bool in_run = below(&random, 3) > 0;
            kind[k] = (struct sdse_overlap_share){.turn = in_run ? turn : 0,
                                                  .steady = in_run ? turn * more : 0,
                                                  .outer = below(&random, 40),
                                                  .inner = below(&random, 40)};
            kind[k].times = kind[k].turn + kind[k].steady + below(&random, 3);
            const double outer = (double)kind[k].outer, inner = (double)kind[k].inner;
            const struct sdse_totals at = {.latency_cycles = fmax(outer, inner),
                                           .outer_cycles = outer,
                                           .inner_cycles = inner};
            sdse_overlap_add(kind[k].times, kind[k].turn, kind[k].steady, &at, &time);
            alone += kind[k].times * (uint64_t)at.latency_cycles;
        }
        sdse_overlap_divide(kind, count);
        for (size_t k = 0; k < count; k++) {
            assert_true(kind[k].cycles >= kind[k].times * kind[k].inner);
            cycles += kind[k].cycles;
        }
        assert_true((double)cycles == sdse_overlap_latency(&time));
        assert_true(cycles <= alone);
        overlapped += cycles < alone;
        waited += time.more > 0 && time.outer > time.inner;
    }
    assert_true(overlapped > 5000 && waited > 3000);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_by_hand),
                                       cmocka_unit_test(test_generated)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
