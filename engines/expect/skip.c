#include "engines/expect/skip.h"

#include <stdlib.h>

#include "engines/arith.h"
#include "engines/expect/sample.h"

// One operand: its columns cut into `full` blocks of `each` elements, perhaps a shorter
// one, and empty ones.
struct side {
    uint64_t extent, each, full, rest;
    uint32_t blocks;
    double density;
    const double *columns;
    const uint64_t *nnz;
    bool skips;
};

// What is seen of a block of a column: [0] full, [1] the short one.
struct seen {
    struct sdse_draw draw[2];
    double mean[2];   // elements seen
    double cycles[2]; // weights: mean cycles per activation
};

struct expectation {
    const struct sdse_skip *engine;
    struct side acts, weights;
    uint64_t columns;
    struct seen *act, *weight; // [columns], or one for all
    uint64_t kinds;            // of columns: 1 or `columns`
    uint64_t *visits, *met;    // [Pi], [Pj] of a column drawn
    uint64_t *busy;            // [Pi][Pj]
    double busy_mean;          // of all, over all columns
};

static struct side make_side(uint64_t extent, uint32_t blocks, double density,
                             const double *columns, const uint64_t *nnz, bool skips) {
    struct side side = {.extent = extent,
                        .each = sdse_ceil_div_u64(extent, blocks),
                        .blocks = blocks,
                        .density = density,
                        .columns = columns,
                        .nnz = nnz,
                        .skips = skips};
    side.full = side.each ? extent / side.each : 0;
    side.rest = side.each ? extent % side.each : 0;
    return side;
}

static double density_of(const struct side *side, uint64_t column) {
    return side->columns ? side->columns[column] : side->density;
}

// Non-zeros of a block of `size`, or all of it.
static bool block_chance(const struct side *side, uint64_t column, uint64_t size,
                         struct sdse_chance *out) {
    if (!side->skips)
        return sdse_chance_point(out, size);
    if (side->nnz)
        return sdse_chance_hypergeometric(out, side->extent, side->nnz[column], size);
    return sdse_chance_binomial(out, size, density_of(side, column));
}

static double mean_cycles(const struct sdse_skip *engine,
                          const struct sdse_chance *met) {
    double cycles = 0;
    for (size_t i = 0; i < met->count; i++)
        cycles += met->p[i] *
                  (double)sdse_most_u64(
                      engine->bubble, sdse_ceil_div_u64(met->least + i, engine->simd));
    return cycles;
}

static bool see(const struct sdse_skip *engine, const struct side *side,
                uint64_t column, struct seen *seen) {
    struct sdse_chance chance = {0};
    bool whole = true;
    for (unsigned i = 0; whole && i < 2; i++) {
        whole = block_chance(side, column, i ? side->rest : side->each, &chance) &&
                sdse_draw_make(&seen->draw[i], &chance);
        if (whole) {
            seen->mean[i] = sdse_chance_mean(&chance);
            seen->cycles[i] = mean_cycles(engine, &chance);
        }
    }
    sdse_chance_free(&chance);
    return whole;
}

// Elements seen in each block of a column drawn. Blocks of a column whose non-zeros are
// known make room for each other: those are drawn one by one.
static void draw_blocks(const struct side *side, const struct seen *seen,
                        uint64_t column, uint64_t *state, uint64_t *block) {
    const uint64_t used = side->full + (side->rest > 0);
    for (uint64_t b = used; b < side->blocks; b++)
        block[b] = 0;
    if (!side->nnz || !side->skips) {
        for (uint64_t b = 0; b < used; b++)
            block[b] = sdse_draw_value(&seen->draw[b < side->full ? 0 : 1], state);
        return;
    }
    uint64_t left = side->nnz[column], at = 0;
    for (uint64_t b = 0; b < used; b++) {
        const uint64_t end = sdse_least_u64(at + side->each, side->extent);
        block[b] = 0;
        for (; at < end; at++) {
            const bool live = sdse_draw_u64(state) % (side->extent - at) < left;
            block[b] += live;
            left -= live;
        }
    }
}

static uint64_t blocks_with_filters(const struct side *weights) {
    return weights->full + (weights->rest > 0);
}

// All columns once, drawn. Returns the cycles; *busy is what the elements worked.
static uint64_t draw_layer(struct expectation *e, uint64_t *state, uint64_t *busy) {
    const struct sdse_skip *engine = e->engine;
    const uint64_t wide = blocks_with_filters(&e->weights);
    const uint64_t elements = e->acts.blocks * wide;
    uint64_t cycles = 0;
    for (uint64_t col = 0; col < e->columns; col++) {
        const uint64_t kind = e->kinds == 1 ? 0 : col;
        draw_blocks(&e->weights, &e->weight[kind], kind, state, e->met);
        draw_blocks(&e->acts, &e->act[kind], kind, state, e->visits);
        for (uint64_t j = 0; j < wide; j++)
            e->met[j] = sdse_most_u64(engine->bubble,
                                      sdse_ceil_div_u64(e->met[j], engine->simd));
        for (uint64_t i = 0; i < e->acts.blocks; i++)
            for (uint64_t j = 0; j < wide; j++)
                e->busy[i * wide + j] += e->visits[i] * e->met[j];
        if (col + 1 < e->columns &&
            !(engine->tile_cols > 0 && (col + 1) % engine->tile_cols == 0))
            continue;
        uint64_t slowest = 0;
        for (uint64_t at = 0; at < elements; at++) {
            slowest = sdse_most_u64(slowest, e->busy[at]);
            *busy += e->busy[at];
            e->busy[at] = 0;
        }
        cycles += slowest;
    }
    return cycles;
}

// Sums over all columns of what has a mean.
static void add_means(struct expectation *e, struct sdse_skip_means *means) {
    const double same = e->kinds == 1 ? (double)e->columns : 1;
    for (uint64_t kind = 0; kind < e->kinds; kind++) {
        const struct seen *a = &e->act[kind], *w = &e->weight[kind];
        const struct side *acts = &e->acts, *weights = &e->weights;
        const double visits = (double)acts->full * a->mean[0] + a->mean[1];
        const double met = (double)weights->full * w->mean[0] + w->mean[1];
        const double cycles = (double)weights->full * w->cycles[0] +
                              (weights->rest > 0 ? w->cycles[1] : 0);
        const double act_nnz = acts->nnz
                                   ? (double)acts->nnz[kind]
                                   : density_of(acts, kind) * (double)acts->extent;
        const double weight_nnz =
            weights->nnz ? (double)weights->nnz[kind]
                         : density_of(weights, kind) * (double)weights->extent;
        means->act_visits += same * visits * (double)blocks_with_filters(weights);
        means->issued += same * visits * met;
        means->effectual += same * act_nnz * weight_nnz;
        e->busy_mean += same * visits * cycles;
    }
}

static bool is_certain(const struct side *side) {
    return !side->skips ||
           (!side->nnz && !side->columns && sdse_is_certain(side->density));
}

static void draw_cycles(struct expectation *e, struct sdse_skip_means *means) {
    // Long layers vary little; short ones are drawn often.
    const uint64_t elements = (uint64_t)e->acts.blocks * e->weights.blocks;
    const uint64_t singles = (e->acts.nnz ? e->acts.extent : e->acts.blocks) +
                             (e->weights.nnz ? e->weights.extent : e->weights.blocks);
    const uint64_t work = e->columns * (elements + singles);
    uint64_t layers = (UINT64_C(1) << 22) / sdse_most_u64(work, 1);
    layers = sdse_most_u64(sdse_least_u64(layers, 4096), 16);
    if (is_certain(&e->acts) && is_certain(&e->weights))
        layers = 1;
    struct sdse_tally tally = {0};
    uint64_t state = 3;
    for (uint64_t i = 0; i < layers; i++) {
        uint64_t busy = 0;
        const uint64_t cycles = draw_layer(e, &state, &busy);
        sdse_tally_add(&tally, (double)cycles, (double)busy);
    }
    means->cycles = sdse_tally_mean(&tally, e->busy_mean);
    means->standard_error = sdse_tally_standard_error(&tally);
}

static bool sound(const struct side *side, uint64_t columns) {
    for (uint64_t j = 0; side->nnz && j < columns; j++)
        if (side->nnz[j] > side->extent)
            return false;
    for (uint64_t j = 0; !side->nnz && side->columns && j < columns; j++)
        if (!(side->columns[j] >= 0 && side->columns[j] <= 1))
            return false;
    return side->nnz || side->columns || (side->density >= 0 && side->density <= 1);
}

static bool make(struct expectation *e) {
    const uint64_t elements = (uint64_t)e->acts.blocks * e->weights.blocks;
    e->act = calloc(e->kinds + 1, sizeof *e->act);
    e->weight = calloc(e->kinds + 1, sizeof *e->weight);
    e->visits = calloc(e->acts.blocks, sizeof *e->visits);
    e->met = calloc(e->weights.blocks, sizeof *e->met);
    e->busy = calloc(elements, sizeof *e->busy);
    bool whole = e->act && e->weight && e->visits && e->met && e->busy;
    for (uint64_t kind = 0; whole && kind < e->kinds; kind++)
        whole = see(e->engine, &e->acts, kind, &e->act[kind]) &&
                see(e->engine, &e->weights, kind, &e->weight[kind]);
    return whole;
}

static void unmake(struct expectation *e) {
    for (uint64_t kind = 0; e->act && e->weight && kind < e->kinds; kind++)
        for (unsigned i = 0; i < 2; i++) {
            sdse_draw_free(&e->act[kind].draw[i]);
            sdse_draw_free(&e->weight[kind].draw[i]);
        }
    free(e->act);
    free(e->weight);
    free(e->visits);
    free(e->met);
    free(e->busy);
}

enum sdse_status sdse_skip_expect(const struct sdse_skip *engine,
                                  const struct sdse_skip_stats *stats,
                                  struct sdse_skip_means *means) {
    const struct sdse_skip_shape *shape = &stats->shape;
    uint64_t words, pairs;
    if (sdse_skip_fault(engine))
        return SDSE_INVALID;
    if (!SDSE_ELEMENTS(&words, shape->columns, shape->filters) ||
        !SDSE_ELEMENTS(&words, shape->columns, shape->pixels) ||
        !sdse_mul_u64(words, shape->filters, &pairs) ||
        !sdse_mul_u64(shape->columns, engine->grid[0], &pairs) ||
        !sdse_mul_u64(pairs, engine->grid[1], &pairs))
        return SDSE_OVERFLOW;
    const bool both = engine->mode == SDSE_SKIP_BOTH;
    struct expectation e = {
        .engine = engine,
        .columns = shape->columns,
        .kinds = stats->act_nnz || stats->weight_nnz || stats->act_columns ||
                         stats->weight_columns
                     ? shape->columns
                     : (shape->columns > 0),
        .acts = make_side(shape->pixels, engine->grid[0], stats->act_density,
                          stats->act_columns, stats->act_nnz,
                          both || engine->mode == SDSE_SKIP_ACTS),
        .weights = make_side(shape->filters, engine->grid[1], stats->weight_density,
                             stats->weight_columns, stats->weight_nnz,
                             both || engine->mode == SDSE_SKIP_WEIGHTS),
    };
    if (!sound(&e.acts, shape->columns) || !sound(&e.weights, shape->columns))
        return SDSE_INVALID;
    const bool whole = make(&e);
    if (whole) {
        *means = (struct sdse_skip_means){0};
        add_means(&e, means);
        draw_cycles(&e, means);
        means->idle_sync =
            means->cycles * engine->grid[0] * engine->grid[1] - e.busy_mean;
    }
    unmake(&e);
    return whole ? SDSE_OK : SDSE_NO_MEMORY;
}
