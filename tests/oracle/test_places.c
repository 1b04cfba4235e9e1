// The dynamic programme over places of live tensors against brute force: on generated
// tiny networks, with one memory that shares or several, every assignment of places,
// and every choice of every layer under it, one by one, without states or dominance.
//
//     test_places [NETWORKS [FIRST_SEED]]    (default 2000 networks)
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "dse/network/places.h"
#include "oracle/support_cases.h"
#include "support/sanitized.h"

enum {
    LAYERS = 5,
    POINTS = 3,
    OPERANDS = 3,
    MEMORIES = SDSE_MOST_SHARED,
    PLACES = 1 + 2 * MEMORIES,
    FOUND = (OPERANDS + 1) * (OPERANDS + 1) * (OPERANDS + 1), // in three memories
    MOST_SUMS = 1 << 22
};

struct point {
    struct sdse_tradeoff at;
    double bits[MEMORIES]; // of each memory beside what is reserved
};

struct network {
    struct sdse_placing placing;
    uint64_t repeat[LAYERS];
    struct sdse_handed_tensor tensor[LAYERS];
    size_t use[LAYERS][OPERANDS];
    double capacity_bits[MEMORIES];
    struct point point[LAYERS][FOUND][PLACES][POINTS];
    struct sdse_arena *arena;
};

static bool chance(uint64_t *state, unsigned percent) {
    return oracle_below(state, 100) < percent;
}

static void make_network(uint64_t seed, struct network *net) {
    uint64_t state = seed * 2 + 1;
    const size_t layers = 2 + (size_t)oracle_below(&state, LAYERS - 1);
    const unsigned memories = chance(&state, 50)   ? 1
                              : chance(&state, 70) ? 2
                                                   : MEMORIES;
    net->placing = (struct sdse_placing){.memory_count = memories,
                                         .layer_count = layers,
                                         .repeat = net->repeat,
                                         .tensor = net->tensor};
    for (unsigned m = 0; m < MEMORIES; m++)
        net->capacity_bits[m] = (double)(10 + oracle_below(&state, 60));
    for (size_t l = 0; l < layers; l++) {
        struct sdse_handed_tensor *made = &net->tensor[net->placing.tensor_count];
        size_t *use = net->use[net->placing.tensor_count];
        net->repeat[l] = 1;
        if (l + 1 < layers && chance(&state, 85)) {
            *made = (struct sdse_handed_tensor){.maker = l, .use = use};
            for (unsigned m = 0; m < memories; m++) {
                made->held_bits_in[m] = (double)(1 + oracle_below(&state, 30));
                made->may_share_in[m] = chance(&state, 90);
            }
            for (size_t at = l + 1; at < layers && made->use_count < OPERANDS; at++)
                for (unsigned twice = 0; twice < 2 && made->use_count < OPERANDS;
                     twice++)
                    if (chance(&state, twice ? 15 : at == l + 1 ? 80 : 35))
                        use[made->use_count++] = at;
            if (made->use_count == 0)
                use[made->use_count++] = l + 1;
            net->placing.tensor_count++;
        } else if (chance(&state, 20)) {
            net->repeat[l] = 3;
        }
        const unsigned found = memories > 2 ? FOUND : memories > 1 ? 16 : 4;
        for (unsigned o = 0; o < found; o++)
            for (unsigned p = 0; p < sdse_placing_places(&net->placing); p++)
                for (unsigned i = 0; i < POINTS; i++) {
                    struct point *point = &net->point[l][o][p][i];
                    point->at =
                        (struct sdse_tradeoff){(double)(1 + oracle_below(&state, 30)),
                                               (double)(1 + oracle_below(&state, 30))};
                    for (unsigned m = 0; m < memories; m++)
                        point->bits[m] = (double)oracle_below(&state, 40);
                }
    }
    for (size_t t = 0; t < net->placing.tensor_count; t++)
        net->repeat[net->tensor[t].maker] = 1;
}

// --- What the layers answer ---

// 0: outside; else 1 + the number of a memory.
static unsigned memory_of(enum sdse_place place) { return ((unsigned)place + 1) / 2; }

static double own_bits(const struct network *net,
                       const struct sdse_place_question *question, unsigned memory) {
    for (size_t t = 0; t < net->placing.tensor_count; t++)
        if (net->tensor[t].maker == question->layer &&
            memory_of(question->outputs) == memory + 1)
            return net->tensor[t].held_bits_in[memory];
    return 0;
}

static const struct point *points_of(const struct network *net,
                                     const struct sdse_place_question *question) {
    // No more operands are drawn than this; a layer may read more.
    unsigned found = 0;
    for (unsigned m = MEMORIES; m-- > 0;) {
        const unsigned operands = question->in[m].operands;
        found = found * (OPERANDS + 1) + (operands < OPERANDS ? operands : OPERANDS);
    }
    return net->point[question->layer][found][question->outputs];
}

static bool fits(const struct network *net, const struct sdse_place_question *question,
                 const struct point *point) {
    for (unsigned m = 0; m < net->placing.memory_count; m++)
        if (question->in[m].reserved_bits + own_bits(net, question, m) +
                point->bits[m] >
            net->capacity_bits[m])
            return false;
    return true;
}

static enum sdse_status ask(void *context, const struct sdse_place_question *question,
                            struct sdse_layer_front *answer) {
    struct network *net = context;
    const struct point *points = points_of(net, question);
    struct sdse_tradeoff *front =
        SDSE_ARENA_ARRAY(net->arena, struct sdse_tradeoff, POINTS);
    size_t count = 0;
    for (double after = 0; count < POINTS;) { // by rising energy
        const struct point *next = NULL;
        for (unsigned i = 0; i < POINTS; i++) {
            const struct point *p = &points[i];
            if (!fits(net, question, p) ||
                (count && p->at.latency_cycles >= front[count - 1].latency_cycles) ||
                p->at.energy_pj < after)
                continue;
            if (!next || p->at.energy_pj < next->at.energy_pj ||
                (p->at.energy_pj == next->at.energy_pj &&
                 p->at.latency_cycles < next->at.latency_cycles))
                next = p;
        }
        if (!next)
            break;
        front[count++] = next->at;
        after = next->at.energy_pj;
    }
    *answer = (struct sdse_layer_front){count, front, 1, 0};
    return SDSE_OK;
}

// --- The truth ---

struct truth {
    size_t count;
    struct sdse_tradeoff *sum;
};

// The question of a layer when all places are given, from what is held while it runs:
// a tensor comes with its maker and goes after the use that it is kept for.
static struct sdse_place_question
question_of(const struct network *net, const enum sdse_place *place, size_t layer) {
    struct sdse_place_question question = {.layer = layer};
    for (size_t t = 0; t < net->placing.tensor_count; t++) {
        const struct sdse_handed_tensor *tensor = &net->tensor[t];
        size_t kept_for = tensor->maker;
        for (size_t u = 0; u < tensor->use_count; u++) {
            const bool first = tensor->use[u] == tensor->use[0],
                       both = place[t] % 2 == 0;
            if (place[t] && (!both || first))
                kept_for = tensor->use[u];
        }
        if (tensor->maker == layer)
            question.outputs = place[t];
        if (tensor->maker >= layer || kept_for < layer)
            continue;
        const unsigned memory = memory_of(place[t]) - 1;
        question.in[memory].reserved_bits += tensor->held_bits_in[memory];
        for (size_t u = 0; u < tensor->use_count; u++)
            question.in[memory].operands += tensor->use[u] == layer;
    }
    return question;
}

static void add_layers(const struct network *net, const enum sdse_place *place,
                       size_t layer, struct sdse_tradeoff at, struct truth *truth) {
    if (layer == net->placing.layer_count) {
        assert_true(truth->count < MOST_SUMS);
        truth->sum[truth->count++] = at;
        return;
    }
    const struct sdse_place_question question = question_of(net, place, layer);
    const struct point *points = points_of(net, &question);
    const double times = (double)net->repeat[layer];
    for (unsigned i = 0; i < POINTS; i++)
        if (fits(net, &question, &points[i]))
            add_layers(net, place, layer + 1,
                       (struct sdse_tradeoff){
                           at.energy_pj + times * points[i].at.energy_pj,
                           at.latency_cycles + times * points[i].at.latency_cycles},
                       truth);
}

static void try_places(const struct network *net, enum sdse_place *place, size_t t,
                       struct truth *truth) {
    if (t == net->placing.tensor_count) {
        add_layers(net, place, 0, (struct sdse_tradeoff){0, 0}, truth);
        return;
    }
    const struct sdse_handed_tensor *tensor = &net->tensor[t];
    bool later = false;
    for (size_t u = 1; u < tensor->use_count; u++)
        later |= tensor->use[u] != tensor->use[0];
    for (unsigned p = 0; p < 1 + 2 * net->placing.memory_count; p++) {
        if (p && !tensor->may_share_in[(p - 1) / 2])
            continue;
        if (p && p % 2 == 0 && !later)
            continue;
        place[t] = (enum sdse_place)p;
        try_places(net, place, t + 1, truth);
    }
}

static bool beats(const struct sdse_tradeoff *a, const struct sdse_tradeoff *b) {
    return a->energy_pj <= b->energy_pj && a->latency_cycles <= b->latency_cycles;
}

static double product(const struct sdse_tradeoff *at) {
    return at->energy_pj * at->latency_cycles;
}

// --- Comparison ---

static uint64_t current_seed;

static void expect(bool good, const char *what) {
    if (!good)
        fail_msg("network %llu: %s", (unsigned long long)current_seed, what);
}

// The choices of an element add up to it, and fit.
static void check_choices(struct network *net, const struct sdse_places *places,
                          size_t element) {
    struct sdse_place_question question[LAYERS];
    size_t choice[LAYERS];
    enum sdse_place place[LAYERS];
    struct sdse_tradeoff sum = {0, 0};
    struct sdse_copies none;
    sdse_places_choices(places, element, question, choice, place, &none);
    expect(none.count == 0, "moved where nothing may be");
    for (size_t l = 0; l < net->placing.layer_count; l++) {
        const struct sdse_place_question again = question_of(net, place, l);
        struct sdse_layer_front answer;
        expect(question[l].layer == l && question[l].outputs == again.outputs,
               "a question is not that of the places");
        for (unsigned m = 0; m < MEMORIES; m++)
            expect(question[l].in[m].operands == again.in[m].operands &&
                       question[l].in[m].reserved_bits == again.in[m].reserved_bits,
                   "a question is not that of the places in a memory");
        ask(net, &again, &answer);
        expect(choice[l] < answer.count, "a choice is none");
        const double times = (double)net->repeat[l];
        sum.energy_pj += times * answer.elements[choice[l]].energy_pj;
        sum.latency_cycles += times * answer.elements[choice[l]].latency_cycles;
    }
    expect(sum.energy_pj == places->elements[element].energy_pj &&
               sum.latency_cycles == places->elements[element].latency_cycles,
           "choices do not add up");
}

// At one boundary, of the tensors that are alive there.
static size_t most_states(const struct network *net) {
    size_t most = 1;
    for (size_t l = 0; l < net->placing.layer_count; l++) {
        size_t states = 1;
        for (size_t t = 0; t < net->placing.tensor_count; t++) {
            const struct sdse_handed_tensor *tensor = &net->tensor[t];
            if (tensor->maker <= l && tensor->use[tensor->use_count - 1] > l)
                states *= 1 + 2 * net->placing.memory_count;
        }
        most = states > most ? states : most;
    }
    return most;
}

static struct sdse_places find(struct network *net, enum sdse_places_goal goal,
                               size_t most) {
    struct sdse_places places;
    assert_int_equal(
        sdse_places_find(&net->placing, goal, most, ask, net, net->arena, &places),
        SDSE_OK);
    for (size_t i = 0; i < places.count; i++)
        check_choices(net, &places, i);
    expect(places.states <= most_states(net), "more states than places allow");
    return places;
}

// Of each element of a front one of a few is within what these say may be missing.
static void expect_covered(const struct sdse_places *few,
                           const struct sdse_places *all) {
    size_t *corner = malloc(few->count * sizeof *corner);
    assert_non_null(corner);
    const double most = 1 + 1e-9 +
                        sdse_tradeoffs_gap(few->elements, sizeof *few->elements,
                                           few->count, corner);
    for (size_t p = 0; p < all->count; p++) {
        bool near = false;
        for (size_t i = 0; i < few->count; i++)
            near |= few->elements[i].energy_pj <= most * all->elements[p].energy_pj &&
                    few->elements[i].latency_cycles <=
                        most * all->elements[p].latency_cycles;
        expect(near, "more is missing than the gap says");
    }
    free(corner);
}

static void compare_front(struct network *net, const struct truth *truth) {
    const struct sdse_places places = find(net, SDSE_PLACES_FRONT, 100000);
    expect(!places.thinned, "thinned");
    for (size_t i = 0; i < truth->count; i++) {
        bool beaten = false;
        for (size_t p = 0; p < places.count; p++)
            beaten |= beats(&places.elements[p], &truth->sum[i]);
        expect(beaten, "an element is missing");
    }
    for (size_t p = 0; p < places.count; p++) {
        bool found = false;
        for (size_t i = 0; i < truth->count; i++)
            found |= beats(&truth->sum[i], &places.elements[p]);
        expect(found, "an element that nothing attains");
        expect(p == 0 ||
                   (places.elements[p].energy_pj > places.elements[p - 1].energy_pj &&
                    places.elements[p].latency_cycles <
                        places.elements[p - 1].latency_cycles),
               "the front does not rise");
    }
    const struct sdse_places few = find(net, SDSE_PLACES_FRONT, 2);
    expect(few.count <= places.count && (few.thinned || few.count == places.count),
           "thinning is not said");
    if (places.count)
        expect_covered(&few, &places);
    if (places.count)
        expect(few.elements[0].energy_pj == places.elements[0].energy_pj &&
                   few.elements[few.count - 1].latency_cycles ==
                       places.elements[places.count - 1].latency_cycles,
               "thinning lost an end");
}

static void compare_optima(struct network *net, const struct truth *truth) {
    struct sdse_tradeoff energy = truth->sum[0], latency = truth->sum[0];
    double least_product = (double)INFINITY;
    for (size_t i = 0; i < truth->count; i++) {
        const struct sdse_tradeoff *at = &truth->sum[i];
        if (at->energy_pj < energy.energy_pj ||
            (at->energy_pj == energy.energy_pj &&
             at->latency_cycles < energy.latency_cycles))
            energy = *at;
        if (at->latency_cycles < latency.latency_cycles ||
            (at->latency_cycles == latency.latency_cycles &&
             at->energy_pj < latency.energy_pj))
            latency = *at;
        least_product = fmin(least_product, product(at));
    }
    const struct sdse_places by_energy = find(net, SDSE_PLACES_ENERGY, 2),
                             by_latency = find(net, SDSE_PLACES_LATENCY, 2),
                             corners = find(net, SDSE_PLACES_CORNERS, 2),
                             thinned = find(net, SDSE_PLACES_FRONT, 2);
    expect(by_energy.count == 1 && by_latency.count == 1, "not one optimum");
    expect(by_energy.elements[0].energy_pj == energy.energy_pj &&
               by_energy.elements[0].latency_cycles == energy.latency_cycles,
           "the least energy");
    expect(by_latency.elements[0].energy_pj == latency.energy_pj &&
               by_latency.elements[0].latency_cycles == latency.latency_cycles,
           "the least latency");
    double least = (double)INFINITY, least_of_few = (double)INFINITY;
    for (size_t i = 0; i < corners.count; i++)
        least = fmin(least, product(&corners.elements[i]));
    for (size_t i = 0; i < thinned.count; i++)
        least_of_few = fmin(least_of_few, product(&thinned.elements[i]));
    expect(least == least_product, "the least product among corners");
    expect(least_of_few == least_product, "the least product after thinning");
}

static uint64_t network_count = SANITIZED ? 300 : 2000, first_seed = 1;

static void test_equals_brute_force(void **state) {
    (void)state;
    struct truth truth = {.sum = malloc(MOST_SUMS * sizeof *truth.sum)};
    assert_non_null(truth.sum);
    uint64_t sums = 0, none = 0, shared = 0, several = 0;
    for (uint64_t i = 0; i < network_count; i++) {
        struct network net = {.arena = sdse_arena_new()};
        enum sdse_place place[LAYERS];
        current_seed = first_seed + i;
        make_network(current_seed, &net);
        truth.count = 0;
        try_places(&net, place, 0, &truth);
        sums += truth.count;
        several += net.placing.memory_count > 1;
        none += truth.count == 0;
        if (truth.count > 20000) { // comparing is quadratic: what nothing beats
            size_t kept = 0;
            for (size_t a = 0; a < truth.count; a++) {
                bool beaten = false;
                for (size_t b = 0; b < kept && !beaten; b++)
                    beaten = beats(&truth.sum[b], &truth.sum[a]);
                if (!beaten)
                    truth.sum[kept++] = truth.sum[a];
            }
            truth.count = kept;
        }
        compare_front(&net, &truth);
        if (truth.count)
            compare_optima(&net, &truth);
        const struct sdse_places all = find(&net, SDSE_PLACES_ENERGY, 2);
        struct network bare = net;
        bare.placing.tensor_count = 0;
        const struct sdse_places unshared = find(&bare, SDSE_PLACES_ENERGY, 2);
        shared += all.count && (!unshared.count || all.elements[0].energy_pj <
                                                       unshared.elements[0].energy_pj);
        // Unshared is one of the choices.
        expect(!unshared.count ||
                   all.elements[0].energy_pj <= unshared.elements[0].energy_pj,
               "sharing is worse than not sharing");
        sdse_arena_free(net.arena);
    }
    print_message(
        "## places: %llu networks, %llu of them with several memories, equal brute "
        "force over %llu schedules, %llu share a tensor at the least energy, %llu have "
        "no schedule\n",
        (unsigned long long)network_count, (unsigned long long)several,
        (unsigned long long)sums, (unsigned long long)shared, (unsigned long long)none);
    assert_true(shared > network_count / 4 && none > 0);
    free(truth.sum);
}

static enum sdse_status ask_for_one(void *context,
                                    const struct sdse_place_question *question,
                                    struct sdse_layer_front *answer) {
    static const struct sdse_tradeoff one = {1, 1};
    (void)context, (void)question;
    *answer = (struct sdse_layer_front){1, &one, 1, 0};
    return SDSE_OK;
}

// Twelve tensors may be alive at once, and no more.
static void test_too_many_alive(void **state) {
    (void)state;
    enum { MOST = 12 };
    static const size_t last[] = {MOST + 1};
    struct sdse_handed_tensor tensor[MOST + 1];
    uint64_t repeat[MOST + 2];
    for (size_t i = 0; i < MOST + 2; i++)
        repeat[i] = 1;
    for (size_t i = 0; i <= MOST; i++)
        tensor[i] = (struct sdse_handed_tensor){
            .maker = i, .use_count = 1, .use = last, .held_bits = 1};
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_places places;
    struct sdse_placing placing = {.layer_count = MOST + 2,
                                   .repeat = repeat,
                                   .tensor_count = MOST,
                                   .tensor = tensor};
    assert_int_equal(sdse_places_find(&placing, SDSE_PLACES_ENERGY, 2, ask_for_one,
                                      NULL, arena, &places),
                     SDSE_OK);
    assert_true(places.elements[0].energy_pj == MOST + 2);
    placing.tensor_count = MOST + 1;
    assert_int_equal(sdse_places_find(&placing, SDSE_PLACES_ENERGY, 2, ask_for_one,
                                      NULL, arena, &places),
                     SDSE_OVERFLOW);
    sdse_arena_free(arena);
}

// Of ways that come out equal the first stands: nothing shared, no group.
static void test_equal_ways(void **state) {
    (void)state;
    static const size_t use[] = {1};
    static const uint64_t repeat[] = {1, 1};
    static const struct sdse_handed_tensor tensor = {
        .use_count = 1, .use = use, .held_bits = 1, .may_share = true};
    const struct sdse_placing placing = {
        .layer_count = 2, .repeat = repeat, .tensor_count = 1, .tensor = &tensor};
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_places places;
    struct sdse_place_question question[2];
    size_t choice[2];
    enum sdse_place place;
    assert_int_equal(sdse_places_find(&placing, SDSE_PLACES_FRONT, 2, ask_for_one, NULL,
                                      arena, &places),
                     SDSE_OK);
    assert_int_equal(places.count, 1);
    assert_int_equal(places.states, 2);
    struct sdse_copies none;
    sdse_places_choices(&places, 0, question, choice, &place, &none);
    assert_int_equal(place, SDSE_PLACE_OUTERMOST);
    sdse_arena_free(arena);
}

// --- Long fronts ---

enum { STEPS = 3, LONGEST = 90 };

struct long_fronts {
    size_t count[STEPS];
    struct sdse_tradeoff at[STEPS][LONGEST];
};

static enum sdse_status ask_for_long(void *context,
                                     const struct sdse_place_question *question,
                                     struct sdse_layer_front *answer) {
    const struct long_fronts *fronts = context;
    *answer = (struct sdse_layer_front){fronts->count[question->layer],
                                        fronts->at[question->layer], 1, 0};
    return SDSE_OK;
}

static int by_energy(const void *a, const void *b) {
    const struct sdse_tradeoff *x = a, *y = b;
    if (x->energy_pj != y->energy_pj)
        return x->energy_pj < y->energy_pj ? -1 : 1;
    return x->latency_cycles < y->latency_cycles
               ? -1
               : x->latency_cycles > y->latency_cycles;
}

// Layers of many points: of whole numbers, so that many sums are equal, and one of each
// equal pair must stay; so large in some that sums are rounded to even ones.
static void test_long_fronts(void **state) {
    (void)state;
    static const uint64_t repeat[STEPS] = {1, 2, 1};
    const struct sdse_placing placing = {.layer_count = STEPS, .repeat = repeat};
    for (uint64_t seed = 1; seed <= 6; seed++) {
        struct long_fronts fronts = {.count = {LONGEST, 5 + seed, 9}};
        struct sdse_arena *arena = sdse_arena_new();
        struct sdse_places places;
        uint64_t random = seed;
        size_t sums = 1, count = 0;
        for (size_t l = 0; l < STEPS; l++) {
            struct sdse_tradeoff at = {seed > 4 && l == 0 ? 0x1p53 : 1000, 10000};
            for (size_t i = 0; i < fronts.count[l]; i++) {
                at.energy_pj += (double)(1 + oracle_below(&random, 3));
                at.latency_cycles -= (double)(1 + oracle_below(&random, 3));
                fronts.at[l][i] = at;
            }
            sums *= fronts.count[l];
        }
        struct sdse_tradeoff *sum = SDSE_ARENA_ARRAY(arena, struct sdse_tradeoff, sums);
        assert_non_null(sum);
        for (size_t i = 0; i < sums; i++) {
            sum[i] = (struct sdse_tradeoff){0, 0};
            for (size_t l = 0, left = i; l < STEPS; left /= fronts.count[l++]) {
                const struct sdse_tradeoff *at = &fronts.at[l][left % fronts.count[l]];
                sum[i].energy_pj += (double)repeat[l] * at->energy_pj;
                sum[i].latency_cycles += (double)repeat[l] * at->latency_cycles;
            }
        }
        qsort(sum, sums, sizeof *sum, by_energy);
        for (size_t i = 0; i < sums; i++)
            if (!count || sum[i].latency_cycles < sum[count - 1].latency_cycles)
                sum[count++] = sum[i];
        assert_int_equal(sdse_places_find(&placing, SDSE_PLACES_FRONT, 100000,
                                          ask_for_long, &fronts, arena, &places),
                         SDSE_OK);
        assert_int_equal(places.count, count);
        for (size_t i = 0; i < count; i++)
            assert_true(places.elements[i].energy_pj == sum[i].energy_pj &&
                        places.elements[i].latency_cycles == sum[i].latency_cycles);
        enum { MOST = 50 };
        assert_int_equal(sdse_places_find(&placing, SDSE_PLACES_FRONT, MOST,
                                          ask_for_long, &fronts, arena, &places),
                         SDSE_OK);
        assert_true(places.thinned && places.count <= MOST);
        sdse_arena_free(arena);
    }
}

int main(int argc, char **argv) {
    if (argc > 1)
        network_count = strtoull(argv[1], NULL, 10);
    if (argc > 2)
        first_seed = strtoull(argv[2], NULL, 10);
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_equals_brute_force),
                                       cmocka_unit_test(test_too_many_alive),
                                       cmocka_unit_test(test_equal_ways),
                                       cmocka_unit_test(test_long_fronts)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
