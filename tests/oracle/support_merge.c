#include "oracle/support_merge.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

uint64_t space_span(const struct space *space, unsigned l, unsigned c) {
    uint64_t span = 1;
    for (unsigned k = l; k < c; k++)
        span *= space->places[k];
    return span;
}

uint64_t simulated_half_hops(const unsigned *x, const unsigned *y, unsigned count,
                             unsigned rows) {
    unsigned furthest = 0;
    for (unsigned i = 0; i < count; i++)
        furthest = x[i] > furthest ? x[i] : furthest;
    uint64_t half_hops = 2 * (uint64_t)furthest;
    int twice_middle = (int)rows - 1;
    for (unsigned column = 0; column <= furthest; column++) {
        int lowest = -1, highest = -1;
        for (unsigned i = 0; i < count; i++) {
            if (x[i] != column)
                continue;
            int row = (int)y[i];
            lowest = lowest < 0 || row < lowest ? row : lowest;
            highest = row > highest ? row : highest;
        }
        if (lowest < 0)
            continue;
        if (twice_middle > 2 * lowest)
            half_hops += (uint64_t)(twice_middle - 2 * lowest);
        if (2 * highest > twice_middle)
            half_hops += (uint64_t)(2 * highest - twice_middle);
    }
    return half_hops;
}

// A request as the network of level `level` sees it.
struct parcel {
    uint64_t instance; // of the level
    uint64_t apart;    // coordinates that keep requests apart
    unsigned place;    // of the level's fan-out it goes to
    const uint64_t *words;
    size_t count;
};

static int compare_u64(uint64_t a, uint64_t b) { return (a > b) - (a < b); }

static int compare_groups(const struct parcel *a, const struct parcel *b) {
    int order = compare_u64(a->instance, b->instance);
    if (order == 0)
        order = compare_u64(a->apart, b->apart);
    if (order == 0)
        order = compare_u64(a->count, b->count);
    for (size_t i = 0; order == 0 && i < a->count; i++)
        order = compare_u64(a->words[i], b->words[i]);
    return order;
}

static int compare_parcels(const void *left, const void *right) {
    const struct parcel *a = left, *b = right;
    int order = compare_groups(a, b);
    return order != 0 ? order : compare_u64(a->place, b->place);
}

// The coordinates, from level `from` to the child, at levels that merge nothing.
static uint64_t coordinates_apart(const struct space *space, const struct edge *edge,
                                  unsigned from, uint64_t child) {
    uint64_t apart = 0;
    for (unsigned k = from; k < edge->child; k++) {
        uint64_t place =
            child / space_span(space, k + 1, edge->child) % space->places[k];
        if (!edge->merges[k])
            apart = apart * space->places[k] + place;
    }
    return apart;
}

static void add_spread(struct simulated_network *network, uint64_t multicast,
                       uint64_t scatter, uint64_t words) {
    for (unsigned i = 0; i < network->spread_count; i++) {
        struct simulated_spread *spread = &network->spread[i];
        if (spread->multicast == multicast && spread->scatter == scatter) {
            spread->words += words;
            return;
        }
    }
    if (network->spread_count < SIMULATION_MAX_SPREADS)
        network->spread[network->spread_count++] =
            (struct simulated_spread){multicast, scatter, words};
}

// The sets of places that got something from one instance in this step.
struct target {
    const struct parcel *first; // one group that went to the set
    size_t parcels;
    unsigned multicast;
    uint64_t words;
};

// Room for as many places and targets as there are parcels.
struct scratch {
    unsigned *x, *y;
    struct target *targets;
    size_t target_count;
};

// One merged group's destinations: half hops of a word, and how many places.
static uint64_t group_half_hops(const struct space *space, unsigned level,
                                const struct parcel *parcels, size_t count,
                                const struct scratch *scratch, unsigned *destinations) {
    unsigned *x = scratch->x, *y = scratch->y, n = 0;
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && parcels[i].place == parcels[i - 1].place)
            continue;
        x[n] = space->x[level][parcels[i].place];
        y[n] = space->y[level][parcels[i].place];
        n++;
    }
    *destinations = n;
    return simulated_half_hops(x, y, n, space->rows[level]);
}

static bool same_places(const struct parcel *a, size_t a_count, const struct parcel *b,
                        size_t b_count) {
    size_t i = 0, k = 0;
    while (i < a_count && k < b_count) {
        if (a[i].place != b[k].place)
            return false;
        unsigned place = a[i].place;
        while (i < a_count && a[i].place == place)
            i++;
        while (k < b_count && b[k].place == place)
            k++;
    }
    return i == a_count && k == b_count;
}

static void add_group(struct scratch *scratch, const struct parcel *parcels,
                      size_t count, unsigned multicast, uint64_t words) {
    struct target *end = scratch->targets + scratch->target_count;
    struct target *target = scratch->targets;
    while (target < end && !same_places(target->first, target->parcels, parcels, count))
        target++;
    if (target == end) {
        *target = (struct target){parcels, count, multicast, 0};
        scratch->target_count++;
    }
    target->words += words;
}

static void close_targets(struct scratch *scratch, struct simulated_network *network) {
    for (size_t i = 0; i < scratch->target_count; i++) {
        unsigned multicast = scratch->targets[i].multicast;
        uint64_t scatter = 0, words = 0;
        bool seen = false;
        for (size_t k = 0; k < scratch->target_count; k++) {
            if (scratch->targets[k].multicast != multicast)
                continue;
            seen = seen || k < i;
            scatter++;
            words += scratch->targets[k].words;
        }
        if (!seen)
            add_spread(network, multicast, scatter, words);
    }
    scratch->target_count = 0;
}

// Groups sorted parcels: equal sets that nothing keeps apart travel once.
static uint64_t count_groups(const struct space *space, unsigned level,
                             const struct parcel *parcels, size_t count,
                             struct scratch *scratch,
                             struct simulated_network *network) {
    uint64_t total = 0;
    for (size_t i = 0; i < count;) {
        size_t end = i + 1;
        while (end < count && compare_groups(&parcels[i], &parcels[end]) == 0)
            end++;
        unsigned destinations;
        uint64_t half =
            group_half_hops(space, level, &parcels[i], end - i, scratch, &destinations);
        total += parcels[i].count;
        network->half_hops_words += half * parcels[i].count;
        add_group(scratch, &parcels[i], end - i, destinations, parcels[i].count);
        if (end == count || parcels[end].instance != parcels[i].instance)
            close_targets(scratch, network);
        i = end;
    }
    network->words += total;
    return total;
}

static size_t make_parcels(const struct space *space, const struct edge *edge,
                           unsigned level, const struct request *requests, size_t count,
                           struct parcel *parcels) {
    size_t n = 0;
    for (size_t i = 0; i < count; i++) {
        const struct request *request = &requests[i];
        if (request->count == 0)
            continue;
        uint64_t outside = request->child / space_span(space, level + 1, edge->child);
        parcels[n++] = (struct parcel){
            .instance = outside / space->places[level],
            .apart = coordinates_apart(space, edge, level, request->child),
            .place = (unsigned)(outside % space->places[level]),
            .words = request->words,
            .count = request->count,
        };
    }
    return n;
}

// With window sharing the parent reads the union: every word travels by itself, once,
// to all who fetch it. The parent's own places never keep words apart then.
static uint64_t count_union(const struct space *space, const struct edge *edge,
                            const struct request *requests, size_t count,
                            struct scratch *scratch, struct simulated_network *network,
                            bool *ok) {
    size_t words = 0;
    for (size_t i = 0; i < count; i++)
        words += requests[i].count;
    struct parcel *parcels = calloc(words + 1, sizeof *parcels);
    if (!parcels) {
        *ok = false;
        return 0;
    }
    unsigned level = edge->parent;
    size_t n = 0;
    for (size_t i = 0; i < count; i++) {
        const struct request *request = &requests[i];
        uint64_t outside = request->child / space_span(space, level + 1, edge->child);
        for (size_t w = 0; w < request->count; w++) {
            parcels[n++] = (struct parcel){
                .instance = outside / space->places[level],
                .apart = coordinates_apart(space, edge, level + 1, request->child),
                .place = (unsigned)(outside % space->places[level]),
                .words = &request->words[w],
                .count = 1,
            };
        }
    }
    qsort(parcels, n, sizeof *parcels, compare_parcels);
    uint64_t total = 0;
    for (size_t i = 0; i < n; total++) {
        size_t end = i + 1;
        while (end < n && compare_groups(&parcels[i], &parcels[end]) == 0)
            end++;
        unsigned destinations;
        network->half_hops_words +=
            group_half_hops(space, level, &parcels[i], end - i, scratch, &destinations);
        i = end;
    }
    network->words += total;
    free(parcels);
    return total;
}

uint64_t merge_requests(const struct space *space, const struct edge *edge,
                        const struct request *requests, size_t count,
                        struct simulated_network *const networks[SDSE_MAX_LEVELS],
                        bool *ok) {
    const size_t room = count + 1;
    struct parcel *parcels =
        malloc(room * (sizeof *parcels + sizeof(struct target) + 2 * sizeof(unsigned)));
    bool ready = parcels;
    struct scratch scratch = {.target_count = 0};
    if (ready) { // parcels, targets, columns and rows: of falling alignment
        scratch.targets = (struct target *)(parcels + room);
        scratch.x = (unsigned *)(scratch.targets + room);
        scratch.y = scratch.x + room;
    }
    uint64_t below = 0;
    for (size_t i = 0; i < count; i++)
        below += requests[i].count;
    for (unsigned level = edge->child; ready && level-- > edge->parent;) {
        struct simulated_network *network = networks[level];
        uint64_t words;
        if (edge->window_sharing && level <= edge->fans_at) {
            words =
                count_union(space, edge, requests, count, &scratch, network, &ready);
        } else {
            size_t n = make_parcels(space, edge, level, requests, count, parcels);
            qsort(parcels, n, sizeof *parcels, compare_parcels);
            words = count_groups(space, level, parcels, n, &scratch, network);
        }
        if (edge->tensor == SDSE_OUTPUTS)
            network->adds += below - words;
        below = words;
    }
    *ok = *ok && ready;
    free(parcels);
    return below;
}
