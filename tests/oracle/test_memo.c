// What the evaluation of one mapping remembers for the next changes no answer: many
// mappings of one layer, each scored with what the others left and by itself.
//
//     test_memo [CASES [FIRST_SEED]]    (default 700 cases of 24 mappings)
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "costmodel/evaluate.h"
#include "costmodel/memo.h"
#include "oracle/support_cases.h"
#include "support/sanitized.h"

enum { CASES = SANITIZED ? 60 : 700, MAPPINGS = 24 };

static uint64_t cases = CASES, first_seed = 1;

// The lists of loops of a mapping: three of each level.
static struct sdse_loops *list_of(struct sdse_mapping *mapping, uint64_t i) {
    struct sdse_mapping_level *level = &mapping->level[i / 3];
    return i % 3 ? &level->spatial[i % 3 - 1] : &level->temporal;
}

static struct sdse_loop *find(struct sdse_loops *list, enum sdse_dim dim) {
    for (unsigned i = 0; i < list->count; i++)
        if (list->loop[i].dim == dim)
            return &list->loop[i];
    return NULL;
}

static void shuffle(struct sdse_loops *list, uint64_t *dice) {
    for (unsigned i = list->count; i > 1; i--) {
        const uint64_t j = oracle_below(dice, i);
        const struct sdse_loop moved = list->loop[i - 1];
        list->loop[i - 1] = list->loop[j];
        list->loop[j] = moved;
    }
}

// Moves a factor of one dimension from one list of loops to another.
static void move_factor(struct sdse_mapping *mapping, uint64_t *dice) {
    const uint64_t lists = 3 * (uint64_t)mapping->level_count;
    struct sdse_loops *from = list_of(mapping, oracle_below(dice, lists));
    struct sdse_loops *to = list_of(mapping, oracle_below(dice, lists));
    if (!from->count || from == to)
        return;
    struct sdse_loop *loop = &from->loop[oracle_below(dice, from->count)];
    uint64_t part = 2;
    while (part <= loop->factor && loop->factor % part)
        part++;
    if (part > loop->factor)
        return;
    struct sdse_loop *there = find(to, loop->dim);
    if (!there)
        *(there = &to->loop[to->count++]) = (struct sdse_loop){loop->dim, 1};
    there->factor *= part;
    loop->factor /= part;
}

// Another mapping of the same layer, near this one; it may not be valid.
static void change(struct sdse_mapping *mapping, uint64_t *dice) {
    for (uint64_t moves = oracle_below(dice, 3); moves > 0; moves--)
        move_factor(mapping, dice);
    const uint64_t lists = 3 * (uint64_t)mapping->level_count;
    shuffle(list_of(mapping, oracle_below(dice, lists)), dice);
}

// Rows and taps of windows on a mesh: words go where windows coincide.
static void lay_on_a_mesh(struct oracle_case *subject, uint64_t *dice) {
    struct sdse_nest *nest = &subject->layer.nest;
    nest->map[0] = nest->map[1] = 0;
    nest->pad[0] = nest->pad[1] = 0;
    for (unsigned l = 0; l < subject->arch.level_count; l++) {
        struct sdse_level *level = &subject->arch.level[l];
        struct sdse_network *network = &level->network[SDSE_INPUTS];
        level->fanout_x = level->fanout_y = 6;
        network->topology = SDSE_MESH;
        network->multicast = true;
        network->window_sharing = false;
        network->hop_pj_per_bit = (struct sdse_number){.value = 0.37, .given = true};
    }
    static const enum sdse_dim windows[] = {SDSE_P, SDSE_R, SDSE_Q, SDSE_S};
    for (int i = 0; i < 4; i++) {
        const enum sdse_dim d = windows[i];
        const unsigned l = (unsigned)oracle_below(dice, subject->mapping.level_count);
        struct sdse_loops *list =
            &subject->mapping.level[l].spatial[oracle_below(dice, 2)];
        struct sdse_loop *loop = find(list, d);
        const uint64_t factor = 2 + oracle_below(dice, 2);
        if (!loop)
            *(loop = &list->loop[list->count++]) = (struct sdse_loop){d, 1};
        loop->factor *= factor;
        nest->bound[d] *= factor;
    }
}

// Columns become what rows are, but for stride and dilation.
static void make_axes_alike(struct oracle_case *subject, uint64_t *dice) {
    struct sdse_nest *nest = &subject->layer.nest;
    for (uint64_t i = 0; i < 3 * (uint64_t)subject->mapping.level_count; i++) {
        struct sdse_loops *list = list_of(&subject->mapping, i);
        struct sdse_loops both = {.count = 0};
        for (unsigned k = 0; k < list->count; k++) {
            const struct sdse_loop loop = list->loop[k];
            if (loop.dim == SDSE_Q || loop.dim == SDSE_S)
                continue;
            both.loop[both.count++] = loop;
            if (loop.dim == SDSE_P || loop.dim == SDSE_R)
                both.loop[both.count++] = (struct sdse_loop){
                    loop.dim == SDSE_P ? SDSE_Q : SDSE_S, loop.factor};
        }
        *list = both;
    }
    nest->bound[SDSE_Q] = nest->bound[SDSE_P];
    nest->bound[SDSE_S] = nest->bound[SDSE_R];
    nest->pad[0] = nest->pad[1] = (int64_t)oracle_below(dice, 2);
    nest->map[0] = nest->map[1] = 1 + nest->bound[SDSE_P] / 2;
    nest->stride[0] = nest->dilation[0] = nest->stride[1] = nest->dilation[1] = 1;
    uint32_t *steps = oracle_below(dice, 2) ? nest->stride : nest->dilation;
    steps[0] = 2; // both leave gaps
    steps[1] = 3;
}

static void remembering_changes_nothing(void **state) {
    (void)state;
    const struct oracle_options options = {.most_work = 4000, .imperfect = true};
    uint64_t scored = 0, windows = 0, meshes = 0;
    for (uint64_t seed = first_seed; seed < first_seed + cases; seed++) {
        struct oracle_case subject;
        oracle_case_make(seed, &options, &subject);
        uint64_t dice = seed;
        if (seed % 2)
            lay_on_a_mesh(&subject, &dice);
        else if (seed % 4 == 0)
            make_axes_alike(&subject, &dice);
        // Only inputs whose windows leave the map or coincide are remembered.
        const struct sdse_nest *nest = &subject.layer.nest;
        windows += nest->map[0] || nest->map[1];
        struct sdse_arena *arena = sdse_arena_new();
        struct sdse_reach_memo *memo = SDSE_ARENA_NEW(arena, struct sdse_reach_memo);
        struct sdse_model *model;
        assert_non_null(memo);
        memset(memo, 0, sizeof *memo);
        assert_int_equal(
            sdse_model_new(&subject.arch, &subject.layer, NULL, arena, &model),
            SDSE_OK);
        struct sdse_mapping mapping = subject.mapping;
        if (sdse_mapping_verdict(model, &mapping, NULL) != SDSE_VALID)
            mapping.level_count = 0; // too many places
        meshes += seed % 2 && mapping.level_count;
        for (int i = 0; mapping.level_count && i < MAPPINGS; i++) {
            const struct sdse_totals fresh = sdse_evaluate(model, &mapping);
            const struct sdse_totals next = sdse_evaluate_next(model, &mapping, memo);
            if (fresh.energy_pj != next.energy_pj ||
                fresh.latency_cycles != next.latency_cycles) {
                oracle_case_print(&subject, stderr);
                fail_msg("seed %llu, mapping %d: %.17g pJ, %.17g cycles, remembered: "
                         "%.17g, %.17g",
                         (unsigned long long)seed, i, fresh.energy_pj,
                         fresh.latency_cycles, next.energy_pj, next.latency_cycles);
            }
            scored++;
            struct sdse_mapping other = mapping;
            for (int tries = 0; tries < 8; tries++) {
                change(&other, &dice);
                if (sdse_mapping_verdict(model, &other, NULL) == SDSE_VALID)
                    mapping = other;
                else
                    other = mapping;
            }
        }
        sdse_arena_free(arena);
    }
    printf(
        "## remembered: %llu mappings of %llu layers, %llu with a map, %llu on meshes, "
        "scored as by themselves\n",
        (unsigned long long)scored, (unsigned long long)cases,
        (unsigned long long)windows, (unsigned long long)meshes);
    assert_true(windows > cases / 5 && meshes > cases / 5);
}

int main(int argc, char **argv) {
    if (argc > 1)
        cases = strtoull(argv[1], NULL, 10);
    if (argc > 2)
        first_seed = strtoull(argv[2], NULL, 10);
    const struct CMUnitTest tests[] = {cmocka_unit_test(remembering_changes_nothing)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
