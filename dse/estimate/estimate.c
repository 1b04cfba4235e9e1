#include "dse/estimate/estimate.h"

#include <math.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/pool.h"
#include "dse/estimate/estimating.h"
#include "dse/sweep/embed.h"

double sdse_estimating_draw(struct sdse_estimating *e) {
    e->random += 0x9e3779b97f4a7c15u; // splitmix64
    uint64_t z = e->random;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return (double)((z ^ z >> 31) >> 11) * 0x1p-53;
}

bool sdse_estimating_stopped(const struct sdse_estimating *e) {
    return e->request->stop && atomic_load(e->request->stop);
}

// Every accelerator, or, of very many, one drawn of each of so many parts.
static bool begin_walk(struct sdse_estimating *e) {
    const uint64_t all = sdse_walk_stops(e->plan);
    const size_t count = all <= SDSE_PLAN_LOOKS ? (size_t)all : SDSE_PLAN_LOOKS;
    const uint64_t width = all / count, wider = all % count; // the first are wider
    uint64_t *stops = SDSE_ARENA_ARRAY(e->arena, uint64_t, count);
    for (size_t i = 0; stops && i < count; i++) {
        const uint64_t from = i * width + (i < wider ? i : wider),
                       size = width + (i < wider);
        stops[i] = from + (uint64_t)(sdse_estimating_draw(e) * (double)size);
    }
    e->share = (double)count / (double)all;
    e->estimate->accelerators = all;
    e->estimate->looked_at = count;
    return stops && sdse_walk_begin(&e->walk, e->plan, stops, count, e->arena);
}

static bool allocate(struct sdse_estimating *e) {
    e->threads = e->request->threads ? e->request->threads : sdse_processors();
    e->scratch = sdse_arena_new();
    e->workers = SDSE_ARENA_ARRAY(e->arena, struct sdse_arena *, e->threads);
    e->solvers = SDSE_ARENA_ARRAY(e->arena, struct sdse_solver, e->threads);
    bool ready = e->scratch && e->workers && e->solvers;
    for (unsigned i = 0; ready && i < e->threads; i++)
        ready = (e->workers[i] = sdse_arena_new()) && sdse_solver_init(&e->solvers[i]);
    return ready && begin_walk(e);
}

static void release(struct sdse_estimating *e) {
    for (unsigned i = 0; e->workers && i < e->threads; i++)
        sdse_arena_free(e->workers[i]);
    for (unsigned i = 0; e->solvers && i < e->threads; i++)
        sdse_solver_free(&e->solvers[i]);
    sdse_trial_close(e);
    sdse_plan_free(e->plan);
    sdse_arena_free(e->scratch);
    sdse_arena_free(e->arena);
}

static double each(double all, const struct sdse_trial_sum *sum) {
    return sum->count ? all / (double)sum->count : 0;
}

// What a point, a solution and an accelerator take, and so the file.
static void add_up_trial(struct sdse_estimating *e) {
    const uint64_t all = e->plan->point_count;
    // Of a search nearly every point has an accelerator of its own.
    const double accelerators = (double)(e->plan->visits && e->plan->variant_count > all
                                             ? all
                                             : e->plan->variant_count);
    e->solution_s = each(e->solutions.seconds, &e->solutions);
    e->point_s = each(e->made.seconds, &e->made) + each(e->points.seconds, &e->points) +
                 each(e->variants.seconds, &e->variants) * accelerators / (double)all;
    e->estimate->database_bytes =
        e->empty_bytes + accelerators * each(e->variants.bytes, &e->variants) +
        (double)e->estimate->problems * each(e->solutions.bytes, &e->solutions) +
        (double)all * each(e->points.bytes, &e->points);
}

static void add_up(struct sdse_estimating *e) {
    struct sdse_estimate *sum = e->estimate;
    sum->measure_s = (double)e->words * e->word_s;
    sum->solve_s =
        (double)sum->problems * e->problem_s + (double)sum->points * e->reside_s;
    sum->write_s =
        (double)sum->points * e->point_s + (double)sum->problems * e->solution_s;
    sum->cpu_s = sum->plan_s + sum->measure_s + sum->solve_s + sum->write_s;
    sum->error = hypot((double)e->words * e->word_error,
                       (double)sum->problems * e->problem_error) /
                 sum->cpu_s;
    for (size_t i = 0; i < e->plan->network_count; i++)
        sum->outputs |= e->plan->networks[i].outputs != NULL;
}

enum sdse_status sdse_estimate_sweep(const struct sdse_estimate_request *request,
                                     struct sdse_diags *diags,
                                     struct sdse_estimate *estimate) {
    const struct sdse_diag *since = diags->last;
    struct sdse_estimate made = {0};
    struct sdse_estimating e = {.request = request,
                                .estimate = &made,
                                .diags = diags,
                                .random = request->seed,
                                .arena = sdse_arena_new()};
    if (!e.arena)
        return SDSE_NO_MEMORY;
    const double began = sdse_cpu_seconds_now();
    enum sdse_status status =
        sdse_plan_load(e.arena, request->sweep_path, request->follow_links,
                       request->shipped, diags, &e.plan);
    made.plan_s = sdse_cpu_seconds_now() - began;
    if (!status && !allocate(&e))
        status = SDSE_NO_MEMORY;
    if (!status) {
        made.points = e.plan->point_count;
        made.weights_bytes = sdse_embed_bytes(e.plan);
        made.designs = e.plan->visits ? e.plan->design_count : 0;
        made.guessed = e.plan->sweep->search.method == SDSE_BY_NSGA2;
        status = sdse_estimate_forms(&e);
    }
    if (!status)
        status = sdse_trial_open(&e);
    if (!status)
        status = sdse_estimate_problems(&e);
    if (!status)
        status = sdse_estimate_residents(&e);
    if (!status)
        status = sdse_estimate_points(&e);
    if (!status) {
        add_up_trial(&e);
        add_up(&e);
        if (request->deadline_s > 0)
            status = sdse_estimate_shards(&e);
    }
    sdse_diags_keep_places(diags, since);
    release(&e);
    if (!status)
        *estimate = made;
    return status;
}
