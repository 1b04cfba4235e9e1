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
#include "dse/sweep/fronts.h"
#include "dse/sweep/needs.h"

// A batch is closed when it has this many problems to solve or this many points: a kill
// loses at most that much.
enum { BATCH_PROBLEMS = 32, BATCH_POINTS = 64 };

// Words that are measured ahead, unless the request says how many.
enum { AHEAD_WORDS = 32 * 1024 * 1024 };

// Positions that are asked at once whether they are stored; layer problems are
// forgotten between batches when they, or their answers, take so much memory.
enum { WINDOW = 4096, KNOWN_BYTES = 64 * 1024 * 1024 };

// Consecutive points of the plan, and what this run's database has of them already.
struct window {
    uint64_t first;
    size_t count;
    bool there[WINDOW];
    struct sdse_point_figures figures[WINDOW];
};

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
    struct sdse_arena *known; // of the layer problems
    struct sdse_layer_problem_table *problems;
    struct sdse_measured_table *measured;
    struct sdse_sweep_progress *progress;
    struct timespec started;

    struct window window;

    struct sdse_arena *batch; // of the points of the batch under way
    struct sdse_batch_point points[BATCH_POINTS];
    size_t point_count;
    const struct sdse_variant *variant; // of the last of them, or NULL
    struct sdse_layer_problem **open;   // problems of the batch that must be solved
    size_t open_count, open_capacity;
    struct sdse_fronts *fronts; // of the stored points
};

static double elapsed_s(const struct run *run) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - run->started.tv_sec) +
           (double)(now.tv_nsec - run->started.tv_nsec) * 1e-9;
}

// Whether the point is this run's to compute.
static bool is_mine(const struct run *run, uint64_t position) {
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

static enum sdse_status note_figures(struct run *run, uint64_t position, size_t network,
                                     const struct sdse_point_figures *figures) {
    enum sdse_point_status status = figures->status;
    if (run->plan->sweep->limits.set) { // as the views judge it
        const enum sdse_status judged =
            checked(run, sdse_store_judge_point(run->store, run->plan->hash, position,
                                                &status));
        if (judged)
            return judged;
    }
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

static void report(struct run *run) {
    run->progress->seconds = elapsed_s(run);
    if (run->request->progress)
        run->request->progress(run->request->context, run->progress);
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
    if (!sdse_store_load_front(run->store, problem->hash, run->known, &record) &&
        (seconds <= 0 || !sdse_store_load_front(
                             run->store, sdse_layer_problem_limited(problem, seconds),
                             run->known, &record)))
        return false;
    problem->elements =
        SDSE_ARENA_ARRAY(run->known, struct sdse_tradeoff, record.count);
    problem->mappings = SDSE_ARENA_ARRAY(run->known, const char *, record.count);
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

// Forgets the layer problems when they take much: those that are needed again are in
// the database.
static enum sdse_status forget_known(struct run *run) {
    size_t bytes = sdse_arena_used_bytes(run->known);
    for (unsigned i = 0; i < run->threads; i++)
        bytes += sdse_arena_used_bytes(run->workers[i]);
    if (bytes < KNOWN_BYTES)
        return SDSE_OK;
    for (unsigned i = 0; i < run->threads; i++)
        sdse_arena_reset(run->workers[i]);
    sdse_arena_reset(run->known);
    run->problems = sdse_layer_problem_table_new(run->known);
    return run->problems ? SDSE_OK : SDSE_NO_MEMORY;
}

static enum sdse_status write_point(struct run *run,
                                    const struct sdse_batch_point *entry,
                                    struct sdse_point_figures *figures) {
    const struct sdse_point *point = &entry->point;
    if (entry->stored) {
        *figures = entry->figures;
        return sdse_store_link_point(run->store, run->plan->hash, point->position,
                                     point->hash);
    }
    const enum sdse_status status =
        sdse_batch_write_point(run->plan, entry, run->store, run->scratch, figures);
    sdse_arena_reset(run->scratch);
    return status;
}

static enum sdse_status flush(struct run *run) {
    enum sdse_status status = solve_open(run);
    if (!status && run->point_count)
        status = checked(run, sdse_store_begin(run->store));
    if (status)
        return status;
    size_t written = 0;
    struct sdse_point_figures figures[BATCH_POINTS];
    while (!status && written < run->point_count) {
        status =
            checked(run, write_point(run, &run->points[written], &figures[written]));
        written += !status;
    }
    // What came before an interruption is committed; after a failure nothing is.
    if (run->point_count && (!status || status == SDSE_INTERRUPTED)) {
        const enum sdse_status committed = checked(run, sdse_store_commit(run->store));
        for (size_t i = 0; !committed && i < written; i++) {
            const struct sdse_point *point = &run->points[i].point;
            run->progress->points_reused += run->points[i].stored;
            const enum sdse_status noted =
                note_figures(run, point->position, point->network, &figures[i]);
            status = status ? status : noted;
        }
        status = committed ? committed : status;
    } else if (run->point_count) {
        sdse_store_rollback(run->store);
    }
    run->point_count = run->open_count = 0;
    run->variant = NULL;
    sdse_arena_reset(run->batch);
    report(run);
    return status ? status : forget_known(run);
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

// Whether the point at a position of the window is to be computed; it is made then.
// *needed false: it is stored, or of another shard, or cannot be.
static enum sdse_status point_ahead(struct run *run, uint64_t position,
                                    struct sdse_arena *arena,
                                    const struct sdse_variant **variant,
                                    struct sdse_point *point, bool *needed) {
    struct sdse_point_figures figures;
    *needed =
        is_mine(run, position) && !run->window.there[position - run->window.first];
    if (!*needed)
        return SDSE_OK;
    const enum sdse_status status =
        sdse_plan_point(run->plan, position, arena, variant, point);
    *needed = !status && !point->refused &&
              !sdse_store_load_figures(run->store, point->hash,
                                       run->plan->sweep->mapper.seconds, &figures);
    return status;
}

// Queues what the point needs: everything, or what is decomposed with what is queued.
static enum sdse_status queue_point(struct run *run, uint64_t position,
                                    struct sdse_arena *arena,
                                    const struct sdse_variant **variant,
                                    bool only_alike, struct ahead *ahead) {
    struct sdse_point point;
    bool needed;
    enum sdse_status status =
        point_ahead(run, position, arena, variant, &point, &needed);
    const size_t layers =
        needed ? run->plan->networks[point.network].workload->layer_count : 0;
    for (size_t l = 0; !status && l < layers; l++) {
        struct sdse_measured *entry;
        status = find_measured(run, &point, l, &entry);
        if (!status && entry && (!only_alike || is_alike(ahead, entry)))
            status = queue_entry(run, ahead, entry);
    }
    return status;
}

// The positions from `position` on, within the window, that differ in the form alone.
static uint64_t end_of_forms(const struct run *run, uint64_t position) {
    const uint64_t forms = run->plan->form_count;
    const uint64_t end = run->window.first + run->window.count;
    const uint64_t next =
        run->plan->listed ? position : position / forms * forms + forms;
    return next < end ? next : end;
}

static enum sdse_status queue_ahead(struct run *run, uint64_t position,
                                    struct ahead *ahead) {
    const uint64_t asked = run->request->ahead_words;
    const uint64_t most_words = asked ? asked : AHEAD_WORDS;
    const uint64_t end = run->window.first + run->window.count;
    const struct sdse_variant *variant = NULL;
    struct sdse_arena *arena = sdse_arena_new();
    enum sdse_status status = arena ? SDSE_OK : SDSE_NO_MEMORY;
    uint64_t i = position;
    for (; !status && i < end && i < position + BATCH_POINTS &&
           (i == position || ahead->words < most_words);
         i++)
        status = queue_point(run, i, arena, &variant, false, ahead);
    // The other forms of the same accelerator and network that cost little beside.
    const uint64_t alike = end_of_forms(run, i - 1);
    for (; !status && i < alike; i++)
        status = queue_point(run, i, arena, &variant, true, ahead);
    sdse_arena_free(arena);
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
static enum sdse_status measure_ahead(struct run *run, const struct sdse_point *point) {
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
    enum sdse_status status = queue_ahead(run, point->position, &ahead);
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

// Adds a point to the batch. What it needs to be measured for it is measured first.
static enum sdse_status add_point(struct run *run, uint64_t position) {
    struct sdse_batch_point *entry = &run->points[run->point_count];
    *entry = (struct sdse_batch_point){0};
    enum sdse_status status =
        sdse_plan_point(run->plan, position, run->batch, &run->variant, &entry->point);
    if (status)
        return status;
    const struct sdse_point *point = &entry->point;
    if (sdse_store_load_figures(run->store, point->hash,
                                run->plan->sweep->mapper.seconds, &entry->figures)) {
        entry->stored = true;
        run->point_count++;
        return SDSE_OK;
    }
    status = measure_ahead(run, point);
    if (status)
        return status;
    run->point_count++;
    const struct sdse_variant *variant = point->variant;
    const struct sdse_workload *workload = run->plan->networks[point->network].workload;
    const struct sdse_form_setting *setting =
        &run->plan->forms[point->form].form->setting;
    entry->layer_count = point->refused ? 0 : workload->layer_count;
    entry->problems = SDSE_ARENA_ARRAY(run->batch, struct sdse_layer_problem *,
                                       workload->layer_count);
    entry->forms =
        SDSE_ARENA_ARRAY(run->batch, struct sdse_weight_form, workload->layer_count);
    entry->measured = SDSE_ARENA_ARRAY(run->batch, const struct sdse_measured *,
                                       workload->layer_count);
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
        status = add_open(run, entry->problems[i]);
        if (status)
            return status;
    }
    return SDSE_OK;
}

// --- What is stored ---

static enum sdse_status look_up(struct run *run, uint64_t first) {
    struct window *window = &run->window;
    const uint64_t left = run->plan->point_count - first;
    window->first = first;
    window->count = left < WINDOW ? (size_t)left : WINDOW;
    return checked(run, sdse_store_load_places(run->store, run->plan->hash, first,
                                               window->count,
                                               run->plan->sweep->mapper.seconds,
                                               window->there, window->figures));
}

static size_t network_at(const struct run *run, uint64_t position) {
    return run->plan->listed ? run->plan->listed[position].network
                             : sdse_plan_place(run->plan, position).network;
}

// Counts the points that the sweep has already; then it is written, if it is new.
static enum sdse_status count_stored(struct run *run) {
    enum sdse_status status = SDSE_OK;
    for (uint64_t first = 0; !status && first < run->plan->point_count;
         first += WINDOW) {
        status = look_up(run, first);
        for (size_t i = 0; !status && i < run->window.count; i++) {
            const uint64_t position = first + i;
            if (!run->window.there[i] || !is_mine(run, position))
                continue;
            status = note_figures(run, position, network_at(run, position),
                                  &run->window.figures[i]);
            run->progress->points_reused++;
        }
    }
    if (!status)
        status = checked(run, sdse_store_begin(run->store));
    if (status)
        return status;
    status = checked(run, sdse_batch_write_inputs(run->plan, run->store));
    if (!status)
        return checked(run, sdse_store_commit(run->store));
    sdse_store_rollback(run->store);
    return status;
}

static enum sdse_status run_points(struct run *run) {
    enum sdse_status status = count_stored(run);
    report(run);
    for (uint64_t i = 0; !status && i < run->plan->point_count; i++) {
        if (stopped(run))
            return SDSE_INTERRUPTED;
        if (i % WINDOW == 0)
            status = look_up(run, i);
        if (status || run->window.there[i % WINDOW] || !is_mine(run, i))
            continue;
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
    run->known = sdse_arena_new();
    run->batch = sdse_arena_new();
    run->problems = run->known ? sdse_layer_problem_table_new(run->known) : NULL;
    run->measured = sdse_measured_table_new(run->arena);
    run->fronts = sdse_fronts_new(run->plan->network_count);
    bool ready = run->scratch && run->workers && run->serial_known && run->batch &&
                 run->problems && run->measured && run->fronts;
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
    sdse_arena_free(run->batch);
    sdse_arena_free(run->known);
    sdse_fronts_free(run->fronts);
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
        const uint64_t all = run->plan->point_count, shards = request->shards;
        progress->points_total =
            shards ? (all + shards - 1 - request->shard) / shards : all;
        status = run_points(run);
        if (stopped(run) && !status && progress->points_done < progress->points_total)
            status = SDSE_INTERRUPTED;
        log_run(run, began, status);
        report(run);
    }
    keep_places(diags, since);
    release(run);
    free(run);
    return status;
}
