#include "dse/fusion/overlap_sums.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// Bounds are sums in another order than what they bound.
static const double rounding = 1 - 1e-12;

// A sum over the first kinds.
struct sum {
    double energy_pj;
    struct sdse_overlap_time time;
    uint32_t parent, choice; // as in struct sdse_kind_sum
};

struct stage {
    size_t count;
    struct sum *sum;
};

static void add(const struct sdse_kind *kind, const struct sdse_totals *at,
                struct sum *sum) {
    sum->energy_pj += (double)kind->times * at->energy_pj;
    sdse_overlap_add(kind->times, kind->turn, kind->steady, at, &sum->time);
}

// --- What is not beaten ---

// What the time of all kinds rises with; `inner` only where there are more tiles.
static bool is_no_slower(const struct sdse_overlap_time *a,
                         const struct sdse_overlap_time *b) {
    return a->alone <= b->alone && a->outer <= b->outer && a->end <= b->end &&
           (a->inner <= b->inner || (a->more == 0 && a->runs > 0));
}

static int compare(double a, double b) { return a < b ? -1 : a > b; }

static int by_cost(const void *a, const void *b) {
    const struct sum *x = a, *y = b;
    int order = compare(x->energy_pj, y->energy_pj);
    if (!order)
        order = compare(sdse_overlap_latency(&x->time), sdse_overlap_latency(&y->time));
    if (!order)
        order = compare(x->time.outer, y->time.outer);
    if (!order)
        order = compare(x->time.inner, y->time.inner);
    if (order)
        return order;
    if (x->parent != y->parent)
        return x->parent < y->parent ? -1 : 1;
    return x->choice < y->choice ? -1 : x->choice > y->choice;
}

// Keeps the sums that none before them beats, by rising energy: those that are kept
// beat each other in nothing.
static size_t keep_unbeaten(struct sum *sum, size_t count) {
    size_t kept = 0;
    qsort(sum, count, sizeof *sum, by_cost);
    for (size_t i = 0; i < count; i++) {
        bool beaten = false;
        for (size_t k = kept; k-- > 0 && !beaten;)
            beaten = is_no_slower(&sum[k].time, &sum[i].time);
        if (!beaten)
            sum[kept++] = sum[i];
    }
    return kept;
}

// --- Kind after kind ---

struct summing {
    const struct sdse_kinds *kinds;
    sdse_overlap_may_help may_help;
    const void *context;
};

// Whether a sum and the least of the kinds that are left may be of use. rest: theirs.
static bool is_worth(const struct summing *work, const struct sum *sum,
                     const struct sum *rest) {
    struct sdse_overlap_time time = sum->time;
    time.runs = fmax(time.runs, rest->time.runs);
    time.more = fmax(time.more, rest->time.more);
    time.alone += rest->time.alone;
    time.outer += rest->time.outer;
    time.inner += rest->time.inner;
    time.end = fmax(time.end + rest->time.inner, time.outer);
    const struct sdse_tradeoff least = {(sum->energy_pj + rest->energy_pj) * rounding,
                                        sdse_overlap_latency(&time) * rounding};
    return work->may_help(work->context, &least);
}

static enum sdse_status add_kind(const struct summing *work, size_t k,
                                 const struct sum *rest, const struct stage *before,
                                 struct sdse_arena *arena, struct stage *after) {
    const struct sdse_kind *kind = &work->kinds->kind[k];
    const struct sdse_map_answer *answer = &kind->answer->answer;
    const size_t most = before->count * answer->point_count;
    struct sum *sum = malloc((most + 1) * sizeof *sum);
    size_t made = 0;
    for (size_t i = 0; sum && i < before->count; i++)
        for (size_t c = 0; c < answer->point_count; c++) {
            sum[made] = before->sum[i];
            sum[made].parent = (uint32_t)i;
            sum[made].choice = (uint32_t)c;
            add(kind, &answer->point[c].totals, &sum[made]);
            made += is_worth(work, &sum[made], rest);
        }
    if (sum) {
        made = keep_unbeaten(sum, made);
        after->sum = SDSE_ARENA_ARRAY(arena, struct sum, made + 1);
        after->count = made;
    }
    const bool good = sum && after->sum;
    if (good)
        memcpy(after->sum, sum, made * sizeof *sum);
    free(sum);
    return good ? SDSE_OK : SDSE_NO_MEMORY;
}

// The points of sums over all kinds; false: memory is out.
static bool list_points(const struct stage *stage, size_t kinds,
                        struct sdse_arena *arena, size_t *count,
                        struct sdse_overlap_point *point) {
    for (size_t i = 0; i < *count; i++) {
        const struct sum *sum = &stage[kinds].sum[i];
        uint32_t *choice = SDSE_ARENA_ARRAY(arena, uint32_t, kinds + 1);
        if (!choice)
            return false;
        point[i] = (struct sdse_overlap_point){
            {sum->energy_pj, sdse_overlap_latency(&sum->time)}, choice};
        for (size_t k = kinds; k-- > 0;) {
            choice[k] = sum->choice;
            sum = &stage[k].sum[sum->parent];
        }
    }
    // Of equal energy the fastest: what takes least of both sides need not be.
    for (size_t i = 1; i < *count; i++)
        for (size_t j = i;
             j > 0 && sdse_tradeoff_order(&point[j - 1].at, &point[j].at) > 0; j--) {
            const struct sdse_overlap_point swapped = point[j];
            point[j] = point[j - 1];
            point[j - 1] = swapped;
        }
    *count = sdse_tradeoffs_keep_unbeaten(point, sizeof *point, *count);
    return true;
}

enum sdse_status sdse_overlap_sum(const struct sdse_kinds *kinds,
                                  sdse_overlap_may_help may_help, const void *context,
                                  struct sdse_arena *arena, size_t *count,
                                  struct sdse_overlap_point **point) {
    const struct summing work = {kinds, may_help, context};
    struct sdse_arena *scratch = sdse_arena_new();
    struct stage *stage =
        scratch ? SDSE_ARENA_ARRAY(scratch, struct stage, kinds->count + 1) : NULL;
    struct sum *rest =
        scratch ? SDSE_ARENA_ARRAY(scratch, struct sum, kinds->count + 1) : NULL;
    struct sum nothing = {.energy_pj = 0};
    enum sdse_status status = stage && rest ? SDSE_OK : SDSE_NO_MEMORY;
    for (size_t k = kinds->count; k-- > 0 && !status;) {
        const struct sdse_totals least = sdse_kind_least(&kinds->kind[k]);
        rest[k] = rest[k + 1];
        add(&kinds->kind[k], &least, &rest[k]);
    }
    if (status == SDSE_OK)
        stage[0] = (struct stage){1, &nothing};
    for (size_t k = 0; k < kinds->count && !status; k++)
        status = add_kind(&work, k, &rest[k + 1], &stage[k], scratch, &stage[k + 1]);
    if (status == SDSE_OK) {
        *count = stage[kinds->count].count;
        *point = SDSE_ARENA_ARRAY(arena, struct sdse_overlap_point, *count + 1);
        if (!*point || !list_points(stage, kinds->count, arena, count, *point))
            status = SDSE_NO_MEMORY;
    }
    sdse_arena_free(scratch);
    return status;
}
