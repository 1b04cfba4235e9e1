#include "dse/network/places.h"

#include <stdlib.h>
#include <string.h>

#include "dse/network/place_labels.h"

// The labels after a layer, by state, then by rising energy.
struct sdse_places_stage {
    unsigned places; // of each tensor
    size_t alive_count;
    size_t alive[SDSE_PLACES_MOST_ALIVE]; // tensors
    size_t count;
    struct sdse_place_label *label;
};

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

static size_t last_use(const struct sdse_handed_tensor *tensor) {
    return tensor->use[tensor->use_count - 1];
}

static bool is_alive_after(const struct sdse_handed_tensor *tensor, size_t layer) {
    return tensor->maker <= layer && last_use(tensor) > layer;
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

static void read_state(const struct sdse_places_stage *stage, uint64_t state,
                       enum sdse_place *place) {
    for (size_t i = 0; i < stage->alive_count; i++, state /= stage->places)
        place[stage->alive[i]] = (enum sdse_place)(state % stage->places);
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

const struct sdse_handed_tensor *sdse_handed_by(const struct sdse_placing *placing,
                                                size_t layer) {
    for (size_t i = 0; i < placing->tensor_count; i++)
        if (placing->tensor[i].maker == layer)
            return &placing->tensor[i];
    return NULL;
}

void sdse_handed_note(const struct sdse_handed_tensor *tensor, unsigned memory,
                      size_t layer, struct sdse_place_question *question) {
    struct sdse_place_found *found = &question->in[memory];
    for (size_t i = 0; i < tensor->use_count; i++) {
        const enum sdse_handed_as as = tensor->as ? tensor->as[i] : SDSE_HANDED_INPUTS;
        const size_t turn = tensor->use[i] - layer; // of a group
        if (question->more && tensor->use[i] >= layer && turn <= question->more &&
            turn < SDSE_PLACES_MOST_TURNS) {
            if (as == SDSE_HANDED_INPUTS && turn)
                question->group_inputs |= UINT64_C(1) << turn;
            if (as == SDSE_HANDED_ADDEND)
                question->group_addends |= UINT64_C(1) << turn;
            if (as == SDSE_HANDED_WEIGHTS)
                question->group_weights |= UINT64_C(1) << turn;
        }
        if (tensor->use[i] != layer)
            continue;
        found->operands += as == SDSE_HANDED_INPUTS;
        found->addends += as == SDSE_HANDED_ADDEND;
        found->weights |= as == SDSE_HANDED_WEIGHTS;
    }
}

// --- One layer, or a group ---

// A step from the stage before `first` to the stage after `last`: labels begin ... end
// - 1 of the former, which share a state.
struct step {
    const struct sdse_places_stage *before, *after;
    size_t first, last; // layers
    size_t begin, end;
    enum sdse_place *place; // of all tensors
};

// A second place pays only where a later layer reads it there.
static bool may_be(const struct sdse_handed_tensor *made, enum sdse_place place) {
    if (place == SDSE_PLACE_OUTERMOST)
        return true;
    return made && made->may_share_in[sdse_place_memory(place)] &&
           (!sdse_place_is_both(place) || last_use(made) > made->use[0]);
}

// A tensor that the layer, or group, of a question finds at its place.
static void find_held(const struct sdse_handed_tensor *tensor, enum sdse_place place,
                      struct sdse_place_question *question) {
    const unsigned memory = sdse_place_memory(place);
    question->in[memory].reserved_bits += tensor->held_bits_in[memory];
    sdse_handed_note(tensor, memory, question->layer, question);
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
            find_held(&placing->tensor[t], place[t], &question);
    }
    return question;
}

// After its first use a tensor in both places is left in the outermost one.
static void pass_layers(const struct sdse_placing *placing,
                        const struct sdse_places_stage *before, size_t first,
                        size_t last, enum sdse_place *place) {
    for (size_t i = 0; i < before->alive_count; i++) {
        const size_t t = before->alive[i];
        if (sdse_place_is_both(place[t]) &&
            is_used_by(&placing->tensor[t], first, last))
            place[t] = SDSE_PLACE_OUTERMOST;
    }
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
    for (size_t i = 0; i < before; i++)
        finder->before[i] = step->before->label[step->begin + i].at;
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
        &(struct sdse_place_label){.parent = (uint32_t)step->begin,
                                   .state = state,
                                   .more = (uint32_t)(step->last - step->first),
                                   .outputs = outputs});
}

static enum sdse_status leave_state(struct finder *finder, const struct step *step) {
    const struct sdse_placing *placing = finder->placing;
    const struct sdse_handed_tensor *made = sdse_handed_by(placing, step->last);
    enum sdse_place *place = step->place;
    read_state(step->before, step->before->label[step->begin].state, place);
    struct sdse_place_question question = question_at(
        placing, step->before, step->first, step->last - step->first, place);
    pass_layers(placing, step->before, step->first, step->last, place);
    for (unsigned p = 0; p < step->after->places; p++) {
        const enum sdse_place out = (enum sdse_place)p;
        struct sdse_layer_front answer = {.count = 0};
        struct sdse_places_bar bar;
        if (!may_be(made, out))
            continue;
        if (made)
            place[made - placing->tensor] = out;
        const uint64_t state = write_state(step->after, place);
        question.outputs = out;
        if (question.more) {
            if (!set_bar(finder, step, state, &bar))
                return SDSE_NO_MEMORY;
            question.bar = &bar;
        }
        const enum sdse_status status =
            finder->ask(finder->context, &question, &answer);
        if (status != SDSE_OK)
            return status;
        finder->places->questions++;
        if (!add_sums(finder, step, &answer, state, out))
            return SDSE_NO_MEMORY;
    }
    return SDSE_OK;
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

void sdse_placing_questions(const struct sdse_placing *placing,
                            const enum sdse_place *place,
                            struct sdse_place_question *question) {
    for (size_t l = 0; l < placing->layer_count; l++) {
        for (size_t t = 0; t < placing->tensor_count && !question[l].inside; t++) {
            const struct sdse_handed_tensor *tensor = &placing->tensor[t];
            const size_t until =
                sdse_place_is_both(place[t]) ? tensor->use[0] : last_use(tensor);
            if (place[t] != SDSE_PLACE_OUTERMOST && tensor->maker < l && until >= l)
                find_held(tensor, place[t], &question[l]);
        }
    }
}

void sdse_places_choices(const struct sdse_places *places, size_t element,
                         struct sdse_place_question *question, size_t *choice,
                         enum sdse_place *place) {
    const struct sdse_placing *placing = places->placing;
    for (size_t t = 0; t < placing->tensor_count; t++)
        place[t] = SDSE_PLACE_OUTERMOST;
    for (size_t end = places->layer_count; end > 0;) {
        const struct sdse_place_label *label = &places->stages[end].label[element];
        const size_t first = end - 1 - label->more;
        for (size_t l = first; l < end; l++) {
            const struct sdse_handed_tensor *made = sdse_handed_by(placing, l);
            const bool last = l + 1 == end;
            if (made)
                place[made - placing->tensor] =
                    last ? label->outputs : SDSE_PLACE_SHARED;
            choice[l] = l == first ? label->choice : 0;
            question[l] = (struct sdse_place_question){
                .layer = l, .more = l == first ? label->more : 0, .inside = l > first};
        }
        question[first].outputs = label->outputs;
        element = label->parent;
        end = first;
    }
    sdse_placing_questions(placing, place, question);
}
