// A database for trial, and points in it: the real ones, but for problems that are not
// solved, which are others of their kind.
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "dse/estimate/estimating.h"
#include "dse/sweep/batch.h"
#include "results/store/store.h"

// --- What stands for a problem ---

static int compare(const struct sdse_drawn *drawn, const struct sdse_point *point,
                   size_t layer) {
    const struct sdse_point *of = &drawn->point;
    const uint64_t a[] = {of->network, drawn->layer, of->form, of->variant->number};
    const uint64_t b[] = {point->network, layer, point->form, point->variant->number};
    for (size_t i = 0; i < sizeof a / sizeof *a; i++)
        if (a[i] != b[i])
            return a[i] < b[i] ? -1 : 1;
    return 0;
}

// The last drawn one not after the layer's own in their order.
static size_t stand_in(const struct sdse_estimating *e, const struct sdse_point *point,
                       size_t layer) {
    size_t low = 0, high = e->drawn_count;
    while (high - low > 1) {
        const size_t middle = low + (high - low) / 2;
        if (compare(&e->drawn[middle], point, layer) <= 0)
            low = middle;
        else
            high = middle;
    }
    return low;
}

static int compare_drawn(const void *a, const void *b) {
    const struct sdse_drawn *of = b;
    return compare(a, &of->point, of->layer);
}

static enum sdse_status fill_point(struct sdse_estimating *e, uint64_t position,
                                   struct sdse_batch_point *entry) {
    const struct sdse_variant *variant = NULL;
    struct sdse_point made;
    if (sdse_plan_point(e->plan, position, e->arena, &variant, &made))
        return SDSE_NO_MEMORY;
    if (!e->drawn_count && !made.refused)
        made.refused = "nothing of the sample can be";
    const size_t layers =
        made.refused ? 0 : e->plan->networks[made.network].workload->layer_count;
    *entry = (struct sdse_batch_point){
        .point = made,
        .layer_count = layers,
        .problems = SDSE_ARENA_ARRAY(e->arena, struct sdse_layer_problem *, layers + 1),
        .forms = SDSE_ARENA_ARRAY(e->arena, struct sdse_weight_form, layers + 1),
        .measured =
            SDSE_ARENA_ARRAY(e->arena, const struct sdse_measured *, layers + 1)};
    if (!entry->problems || !entry->forms || !entry->measured)
        return SDSE_NO_MEMORY;
    if (!layers)
        return SDSE_OK;
    const struct sdse_point *point = &entry->point;
    for (size_t i = 0; i < layers; i++)
        entry->problems[i] = &e->drawn[stand_in(e, point, i)].problem;
    return sdse_walk_point(&e->walk, point, entry->forms, entry->measured);
}

// --- Writing ---

enum { LEAST_POINTS = 32, MOST_POINTS = 256, LAYERS = 2048 };

static enum sdse_status complain(struct sdse_estimating *e, enum sdse_status status) {
    if (status && status != SDSE_NO_MEMORY && status != SDSE_INTERRUPTED)
        sdse_diag_add(e->diags, SDSE_ERROR,
                      (struct sdse_loc){.file = e->request->folder}, "results",
                      "the trial database: %s", sdse_store_message(e->store));
    return status;
}

enum sdse_status sdse_trial_write(struct sdse_estimating *e,
                                  const struct sdse_trial_task *task, uint64_t counted,
                                  struct sdse_trial_sum *sum) {
    const double bytes = sdse_store_file_bytes(e->store);
    enum sdse_status status = sdse_store_begin(e->store);
    const double began = sdse_cpu_seconds_now();
    for (size_t i = 0; i < task->count && !status; i++) {
        status = task->write(e, task->what, i);
        sdse_arena_reset(e->scratch);
    }
    if (!status)
        status = sdse_store_commit(e->store);
    else
        sdse_store_rollback(e->store);
    sum->seconds += sdse_cpu_seconds_now() - began;
    sum->bytes += sdse_store_file_bytes(e->store) - bytes;
    sum->count += counted;
    return complain(e, status);
}

static enum sdse_status write_inputs(struct sdse_estimating *e, const void *what,
                                     size_t i) {
    (void)what;
    (void)i;
    return sdse_batch_write_inputs(e->plan, e->store);
}

static enum sdse_status write_variant(struct sdse_estimating *e, const void *what,
                                      size_t i) {
    const struct sdse_batch_point *points = what;
    return sdse_batch_write_variant(points[i].point.variant, e->store);
}

static enum sdse_status write_point(struct sdse_estimating *e, const void *what,
                                    size_t i) {
    const struct sdse_batch_point *points = what;
    struct sdse_point_figures figures;
    return sdse_batch_write_point(e->plan, &points[i], e->store, e->request->stop,
                                  e->scratch, &figures);
}

// One point of each stratum, drawn.
static enum sdse_status fill_points(struct sdse_estimating *e,
                                    struct sdse_batch_point *points, size_t first,
                                    size_t count, size_t strata) {
    const uint64_t all = e->plan->point_count;
    enum sdse_status status = SDSE_OK;
    for (size_t i = 0; i < count && !status; i++) {
        const double stratum = (double)(first + 2 * i) + sdse_estimating_draw(e);
        const uint64_t position = (uint64_t)(stratum / (double)strata * (double)all);
        status = fill_point(e, position < all ? position : all - 1, &points[i]);
    }
    return status;
}

// Layers of all networks: with many, points are large.
static size_t layers_of(const struct sdse_plan *plan) {
    size_t layers = 0;
    for (size_t i = 0; i < plan->network_count; i++)
        layers += plan->networks[i].workload->layer_count;
    return layers / plan->network_count + 1;
}

// Twice as many strata as points of a batch: even ones bring what solutions are not
// there yet, odd ones say what a point takes.
static enum sdse_status try_points(struct sdse_estimating *e) {
    const uint64_t all = e->plan->point_count;
    size_t most = LAYERS / layers_of(e->plan);
    most = most < LEAST_POINTS ? LEAST_POINTS : most > MOST_POINTS ? MOST_POINTS : most;
    const size_t strata = all < 2 * most ? (size_t)all : 2 * most;
    const size_t count[] = {(strata + 1) / 2, strata / 2};
    struct sdse_batch_point *points =
        SDSE_ARENA_ARRAY(e->arena, struct sdse_batch_point, strata);
    if (!points)
        return SDSE_NO_MEMORY;
    enum sdse_status status = fill_points(e, points, 0, count[0], strata);
    if (!status)
        status = fill_points(e, points + count[0], 1, count[1], strata);
    struct sdse_trial_sum variants = {0}, first = {0};
    if (!status)
        status = sdse_trial_write(
            e, &(struct sdse_trial_task){write_variant, points, strata}, strata,
            &variants);
    if (!status)
        status = sdse_trial_write(
            e, &(struct sdse_trial_task){write_point, points, count[0]}, count[0],
            &first);
    if (!status)
        status = sdse_trial_write(
            e, &(struct sdse_trial_task){write_point, points + count[0], count[1]},
            count[1], &e->points);
    if (!count[1]) // a sweep of one point
        e->points = first;
    e->estimate->written = strata;
    return status;
}

enum sdse_status sdse_estimate_points(struct sdse_estimating *e) {
    if (e->drawn_count)
        qsort(e->drawn, e->drawn_count, sizeof *e->drawn, compare_drawn);
    sdse_walk_assume_forms(&e->walk);
    const enum sdse_status status = try_points(e);
    sdse_walk_name_forms(&e->walk);
    return status;
}

// --- The folder ---

enum sdse_status sdse_trial_open(struct sdse_estimating *e) {
    char *folder =
        sdse_arena_printf(e->arena, "%s/sdse-plan-XXXXXX", e->request->folder);
    if (!folder)
        return SDSE_NO_MEMORY;
    if (!mkdtemp(folder))
        return sdse_diag_errno(e->diags, (struct sdse_loc){.file = e->request->folder},
                               "results", "cannot make a folder for the trial", errno);
    e->folder = folder;
    e->path = sdse_arena_printf(e->arena, "%s/trial.db", folder);
    if (!e->path)
        return SDSE_NO_MEMORY;
    enum sdse_status status =
        sdse_store_open(e->path, SDSE_MODEL_VERSION, e->diags, &e->store);
    struct sdse_trial_sum inputs = {0};
    if (!status)
        status = sdse_trial_write(e, &(struct sdse_trial_task){write_inputs, NULL, 1},
                                  1, &inputs);
    if (!status)
        e->empty_bytes = sdse_store_file_bytes(e->store);
    return status;
}

void sdse_trial_close(struct sdse_estimating *e) {
    static const char *const ends[] = {"", "-wal", "-shm", "-journal"};
    sdse_store_close(e->store);
    for (size_t i = 0; i < sizeof ends / sizeof *ends && e->path; i++) {
        const char *path = sdse_arena_printf(e->arena, "%s%s", e->path, ends[i]);
        if (path)
            unlink(path);
    }
    if (e->folder)
        rmdir(e->folder);
}
