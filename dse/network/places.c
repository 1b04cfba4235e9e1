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
    uint32_t brought;          // set of those alive before
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
        if (status || out != SDSE_PLACE_BOTH || !placing->copy_cost || !made ||
            !made->may_share)
            continue;
        step->place[made - placing->tensor] = SDSE_PLACE_OUTERMOST;
        status = leave_ways(finder, step, &question);
    }
    return status;
}

// Brings in tensors of a set that the step reads, those before the i-th alive decided.
static enum sdse_status bring(struct finder *finder, const struct step *step, size_t i,
                              double held_bits) {
    const struct sdse_placing *placing = finder->placing;
    if (i == step->before->alive_count)
        return leave_with(finder, step);
    const size_t t = step->before->alive[i];
    const struct sdse_handed_tensor *tensor = &placing->tensor[t];
    enum sdse_status status = bring(finder, step, i + 1, held_bits);
    held_bits += tensor->held_bits;
    if (status || !placing->copy_cost || !tensor->may_share ||
        step->place[t] != SDSE_PLACE_OUTERMOST || held_bits > placing->room_bits ||
        !is_used_by(tensor, step->first, step->last))
        return status;
    struct step with = *step;
    with.brought |= UINT32_C(1) << i;
    with.copy.energy_pj += placing->copy_cost[t].energy_pj;
    with.copy.latency_cycles += placing->copy_cost[t].latency_cycles;
    with.place[t] = SDSE_PLACE_BOTH;
    status = bring(finder, &with, i + 1, held_bits);
    with.place[t] = SDSE_PLACE_OUTERMOST;
    return status;
}

static enum sdse_status leave_state(struct finder *finder, const struct step *step) {
    const struct sdse_places_stage *before = step->before;
    double held_bits = 0;
    sdse_places_stage_read(before, before->label[step->begin].state, step->place);
    for (size_t i = 0; i < before->alive_count; i++)
        if (step->place[before->alive[i]] != SDSE_PLACE_OUTERMOST)
            held_bits += finder->placing->tensor[before->alive[i]].held_bits;
    return bring(finder, step, 0, held_bits);
}

static size_t end_of_state(const struct sdse_places_stage *stage, size_t first) {
    size_t end = first + 1;
    while (end < stage->count && stage->label[end].state == stage->label[first].state)
        end++;
    return end;
}

static enum sdse_status pass(struct finder *finder, struct sdse_places_stage *stages,
                             size_t first, size_t last, enum sdse_place *place) {
    const struct sdse_places_stage *before = &stages[first], *after = &stages[last + 1];
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

// All ways to end with layer `last`: it alone, then groups.
static enum sdse_status end_with(struct finder *finder,
                                 struct sdse_places_stage *stages, size_t last,
                                 enum sdse_place *place, struct sdse_arena *arena) {
    const struct sdse_placing *placing = finder->placing;
    struct sdse_places_stage *after = &stages[last + 1];
    struct sdse_place_labels *found = &finder->found;
    sdse_place_labels_clear(found);
    if (!list_alive(placing, last, after))
        return SDSE_OVERFLOW;
    enum sdse_status status = pass(finder, stages, last, last, place);
    for (size_t g = 0; !status && g < placing->group_count; g++)
        if (placing->group[g].last == last)
            status = pass(finder, stages, placing->group[g].first, last, place);
    if (status != SDSE_OK)
        return status;
    if (!sdse_place_labels_finish(found, &after->count))
        return SDSE_NO_MEMORY;
    after->label = SDSE_ARENA_ARRAY(arena, struct sdse_place_label, after->count + 1);
    if (!after->label)
        return SDSE_NO_MEMORY;
    struct sdse_place_label *next = after->label;
    for (size_t f = 0; f < found->count; next += found->front[f++].count)
        if (found->front[f].count)
            memcpy(next, found->front[f].label, found->front[f].count * sizeof *next);
    return SDSE_OK;
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
    enum sdse_place *place =
        SDSE_ARENA_ARRAY(arena, enum sdse_place, placing->tensor_count + 1);
    struct sdse_place_label *nothing = SDSE_ARENA_NEW(arena, struct sdse_place_label);
    if (!stage || !place || !nothing)
        return SDSE_NO_MEMORY;
    stage[0].count = 1;
    stage[0].label = nothing;
    enum sdse_status status = SDSE_OK;
    for (size_t l = 0; !status && l < layers; l++)
        status = end_with(&finder, stage, l, place, arena);
    sdse_place_labels_free(&finder.found);
    free(finder.before);
    free(finder.bar);
    if (status != SDSE_OK)
        return status;
    fresh.states = finder.found.states;
    fresh.thinned = finder.found.thinned;
    fresh.stages = stage;
    fresh.count = stage[layers].count;
    fresh.elements = SDSE_ARENA_ARRAY(arena, struct sdse_tradeoff, fresh.count + 1);
    if (!fresh.elements)
        return SDSE_NO_MEMORY;
    for (size_t i = 0; i < fresh.count; i++) // nothing is alive: one state
        fresh.elements[i] = stage[layers].label[i].at;
    *places = fresh;
    return SDSE_OK;
}
