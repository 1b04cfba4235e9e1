#include "dse/network/places.h"

#include <stdlib.h>
#include <string.h>

// A sum that ends in a state, and where it comes from.
struct label {
    struct sdse_tradeoff at;
    uint32_t parent; // label of the stage before, or before its group
    uint32_t choice; // element of the layer's answer
    uint32_t
        state; // that it ends in: of the tensors alive, the first is the last digit
    uint32_t order; // in which it was made: ties
    uint32_t more;  // layers of its group after the first; 0: no group
    enum sdse_place outputs;
};

// The labels after a layer, by state, then by rising energy.
struct sdse_places_stage {
    size_t alive_count;
    size_t alive[SDSE_PLACES_MOST_ALIVE]; // tensors
    size_t count;
    struct label *label;
};

struct finder {
    const struct sdse_placing *placing;
    enum sdse_places_goal goal;
    size_t most;
    sdse_place_ask ask;
    void *context;
    struct label *found; // candidates of the stage under way
    size_t count, room;
    uint32_t made; // of the stage, kept or not
    size_t pruned; // so many labels are pruned: those first in `found`
    // Scratch of what a group must beat.
    struct sdse_tradeoff *before, *bar;
    size_t before_room, bar_room;
    size_t *corner; // scratch of thinning
    size_t corner_room;
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

static void read_state(const struct sdse_places_stage *stage, uint32_t state,
                       enum sdse_place *place) {
    for (size_t i = 0; i < stage->alive_count; i++, state /= SDSE_PLACES)
        place[stage->alive[i]] = (enum sdse_place)(state % SDSE_PLACES);
}

static uint32_t write_state(const struct sdse_places_stage *stage,
                            const enum sdse_place *place) {
    uint32_t state = 0;
    for (size_t i = stage->alive_count; i-- > 0;)
        state = state * SDSE_PLACES + (uint32_t)place[stage->alive[i]];
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

void sdse_handed_note(const struct sdse_handed_tensor *tensor, size_t layer,
                      struct sdse_place_question *question) {
    for (size_t i = 0; i < tensor->use_count; i++) {
        const enum sdse_handed_as as = tensor->as ? tensor->as[i] : SDSE_HANDED_INPUTS;
        const size_t turn = tensor->use[i] - layer; // of a group
        if (question->more && tensor->use[i] >= layer && turn <= question->more &&
            as == SDSE_HANDED_ADDEND)
            question->group_addends |= UINT64_C(1) << turn;
        if (tensor->use[i] != layer)
            continue;
        question->operands += as == SDSE_HANDED_INPUTS;
        question->addends += as == SDSE_HANDED_ADDEND;
        question->weights |= as == SDSE_HANDED_WEIGHTS;
    }
}

// --- Pruning ---

static int by_state_and_cost(const void *a, const void *b) {
    const struct label *x = a, *y = b;
    if (x->state != y->state)
        return x->state < y->state ? -1 : 1;
    if (x->at.energy_pj != y->at.energy_pj)
        return x->at.energy_pj < y->at.energy_pj ? -1 : 1;
    if (x->at.latency_cycles != y->at.latency_cycles)
        return x->at.latency_cycles < y->at.latency_cycles ? -1 : 1;
    return x->order < y->order ? -1 : x->order > y->order;
}

// Whether b is above the line from a to c, or on it.
static bool above_line(const struct label *a, const struct label *b,
                       const struct label *c) {
    return (b->at.energy_pj - a->at.energy_pj) *
               (c->at.latency_cycles - a->at.latency_cycles) <=
           (c->at.energy_pj - a->at.energy_pj) *
               (b->at.latency_cycles - a->at.latency_cycles);
}

// Of labels of one state by rising energy: those that are not beaten. Returns how many.
static size_t keep_unbeaten(struct label *label, size_t count) {
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        if (kept == 0 || label[i].at.latency_cycles < label[kept - 1].at.latency_cycles)
            label[kept++] = label[i];
    return kept;
}

static size_t list_corners(const struct label *label, size_t count, size_t *corner) {
    size_t corners = 0;
    for (size_t i = 0; i < count; i++) {
        while (corners > 1 && above_line(&label[corner[corners - 2]],
                                         &label[corner[corners - 1]], &label[i]))
            corners--;
        corner[corners++] = i;
    }
    return corners;
}

// Drops every second label but the corners of the hull.
static size_t thin(struct label *label, size_t count, size_t *corner) {
    const size_t corners = list_corners(label, count, corner);
    size_t kept = 0;
    for (size_t i = 0, c = 0; i < count; i++) {
        const bool is_corner = c < corners && corner[c] == i;
        c += is_corner;
        if (is_corner || i % 2 == 0)
            label[kept++] = label[i];
    }
    return kept;
}

static size_t keep_goal(struct finder *finder, struct label *label, size_t count) {
    count = keep_unbeaten(label, count);
    switch (finder->goal) {
    case SDSE_PLACES_ENERGY:
        return 1;
    case SDSE_PLACES_LATENCY:
        label[0] = label[count - 1];
        return 1;
    case SDSE_PLACES_CORNERS: {
        const size_t corners = list_corners(label, count, finder->corner);
        for (size_t c = 0; c < corners; c++)
            label[c] = label[finder->corner[c]];
        return corners;
    }
    default:
        for (size_t before = SIZE_MAX; count > finder->most && count < before;) {
            before = count;
            count = thin(label, count, finder->corner);
            finder->places->thinned |= count < before;
        }
        return count;
    }
}

// Sorts what was found and keeps, of each state, what the goal needs.
static bool prune(struct finder *finder) {
    if (finder->pruned == finder->count)
        return true;
    if (finder->count > finder->corner_room) {
        size_t *corner = realloc(finder->corner, finder->count * sizeof *corner);
        if (!corner)
            return false;
        finder->corner = corner;
        finder->corner_room = finder->count;
    }
    if (finder->count)
        qsort(finder->found, finder->count, sizeof *finder->found, by_state_and_cost);
    size_t kept = 0, states = 0;
    for (size_t first = 0, end; first < finder->count; first = end, states++) {
        for (end = first + 1; end < finder->count &&
                              finder->found[end].state == finder->found[first].state;)
            end++;
        const size_t left = keep_goal(finder, &finder->found[first], end - first);
        memmove(&finder->found[kept], &finder->found[first],
                left * sizeof *finder->found);
        kept += left;
    }
    finder->count = kept;
    finder->pruned = finder->count;
    if (states > finder->places->states)
        finder->places->states = states;
    return true;
}

// --- One layer, or a group ---

static bool make_room(struct finder *finder, size_t more) {
    if (finder->count + more <= finder->room)
        return true;
    const size_t room = 2 * finder->room + more;
    struct label *found = realloc(finder->found, room * sizeof *found);
    if (!found)
        return false;
    finder->found = found;
    finder->room = room;
    return true;
}

// A step from the stage before `first` to the stage after `last`: labels begin ... end
// - 1 of the former, which share a state.
struct step {
    const struct sdse_places_stage *before, *after;
    size_t first, last; // layers
    size_t begin, end;
    enum sdse_place *place; // of all tensors
};

// Whether something found in the state is no more in both than a sum.
static bool is_beaten(const struct sdse_places_bar *bar,
                      const struct sdse_tradeoff *at) {
    size_t low = 0, high = bar ? bar->found_count : 0;
    while (low < high) { // those that take no more energy
        const size_t middle = low + (high - low) / 2;
        if (bar->found[middle].energy_pj <= at->energy_pj)
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 && bar->found[low - 1].latency_cycles <= at->latency_cycles;
}

// Whether the sum of some label of the step with `more` is no more in both than `at`,
// and less in one. Labels are by rising energy, falling latency.
static bool beats(const struct step *step, double times,
                  const struct sdse_tradeoff *more, const struct sdse_tradeoff *at) {
    const struct label *label = step->before->label;
    size_t low = step->begin, high = step->end;
    while (low < high) { // those whose sums take no more energy
        const size_t middle = low + (high - low) / 2;
        if (label[middle].at.energy_pj + times * more->energy_pj <= at->energy_pj)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == step->begin)
        return false;
    const struct sdse_tradeoff *best = &label[low - 1].at;
    const double energy_pj = best->energy_pj + times * more->energy_pj,
                 cycles = best->latency_cycles + times * more->latency_cycles;
    return cycles < at->latency_cycles ||
           (cycles == at->latency_cycles && energy_pj < at->energy_pj);
}

// Whether sums with one of a few elements of the answer, evenly spaced, beat one: most
// sums of long fronts are beaten, and need not be sorted.
static bool is_beaten_inside(const struct step *step, double times,
                             const struct sdse_layer_front *answer,
                             const struct sdse_tradeoff *at) {
    enum { FEW = 4, MANY = 64 };
    if (answer->count <= FEW || step->end - step->begin < MANY)
        return false;
    for (size_t few = 0; few < FEW; few++)
        if (beats(step, times, &answer->elements[few * (answer->count - 1) / (FEW - 1)],
                  at))
            return true;
    return false;
}

// Adds the answer to the labels of the step; what the bar beats, if there is one, is
// left out.
static bool add_sums(struct finder *finder, const struct step *step,
                     const struct sdse_layer_front *answer, uint32_t state,
                     enum sdse_place outputs, const struct sdse_places_bar *bar) {
    const bool alone = step->first == step->last;
    const double times = alone ? (double)finder->placing->repeat[step->first] : 1;
    for (size_t i = step->begin; i < step->end; i++) {
        if (!make_room(finder, answer->count))
            return false;
        for (size_t c = 0; c < answer->count; c++) {
            const struct sdse_tradeoff *more = &answer->elements[c];
            const struct sdse_tradeoff *at = &step->before->label[i].at;
            const struct sdse_tradeoff sum = {at->energy_pj + times * more->energy_pj,
                                              at->latency_cycles +
                                                  times * more->latency_cycles};
            if (is_beaten(bar, &sum) || is_beaten_inside(step, times, answer, &sum))
                continue;
            finder->found[finder->count++] = (struct label){
                sum,    (uint32_t)i,    (uint32_t)c,
                state,  finder->made++, (uint32_t)(step->last - step->first),
                outputs};
        }
    }
    return true;
}

// A second place pays only where a later layer reads it there.
static bool may_be(const struct sdse_handed_tensor *made, enum sdse_place place) {
    if (place == SDSE_PLACE_OUTERMOST)
        return true;
    return made && made->may_share &&
           (place == SDSE_PLACE_SHARED || last_use(made) > made->use[0]);
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
        if (place[t] == SDSE_PLACE_OUTERMOST)
            continue;
        question.reserved_bits += placing->tensor[t].held_bits;
        sdse_handed_note(&placing->tensor[t], layer, &question);
    }
    return question;
}

// After its first use a tensor in both places is left in the outermost one.
static void pass_layers(const struct sdse_placing *placing,
                        const struct sdse_places_stage *before, size_t first,
                        size_t last, enum sdse_place *place) {
    for (size_t i = 0; i < before->alive_count; i++) {
        const size_t t = before->alive[i];
        if (place[t] == SDSE_PLACE_BOTH && is_used_by(&placing->tensor[t], first, last))
            place[t] = SDSE_PLACE_OUTERMOST;
    }
}

static enum sdse_status leave_state(struct finder *finder, const struct step *step,
                                    bool (*set_bar)(struct finder *,
                                                    const struct step *, uint32_t,
                                                    struct sdse_places_bar *)) {
    const struct sdse_placing *placing = finder->placing;
    const struct sdse_handed_tensor *made = sdse_handed_by(placing, step->last);
    enum sdse_place *place = step->place;
    read_state(step->before, step->before->label[step->begin].state, place);
    struct sdse_place_question question = question_at(
        placing, step->before, step->first, step->last - step->first, place);
    pass_layers(placing, step->before, step->first, step->last, place);
    for (enum sdse_place out = SDSE_PLACE_OUTERMOST; out < SDSE_PLACES; out++) {
        struct sdse_layer_front answer = {.count = 0};
        struct sdse_places_bar bar;
        if (!may_be(made, out))
            continue;
        if (made)
            place[made - placing->tensor] = out;
        const uint32_t state = write_state(step->after, place);
        question.outputs = out;
        if (set_bar) {
            if (!set_bar(finder, step, state, &bar))
                return SDSE_NO_MEMORY;
            question.bar = &bar;
        }
        const enum sdse_status status =
            finder->ask(finder->context, &question, &answer);
        if (status != SDSE_OK)
            return status;
        finder->places->questions++;
        if (!add_sums(finder, step, &answer, state, out, question.bar))
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

// What a group must beat: what was found when it was last pruned, which is done where
// as much was found again.
static bool set_bar(struct finder *finder, const struct step *step, uint32_t state,
                    struct sdse_places_bar *bar) {
    if ((finder->count >= 2 * finder->pruned && !prune(finder)) ||
        !make_list(&finder->before, &finder->before_room, step->end - step->begin) ||
        !make_list(&finder->bar, &finder->bar_room, finder->count + 1))
        return false;
    *bar = (struct sdse_places_bar){.before_count = step->end - step->begin,
                                    .before = finder->before,
                                    .found = finder->bar};
    for (size_t i = step->begin; i < step->end; i++)
        finder->before[i - step->begin] = step->before->label[i].at;
    for (size_t i = 0; i < finder->pruned; i++)
        if (finder->found[i].state == state)
            finder->bar[bar->found_count++] = finder->found[i].at;
    return true;
}

bool sdse_places_may_help(const struct sdse_places_bar *bar, enum sdse_places_goal goal,
                          const struct sdse_tradeoff *least) {
    if (!bar || bar->found_count == 0)
        return true;
    const double rounding = 1 + 1e-12; // of sums in another order: less is no gain
    size_t at = 0;                     // the last of found that takes no more energy
    for (size_t i = 0; i < bar->before_count; i++) {
        const double energy_pj =
                         (bar->before[i].energy_pj + least->energy_pj) * rounding,
                     cycles = bar->before[i].latency_cycles + least->latency_cycles;
        if (goal == SDSE_PLACES_LATENCY) {
            if (cycles < bar->found[0].latency_cycles)
                return true;
            if (cycles == bar->found[0].latency_cycles &&
                energy_pj < bar->found[0].energy_pj)
                return true;
            continue;
        }
        while (at + 1 < bar->found_count && bar->found[at + 1].energy_pj <= energy_pj)
            at++;
        if (bar->found[at].energy_pj > energy_pj)
            return true;
        if (goal == SDSE_PLACES_ENERGY && bar->found[at].energy_pj < energy_pj)
            continue;
        if (bar->found[at].latency_cycles > cycles)
            return true;
    }
    return false;
}

static enum sdse_status pass(struct finder *finder, struct sdse_places_stage *stages,
                             size_t first, size_t last, enum sdse_place *place,
                             bool group) {
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
        status = leave_state(finder, &step, group ? set_bar : NULL);
    }
    return status;
}

// All ways to end with layer `last`: it alone, then groups.
static enum sdse_status end_with(struct finder *finder,
                                 struct sdse_places_stage *stages, size_t last,
                                 enum sdse_place *place, struct sdse_arena *arena) {
    const struct sdse_placing *placing = finder->placing;
    struct sdse_places_stage *after = &stages[last + 1];
    finder->count = finder->made = 0;
    finder->pruned = 0;
    if (!list_alive(placing, last, after))
        return SDSE_OVERFLOW;
    enum sdse_status status = pass(finder, stages, last, last, place, false);
    for (size_t g = 0; !status && g < placing->group_count; g++)
        if (placing->group[g].last == last)
            status = pass(finder, stages, placing->group[g].first, last, place, true);
    if (status != SDSE_OK)
        return status;
    if (!prune(finder))
        return SDSE_NO_MEMORY;
    after->count = finder->count;
    after->label = SDSE_ARENA_ARRAY(arena, struct label, finder->count + 1);
    if (!after->label)
        return SDSE_NO_MEMORY;
    if (finder->count)
        memcpy(after->label, finder->found, finder->count * sizeof *after->label);
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
                            .goal = goal,
                            .most = most,
                            .ask = ask,
                            .context = context,
                            .places = &fresh};
    struct sdse_places_stage *stage =
        SDSE_ARENA_ARRAY(arena, struct sdse_places_stage, layers + 1);
    enum sdse_place *place =
        SDSE_ARENA_ARRAY(arena, enum sdse_place, placing->tensor_count + 1);
    struct label *nothing = SDSE_ARENA_NEW(arena, struct label);
    if (!stage || !place || !nothing)
        return SDSE_NO_MEMORY;
    stage[0].count = 1;
    stage[0].label = nothing;
    enum sdse_status status = SDSE_OK;
    for (size_t l = 0; !status && l < layers; l++)
        status = end_with(&finder, stage, l, place, arena);
    free(finder.found);
    free(finder.before);
    free(finder.bar);
    free(finder.corner);
    if (status != SDSE_OK)
        return status;
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

void sdse_places_choices(const struct sdse_places *places, size_t element,
                         struct sdse_place_question *question, size_t *choice,
                         enum sdse_place *place) {
    const struct sdse_placing *placing = places->placing;
    for (size_t t = 0; t < placing->tensor_count; t++)
        place[t] = SDSE_PLACE_OUTERMOST;
    for (size_t end = places->layer_count; end > 0;) {
        const struct label *label = &places->stages[end].label[element];
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
    // Forwards again: what each layer finds where.
    for (size_t l = 0; l < places->layer_count; l++) {
        for (size_t t = 0; t < placing->tensor_count && !question[l].inside; t++) {
            const struct sdse_handed_tensor *tensor = &placing->tensor[t];
            const bool there = place[t] == SDSE_PLACE_SHARED
                                   ? last_use(tensor) >= l
                                   : place[t] == SDSE_PLACE_BOTH && tensor->use[0] >= l;
            if (tensor->maker >= l || !there)
                continue;
            question[l].reserved_bits += tensor->held_bits;
            sdse_handed_note(tensor, l, &question[l]);
        }
    }
}
