#include "dse/estimate/walk.h"

#include <stdlib.h>

#include "base/arena_grow.h"
#include "dse/sweep/needs.h"

// --- Accelerators that are searched alike ---

uint64_t sdse_walk_stops(const struct sdse_plan *plan) {
    return plan->visits ? plan->point_count : plan->variant_count;
}

static uint64_t variant_at(const struct sdse_plan *plan, uint64_t stop) {
    if (!plan->visits)
        return stop;
    const struct sdse_point_place place =
        sdse_plan_place(plan, sdse_plan_design(plan, stop));
    return plan->archs[place.arch].first_variant + place.combination;
}

struct alike {
    struct sdse_hash search;
    size_t at;
};

static int compare_alike(const void *a, const void *b) {
    const struct alike *x = a, *y = b;
    const int hashes = sdse_hash_compare(x->search, y->search);
    if (hashes)
        return hashes;
    return x->at < y->at ? -1 : x->at > y->at;
}

static bool list_alike(const struct sdse_walk *walk, struct alike *list) {
    struct sdse_arena *scratch = sdse_arena_new();
    enum sdse_status status = scratch ? SDSE_OK : SDSE_NO_MEMORY;
    for (size_t i = 0; !status && i < walk->stop_count; i++) {
        const struct sdse_variant *variant;
        status = sdse_plan_variant(walk->plan, variant_at(walk->plan, walk->stops[i]),
                                   scratch, &variant);
        if (!status)
            list[i] = (struct alike){variant->search, i};
        sdse_arena_reset(scratch);
    }
    sdse_arena_free(scratch);
    return !status;
}

bool sdse_walk_begin(struct sdse_walk *walk, const struct sdse_plan *plan,
                     const uint64_t *stops, size_t count, struct sdse_arena *arena) {
    *walk = (struct sdse_walk){
        .plan = plan, .arena = arena, .stop_count = count, .stops = stops};
    walk->measured = sdse_measured_table_new(arena);
    walk->next_alike = SDSE_ARENA_ARRAY(arena, size_t, count);
    walk->later = SDSE_ARENA_ARRAY(arena, bool, count);
    struct alike *sorted = SDSE_ARENA_ARRAY(arena, struct alike, count);
    if (!walk->measured || !walk->next_alike || !walk->later || !sorted ||
        !list_alike(walk, sorted))
        return false;
    qsort(sorted, count, sizeof *sorted, compare_alike);
    for (size_t i = 0; i < count; i++) {
        const struct alike *next = i + 1 < count ? &sorted[i + 1] : NULL;
        const bool same = next && sdse_hash_same(next->search, sorted[i].search);
        walk->next_alike[sorted[i].at] = same ? next->at : sorted[i].at;
        if (same)
            walk->later[next->at] = true;
    }
    return true;
}

// --- Forms ---

// A form that no other entry has, until this one is measured.
static struct sdse_weight_form name_of(const struct sdse_measured *entry) {
    const struct sdse_hash hash = entry->record.hash;
    return (struct sdse_weight_form){
        .smartdeal = true,
        .basis_size = 1,
        .rows = hash.high,
        .blocks = hash.low,
        .density = (double)((hash.low >> 11) + 1) * 0x1p-53,
        .row_density = (double)((hash.high >> 11) + 1) * 0x1p-53};
}

static bool list_form(struct sdse_walk *walk, const struct sdse_point *point,
                      size_t layer, struct sdse_measured *entry) {
    if (entry->queued)
        return true;
    struct sdse_walk_form *forms =
        sdse_arena_grow(walk->arena, walk->forms, walk->form_count,
                        &walk->form_capacity, sizeof *forms);
    if (!forms)
        return false;
    walk->forms = forms;
    const struct sdse_nest *nest = &entry->layer->nest;
    struct sdse_walk_form *form = &walk->forms[walk->form_count++];
    *form = (struct sdse_walk_form){
        .entry = entry,
        .name = name_of(entry),
        .words = sdse_tile_words(nest, SDSE_WEIGHTS, nest->bound),
        .network = point->network,
        .layer = layer,
        .form = point->form};
    entry->record.form = form->name;
    entry->queued = true;
    return true;
}

void sdse_walk_name_forms(struct sdse_walk *walk) {
    for (size_t i = 0; i < walk->form_count; i++)
        walk->forms[i].entry->record.form = walk->forms[i].name;
}

void sdse_walk_assume_forms(struct sdse_walk *walk) {
    for (size_t i = 0; i < walk->form_count; i++)
        walk->forms[i].entry->record.form = walk->forms[i].assumed;
}

enum sdse_status sdse_walk_point(struct sdse_walk *walk, const struct sdse_point *point,
                                 struct sdse_weight_form *forms,
                                 const struct sdse_measured **measured) {
    const size_t layers = walk->plan->networks[point->network].workload->layer_count;
    for (size_t i = 0; i < layers; i++) {
        struct sdse_measured *entry;
        const enum sdse_status status =
            sdse_point_measured(walk->plan, point, i, walk->measured, &entry);
        if (status)
            return status;
        if (entry && !list_form(walk, point, i, entry))
            return SDSE_NO_MEMORY;
        sdse_point_layer_form(walk->plan, point, i, entry, forms);
        measured[i] = entry;
    }
    return SDSE_OK;
}

// --- Points ---

struct walking {
    struct sdse_walk *walk;
    struct sdse_arena *arena; // of one accelerator
    struct sdse_layer_problem_table *table;
    bool new_accelerator;
    enum sdse_status (*visit)(void *context, const struct sdse_walk_step *step);
    void *context;
};

static enum sdse_status walk_point(struct walking *w, uint64_t position,
                                   const struct sdse_variant **made) {
    const struct sdse_plan *plan = w->walk->plan;
    struct sdse_point *point = SDSE_ARENA_NEW(w->arena, struct sdse_point);
    if (!point || sdse_plan_point(plan, position, w->arena, made, point))
        return SDSE_NO_MEMORY;
    const struct sdse_variant *variant = point->variant;
    const struct sdse_workload *workload = plan->networks[point->network].workload;
    const size_t layers = workload->layer_count;
    if (point->refused)
        return SDSE_OK;
    struct sdse_weight_form *forms =
        SDSE_ARENA_ARRAY(w->arena, struct sdse_weight_form, layers);
    const struct sdse_measured **measured =
        SDSE_ARENA_ARRAY(w->arena, const struct sdse_measured *, layers);
    if (!forms || !measured)
        return SDSE_NO_MEMORY;
    enum sdse_status status = sdse_walk_point(w->walk, point, forms, measured);
    for (size_t i = 0; !status && i < layers; i++) {
        struct sdse_walk_step step = {.point = point,
                                      .layer = i,
                                      .measured = measured[i],
                                      .new_accelerator = w->new_accelerator};
        step.problem =
            sdse_layer_problem_get(w->table, variant->arch, variant->search,
                                   &workload->layers[i], &forms[i], &step.is_new);
        status = step.problem ? w->visit(w->context, &step) : SDSE_NO_MEMORY;
        w->new_accelerator = false;
    }
    return status;
}

static enum sdse_status walk_stop(struct walking *w, uint64_t stop) {
    const struct sdse_plan *plan = w->walk->plan;
    const struct sdse_variant *made = NULL;
    enum sdse_status status = SDSE_OK;
    if (plan->visits)
        return walk_point(w, stop, &made);
    for (size_t n = 0; n < plan->network_count; n++)
        for (size_t f = 0; !status && f < plan->form_count; f++)
            status = walk_point(w, sdse_plan_position(plan, n, stop, f), &made);
    return status;
}

enum sdse_status sdse_walk_all(struct sdse_walk *walk,
                               enum sdse_status (*visit)(void *context,
                                                         const struct sdse_walk_step *),
                               void *context) {
    struct walking w = {
        .walk = walk, .arena = sdse_arena_new(), .visit = visit, .context = context};
    enum sdse_status status = w.arena ? SDSE_OK : SDSE_NO_MEMORY;
    for (size_t first = 0; !status && first < walk->stop_count; first++) {
        if (walk->later[first])
            continue;
        sdse_arena_reset(w.arena);
        w.table = sdse_layer_problem_table_new(w.arena);
        w.new_accelerator = true;
        status = w.table ? SDSE_OK : SDSE_NO_MEMORY;
        for (size_t i = first; !status; i = walk->next_alike[i]) {
            status = walk_stop(&w, walk->stops[i]);
            if (walk->next_alike[i] == i)
                break;
        }
    }
    sdse_arena_free(w.arena);
    return status;
}
