#include "engines/gather.h"

#include <stdlib.h>

#include "engines/arith.h"

const char *sdse_gather_fault(const struct sdse_gather *engine) {
    return engine->pes < 1 || engine->width < 1
               ? "there is at least one element, and it gathers at least one weight"
               : NULL;
}

struct tile {
    uint64_t output, output_end, input, input_end;
};

// Time of a tile: its slowest element. busy [elements] is scratch; adds to macs and to
// the busy cycles of all.
static uint64_t run_tile(const struct sdse_gather *engine, const int32_t *weights,
                         uint64_t inputs, const struct tile *tile, uint64_t *busy,
                         uint64_t *macs, uint64_t *total) {
    const uint64_t outputs = tile->output_end - tile->output;
    const uint64_t elements = sdse_least_u64(engine->pes, outputs);
    uint64_t slowest = 0;
    for (uint64_t e = 0; e < elements; e++)
        busy[e] = 0;
    for (uint64_t i = 0; i < outputs; i++) {
        const int32_t *row = weights + (tile->output + i) * inputs;
        uint64_t live = 0;
        for (uint64_t n = tile->input; n < tile->input_end; n++)
            live += row[n] != 0;
        const uint64_t cycles = sdse_ceil_div_u64(live, engine->width);
        busy[i % engine->pes] += cycles;
        *macs += live;
        *total += cycles;
    }
    for (uint64_t e = 0; e < elements; e++)
        slowest = sdse_most_u64(slowest, busy[e]);
    return slowest;
}

enum sdse_status sdse_gather_count(const struct sdse_gather *engine,
                                   const int32_t *weights, uint64_t outputs,
                                   uint64_t inputs, struct sdse_gather_counts *counts) {
    if (sdse_gather_fault(engine))
        return SDSE_INVALID;
    uint64_t words, slots;
    if (!SDSE_ELEMENTS(&words, outputs, inputs) ||
        !sdse_mul_u64(words, engine->pes, &slots) ||
        !sdse_mul_u64(slots, engine->width, &slots))
        return SDSE_OVERFLOW;
    const uint64_t tall = engine->tile_outputs ? engine->tile_outputs : outputs;
    const uint64_t wide = engine->tile_inputs ? engine->tile_inputs : inputs;
    uint64_t *busy = calloc(sdse_least_u64(engine->pes, outputs) + 1, sizeof *busy);
    if (!busy)
        return SDSE_NO_MEMORY;
    struct sdse_gather_counts found = {0};
    uint64_t total = 0;
    struct tile tile = {0};
    for (; tile.output < outputs; tile.output = tile.output_end) {
        tile.output_end = outputs - tile.output < tall ? outputs : tile.output + tall;
        for (tile.input = 0; tile.input < inputs; tile.input = tile.input_end) {
            tile.input_end = inputs - tile.input < wide ? inputs : tile.input + wide;
            found.cycles +=
                run_tile(engine, weights, inputs, &tile, busy, &found.macs, &total);
        }
    }
    free(busy);
    found.act_reads = found.macs;
    found.act_reads_saved = words - found.macs;
    found.idle_sync = engine->width * (found.cycles * engine->pes - total);
    found.idle_fragment = engine->width * total - found.macs;
    *counts = found;
    return SDSE_OK;
}
