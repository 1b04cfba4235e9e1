// What a search asks for: designs of its space, none twice, the same ones whoever tells
// it how; points of the Sobol sequence lie evenly; generations close in on a front.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <math.h>

#include "dse/search/nsga2.h"
#include "dse/search/search.h"
#include "dse/search/sobol.h"
#include "smartdeal/synthetic.h"

enum { MOST_AXES = 40, ROUNDS = 300 };

static const enum sdse_search_method methods[] = {SDSE_SEARCH_RANDOM, SDSE_SEARCH_SOBOL,
                                                  SDSE_SEARCH_NSGA2};

// A space of some hundred designs at most, with axes of a value of the first.
static struct sdse_search_space any_space(uint64_t *seed,
                                          struct sdse_search_axis *axes) {
    const size_t count = 1 + sdse_random_u64(seed) % 5;
    axes[0] = (struct sdse_search_axis){1 + sdse_random_u64(seed) % 4, false, 0};
    for (size_t i = 1; i < count; i++)
        axes[i] = (struct sdse_search_axis){
            1 + sdse_random_u64(seed) % 5, sdse_random_u64(seed) % 2,
            sdse_random_u64(seed) % (axes[0].length + 1)};
    return (struct sdse_search_space){count, axes};
}

static struct sdse_search *begin(const struct sdse_search_space *space,
                                 enum sdse_search_method method, uint64_t seed,
                                 uint64_t evaluations) {
    const struct sdse_search_setting setting = {method, seed, evaluations, 8, 2};
    struct sdse_search *search = NULL;
    assert_int_equal(sdse_search_new(space, &setting, &search), SDSE_OK);
    return search;
}

// Some cost of a design, and some designs that cannot be.
static struct sdse_search_score judge(const struct sdse_search_space *space,
                                      const uint64_t *value) {
    uint64_t state = sdse_search_number(space, value) + 1;
    struct sdse_search_score score = {{(double)(sdse_random_u64(&state) % 50),
                                       (double)(sdse_random_u64(&state) % 50), 0},
                                      0};
    if (sdse_random_u64(&state) % 4 == 0)
        score.violation = sdse_random_u64(&state) % 2 ? (double)INFINITY : 0.5;
    return score;
}

// Asks as many as may be asked, `most` at a time; their numbers.
static size_t run(const struct sdse_search_space *space, struct sdse_search *search,
                  uint64_t most, uint64_t *numbers) {
    uint64_t value[MOST_AXES];
    size_t count = 0;
    while (sdse_search_ready(search)) {
        const size_t first = count;
        for (uint64_t i = 0; i < most && sdse_search_ready(search); i++) {
            assert_int_equal(sdse_search_ask(search, value), SDSE_OK);
            for (size_t a = 0; a < space->axis_count; a++)
                assert_true(value[a] < space->axes[a].length);
            numbers[count++] = sdse_search_number(space, value);
        }
        for (size_t i = first; i < count; i++) {
            sdse_search_design(space, numbers[i], value);
            const struct sdse_search_score score = judge(space, value);
            sdse_search_tell(search, &score);
        }
    }
    return count;
}

static void designs_are_numbered_one_by_one(void **state) {
    (void)state;
    uint64_t seed = 1;
    for (int round = 0; round < ROUNDS; round++) {
        struct sdse_search_axis axes[MOST_AXES];
        const struct sdse_search_space space = any_space(&seed, axes);
        uint64_t designs, counted = 0;
        assert_true(sdse_search_designs(&space, &designs));
        // Every vector whose axes that do not count are 0 is one design, in order.
        uint64_t all = 1;
        for (size_t i = 0; i < space.axis_count; i++)
            all *= axes[i].length;
        for (uint64_t n = 0; n < all; n++) {
            uint64_t value[MOST_AXES], back[MOST_AXES], left = n;
            bool plain = true;
            for (size_t i = space.axis_count; i-- > 0;) {
                value[i] = left % axes[i].length;
                left /= axes[i].length;
            }
            for (size_t i = 1; i < space.axis_count; i++)
                plain &= !axes[i].owner || axes[i].owner == value[0] + 1 || !value[i];
            if (!plain)
                continue;
            assert_int_equal(sdse_search_number(&space, value), counted);
            sdse_search_design(&space, counted, back);
            assert_memory_equal(value, back, space.axis_count * sizeof *value);
            counted++;
        }
        assert_int_equal(counted, designs);
    }
}

static void too_many_designs_are_refused(void **state) {
    (void)state;
    struct sdse_search_axis axes[8];
    for (size_t i = 0; i < 8; i++)
        axes[i] = (struct sdse_search_axis){i ? UINT64_C(1) << 10 : 1, true, 0};
    axes[7].length = 4; // 2^62
    const struct sdse_search_space space = {8, axes};
    uint64_t designs = 7;
    assert_true(sdse_search_designs(&space, &designs));
    assert_true(designs == UINT64_C(1) << 62);
    axes[7].length = 5;
    designs = 7;
    assert_false(sdse_search_designs(&space, &designs));
    assert_int_equal(designs, 7);
    struct sdse_search *search = NULL;
    const struct sdse_search_setting setting = {SDSE_SEARCH_SOBOL, 1, 10, 8, 2};
    assert_int_equal(sdse_search_new(&space, &setting, &search), SDSE_OVERFLOW);
    assert_null(search);
}

static int by_number(const void *a, const void *b) {
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static void none_is_asked_twice_and_all_in_the_end(void **state) {
    (void)state;
    uint64_t seed = 2;
    for (int round = 0; round < ROUNDS; round++) {
        struct sdse_search_axis axes[MOST_AXES];
        const struct sdse_search_space space = any_space(&seed, axes);
        uint64_t designs;
        assert_true(sdse_search_designs(&space, &designs));
        for (size_t m = 0; m < 3; m++) {
            const uint64_t budget =
                round % 3 ? 1 + sdse_random_u64(&seed) % designs : designs + 10;
            const uint64_t expected = budget < designs ? budget : designs;
            uint64_t *numbers = calloc((size_t)designs + 1, sizeof *numbers);
            assert_non_null(numbers);
            struct sdse_search *search = begin(&space, methods[m], seed, budget);
            assert_int_equal(sdse_search_total(search), expected);
            assert_int_equal(run(&space, search, 5, numbers), expected);
            qsort(numbers, (size_t)expected, sizeof *numbers, by_number);
            for (size_t i = 1; i < expected; i++)
                assert_true(numbers[i] > numbers[i - 1]);
            assert_true(numbers[expected - 1] < designs);
            sdse_search_free(search);
            free(numbers);
        }
    }
}

static const struct sdse_search_axis large_axes[] = {
    {3, false, 0}, {10, true, 0}, {10, true, 0}, {20, true, 2},
    {7, false, 0}, {10, true, 3}, {12, true, 0}};
static const struct sdse_search_space large = {7, large_axes};

static void order_of_telling_does_not_matter(void **state) {
    (void)state;
    enum { BUDGET = 200 };
    for (size_t m = 0; m < 3; m++) {
        uint64_t one[BUDGET], other[BUDGET];
        struct sdse_search *a = begin(&large, methods[m], 5, BUDGET);
        struct sdse_search *b = begin(&large, methods[m], 5, BUDGET);
        assert_int_equal(run(&large, a, 1, one), BUDGET);
        assert_int_equal(run(&large, b, UINT64_MAX, other), BUDGET);
        assert_memory_equal(one, other, sizeof one);
        sdse_search_free(a);
        sdse_search_free(b);
        struct sdse_search *c = begin(&large, methods[m], 6, BUDGET);
        assert_int_equal(run(&large, c, 1, other), BUDGET);
        assert_memory_not_equal(one, other, sizeof one); // another seed
        sdse_search_free(c);
    }
}

static void a_generation_waits_for_its_scores(void **state) {
    (void)state;
    struct sdse_search *search = begin(&large, SDSE_SEARCH_NSGA2, 1, 20);
    uint64_t value[MOST_AXES];
    const struct sdse_search_score score = {{1, 1, 0}, 0};
    for (int generation = 0; generation < 2; generation++) {
        assert_int_equal(sdse_search_ready(search), 8);
        for (int i = 0; i < 8; i++)
            assert_int_equal(sdse_search_ask(search, value), SDSE_OK);
        assert_int_equal(sdse_search_ready(search), 0);
        for (int i = 0; i < 8; i++) {
            assert_int_equal(sdse_search_ready(search), 0);
            sdse_search_tell(search, &score);
        }
    }
    assert_int_equal(sdse_search_ready(search), 4); // the rest of the budget
    sdse_search_free(search);
}

// --- The sequence ---

static void first_points_are_those_published(void **state) {
    (void)state;
    // Points 0 … 9 of the first ten dimensions, in sixteenths, in the order of the
    // digits of the index (not Gray code's). Source: the recurrence, by hand for axes 0
    // to 3: m = 1; 1, 3; 1, 3, 1 for x + 1, x^2 + x + 1, x^3 + x + 1.
    static const unsigned expected[4][8] = {{0, 8, 4, 12, 2, 10, 6, 14},
                                            {0, 8, 12, 4, 10, 2, 6, 14},
                                            {0, 8, 12, 4, 6, 14, 10, 2},
                                            {0, 8, 12, 4, 2, 10, 14, 6}};
    struct sdse_sobol sobol;
    sdse_sobol_begin(&sobol);
    for (size_t axis = 0; axis < 4; axis++)
        for (uint64_t i = 0; i < 8; i++)
            assert_int_equal(sdse_sobol_at(&sobol, i, axis) >> 28, expected[axis][i]);
}

// The first number that the recurrence makes: m_4 = 4 m_2 ^ 8 m_1 ^ m_1 of x^3 + x + 1,
// 2 m_3 ^ 8 m_1 ^ m_1 of x^3 + x^2 + 1, with m = 1, 3, 1 and 1, 1, 1.
static void polynomials_are_read_from_the_right_end(void **state) {
    (void)state;
    struct sdse_sobol sobol;
    sdse_sobol_begin(&sobol);
    assert_int_equal(sdse_sobol_at(&sobol, 8, 3) >> 28, 4 * 3 ^ 8 ^ 1);
    assert_int_equal(sdse_sobol_at(&sobol, 8, 4) >> 28, 2 ^ 8 ^ 1);
}

// A digit's flip is the same below the same digits, and drawn anew below others.
static void flips_hang_on_the_digits_above(void **state) {
    (void)state;
    struct sdse_sobol sobol;
    sdse_sobol_begin(&sobol);
    unsigned differ = 0, axes_differ = 0;
    for (uint64_t seed = 0; seed < 64; seed++) {
        uint32_t flipped[4]; // points 0, 1/2, 1/4, 3/4
        for (uint64_t i = 0; i < 4; i++)
            flipped[i] =
                sdse_sobol_scrambled(&sobol, i, 0, seed) ^ sdse_sobol_at(&sobol, i, 0);
        assert_int_equal(flipped[0] >> 31, flipped[1] >> 31);
        assert_int_equal(flipped[0] >> 30, flipped[2] >> 30);
        assert_int_equal(flipped[1] >> 30, flipped[3] >> 30);
        differ += flipped[0] >> 30 != flipped[1] >> 30;
        axes_differ += sdse_sobol_scrambled(&sobol, 0, 0, seed) >> 31 !=
                       sdse_sobol_scrambled(&sobol, 0, 1, seed) >> 31;
    }
    assert_true(differ > 16 && differ < 48);
    assert_true(axes_differ > 16 && axes_differ < 48);
}

static void points_lie_evenly_on_every_axis(void **state) {
    (void)state;
    struct sdse_sobol sobol;
    sdse_sobol_begin(&sobol);
    for (size_t axis = 0; axis < SDSE_SOBOL_AXES; axis++) {
        for (unsigned k = 1; k <= 10; k++) {
            for (uint64_t first = 0; first < 4096; first += UINT64_C(1) << 11) {
                bool plain[1024] = {false}, scrambled[1024] = {false};
                for (uint64_t i = first; i < first + (UINT64_C(1) << k); i++) {
                    bool *a = &plain[sdse_sobol_at(&sobol, i, axis) >> (32 - k)];
                    bool *b = &scrambled[sdse_sobol_scrambled(&sobol, i, axis, 9) >>
                                         (32 - k)];
                    assert_false(*a || *b);
                    *a = *b = true;
                }
            }
        }
    }
}

// Pairs of axes: 2^8 points in 2^4 x 2^4 cells. The first two axes fill each once; what
// is random leaves a third of them empty, and no pair of the sequence does as badly.
static void points_lie_evenly_on_pairs_of_axes(void **state) {
    (void)state;
    struct sdse_sobol sobol;
    sdse_sobol_begin(&sobol);
    for (size_t a = 0; a < 12; a++) {
        for (size_t b = 0; b < a; b++) {
            bool cell[256] = {false};
            unsigned filled = 0;
            for (uint64_t i = 0; i < 256; i++) {
                const uint32_t x = sdse_sobol_scrambled(&sobol, i, a, 3) >> 28;
                const uint32_t y = sdse_sobol_scrambled(&sobol, i, b, 3) >> 28;
                filled += !cell[16 * x + y];
                cell[16 * x + y] = true;
            }
            assert_true(filled >= (a == 1 ? 256 : 64));
        }
    }
}

static void polynomials_are_primitive(void **state) {
    (void)state;
    // What an axis repeats says its polynomial: x of order 2^s - 1 modulo it. The
    // direction numbers obey its recurrence, and no shorter one.
    struct sdse_sobol sobol;
    sdse_sobol_begin(&sobol);
    unsigned used[64];
    for (size_t axis = 1; axis < SDSE_SOBOL_AXES; axis++) {
        const uint32_t *v = sobol.direction[axis];
        unsigned found = 0;
        for (unsigned polynomial = 3; polynomial < 256 && !found; polynomial += 2) {
            unsigned degree = 0;
            while (polynomial >> (degree + 1))
                degree++;
            bool obeys = true;
            for (unsigned k = degree; obeys && k < SDSE_SOBOL_BITS; k++) {
                uint32_t next = v[k - degree] ^ (v[k - degree] >> degree);
                for (unsigned i = 1; i < degree; i++)
                    next ^= polynomial >> (degree - i) & 1u ? v[k - i] : 0;
                obeys = next == v[k];
            }
            unsigned order = 1, power = 2;
            for (; obeys && order < 256; order++) {
                if (power >> degree)
                    power ^= polynomial;
                if (power == 1)
                    break;
                power <<= 1;
            }
            if (obeys && order == (1u << degree) - 1)
                found = polynomial;
        }
        assert_int_not_equal(found, 0);
        for (size_t i = 1; i < axis; i++)
            assert_int_not_equal(used[i], found);
        used[axis] = found;
    }
}

static void axes_beyond_the_table_vary_too(void **state) {
    (void)state;
    struct sdse_search_axis axes[MOST_AXES];
    for (size_t i = 0; i < MOST_AXES; i++)
        axes[i] = (struct sdse_search_axis){i < 34 ? 1 : 2, true, 0};
    const struct sdse_search_space space = {MOST_AXES, axes};
    uint64_t numbers[64];
    struct sdse_search *search = begin(&space, SDSE_SEARCH_SOBOL, 1, 64);
    assert_int_equal(run(&space, search, 64, numbers), 64);
    sdse_search_free(search);
}

// --- Generations ---

static void order_is_that_of_constraint_domination(void **state) {
    (void)state;
    const struct sdse_search_score good = {{1, 2, 9}, 0}, bad = {{2, 2, 1}, 0},
                                   near = {{0, 0, 0}, 0.1}, far = {{0, 0, 0}, 0.2},
                                   none = {{0, 0, 0}, (double)INFINITY};
    assert_true(sdse_nsga2_dominates(&good, &bad, 2));
    assert_false(sdse_nsga2_dominates(&bad, &good, 2));
    assert_false(sdse_nsga2_dominates(&good, &bad, 3)); // the third counts now
    assert_false(sdse_nsga2_dominates(&good, &good, 2));
    assert_true(sdse_nsga2_dominates(&bad, &near, 2));
    assert_false(sdse_nsga2_dominates(&near, &bad, 2));
    assert_true(sdse_nsga2_dominates(&near, &far, 2));
    assert_true(sdse_nsga2_dominates(&far, &none, 2));
    assert_false(sdse_nsga2_dominates(&none, &none, 2));
}

// Ranks as the definition says: the longest chain of those that come before.
static size_t rank_of(const struct sdse_nsga2_member *members, size_t count, size_t i,
                      unsigned objectives) {
    size_t rank = 0;
    for (size_t j = 0; j < count; j++) {
        if (!sdse_nsga2_dominates(&members[j].score, &members[i].score, objectives))
            continue;
        const size_t before = rank_of(members, count, j, objectives);
        rank = rank > before + 1 ? rank : before + 1;
    }
    return rank;
}

static void ranks_are_longest_chains(void **state) {
    (void)state;
    enum { COUNT = 14 };
    uint64_t seed = 3;
    for (int round = 0; round < ROUNDS; round++) {
        struct sdse_nsga2_member members[COUNT];
        size_t room[2 * COUNT];
        const unsigned objectives = round % 2 ? 3 : 2;
        for (size_t i = 0; i < COUNT; i++) {
            members[i] = (struct sdse_nsga2_member){0};
            for (unsigned k = 0; k < 3; k++)
                members[i].score.value[k] = (double)(sdse_random_u64(&seed) % 6);
            if (sdse_random_u64(&seed) % 5 == 0)
                members[i].score.violation = (double)(1 + sdse_random_u64(&seed) % 2);
        }
        sdse_nsga2_select(members, COUNT, COUNT, objectives, room);
        for (size_t i = 0; i < COUNT; i++) {
            assert_int_equal(members[i].rank, rank_of(members, COUNT, i, objectives));
            assert_true(i == 0 || members[i].rank > members[i - 1].rank ||
                        (members[i].rank == members[i - 1].rank &&
                         members[i].crowding <= members[i - 1].crowding));
        }
    }
}

static void crowding_is_the_sides_of_the_box(void **state) {
    (void)state;
    struct sdse_nsga2_member members[4] = {{0}};
    static const double values[4][2] = {{0, 10}, {1, 6}, {4, 5}, {10, 0}};
    size_t room[8];
    for (size_t i = 0; i < 4; i++)
        memcpy(members[i].score.value, values[i], sizeof values[i]);
    sdse_nsga2_select(members, 4, 4, 2, room);
    assert_true(isinf(members[0].crowding) && isinf(members[1].crowding));
    // (10 - 1)/10 + (6 - 0)/10, then (4 - 0)/10 + (10 - 5)/10.
    assert_true(fabs(members[2].crowding - 1.5) < 1e-12);
    assert_true(fabs(members[3].crowding - 0.9) < 1e-12);
}

// Of two parents, the better one twice as often as chance would have it: three in four.
static void children_are_between_their_parents(void **state) {
    (void)state;
    enum { CHILDREN = 4000 };
    static const struct sdse_search_axis axes[] = {
        {10, false, 0}, {10, true, 0}, {10, true, 0}};
    const struct sdse_search_space space = {3, axes};
    uint64_t good[3] = {1, 1, 1}, bad[3] = {8, 8, 8}, stream = 6;
    const struct sdse_nsga2_member members[2] = {{.value = good, .rank = 0},
                                                 {.value = bad, .rank = 1}};
    unsigned mixed = 0, between = 0, of_good = 0;
    for (int i = 0; i < CHILDREN; i++) {
        uint64_t child[3];
        sdse_nsga2_cross(&space, members, 2, &stream, child);
        assert_true(child[0] == 1 || child[0] == 8); // names are not between
        of_good += child[0] == 1;
        between += child[1] > 1 && child[1] < 8;
        mixed += child[0] != child[1] || child[1] != child[2];
        for (int k = 0; k < 3; k++)
            assert_true(child[k] >= 1 && child[k] <= 8);
    }
    assert_true(of_good > CHILDREN * 7 / 10 && of_good < CHILDREN * 8 / 10);
    // 2 x 3/4 x 1/4 of the pairs differ, 9/10 are crossed, 1/4 of the axes, 6/8 inside.
    assert_true(between > CHILDREN / 25 && between < CHILDREN / 11);
    assert_true(mixed > CHILDREN / 5 && mixed < CHILDREN * 4 / 10);
}

static void mutation_moves_what_counts_and_stays_inside(void **state) {
    (void)state;
    uint64_t stream = 4;
    unsigned nearby = 0, all = 0;
    for (int round = 0; round < 20000; round++) {
        uint64_t before[MOST_AXES], after[MOST_AXES];
        for (size_t i = 0; i < large.axis_count; i++)
            before[i] = sdse_random_u64(&stream) % large_axes[i].length;
        memcpy(after, before, sizeof before);
        sdse_nsga2_mutate(&large, true, &stream, after);
        bool moved = false;
        for (size_t i = 0; i < large.axis_count; i++) {
            assert_true(after[i] < large_axes[i].length);
            if (after[i] == before[i])
                continue;
            moved = true;
            assert_true(!large_axes[i].owner || before[0] == large_axes[i].owner - 1 ||
                        after[0] == large_axes[i].owner - 1);
            if (large_axes[i].ordered) {
                all++;
                nearby += after[i] + 1 == before[i] || before[i] + 1 == after[i];
            }
        }
        assert_true(moved);
    }
    // Uniform draws would make a fifth of the moves neighbours.
    assert_true(nearby > all / 3 && nearby < all * 9 / 10);
}

// Two conflicting sums on 6 axes of 10: the front is where the sum of all is least.
static void generations_find_more_than_chance(void **state) {
    (void)state;
    struct sdse_search_axis axes[6];
    for (size_t i = 0; i < 6; i++)
        axes[i] = (struct sdse_search_axis){i ? 10 : 1, true, 0};
    const struct sdse_search_space space = {6, axes};
    unsigned found[2] = {0, 0};
    for (int m = 0; m < 2; m++) {
        struct sdse_search *search =
            begin(&space, m ? SDSE_SEARCH_NSGA2 : SDSE_SEARCH_RANDOM, 11, 1000);
        uint64_t value[MOST_AXES];
        while (sdse_search_ready(search)) {
            assert_int_equal(sdse_search_ask(search, value), SDSE_OK);
            const double x = (double)value[1];
            double far = 0;
            for (size_t i = 2; i < 6; i++)
                far += fabs((double)value[i] - 7);
            const struct sdse_search_score score = {{x + far, 9 - x + far, 0}, 0};
            found[m] += far == 0;
            sdse_search_tell(search, &score);
        }
        sdse_search_free(search);
    }
    assert_int_equal(found[1], 10); // the whole front
    assert_true(found[0] < 5);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(designs_are_numbered_one_by_one),
        cmocka_unit_test(too_many_designs_are_refused),
        cmocka_unit_test(none_is_asked_twice_and_all_in_the_end),
        cmocka_unit_test(order_of_telling_does_not_matter),
        cmocka_unit_test(a_generation_waits_for_its_scores),
        cmocka_unit_test(first_points_are_those_published),
        cmocka_unit_test(polynomials_are_read_from_the_right_end),
        cmocka_unit_test(flips_hang_on_the_digits_above),
        cmocka_unit_test(points_lie_evenly_on_every_axis),
        cmocka_unit_test(points_lie_evenly_on_pairs_of_axes),
        cmocka_unit_test(polynomials_are_primitive),
        cmocka_unit_test(axes_beyond_the_table_vary_too),
        cmocka_unit_test(order_is_that_of_constraint_domination),
        cmocka_unit_test(ranks_are_longest_chains),
        cmocka_unit_test(crowding_is_the_sides_of_the_box),
        cmocka_unit_test(children_are_between_their_parents),
        cmocka_unit_test(mutation_moves_what_counts_and_stays_inside),
        cmocka_unit_test(generations_find_more_than_chance),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
