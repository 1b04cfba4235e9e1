#include "dse/fusion/fusion.h"

#include <math.h>
#include <string.h>

#include "dse/fusion/group_front.h"

// A question about a group, with all that was answered: asked again against another
// bar, other points may be of use, which stand behind the others and are the answer to
// that.
struct asked_group {
    struct asked_group *next;
    const struct sdse_group *group;
    struct sdse_place_question question;
    struct sdse_group_front front;
};

struct sdse_fusing {
    const struct sdse_fusion_request *request;
    struct sdse_residency_groups groups;
    struct sdse_residency_request residency; // with them
    unsigned level;
    struct sdse_nests nests;
    size_t group_count;
    struct sdse_group *group;
    struct asked_group *asked;
    struct sdse_fusion_counts *counts;
    struct sdse_arena *arena; // of what is freed
};

// --- What residency asks ---

static enum sdse_status list(void *context, const struct sdse_placing *placing,
                             size_t *count, const struct sdse_layer_group **group) {
    struct sdse_fusing *fusing = context;
    const enum sdse_status status =
        sdse_groups_list(fusing->request, placing, fusing->level, fusing->arena,
                         &fusing->group_count, &fusing->group);
    if (status != SDSE_OK)
        return status;
    struct sdse_layer_group *listed = SDSE_ARENA_ARRAY(
        fusing->arena, struct sdse_layer_group, fusing->group_count + 1);
    if (!listed)
        return SDSE_NO_MEMORY;
    for (size_t g = 0; g < fusing->group_count; g++)
        listed[g] =
            (struct sdse_layer_group){fusing->group[g].first, fusing->group[g].last};
    *count = fusing->group_count;
    *group = listed;
    return SDSE_OK;
}

static struct sdse_group *find_group(const struct sdse_fusing *fusing, size_t first,
                                     size_t more) {
    size_t g = 0;
    while (fusing->group[g].first != first || fusing->group[g].last != first + more)
        g++;
    return &fusing->group[g];
}

static bool is_same(const struct sdse_place_question *a,
                    const struct sdse_place_question *b) {
    return a->layer == b->layer && a->more == b->more && a->operands == b->operands &&
           a->group_inputs == b->group_inputs && a->group_addends == b->group_addends &&
           a->group_weights == b->group_weights && a->outputs == b->outputs &&
           a->reserved_bits == b->reserved_bits;
}

static struct asked_group *find_asked(const struct sdse_fusing *fusing,
                                      const struct sdse_place_question *question) {
    struct asked_group *asked = fusing->asked;
    while (asked && !is_same(&asked->question, question))
        asked = asked->next;
    return asked;
}

// Puts an answer behind those that the question had.
static bool append(struct sdse_arena *arena, const struct sdse_group_front *more,
                   struct sdse_group_front *front) {
    const size_t count = front->count + more->count;
    struct sdse_tradeoff *elements =
        SDSE_ARENA_ARRAY(arena, struct sdse_tradeoff, count + 1);
    struct sdse_group_point *point =
        SDSE_ARENA_ARRAY(arena, struct sdse_group_point, count + 1);
    if (!elements || !point)
        return false;
    for (size_t i = 0; i < count; i++) {
        const bool old = i < front->count;
        elements[i] = old ? front->elements[i] : more->elements[i - front->count];
        point[i] = old ? front->point[i] : more->point[i - front->count];
    }
    *front = (struct sdse_group_front){count, elements, point};
    return true;
}

static struct asked_group *keep(struct sdse_fusing *fusing,
                                const struct sdse_group *group,
                                const struct sdse_place_question *question,
                                const struct sdse_group_front *front) {
    struct asked_group *asked = find_asked(fusing, question);
    if (asked)
        return append(fusing->arena, front, &asked->front) ? asked : NULL;
    asked = SDSE_ARENA_NEW(fusing->arena, struct asked_group);
    if (!asked)
        return NULL;
    *asked = (struct asked_group){
        .next = fusing->asked, .group = group, .question = *question, .front = *front};
    asked->question.bar = NULL;
    fusing->asked = asked;
    return asked;
}

static enum sdse_status ask(void *context, const struct sdse_place_question *question,
                            struct sdse_layer_front *answer) {
    struct sdse_fusing *fusing = context;
    struct sdse_group *group = find_group(fusing, question->layer, question->more);
    *answer = (struct sdse_layer_front){.count = 0};
    if (question->reserved_bits > fusing->nests.capacity_bits ||
        sdse_nests_stopped(&fusing->nests) ||
        sdse_members_split_map(&group->members, question->operands))
        return SDSE_OK;
    enum sdse_status status = sdse_group_plan(fusing->request, fusing->arena, group);
    if (status == SDSE_OVERFLOW) // counted in the end
        return SDSE_OK;
    // Plans that were not all listed: the search was to end meanwhile.
    fusing->nests.stopped |= status == SDSE_OK && !group->planned;
    struct sdse_group_front front;
    if (status == SDSE_OK)
        status = sdse_group_front_find(&fusing->nests, group, question, fusing->arena,
                                       &front);
    if (status != SDSE_OK)
        return status;
    fusing->counts->questions++;
    struct asked_group *asked = keep(fusing, group, question, &front);
    if (!asked)
        return SDSE_NO_MEMORY;
    *answer = (struct sdse_layer_front){front.count, front.elements, 1,
                                        asked->front.count - front.count};
    return SDSE_OK;
}

// --- The whole ---

enum sdse_status sdse_fusion_find(const struct sdse_fusion_request *request,
                                  struct sdse_arena *arena,
                                  struct sdse_fusion *fusion) {
    memset(fusion, 0, sizeof *fusion);
    struct sdse_fusing *fusing = SDSE_ARENA_NEW(arena, struct sdse_fusing);
    struct sdse_arena *own = fusing ? sdse_arena_new() : NULL;
    if (!own)
        return SDSE_NO_MEMORY;
    const unsigned level = sdse_shared_level(request->residency.arch);
    const struct sdse_level *memory = &request->residency.arch->level[level];
    fusing->request = request;
    fusing->level = level;
    fusing->arena = own;
    fusing->nests.request = request;
    fusing->nests.level = level;
    fusing->nests.capacity_bits =
        memory->capacity_bits ? (double)memory->capacity_bits : (double)INFINITY;
    fusing->nests.counts = fusing->counts = &fusion->counts;
    fusing->nests.arena = own;
    fusion->fusing = fusing;
    fusing->groups =
        (struct sdse_residency_groups){.context = fusing, .list = list, .ask = ask};
    fusing->residency = request->residency;
    fusing->residency.groups = request->depth > 1 ? &fusing->groups : NULL;
    const enum sdse_status status =
        sdse_residency_find(&fusing->residency, arena, &fusion->residency);
    fusion->counts.groups = fusing->group_count;
    for (size_t g = 0; g < fusing->group_count; g++)
        fusion->counts.untried += fusing->group[g].too_fine;
    fusion->residency.stopped |= fusing->nests.stopped;
    if (fusion->residency.stopped)
        fusion->residency.places.count = 0;
    return status;
}

enum sdse_status sdse_fusion_pick(const struct sdse_fusion_request *request,
                                  const struct sdse_fusion *fusion, size_t element,
                                  struct sdse_resident_layer *layer,
                                  enum sdse_place *place,
                                  struct sdse_fused_group **group, size_t *count) {
    struct sdse_fusing *fusing = fusion->fusing;
    const size_t layers = fusion->residency.placing.layer_count;
    enum sdse_status status = sdse_residency_pick(
        &request->residency, &fusion->residency, element, layer, place);
    if (status != SDSE_OK)
        return status;
    struct sdse_fused_group *picked =
        SDSE_ARENA_ARRAY(fusing->arena, struct sdse_fused_group, layers + 1);
    size_t found = 0;
    if (!picked)
        return SDSE_NO_MEMORY;
    for (size_t l = 0; l < layers && !status; l++) {
        if (!layer[l].question.more)
            continue;
        const struct asked_group *asked = find_asked(fusing, &layer[l].question);
        status = sdse_group_point_kinds(&fusing->nests, asked->group, &asked->question,
                                        &asked->front.point[layer[l].choice],
                                        fusing->arena, &picked[found++]);
    }
    if (status == SDSE_OK) {
        *group = picked;
        *count = found;
    }
    return status;
}

void sdse_fusion_free(struct sdse_fusion *fusion) {
    sdse_residency_free(&fusion->residency);
    if (fusion->fusing) {
        sdse_nests_free(&fusion->fusing->nests);
        sdse_arena_free(fusion->fusing->arena);
    }
    fusion->fusing = NULL;
}
