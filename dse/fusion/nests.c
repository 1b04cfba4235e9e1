#include "dse/fusion/nests.h"

#include <math.h>
#include <string.h>

#include "base/hash.h"
#include "base/pool.h"
#include "costmodel/model.h"

static const double nothing_reserved[SDSE_MOST_SHARED];

void sdse_nests_init(const struct sdse_fusion_request *request,
                     struct sdse_fusion_counts *counts, struct sdse_arena *arena,
                     struct sdse_nests *nests) {
    const struct sdse_arch *arch = request->residency.arch;
    nests->request = request;
    nests->counts = counts;
    nests->arena = arena;
    nests->memory_count = sdse_shared_levels(arch, nests->level);
    for (unsigned m = 0; m < nests->memory_count; m++) {
        const uint64_t bits = arch->level[nests->level[m]].capacity_bits;
        nests->capacity_bits[m] = bits ? (double)bits : (double)INFINITY;
    }
}

// --- Entries ---

static struct sdse_nest_key key_of(const struct sdse_nests *nests, size_t layer,
                                   const struct sdse_nest *part,
                                   const struct sdse_residence *at, bool sides) {
    struct sdse_nest_key key;
    memset(&key, 0, sizeof key);
    key.shape = nests->request->residency.layer[layer].shape;
    key.rows = part->bound[SDSE_P];
    key.map_rows = part->map[0];
    key.columns = part->bound[SDSE_Q];
    key.map_columns = part->map[1];
    key.column_stride = part->stride[1];
    key.column_pad = part->pad[1];
    key.samples = part->bound[SDSE_N];
    key.groups = part->bound[SDSE_G];
    key.ins = part->bound[SDSE_C];
    key.outs = part->bound[SDSE_K];
    key.stride = part->stride[0];
    key.pad = part->pad[0];
    for (unsigned m = 0; m < nests->memory_count; m++, at++) {
        key.in[m].tensors = at->tensors;
        key.in[m].operands = at->operands;
        key.in[m].addends = at->addends;
        // Of one memory each.
        key.continues |= at->continues;
        key.unfinished |= at->unfinished;
        key.rescales |= at->rescales;
        key.writes_through |= at->writes_through;
        key.loads_weights |= at->loads_weights;
        key.loaded_inputs += at->loaded_inputs;
        key.ahead |= at->ahead;
        if (at->loaded_inputs || at->ahead)
            key.loaded_into = m;
    }
    key.sides = sides;
    return key;
}

struct sdse_nest_entry *sdse_nests_entry(struct sdse_nests *nests, size_t layer,
                                         const struct sdse_nest *part,
                                         const struct sdse_residence *at, bool sides) {
    const struct sdse_nest_key key = key_of(nests, layer, part, at, sides);
    struct sdse_nest_entry **slot =
        &nests->slot[sdse_hash_bytes(&key, sizeof key).low % SDSE_NEST_SLOTS];
    for (struct sdse_nest_entry *entry = *slot; entry; entry = entry->next)
        if (memcmp(&entry->key, &key, sizeof key) == 0)
            return entry;
    struct sdse_nest_entry *fresh =
        SDSE_ARENA_NEW(nests->arena, struct sdse_nest_entry);
    if (!fresh)
        return NULL;
    fresh->key = key;
    fresh->layer = layer;
    fresh->part = *part;
    fresh->next = *slot;
    *slot = fresh;
    return fresh;
}

// What a nest has in the memory of a number.
static struct sdse_residence part_of(const struct sdse_nest_key *key, unsigned memory) {
    const unsigned tensors = (unsigned)key->in[memory].tensors;
    const bool outputs = tensors >> SDSE_OUTPUTS & 1u,
               loaded = key->loaded_into == memory;
    return (struct sdse_residence){.tensors = tensors,
                                   .operands = (uint32_t)key->in[memory].operands,
                                   .addends = (uint32_t)key->in[memory].addends,
                                   .writes_through = outputs && key->writes_through,
                                   .continues = outputs && key->continues,
                                   .unfinished = outputs && key->unfinished,
                                   .rescales = outputs && key->rescales,
                                   .loads_weights = tensors >> SDSE_WEIGHTS & 1u &&
                                                    key->loads_weights,
                                   .loaded_inputs = loaded ? key->loaded_inputs : 0,
                                   .ahead = loaded ? (unsigned)key->ahead : 0};
}

struct sdse_layer sdse_nest_layer(const struct sdse_nests *nests,
                                  const struct sdse_nest_entry *entry,
                                  const double *reserved_bits,
                                  struct sdse_residence *residence) {
    const struct sdse_layer *whole =
        nests->request->residency.layer[entry->layer].layer;
    struct sdse_layer layer = sdse_layer_part(whole, &entry->part);
    const unsigned memories = nests->memory_count;
    bool placed = false;
    for (unsigned m = 0; m < memories; m++) {
        residence[m] = part_of(&entry->key, m);
        residence[m].level = nests->level[m];
        residence[m].reserved_bits = reserved_bits[m];
        residence[m].also = m + 1 < memories ? &residence[m + 1] : NULL;
        placed |= residence[m].tensors || residence[m].addends || residence[m].ahead ||
                  residence[m].reserved_bits > 0;
    }
    layer.residence = placed ? residence : NULL;
    return layer;
}

static struct sdse_map_request ask_for(const struct sdse_nests *nests,
                                       const struct sdse_nest_entry *entry,
                                       const struct sdse_layer *layer) {
    const struct sdse_residency_request *request = &nests->request->residency;
    return (struct sdse_map_request){
        .arch = request->arch,
        .layer = layer,
        .form = request->layer[entry->layer].form,
        .objective = entry->key.sides && request->objective != SDSE_MAP_ENERGY
                         ? SDSE_MAP_SIDES
                         : request->objective,
        .free_bypass = request->free_bypass,
        .padding_percent = request->padding_percent,
        .stop = request->stop};
}

enum sdse_status sdse_nests_bound(struct sdse_nests *nests,
                                  struct sdse_nest_entry *entry) {
    struct sdse_residence residence[SDSE_MOST_SHARED];
    struct sdse_totals least = {0};
    const struct sdse_nest_answer *answer;
    if (entry->bounded)
        return SDSE_OK;
    const struct sdse_layer layer =
        sdse_nest_layer(nests, entry, nothing_reserved, residence);
    const struct sdse_map_request map = ask_for(nests, entry, &layer);
    if (!sdse_layer_moves(&layer)) {
        const enum sdse_status status = sdse_map_bound(&map, &least);
        if (status != SDSE_OK)
            return status;
    } else if (!layer.move.fused) { // there is one way to stream it
        const enum sdse_status status =
            sdse_nests_answer(nests, entry, nothing_reserved, &answer);
        if (status != SDSE_OK)
            return status;
        if (answer->count)
            least = answer->answer.point[0].totals;
    }
    entry->bound = (struct sdse_tradeoff){least.energy_pj, least.latency_cycles};
    entry->bound_sides =
        (struct sdse_overlap_sides){least.outer_cycles, least.inner_cycles};
    entry->bounded = true;
    nests->counts->bounds++;
    return SDSE_OK;
}

// --- Whether there is room ---

// Nothing to search where not even the place of its outputs is left.
static bool has_room(const struct sdse_nests *nests, enum sdse_status status,
                     const struct sdse_model *model) {
    bool room = status == SDSE_OK;
    for (unsigned m = 0; room && m < nests->memory_count; m++)
        room = sdse_model_room_bits(model, nests->request->residency.arch,
                                    nests->level[m]) >= 0;
    return room;
}

// Whether no memory has more reserved in a than in b.
static bool is_no_more(const struct sdse_nests *nests, const double *a,
                       const double *b) {
    bool no_more = true;
    for (unsigned m = 0; m < nests->memory_count; m++)
        no_more &= a[m] <= b[m];
    return no_more;
}

enum sdse_status sdse_nests_may_fit(struct sdse_nests *nests,
                                    struct sdse_nest_entry *entry,
                                    const double *reserved_bits, bool *may) {
    *may = entry->fits_known && is_no_more(nests, reserved_bits, entry->fits_bits);
    if (*may || (entry->overflow_known &&
                 is_no_more(nests, entry->overflow_bits, reserved_bits)))
        return SDSE_OK;
    struct sdse_residence residence[SDSE_MOST_SHARED];
    const struct sdse_layer layer =
        sdse_nest_layer(nests, entry, reserved_bits, residence);
    const struct sdse_map_request map = ask_for(nests, entry, &layer);
    struct sdse_arena *scratch = sdse_arena_new();
    struct sdse_model *model = NULL;
    enum sdse_status status =
        scratch ? sdse_model_new(map.arch, &layer, map.form, scratch, &model)
                : SDSE_NO_MEMORY;
    *may = has_room(nests, status, model);
    if (*may)
        status = sdse_map_may_exist(&map, may);
    sdse_arena_free(scratch);
    if (status != SDSE_OK)
        return status;
    *(*may ? &entry->fits_known : &entry->overflow_known) = true;
    memcpy(*may ? entry->fits_bits : entry->overflow_bits, reserved_bits,
           nests->memory_count * sizeof *reserved_bits);
    return SDSE_OK;
}

// --- Answers ---

// What it finds lives in `arena`. most_nodes: of its search; 0: any.
static enum sdse_status search(const struct sdse_nests *nests,
                               const struct sdse_nest_entry *entry,
                               const double *reserved_bits, uint64_t most_nodes,
                               struct sdse_arena *arena,
                               struct sdse_nest_answer *found) {
    struct sdse_residence residence[SDSE_MOST_SHARED];
    const struct sdse_layer layer =
        sdse_nest_layer(nests, entry, reserved_bits, residence);
    struct sdse_map_request map = ask_for(nests, entry, &layer);
    struct sdse_model *model = NULL;
    map.node_limit = most_nodes;
    enum sdse_status status = sdse_model_new(map.arch, &layer, map.form, arena, &model);
    found->answer.status = SDSE_MAP_NONE;
    if (has_room(nests, status, model))
        status = sdse_map(&map, arena, &found->answer);
    if (status != SDSE_OK)
        return status;
    for (unsigned m = 0; m < nests->memory_count; m++) {
        found->asked_bits[m] = reserved_bits[m];
        found->most_room_bits[m] = nests->capacity_bits[m] - reserved_bits[m];
        found->least_room_bits[m] = sdse_answer_least_room_bits(
            model, nests->level[m], &found->answer, found->most_room_bits[m]);
    }
    found->count = found->answer.point_count;
    found->elements = SDSE_ARENA_ARRAY(arena, struct sdse_tradeoff, found->count + 1);
    if (!found->elements)
        return SDSE_NO_MEMORY;
    found->least_sides =
        (struct sdse_overlap_sides){(double)INFINITY, (double)INFINITY};
    for (size_t i = 0; i < found->count; i++) {
        const struct sdse_totals *at = &found->answer.point[i].totals;
        found->elements[i] = (struct sdse_tradeoff){at->energy_pj, at->latency_cycles};
        found->least_sides.outer = fmin(found->least_sides.outer, at->outer_cycles);
        found->least_sides.inner = fmin(found->least_sides.inner, at->inner_cycles);
    }
    return SDSE_OK;
}

static bool answers_at(const struct sdse_nests *nests,
                       const struct sdse_nest_answer *answer,
                       const double *reserved_bits) {
    bool inside = true;
    for (unsigned m = 0; inside && m < nests->memory_count; m++) {
        const double room = nests->capacity_bits[m] - reserved_bits[m];
        inside =
            answer->least_room_bits[m] <= room && room <= answer->most_room_bits[m];
    }
    return inside;
}

static struct sdse_nest_answer *find(const struct sdse_nests *nests,
                                     const struct sdse_nest_entry *entry,
                                     const double *reserved_bits) {
    struct sdse_nest_answer *answer = entry->answers;
    while (answer && !answers_at(nests, answer, reserved_bits))
        answer = answer->next;
    return answer;
}

static bool was_asked(const struct sdse_nests *nests,
                      const struct sdse_nest_answer *answer,
                      const double *reserved_bits) {
    return memcmp(answer->asked_bits, reserved_bits,
                  nests->memory_count * sizeof *reserved_bits) == 0;
}

// What was searched ahead for so much reserved, which is taken; NULL: nothing.
static struct sdse_nest_answer *take_ahead(const struct sdse_nests *nests,
                                           struct sdse_nest_entry *entry,
                                           const double *reserved_bits) {
    struct sdse_nest_answer **at = &entry->ahead;
    while (*at && !was_asked(nests, *at, reserved_bits))
        at = &(*at)->next;
    struct sdse_nest_answer *found = *at;
    if (found)
        *at = found->next;
    return found;
}

static enum sdse_status learn(struct sdse_nests *nests, struct sdse_nest_entry *entry,
                              const double *reserved_bits) {
    struct sdse_nest_answer *found = take_ahead(nests, entry, reserved_bits);
    if (found) {
        nests->nodes.ahead -= found->answer.nodes;
    } else {
        found = SDSE_ARENA_NEW(nests->arena, struct sdse_nest_answer);
        if (!found)
            return SDSE_NO_MEMORY;
        const enum sdse_status status =
            search(nests, entry, reserved_bits, 0, nests->arena, found);
        if (status != SDSE_OK)
            return status;
    }
    nests->counts->searches++;
    nests->nodes.asked += found->answer.nodes;
    if (nests->nodes.longest < found->answer.nodes)
        nests->nodes.longest = found->answer.nodes;
    nests->stopped |= found->answer.status == SDSE_MAP_INTERRUPTED;
    found->next = entry->answers;
    entry->answers = found;
    return SDSE_OK;
}

enum sdse_status sdse_nests_answer(struct sdse_nests *nests,
                                   struct sdse_nest_entry *entry,
                                   const double *reserved_bits,
                                   const struct sdse_nest_answer **answer) {
    enum sdse_status status = SDSE_OK;
    nests->counts->asked++;
    // The widest first: it is the answer of most rooms.
    if (!entry->answers)
        status = learn(nests, entry, nothing_reserved);
    if (status == SDSE_OK && !find(nests, entry, reserved_bits))
        status = learn(nests, entry, reserved_bits);
    if (status == SDSE_OK)
        *answer = find(nests, entry, reserved_bits);
    return status;
}

const struct sdse_nest_answer *sdse_nests_wider(const struct sdse_nests *nests,
                                                const struct sdse_nest_entry *entry,
                                                const double *reserved_bits) {
    const struct sdse_nest_answer *known = find(nests, entry, reserved_bits);
    for (const struct sdse_nest_answer *at = entry->answers; at && !known;
         at = at->next)
        known = is_no_more(nests, at->asked_bits, reserved_bits) ? at : NULL;
    return known;
}

// --- Ahead of what is asked ---

bool sdse_nests_stopped(struct sdse_nests *nests) {
    const atomic_bool *stop = nests->request->residency.stop;
    nests->stopped |= stop && atomic_load(stop);
    return nests->stopped;
}

void sdse_nests_free(struct sdse_nests *nests) {
    for (unsigned w = 0; w < nests->worker_count; w++)
        sdse_arena_free(nests->worker[w]);
    nests->worker_count = 0;
}

static enum sdse_status make_workers(struct sdse_nests *nests) {
    const unsigned asked = nests->request->residency.threads,
                   count = asked ? asked : sdse_processors();
    if (nests->worker_count || count == 1)
        return SDSE_OK;
    nests->worker = SDSE_ARENA_ARRAY(nests->arena, struct sdse_arena *, count);
    for (unsigned w = 0; nests->worker && w < count; w++) {
        nests->worker[w] = sdse_arena_new();
        if (!nests->worker[w])
            return SDSE_NO_MEMORY;
        nests->worker_count = w + 1;
    }
    return nests->worker ? SDSE_OK : SDSE_NO_MEMORY;
}

// What the next question about an entry would search; false: nothing, or that was
// searched ahead.
static bool is_to_search(const struct sdse_nests *nests,
                         const struct sdse_nest_question *question,
                         const double **reserved_bits) {
    const struct sdse_nest_entry *entry = question->entry;
    *reserved_bits = entry->answers ? question->reserved_bits : nothing_reserved;
    if (entry->answers && find(nests, entry, question->reserved_bits))
        return false;
    const struct sdse_nest_answer *ahead = entry->ahead;
    while (ahead && !was_asked(nests, ahead, *reserved_bits))
        ahead = ahead->next;
    return !ahead;
}

struct ahead {
    struct sdse_nest_question question;
    uint64_t most_nodes;
    struct sdse_nest_answer *found;
    enum sdse_status status;
};

struct searching {
    const struct sdse_nests *nests;
    struct ahead *ahead;
};

static void search_one(void *context, unsigned worker, size_t index) {
    const struct searching *work = context;
    struct ahead *ahead = &work->ahead[index];
    ahead->status =
        search(work->nests, ahead->question.entry, ahead->question.reserved_bits,
               ahead->most_nodes, work->nests->worker[worker], ahead->found);
}

// Whether what is searched ahead will be asked for, nobody knows.
static uint64_t most_nodes_ahead(const struct sdse_nests *nests) {
    enum { LEAST = 1000 };
    const uint64_t asked = nests->nodes.asked, ahead = nests->nodes.ahead,
                   left = asked > ahead ? (asked - ahead) / 2 : 0,
                   longest = 2 * nests->nodes.longest,
                   most = left < longest ? left : longest;
    return most > LEAST ? most : LEAST;
}

enum sdse_status sdse_nests_search_ahead(struct sdse_nests *nests,
                                         const struct sdse_nest_question *question,
                                         size_t count) {
    enum { MOST = 64 };
    struct ahead ahead[MOST];
    size_t tasks = 0;
    enum sdse_status status = make_workers(nests);
    const size_t most = nests->worker_count < MOST ? nests->worker_count : MOST;
    for (size_t i = 0; i < count && tasks < most && !status; i++) {
        struct sdse_nest_question next = question[i];
        bool twice = !is_to_search(nests, &question[i], &next.reserved_bits);
        for (size_t t = 0; t < tasks; t++)
            twice |= ahead[t].question.entry == next.entry;
        if (i == 0 && twice) // the next answer is there
            return SDSE_OK;
        if (twice || (i && next.entry->slow))
            continue;
        ahead[tasks] = (struct ahead){
            next, i ? most_nodes_ahead(nests) : 0, // the first is asked for
            SDSE_ARENA_NEW(nests->arena, struct sdse_nest_answer), SDSE_OK};
        status = ahead[tasks++].found ? SDSE_OK : SDSE_NO_MEMORY;
    }
    if (tasks < 2 || status != SDSE_OK)
        return status;
    struct searching work = {nests, ahead};
    status = sdse_parallel_for(tasks, nests->worker_count, search_one, &work);
    for (size_t t = 0; t < tasks && !status; t++) {
        status = ahead[t].status;
        nests->nodes.ahead += ahead[t].found->answer.nodes;
        ahead[t].question.entry->slow |=
            ahead[t].found->answer.status == SDSE_MAP_LIMIT;
        if (ahead[t].found->answer.status == SDSE_MAP_LIMIT)
            continue;
        ahead[t].found->next = ahead[t].question.entry->ahead;
        ahead[t].question.entry->ahead = ahead[t].found;
    }
    return status;
}
