#include "dse/fusion/kinds.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// --- Which there are ---

// Whether a nest works on some channels of the tensor that member `i` reads.
static bool cuts_tensor(const struct sdse_group *group, size_t i,
                        const struct sdse_fused_nest *nest) {
    return nest->channels && (i > 0 || group->members.channels.cuts_input);
}

// Words of a row, or a cell, of the group's input: of all its channels.
static uint64_t input_words(const struct sdse_kinds *kinds,
                            const struct sdse_group_plan *plan,
                            const struct sdse_fused_nest *nest) {
    const struct sdse_group *group = kinds->group;
    return nest->columns.count ? group->input_cell_words
           : plan->for_all     ? group->all_row_words
                               : group->input_row_words;
}

// How many maps a member finds in a memory as its inputs, or as what it adds up; ranges
// of channels are one.
static uint32_t operands_of(const struct sdse_kinds *kinds,
                            const struct sdse_group_plan *plan, size_t member,
                            unsigned memory) {
    const struct sdse_members *members = &kinds->group->members;
    const struct sdse_place_found *in = &kinds->question->in[memory];
    const size_t turn = members->layer[member] - kinds->group->first;
    const bool own = memory == kinds->group->memory;
    if (member == 0)
        return plan->buffered ? own : members->ranges ? in->operands > 0 : in->operands;
    const bool buffered = plan->for_all && members->reads[member].windows & 1u,
               found = in->group_inputs >> turn & 1u;
    return (own ? members->operands[member] : 0) + ((own && buffered) || found);
}

static bool finds_addend(const struct sdse_kinds *kinds,
                         const struct sdse_group_plan *plan, size_t member,
                         unsigned memory) {
    const struct sdse_members *members = &kinds->group->members;
    const size_t turn = members->layer[member] - kinds->group->first;
    const unsigned rows = members->reads[member].rows;
    const bool own = memory == kinds->group->memory;
    return kinds->question->in[memory].group_addends >> turn & 1u ||
           (own && (rows & ~SDSE_BIT(0) || (plan->for_all && rows & SDSE_BIT(0))));
}

// Tensors that the outermost memory may bring, or take, ahead of a nest.
static unsigned ahead_of(const struct sdse_kinds *kinds,
                         const struct sdse_fused_nest *nest,
                         const struct sdse_group_plan *plan,
                         const struct sdse_residence *at) {
    const struct sdse_group *group = kinds->group;
    const struct sdse_layer *layer =
        kinds->nests->request->residency.layer[group->members.layer[nest->layer]].layer;
    unsigned set = group->may_stage[nest->layer];
    if (!plan->overlaps || !nest->turn)
        return 0;
    // What is at home does not cross, but for inputs that are brought in and outputs
    // that are written through.
    if (at->tensors >> SDSE_WEIGHTS & 1u)
        set &= ~SDSE_BIT(SDSE_WEIGHTS);
    if (layer->addends > at->addends ||
        (at->tensors >> SDSE_INPUTS & 1u && !at->loaded_inputs))
        set &= ~SDSE_BIT(SDSE_INPUTS);
    if (at->tensors >> SDSE_OUTPUTS & 1u && !at->writes_through)
        set &= ~SDSE_BIT(SDSE_OUTPUTS);
    return set;
}

// The memory of the group's outputs; where they go outside, its own.
static unsigned outputs_memory(const struct sdse_kinds *kinds) {
    return kinds->question->outputs == SDSE_PLACE_OUTERMOST
               ? kinds->group->memory
               : sdse_place_memory(kinds->question->outputs);
}

// What a nest has in the memory of a number.
static struct sdse_residence part_of(const struct sdse_kinds *kinds, unsigned kept,
                                     const struct sdse_fused_nest *nest,
                                     const struct sdse_group_plan *plan,
                                     unsigned memory) {
    const struct sdse_group *group = kinds->group;
    const size_t turn = group->members.layer[nest->layer] - group->first;
    const bool last = nest->layer + 1 == group->members.count,
               own = memory == group->memory, keeps = own && kept >> nest->layer & 1u,
               finds = kinds->question->in[memory].group_weights >> turn & 1u;
    const uint32_t operands = operands_of(kinds, plan, nest->layer, memory);
    const bool outside = kinds->question->outputs == SDSE_PLACE_OUTERMOST,
               here = memory == (last ? outputs_memory(kinds) : group->memory);
    // Sums that continue wait where they go in the end, or, if that is outside, in the
    // group's memory.
    const bool sums = here && last && nest->channels && group->members.channels.sums,
               unfinished = last && nest->channels && group->members.channels.sums &&
                            nest->unfinished,
               finished = here && last && !unfinished;
    const bool outputs = here && (!last || sums || !outside);
    struct sdse_residence at = {
        .tensors = (operands ? SDSE_BIT(SDSE_INPUTS) : 0u) |
                   (outputs ? SDSE_BIT(SDSE_OUTPUTS) : 0u) |
                   (keeps || finds ? SDSE_BIT(SDSE_WEIGHTS) : 0u),
        .operands = operands,
        .addends = !unfinished && finds_addend(kinds, plan, nest->layer, memory),
        .writes_through = finished && (sdse_place_is_both(kinds->question->outputs) ||
                                       (sums && outside)),
        .continues = sums && nest->continues,
        .unfinished = sums && nest->unfinished,
        .rescales = sums && nest->continues && group->members.channels.rescales,
        .loads_weights = keeps && nest->first,
        .loaded_inputs = !own ? 0
                              : nest->loaded * nest->heads *
                                    (cuts_tensor(group, 0, nest)
                                         ? sdse_channels_share(&group->members.channels,
                                                               group->input_row_words,
                                                               nest->channels)
                                         : input_words(kinds, plan, nest))};
    at.ahead = own ? ahead_of(kinds, nest, plan, &at) : 0;
    return at;
}

// What is there beside the rows of the group where sums continue from channels to
// channels: what a softmax remembers of the tile's rows, and their sums since the first
// channels, in a place of their own or in that of the outputs. Of the memory of a
// number.
static double waiting_bits(const struct sdse_kinds *kinds,
                           const struct sdse_fused_nest *nest, unsigned memory) {
    const struct sdse_group *group = kinds->group;
    const size_t layers = group->members.count;
    const double rows = (double)(nest->tile_rows * nest->heads);
    const unsigned home = outputs_memory(kinds);
    const bool place = kinds->question->outputs != SDSE_PLACE_OUTERMOST,
               sums = home == memory && nest->continues && nest->layer + 1 < layers;
    const double there = place ? group->made_row_bits[home] : 0,
                 state = memory == group->memory ? group->state_bits : 0;
    return rows * (state + (sums ? fmax(0, group->sum_bits[home] - there) : 0));
}

// Rows that a nest makes, or cells, and bits of one of a tensor.
static uint64_t count_made(const struct sdse_fused_nest *nest) {
    return nest->rows.count * (nest->columns.count ? nest->columns.count : 1);
}

static double bits_of_one(const struct sdse_group *group,
                          const struct sdse_fused_nest *nest, size_t tensor) {
    return nest->columns.count ? group->cell_bits[tensor] : group->row_bits[tensor];
}

// Bits of the rows, or cells, that are there of the tensor that member `i` reads, the
// nest's own outputs left out: of the channels at work, and of the others.
//
// rows  out: of the channels at work
static double held_rows_bits(const struct sdse_kinds *kinds,
                             const struct sdse_group_plan *plan, size_t i,
                             const struct sdse_fused_nest *nest, uint64_t *rows) {
    const struct sdse_group *group = kinds->group;
    const double all = (double)group->members.channels.count,
                 heads = (double)nest->heads;
    double row_bits = i ? bits_of_one(group, nest, i)
                        : (double)input_words(kinds, plan, nest) * group->input_bits,
           idle_bits = 0;
    *rows = nest->held[i] - (i == nest->layer + 1 ? count_made(nest) : 0);
    if (cuts_tensor(group, i, nest)) {
        idle_bits =
            row_bits / all * (all - (double)nest->channels) * (double)nest->idle[i];
        row_bits = row_bits / all * (double)nest->channels;
    }
    return ((double)*rows * row_bits + idle_bits) * heads;
}

// Bits of what the last member makes in a nest, in the place of the outputs in a
// memory.
static double made_bits(const struct sdse_group *group,
                        const struct sdse_fused_nest *nest, unsigned memory) {
    const struct sdse_channels *channels = &group->members.channels;
    const double bits =
        (double)count_made(nest) * (nest->columns.count ? group->made_cell_bits[memory]
                                                        : group->made_row_bits[memory]);
    return nest->channels && !channels->sums
               ? bits / (double)channels->count * (double)nest->channels
               : bits;
}

// Words of inputs that a nest takes from outside.
static double outer_inputs(const struct sdse_fused_nest *nest,
                           const struct sdse_residence *at) {
    return at->tensors >> SDSE_INPUTS & 1u
               ? (double)at->loaded_inputs
               : (double)sdse_tile_words(&nest->part, SDSE_INPUTS, nest->part.bound);
}

// What is held for what comes ahead, and goes behind (overlap.h), of the runs that are
// of most heads.
static double ahead_bits(const struct sdse_kinds *kinds,
                         const struct sdse_group_plan *plan, unsigned kept) {
    const struct sdse_group *group = kinds->group;
    unsigned weights = 0; // of members, each once
    double bits = 0;
    bool begun = false, several = false;
    for (size_t n = 0; plan->overlaps && n < plan->count; n++) {
        const struct sdse_fused_nest *nest = &plan->nest[n];
        if (!nest->turn)
            continue;
        const struct sdse_residence at =
            part_of(kinds, kept, nest, plan, group->memory);
        const bool brings = begun || nest->steady > 0; // not just for itself
        several |= nest->steady > 0;
        begun = true;
        if (brings && at.ahead >> SDSE_INPUTS & 1u)
            bits += outer_inputs(nest, &at) * group->read_bits[nest->layer];
        if (nest->steady && at.ahead >> SDSE_OUTPUTS & 1u)
            bits +=
                (double)sdse_tile_words(&nest->part, SDSE_OUTPUTS, nest->part.bound) *
                group->made_bits;
        if (brings && at.ahead >> SDSE_WEIGHTS & ~(weights >> nest->layer) & 1u) {
            bits += group->weight_bits[nest->layer] * (double)nest->heads;
            weights |= SDSE_BIT(nest->layer);
        }
    }
    return several ? 2 * bits : bits;
}

bool sdse_kinds_come_ahead(const struct sdse_kinds *kinds,
                           const struct sdse_group_plan *plan, unsigned kept) {
    bool ahead = false, begun = false;
    for (size_t n = 0; n < plan->count && !ahead; n++) {
        const struct sdse_fused_nest *nest = &plan->nest[n];
        if (!nest->turn)
            continue;
        ahead = (begun || nest->steady) &&
                part_of(kinds, kept, nest, plan, kinds->group->memory).ahead;
        begun = true;
    }
    return ahead;
}

// What is in the shared memory while a nest runs, but for its own outputs.
// ahead  bits, as of ahead_bits
// term  out: [SDSE_HELD_MOST]; returns how many
static size_t list_terms(const struct sdse_kinds *kinds,
                         const struct sdse_group_plan *plan, unsigned kept,
                         const struct sdse_fused_nest *nest, double ahead,
                         struct sdse_held_term *term) {
    const struct sdse_group *group = kinds->group;
    const size_t *layer = group->members.layer, layers = group->members.count;
    const double heads = (double)nest->heads;
    const unsigned memories = kinds->nests->memory_count, own = group->memory,
                   home = outputs_memory(kinds);
    size_t count = 0;
    for (unsigned m = 0; m < memories; m++)
        term[count++] = (struct sdse_held_term){SDSE_HELD_TENSORS,
                                                group->first,
                                                0,
                                                false,
                                                kinds->question->in[m].reserved_bits,
                                                m};
    for (size_t i = 0; i < layers; i++) {
        uint64_t rows;
        const double bits = held_rows_bits(kinds, plan, i, nest, &rows);
        term[count++] = (struct sdse_held_term){i ? SDSE_HELD_ROWS : SDSE_HELD_INPUTS,
                                                layer[i ? i - 1 : 0],
                                                rows,
                                                nest->columns.count > 0,
                                                bits,
                                                own};
        if (kept >> i & 1u)
            term[count++] = (struct sdse_held_term){SDSE_HELD_WEIGHTS,
                                                    layer[i],
                                                    0,
                                                    false,
                                                    group->weight_bits[i] * heads,
                                                    own};
    }
    if (kinds->question->outputs != SDSE_PLACE_OUTERMOST)
        term[count++] = (struct sdse_held_term){
            SDSE_HELD_OUTPUTS,
            group->last,
            0,
            false,
            group->output_bits[home] -
                (nest->layer + 1 == layers ? made_bits(group, nest, home) * heads : 0),
            home};
    for (unsigned m = 0; m < memories; m++)
        if (nest->channels && group->members.channels.sums)
            term[count++] = (struct sdse_held_term){SDSE_HELD_SUMS,
                                                    group->last,
                                                    nest->tile_rows,
                                                    false,
                                                    waiting_bits(kinds, nest, m),
                                                    m};
    term[count++] =
        (struct sdse_held_term){SDSE_HELD_AHEAD, group->first, 0, false, ahead, own};
    return count;
}

// bits  out: [SDSE_MOST_SHARED], of each memory. False: one of them overflows.
static bool reserve(const struct sdse_kinds *kinds, const struct sdse_group_plan *plan,
                    unsigned kept, const struct sdse_fused_nest *nest, double ahead,
                    double *bits) {
    struct sdse_held_term term[SDSE_HELD_MOST];
    const size_t count = list_terms(kinds, plan, kept, nest, ahead, term);
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
    const double ahead = ahead_bits(kinds, plan, kept);
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
            at[m] = part_of(kinds, kept, nest, plan, m);
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
    const size_t count =
        list_terms(kinds, plan, kept, nest, ahead_bits(kinds, plan, kept), term);
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
