// Sums of long fronts, and what may help beside them, equal all combinations looked at
// one by one, ties among them.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "dse/network/place_labels.h"

enum { MOST = 40, ROUNDS = 3000 };

static uint64_t next(uint64_t *seed) {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

// By rising energy, falling latency, in steps of at most `step`: small steps make ties
// of sums.
static size_t make_front(uint64_t *seed, uint64_t step, size_t most,
                         struct sdse_tradeoff *at) {
    const size_t count = 1 + next(seed) % most;
    double energy = (double)(next(seed) % 10), latency = 1000;
    for (size_t i = 0; i < count; i++) {
        energy += (double)(1 + next(seed) % step);
        latency -= (double)(1 + next(seed) % step);
        at[i] = (struct sdse_tradeoff){energy, latency};
    }
    return count;
}

// --- Labels ---

static int by_cost(const void *a, const void *b) {
    const struct sdse_place_label *x = a, *y = b;
    const int order = sdse_tradeoff_order(&x->at, &y->at);
    if (order)
        return order;
    if (x->more != y->more) // the number of the step: what was found first stays
        return x->more < y->more ? -1 : 1;
    if (x->parent != y->parent)
        return x->parent < y->parent ? -1 : 1;
    return x->choice < y->choice ? -1 : x->choice > y->choice;
}

struct step {
    size_t count;
    struct sdse_place_label before[MOST];
    struct sdse_tradeoff elements[MOST];
    struct sdse_layer_front answer;
    double times;
    struct sdse_place_label as;
};

static void make_step(uint64_t *seed, uint32_t number, struct step *step) {
    struct sdse_tradeoff at[MOST];
    const uint64_t coarse = 1 + next(seed) % 12;
    memset(step, 0, sizeof *step);
    step->count = make_front(seed, coarse, MOST, at);
    for (size_t i = 0; i < step->count; i++)
        step->before[i].at = at[i];
    step->answer.count =
        make_front(seed, coarse, next(seed) % 2 ? MOST : 3, step->elements);
    step->answer.elements = step->elements;
    step->times = (double)(1 + next(seed) % 3);
    step->as = (struct sdse_place_label){
        .at = {(double)(next(seed) % 4), (double)(next(seed) % 4)},
        .parent = (uint32_t)(next(seed) % 5),
        .choice = (uint32_t)(next(seed) % 5),
        .state = 7,
        .more = number};
}

// All sums of a step.
static size_t list_all(const struct step *step, struct sdse_place_label *sum) {
    size_t count = 0;
    for (size_t i = 0; i < step->count; i++)
        for (size_t c = 0; c < step->answer.count; c++) {
            struct sdse_place_label *next_sum = &sum[count++];
            *next_sum = step->as;
            next_sum->at.energy_pj += step->before[i].at.energy_pj +
                                      step->times * step->elements[c].energy_pj;
            next_sum->at.latency_cycles +=
                step->before[i].at.latency_cycles +
                step->times * step->elements[c].latency_cycles;
            next_sum->parent += (uint32_t)i;
            next_sum->choice += (uint32_t)c;
        }
    return count;
}

static void sums_of_steps_are_those_of_all_combinations(void **state) {
    enum { STEPS = 3 };
    static struct sdse_place_label all[STEPS * MOST * MOST];
    static struct step step[STEPS];
    uint64_t seed = 20261;
    (void)state;
    for (int round = 0; round < ROUNDS / STEPS; round++) {
        struct sdse_place_labels labels = {.goal = SDSE_PLACES_FRONT, .most = 1 << 20};
        size_t count = 0, total;
        for (uint32_t s = 0; s < STEPS; s++) {
            make_step(&seed, s, &step[s]);
            count += list_all(&step[s], &all[count]);
            assert_true(sdse_place_labels_add(&labels, step[s].before, step[s].count,
                                              step[s].times, &step[s].answer,
                                              &step[s].as));
        }
        qsort(all, count, sizeof *all, by_cost);
        count = sdse_tradeoffs_keep_unbeaten(all, sizeof *all, count);
        assert_true(sdse_place_labels_finish(&labels, &total));
        assert_int_equal(total, count);
        const struct sdse_place_front *front = sdse_place_labels_of(&labels, 7);
        for (size_t i = 0; i < count; i++)
            assert_memory_equal(&front->label[i], &all[i], sizeof all[i]);
        sdse_place_labels_free(&labels);
    }
}

// --- The bar ---

// Whether some sum is of use, one by one.
static bool may_help(const struct sdse_places_bar *bar, enum sdse_places_goal goal,
                     const struct sdse_tradeoff *least) {
    for (size_t i = 0; i < bar->before_count; i++) {
        const double energy = bar->before[i].energy_pj + least->energy_pj,
                     cycles = bar->before[i].latency_cycles + least->latency_cycles;
        bool beaten = false;
        for (size_t f = 0; f < bar->found_count; f++) {
            const struct sdse_tradeoff *at = &bar->found[f];
            if (goal == SDSE_PLACES_ENERGY)
                beaten |= at->energy_pj < energy ||
                          (at->energy_pj == energy && at->latency_cycles <= cycles);
            else if (goal == SDSE_PLACES_LATENCY)
                beaten |= at->latency_cycles < cycles ||
                          (at->latency_cycles == cycles && at->energy_pj <= energy);
            else
                beaten |= at->energy_pj <= energy && at->latency_cycles <= cycles;
        }
        if (!beaten)
            return true;
    }
    return false;
}

static void what_may_help_is_what_some_sum_does(void **state) {
    const enum sdse_places_goal goals[] = {SDSE_PLACES_FRONT, SDSE_PLACES_CORNERS,
                                           SDSE_PLACES_ENERGY, SDSE_PLACES_LATENCY};
    uint64_t seed = 4711;
    size_t helps = 0;
    (void)state;
    for (int round = 0; round < 8 * ROUNDS; round++) {
        struct sdse_tradeoff before[MOST], found[MOST];
        const enum sdse_places_goal goal = goals[round % 4];
        const bool one = goal == SDSE_PLACES_ENERGY || goal == SDSE_PLACES_LATENCY;
        const struct sdse_places_bar bar = {
            .before_count = make_front(&seed, 6, one ? 1 : MOST, before),
            .found_count = make_front(&seed, 6, one ? 1 : MOST, found),
            .before = before,
            .found = found};
        // Energies never tie: a tie is no gain, as sums are rounded.
        const struct sdse_tradeoff least = {(double)(next(&seed) % 40) / 2 - 4.25,
                                            (double)(next(&seed) % 40) / 2 - 8};
        const bool wanted = may_help(&bar, goal, &least);
        assert_int_equal(sdse_places_may_help(&bar, goal, &least), wanted);
        helps += wanted;
    }
    assert_true(helps > ROUNDS && helps < 7 * ROUNDS); // of 8 ROUNDS
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_of_steps_are_those_of_all_combinations),
        cmocka_unit_test(what_may_help_is_what_some_sum_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
