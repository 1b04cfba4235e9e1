// What the places of tensors mean to layers, and how a found sum came about.
#include <stdlib.h>

#include "dse/network/place_labels.h"
#include "dse/network/places.h"

// --- One layer ---

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
                found->group_inputs |= UINT64_C(1) << turn;
            if (as == SDSE_HANDED_ADDEND)
                found->group_addends |= UINT64_C(1) << turn;
            if (as == SDSE_HANDED_WEIGHTS)
                found->group_weights |= UINT64_C(1) << turn;
        }
        if (tensor->use[i] != layer)
            continue;
        found->operands += as == SDSE_HANDED_INPUTS;
        found->addends += as == SDSE_HANDED_ADDEND;
        found->weights |= as == SDSE_HANDED_WEIGHTS;
    }
}

// A tensor that the layer, or group, of a question finds at its place.
void sdse_place_find_held(const struct sdse_handed_tensor *tensor,
                          enum sdse_place place, struct sdse_place_question *question) {
    const unsigned memory = sdse_place_memory(place);
    question->in[memory].reserved_bits += tensor->held_bits_in[memory];
    sdse_handed_note(tensor, memory, question->layer, question);
}

// --- Times on chip ---

size_t sdse_placing_most_copies(const struct sdse_placing *placing) {
    size_t most = 0;
    for (size_t t = 0; t < placing->tensor_count && placing->copy_cost; t++) {
        const struct sdse_handed_tensor *tensor = &placing->tensor[t];
        most += tensor->use_count + 1;
        if (placing->memory_count > 1)
            most += sdse_handed_last_use(tensor) - tensor->maker;
    }
    return most;
}

size_t sdse_copies_first_until(const struct sdse_placing *placing,
                               const struct sdse_copies *copies, size_t tensor,
                               enum sdse_place place) {
    const struct sdse_handed_tensor *handed = &placing->tensor[tensor];
    if (!sdse_place_is_both(place))
        return place == SDSE_PLACE_OUTERMOST ? handed->maker
                                             : sdse_handed_last_use(handed);
    for (size_t i = 0; copies && i < copies->count; i++)
        if (copies->copy[i].tensor == tensor && copies->copy[i].from == handed->maker)
            return copies->copy[i].until;
    return handed->use[0];
}

enum sdse_place sdse_placing_now(const struct sdse_placing *placing,
                                 const enum sdse_place *place,
                                 const struct sdse_copies *copies, size_t tensor,
                                 size_t layer, bool moved) {
    const size_t end = layer + moved; // of what has begun
    size_t began = placing->tensor[tensor].maker, passed = 0;
    enum sdse_place now = place[tensor];
    if (began >= layer)
        return SDSE_PLACE_OUTERMOST;
    if (sdse_copies_first_until(placing, copies, tensor, place[tensor]) < layer) {
        now = SDSE_PLACE_OUTERMOST;
        for (size_t i = 0; copies && i < copies->count; i++) {
            const struct sdse_copy *copy = &copies->copy[i];
            if (copy->tensor != tensor || copy->source || copy->from <= began ||
                copy->from >= end || copy->until < layer)
                continue;
            now = sdse_place_in(copy->memory, true);
            began = copy->from;
        }
    }
    for (size_t i = 0; now && copies && i < copies->count; i++) {
        const struct sdse_copy *copy = &copies->copy[i];
        if (copy->tensor != tensor || !copy->source || copy->from <= began ||
            copy->from >= end || copy->from < passed)
            continue;
        now = sdse_place_in(copy->memory, sdse_place_is_both(now));
        passed = copy->from;
    }
    return now;
}

double sdse_passing_bits(const struct sdse_placing *placing,
                         const enum sdse_place *place, const struct sdse_copies *copies,
                         size_t layer, unsigned memory) {
    double held_bits = 0, coming_bits = 0;
    for (size_t i = 0; i < copies->count; i++) {
        const struct sdse_copy *copy = &copies->copy[i];
        if (copy->source && copy->from == layer && copy->memory == memory)
            coming_bits += placing->tensor[copy->tensor].held_bits_in[memory];
    }
    for (size_t t = 0; t < placing->tensor_count; t++) {
        const enum sdse_place now =
            sdse_placing_now(placing, place, copies, t, layer, false);
        if (now != SDSE_PLACE_OUTERMOST && sdse_place_memory(now) == memory)
            held_bits += placing->tensor[t].held_bits_in[memory];
    }
    return coming_bits > 0 ? held_bits + coming_bits : 0;
}

void sdse_placing_questions(const struct sdse_placing *placing,
                            const enum sdse_place *place,
                            const struct sdse_copies *copies,
                            struct sdse_place_question *question) {
    for (size_t l = 0; l < placing->layer_count; l++) {
        for (size_t t = 0; t < placing->tensor_count && !question[l].inside; t++) {
            const enum sdse_place now =
                sdse_placing_now(placing, place, copies, t, l, true);
            if (now != SDSE_PLACE_OUTERMOST)
                sdse_place_find_held(&placing->tensor[t], now, &question[l]);
        }
    }
}

// Of those that pass, or of those that are brought in.
static void add_costs(const struct sdse_placing *placing,
                      const struct sdse_copies *copies, size_t layer, bool pass,
                      struct sdse_tradeoff *at) {
    struct sdse_tradeoff sum = {0, 0};
    for (size_t i = 0; copies && i < copies->count; i++) {
        const struct sdse_copy *copy = &copies->copy[i];
        if (copy->from != layer || placing->tensor[copy->tensor].maker == layer ||
            (copy->source > 0) != pass)
            continue;
        const struct sdse_tradeoff *cost =
            &placing->copy_cost[copy->tensor].into[copy->memory][copy->source];
        sum.energy_pj += cost->energy_pj;
        sum.latency_cycles += cost->latency_cycles;
    }
    at->energy_pj += sum.energy_pj;
    at->latency_cycles += sum.latency_cycles;
}

void sdse_copies_add_cost(const struct sdse_placing *placing,
                          const struct sdse_copies *copies, size_t layer,
                          struct sdse_tradeoff *at) {
    add_costs(placing, copies, layer, true, at);
    add_costs(placing, copies, layer, false, at);
}

// --- One element ---

void sdse_places_stage_read(const struct sdse_places_stage *stage, uint64_t state,
                            enum sdse_place *place) {
    for (size_t i = 0; i < stage->alive_count; i++, state /= stage->places)
        place[stage->alive[i]] = (enum sdse_place)(state % stage->places);
}

// The last layer of first ... last that reads a tensor; its maker: none does.
static size_t last_reader(const struct sdse_handed_tensor *tensor, size_t first,
                          size_t last) {
    size_t reader = tensor->maker;
    for (size_t i = 0; i < tensor->use_count; i++)
        if (tensor->use[i] >= first && tensor->use[i] <= last)
            reader = tensor->use[i];
    return reader;
}

static enum sdse_place place_in(const struct sdse_places_stage *stage, uint64_t state,
                                size_t tensor) {
    for (size_t i = 0; i < stage->alive_count; i++, state /= stage->places)
        if (stage->alive[i] == tensor)
            return (enum sdse_place)(state % stage->places);
    return SDSE_PLACE_OUTERMOST; // gone
}

// Walking from the end to the beginning, a time on chip is met when it ends: its `from`
// is then the first layer of the group that ends it, until its beginning is met.
static void end_copy(struct sdse_copies *copies, size_t tensor, size_t first,
                     size_t until) {
    copies->copy[copies->count++] =
        (struct sdse_copy){.tensor = tensor, .from = first, .until = until};
}

static struct sdse_copy *met_last(const struct sdse_copies *copies, size_t tensor) {
    size_t i = copies->count - 1;
    while (copies->copy[i].tensor != tensor || copies->copy[i].source)
        i--;
    return &copies->copy[i];
}

static void begin_copy(struct sdse_copies *copies, size_t tensor, size_t from,
                       unsigned memory) {
    struct sdse_copy *copy = met_last(copies, tensor);
    copy->from = from;
    copy->memory = memory;
}

// What is in both places as it is made: until its first use needs no saying.
static void begin_made(struct sdse_copies *copies,
                       const struct sdse_handed_tensor *made, size_t tensor,
                       unsigned memory) {
    struct sdse_copy *copy = met_last(copies, tensor);
    if (copy->until != made->maker && made->use[0] >= copy->from) {
        for (copies->count--; copy < &copies->copy[copies->count]; copy++)
            *copy = copy[1];
        return;
    }
    copy->from = made->maker;
    copy->memory = memory;
}

// The step of layers first ... end - 1 that a label tells.
static void note_copies(const struct sdse_places *places,
                        const struct sdse_place_label *label, size_t first, size_t end,
                        struct sdse_copies *copies) {
    const struct sdse_placing *placing = places->placing;
    const struct sdse_places_stage *before = &places->passed[first],
                                   *after = &places->stages[end];
    const uint64_t state = before->label[label->parent].state;
    for (size_t i = 0; i < before->alive_count; i++) {
        const size_t t = before->alive[i];
        const struct sdse_handed_tensor *tensor = &placing->tensor[t];
        const size_t reader = last_reader(tensor, first, end - 1);
        const unsigned brought = label->brought >> 2 * i & 3u;
        if (reader == tensor->maker ||
            (!brought && !sdse_place_is_both(place_in(before, state, t))))
            continue;
        if (!sdse_place_is_both(place_in(after, label->state, t)))
            end_copy(copies, t, first, reader);
        if (brought)
            begin_copy(copies, t, first, brought - 1);
    }
    const struct sdse_handed_tensor *made = sdse_handed_by(placing, end - 1);
    if (!sdse_place_is_both(label->outputs))
        return;
    const size_t t = (size_t)(made - placing->tensor);
    if (!sdse_place_is_both(place_in(after, label->state, t)))
        end_copy(copies, t, end, end - 1);
    begin_made(copies, made, t, sdse_place_memory(label->outputs));
}

// What passes before a layer, between two labels of the stage before it.
static void note_passed(const struct sdse_places_stage *stage, uint64_t from,
                        uint64_t to, size_t layer, struct sdse_copies *copies) {
    for (size_t i = 0; i < stage->alive_count; i++) {
        const size_t t = stage->alive[i];
        const enum sdse_place was = place_in(stage, from, t),
                              is = place_in(stage, to, t);
        if (was != is)
            copies->copy[copies->count++] =
                (struct sdse_copy){.tensor = t,
                                   .from = layer,
                                   .until = layer,
                                   .memory = sdse_place_memory(is),
                                   .source = 1 + sdse_place_memory(was)};
    }
}

static int by_from(const void *a, const void *b) {
    const struct sdse_copy *x = a, *y = b;
    if (x->from != y->from)
        return x->from < y->from ? -1 : 1;
    if (!x->source != !y->source)
        return x->source ? -1 : 1;
    return x->tensor < y->tensor ? -1 : x->tensor > y->tensor;
}

void sdse_copies_sort(struct sdse_copies *copies) {
    if (copies->count)
        qsort(copies->copy, copies->count, sizeof *copies->copy, by_from);
}

void sdse_places_choices(const struct sdse_places *places, size_t element,
                         struct sdse_place_question *question, size_t *choice,
                         enum sdse_place *place, struct sdse_copies *copies) {
    const struct sdse_placing *placing = places->placing;
    copies->count = 0;
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
        if (placing->copy_cost)
            note_copies(places, label, first, end, copies);
        element = label->parent;
        end = first;
        const struct sdse_places_stage *stage = &places->stages[end],
                                       *passed = &places->passed[end];
        if (passed->label == stage->label)
            continue;
        const uint64_t to = passed->label[element].state;
        element = passed->label[element].parent;
        note_passed(stage, stage->label[element].state, to, end, copies);
    }
    sdse_copies_sort(copies);
    sdse_placing_questions(placing, place, copies, question);
}
