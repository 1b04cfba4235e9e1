#include "dse/residency/answers.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/pool.h"
#include "costmodel/model.h"

// What a layer finds in one memory.
static struct sdse_residence part_of(const struct sdse_layer *layer,
                                     const struct sdse_place_question *question,
                                     unsigned memory) {
    const struct sdse_place_found *found = &question->in[memory];
    const bool outputs = question->outputs != SDSE_PLACE_OUTERMOST &&
                         sdse_place_memory(question->outputs) == memory;
    // Channels put together are one map.
    const uint32_t maps = layer->move.addends > 1 ? layer->move.addends : 1;
    return (struct sdse_residence){
        .tensors = (found->operands ? SDSE_BIT(SDSE_INPUTS) : 0u) |
                   (found->weights ? SDSE_BIT(SDSE_WEIGHTS) : 0u) |
                   (outputs ? SDSE_BIT(SDSE_OUTPUTS) : 0u),
        .operands = found->operands < maps ? found->operands : maps,
        .addends = found->addends,
        .writes_through = outputs && sdse_place_is_both(question->outputs),
        .reserved_bits = found->reserved_bits};
}

void sdse_question_residence(const struct sdse_arch *arch,
                             const struct sdse_layer *layer,
                             const struct sdse_place_question *question,
                             struct sdse_residence *part) {
    unsigned level[SDSE_MOST_SHARED];
    const unsigned count = sdse_shared_levels(arch, level);
    for (unsigned m = 0; m < count; m++) {
        part[m] = part_of(layer, question, m);
        part[m].level = level[m];
        part[m].also = m + 1 < count ? &part[m + 1] : NULL;
    }
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
    *front = (struct sdse_layer_front){answer->point_count, elements, 1, 0};
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

// Where an answer is one, of a question: of each memory as above.
static void bound_rooms(const struct sdse_answers *answers,
                        const struct sdse_model *model, struct sdse_answer *found) {
    for (unsigned m = 0; m < answers->memory_count; m++) {
        found->most_room_bits[m] =
            answers->capacity_bits[m] - found->of.in[m].reserved_bits;
        found->least_room_bits[m] = sdse_answer_least_room_bits(
            model, answers->level[m], &found->answer, found->most_room_bits[m]);
    }
}

static enum sdse_status search(const struct sdse_answers *answers,
                               const struct sdse_place_question *question,
                               struct sdse_answer *found) {
    const struct sdse_residency_request *request = answers->request;
    const struct sdse_residency_layer *asked = &request->layer[question->layer];
    struct sdse_residence residence[SDSE_MOST_SHARED];
    struct sdse_layer layer = *asked->layer;
    struct sdse_model *model;
    sdse_question_residence(request->arch, asked->layer, question, residence);
    layer.residence = residence;
    const struct sdse_map_request map = {.arch = request->arch,
                                         .layer = &layer,
                                         .form = asked->form,
                                         .objective = request->objective,
                                         .free_bypass = request->free_bypass,
                                         .padding_percent = request->padding_percent,
                                         .stop = request->stop};
    enum sdse_status status =
        sdse_model_new(request->arch, &layer, asked->form, found->arena, &model);
    // Nothing to search where not even the place of its outputs is left.
    found->of = *question;
    found->answer.status = SDSE_MAP_NONE;
    bool fits = status == SDSE_OK;
    for (unsigned m = 0; fits && m < answers->memory_count; m++)
        fits = sdse_model_room_bits(model, request->arch, answers->level[m]) >= 0;
    if (fits)
        status = sdse_map(&map, found->arena, &found->answer);
    if (status != SDSE_OK)
        return status;
    bound_rooms(answers, model, found);
    return list_front(&found->answer, found->arena, &found->front) ? SDSE_OK
                                                                   : SDSE_NO_MEMORY;
}

// --- What is known ---

static const struct sdse_answer **list_of(const struct sdse_answers *answers,
                                          const struct sdse_place_question *question) {
    return &answers->known[answers->request->layer[question->layer].shape];
}

// Whether two questions about one shape differ in nothing but what is held.
static bool asks_alike(const struct sdse_answers *answers,
                       const struct sdse_place_question *a,
                       const struct sdse_place_question *b) {
    bool alike = a->outputs == b->outputs;
    for (unsigned m = 0; m < answers->memory_count; m++)
        alike &= a->in[m].operands == b->in[m].operands &&
                 a->in[m].addends == b->in[m].addends &&
                 a->in[m].weights == b->in[m].weights;
    return alike;
}

static bool answers_at(const struct sdse_answers *answers,
                       const struct sdse_answer *known,
                       const struct sdse_place_question *question) {
    bool inside = asks_alike(answers, &known->of, question);
    for (unsigned m = 0; inside && m < answers->memory_count; m++) {
        const double room = answers->capacity_bits[m] - question->in[m].reserved_bits;
        inside = known->least_room_bits[m] <= room && room <= known->most_room_bits[m];
    }
    return inside;
}

static const struct sdse_answer *find(const struct sdse_answers *answers,
                                      const struct sdse_place_question *question) {
    const struct sdse_answer *known = *list_of(answers, question);
    while (known && !answers_at(answers, known, question))
        known = known->next;
    return known;
}

static void keep(struct sdse_answers *answers,
                 const struct sdse_place_question *question,
                 struct sdse_answer *found) {
    const struct sdse_answer **list = list_of(answers, question);
    found->next = *list;
    *list = found;
    answers->searches++;
    answers->stopped |= found->answer.status == SDSE_MAP_INTERRUPTED;
}

bool sdse_answers_hold(const struct sdse_answers *answers,
                       const struct sdse_place_question *question, double own_bits) {
    const bool shared = question->outputs != SDSE_PLACE_OUTERMOST;
    bool holds = true;
    for (unsigned m = 0; m < answers->memory_count; m++) {
        const bool own = shared && sdse_place_memory(question->outputs) == m;
        holds &= question->in[m].reserved_bits + (own ? own_bits : 0) <=
                 answers->capacity_bits[m];
    }
    return holds;
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
    if (*list_of(answers, &question))
        return SDSE_OK;
    struct sdse_answer *known = SDSE_ARENA_NEW(answers->arena, struct sdse_answer);
    if (!known)
        return SDSE_NO_MEMORY;
    const enum sdse_status status = sdse_model_new(answers->request->arch, layer->layer,
                                                   layer->form, answers->arena, &model);
    if (status != SDSE_OK)
        return status;
    known->of = question;
    known->answer = *layer->unshared;
    bound_rooms(answers, model, known);
    if (!list_front(layer->unshared, answers->arena, &known->front))
        return SDSE_NO_MEMORY;
    *list_of(answers, &question) = known;
    return SDSE_OK;
}

enum sdse_status sdse_answers_init(const struct sdse_residency_request *request,
                                   struct sdse_arena *arena,
                                   struct sdse_answers *answers) {
    const size_t layers = request->workload->layer_count;
    *answers = (struct sdse_answers){.request = request, .arena = arena};
    answers->memory_count = sdse_shared_levels(request->arch, answers->level);
    for (unsigned m = 0; m < answers->memory_count; m++) {
        const uint64_t bits = request->arch->level[answers->level[m]].capacity_bits;
        answers->capacity_bits[m] = bits ? (double)bits : (double)INFINITY;
    }
    answers->known = SDSE_ARENA_ARRAY(arena, const struct sdse_answer *, layers);
    enum sdse_status status = answers->known ? SDSE_OK : SDSE_NO_MEMORY;
    for (size_t l = 0; !status && l < layers; l++)
        status = know_unshared(answers, l);
    return status;
}

void sdse_answers_free(struct sdse_answers *answers) {
    for (size_t i = 0; answers->known && i < answers->request->workload->layer_count;
         i++)
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

// Whether another question is about the same shape in the same places, with no less
// room in any memory; of equal ones the last is asked.
static bool is_asked_wider(const struct sdse_answers *answers,
                           const struct sdse_place_question *question, size_t i,
                           size_t count) {
    for (size_t j = 0; j < count; j++) {
        const struct sdse_place_question *a = &question[i], *b = &question[j];
        bool wider = list_of(answers, a) == list_of(answers, b) &&
                     asks_alike(answers, a, b),
             equal = true;
        for (unsigned m = 0; wider && m < answers->memory_count; m++) {
            wider = b->in[m].reserved_bits <= a->in[m].reserved_bits;
            equal &= b->in[m].reserved_bits >= a->in[m].reserved_bits;
        }
        if (wider && (!equal || j > i))
            return true;
    }
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
