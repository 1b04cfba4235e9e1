// The nest of a strided window of one tap on the sampled map.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "spec/types/nest.h"

static bool on_map(const struct sdse_nest *nest, int axis, int64_t output) {
    const int64_t at = output * nest->stride[axis] - nest->pad[axis];
    return at >= 0 && at < (int64_t)nest->map[axis];
}

// Output by output, on both axes: the same ones read a word, each a word of its own.
static void sampling_keeps_every_word(void **state) {
    (void)state;
    unsigned cases = 0, sampled_axes = 0;
    for (int axis = 0; axis < 2; axis++)
        for (uint32_t stride = 1; stride <= 4; stride++)
            for (int64_t pad = -5; pad <= 5; pad++)
                for (uint64_t map = 1; map <= 9; map++)
                    for (uint64_t outputs = 1; outputs <= 6; outputs++, cases++) {
                        struct sdse_nest nest = {.bound = {2, 3, 4, 1, 1, 1, 1, 2},
                                                 .stride = {1, 1},
                                                 .dilation = {3, 3},
                                                 .map = {7, 7}};
                        nest.bound[axis ? SDSE_Q : SDSE_P] = outputs;
                        nest.stride[axis] = stride;
                        nest.pad[axis] = pad;
                        nest.map[axis] = map;
                        const struct sdse_nest sampled = sdse_nest_sampled(&nest);
                        assert_memory_equal(sampled.bound, nest.bound,
                                            sizeof nest.bound);
                        assert_int_equal(sampled.map[!axis], 7);
                        sampled_axes += sampled.stride[axis] < stride;
                        bool any = false;
                        for (int64_t p = 0; p < (int64_t)outputs; p++) {
                            any |= on_map(&nest, axis, p);
                            assert_int_equal(on_map(&sampled, axis, p),
                                             on_map(&nest, axis, p));
                        }
                        assert_int_equal(sampled.stride[axis], any ? 1 : stride);
                    }
    printf("## sampled windows: %u of %u cases on a shorter map\n", sampled_axes,
           cases);
}

// Several taps, or no map: nothing is taken out.
static void others_stay(void **state) {
    (void)state;
    struct sdse_nest nest = {.bound = {1, 1, 1, 5, 5, 2, 1, 1},
                             .stride = {2, 2},
                             .dilation = {1, 1},
                             .map = {10, 0}};
    const struct sdse_nest sampled = sdse_nest_sampled(&nest);
    for (int axis = 0; axis < 2; axis++) {
        assert_int_equal(sampled.stride[axis], 2);
        assert_int_equal(sampled.map[axis], nest.map[axis]);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sampling_keeps_every_word),
        cmocka_unit_test(others_stay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
