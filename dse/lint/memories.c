// Checks of memories: keys without effect, places that nothing can use.
#include <inttypes.h>
#include <math.h>

#include "dse/lint/checks.h"
#include "dse/lint/feed.h"
#include "spec/load.h"

void sdse_lint_buffering_unlimited(struct sdse_lint *lint) {
    for (unsigned l = 0; l < lint->arch->level_count; l++) {
        const struct sdse_level *level = &lint->arch->level[l];
        if (level->buffering > 1 && !level->capacity_bits)
            sdse_lint_say(
                lint, sdse_lint_place_in(lint, level->loc, level->name, "buffering"),
                "buffering %" PRIu32
                " of '%s' divides a capacity without limit: it has "
                "no effect; give a capacity, or leave it out",
                level->buffering, level->name);
    }
}

static bool is_limited(const struct sdse_level *level) {
    bool limited = level->read_bits_per_cycle.given ||
                   level->write_bits_per_cycle.given ||
                   level->shared_bits_per_cycle.given ||
                   level->memory_class == SDSE_EDRAM; // refreshes take its ports
    for (unsigned p = 0; p < SDSE_PORTS; p++)
        for (unsigned t = 0; t < SDSE_PORT_USERS; t++)
            limited |= level->own_bits_per_cycle[p][t].given;
    return limited;
}

void sdse_lint_overlap_idle(struct sdse_lint *lint) {
    for (unsigned l = 0; l < lint->arch->level_count; l++) {
        const struct sdse_level *level = &lint->arch->level[l];
        if (!level->overlap && level->carries_loops && !is_limited(level))
            sdse_lint_say(lint,
                          sdse_lint_place_in(lint, level->loc, level->group, "overlap"),
                          "overlap: false of level '%s' adds the cycles of its "
                          "transfers, which take none: '%s' has no bandwidth; give one",
                          level->group, level->name);
    }
}

void sdse_lint_format_idle(struct sdse_lint *lint) {
    for (unsigned l = 0; l < lint->arch->level_count; l++) {
        const struct sdse_level *level = &lint->arch->level[l];
        unsigned idle = 0;
        for (unsigned t = 0; t < SDSE_TENSORS; t++)
            if (level->format[t].compression != SDSE_UNCOMPRESSED &&
                !(sdse_level_tensors(level) >> t & 1u))
                idle |= SDSE_BIT(t);
        if (idle)
            sdse_lint_say(
                lint, sdse_lint_place_in(lint, level->loc, level->name, "format"),
                "'%s' has a format for %s, which it does not keep: nothing is "
                "stored so; leave it out, or add to keeps",
                level->name, sdse_lint_tensors(lint, idle));
    }
}

void sdse_lint_gaps_idle(struct sdse_lint *lint) {
    for (unsigned l = 0; l < lint->arch->level_count; l++) {
        const struct sdse_level *level = &lint->arch->level[l];
        if (level->fetch_gaps && !(level->keeps >> SDSE_PART_INPUTS & 1u))
            sdse_lint_say(
                lint, sdse_lint_place_in(lint, level->loc, level->name, "fetch_gaps"),
                "fetch_gaps of '%s' is about inputs, which it does not keep: it has no "
                "effect; leave it out",
                level->name);
    }
}

// --- Capacity that an outer memory never fills ---

// Whether the tensors are stored as plain words there, whatever the weights' form.
static bool is_plain(const struct sdse_arch *arch, unsigned l, unsigned tensors) {
    if ((tensors >> SDSE_WEIGHTS & 1u) && !sdse_weights_are_plain(arch, l))
        return false;
    for (unsigned t = 0; t < SDSE_TENSORS; t++)
        if ((tensors >> t & 1u) &&
            arch->level[l].format[t].compression != SDSE_UNCOMPRESSED)
            return false;
    return true;
}

// The most that a word of the inner memory takes over the least that it takes in the
// outer one: sums may be partial inside and finished outside, and weights of a layer
// narrower than either has them.
static double most_widening(const struct sdse_arch *arch, unsigned inner,
                            unsigned outer, unsigned tensors) {
    double most = tensors >> SDSE_WEIGHTS & 1u;
    for (enum sdse_tensor t = SDSE_WEIGHTS; t < SDSE_TENSORS; t++) {
        const double inside = t == SDSE_OUTPUTS ? sdse_arch_partial_bits(arch, inner)
                                                : sdse_arch_word_bits(arch, inner, t);
        if (tensors >> t & 1u)
            most = fmax(most, inside / (double)sdse_arch_word_bits(arch, outer, t));
    }
    return most;
}

static bool keeps_for_sure(const struct sdse_level *level, unsigned tensors) {
    return (sdse_level_tensors(level) & ~level->may_bypass & tensors) == tensors;
}

// The tile of a memory is in every outer memory that keeps the same tensors.
void sdse_lint_capacity_unused(struct sdse_lint *lint) {
    const struct sdse_arch *arch = lint->arch;
    for (unsigned l = 1; l < arch->level_count; l++) {
        const struct sdse_level *level = &arch->level[l];
        const unsigned tensors = sdse_level_tensors(level);
        if (!level->capacity_bits || level->partial_bits || !is_plain(arch, l, tensors))
            continue;
        const double usable = (double)(level->capacity_bits / level->buffering);
        for (unsigned o = 1; o < l; o++) {
            const struct sdse_level *outer = &arch->level[o];
            if (!outer->capacity_bits || outer->partial_bits ||
                !keeps_for_sure(outer, tensors) || !is_plain(arch, o, tensors) ||
                (outer->fetch_gaps != level->fetch_gaps &&
                 (tensors >> SDSE_INPUTS & 1u)))
                continue;
            const double most = (double)(outer->capacity_bits / outer->buffering) *
                                most_widening(arch, l, o, tensors);
            if (most >= usable)
                continue;
            sdse_lint_say(
                lint, sdse_lint_capacity_place(lint, level),
                "'%s' can use at most %.0f of the %.0f bits that it has for tiles: all "
                "that it holds (%s) is also in '%s' outside it, which has %" PRIu64
                "; make this one smaller, that one larger, or let it keep less",
                level->name, most, usable, sdse_lint_tensors(lint, tensors),
                outer->name, outer->capacity_bits / outer->buffering);
            break;
        }
    }
}

// --- Tensors between layers ---

static const struct sdse_level *sharing_memory(const struct sdse_arch *arch) {
    for (unsigned l = 0; l < arch->level_count; l++)
        if (arch->level[l].shares_activations)
            return &arch->level[l];
    return NULL;
}

void sdse_lint_shares_no_edges(struct sdse_lint *lint) {
    const struct sdse_level *level = sharing_memory(lint->arch);
    if (level && !lint->net->edge_count)
        sdse_lint_say(
            lint, sdse_lint_place_in(lint, level->loc, level->name, "shares"),
            "'%s' may hold tensors between layers, but none of the %zu layers "
            "of %s says which it reads from: nothing can stay there; add "
            "edges to the network",
            level->name, lint->net->layer_count, lint->net->name);
}

void sdse_lint_edges_not_shared(struct sdse_lint *lint) {
    if (lint->net->edge_count && !sharing_memory(lint->arch))
        sdse_lint_say(lint, lint->net->edges[0].loc,
                      "%zu edges say what layers hand on, but no memory of %s may hold "
                      "it: every tensor goes through the outermost memory; say shares: "
                      "[activations] of a memory that can",
                      lint->net->edge_count, lint->arch->name);
}
