// What is kept of spatial choices from one problem to the next moves no answer: on
// generated problems, each in variations that share the lists (capacities, costs,
// bandwidths, keepers) and others that must not (fan-outs, networks, constraints,
// bounds), searches with one store for all answer as searches without, to the last bit.
//
//     test_spreads_known [PROBLEMS [FIRST_SEED]]    (default 36 problems)
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dse/hint.h"
#include "dse/map.h"
#include "dse/mapper/problem.h"
#include "oracle/support_problems.h"
#include "support/sanitized.h"

static uint64_t problem_count = SANITIZED ? 12 : 36, first_seed = 7300001;

enum {
    SAME,
    COSTS,
    CAPACITIES,
    BANDWIDTHS,
    WIDER,
    TALLER,
    ALONE,
    APART,
    DIMS,
    STRIDE,
    VARIATIONS
};

// The problem with something else in it.
static void vary(struct sdse_generated_problem *made, int variation) {
    struct sdse_arch *arch = &made->arch;
    for (unsigned l = 0; l < arch->level_count; l++) {
        struct sdse_level *level = &arch->level[l];
        switch (variation) {
        case COSTS:
            level->read_pj.value *= 1.7;
            level->fill_pj.value *= 0.3;
            break;
        case CAPACITIES:
            level->capacity_bits *= 2;
            break;
        case BANDWIDTHS:
            level->read_bits_per_cycle.value *= 3;
            level->shared_bits_per_cycle.value *= 2;
            break;
        case WIDER:
            level->fanout_x += level->fanout_x > 1;
            break;
        case TALLER:
            level->fanout_y += level->fanout_y > 1;
            break;
        case ALONE:
            for (int t = 0; t < SDSE_TENSORS; t++)
                level->network[t].multicast = !level->network[t].multicast;
            break;
        case APART:
            for (int t = 0; t < SDSE_TENSORS; t++)
                level->network[t].reduce = !level->network[t].reduce;
            break;
        case DIMS:
            level->dims_x &= ~SDSE_BIT(SDSE_K);
            break;
        default:
            break;
        }
    }
    if (variation == STRIDE)
        made->layer.nest.stride[0]++;
}

struct answered {
    enum sdse_status status;
    struct sdse_map_answer answer;
    const char *hint;
};

static struct answered answer(const struct sdse_generated_problem *made, bool wide,
                              struct sdse_spreads_known *known,
                              struct sdse_arena *arena) {
    const struct sdse_map_request request = {.arch = &made->arch,
                                             .layer = &made->layer,
                                             .form = &made->form,
                                             .objective = SDSE_MAP_FRONT,
                                             .free_bypass = wide,
                                             .padding_percent = wide ? 100 : 0,
                                             .node_limit = 20000,
                                             .known = known};
    struct answered out = {.hint = NULL};
    out.status = sdse_map(&request, arena, &out.answer);
    if (!out.status && out.answer.point_count)
        assert_int_equal(sdse_hint_find(&request, &out.answer, arena, &out.hint),
                         SDSE_OK);
    return out;
}

static void compare(const struct answered *a, const struct answered *b, uint64_t seed,
                    int variation) {
    bool same = a->status == b->status;
    if (same && !a->status) {
        same = a->answer.status == b->answer.status &&
               a->answer.nodes == b->answer.nodes &&
               a->answer.point_count == b->answer.point_count &&
               (a->hint ? b->hint && strcmp(a->hint, b->hint) == 0 : !b->hint);
        for (size_t i = 0; same && i < a->answer.point_count; i++) {
            const struct sdse_map_point *p = &a->answer.point[i],
                                        *q = &b->answer.point[i];
            same = memcmp(&p->totals, &q->totals, sizeof p->totals) == 0 &&
                   memcmp(&p->mapping, &q->mapping, sizeof p->mapping) == 0;
        }
    }
    if (!same)
        fail_msg("seed %llu, variation %d: another answer with what is known",
                 (unsigned long long)seed, variation);
}

static void nothing_known_moves_an_answer(void **state) {
    (void)state;
    struct sdse_spreads_known *known = sdse_spreads_known_new();
    assert_non_null(known);
    size_t points = 0;
    for (uint64_t seed = first_seed; seed < first_seed + problem_count; seed++) {
        for (int variation = 0; variation < VARIATIONS; variation++) {
            struct sdse_arena *arena = sdse_arena_new();
            struct sdse_generated_problem made;
            const bool wide = seed % 2 == 0;
            sdse_make_problem(seed, wide, &made);
            vary(&made, variation);
            const struct answered with = answer(&made, wide, known, arena),
                                  without = answer(&made, wide, NULL, arena);
            compare(&with, &without, seed, variation);
            points += with.status ? 0 : with.answer.point_count;
            sdse_arena_free(arena);
        }
        sdse_spreads_known_tidy(known);
    }
    assert_true(points > problem_count * VARIATIONS / 2);
    sdse_spreads_known_free(known);
}

// What costs, capacities and bandwidths leave as it is has one name, and is one list;
// everything that moves a choice or a hop has another.
static void names_tell_what_matters(void **state) {
    (void)state;
    uint64_t shared = 0, apart = 0;
    for (uint64_t seed = first_seed; seed < first_seed + 60; seed++)
        for (int variation = COSTS; variation < VARIATIONS; variation++) {
            struct sdse_generated_problem made, other;
            sdse_make_problem(seed, false, &made);
            sdse_make_problem(seed, false, &other);
            vary(&other, variation);
            struct sdse_rules rules[2];
            memset(rules, 0, sizeof rules);
            sdse_rules_init(&rules[0], &made.arch, &made.layer);
            sdse_rules_init(&rules[1], &other.arch, &other.layer);
            for (unsigned l = 0; l < made.arch.level_count; l++) {
                const struct sdse_hash a = sdse_spreads_key(&made.arch.level[l],
                                                            &rules[0].level[l],
                                                            &made.layer.nest, true),
                                       b = sdse_spreads_key(&other.arch.level[l],
                                                            &rules[1].level[l],
                                                            &other.layer.nest, true),
                                       c = sdse_spreads_key(&made.arch.level[l],
                                                            &rules[0].level[l],
                                                            &made.layer.nest, false);
                const bool same = memcmp(&a, &b, sizeof a) == 0;
                assert_true(memcmp(&a, &c, sizeof a) != 0);
                if (variation <= BANDWIDTHS)
                    assert_true(same);
                if (variation == ALONE || variation == APART || variation == STRIDE)
                    assert_false(same);
                if (variation == WIDER)
                    assert_true(same == (made.arch.level[l].fanout_x == 1));
                if (variation == TALLER)
                    assert_true(same == (made.arch.level[l].fanout_y == 1));
                shared += same;
                apart += !same;
            }
        }
    assert_true(shared > 100 && apart > 100);
}

// A store that has grown is emptied, and goes on.
static void it_stays_small(void **state) {
    (void)state;
    struct sdse_spreads_known *known = sdse_spreads_known_new();
    static struct sdse_layout layouts[1000];
    struct sdse_spread spread = {.used = 1, .layout_count = 1000};
    struct sdse_spreads list = {1, &spread, 1000, layouts}, found;
    const size_t most = 40 * 1024 * 1024 / sizeof layouts;
    for (uint64_t i = 0; i < most; i++)
        sdse_spreads_known_keep(known, (struct sdse_hash){i, i}, &list);
    assert_true(sdse_spreads_known_find(known, (struct sdse_hash){1, 1}, &found));
    assert_int_equal(found.count, 1);
    assert_int_equal(found.layout_count, 1000);
    assert_ptr_not_equal(found.spread, &spread);
    sdse_spreads_known_tidy(known);
    assert_false(sdse_spreads_known_find(known, (struct sdse_hash){1, 1}, &found));
    sdse_spreads_known_keep(known, (struct sdse_hash){1, 1}, &list);
    sdse_spreads_known_tidy(known);
    assert_true(sdse_spreads_known_find(known, (struct sdse_hash){1, 1}, &found));
    assert_false(sdse_spreads_known_find(known, (struct sdse_hash){1, 2}, &found));
    sdse_spreads_known_free(known);
}

int main(int argc, char **argv) {
    if (argc > 1)
        problem_count = strtoull(argv[1], NULL, 10);
    if (argc > 2)
        first_seed = strtoull(argv[2], NULL, 10);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_known_moves_an_answer),
        cmocka_unit_test(names_tell_what_matters),
        cmocka_unit_test(it_stays_small),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
