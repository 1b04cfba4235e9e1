// The points of a run: which are stored, which are another's, which are to be computed.
#include <stdlib.h>
#include <time.h>

#include "dse/sweep/embed.h"
#include "dse/sweep/running.h"

// How often a run looks for what others that share its file have done.
enum { GENERATION_PARTS = 8 };
static const struct timespec look_again = {.tv_nsec = 200 * 1000 * 1000};

// --- What is stored ---

static size_t network_at(const struct sdse_run *run, uint64_t position) {
    return run->plan->listed
               ? run->plan->listed[position].network
               : sdse_plan_place(run->plan, sdse_plan_design(run->plan, position))
                     .network;
}

static bool is_counted(const struct sdse_run *run, uint64_t position) {
    return run->counted[position / 8] >> position % 8 & 1;
}

static enum sdse_status look_up(struct sdse_run *run, uint64_t first) {
    struct sdse_window *window = &run->window;
    const uint64_t left = run->known_end - first;
    window->first = first;
    window->count = left < SDSE_WINDOW ? (size_t)left : SDSE_WINDOW;
    return sdse_run_check(run, sdse_store_load_places(run->store, run->plan->hash,
                                                      first, window->count,
                                                      run->plan->sweep->mapper.seconds,
                                                      window->there, window->figures));
}

// What is wrong with a file has been said.
static enum sdse_status embed(struct sdse_run *run) {
    const size_t errors = run->diags->errors;
    const enum sdse_status status =
        sdse_embed_weights(run->plan, run->store, run->diags);
    return run->diags->errors > errors ? status : sdse_run_check(run, status);
}

// Counts the points that the sweep has already; then it is written, if it is new.
static enum sdse_status count_stored(struct sdse_run *run) {
    enum sdse_status status = SDSE_OK;
    for (uint64_t first = 0; !status && first < run->plan->point_count;
         first += SDSE_WINDOW) {
        status = look_up(run, first);
        for (size_t i = 0; !status && i < run->window.count; i++) {
            const uint64_t position = first + i;
            if (!run->window.there[i] || !sdse_run_owns(run, position))
                continue;
            status = sdse_run_note(run, position, network_at(run, position),
                                   &run->window.figures[i]);
            run->progress->points_reused++;
        }
    }
    if (!status)
        status = sdse_run_check(run, sdse_store_begin(run->store));
    if (status)
        return status;
    status = sdse_run_check(run, sdse_batch_write_inputs(run->plan, run->store));
    if (!status && run->request->embed_weights)
        status = embed(run);
    if (!status)
        return sdse_run_check(run, sdse_store_commit(run->store));
    sdse_store_rollback(run->store);
    return status;
}

// --- Sharing ---

// Positions that are known and may be run in any order, divided into parts.
struct stretch {
    uint64_t first, end, part_points;
    bool of_search; // whose next stretch depends on this one's results
};

// Positions first … end - 1, which are claimed together under a number: it rises from
// part to part of all stretches.
struct part {
    uint64_t number, first, end;
};

static uint64_t part_count(struct stretch stretch) {
    const uint64_t points = stretch.end - stretch.first;
    return (points + stretch.part_points - 1) / stretch.part_points;
}

static struct part part_at(struct stretch stretch, uint64_t index) {
    const uint64_t first = stretch.first + index * stretch.part_points;
    const uint64_t left = stretch.end - first;
    return (struct part){stretch.of_search ? first : index, first,
                         first +
                             (left < stretch.part_points ? left : stretch.part_points)};
}

static bool is_complete(const struct sdse_run *run, struct part part) {
    for (uint64_t i = part.first; i < part.end; i++)
        if (sdse_run_owns(run, i) && !is_counted(run, i))
            return false;
    return true;
}

// Counts what others have stored of it meanwhile.
static enum sdse_status look_at_part(struct sdse_run *run, struct part part) {
    bool there[SDSE_CLAIMS_MOST_POINTS];
    struct sdse_point_figures figures[SDSE_CLAIMS_MOST_POINTS];
    const size_t count = (size_t)(part.end - part.first);
    enum sdse_status status = sdse_run_check(
        run, sdse_store_load_places(run->store, run->plan->hash, part.first, count,
                                    run->plan->sweep->mapper.seconds, there, figures));
    for (size_t i = 0; !status && i < count; i++) {
        const uint64_t position = part.first + i;
        if (!there[i] || !sdse_run_owns(run, position) || is_counted(run, position))
            continue;
        status = sdse_run_note(run, position, network_at(run, position), &figures[i]);
        run->progress->points_shared++;
    }
    return status;
}

// The window says what of the points ahead is stored: forms are measured for the rest.
static enum sdse_status look_ahead(struct sdse_run *run, struct part part) {
    const struct sdse_window *window = &run->window;
    const bool within =
        part.first >= window->first && part.end <= window->first + window->count;
    return within ? SDSE_OK : look_up(run, part.first);
}

// Adds the points of a part that are not stored to the batches.
static enum sdse_status run_part(struct sdse_run *run, struct part part) {
    enum sdse_status status = look_ahead(run, part);
    run->gathered->parts_end = part.number;
    for (uint64_t i = part.first; !status && i < part.end; i++) {
        if (sdse_run_stopped(run)) {
            status = sdse_run_flush_solved(run);
            return status ? status : SDSE_INTERRUPTED;
        }
        if (is_counted(run, i) || !sdse_run_owns(run, i))
            continue;
        status = sdse_run_add_point(run, i);
        if (!status && (run->gathered->open_count >= run->most_problems ||
                        run->gathered->resident_count >= SDSE_BATCH_RESIDENTS ||
                        run->gathered->point_count >=
                            SDSE_POINTS_PER_PROBLEM * run->most_problems))
            status = sdse_run_flush(run);
        run->gathered->parts_end = part.number;
    }
    run->gathered->parts_end = part.number + 1;
    return status;
}

// Runs a part if nobody else does; else *taken = false.
static enum sdse_status try_part(struct sdse_run *run, struct part part, bool *taken) {
    enum sdse_status status = SDSE_OK;
    *taken = true;
    if (run->claims) {
        status = sdse_run_check(run, sdse_claims_take(run->claims, part.number, taken));
        if (!status)
            status = look_at_part(run, part);
    }
    return status || !*taken ? status : run_part(run, part);
}

// Of the parts that others took: they end them, or end themselves. [parts]
static enum sdse_status run_left(struct sdse_run *run, struct stretch stretch,
                                 const bool *left) {
    enum sdse_status status = SDSE_OK;
    for (bool waiting = true; !status && waiting;) {
        waiting = false;
        for (uint64_t p = 0; !status && p < part_count(stretch); p++) {
            const struct part part = part_at(stretch, p);
            bool taken;
            if (!left[p] || is_complete(run, part))
                continue;
            status = try_part(run, part, &taken);
            if (!status && taken)
                status = sdse_run_flush_all(run);
            waiting |= !is_complete(run, part);
        }
        if (!status && waiting && sdse_run_stopped(run))
            return SDSE_INTERRUPTED;
        if (!status && waiting) {
            sdse_run_report(run);
            nanosleep(&look_again, NULL);
        }
    }
    return status;
}

// Runs what is not stored of a stretch, and waits for what others run of it. left:
// [part_count], all false
static enum sdse_status run_stretch(struct sdse_run *run, struct stretch stretch,
                                    bool *left) {
    enum sdse_status status = SDSE_OK;
    for (uint64_t p = 0; !status && p < part_count(stretch); p++) {
        const struct part part = part_at(stretch, p);
        bool taken = true;
        if (!is_complete(run, part))
            status = try_part(run, part, &taken);
        left[p] = !taken;
    }
    if (!status)
        status = sdse_run_flush_all(run);
    return status ? status : run_left(run, stretch, left);
}

enum sdse_status sdse_run_known(struct sdse_run *run, uint64_t first, uint64_t end) {
    const bool of_search = run->scores != NULL;
    // Of a generation small parts: others that share the file are waited for.
    const uint64_t points =
        of_search ? (end - first + GENERATION_PARTS - 1) / GENERATION_PARTS
                  : end - first;
    const struct stretch stretch = {
        first, end,
        of_search && points <= SDSE_CLAIMS_MOST_POINTS
            ? points
            : sdse_claims_part_points(run->plan->point_count),
        of_search};
    bool *left = calloc(part_count(stretch) + 1, sizeof *left);
    if (!left)
        return SDSE_NO_MEMORY;
    run->known_end = end;
    run->window.count = 0; // what is in it may have been another generation's guess
    const enum sdse_status status = run_stretch(run, stretch, left);
    free(left);
    return status;
}

enum sdse_status sdse_run_points(struct sdse_run *run) {
    run->known_end = run->plan->point_count;
    const enum sdse_status status = count_stored(run);
    sdse_run_report(run);
    if (status)
        return status;
    return run->scores ? sdse_run_generations(run)
                       : sdse_run_known(run, 0, run->plan->point_count);
}
