#include "dse/residency/answers.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/pool.h"
#include "costmodel/model.h"

struct sdse_residence
sdse_question_residence(const struct sdse_layer *layer,
                        const struct sdse_place_question *question, unsigned level) {
    const bool outputs = question->outputs != SDSE_PLACE_OUTERMOST;
    // Channels put together are one map.
    const uint32_t maps = layer->move.addends > 1 ? layer->move.addends : 1;
    return (struct sdse_residence){
        .level = level,
        .tensors = (question->operands ? SDSE_BIT(SDSE_INPUTS) : 0u) |
                   (question->weights ? SDSE_BIT(SDSE_WEIGHTS) : 0u) |
                   (outputs ? SDSE_BIT(SDSE_OUTPUTS) : 0u),
        .operands = question->operands < maps ? question->operands : maps,
        .addends = question->addends,
        .writes_through = question->outputs == SDSE_PLACE_BOTH,
        .reserved_bits = question->reserved_bits};
}

// --- One search ---

static bool list_front(const struct sdse_map_answer *answer, struct sdse_arena *arena,
                       struct sdse_layer_front *front) {
    struct sdse_tradeoff *elements =
        SDSE_ARENA_ARRAY(arena, struct sdse_tradeoff, answer->point_count + 1);
    if (!elements)
        return false;
    for (size_t i = 0; i < answer->point_count; i++)
        elements[i] = (struct sdse_tradeoff){answer->point[i].totals.energy_pj,
                                             answer->point[i].totals.latency_cycles};
    *front = (struct sdse_layer_front){answer->point_count, elements, 1};
    return true;
}

double sdse_answer_least_room_bits(const struct sdse_model *model, unsigned level,
                                   const struct sdse_map_answer *answer, double most) {
    const double rounding = 1 + 1e-12;
    double room = answer->point_count ? 0 : -(double)INFINITY;
    for (size_t i = 0; i < answer->point_count; i++)
        room = fmax(room,
                    sdse_mapping_taken_bits(model, &answer->point[i].mapping, level) *
                        rounding);
    return fmin(room, most);
}

static enum sdse_status search(const struct sdse_answers *answers,
                               const struct sdse_place_question *question,
                               struct sdse_answer *found) {
    const struct sdse_residency_request *request = answers->request;
    const struct sdse_residency_layer *asked = &request->layer[question->layer];
    const struct sdse_residence residence =
        sdse_question_residence(asked->layer, question, answers->level);
    struct sdse_layer layer = *asked->layer;
    struct sdse_model *model;
    layer.residence = &residence;
    const struct sdse_map_request map = {.arch = request->arch,
                                         .layer = &layer,
                                         .form = asked->form,
                                         .objective = request->objective,
                                         .free_bypass = request->free_bypass,
                                         .padding_percent = request->padding_percent,
                                         .stop = request->stop};
    found->most_room_bits = answers->capacity_bits - question->reserved_bits;
    enum sdse_status status =
        sdse_model_new(request->arch, &layer, asked->form, found->arena, &model);
    // Nothing to search where not even the place of its outputs is left.
    found->answer.status = SDSE_MAP_NONE;
    if (status == SDSE_OK &&
        sdse_model_room_bits(model, request->arch, answers->level) >= 0)
        status = sdse_map(&map, found->arena, &found->answer);
    if (status != SDSE_OK)
        return status;
    found->least_room_bits = sdse_answer_least_room_bits(
        model, answers->level, &found->answer, found->most_room_bits);
    return list_front(&found->answer, found->arena, &found->front) ? SDSE_OK
                                                                   : SDSE_NO_MEMORY;
}

// --- What is known ---

static const struct sdse_answer **place_of(const struct sdse_answers *answers,
                                           const struct sdse_place_question *question) {
    size_t at = answers->request->layer[question->layer].shape;
    at = at * (answers->operands + 1) + question->operands;
    at = at * (answers->addends + 1) + question->addends;
    at = at * 2 + question->weights;
    return &answers->known[at * SDSE_PLACES + question->outputs];
}

static size_t places_count(const struct sdse_answers *answers) {
    return answers->request->workload->layer_count * (answers->operands + 1) *
           (answers->addends + 1) * 2 * SDSE_PLACES;
}

static const struct sdse_answer *find(const struct sdse_answers *answers,
                                      const struct sdse_place_question *question) {
    const double room = answers->capacity_bits - question->reserved_bits;
    const struct sdse_answer *known = *place_of(answers, question);
    while (known && !(known->least_room_bits <= room && room <= known->most_room_bits))
        known = known->next;
    return known;
}

static void keep(struct sdse_answers *answers,
                 const struct sdse_place_question *question,
                 struct sdse_answer *found) {
    const struct sdse_answer **place = place_of(answers, question);
    found->next = *place;
    *place = found;
    answers->searches++;
    answers->stopped |= found->answer.status == SDSE_MAP_INTERRUPTED;
}

static struct sdse_answer *open_answer(struct sdse_answers *answers) {
    struct sdse_answer *found = SDSE_ARENA_NEW(answers->arena, struct sdse_answer);
    if (found)
        found->arena = sdse_arena_new();
    return found && found->arena ? found : NULL;
}

// Points of moving layers have no mapping to measure: they take nothing.
static enum sdse_status know_unshared(struct sdse_answers *answers, size_t l) {
    const struct sdse_residency_layer *layer = &answers->request->layer[l];
    const struct sdse_place_question question = {.layer = l};
    struct sdse_model *model;
    if (*place_of(answers, &question))
        return SDSE_OK;
    struct sdse_answer *known = SDSE_ARENA_NEW(answers->arena, struct sdse_answer);
    if (!known)
        return SDSE_NO_MEMORY;
    const enum sdse_status status = sdse_model_new(answers->request->arch, layer->layer,
                                                   layer->form, answers->arena, &model);
    if (status != SDSE_OK)
        return status;
    known->answer = *layer->unshared;
    known->most_room_bits = answers->capacity_bits;
    known->least_room_bits = sdse_answer_least_room_bits(
        model, answers->level, layer->unshared, known->most_room_bits);
    if (!list_front(layer->unshared, answers->arena, &known->front))
        return SDSE_NO_MEMORY;
    *place_of(answers, &question) = known;
    return SDSE_OK;
}

enum sdse_status sdse_answers_init(const struct sdse_residency_request *request,
                                   unsigned level, uint32_t operands, uint32_t addends,
                                   struct sdse_arena *arena,
                                   struct sdse_answers *answers) {
    const size_t layers = request->workload->layer_count;
    const struct sdse_level *memory = &request->arch->level[level];
    *answers = (struct sdse_answers){
        .request = request,
        .level = level,
        .capacity_bits =
            memory->capacity_bits ? (double)memory->capacity_bits : (double)INFINITY,
        .operands = operands,
        .addends = addends,
        .arena = arena};
    answers->known =
        SDSE_ARENA_ARRAY(arena, const struct sdse_answer *, places_count(answers));
    enum sdse_status status = answers->known ? SDSE_OK : SDSE_NO_MEMORY;
    for (size_t l = 0; !status && l < layers; l++)
        status = know_unshared(answers, l);
    return status;
}

void sdse_answers_free(struct sdse_answers *answers) {
    const size_t count = places_count(answers);
    for (size_t i = 0; answers->known && i < count; i++)
        for (const struct sdse_answer *at = answers->known[i]; at; at = at->next)
            sdse_arena_free(at->arena);
}

enum sdse_status sdse_answers_get(struct sdse_answers *answers,
                                  const struct sdse_place_question *question,
                                  const struct sdse_answer **answer) {
    *answer = find(answers, question);
    if (*answer)
        return SDSE_OK;
    struct sdse_answer *found = open_answer(answers);
    if (!found)
        return SDSE_NO_MEMORY;
    const enum sdse_status status = search(answers, question, found);
    if (status != SDSE_OK) {
        sdse_arena_free(found->arena);
        return status;
    }
    keep(answers, question, found);
    *answer = found;
    return SDSE_OK;
}

// --- Many at once ---

struct preparing {
    struct sdse_answers *answers;
    const struct sdse_place_question **question;
    struct sdse_answer **found;
    enum sdse_status *status;
};

static void prepare_one(void *context, unsigned worker, size_t index) {
    const struct preparing *work = context;
    (void)worker;
    work->status[index] =
        search(work->answers, work->question[index], work->found[index]);
}

// Whether another question is about the same shape in the same places, with more room.
static bool is_asked_wider(const struct sdse_answers *answers,
                           const struct sdse_place_question *question, size_t i,
                           size_t count) {
    for (size_t j = 0; j < count; j++)
        if (place_of(answers, &question[j]) == place_of(answers, &question[i]) &&
            (question[j].reserved_bits < question[i].reserved_bits ||
             (question[j].reserved_bits == question[i].reserved_bits && j > i)))
            return true;
    return false;
}

enum sdse_status sdse_answers_prepare(struct sdse_answers *answers,
                                      const struct sdse_place_question *question,
                                      size_t count) {
    struct preparing work = {
        .answers = answers,
        .question =
            SDSE_ARENA_ARRAY(answers->arena, const struct sdse_place_question *, count),
        .found = SDSE_ARENA_ARRAY(answers->arena, struct sdse_answer *, count),
        .status = SDSE_ARENA_ARRAY(answers->arena, enum sdse_status, count)};
    size_t tasks = 0;
    enum sdse_status status =
        work.question && work.found && work.status ? SDSE_OK : SDSE_NO_MEMORY;
    for (size_t i = 0; !status && i < count; i++) {
        if (find(answers, &question[i]) || is_asked_wider(answers, question, i, count))
            continue;
        work.found[tasks] = open_answer(answers);
        status = work.found[tasks] ? SDSE_OK : SDSE_NO_MEMORY;
        work.question[tasks] = &question[i];
        tasks += status == SDSE_OK;
    }
    if (status == SDSE_OK)
        status =
            sdse_parallel_for(tasks, answers->request->threads, prepare_one, &work);
    for (size_t i = 0; i < tasks; i++) {
        if (status == SDSE_OK && work.status[i] == SDSE_OK)
            keep(answers, work.question[i], work.found[i]);
        else
            sdse_arena_free(work.found[i]->arena);
        status = status == SDSE_OK ? work.status[i] : status;
    }
    return status;
}
