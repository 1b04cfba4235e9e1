#include "dse/mapper/partial.h"

#include <math.h>
#include <string.h>

// A sum crosses once, or its parts do. `crossings` of each output. >= 1
static int stage_of(double crossings) {
    return crossings > 1 ? SDSE_PARTIAL : SDSE_FINISHED;
}

static int open_stage_of(double least_crossings) {
    return least_crossings > 1 ? SDSE_PARTIAL : SDSE_EITHER;
}

static struct sdse_sum_stages settled_stages(const struct sdse_lane *lane,
                                             const struct sdse_lane_state *state,
                                             double visits, double places) {
    if (lane->tensor != SDSE_OUTPUTS)
        return (struct sdse_sum_stages){0, 0};
    return (struct sdse_sum_stages){.arrive = stage_of(visits * state->words),
                                    .leave = stage_of(visits * places)};
}

struct sdse_sum_stages sdse_open_stages(const struct sdse_lane *lane,
                                        const struct sdse_partial *node,
                                        const struct sdse_lane_state *state) {
    if (lane->tensor != SDSE_OUTPUTS)
        return (struct sdse_sum_stages){0, 0};
    const double visits = node->trail.closed[SDSE_OUTPUTS];
    return (struct sdse_sum_stages){
        .arrive = open_stage_of(visits * state->words),
        .leave = open_stage_of(visits * node->places[SDSE_OUTPUTS])};
}

// Single words leave: finished only if there is nothing to sum. They arrive finished
// only if all is summed in the networks on the way, in one step.
struct sdse_sum_stages sdse_mac_stages(const struct sdse_problem *problem,
                                       unsigned level, const struct sdse_lane *lane,
                                       const struct sdse_partial *node,
                                       const struct sdse_lane_state *state) {
    const uint64_t *bound = problem->layer->nest.bound;
    if (lane->tensor != SDSE_OUTPUTS)
        return (struct sdse_sum_stages){0, 0};
    const double sums =
        (double)bound[SDSE_C] * (double)bound[SDSE_R] * (double)bound[SDSE_S];
    const struct sdse_trail *trail = &node->trail;
    struct sdse_sum_stages stages = {.leave = stage_of(sums)};
    if (state->at_macs && level == problem->levels)
        stages.arrive = stage_of(sums * state->words * (1 - 1e-9));
    else
        stages.arrive =
            open_stage_of(trail->closed[SDSE_OUTPUTS] * trail->run[SDSE_OUTPUTS]);
    return stages;
}

static void start_edge(const struct sdse_problem *problem, const struct sdse_lane *lane,
                       const struct sdse_partial *node, struct sdse_lane_state *state) {
    const struct sdse_lane_edge *edge = &lane->edge[state->edge];
    const double places = node->places[lane->tensor];
    state->at_macs = lane->feeds_macs && edge->child == problem->levels;
    state->words = state->at_macs ? 1 : places;
    state->saved_words = places;
    for (unsigned s = 0; s < lane->stage_count; s++)
        state->wires_pj[s] = state->saved_wires_pj[s] = 0;
}

// Who uses a port of a level's memory: outputs that go up may do so apart.
static unsigned user(const struct sdse_problem *problem, unsigned level,
                     enum sdse_port kind, int tensor, bool up) {
    return up ? sdse_level_port_up(&problem->arch->level[level], kind)
              : (unsigned)tensor;
}

void sdse_partial_init(const struct sdse_problem *problem, struct sdse_partial *node) {
    memset(node, 0, sizeof *node);
    node->used = 1;
    for (int t = 0; t < SDSE_TENSORS; t++)
        node->places[t] = 1;
    for (int d = 0; d < SDSE_DIMS; d++)
        node->index[d] = (uint16_t)(problem->lattice.count[d] - 1);
    sdse_trail_init(&node->trail);
    for (int t = 0; problem->model->layer->residence && t < SDSE_TENSORS; t++) {
        const bool out = t == SDSE_OUTPUTS;
        const unsigned home = sdse_model_home(problem->model, (enum sdse_tensor)t),
                       from = out ? home : 0, to = out ? 0 : home;
        node->read_bits[from][user(problem, from, SDSE_PORT_READ, t, out)] =
            problem->prices.beside_read_bits[t] / problem->bound_scale;
        node->write_bits[to][user(problem, to, SDSE_PORT_WRITE, t, out)] =
            problem->prices.beside_write_bits[t] / problem->bound_scale;
    }
    const unsigned sums = sdse_model_home(problem->model, SDSE_OUTPUTS);
    if (sums) {
        node->read_bits[sums][SDSE_OUTPUTS] +=
            problem->prices.continued_read_bits / problem->bound_scale;
        node->write_bits[sums]
                        [user(problem, sums, SDSE_PORT_WRITE, SDSE_OUTPUTS, true)] +=
            problem->prices.continued_write_bits / problem->bound_scale;
    }
    for (unsigned l = 0; l < problem->levels; l++)
        node->read_bits[l][SDSE_INPUTS] +=
            problem->prices.addend_bits[l] / problem->bound_scale;
    for (unsigned i = 0; i < problem->lane_count; i++)
        start_edge(problem, &problem->lane[i], node, &node->lane[i]);
}

// Rows (or columns) that all visits of a child at the node's level take.
static double settled_line(const struct sdse_problem *problem,
                           const struct sdse_partial *node, unsigned axis) {
    const struct sdse_windows *windows = &problem->windows[axis];
    const int out = axis ? SDSE_Q : SDSE_P, tap = axis ? SDSE_S : SDSE_R;
    const uint64_t p = problem->lattice.value[out][node->index[out]];
    const uint64_t r = problem->lattice.value[tap][node->index[tap]];
    const struct sdse_line_visits line = sdse_trail_line(&node->trail, axis);
    double rows = line.whole * sdse_windows_rows(windows, p, r);
    if (line.credited > 0)
        rows += line.credited * sdse_windows_fresh(windows, p, r, line.shift);
    const double pairs = windows->gaps ? (double)INFINITY : line.repeats;
    // A row that a slide leaves does not come back, unless it was in a gap.
    const bool gapless =
        sdse_windows_rows(windows, p, r) ==
        (double)sdse_window_extent(p, r, windows->axis.stride, windows->axis.dilation);
    const double visits = line.whole + (gapless ? 0 : line.credited);
    return sdse_windows_clip(windows, rows, visits, pairs);
}

// Visits of a child at the node's level, exactly but for padding. Inputs: elements of a
// plane.
static double settled_visits(const struct sdse_problem *problem,
                             const struct sdse_partial *node, int mover) {
    const struct sdse_trail *trail = &node->trail;
    double visits = trail->closed[mover];
    if (mover == SDSE_BLOCKS)
        return sdse_block_visits(problem, visits, trail->closed_channels);
    if (mover == SDSE_INPUTS)
        for (unsigned axis = 0; axis < 2; axis++)
            visits *= settled_line(problem, node, axis);
    return visits;
}

static void settle(const struct sdse_problem *problem, unsigned level,
                   const struct sdse_lane *lane, double block_visits,
                   struct sdse_partial *node, struct sdse_lane_state *state) {
    const struct sdse_lane_edge *edge = &lane->edge[state->edge];
    const double visits = edge->mover == SDSE_BLOCKS && block_visits > 0
                              ? block_visits
                              : settled_visits(problem, node, edge->mover);
    const double places = node->places[lane->tensor];
    const struct sdse_sum_stages s = settled_stages(lane, state, visits, places);
    double head = visits * state->words, tail = visits * places;
    double wires_pj = visits * state->wires_pj[s.leave];
    if (lane->returns) {
        wires_pj -= state->saved_wires_pj[s.leave];
        head -= state->saved_words;
        tail -= places;
    }
    node->decided_pj += lane->base_words * (head * edge->head_pj[s.arrive] + wires_pj +
                                            tail * edge->tail_pj[s.leave]);
    head *= lane->base_words * edge->head_bits[s.arrive];
    tail *= lane->base_words * edge->tail_bits[s.leave];
    const unsigned outer = sdse_lane_user(problem, lane, edge->holder, true),
                   inner = sdse_lane_user(problem, lane, level, false);
    (lane->up ? node->write_bits : node->read_bits)[edge->holder][outer] += head;
    (lane->up ? node->read_bits : node->write_bits)[level][inner] += tail;
}

void sdse_partial_enter(const struct sdse_problem *problem, unsigned level,
                        double block_visits, struct sdse_partial *node) {
    for (unsigned i = 0; i < problem->lane_count; i++) {
        const struct sdse_lane *lane = &problem->lane[i];
        struct sdse_lane_state *state = &node->lane[i];
        if (state->edge == lane->edge_count || lane->edge[state->edge].child != level ||
            level == problem->levels)
            continue;
        settle(problem, level, lane, block_visits, node, state);
        if (++state->edge < lane->edge_count)
            start_edge(problem, lane, node, state);
    }
}

static void spread_lane(const struct sdse_problem *problem, unsigned level,
                        const struct sdse_spread *spread, const struct sdse_lane *lane,
                        const struct sdse_partial *node,
                        struct sdse_lane_state *state) {
    if (state->edge == lane->edge_count)
        return;
    const struct sdse_lane_edge *edge = &lane->edge[state->edge];
    const double places = node->places[lane->tensor];
    const struct sdse_crossing *crossing =
        &edge->crossing[level][spread - problem->spreads[level].spread];
    const double apart = crossing->kept_apart;
    const double factor = state->at_macs ? crossing->per_place : apart;
    for (unsigned s = 0; s < lane->stage_count; s++) {
        state->wires_pj[s] =
            (state->wires_pj[s] + (state->at_macs ? 1 : places) * crossing->pj[s]) *
            factor;
        state->saved_wires_pj[s] =
            (state->saved_wires_pj[s] + places * crossing->wire_pj[s]) *
            (edge->returns_apart ? apart : 1);
    }
    state->words *= factor;
}

void sdse_partial_spread(const struct sdse_problem *problem, unsigned level,
                         const struct sdse_spread *spread, struct sdse_partial *node) {
    for (unsigned i = 0; i < problem->lane_count; i++)
        spread_lane(problem, level, spread, &problem->lane[i], node, &node->lane[i]);
    node->outer_used[level] = node->used;
    if (spread->used == 1)
        return;
    for (int t = 0; t < SDSE_TENSORS; t++)
        node->places[t] *= sdse_spread_resting(spread, (enum sdse_tensor)t);
    for (int axis = 0; axis < 2; axis++)
        node->trail.lines[axis] *= (double)spread->factor[axis ? SDSE_Q : SDSE_P] *
                                   (double)spread->factor[axis ? SDSE_S : SDSE_R];
    node->used *= (double)spread->used;
    for (int d = 0; d < SDSE_DIMS; d++)
        node->index[d] = (uint16_t)sdse_lattice_divide(
            &problem->lattice, d, node->index[d], spread->index[d]);
}

void sdse_partial_correct_windows(const struct sdse_problem *problem, unsigned level,
                                  const struct sdse_spread *spread,
                                  const uint16_t *child_index,
                                  struct sdse_partial *node) {
    const struct sdse_nest *nest = &problem->layer->nest;
    double correction[2] = {1, 1};
    for (int axis = 0; axis < 2; axis++) {
        const int out = axis ? SDSE_Q : SDSE_P, tap = axis ? SDSE_S : SDSE_R;
        const uint64_t n = spread->factor[out], m = spread->factor[tap];
        if (n == 1 || m == 1 || problem->windows[axis].may_coincide)
            continue;
        const uint64_t a =
            problem->lattice.value[out][child_index[out]] * nest->stride[axis];
        const uint64_t b =
            problem->lattice.value[tap][child_index[tap]] * nest->dilation[axis];
        correction[axis] = (double)sdse_distinct_sums(n, a, m, b) / (double)(n + m - 1);
    }
    if (correction[0] * correction[1] == 1)
        return;
    for (unsigned i = 0; i < problem->lane_count; i++) {
        const struct sdse_lane *lane = &problem->lane[i];
        struct sdse_lane_state *state = &node->lane[i];
        if (lane->tensor != SDSE_INPUTS || state->edge == lane->edge_count ||
            !problem->arch->level[level].network[SDSE_INPUTS].multicast)
            continue;
        const struct sdse_lane_edge *edge = &lane->edge[state->edge];
        if (edge->shares_window && edge->child < problem->levels)
            continue;
        for (int axis = 0; axis < 2; axis++) {
            if (edge->crosses[axis])
                continue;
            state->wires_pj[0] *= correction[axis];
            state->words *= correction[axis];
        }
    }
}

// --- The least still to come ---

// pj: of one word of the multipliers with the best places inside `first`.
static void note_shared(const struct sdse_problem *problem, unsigned first,
                        unsigned stage, double macs, double pj, double saved_pj,
                        const struct sdse_lane_edge *edge, struct sdse_shared *shared) {
    for (unsigned l = first; l < problem->levels; l++) {
        const double rest_pj = fmin(pj, edge->rest_pj[l + 1][stage]);
        shared->cost[l] = macs * (pj - rest_pj);
        shared->saved[l] = saved_pj - macs * rest_pj;
    }
}

static void add_mac_outlook(const struct sdse_problem *problem, unsigned level,
                            const struct sdse_partial *node,
                            const struct sdse_lane *lane,
                            const struct sdse_lane_state *state,
                            struct sdse_outlook *outlook, struct sdse_shared *shared) {
    const struct sdse_lane_edge *edge = &lane->edge[lane->edge_count - 1];
    const struct sdse_sum_stages s = sdse_mac_stages(problem, level, lane, node, state);
    const double head_pj = edge->head_pj[s.arrive];
    double pj, saved = 0;
    if (state->at_macs) {
        pj = (head_pj * state->words + state->wires_pj[s.leave]) *
                 edge->rest_words[level] +
             edge->rest_pj[level][s.leave];
        saved = head_pj * state->saved_words + state->saved_wires_pj[s.leave];
        if (level == 0 && lane->returns) // wires below DRAM
            saved += edge->rest_pj[0][s.leave] / edge->rest_words[0];
    } else {
        const unsigned p = edge->parent;
        pj = head_pj * edge->rest_words[p] + edge->rest_pj[p][s.leave];
        double places = node->places[lane->tensor];
        for (unsigned l = level; l < p; l++)
            places *= problem->most_resting[l][lane->tensor];
        saved = head_pj * places;
    }
    const double macs =
        lane->tensor == SDSE_INPUTS ? problem->input_macs : problem->macs;
    const double saved_pj = lane->returns ? lane->base_words * saved : 0;
    note_shared(problem, state->at_macs ? level : edge->parent, (unsigned)s.leave, macs,
                pj, saved_pj, edge, shared);
    outlook->base_pj += lane->returns ? fmax(0, macs * pj - saved_pj) : macs * pj;
}

void sdse_partial_outlook(const struct sdse_problem *problem, unsigned level,
                          const struct sdse_partial *node,
                          struct sdse_outlook *outlook) {
    outlook->base_pj = node->decided_pj + problem->prices.mac_pj;
    for (int t = 0; t < SDSE_MOVERS; t++)
        outlook->rate_pj[t] = 0;
    memset(outlook->shared, 0, sizeof outlook->shared[0] * problem->lane_count);
    for (unsigned i = 0; i < problem->lane_count; i++) {
        const struct sdse_lane *lane = &problem->lane[i];
        const struct sdse_lane_state *state = &node->lane[i];
        if (state->edge < lane->edge_count && lane->feeds_macs)
            add_mac_outlook(problem, level, node, lane, state, outlook,
                            &outlook->shared[i]);
        if (state->edge == lane->edge_count || state->at_macs)
            continue;
        const struct sdse_lane_edge *edge = &lane->edge[state->edge];
        const struct sdse_sum_stages s = sdse_open_stages(lane, node, state);
        const double places = node->places[lane->tensor];
        const double head_pj = edge->head_pj[s.arrive];
        const double inside = edge->rest_pj[level][s.leave] + edge->tail_pj[s.leave] +
                              edge->after_pj[s.leave];
        const double rate = (head_pj * state->words + state->wires_pj[s.leave]) *
                                edge->rest_words[level] +
                            places * inside;
        outlook->rate_pj[edge->mover] += lane->base_words * rate;
        if (lane->returns) { // the first visit costs no less than nothing
            outlook->base_pj -=
                lane->base_words *
                (edge->returns_apart ? rate
                                     : fmin(rate, head_pj * state->saved_words +
                                                      state->saved_wires_pj[s.leave] +
                                                      places * inside));
        }
    }
    outlook->shared_pj = sdse_sharing_cost(problem, level, node->index,
                                           sdse_all_lanes(problem), outlook->shared);
}

double sdse_open_line(const struct sdse_problem *problem,
                      const struct sdse_trail *trail, const uint16_t *index,
                      const struct sdse_spread *spread, int axis) {
    const struct sdse_nest *nest = &problem->layer->nest;
    const int out = axis ? SDSE_Q : SDSE_P, tap = axis ? SDSE_S : SDSE_R;
    uint64_t p = problem->lattice.value[out][index[out]];
    uint64_t r = problem->lattice.value[tap][index[tap]];
    const bool apart_p = spread && spread->factor[out] > 1;
    const bool apart_r = spread && spread->factor[tap] > 1;
    // Outputs further apart touch no less if taps are next to each other, and the other
    // way round.
    const bool packs = (!apart_p && !apart_r) ||
                       (!apart_r && nest->dilation[axis] == 1) ||
                       (!apart_p && nest->stride[axis] == 1);
    if (trail->axis != axis && packs)
        return sdse_windows_rows(&problem->windows[axis], p, r);
    for (unsigned i = 0; trail->axis == axis && i < trail->count; i++) {
        if ((int)trail->chain[i].dim == out)
            p *= trail->chain[i].factor;
        else if ((int)trail->chain[i].dim == tap)
            r *= trail->chain[i].factor;
    }
    // Places between chain and tile leave gaps: sums of two sets are at least p + r
    // - 1.
    const double packed = sdse_windows_rows(&problem->windows[axis], p, r);
    return fmin(packed, (double)(p + r - 1));
}

void sdse_partial_visits(const struct sdse_problem *problem,
                         const struct sdse_trail *trail, const uint16_t *index,
                         const struct sdse_spread *spread, double visits[SDSE_MOVERS]) {
    for (int t = 0; t < SDSE_MOVERS; t++)
        visits[t] = trail->closed[t];
    visits[SDSE_BLOCKS] =
        sdse_block_visits(problem, visits[SDSE_BLOCKS], trail->closed_channels);
    for (int axis = 0; axis < 2; axis++)
        visits[SDSE_INPUTS] *= sdse_windows_clip(
            &problem->windows[axis],
            trail->lines[axis] * sdse_open_line(problem, trail, index, spread, axis),
            trail->lines[axis], 1);
}
