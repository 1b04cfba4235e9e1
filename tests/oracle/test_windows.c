// Where padding cuts windows off at the map, two of them may hold the same rows though
// they stand apart: the mapper's bounds must know. On generated axes every tile at
// every place is written down, whole and what a slide adds, and whatever is equal must
// have been foreseen.
//
//     test_windows [AXES [FIRST_SEED]]    (default 3000 axes)
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dse/mapper/problem.h"
#include "dse/mapper/variants.h"
#include "oracle/support_cases.h"
#include "oracle/support_problems.h"
#include "support/sanitized.h"

enum { ROWS = 64 };

static uint64_t axes = SANITIZED ? 500 : 3000, first_seed = 1;

// The rows of the map that a tile at `origin` takes, as a set; what it took `shift`
// before is left out, unless that is 0.
static uint64_t rows_of(const struct sdse_nest *nest, uint64_t outputs, uint64_t taps,
                        uint64_t origin, uint64_t shift) {
    uint64_t all = 0;
    for (uint64_t p = 0; p < outputs; p++)
        for (uint64_t r = 0; r < taps; r++)
            all |= (uint64_t)1 << (p * nest->stride[0] + r * nest->dilation[0]);
    if (shift)
        all &= ~(all >> shift);
    uint64_t on_map = 0;
    for (uint64_t i = 0; i < ROWS; i++) {
        const int64_t at = (int64_t)(origin + i) - nest->pad[0];
        if (all >> i & 1 && at >= 0 && at < (int64_t)nest->map[0])
            on_map |= (uint64_t)1 << at;
    }
    return on_map;
}

// Whether two places of a tile take the same rows.
static bool coincide(const struct sdse_nest *nest, uint64_t outputs, uint64_t taps,
                     uint64_t shift) {
    const uint64_t *bound = nest->bound;
    uint64_t sets[ROWS], origins[ROWS];
    size_t count = 0;
    for (uint64_t p = 0; p < bound[SDSE_P]; p += outputs)
        for (uint64_t r = 0; r < bound[SDSE_R]; r += taps) {
            const uint64_t origin = p * nest->stride[0] + r * nest->dilation[0];
            const uint64_t set = rows_of(nest, outputs, taps, origin, shift);
            for (size_t i = 0; i < count; i++)
                if (set && sets[i] == set && origins[i] != origin)
                    return true;
            sets[count] = set;
            origins[count++] = origin;
        }
    return false;
}

static void equal_windows_are_foreseen(void **state) {
    (void)state;
    static const char text[] =
        "{name: a, source: s, node_nm: 28, clock_ghz: 1, word_bits: 8, levels: ["
        "{level: DRAM, memory: {class: dram, pj_per_bit: 8}}, "
        "{level: GB, memory: {class: dram, pj_per_bit: 1}}], compute: {free: true}}";
    struct sdse_arena *own = sdse_arena_new();
    const struct sdse_arch *arch = sdse_written_arch(text, own);
    assert_non_null(arch);
    uint64_t equal = 0, foreseen = 0;
    for (uint64_t seed = first_seed; seed < first_seed + axes; seed++) {
        uint64_t dice = seed * 0x9e3779b97f4a7c15u + 1;
        for (int i = 0; i < 4; i++)
            oracle_random(&dice);
        struct sdse_layer layer = {.name = "l",
                                   .kind = SDSE_CONV,
                                   .nest = {.bound = {1, 1, 1, 1, 1, 1, 1, 1},
                                            .stride = {1, 1},
                                            .dilation = {1, 1}},
                                   .repeat = 1,
                                   .density = {1, 1, 1}};
        struct sdse_nest *nest = &layer.nest;
        nest->bound[SDSE_P] = 1 + oracle_below(&dice, 8);
        nest->bound[SDSE_R] = 1 + oracle_below(&dice, 6);
        nest->stride[0] = 1 + (uint32_t)oracle_below(&dice, 3);
        nest->dilation[0] = 1 + (uint32_t)oracle_below(&dice, 3);
        const uint64_t reach = (nest->bound[SDSE_P] - 1) * nest->stride[0] +
                               (nest->bound[SDSE_R] - 1) * nest->dilation[0] + 1;
        nest->pad[0] = (int64_t)oracle_below(&dice, 1 + reach / 2);
        nest->map[0] = 1 + oracle_below(&dice, reach);
        nest->map[1] = 1;
        struct sdse_arena *arena = sdse_arena_new();
        const struct sdse_variant_space space = {.arch = arch, .layer = &layer};
        struct sdse_variants variants;
        struct sdse_problem *problem = SDSE_ARENA_NEW(arena, struct sdse_problem);
        assert_int_equal(sdse_variants_list(&space, arena, &variants), SDSE_OK);
        assert_int_equal(sdse_problem_init(problem, arch, &layer,
                                           &(struct sdse_weight_form){0},
                                           &variants.variant[0], arena),
                         SDSE_OK);
        bool found = false;
        for (uint64_t o = 1; o <= nest->bound[SDSE_P] && !found; o++)
            for (uint64_t t = 1; t <= nest->bound[SDSE_R] && !found; t++)
                for (uint64_t shift = 0; shift < reach && !found; shift++)
                    found = nest->bound[SDSE_P] % o == 0 &&
                            nest->bound[SDSE_R] % t == 0 && coincide(nest, o, t, shift);
        equal += found;
        foreseen += problem->windows[0].may_coincide;
        if (found && !problem->windows[0].may_coincide)
            fail_msg("seed %llu: P %llu R %llu stride %u dilation %u pad %lld map %llu",
                     (unsigned long long)seed, (unsigned long long)nest->bound[SDSE_P],
                     (unsigned long long)nest->bound[SDSE_R], nest->stride[0],
                     nest->dilation[0], (long long)nest->pad[0],
                     (unsigned long long)nest->map[0]);
        sdse_arena_free(arena);
    }
    sdse_arena_free(own);
    printf("## windows: equal at two places on %llu of %llu axes, foreseen on %llu\n",
           (unsigned long long)equal, (unsigned long long)axes,
           (unsigned long long)foreseen);
    assert_true(equal > axes / 50 && foreseen < axes);
}

int main(int argc, char **argv) {
    if (argc > 1)
        axes = strtoull(argv[1], NULL, 10);
    if (argc > 2)
        first_seed = strtoull(argv[2], NULL, 10);
    const struct CMUnitTest tests[] = {cmocka_unit_test(equal_windows_are_foreseen)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
