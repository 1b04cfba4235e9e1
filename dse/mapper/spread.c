#include "dse/mapper/spread.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

// Factor vectors of one axis, as indices in the lattice.
struct vectors {
    size_t count, capacity;
    uint16_t (*index)[SDSE_DIMS];
};

struct pair {
    uint16_t total[SDSE_DIMS];
    uint64_t used;
    size_t x, y;
};

static bool push_vector(struct vectors *vectors, const uint16_t index[SDSE_DIMS]) {
    if (vectors->count == vectors->capacity) {
        const size_t capacity = vectors->capacity ? 2 * vectors->capacity : 64;
        void *grown = realloc(vectors->index, capacity * sizeof vectors->index[0]);
        if (!grown)
            return false;
        vectors->index = grown;
        vectors->capacity = capacity;
    }
    memcpy(vectors->index[vectors->count++], index, SDSE_DIMS * sizeof index[0]);
    return true;
}

// Appends every vector over dims >= d whose product is at most `room`.
static bool list_vectors(const struct sdse_lattice *lattice, unsigned dims, int d,
                         uint64_t room, uint16_t index[SDSE_DIMS],
                         struct vectors *vectors) {
    if (d == SDSE_DIMS)
        return push_vector(vectors, index);
    const unsigned count = dims >> d & 1u ? lattice->count[d] : 1;
    for (unsigned i = 0; i < count && lattice->value[d][i] <= room; i++) {
        index[d] = (uint16_t)i;
        if (!list_vectors(lattice, dims, d + 1, room / lattice->value[d][i], index,
                          vectors))
            return false;
    }
    index[d] = 0;
    return true;
}

// The product of two vectors, if it divides the bounds and obeys the rules.
static bool join(const struct sdse_lattice *lattice,
                 const struct sdse_level_rules *rules, uint64_t fanout,
                 const uint16_t *x, const uint16_t *y, struct pair *pair) {
    pair->used = 1;
    for (int d = 0; d < SDSE_DIMS; d++) {
        const uint64_t factor = lattice->value[d][x[d]] * lattice->value[d][y[d]];
        if (factor < rules->spatial_min[d] || factor > rules->spatial_max[d])
            return false;
        const unsigned index = x[d] && y[d] ? sdse_lattice_find(lattice, d, factor)
                                            : (unsigned)(x[d] + y[d]);
        if (index == SDSE_NO_QUOTIENT)
            return false;
        pair->total[d] = (uint16_t)index;
        pair->used *= factor;
    }
    return (double)pair->used >= rules->utilization * (double)fanout;
}

static int by_use_then_total(const void *a, const void *b) {
    const struct pair *p = a, *q = b;
    if (p->used != q->used)
        return p->used > q->used ? -1 : 1;
    const int order = memcmp(p->total, q->total, sizeof p->total);
    if (order)
        return order;
    if (p->x != q->x)
        return p->x < q->x ? -1 : 1;
    return p->y < q->y ? -1 : p->y > q->y;
}

static unsigned fill_loops(const struct sdse_lattice *lattice, const uint16_t *index,
                           struct sdse_loop loop[SDSE_DIMS]) {
    unsigned count = 0;
    for (int d = 0; d < SDSE_DIMS; d++)
        if (index[d])
            loop[count++] =
                (struct sdse_loop){(enum sdse_dim)d, lattice->value[d][index[d]]};
    return count;
}

static size_t factorial(unsigned n) { return n < 2 ? 1 : n * factorial(n - 1); }

// The k-th order of the loops. [k < count!]
static void permute(const struct sdse_loop *loop, unsigned count, size_t k,
                    struct sdse_loops *out) {
    struct sdse_loop rest[SDSE_DIMS];
    memcpy(rest, loop, count * sizeof *loop);
    out->count = count;
    for (unsigned i = 0; i < count; i++) {
        const size_t block = factorial(count - 1 - i);
        const size_t pick = k / block;
        k %= block;
        out->loop[i] = rest[pick];
        memmove(rest + pick, rest + pick + 1, (count - i - 1 - pick) * sizeof rest[0]);
    }
}

// Layouts of one pair, into `out` if it is not NULL; returns their number.
static size_t lay_out(const struct sdse_lattice *lattice, const uint16_t *x,
                      const uint16_t *y, bool all, struct sdse_layout *out) {
    struct sdse_loop loop[2][SDSE_DIMS];
    const unsigned nx = fill_loops(lattice, x, loop[0]);
    const unsigned ny = fill_loops(lattice, y, loop[1]);
    const size_t orders_x = all ? factorial(nx) : 1, orders_y = all ? factorial(ny) : 1;
    for (size_t i = 0; out && i < orders_x; i++) {
        for (size_t j = 0; j < orders_y; j++) {
            memset(&out[i * orders_y + j], 0, sizeof *out);
            permute(loop[0], nx, i, &out[i * orders_y + j].axis[0]);
            permute(loop[1], ny, j, &out[i * orders_y + j].axis[1]);
        }
    }
    return orders_x * orders_y;
}

// Groups sorted pairs into choices with their layouts.
static bool group(struct sdse_spreads *spreads, const struct sdse_lattice *lattice,
                  const struct vectors *x, const struct vectors *y,
                  const struct pair *pair, size_t pairs, bool all,
                  struct sdse_arena *arena) {
    size_t choices = 0, layouts = 0;
    for (size_t i = 0; i < pairs; i++) {
        const bool fresh =
            !i || memcmp(pair[i].total, pair[i - 1].total, sizeof pair[i].total) != 0;
        choices += fresh;
        if (fresh || all)
            layouts +=
                lay_out(lattice, x->index[pair[i].x], y->index[pair[i].y], all, NULL);
    }
    spreads->spread = SDSE_ARENA_ARRAY(arena, struct sdse_spread, choices);
    spreads->layout = SDSE_ARENA_ARRAY(arena, struct sdse_layout, layouts);
    if (choices && (!spreads->spread || !spreads->layout))
        return false;
    struct sdse_spread *at = NULL;
    for (size_t i = 0; i < pairs; i++) {
        const bool fresh =
            !i || memcmp(pair[i].total, pair[i - 1].total, sizeof pair[i].total) != 0;
        if (fresh) {
            at = &spreads->spread[spreads->count++];
            memcpy(at->index, pair[i].total, sizeof at->index);
            at->used = pair[i].used;
            at->first_layout = spreads->layout_count;
            for (int d = 0; d < SDSE_DIMS; d++)
                at->factor[d] = lattice->value[d][at->index[d]];
        }
        if (!fresh && !all)
            continue;
        const size_t added = lay_out(lattice, x->index[pair[i].x], y->index[pair[i].y],
                                     all, &spreads->layout[spreads->layout_count]);
        at->layout_count += added;
        spreads->layout_count += added;
    }
    return true;
}

enum sdse_status sdse_spreads_init(struct sdse_spreads *spreads,
                                   const struct sdse_arch *arch,
                                   const struct sdse_rules *rules,
                                   const struct sdse_lattice *lattice, unsigned level,
                                   bool all_layouts, struct sdse_arena *arena) {
    memset(spreads, 0, sizeof *spreads);
    const struct sdse_level *at = &arch->level[level];
    const struct sdse_level_rules *limits = &rules->level[level];
    const uint64_t fanout = (uint64_t)at->fanout_x * at->fanout_y;
    struct vectors vectors[2] = {{0, 0, NULL}, {0, 0, NULL}};
    struct pair *pair = NULL;
    enum sdse_status status = SDSE_NO_MEMORY;
    uint16_t index[SDSE_DIMS] = {0};
    if (!list_vectors(lattice, limits->axis_dims[0], 0, at->fanout_x, index,
                      &vectors[0]) ||
        !list_vectors(lattice, limits->axis_dims[1], 0, at->fanout_y, index,
                      &vectors[1]))
        goto done;
    assert(vectors[0].count && vectors[1].count); // at least the vector of ones
    pair = malloc(vectors[0].count * vectors[1].count * sizeof *pair);
    if (!pair)
        goto done;
    size_t pairs = 0;
    for (size_t i = 0; i < vectors[0].count; i++) {
        for (size_t j = 0; j < vectors[1].count; j++) {
            memset(&pair[pairs], 0, sizeof *pair);
            pair[pairs].x = i;
            pair[pairs].y = j;
            pairs += join(lattice, limits, fanout, vectors[0].index[i],
                          vectors[1].index[j], &pair[pairs]);
        }
    }
    qsort(pair, pairs, sizeof *pair, by_use_then_total);
    if (group(spreads, lattice, &vectors[0], &vectors[1], pair, pairs, all_layouts,
              arena))
        status = SDSE_OK;
done:
    free(pair);
    free(vectors[0].index);
    free(vectors[1].index);
    return status;
}
