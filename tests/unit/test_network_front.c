// The network's front equals the front of all combinations of layer choices.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

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
        struct sdse_arena *arena = sdse_arena_new();
        struct sdse_tradeoff elements[LAYERS][MOST];
        struct sdse_layer_front layers[LAYERS];
        for (int i = 0; i < LAYERS; i++)
            make_front(&seed, elements[i], &layers[i]);
        struct sdse_network_front front;
        assert_int_equal(sdse_network_front_build(layers, LAYERS, arena, &front),
                         SDSE_OK);
        assert_false(front.thinned);
        for (size_t i = 0; i < front.count; i++) {
            size_t choice[LAYERS];
            sdse_network_front_choices(&front, LAYERS, i, choice);
            const struct sdse_tradeoff at = total(layers, choice);
            assert_true(at.energy_pj == front.elements[i].energy_pj);
            assert_true(at.latency_cycles == front.elements[i].latency_cycles);
            if (!i)
                continue;
            assert_true(front.elements[i].energy_pj > front.elements[i - 1].energy_pj);
            assert_true(front.elements[i].latency_cycles <
                        front.elements[i - 1].latency_cycles);
        }
        covers_all_combinations(layers, &front);
        picks_the_least_combination(&seed, layers, &front);
        assert_int_equal(sdse_network_front_pick(&front, SDSE_ENERGY), 0);
        assert_int_equal(sdse_network_front_pick(&front, SDSE_LATENCY),
                         front.count - 1);
        sdse_arena_free(arena);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(equals_all_combinations)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
