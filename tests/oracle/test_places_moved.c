// The dynamic programme over places where tensors are moved between layers, against
// brute force: on generated tiny networks every partition into layers and groups, every
// place of every output, and between all of them every move of every living tensor,
// into a memory that shares, out of it, and from one to another, whether it is of use
// or not. One memory shares; of a fifth as many networks again two or three.
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

enum { LAYERS = 4, POINTS = 2, USES = 3, GROUPS = 6, MEMORIES = 3 };

struct network {
    struct sdse_placing placing;
    uint64_t repeat[LAYERS];
    struct sdse_handed_tensor tensor[LAYERS];
    size_t use[LAYERS][USES];
    enum sdse_handed_as as[LAYERS][USES];
    struct sdse_layer_group group[GROUPS];
    struct sdse_copy_costs copy[LAYERS];
    // What writing a tensor to the outermost memory takes: beside its maker, which may
    // hide some of the time, and by itself.
    struct sdse_tradeoff through[LAYERS][MEMORIES], spill[LAYERS][MEMORIES];
    // Tensors are also moved out of the shared memory, which takes no less than writing
    // them to both as they are made; else that costs anything.
    bool spills;
    double capacity_bits[MEMORIES];
    unsigned memories;
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

static struct sdse_tradeoff make_cost(uint64_t *state) {
    const double pj = (double)(1 + oracle_below(state, 6));
    return (struct sdse_tradeoff){pj, (double)(1 + oracle_below(state, 6))};
}

static struct sdse_tradeoff least(struct sdse_tradeoff a, double pj, double cycles) {
    return (struct sdse_tradeoff){fmin(a.energy_pj, pj),
                                  fmin(a.latency_cycles, cycles)};
}

// What moves of a tensor take. From the outermost memory to another by way of a third
// is never cheaper than at once; writing it through as it is made never takes more than
// writing it out later, if it is written out.
static void make_costs(struct network *net, uint64_t *state, size_t t) {
    struct sdse_tradeoff(*into)[1 + SDSE_MOST_SHARED] = net->copy[t].into,
                                    spill = {(double)INFINITY, (double)INFINITY};
    for (unsigned to = 0; to < net->memories; to++)
        for (unsigned from = 0; from <= net->memories; from++)
            into[to][from] = make_cost(state);
    for (unsigned round = 0; round < net->memories; round++)
        for (unsigned to = 0; to < net->memories; to++)
            for (unsigned by = 0; by < net->memories; by++)
                if (by != to)
                    into[to][0] = least(
                        into[to][0], into[by][0].energy_pj + into[to][1 + by].energy_pj,
                        into[by][0].latency_cycles + into[to][1 + by].latency_cycles);
    for (unsigned m = 0; m < net->memories; m++) {
        net->spill[t][m] = make_cost(state);
        spill =
            least(spill, net->spill[t][m].energy_pj, net->spill[t][m].latency_cycles);
    }
    for (unsigned m = 0; m < net->memories; m++) {
        struct sdse_tradeoff *through = &net->through[t][m];
        *through = (struct sdse_tradeoff){(double)oracle_below(state, 7),
                                          (double)oracle_below(state, 7)};
        if (net->spills)
            *through = least(*through, spill.energy_pj, spill.latency_cycles);
    }
}

static void add_tensor(struct network *net, uint64_t *state, size_t maker) {
    const size_t t = net->placing.tensor_count++, layers = net->placing.layer_count;
    struct sdse_handed_tensor *made = &net->tensor[t];
    *made = (struct sdse_handed_tensor){
        .maker = maker, .use = net->use[t], .as = net->as[t]};
    for (unsigned m = 0; m < net->memories; m++) {
        made->held_bits_in[m] = (double)(1 + oracle_below(state, 20));
        made->may_share_in[m] = oracle_below(state, 100) < 92;
    }
    for (size_t at = maker + 1; at < layers && made->use_count < USES; at++)
        if (oracle_below(state, 100) < (at == maker + 1 ? 70 : 50))
            net->use[t][made->use_count++] = at;
    if (!made->use_count)
        net->use[t][made->use_count++] = layers - 1;
    for (size_t u = 0; u < made->use_count; u++)
        net->as[t][u] = (enum sdse_handed_as)oracle_below(state, SDSE_HANDED_KINDS);
    make_costs(net, state, t);
}

// A group keeps what it hands over inside.
static bool may_group(const struct network *net, size_t first, size_t last) {
    for (size_t t = 0; t < net->placing.tensor_count; t++)
        if (net->tensor[t].maker >= first && net->tensor[t].maker < last &&
            last_use(&net->tensor[t]) > last)
            return false;
    return true;
}

// Places multiply: where several memories share few networks have four layers.
static void make_network(uint64_t seed, unsigned memories, struct network *net) {
    const size_t layers = memories == 1 || (memories == 2 && seed % 20 == 1) ? 4 : 3;
    uint64_t state = seed * 2 + 1;
    net->seed = seed;
    net->memories = memories;
    net->placing = (struct sdse_placing){
        .memory_count = memories,
        .layer_count = 2 + (size_t)oracle_below(&state, layers - 1),
        .repeat = net->repeat,
        .tensor = net->tensor,
        .group = net->group,
        .copy_cost = net->copy};
    net->spills = oracle_below(&state, 3) > 0;
    for (unsigned m = 0; m < memories; m++)
        net->capacity_bits[m] = net->placing.room_bits[m] =
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

static bool is_in(enum sdse_place place, unsigned memory) {
    return place != SDSE_PLACE_OUTERMOST && sdse_place_memory(place) == memory;
}

static double own_bits(const struct network *net,
                       const struct sdse_place_question *question, unsigned memory) {
    const struct sdse_handed_tensor *made =
        sdse_handed_by(&net->placing, question->layer + question->more);
    return made && is_in(question->outputs, memory) ? made->held_bits_in[memory] : 0;
}

// What is found in the memories, as one number.
static uint64_t number_of(const struct network *net,
                          const struct sdse_place_question *question) {
    uint64_t number = 0;
    for (unsigned m = 0; m < net->memories; m++) {
        const struct sdse_place_found *in = &question->in[m];
        number = number * 1000003 + in->operands + 4 * in->addends +
                 16 * (uint64_t)in->weights + 32 * in->group_inputs +
                 512 * in->group_addends + 8192 * in->group_weights;
    }
    return number;
}

// One of the points of a question, if it fits.
static bool point_of(const struct network *net,
                     const struct sdse_place_question *question, uint64_t index,
                     struct sdse_tradeoff *at) {
    const struct sdse_handed_tensor *made =
        sdse_handed_by(&net->placing, question->layer + question->more);
    const bool both = sdse_place_is_both(question->outputs);
    const uint64_t outputs = both ? question->outputs - 1 : question->outputs,
                   found = number_of(net, question),
                   what = (question->layer * 8 + question->more) * 16 + outputs * 2 +
                          index;
    const uint64_t most = 12 + 12 * question->more;
    *at = (struct sdse_tradeoff){(double)(1 + below(net, "energy", what, found, most)),
                                 (double)(1 + below(net, "cycles", what, found, most))};
    if (both) {
        const struct sdse_tradeoff *through =
            &net->through[made - net->tensor][sdse_place_memory(question->outputs)];
        at->energy_pj += through->energy_pj;
        at->latency_cycles += through->latency_cycles;
    }
    bool fits = true;
    for (unsigned m = 0; m < net->memories; m++)
        fits &= question->in[m].reserved_bits + own_bits(net, question, m) +
                    (double)below(net, "bits", what * 4 + m, found, 30) <=
                net->capacity_bits[m];
    return fits;
}

// Elements of a layer are told apart whatever was asked: those of a question are
// numbered from here.
static size_t first_of(const struct sdse_place_question *question) {
    return POINTS * (question->outputs + (1 + 2 * MEMORIES) * question->layer);
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
        const unsigned memory = sdse_place_memory(from->place[t]);
        question.in[memory].reserved_bits += tensor->held_bits_in[memory];
        sdse_handed_note(tensor, memory, from->layer, &question);
    }
    return question;
}

static void run_until(const struct network *net, const struct state *from, size_t last,
                      struct truth *truth) {
    struct sdse_place_question question = question_at(net, from, last);
    const struct sdse_handed_tensor *made = sdse_handed_by(&net->placing, last);
    const double times = times_of(net, from->layer, last);
    for (unsigned p = 0; p < 1 + 2 * net->memories; p++) {
        question.outputs = (enum sdse_place)p;
        if (p && !(made && made->may_share_in[sdse_place_memory(question.outputs)]))
            continue;
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

static bool is_alive(const struct network *net, const struct state *from, size_t t) {
    return net->tensor[t].maker < from->layer &&
           last_use(&net->tensor[t]) >= from->layer;
}

static double held_in(const struct network *net, const struct state *from, unsigned m) {
    double held = 0;
    for (size_t t = 0; t < net->placing.tensor_count; t++)
        if (is_alive(net, from, t) && is_in(from->place[t], m))
            held += net->tensor[t].held_bits_in[m];
    return held;
}

static void add_cost(struct state *state, const struct sdse_tradeoff *more) {
    state->at.energy_pj += more->energy_pj;
    state->at.latency_cycles += more->latency_cycles;
}

// Every way to bring in tensors from the t-th on, or to write them out, then every way
// to run what is next.
static void bring(const struct network *net, const struct state *from, size_t t,
                  struct truth *truth) {
    if (t == net->placing.tensor_count) {
        bool fits = true;
        for (unsigned m = 0; m < net->memories; m++)
            fits &= held_in(net, from, m) <= net->capacity_bits[m];
        for (size_t last = from->layer; last < net->placing.layer_count; last++)
            if (fits && is_group(net, from->layer, last))
                run_until(net, from, last, truth);
        return;
    }
    bring(net, from, t + 1, truth);
    if (!is_alive(net, from, t))
        return;
    const enum sdse_place now = from->place[t];
    if (now == SDSE_PLACE_OUTERMOST) {
        for (unsigned m = 0; m < net->memories; m++) {
            struct state moved = *from;
            if (!net->tensor[t].may_share_in[m])
                continue;
            moved.place[t] = sdse_place_in(m, true);
            add_cost(&moved, &net->copy[t].into[m][0]);
            bring(net, &moved, t + 1, truth);
        }
    } else if (!sdse_place_is_both(now) && net->spills) {
        const unsigned m = sdse_place_memory(now);
        struct state moved = *from;
        add_cost(&moved, &net->spill[t][m]);
        moved.place[t] = SDSE_PLACE_OUTERMOST;
        bring(net, &moved, t + 1, truth);
        moved.place[t] = sdse_place_in(m, true);
        bring(net, &moved, t + 1, truth);
    }
}

// Before that: every way to move tensors from one memory that shares to another, which
// have a place in both until all of them are moved. arriving: bits, in each memory.
static void pass(const struct network *net, const struct state *from, size_t t,
                 const double *held, const double *arriving, struct truth *truth) {
    if (t == net->placing.tensor_count) {
        for (unsigned m = 0; m < net->memories; m++)
            if (arriving[m] > 0 && held[m] + arriving[m] > net->capacity_bits[m])
                return;
        bring(net, from, 0, truth);
        return;
    }
    pass(net, from, t + 1, held, arriving, truth);
    const enum sdse_place now = from->place[t];
    for (unsigned m = 0; m < net->memories; m++) {
        double more[MEMORIES] = {arriving[0], arriving[1], arriving[2]};
        struct state moved = *from;
        if (!is_alive(net, from, t) || now == SDSE_PLACE_OUTERMOST || is_in(now, m) ||
            !net->tensor[t].may_share_in[m])
            continue;
        more[m] += net->tensor[t].held_bits_in[m];
        moved.place[t] = sdse_place_in(m, sdse_place_is_both(now));
        add_cost(&moved, &net->copy[t].into[m][1 + sdse_place_memory(now)]);
        pass(net, &moved, t + 1, held, more, truth);
    }
}

// First of all: every way to let go of one of two places.
static void let_go(const struct network *net, const struct state *from, size_t t,
                   struct truth *truth) {
    if (t == net->placing.tensor_count) {
        static const double none[MEMORIES];
        double held[MEMORIES] = {0};
        for (unsigned m = 0; m < net->memories; m++)
            held[m] = held_in(net, from, m);
        pass(net, from, 0, held, none, truth);
        return;
    }
    let_go(net, from, t + 1, truth);
    if (!is_alive(net, from, t) || !sdse_place_is_both(from->place[t]))
        return;
    struct state moved = *from;
    moved.place[t] = SDSE_PLACE_OUTERMOST;
    let_go(net, &moved, t + 1, truth);
}

static void run(const struct network *net, const struct state *from,
                struct truth *truth) {
    if (from->layer == net->placing.layer_count)
        keep(truth, &from->at);
    else
        let_go(net, from, 0, truth);
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
        if (i + 1 == copies->count)
            continue;
        const bool passed = copy->source && !next->source;
        expect(copy->from < next->from || (copy->from == next->from &&
                                           (passed || (!copy->source == !next->source &&
                                                       copy->tensor < next->tensor))),
               "copies out of order");
    }
}

struct met {
    uint64_t sums, brought, left, passed, better;
};

// What is chosen, run layer by layer: what is said to be in the shared memory comes
// there by a copy or by its maker, and what is read is there.
static void check_choices(struct network *net, const struct sdse_places *places,
                          size_t element, struct met *met) {
    const struct sdse_placing *placing = &net->placing;
    struct sdse_place_question question[LAYERS];
    struct sdse_copy copy[LAYERS * (USES + 1 + LAYERS)];
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
            const unsigned memory = copy[i].memory;
            add_cost(&now, &net->copy[t].into[memory][copy[i].source]);
            if (copy[i].source) {
                expect(is_in(now.place[t], copy[i].source - 1) &&
                           memory != copy[i].source - 1,
                       "it is not there to be moved");
                now.place[t] = sdse_place_in(memory, sdse_place_is_both(now.place[t]));
                met->passed++;
                continue;
            }
            expect(now.place[t] == SDSE_PLACE_OUTERMOST, "brought in twice");
            now.place[t] = sdse_place_in(memory, true);
            until[t] = copy[i].until;
            met->brought++;
        }
        struct sdse_place_question again = question_at(net, &now, end - 1);
        again.outputs = question[l].outputs;
        for (unsigned m = 0; m < net->memories; m++) {
            const struct sdse_place_found *a = &question[l].in[m], *b = &again.in[m];
            expect(a->operands == b->operands && a->addends == b->addends &&
                       a->weights == b->weights && a->group_inputs == b->group_inputs &&
                       a->group_addends == b->group_addends &&
                       a->group_weights == b->group_weights &&
                       a->reserved_bits == b->reserved_bits,
                   "a question is not that of the places");
        }
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
            met->left += sdse_place_is_both(place[t]) && until[t] != made->use[0];
        }
        for (size_t t = 0; t < placing->tensor_count; t++)
            if (sdse_place_is_both(now.place[t]) && until[t] < end)
                now.place[t] = SDSE_PLACE_OUTERMOST;
    }
    expect(now.at.energy_pj == places->elements[element].energy_pj &&
               now.at.latency_cycles == places->elements[element].latency_cycles,
           "choices do not add up");
}

static struct sdse_places find(struct network *net, enum sdse_places_goal goal,
                               struct met *met) {
    struct sdse_places places;
    assert_int_equal(
        sdse_places_find(&net->placing, goal, 100000, ask, net, net->arena, &places),
        SDSE_OK);
    for (size_t i = 0; i < places.count; i++)
        check_choices(net, &places, i, met);
    return places;
}

static double product(const struct sdse_tradeoff *at) {
    return at->energy_pj * at->latency_cycles;
}

static void compare(struct network *net, const struct truth *truth, struct met *met) {
    const struct sdse_places front = find(net, SDSE_PLACES_FRONT, met);
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
    const struct sdse_places energy = find(net, SDSE_PLACES_ENERGY, met),
                             latency = find(net, SDSE_PLACES_LATENCY, met),
                             corners = find(net, SDSE_PLACES_CORNERS, met);
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
    const struct sdse_copy_costs copy = {.into = {{{3, 7}}}};
    const struct sdse_placing placing = {.layer_count = 3,
                                         .repeat = repeat,
                                         .tensor_count = 1,
                                         .tensor = &tensor,
                                         .group_count = 1,
                                         .group = &group,
                                         .copy_cost = &copy,
                                         .room_bits = {1}};
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_places places;
    struct sdse_tradeoff before = {0, 0};
    assert_int_equal(sdse_places_find(&placing, SDSE_PLACES_FRONT, 9, note_bar, &before,
                                      arena, &places),
                     SDSE_OK);
    assert_true(before.energy_pj == 10 + 3 && before.latency_cycles == 100 + 7);
    sdse_arena_free(arena);
}

// Layers 0 and 1 put their outputs into the first and the second memory; the last one
// wants them the other way round.
static enum sdse_status want_swapped(void *context,
                                     const struct sdse_place_question *question,
                                     struct sdse_layer_front *answer) {
    static const struct sdse_tradeoff one = {1, 1}, ten = {10, 10};
    const struct sdse_placing *placing = context;
    const enum sdse_place outputs = question->outputs;
    bool fits = true;
    for (unsigned m = 0; m < 2; m++)
        fits &= question->in[m].reserved_bits +
                    (is_in(outputs, m) ? placing->tensor[0].held_bits_in[m] : 0) <=
                placing->room_bits[m];
    const bool last = question->layer == 2,
               swapped = question->in[1].operands && question->in[0].weights;
    const size_t count =
        fits && (last || outputs == sdse_place_in((unsigned)question->layer, false));
    *answer = (struct sdse_layer_front){count, last && !swapped ? &ten : &one, 1, 0};
    return SDSE_OK;
}

// Two tensors take each other's places if the second memory has room for both, to the
// last bit: the one that is there first, or comes, has a place beside the other.
static void test_passing_takes_both_places(void **state) {
    (void)state;
    static const enum sdse_handed_as inputs[] = {SDSE_HANDED_INPUTS},
                                     weights[] = {SDSE_HANDED_WEIGHTS};
    const uint64_t repeat[] = {1, 1, 1};
    const size_t use[] = {2};
    const struct sdse_handed_tensor tensor[] = {
        {.maker = 0, .use = use, .use_count = 1, .as = inputs},
        {.maker = 1, .use = use, .use_count = 1, .as = weights}};
    for (unsigned rooms = 0; rooms < 4; rooms++) {
        struct sdse_handed_tensor handed[] = {tensor[0], tensor[1]};
        for (unsigned t = 0; t < 2; t++)
            for (unsigned m = 0; m < 2; m++) {
                handed[t].held_bits_in[m] = m ? 3 : 1;
                handed[t].may_share_in[m] = true;
            }
        const struct sdse_copy_costs cost = {
            .into = {{{9, 9}, {9, 9}, {3, 1}}, {{9, 9}, {2, 1}, {9, 9}}}};
        const struct sdse_copy_costs costs[] = {cost, cost};
        struct sdse_placing placing = {
            .memory_count = 2,
            .layer_count = 3,
            .repeat = repeat,
            .tensor_count = 2,
            .tensor = handed,
            .copy_cost = costs,
            .room_bits = {1 + (rooms & 1u), 5 + (rooms >> 1 & 1u)}};
        struct sdse_arena *arena = sdse_arena_new();
        struct sdse_places places;
        assert_int_equal(sdse_places_find(&placing, SDSE_PLACES_ENERGY, 9, want_swapped,
                                          &placing, arena, &places),
                         SDSE_OK);
        assert_true(places.elements[0].energy_pj ==
                    (rooms >> 1 ? 1 + 1 + 3 + 2 + 1 : 1 + 1 + 10));
        sdse_arena_free(arena);
    }
}

// One tensor, in both places as it is made, passes to the second memory, is let go, and
// is brought into the first one again: that it passed once is over then.
static void test_places_over_time(void **state) {
    (void)state;
    const uint64_t repeat[] = {1, 1, 1, 1, 1};
    const size_t use[] = {1, 3, 4};
    const struct sdse_handed_tensor tensor = {
        .maker = 0, .use = use, .use_count = 3, .may_share_in = {true, true}};
    const struct sdse_placing placing = {.memory_count = 2,
                                         .layer_count = 5,
                                         .repeat = repeat,
                                         .tensor_count = 1,
                                         .tensor = &tensor};
    struct sdse_copy copy[] = {
        {.tensor = 0, .from = 1, .until = 1, .memory = 1, .source = 1},
        {.tensor = 0, .from = 3, .until = 4, .memory = 0},
        {.tensor = 0, .from = 4, .until = 4, .memory = 1, .source = 1}};
    const struct sdse_copies copies = {3, copy};
    const enum sdse_place place = sdse_place_in(0, true),
                          other = sdse_place_in(1, true),
                          outside = SDSE_PLACE_OUTERMOST,
                          before[] = {outside, place, outside, outside, place},
                          moved[] = {outside, other, outside, place, other};
    for (size_t l = 0; l < 5; l++) {
        assert_int_equal(sdse_placing_now(&placing, &place, &copies, 0, l, false),
                         before[l]);
        assert_int_equal(sdse_placing_now(&placing, &place, &copies, 0, l, true),
                         moved[l]);
    }
}

// While two tensors take each other's places a memory has room for both, each once; one
// that nothing comes into holds nothing for it.
static void test_bits_while_passing(void **state) {
    (void)state;
    const uint64_t repeat[] = {1, 1, 1};
    const size_t use[] = {2};
    const struct sdse_handed_tensor tensor[] = {
        {.maker = 0, .use = use, .use_count = 1, .held_bits_in = {3, 50, 700}},
        {.maker = 1, .use = use, .use_count = 1, .held_bits_in = {4, 60, 800}}};
    const struct sdse_placing placing = {.memory_count = 3,
                                         .layer_count = 3,
                                         .repeat = repeat,
                                         .tensor_count = 2,
                                         .tensor = tensor};
    const enum sdse_place place[] = {sdse_place_in(0, false), sdse_place_in(1, false)};
    struct sdse_copy copy[] = {
        {.tensor = 0, .from = 2, .until = 2, .memory = 1, .source = 1},
        {.tensor = 1, .from = 2, .until = 2, .memory = 0, .source = 2}};
    const struct sdse_copies both = {2, copy}, one = {1, copy};
    assert_true(sdse_passing_bits(&placing, place, &both, 2, 0) == 3 + 4);
    assert_true(sdse_passing_bits(&placing, place, &both, 2, 1) == 50 + 60);
    assert_true(sdse_passing_bits(&placing, place, &both, 2, 2) == 0);
    assert_true(sdse_passing_bits(&placing, place, &one, 2, 0) == 0);
    assert_true(sdse_passing_bits(&placing, place, &one, 2, 1) == 50 + 60);
    assert_true(sdse_passing_bits(&placing, place, &both, 1, 0) == 0);
    // What was there alone is alone where it has come to.
    assert_int_equal(sdse_placing_now(&placing, place, &both, 0, 2, true),
                     sdse_place_in(1, false));
    assert_int_equal(sdse_placing_now(&placing, place, &both, 1, 2, true),
                     sdse_place_in(0, false));
}

static uint64_t network_count = SANITIZED ? 500 : 3000, first_seed = 1;

static struct met compare_all(uint64_t count, unsigned memories) {
    struct truth truth = {0};
    struct met met = {0};
    for (uint64_t i = 0; i < count; i++) {
        struct network net = {.arena = sdse_arena_new()};
        struct state start = {0};
        struct met none = {0};
        current_seed = first_seed + i;
        make_network(current_seed, memories ? memories : 2 + (current_seed % 4 == 0),
                     &net);
        truth.count = 0;
        run(&net, &start, &truth);
        met.sums += truth.count;
        compare(&net, &truth, &met);
        const struct sdse_places moved = find(&net, SDSE_PLACES_ENERGY, &none);
        net.placing.copy_cost = NULL;
        none = (struct met){0};
        const struct sdse_places stay = find(&net, SDSE_PLACES_ENERGY, &none);
        // Without moves: nothing is brought in, and it is one of the choices.
        expect(none.brought == 0 && none.left == 0 && none.passed == 0,
               "moved where nothing may be");
        expect(!stay.count || moved.elements[0].energy_pj <= stay.elements[0].energy_pj,
               "moving is worse than not moving");
        met.better += moved.count && (!stay.count || moved.elements[0].energy_pj <
                                                         stay.elements[0].energy_pj);
        sdse_arena_free(net.arena);
    }
    free(truth.sum);
    return met;
}

static void test_equals_brute_force(void **state) {
    (void)state;
    const struct met met = compare_all(network_count, 1);
    print_message("## places: %llu networks whose tensors are moved equal brute force "
                  "over %llu schedules; %llu copies in, %llu let go at other times "
                  "than after the first use; %llu with less energy than unmoved\n",
                  (unsigned long long)network_count, (unsigned long long)met.sums,
                  (unsigned long long)met.brought, (unsigned long long)met.left,
                  (unsigned long long)met.better);
    assert_true(met.brought > network_count / 4 && met.left > network_count / 10 &&
                met.better > network_count / 20);
}

static void test_several_memories(void **state) {
    (void)state;
    const uint64_t count = network_count / 5;
    const struct met met = compare_all(count, 0);
    print_message("## places: %llu networks with two or three memories over %llu "
                  "schedules; %llu copies in, %llu from one memory to another\n",
                  (unsigned long long)count, (unsigned long long)met.sums,
                  (unsigned long long)met.brought, (unsigned long long)met.passed);
    assert_true(met.brought > count / 4 && met.passed > count / 10 &&
                met.better > count / 20);
}

int main(int argc, char **argv) {
    if (argc > 1)
        network_count = strtoull(argv[1], NULL, 10);
    if (argc > 2)
        first_seed = strtoull(argv[2], NULL, 10);
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_equals_brute_force),
                                       cmocka_unit_test(test_several_memories),
                                       cmocka_unit_test(test_passing_takes_both_places),
                                       cmocka_unit_test(test_places_over_time),
                                       cmocka_unit_test(test_bits_while_passing),
                                       cmocka_unit_test(test_bar_has_copies)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
