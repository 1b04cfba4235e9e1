// One run, from its plan to its last commit: an end at any of its steps must leave the
// same file behind.

#include "dse/sweep/sweep.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "dse/sweep/forms.h"
#include "dse/sweep/needs.h"
#include "dse/sweep/running.h"

double sdse_run_elapsed_s(const struct sdse_run *run) {
    return sdse_seconds_now() - run->started_s;
}

bool sdse_run_owns(const struct sdse_run *run, uint64_t position) {
    const uint64_t shards = run->request->shards;
    return !shards || position % shards == run->request->shard;
}

bool sdse_run_stopped(const struct sdse_run *run) {
    return run->request->stop && atomic_load(run->request->stop);
}

enum sdse_status sdse_run_check(struct sdse_run *run, enum sdse_status status) {
    if (status && status != SDSE_INTERRUPTED) {
        const char *what = sdse_status_text(status);
        const char *more = sdse_store_message(run->store);
        const bool says_more = *more && strcmp(what, more) != 0;
        sdse_diag_add(run->diags, SDSE_ERROR,
                      (struct sdse_loc){.file = run->request->database_path}, "results",
                      "%s%s%s", what, says_more ? " " : "", says_more ? more : "");
    }
    return status;
}

// --- Progress ---

enum sdse_status sdse_run_note(struct sdse_run *run, uint64_t position, size_t network,
                               const struct sdse_point_figures *figures) {
    enum sdse_point_status status = figures->status;
    if (run->plan->sweep->limits.set) { // as the views judge it
        const enum sdse_status judged =
            sdse_run_check(run, sdse_store_judge_point(run->store, run->plan->hash,
                                                       position, &status));
        if (judged)
            return judged;
    }
    if (run->scores)
        sdse_run_score(run, position, figures, status);
    run->counted[position / 8] |= (unsigned char)(1u << position % 8);
    run->progress->points_done++;
    run->progress->infeasible += status == SDSE_POINT_INFEASIBLE;
    run->progress->failed += status == SDSE_POINT_ERROR;
    const double area_mm2 = isnan(figures->area_mm2) ? 0 : figures->area_mm2;
    if (status == SDSE_POINT_OK &&
        !sdse_fronts_add(run->fronts, network, figures->energy_pj,
                         figures->latency_cycles, area_mm2))
        return SDSE_NO_MEMORY;
    run->progress->front_size = sdse_fronts_size(run->fronts);
    return SDSE_OK;
}

void sdse_run_report(struct sdse_run *run) {
    run->progress->seconds = sdse_run_elapsed_s(run);
    run->progress->hypervolume = (double)NAN;
    const struct sdse_sweep_search *search = &run->plan->sweep->search;
    if (run->plan->visits)
        run->progress->hypervolume = sdse_fronts_hypervolume(run->fronts, search);
    if (run->request->progress)
        run->request->progress(run->request->context, run->progress);
}

// --- Points ---

enum sdse_status sdse_run_add_point(struct sdse_run *run, uint64_t position) {
    struct sdse_batch *batch = run->gathered;
    struct sdse_batch_point *entry = &batch->points[batch->point_count];
    *entry = (struct sdse_batch_point){0};
    enum sdse_status status = sdse_plan_point(run->plan, position, batch->arena,
                                              &batch->variant, &entry->point);
    if (status)
        return status;
    const struct sdse_point *point = &entry->point;
    if (sdse_store_load_figures(run->store, point->hash,
                                run->plan->sweep->mapper.seconds, &entry->figures)) {
        entry->stored = true;
        batch->point_count++;
        return SDSE_OK;
    }
    status = sdse_run_measure_ahead(run, point);
    if (status)
        return status;
    batch->point_count++;
    const struct sdse_variant *variant = point->variant;
    const struct sdse_workload *workload = run->plan->networks[point->network].workload;
    const struct sdse_form_setting *setting =
        &run->plan->forms[point->form].form->setting;
    entry->layer_count = point->refused ? 0 : workload->layer_count;
    entry->problems = SDSE_ARENA_ARRAY(batch->arena, struct sdse_layer_problem *,
                                       workload->layer_count);
    entry->forms =
        SDSE_ARENA_ARRAY(batch->arena, struct sdse_weight_form, workload->layer_count);
    entry->measured = SDSE_ARENA_ARRAY(batch->arena, const struct sdse_measured *,
                                       workload->layer_count);
    if (!entry->problems || !entry->forms || !entry->measured)
        return SDSE_NO_MEMORY;
    if (point->refused)
        return SDSE_OK;
    entry->resides = variant->resident;
    batch->resident_count += variant->resident;
    struct sdse_network_outputs *outputs = run->plan->networks[point->network].outputs;
    // Distinct words are the words themselves.
    entry->outputs_known =
        outputs && (setting->measured || setting->first == SDSE_UNIQUE_FIRST ||
                    sdse_form_is_raw(setting));
    const struct sdse_weight_faults faults =
        sdse_arch_weight_faults(variant->arch, setting);
    if (faults.any && setting->first == SDSE_BASIS_FIRST)
        entry->outputs_known = false; // faults of shared kernels are not modelled
    if (entry->outputs_known) {
        status = sdse_network_outputs_error(
            outputs, setting, faults.any ? &faults : NULL,
            run->plan->forms[point->form].setting, variant->arch->bits[SDSE_WEIGHTS],
            run->threads, run->diags, &entry->outputs);
        if (status)
            return status;
    }
    if (run->plan->networks[point->network].stored_outputs) {
        entry->outputs_known = true;
        entry->outputs = *run->plan->networks[point->network].stored_outputs;
    }
    for (size_t i = 0; i < workload->layer_count; i++) {
        const struct sdse_layer *layer = &workload->layers[i];
        struct sdse_measured *measured;
        const enum sdse_status found = sdse_run_find_measured(run, point, i, &measured);
        if (found)
            return found;
        sdse_point_layer_form(run->plan, point, i, measured, entry->forms);
        entry->measured[i] = measured;
        bool is_new;
        entry->problems[i] =
            sdse_layer_problem_get(run->problems, variant->arch, variant->search, layer,
                                   &entry->forms[i], &is_new);
        if (!entry->problems[i])
            return SDSE_NO_MEMORY;
        run->progress->problems_total += is_new;
        if (is_new) {
            entry->problems[i]->arch_text = variant->text;
            entry->problems[i]->alike = variant->alike;
            status = sdse_run_add_problem(run, entry->problems[i]);
        }
        if (status)
            return status;
    }
    return SDSE_OK;
}

// --- The run ---

static void log_run(struct sdse_run *run, const char *began, enum sdse_status status) {
    char host[256] = "";
    gethostname(host, sizeof host - 1);
    const struct sdse_run_record record = {
        .sweep = run->plan->hash,
        .host = *host ? host : NULL,
        .started = began,
        .threads = run->threads,
        .seconds = sdse_run_elapsed_s(run),
        .points_done = run->progress->points_done - run->progress->points_reused -
                       run->progress->points_shared,
        .points_reused = run->progress->points_reused,
        .nodes_visited = run->progress->nodes,
        .variants = run->progress->variants,
        .log10_mappings =
            run->progress->mappings > 0 ? log10(run->progress->mappings) : (double)NAN,
        .outcome = status == SDSE_OK            ? "complete"
                   : status == SDSE_INTERRUPTED ? "interrupted"
                                                : "failed"};
    if (sdse_store_begin(run->store))
        return;
    sdse_store_add_run(run->store, &record);
    sdse_store_commit(run->store); // a run that cannot be logged is still a run
}

static bool allocate(struct sdse_run *run) {
    run->threads = run->request->threads ? run->request->threads : sdse_processors();
    run->scratch = sdse_arena_new();
    run->workers = SDSE_ARENA_ARRAY(run->arena, struct sdse_arena *, run->threads);
    run->solvers = SDSE_ARENA_ARRAY(run->arena, struct sdse_solver, run->threads);
    run->known = sdse_arena_new();
    run->gathered = run->batches;
    run->most_problems = SDSE_LEAST_PROBLEMS;
    run->problems = run->known ? sdse_layer_problem_table_new(run->known) : NULL;
    run->measured = sdse_measured_table_new(run->arena);
    run->counted =
        SDSE_ARENA_ARRAY(run->arena, unsigned char, run->plan->point_count / 8 + 1);
    run->fronts = sdse_fronts_new(run->plan->network_count);
    const bool learns =
        run->plan->visits && run->plan->sweep->search.method == SDSE_BY_NSGA2;
    if (learns)
        run->scores = SDSE_ARENA_ARRAY(run->arena, struct sdse_search_score,
                                       run->plan->point_count);
    bool ready = run->scratch && run->workers && run->solvers && run->problems &&
                 run->measured && run->fronts && run->counted &&
                 (run->scores || !learns);
    for (int i = 0; ready && i < 2; i++)
        ready = (run->batches[i].arena = sdse_arena_new()) &&
                (run->batches[i].points = SDSE_ARENA_ARRAY(
                     run->arena, struct sdse_batch_point, SDSE_BATCH_POINTS));
    for (unsigned i = 0; ready && i < run->threads; i++)
        ready =
            (run->workers[i] = sdse_arena_new()) && sdse_solver_init(&run->solvers[i]);
    return ready;
}

static void release(struct sdse_run *run) {
    sdse_parallel_end(run->loop); // after a failure: nothing of it is kept
    for (unsigned i = 0; run->workers && i < run->threads; i++)
        sdse_arena_free(run->workers[i]);
    for (unsigned i = 0; run->solvers && i < run->threads; i++)
        sdse_solver_free(&run->solvers[i]);
    for (int i = 0; i < 2; i++) {
        free(run->batches[i].open);
        free(run->batches[i].lines);
        sdse_batch_forget_places(&run->batches[i]);
        sdse_arena_free(run->batches[i].arena);
    }
    sdse_plan_free(run->plan);
    sdse_arena_free(run->scratch);
    sdse_arena_free(run->known);
    sdse_fronts_free(run->fronts);
    sdse_claims_end(run->claims);
    sdse_store_close(run->store);
    sdse_arena_free(run->arena);
}

// Shards do not see each other's results.
static enum sdse_status refuse_shards(struct sdse_run *run) {
    const struct sdse_sweep_search *search = &run->plan->sweep->search;
    if (!run->request->shards || search->method != SDSE_BY_NSGA2)
        return SDSE_OK;
    sdse_diag_add(run->diags, SDSE_ERROR, search->loc, "search-shards",
                  "nsga2 goes where all results lead, and shards do not see each "
                  "other's: run it in one file, where several runs share it, or search "
                  "by sobol or random");
    return SDSE_INVALID;
}

enum sdse_status sdse_sweep_run(const struct sdse_sweep_request *request,
                                struct sdse_diags *diags,
                                struct sdse_sweep_progress *progress) {
    *progress = (struct sdse_sweep_progress){0};
    const struct sdse_diag *since = diags->last;
    struct sdse_run *run = calloc(1, sizeof *run);
    if (!run)
        return SDSE_NO_MEMORY;
    *run = (struct sdse_run){.request = request,
                             .diags = diags,
                             .progress = progress,
                             .started_s = sdse_seconds_now()};
    char began[32] = "";
    const time_t now = time(NULL);
    struct tm utc;
    if (gmtime_r(&now, &utc))
        strftime(began, sizeof began, "%Y-%m-%dT%H:%M:%SZ", &utc);
    run->arena = sdse_arena_new();
    run->plan = request->plan;
    enum sdse_status status = run->arena ? SDSE_OK : SDSE_NO_MEMORY;
    if (!status && !run->plan)
        status = sdse_plan_load(run->arena, request->sweep_path, request->follow_links,
                                request->shipped, diags, &run->plan);
    if (!status)
        status = refuse_shards(run);
    if (!status)
        status = sdse_store_open(request->database_path, SDSE_MODEL_VERSION, diags,
                                 &run->store);
    if (!status && !allocate(run))
        status = SDSE_NO_MEMORY;
    if (!status && !request->plan)
        status =
            sdse_run_check(run, sdse_claims_begin(run->store, request->database_path,
                                                  run->plan->hash, &run->claims));
    if (!status) {
        const uint64_t all = run->plan->point_count, shards = request->shards;
        progress->points_total =
            shards ? (all + shards - 1 - request->shard) / shards : all;
        status = sdse_run_points(run);
        if (sdse_run_stopped(run) && !status &&
            progress->points_done < progress->points_total)
            status = SDSE_INTERRUPTED;
        log_run(run, began, status);
        sdse_run_report(run);
    }
    sdse_diags_keep_places(diags, since);
    release(run);
    free(run);
    return status;
}
