#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dse/estimate/estimating.h"

// Numbers that were met, in pairs with what a pointer names.
struct pairs {
    struct pair {
        const void *what;
        uint64_t shard;
    } * slots;
    size_t capacity, count; // capacity: a power of two
};

static size_t slot_of(const struct pairs *pairs, const void *what, uint64_t shard) {
    const struct pair key = {what, shard};
    size_t at = (size_t)sdse_hash_bytes(&key, sizeof key).low & (pairs->capacity - 1);
    while (pairs->slots[at].what &&
           (pairs->slots[at].what != what || pairs->slots[at].shard != shard))
        at = (at + 1) & (pairs->capacity - 1);
    return at;
}

static bool grow(struct pairs *pairs) {
    struct pairs larger = {.capacity = pairs->capacity ? 2 * pairs->capacity : 1024};
    larger.slots = calloc(larger.capacity, sizeof *larger.slots);
    if (!larger.slots)
        return false;
    for (size_t i = 0; i < pairs->capacity; i++)
        if (pairs->slots[i].what)
            larger
                .slots[slot_of(&larger, pairs->slots[i].what, pairs->slots[i].shard)] =
                pairs->slots[i];
    larger.count = pairs->count;
    free(pairs->slots);
    *pairs = larger;
    return true;
}

// False: memory is out.
static bool add_pair(struct pairs *pairs, const void *what, uint64_t shard,
                     bool *is_new) {
    if (2 * pairs->count >= pairs->capacity && !grow(pairs))
        return false;
    const size_t at = slot_of(pairs, what, shard);
    *is_new = !pairs->slots[at].what;
    if (*is_new) {
        pairs->slots[at] = (struct pair){what, shard};
        pairs->count++;
    }
    return true;
}

static void forget(struct pairs *pairs) {
    if (pairs->capacity)
        memset(pairs->slots, 0, pairs->capacity * sizeof *pairs->slots);
    pairs->count = 0;
}

struct sharing {
    struct sdse_estimating *e;
    uint64_t shards;
    uint64_t *problems, *words; // [shards]: problems and words to measure
    struct pairs problem, form;
};

static enum sdse_status share_one(void *context, const struct sdse_walk_step *step) {
    struct sharing *s = context;
    const uint64_t shard = step->point->position % s->shards;
    bool is_new;
    if (step->new_accelerator)
        forget(&s->problem);
    if (!add_pair(&s->problem, step->problem, shard, &is_new))
        return SDSE_NO_MEMORY;
    s->problems[shard] += is_new;
    if (step->measured) {
        if (!add_pair(&s->form, step->measured, shard, &is_new))
            return SDSE_NO_MEMORY;
        const struct sdse_nest *nest = &step->measured->layer->nest;
        if (is_new)
            s->words[shard] += sdse_tile_words(nest, SDSE_WEIGHTS, nest->bound);
    }
    return sdse_estimating_stopped(s->e) ? SDSE_INTERRUPTED : SDSE_OK;
}

// With so many problems and words to measure: loading and writing are one thread's.
static double shard_s(const struct sdse_estimating *e, uint64_t points, double problems,
                      uint64_t words) {
    const double parallel = (double)words * e->word_s + problems * e->problem_s +
                            (double)points * e->reside_s;
    return e->estimate->plan_s + parallel / e->threads + (double)points * e->point_s +
           problems * e->solution_s;
}

// The time of the longest of so many shards.
static enum sdse_status longest(struct sdse_estimating *e, uint64_t shards,
                                double *seconds) {
    const uint64_t all = e->plan->point_count;
    if (e->share < 1) { // nobody has seen every point
        const uint64_t points = all / shards + (all % shards > 0);
        *seconds = shard_s(e, points,
                           (double)e->estimate->problems * (double)points / (double)all,
                           e->words);
        return SDSE_OK;
    }
    struct sharing s = {.e = e,
                        .shards = shards,
                        .problems = calloc(shards, sizeof *s.problems),
                        .words = calloc(shards, sizeof *s.words)};
    enum sdse_status status =
        s.problems && s.words ? sdse_walk_all(&e->walk, share_one, &s) : SDSE_NO_MEMORY;
    *seconds = 0;
    for (uint64_t i = 0; i < shards && !status; i++) {
        const uint64_t points = all / shards + (i < all % shards);
        *seconds =
            fmax(*seconds, shard_s(e, points, (double)s.problems[i], s.words[i]));
    }
    free(s.problems);
    free(s.words);
    free(s.problem.slots);
    free(s.form.slots);
    return status;
}

enum sdse_status sdse_estimate_shards(struct sdse_estimating *e) {
    const double deadline_s = e->request->deadline_s;
    const uint64_t points = e->plan->point_count;
    uint64_t shards = 1;
    for (;;) {
        double seconds;
        const enum sdse_status status = longest(e, shards, &seconds);
        if (status)
            return status;
        e->estimate->shard_s = seconds;
        if (seconds <= deadline_s) {
            e->estimate->shards = shards;
            return SDSE_OK;
        }
        if (shards == points || e->estimate->plan_s >= deadline_s)
            return SDSE_OK;
        // Shards never take less than their part of what one run takes.
        const double least = ((double)shards * seconds) / deadline_s;
        const uint64_t step = shards / 8 + 1;
        uint64_t next = shards + step;
        if (shards == 1 && least > (double)next)
            next = (uint64_t)fmin(least, (double)points);
        shards = next < points ? next : points;
    }
}
