#include "costmodel/edge.h"

#include <string.h>

#include "costmodel/exact.h"
#include "costmodel/hops.h"
#include "costmodel/pattern.h"
#include "costmodel/traffic.h"
#include "costmodel/walk.h"

// Hops to the groups of children, if they are asked for.
static void reach(const struct sdse_view *view, bool with_hops, unsigned level,
                  struct sdse_edge *edge) {
    edge->hops[level] = edge->destinations[level] = 0;
    if (with_hops)
        sdse_mesh_reach(view, edge->tensor, level, edge->child, &edge->hops[level],
                        &edge->destinations[level]);
}

// Hops are averages over windows as if all lay on the map.
static bool walk_hops(const struct sdse_view *view, struct sdse_edge *edge) {
    struct sdse_nest endless = *view->nest;
    memset(endless.pad, 0, sizeof endless.pad);
    memset(endless.map, 0, sizeof endless.map);
    struct sdse_view all = *view;
    all.nest = &endless;
    struct sdse_edge unclipped = *edge;
    if (!sdse_walk_edge(&all, false, &unclipped))
        return false;
    memcpy(edge->hops, unclipped.hops, sizeof edge->hops);
    memcpy(edge->destinations, unclipped.destinations, sizeof edge->destinations);
    return true;
}

// Dimensions whose places are alike wherever the window is: none is cut off, or idles
// while another works.
static unsigned alike_dims(const struct sdse_view *view) {
    unsigned dims = 0;
    for (int d = 0; d < SDSE_DIMS; d++)
        if (sdse_dim_axis((enum sdse_dim)d) < 0)
            dims |= SDSE_BIT(d);
    for (unsigned l = 0; l < view->level_count; l++) {
        for (unsigned i = 0; i < view->spatial_count[l]; i++) {
            const struct sdse_view_spatial *loop = &view->spatial[l][i];
            if (view->nest->bound[loop->dim] % (loop->weight * loop->factor))
                dims &= ~SDSE_BIT(loop->dim);
        }
    }
    return dims;
}

// Leaves one place of those that are alike; returns in others[l] for how many groups of
// words at level l, and in others[child] for how many children, it stands.
static struct sdse_view leave_one(const struct sdse_view *view, unsigned dims,
                                  unsigned parent, unsigned child,
                                  uint64_t others[SDSE_MAX_LEVELS + 1]) {
    struct sdse_view left = *view;
    for (unsigned l = 0; l <= child; l++)
        others[l] = 1;
    for (unsigned l = 0; l < child; l++) {
        const bool shares = view->arch->level[l].network[SDSE_INPUTS].multicast;
        left.spatial_count[l] = 0;
        left.fanout_used[l] = 1;
        for (unsigned i = 0; i < view->spatial_count[l]; i++) {
            const struct sdse_view_spatial *loop = &view->spatial[l][i];
            if (!(dims >> loop->dim & 1u)) {
                left.spatial[l][left.spatial_count[l]++] = *loop;
                left.fanout_used[l] *= loop->factor;
                continue;
            }
            others[child] *= loop->factor;
            for (unsigned at = parent; at < child; at++)
                if (l < at || !shares || sdse_dim_moves(loop->dim, SDSE_INPUTS))
                    others[at] *= loop->factor;
        }
        left.used[l + 1] = left.used[l] * left.fanout_used[l];
    }
    return left;
}

// Inputs of windows that leave the map: places that the window tells apart are walked
// each by itself.
static bool walk_windows(const struct sdse_view *view, bool with_hops, bool alike,
                         struct sdse_edge *edge) {
    uint64_t others[SDSE_MAX_LEVELS + 1];
    const struct sdse_view left =
        leave_one(view, alike_dims(view), edge->parent, edge->child, others);
    if (!sdse_walk_edge(&left, false, edge))
        return false;
    for (unsigned l = edge->parent; l < edge->child; l++) {
        edge->merged[l] *= others[l];
        reach(view, with_hops && alike, l, edge);
    }
    edge->visits *= others[edge->child];
    edge->taken *= others[edge->child];
    return alike || !with_hops || walk_hops(view, edge);
}

// Where every place works alike, one child is walked and stands for all.
static bool count_imperfect(const struct sdse_view *view, bool with_hops,
                            struct sdse_edge *edge) {
    const bool alike = sdse_walk_is_alike(view);
    if (edge->tensor == SDSE_INPUTS &&
        (sdse_axis_of(view->nest, 0).clipped || sdse_axis_of(view->nest, 1).clipped))
        return walk_windows(view, with_hops, alike, edge);
    if (!alike)
        return sdse_walk_edge(view, false, edge);
    if (!sdse_walk_edge(view, true, edge))
        return false;
    for (unsigned l = edge->parent; l < edge->child; l++) {
        edge->merged[l] = sdse_sharing_groups(view, edge->tensor, l, edge->child) *
                          edge->taken * view->used[l];
        reach(view, with_hops, l, edge);
    }
    edge->visits *= view->used[edge->child];
    edge->taken *= view->used[edge->child];
    return true;
}

static bool count_perfect(const struct sdse_view *view, bool with_hops,
                          struct sdse_edge *edge) {
    const enum sdse_tensor tensor = edge->tensor;
    const unsigned parent = edge->parent, child = edge->child;
    const struct sdse_visits visits = sdse_child_visits(view, tensor, child);
    edge->visits = (visits.whole + visits.credited) * view->used[child];
    for (unsigned level = parent; level < child; level++)
        reach(view, with_hops, level, edge);
    // The keeper's own fan-out is that of its memory.
    const unsigned fan = sdse_arch_memory_last(view->arch, parent);
    const struct sdse_network *network = &view->arch->level[fan].network[tensor];
    const bool shares_windows = tensor == SDSE_INPUTS && child < view->level_count &&
                                network->window_sharing && network->multicast;
    if (tensor == SDSE_INPUTS && sdse_nest_needs_sets(view->nest))
        return sdse_exact_inputs(view, shares_windows, fan, edge);
    edge->taken = sdse_visit_words(view, tensor, child, &visits) * view->used[child];
    for (unsigned level = parent; level < child; level++)
        edge->merged[level] = sdse_merged_words(view, tensor, level, child, &visits,
                                                shares_windows && level <= fan) *
                              view->used[level];
    return true;
}

// Positions, told apart by the spatial loops below the levels of the set `levels` in
// dimensions that outputs are summed over, that ever have work.
static uint64_t summing_places(const struct sdse_view *view, unsigned levels) {
    uint64_t places = 1;
    if (view->perfect) {
        for (unsigned l = 0; levels; l++, levels >>= 1) {
            if (levels & 1u) {
                places *= view->summed_factor[l];
            }
        }
        return places;
    }
    for (int d = 0; d < SDSE_DIMS; d++) {
        if (!sdse_dim_moves((enum sdse_dim)d, SDSE_OUTPUTS)) {
            places *= sdse_walk_used_places(view, (enum sdse_dim)d, levels);
        }
    }
    return places;
}

static uint64_t output_words(const struct sdse_view *view) {
    return sdse_tile_words(view->nest, SDSE_OUTPUTS, view->nest->bound);
}

bool sdse_edge_count(const struct sdse_view *view, enum sdse_tensor tensor,
                     unsigned parent, unsigned child, bool with_hops,
                     struct sdse_edge *edge) {
    edge->tensor = tensor;
    edge->parent = parent;
    edge->child = child;
    if (!(view->perfect ? count_perfect(view, with_hops, edge)
                        : count_imperfect(view, with_hops, edge)))
        return false;
    const bool sums = tensor == SDSE_OUTPUTS;
    edge->arrive_finished = sums && edge->merged[parent] == output_words(view);
    edge->leave_finished = sums && edge->taken == output_words(view);
    return true;
}

uint64_t sdse_distinct_outputs(const struct sdse_view *view, unsigned level) {
    return output_words(view) * summing_places(view, SDSE_BIT(level) - 1);
}

uint64_t sdse_returned_words(const struct sdse_view *view, const struct sdse_edge *edge,
                             unsigned level) {
    unsigned apart = SDSE_BIT(level) - 1;
    for (unsigned l = level; l < edge->child; l++)
        if (!view->arch->level[l].network[SDSE_OUTPUTS].reduce)
            apart |= SDSE_BIT(l);
    return edge->merged[level] - output_words(view) * summing_places(view, apart);
}

uint64_t sdse_working_instances(const struct sdse_view *view, unsigned level) {
    return view->perfect ? view->used[level] : sdse_walk_used(view, level);
}
