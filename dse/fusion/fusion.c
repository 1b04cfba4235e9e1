#include "dse/fusion/fusion.h"

#include <string.h>

#include "dse/fusion/group_front.h"

// A question about a group, with all that was answered: asked again against another
// bar, other points may be of use, which stand behind the others and are the answer to
// that.
struct asked_group {
    struct asked_group *next;
    const struct sdse_group_homes *homes;
    struct sdse_place_question question;
    struct sdse_group_front front;
};

struct sdse_fusing {
    const struct sdse_fusion_request *request;
    struct sdse_residency_groups groups;
    struct sdse_residency_request residency; // with them
    struct sdse_nests nests;
    size_t group_count;
    struct sdse_layer_group *group;
    struct sdse_group_homes *homes; // of each of them
    struct asked_group *asked;
    struct sdse_fusion_counts *counts;
    struct sdse_arena *arena; // of what is freed
};

// --- What residency asks ---

// Of the groups that are next in each memory's list the one that comes first: by rising
// last layer, then by falling first one. NULL: none is left.
static const struct sdse_group *find_least(struct sdse_group *const *in,
                                           const size_t *next, const size_t *listed) {
    const struct sdse_group *least = NULL;
    for (unsigned m = 0; m < SDSE_MOST_SHARED; m++) {
        const struct sdse_group *at = next[m] < listed[m] ? &in[m][next[m]] : NULL;
        if (at && (!least || at->last < least->last ||
                   (at->last == least->last && at->first > least->first)))
            least = at;
    }
    return least;
}

static enum sdse_status list(void *context, const struct sdse_placing *placing,
                             size_t *count, const struct sdse_layer_group **group) {
    struct sdse_fusing *fusing = context;
    const size_t most = placing->layer_count * fusing->request->depth + 1;
    size_t listed[SDSE_MOST_SHARED] = {0}, next[SDSE_MOST_SHARED] = {0};
    struct sdse_group *in[SDSE_MOST_SHARED] = {NULL};
    enum sdse_status status = SDSE_OK;
    fusing->group = SDSE_ARENA_ARRAY(fusing->arena, struct sdse_layer_group, most);
    fusing->homes = SDSE_ARENA_ARRAY(fusing->arena, struct sdse_group_homes, most);
    if (!fusing->group || !fusing->homes)
        return SDSE_NO_MEMORY;
    for (unsigned m = 0; m < fusing->nests.memory_count && !status; m++)
        status = sdse_groups_list(fusing->request, placing, m, fusing->arena,
                                  &listed[m], &in[m]);
    if (status != SDSE_OK)
        return status;
    // All are in one order; those that are next of several memories may be the same.
    for (const struct sdse_group *least; (least = find_least(in, next, listed));) {
        const struct sdse_layer_group layers = {least->first, least->last};
        struct sdse_group_homes *homes = &fusing->homes[fusing->group_count];
        fusing->group[fusing->group_count++] = layers;
        for (unsigned m = 0; m < SDSE_MOST_SHARED; m++)
            if (next[m] < listed[m] && in[m][next[m]].first == layers.first &&
                in[m][next[m]].last == layers.last)
                homes->in[m] = &in[m][next[m]++];
    }
    *count = fusing->group_count;
    *group = fusing->group;
    return SDSE_OK;
}

static struct sdse_group_homes *find_group(const struct sdse_fusing *fusing,
                                           size_t first, size_t more) {
    size_t g = 0;
    while (fusing->group[g].first != first || fusing->group[g].last != first + more)
        g++;
    return &fusing->homes[g];
}

// The layers of a group, wherever it holds what it does.
static const struct sdse_members *members_of(const struct sdse_group_homes *homes) {
    unsigned m = 0;
    while (!homes->in[m])
        m++;
    return &homes->in[m]->members;
}

static bool finds_same(const struct sdse_place_found *a,
                       const struct sdse_place_found *b) {
    return a->operands == b->operands && a->group_inputs == b->group_inputs &&
           a->group_addends == b->group_addends &&
           a->group_weights == b->group_weights && a->reserved_bits == b->reserved_bits;
}

static bool is_same(const struct sdse_place_question *a,
                    const struct sdse_place_question *b) {
    bool same = a->layer == b->layer && a->more == b->more && a->outputs == b->outputs;
    for (unsigned m = 0; same && m < SDSE_MOST_SHARED; m++)
        same = finds_same(&a->in[m], &b->in[m]);
    return same;
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
                                const struct sdse_group_homes *homes,
                                const struct sdse_place_question *question,
                                const struct sdse_group_front *front) {
    struct asked_group *asked = find_asked(fusing, question);
    if (asked)
        return append(fusing->arena, front, &asked->front) ? asked : NULL;
    asked = SDSE_ARENA_NEW(fusing->arena, struct asked_group);
    if (!asked)
        return NULL;
    *asked = (struct asked_group){
        .next = fusing->asked, .homes = homes, .question = *question, .front = *front};
    asked->question.bar = NULL;
    fusing->asked = asked;
    return asked;
}

// Whether what is held alone is more than there is.
static bool overflows(const struct sdse_nests *nests,
                      const struct sdse_place_question *question) {
    bool overflows = false;
    for (unsigned m = 0; m < nests->memory_count; m++)
        overflows |= question->in[m].reserved_bits > nests->capacity_bits[m];
    return overflows;
}

// In each memory: the tiles of a group are the same there, but that keys may come in
// parts beside one and not another.
static enum sdse_status list_plans(struct sdse_fusing *fusing,
                                   struct sdse_group_homes *homes) {
    const struct sdse_group *listed = NULL;
    enum sdse_status status = SDSE_OK;
    for (unsigned m = 0; m < SDSE_MOST_SHARED && !status; m++) {
        struct sdse_group *group = homes->in[m];
        if (!group)
            continue;
        if (listed && listed->members.channels.count == group->members.channels.count) {
            group->planned = listed->planned;
            group->plan_count = listed->plan_count;
            group->plan = listed->plan;
            continue;
        }
        status = sdse_group_plan(fusing->request, fusing->arena, group);
        // Plans that were not all listed: the search was to end meanwhile.
        fusing->nests.stopped |= status == SDSE_OK && !group->planned;
        listed = group;
    }
    return status;
}

static enum sdse_status ask(void *context, const struct sdse_place_question *question,
                            struct sdse_layer_front *answer) {
    struct sdse_fusing *fusing = context;
    struct sdse_group_homes *homes =
        find_group(fusing, question->layer, question->more);
    *answer = (struct sdse_layer_front){.count = 0};
    if (overflows(&fusing->nests, question) || sdse_nests_stopped(&fusing->nests) ||
        sdse_members_split_map(members_of(homes), question))
        return SDSE_OK;
    enum sdse_status status = list_plans(fusing, homes);
    if (status == SDSE_OVERFLOW) // counted in the end
        return SDSE_OK;
    struct sdse_group_front front;
    if (status == SDSE_OK)
        status = sdse_group_front_find(&fusing->nests, homes, question, fusing->arena,
                                       &front);
    if (status != SDSE_OK)
        return status;
    fusing->counts->questions++;
    struct asked_group *asked = keep(fusing, homes, question, &front);
    if (!asked)
        return SDSE_NO_MEMORY;
    *answer = (struct sdse_layer_front){front.count, front.elements, 1,
                                        asked->front.count - front.count};
    return SDSE_OK;
}

// --- The whole ---

static bool is_too_fine(const struct sdse_group_homes *homes) {
    bool too_fine = false;
    for (unsigned m = 0; m < SDSE_MOST_SHARED; m++)
        too_fine |= homes->in[m] && homes->in[m]->too_fine;
    return too_fine;
}

enum sdse_status sdse_fusion_find(const struct sdse_fusion_request *request,
                                  struct sdse_arena *arena,
                                  struct sdse_fusion *fusion) {
    memset(fusion, 0, sizeof *fusion);
    struct sdse_fusing *fusing = SDSE_ARENA_NEW(arena, struct sdse_fusing);
    struct sdse_arena *own = fusing ? sdse_arena_new() : NULL;
    if (!own)
        return SDSE_NO_MEMORY;
    fusing->request = request;
    fusing->arena = own;
    fusing->counts = &fusion->counts;
    sdse_nests_init(request, fusing->counts, own, &fusing->nests);
    fusion->fusing = fusing;
    fusing->groups =
        (struct sdse_residency_groups){.context = fusing, .list = list, .ask = ask};
    fusing->residency = request->residency;
    fusing->residency.groups = request->depth > 1 ? &fusing->groups : NULL;
    const enum sdse_status status =
        sdse_residency_find(&fusing->residency, arena, &fusion->residency);
    fusion->counts.groups = fusing->group_count;
    for (size_t g = 0; g < fusing->group_count; g++)
        fusion->counts.untried += is_too_fine(&fusing->homes[g]);
    fusion->residency.stopped |= fusing->nests.stopped;
    if (fusion->residency.stopped)
        fusion->residency.places.count = 0;
    return status;
}

// Tensors inside a group are in its memory.
static void place_inside(const struct sdse_placing *placing,
                         const struct asked_group *asked, unsigned memory,
                         enum sdse_place *place) {
    const size_t first = asked->question.layer, last = first + asked->question.more;
    for (size_t t = 0; t < placing->tensor_count; t++)
        if (placing->tensor[t].maker >= first && placing->tensor[t].maker < last)
            place[t] = sdse_place_in(memory, false);
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
        const struct sdse_group_point *point = &asked->front.point[layer[l].choice];
        status = sdse_group_point_kinds(&fusing->nests, asked->homes->in[point->memory],
                                        &asked->question, point, fusing->arena,
                                        &picked[found++]);
        place_inside(&fusion->residency.placing, asked, point->memory, place);
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
