#include "dse/network/places.h"

#include <stdlib.h>
#include <string.h>

#include "dse/network/place_labels.h"

struct finder {
    const struct sdse_placing *placing;
    sdse_place_ask ask;
    void *context;
    struct sdse_place_labels found; // of the stage under way
    // Scratch of what a group must beat.
    struct sdse_tradeoff *before, *bar;
    size_t before_room, bar_room;
    struct sdse_places *places;
};

// --- Tensors alive ---

static bool is_alive_after(const struct sdse_handed_tensor *tensor, size_t layer) {
    return tensor->maker <= layer && sdse_handed_last_use(tensor) > layer;
}

static bool list_alive(const struct sdse_placing *placing, size_t layer,
                       struct sdse_places_stage *stage) {
    stage->places = sdse_placing_places(placing);
    stage->alive_count = 0;
    for (size_t i = 0; i < placing->tensor_count; i++) {
        if (!is_alive_after(&placing->tensor[i], layer))
            continue;
        if (stage->alive_count == SDSE_PLACES_MOST_ALIVE)
            return false;
        stage->alive[stage->alive_count++] = i;
    }
    return true;
}

static uint64_t write_state(const struct sdse_places_stage *stage,
                            const enum sdse_place *place) {
    uint64_t state = 0;
    for (size_t i = stage->alive_count; i-- > 0;)
        state = state * stage->places + (uint64_t)place[stage->alive[i]];
    return state;
}

static unsigned memories_of(const struct sdse_placing *placing) {
    return placing->memory_count ? placing->memory_count : 1;
}

static bool is_used_by(const struct sdse_handed_tensor *tensor, size_t first,
                       size_t last) {
    bool used = false;
    for (size_t i = 0; i < tensor->use_count; i++)
        used |= tensor->use[i] >= first && tensor->use[i] <= last;
    return used;
}

// --- One layer, or a group ---

// A step from the stage before `first` to the stage after `last`: labels begin ... end
// - 1 of the former, which share a state.
struct step {
    const struct sdse_places_stage *before, *after;
    size_t first, last; // layers
    size_t begin, end;
    enum sdse_place *place;    // of all tensors
    uint32_t brought;          // as of its label
    struct sdse_tradeoff copy; // what bringing them in takes
};

// A second place pays only where a later layer reads it there.
static bool may_be(const struct sdse_handed_tensor *made, enum sdse_place place) {
    if (place == SDSE_PLACE_OUTERMOST)
        return true;
    return made && made->may_share_in[sdse_place_memory(place)] &&
           (!sdse_place_is_both(place) || sdse_handed_last_use(made) > made->use[0]);
}

// The question of a layer, or a group that it begins, that finds live tensors at these
// places; the outputs' place is left open.
static struct sdse_place_question question_at(const struct sdse_placing *placing,
                                              const struct sdse_places_stage *before,
                                              size_t layer, size_t more,
                                              const enum sdse_place *place) {
    struct sdse_place_question question = {.layer = layer, .more = more};
    for (size_t i = 0; i < before->alive_count; i++) {
        const size_t t = before->alive[i];
        if (place[t] != SDSE_PLACE_OUTERMOST)
            sdse_place_find_held(&placing->tensor[t], place[t], &question);
    }
    return question;
}

// Whether there are `count` places in a list; false: memory is out.
static bool make_list(struct sdse_tradeoff **list, size_t *room, size_t count) {
    if (count <= *room)
        return true;
    struct sdse_tradeoff *more = realloc(*list, count * sizeof *more);
    if (!more)
        return false;
    *list = more;
    *room = count;
    return true;
}

// What a group must beat: what is found.
static bool set_bar(struct finder *finder, const struct step *step, uint64_t state,
                    struct sdse_places_bar *bar) {
    const struct sdse_place_front *found = sdse_place_labels_of(&finder->found, state);
    const size_t before = step->end - step->begin, count = found ? found->count : 0;
    if (!make_list(&finder->before, &finder->before_room, before) ||
        !make_list(&finder->bar, &finder->bar_room, count + 1))
        return false;
    for (size_t i = 0; i < before; i++) {
        finder->before[i] = step->before->label[step->begin + i].at;
        finder->before[i].energy_pj += step->copy.energy_pj;
        finder->before[i].latency_cycles += step->copy.latency_cycles;
    }
    for (size_t i = 0; i < count; i++)
        finder->bar[i] = found->label[i].at;
    *bar = (struct sdse_places_bar){.before_count = before,
                                    .before = finder->before,
                                    .found_count = count,
                                    .found = finder->bar};
    return true;
}

// Adds the answer to the labels of the step.
static bool add_sums(struct finder *finder, const struct step *step,
                     const struct sdse_layer_front *answer, uint64_t state,
                     enum sdse_place outputs) {
    const bool alone = step->first == step->last;
    return sdse_place_labels_add(
        &finder->found, &step->before->label[step->begin], step->end - step->begin,
        alone ? (double)finder->placing->repeat[step->first] : 1, answer,
        &(struct sdse_place_label){.at = step->copy,
                                   .parent = (uint32_t)step->begin,
                                   .choice = (uint32_t)answer->first,
                                   .state = state,
                                   .more = (uint32_t)(step->last - step->first),
                                   .brought = step->brought,
                                   .outputs = outputs});
}

// Asks for the step, whose tensors end at step->place, and adds the answer.
static enum sdse_status take_step(struct finder *finder, const struct step *step,
                                  struct sdse_place_question *question) {
    const uint64_t state = write_state(step->after, step->place);
    struct sdse_layer_front answer = {.count = 0};
    struct sdse_places_bar bar;
    question->bar = NULL;
    if (question->more) {
        if (!set_bar(finder, step, state, &bar))
            return SDSE_NO_MEMORY;
        question->bar = &bar;
    }
    const enum sdse_status status = finder->ask(finder->context, question, &answer);
    if (status != SDSE_OK)
        return status;
    finder->places->questions++;
    return add_sums(finder, step, &answer, state, question->outputs) ? SDSE_OK
                                                                     : SDSE_NO_MEMORY;
}

// What was in both places and was read is let go, or, where tensors are moved, stays
// for later layers: all ways, one for each set of those that stay.
static enum sdse_status leave_ways(struct finder *finder, const struct step *step,
                                   struct sdse_place_question *question) {
    const struct sdse_placing *placing = finder->placing;
    size_t read[SDSE_PLACES_MOST_ALIVE], count = 0;
    enum sdse_place both[SDSE_PLACES_MOST_ALIVE];
    for (size_t i = 0; i < step->before->alive_count; i++) {
        const size_t t = step->before->alive[i];
        if (sdse_place_is_both(step->place[t]) &&
            is_used_by(&placing->tensor[t], step->first, step->last) &&
            is_alive_after(&placing->tensor[t], step->last)) {
            both[count] = step->place[t];
            read[count++] = t;
        }
    }
    const uint32_t ways = placing->copy_cost ? UINT32_C(1) << count : 1;
    enum sdse_status status = SDSE_OK;
    for (uint32_t stay = 0; !status && stay < ways; stay++) {
        for (size_t i = 0; i < count; i++)
            step->place[read[i]] = stay >> i & 1u ? both[i] : SDSE_PLACE_OUTERMOST;
        status = take_step(finder, step, question);
    }
    for (size_t i = 0; i < count; i++)
        step->place[read[i]] = both[i];
    return status;
}

// Every place of the outputs.
static enum sdse_status leave_with(struct finder *finder, const struct step *step) {
    const struct sdse_placing *placing = finder->placing;
    const struct sdse_handed_tensor *made = sdse_handed_by(placing, step->last);
    struct sdse_place_question question = question_at(
        placing, step->before, step->first, step->last - step->first, step->place);
    enum sdse_status status = SDSE_OK;
    for (unsigned p = 0; !status && p < step->after->places; p++) {
        const enum sdse_place out = (enum sdse_place)p;
        question.outputs = out;
        if (made)
            step->place[made - placing->tensor] = out;
        if (may_be(made, out))
            status = leave_ways(finder, step, &question);
        // Written to both, and let go at once.
        if (status || !sdse_place_is_both(out) || !placing->copy_cost || !made ||
            !made->may_share_in[sdse_place_memory(out)])
            continue;
        step->place[made - placing->tensor] = SDSE_PLACE_OUTERMOST;
        status = leave_ways(finder, step, &question);
    }
    return status;
}

// Brings in tensors of a set that the step reads, those before the i-th alive decided.
// held_bits: in each memory
static enum sdse_status bring(struct finder *finder, const struct step *step, size_t i,
                              const double *held_bits) {
    const struct sdse_placing *placing = finder->placing;
    if (i == step->before->alive_count)
        return leave_with(finder, step);
    const size_t t = step->before->alive[i];
    const struct sdse_handed_tensor *tensor = &placing->tensor[t];
    enum sdse_status status = bring(finder, step, i + 1, held_bits);
    if (!placing->copy_cost || step->place[t] != SDSE_PLACE_OUTERMOST ||
        !is_used_by(tensor, step->first, step->last))
        return status;
    for (unsigned m = 0; !status && m < memories_of(placing); m++) {
        const struct sdse_tradeoff *cost = &placing->copy_cost[t].into[m][0];
        double held[SDSE_MOST_SHARED];
        memcpy(held, held_bits, sizeof held);
        held[m] += tensor->held_bits_in[m];
        if (!tensor->may_share_in[m] || held[m] > placing->room_bits[m])
            continue;
        struct step with = *step;
        with.brought |= (1 + m) << 2 * i;
        with.copy.energy_pj += cost->energy_pj;
        with.copy.latency_cycles += cost->latency_cycles;
        with.place[t] = sdse_place_in(m, true);
        status = bring(finder, &with, i + 1, held);
        with.place[t] = SDSE_PLACE_OUTERMOST;
    }
    return status;
}

// What each memory holds of the tensors alive.
static void add_held(const struct sdse_placing *placing,
                     const struct sdse_places_stage *stage,
                     const enum sdse_place *place, double *held_bits) {
    for (size_t i = 0; i < stage->alive_count; i++) {
        const size_t t = stage->alive[i];
        if (place[t] == SDSE_PLACE_OUTERMOST)
            continue;
        const unsigned memory = sdse_place_memory(place[t]);
        held_bits[memory] += placing->tensor[t].held_bits_in[memory];
    }
}

static enum sdse_status leave_state(struct finder *finder, const struct step *step) {
    const struct sdse_places_stage *before = step->before;
    double held_bits[SDSE_MOST_SHARED] = {0};
    sdse_places_stage_read(before, before->label[step->begin].state, step->place);
    add_held(finder->placing, before, step->place, held_bits);
    return bring(finder, step, 0, held_bits);
}

static size_t end_of_state(const struct sdse_places_stage *stage, size_t first) {
    size_t end = first + 1;
    while (end < stage->count && stage->label[end].state == stage->label[first].state)
        end++;
    return end;
}

static enum sdse_status leave(struct finder *finder,
                              const struct sdse_places_stage *before,
                              const struct sdse_places_stage *after, size_t first,
                              size_t last, enum sdse_place *place) {
    enum sdse_status status = SDSE_OK;
    for (size_t begin = 0, end; !status && begin < before->count; begin = end) {
        end = end_of_state(before, begin);
        const struct step step = {.before = before,
                                  .after = after,
                                  .first = first,
                                  .last = last,
                                  .begin = begin,
                                  .end = end,
                                  .place = place};
        status = leave_state(finder, &step);
    }
    return status;
}

// Keeps what is found as the labels of a stage.
static enum sdse_status keep_found(struct finder *finder, struct sdse_arena *arena,
                                   struct sdse_places_stage *stage) {
    struct sdse_place_labels *found = &finder->found;
    if (!sdse_place_labels_finish(found, &stage->count))
        return SDSE_NO_MEMORY;
    stage->label = SDSE_ARENA_ARRAY(arena, struct sdse_place_label, stage->count + 1);
    if (!stage->label)
        return SDSE_NO_MEMORY;
    struct sdse_place_label *next = stage->label;
    for (size_t f = 0; f < found->count; next += found->front[f++].count)
        if (found->front[f].count)
            memcpy(next, found->front[f].label, found->front[f].count * sizeof *next);
    return SDSE_OK;
}

// All ways to end with layer `last`: it alone, then groups. passed: what layers begin
// with
static enum sdse_status end_with(struct finder *finder,
                                 const struct sdse_places_stage *passed, size_t last,
                                 enum sdse_place *place, struct sdse_arena *arena,
                                 struct sdse_places_stage *after) {
    const struct sdse_placing *placing = finder->placing;
    sdse_place_labels_clear(&finder->found);
    if (!list_alive(placing, last, after))
        return SDSE_OVERFLOW;
    enum sdse_status status = leave(finder, &passed[last], after, last, last, place);
    for (size_t g = 0; !status && g < placing->group_count; g++) {
        const size_t first = placing->group[g].first;
        if (placing->group[g].last == last)
            status = leave(finder, &passed[first], after, first, last, place);
    }
    return status ? status : keep_found(finder, arena, after);
}

// --- From one memory that shares to another ---

// Labels begin ... end - 1 of a stage, which share a state, and where their tensors go.
struct passing {
    const struct sdse_places_stage *stage;
    size_t begin, end;
    enum sdse_place *place; // of all tensors
    struct sdse_tradeoff cost;
    double held_bits[SDSE_MOST_SHARED]; // of what was there, and of what has come
};

// Every way for the i-th alive and those behind it to pass or stay.
static bool pass_on(struct finder *finder, const struct passing *passing, size_t i) {
    struct sdse_tradeoff nothing = {0, 0};
    const struct sdse_layer_front no_layer = {1, &nothing, 1, 0};
    const struct sdse_placing *placing = finder->placing;
    const struct sdse_places_stage *stage = passing->stage;
    if (i == stage->alive_count)
        return sdse_place_labels_add(
            &finder->found, &stage->label[passing->begin],
            passing->end - passing->begin, 1, &no_layer,
            &(struct sdse_place_label){.at = passing->cost,
                                       .parent = (uint32_t)passing->begin,
                                       .state = write_state(stage, passing->place)});
    const size_t t = stage->alive[i];
    const struct sdse_handed_tensor *tensor = &placing->tensor[t];
    const enum sdse_place now = passing->place[t];
    bool good = pass_on(finder, passing, i + 1);
    for (unsigned m = 0; good && now && m < memories_of(placing); m++) {
        const unsigned from = sdse_place_memory(now);
        const struct sdse_tradeoff *cost = &placing->copy_cost[t].into[m][1 + from];
        struct passing with = *passing;
        with.held_bits[m] += tensor->held_bits_in[m];
        if (m == from || !tensor->may_share_in[m] ||
            with.held_bits[m] > placing->room_bits[m])
            continue;
        with.cost.energy_pj += cost->energy_pj;
        with.cost.latency_cycles += cost->latency_cycles;
        with.place[t] = sdse_place_in(m, sdse_place_is_both(now));
        good = pass_on(finder, &with, i + 1);
        with.place[t] = now;
    }
    return good;
}

// What the layers behind a stage begin with.
static enum sdse_status pass(struct finder *finder,
                             const struct sdse_places_stage *stage,
                             enum sdse_place *place, struct sdse_arena *arena,
                             struct sdse_places_stage *passed) {
    *passed = *stage;
    if (!finder->placing->copy_cost || memories_of(finder->placing) == 1)
        return SDSE_OK;
    sdse_place_labels_clear(&finder->found);
    for (size_t begin = 0, end; begin < stage->count; begin = end) {
        end = end_of_state(stage, begin);
        struct passing passing = {
            .stage = stage, .begin = begin, .end = end, .place = place};
        sdse_places_stage_read(stage, stage->label[begin].state, place);
        add_held(finder->placing, stage, place, passing.held_bits);
        if (!pass_on(finder, &passing, 0))
            return SDSE_NO_MEMORY;
    }
    return keep_found(finder, arena, passed);
}

// --- The whole ---

enum sdse_status sdse_places_find(const struct sdse_placing *placing,
                                  enum sdse_places_goal goal, size_t most,
                                  sdse_place_ask ask, void *context,
                                  struct sdse_arena *arena,
                                  struct sdse_places *places) {
    const size_t layers = placing->layer_count;
    struct sdse_places fresh = {.layer_count = layers, .placing = placing};
    struct finder finder = {.placing = placing,
                            .ask = ask,
                            .context = context,
                            .found = {.goal = goal, .most = most},
                            .places = &fresh};
    struct sdse_places_stage *stage =
        SDSE_ARENA_ARRAY(arena, struct sdse_places_stage, layers + 1);
    struct sdse_places_stage *passed =
        SDSE_ARENA_ARRAY(arena, struct sdse_places_stage, layers + 1);
    enum sdse_place *place =
        SDSE_ARENA_ARRAY(arena, enum sdse_place, placing->tensor_count + 1);
    struct sdse_place_label *nothing = SDSE_ARENA_NEW(arena, struct sdse_place_label);
    if (!stage || !passed || !place || !nothing)
        return SDSE_NO_MEMORY;
    stage[0].count = 1;
    stage[0].label = nothing;
    passed[0] = stage[0];
    enum sdse_status status = SDSE_OK;
    for (size_t l = 0; !status && l < layers; l++) {
        status = end_with(&finder, passed, l, place, arena, &stage[l + 1]);
        if (status == SDSE_OK)
            status = pass(&finder, &stage[l + 1], place, arena, &passed[l + 1]);
    }
    sdse_place_labels_free(&finder.found);
    free(finder.before);
    free(finder.bar);
    if (status != SDSE_OK)
        return status;
    fresh.states = finder.found.states;
    fresh.thinned = finder.found.thinned;
    fresh.stages = stage;
    fresh.passed = passed;
    fresh.count = stage[layers].count;
    fresh.elements = SDSE_ARENA_ARRAY(arena, struct sdse_tradeoff, fresh.count + 1);
    if (!fresh.elements)
        return SDSE_NO_MEMORY;
    for (size_t i = 0; i < fresh.count; i++) // nothing is alive: one state
        fresh.elements[i] = stage[layers].label[i].at;
    *places = fresh;
    return SDSE_OK;
}
