#include "dse/network/network_front.h"

#include <math.h>
#include <stdlib.h>

// The front of the first layers: where each element comes from.
struct sdse_front_stage {
    size_t count;
    uint32_t *parent; // element of the stage before
    uint32_t *choice; // element of the layer's front
};

struct sum {
    struct sdse_tradeoff at;
    uint32_t parent, choice;
};

static int by_energy_then_latency(const void *a, const void *b) {
    const struct sum *x = a, *y = b;
    if (x->at.energy_pj != y->at.energy_pj)
        return x->at.energy_pj < y->at.energy_pj ? -1 : 1;
    if (x->at.latency_cycles != y->at.latency_cycles)
        return x->at.latency_cycles < y->at.latency_cycles ? -1 : 1;
    // Equal sums: the same choice whatever qsort does.
    if (x->parent != y->parent)
        return x->parent < y->parent ? -1 : 1;
    return x->choice < y->choice ? -1 : x->choice > y->choice;
}

static size_t drop_dominated(struct sum *sums, size_t count) {
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        if (!kept || sums[i].at.latency_cycles < sums[kept - 1].at.latency_cycles)
            sums[kept++] = sums[i];
    return kept;
}

static size_t thin(struct sum *sums, size_t count) {
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        if (i % 2 == 0 || i + 1 == count)
            sums[kept++] = sums[i];
    return kept;
}

static void add_all(const struct sdse_network_front *front,
                    const struct sdse_layer_front *layer, struct sum *sums) {
    const double times = (double)layer->repeat;
    for (size_t i = 0; i < front->count; i++) {
        for (size_t j = 0; j < layer->count; j++) {
            struct sum *sum = &sums[i * layer->count + j];
            sum->at = front->elements[i];
            sum->at.energy_pj += times * layer->elements[j].energy_pj;
            sum->at.latency_cycles += times * layer->elements[j].latency_cycles;
            sum->parent = (uint32_t)i;
            sum->choice = (uint32_t)j;
        }
    }
}

static enum sdse_status add_layer(const struct sdse_layer_front *layer,
                                  struct sdse_arena *arena,
                                  struct sdse_network_front *front,
                                  struct sdse_front_stage *stage) {
    const size_t count = front->count * layer->count;
    struct sum *sums = malloc(count * sizeof *sums);
    if (!sums)
        return SDSE_NO_MEMORY;
    add_all(front, layer, sums);
    qsort(sums, count, sizeof *sums, by_energy_then_latency);
    size_t kept = drop_dominated(sums, count);
    while (kept > SDSE_LARGEST_FRONT) {
        kept = thin(sums, kept);
        front->thinned = true;
    }
    stage->count = kept;
    stage->parent = SDSE_ARENA_ARRAY(arena, uint32_t, kept);
    stage->choice = SDSE_ARENA_ARRAY(arena, uint32_t, kept);
    front->elements = SDSE_ARENA_ARRAY(arena, struct sdse_tradeoff, kept);
    front->count = kept;
    const bool ready = stage->parent && stage->choice && front->elements;
    for (size_t i = 0; ready && i < kept; i++) {
        front->elements[i] = sums[i].at;
        stage->parent[i] = sums[i].parent;
        stage->choice[i] = sums[i].choice;
    }
    free(sums);
    return ready ? SDSE_OK : SDSE_NO_MEMORY;
}

enum sdse_status sdse_network_front_build(const struct sdse_layer_front *layers,
                                          size_t layer_count, struct sdse_arena *arena,
                                          struct sdse_network_front *front) {
    struct sdse_tradeoff nothing = {0, 0};
    struct sdse_network_front built = {.count = 1, .elements = &nothing};
    built.stages = SDSE_ARENA_ARRAY(arena, struct sdse_front_stage, layer_count);
    if (!built.stages)
        return SDSE_NO_MEMORY;
    for (size_t i = 0; i < layer_count; i++) {
        const enum sdse_status status =
            add_layer(&layers[i], arena, &built, &built.stages[i]);
        if (status)
            return status;
    }
    *front = built;
    return SDSE_OK;
}

static double value(enum sdse_objective objective, const struct sdse_tradeoff *at) {
    switch (objective) {
    case SDSE_LATENCY:
        return at->latency_cycles;
    case SDSE_EDP:
        return at->energy_pj * at->latency_cycles;
    case SDSE_ED2P:
        return at->energy_pj * at->latency_cycles * at->latency_cycles;
    default:
        return at->energy_pj;
    }
}

size_t sdse_network_front_pick_within(const struct sdse_network_front *front,
                                      enum sdse_objective objective, double most_pj,
                                      double most_cycles) {
    size_t best = front->count;
    for (size_t i = 0; i < front->count; i++) {
        const struct sdse_tradeoff *at = &front->elements[i];
        if (at->energy_pj > most_pj || at->latency_cycles > most_cycles)
            continue;
        if (best == front->count ||
            value(objective, at) < value(objective, &front->elements[best]))
            best = i;
    }
    return best;
}

size_t sdse_network_front_pick(const struct sdse_network_front *front,
                               enum sdse_objective objective) {
    return sdse_network_front_pick_within(front, objective, (double)INFINITY,
                                          (double)INFINITY);
}

void sdse_network_front_choices(const struct sdse_network_front *front,
                                size_t layer_count, size_t element, size_t *choice) {
    for (size_t i = layer_count; i-- > 0;) {
        choice[i] = front->stages[i].choice[element];
        element = front->stages[i].parent[element];
    }
}
