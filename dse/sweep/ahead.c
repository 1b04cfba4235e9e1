// Forms that are measured for the points ahead of a run.
#include <stdlib.h>

#include "dse/sweep/needs.h"
#include "dse/sweep/running.h"

// Points that are looked at, and words that are measured for them, unless the request
// says how many.
enum { AHEAD_POINTS = 64, AHEAD_WORDS = 32 * 1024 * 1024 };

enum sdse_status sdse_run_find_measured(struct sdse_run *run,
                                        const struct sdse_point *point,
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

static enum sdse_status queue_entry(struct sdse_run *run, struct ahead *ahead,
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
static enum sdse_status point_ahead(struct sdse_run *run, uint64_t position,
                                    struct sdse_arena *arena,
                                    const struct sdse_variant **variant,
                                    struct sdse_point *point, bool *needed) {
    struct sdse_point_figures figures;
    *needed = sdse_run_owns(run, position) &&
              !run->window.there[position - run->window.first];
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
static enum sdse_status queue_point(struct sdse_run *run, uint64_t position,
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
        status = sdse_run_find_measured(run, &point, l, &entry);
        if (!status && entry && (!only_alike || is_alike(ahead, entry)))
            status = queue_entry(run, ahead, entry);
    }
    return status;
}

// The positions from `position` on, within the window, that differ in the form alone.
static uint64_t end_of_forms(const struct sdse_run *run, uint64_t position) {
    const uint64_t forms = run->plan->form_count;
    const uint64_t end = run->window.first + run->window.count;
    const bool by_design = !run->plan->listed && !run->plan->visits;
    const uint64_t next = by_design ? position / forms * forms + forms : position;
    return next < end ? next : end;
}

static enum sdse_status queue_ahead(struct sdse_run *run, uint64_t position,
                                    struct ahead *ahead) {
    const uint64_t asked = run->request->ahead_words;
    const uint64_t most_words = asked ? asked : AHEAD_WORDS;
    const uint64_t end = run->window.first + run->window.count;
    const struct sdse_variant *variant = NULL;
    struct sdse_arena *arena = sdse_arena_new();
    enum sdse_status status = arena ? SDSE_OK : SDSE_NO_MEMORY;
    uint64_t i = position;
    for (; !status && i < end && i < position + AHEAD_POINTS &&
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

static enum sdse_status store_measured(struct sdse_run *run,
                                       const struct ahead *ahead) {
    enum sdse_status status = sdse_run_check(run, sdse_store_begin(run->store));
    for (size_t i = 0; !status && i < ahead->count; i++)
        if (ahead->entries[i]->known)
            status = sdse_run_check(
                run, sdse_store_add_form(run->store, &ahead->entries[i]->record));
    if (!status)
        return sdse_run_check(run, sdse_store_commit(run->store));
    sdse_store_rollback(run->store);
    return status;
}

static void report_failed(struct sdse_run *run, const struct ahead *ahead) {
    for (size_t i = 0; i < ahead->count; i++) {
        for (const struct sdse_diag *diag = ahead->entries[i]->reason; diag;
             diag = diag->next)
            sdse_diag_add(run->diags, diag->severity, diag->loc, diag->check, "%s",
                          diag->message);
    }
}

enum sdse_status sdse_run_measure_ahead(struct sdse_run *run,
                                        const struct sdse_point *point) {
    const size_t layers = run->plan->networks[point->network].workload->layer_count;
    bool missing = false;
    for (size_t l = 0; l < layers && !missing && !point->refused; l++) {
        struct sdse_measured *entry;
        const enum sdse_status found = sdse_run_find_measured(run, point, l, &entry);
        if (found)
            return found;
        missing = entry && !entry->known;
    }
    if (!missing)
        return SDSE_OK;
    // The threads and their memory are needed.
    enum sdse_status status = sdse_run_flush_solved(run);
    if (status)
        return status;
    struct ahead ahead = {0};
    status = queue_ahead(run, point->position, &ahead);
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
        sdse_run_report(run);
    return !status && sdse_run_stopped(run) ? SDSE_INTERRUPTED : status;
}
