#include "dse/mapper/candidates.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dse/mapper/descent.h"
#include "dse/mapper/twins.h"

// Candidates with the best ranks stay prepared from one pass of a search to the next.
enum { STAY_PREPARED = 64 };

static enum sdse_status prepare(const struct sdse_candidates *candidates,
                                struct sdse_arena *arena,
                                struct sdse_candidate *candidate) {
    const struct sdse_map_request *request = candidates->request;
    struct sdse_problem *problem = SDSE_ARENA_NEW(arena, struct sdse_problem);
    if (!problem)
        return SDSE_NO_MEMORY;
    const enum sdse_status status =
        sdse_problem_init_known(problem, request->arch, request->layer, request->form,
                                candidate->variant, request->known, arena);
    if (status != SDSE_OK)
        return status;
    candidate->searcher = sdse_searcher_new(problem, candidates->effort);
    if (!candidate->searcher)
        return SDSE_NO_MEMORY;
    candidate->problem = problem;
    return SDSE_OK;
}

// The root of a padded variant is worked out in passing; others stay.
static enum sdse_status look_at(struct sdse_candidates *candidates,
                                struct sdse_candidate *candidate) {
    const bool plain = !candidate->variant->padding.present;
    const enum sdse_status status =
        prepare(candidates, plain ? candidates->arena : candidates->scratch, candidate);
    if (status != SDSE_OK)
        return status;
    candidate->root = sdse_searcher_root(candidate->searcher);
    candidate->promise = sdse_goal_value(candidates->goal, &candidate->root);
    candidates->seen++;
    if (plain) {
        candidates->plain[candidates->plain_count++] = candidate->problem;
        return SDSE_OK;
    }
    candidate->problem = NULL;
    candidate->searcher = NULL;
    sdse_arena_reset(candidates->scratch);
    return SDSE_OK;
}

enum sdse_status sdse_candidates_init(const struct sdse_map_request *request,
                                      enum sdse_goal goal, struct sdse_effort *effort,
                                      struct sdse_arena *arena,
                                      struct sdse_candidates *candidates) {
    memset(candidates, 0, sizeof *candidates);
    candidates->request = request;
    candidates->goal = goal;
    candidates->effort = effort;
    candidates->arena = arena;
    candidates->scratch = sdse_arena_new();
    candidates->space = (struct sdse_variant_space){
        .arch = request->arch,
        .layer = request->layer,
        .smartdeal = request->form && request->form->smartdeal,
        .free_bypass = request->free_bypass,
        .padding_percent = request->padding_percent};
    struct sdse_variants list;
    const enum sdse_status status =
        sdse_variants_list(&candidates->space, arena, &list);
    if (status != SDSE_OK)
        return status;
    candidates->candidate = SDSE_ARENA_ARRAY(arena, struct sdse_candidate, list.count);
    candidates->plain = SDSE_ARENA_ARRAY(arena, struct sdse_problem *, list.count);
    if (!candidates->scratch || !candidates->candidate || !candidates->plain)
        return SDSE_NO_MEMORY;
    candidates->count = list.count;
    for (size_t i = 0; i < list.count; i++) {
        candidates->candidate[i].variant = &list.variant[i];
        candidates->candidate[i].index = i;
    }
    return look_at(candidates, &candidates->candidate[0]);
}

void sdse_candidates_free(struct sdse_candidates *candidates) {
    for (size_t i = 0; i < candidates->count; i++)
        sdse_arena_free(candidates->candidate[i].arena);
    sdse_arena_free(candidates->scratch);
}

static int by_promise(const void *a, const void *b) {
    const struct sdse_candidate *p = a, *q = b;
    if (p->promise != q->promise)
        return p->promise < q->promise ? -1 : 1;
    return p->index < q->index ? -1 : p->index > q->index;
}

// Variants without padding are few: a limit of time does not spare them, so that there
// is a bound.
static bool gives_up(struct sdse_effort *effort, const struct sdse_candidate *next) {
    const bool spent = sdse_effort_spent(effort);
    return next->variant->padding.present ? spent : effort->halt > SDSE_HALT_LIMIT;
}

// Of two variants that differ in neighbouring positions, the one that is searched later
// has loops between them that count. Those of one padding are numbered in a row.
static enum sdse_status leave_out_twins(struct sdse_candidates *candidates) {
    const size_t choices = candidates->plain_count;
    struct sdse_arena *arena = candidates->arena;
    const struct sdse_keeps **keeps =
        SDSE_ARENA_ARRAY(arena, const struct sdse_keeps *, choices);
    size_t *rank = SDSE_ARENA_ARRAY(arena, size_t, candidates->seen);
    struct sdse_swaps *swaps;
    if (!keeps || !rank)
        return SDSE_NO_MEMORY;
    for (size_t i = 0; i < candidates->seen; i++) {
        const struct sdse_candidate *candidate = &candidates->candidate[i];
        rank[candidate->index] = i;
        if (candidate->index < choices)
            keeps[candidate->index] = &candidate->variant->keeps;
    }
    const enum sdse_status status =
        sdse_swaps_find(candidates->space.arch, keeps, choices, arena, &swaps);
    for (size_t i = 0; i < candidates->seen && !status; i++) {
        struct sdse_candidate *candidate = &candidates->candidate[i];
        const size_t choice = candidate->index % choices,
                     first = candidate->index - choice;
        for (unsigned l = 0; l < candidates->space.arch->level_count; l++)
            if (rank[first + swaps[choice].with[l]] < i)
                candidate->asked_loops |= SDSE_BIT(l);
    }
    return status;
}

enum sdse_status sdse_candidates_rank(struct sdse_candidates *candidates) {
    if (candidates->seen > 1)
        return SDSE_OK;
    while (candidates->seen < candidates->count) {
        struct sdse_candidate *next = &candidates->candidate[candidates->seen];
        if (gives_up(candidates->effort, next))
            break;
        const enum sdse_status status = look_at(candidates, next);
        if (status != SDSE_OK)
            return status;
    }
    qsort(candidates->candidate + 1, candidates->seen - 1,
          sizeof *candidates->candidate, by_promise);
    return candidates->seen == candidates->count ? leave_out_twins(candidates)
                                                 : SDSE_OK;
}

// --- One after the other ---

static struct sdse_totals root_of(void *context, size_t i) {
    const struct sdse_candidates *candidates = context;
    return candidates->candidate[i].root;
}

static struct sdse_searcher *open_one(void *context, size_t i) {
    struct sdse_candidates *candidates = context;
    struct sdse_candidate *candidate = &candidates->candidate[i];
    if (!candidate->searcher) {
        struct sdse_arena *arena = candidates->scratch;
        if (i < STAY_PREPARED)
            arena = candidate->arena = sdse_arena_new();
        if (!arena || prepare(candidates, arena, candidate) != SDSE_OK)
            return NULL;
    }
    sdse_searcher_ask_loops(candidate->searcher, candidate->asked_loops);
    return candidate->searcher;
}

static void close_one(void *context, size_t i) {
    struct sdse_candidates *candidates = context;
    struct sdse_candidate *candidate = &candidates->candidate[i];
    if (candidate->arena || !candidate->variant->padding.present)
        return;
    candidate->problem = NULL;
    candidate->searcher = NULL;
    sdse_arena_reset(candidates->scratch);
}

// Good mappings of the narrow space, by descents that end where no step is lower: one
// for each goal, and on from there for the goal asked for. The same whatever the search
// has found: a search with more effort does not answer worse.
static void descend_to(struct sdse_candidates *candidates, enum sdse_goal goal,
                       const struct sdse_mapping *start, struct sdse_best *best,
                       struct sdse_mapping *end) {
    static const enum sdse_goal goals[] = {SDSE_GOAL_ENERGY, SDSE_GOAL_EDP,
                                           SDSE_GOAL_CYCLES};
    enum { TRIES = 20000 };
    const struct sdse_problem *problem = candidates->plain[0];
    for (int i = 0; i < 3; i++) {
        sdse_descend(problem, start, goals[i], TRIES, candidates->effort, best, end);
        if (goal != SDSE_GOAL_FRONT && goal != goals[i])
            sdse_descend(problem, end, goal, TRIES, candidates->effort, best, end);
    }
}

static void help(void *context, struct sdse_best *best) {
    struct sdse_candidates *candidates = context;
    struct sdse_mapping start, end;
    if (!candidates->start || !candidates->start(candidates, &start))
        return;
    if (isinf(best->most_cycles) && isinf(best->most_lifetime_cycles)) {
        descend_to(candidates, best->goal, &start, best, &end);
        return;
    }
    // The second search for the least latency, or lives: what the first one knew, too.
    descend_to(candidates,
               isinf(best->most_cycles) ? SDSE_GOAL_LIFETIME : SDSE_GOAL_CYCLES, &start,
               best, &end);
    descend_to(candidates, best->goal, &end, best, &end);
}

static struct sdse_search_space space_of(struct sdse_candidates *candidates,
                                         size_t first, size_t count) {
    return (struct sdse_search_space){.first = first,
                                      .count = count,
                                      .context = candidates,
                                      .root = root_of,
                                      .open = open_one,
                                      .close = close_one,
                                      .help = help};
}

struct sdse_search_space sdse_candidates_first(struct sdse_candidates *candidates) {
    return space_of(candidates, 0, 1);
}

struct sdse_search_space sdse_candidates_others(struct sdse_candidates *candidates) {
    return space_of(candidates, 1, candidates->seen - 1);
}
