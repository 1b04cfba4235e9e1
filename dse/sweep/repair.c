#include "dse/sweep/repair.h"

#include <string.h>

#include "dse/sweep/stored_plan.h"
#include "dse/sweep/sweep.h"
#include "results/store/salvage.h"
#include "results/store/stored_point.h"

struct repairing {
    const struct sdse_repair_request *request;
    struct sdse_reader *damaged;
    struct sdse_diags *diags;
    struct sdse_arena *arena;
    struct sdse_repaired *out;
    struct sdse_salvaged salvaged;
    struct sdse_plan **plans; // [plan_count], of the points that can be solved again
    size_t plan_count;
    struct sdse_hash *made; // [made_count], sweeps that the repair has run
    size_t made_count;
};

static enum sdse_status open_store(struct repairing *r, struct sdse_store **store) {
    return sdse_store_open(r->request->temporary_path, SDSE_MODEL_VERSION, r->diags,
                           store);
}

// ---- what is lost, as plans ----

static void name_lost(struct repairing *r, const struct sdse_stored_point *point,
                      int64_t id, const char *why) {
    r->out->lost++;
    sdse_diag_add(r->diags, SDSE_ERROR,
                  (struct sdse_loc){.file = r->request->database_path}, "repair-lost",
                  "point %lld (%.80s, %.80s, %.80s): %s", (long long)id,
                  point->workload_name ? point->workload_name : "?",
                  point->arch_name ? point->arch_name : "?",
                  point->form_name ? point->form_name : "?", why);
}

// Whether every form that the plan takes from the database is in the new one.
static bool has_forms(struct sdse_store *store, const struct sdse_plan *plan) {
    const struct sdse_network_input *network = plan->networks;
    const struct sdse_workload *workload = network->workload;
    static const struct sdse_hash none;
    for (size_t i = 0; network->stored_forms && i < workload->layer_count; i++)
        if (memcmp(&network->stored_forms[i], &none, sizeof none) != 0 &&
            !sdse_store_has_form(store, network->stored_forms[i]))
            return false;
    return true;
}

// Whether the point's names and parameters are those that it was stored under.
static bool is_design(const struct sdse_stored_point *point) {
    const struct sdse_point_record record = {.arch_name = point->arch_name,
                                             .workload_name = point->workload_name,
                                             .form_name = point->form_name,
                                             .objective = point->objective,
                                             .parameter_count = point->parameter_count,
                                             .parameters = point->parameters};
    const struct sdse_hash design = sdse_store_design(&record);
    return memcmp(&design, &point->design, sizeof design) == 0;
}

// Why a point cannot be solved again; NULL if it can.
static const char *judge(struct repairing *r, struct sdse_store *store,
                         struct sdse_lost_point *lost,
                         const struct sdse_stored_point *point,
                         const struct sdse_stored_plan *stored) {
    if (!stored->proven && sdse_salvage_confirms(r->damaged, lost->id, stored->hash)) {
        stored->plan->listed[0].hash = stored->hash; // its own name was damaged
    } else if (!stored->proven) {
        if (!lost->row)
            return "what it was made of is damaged, or came from files that are not in "
                   "the database";
        if (!is_design(point))
            return "its parameters are damaged";
        if (!lost->parts)
            return "its layers or parameters are damaged, and what it was made of came "
                   "from files that are not in the database";
        if (!has_forms(store, stored->plan))
            return "the forms of its weights are damaged, and came from files that are "
                   "not in the database";
    }
    lost->is = stored->plan->listed[0].hash;
    return NULL;
}

static enum sdse_status plan_lost(struct repairing *r, struct sdse_store *store,
                                  struct sdse_lost_point *lost) {
    struct sdse_diags quiet;
    struct sdse_stored_point point;
    struct sdse_stored_plan stored;
    sdse_diags_init(&quiet, r->arena);
    enum sdse_status status =
        sdse_stored_point_load(r->damaged, lost->id, r->arena, &quiet, &point);
    if (!status)
        status = sdse_plan_stored(r->arena, r->request->database_path, &point, &quiet,
                                  &stored);
    if (status == SDSE_NO_MEMORY)
        return status;
    const char *why = status && quiet.first ? quiet.first->message
                      : status              ? "it cannot be read"
                                            : judge(r, store, lost, &point, &stored);
    if (why)
        name_lost(r, &point, lost->id, why);
    else
        r->plans[r->plan_count++] = stored.plan;
    return SDSE_OK;
}

static enum sdse_status plan_all(struct repairing *r, struct sdse_store *store) {
    const size_t count = r->salvaged.lost_count;
    enum sdse_status status = SDSE_OK;
    r->plan_count = r->made_count = 0;
    r->plans = SDSE_ARENA_ARRAY(r->arena, struct sdse_plan *, count + 1);
    r->made = SDSE_ARENA_ARRAY(r->arena, struct sdse_hash, count + 1);
    if (!r->plans || !r->made)
        return SDSE_NO_MEMORY;
    for (size_t i = 0; !status && i < count; i++)
        status = plan_lost(r, store, &r->salvaged.lost[i]);
    return status;
}

// ---- solving ----

static bool goes_with(const struct sdse_plan *a, const struct sdse_plan *b) {
    const struct sdse_sweep_mapper *m = &a->sweep->mapper, *n = &b->sweep->mapper;
    return a->sweep->objective == b->sweep->objective && m->seconds == n->seconds &&
           m->uneven == n->uneven && m->free_bypass == n->free_bypass &&
           m->imperfect_percent == n->imperfect_percent;
}

// Points that share their objective and mapper are one run.
static enum sdse_status solve(struct repairing *r) {
    struct sdse_plan **group =
        SDSE_ARENA_ARRAY(r->arena, struct sdse_plan *, r->plan_count + 1);
    if (!group)
        return SDSE_NO_MEMORY;
    enum sdse_status status = SDSE_OK;
    for (size_t left = r->plan_count; !status && left;) {
        size_t count = 0, kept = 0;
        const struct sdse_plan *first = r->plans[0];
        for (size_t i = 0; i < left; i++) {
            if (goes_with(first, r->plans[i]))
                group[count++] = r->plans[i];
            else
                r->plans[kept++] = r->plans[i];
        }
        left = kept;
        struct sdse_plan *plan = sdse_plan_join(r->arena, group, count);
        if (!plan)
            return SDSE_NO_MEMORY;
        r->made[r->made_count++] = plan->hash;
        struct sdse_sweep_progress progress;
        const struct sdse_sweep_request request = {.database_path =
                                                       r->request->temporary_path,
                                                   .threads = r->request->threads,
                                                   .stop = r->request->stop,
                                                   .plan = plan};
        status = sdse_sweep_run(&request, r->diags, &progress);
        r->out->points += count;
    }
    return status;
}

enum sdse_status sdse_repair_put(const struct sdse_repair_request *request,
                                 struct sdse_diags *diags) {
    return sdse_salvage_replace(request->temporary_path, request->database_path, diags);
}

// ---- all of it ----

static enum sdse_status end(struct repairing *r) {
    struct sdse_store *store = NULL;
    enum sdse_status status = open_store(r, &store);
    if (!status)
        status = sdse_salvage_end(r->damaged, store, &r->salvaged, r->made,
                                  r->made_count, r->diags);
    if (!status)
        r->out->is_same = sdse_salvage_is_whole(r->damaged, store);
    sdse_store_close(store);
    return status;
}

// What is intact goes to the temporary file, and what was lost after it.
static enum sdse_status attempt(struct repairing *r, bool all) {
    struct sdse_store *store = NULL;
    const size_t before = r->diags->errors;
    r->out->points = r->out->lost = 0;
    r->out->all = all;
    enum sdse_status status = open_store(r, &store);
    if (!status)
        status = sdse_salvage(r->damaged, store, all, r->arena, r->diags, &r->salvaged);
    if (!status)
        status = plan_all(r, store);
    sdse_store_close(store);
    r->out->bad_rows = r->salvaged.bad_rows;
    if (!status && r->diags->errors > before && !r->request->force)
        return SDSE_INVALID;
    if (!status)
        status = solve(r);
    return status ? status : end(r);
}

enum sdse_status sdse_repair(const struct sdse_repair_request *request,
                             struct sdse_reader *damaged, struct sdse_diags *diags,
                             struct sdse_repaired *out) {
    *out = (struct sdse_repaired){0};
    struct repairing r = {.request = request,
                          .damaged = damaged,
                          .diags = diags,
                          .arena = sdse_arena_new(),
                          .out = out};
    if (!r.arena)
        return SDSE_NO_MEMORY;
    const size_t errors = diags->errors;
    enum sdse_status status = attempt(&r, false);
    if (!status && !out->is_same && diags->errors == errors)
        status = sdse_salvage_begin_anew(request->temporary_path, diags);
    if (!status && !out->is_same && diags->errors == errors)
        status = attempt(&r, true);
    const bool lost = diags->errors > errors;
    sdse_arena_free(r.arena);
    return status ? status : lost ? SDSE_INVALID : SDSE_OK;
}
