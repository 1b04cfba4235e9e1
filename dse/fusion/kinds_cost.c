// What the kinds of nests of a configuration cost together.

#include "dse/fusion/kinds.h"

#include <stdlib.h>
#include <string.h>

// Bounds are sums in another order than what they bound.
static const double rounding = 1 - 1e-12;

// --- What they do not stay below ---

struct sdse_totals sdse_kind_least(const struct sdse_kind *kind) {
    return (struct sdse_totals){.energy_pj = kind->least.energy_pj,
                                .latency_cycles = kind->least.latency_cycles,
                                .outer_cycles = kind->least_sides.outer,
                                .inner_cycles = kind->least_sides.inner};
}

struct sdse_tradeoff sdse_kinds_least(const struct sdse_kinds *kinds) {
    double energy_pj = 0;
    struct sdse_overlap_time time = {0};
    for (size_t i = 0; i < kinds->count; i++) {
        const struct sdse_kind *kind = &kinds->kind[i];
        energy_pj += (double)kind->times * kind->least.energy_pj;
        const struct sdse_totals least = sdse_kind_least(kind);
        sdse_overlap_add(kind->times, kind->turn, kind->steady, &least, &time);
    }
    return (struct sdse_tradeoff){energy_pj * rounding,
                                  sdse_overlap_latency(&time) * rounding};
}

enum sdse_status sdse_kinds_bound(struct sdse_kinds *kinds) {
    for (size_t i = 0; i < kinds->count; i++) {
        const enum sdse_status status =
            sdse_nests_bound(kinds->nests, kinds->kind[i].entry);
        if (status != SDSE_OK)
            return status;
        kinds->kind[i].least = kinds->kind[i].entry->bound;
        kinds->kind[i].least_sides = kinds->kind[i].entry->bound_sides;
    }
    return SDSE_OK;
}

static double work_of(const struct sdse_kind *kind) {
    double iterations = (double)kind->times;
    for (int d = 0; d < SDSE_DIMS; d++)
        iterations *= (double)kind->entry->part.bound[d];
    return iterations;
}

enum sdse_status sdse_kinds_bound_next(struct sdse_kinds *kinds, bool *done) {
    struct sdse_kind *next = NULL;
    for (size_t i = 0; i < kinds->count; i++) {
        struct sdse_kind *kind = &kinds->kind[i];
        kind->least =
            kind->entry->bounded ? kind->entry->bound : (struct sdse_tradeoff){0, 0};
        kind->least_sides = kind->entry->bounded ? kind->entry->bound_sides
                                                 : (struct sdse_overlap_sides){0, 0};
        if (!kind->entry->bounded && (!next || work_of(kind) > work_of(next)))
            next = kind;
    }
    *done = !next;
    if (!next)
        return SDSE_OK;
    const enum sdse_status status = sdse_nests_bound(kinds->nests, next->entry);
    if (status == SDSE_OK) {
        next->least = next->entry->bound;
        next->least_sides = next->entry->bound_sides;
    }
    return status;
}

// --- Sums ---

static int by_cost(const void *a, const void *b) {
    const struct sdse_kind_sum *x = a, *y = b;
    const int order = sdse_tradeoff_order(&x->at, &y->at);
    if (order)
        return order;
    if (x->parent != y->parent)
        return x->parent < y->parent ? -1 : 1;
    return x->choice < y->choice ? -1 : x->choice > y->choice;
}

// Adds the answer of one more kind to sums. In `arena`.
static enum sdse_status add_answer(const struct sdse_kind *kind,
                                   enum sdse_places_goal goal, size_t count,
                                   const struct sdse_kind_sum *before,
                                   struct sdse_arena *arena, size_t *sum_count,
                                   struct sdse_kind_sum **sums) {
    const struct sdse_nest_answer *answer = kind->answer;
    const double times = (double)kind->times;
    const size_t most = count * answer->count;
    struct sdse_kind_sum *sum = malloc((most + 1) * sizeof *sum);
    size_t *corner = malloc((most + 1) * sizeof *corner);
    size_t made = 0;
    if (sum && corner) {
        for (size_t i = 0; i < count; i++)
            for (size_t c = 0; c < answer->count; c++)
                sum[made++] = (struct sdse_kind_sum){
                    {before[i].at.energy_pj + times * answer->elements[c].energy_pj,
                     before[i].at.latency_cycles +
                         times * answer->elements[c].latency_cycles},
                    (uint32_t)i,
                    (uint32_t)c};
        qsort(sum, made, sizeof *sum, by_cost);
        made = sdse_tradeoffs_keep_unbeaten(sum, sizeof *sum, made);
        if (goal == SDSE_PLACES_CORNERS)
            made = sdse_tradeoffs_keep_corners(sum, sizeof *sum, made, corner);
        *sums = SDSE_ARENA_ARRAY(arena, struct sdse_kind_sum, made);
        *sum_count = made;
    }
    const bool good = sum && corner && *sums;
    if (good)
        memcpy(*sums, sum, made * sizeof *sum);
    free(sum);
    free(corner);
    return good ? SDSE_OK : SDSE_NO_MEMORY;
}

enum sdse_status sdse_kinds_sum(const struct sdse_kinds *kinds,
                                enum sdse_places_goal goal, struct sdse_arena *arena,
                                struct sdse_kind_sums *sums) {
    struct sdse_kind_sum **stage =
        SDSE_ARENA_ARRAY(arena, struct sdse_kind_sum *, kinds->count + 1);
    size_t *count = SDSE_ARENA_ARRAY(arena, size_t, kinds->count + 1);
    struct sdse_kind_sum *nothing = SDSE_ARENA_NEW(arena, struct sdse_kind_sum);
    if (!stage || !count || !nothing)
        return SDSE_NO_MEMORY;
    stage[0] = nothing;
    count[0] = 1;
    enum sdse_status status = SDSE_OK;
    for (size_t k = 0; k < kinds->count && !status; k++)
        status = add_answer(&kinds->kind[k], goal, count[k], stage[k], arena,
                            &count[k + 1], &stage[k + 1]);
    *sums = (struct sdse_kind_sums){count, stage};
    return status;
}
