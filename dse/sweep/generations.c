// A search whose next points depend on the results of those before.
#include <math.h>

#include "dse/sweep/running.h"
#include "dse/sweep/searching.h"

void sdse_run_score(struct sdse_run *run, uint64_t position,
                    const struct sdse_point_figures *figures,
                    enum sdse_point_status judged) {
    const struct sdse_sweep *sweep = run->plan->sweep;
    const double values[SDSE_FRONT_OBJECTIVES] = {
        [SDSE_FRONT_ENERGY] = figures->energy_pj,
        [SDSE_FRONT_LATENCY] = figures->latency_cycles,
        [SDSE_FRONT_AREA] = figures->area_mm2};
    struct sdse_search_score score = {{0}, 0};
    for (unsigned i = 0; i < sweep->search.objective_count; i++)
        score.value[i] = values[sweep->search.objectives[i]];
    if (figures->status != SDSE_POINT_OK) {
        score.violation = (double)INFINITY;
    } else if (judged != SDSE_POINT_OK) { // a limit is broken: by what share, if known
        const struct sdse_limits *limits = &sweep->limits;
        static const enum sdse_limit limit_of[SDSE_FRONT_OBJECTIVES] = {
            SDSE_LIMIT_ENERGY, SDSE_LIMIT_CYCLES, SDSE_LIMIT_AREA};
        for (unsigned i = 0; i < SDSE_FRONT_OBJECTIVES; i++)
            if (limits->set >> limit_of[i] & 1u &&
                values[i] > limits->most[limit_of[i]])
                score.violation += values[i] / limits->most[limit_of[i]] - 1;
        if (!(score.violation > 0) || !isfinite(score.violation))
            score.violation = 1;
    }
    for (unsigned i = 0; i < sweep->search.objective_count; i++)
        if (!isfinite(score.value[i]) && score.violation == 0)
            score.violation = (double)INFINITY;
    run->scores[position] = score;
}

static enum sdse_status run_network(struct sdse_run *run,
                                    const struct sdse_search_space *space,
                                    size_t network, uint64_t *value) {
    struct sdse_plan *plan = run->plan;
    struct sdse_search *search = NULL;
    enum sdse_status status = sdse_plan_search(plan, space, SDSE_SEARCH_NSGA2, &search);
    uint64_t first = network * plan->visits_each, ready;
    while (!status && (ready = sdse_search_ready(search)) > 0) {
        for (uint64_t i = first; !status && i < first + ready; i++) {
            status = sdse_search_ask(search, value);
            if (!status)
                plan->visits[i] = sdse_plan_design_of(plan, network, value);
        }
        if (!status)
            status = sdse_run_known(run, first, first + ready);
        for (uint64_t i = first; !status && i < first + ready; i++)
            sdse_search_tell(search, &run->scores[i]);
        first += ready;
    }
    sdse_search_free(search);
    return status;
}

enum sdse_status sdse_run_generations(struct sdse_run *run) {
    struct sdse_search_space space;
    enum sdse_status status = sdse_plan_space(run->plan, run->arena, &space);
    uint64_t *value =
        status ? NULL : SDSE_ARENA_ARRAY(run->arena, uint64_t, space.axis_count);
    if (!value)
        return SDSE_NO_MEMORY;
    for (size_t i = 0; !status && i < run->plan->network_count; i++)
        status = run_network(run, &space, i, value);
    return status;
}
