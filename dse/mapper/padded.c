#include "dse/mapper/padded.h"

#include <string.h>

enum sdse_status sdse_padded_init(struct sdse_problem *problem,
                                  const struct sdse_layer *layer,
                                  const struct sdse_padding *padding) {
    problem->layer = layer;
    if (padding->present) {
        struct sdse_layer *padded = SDSE_ARENA_NEW(problem->arena, struct sdse_layer);
        if (!padded)
            return SDSE_NO_MEMORY;
        *padded = *layer;
        padded->nest.bound[padding->dim] = sdse_padded_bound(padding);
        problem->layer = padded;
    }
    problem->padding = *padding;
    problem->shares = sdse_padding_shares(padding, &layer->nest);
    problem->bound_scale = problem->shares.words;
    memcpy(problem->real_bound, layer->nest.bound, sizeof problem->real_bound);
    return SDSE_OK;
}

static void scale_head(struct sdse_lane_edge *edge, double part) {
    for (int s = 0; s < SDSE_STAGE_CASES; s++) {
        edge->head_pj[s] *= part;
        edge->head_bits[s] *= part;
    }
}

static void scale_tail(struct sdse_lane_edge *edge, double part) {
    for (int s = 0; s < SDSE_STAGE_CASES; s++) {
        edge->tail_pj[s] *= part;
        edge->tail_bits[s] *= part;
    }
}

static void scale_wires(struct sdse_lane_edge *edge, unsigned l, double part) {
    for (int s = 0; s < SDSE_STAGE_CASES; s++) {
        edge->wire_pj[l][s] *= part;
        edge->hop_pj[l][s] *= part;
        edge->router_pj[l][s] *= part;
    }
}

// Prices of one edge where other than bound_scale x the words are sure: all of them
// where the padded dimension lets the tensor rest and nothing of what is cut takes
// part: outside the padded factor, or at its places if their network merges the words.
static void share_edge(const struct sdse_problem *problem, const struct sdse_lane *lane,
                       struct sdse_lane_edge *edge) {
    const struct sdse_padding_shares *shares = &problem->shares;
    const unsigned level = problem->padding.level;
    const struct sdse_network *network =
        &problem->arch->level[level].network[lane->tensor];
    const bool rests = !sdse_dim_moves(problem->padding.dim, lane->tensor);
    const bool temporal = problem->padding.temporal;
    const bool outside = rests && edge->child <= level;
    const bool merges =
        !temporal && rests && edge->parent <= level &&
        (lane->tensor == SDSE_OUTPUTS ? network->reduce : network->multicast);
    const double share = lane->tensor == SDSE_INPUTS ? shares->inputs
                         : lane->returns             ? shares->returns
                                                     : shares->words;
    const double part = share / shares->words, all = 1 / shares->words;
    scale_head(edge, outside || merges ? all : part);
    scale_tail(edge, outside ? all : part);
    for (unsigned l = edge->parent; l < edge->child; l++) {
        const bool whole = outside || (merges && l <= level);
        scale_wires(edge, l, whole ? all : part);
        if (outside || (merges && l < level))
            edge->add_pj[l] *= all;
        else if (temporal ? l < level : l == level)
            edge->add_pj[l] *= shares->adds / shares->words;
    }
}

void sdse_padded_share(struct sdse_problem *problem) {
    for (unsigned i = 0; problem->padding.present && i < problem->lane_count; i++)
        for (unsigned e = 0; e < problem->lane[i].edge_count; e++)
            share_edge(problem, &problem->lane[i], &problem->lane[i].edge[e]);
}
