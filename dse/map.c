#include "dse/map.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "costmodel/effects.h"
#include "dse/mapper/candidates.h"
#include "dse/refusal/feasible.h"
#include "dse/refusal/refusal.h"
#include "dse/refusal/too_long.h"

const char *sdse_map_status_name(enum sdse_map_status status) {
    static const char *const names[] = {"optimal", "limit", "interrupted", "none"};
    return names[status];
}

static bool add_point(struct sdse_map_answer *answer, const struct sdse_best *best,
                      struct sdse_arena *arena) {
    const size_t count = answer->point_count;
    if ((count & (count - 1)) == 0) { // full at 0, 1, 2, 4, 8, …
        struct sdse_map_point *grown =
            SDSE_ARENA_ARRAY(arena, struct sdse_map_point, count ? 2 * count : 1);
        if (!grown)
            return false;
        if (count)
            memcpy(grown, answer->point, count * sizeof *grown);
        answer->point = grown;
    }
    answer->point[count].totals = best->totals;
    answer->point[count].mapping = best->mapping;
    answer->point_count++;
    return true;
}

// What the search minimises for an objective; latency takes two searches.
static enum sdse_goal goal_of(enum sdse_map_objective objective) {
    static const enum sdse_goal goals[] = {
        [SDSE_MAP_ENERGY] = SDSE_GOAL_ENERGY, [SDSE_MAP_LATENCY] = SDSE_GOAL_CYCLES,
        [SDSE_MAP_EDP] = SDSE_GOAL_EDP,       [SDSE_MAP_ED2P] = SDSE_GOAL_ED2P,
        [SDSE_MAP_FRONT] = SDSE_GOAL_FRONT,   [SDSE_MAP_LIFETIME] = SDSE_GOAL_LIFETIME,
        [SDSE_MAP_STRAIN] = SDSE_GOAL_STRAIN, [SDSE_MAP_SIDES] = SDSE_GOAL_SIDES,
    };
    return goals[objective];
}

static double value_of(enum sdse_map_objective objective,
                       const struct sdse_totals *totals) {
    return sdse_goal_value(goal_of(objective), totals);
}

// What one answer is searched in, and the effort it takes.
struct searches {
    struct sdse_candidates candidates;
    struct sdse_effort effort;
    enum sdse_status status; // of looking at candidates
};

// False: a quick look proves that no candidate seen so far has a mapping, which the
// search would take much longer to find out. Bounded effort; most questions are
// answered by one descent.
static bool may_exist(const struct sdse_candidates *candidates) {
    enum { EFFORT = 200000 };
    struct sdse_feasibility questions;
    if (candidates->plain_count < candidates->seen)
        return true; // padding may admit one
    struct sdse_variant_space narrow = candidates->space;
    narrow.padding_percent = 0; // none of those seen
    sdse_feasibility_init(&questions, &narrow, candidates->plain,
                          candidates->plain_count, EFFORT, candidates->plain[0]->arena);
    return sdse_feasible(&questions, candidates->request->arch) != SDSE_INFEASIBLE;
}

// Any mapping of the narrow space.
static bool start_anywhere(const struct sdse_candidates *candidates,
                           struct sdse_mapping *mapping) {
    enum { EFFORT = 1000000 };
    struct sdse_feasibility questions;
    struct sdse_variant_space narrow = candidates->space;
    narrow.padding_percent = 0;
    sdse_feasibility_init(&questions, &narrow, candidates->plain, 1, EFFORT,
                          candidates->plain[0]->arena);
    return sdse_feasible_mapping(&questions, mapping) == SDSE_FEASIBLE;
}

// The narrow space first: it takes milliseconds, and what it finds cuts the others and
// is there if the effort does not suffice for them. Returns a lower bound of the goal's
// value; 0 if there is none.
static double run(struct searches *searches, struct sdse_best *best) {
    struct sdse_candidates *candidates = &searches->candidates;
    double bound = (double)INFINITY;
    if (may_exist(candidates)) {
        const struct sdse_search_space first = sdse_candidates_first(candidates);
        bound = sdse_search_run(&first, &searches->effort, best);
    }
    if (candidates->count == 1)
        return bound;
    searches->status = sdse_candidates_rank(candidates);
    if (searches->status != SDSE_OK || candidates->seen < candidates->count)
        return 0;
    if (!may_exist(candidates))
        return bound;
    const struct sdse_search_space others = sdse_candidates_others(candidates);
    return fmin(bound, sdse_search_run(&others, &searches->effort, best));
}

// Least cycles (or lives) first, then the least energy among the mappings that reach
// them.
static double run_in_turn(struct searches *searches, enum sdse_goal goal,
                          struct sdse_best *best) {
    sdse_best_init(best, goal, (double)INFINITY);
    const double bound = run(searches, best);
    if (!best->found || searches->effort.halt != SDSE_HALT_NONE)
        return bound;
    const struct sdse_totals least = best->totals;
    struct sdse_best cheapest;
    sdse_best_init(&cheapest, SDSE_GOAL_ENERGY, (double)INFINITY);
    if (goal == SDSE_GOAL_CYCLES)
        cheapest.most_cycles = least.latency_cycles;
    else
        cheapest.most_lifetime_cycles = least.lifetime_cycles * (1 + 1e-12);
    sdse_best_offer(&cheapest, &best->mapping, &best->totals);
    for (size_t i = 0; i < best->known_count; i++)
        sdse_best_know(&cheapest, &best->known[i].mapping, &best->known[i].totals);
    sdse_best_free(best);
    run(searches, &cheapest);
    *best = cheapest;
    return sdse_goal_value(goal, &least);
}

// What the request starts with, as far as it is in the space.
static void know_start(const struct searches *searches, struct sdse_best *best) {
    const struct sdse_candidates *candidates = &searches->candidates;
    const struct sdse_problem *problem = candidates->plain[0];
    for (size_t i = 0; i < candidates->request->start_count; i++) {
        const struct sdse_mapping *mapping = &candidates->request->start[i];
        if (candidates->count > 1 || mapping->level_count != problem->levels ||
            memcmp(mapping->keeps, problem->start.keeps, sizeof mapping->keeps) != 0 ||
            sdse_mapping_verdict(problem->model, mapping, NULL) != SDSE_VALID)
            continue;
        const struct sdse_totals totals = sdse_evaluate(problem->model, mapping);
        if (!isnan(totals.energy_pj))
            sdse_best_know(best, mapping, &totals);
    }
}

static bool run_front(struct searches *searches, enum sdse_goal goal,
                      struct sdse_arena *arena, struct sdse_map_answer *answer) {
    struct sdse_best best;
    sdse_best_init(&best, goal, (double)INFINITY);
    know_start(searches, &best);
    answer->lower_bound = run(searches, &best);
    bool good = !best.no_memory;
    for (size_t i = 0; good && i < best.count; i++) {
        best.totals = best.front[i].totals;
        best.mapping = best.front[i].mapping;
        good = add_point(answer, &best, arena);
    }
    sdse_best_free(&best);
    return good;
}

static bool run_objective(struct searches *searches, enum sdse_map_objective objective,
                          struct sdse_arena *arena, struct sdse_map_answer *answer) {
    struct sdse_best best;
    switch (objective) {
    case SDSE_MAP_FRONT:
    case SDSE_MAP_SIDES:
        return run_front(searches, goal_of(objective), arena, answer);
    case SDSE_MAP_LATENCY:
    case SDSE_MAP_LIFETIME:
        answer->lower_bound = run_in_turn(searches, goal_of(objective), &best);
        break;
    default:
        sdse_best_init(&best, goal_of(objective), (double)INFINITY);
        answer->lower_bound = run(searches, &best);
    }
    const bool good =
        !best.no_memory && (!best.found || add_point(answer, &best, arena));
    sdse_best_free(&best);
    return good;
}

// Cycles that no mapping stays below; 0 = not known, some candidates were not seen.
static double least_cycles(const struct sdse_candidates *candidates) {
    double least = (double)INFINITY;
    for (size_t i = 0; i < candidates->seen; i++)
        least = fmin(least, candidates->candidate[i].root.latency_cycles);
    return candidates->seen < candidates->count ? 0 : least;
}

// Every mapping that is not found yet costs at least the bound's energy and so many
// cycles: how far the nearest point found is from there, in the worse of both.
static double front_gap(const struct sdse_map_answer *answer, double cycles) {
    double gap = (double)INFINITY;
    for (size_t i = 0; i < answer->point_count; i++) {
        const struct sdse_totals *at = &answer->point[i].totals;
        gap = fmin(
            gap,
            fmax(at->energy_pj / answer->lower_bound, at->latency_cycles / cycles) - 1);
    }
    return fmax(0, gap);
}

static void close_answer(const struct searches *searches,
                         const struct sdse_map_request *request,
                         struct sdse_map_answer *answer) {
    const struct sdse_effort *effort = &searches->effort;
    switch (effort->halt) {
    case SDSE_HALT_LIMIT:
        answer->status = SDSE_MAP_LIMIT;
        break;
    case SDSE_HALT_STOPPED:
        answer->status = SDSE_MAP_INTERRUPTED;
        break;
    default:
        answer->status = answer->point_count ? SDSE_MAP_OPTIMAL : SDSE_MAP_NONE;
    }
    if (answer->point_count && answer->status != SDSE_MAP_OPTIMAL) {
        const struct sdse_totals *last = &answer->point[answer->point_count - 1].totals;
        // The bound of what was found is the same sum, rounded in another order.
        answer->gap =
            sdse_goal_is_front(goal_of(request->objective))
                ? front_gap(answer, least_cycles(&searches->candidates))
                : fmax(0, value_of(request->objective, last) / answer->lower_bound - 1);
    }
    answer->nodes = effort->nodes;
    answer->evaluations = effort->evaluations;
}

// The first valid mapping that comes along, in place of a better one.
static bool add_any(const struct sdse_candidates *candidates, struct sdse_arena *arena,
                    struct sdse_map_answer *answer) {
    enum { EFFORT = 4000000 };
    struct sdse_problem *problem = candidates->plain[0];
    struct sdse_feasibility questions;
    struct sdse_best any;
    sdse_feasibility_init(&questions, &candidates->space, candidates->plain,
                          candidates->plain_count, EFFORT, problem->arena);
    sdse_best_init(&any, SDSE_GOAL_ENERGY, (double)INFINITY);
    if (sdse_feasible_mapping(&questions, &any.mapping) == SDSE_FEASIBLE) {
        any.totals = sdse_evaluate(problem->model, &any.mapping);
        if (isnan(any.totals.energy_pj))
            return false;
        return any.totals.strain > 1 || add_point(answer, &any, arena);
    }
    return !questions.out_of_memory;
}

// The one way to stream a layer that multiplies nothing.
static enum sdse_status map_streamed(const struct sdse_map_request *request,
                                     struct sdse_arena *arena,
                                     struct sdse_map_answer *answer) {
    struct sdse_model *model;
    struct sdse_map_point *point = SDSE_ARENA_NEW(arena, struct sdse_map_point);
    if (!point)
        return SDSE_NO_MEMORY;
    const enum sdse_status status =
        sdse_model_new(request->arch, request->layer, request->form, arena, &model);
    if (status != SDSE_OK)
        return status;
    sdse_mapping_init(request->arch, &point->mapping);
    point->mapping.streamed = true;
    if (sdse_mapping_verdict(model, &point->mapping, NULL) != SDSE_VALID) {
        *answer = (struct sdse_map_answer){.status = SDSE_MAP_NONE, .variants = 1};
        return SDSE_OK;
    }
    point->totals = sdse_evaluate(model, &point->mapping);
    if (isnan(point->totals.energy_pj))
        return SDSE_NO_MEMORY;
    *answer = (struct sdse_map_answer){.status = SDSE_MAP_OPTIMAL,
                                       .point_count = 1,
                                       .point = point,
                                       .lower_bound =
                                           value_of(request->objective, &point->totals),
                                       .variants = 1,
                                       .evaluations = 1};
    return SDSE_OK;
}

static bool limits_lives(const struct sdse_arch *arch) {
    for (unsigned l = 0; l < arch->level_count; l++)
        if (arch->level[l].max_lifetime_us.given)
            return true;
    return false;
}

static enum sdse_status search(const struct sdse_map_request *request,
                               struct sdse_arena *arena,
                               struct sdse_map_answer *answer);

// Whether it is the lives of tiles that leave no mapping: the least that they can be.
// *refusal stays as it is if it is not.
static enum sdse_status explain_lives(const struct sdse_map_request *request,
                                      struct sdse_arena *scratch,
                                      struct sdse_arena *arena,
                                      struct sdse_refusal *refusal) {
    enum { EFFORT = 2000000 };
    const double slack = 1e9; // no life is refused
    if (!limits_lives(request->arch) || request->objective == SDSE_MAP_STRAIN)
        return SDSE_OK;
    struct sdse_arch arch = *request->arch;
    for (unsigned l = 0; l < arch.level_count; l++)
        arch.level[l].max_lifetime_us.value *= slack;
    struct sdse_map_request least = *request;
    least.arch = &arch;
    least.objective = SDSE_MAP_STRAIN;
    least.seconds_limit = 0;
    least.node_limit = EFFORT;
    least.any_mapping = true;
    struct sdse_map_answer answer;
    const enum sdse_status status = search(&least, scratch, &answer);
    if (status != SDSE_OK || !answer.point_count)
        return status;
    return sdse_refusal_too_long(request->arch, answer.point[0].totals.strain * slack,
                                 answer.status == SDSE_MAP_OPTIMAL, arena, refusal);
}

static enum sdse_status search(const struct sdse_map_request *request,
                               struct sdse_arena *arena,
                               struct sdse_map_answer *answer) {
    const struct sdse_search_limits limits = {.seconds = request->seconds_limit,
                                              .nodes = request->node_limit,
                                              .stop = request->stop,
                                              .before_help = request->descend_after};
    struct searches searches;
    sdse_effort_init(&searches.effort, &limits);
    struct sdse_arena *scratch = sdse_arena_new();
    if (!scratch)
        return SDSE_NO_MEMORY;
    struct sdse_map_answer fresh;
    memset(&fresh, 0, sizeof fresh);
    enum sdse_status status =
        sdse_candidates_init(request, goal_of(request->objective), &searches.effort,
                             scratch, &searches.candidates);
    if (status != SDSE_OK)
        goto done;
    searches.candidates.start = start_anywhere;
    searches.status = SDSE_OK;
    status = SDSE_NO_MEMORY;
    if (!run_objective(&searches, request->objective, arena, &fresh) ||
        searches.effort.halt == SDSE_HALT_MEMORY)
        goto done;
    status = searches.status;
    if (status != SDSE_OK)
        goto done;
    status = SDSE_NO_MEMORY;
    if (request->any_mapping && !fresh.point_count &&
        searches.effort.halt != SDSE_HALT_NONE &&
        !add_any(&searches.candidates, arena, &fresh))
        goto done;
    close_answer(&searches, request, &fresh);
    fresh.variants = searches.candidates.count;
    sdse_mapper_space(request, &fresh.log10_mappings);
    fresh.log10_mappings += log10((double)fresh.variants);
    // Where tensors are at home it is what is reserved that may leave no mapping: the
    // question is one of many, and nobody asks why.
    if (fresh.status == SDSE_MAP_NONE && !request->layer->residence) {
        status = explain_lives(request, scratch, arena, &fresh.refusal);
        if (status == SDSE_OK && !fresh.refusal.cause)
            status = sdse_refusal_explain(
                &searches.candidates.space, searches.candidates.plain,
                searches.candidates.plain_count, arena, &fresh.refusal);
        if (status != SDSE_OK)
            goto done;
        fresh.reason = fresh.refusal.reason;
    }
    fresh.seconds = sdse_effort_seconds(&searches.effort);
    *answer = fresh;
    status = SDSE_OK;
done:
    sdse_candidates_free(&searches.candidates);
    sdse_arena_free(scratch);
    return status;
}

// What cells that forget keep is to live no longer than `us`.
static void limit_lives(struct sdse_arch *arch, double us) {
    for (unsigned l = 0; l < arch->level_count; l++) {
        struct sdse_number *most = &arch->level[l].max_lifetime_us;
        if (arch->level[l].memory_class == SDSE_EDRAM &&
            !(most->given && most->value <= us))
            *most = (struct sdse_number){.value = us, .given = true};
    }
}

enum sdse_status sdse_map(const struct sdse_map_request *request,
                          struct sdse_arena *arena, struct sdse_map_answer *answer) {
    if (sdse_layer_moves(request->layer))
        return map_streamed(request, arena, answer);
    struct sdse_layer known;
    struct sdse_map_request asked = *request;
    sdse_effects_know(request->arch, request->layer, request->form, NULL, arena,
                      &known);
    asked.layer = &known;
    struct sdse_arch limited;
    if (request->max_lifetime_us > 0) {
        limited = *request->arch;
        limit_lives(&limited, request->max_lifetime_us);
        asked.arch = &limited;
    }
    return search(&asked, arena, answer);
}

// The candidates of a search that is not made, with the bounds at their roots; they are
// to be freed whatever is returned.
static enum sdse_status look_at_roots(const struct sdse_map_request *request,
                                      struct sdse_effort *effort,
                                      struct sdse_arena *scratch,
                                      struct sdse_candidates *candidates) {
    const struct sdse_search_limits limits = {.stop = request->stop};
    sdse_effort_init(effort, &limits);
    const enum sdse_status status = sdse_candidates_init(
        request, goal_of(request->objective), effort, scratch, candidates);
    return status == SDSE_OK ? sdse_candidates_rank(candidates) : status;
}

enum sdse_status sdse_map_bound(const struct sdse_map_request *request,
                                struct sdse_totals *least) {
    struct sdse_effort effort;
    struct sdse_candidates candidates;
    struct sdse_arena *scratch = sdse_arena_new();
    if (!scratch)
        return SDSE_NO_MEMORY;
    const enum sdse_status status =
        look_at_roots(request, &effort, scratch, &candidates);
    struct sdse_totals found = {.energy_pj = (double)INFINITY,
                                .latency_cycles = (double)INFINITY,
                                .outer_cycles = (double)INFINITY,
                                .inner_cycles = (double)INFINITY};
    for (size_t i = 0; i < candidates.count && status == SDSE_OK; i++) {
        const struct sdse_totals *root = &candidates.candidate[i].root;
        // One that was not looked at, as the search was stopped: nothing is known.
        const bool seen = i < candidates.seen;
        found.energy_pj = fmin(found.energy_pj, seen ? root->energy_pj : 0);
        found.latency_cycles =
            fmin(found.latency_cycles, seen ? root->latency_cycles : 0);
        found.outer_cycles = fmin(found.outer_cycles, seen ? root->outer_cycles : 0);
        found.inner_cycles = fmin(found.inner_cycles, seen ? root->inner_cycles : 0);
    }
    if (status == SDSE_OK)
        *least = found;
    sdse_candidates_free(&candidates);
    sdse_arena_free(scratch);
    return status;
}

enum sdse_status sdse_map_may_exist(const struct sdse_map_request *request, bool *may) {
    struct sdse_effort effort;
    struct sdse_candidates candidates;
    *may = true;
    if (sdse_layer_moves(request->layer) || request->padding_percent)
        return SDSE_OK;
    struct sdse_arena *scratch = sdse_arena_new();
    if (!scratch)
        return SDSE_NO_MEMORY;
    const enum sdse_status status =
        look_at_roots(request, &effort, scratch, &candidates);
    if (status == SDSE_OK && candidates.seen == candidates.count)
        *may = may_exist(&candidates);
    sdse_candidates_free(&candidates);
    sdse_arena_free(scratch);
    return status;
}

// Ways to write a prime power as an ordered product over `slots` factors:
// C(exponent + slots - 1, slots - 1).
static double log10_splits(uint64_t bound, unsigned slots) {
    double sum = 0;
    for (uint64_t p = 2; bound > 1; p++) {
        if (p > bound / p)
            p = bound;
        unsigned exponent = 0;
        for (; bound % p == 0; bound /= p)
            exponent++;
        for (unsigned i = 1; i <= exponent && slots; i++)
            sum += log10((double)(slots - 1 + i) / i);
    }
    return sum;
}

enum sdse_status sdse_mapper_space(const struct sdse_map_request *request,
                                   double *log10_mappings) {
    struct sdse_rules rules;
    sdse_rules_init(&rules, request->arch, request->layer);
    unsigned slots[SDSE_DIMS] = {0};
    double sum = 0;
    for (unsigned l = 0; l < request->arch->level_count; l++) {
        unsigned loops = 0;
        const struct sdse_level *level = &request->arch->level[l];
        for (int d = 0; d < SDSE_DIMS; d++) {
            if (request->layer->nest.bound[d] == 1)
                continue;
            const bool temporal = rules.level[l].temporal_max[d] > 1;
            loops += temporal;
            slots[d] += temporal;
            slots[d] += level->fanout_x > 1 && rules.level[l].axis_dims[0] >> d & 1u;
            slots[d] += level->fanout_y > 1 && rules.level[l].axis_dims[1] >> d & 1u;
        }
        for (unsigned i = 2; i <= loops; i++) // orders
            sum += log10(i);
    }
    for (int d = 0; d < SDSE_DIMS; d++)
        sum += log10_splits(request->layer->nest.bound[d], slots[d]);
    *log10_mappings = sum;
    return SDSE_OK;
}
