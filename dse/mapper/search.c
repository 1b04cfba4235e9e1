// One file, though long: the descent is one recursion, its bounds stand where they cut.

#include "dse/mapper/search.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "dse/mapper/capacity.h"
#include "dse/mapper/factor_bound.h"
#include "dse/mapper/lives.h"
#include "dse/mapper/rebuilding.h"
#include "dse/mapper/twins.h"

enum { NODES_BETWEEN_CLOCKS = 4096, NODES_BEFORE_HELP = 200000 };

// One level being decided, and what does not change while temporal factors are tried.
struct frame {
    struct sdse_factors factors;
    uint16_t least[SDSE_DIMS]; // factors.inner, but 1 for dimensions still to choose
    int open_dim[SDSE_DIMS];   // dimensions with a choice of factors
    unsigned open_count;
    int twin_dim;          // that has a loop here, but not the outermost; -1: none
    double compute_cycles; // as if all places inside could be used
    double work_cycles;    // of computing or rebuilding
    double tile_cycles;    // as if all places its tile divides into could be used
    double least_cycles;   // of any completion: also its transfers
};

// Whether a search has asked for good mappings yet.
struct helping {
    const struct sdse_search_space *space;
    uint64_t at; // nodes when it does
    bool done;
};

struct sdse_searcher {
    struct sdse_problem *problem;
    struct sdse_effort *effort;
    struct sdse_best *best;   // while a search runs
    struct helping *helping;  // the same
    struct sdse_totals root;  // unscaled
    struct sdse_audit *audit; // NULL = cut
    double waiting;           // least cycles that passes lose, as far as is decided
    struct sdse_sides sides;  // bounds on the path, where they count; without `waiting`
    bool has_sides;
    struct sdse_life_bound lives; // of the tiles on the path
    struct sdse_totals floor;     // audit: the highest bounds on the path
    unsigned asked_loops;         // set of levels: their loops move what is kept there

    struct sdse_choice path[SDSE_MAX_LEVELS];
    struct frame *frame;          // [levels]; NULL until it walks
    struct sdse_partial *entered; // [levels + 1]
};

// --- Cutting ---

// What is inside stays above these cycles of either side, too.
static void raise_sides(struct sdse_searcher *s, struct sdse_sides least) {
    s->sides.outer = fmax(s->sides.outer, least.outer);
    s->sides.inner = fmax(s->sides.inner, least.inner);
}

// Whether nothing at or above these bounds can become the answer.
static bool may_cut(struct sdse_searcher *s, double pj, double cycles) {
    cycles += s->waiting;
    if (s->audit) {
        s->audit->bounds++;
        s->floor.energy_pj = fmax(s->floor.energy_pj, pj);
        s->floor.latency_cycles = fmax(s->floor.latency_cycles, cycles);
        s->floor.outer_cycles =
            fmax(s->floor.outer_cycles, s->sides.outer + s->waiting);
        s->floor.inner_cycles =
            fmax(s->floor.inner_cycles, s->sides.inner + s->waiting);
        s->floor.lifetime_cycles =
            fmax(s->floor.lifetime_cycles, s->lives.share * cycles);
        s->floor.strain = fmax(s->floor.strain, s->lives.strain * cycles);
        return false;
    }
    const struct sdse_totals bounds = {.energy_pj = pj,
                                       .latency_cycles = cycles,
                                       .outer_cycles = s->sides.outer + s->waiting,
                                       .inner_cycles = s->sides.inner + s->waiting,
                                       .lifetime_cycles = s->lives.share * cycles,
                                       .strain = s->lives.strain * cycles};
    return sdse_best_excludes(s->best, &bounds);
}

static void ask_for_help(struct helping *helping, struct sdse_best *best) {
    if (!helping->done && helping->space->help && best->goal != SDSE_GOAL_SIDES)
        helping->space->help(helping->space->context, best);
    helping->done = true;
}

static bool should_halt(struct sdse_searcher *s) {
    struct sdse_effort *effort = s->effort;
    if (effort->halt != SDSE_HALT_NONE)
        return true;
    if (effort->nodes < effort->next_clock)
        return false;
    if (s->helping && effort->nodes >= s->helping->at)
        ask_for_help(s->helping, s->best);
    effort->next_clock = effort->nodes + NODES_BETWEEN_CLOCKS;
    if (effort->limits.nodes && effort->limits.nodes < effort->next_clock)
        effort->next_clock = effort->limits.nodes; // that limit is exact
    return sdse_effort_spent(effort);
}

// --- Leaves ---

static void write_mapping(const struct sdse_searcher *s, struct sdse_mapping *mapping) {
    const struct sdse_problem *problem = s->problem;
    *mapping = problem->start;
    for (unsigned l = 0; l < problem->levels; l++) {
        const struct sdse_choice *step = &s->path[l];
        struct sdse_loops *loops = &mapping->level[l].temporal;
        for (unsigned i = step->order->count; i-- > 0;) {
            const int d = step->order->dim[i];
            loops->loop[loops->count++] = (struct sdse_loop){
                (enum sdse_dim)d, problem->lattice.value[d][step->factor[d]]};
        }
    }
}

static double ratio(double bound, double value) {
    return value > 0 ? bound / value : bound > 0 ? (double)INFINITY : 0;
}

static void compare_bounds(const struct sdse_totals *floor,
                           const struct sdse_totals *cost, struct sdse_audit *audit) {
    audit->mappings++;
    audit->life_ratio =
        fmax(audit->life_ratio, ratio(floor->lifetime_cycles, cost->lifetime_cycles));
    audit->life_ratio = fmax(audit->life_ratio, ratio(floor->strain, cost->strain));
    audit->pj_ratio = fmax(audit->pj_ratio, floor->energy_pj / cost->energy_pj);
    audit->cycles_ratio =
        fmax(audit->cycles_ratio, floor->latency_cycles / cost->latency_cycles);
    audit->sides_ratio =
        fmax(audit->sides_ratio, ratio(floor->outer_cycles, cost->outer_cycles));
    audit->sides_ratio =
        fmax(audit->sides_ratio, ratio(floor->inner_cycles, cost->inner_cycles));
}

// The bounds that admitted a mapping must not exceed its cost.
static bool bounds_hold(const struct sdse_searcher *s, const struct sdse_totals *totals,
                        double pj, double cycles) {
    return pj <= totals->energy_pj * (1 + 1e-9) &&
           cycles <= totals->latency_cycles * (1 + 1e-9) &&
           (!s->has_sides ||
            (s->sides.outer + s->waiting <= totals->outer_cycles * (1 + 1e-9) &&
             s->sides.inner + s->waiting <= totals->inner_cycles * (1 + 1e-9))) &&
           s->lives.share * cycles <= totals->lifetime_cycles * (1 + 1e-9) &&
           s->lives.strain * cycles <= totals->strain * (1 + 1e-9);
}

// pj, cycles: the bounds that admitted the mapping.
static void score(struct sdse_searcher *s, const struct sdse_mapping *mapping,
                  double pj, double cycles) {
    s->effort->evaluations++;
    if (s->problem->padding.present) // walked, which takes long: look at the clock
        s->effort->next_clock = s->effort->nodes;
    const struct sdse_totals totals =
        sdse_evaluate_next(s->problem->model, mapping, &s->effort->memo);
    if (isnan(totals.energy_pj)) {
        s->effort->halt = SDSE_HALT_MEMORY;
        return;
    }
    if (s->audit) {
        compare_bounds(&s->floor, &totals, s->audit);
        return;
    }
    assert(bounds_hold(s, &totals, pj, cycles));
    (void)bounds_hold;
    (void)pj, (void)cycles;
    sdse_best_offer(s->best, mapping, &totals);
}

// Every layout of the places, from level l on.
static void try_layouts(struct sdse_searcher *s, unsigned l,
                        struct sdse_mapping *mapping, double pj, double cycles) {
    const struct sdse_problem *problem = s->problem;
    if (l == problem->levels) {
        score(s, mapping, pj, cycles);
        return;
    }
    const struct sdse_spread *spread = s->path[l].spread;
    for (size_t i = 0; i < spread->layout_count; i++) {
        memcpy(mapping->level[l].spatial,
               problem->spreads[l].layout[spread->first_layout + i].axis,
               sizeof mapping->level[l].spatial);
        try_layouts(s, l + 1, mapping, pj, cycles);
    }
}

static void finish(struct sdse_searcher *s, double pj, double cycles) {
    struct sdse_mapping mapping;
    write_mapping(s, &mapping);
    const struct sdse_problem *problem = s->problem;
    for (unsigned l = 0; l < problem->levels; l++) // any layout, for the verdict
        memcpy(mapping.level[l].spatial,
               problem->spreads[l].layout[s->path[l].spread->first_layout].axis,
               sizeof mapping.level[l].spatial);
    if (sdse_mapping_verdict(problem->model, &mapping, NULL) != SDSE_VALID)
        return;
    try_layouts(s, 0, &mapping, pj, cycles);
}

// --- The walk ---

static void walk_level(struct sdse_searcher *s, unsigned l);

// Energy of what may be cut off at the real bounds, with leakage.
static double leak(const struct sdse_searcher *s, double pj, double cycles) {
    return s->problem->bound_scale * pj +
           s->problem->prices.leakage_pj_per_cycle * cycles;
}

// Visits with the runs of `closing` tensors ended.
static void closed_visits(const struct sdse_trail *trail, unsigned closing,
                          double visits[SDSE_MOVERS]) {
    for (int t = 0; t < SDSE_TENSORS; t++)
        if (closing >> t & 1u)
            visits[t] *= trail->run[t];
}

static double weigh(const struct sdse_outlook *outlook,
                    const double visits[SDSE_MOVERS]) {
    double pj = outlook->base_pj + outlook->shared_pj;
    for (int t = 0; t < SDSE_MOVERS; t++)
        pj += outlook->rate_pj[t] * visits[t];
    return pj;
}

// Steps, transfers and rebuilding, whichever is longest; raises the bounds of sides.
static double least_cycles(struct sdse_searcher *s, unsigned level,
                           const struct sdse_partial *node,
                           const double visits[SDSE_MOVERS], double compute) {
    const struct sdse_problem *problem = s->problem;
    const double rebuild = sdse_rebuilding_cycles(problem, level, node, visits);
    struct sdse_transfers transfers;
    sdse_transfers_init(problem, level, node, &transfers);
    if (s->has_sides)
        raise_sides(s,
                    sdse_transfers_sides(&transfers, visits, fmax(compute, rebuild)));
    return sdse_transfers_cycles(&transfers, visits, fmax(compute, rebuild));
}

// The order of the level outside `level` is decided: the node stands there.
static void enter(struct sdse_searcher *s, unsigned level,
                  const struct sdse_order *order, struct sdse_partial *node) {
    const struct sdse_problem *problem = s->problem;
    s->path[level - 1].order = order;
    struct sdse_rebuilding rebuilding = {0, 0};
    if (level == problem->rebuilt_at &&
        sdse_rebuilding_settle(problem, s->path, node, &rebuilding))
        node->rebuild_cycles = rebuilding.cycles;
    sdse_partial_enter(problem, level, rebuilding.block_visits, node);
}

// The order is taken: its bounds, and what is inside if they admit it.
static void enter_order(struct sdse_searcher *s, unsigned l, unsigned closing) {
    const struct sdse_problem *problem = s->problem;
    const struct frame *frame = &s->frame[l];
    struct sdse_partial *next = &s->entered[l + 1];
    const double cycles = frame->least_cycles;
    double visits[SDSE_MOVERS];
    struct sdse_outlook outlook;
    sdse_partial_outlook(problem, l + 1, next, &outlook);
    sdse_partial_visits(problem, &next->trail, next->index, NULL, visits);
    closed_visits(&next->trail, closing, visits);
    double pj = weigh(&outlook, visits);
    if (may_cut(s, leak(s, pj, cycles), cycles)) // cheaper to know than transfers
        return;
    const double longest =
        fmax(cycles, least_cycles(s, l + 1, next, visits, frame->tile_cycles));
    pj = leak(s, pj, longest);
    if (may_cut(s, pj, longest))
        return;
    if (l + 1 == problem->levels)
        finish(s, pj, longest);
    else
        walk_level(s, l + 1);
}

static void try_order(struct sdse_searcher *s, unsigned l, unsigned closing,
                      const struct sdse_order *order) {
    const struct sdse_problem *problem = s->problem;
    const struct frame *frame = &s->frame[l];
    const struct sdse_choice *step = &s->path[l];
    if (order->count && order->dim[order->count - 1] == frame->twin_dim)
        return;
    s->effort->nodes++;
    struct sdse_trail trail = frame->factors.node.trail;
    for (unsigned i = order->count; i-- > 0;) {
        const int d = order->dim[i];
        const uint64_t weight = problem->lattice.value[d][frame->factors.inner[d]] *
                                step->spread->factor[d];
        sdse_trail_append(&trail, &problem->layer->nest, (enum sdse_dim)d,
                          problem->lattice.value[d][step->factor[d]], weight);
    }
    double visits[SDSE_MOVERS];
    sdse_partial_visits(problem, &trail, frame->factors.inner, NULL, visits);
    closed_visits(&trail, closing, visits);
    const double cycles = frame->least_cycles;
    if (may_cut(s, leak(s, weigh(&frame->factors.outlook, visits), cycles), cycles))
        return;
    struct sdse_partial *next = &s->entered[l + 1];
    *next = frame->factors.node;
    next->trail = trail;
    memcpy(next->index, frame->factors.inner, sizeof next->index);
    sdse_partial_correct_windows(problem, l, step->spread, frame->factors.inner, next);
    enter(s, l + 1, order, next);
    if (!sdse_sums_fit(problem, s->path, s->entered, l + 1))
        return;
    const struct sdse_life_bound lives = s->lives;
    const struct sdse_sides sides = s->sides;
    if (problem->life_count)
        sdse_lives_bound(problem, s->path, l + 1, next->used, &s->lives);
    enter_order(s, l, closing);
    s->lives = lives;
    s->sides = sides;
}

static bool divides(const struct sdse_problem *problem, const uint16_t *index,
                    const struct sdse_spread *spread) {
    for (int d = 0; d < SDSE_DIMS; d++) {
        if (spread->index[d] &&
            sdse_lattice_divide(&problem->lattice, d, index[d], spread->index[d]) ==
                SDSE_NO_QUOTIENT)
            return false;
    }
    return true;
}

// Most places that levels from `l` on can use for a tile; 0 if none is admitted.
static double most_places(const struct sdse_problem *problem, unsigned l,
                          const uint16_t *index) {
    double used = 1;
    for (; l < problem->levels; l++) {
        const struct sdse_spreads *spreads = &problem->spreads[l];
        size_t i = 0;
        while (i < spreads->count && !divides(problem, index, &spreads->spread[i]))
            i++;
        if (i == spreads->count)
            return 0;
        used *= (double)spreads->spread[i].used;
    }
    return used;
}

// All temporal factors of the level are chosen.
static void try_orders(struct sdse_searcher *s, unsigned l) {
    struct sdse_problem *problem = s->problem;
    struct frame *frame = &s->frame[l];
    if (l + 1 < problem->levels &&
        !sdse_tiles_fit(problem, s->entered, l + 1, frame->factors.inner, false))
        return;
    unsigned dims = 0;
    for (int d = 0; d < SDSE_DIMS; d++)
        if (s->path[l].factor[d])
            dims |= SDSE_BIT(d);
    if (s->asked_loops >> l & 1u && sdse_are_twin_loops(problem, s->path, l, dims))
        return;
    const double places = most_places(problem, l + 1, frame->factors.inner);
    if (places == 0)
        return;
    const double whole_cycles = frame->least_cycles;
    const struct sdse_sides sides = s->sides;
    frame->tile_cycles = frame->compute_cycles;
    if (!(problem->model->effects.own_cycles > 0))
        frame->tile_cycles *= problem->most_used[l + 1] / places;
    frame->least_cycles = fmax(whole_cycles, frame->tile_cycles);
    raise_sides(s, (struct sdse_sides){0, frame->tile_cycles});
    const struct sdse_orders *orders = sdse_problem_orders(problem, l, dims);
    if (!orders) {
        s->effort->halt = SDSE_HALT_MEMORY;
        frame->least_cycles = whole_cycles;
        s->sides = sides;
        return;
    }
    const unsigned closing = sdse_tile_closes(problem, l, frame->factors.inner);
    const struct sdse_totals floor = s->floor;
    for (size_t i = 0; i < orders->count && !should_halt(s); i++) {
        try_order(s, l, closing, &orders->order[i]);
        s->floor = floor;
    }
    frame->least_cycles = whole_cycles;
    s->sides = sides;
}

// Whether the tile inside a level is the one of the padding's border or, further out,
// can still become it.
static bool leads_to_padding(const struct sdse_problem *problem, unsigned l, int d,
                             unsigned rest) {
    const struct sdse_padding *padding = &problem->padding;
    if (!padding->present || (int)padding->dim != d)
        return true;
    const unsigned border = sdse_padding_border(padding);
    const uint64_t at_border = sdse_padding_tile(padding);
    const uint64_t tile = problem->lattice.value[d][rest];
    return l + 1 > border ||
           (l + 1 == border ? tile == at_border : tile % at_border == 0);
}

// Takes the i-th divisor of a dimension as temporal factor of the level.
static bool choose_factor(struct sdse_searcher *s, unsigned l, int d, unsigned i) {
    const struct sdse_problem *problem = s->problem;
    const struct sdse_level_rules *rules = &problem->rules.level[l];
    struct frame *frame = &s->frame[l];
    const unsigned rest =
        sdse_lattice_divide(&problem->lattice, d, frame->factors.node.index[d], i);
    const uint64_t value = problem->lattice.value[d][i];
    if (rest == SDSE_NO_QUOTIENT || (value == 1 && d == frame->twin_dim) ||
        value < rules->temporal_min[d] || value > rules->temporal_max[d] ||
        !leads_to_padding(problem, l, d, rest))
        return false;
    frame->factors.factor[d] = (double)value;
    frame->factors.inner[d] = frame->least[d] = (uint16_t)rest;
    s->path[l].factor[d] = (uint16_t)i;
    return true;
}

static void forget_factor(struct sdse_searcher *s, unsigned l, int d) {
    struct frame *frame = &s->frame[l];
    frame->factors.factor[d] = 1;
    frame->factors.inner[d] = frame->factors.node.index[d];
    frame->least[d] = 0;
    s->path[l].factor[d] = 0;
}

// Whether a tile fits that takes the factors chosen so far, and 1 of the others.
static bool least_tile_fits(const struct sdse_searcher *s, unsigned l) {
    return sdse_tiles_fit(s->problem, s->entered, l + 1, s->frame[l].least, true);
}

// Whether the factors chosen so far cost too much.
static bool factors_cut(struct sdse_searcher *s, unsigned l) {
    struct frame *frame = &s->frame[l];
    struct sdse_outlook *outlook = &frame->factors.outlook;
    struct sdse_factor_visits visits;
    outlook->shared_pj = sdse_sharing_cost(s->problem, l + 1, frame->factors.inner,
                                           sdse_all_lanes(s->problem), outlook->shared);
    sdse_factors_visits(s->problem, &frame->factors, &visits);
    const double pj = sdse_factors_pj(&frame->factors, &visits);
    if (may_cut(s, leak(s, pj, frame->least_cycles), frame->least_cycles))
        return true;
    sdse_transfers_share(s->problem, l + 1, frame->factors.inner,
                         &frame->factors.transfers);
    const double cycles =
        sdse_factors_cycles(&frame->factors, &visits, frame->work_cycles);
    if (!s->has_sides)
        return cycles > frame->least_cycles && may_cut(s, leak(s, pj, cycles), cycles);
    const struct sdse_sides sides = s->sides;
    raise_sides(s, sdse_factors_sides(&frame->factors, &visits, frame->work_cycles));
    const double longest = fmax(cycles, frame->least_cycles);
    const bool cut = may_cut(s, leak(s, pj, longest), longest);
    s->sides = sides;
    return cut;
}

// Chooses the temporal factor of the k-th open dimension, and the rest.
static void try_factors(struct sdse_searcher *s, unsigned l, unsigned k) {
    const struct frame *frame = &s->frame[l];
    if (k == frame->open_count) {
        try_orders(s, l);
        return;
    }
    const int d = frame->open_dim[k];
    const unsigned whole = frame->factors.node.index[d];
    const struct sdse_totals floor = s->floor;
    for (unsigned i = 0; i <= whole; i++) {
        s->floor = floor;
        if (!choose_factor(s, l, d, i))
            continue;
        s->effort->nodes++;
        if (should_halt(s))
            break;
        if ((frame->least[d] == 0 || least_tile_fits(s, l)) && !factors_cut(s, l))
            try_factors(s, l, k + 1);
    }
    forget_factor(s, l, d);
}

static const int dim_sequence[SDSE_DIMS] = {SDSE_N, SDSE_G, SDSE_K, SDSE_C,
                                            SDSE_P, SDSE_Q, SDSE_R, SDSE_S};

// Dimensions without a choice first: what they cost, and the tile they leave, helps to
// cut the others. False if no tile fits.
static bool choose_forced_factors(struct sdse_searcher *s, unsigned l) {
    const struct sdse_problem *problem = s->problem;
    const struct sdse_level_rules *rules = &problem->rules.level[l];
    struct frame *frame = &s->frame[l];
    frame->open_count = 0;
    for (int k = 0; k < SDSE_DIMS; k++)
        forget_factor(s, l, k);
    for (int k = 0; k < SDSE_DIMS; k++) {
        const int d = dim_sequence[k];
        const unsigned whole = frame->factors.node.index[d];
        const bool all = !(problem->later[l] >> d & 1u) || rules->all_of >> d & 1u;
        if (whole && !all && rules->temporal_max[d] > 1)
            frame->open_dim[frame->open_count++] = d;
        else if (!choose_factor(s, l, d, all ? whole : 0))
            return false;
    }
    return least_tile_fits(s, l);
}

// The tile of one child of a spread, temporal loops of the level included.
static void spread_tile(struct sdse_searcher *s, unsigned l,
                        const struct sdse_spread *spread) {
    for (int d = 0; d < SDSE_DIMS; d++)
        s->frame[l].factors.node.index[d] = (uint16_t)sdse_lattice_divide(
            &s->problem->lattice, d, s->entered[l].index[d], spread->index[d]);
}

// Never above what the evaluator takes: it forgives the rounding of a fraction.
static double cycles_per_mac(const struct sdse_problem *problem) {
    const double rate = problem->model->effects.cycles_per_mac;
    return rate == floor(rate) ? rate : rate * (1 - 1e-14);
}

// Least cycles of computing with a spread at the level, everything inside at its best.
static double compute_cycles(const struct sdse_searcher *s, unsigned l,
                             const struct sdse_spread *spread) {
    const struct sdse_problem *problem = s->problem;
    if (problem->model->effects.own_cycles > 0)
        return problem->model->effects.own_cycles * (1 - 1e-12);
    return problem->timed_macs /
           (s->entered[l].used * (double)spread->used * problem->most_used[l + 1]) *
           cycles_per_mac(problem);
}

static void try_spread(struct sdse_searcher *s, unsigned l,
                       const struct sdse_spread *spread) {
    const struct sdse_problem *problem = s->problem;
    struct frame *frame = &s->frame[l];
    s->effort->nodes++;
    spread_tile(s, l, spread);
    if (!choose_forced_factors(s, l))
        return;
    frame->factors.node = s->entered[l];
    sdse_partial_spread(problem, l, spread, &frame->factors.node);
    sdse_partial_outlook(problem, l + 1, &frame->factors.node, &frame->factors.outlook);
    for (int axis = 0; axis < 2; axis++)
        frame->factors.open_line[axis] =
            sdse_open_line(problem, &frame->factors.node.trail,
                           frame->factors.node.index, spread, axis);
    struct sdse_factor_visits visits;
    sdse_factors_visits(problem, &frame->factors, &visits);
    const double pj = sdse_factors_pj(&frame->factors, &visits);
    if (may_cut(s, leak(s, pj, frame->compute_cycles), frame->compute_cycles))
        return;
    sdse_transfers_init(problem, l + 1, &frame->factors.node,
                        &frame->factors.transfers);
    const double rebuild =
        sdse_rebuilding_cycles(problem, l + 1, &frame->factors.node, visits.best);
    frame->work_cycles = fmax(fmax(frame->compute_cycles, rebuild),
                              s->problem->model->effects.least_cycles * (1 - 1e-12));
    frame->least_cycles =
        sdse_factors_cycles(&frame->factors, &visits, frame->work_cycles);
    if (s->has_sides)
        raise_sides(s,
                    sdse_factors_sides(&frame->factors, &visits, frame->work_cycles));
    if (may_cut(s, leak(s, pj, frame->least_cycles), frame->least_cycles))
        return;
    s->path[l].spread = spread;
    try_factors(s, l, 0);
}

// Least cycles that passes lose when levels from `l` on are open: those inside have no
// fewer passes. Each pass has at most a tile of every used instance for its work.
static double waiting(const struct sdse_searcher *s, unsigned l) {
    const struct sdse_problem *problem = s->problem;
    double cycles = 0;
    for (unsigned i = 0; i < problem->levels; i++) {
        if (!(problem->model->pass_cycles[i] > 0))
            continue;
        const struct sdse_partial *node = &s->entered[i < l ? i : l];
        double passes = 1 / node->used;
        for (int d = 0; d < SDSE_DIMS; d++)
            passes *= (double)problem->real_bound[d] /
                      (double)problem->lattice.value[d][node->index[d]];
        cycles += fmax(1, passes) * problem->model->pass_cycles[i];
    }
    return cycles * (1 - 1e-12);
}

static void walk_spreads(struct sdse_searcher *s, unsigned l) {
    const struct sdse_spreads *spreads = &s->problem->spreads[l];
    const struct sdse_totals floor = s->floor;
    const struct sdse_sides sides = s->sides;
    for (size_t i = 0; i < spreads->count && !should_halt(s); i++) {
        const struct sdse_spread *spread = &spreads->spread[i];
        if (!divides(s->problem, s->entered[l].index, spread))
            continue;
        s->floor = floor;
        s->frame[l].compute_cycles = compute_cycles(s, l, spread);
        raise_sides(s, (struct sdse_sides){0, s->frame[l].compute_cycles});
        const bool cut = may_cut(s, 0, s->frame[l].compute_cycles);
        if (!cut)
            try_spread(s, l, spread);
        s->sides = sides;
        if (cut)
            return; // the others use fewer places
    }
}

static void walk_level(struct sdse_searcher *s, unsigned l) {
    const double outside = s->waiting;
    s->frame[l].twin_dim = s->audit ? -1 : sdse_twin_dim(s->problem, s->path, l);
    s->waiting = waiting(s, l);
    walk_spreads(s, l);
    s->waiting = outside;
}

// --- Passes ---

static void bound_root(struct sdse_searcher *s) {
    const struct sdse_problem *problem = s->problem;
    struct sdse_partial *root = &s->entered[0];
    sdse_partial_init(problem, root);
    sdse_partial_enter(problem, 0, 0, root);
    struct sdse_outlook outlook;
    sdse_partial_outlook(problem, 0, root, &outlook);
    double visits[SDSE_MOVERS];
    sdse_partial_visits(problem, &root->trail, root->index, NULL, visits);
    const double own_cycles = problem->model->effects.own_cycles;
    const double compute =
        own_cycles > 0 ? own_cycles * (1 - 1e-12)
                       : fmax(problem->timed_macs / problem->most_used[0] *
                                  cycles_per_mac(problem),
                              problem->model->effects.least_cycles * (1 - 1e-12));
    s->waiting = waiting(s, 0);
    if (problem->life_count)
        sdse_lives_bound(problem, s->path, 0, root->used, &s->lives);
    s->has_sides = true;
    const double cycles = least_cycles(s, 0, root, visits, compute) + s->waiting;
    s->has_sides = false;
    s->root =
        (struct sdse_totals){.energy_pj = leak(s, weigh(&outlook, visits), cycles),
                             .latency_cycles = cycles,
                             .outer_cycles = s->sides.outer + s->waiting,
                             .inner_cycles = s->sides.inner + s->waiting,
                             .lifetime_cycles = s->lives.share * cycles,
                             .strain = s->lives.strain * cycles};
}

struct sdse_searcher *sdse_searcher_new(struct sdse_problem *problem,
                                        struct sdse_effort *effort) {
    struct sdse_searcher *s = SDSE_ARENA_NEW(problem->arena, struct sdse_searcher);
    if (!s)
        return NULL;
    s->entered =
        SDSE_ARENA_ARRAY(problem->arena, struct sdse_partial, problem->levels + 1);
    if (!s->entered)
        return NULL;
    s->problem = problem;
    s->effort = effort;
    bound_root(s);
    return s;
}

void sdse_searcher_ask_loops(struct sdse_searcher *s, unsigned levels) {
    s->asked_loops = levels;
}

struct sdse_totals sdse_searcher_root(const struct sdse_searcher *s) {
    return s->root;
}

static void walk(struct sdse_searcher *s) {
    const struct sdse_problem *problem = s->problem;
    if (!s->frame) // most are asked for the root alone
        s->frame = SDSE_ARENA_ARRAY(problem->arena, struct frame, problem->levels);
    if (s->frame && sdse_lanes_tabulate(s->problem))
        walk_level(s, 0);
    else
        s->effort->halt = SDSE_HALT_MEMORY;
}

static void search_pass(const struct sdse_search_space *space, struct helping *helping,
                        struct sdse_effort *effort, struct sdse_best *best) {
    best->least_cut = (double)INFINITY;
    const size_t end = space->first + space->count;
    for (size_t i = space->first; i < end && effort->halt == SDSE_HALT_NONE; i++) {
        const struct sdse_totals root = space->root(space->context, i);
        if (sdse_best_excludes(best, &root))
            continue;
        struct sdse_searcher *s = space->open(space->context, i);
        if (!s) {
            effort->halt = SDSE_HALT_MEMORY;
            return;
        }
        s->best = best;
        s->has_sides = best->goal == SDSE_GOAL_SIDES;
        s->helping = helping;
        walk(s);
        space->close(space->context, i);
    }
}

static double least_root(const struct sdse_search_space *space, enum sdse_goal goal) {
    double least = (double)INFINITY;
    for (size_t i = space->first; i < space->first + space->count; i++) {
        const struct sdse_totals root = space->root(space->context, i);
        least = fmin(least, sdse_goal_value(goal, &root));
    }
    return least;
}

// Whether the best of all is found: what was not looked at is above the cut-off.
static bool is_settled(const struct sdse_best *best) {
    if (isinf(best->least_cut))
        return true;
    if (!best->found)
        return false;
    return sdse_goal_is_front(best->goal)
               ? best->front[0].totals.energy_pj <= best->cutoff
               : best->first <= best->cutoff;
}

// Rising cut-offs: cheap passes first, so that the first mapping found is already
// good; then ordinary branch and bound in the pass that found it. A front takes one
// more pass without a cut-off, against what the others found.
double sdse_search_run(const struct sdse_search_space *space,
                       struct sdse_effort *effort, struct sdse_best *best) {
    double excluded = least_root(space, best->goal);
    double growth = 1.15;
    const uint64_t wait =
        effort->limits.before_help ? effort->limits.before_help : NODES_BEFORE_HELP;
    struct helping helping = {space, effort->nodes + wait, false};
    best->least_pj = 0;
    best->cutoff = excluded * (best->goal == SDSE_GOAL_CYCLES ? 1 : 1.02);
    if (best->known_count && !best->found) // as good as that is found in any case
        best->cutoff = (double)INFINITY;
    for (;;) {
        search_pass(space, &helping, effort, best);
        if (effort->halt != SDSE_HALT_NONE) {
            ask_for_help(&helping, best);
            sdse_best_settle(best);
            return excluded;
        }
        if (isinf(best->least_cut) ||
            (is_settled(best) && !sdse_goal_is_front(best->goal)))
            break;
        excluded = best->least_cut;
        best->least_pj = best->cutoff;
        best->cutoff = is_settled(best)
                           ? (double)INFINITY
                           : fmax(best->cutoff * growth, best->least_cut * (1 + 1e-6));
        growth *= 1.1;
        if (best->cutoff >= sdse_best_known_value(best)) // that is found in any case
            best->cutoff = (double)INFINITY;
        assert(best->cutoff >= excluded);
    }
    assert(best->found || !best->known_count); // what is known is in the space
    if (!best->found)
        return excluded;
    return sdse_goal_is_front(best->goal) ? best->front[0].totals.energy_pj
                                          : best->first;
}

void sdse_search_audit(struct sdse_searcher *s, struct sdse_audit *audit) {
    memset(audit, 0, sizeof *audit);
    s->audit = audit;
    s->floor = s->root;
    s->has_sides = true;
    walk(s);
    s->audit = NULL;
}
