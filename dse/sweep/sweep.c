// One file, though long: one run, from its plan to its last commit; every step shares
// the state of what is under way, and an end at any of them must leave the same file
// behind.

#include "dse/sweep/sweep.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/pool.h"
#include "dse/sweep/batch.h"
#include "dse/sweep/needs.h"
#include "results/look/pareto.h"

// A batch is closed when it has this many problems to solve or this many points: a kill
// loses at most that much.
enum { BATCH_PROBLEMS = 32, BATCH_POINTS = 64 };

// Words that are measured ahead, unless the request says how many.
enum { AHEAD_WORDS = 32 * 1024 * 1024 };

enum { FRONT_OBJECTIVES = 3 };

struct run {
    const struct sdse_sweep_request *request;
    struct sdse_diags *diags;
    struct sdse_arena *arena;                // lives as long as the run
    struct sdse_arena *scratch;              // reset after every point written
    struct sdse_arena **workers;             // one arena each
    struct sdse_serial_known **serial_known; // and one of these
    unsigned threads;
    struct sdse_plan *plan;
    struct sdse_store *store;
    struct sdse_layer_problem_table *problems;
    struct sdse_measured_table *measured;
    struct sdse_sweep_progress *progress;
    struct timespec started;

    struct sdse_batch_point points[BATCH_POINTS]; // of the batch under way
    size_t point_count;
    struct sdse_layer_problem **open; // problems of the batch that must be solved
    size_t open_count, open_capacity;
    double *figures; // [point_count of the plan][FRONT_OBJECTIVES], stored points only
    size_t *figure_network; // [point_count of the plan], whose figures they are
    size_t figure_count;
    double *own;   // room for the figures of one network
    size_t *front; // and for its front
};

static double elapsed_s(const struct run *run) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - run->started.tv_sec) +
           (double)(now.tv_nsec - run->started.tv_nsec) * 1e-9;
}

// Whether the point is this run's to compute.
static bool is_mine(const struct run *run, size_t position) {
    const uint64_t shards = run->request->shards;
    return !shards || position % shards == run->request->shard;
}

static bool stopped(const struct run *run) {
    return run->request->stop && atomic_load(run->request->stop);
}

// What the store could not do becomes a diagnostic; the status goes up unchanged.
static enum sdse_status checked(struct run *run, enum sdse_status status) {
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

static enum sdse_status note_figures(struct run *run, size_t position,
                                     const struct sdse_point_figures *figures) {
    enum sdse_point_status status = figures->status;
    if (run->plan->sweep->limits.set) { // as the views judge it
        const enum sdse_status judged = checked(
            run, sdse_store_judge_point(run->store, run->plan->hash,
                                        run->plan->points[position].hash, &status));
        if (judged)
            return judged;
    }
    run->progress->points_done++;
    run->progress->infeasible += status == SDSE_POINT_INFEASIBLE;
    run->progress->failed += status == SDSE_POINT_ERROR;
    if (status != SDSE_POINT_OK)
        return SDSE_OK;
    run->figure_network[run->figure_count] = run->plan->points[position].network;
    double *row = run->figures + run->figure_count++ * FRONT_OBJECTIVES;
    row[0] = figures->energy_pj;
    row[1] = figures->latency_cycles;
    row[2] = isnan(figures->area_mm2) ? 0 : figures->area_mm2;
    return SDSE_OK;
}

// Networks do not compete: each has a front of its own.
static enum sdse_status count_fronts(struct run *run) {
    size_t sum = 0;
    for (size_t n = 0; n < run->plan->network_count; n++) {
        size_t points = 0, count = 0;
        for (size_t i = 0; i < run->figure_count; i++)
            if (run->figure_network[i] == n)
                memcpy(run->own + points++ * FRONT_OBJECTIVES,
                       run->figures + i * FRONT_OBJECTIVES,
                       FRONT_OBJECTIVES * sizeof *run->own);
        const enum sdse_status status =
            points ? sdse_pareto_front(run->own, points, FRONT_OBJECTIVES, run->front,
                                       &count)
                   : SDSE_OK;
        if (status)
            return status;
        sum += count;
    }
    run->progress->front_size = sum;
    return SDSE_OK;
}

static enum sdse_status report(struct run *run) {
    run->progress->seconds = elapsed_s(run);
    const enum sdse_status status = count_fronts(run);
    if (run->request->progress)
        run->request->progress(run->request->context, run->progress);
    return status;
}

// --- Solving ---

static void solve_one(void *context, unsigned worker, size_t index) {
    struct run *run = context;
    if (stopped(run))
        return;
    // A problem that runs out of memory stays open; its points are then not written.
    sdse_layer_problem_solve(run->open[index], run->workers[worker],
                             &run->plan->sweep->mapper, run->serial_known[worker],
                             run->request->stop);
}

static enum sdse_status solve_open(struct run *run) {
    const enum sdse_status status =
        sdse_parallel_for(run->open_count, run->threads, solve_one, run);
    if (status)
        return status;
    for (size_t i = 0; i < run->open_count; i++) {
        run->progress->nodes += run->open[i]->nodes;
        run->progress->variants += run->open[i]->variants;
        if (run->open[i]->nodes)
            run->progress->mappings += pow(10, run->open[i]->log10_mappings);
        run->progress->problems_done += run->open[i]->state != SDSE_LAYER_PROBLEM_OPEN;
        if (run->open[i]->state == SDSE_LAYER_PROBLEM_OPEN && !stopped(run))
            return SDSE_NO_MEMORY;
    }
    return SDSE_OK;
}

// A front that an earlier run has stored: proved, or left at the limit of this run.
static bool load_front(struct run *run, struct sdse_layer_problem *problem) {
    struct sdse_front_record record;
    const double seconds = run->plan->sweep->mapper.seconds;
    if (!sdse_store_load_front(run->store, problem->hash, run->arena, &record) &&
        (seconds <= 0 || !sdse_store_load_front(
                             run->store, sdse_layer_problem_limited(problem, seconds),
                             run->arena, &record)))
        return false;
    problem->elements =
        SDSE_ARENA_ARRAY(run->arena, struct sdse_tradeoff, record.count);
    problem->mappings = SDSE_ARENA_ARRAY(run->arena, const char *, record.count);
    if (!problem->elements || !problem->mappings)
        return false;
    for (size_t i = 0; i < record.count; i++) {
        problem->elements[i] = (struct sdse_tradeoff){
            record.elements[i].energy_pj, (double)record.elements[i].latency_cycles};
        problem->mappings[i] = record.elements[i].mapping;
    }
    problem->count = record.count;
    problem->proof = record.proof;
    problem->front = record.hash;
    problem->seconds_limit = record.seconds_limit;
    problem->gap = record.gap;
    problem->hint = record.hint;
    problem->state = SDSE_LAYER_PROBLEM_SOLVED;
    run->progress->problems_done++;
    return true;
}

static enum sdse_status add_open(struct run *run, struct sdse_layer_problem *problem) {
    if (run->open_count == run->open_capacity) {
        const size_t capacity = run->open_capacity ? 2 * run->open_capacity : 256;
        struct sdse_layer_problem **grown =
            realloc(run->open, capacity * sizeof(struct sdse_layer_problem *));
        if (!grown)
            return SDSE_NO_MEMORY;
        run->open = grown;
        run->open_capacity = capacity;
    }
    run->open[run->open_count++] = problem;
    return SDSE_OK;
}

// --- Batches ---

static enum sdse_status flush(struct run *run) {
    enum sdse_status status = solve_open(run);
    if (!status && run->point_count)
        status = checked(run, sdse_store_begin(run->store));
    if (status)
        return status;
    const struct sdse_sweep_progress before = *run->progress;
    const size_t figures_before = run->figure_count;
    for (size_t i = 0; !status && i < run->point_count; i++) {
        struct sdse_point_figures figures;
        status =
            checked(run, sdse_batch_write_point(run->plan, &run->points[i], run->store,
                                                run->scratch, &figures));
        sdse_arena_reset(run->scratch);
        if (!status)
            status = note_figures(run, run->points[i].position, &figures);
    }
    // What came before an interruption is committed; after a failure nothing is.
    if (run->point_count) {
        bool kept = !status || status == SDSE_INTERRUPTED;
        if (kept) {
            const enum sdse_status committed =
                checked(run, sdse_store_commit(run->store));
            kept = !committed;
            status = committed ? committed : status;
        }
        if (!kept) {
            sdse_store_rollback(run->store);
            run->progress->points_done = before.points_done;
            run->progress->infeasible = before.infeasible;
            run->progress->failed = before.failed;
            run->figure_count = figures_before;
        }
    }
    run->point_count = run->open_count = 0;
    report(run);
    return status;
}

// --- Measured forms ---

static enum sdse_status find_measured(struct run *run, const struct sdse_point *point,
                                      size_t layer_index,
                                      struct sdse_measured **entry) {
    return sdse_point_measured(run->plan, point, layer_index, run->measured, entry);
}

// Layers to measure, found in points ahead.
struct ahead {
    size_t count, capacity;
    struct sdse_measured **entries;
    uint64_t words; // that are decomposed
};

// Whether one that is queued is decomposed alike.
static bool is_alike(const struct ahead *ahead, const struct sdse_measured *entry) {
    for (size_t i = 0; i < ahead->count; i++)
        if (sdse_measured_alike(ahead->entries[i], entry))
            return true;
    return false;
}

static enum sdse_status queue_entry(struct run *run, struct ahead *ahead,
                                    struct sdse_measured *entry) {
    if (entry->known || entry->queued)
        return SDSE_OK;
    // What an earlier run has measured.
    if (sdse_store_load_form(run->store, entry->record.hash, &entry->record)) {
        entry->known = true;
        return SDSE_OK;
    }
    if (ahead->count == ahead->capacity) {
        const size_t capacity = ahead->capacity ? 2 * ahead->capacity : 64;
        struct sdse_measured **grown =
            realloc(ahead->entries, capacity * sizeof(struct sdse_measured *));
        if (!grown)
            return SDSE_NO_MEMORY;
        ahead->entries = grown;
        ahead->capacity = capacity;
    }
    const struct sdse_nest *nest = &entry->layer->nest;
    if (!is_alike(ahead, entry))
        ahead->words += sdse_tile_words(nest, SDSE_WEIGHTS, nest->bound);
    ahead->entries[ahead->count++] = entry;
    entry->queued = true;
    return SDSE_OK;
}

// Queues what the point needs: everything, or what is decomposed with what is queued.
static enum sdse_status queue_point(struct run *run, size_t position,
                                    const bool *is_stored, bool only_alike,
                                    struct ahead *ahead) {
    const struct sdse_point *point = &run->plan->points[position];
    const size_t layers = run->plan->networks[point->network].workload->layer_count;
    const bool needed =
        !is_stored[position] && is_mine(run, position) && !point->refused;
    enum sdse_status status = SDSE_OK;
    for (size_t l = 0; needed && !status && l < layers; l++) {
        struct sdse_measured *entry;
        status = find_measured(run, point, l, &entry);
        if (!status && entry && (!only_alike || is_alike(ahead, entry)))
            status = queue_entry(run, ahead, entry);
    }
    return status;
}

static enum sdse_status queue_ahead(struct run *run, size_t position,
                                    const bool *is_stored, struct ahead *ahead) {
    const struct sdse_plan *plan = run->plan;
    const uint64_t asked = run->request->ahead_words;
    const uint64_t most_words = asked ? asked : AHEAD_WORDS;
    enum sdse_status status = SDSE_OK;
    size_t i = position;
    for (; !status && i < plan->point_count && i < position + BATCH_POINTS &&
           (i == position || ahead->words < most_words);
         i++)
        status = queue_point(run, i, is_stored, false, ahead);
    // The other forms of the same accelerator and network that cost little beside.
    const struct sdse_point *last = &plan->points[i - 1];
    for (;
         !status && i < plan->point_count && plan->points[i].network == last->network &&
         plan->points[i].variant == last->variant;
         i++)
        status = queue_point(run, i, is_stored, true, ahead);
    return status;
}

static enum sdse_status store_measured(struct run *run, const struct ahead *ahead) {
    enum sdse_status status = checked(run, sdse_store_begin(run->store));
    for (size_t i = 0; !status && i < ahead->count; i++)
        if (ahead->entries[i]->known)
            status = checked(
                run, sdse_store_add_form(run->store, &ahead->entries[i]->record));
    if (!status)
        return checked(run, sdse_store_commit(run->store));
    sdse_store_rollback(run->store);
    return status;
}

static void report_failed(struct run *run, const struct ahead *ahead) {
    for (size_t i = 0; i < ahead->count; i++) {
        for (const struct sdse_diag *diag = ahead->entries[i]->reason; diag;
             diag = diag->next)
            sdse_diag_add(run->diags, diag->severity, diag->loc, diag->check, "%s",
                          diag->message);
    }
}

// Measures what the point at `position` needs, with what its next ones need. The
// results are stored at once: they took long to get.
static enum sdse_status measure_ahead(struct run *run, size_t position,
                                      const bool *is_stored) {
    const struct sdse_point *point = &run->plan->points[position];
    const size_t layers = run->plan->networks[point->network].workload->layer_count;
    bool missing = false;
    for (size_t l = 0; l < layers && !missing && !point->refused; l++) {
        struct sdse_measured *entry;
        const enum sdse_status found = find_measured(run, point, l, &entry);
        if (found)
            return found;
        missing = entry && !entry->known;
    }
    if (!missing)
        return SDSE_OK;
    struct ahead ahead = {0};
    enum sdse_status status = queue_ahead(run, position, is_stored, &ahead);
    if (!status)
        status = sdse_measure_all(ahead.entries, ahead.count, run->threads,
                                  run->workers, run->request->stop);
    report_failed(run, &ahead);
    if (!status && ahead.count)
        status = store_measured(run, &ahead);
    for (size_t i = 0; i < ahead.count; i++)
        ahead.entries[i]->queued = false;
    free(ahead.entries);
    if (!status && ahead.count)
        report(run);
    return !status && stopped(run) ? SDSE_INTERRUPTED : status;
}

// --- Points ---

static enum sdse_status add_point(struct run *run, size_t position) {
    const struct sdse_point *point = &run->plan->points[position];
    const struct sdse_variant *variant = &run->plan->variants[point->variant];
    const struct sdse_workload *workload = run->plan->networks[point->network].workload;
    const struct sdse_form_setting *setting =
        &run->plan->forms[point->form].form->setting;
    struct sdse_batch_point *entry = &run->points[run->point_count++];
    *entry = (struct sdse_batch_point){
        .position = position,
        .layer_count = point->refused ? 0 : workload->layer_count,
        .problems = SDSE_ARENA_ARRAY(run->arena, struct sdse_layer_problem *,
                                     workload->layer_count),
        .forms = SDSE_ARENA_ARRAY(run->arena, struct sdse_weight_form,
                                  workload->layer_count),
        .measured = SDSE_ARENA_ARRAY(run->arena, const struct sdse_measured *,
                                     workload->layer_count)};
    if (!entry->problems || !entry->forms || !entry->measured)
        return SDSE_NO_MEMORY;
    if (point->refused)
        return SDSE_OK;
    struct sdse_network_outputs *outputs = run->plan->networks[point->network].outputs;
    // Distinct words are the words themselves.
    entry->outputs_known =
        outputs && (setting->measured || setting->first == SDSE_UNIQUE_FIRST ||
                    (!setting->smartdeal && !setting->first));
    const struct sdse_weight_faults faults =
        sdse_arch_weight_faults(variant->arch, setting);
    if (faults.any && setting->first == SDSE_BASIS_FIRST)
        entry->outputs_known = false; // faults of shared kernels are not modelled
    if (entry->outputs_known) {
        const enum sdse_status status = sdse_network_outputs_error(
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
        const enum sdse_status found = find_measured(run, point, i, &measured);
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
        if (!is_new || load_front(run, entry->problems[i]))
            continue;
        const enum sdse_status status = add_open(run, entry->problems[i]);
        if (status)
            return status;
    }
    return SDSE_OK;
}

// Points that are stored already only get their place in this sweep.
static enum sdse_status reuse_stored(struct run *run, bool *is_stored) {
    enum sdse_status status = checked(run, sdse_store_begin(run->store));
    if (!status)
        status = checked(run, sdse_batch_write_inputs(run->plan, run->store));
    for (size_t i = 0; !status && i < run->plan->point_count; i++) {
        struct sdse_point_figures figures;
        const struct sdse_hash hash = run->plan->points[i].hash;
        if (!is_mine(run, i))
            continue;
        is_stored[i] = sdse_store_load_figures(
            run->store, hash, run->plan->sweep->mapper.seconds, &figures);
        if (!is_stored[i])
            continue;
        status =
            checked(run, sdse_store_link_point(run->store, run->plan->hash, i, hash));
        if (!status)
            status = note_figures(run, i, &figures);
        run->progress->points_reused++;
    }
    if (!status)
        return checked(run, sdse_store_commit(run->store));
    sdse_store_rollback(run->store);
    return status;
}

static enum sdse_status run_points(struct run *run) {
    bool *is_stored = SDSE_ARENA_ARRAY(run->arena, bool, run->plan->point_count);
    if (!is_stored)
        return SDSE_NO_MEMORY;
    enum sdse_status status = reuse_stored(run, is_stored);
    report(run);
    for (size_t i = 0; !status && i < run->plan->point_count; i++) {
        if (stopped(run))
            return SDSE_INTERRUPTED;
        if (is_stored[i] || !is_mine(run, i))
            continue;
        status = measure_ahead(run, i, is_stored);
        if (!status)
            status = add_point(run, i);
        if (!status &&
            (run->open_count >= BATCH_PROBLEMS || run->point_count == BATCH_POINTS))
            status = flush(run);
    }
    return status ? status : flush(run);
}

// --- The run ---

static void log_run(struct run *run, const char *began, enum sdse_status status) {
    char host[256] = "";
    gethostname(host, sizeof host - 1);
    const struct sdse_run_record record = {
        .sweep = run->plan->hash,
        .host = *host ? host : NULL,
        .started = began,
        .threads = run->threads,
        .seconds = elapsed_s(run),
        .points_done = run->progress->points_done - run->progress->points_reused,
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

static bool allocate(struct run *run) {
    run->threads = run->request->threads ? run->request->threads : sdse_processors();
    run->scratch = sdse_arena_new();
    run->workers = SDSE_ARENA_ARRAY(run->arena, struct sdse_arena *, run->threads);
    run->serial_known =
        SDSE_ARENA_ARRAY(run->arena, struct sdse_serial_known *, run->threads);
    run->problems = sdse_layer_problem_table_new(run->arena);
    run->measured = sdse_measured_table_new(run->arena);
    run->figures =
        SDSE_ARENA_ARRAY(run->arena, double, run->plan->point_count *FRONT_OBJECTIVES);
    const size_t points = run->plan->point_count;
    run->figure_network = SDSE_ARENA_ARRAY(run->arena, size_t, points);
    run->own = SDSE_ARENA_ARRAY(run->arena, double, points *FRONT_OBJECTIVES);
    run->front = SDSE_ARENA_ARRAY(run->arena, size_t, points + 1);
    bool ready = run->figure_network && run->own && run->front && run->scratch &&
                 run->workers && run->serial_known && run->problems && run->measured &&
                 run->figures;
    for (unsigned i = 0; ready && i < run->threads; i++)
        ready = (run->workers[i] = sdse_arena_new()) &&
                (run->serial_known[i] = sdse_serial_known_new());
    return ready;
}

static void release(struct run *run) {
    for (unsigned i = 0; run->workers && i < run->threads; i++)
        sdse_arena_free(run->workers[i]);
    for (unsigned i = 0; run->serial_known && i < run->threads; i++)
        sdse_serial_known_free(run->serial_known[i]);
    free(run->open);
    sdse_plan_free(run->plan);
    sdse_arena_free(run->scratch);
    sdse_store_close(run->store);
    sdse_arena_free(run->arena);
}

// Paths of networks and accelerators live in the run's arena; the caller prints them
// later.
static void keep_places(struct sdse_diags *diags, const struct sdse_diag *since) {
    struct sdse_diag *diag = since ? since->next : diags->first;
    for (; diag; diag = diag->next)
        diag->loc.file = sdse_arena_strdup(diags->arena, diag->loc.file);
}

enum sdse_status sdse_sweep_run(const struct sdse_sweep_request *request,
                                struct sdse_diags *diags,
                                struct sdse_sweep_progress *progress) {
    *progress = (struct sdse_sweep_progress){0};
    const struct sdse_diag *since = diags->last;
    struct run *run = calloc(1, sizeof *run);
    if (!run)
        return SDSE_NO_MEMORY;
    *run = (struct run){.request = request, .diags = diags, .progress = progress};
    clock_gettime(CLOCK_MONOTONIC, &run->started);
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
                                diags, &run->plan);
    if (!status)
        status = sdse_store_open(request->database_path, SDSE_MODEL_VERSION, diags,
                                 &run->store);
    if (!status && !allocate(run))
        status = SDSE_NO_MEMORY;
    if (!status) {
        for (size_t i = 0; i < run->plan->point_count; i++)
            progress->points_total += is_mine(run, i);
        status = run_points(run);
        if (stopped(run) && !status && progress->points_done < progress->points_total)
            status = SDSE_INTERRUPTED;
        log_run(run, began, status);
        const enum sdse_status counted = report(run);
        status = status ? status : counted;
    }
    keep_places(diags, since);
    release(run);
    free(run);
    return status;
}
