#include "dse/fusion/kinds.h"

#include <stdlib.h>
#include <string.h>

#include "dse/fusion/held.h"

// --- Which there are ---

bool sdse_kinds_come_ahead(const struct sdse_kinds *kinds,
                           const struct sdse_group_plan *plan, unsigned kept) {
    bool ahead = false, begun = false;
    for (size_t n = 0; n < plan->count && !ahead; n++) {
        const struct sdse_fused_nest *nest = &plan->nest[n];
        if (!nest->turn)
            continue;
        ahead =
            (begun || nest->steady) &&
            sdse_held_residence(kinds, plan, kept, nest, kinds->group->memory).ahead;
        begun = true;
    }
    return ahead;
}

// bits  out: [SDSE_MOST_SHARED], of each memory. False: one of them overflows.
static bool reserve(const struct sdse_kinds *kinds, const struct sdse_group_plan *plan,
                    unsigned kept, const struct sdse_fused_nest *nest, double ahead,
                    double *bits) {
    struct sdse_held_term term[SDSE_HELD_MOST];
    const size_t count = sdse_held_list(kinds, plan, kept, nest, ahead, term);
    bool fits = true;
    for (size_t i = 0; i < count; i++)
        bits[term[i].memory] += term[i].bits;
    for (unsigned m = 0; m < kinds->nests->memory_count; m++)
        fits &= bits[m] <= kinds->nests->capacity_bits[m];
    return fits;
}

// Returns the kind that it is of; kinds->count: memory is out.
static size_t add_kind(struct sdse_kinds *kinds, const struct sdse_kind *kind) {
    for (size_t i = 0; i < kinds->count; i++) {
        struct sdse_kind *other = &kinds->kind[i];
        // Those of runs stay apart: they are in the order of the tile.
        if (!kind->turn && other->entry == kind->entry &&
            memcmp(other->reserved_bits, kind->reserved_bits,
                   sizeof kind->reserved_bits) == 0 &&
            other->layer == kind->layer) {
            other->times += kind->times;
            return i;
        }
    }
    if (kinds->count == kinds->room) {
        const size_t room = 2 * kinds->room + 16;
        struct sdse_kind *more = realloc(kinds->kind, room * sizeof *more);
        if (!more)
            return kinds->count;
        kinds->kind = more;
        kinds->room = room;
    }
    kinds->kind[kinds->count] = *kind;
    return kinds->count++;
}

// Adds what runs with nest number `nest` of the plan; false: memory is out.
static bool add_noted(struct sdse_kinds *kinds, const struct sdse_kind *kind,
                      size_t nest) {
    const size_t index = kind->entry ? add_kind(kinds, kind) : kinds->count;
    if (index == kinds->count)
        return false;
    if (kinds->note)
        kinds->note[kinds->note_count++] = (struct sdse_kind_note){nest, index};
    return true;
}

// Fused layers between this one and the next of the group work on its rows.
// index: of the nest
static enum sdse_status add_fused(struct sdse_kinds *kinds,
                                  const struct sdse_fused_nest *nest, size_t index) {
    const struct sdse_group *group = kinds->group;
    const struct sdse_members *members = &group->members;
    const struct sdse_residency_layer *layer = kinds->nests->request->residency.layer;
    const struct sdse_residence none[SDSE_MOST_SHARED] = {{0}};
    const size_t from = members->layer[nest->layer] + 1;
    const size_t to =
        nest->layer + 1 < members->count ? members->layer[nest->layer + 1] : from;
    for (size_t l = from; l < to; l++) {
        struct sdse_nest part;
        sdse_nest_words_part(&layer[l].layer->nest,
                             members->nest[nest->layer].bound[SDSE_P], nest->rows.count,
                             &part);
        part.bound[SDSE_G] = part.bound[SDSE_G] / members->heads * nest->heads;
        if (nest->channels)
            part.bound[SDSE_G] = sdse_channels_share(
                &members->channels, part.bound[SDSE_G], nest->channels);
        if (nest->columns.count)
            part.bound[SDSE_G] = part.bound[SDSE_G] /
                                 members->nest[nest->layer].bound[SDSE_Q] *
                                 nest->columns.count;
        const struct sdse_kind kind = {
            .entry = sdse_nests_entry(kinds->nests, l, &part, none, false),
            .layer = l,
            .times = nest->times,
            .rows = nest->rows,
            .columns = nest->columns,
            .heads = nest->heads,
            .channels = nest->channels,
            .continues = nest->continues,
            .unfinished = nest->unfinished};
        if (!add_noted(kinds, &kind, index))
            return SDSE_NO_MEMORY;
    }
    return SDSE_OK;
}

enum sdse_status sdse_kinds_list(struct sdse_kinds *kinds,
                                 const struct sdse_group_plan *plan, unsigned kept,
                                 bool *fits) {
    const struct sdse_group *group = kinds->group;
    const double ahead = sdse_held_ahead_bits(kinds, plan, kept);
    enum sdse_status status = SDSE_OK;
    kinds->count = kinds->note_count = 0;
    *fits = true;
    for (size_t i = 0; i < plan->count && *fits && !status; i++) {
        const struct sdse_fused_nest *nest = &plan->nest[i];
        struct sdse_kind kind = {.layer = group->members.layer[nest->layer],
                                 .times = nest->times,
                                 .turn = plan->overlaps ? nest->turn : 0,
                                 .steady = plan->overlaps ? nest->steady : 0,
                                 .rows = nest->rows,
                                 .columns = nest->columns,
                                 .heads = nest->heads,
                                 .channels = nest->channels,
                                 .continues = nest->continues,
                                 .unfinished = nest->unfinished,
                                 .nest = nest};
        *fits = reserve(kinds, plan, kept, nest, ahead, kind.reserved_bits);
        if (!*fits)
            break;
        struct sdse_residence at[SDSE_MOST_SHARED];
        for (unsigned m = 0; m < kinds->nests->memory_count; m++)
            at[m] = sdse_held_residence(kinds, plan, kept, nest, m);
        kind.entry =
            sdse_nests_entry(kinds->nests, kind.layer, &nest->part, at, kind.turn > 0);
        if (!add_noted(kinds, &kind, i))
            return SDSE_NO_MEMORY;
        status = add_fused(kinds, nest, i);
    }
    return status;
}

// --- As those of a group ---

static bool describe_terms(const struct sdse_kinds *kinds,
                           const struct sdse_group_plan *plan, unsigned kept,
                           const struct sdse_fused_nest *nest, struct sdse_arena *arena,
                           struct sdse_fused_kind *out) {
    struct sdse_held_term term[SDSE_HELD_MOST];
    const size_t count = sdse_held_list(kinds, plan, kept, nest,
                                        sdse_held_ahead_bits(kinds, plan, kept), term);
    struct sdse_held_term *held =
        SDSE_ARENA_ARRAY(arena, struct sdse_held_term, SDSE_HELD_MOST);
    if (!held)
        return false;
    for (size_t i = 0; i < count; i++)
        if (term[i].bits > 0)
            held[out->term_count++] = term[i];
    out->term = held;
    return true;
}

enum sdse_status sdse_kinds_describe(const struct sdse_kinds *kinds,
                                     const struct sdse_group_plan *plan, unsigned kept,
                                     struct sdse_arena *arena,
                                     struct sdse_fused_group *out) {
    out->kind_count = kinds->count;
    out->kind = SDSE_ARENA_ARRAY(arena, struct sdse_fused_kind, kinds->count);
    if (!out->kind)
        return SDSE_NO_MEMORY;
    for (size_t i = 0; i < kinds->count; i++) {
        const struct sdse_kind *kind = &kinds->kind[i];
        struct sdse_fused_kind *fused = &out->kind[i];
        *fused = (struct sdse_fused_kind){.layer = kind->layer,
                                          .times = kind->times,
                                          .turn = kind->turn,
                                          .steady = kind->steady,
                                          .rows = kind->rows,
                                          .columns = kind->columns,
                                          .heads = kind->heads,
                                          .channels = kind->channels,
                                          .continues = kind->continues,
                                          .unfinished = kind->unfinished};
        fused->part = sdse_nest_layer(kinds->nests, kind->entry, kind->reserved_bits,
                                      fused->residence);
        fused->part.name =
            kinds->nests->request->residency.layer[kind->layer].layer->name;
        if (kind->nest && !describe_terms(kinds, plan, kept, kind->nest, arena, fused))
            return SDSE_NO_MEMORY;
    }
    return SDSE_OK;
}
