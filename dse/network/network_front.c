#include "dse/network/network_front.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// The front of the first layers: where each element comes from.
struct sdse_front_stage {
    uint32_t *parent; // element of the stage before
    uint32_t *choice; // element of the layer's front
};

struct sum {
    struct sdse_tradeoff at;
    uint32_t parent, choice;
};

// The sums of one stage that no other beats, as they are found.
struct sums {
    struct sum *sum;
    size_t count, capacity, most;
    size_t *corner; // scratch of thinning [capacity]
    bool thinned;
    const atomic_bool *stop; // NULL = never
    uint64_t steps;          // of all stages
    bool stopped;            // the flag was seen
};

// --- Hulls ---

static int steepest_first(const void *a, const void *b) {
    const struct sdse_tradeoff *x = a, *y = b;
    const double p = x->latency_cycles * y->energy_pj;
    const double q = y->latency_cycles * x->energy_pj;
    return p < q ? -1 : p > q; // the most cycles saved per energy
}

// The hull of a sum is made of the edges of all hulls, steepest first.
static enum sdse_status add_hulls(const struct sdse_layer_front *layers,
                                  size_t layer_count, struct sdse_arena *arena,
                                  struct sdse_network_front *front) {
    size_t most = 1, longest = 1;
    for (size_t i = 0; i < layer_count; i++) {
        most += layers[i].count;
        longest = layers[i].count > longest ? layers[i].count : longest;
    }
    struct sdse_tradeoff *edge = malloc(most * sizeof *edge);
    size_t *corner = malloc(longest * sizeof *corner);
    front->corners = SDSE_ARENA_ARRAY(arena, struct sdse_tradeoff, most);
    const bool ready = edge && corner && front->corners;
    struct sdse_tradeoff at = {0, 0};
    size_t edges = 0;
    for (size_t i = 0; ready && i < layer_count; i++) {
        const double times = (double)layers[i].repeat;
        const struct sdse_tradeoff *elements = layers[i].elements;
        const size_t corners =
            sdse_tradeoffs_corners(elements, sizeof *elements, layers[i].count, corner);
        at.energy_pj += times * elements[0].energy_pj;
        at.latency_cycles += times * elements[0].latency_cycles;
        for (size_t c = 1; c < corners; c++) {
            const struct sdse_tradeoff *to = &elements[corner[c]],
                                       *from = &elements[corner[c - 1]];
            edge[edges++] = (struct sdse_tradeoff){
                times * (to->energy_pj - from->energy_pj),
                times * (to->latency_cycles - from->latency_cycles)};
        }
    }
    if (ready) {
        qsort(edge, edges, sizeof *edge, steepest_first);
        front->corners[0] = at;
        for (size_t i = 0; i < edges; i++) {
            at.energy_pj += edge[i].energy_pj;
            at.latency_cycles += edge[i].latency_cycles;
            front->corners[i + 1] = at;
        }
        front->corner_count = edges + 1;
    }
    free(edge);
    free(corner);
    return ready ? SDSE_OK : SDSE_NO_MEMORY;
}

// --- Sums ---

static void thin(struct sums *sums) {
    const size_t kept =
        sdse_tradeoffs_thin(sums->sum, sizeof *sums->sum, sums->count, sums->corner);
    sums->thinned |= kept < sums->count;
    sums->count = kept;
}

static bool make_room(struct sums *sums) {
    if (sums->count >= 2 * sums->most)
        thin(sums);
    if (sums->count < sums->capacity)
        return true;
    const size_t capacity = sums->capacity ? 2 * sums->capacity : 64;
    struct sum *sum = realloc(sums->sum, capacity * sizeof *sum);
    sums->sum = sum ? sum : sums->sum;
    size_t *corner = realloc(sums->corner, capacity * sizeof *corner);
    sums->corner = corner ? corner : sums->corner;
    if (sum && corner)
        sums->capacity = capacity;
    return sum && corner;
}

// Sums come by rising energy: those as slow as the last are beaten.
static bool take(struct sums *sums, const struct sum *next) {
    struct sum *last = sums->count ? &sums->sum[sums->count - 1] : NULL;
    if (last && next->at.latency_cycles >= last->at.latency_cycles)
        return true;
    if (last && next->at.energy_pj == last->at.energy_pj) {
        *last = *next; // rounded to the same energy
        return true;
    }
    if (!make_room(sums))
        return false;
    sums->sum[sums->count++] = *next;
    return true;
}

static bool comes_before(const struct sum *x, const struct sum *y) {
    const int order = sdse_tradeoff_order(&x->at, &y->at);
    if (order)
        return order < 0;
    if (x->parent != y->parent)
        return x->parent < y->parent;
    return x->choice < y->choice;
}

static void sift_down(struct sum *heap, size_t count, size_t i) {
    const struct sum moved = heap[i];
    for (size_t child; (child = 2 * i + 1) < count; i = child) {
        child += child + 1 < count && comes_before(&heap[child + 1], &heap[child]);
        if (!comes_before(&heap[child], &moved))
            break;
        heap[i] = heap[child];
    }
    heap[i] = moved;
}

static struct sum add(const struct sdse_network_front *front,
                      const struct sdse_layer_front *layer, size_t parent,
                      size_t choice) {
    const double times = (double)layer->repeat;
    return (struct sum){
        {front->elements[parent].energy_pj + times * layer->elements[choice].energy_pj,
         front->elements[parent].latency_cycles +
             times * layer->elements[choice].latency_cycles},
        (uint32_t)parent,
        (uint32_t)choice};
}

// The first element from `parent` on whose sum with the choice is faster than `cycles`;
// front->count if there is none. Strides double, then halve.
static size_t skip_beaten(const struct sdse_network_front *front,
                          const struct sdse_layer_front *layer, size_t parent,
                          size_t choice, double cycles) {
    size_t stride = 1;
    while (parent < front->count &&
           add(front, layer, parent, choice).at.latency_cycles >= cycles) {
        parent += stride;
        stride *= 2;
    }
    if (stride == 1)
        return parent;
    size_t low = parent - stride / 2; // beaten
    size_t high = parent < front->count ? parent : front->count;
    while (high - low > 1) {
        const size_t middle = low + (high - low) / 2;
        if (add(front, layer, middle, choice).at.latency_cycles >= cycles)
            low = middle;
        else
            high = middle;
    }
    return high;
}

enum { STEPS_BETWEEN_LOOKS = 1 << 16 };

// Whether to go no further; so many steps are made whatever the flag says.
static bool is_stopped(struct sums *sums) {
    if (++sums->steps % STEPS_BETWEEN_LOOKS == 0 && sums->stop)
        sums->stopped = atomic_load(sums->stop);
    return sums->stopped;
}

// Merges the sums of every choice of the layer with the front, each of which rises in
// energy: the heap holds the next of each choice.
static bool merge(const struct sdse_network_front *front,
                  const struct sdse_layer_front *layer, struct sums *sums) {
    struct sum *heap = malloc(layer->count * sizeof *heap);
    if (!heap)
        return false;
    size_t count = layer->count;
    for (size_t j = 0; j < count; j++)
        heap[j] = add(front, layer, 0, j);
    for (size_t i = count / 2; i-- > 0;)
        sift_down(heap, count, i);
    bool good = true;
    while (good && count && !is_stopped(sums)) {
        good = take(sums, &heap[0]);
        const double cycles = sums->count ? sums->sum[sums->count - 1].at.latency_cycles
                                          : (double)INFINITY;
        const size_t next =
            skip_beaten(front, layer, heap[0].parent + 1u, heap[0].choice, cycles);
        heap[0] = next < front->count ? add(front, layer, next, heap[0].choice)
                                      : heap[--count];
        sift_down(heap, count, 0);
    }
    free(heap);
    return good;
}

static enum sdse_status add_layer(const struct sdse_layer_front *layer,
                                  struct sdse_arena *arena, struct sums *sums,
                                  struct sdse_network_front *front,
                                  struct sdse_front_stage *stage) {
    sums->count = 0;
    if (!merge(front, layer, sums))
        return SDSE_NO_MEMORY;
    if (sums->stopped) // in the middle
        return SDSE_INTERRUPTED;
    for (size_t before = SIZE_MAX; sums->count > sums->most && sums->count < before;) {
        before = sums->count;
        thin(sums);
    }
    const size_t kept = sums->count;
    stage->parent = SDSE_ARENA_ARRAY(arena, uint32_t, kept);
    stage->choice = SDSE_ARENA_ARRAY(arena, uint32_t, kept);
    struct sdse_tradeoff *elements = realloc(front->elements, kept * sizeof *elements);
    if (!stage->parent || !stage->choice || !elements) {
        front->elements = elements ? elements : front->elements;
        return SDSE_NO_MEMORY;
    }
    front->elements = elements;
    front->count = kept;
    for (size_t i = 0; i < kept; i++) {
        elements[i] = sums->sum[i].at;
        stage->parent[i] = sums->sum[i].parent;
        stage->choice[i] = sums->sum[i].choice;
    }
    return SDSE_OK;
}

enum sdse_status sdse_network_front_build(const struct sdse_layer_front *layers,
                                          size_t layer_count, size_t most,
                                          const atomic_bool *stop,
                                          struct sdse_arena *arena,
                                          struct sdse_network_front *front) {
    struct sdse_network_front built = {.count = 1};
    struct sums sums = {.most = most, .stop = stop};
    built.elements = calloc(1, sizeof *built.elements); // nothing, for the first layer
    built.stages = SDSE_ARENA_ARRAY(arena, struct sdse_front_stage, layer_count);
    enum sdse_status status = built.elements && built.stages
                                  ? add_hulls(layers, layer_count, arena, &built)
                                  : SDSE_NO_MEMORY;
    for (size_t i = 0; !status && i < layer_count; i++)
        status = add_layer(&layers[i], arena, &sums, &built, &built.stages[i]);
    struct sdse_tradeoff *elements = built.elements; // of the heap until here
    built.thinned = sums.thinned;
    free(sums.sum);
    free(sums.corner);
    if (!status) {
        built.elements = SDSE_ARENA_ARRAY(arena, struct sdse_tradeoff, built.count);
        status = built.elements ? SDSE_OK : SDSE_NO_MEMORY;
    }
    if (!status) {
        memcpy(built.elements, elements, built.count * sizeof *elements);
        *front = built;
    }
    free(elements);
    return status;
}

// --- Picks ---

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

// --- Gaps ---

// The objective at the point of a line at `share` from a to b, if it is within budget.
static double value_on_line(enum sdse_objective objective,
                            const struct sdse_tradeoff *a,
                            const struct sdse_tradeoff *b, double share, double most_pj,
                            double most_cycles) {
    const struct sdse_tradeoff at = {
        a->energy_pj + share * (b->energy_pj - a->energy_pj),
        a->latency_cycles + share * (b->latency_cycles - a->latency_cycles)};
    const bool within = share >= 0 && share <= 1 &&
                        at.energy_pj <= most_pj * (1 + 1e-12) &&
                        at.latency_cycles <= most_cycles * (1 + 1e-12);
    return within ? value(objective, &at) : (double)INFINITY;
}

// The least of an objective over the hull within a budget: at a corner, or where an
// edge meets the budget, as it is quasi-concave. INFINITY: none.
static double least_on_hull(const struct sdse_network_front *front,
                            enum sdse_objective objective, double most_pj,
                            double most_cycles) {
    double least = (double)INFINITY;
    for (size_t i = 0; i < front->corner_count; i++) {
        const struct sdse_tradeoff *a = &front->corners[i];
        const struct sdse_tradeoff *b = i + 1 < front->corner_count ? a + 1 : a;
        const double meets[] = {
            0, (most_pj - a->energy_pj) / (b->energy_pj - a->energy_pj),
            (a->latency_cycles - most_cycles) /
                (a->latency_cycles - b->latency_cycles)};
        for (int m = 0; m < (a == b ? 1 : 3); m++)
            least = fmin(
                least, value_on_line(objective, a, b, meets[m], most_pj, most_cycles));
    }
    return least;
}

double sdse_network_front_gap(const struct sdse_network_front *front,
                              enum sdse_objective objective, size_t element,
                              double most_pj, double most_cycles) {
    enum { ROUNDING = 1000000000 }; // sums in another order
    if (!front->thinned)
        return 0;
    const double least = least_on_hull(front, objective, most_pj, most_cycles);
    const double gap = value(objective, &front->elements[element]) / least - 1;
    return gap > 1.0 / ROUNDING ? gap : 0;
}

double sdse_network_gap(enum sdse_objective objective, double layer_gap,
                        double front_gap) {
    const double layers = 1 + layer_gap;
    const double all = objective == SDSE_EDP    ? layers * layers
                       : objective == SDSE_ED2P ? layers * layers * layers
                                                : layers;
    return all * (1 + front_gap) - 1;
}

size_t sdse_network_front_thin(size_t count, size_t most, size_t picked, size_t *kept) {
    size_t n = 0;
    if (count <= most) {
        for (; n < count; n++)
            kept[n] = n;
        return count;
    }
    const double stride = (double)(count - 1) / (double)(most - 2);
    for (size_t i = 0; i + 1 < most; i++) {
        const size_t at = i + 2 == most ? count - 1 : (size_t)((double)i * stride);
        if (n && kept[n - 1] < picked && picked < at)
            kept[n++] = picked;
        kept[n++] = at;
    }
    return n;
}

void sdse_network_front_choices(const struct sdse_network_front *front,
                                size_t layer_count, size_t element, size_t *choice) {
    for (size_t i = layer_count; i-- > 0;) {
        choice[i] = front->stages[i].choice[element];
        element = front->stages[i].parent[element];
    }
}
