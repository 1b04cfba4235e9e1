#include "dse/fusion/kinds_worth.h"

#include <stdlib.h>

// Bounds are sums in another order than what they bound.
static const double rounding = 1 - 1e-12;

enum { MOST = 32 }; // points of a front

// What no sum stays below: by rising energy, falling latency.
struct front {
    size_t count;
    struct sdse_tradeoff at[MOST * MOST];
};

// Of more than MOST, point after point becomes one with the next that is no more than
// either in both.
static void blur(struct front *front) {
    while (front->count > MOST) {
        size_t kept = 0;
        for (size_t i = 0; i < front->count; i += 2) {
            const size_t last = i + 1 < front->count ? i + 1 : i;
            front->at[kept++] = (struct sdse_tradeoff){front->at[i].energy_pj,
                                                       front->at[last].latency_cycles};
        }
        front->count = kept;
    }
}

static int by_cost(const void *a, const void *b) { return sdse_tradeoff_order(a, b); }

// Adds `times` times each of an answer's points.
static void add(const struct sdse_nest_answer *answer, double times,
                struct front *front) {
    struct front sums = {.count = 0};
    const size_t run = (answer->count + MOST - 1) / MOST; // of points that are one
    for (size_t i = 0; i < front->count; i++)
        for (size_t c = 0; c < answer->count; c += run) {
            const size_t last =
                c + run < answer->count ? c + run - 1 : answer->count - 1;
            sums.at[sums.count++] = (struct sdse_tradeoff){
                front->at[i].energy_pj + times * answer->elements[c].energy_pj,
                front->at[i].latency_cycles +
                    times * answer->elements[last].latency_cycles};
        }
    qsort(sums.at, sums.count, sizeof *sums.at, by_cost);
    front->count = sdse_tradeoffs_keep_unbeaten(sums.at, sizeof *sums.at, sums.count);
    for (size_t i = 0; i < front->count; i++)
        front->at[i] = sums.at[i];
    blur(front);
}

bool sdse_kinds_are_worth(const struct sdse_kinds *kinds, sdse_kinds_may_help may_help,
                          const void *context) {
    struct front front = {.count = 1, .at = {{0, 0}}};
    for (size_t i = 0; i < kinds->count; i++) {
        const struct sdse_kind *kind = &kinds->kind[i];
        const struct sdse_nest_answer *answer =
            kind->answer
                ? kind->answer
                : sdse_nests_wider(kinds->nests, kind->entry, kind->reserved_bits);
        if (answer) {
            add(answer, (double)kind->times, &front);
            continue;
        }
        for (size_t f = 0; f < front.count; f++) {
            front.at[f].energy_pj += (double)kind->times * kind->least.energy_pj;
            front.at[f].latency_cycles +=
                (double)kind->times * kind->least.latency_cycles;
        }
    }
    for (size_t f = 0; f < front.count; f++) {
        const struct sdse_tradeoff least = {front.at[f].energy_pj * rounding,
                                            front.at[f].latency_cycles * rounding};
        if (may_help(context, &least))
            return true;
    }
    return false;
}
