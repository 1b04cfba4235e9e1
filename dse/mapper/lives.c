#include "dse/mapper/lives.h"

#include <math.h>

#include "base/units.h"

static const double rounding = 1 - 1e-12; // bounds stay below the evaluator's figures

static void add_life(struct sdse_problem *problem, enum sdse_tensor tensor, unsigned l,
                     unsigned child) {
    const struct sdse_arch *arch = problem->arch;
    const struct sdse_level *level = &arch->level[l];
    const bool forgets = level->memory_class == SDSE_EDRAM;
    if (l == 0 || (!forgets && !level->max_lifetime_us.given))
        return;
    for (unsigned i = 0; i < problem->life_count; i++)
        if (problem->life[i].level == l && problem->life[i].child == child &&
            problem->life[i].tensor == tensor)
            return; // parts of weights
    problem->life[problem->life_count++] = (struct sdse_tile_life){
        .level = l,
        .child = child,
        .tensor = tensor,
        .forgets = forgets,
        .most_cycles =
            level->max_lifetime_us.given
                ? sdse_cycles_from_us(level->max_lifetime_us.value, arch->clock_ghz)
                : (double)INFINITY};
    // At the multipliers, tiles are resident for a step whatever stands outside.
    const unsigned until = child < problem->levels ? child : l;
    problem->lives_until = problem->lives_until > until ? problem->lives_until : until;
}

void sdse_lives_init(struct sdse_problem *problem) {
    for (unsigned f = 0; f < problem->prices.flow_count; f++) {
        const struct sdse_flow_price *flow = &problem->prices.flow[f];
        for (unsigned e = 0; e < flow->edge_count; e++)
            add_life(problem, flow->tensor, flow->edge[e].parent, flow->edge[e].child);
    }
}

// Visits of a tile at `level`; *rests: whether one of their loops lets the tensor rest.
static double visits_at(const struct sdse_problem *problem,
                        const struct sdse_choice *path, enum sdse_tensor tensor,
                        unsigned level, bool *rests) {
    double visits = 1;
    bool run = true;
    *rests = false;
    for (unsigned l = level; l-- > 0;) {
        for (unsigned i = 0; i < path[l].order->count; i++) {
            const int d = path[l].order->dim[i];
            const bool moves = sdse_dim_moves((enum sdse_dim)d, tensor);
            run &= !moves;
            if (run)
                continue;
            *rests |= !moves;
            visits *= (double)problem->lattice.value[d][path[l].factor[d]];
        }
    }
    return visits;
}

// Share of the layer's time that a tile lives, at least.
static double share_of(const struct sdse_problem *problem,
                       const struct sdse_choice *path, unsigned level,
                       const struct sdse_tile_life *life) {
    bool rests, ignored;
    if (life->level > level)
        return 0;
    const double share =
        1 / visits_at(problem, path, life->tensor, life->level, &rests);
    if (life->child == problem->levels || (life->tensor == SDSE_OUTPUTS && rests))
        return share;
    if (life->child > level)
        return 0; // it may be handed on at once
    return share - 1 / visits_at(problem, path, life->tensor, life->child, &ignored);
}

void sdse_lives_bound(const struct sdse_problem *problem,
                      const struct sdse_choice *path, unsigned level, double used,
                      struct sdse_life_bound *bound) {
    // Nothing lives less than a step; each step has work for every place that is used.
    const double step = used / problem->macs;
    for (unsigned i = 0; i < problem->life_count; i++) {
        const struct sdse_tile_life *life = &problem->life[i];
        const double share =
            fmax(step, share_of(problem, path, level, life)) * rounding;
        if (life->forgets)
            bound->share = fmax(bound->share, share);
        bound->strain = fmax(bound->strain, share / life->most_cycles);
    }
}
