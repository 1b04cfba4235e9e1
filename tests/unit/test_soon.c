// Answers before the proof: where memories keep one tensor each, the search takes long,
// and its first answers and bounds must be of use.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "costmodel/evaluate.h"
#include "costmodel/resolve.h"
#include "dse/map.h"
#include "dse/mapper/descent.h"
#include "dse/mapper/variants.h"
#include "spec/load.h"

// A layer of VGG on 32 multipliers that any dimension may use.
static const struct sdse_layer layer = {.name = "conv",
                                        .kind = SDSE_CONV,
                                        .nest = {.bound = {1, 128, 64, 32, 32, 3, 3, 1},
                                                 .stride = {1, 1},
                                                 .dilation = {1, 1}},
                                        .repeat = 1,
                                        .density = {1, 1, 1}};

static const struct sdse_arch *load(const char *path, struct sdse_arena *arena) {
    struct sdse_diags diags;
    struct sdse_arch *arch = NULL;
    sdse_diags_init(&diags, arena);
    assert_int_equal(sdse_arch_load(arena, path, &diags, &arch), SDSE_OK);
    assert_int_equal(sdse_arch_resolve_costs(arch, arena, &diags), SDSE_OK);
    return arch;
}

static double value(enum sdse_map_objective objective, const struct sdse_totals *at) {
    return objective == SDSE_MAP_LATENCY ? at->latency_cycles
           : objective == SDSE_MAP_EDP   ? at->energy_pj * at->latency_cycles
                                         : at->energy_pj;
}

// At the first node: a mapping within twice of what 300,000 nodes know to be least.
static void answers_soon(const char *path) {
    struct sdse_arena *arena = sdse_arena_new();
    for (int o = 0; o <= SDSE_MAP_FRONT; o++) {
        if (o == SDSE_MAP_ED2P)
            continue;
        struct sdse_map_request request = {.arch = load(path, arena),
                                           .layer = &layer,
                                           .objective = (enum sdse_map_objective)o,
                                           .node_limit = 1};
        struct sdse_map_answer first, later;
        assert_int_equal(sdse_map(&request, arena, &first), SDSE_OK);
        assert_int_equal(first.status, SDSE_MAP_LIMIT);
        assert_true(first.point_count > 0);
        request.node_limit = 300000;
        assert_int_equal(sdse_map(&request, arena, &later), SDSE_OK);
        const double soon = value(request.objective, &first.point[0].totals);
        assert_true(value(request.objective, &later.point[0].totals) <= soon);
        assert_true(soon <= 2 * later.lower_bound);
        // A front is one: cheaper is slower.
        for (size_t i = 1; i < first.point_count; i++) {
            const struct sdse_totals *a = &first.point[i - 1].totals;
            const struct sdse_totals *b = &first.point[i].totals;
            assert_true(a->energy_pj < b->energy_pj &&
                        a->latency_cycles > b->latency_cycles);
        }
    }
    sdse_arena_free(arena);
}

// What is answered costs what it is said to cost, however it was come upon.
static void costs_are_its_own(const struct sdse_map_request *request,
                              struct sdse_arena *arena) {
    struct sdse_map_answer answer;
    struct sdse_model *model;
    assert_int_equal(sdse_map(request, arena, &answer), SDSE_OK);
    assert_true(answer.point_count > 0);
    assert_int_equal(sdse_model_new(request->arch, request->layer, NULL, arena, &model),
                     SDSE_OK);
    for (size_t i = 0; i < answer.point_count; i++) {
        const struct sdse_map_point *point = &answer.point[i];
        assert_int_equal(sdse_mapping_verdict(model, &point->mapping, NULL),
                         SDSE_VALID);
        const struct sdse_totals own = sdse_evaluate(model, &point->mapping);
        assert_true(own.energy_pj == point->totals.energy_pj);
        assert_true(own.latency_cycles == point->totals.latency_cycles);
    }
}

static void first_answers_cost_what_they_say(void **state) {
    (void)state;
    static const char *const paths[] = {
        SDSE_SOURCE_DIR "/tests/data/soon/chain.yaml",
        SDSE_SOURCE_DIR "/tests/data/soon/siblings.yaml",
        SDSE_SOURCE_DIR "/archs/eyeriss.yaml", SDSE_SOURCE_DIR "/archs/simba.yaml",
        SDSE_SOURCE_DIR "/archs/shidiannao.yaml"};
    static const uint64_t bounds[][SDSE_DIMS] = {{1, 16, 12, 9, 10, 3, 3, 1},
                                                 {2, 24, 8, 8, 4, 1, 1, 1},
                                                 {1, 2, 3, 12, 8, 5, 3, 4}};
    for (size_t p = 0; p < sizeof paths / sizeof *paths; p++) {
        for (size_t b = 0; b < sizeof bounds / sizeof *bounds; b++) {
            struct sdse_arena *arena = sdse_arena_new();
            struct sdse_layer small = layer;
            memcpy(small.nest.bound, bounds[b], sizeof bounds[b]);
            struct sdse_map_request request = {
                .arch = load(paths[p], arena), .layer = &small, .node_limit = 1};
            for (int o = 0; o <= SDSE_MAP_FRONT; o++) {
                request.objective = (enum sdse_map_objective)o;
                costs_are_its_own(&request, arena);
            }
            sdse_arena_free(arena);
        }
    }
}

// Every mapping that a descent takes for good costs what it is taken for: from the best
// in one objective down in another.
static void descents_know_what_mappings_cost(void **state) {
    (void)state;
    static const char *const paths[] = {SDSE_SOURCE_DIR "/tests/data/soon/chain.yaml",
                                        SDSE_SOURCE_DIR "/archs/eyeriss.yaml",
                                        SDSE_SOURCE_DIR "/archs/simba.yaml"};
    static const enum sdse_goal goals[] = {SDSE_GOAL_ENERGY, SDSE_GOAL_CYCLES,
                                           SDSE_GOAL_EDP};
    static const enum sdse_map_objective starts[] = {SDSE_MAP_LATENCY, SDSE_MAP_ENERGY,
                                                     SDSE_MAP_LATENCY};
    for (size_t p = 0; p < sizeof paths / sizeof *paths; p++) {
        for (size_t g = 0; g < sizeof goals / sizeof *goals; g++) {
            struct sdse_arena *arena = sdse_arena_new();
            const struct sdse_arch *arch = load(paths[p], arena);
            const struct sdse_map_request request = {
                .arch = arch, .layer = &layer, .objective = starts[g], .node_limit = 1};
            struct sdse_map_answer answer;
            assert_int_equal(sdse_map(&request, arena, &answer), SDSE_OK);
            const struct sdse_variant_space space = {.arch = arch, .layer = &layer};
            struct sdse_variants variants;
            assert_int_equal(sdse_variants_list(&space, arena, &variants), SDSE_OK);
            struct sdse_problem *problem = SDSE_ARENA_NEW(arena, struct sdse_problem);
            assert_int_equal(sdse_problem_init(problem, arch, &layer,
                                               &(struct sdse_weight_form){0},
                                               &variants.variant[0], arena),
                             SDSE_OK);
            struct sdse_effort effort;
            sdse_effort_init(&effort, NULL);
            struct sdse_best best;
            sdse_best_init(&best, SDSE_GOAL_FRONT, (double)INFINITY);
            struct sdse_mapping end;
            sdse_descend(problem, &answer.point[0].mapping, goals[g], 20000, &effort,
                         &best, &end);
            assert_true(best.known_count > 0);
            for (size_t i = 0; i < best.known_count; i++) {
                const struct sdse_totals own =
                    sdse_evaluate(problem->model, &best.known[i].mapping);
                assert_true(own.energy_pj == best.known[i].totals.energy_pj);
                assert_true(own.latency_cycles == best.known[i].totals.latency_cycles);
            }
            sdse_best_free(&best);
            sdse_arena_free(arena);
        }
    }
}

static void siblings_of_one_tensor(void **state) {
    (void)state;
    answers_soon(SDSE_SOURCE_DIR "/tests/data/soon/siblings.yaml");
}

static void chained_memories_of_one_tensor(void **state) {
    (void)state;
    answers_soon(SDSE_SOURCE_DIR "/tests/data/soon/chain.yaml");
}

// The places of a fan-out cannot merge inputs, weights and sums at once, and fewer of
// them merge what a tile is too small for: without either a proof takes a hundred times
// more.
static void chains_are_proved(void **state) {
    (void)state;
    struct sdse_arena *arena = sdse_arena_new();
    static const char *const paths[] = {SDSE_SOURCE_DIR "/tests/data/soon/chain.yaml",
                                        SDSE_SOURCE_DIR
                                        "/tests/data/soon/siblings.yaml"};
    for (int i = 0; i < 2; i++) {
        const struct sdse_map_request request = {.arch = load(paths[i], arena),
                                                 .layer = &layer,
                                                 .objective = SDSE_MAP_ENERGY,
                                                 .node_limit = 2000000};
        struct sdse_map_answer answer;
        assert_int_equal(sdse_map(&request, arena, &answer), SDSE_OK);
        assert_int_equal(answer.status, SDSE_MAP_OPTIMAL);
    }
    sdse_arena_free(arena);
}

// Where the cheapest mapping is not the fastest, a front has both ends and what is
// best between them before the search.
static void a_front_has_its_ends_soon(void **state) {
    (void)state;
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_map_request request = {
        .arch = load(SDSE_SOURCE_DIR "/archs/eyeriss.yaml", arena),
        .layer = &layer,
        .objective = SDSE_MAP_FRONT,
        .node_limit = 1};
    struct sdse_map_answer front, best;
    assert_int_equal(sdse_map(&request, arena, &front), SDSE_OK);
    assert_int_equal(front.status, SDSE_MAP_LIMIT);
    assert_true(front.point_count > 1);
    request.node_limit = 0;
    for (int o = 0; o <= SDSE_MAP_EDP; o++) {
        request.objective = (enum sdse_map_objective)o;
        assert_int_equal(sdse_map(&request, arena, &best), SDSE_OK);
        assert_int_equal(best.status, SDSE_MAP_OPTIMAL);
        const double least = value(request.objective, &best.point[0].totals);
        double known = (double)INFINITY;
        for (size_t i = 0; i < front.point_count; i++)
            known = fmin(known, value(request.objective, &front.point[i].totals));
        assert_true(known >= least * (1 - 1e-9));
        assert_true(known <= 1.25 * least);
    }
    sdse_arena_free(arena);
}

// A proof answers with the same mapping, however much was known before.
static void proofs_are_what_they_were(void **state) {
    (void)state;
    struct sdse_arena *arena = sdse_arena_new();
    const struct sdse_map_request request = {
        .arch = load(SDSE_SOURCE_DIR "/tests/data/soon/siblings.yaml", arena),
        .layer = &layer,
        .objective = SDSE_MAP_ENERGY,
        .descend_after = 1000};
    struct sdse_map_answer answer;
    assert_int_equal(sdse_map(&request, arena, &answer), SDSE_OK);
    assert_int_equal(answer.status, SDSE_MAP_OPTIMAL);
    assert_true(answer.nodes > 1000); // so a descent was asked for
    assert_true(answer.gap == 0);
    assert_true(answer.lower_bound <= answer.point[0].totals.energy_pj);
    sdse_arena_free(arena);
}

// Cycles are whole, their bounds are not: the engine of SCNN counts 111118.1 of them
// for all mappings alike. The fastest is then known as soon as one of 111119 is, and
// only the energy is left to minimise. (tried: 1.6 million nodes where it is not.)
static void a_fraction_of_a_cycle_is_a_cycle(void **state) {
    (void)state;
    struct sdse_arena *arena = sdse_arena_new();
    static const struct sdse_layer module = {
        .name = "3x3",
        .kind = SDSE_CONV,
        .nest = {.bound = {1, 128, 96, 28, 28, 3, 3, 1},
                 .stride = {1, 1},
                 .dilation = {1, 1}},
        .repeat = 1,
        .density = {1, 1, 1}};
    struct sdse_map_request request = {
        .arch = load(SDSE_SOURCE_DIR "/archs/scnn.yaml", arena),
        .layer = &module,
        .objective = SDSE_MAP_LATENCY,
        .node_limit = 100000};
    struct sdse_map_answer fastest, cheapest;
    assert_int_equal(sdse_map(&request, arena, &fastest), SDSE_OK);
    assert_int_equal(fastest.status, SDSE_MAP_OPTIMAL);
    request.objective = SDSE_MAP_ENERGY;
    assert_int_equal(sdse_map(&request, arena, &cheapest), SDSE_OK);
    assert_int_equal(cheapest.status, SDSE_MAP_OPTIMAL);
    assert_true(fastest.point[0].totals.latency_cycles <=
                cheapest.point[0].totals.latency_cycles);
    assert_true(fastest.point[0].totals.energy_pj >=
                cheapest.point[0].totals.energy_pj * (1 - 1e-9));
    sdse_arena_free(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fraction_of_a_cycle_is_a_cycle),
        cmocka_unit_test(first_answers_cost_what_they_say),
        cmocka_unit_test(descents_know_what_mappings_cost),
        cmocka_unit_test(siblings_of_one_tensor),
        cmocka_unit_test(chained_memories_of_one_tensor),
        cmocka_unit_test(chains_are_proved),
        cmocka_unit_test(a_front_has_its_ends_soon),
        cmocka_unit_test(proofs_are_what_they_were),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
