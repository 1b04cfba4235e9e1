#include "dse/mapper/lanes.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "base/checked.h"

double sdse_spread_resting(const struct sdse_spread *spread, enum sdse_tensor tensor) {
    double product = 1;
    for (int d = 0; d < SDSE_DIMS; d++)
        if (!sdse_dim_moves((enum sdse_dim)d, tensor))
            product *= (double)spread->factor[d];
    return product;
}

// Least fraction of distinct windows among the places of a spread.
static double window_share(const struct sdse_problem *problem,
                           const struct sdse_lane_edge *edge,
                           const struct sdse_spread *spread) {
    const bool joins = edge->shares_window && edge->child < problem->levels;
    double share = 1;
    for (int axis = 0; axis < 2; axis++) {
        const struct sdse_windows *windows = &problem->windows[axis];
        const double outputs = (double)spread->factor[axis ? SDSE_Q : SDSE_P];
        const double taps = (double)spread->factor[axis ? SDSE_S : SDSE_R];
        if (edge->crosses[axis] && !joins && !windows->may_coincide)
            share /= taps;
        else
            share *= sdse_windows_share(windows, outputs, taps, joins);
    }
    return share;
}

// Places that rest the tensor share one word if the network lets them. Windows that
// coincide are counted only where the spread alone decides: otherwise the most that can
// coincide do. Both are lower bounds.
static void merge(const struct sdse_problem *problem, const struct sdse_lane *lane,
                  const struct sdse_lane_edge *edge, unsigned l,
                  const struct sdse_spread *spread, double *kept_apart,
                  double *per_place) {
    const struct sdse_network *network = &problem->arch->level[l].network[lane->tensor];
    const bool shared =
        lane->tensor == SDSE_OUTPUTS ? network->reduce : network->multicast;
    const double resting = sdse_spread_resting(spread, lane->tensor);
    *kept_apart = shared || l >= edge->merges_to ? 1 : resting;
    *per_place = shared ? 1 / resting : 1;
    if (lane->tensor != SDSE_INPUTS || !shared)
        return;
    const double share = window_share(problem, edge, spread);
    *kept_apart *= share;
    *per_place *= share;
}

// Price of one word crossing the network below level l under a spread.
static double wire_pj(const struct sdse_lane *lane, const struct sdse_lane_edge *edge,
                      unsigned l, const struct sdse_spread *spread, int stage) {
    const double hops = edge->blind[l] ? 0 : spread->hops[lane->tensor];
    return edge->wire_pj[l][stage] + edge->hop_pj[l][stage] * hops +
           edge->router_pj[l][stage] * (1 + floor(hops));
}

// --- Lanes ---

static void either(double stages[SDSE_STAGE_CASES], bool may_finish) {
    stages[SDSE_EITHER] = may_finish ? fmin(stages[SDSE_FINISHED], stages[SDSE_PARTIAL])
                                     : stages[SDSE_PARTIAL];
}

bool sdse_sums_may_arrive(const struct sdse_problem *problem, unsigned parent) {
    for (int d = 0; d < SDSE_DIMS; d++) {
        const uint64_t bound = problem->layer->nest.bound[d];
        if (bound == 1 || sdse_dim_moves((enum sdse_dim)d, SDSE_OUTPUTS))
            continue;
        double most = 1;
        for (unsigned l = parent; l < problem->levels; l++) {
            uint64_t places = 1;
            if (!problem->arch->level[l].network[SDSE_OUTPUTS].reduce)
                continue;
            for (size_t i = 0; i < problem->spreads[l].count; i++)
                if (problem->spreads[l].spread[i].factor[d] > places)
                    places = problem->spreads[l].spread[i].factor[d];
            most *= (double)places;
        }
        if (most < (double)bound)
            return false;
    }
    return true;
}

static void copy_wires(struct sdse_lane_edge *edge, const struct sdse_edge_price *price,
                       bool returning, bool finishes) {
    for (unsigned l = price->parent; l < price->child; l++) {
        if (returning && !price->returns[l])
            continue;
        for (int s = 0; s < SDSE_STAGES; s++) {
            edge->wire_pj[l][s] = price->wire_pj[l][s];
            edge->hop_pj[l][s] = price->hop_pj[l][s];
            edge->router_pj[l][s] = price->router_pj[l][s];
        }
        if (!returning)
            edge->add_pj[l] = price->add_pj[l];
        either(edge->wire_pj[l], finishes);
        either(edge->hop_pj[l], finishes);
        either(edge->router_pj[l], finishes);
    }
}

enum way { DOWN, UP, RETURNING };

// Blocks of a filter, each with a basis of its own; padding left out. At least.
static double least_blocks(const struct sdse_weight_form *form,
                           const struct sdse_nest *nest) {
    const uint64_t *bound = nest->bound;
    const uint64_t block = form->rows_per_block * form->basis_size;
    const uint64_t filter = bound[SDSE_C] * bound[SDSE_R] * bound[SDSE_S];
    const uint64_t blocks = (filter + block - 1) / block;
    return (double)blocks;
}

// Whether some fan-out on the way gives every child its own partial sum back.
static bool returns_apart(const struct sdse_problem *problem,
                          const struct sdse_edge_price *price) {
    for (unsigned l = price->parent; l < price->child; l++) {
        const struct sdse_level *level = &problem->arch->level[l];
        if (problem->arch->count_return_transfers &&
            (level->fanout_x > 1 || level->fanout_y > 1) &&
            !level->network[SDSE_OUTPUTS].reduce)
            return true;
    }
    return false;
}

static bool add_lane(struct sdse_problem *problem, const struct sdse_flow_price *flow,
                     enum way way) {
    struct sdse_lane *lane = &problem->lane[problem->lane_count];
    const struct sdse_nest *nest = &problem->layer->nest;
    const unsigned engine = problem->arch->rebuild.below_level;
    lane->tensor = flow->tensor;
    lane->up = way == UP;
    lane->returns = way == RETURNING;
    lane->stage_count = flow->tensor == SDSE_OUTPUTS ? SDSE_STAGE_CASES : 1;
    lane->edge_count = flow->edge_count;
    assert(lane->edge_count > 0);
    lane->edge =
        SDSE_ARENA_ARRAY(problem->arena, struct sdse_lane_edge, lane->edge_count);
    if (!lane->edge)
        return false;
    problem->lane_count++;
    lane->base_words = (double)sdse_tile_words(nest, flow->tensor, nest->bound);
    if (flow->tensor == SDSE_INPUTS)
        lane->base_words = (double)nest->bound[SDSE_N] * (double)nest->bound[SDSE_G] *
                           (double)nest->bound[SDSE_C];
    for (unsigned e = 0; e < flow->edge_count; e++) {
        const struct sdse_edge_price *price = &flow->edge[e];
        struct sdse_lane_edge *edge = &lane->edge[e];
        edge->parent = price->parent;
        edge->child = price->child;
        edge->holder = price->holder;
        edge->mover = (int)flow->tensor;
        edge->merges_to = edge->child;
        for (int s = 0; s < SDSE_STAGES; s++) {
            edge->head_pj[s] = way == UP ? price->update_pj[s] : price->read_pj[s];
            edge->tail_pj[s] = way == UP ? price->drain_pj[s] : price->fill_pj[s];
            edge->head_bits[s] = price->parent_bits[s];
            const bool tail_moves = way != UP || problem->arch->count_drain_reads;
            edge->tail_bits[s] = tail_moves ? price->child_bits[s] : 0;
        }
        const bool finishes = flow->tensor != SDSE_OUTPUTS ||
                              edge->child < problem->levels ||
                              sdse_sums_may_arrive(problem, edge->parent);
        copy_wires(edge, price, way == RETURNING, finishes);
        edge->returns_apart = way == RETURNING && returns_apart(problem, price);
        if (price->engine_pj > 0)
            for (int s = 0; s < SDSE_STAGE_CASES; s++)
                edge->wire_pj[engine][s] += price->engine_pj;
        either(edge->head_pj, finishes);
        either(edge->tail_pj, finishes);
        either(edge->head_bits, finishes);
        either(edge->tail_bits, finishes);
        for (unsigned l = edge->parent; l < edge->child; l++)
            edge->shares_window |=
                flow->tensor == SDSE_INPUTS &&
                problem->arch->level[l].network[SDSE_INPUTS].window_sharing;
        lane->feeds_macs |= edge->child == problem->levels;
    }
    return true;
}

// The basis of SmartDeal weights: between memories its words follow the weights', into
// the engine they are loaded once per visit of a block. At least every block's words
// once per visit; a load is charged to the memory and to the engine's register.
static bool add_basis_lane(struct sdse_problem *problem,
                           const struct sdse_flow_price *flow) {
    struct sdse_lane *lane = &problem->lane[problem->lane_count];
    const struct sdse_weight_form *form = &problem->model->form;
    if (!add_lane(problem, flow, DOWN))
        return false;
    lane->feeds_macs = false;
    const uint64_t *bound = problem->layer->nest.bound;
    problem->blocks_per_filter = least_blocks(form, &problem->layer->nest);
    lane->base_words = (double)form->basis_size * form->basis_size *
                       problem->blocks_per_filter *
                       (double)(bound[SDSE_G] * bound[SDSE_K]);
    problem->basis_words = lane->base_words;
    struct sdse_lane_edge *last = &lane->edge[lane->edge_count - 1];
    last->mover = SDSE_BLOCKS;
    last->merges_to = problem->arch->rebuild.below_level;
    for (int s = 0; s < SDSE_STAGE_CASES; s++)
        last->head_pj[s] +=
            problem->arch->rebuild.pj_per_basis_write.value * problem->prices.control;
    return true;
}

bool sdse_lanes_add(struct sdse_problem *problem) {
    for (unsigned f = 0; f < problem->prices.flow_count; f++) {
        const struct sdse_flow_price *flow = &problem->prices.flow[f];
        const bool added = flow->part == SDSE_PART_BASIS ? add_basis_lane(problem, flow)
                           : flow->tensor != SDSE_OUTPUTS
                               ? add_lane(problem, flow, DOWN)
                               : add_lane(problem, flow, UP) &&
                                     add_lane(problem, flow, RETURNING);
        if (!added)
            return false;
    }
    return true;
}

// Where windows may coincide across levels, or hops depend on other levels.
static void mark_crossings(struct sdse_problem *problem, struct sdse_lane_edge *edge) {
    for (int axis = 0; axis < 2; axis++) {
        const unsigned taps = SDSE_BIT(axis ? SDSE_S : SDSE_R);
        const unsigned window = taps | SDSE_BIT(axis ? SDSE_Q : SDSE_P);
        unsigned all = 0, levels = 0;
        for (unsigned l = edge->parent; l < edge->child; l++) {
            unsigned dims = 0;
            for (size_t i = 0; i < problem->spreads[l].count; i++)
                for (int d = 0; d < SDSE_DIMS; d++)
                    if (problem->spreads[l].spread[i].factor[d] > 1)
                        dims |= SDSE_BIT(d);
            all |= dims & window;
            levels += (dims & window) != 0;
        }
        edge->crosses[axis] = levels > 1 && all == window;
        for (unsigned l = edge->parent; l < edge->child; l++)
            edge->blind[l] |= edge->crosses[axis];
    }
}

// The least over level l's spreads, on top of what was found for the levels inside.
static void bound_level(const struct sdse_problem *problem,
                        const struct sdse_lane *lane, struct sdse_lane_edge *edge,
                        unsigned l) {
    assert(lane->stage_count <= SDSE_STAGE_CASES);
    const bool feeds = lane->feeds_macs && edge->child == problem->levels;
    double words = (double)INFINITY, wire[SDSE_STAGE_CASES];
    for (unsigned s = 0; s < SDSE_STAGE_CASES; s++)
        wire[s] = (double)INFINITY;
    for (size_t i = 0; i < problem->spreads[l].count; i++) {
        const struct sdse_spread *spread = &problem->spreads[l].spread[i];
        double apart, per_place;
        merge(problem, lane, edge, l, spread, &apart, &per_place);
        words = fmin(words, feeds ? per_place : apart);
        for (unsigned s = 0; s < lane->stage_count; s++)
            wire[s] = fmin(wire[s], wire_pj(lane, edge, l, spread, (int)s));
    }
    if (!problem->spreads[l].count)
        words = 1;
    edge->rest_words[l] = words * edge->rest_words[l + 1];
    for (unsigned s = 0; s < lane->stage_count; s++)
        edge->rest_pj[l][s] = edge->rest_pj[l + 1][s] +
                              (isinf(wire[s]) ? 0 : wire[s]) * edge->rest_words[l];
}
// Suffix minima over the levels an edge crosses, and over later edges.
static void bound_edge(const struct sdse_problem *problem, const struct sdse_lane *lane,
                       struct sdse_lane_edge *edge) {
    edge->rest_words[edge->child] = 1;
    for (unsigned l = edge->child; l-- > edge->parent;)
        bound_level(problem, lane, edge, l);
}

static void bound_lane(struct sdse_problem *problem, struct sdse_lane *lane) {
    for (unsigned e = lane->edge_count; e-- > 0;) {
        struct sdse_lane_edge *edge = &lane->edge[e];
        if (lane->tensor == SDSE_INPUTS)
            mark_crossings(problem, edge);
        bound_edge(problem, lane, edge);
        if (e + 1 == lane->edge_count)
            continue;
        const struct sdse_lane_edge *next = &lane->edge[e + 1];
        if (lane->feeds_macs && next->child == problem->levels)
            continue;
        if (next->mover != edge->mover)
            continue; // visits of another kind: no bound in these
        for (unsigned s = 0; s < lane->stage_count; s++)
            edge->after_pj[s] = next->after_pj[s] + next->tail_pj[s] +
                                next->head_pj[s] * next->rest_words[next->parent] +
                                next->rest_pj[next->parent][s];
    }
}

double sdse_lane_times(const struct sdse_problem *problem, const struct sdse_lane *lane,
                       unsigned l, const struct sdse_spread *spread) {
    const struct sdse_lane_edge *edge = &lane->edge[lane->edge_count - 1];
    if (!lane->feeds_macs || l < edge->parent)
        return 1;
    double apart, per_place;
    merge(problem, lane, edge, l, spread, &apart, &per_place);
    return per_place * edge->rest_words[l + 1] / edge->rest_words[l];
}

void sdse_lanes_bound(struct sdse_problem *problem) {
    for (unsigned i = 0; i < problem->lane_count; i++)
        bound_lane(problem, &problem->lane[i]);
}

// --- Tables ---

static void cross(const struct sdse_problem *problem, const struct sdse_lane *lane,
                  const struct sdse_lane_edge *edge, unsigned l,
                  const struct sdse_spread *spread, struct sdse_crossing *crossing) {
    merge(problem, lane, edge, l, spread, &crossing->kept_apart, &crossing->per_place);
    const bool adds = lane->up && problem->arch->level[l].network[SDSE_OUTPUTS].reduce;
    const double add =
        adds ? edge->add_pj[l] * (sdse_spread_resting(spread, SDSE_OUTPUTS) - 1) : 0;
    for (unsigned s = 0; s < lane->stage_count; s++) {
        crossing->wire_pj[s] = wire_pj(lane, edge, l, spread, (int)s);
        crossing->pj[s] = crossing->wire_pj[s] + add;
    }
}

static bool tabulate_edge(struct sdse_problem *problem, const struct sdse_lane *lane,
                          struct sdse_lane_edge *edge) {
    for (unsigned l = edge->parent; l < edge->child; l++) {
        const struct sdse_spreads *spreads = &problem->spreads[l];
        struct sdse_crossing *table =
            SDSE_ARENA_ARRAY(problem->arena, struct sdse_crossing, spreads->count);
        if (!table && spreads->count)
            return false;
        for (size_t i = 0; i < spreads->count; i++)
            cross(problem, lane, edge, l, &spreads->spread[i], &table[i]);
        edge->crossing[l] = table;
    }
    return true;
}

bool sdse_lanes_tabulate(struct sdse_problem *problem) {
    if (problem->tabulated)
        return true;
    for (unsigned i = 0; i < problem->lane_count; i++) {
        struct sdse_lane *lane = &problem->lane[i];
        for (unsigned e = 0; e < lane->edge_count; e++)
            if (!tabulate_edge(problem, lane, &lane->edge[e]))
                return false;
    }
    problem->tabulated = true;
    return true;
}
