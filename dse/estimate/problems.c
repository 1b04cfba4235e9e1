#include <math.h>

#include "dse/estimate/estimating.h"

// Of each network, the distinct problems that it is the first to have.
struct counting {
    struct sdse_estimating *e;
    uint64_t *problems; // [networks]
};

static enum sdse_status count_one(void *context, const struct sdse_walk_step *step) {
    struct counting *c = context;
    c->problems[step->point->network] += step->is_new;
    return sdse_estimating_stopped(c->e) ? SDSE_INTERRUPTED : SDSE_OK;
}

// Draws from a network as many as its problems are of all, and at least one.
static enum sdse_status solve_network(struct sdse_estimating *e, size_t network,
                                      double problems, double all_problems,
                                      double *square_error) {
    const double asked =
        (double)(e->request->sample ? e->request->sample : SDSE_ESTIMATE_SAMPLE);
    struct sdse_draws draws = {.network = network, .problems = problems};
    draws.all = e->share == 1 && asked >= all_problems;
    draws.count = (size_t)(draws.all ? problems
                                     : fmax(1, round(asked * problems / all_problems)));
    double mean, error;
    const enum sdse_status status = sdse_estimate_network(e, &draws, &mean, &error);
    if (status)
        return status;
    e->problem_s += mean * problems / all_problems;
    *square_error += error * error * problems * problems / all_problems / all_problems;
    return SDSE_OK;
}

enum sdse_status sdse_estimate_problems(struct sdse_estimating *e) {
    const size_t networks = e->plan->network_count;
    struct counting c = {e, SDSE_ARENA_ARRAY(e->arena, uint64_t, networks)};
    if (!c.problems)
        return SDSE_NO_MEMORY;
    sdse_walk_name_forms(&e->walk);
    enum sdse_status status = sdse_walk_all(&e->walk, count_one, &c);
    double all = 0, square_error = 0;
    for (size_t n = 0; n < networks; n++)
        all += (double)c.problems[n] / e->share;
    e->estimate->problems = (uint64_t)round(all);
    e->drawn =
        SDSE_ARENA_ARRAY(e->arena, struct sdse_drawn, SDSE_MOST_DRAWN * networks);
    if (!e->drawn)
        return SDSE_NO_MEMORY;
    e->estimate->exact = e->share == 1 && (!e->walk.form_count || e->request->measure);
    for (size_t n = 0; !status && n < networks; n++)
        if (c.problems[n])
            status = solve_network(e, n, (double)c.problems[n] / e->share, all,
                                   &square_error);
    e->problem_error = sqrt(square_error);
    return status;
}
