#include "dse/sweep/fronts.h"

#include <math.h>
#include <stdlib.h>

enum { OBJECTIVES = 3 };

struct member {
    double value[OBJECTIVES];
    size_t count; // equal points
};

struct front {
    struct member *members;
    size_t count, capacity;
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

size_t sdse_fronts_size(const struct sdse_fronts *fronts) { return fronts->size; }
