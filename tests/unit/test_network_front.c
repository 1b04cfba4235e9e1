// The network's front equals the front of all combinations of layer choices.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include <math.h>

#include "dse/network/network_front.h"

enum { LAYERS = 4, MOST = 5, ROUNDS = 400 };

static uint64_t next(uint64_t *seed) {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

static void make_front(uint64_t *seed, struct sdse_tradeoff *elements,
                       struct sdse_layer_front *front) {
    front->count = 1 + next(seed) % MOST;
    front->repeat = 1 + next(seed) % 3;
    front->elements = elements;
    double energy = (double)(next(seed) % 10), latency = 100;
    for (size_t i = 0; i < front->count; i++) {
        energy += (double)(1 + next(seed) % 9);
        latency -= (double)(1 + next(seed) % 9);
        elements[i] = (struct sdse_tradeoff){energy, latency};
    }
}

// A network of some layers; its front, not thinned. In `arena`, which is the caller's.
struct network {
    struct sdse_arena *arena;
    struct sdse_tradeoff elements[LAYERS][MOST];
    struct sdse_layer_front layers[LAYERS];
    struct sdse_network_front exact;
};

static void make_network(uint64_t *seed, struct network *net) {
    net->arena = sdse_arena_new();
    for (int i = 0; i < LAYERS; i++)
        make_front(seed, net->elements[i], &net->layers[i]);
    assert_int_equal(sdse_network_front_build(net->layers, LAYERS, SDSE_LARGEST_FRONT,
                                              NULL, net->arena, &net->exact),
                     SDSE_OK);
}

static struct sdse_tradeoff total(const struct sdse_layer_front *layers,
                                  const size_t *choice) {
    struct sdse_tradeoff sum = {0, 0};
    for (size_t i = 0; i < LAYERS; i++) {
        sum.energy_pj +=
            (double)layers[i].repeat * layers[i].elements[choice[i]].energy_pj;
        sum.latency_cycles +=
            (double)layers[i].repeat * layers[i].elements[choice[i]].latency_cycles;
    }
    return sum;
}

// The least factor by which some element is above a point, in the worse of both.
static double factor_to(const struct sdse_network_front *front,
                        const struct sdse_tradeoff *at) {
    double least = (double)INFINITY;
    for (size_t i = 0; i < front->count; i++) {
        const struct sdse_tradeoff *element = &front->elements[i];
        least = fmin(least, fmax(element->energy_pj / at->energy_pj,
                                 element->latency_cycles / at->latency_cycles));
    }
    return fmax(least, 1);
}

// Every combination must be matched or dominated by the front.
static void covers_all_combinations(const struct sdse_layer_front *layers,
                                    const struct sdse_network_front *front) {
    size_t choice[LAYERS] = {0};
    for (;;) {
        const struct sdse_tradeoff at = total(layers, choice);
        bool covered = false;
        for (size_t i = 0; i < front->count; i++)
            covered |= front->elements[i].energy_pj <= at.energy_pj &&
                       front->elements[i].latency_cycles <= at.latency_cycles;
        assert_true(covered);
        size_t i = 0;
        while (i < LAYERS && ++choice[i] == layers[i].count)
            choice[i++] = 0;
        if (i == LAYERS)
            return;
    }
}

static double value(enum sdse_objective objective, const struct sdse_tradeoff *at) {
    const double e = at->energy_pj, l = at->latency_cycles;
    const double values[SDSE_OBJECTIVES] = {
        [SDSE_ENERGY] = e,
        [SDSE_LATENCY] = l,
        [SDSE_EDP] = e * l,
        [SDSE_ED2P] = e * l * l,
    };
    return values[objective];
}

// The least of an objective over all combinations within two budgets; INFINITY: none.
static double least_within(const struct sdse_layer_front *layers,
                           enum sdse_objective objective, double most_pj,
                           double most_cycles) {
    double least = (double)INFINITY;
    size_t choice[LAYERS] = {0};
    for (;;) {
        const struct sdse_tradeoff at = total(layers, choice);
        if (at.energy_pj <= most_pj && at.latency_cycles <= most_cycles)
            least = fmin(least, value(objective, &at));
        size_t i = 0;
        while (i < LAYERS && ++choice[i] == layers[i].count)
            choice[i++] = 0;
        if (i == LAYERS)
            return least;
    }
}

static void picks_the_least_combination(uint64_t *seed,
                                        const struct sdse_layer_front *layers,
                                        const struct sdse_network_front *front) {
    const struct sdse_tradeoff *cheap = &front->elements[0];
    const struct sdse_tradeoff *fast = &front->elements[front->count - 1];
    for (int o = 0; o < SDSE_OBJECTIVES; o++) {
        const enum sdse_objective objective = (enum sdse_objective)o;
        const size_t free = sdse_network_front_pick(front, objective);
        assert_true(
            value(objective, &front->elements[free]) ==
            least_within(layers, objective, (double)INFINITY, (double)INFINITY));
        // Budgets from below the least possible to above the most.
        const double pj =
            cheap->energy_pj - 3 +
            (double)(next(seed) % 11) / 8 * (fast->energy_pj - cheap->energy_pj + 4);
        const double cycles = fast->latency_cycles - 3 +
                              (double)(next(seed) % 11) / 8 *
                                  (cheap->latency_cycles - fast->latency_cycles + 4);
        const size_t within =
            sdse_network_front_pick_within(front, objective, pj, cycles);
        const double least = least_within(layers, objective, pj, cycles);
        assert_int_equal(within == front->count, isinf(least) != 0);
        if (within < front->count)
            assert_true(value(objective, &front->elements[within]) == least);
    }
}

static void equals_all_combinations(void **state) {
    (void)state;
    uint64_t seed = 88172645463325252u;
    for (int round = 0; round < ROUNDS; round++) {
        struct network net;
        make_network(&seed, &net);
        assert_false(net.exact.thinned);
        for (size_t i = 0; i < net.exact.count; i++) {
            size_t choice[LAYERS];
            sdse_network_front_choices(&net.exact, LAYERS, i, choice);
            const struct sdse_tradeoff at = total(net.layers, choice);
            assert_true(at.energy_pj == net.exact.elements[i].energy_pj);
            assert_true(at.latency_cycles == net.exact.elements[i].latency_cycles);
            if (!i)
                continue;
            assert_true(net.exact.elements[i].energy_pj >
                        net.exact.elements[i - 1].energy_pj);
            assert_true(net.exact.elements[i].latency_cycles <
                        net.exact.elements[i - 1].latency_cycles);
        }
        covers_all_combinations(net.layers, &net.exact);
        picks_the_least_combination(&seed, net.layers, &net.exact);
        assert_int_equal(sdse_network_front_pick(&net.exact, SDSE_ENERGY), 0);
        assert_int_equal(sdse_network_front_pick(&net.exact, SDSE_LATENCY),
                         net.exact.count - 1);
        sdse_arena_free(net.arena);
    }
}

// Energies that differ by less than a sum can hold are one element, the fastest.
static void sums_that_round_to_one_energy_are_one_element(void **state) {
    (void)state;
    struct sdse_arena *arena = sdse_arena_new();
    const struct sdse_tradeoff small[] = {{1, 10}, {2, 5}, {4096, 4}},
                               large[] = {{1e18, 100}};
    const struct sdse_layer_front layers[] = {
        {.count = 3, .repeat = 1, .elements = small},
        {.count = 1, .repeat = 1, .elements = large}};
    struct sdse_network_front front;
    assert_int_equal(
        sdse_network_front_build(layers, 2, SDSE_LARGEST_FRONT, NULL, arena, &front),
        SDSE_OK);
    assert_int_equal(front.count, 2);
    assert_true(front.elements[0].latency_cycles == 105 &&
                front.elements[1].latency_cycles == 104);
    sdse_arena_free(arena);
}

// A stop ends a long one with a status, and leaves *front alone; a short one is built.
static void stops_when_asked(void **state) {
    (void)state;
    enum { MANY = 400 };
    uint64_t seed = 88172645463325252u;
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_tradeoff(*elements)[MOST] = malloc(MANY * sizeof *elements);
    struct sdse_layer_front layers[MANY];
    assert_non_null(elements);
    for (int i = 0; i < MANY; i++)
        make_front(&seed, elements[i], &layers[i]);
    struct sdse_network_front front = {.count = 77};
    atomic_bool stop = true;
    assert_int_equal(sdse_network_front_build(layers, MANY, SDSE_LARGEST_FRONT, &stop,
                                              arena, &front),
                     SDSE_INTERRUPTED);
    assert_int_equal(front.count, 77);
    assert_int_equal(sdse_network_front_build(layers, LAYERS, SDSE_LARGEST_FRONT, &stop,
                                              arena, &front),
                     SDSE_OK);
    assert_true(front.count >= 1 && front.count != 77);
    free(elements);
    sdse_arena_free(arena);
}

// A front that outgrows its limit keeps both ends and what every objective picks; what
// is picked within a budget is no further from the best than its gap says.
static void thinning_is_honest(void **state) {
    (void)state;
    uint64_t seed = 2463534242u;
    size_t thinned = 0, gaps = 0;
    for (int round = 0; round < 4 * ROUNDS; round++) {
        struct network net;
        make_network(&seed, &net);
        struct sdse_network_front front;
        const size_t most = 1 + next(&seed) % 12;
        assert_int_equal(
            sdse_network_front_build(net.layers, LAYERS, most, NULL, net.arena, &front),
            SDSE_OK);
        thinned += front.thinned;
        assert_true(front.thinned || front.count == net.exact.count);
        assert_true(front.count <= most || front.count <= 2 * front.corner_count ||
                    !front.thinned);
        const struct sdse_tradeoff *last = &front.elements[front.count - 1];
        assert_true(front.elements[0].energy_pj == net.exact.elements[0].energy_pj);
        assert_true(last->latency_cycles ==
                    net.exact.elements[net.exact.count - 1].latency_cycles);
        for (int o = 0; o < SDSE_OBJECTIVES; o++) {
            const enum sdse_objective objective = (enum sdse_objective)o;
            const size_t free = sdse_network_front_pick(&front, objective);
            assert_true(value(objective, &front.elements[free]) ==
                        least_within(net.layers, objective, (double)INFINITY,
                                     (double)INFINITY));
            assert_true(sdse_network_front_gap(&front, objective, free,
                                               (double)INFINITY,
                                               (double)INFINITY) == 0);
            const struct sdse_tradeoff *cheap = &net.exact.elements[0];
            const double pj =
                cheap->energy_pj +
                (double)(next(&seed) % 9) / 8 * (last->energy_pj - cheap->energy_pj);
            const double cycles = last->latency_cycles +
                                  (double)(next(&seed) % 9) / 8 *
                                      (cheap->latency_cycles - last->latency_cycles);
            const size_t within =
                sdse_network_front_pick_within(&front, objective, pj, cycles);
            if (within == front.count)
                continue;
            const double gap =
                sdse_network_front_gap(&front, objective, within, pj, cycles);
            const double least = least_within(net.layers, objective, pj, cycles);
            const double found = value(objective, &front.elements[within]);
            assert_true(found <= least * (1 + gap) * (1 + 1e-8));
            gaps += found > least;
        }
        for (size_t i = 0; i < front.count; i++) {
            size_t choice[LAYERS];
            sdse_network_front_choices(&front, LAYERS, i, choice);
            const struct sdse_tradeoff at = total(net.layers, choice);
            assert_true(at.energy_pj == front.elements[i].energy_pj &&
                        at.latency_cycles == front.elements[i].latency_cycles);
        }
        sdse_arena_free(net.arena);
    }
    assert_true(thinned > ROUNDS && gaps > 20);
}

// What a front may lack beside what it has: every element that thinning dropped is
// covered, and so is every point of the hull, one of them no better than the gap says.
static void gap_of_what_is_missing(void **state) {
    (void)state;
    enum { STEPS = 2000 };
    uint64_t seed = 362436069u;
    size_t dropped = 0;
    for (int round = 0; round < ROUNDS; round++) {
        struct network net;
        make_network(&seed, &net);
        struct sdse_network_front few;
        sdse_network_front_build(net.layers, LAYERS, 2, NULL, net.arena, &few);
        size_t *corner = sdse_arena_alloc(net.arena, net.exact.count, sizeof *corner);
        const double gap =
            sdse_tradeoffs_gap(few.elements, sizeof *few.elements, few.count, corner);
        dropped += net.exact.count - few.count;
        for (size_t e = 0; e < net.exact.count; e++)
            assert_true(factor_to(&few, &net.exact.elements[e]) <= 1 + gap + 1e-9);
        double worst = 1;
        for (size_t c = 0; c + 1 < few.corner_count; c++)
            for (int s = 0; s <= STEPS; s++) {
                const struct sdse_tradeoff *a = &few.corners[c], *b = a + 1;
                const double share = (double)s / STEPS;
                const struct sdse_tradeoff at = {
                    a->energy_pj + share * (b->energy_pj - a->energy_pj),
                    a->latency_cycles +
                        share * (b->latency_cycles - a->latency_cycles)};
                worst = fmax(worst, factor_to(&few, &at));
            }
        assert_true(worst <= 1 + gap + 1e-9);
        assert_true(gap < 0.01 || worst > 1 + 0.95 * gap);
        sdse_arena_free(net.arena);
    }
    assert_true(dropped > ROUNDS);
    assert_true(sdse_tradeoffs_gap(&(struct sdse_tradeoff){1, 1},
                                   sizeof(struct sdse_tradeoff), 1, &(size_t){0}) == 0);
}

// What is kept of a large front: both ends, the picked one, and even spaces.
// Of the hull from (10, 100) to (20, 10) what a budget leaves: half the cycles take an
// energy of 10 + 10 x 50 / 90 at least, and an energy of 15 at least 55 cycles.
static void gap_within_a_budget(void **state) {
    (void)state;
    struct sdse_tradeoff corners[] = {{10, 100}, {20, 10}},
                         elements[] = {{10, 100}, {15, 60}, {16, 50}, {20, 10}};
    const struct sdse_network_front front = {.count = 4,
                                             .elements = elements,
                                             .corner_count = 2,
                                             .corners = corners,
                                             .thinned = true};
    const double free = (double)INFINITY;
    assert_true(fabs(sdse_network_front_gap(&front, SDSE_ENERGY, 2, free, 50) -
                     (16 / (10 + 500.0 / 90) - 1)) < 1e-12);
    assert_true(fabs(sdse_network_front_gap(&front, SDSE_LATENCY, 1, 15, free) -
                     (60.0 / 55 - 1)) < 1e-12);
}

static void equal_products_go_to_less_energy(void **state) {
    (void)state;
    struct sdse_tradeoff elements[] = {{2, 6}, {3, 4}};
    const struct sdse_network_front front = {.count = 2, .elements = elements};
    assert_int_equal(sdse_network_front_pick(&front, SDSE_EDP), 0);
}

// As slow as one before it, whatever lies between, is beaten; of equal ones the first
// stays.
static void what_is_beaten_goes(void **state) {
    (void)state;
    struct {
        struct sdse_tradeoff at;
        int number;
    } list[] = {{{1, 9}, 0}, {{2, 9}, 1}, {{2, 5}, 2},
                {{3, 7}, 3}, {{4, 4}, 4}, {{4, 4}, 5}};
    const int stay[] = {0, 2, 4};
    assert_int_equal(sdse_tradeoffs_keep_unbeaten(list, sizeof *list, 6), 3);
    for (int i = 0; i < 3; i++)
        assert_int_equal(list[i].number, stay[i]);
}

static void keeps_both_ends(void **state) {
    (void)state;
    size_t kept[40];
    for (size_t count = 1; count < 200; count++)
        for (size_t most = 3; most < 40; most++)
            for (size_t picked = 0; picked < count; picked += 1 + count / 7) {
                const size_t n = sdse_network_front_thin(count, most, picked, kept);
                assert_true(n <= most && n + 1 >= (count < most ? count + 1 : most));
                assert_true(kept[0] == 0 && kept[n - 1] == count - 1);
                bool there = kept[0] == picked;
                for (size_t i = 1; i < n; i++) {
                    assert_true(kept[i] > kept[i - 1]);
                    assert_true(kept[i] - kept[i - 1] <= 1 + count / (most - 2));
                    there |= kept[i] == picked;
                }
                assert_true(there);
            }
}

static void gaps_of_layers_multiply(void **state) {
    (void)state;
    assert_true(sdse_network_gap(SDSE_ENERGY, 0.5, 0) == 0.5);
    assert_true(sdse_network_gap(SDSE_LATENCY, 0.5, 0) == 0.5);
    assert_true(sdse_network_gap(SDSE_EDP, 0.5, 0) == 1.25);
    assert_true(sdse_network_gap(SDSE_ED2P, 0.5, 0) == 2.375);
    assert_true(sdse_network_gap(SDSE_EDP, 0, 0.25) == 0.25);
    assert_true(sdse_network_gap(SDSE_EDP, 0.5, 0.25) == 2.25 * 1.25 - 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equals_all_combinations),
        cmocka_unit_test(sums_that_round_to_one_energy_are_one_element),
        cmocka_unit_test(stops_when_asked),
        cmocka_unit_test(thinning_is_honest),
        cmocka_unit_test(gap_of_what_is_missing),
        cmocka_unit_test(gap_within_a_budget),
        cmocka_unit_test(equal_products_go_to_less_energy),
        cmocka_unit_test(what_is_beaten_goes),
        cmocka_unit_test(keeps_both_ends),
        cmocka_unit_test(gaps_of_layers_multiply)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
