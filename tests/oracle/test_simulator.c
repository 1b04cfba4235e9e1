// The simulator on examples small enough to be counted by hand.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "oracle/support_simulator.h"

// An accelerator whose networks merge everything, and a mapping without loops.
static void start(struct sdse_arch *arch, struct sdse_nest *nest,
                  struct sdse_mapping *mapping, unsigned levels) {
    *arch = (struct sdse_arch){.level_count = levels};
    *mapping = (struct sdse_mapping){.level_count = levels};
    *nest = (struct sdse_nest){.stride = {1, 1}, .dilation = {1, 1}};
    for (unsigned d = 0; d < SDSE_DIMS; d++)
        nest->bound[d] = 1;
    for (unsigned l = 0; l < levels; l++) {
        mapping->keeps[l] = SDSE_BIT(SDSE_TENSORS) - 1;
        arch->level[l].fanout_x = arch->level[l].fanout_y = 1;
        for (unsigned t = 0; t < SDSE_TENSORS; t++)
            arch->level[l].network[t] =
                (struct sdse_network){.multicast = true, .reduce = true};
    }
}

// Adds the loops written as in "K4 P2", and raises the bounds to match.
static void loop(struct sdse_loops *loops, struct sdse_nest *nest, const char *text) {
    for (; *text; text++) {
        if (*text == ' ')
            continue;
        const char *letter = strchr(sdse_dim_letters, *text);
        assert_non_null(letter);
        enum sdse_dim dim = (enum sdse_dim)(letter - sdse_dim_letters);
        uint64_t factor = (uint64_t)(*++text - '0');
        loops->loop[loops->count++] = (struct sdse_loop){dim, factor};
        nest->bound[dim] *= factor;
    }
}

static struct simulation run(const struct sdse_arch *arch, const struct sdse_nest *nest,
                             const struct sdse_mapping *mapping) {
    struct simulation result;
    assert_int_equal(simulate(arch, nest, mapping, 0, &result), SDSE_OK);
    return result;
}

// Input words a child with the inner loops fetches under the outer loops.
static uint64_t input_words(const char *outer, const char *inner) {
    struct sdse_arch arch;
    struct sdse_nest nest;
    struct sdse_mapping mapping;
    start(&arch, &nest, &mapping, 2);
    loop(&mapping.level[0].temporal, &nest, outer);
    loop(&mapping.level[1].temporal, &nest, inner);
    return run(&arch, &nest, &mapping).flow[1][SDSE_INPUTS].fills;
}

// The examples of the sliding window: 4 x 4 tiles of an 8 x 8 map, 3 x 3 kernel, two
// channels; and chains of P next to R.
static void test_sliding_window(void **state) {
    (void)state;
    assert_int_equal(input_words("P2 Q2", "K2 C2 R3 S3 P4 Q4"), 240);
    assert_int_equal(input_words("P2 Q2 K2", "C2 R3 S3 P4 Q4"), 240);
    assert_int_equal(input_words("K2 P2 Q2", "C2 R3 S3 P4 Q4"), 480);
    assert_int_equal(input_words("P2 R3", "P2"), 6);
    assert_int_equal(input_words("P2 R3", "P3"), 8);
}

// Spatial P4 x R3 with unit tiles: twelve multipliers, six distinct words.
static void test_equal_sets_share_a_read(void **state) {
    (void)state;
    struct sdse_arch arch;
    struct sdse_nest nest;
    struct sdse_mapping mapping;
    start(&arch, &nest, &mapping, 1);
    arch.level[0].fanout_x = 4;
    arch.level[0].fanout_y = 3;
    loop(&mapping.level[0].spatial[0], &nest, "P4");
    loop(&mapping.level[0].spatial[1], &nest, "R3");
    struct simulation result = run(&arch, &nest, &mapping);
    assert_int_equal(result.flow[0][SDSE_INPUTS].reads, 6);
    assert_int_equal(result.flow[0][SDSE_WEIGHTS].reads, 3);
    assert_int_equal(result.flow[0][SDSE_OUTPUTS].updates, 4);
    assert_int_equal(result.network[0][SDSE_OUTPUTS].adds, 8);
    arch.level[0].network[SDSE_INPUTS].multicast = false;
    arch.level[0].network[SDSE_OUTPUTS].reduce = false;
    result = run(&arch, &nest, &mapping);
    assert_int_equal(result.flow[0][SDSE_INPUTS].reads, 12);
    assert_int_equal(result.flow[0][SDSE_OUTPUTS].updates, 12);
    assert_int_equal(result.flow[0][SDSE_OUTPUTS].reads, 8);
}

// Two children with windows of three rows, one row apart: three words each, four
// together.
static void test_windows_share_where_declared(void **state) {
    (void)state;
    struct sdse_arch arch;
    struct sdse_nest nest;
    struct sdse_mapping mapping;
    start(&arch, &nest, &mapping, 2);
    arch.level[0].fanout_x = 2;
    loop(&mapping.level[0].spatial[0], &nest, "P2");
    loop(&mapping.level[1].temporal, &nest, "R3");
    assert_int_equal(run(&arch, &nest, &mapping).flow[0][SDSE_INPUTS].reads, 6);
    arch.level[0].network[SDSE_INPUTS].window_sharing = true;
    struct simulation result = run(&arch, &nest, &mapping);
    assert_int_equal(result.flow[0][SDSE_INPUTS].reads, 4);
    assert_int_equal(result.flow[1][SDSE_INPUTS].fills, 6);
    // Word 0 goes to column 0; words 1, 2 and 3 as far as column 1.
    assert_int_equal(result.network[0][SDSE_INPUTS].half_hops_words, 2 * 3);
}

// K = 5 on four places: the second pass uses one of them, in 2 steps of 4 multipliers.
static void test_imperfect_factors(void **state) {
    (void)state;
    struct sdse_arch arch;
    struct sdse_nest nest;
    struct sdse_mapping mapping;
    start(&arch, &nest, &mapping, 2);
    arch.level[0].fanout_x = 4;
    loop(&mapping.level[0].temporal, &nest, "K2");
    loop(&mapping.level[0].spatial[0], &nest, "K4");
    nest.bound[SDSE_K] = 5;
    struct simulation result = run(&arch, &nest, &mapping);
    assert_int_equal(result.macs, 5);
    assert_int_equal(result.steps, 2);
    assert_int_equal(result.used[1], 4);
    assert_int_equal(result.flow[0][SDSE_WEIGHTS].reads, 5);
    assert_int_equal(result.flow[0][SDSE_WEIGHTS].tile_words, 5);
    assert_int_equal(result.flow[1][SDSE_INPUTS].fills, 4); // stays over K
    assert_int_equal(result.flow[0][SDSE_OUTPUTS].updates, 5);
    // K = 3 leaves a place without work, and the second pass without anybody.
    nest.bound[SDSE_K] = 3;
    result = run(&arch, &nest, &mapping);
    assert_int_equal(result.steps, 1);
    assert_int_equal(result.used[1], 3);
}

// Partial sums that leave and come back: C outside P over a child that holds one word.
static void test_partial_sums_return(void **state) {
    (void)state;
    struct sdse_arch arch;
    struct sdse_nest nest;
    struct sdse_mapping mapping;
    start(&arch, &nest, &mapping, 2);
    loop(&mapping.level[0].temporal, &nest, "C3 P4");
    struct simulation result = run(&arch, &nest, &mapping);
    assert_int_equal(result.flow[0][SDSE_OUTPUTS].updates, 12);
    assert_int_equal(result.flow[0][SDSE_OUTPUTS].reads, 8);
    assert_int_equal(result.flow[1][SDSE_OUTPUTS].fills, 8);
    assert_int_equal(result.flow[1][SDSE_OUTPUTS].drained, 12);
    assert_int_equal(result.network[0][SDSE_OUTPUTS].returned, 8);
}

// A 3 x 4 mesh: the middle of the left edge lies between rows 1 and 2.
static void test_hops(void **state) {
    (void)state;
    const unsigned x[] = {0, 2, 2}, y[] = {1, 0, 3};
    assert_int_equal(simulated_half_hops(x, y, 1, 4), 1);
    assert_int_equal(simulated_half_hops(x + 1, y + 1, 1, 4), 4 + 3);
    assert_int_equal(simulated_half_hops(x, y, 3, 4), 4 + 1 + 3 + 3);
    assert_int_equal(simulated_half_hops(x, y, 1, 1), 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sliding_window),
        cmocka_unit_test(test_equal_sets_share_a_read),
        cmocka_unit_test(test_windows_share_where_declared),
        cmocka_unit_test(test_imperfect_factors),
        cmocka_unit_test(test_partial_sums_return),
        cmocka_unit_test(test_hops),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
