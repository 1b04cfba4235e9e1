// Fronts against an O(n^2) reading of the definition, hypervolumes against counting
// cells of a grid, on thousands of random sets with and without ties.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <math.h>

#include "results/look/pareto.h"

enum { MOST = 60, GRID = 8 };

static uint64_t next(uint64_t *seed) {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

// `levels` distinct values: few give ties, 2^40 none.
static void fill(double *v, size_t count, uint64_t levels, uint64_t *seed) {
    for (size_t i = 0; i < count; i++)
        v[i] = (double)(next(seed) % levels);
}

static bool dominates(const double *a, const double *b, unsigned m) {
    bool better = false;
    for (unsigned k = 0; k < m; k++) {
        if (a[k] > b[k] || !isfinite(a[k]))
            return false;
        better |= a[k] < b[k];
    }
    return better;
}

static bool on_front(const double *v, size_t count, unsigned m, size_t i) {
    for (unsigned k = 0; k < m; k++)
        if (!isfinite(v[i * m + k]))
            return false;
    for (size_t j = 0; j < count; j++)
        if (dominates(&v[j * m], &v[i * m], m))
            return false;
    return true;
}

static void check_front(const double *v, size_t count, unsigned m) {
    size_t front[MOST], found = 999;
    assert_int_equal(sdse_pareto_front(v, count, m, front, &found), SDSE_OK);
    bool member[MOST] = {false};
    for (size_t i = 0; i < found; i++) {
        assert_false(member[front[i]]);
        member[front[i]] = true;
        if (i > 0) { // the promised order
            const double *a = &v[front[i - 1] * m], *b = &v[front[i] * m];
            unsigned k = 0;
            while (k < m && a[k] == b[k])
                k++;
            assert_true(k == m ? front[i - 1] < front[i] : a[k] < b[k]);
        }
    }
    for (size_t i = 0; i < count; i++)
        assert_int_equal(member[i], on_front(v, count, m, i));
}

static void fronts_equal_the_definition(void **state) {
    (void)state;
    static const uint64_t levels[] = {2, 3, 5, 12, 1000, (uint64_t)1 << 40};
    uint64_t seed = 88172645463325252u;
    double v[MOST * 3];
    for (int round = 0; round < 6000; round++) {
        size_t count = next(&seed) % MOST;
        unsigned m = 2 + (unsigned)(round & 1);
        fill(v, count * m, levels[round % 6], &seed);
        if (round % 10 == 3 && count > 2) {
            v[0] = (double)NAN;
            v[m + 1] = (double)INFINITY;
            v[2 * m] = -(double)INFINITY;
        }
        check_front(v, count, m);
    }
}

static void large_fronts_are_fast(void **state) {
    (void)state;
    // Everything is on the front: the worst case. O(n^2) would take minutes.
    size_t count = 200000, found = 0;
    double *v = malloc(count * 3 * sizeof *v);
    size_t *front = malloc(count * sizeof *front);
    uint64_t seed = 1;
    for (size_t i = 0; i < count; i++) {
        double a = (double)(next(&seed) % 1000000), b = (double)(next(&seed) % 1000000);
        v[i * 3] = a;
        v[i * 3 + 1] = b;
        v[i * 3 + 2] = 2000000 - a - b;
    }
    assert_int_equal(sdse_pareto_front(v, count, 3, front, &found), SDSE_OK);
    assert_int_equal(found, count);
    free(v);
    free(front);
}

// Cells [i, i+1) of the integer grid below the reference that some point dominates.
static uint64_t count_cells(const double *v, size_t count, unsigned m) {
    uint64_t cells = 0;
    for (int x = 0; x < GRID; x++)
        for (int y = 0; y < GRID; y++)
            for (int z = 0; z < (m == 3 ? GRID : 1); z++) {
                bool covered = false;
                for (size_t i = 0; i < count && !covered; i++)
                    covered = v[i * m] <= x && v[i * m + 1] <= y &&
                              (m == 2 || v[i * m + 2] <= z);
                cells += covered;
            }
    return cells;
}

static void hypervolume_equals_the_cells(void **state) {
    (void)state;
    static const double reference[] = {GRID, GRID, GRID};
    uint64_t seed = 424242;
    double v[MOST * 3];
    size_t all[MOST], front[MOST], found;
    for (size_t i = 0; i < MOST; i++)
        all[i] = i;
    for (int round = 0; round < 4000; round++) {
        size_t count = next(&seed) % 20;
        unsigned m = 2 + (unsigned)(round & 1);
        fill(v, count * m, GRID + 2, &seed); // some beyond the reference
        double of_all, of_front, cells = (double)count_cells(v, count, m);
        assert_int_equal(sdse_pareto_hypervolume(v, m, all, count, reference, &of_all),
                         SDSE_OK);
        assert_true(of_all == cells); // small integers: exact in double
        assert_int_equal(sdse_pareto_front(v, count, m, front, &found), SDSE_OK);
        assert_int_equal(
            sdse_pareto_hypervolume(v, m, front, found, reference, &of_front), SDSE_OK);
        assert_true(of_front == cells);
    }
}

static void hypervolume_by_hand(void **state) {
    (void)state;
    static const double two[] = {1, 3, 2, 2, 3, 1};
    static const double corner[] = {4, 4};
    static const size_t order[] = {2, 0, 1};
    double volume;
    sdse_pareto_hypervolume(two, 2, order, 3, corner, &volume);
    assert_true(volume == 6);
    double reference[3];
    sdse_pareto_reference(two, 2, order, 3, reference);
    assert_true(fabs(reference[0] - 3.3) < 1e-15 && fabs(reference[1] - 3.3) < 1e-15);
    sdse_pareto_hypervolume(two, 2, order, 0, corner, &volume);
    assert_true(volume == 0);
}

static void knee_is_the_farthest_from_the_line(void **state) {
    (void)state;
    // Scales differ by 10^6: the knee must not.
    static const double v[] = {0, 10e6, 1, 4e6, 2, 2e6, 6, 1e6, 10, 0};
    static const size_t front[] = {0, 1, 2, 3, 4};
    assert_int_equal(sdse_pareto_knee(v, 2, front, 5), 2); // 0.2 + 0.2
    static const double line[] = {0, 2, 1, 1, 2, 0};
    assert_int_equal(sdse_pareto_knee(line, 2, front, 3), 0); // a tie: the first
    static const double same[] = {5, 5, 5, 5};
    assert_int_equal(sdse_pareto_knee(same, 2, front, 2), 0);
    static const double three[] = {0, 9, 9, 9, 0, 9, 9, 9, 0, 2, 2, 2};
    assert_int_equal(sdse_pareto_knee(three, 3, front, 4), 3);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fronts_equal_the_definition),
        cmocka_unit_test(large_fronts_are_fast),
        cmocka_unit_test(hypervolume_equals_the_cells),
        cmocka_unit_test(hypervolume_by_hand),
        cmocka_unit_test(knee_is_the_farthest_from_the_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
