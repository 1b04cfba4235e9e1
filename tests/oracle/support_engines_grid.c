// Elements that skip, gather or take structured weights, one after another, each
// walking through what is its own.
#include <string.h>

#include "oracle/support_engines.h"

static uint64_t up(uint64_t a, uint64_t b) {
    uint64_t count = 0;
    for (uint64_t done = 0; done < a; done += b)
        count++;
    return count;
}

// --- Skipping ------------------------------------------------------------------------

// Cycles of element (i, j) on columns [first, end).
static uint64_t skip_element(const struct sdse_skip *engine,
                             const struct sdse_skip_shape *shape, const int32_t *acts,
                             const int32_t *weights, uint64_t i, uint64_t j,
                             uint64_t first, uint64_t end,
                             struct sdse_skip_counts *counts) {
    const uint64_t pixels = up(shape->pixels, engine->grid[0]);
    const uint64_t filters = up(shape->filters, engine->grid[1]);
    const bool skips_acts =
        engine->mode == SDSE_SKIP_ACTS || engine->mode == SDSE_SKIP_BOTH;
    const bool skips_weights =
        engine->mode == SDSE_SKIP_WEIGHTS || engine->mode == SDSE_SKIP_BOTH;
    uint64_t cycles = 0;
    if (j * filters >= shape->filters)
        return 0; // no filters
    for (uint64_t col = first; col < end; col++) {
        for (uint64_t x = i * pixels; x < (i + 1) * pixels && x < shape->pixels; x++) {
            if (skips_acts && acts[col * shape->pixels + x] == 0)
                continue;
            uint64_t met = 0;
            for (uint64_t k = j * filters; k < (j + 1) * filters && k < shape->filters;
                 k++)
                met += !skips_weights || weights[col * shape->filters + k] != 0;
            counts->act_visits++;
            counts->issued += met;
            const uint64_t takes = up(met, engine->simd);
            cycles += takes > engine->bubble ? takes : engine->bubble;
        }
    }
    return cycles;
}

void naive_skip(const struct sdse_skip *engine, const struct sdse_skip_shape *shape,
                const int32_t *acts, const int32_t *weights,
                struct sdse_skip_counts *counts) {
    memset(counts, 0, sizeof *counts);
    for (uint64_t col = 0; col < shape->columns; col++)
        for (uint64_t x = 0; x < shape->pixels; x++)
            for (uint64_t k = 0; k < shape->filters; k++)
                counts->effectual += acts[col * shape->pixels + x] != 0 &&
                                     weights[col * shape->filters + k] != 0;
    const uint64_t tile = engine->tile_cols ? engine->tile_cols : shape->columns;
    for (uint64_t first = 0; first < shape->columns; first += tile) {
        const uint64_t end =
            first + tile < shape->columns ? first + tile : shape->columns;
        uint64_t slowest = 0, busy[64 * 64] = {0};
        for (uint64_t i = 0; i < engine->grid[0]; i++)
            for (uint64_t j = 0; j < engine->grid[1]; j++) {
                uint64_t *cycles = &busy[i * engine->grid[1] + j];
                *cycles = skip_element(engine, shape, acts, weights, i, j, first, end,
                                       counts);
                slowest = *cycles > slowest ? *cycles : slowest;
            }
        counts->cycles += slowest;
        for (uint64_t e = 0; e < (uint64_t)engine->grid[0] * engine->grid[1]; e++)
            counts->idle_sync += slowest - busy[e];
    }
}

// --- Gathering -----------------------------------------------------------------------

void naive_gather(const struct sdse_gather *engine, const int32_t *weights,
                  uint64_t outputs, uint64_t inputs,
                  struct sdse_gather_counts *counts) {
    const uint64_t tall = engine->tile_outputs ? engine->tile_outputs : outputs;
    const uint64_t wide = engine->tile_inputs ? engine->tile_inputs : inputs;
    memset(counts, 0, sizeof *counts);
    for (uint64_t o = 0; o < outputs; o += tall) {
        for (uint64_t n = 0; n < inputs; n += wide) {
            uint64_t busy[64] = {0}, slowest = 0;
            for (uint64_t pe = 0; pe < engine->pes; pe++) {
                for (uint64_t i = pe; i < tall && o + i < outputs; i += engine->pes) {
                    // Gather up to `width` non-zeros, cycle by cycle.
                    uint64_t gathered = 0;
                    for (uint64_t in = n; in < n + wide && in < inputs; in++) {
                        if (weights[(o + i) * inputs + in] == 0) {
                            counts->act_reads_saved++;
                            continue;
                        }
                        if (gathered % engine->width == 0)
                            busy[pe]++;
                        gathered++;
                    }
                    counts->macs += gathered;
                    counts->act_reads += gathered;
                    counts->idle_fragment +=
                        (engine->width - gathered % engine->width) % engine->width;
                }
                slowest = busy[pe] > slowest ? busy[pe] : slowest;
            }
            counts->cycles += slowest;
            for (uint64_t pe = 0; pe < engine->pes; pe++)
                counts->idle_sync += engine->width * (slowest - busy[pe]);
        }
    }
}

// --- Structured sparsity -------------------------------------------------------------

void naive_structured(const struct sdse_structured *engine, const int32_t *weights,
                      uint64_t rows, uint64_t length,
                      struct sdse_structured_counts *counts) {
    uint64_t index = 0, row_slots = 0;
    memset(counts, 0, sizeof *counts);
    for (uint64_t row = 0; row < rows; row++)
        for (uint64_t first = 0; first < length; first += engine->group) {
            uint64_t live = 0;
            for (uint64_t i = first; i < first + engine->group && i < length; i++)
                live += weights[row * length + i] != 0;
            counts->effectual += live;
            counts->violations += live > engine->kept;
        }
    const bool dense = counts->violations > 0 || engine->kept >= engine->group;
    while ((UINT64_C(1) << index) < engine->group)
        index++;
    // One row's slots, group by group.
    for (uint64_t i = 0; i < length; i++)
        row_slots += dense || i % engine->group < engine->kept;
    counts->slots = rows * row_slots;
    counts->padding = counts->slots - counts->effectual;
    counts->value_bits = counts->slots * engine->value_bits;
    counts->meta_bits = dense ? 0 : counts->slots * index;
    counts->act_words_fetched = rows * length;
    for (uint64_t row = 0; row < rows; row += engine->units)
        counts->cycles += up(row_slots, engine->width);
}
