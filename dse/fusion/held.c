#include "dse/fusion/held.h"

#include <math.h>

// --- What a nest has in a memory ---

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

// The memory of the group's outputs; where they go outside, its own.
static unsigned outputs_memory(const struct sdse_kinds *kinds) {
    return kinds->question->outputs == SDSE_PLACE_OUTERMOST
               ? kinds->group->memory
               : sdse_place_memory(kinds->question->outputs);
}

// Tensors that a nest has in other memories than the group's: they do not cross, or do
// while it runs. addends: out: maps that it adds there, as many as are its own
static unsigned elsewhere_of(const struct sdse_kinds *kinds,
                             const struct sdse_fused_nest *nest,
                             const struct sdse_group_plan *plan, uint32_t *addends) {
    const struct sdse_group *group = kinds->group;
    const size_t turn = group->members.layer[nest->layer] - group->first;
    const bool last = nest->layer + 1 == group->members.count;
    unsigned set =
        last && outputs_memory(kinds) != group->memory ? SDSE_BIT(SDSE_OUTPUTS) : 0u;
    for (unsigned m = 0; m < kinds->nests->memory_count; m++) {
        if (m == group->memory)
            continue;
        set |= operands_of(kinds, plan, nest->layer, m) ? SDSE_BIT(SDSE_INPUTS) : 0u;
        set |= kinds->question->in[m].group_weights >> turn & 1u
                   ? SDSE_BIT(SDSE_WEIGHTS)
                   : 0u;
        *addends += finds_addend(kinds, plan, nest->layer, m);
    }
    return set;
}

// Tensors that the outermost memory may bring, or take, ahead of a nest.
static unsigned ahead_of(const struct sdse_kinds *kinds,
                         const struct sdse_fused_nest *nest,
                         const struct sdse_group_plan *plan,
                         const struct sdse_residence *at) {
    const struct sdse_group *group = kinds->group;
    const struct sdse_layer *layer =
        kinds->nests->request->residency.layer[group->members.layer[nest->layer]].layer;
    uint32_t addends = at->addends;
    unsigned set = group->may_stage[nest->layer];
    if (!plan->overlaps || !nest->turn)
        return 0;
    set &= ~elsewhere_of(kinds, nest, plan, &addends);
    // What is at home does not cross, but for inputs that are brought in and outputs
    // that are written through.
    if (at->tensors >> SDSE_WEIGHTS & 1u)
        set &= ~SDSE_BIT(SDSE_WEIGHTS);
    if (layer->addends > addends ||
        (at->tensors >> SDSE_INPUTS & 1u && !at->loaded_inputs))
        set &= ~SDSE_BIT(SDSE_INPUTS);
    if (at->tensors >> SDSE_OUTPUTS & 1u && !at->writes_through)
        set &= ~SDSE_BIT(SDSE_OUTPUTS);
    return set;
}

struct sdse_residence sdse_held_residence(const struct sdse_kinds *kinds,
                                          const struct sdse_group_plan *plan,
                                          unsigned kept,
                                          const struct sdse_fused_nest *nest,
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

// --- What all of it takes ---

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

double sdse_held_ahead_bits(const struct sdse_kinds *kinds,
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
            sdse_held_residence(kinds, plan, kept, nest, group->memory);
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

size_t sdse_held_list(const struct sdse_kinds *kinds,
                      const struct sdse_group_plan *plan, unsigned kept,
                      const struct sdse_fused_nest *nest, double ahead_bits,
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
    term[count++] = (struct sdse_held_term){SDSE_HELD_AHEAD, group->first, 0,
                                            false,           ahead_bits,   own};
    return count;
}
