#include "dse/fusion/least_room.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "costmodel/evaluate.h"
#include "costmodel/model.h"
#include "dse/fusion/groups.h"
#include "dse/fusion/kinds.h"

// What is known of the nests that were asked about.
struct known {
    struct known *next;
    const struct sdse_nest_entry *entry;
    double reserved_bits[SDSE_MOST_SHARED]; // of the other memories; of this one 0
    double taken_bits;                      // INFINITY: no capacity admits it
};

struct asking {
    const struct sdse_fusion_request *request;
    unsigned memory; // of those that share, whose capacity is asked about
    struct sdse_nests *nests;
    struct sdse_group group;
    struct known *known;
    struct sdse_arena *arena;
};

// --- One nest ---

// Whether the nest has a mapping where the memory has so many bits (0: unlimited) and
// so much is reserved of the others; *taken: what one takes.
static enum sdse_status ask(const struct asking *a, const struct sdse_nest_entry *entry,
                            const double *reserved_bits, uint64_t bits, bool *found,
                            double *taken) {
    const struct sdse_residency_request *request = &a->request->residency;
    struct sdse_arena *scratch = sdse_arena_new();
    struct sdse_arch *arch = scratch ? SDSE_ARENA_NEW(scratch, struct sdse_arch) : NULL;
    const unsigned level = a->nests->level[a->memory];
    struct sdse_residence residence[SDSE_MOST_SHARED];
    struct sdse_map_answer answer;
    struct sdse_model *model;
    enum sdse_status status = SDSE_NO_MEMORY;
    *found = false;
    if (!arch)
        goto done;
    *arch = *request->arch;
    for (unsigned l = level; l <= sdse_arch_memory_last(arch, level); l++)
        arch->level[l].capacity_bits = bits;
    const struct sdse_layer layer =
        sdse_nest_layer(a->nests, entry, reserved_bits, residence);
    const struct sdse_map_request map = {.arch = arch,
                                         .layer = &layer,
                                         .form = request->layer[entry->layer].form,
                                         .objective = SDSE_MAP_ENERGY,
                                         .free_bypass = request->free_bypass,
                                         .padding_percent = request->padding_percent,
                                         .stop = request->stop};
    status = sdse_model_new(arch, &layer, map.form, scratch, &model);
    for (unsigned m = 0; status == SDSE_OK && m < a->nests->memory_count; m++)
        if (sdse_model_room_bits(model, arch, a->nests->level[m]) < 0)
            goto done;
    if (status != SDSE_OK)
        goto done;
    status = sdse_map(&map, scratch, &answer);
    if (status == SDSE_OK && answer.point_count) {
        *found = true;
        *taken = sdse_mapping_taken_bits(model, &answer.point[0].mapping, level);
    }
done:
    sdse_arena_free(scratch);
    return status;
}

// The least bits of the memory that a mapping of the nest takes.
static enum sdse_status least_taken(struct asking *a, const struct sdse_kind *kind,
                                    double *bits) {
    const struct sdse_nest_entry *entry = kind->entry;
    double reserved_bits[SDSE_MOST_SHARED];
    memcpy(reserved_bits, kind->reserved_bits, sizeof reserved_bits);
    reserved_bits[a->memory] = 0;
    for (const struct known *k = a->known; k; k = k->next)
        if (k->entry == entry &&
            memcmp(k->reserved_bits, reserved_bits, sizeof reserved_bits) == 0) {
            *bits = k->taken_bits;
            return SDSE_OK;
        }
    struct known *fresh = SDSE_ARENA_NEW(a->arena, struct known);
    bool found;
    double taken = 0;
    enum sdse_status status =
        fresh ? ask(a, entry, reserved_bits, 0, &found, &taken) : SDSE_NO_MEMORY;
    if (status != SDSE_OK)
        return status;
    uint64_t low = 1, high = found ? (uint64_t)ceil(taken) : 0;
    while (low < high && !status) { // high admits one
        const uint64_t middle = low + (high - low) / 2;
        bool here;
        status = ask(a, entry, reserved_bits, middle, &here, &taken);
        if (here) // it may take nothing
            high = (uint64_t)fmin((double)middle, ceil(taken));
        else
            low = middle + 1;
    }
    *fresh = (struct known){.next = a->known,
                            .entry = entry,
                            .taken_bits = found ? (double)high : (double)INFINITY};
    memcpy(fresh->reserved_bits, reserved_bits, sizeof reserved_bits);
    a->known = fresh;
    *bits = fresh->taken_bits;
    return status;
}

// --- One configuration ---

// What its largest kind needs; INFINITY where that reaches `most` or more.
static enum sdse_status needs_of(struct asking *a, const struct sdse_kinds *kinds,
                                 double most, double *needs) {
    *needs = 0;
    for (size_t i = 0; i < kinds->count; i++)
        *needs = fmax(*needs, kinds->kind[i].reserved_bits[a->memory]);
    for (size_t i = 0; i < kinds->count && *needs < most; i++) {
        double taken;
        const enum sdse_status status = least_taken(a, &kinds->kind[i], &taken);
        if (status != SDSE_OK)
            return status;
        *needs = fmax(*needs, kinds->kind[i].reserved_bits[a->memory] + taken);
    }
    if (*needs >= most)
        *needs = (double)INFINITY;
    return SDSE_OK;
}

static enum sdse_status keep(struct asking *a, const struct sdse_kinds *kinds,
                             const struct sdse_group_plan *plan, unsigned kept,
                             double needs, struct sdse_group_room *room) {
    const struct sdse_group *group = &a->group;
    room->group =
        (struct sdse_fused_group){.first = group->first,
                                  .last = group->last,
                                  .layer_count = group->members.count,
                                  .question = *kinds->question,
                                  .config = sdse_group_config(group, plan, kept)};
    memcpy(room->group.layer, group->members.layer, sizeof room->group.layer);
    room->needed_bits = (uint64_t)ceil(needs);
    room->taken_bits = SDSE_ARENA_ARRAY(a->arena, double, kinds->count + 1);
    if (!room->taken_bits)
        return SDSE_NO_MEMORY;
    double most = -1;
    for (size_t i = 0; i < kinds->count; i++) {
        const enum sdse_status status =
            least_taken(a, &kinds->kind[i], &room->taken_bits[i]);
        if (status != SDSE_OK)
            return status;
        const double all =
            kinds->kind[i].reserved_bits[a->memory] + room->taken_bits[i];
        if (all > most) {
            most = all;
            room->largest = i;
        }
    }
    return sdse_kinds_describe(kinds, plan, kept, a->arena, &room->group);
}

// --- All of them ---

static enum sdse_status try_all(struct asking *a,
                                const struct sdse_place_question *question,
                                uint64_t tile_rows, struct sdse_group_room *room) {
    const unsigned all = (1u << a->group.members.count) - 1u;
    struct sdse_kinds kinds = {
        .nests = a->nests, .group = &a->group, .question = question};
    double best = (double)INFINITY;
    enum sdse_status status = SDSE_OK;
    for (size_t p = 0; p < a->group.plan_count && !status; p++) {
        const struct sdse_group_plan *plan = &a->group.plan[p];
        if ((question->operands && plan->buffered) ||
            (tile_rows && plan->tile_rows != tile_rows))
            continue;
        for (unsigned kept = 0; kept <= all && !status; kept++) {
            bool fits;
            double needs = (double)INFINITY;
            if (kept & ~a->group.may_keep)
                continue;
            status = sdse_kinds_list(&kinds, plan, kept, &fits);
            if (status == SDSE_OK)
                status = needs_of(a, &kinds, best, &needs);
            if (status == SDSE_OK && needs < best) {
                best = needs;
                status = keep(a, &kinds, plan, kept, needs, room);
                room->found = true;
            }
        }
    }
    free(kinds.kind);
    return status;
}

enum sdse_status sdse_group_least_room(const struct sdse_fusion_request *request,
                                       const struct sdse_placing *placing,
                                       const struct sdse_place_question *question,
                                       unsigned memory, uint64_t tile_rows,
                                       struct sdse_arena *arena,
                                       struct sdse_group_room *room,
                                       struct sdse_group_refusal *refusal) {
    struct sdse_fusion_counts counts = {0};
    struct asking a = {.request = request,
                       .memory = memory,
                       .nests = SDSE_ARENA_NEW(arena, struct sdse_nests),
                       .arena = arena};
    *room = (struct sdse_group_room){.needed_bits = 0};
    *refusal = (struct sdse_group_refusal){0, NULL};
    if (!a.nests)
        return SDSE_NO_MEMORY;
    // Kinds are listed as if there were room for anything.
    sdse_nests_init(request, &counts, arena, a.nests);
    for (unsigned m = 0; m < a.nests->memory_count; m++)
        a.nests->capacity_bits[m] = (double)INFINITY;
    enum sdse_status status =
        sdse_group_make(request, placing, a.memory, question->layer,
                        question->layer + question->more, arena, &a.group, refusal);
    if (status != SDSE_OK || refusal->reason)
        return status;
    status = sdse_group_plan(request, arena, &a.group);
    return status == SDSE_OK ? try_all(&a, question, tile_rows, room) : status;
}
