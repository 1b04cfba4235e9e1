#include "dse/mapper/factor_bound.h"

#include <math.h>

// Product of the factors of the dims that let a mover rest.
static double resting_product(const double factor[SDSE_DIMS], int mover) {
    switch (mover) {
    case SDSE_WEIGHTS:
        return factor[SDSE_N] * factor[SDSE_P] * factor[SDSE_Q];
    case SDSE_INPUTS:
        return factor[SDSE_K];
    case SDSE_OUTPUTS:
        return factor[SDSE_C] * factor[SDSE_R] * factor[SDSE_S];
    default:
        return factor[SDSE_N] * factor[SDSE_P] * factor[SDSE_Q] * factor[SDSE_R] *
               factor[SDSE_S];
    }
}

// Whether any loop moves it.
static bool moves(const double factor[SDSE_DIMS], int mover) {
    const double kg = factor[SDSE_K] * factor[SDSE_G];
    switch (mover) {
    case SDSE_WEIGHTS:
        return kg * factor[SDSE_C] * factor[SDSE_R] * factor[SDSE_S] > 1;
    case SDSE_INPUTS:
        return factor[SDSE_N] * factor[SDSE_G] * factor[SDSE_C] * factor[SDSE_P] *
                   factor[SDSE_Q] * factor[SDSE_R] * factor[SDSE_S] >
               1;
    case SDSE_OUTPUTS:
        return kg * factor[SDSE_N] * factor[SDSE_P] * factor[SDSE_Q] > 1;
    default:
        return kg > 1;
    }
}

struct visit_range {
    double best, worst;
};

static struct visit_range run_visits(const struct sdse_trail *trail, int mover,
                                     const double factor[SDSE_DIMS]) {
    const double closed = trail->closed[mover];
    if (!moves(factor, mover))
        return (struct visit_range){closed, closed};
    const double outer = closed * trail->run[mover];
    return (struct visit_range){outer, outer * resting_product(factor, mover)};
}

static struct visit_range block_visits(const struct sdse_problem *problem,
                                       const struct sdse_trail *trail,
                                       const double factor[SDSE_DIMS]) {
    const struct visit_range runs = run_visits(trail, SDSE_BLOCKS, factor);
    if (!moves(factor, SDSE_BLOCKS)) {
        const double visits =
            sdse_block_visits(problem, runs.best, trail->closed_channels);
        return (struct visit_range){visits, visits};
    }
    const double channels = trail->closed_channels * trail->channels;
    return (struct visit_range){
        sdse_block_visits(problem, runs.best, channels),
        sdse_block_visits(problem, runs.worst, channels * factor[SDSE_C])};
}

// Inputs: at most one axis keeps its window over this level's loops.
static struct visit_range input_visits(const struct sdse_problem *problem,
                                       const struct sdse_factors *factors) {
    const uint16_t *inner = factors->inner;
    const struct sdse_trail *trail = &factors->node.trail;
    const double *factor = factors->factor;
    const double closed = trail->closed[SDSE_INPUTS];
    double open[2], shut[2];
    for (int axis = 0; axis < 2; axis++) {
        const int out = axis ? SDSE_Q : SDSE_P, tap = axis ? SDSE_S : SDSE_R;
        const struct sdse_windows *windows = &problem->windows[axis];
        open[axis] =
            sdse_windows_clip(windows, trail->lines[axis] * factors->open_line[axis],
                              trail->lines[axis], 1);
        shut[axis] = open[axis];
        if (!sdse_axis_has_halo(&problem->layer->nest, axis))
            continue;
        double visits = trail->lines[axis] * factor[out] * factor[tap];
        if (trail->axis == axis)
            for (unsigned i = 0; i < trail->count; i++)
                if (trail->chain[i].dim != SDSE_K)
                    visits *= (double)trail->chain[i].factor;
        const double rows =
            sdse_windows_rows(windows, problem->lattice.value[out][inner[out]],
                              problem->lattice.value[tap][inner[tap]]);
        shut[axis] = sdse_windows_clip(windows, visits * rows, visits, 1);
        if (shut[axis] < open[axis])
            shut[axis] = open[axis];
    }
    if (!moves(factor, SDSE_INPUTS)) {
        const double visits = closed * open[0] * open[1];
        return (struct visit_range){visits, visits};
    }
    const double lines = fmin(open[0] * shut[1], shut[0] * open[1]);
    const double outer = closed * trail->run[SDSE_INPUTS] * lines;
    return (struct visit_range){outer, outer * factor[SDSE_K]};
}

void sdse_factors_visits(const struct sdse_problem *problem,
                         const struct sdse_factors *factors,
                         struct sdse_factor_visits *visits) {
    const struct sdse_trail *trail = &factors->node.trail;
    const struct visit_range range[SDSE_MOVERS] = {
        [SDSE_WEIGHTS] = run_visits(trail, SDSE_WEIGHTS, factors->factor),
        [SDSE_INPUTS] = input_visits(problem, factors),
        [SDSE_OUTPUTS] = run_visits(trail, SDSE_OUTPUTS, factors->factor),
        [SDSE_BLOCKS] = block_visits(problem, trail, factors->factor)};
    for (int t = 0; t < SDSE_MOVERS; t++) {
        visits->best[t] = range[t].best;
        visits->worst[t] = range[t].worst;
    }
}

double sdse_factors_pj(const struct sdse_factors *factors,
                       const struct sdse_factor_visits *visits) {
    double pj = factors->outlook.base_pj + factors->outlook.shared_pj;
    double save[SDSE_MOVERS];
    for (int t = 0; t < SDSE_MOVERS; t++) {
        const double rate = factors->outlook.rate_pj[t];
        pj += rate * visits->worst[t];
        save[t] = rate * (visits->worst[t] - visits->best[t]);
    }
    return pj - fmax(save[SDSE_INPUTS],
                     fmax(save[SDSE_WEIGHTS], save[SDSE_OUTPUTS]) + save[SDSE_BLOCKS]);
}

// What may rest in the innermost loops: one of these.
enum { RESTS = 3 };
static void visits_at_rest(const struct sdse_factor_visits *visits, int rest,
                           double each[SDSE_MOVERS]) {
    static const unsigned resting[RESTS] = {
        SDSE_BIT(SDSE_INPUTS), SDSE_BIT(SDSE_WEIGHTS) | SDSE_BIT(SDSE_BLOCKS),
        SDSE_BIT(SDSE_OUTPUTS) | SDSE_BIT(SDSE_BLOCKS)};
    for (int t = 0; t < SDSE_MOVERS; t++)
        each[t] = resting[rest] >> t & 1u ? visits->best[t] : visits->worst[t];
}

struct sdse_sides sdse_factors_sides(const struct sdse_factors *factors,
                                     const struct sdse_factor_visits *visits,
                                     double compute) {
    struct sdse_sides least = {(double)INFINITY, (double)INFINITY};
    for (int i = 0; i < RESTS; i++) {
        double each[SDSE_MOVERS];
        visits_at_rest(visits, i, each);
        const struct sdse_sides sides =
            sdse_transfers_sides(&factors->transfers, each, compute);
        least.outer = fmin(least.outer, sides.outer);
        least.inner = fmin(least.inner, sides.inner);
    }
    return least;
}

double sdse_factors_cycles(const struct sdse_factors *factors,
                           const struct sdse_factor_visits *visits, double compute) {
    double least = (double)INFINITY;
    for (int i = 0; i < RESTS; i++) {
        double each[SDSE_MOVERS];
        visits_at_rest(visits, i, each);
        least = fmin(least, sdse_transfers_cycles(&factors->transfers, each, compute));
        if (least <= compute)
            break;
    }
    return least;
}
