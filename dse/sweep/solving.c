// Batches of a run: one is solved while the next is gathered and the last is written.
#include <math.h>
#include <stdlib.h>

#include "dse/sweep/running.h"

// A batch that takes less is followed by a longer one, and one that takes more by a
// shorter.
static const double short_s = 0.4, long_s = 1.2;

// Layer problems are forgotten when they and their answers take so much memory.
enum { KNOWN_BYTES = 16 * 1024 * 1024 };

// --- Solving ---

static void solve_line(void *context, unsigned worker, size_t index) {
    struct sdse_run *run = context;
    if (sdse_run_stopped(run))
        return;
    // A problem that runs out of memory stays open; its points are then not written.
    sdse_line_solve(&run->solving->lines[index], &run->solvers[worker],
                    &run->plan->sweep->mapper, run->request->stop);
}

static enum sdse_status begin_solving(struct sdse_run *run, struct sdse_batch *batch) {
    run->solving = batch;
    run->began_s = sdse_run_elapsed_s(run);
    batch->line_count = sdse_lines_list(batch->open, batch->open_count, batch->lines);
    const enum sdse_status status = sdse_parallel_begin(batch->line_count, run->threads,
                                                        solve_line, run, &run->loop);
    if (status)
        run->solving = NULL;
    return status;
}

// The next batch is as long as to take about a second.
static void adapt(struct sdse_run *run, const struct sdse_batch *batch) {
    const double seconds = sdse_run_elapsed_s(run) - run->began_s;
    const bool full =
        batch->open_count >= run->most_problems ||
        batch->point_count >= SDSE_POINTS_PER_PROBLEM * run->most_problems;
    if (full && seconds < short_s && run->most_problems < SDSE_MOST_PROBLEMS)
        run->most_problems *= 2;
    if (seconds > long_s && run->most_problems > SDSE_LEAST_PROBLEMS)
        run->most_problems /= 2;
}

// --- Residing ---

struct residing {
    struct sdse_run *run;
    struct sdse_batch_point **points;
    unsigned threads; // of one
    enum sdse_status *status;
};

static void reside_one(void *context, unsigned worker, size_t index) {
    const struct residing *work = context;
    (void)worker;
    if (!sdse_run_stopped(work->run))
        work->status[index] =
            sdse_point_reside(work->run->plan, work->points[index], work->threads,
                              work->run->request->stop, &work->points[index]->places);
}

static bool is_solved(const struct sdse_batch_point *point) {
    for (size_t i = 0; i < point->layer_count; i++)
        if (point->problems[i]->state != SDSE_LAYER_PROBLEM_SOLVED)
            return false;
    return true;
}

// Where the tensors of its points stay, of those that ask for it and are solved.
static enum sdse_status reside(struct sdse_run *run, struct sdse_batch *batch) {
    if (!batch->resident_count)
        return SDSE_OK;
    struct residing work = {
        .run = run,
        .points = SDSE_ARENA_ARRAY(batch->arena, struct sdse_batch_point *,
                                   batch->resident_count),
        .status =
            SDSE_ARENA_ARRAY(batch->arena, enum sdse_status, batch->resident_count)};
    if (!work.points || !work.status)
        return SDSE_NO_MEMORY;
    size_t count = 0;
    for (size_t i = 0; i < batch->point_count; i++) {
        work.status[count] = SDSE_OK;
        if (batch->points[i].resides && is_solved(&batch->points[i]))
            work.points[count++] = &batch->points[i];
    }
    work.threads = count < run->threads && count ? run->threads / (unsigned)count : 1;
    enum sdse_status status = sdse_parallel_for(count, run->threads, reside_one, &work);
    for (size_t i = 0; !status && i < count; i++)
        status = work.status[i];
    return status;
}

void sdse_batch_forget_places(struct sdse_batch *batch) {
    for (size_t i = 0; i < batch->point_count; i++)
        sdse_point_places_free(batch->points[i].places);
    batch->resident_count = 0;
}

// Waits for the batch that is solved, if there is one. *solved: it.
static enum sdse_status end_solving(struct sdse_run *run, struct sdse_batch **solved) {
    struct sdse_batch *batch = run->solving;
    *solved = batch;
    if (!batch)
        return SDSE_OK;
    sdse_parallel_end(run->loop);
    run->loop = NULL;
    run->solving = NULL;
    enum sdse_status status = reside(run, batch);
    adapt(run, batch);
    for (size_t i = 0; i < batch->open_count; i++) {
        const struct sdse_layer_problem *problem = batch->open[i];
        run->progress->nodes += problem->nodes;
        run->progress->variants += problem->variants;
        if (problem->nodes)
            run->progress->mappings += pow(10, problem->log10_mappings);
        run->progress->problems_done += problem->state != SDSE_LAYER_PROBLEM_OPEN;
        if (problem->state == SDSE_LAYER_PROBLEM_OPEN && !sdse_run_stopped(run))
            status = SDSE_NO_MEMORY;
    }
    return status;
}

// A front that an earlier run has stored: proved, or left at the limit of this run.
static bool load_front(struct sdse_run *run, struct sdse_layer_problem *problem) {
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

static enum sdse_status add_open(struct sdse_batch *batch,
                                 struct sdse_layer_problem *problem) {
    if (batch->open_count == batch->open_capacity) {
        const size_t capacity = batch->open_capacity ? 2 * batch->open_capacity : 256;
        struct sdse_layer_problem **grown =
            realloc(batch->open, capacity * sizeof(struct sdse_layer_problem *));
        if (!grown)
            return SDSE_NO_MEMORY;
        batch->open = grown;
        struct sdse_line *lines =
            realloc(batch->lines, capacity * sizeof(struct sdse_line));
        if (!lines)
            return SDSE_NO_MEMORY;
        batch->lines = lines;
        batch->open_capacity = capacity;
    }
    batch->open[batch->open_count++] = problem;
    return SDSE_OK;
}

enum sdse_status sdse_run_add_problem(struct sdse_run *run,
                                      struct sdse_layer_problem *problem) {
    return load_front(run, problem) ? SDSE_OK : add_open(run->gathered, problem);
}

// --- Batches ---

// Whether what is known of layer problems takes much. Not while one is solved.
static bool knows_much(const struct sdse_run *run) {
    size_t bytes = sdse_arena_used_bytes(run->known);
    for (unsigned i = 0; i < run->threads; i++)
        bytes += sdse_arena_used_bytes(run->solvers[i].answers);
    return bytes >= KNOWN_BYTES;
}

// Forgets the layer problems, which no batch refers to: those that are needed again are
// in the database.
static enum sdse_status forget_known(struct sdse_run *run) {
    for (unsigned i = 0; i < run->threads; i++)
        sdse_arena_reset(run->solvers[i].answers);
    sdse_arena_reset(run->known);
    run->problems = sdse_layer_problem_table_new(run->known);
    return run->problems ? SDSE_OK : SDSE_NO_MEMORY;
}

static enum sdse_status write_point(struct sdse_run *run,
                                    const struct sdse_batch_point *entry,
                                    struct sdse_point_figures *figures) {
    const struct sdse_point *point = &entry->point;
    if (entry->stored) {
        *figures = entry->figures;
        return sdse_store_link_point(run->store, run->plan->hash, point->position,
                                     point->hash);
    }
    // The accelerator that a problem was solved on may be gone: this one is the same.
    for (size_t i = 0; i < entry->layer_count; i++)
        entry->problems[i]->arch = point->variant->arch;
    const enum sdse_status status = sdse_batch_write_point(
        run->plan, entry, run->store, run->request->stop, run->scratch, figures);
    sdse_arena_reset(run->scratch);
    return status;
}

static void empty(struct sdse_batch *batch) {
    sdse_batch_forget_places(batch);
    batch->point_count = batch->open_count = 0;
    batch->variant = NULL;
    sdse_arena_reset(batch->arena);
}

// Writes a solved batch in a transaction of its own.
static enum sdse_status write_batch(struct sdse_run *run, struct sdse_batch *batch) {
    if (!batch->point_count)
        return SDSE_OK;
    struct sdse_point_figures *figures =
        SDSE_ARENA_ARRAY(batch->arena, struct sdse_point_figures, batch->point_count);
    if (!figures)
        return SDSE_NO_MEMORY;
    enum sdse_status status = sdse_run_check(run, sdse_store_begin(run->store));
    if (status)
        return status;
    size_t written = 0;
    while (!status && written < batch->point_count) {
        status = sdse_run_check(
            run, write_point(run, &batch->points[written], &figures[written]));
        written += !status;
    }
    // What came before an interruption is committed; after a failure nothing is.
    if (status && status != SDSE_INTERRUPTED) {
        sdse_store_rollback(run->store);
        return status;
    }
    enum sdse_status committed = SDSE_OK;
    if (!status && run->claims)
        committed =
            sdse_run_check(run, sdse_claims_release(run->claims, batch->parts_end));
    if (committed)
        sdse_store_rollback(run->store);
    else
        committed = sdse_run_check(run, sdse_store_commit(run->store));
    for (size_t i = 0; !committed && i < written; i++) {
        const struct sdse_point *point = &batch->points[i].point;
        run->progress->points_reused += batch->points[i].stored;
        const enum sdse_status noted =
            sdse_run_note(run, point->position, point->network, &figures[i]);
        status = status ? status : noted;
    }
    return committed ? committed : status;
}

enum sdse_status sdse_run_flush(struct sdse_run *run) {
    struct sdse_batch *next = run->gathered, *solved;
    enum sdse_status status = end_solving(run, &solved);
    const bool forgets = knows_much(run);
    if (!status && next->point_count)
        status = begin_solving(run, next);
    if (!status && solved)
        status = write_batch(run, solved);
    run->gathered = &run->batches[next == &run->batches[0]];
    empty(run->gathered);
    if (!status && forgets) {
        status = end_solving(run, &solved);
        if (!status && solved)
            status = write_batch(run, solved);
        empty(next);
        if (!status)
            status = forget_known(run);
    }
    sdse_run_report(run);
    return status;
}

enum sdse_status sdse_run_flush_solved(struct sdse_run *run) {
    struct sdse_batch *solved;
    enum sdse_status status = end_solving(run, &solved);
    if (!status && solved)
        status = write_batch(run, solved);
    if (solved)
        empty(solved);
    return status;
}

enum sdse_status sdse_run_flush_all(struct sdse_run *run) {
    enum sdse_status status = sdse_run_flush(run);
    return status ? status : sdse_run_flush(run);
}
