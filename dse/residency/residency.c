#include "dse/residency/residency.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "costmodel/model.h"
#include "dse/residency/answers.h"
#include "dse/residency/copies.h"
#include "spec/types/touched.h"

// --- Tensors ---

// Whether a layer can write the shared memory: what the vector unit works on goes no
// further in than to its own memory.
static bool writes(const struct sdse_arch *arch, const struct sdse_layer *layer,
                   unsigned level) {
    return !sdse_layer_moves(layer) || level <= arch->vector.below_level;
}

static enum sdse_handed_as handed_as(const struct sdse_workload_edge *edge) {
    return edge->use == SDSE_EDGE_WEIGHTS  ? SDSE_HANDED_WEIGHTS
           : edge->use == SDSE_EDGE_ADDEND ? SDSE_HANDED_ADDEND
                                           : SDSE_HANDED_INPUTS;
}

enum sdse_unshared sdse_edge_unshared(const struct sdse_arch *arch, unsigned level,
                                      const struct sdse_workload *net,
                                      const struct sdse_workload_edge *edge) {
    const bool works = edge->use == SDSE_EDGE_ADDEND ||
                       sdse_layer_moves(&net->layers[edge->to]) ||
                       sdse_layer_moves(&net->layers[edge->from]);
    if (works && level > arch->vector.below_level)
        return SDSE_UNSHARED_VECTOR;
    return edge->use == SDSE_EDGE_WEIGHTS && !arch->level[level].shares_weights
               ? SDSE_UNSHARED_WEIGHTS
               : SDSE_SHARED;
}

// Bits of the place of one word of a tensor at a memory that shares.
static enum sdse_status word_bits(const struct sdse_residency_request *request,
                                  size_t layer, enum sdse_part part, unsigned level,
                                  struct sdse_arena *arena, double *bits) {
    struct sdse_model *model;
    const enum sdse_status status =
        sdse_model_new(request->arch, request->layer[layer].layer,
                       request->layer[layer].form, arena, &model);
    if (status == SDSE_OK)
        *bits = fmax(*bits, model->place_bits[level][part]);
    return status;
}

// What the tensor that a layer makes takes of the memory of a number, at `level`: its
// place is as wide as the widest of its readers and its maker want; and whether all of
// them reach it there.
static enum sdse_status hold_tensor(const struct sdse_residency_request *request,
                                    unsigned memory, unsigned level,
                                    struct sdse_arena *arena,
                                    struct sdse_handed_tensor *tensor) {
    const struct sdse_workload *net = request->workload;
    const struct sdse_layer *layer = request->layer[tensor->maker].layer;
    bool may_share = writes(request->arch, layer, level);
    double bits = 0;
    enum sdse_status status =
        word_bits(request, tensor->maker, SDSE_PART_OUTPUTS, level, arena, &bits);
    for (size_t e = 0; !status && e < net->edge_count; e++) {
        const struct sdse_workload_edge *edge = &net->edges[e];
        if (edge->from != tensor->maker)
            continue;
        may_share &= !sdse_edge_unshared(request->arch, level, net, edge);
        if (edge->use == SDSE_EDGE_ADDEND) // plain, as stream.h has it
            bits = fmax(bits, sdse_arch_word_bits(request->arch, level, SDSE_INPUTS));
        else
            status = word_bits(request, edge->to,
                               edge->use == SDSE_EDGE_WEIGHTS ? SDSE_PART_WEIGHTS
                                                              : SDSE_PART_INPUTS,
                               level, arena, &bits);
    }
    tensor->may_share_in[memory] = may_share;
    tensor->held_bits_in[memory] =
        bits * (double)sdse_tile_words(&layer->nest, SDSE_OUTPUTS, layer->nest.bound);
    return status;
}

// The tensor that a layer makes, with the layers that read it, in the memories at
// `level`.
static enum sdse_status add_tensor(const struct sdse_residency_request *request,
                                   size_t maker, const unsigned *level, unsigned count,
                                   struct sdse_arena *arena,
                                   struct sdse_handed_tensor *tensor) {
    const struct sdse_workload *net = request->workload;
    size_t *use = SDSE_ARENA_ARRAY(arena, size_t, net->edge_count);
    enum sdse_handed_as *as =
        SDSE_ARENA_ARRAY(arena, enum sdse_handed_as, net->edge_count);
    enum sdse_status status = SDSE_OK;
    if (!use || !as)
        return SDSE_NO_MEMORY;
    *tensor = (struct sdse_handed_tensor){.maker = maker, .use = use, .as = as};
    for (size_t to = maker + 1; to < net->layer_count; to++) {
        for (size_t e = 0; e < net->edge_count; e++) {
            if (net->edges[e].from != maker || net->edges[e].to != to)
                continue;
            as[tensor->use_count] = handed_as(&net->edges[e]);
            use[tensor->use_count++] = to;
        }
    }
    for (unsigned m = 0; !status && m < count; m++)
        status = hold_tensor(request, m, level[m], arena, tensor);
    return status;
}

enum sdse_status sdse_residency_placing(const struct sdse_residency_request *request,
                                        struct sdse_arena *arena,
                                        struct sdse_placing *placing) {
    const struct sdse_workload *net = request->workload;
    unsigned level[SDSE_MOST_SHARED];
    const unsigned memories = sdse_shared_levels(request->arch, level);
    struct sdse_handed_tensor *tensor =
        SDSE_ARENA_ARRAY(arena, struct sdse_handed_tensor, net->layer_count);
    uint64_t *repeat = SDSE_ARENA_ARRAY(arena, uint64_t, net->layer_count);
    enum sdse_status status = tensor && repeat ? SDSE_OK : SDSE_NO_MEMORY;
    *placing = (struct sdse_placing){.memory_count = memories,
                                     .layer_count = net->layer_count,
                                     .repeat = repeat,
                                     .tensor = tensor};
    for (size_t l = 0; !status && l < net->layer_count; l++) {
        repeat[l] = request->layer[l].layer->repeat;
        bool made = false;
        for (size_t e = 0; e < net->edge_count; e++)
            made |= net->edges[e].from == l;
        if (made)
            status = add_tensor(request, l, level, memories, arena,
                                &tensor[placing->tensor_count++]);
    }
    return status;
}

// --- What must be held ---

// Something that a layer reads in the shared memory, and its part of the bits of the
// tensor that it is of: of one that is read as several things each has an equal part.
struct piece {
    enum sdse_handed_as as;
    double bits;
};

static int by_bits(const void *a, const void *b) {
    const struct piece *x = a, *y = b;
    return x->bits < y->bits ? -1 : x->bits > y->bits;
}

// How many of each are there. Ranges of channels that are one map are there together.
static void count_wanted(const struct sdse_workload *net, size_t layer,
                         const struct sdse_residence *residence,
                         uint32_t wanted[SDSE_HANDED_KINDS]) {
    uint32_t ranges = 0;
    for (size_t e = 0; e < net->edge_count; e++)
        ranges += net->edges[e].to == layer && net->edges[e].use == SDSE_EDGE_CONCAT;
    const uint32_t maps = ranges ? ranges : residence->operands;
    wanted[SDSE_HANDED_INPUTS] = residence->tensors >> SDSE_INPUTS & 1u ? maps : 0;
    wanted[SDSE_HANDED_ADDEND] = residence->addends;
    wanted[SDSE_HANDED_WEIGHTS] = residence->tensors >> SDSE_WEIGHTS & 1u;
}

// Lists what a layer reads of other layers and may find there, by rising bits.
static enum sdse_status list_pieces(const struct sdse_residency_request *request,
                                    size_t layer, unsigned level,
                                    const uint32_t wanted[SDSE_HANDED_KINDS],
                                    struct sdse_arena *arena, struct piece *piece,
                                    size_t *count) {
    const struct sdse_workload *net = request->workload;
    *count = 0;
    for (size_t maker = 0; maker < layer; maker++) {
        struct sdse_handed_tensor tensor;
        const size_t first = *count;
        for (size_t e = 0; e < net->edge_count; e++)
            if (net->edges[e].from == maker && net->edges[e].to == layer &&
                wanted[handed_as(&net->edges[e])])
                piece[(*count)++].as = handed_as(&net->edges[e]);
        if (*count == first)
            continue;
        const enum sdse_status status =
            add_tensor(request, maker, &level, 1, arena, &tensor);
        if (status != SDSE_OK)
            return status;
        for (size_t i = first; i < *count; i++)
            piece[i].bits = tensor.held_bits / (double)(*count - first);
    }
    qsort(piece, *count, sizeof *piece, by_bits);
    return SDSE_OK;
}

enum sdse_status sdse_residency_least_bits(const struct sdse_residency_request *request,
                                           size_t layer,
                                           const struct sdse_residence *residence,
                                           struct sdse_arena *arena, double *bits) {
    const struct sdse_layer *reader = request->layer[layer].layer;
    const unsigned level = residence->level;
    struct piece *piece =
        SDSE_ARENA_ARRAY(arena, struct piece, request->workload->edge_count + 1);
    uint32_t wanted[SDSE_HANDED_KINDS];
    struct sdse_model *model;
    size_t count;
    if (!piece)
        return SDSE_NO_MEMORY;
    count_wanted(request->workload, layer, residence, wanted);
    enum sdse_status status = sdse_model_new(request->arch, reader,
                                             request->layer[layer].form, arena, &model);
    if (status == SDSE_OK)
        status = list_pieces(request, layer, level, wanted, arena, piece, &count);
    if (status != SDSE_OK)
        return status;
    *bits = 0;
    for (size_t i = 0; i < count; i++) {
        if (!wanted[piece[i].as])
            continue;
        *bits += piece[i].bits;
        wanted[piece[i].as]--;
    }
    // What no layer puts out may be one map that is read as several things.
    const struct sdse_nest *nest = &reader->nest;
    const double rest[SDSE_HANDED_KINDS] = {
        [SDSE_HANDED_INPUTS] = model->place_bits[level][SDSE_PART_INPUTS] *
                               (double)sdse_nest_input_words(nest),
        [SDSE_HANDED_ADDEND] = sdse_arch_word_bits(request->arch, level, SDSE_INPUTS) *
                               (double)sdse_tile_words(nest, SDSE_OUTPUTS, nest->bound),
        [SDSE_HANDED_WEIGHTS] =
            model->place_bits[level][SDSE_PART_WEIGHTS] *
            (double)sdse_tile_words(nest, SDSE_WEIGHTS, nest->bound)};
    double most = 0;
    for (int as = 0; as < SDSE_HANDED_KINDS; as++)
        most = fmax(most, wanted[as] * rest[as]);
    *bits += most;
    return SDSE_OK;
}

// --- Questions that will be asked ---

// The tensors that a layer reads and that may be in the memory of a number, by rising
// bits: what each is to it, and its bits.
static size_t list_inputs(const struct sdse_placing *placing, unsigned memory,
                          size_t layer, struct sdse_place_found *input, size_t most) {
    size_t count = 0;
    for (size_t t = 0; t < placing->tensor_count && count < most; t++) {
        const struct sdse_handed_tensor *tensor = &placing->tensor[t];
        const double bits = tensor->held_bits_in[memory];
        struct sdse_place_question question = {.layer = layer};
        sdse_handed_note(tensor, memory, layer, &question);
        struct sdse_place_found part = question.in[memory];
        part.reserved_bits = bits;
        if (!tensor->may_share_in[memory] ||
            !(part.operands || part.addends || part.weights))
            continue;
        size_t at = count++;
        for (; at > 0 && input[at - 1].reserved_bits > bits; at--)
            input[at] = input[at - 1];
        input[at] = part;
    }
    return count;
}

// Ranges of channels that are one map are at home together, or none of them is: a layer
// finds its inputs in one place.
static bool splits_map(const struct sdse_answers *answers,
                       const struct sdse_place_question *question) {
    const uint32_t parts = answers->parts[question->layer];
    bool splits = false;
    for (unsigned m = 0; m < answers->memory_count; m++)
        splits |= parts && question->in[m].operands && question->in[m].operands < parts;
    return splits;
}

// A question with every place of the layer's outputs that is one, where it fits.
static size_t with_outputs(const struct sdse_answers *answers,
                           const struct sdse_placing *placing,
                           struct sdse_place_question next,
                           struct sdse_place_question *question) {
    const struct sdse_handed_tensor *made = sdse_handed_by(placing, next.layer);
    size_t count = 0;
    for (unsigned p = 0; p < sdse_placing_places(placing); p++) {
        next.outputs = (enum sdse_place)p;
        const unsigned memory = p ? sdse_place_memory(next.outputs) : 0;
        const bool twice =
            made && (placing->copy_cost || sdse_handed_last_use(made) > made->use[0]);
        if ((p && (!made || !made->may_share_in[memory] ||
                   (sdse_place_is_both(next.outputs) && !twice))) ||
            splits_map(answers, &next))
            continue;
        if (sdse_answers_hold(answers, &next, p ? made->held_bits_in[memory] : 0))
            question[count++] = next;
    }
    return count;
}

// Each layer with some of its inputs shared, in one memory, the smallest first, and
// every place of its outputs: with as much room as there will ever be.
static enum sdse_status prepare(struct sdse_answers *answers,
                                const struct sdse_placing *placing,
                                struct sdse_arena *arena) {
    enum { MOST_INPUTS = 8 };
    const size_t most = placing->layer_count * answers->memory_count *
                        (MOST_INPUTS + 1) * sdse_placing_places(placing);
    struct sdse_place_question *question =
        SDSE_ARENA_ARRAY(arena, struct sdse_place_question, most);
    size_t count = 0;
    if (!question)
        return SDSE_NO_MEMORY;
    for (size_t l = 0; l < placing->layer_count; l++) {
        for (unsigned m = 0; m < answers->memory_count; m++) {
            struct sdse_place_found input[MOST_INPUTS];
            const size_t inputs = list_inputs(placing, m, l, input, MOST_INPUTS);
            struct sdse_place_question next = {.layer = l};
            for (size_t i = 0; i <= inputs; i++) {
                if (i || !m) // without inputs once
                    count += with_outputs(answers, placing, next, &question[count]);
                if (i == inputs)
                    break;
                next.in[m].reserved_bits += input[i].reserved_bits;
                next.in[m].operands += input[i].operands;
                next.in[m].addends += input[i].addends;
                next.in[m].weights |= input[i].weights;
            }
        }
    }
    return sdse_answers_prepare(answers, question, count);
}

static enum sdse_status ask(void *context, const struct sdse_place_question *question,
                            struct sdse_layer_front *front) {
    struct sdse_answers *answers = context;
    const struct sdse_residency_groups *groups = answers->request->groups;
    const struct sdse_answer *answer;
    answers->stopped |= answers->request->stop && atomic_load(answers->request->stop);
    if (question->more && !answers->stopped)
        return groups->ask(groups->context, question, front);
    // What is held alone is more than there is, or half a map.
    if (!sdse_answers_hold(answers, question, 0) || answers->stopped ||
        splits_map(answers, question)) {
        *front = (struct sdse_layer_front){.count = 0};
        return SDSE_OK;
    }
    const enum sdse_status status = sdse_answers_get(answers, question, &answer);
    if (status == SDSE_OK)
        *front = answer->front;
    return status;
}

// --- The whole ---

enum sdse_status sdse_residency_find(const struct sdse_residency_request *request,
                                     struct sdse_arena *arena,
                                     struct sdse_residency *residency) {
    struct sdse_answers *answers = SDSE_ARENA_NEW(arena, struct sdse_answers);
    *residency = (struct sdse_residency){.level = sdse_shared_level(request->arch),
                                         .arena = arena};
    if (!answers)
        return SDSE_NO_MEMORY;
    const struct sdse_workload *net = request->workload;
    uint32_t *parts = SDSE_ARENA_ARRAY(arena, uint32_t, net->layer_count);
    if (!parts)
        return SDSE_NO_MEMORY;
    for (size_t e = 0; e < net->edge_count; e++)
        parts[net->edges[e].to] += net->edges[e].use == SDSE_EDGE_CONCAT;
    enum sdse_status status = sdse_answers_init(request, arena, answers);
    answers->parts = parts;
    residency->answers = answers;
    if (status == SDSE_OK)
        status = sdse_residency_placing(request, arena, &residency->placing);
    if (status == SDSE_OK && request->copies)
        status =
            sdse_placing_add_copies(request->arch, net, arena, &residency->placing);
    if (status == SDSE_OK && request->groups)
        status = request->groups->list(request->groups->context, &residency->placing,
                                       &residency->placing.group_count,
                                       &residency->placing.group);
    if (status == SDSE_OK)
        status = prepare(answers, &residency->placing, arena);
    if (status == SDSE_OK)
        status = sdse_places_find(&residency->placing, request->goal, SDSE_KEPT_FRONT,
                                  ask, answers, arena, &residency->places);
    residency->questions = residency->places.questions;
    residency->searches = answers->searches;
    residency->stopped = answers->stopped;
    if (residency->stopped)
        residency->places.count = 0;
    return status;
}

// One element's choices; the lists in the arena of the residency.
static enum sdse_status choose(const struct sdse_residency *residency, size_t element,
                               struct sdse_place_question **question, size_t **choice,
                               enum sdse_place *place, struct sdse_copies *copies) {
    struct sdse_arena *arena = residency->arena;
    const size_t layers = residency->placing.layer_count;
    *question = SDSE_ARENA_ARRAY(arena, struct sdse_place_question, layers);
    *choice = SDSE_ARENA_ARRAY(arena, size_t, layers);
    copies->copy = SDSE_ARENA_ARRAY(arena, struct sdse_copy,
                                    sdse_placing_most_copies(&residency->placing) + 1);
    if (!*question || !*choice || !copies->copy)
        return SDSE_NO_MEMORY;
    sdse_places_choices(&residency->places, element, *question, *choice, place, copies);
    return SDSE_OK;
}

enum sdse_status sdse_residency_copies(const struct sdse_residency *residency,
                                       size_t element, struct sdse_copies *copies) {
    enum sdse_place *place = SDSE_ARENA_ARRAY(residency->arena, enum sdse_place,
                                              residency->placing.tensor_count + 1);
    struct sdse_place_question *question;
    size_t *choice;
    return place ? choose(residency, element, &question, &choice, place, copies)
                 : SDSE_NO_MEMORY;
}

enum sdse_status sdse_residency_pick(const struct sdse_residency_request *request,
                                     const struct sdse_residency *residency,
                                     size_t element, struct sdse_resident_layer *layer,
                                     enum sdse_place *place) {
    const size_t layers = residency->placing.layer_count;
    struct sdse_place_question *question;
    struct sdse_copies copies;
    size_t *choice;
    const enum sdse_status chosen =
        choose(residency, element, &question, &choice, place, &copies);
    if (chosen != SDSE_OK)
        return chosen;
    for (size_t l = 0; l < layers; l++) {
        const struct sdse_answer *answer;
        layer[l] = (struct sdse_resident_layer){.question = question[l]};
        layer[l].layer = *request->layer[l].layer;
        if (question[l].more || question[l].inside) {
            layer[l].choice = choice[l];
            continue;
        }
        const enum sdse_status status =
            sdse_answers_get(residency->answers, &question[l], &answer);
        if (status != SDSE_OK)
            return status;
        sdse_question_residence(request->arch, request->layer[l].layer, &question[l],
                                layer[l].residence);
        layer[l].layer.residence = layer[l].residence;
        layer[l].answer = &answer->answer;
        layer[l].point = &answer->answer.point[choice[l]];
    }
    return SDSE_OK;
}

void sdse_residency_free(struct sdse_residency *residency) {
    if (residency->answers)
        sdse_answers_free(residency->answers);
    residency->answers = NULL;
}
