#include "dse/factor_bound.h"

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

// Least visits with the loops chosen so far: at best (the tensor rests in this level's
// innermost loops) and at worst (it does not).
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
        open[axis] = trail->lines[axis] * factors->open_line[axis];
        shut[axis] = open[axis];
        if (!sdse_axis_has_halo(&problem->layer->nest, axis))
            continue;
        shut[axis] = trail->lines[axis] * factor[out] * factor[tap] *
                     sdse_touched(&problem->layer->nest, axis,
                                  problem->lattice.value[out][inner[out]],
                                  problem->lattice.value[tap][inner[tap]]);
        if (trail->axis == axis)
            for (unsigned i = 0; i < trail->count; i++)
                if (trail->chain[i].dim != SDSE_K)
                    shut[axis] *= (double)trail->chain[i].factor;
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

double sdse_factors_pj(const struct sdse_problem *problem,
                       const struct sdse_factors *factors) {
    const struct sdse_outlook *outlook = &factors->outlook;
    const double *rate = outlook->rate_pj;
    const struct visit_range weights =
        run_visits(&factors->node.trail, SDSE_WEIGHTS, factors->factor);
    const struct visit_range outputs =
        run_visits(&factors->node.trail, SDSE_OUTPUTS, factors->factor);
    const struct visit_range inputs = input_visits(problem, factors);
    const double save_weights = rate[SDSE_WEIGHTS] * (weights.worst - weights.best);
    const double save_outputs = rate[SDSE_OUTPUTS] * (outputs.worst - outputs.best);
    const struct visit_range blocks =
        block_visits(problem, &factors->node.trail, factors->factor);
    const double save_blocks = rate[SDSE_BLOCKS] * (blocks.worst - blocks.best);
    const double save_inputs = rate[SDSE_INPUTS] * (inputs.worst - inputs.best);
    return outlook->base_pj + rate[SDSE_WEIGHTS] * weights.worst +
           rate[SDSE_INPUTS] * inputs.worst + rate[SDSE_OUTPUTS] * outputs.worst +
           rate[SDSE_BLOCKS] * blocks.worst -
           fmax(save_inputs, fmax(save_weights, save_outputs) + save_blocks);
}
