#include "engines/skip.h"

#include <stdlib.h>

#include "engines/arith.h"

const char *sdse_skip_fault(const struct sdse_skip *engine) {
    if ((unsigned)engine->mode >= SDSE_SKIP_MODES)
        return "the mode must be none, weights, acts or both";
    if (engine->grid[0] < 1 || engine->grid[1] < 1)
        return "the grid has at least one element on both axes";
    if (engine->simd < 1)
        return "at least one weight is met in a cycle";
    return engine->bubble > 1 ? "a bubble is 0 or 1 cycle" : NULL;
}

// One operand's columns cut into blocks.
struct blocks {
    uint64_t extent, each; // elements of a column, and of a full block
    uint32_t count;
    bool skip_zeros;
    uint64_t *seen; // [count] of the column at hand: elements looked at in a block
    uint64_t live;  // its non-zeros
};

static void cut_column(struct blocks *b, const int32_t *column) {
    b->live = 0;
    for (uint32_t i = 0; i < b->count; i++) {
        const uint64_t first = sdse_least_u64(i * b->each, b->extent);
        const uint64_t end = sdse_least_u64(first + b->each, b->extent);
        uint64_t live = 0;
        for (uint64_t x = first; x < end; x++)
            live += column[x] != 0;
        b->live += live;
        b->seen[i] = b->skip_zeros ? live : end - first;
    }
}

static bool make_blocks(struct blocks *b, uint64_t extent, uint32_t count,
                        bool skip_zeros) {
    *b = (struct blocks){.extent = extent,
                         .each = sdse_ceil_div_u64(extent, count),
                         .count = count,
                         .skip_zeros = skip_zeros,
                         .seen = calloc(count, sizeof *b->seen)};
    return b->seen != NULL;
}

// Adds the column at hand to the elements' busy cycles [Pi][Pj].
static void visit(const struct sdse_skip *engine, const struct blocks *acts,
                  const struct blocks *weights, uint64_t *busy,
                  struct sdse_skip_counts *counts) {
    counts->effectual += acts->live * weights->live;
    for (uint32_t j = 0; j < weights->count; j++) {
        const uint64_t w = weights->seen[j];
        const uint64_t each =
            sdse_most_u64(engine->bubble, sdse_ceil_div_u64(w, engine->simd));
        if (j * weights->each >= weights->extent)
            break; // no filters here and beyond
        for (uint32_t i = 0; i < acts->count; i++) {
            busy[(uint64_t)i * weights->count + j] += acts->seen[i] * each;
            counts->issued += acts->seen[i] * w;
            counts->act_visits += acts->seen[i];
        }
    }
}

// Ends a tile: all wait for the slowest. Returns the cycles that were busy.
static uint64_t barrier(uint64_t *busy, uint64_t elements,
                        struct sdse_skip_counts *counts) {
    uint64_t slowest = 0, total = 0;
    for (uint64_t e = 0; e < elements; e++) {
        slowest = sdse_most_u64(slowest, busy[e]);
        total += busy[e];
        busy[e] = 0;
    }
    counts->cycles += slowest;
    return total;
}

enum sdse_status sdse_skip_count(const struct sdse_skip *engine,
                                 const struct sdse_skip_shape *shape,
                                 const int32_t *acts, const int32_t *weights,
                                 struct sdse_skip_counts *counts) {
    if (sdse_skip_fault(engine))
        return SDSE_INVALID;
    const uint64_t elements = (uint64_t)engine->grid[0] * engine->grid[1];
    uint64_t words, pairs, visits;
    // No count exceeds each activation visited by all filter blocks, each meeting all
    // weights, times the grid.
    if (!SDSE_ELEMENTS(&words, shape->columns, shape->filters) ||
        !SDSE_ELEMENTS(&words, shape->columns, shape->pixels) ||
        !sdse_mul_u64(words, shape->filters, &pairs) ||
        !sdse_mul_u64(words, engine->grid[1], &visits) ||
        !sdse_add_u64(pairs, visits, &pairs) || !sdse_mul_u64(pairs, elements, &pairs))
        return SDSE_OVERFLOW;
    struct sdse_skip_counts found = {0};
    struct blocks a = {0}, w = {0};
    const bool by_act =
        engine->mode == SDSE_SKIP_ACTS || engine->mode == SDSE_SKIP_BOTH;
    const bool by_weight =
        engine->mode == SDSE_SKIP_WEIGHTS || engine->mode == SDSE_SKIP_BOTH;
    const bool cut = make_blocks(&a, shape->pixels, engine->grid[0], by_act) &&
                     make_blocks(&w, shape->filters, engine->grid[1], by_weight);
    uint64_t *busy = calloc(elements, sizeof *busy), total = 0;
    const bool whole = cut && busy;
    for (uint64_t j = 0; whole && j < shape->columns; j++) {
        cut_column(&a, acts + j * shape->pixels);
        cut_column(&w, weights + j * shape->filters);
        visit(engine, &a, &w, busy, &found);
        if (j + 1 == shape->columns ||
            (engine->tile_cols > 0 && (j + 1) % engine->tile_cols == 0))
            total += barrier(busy, elements, &found);
    }
    if (whole) {
        found.idle_sync = found.cycles * elements - total;
        *counts = found;
    }
    free(a.seen);
    free(w.seen);
    free(busy);
    return whole ? SDSE_OK : SDSE_NO_MEMORY;
}
