#include "dse/sweep/fronts.h"

#include <math.h>
#include <stdlib.h>

#include "results/look/pareto.h"

enum { OBJECTIVES = 3 };

struct member {
    double value[OBJECTIVES];
    size_t count; // equal points
};

struct front {
    struct member *members;
    size_t count, capacity;
    double worst[OBJECTIVES]; // of all points that were added
};

struct sdse_fronts {
    size_t network_count;
    size_t size;
    struct front *front; // [network_count]
};

struct sdse_fronts *sdse_fronts_new(size_t networks) {
    struct sdse_fronts *fronts = calloc(1, sizeof *fronts);
    if (!fronts)
        return NULL;
    fronts->network_count = networks;
    fronts->front = calloc(networks + 1, sizeof *fronts->front);
    if (fronts->front)
        return fronts;
    free(fronts);
    return NULL;
}

void sdse_fronts_free(struct sdse_fronts *fronts) {
    for (size_t i = 0; fronts && i < fronts->network_count; i++)
        free(fronts->front[i].members);
    if (fronts)
        free(fronts->front);
    free(fronts);
}

// Whether `a` is nowhere worse than `b`; *same: nowhere better, either.
static bool no_worse(const struct member *a, const struct member *b, bool *same) {
    *same = true;
    for (int i = 0; i < OBJECTIVES; i++) {
        if (a->value[i] > b->value[i])
            return false;
        *same &= a->value[i] == b->value[i];
    }
    return true;
}

bool sdse_fronts_add(struct sdse_fronts *fronts, size_t network, double energy_pj,
                     double latency_cycles, double area_mm2) {
    struct front *front = &fronts->front[network];
    const struct member added = {{energy_pj, latency_cycles, area_mm2}, 1};
    for (int i = 0; i < OBJECTIVES; i++)
        if (!isfinite(added.value[i]))
            return true;
    for (int i = 0; i < OBJECTIVES; i++)
        front->worst[i] = fmax(front->worst[i], added.value[i]);
    for (size_t i = 0; i < front->count; i++) {
        bool same;
        if (!no_worse(&front->members[i], &added, &same))
            continue;
        // What keeps one out keeps its neighbours out, too: it is asked first.
        const struct member found = front->members[i];
        front->members[i] = front->members[0];
        front->members[0] = found;
        front->members[0].count += same;
        fronts->size += same;
        return true;
    }
    size_t kept = 0;
    for (size_t i = 0; i < front->count; i++) {
        bool same;
        if (no_worse(&added, &front->members[i], &same))
            fronts->size -= front->members[i].count;
        else
            front->members[kept++] = front->members[i];
    }
    front->count = kept;
    if (front->count == front->capacity) {
        const size_t capacity = front->capacity ? 2 * front->capacity : 64;
        struct member *grown =
            realloc(front->members, capacity * sizeof *front->members);
        if (!grown)
            return false;
        front->members = grown;
        front->capacity = capacity;
    }
    front->members[front->count++] = added;
    fronts->size++;
    return true;
}

// Dominated in three objectives is dominated, or the same, in two of them: the front of
// three spans what that of two does.
static double share_of(const struct front *front,
                       const struct sdse_sweep_search *search) {
    const unsigned objectives = search->objective_count;
    double *v = calloc(front->count * objectives + 1, sizeof *v);
    size_t *all = calloc(front->count + 1, sizeof *all);
    double reference[OBJECTIVES], box = 1, volume = (double)NAN;
    for (unsigned k = 0; k < objectives; k++) {
        reference[k] = search->has_reference ? search->reference[k]
                                             : front->worst[search->objectives[k]];
        box *= reference[k];
    }
    for (size_t i = 0; v && all && i < front->count; i++) {
        all[i] = i;
        for (unsigned k = 0; k < objectives; k++)
            v[i * objectives + k] = front->members[i].value[search->objectives[k]];
    }
    if (v && all &&
        sdse_pareto_hypervolume(v, objectives, all, front->count, reference, &volume))
        volume = (double)NAN;
    free(v);
    free(all);
    return box > 0 ? volume / box : 0;
}

double sdse_fronts_hypervolume(const struct sdse_fronts *fronts,
                               const struct sdse_sweep_search *search) {
    double sum = 0;
    for (size_t i = 0; i < fronts->network_count; i++)
        sum += share_of(&fronts->front[i], search);
    return sum / (double)fronts->network_count;
}

size_t sdse_fronts_size(const struct sdse_fronts *fronts) { return fronts->size; }
