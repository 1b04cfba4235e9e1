// Rows of the real map that windows touch, against marking them one by one.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "spec/types/touched.h"

enum { CASES = 20000, LONGEST = 512 };

static uint64_t below(uint64_t *seed, uint64_t bound) {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed % bound;
}

static uint64_t marked(const struct sdse_nest *nest, unsigned axis) {
    bool touched[LONGEST] = {false};
    uint64_t count = 0;
    for (uint64_t p = 0; p < nest->bound[SDSE_P + axis]; p++)
        for (uint64_t r = 0; r < nest->bound[SDSE_R + axis]; r++) {
            const int64_t h =
                (int64_t)(p * nest->stride[axis] + r * nest->dilation[axis]) -
                nest->pad[axis];
            // Without a map rows begin at the first window.
            if (h + nest->pad[axis] < 0 || (nest->pad[axis] > 0 && h < 0) ||
                (nest->map[axis] && h >= (int64_t)nest->map[axis]))
                continue;
            assert_in_range(h + nest->pad[axis], 0, LONGEST - 1);
            count += !touched[h + nest->pad[axis]];
            touched[h + nest->pad[axis]] = true;
        }
    return count;
}

static void rows_equal_marked_rows(void **state) {
    (void)state;
    uint64_t seed = 11;
    unsigned gapped = 0, cut = 0;
    for (int i = 0; i < CASES; i++) {
        struct sdse_nest nest;
        memset(&nest, 0, sizeof nest);
        for (int d = 0; d < SDSE_DIMS; d++)
            nest.bound[d] = 1;
        const unsigned axis = (unsigned)below(&seed, 2);
        nest.bound[SDSE_P + axis] = 1 + below(&seed, 16);
        nest.bound[SDSE_R + axis] = 1 + below(&seed, 12);
        nest.stride[axis] = (uint32_t)(1 + below(&seed, 9));
        nest.dilation[axis] = (uint32_t)(1 + below(&seed, 9));
        nest.pad[axis] = (int64_t)below(&seed, 20) - 5;
        const uint64_t reach =
            sdse_window_extent(nest.bound[SDSE_P + axis], nest.bound[SDSE_R + axis],
                               nest.stride[axis], nest.dilation[axis]);
        if (below(&seed, 4))
            nest.map[axis] = 1 + below(&seed, reach + 4);
        const uint64_t rows = sdse_nest_touched(&nest, axis);
        assert_int_equal(rows, marked(&nest, axis));
        gapped += rows < reach;
        cut += nest.map[axis] && nest.map[axis] < reach;
    }
    assert_in_range(gapped, CASES / 4, CASES);
    assert_in_range(cut, CASES / 4, CASES);
}

// Far apart is no more work: windows are counted, not rows.
static void distant_taps_are_counted_at_once(void **state) {
    (void)state;
    struct sdse_nest nest;
    memset(&nest, 0, sizeof nest);
    for (int d = 0; d < SDSE_DIMS; d++)
        nest.bound[d] = 1;
    nest.bound[SDSE_P] = 1u << 30;
    nest.bound[SDSE_R] = 2;
    nest.stride[0] = 3;
    nest.dilation[0] = 1u << 31;
    assert_int_equal(sdse_nest_touched(&nest, 0), (uint64_t)1 << 31);
    nest.dilation[0] = 3u << 20; // all but the first 2^20 and the last are met twice
    assert_int_equal(sdse_nest_touched(&nest, 0),
                     ((uint64_t)1 << 30) + ((uint64_t)1 << 20));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_equal_marked_rows),
        cmocka_unit_test(distant_taps_are_counted_at_once)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
