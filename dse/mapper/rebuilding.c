#include "dse/mapper/rebuilding.h"

#include <math.h>

#include "costmodel/rebuild.h"

// The part of a view that costmodel/rebuild.c reads: the loops outside `child`.
static void view_outside(const struct sdse_problem *problem,
                         const struct sdse_choice *choice, const uint16_t *index,
                         unsigned child, struct sdse_view *view) {
    uint64_t(*const value)[SDSE_DIMS] = &view->tile[child];
    for (int d = 0; d < SDSE_DIMS; d++)
        (*value)[d] = problem->lattice.value[d][index[d]];
    view->nest = &problem->layer->nest;
    view->arch = problem->arch;
    view->loop_count = 0;
    view->first[child] = 0;
    view->outside[child] = 1;
    for (unsigned l = child; l-- > 0;) {
        for (int d = 0; d < SDSE_DIMS; d++)
            view->spatial_factor[l][d] = choice[l].spread->factor[d];
        const struct sdse_order *order = choice[l].order;
        for (unsigned i = 0; i < order->count; i++) {
            const int d = order->dim[i];
            const uint64_t factor = problem->lattice.value[d][choice[l].factor[d]];
            view->loop[view->loop_count++] =
                (struct sdse_view_loop){(enum sdse_dim)d, l, factor, 0};
            view->outside[child] *= factor;
        }
    }
    view->used[0] = 1;
    for (unsigned l = 0; l < child; l++)
        view->used[l + 1] = view->used[l] * choice[l].spread->used;
}

bool sdse_rebuilding_settle(const struct sdse_problem *problem,
                            const struct sdse_choice *choice,
                            const struct sdse_partial *node,
                            struct sdse_rebuilding *rebuilding) {
    if (!problem->rebuilt_at || problem->model->layer != problem->layer)
        return false;
    const struct sdse_rebuild *engine = &problem->arch->rebuild;
    const unsigned at = engine->below_level, child = problem->rebuilt_at;
    struct sdse_view view;
    view_outside(problem, choice, node->index, child, &view);
    double outside = 1,
           shared = 1; // places that rest weights: engines; words they share
    for (unsigned l = 0; l < child; l++) {
        const double resting = sdse_spread_resting(choice[l].spread, SDSE_WEIGHTS);
        if (l < at)
            outside *= resting;
        else if (!problem->arch->level[l].network[SDSE_WEIGHTS].multicast)
            shared *= resting;
    }
    const double loads = (double)sdse_basis_loads(problem->model, &view, at, child);
    rebuilding->block_visits = loads / (problem->basis_words * outside);
    rebuilding->cycles = 0;
    if (!engine->rows_per_cycle.given)
        return true;
    const double words = problem->lane[problem->rebuilt_lane].base_words *
                         node->trail.closed[SDSE_WEIGHTS] * outside * shared;
    const double rows = (double)sdse_rebuilt_rows(problem->model, &view, child,
                                                  (uint64_t)llround(words));
    rebuilding->cycles =
        ceil(rows * problem->model->effects.rebuild_time_share / (double)view.used[at] /
             engine->rows_per_cycle.value * (1 - 1e-12));
    return true;
}

double sdse_rebuilding_cycles(const struct sdse_problem *problem, unsigned level,
                              const struct sdse_partial *node,
                              const double visits[SDSE_MOVERS]) {
    const struct sdse_rebuild *engine = &problem->arch->rebuild;
    if (!problem->rebuilt_at || !engine->rows_per_cycle.given)
        return 0;
    const unsigned at = engine->below_level;
    const struct sdse_lane *lane = &problem->lane[problem->rebuilt_lane];
    const struct sdse_lane_state *state = &node->lane[problem->rebuilt_lane];
    const struct sdse_lane_edge *edge = &lane->edge[problem->rebuilt_edge];
    if (state->edge > problem->rebuilt_edge)
        return node->rebuild_cycles;
    const bool current = state->edge == problem->rebuilt_edge;
    const double rest = edge->rest_words[current ? level : edge->parent];
    const double words =
        edge->child == problem->levels
            ? problem->macs * rest * (current ? state->words : 1)
            : lane->base_words * visits[SDSE_WEIGHTS] * rest *
                  (current ? state->words : node->places[lane->tensor]);
    const double engines =
        level > at ? node->outer_used[at]
                   : node->used * problem->most_used[level] / problem->most_used[at];
    const double rows = problem->bound_scale * words / problem->model->form.basis_size *
                        problem->model->effects.rebuild_time_share;
    return ceil(rows / engines / engine->rows_per_cycle.value * (1 - 1e-9));
}
