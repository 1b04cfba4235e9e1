// The dynamic programme over places where tensors are moved between layers, against
// brute force: on generated tiny networks every partition into layers and groups, every
// place of every output, and between all of them every move of every living tensor,
// into the shared memory and out of it, whether it is of use or not.
//
//     test_places_moved [NETWORKS [FIRST_SEED]]    (default 3000 networks)
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dse/network/places.h"
#include "oracle/support_cases.h"
#include "support/sanitized.h"

enum { LAYERS = 4, POINTS = 2, USES = 3, GROUPS = 6 };

struct network {
    struct sdse_placing placing;
    uint64_t repeat[LAYERS];
    struct sdse_handed_tensor tensor[LAYERS];
    size_t use[LAYERS][USES];
    enum sdse_handed_as as[LAYERS][USES];
    struct sdse_layer_group group[GROUPS];
    struct sdse_tradeoff copy[LAYERS];
    // What writing a tensor to the outermost memory takes: beside its maker, which may
    // hide some of the time, and by itself.
    struct sdse_tradeoff through[LAYERS], spill[LAYERS];
    // Tensors are also moved out of the shared memory, which takes no less than writing
    // them to both as they are made; else that costs anything.
    bool spills;
    double capacity_bits;
    uint64_t seed;
    struct sdse_arena *arena;
};

static uint64_t below(const struct network *net, const char *what, uint64_t a,
                      uint64_t b, uint64_t limit) {
    uint64_t state = net->seed;
    for (; *what; what++)
        state = state * 31 + (unsigned char)*what;
    state = (state * 1000003 + a) * 1000003 + b;
    for (int i = 0; i < 3; i++)
        oracle_below(&state, 2);
    return oracle_below(&state, limit);
}

static size_t last_use(const struct sdse_handed_tensor *tensor) {
    return tensor->use[tensor->use_count - 1];
}

static void add_tensor(struct network *net, uint64_t *state, size_t maker) {
    const size_t t = net->placing.tensor_count++, layers = net->placing.layer_count;
    struct sdse_handed_tensor *made = &net->tensor[t];
    *made =
        (struct sdse_handed_tensor){.maker = maker,
                                    .use = net->use[t],
                                    .as = net->as[t],
                                    .held_bits = (double)(1 + oracle_below(state, 20)),
                                    .may_share = oracle_below(state, 100) < 92};
    for (size_t at = maker + 1; at < layers && made->use_count < USES; at++)
        if (oracle_below(state, 100) < (at == maker + 1 ? 70 : 50))
            net->use[t][made->use_count++] = at;
    if (!made->use_count)
        net->use[t][made->use_count++] = layers - 1;
    for (size_t u = 0; u < made->use_count; u++)
        net->as[t][u] = (enum sdse_handed_as)oracle_below(state, SDSE_HANDED_KINDS);
    net->copy[t] = (struct sdse_tradeoff){(double)(1 + oracle_below(state, 6)),
                                          (double)(1 + oracle_below(state, 6))};
    net->spill[t] = (struct sdse_tradeoff){(double)(1 + oracle_below(state, 6)),
                                           (double)(1 + oracle_below(state, 6))};
    net->through[t] = (struct sdse_tradeoff){
        net->spills ? net->spill[t].energy_pj : (double)oracle_below(state, 7),
        (double)oracle_below(state, 7)};
    if (net->spills)
        net->through[t].latency_cycles =
            fmin(net->through[t].latency_cycles, net->spill[t].latency_cycles);
}

// A group keeps what it hands over inside.
static bool may_group(const struct network *net, size_t first, size_t last) {
    for (size_t t = 0; t < net->placing.tensor_count; t++)
        if (net->tensor[t].maker >= first && net->tensor[t].maker < last &&
            last_use(&net->tensor[t]) > last)
            return false;
    return true;
}

static void make_network(uint64_t seed, struct network *net) {
    uint64_t state = seed * 2 + 1;
    net->seed = seed;
    net->placing = (struct sdse_placing){
        .layer_count = 2 + (size_t)oracle_below(&state, LAYERS - 1),
        .repeat = net->repeat,
        .tensor = net->tensor,
        .group = net->group,
        .copy_cost = net->copy};
    net->spills = oracle_below(&state, 3) > 0;
    net->capacity_bits = net->placing.room_bits =
        (double)(8 + oracle_below(&state, 40));
    for (size_t l = 0; l < net->placing.layer_count; l++) {
        const size_t tensors = net->placing.tensor_count;
        if (l + 1 < net->placing.layer_count && oracle_below(&state, 100) < 90)
            add_tensor(net, &state, l);
        // What hands nothing over may stand there often.
        net->repeat[l] = net->placing.tensor_count > tensors ? 1 : 1 + seed % 3;
    }
    for (size_t last = 1; last < net->placing.layer_count; last++)
        for (size_t first = 0; first < last; first++)
            if (may_group(net, first, last) && oracle_below(&state, 100) < 70)
                net->group[net->placing.group_count++] =
                    (struct sdse_layer_group){first, last};
}

// --- What layers and groups answer ---

static double own_bits(const struct network *net,
                       const struct sdse_place_question *question) {
    const struct sdse_handed_tensor *made =
        sdse_handed_by(&net->placing, question->layer + question->more);
    return made && question->outputs != SDSE_PLACE_OUTERMOST ? made->held_bits : 0;
}

// One of the points of a question, if it fits.
static bool point_of(const struct network *net,
                     const struct sdse_place_question *question, uint64_t index,
                     struct sdse_tradeoff *at) {
    const struct sdse_handed_tensor *made =
        sdse_handed_by(&net->placing, question->layer + question->more);
    const bool both = question->outputs == SDSE_PLACE_BOTH;
    const uint64_t outputs = both ? SDSE_PLACE_SHARED : question->outputs,
                   found = question->operands + 4 * question->addends +
                           16 * (uint64_t)question->weights +
                           32 * question->group_inputs + 512 * question->group_addends +
                           8192 * question->group_weights,
                   what =
                       (question->layer * 8 + question->more) * 8 + outputs * 2 + index;
    const uint64_t most = 12 + 12 * question->more;
    const double bits = (double)below(net, "bits", what, found, 30);
    *at = (struct sdse_tradeoff){(double)(1 + below(net, "energy", what, found, most)),
                                 (double)(1 + below(net, "cycles", what, found, most))};
    if (both) {
        at->energy_pj += net->through[made - net->tensor].energy_pj;
        at->latency_cycles += net->through[made - net->tensor].latency_cycles;
    }
    return question->reserved_bits + own_bits(net, question) + bits <=
           net->capacity_bits;
}

// Elements of a layer are told apart whatever was asked: those of a question are
// numbered from here.
static size_t first_of(const struct sdse_place_question *question) {
    return POINTS * (question->outputs + SDSE_PLACES * question->layer);
}

static enum sdse_status ask(void *context, const struct sdse_place_question *question,
                            struct sdse_layer_front *answer) {
    struct network *net = context;
    struct sdse_tradeoff *front =
        SDSE_ARENA_ARRAY(net->arena, struct sdse_tradeoff, POINTS);
    size_t count = 0;
    for (uint64_t i = 0; i < POINTS; i++)
        count += point_of(net, question, i, &front[count]);
    if (count == 2 && sdse_tradeoff_order(&front[0], &front[1]) > 0) {
        const struct sdse_tradeoff other = front[0];
        front[0] = front[1];
        front[1] = other;
    }
    if (count == 2 && front[1].latency_cycles >= front[0].latency_cycles)
        count = 1;
    *answer = (struct sdse_layer_front){count, front, 1, first_of(question)};
    return SDSE_OK;
}

// --- The truth ---

struct truth {
    size_t count, room;
    struct sdse_tradeoff *sum;
};

static void keep(struct truth *truth, const struct sdse_tradeoff *at) {
    if (truth->count == truth->room) {
        truth->room = 2 * truth->room + 1024;
        truth->sum = realloc(truth->sum, truth->room * sizeof *truth->sum);
        assert_non_null(truth->sum);
    }
    truth->sum[truth->count++] = *at;
}

// Places of tensors while layers run: of those alive.
struct state {
    size_t layer; // the next one
    enum sdse_place place[LAYERS];
    struct sdse_tradeoff at;
};

static void run(const struct network *net, const struct state *from,
                struct truth *truth);

// Whether layers `first` on may be a group that ends with `last`.
static bool is_group(const struct network *net, size_t first, size_t last) {
    bool is = first == last;
    for (size_t g = 0; g < net->placing.group_count; g++)
        is |= net->group[g].first == first && net->group[g].last == last;
    return is;
}

// How often layers `first` on that end with `last` are run.
static double times_of(const struct network *net, size_t first, size_t last) {
    return first == last ? (double)net->repeat[first] : 1;
}

static struct sdse_place_question question_at(const struct network *net,
                                              const struct state *from, size_t last) {
    struct sdse_place_question question = {.layer = from->layer,
                                           .more = last - from->layer};
    for (size_t t = 0; t < net->placing.tensor_count; t++) {
        const struct sdse_handed_tensor *tensor = &net->tensor[t];
        if (tensor->maker >= from->layer || last_use(tensor) < from->layer ||
            from->place[t] == SDSE_PLACE_OUTERMOST)
            continue;
        question.reserved_bits += tensor->held_bits;
        sdse_handed_note(tensor, 0, from->layer, &question);
    }
    return question;
}

static void run_until(const struct network *net, const struct state *from, size_t last,
                      struct truth *truth) {
    struct sdse_place_question question = question_at(net, from, last);
    const struct sdse_handed_tensor *made = sdse_handed_by(&net->placing, last);
    const double times = times_of(net, from->layer, last);
    for (int p = 0; p < SDSE_PLACES; p++) {
        question.outputs = (enum sdse_place)p;
        if (p && !(made && made->may_share))
            break;
        for (uint64_t i = 0; i < POINTS; i++) {
            struct state next = *from;
            struct sdse_tradeoff more;
            if (!point_of(net, &question, i, &more))
                continue;
            next.layer = last + 1;
            next.at.energy_pj += times * more.energy_pj;
            next.at.latency_cycles += times * more.latency_cycles;
            if (made)
                next.place[made - net->tensor] = question.outputs;
            run(net, &next, truth);
        }
    }
}

// Every move of the tensors from the t-th on, then every way to run what is next.
static void move(const struct network *net, const struct state *from, size_t t,
                 struct truth *truth) {
    if (t == net->placing.tensor_count) {
        double held = 0;
        for (size_t i = 0; i < t; i++)
            if (net->tensor[i].maker < from->layer &&
                last_use(&net->tensor[i]) >= from->layer &&
                from->place[i] != SDSE_PLACE_OUTERMOST)
                held += net->tensor[i].held_bits;
        for (size_t last = from->layer; last < net->placing.layer_count; last++)
            if (held <= net->capacity_bits && is_group(net, from->layer, last))
                run_until(net, from, last, truth);
        return;
    }
    const struct sdse_handed_tensor *tensor = &net->tensor[t];
    move(net, from, t + 1, truth);
    if (tensor->maker >= from->layer || last_use(tensor) < from->layer ||
        !tensor->may_share)
        return;
    struct state moved = *from;
    switch (from->place[t]) {
    case SDSE_PLACE_OUTERMOST:
        moved.place[t] = SDSE_PLACE_BOTH;
        moved.at.energy_pj += net->copy[t].energy_pj;
        moved.at.latency_cycles += net->copy[t].latency_cycles;
        move(net, &moved, t + 1, truth);
        break;
    case SDSE_PLACE_BOTH:
        moved.place[t] = SDSE_PLACE_OUTERMOST;
        move(net, &moved, t + 1, truth);
        break;
    default:
        if (!net->spills)
            break;
        moved.at.energy_pj += net->spill[t].energy_pj;
        moved.at.latency_cycles += net->spill[t].latency_cycles;
        moved.place[t] = SDSE_PLACE_OUTERMOST;
        move(net, &moved, t + 1, truth);
        moved.place[t] = SDSE_PLACE_BOTH;
        move(net, &moved, t + 1, truth);
    }
}

static void run(const struct network *net, const struct state *from,
                struct truth *truth) {
    if (from->layer == net->placing.layer_count)
        keep(truth, &from->at);
    else
        move(net, from, 0, truth);
}

// --- Comparison ---

static uint64_t current_seed;

static void expect(bool good, const char *what) {
    if (!good)
        fail_msg("network %llu: %s", (unsigned long long)current_seed, what);
}

static bool beats(const struct sdse_tradeoff *a, const struct sdse_tradeoff *b) {
    return a->energy_pj <= b->energy_pj && a->latency_cycles <= b->latency_cycles;
}

// Copies are told by the layer that they begin with, then by tensor; but for what is in
// both memories as it is made, and stays there until the step of its first use.
static void check_order(const struct network *net, const struct sdse_copies *copies,
                        const struct sdse_place_question *question) {
    for (size_t i = 0; i < copies->count; i++) {
        const struct sdse_copy *copy = &copies->copy[i], *next = copy + 1;
        const struct sdse_handed_tensor *tensor = &net->tensor[copy->tensor];
        size_t first = copy->until; // of the step that it ends with
        while (question[first].inside)
            first--;
        expect(copy->from != tensor->maker || copy->until == tensor->maker ||
                   tensor->use[0] < first,
               "a copy that needs no saying");
        expect(i + 1 == copies->count || copy->from < next->from ||
                   (copy->from == next->from && copy->tensor < next->tensor),
               "copies out of order");
    }
}

// What is chosen, run layer by layer: what is said to be in the shared memory comes
// there by a copy or by its maker, and what is read is there.
static void check_choices(struct network *net, const struct sdse_places *places,
                          size_t element, uint64_t *brought, uint64_t *left) {
    const struct sdse_placing *placing = &net->placing;
    struct sdse_place_question question[LAYERS];
    struct sdse_copy copy[LAYERS * (USES + 1)];
    struct sdse_copies copies = {0, copy};
    struct state now = {0};
    size_t choice[LAYERS], until[LAYERS] = {0};
    enum sdse_place place[LAYERS];
    sdse_places_choices(places, element, question, choice, place, &copies);
    expect(copies.count <= sdse_placing_most_copies(placing), "too many copies");
    check_order(net, &copies, question);
    for (size_t l = 0, end; l < placing->layer_count; l = end) {
        struct sdse_layer_front answer;
        end = l + 1 + question[l].more;
        now.layer = l;
        for (size_t i = 0; i < copies.count; i++) {
            const size_t t = copy[i].tensor;
            if (copy[i].from != l || net->tensor[t].maker == l)
                continue;
            expect(now.place[t] == SDSE_PLACE_OUTERMOST, "brought in twice");
            now.place[t] = SDSE_PLACE_BOTH;
            until[t] = copy[i].until;
            now.at.energy_pj += net->copy[t].energy_pj;
            now.at.latency_cycles += net->copy[t].latency_cycles;
            ++*brought;
        }
        struct sdse_place_question again = question_at(net, &now, end - 1);
        again.outputs = question[l].outputs;
        expect(question[l].operands == again.operands &&
                   question[l].addends == again.addends &&
                   question[l].weights == again.weights &&
                   question[l].group_inputs == again.group_inputs &&
                   question[l].group_addends == again.group_addends &&
                   question[l].group_weights == again.group_weights &&
                   question[l].reserved_bits == again.reserved_bits,
               "a question is not that of the places");
        ask(net, &again, &answer);
        expect(choice[l] >= answer.first && choice[l] - answer.first < answer.count,
               "a choice is none");
        const struct sdse_tradeoff *chosen = &answer.elements[choice[l] - answer.first];
        const double times = times_of(net, l, end - 1);
        now.at.energy_pj += times * chosen->energy_pj;
        now.at.latency_cycles += times * chosen->latency_cycles;
        const struct sdse_handed_tensor *made = sdse_handed_by(placing, end - 1);
        if (made) {
            const size_t t = (size_t)(made - net->tensor);
            expect(place[t] == again.outputs, "outputs are elsewhere");
            now.place[t] = again.outputs;
            until[t] = sdse_copies_first_until(placing, &copies, t, place[t]);
            *left += place[t] == SDSE_PLACE_BOTH && until[t] != made->use[0];
        }
        for (size_t t = 0; t < placing->tensor_count; t++)
            if (now.place[t] == SDSE_PLACE_BOTH && until[t] < end)
                now.place[t] = SDSE_PLACE_OUTERMOST;
    }
    expect(now.at.energy_pj == places->elements[element].energy_pj &&
               now.at.latency_cycles == places->elements[element].latency_cycles,
           "choices do not add up");
}

static struct sdse_places find(struct network *net, enum sdse_places_goal goal,
                               uint64_t *brought, uint64_t *left) {
    struct sdse_places places;
    assert_int_equal(
        sdse_places_find(&net->placing, goal, 100000, ask, net, net->arena, &places),
        SDSE_OK);
    for (size_t i = 0; i < places.count; i++)
        check_choices(net, &places, i, brought, left);
    return places;
}

static double product(const struct sdse_tradeoff *at) {
    return at->energy_pj * at->latency_cycles;
}

static void compare(struct network *net, const struct truth *truth, uint64_t *brought,
                    uint64_t *left) {
    const struct sdse_places front = find(net, SDSE_PLACES_FRONT, brought, left);
    struct sdse_tradeoff best = {(double)INFINITY, (double)INFINITY};
    double least = (double)INFINITY, of_corners = (double)INFINITY;
    for (size_t i = 0; i < truth->count; i++) {
        bool beaten = false;
        for (size_t p = 0; p < front.count && !beaten; p++)
            beaten = beats(&front.elements[p], &truth->sum[i]);
        expect(beaten, "a schedule that no element equals or betters");
        best.energy_pj = fmin(best.energy_pj, truth->sum[i].energy_pj);
        best.latency_cycles = fmin(best.latency_cycles, truth->sum[i].latency_cycles);
        least = fmin(least, product(&truth->sum[i]));
    }
    for (size_t p = 0; p < front.count; p++) {
        bool found = false;
        for (size_t i = 0; i < truth->count && !found; i++)
            found = beats(&truth->sum[i], &front.elements[p]);
        expect(found, "an element that nothing attains");
    }
    expect((front.count == 0) == (truth->count == 0), "a schedule, or none");
    if (!truth->count)
        return;
    const struct sdse_places energy = find(net, SDSE_PLACES_ENERGY, brought, left),
                             latency = find(net, SDSE_PLACES_LATENCY, brought, left),
                             corners = find(net, SDSE_PLACES_CORNERS, brought, left);
    for (size_t i = 0; i < corners.count; i++)
        of_corners = fmin(of_corners, product(&corners.elements[i]));
    expect(energy.elements[0].energy_pj == best.energy_pj, "the least energy");
    expect(latency.elements[0].latency_cycles == best.latency_cycles,
           "the least latency");
    expect(of_corners == least, "the least product among corners");
}

// --- What a group must beat ---

static enum sdse_status note_bar(void *context,
                                 const struct sdse_place_question *question,
                                 struct sdse_layer_front *answer) {
    static const struct sdse_tradeoff one = {10, 100};
    struct sdse_tradeoff *before = context;
    if (question->more && question->operands)
        *before = question->bar->before[0];
    // The tensor is not left in the shared memory.
    const size_t count = question->outputs == SDSE_PLACE_OUTERMOST;
    *answer = (struct sdse_layer_front){count, &one, 1, 0};
    return SDSE_OK;
}

// A group begins after the layers before it and what is brought in for it, which may
// fill the shared memory to the last bit.
static void test_bar_has_copies(void **state) {
    (void)state;
    const uint64_t repeat[] = {1, 1, 1};
    const size_t use[] = {1};
    const struct sdse_handed_tensor tensor = {
        .maker = 0, .use = use, .use_count = 1, .held_bits = 1, .may_share = true};
    const struct sdse_layer_group group = {1, 2};
    const struct sdse_tradeoff copy = {3, 7};
    const struct sdse_placing placing = {.layer_count = 3,
                                         .repeat = repeat,
                                         .tensor_count = 1,
                                         .tensor = &tensor,
                                         .group_count = 1,
                                         .group = &group,
                                         .copy_cost = &copy,
                                         .room_bits = 1};
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_places places;
    struct sdse_tradeoff before = {0, 0};
    assert_int_equal(sdse_places_find(&placing, SDSE_PLACES_FRONT, 9, note_bar, &before,
                                      arena, &places),
                     SDSE_OK);
    assert_true(before.energy_pj == 10 + 3 && before.latency_cycles == 100 + 7);
    sdse_arena_free(arena);
}

static uint64_t network_count = SANITIZED ? 500 : 3000, first_seed = 1;

static void test_equals_brute_force(void **state) {
    (void)state;
    struct truth truth = {0};
    uint64_t sums = 0, brought = 0, left = 0, better = 0;
    for (uint64_t i = 0; i < network_count; i++) {
        struct network net = {.arena = sdse_arena_new()};
        struct state start = {0};
        uint64_t none = 0;
        current_seed = first_seed + i;
        make_network(current_seed, &net);
        truth.count = 0;
        run(&net, &start, &truth);
        sums += truth.count;
        compare(&net, &truth, &brought, &left);
        const struct sdse_places moved = find(&net, SDSE_PLACES_ENERGY, &none, &none);
        net.placing.copy_cost = NULL;
        none = 0;
        const struct sdse_places stay = find(&net, SDSE_PLACES_ENERGY, &none, &none);
        // Without moves: nothing is brought in, and it is one of the choices.
        expect(none == 0, "moved where nothing may be");
        expect(!stay.count || moved.elements[0].energy_pj <= stay.elements[0].energy_pj,
               "moving is worse than not moving");
        better += moved.count && (!stay.count || moved.elements[0].energy_pj <
                                                     stay.elements[0].energy_pj);
        sdse_arena_free(net.arena);
    }
    print_message("## places: %llu networks whose tensors are moved equal brute force "
                  "over %llu schedules; %llu copies in, %llu let go at other times "
                  "than after the first use; %llu with less energy than unmoved\n",
                  (unsigned long long)network_count, (unsigned long long)sums,
                  (unsigned long long)brought, (unsigned long long)left,
                  (unsigned long long)better);
    assert_true(brought > network_count / 4 && left > network_count / 10 &&
                better > network_count / 20);
    free(truth.sum);
}

int main(int argc, char **argv) {
    if (argc > 1)
        network_count = strtoull(argv[1], NULL, 10);
    if (argc > 2)
        first_seed = strtoull(argv[2], NULL, 10);
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_equals_brute_force),
                                       cmocka_unit_test(test_bar_has_copies)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
