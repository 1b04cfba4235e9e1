#include "costmodel/edge.h"

#include "costmodel/hops.h"
#include "costmodel/traffic.h"
#include "costmodel/walk.h"

bool sdse_edge_count(const struct sdse_view *view, enum sdse_tensor tensor,
                     unsigned parent, unsigned child, bool with_hops,
                     struct sdse_edge *edge) {
    edge->tensor = tensor;
    edge->parent = parent;
    edge->child = child;
    if (!view->perfect)
        return sdse_walk_edge(view, edge);
    const struct sdse_visits visits = sdse_child_visits(view, tensor, child);
    edge->visits = (visits.whole + visits.credited) * view->used[child];
    edge->taken = sdse_visit_words(view, tensor, child, &visits) * view->used[child];
    for (unsigned level = parent; level < child; level++) {
        edge->merged[level] =
            sdse_merged_words(view, tensor, level, child, &visits) * view->used[level];
        if (!with_hops)
            continue;
        edge->hops[level] = sdse_mesh_hops(view, tensor, level, child);
        edge->destinations[level] = sdse_mesh_destinations(view, tensor, level, child);
    }
    return true;
}

// Places outside `level` along one dimension that ever have work. The loops of a
// dimension are the digits of a number below the bound; a place is the tuple of its
// spatial digits.
static uint64_t used_places(const struct sdse_view *view, enum sdse_dim dim,
                            unsigned level) {
    uint64_t places = 1;
    for (unsigned l = 0; l < level; l++)
        places *= view->spatial_factor[l][dim];
    return view->perfect ? places : sdse_walk_used_places(view, dim, level);
}

uint64_t sdse_distinct_outputs(const struct sdse_view *view, unsigned level) {
    uint64_t words = sdse_tile_words(view->nest, SDSE_OUTPUTS, view->nest->bound);
    for (int d = 0; d < SDSE_DIMS; d++)
        if (!sdse_dim_moves((enum sdse_dim)d, SDSE_OUTPUTS))
            words *= used_places(view, (enum sdse_dim)d, level);
    return words;
}
