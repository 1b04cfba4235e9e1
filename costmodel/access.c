#include "costmodel/access.h"

#include <math.h>
#include <string.h>

#include "costmodel/exact.h"
#include "costmodel/traffic.h"

// Times of so many visits of one instance of a level.
static struct sdse_transfer transfer(const struct sdse_view *view, unsigned level,
                                     uint64_t visits, uint64_t words) {
    return (struct sdse_transfer){(double)visits * (double)view->used[level],
                                  (double)words};
}

// Groups of children below one instance of the parent that take other sums than any
// other: as if all networks reduced.
static uint64_t distinct_groups(const struct sdse_view *view, unsigned parent,
                                unsigned child) {
    uint64_t groups = 1;
    for (unsigned l = parent; l < child; l++)
        groups *= view->fanout_used[l] / view->summed_factor[l];
    return groups;
}

// Visits at which a child meets its tile of sums for the first time.
static uint64_t first_visits(const struct sdse_view *view, unsigned child) {
    uint64_t visits = 1;
    for (unsigned i = view->first[child]; i < view->loop_count; i++)
        if (sdse_dim_moves(view->loop[i].dim, SDSE_OUTPUTS))
            visits *= view->loop[i].factor;
    return visits;
}

static void output_transfers(const struct sdse_view *view, const struct sdse_edge *edge,
                             struct sdse_edge_transfers *transfers) {
    const unsigned p = edge->parent, c = edge->child;
    const uint64_t visits = sdse_child_visits(view, SDSE_OUTPUTS, c).whole;
    const uint64_t first = first_visits(view, c);
    const uint64_t tile = sdse_view_tile_words(view, SDSE_OUTPUTS, c);
    const uint64_t all = tile * sdse_sharing_groups(view, SDSE_OUTPUTS, p, c);
    transfers->updates.of[0] = transfer(view, p, visits, all);
    // Of each word the first sum to arrive starts from zero.
    transfers->reads.of[0] = transfer(view, p, visits - first, all);
    transfers->reads.of[1] =
        transfer(view, p, first, all - tile * distinct_groups(view, p, c));
    transfers->fills.of[0] = transfer(view, c, visits - first, tile);
    transfers->drains.of[0] = transfer(view, c, visits, tile);
}

static bool input_transfers(const struct sdse_view *view, const struct sdse_edge *edge,
                            struct sdse_edge_transfers *transfers) {
    const unsigned p = edge->parent, c = edge->child;
    const unsigned fan = sdse_arch_memory_last(view->arch, p);
    const struct sdse_network *network = &view->arch->level[fan].network[SDSE_INPUTS];
    const bool joins =
        c < view->level_count && network->window_sharing && network->multicast;
    const struct sdse_visits visits = sdse_child_visits(view, SDSE_INPUTS, c);
    const uint64_t times[2] = {visits.whole, visits.credited};
    for (unsigned i = 0; i < 2; i++) {
        const struct sdse_visits *moves = i ? &visits : NULL;
        uint64_t all = 0, own = 0;
        if (times[i] && (!sdse_exact_visit(view, p, c, joins, moves, &all) ||
                         !sdse_exact_visit(view, c, c, false, moves, &own)))
            return false;
        transfers->reads.of[i] = transfer(view, p, times[i], all);
        transfers->fills.of[i] = transfer(view, c, times[i], own);
    }
    return true;
}

bool sdse_edge_transfers(const struct sdse_view *view, const struct sdse_edge *edge,
                         struct sdse_edge_transfers *transfers) {
    const unsigned p = edge->parent, c = edge->child;
    struct sdse_nest nest = *view->nest;
    memcpy(nest.bound, view->tile[0], sizeof nest.bound);
    memset(nest.pad, 0, sizeof nest.pad);
    memset(nest.map, 0, sizeof nest.map);
    struct sdse_view whole = *view;
    whole.nest = &nest;
    whole.perfect = true;
    memset(transfers, 0, sizeof *transfers);
    if (edge->tensor == SDSE_INPUTS)
        return input_transfers(&whole, edge, transfers);
    if (edge->tensor == SDSE_OUTPUTS) {
        output_transfers(&whole, edge, transfers);
        return true;
    }
    const uint64_t visits = sdse_child_visits(&whole, edge->tensor, c).whole;
    const uint64_t tile = sdse_view_tile_words(&whole, edge->tensor, c);
    transfers->reads.of[0] = transfer(
        &whole, p, visits, tile * sdse_sharing_groups(&whole, edge->tensor, p, c));
    transfers->fills.of[0] = transfer(&whole, c, visits, tile);
    return true;
}

void sdse_edge_transfers_level(struct sdse_edge_transfers *transfers, double read,
                               double filled) {
    transfers->reads.of[0].words = read / transfers->reads.of[0].times;
    transfers->fills.of[0].words = filled / transfers->fills.of[0].times;
}

void sdse_edge_transfers_scale(struct sdse_edge_transfers *transfers, double share) {
    struct sdse_transfer_sizes *const sizes[] = {&transfers->reads, &transfers->updates,
                                                 &transfers->fills, &transfers->drains};
    for (unsigned i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (unsigned k = 0; k < 2; k++)
            sizes[i]->of[k].words *= share;
}

// Beyond one transfer's bits. What is whole but for rounding is whole.
static double beyond(double bits, uint32_t least) {
    const double accesses = ceil(bits / least * (1 - 1e-12));
    return fmax(accesses * least - bits, 0);
}

double sdse_access_padding_bits(const struct sdse_transfer_sizes *sizes, uint64_t words,
                                double bits_per_word, uint32_t least) {
    if (!least || !words)
        return 0;
    if (!sizes)
        return beyond((double)words * bits_per_word, least);
    double padding = 0;
    for (unsigned i = 0; i < 2; i++)
        padding +=
            sizes->of[i].times * beyond(sizes->of[i].words * bits_per_word, least);
    return padding;
}

static bool pads(const struct sdse_level *level) {
    return level->least_read_bits || level->least_write_bits;
}

bool sdse_edge_pads(const struct sdse_arch *arch, const struct sdse_edge *edge) {
    return pads(&arch->level[edge->parent]) ||
           (edge->child < arch->level_count && pads(&arch->level[edge->child]));
}
