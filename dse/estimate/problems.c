#include <limits.h>
#include <math.h>
#include <string.h>

#include "base/pool.h"
#include "dse/estimate/estimating.h"

// Problems are ordered by class, which is a layer of a network under a form, and within
// it by the accelerator that has them first.
struct classes {
    struct sdse_estimating *e;
    size_t count;
    size_t *first_layer;  // [networks], of all layers
    uint64_t *size;       // [count]
    uint64_t *met;        // [count], in the second walk
    uint64_t *start;      // [count]
    const uint64_t *rank; // [drawn_count], of what was drawn, rising
    uint64_t *place;      // [count]: index of the first rank in or after the class
};

static size_t class_of(const struct classes *c, const struct sdse_walk_step *step) {
    return (c->first_layer[step->point->network] + step->layer) *
               c->e->plan->form_count +
           step->point->form;
}

static enum sdse_status count_one(void *context, const struct sdse_walk_step *step) {
    struct classes *c = context;
    if (step->is_new)
        c->size[class_of(c, step)]++;
    return sdse_estimating_stopped(c->e) ? SDSE_INTERRUPTED : SDSE_OK;
}

static enum sdse_status keep_one(void *context, const struct sdse_walk_step *step) {
    struct classes *c = context;
    struct sdse_estimating *e = c->e;
    if (!step->is_new)
        return SDSE_OK;
    const size_t class = class_of(c, step);
    const uint64_t rank = c->start[class] + c->met[class]++;
    const uint64_t at = c->place[class];
    if (at >= e->drawn_count || c->rank[at] != rank)
        return SDSE_OK;
    const struct sdse_variant *variant = NULL; // one that stays
    e->drawn[at] = (struct sdse_drawn){.layer = step->layer, .problem = *step->problem};
    const enum sdse_status status = sdse_plan_point(
        e->plan, step->point->position, e->arena, &variant, &e->drawn[at].point);
    if (status)
        return status;
    e->drawn[at].problem.arch = variant->arch;
    c->place[class]++;
    return SDSE_OK;
}

static bool make_classes(struct classes *c) {
    const struct sdse_plan *plan = c->e->plan;
    struct sdse_arena *arena = c->e->arena;
    c->first_layer = SDSE_ARENA_ARRAY(arena, size_t, plan->network_count);
    size_t layers = 0;
    for (size_t n = 0; n < plan->network_count && c->first_layer; n++) {
        c->first_layer[n] = layers;
        layers += plan->networks[n].workload->layer_count;
    }
    c->count = layers * plan->form_count;
    c->size = SDSE_ARENA_ARRAY(arena, uint64_t, c->count);
    c->met = SDSE_ARENA_ARRAY(arena, uint64_t, c->count);
    c->start = SDSE_ARENA_ARRAY(arena, uint64_t, c->count);
    c->place = SDSE_ARENA_ARRAY(arena, uint64_t, c->count);
    return c->first_layer && c->size && c->met && c->start && c->place;
}

// One problem of each stratum.
static enum sdse_status draw(struct classes *c) {
    struct sdse_estimating *e = c->e;
    const uint64_t all = e->estimate->problems;
    const size_t asked = e->request->sample ? e->request->sample : SDSE_ESTIMATE_SAMPLE;
    e->drawn_count = asked < all ? asked : (size_t)all;
    uint64_t *rank = SDSE_ARENA_ARRAY(e->arena, uint64_t, e->drawn_count + 1);
    e->drawn = SDSE_ARENA_ARRAY(e->arena, struct sdse_drawn, e->drawn_count + 1);
    if (!rank || !e->drawn)
        return SDSE_NO_MEMORY;
    const double width = (double)all / (double)e->drawn_count;
    for (size_t i = 0; i < e->drawn_count; i++) {
        // Strata of whole problems: no two ranks are the same.
        const uint64_t first = (uint64_t)((double)i * width),
                       end = (uint64_t)((double)(i + 1) * width);
        rank[i] = first + (uint64_t)(sdse_estimating_draw(e) * (double)(end - first));
    }
    c->rank = rank;
    for (size_t i = 0, at = 0; i < c->count; i++) {
        while (at < e->drawn_count && rank[at] < c->start[i])
            at++;
        c->place[i] = at;
    }
    return sdse_walk_all(&e->walk, keep_one, c);
}

// --- Solving ---

static void solve_one(void *context, unsigned worker, size_t index) {
    struct sdse_estimating *e = context;
    struct sdse_drawn *drawn = &e->drawn[index];
    if (sdse_estimating_stopped(e))
        return;
    const double began = sdse_estimating_now();
    struct sdse_solver *solver = &e->solvers[worker];
    sdse_layer_problem_solve(&drawn->problem, solver, &e->plan->sweep->mapper, NULL,
                             e->request->stop);
    drawn->problem.found = NULL;
    sdse_arena_reset(solver->line);
    drawn->seconds = sdse_estimating_now() - began;
}

// Their forms are what the layers' are taken for.
static enum sdse_status assume_forms(struct sdse_estimating *e) {
    sdse_walk_assume_forms(&e->walk);
    enum sdse_status status = SDSE_OK;
    for (size_t i = 0; i < e->drawn_count && !status; i++) {
        const struct sdse_point *point = &e->drawn[i].point;
        const size_t layers = e->plan->networks[point->network].workload->layer_count;
        struct sdse_weight_form *forms =
            SDSE_ARENA_ARRAY(e->arena, struct sdse_weight_form, layers);
        const struct sdse_measured **measured =
            SDSE_ARENA_ARRAY(e->arena, const struct sdse_measured *, layers);
        if (!forms || !measured)
            return SDSE_NO_MEMORY;
        status = sdse_walk_point(&e->walk, point, forms, measured);
        e->drawn[i].problem.form = forms[e->drawn[i].layer];
        e->drawn[i].problem.next = NULL;
    }
    sdse_walk_name_forms(&e->walk);
    return status;
}

static enum sdse_status solve(struct sdse_estimating *e) {
    enum sdse_status status = assume_forms(e);
    if (!status)
        status = sdse_parallel_for(e->drawn_count, e->threads, solve_one, e);
    double sum = 0, square = 0;
    for (size_t i = 0; i < e->drawn_count && !status; i++) {
        if (e->drawn[i].problem.state == SDSE_LAYER_PROBLEM_OPEN)
            return sdse_estimating_stopped(e) ? SDSE_INTERRUPTED : SDSE_NO_MEMORY;
        sum += e->drawn[i].seconds;
        if (i) {
            const double step = e->drawn[i].seconds - e->drawn[i - 1].seconds;
            square += step * step;
        }
    }
    const double count = (double)e->drawn_count, all = (double)e->estimate->problems;
    if (status || !e->drawn_count)
        return status;
    // What is drawn of all has no error; one of many may be off by as much as it is.
    e->problem_s = sum / count;
    e->problem_error = count < 2
                           ? e->problem_s * (all > 1)
                           : sqrt(square / 2 / (count - 1) / count * (1 - count / all));
    return SDSE_OK;
}

enum sdse_status sdse_estimate_problems(struct sdse_estimating *e) {
    struct classes c = {.e = e};
    sdse_walk_name_forms(&e->walk);
    if (!make_classes(&c))
        return SDSE_NO_MEMORY;
    enum sdse_status status = sdse_walk_all(&e->walk, count_one, &c);
    if (status)
        return status;
    for (size_t i = 0; i < c.count; i++) {
        c.start[i] = e->estimate->problems;
        e->estimate->problems += c.size[i];
    }
    e->estimate->exact = !e->walk.form_count || e->request->measure;
    if (e->estimate->problems)
        status = draw(&c);
    if (!status)
        status = solve(e);
    e->estimate->solved = e->drawn_count;
    return status;
}
