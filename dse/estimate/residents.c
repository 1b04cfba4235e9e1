// Points whose tensors may stay between layers: how many, and what the search of a few
// takes once their layers are solved.
#include <math.h>

#include "base/clock.h"
#include "dse/estimate/estimating.h"
#include "dse/sweep/batch.h"
#include "spec/sweep_stays.h"

// Points of each way in which tensors may stay: groups take many times what places
// take.
enum { SAMPLE = 3 };
static const double enough_s = 4; // of processor time, for one choice

static bool is_of(const struct sdse_variant *variant, const struct sdse_stay *choice) {
    return variant->resident && variant->fuse_depth == choice->fuse_depth &&
           variant->all_tiles == choice->all_tiles &&
           variant->columns == choice->columns && variant->overlap == choice->overlap &&
           variant->copies == choice->copies;
}

// The first point of a choice from a position on; false in `made`: none of the next
// ones is.
static enum sdse_status next_of(struct sdse_estimating *e,
                                const struct sdse_stay *choice, uint64_t position,
                                struct sdse_point *point, bool *made) {
    const size_t choices = sdse_sweep_stays(e->plan->sweep)->value_count;
    const uint64_t all = e->plan->point_count, look = 2 * choices * e->plan->form_count;
    *made = false;
    for (uint64_t i = 0; !*made && i < look && i < all; i++) {
        const struct sdse_variant *variant = NULL;
        const enum sdse_status status =
            sdse_plan_point(e->plan, (position + i) % all, e->arena, &variant, point);
        if (status)
            return status;
        *made = is_of(variant, choice) && !point->refused;
    }
    return SDSE_OK;
}

// Solves the layers of a point. *solved: all have a mapping.
static enum sdse_status solve_layers(struct sdse_estimating *e,
                                     struct sdse_batch_point *entry, bool *solved) {
    const struct sdse_variant *variant = entry->point.variant;
    const struct sdse_workload *net = e->plan->networks[entry->point.network].workload;
    struct sdse_layer_problem_table *table = sdse_layer_problem_table_new(e->arena);
    enum sdse_status status = table ? SDSE_OK : SDSE_NO_MEMORY;
    *solved = true;
    for (size_t i = 0; !status && *solved && i < entry->layer_count; i++) {
        bool is_new;
        entry->problems[i] =
            sdse_layer_problem_get(table, variant->arch, variant->search,
                                   &net->layers[i], &entry->forms[i], &is_new);
        if (!entry->problems[i])
            return SDSE_NO_MEMORY;
        if (is_new) {
            status = sdse_layer_problem_solve(entry->problems[i], &e->solvers[0],
                                              &e->plan->sweep->mapper, NULL,
                                              e->request->stop);
            entry->problems[i]->found = NULL;
            sdse_arena_reset(e->solvers[0].line);
        }
        *solved = entry->problems[i]->state == SDSE_LAYER_PROBLEM_SOLVED;
    }
    return status;
}

static enum sdse_status time_one(struct sdse_estimating *e,
                                 const struct sdse_point *point, double *seconds) {
    const size_t layers = e->plan->networks[point->network].workload->layer_count;
    struct sdse_batch_point entry = {
        .point = *point,
        .layer_count = layers,
        .problems = SDSE_ARENA_ARRAY(e->arena, struct sdse_layer_problem *, layers + 1),
        .forms = SDSE_ARENA_ARRAY(e->arena, struct sdse_weight_form, layers + 1),
        .measured =
            SDSE_ARENA_ARRAY(e->arena, const struct sdse_measured *, layers + 1)};
    if (!entry.problems || !entry.forms || !entry.measured)
        return SDSE_NO_MEMORY;
    bool solved;
    enum sdse_status status =
        sdse_walk_point(&e->walk, point, entry.forms, entry.measured);
    if (!status)
        status = solve_layers(e, &entry, &solved);
    *seconds = 0;
    if (status || !solved)
        return status;
    struct sdse_point_places *places = NULL;
    const double began = sdse_cpu_seconds_now();
    status = sdse_point_reside(e->plan, &entry, 1, e->request->stop, &places);
    *seconds = sdse_cpu_seconds_now() - began;
    sdse_point_places_free(places);
    return status;
}

// Seconds of one point of a choice, on average; 0: none was found.
static enum sdse_status time_choice(struct sdse_estimating *e,
                                    const struct sdse_stay *choice, double *mean_s) {
    const uint64_t all = e->plan->point_count;
    double sum = 0;
    size_t count = 0;
    enum sdse_status status = SDSE_OK;
    for (size_t i = 0; !status && i < SAMPLE && i < all && sum < enough_s; i++) {
        const uint64_t from = i * all / SAMPLE, end = (i + 1) * all / SAMPLE;
        const uint64_t position =
            from + (uint64_t)(sdse_estimating_draw(e) * (double)(end - from));
        struct sdse_point point;
        bool made;
        double seconds = 0;
        status = next_of(e, choice, position, &point, &made);
        if (!status && made)
            status = time_one(e, &point, &seconds);
        if (!status && sdse_estimating_stopped(e))
            status = SDSE_INTERRUPTED;
        sum += seconds;
        count += made;
    }
    *mean_s = count ? sum / (double)count : 0;
    return status;
}

enum sdse_status sdse_estimate_residents(struct sdse_estimating *e) {
    const struct sdse_override *stays = sdse_sweep_stays(e->plan->sweep);
    enum sdse_status status = SDSE_OK;
    e->reside_s = 0;
    sdse_walk_assume_forms(&e->walk);
    for (size_t i = 0; !status && stays && i < stays->value_count; i++) {
        double mean_s = 0;
        if (stays->stays[i].resident)
            status = time_choice(e, &stays->stays[i], &mean_s);
        e->reside_s += mean_s / (double)stays->value_count;
    }
    sdse_walk_name_forms(&e->walk);
    return status;
}
