// Points written for trial: the real ones, but for problems that are not solved, which
// are others of their kind.
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dse/estimate/estimating.h"
#include "dse/sweep/batch.h"
#include "results/store/store.h"

enum { TRIAL_POINTS = 32 };

struct trial {
    struct sdse_estimating *e;
    char *folder, *path;
    struct sdse_arena *scratch;
    bool *used; // [drawn_count]: written already
    size_t used_count;
    bool only_used;
};

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

// The last drawn one not after the layer's own in their order; one that is used, if
// only such are wanted.
static size_t stand_in(const struct trial *t, const struct sdse_point *point,
                       size_t layer) {
    const struct sdse_estimating *e = t->e;
    size_t low = 0, high = e->drawn_count;
    while (high - low > 1) {
        const size_t middle = low + (high - low) / 2;
        if (compare(&e->drawn[middle], point, layer) <= 0)
            low = middle;
        else
            high = middle;
    }
    size_t at = low;
    while (t->only_used && at && !t->used[at])
        at--;
    while (t->only_used && at + 1 < e->drawn_count && !t->used[at])
        at++;
    return at;
}

static enum sdse_status fill_point(struct trial *t, uint64_t position,
                                   struct sdse_batch_point *entry) {
    struct sdse_estimating *e = t->e;
    const struct sdse_variant *variant = NULL;
    struct sdse_point made;
    if (sdse_plan_point(e->plan, position, e->arena, &variant, &made))
        return SDSE_NO_MEMORY;
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
    for (size_t i = 0; i < layers; i++) {
        const size_t at = stand_in(t, point, i);
        t->used_count += !t->used[at];
        t->used[at] = true;
        entry->problems[i] = &e->drawn[at].problem;
    }
    return sdse_walk_point(&e->walk, point, entry->forms, entry->measured);
}

// --- Writing ---

static enum sdse_status complain(struct trial *t, struct sdse_store *store,
                                 enum sdse_status status) {
    if (status && status != SDSE_NO_MEMORY && store)
        sdse_diag_add(t->e->diags, SDSE_ERROR,
                      (struct sdse_loc){.file = t->e->request->folder}, "results",
                      "the trial database: %s", sdse_store_message(store));
    return status;
}

enum written { INPUTS, VARIANTS, POINTS };

static enum sdse_status write_one(struct trial *t, const struct sdse_batch_point *point,
                                  enum written what, struct sdse_store *store) {
    struct sdse_point_figures figures;
    const enum sdse_status status =
        what == VARIANTS
            ? sdse_batch_write_variant(point->point.variant, store)
            : sdse_batch_write_point(t->e->plan, point, store, t->scratch, &figures);
    sdse_arena_reset(t->scratch);
    return status;
}

// Writes what points share, their accelerators or the points in one batch; seconds: of
// the writing alone; bytes: of the file then.
static enum sdse_status write_points(struct trial *t,
                                     const struct sdse_batch_point *points,
                                     size_t count, enum written what, double *seconds,
                                     double *bytes) {
    struct sdse_store *store = NULL;
    enum sdse_status status =
        sdse_store_open(t->path, SDSE_MODEL_VERSION, t->e->diags, &store);
    if (status)
        return status;
    status = sdse_store_begin(store);
    if (!status && what == INPUTS)
        status = sdse_batch_write_inputs(t->e->plan, store);
    const double began = sdse_estimating_now();
    for (size_t i = 0; i < count && !status; i++)
        status = write_one(t, &points[i], what, store);
    if (!status)
        status = sdse_store_commit(store);
    *seconds = sdse_estimating_now() - began;
    complain(t, store, status);
    sdse_store_close(store);
    struct stat info;
    if (!status && stat(t->path, &info) != 0)
        return sdse_diag_errno(t->e->diags,
                               (struct sdse_loc){.file = t->e->request->folder},
                               "results", "the trial database", errno);
    *bytes = status ? 0 : (double)info.st_size;
    return status;
}

// One point of each stratum, drawn.
static enum sdse_status fill_points(struct trial *t, struct sdse_batch_point *points,
                                    size_t first, size_t count, size_t strata) {
    const uint64_t all = t->e->plan->point_count;
    enum sdse_status status = SDSE_OK;
    for (size_t i = 0; i < count && !status; i++) {
        const size_t stratum = first + 2 * i;
        const uint64_t from = stratum * all / strata,
                       end = (stratum + 1) * all / strata;
        const uint64_t position =
            from + (uint64_t)(sdse_estimating_draw(t->e) * (double)(end - from));
        status = fill_point(t, position, &points[i]);
    }
    return status;
}

static uint64_t variants_of(const struct sdse_batch_point *points, size_t count) {
    uint64_t different = 0;
    for (size_t i = 0; i < count; i++) {
        bool known = false;
        for (size_t j = 0; j < i; j++)
            known |= points[j].point.variant->number == points[i].point.variant->number;
        different += !known;
    }
    return different;
}

// Twice as many strata as points of a batch: even ones bring the solved problems with
// them, odd ones use those again. What an accelerator, a problem and a point take
// follows.
static enum sdse_status try_out(struct trial *t) {
    struct sdse_estimating *e = t->e;
    struct sdse_estimate *estimate = e->estimate;
    const uint64_t all = e->plan->point_count;
    const size_t strata = all < 2 * TRIAL_POINTS ? (size_t)all : 2 * TRIAL_POINTS;
    const size_t count[] = {(strata + 1) / 2, strata / 2};
    struct sdse_batch_point *points =
        SDSE_ARENA_ARRAY(e->arena, struct sdse_batch_point, strata + 1);
    if (!points)
        return SDSE_NO_MEMORY;
    double seconds[4] = {0}, bytes[4] = {0};
    enum sdse_status status = fill_points(t, points, 0, count[0], strata);
    t->only_used = true;
    if (!status)
        status = fill_points(t, points + count[0], 1, count[1], strata);
    const struct {
        struct sdse_batch_point *points;
        size_t count;
        enum written what;
    } steps[] = {{NULL, 0, INPUTS},
                 {points, strata, VARIANTS},
                 {points, count[0], POINTS},
                 {points + count[0], count[1], POINTS}};
    for (size_t i = 0; i < sizeof steps / sizeof *steps && !status; i++)
        status = write_points(t, steps[i].points, steps[i].count, steps[i].what,
                              &seconds[i], &bytes[i]);
    if (status)
        return status;
    const double variants = (double)variants_of(points, strata);
    const double variant_s = seconds[1] / variants,
                 variant_bytes = (bytes[1] - bytes[0]) / variants;
    // A sweep of one point has no second batch: all is the problems'.
    double point_bytes = 0;
    if (count[1]) {
        e->point_s = seconds[3] / (double)count[1];
        point_bytes = (bytes[3] - bytes[2]) / (double)count[1];
    }
    double problem_bytes = 0;
    if (t->used_count) {
        const double used = (double)t->used_count, first = (double)count[0];
        e->solution_s = (seconds[2] - first * e->point_s) / used;
        e->solution_s = e->solution_s > 0 ? e->solution_s : 0;
        problem_bytes = (bytes[2] - bytes[1] - first * point_bytes) / used;
        problem_bytes = problem_bytes > 0 ? problem_bytes : 0;
    }
    // Of a search nearly every point has an accelerator of its own.
    const uint64_t accelerators =
        e->plan->visits && e->plan->variant_count > all ? all : e->plan->variant_count;
    e->point_s += variant_s * (double)accelerators / (double)all;
    estimate->written = count[0] + count[1];
    estimate->database_bytes = bytes[0] + (double)accelerators * variant_bytes +
                               (double)all * point_bytes +
                               (double)estimate->problems * problem_bytes;
    return SDSE_OK;
}

// --- The folder ---

static void remove_trial(struct trial *t) {
    static const char *const ends[] = {"", "-wal", "-shm", "-journal"};
    for (size_t i = 0; i < sizeof ends / sizeof *ends && t->path; i++) {
        const char *path = sdse_arena_printf(t->e->arena, "%s%s", t->path, ends[i]);
        if (path)
            unlink(path);
    }
    rmdir(t->folder);
}

enum sdse_status sdse_estimate_writing(struct sdse_estimating *e) {
    struct trial t = {.e = e};
    t.folder = sdse_arena_printf(e->arena, "%s/sdse-plan-XXXXXX", e->request->folder);
    t.used = SDSE_ARENA_ARRAY(e->arena, bool, e->drawn_count + 1);
    if (!t.folder || !t.used)
        return SDSE_NO_MEMORY;
    if (!mkdtemp(t.folder))
        return sdse_diag_errno(e->diags, (struct sdse_loc){.file = e->request->folder},
                               "results", "cannot make a folder for the trial", errno);
    t.path = sdse_arena_printf(e->arena, "%s/trial.db", t.folder);
    t.scratch = sdse_arena_new();
    sdse_walk_assume_forms(&e->walk);
    const enum sdse_status status = t.path && t.scratch ? try_out(&t) : SDSE_NO_MEMORY;
    sdse_walk_name_forms(&e->walk);
    sdse_arena_free(t.scratch);
    remove_trial(&t);
    return status;
}
