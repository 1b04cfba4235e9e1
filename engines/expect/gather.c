#include "engines/expect/gather.h"

#include "engines/arith.h"
#include "engines/expect/chance.h"

struct tile {
    uint64_t first, outputs, inputs; // outputs from `first`
    uint64_t copies;                 // equal tiles
};

struct expectation {
    const struct sdse_gather *engine;
    const struct sdse_gather_stats *stats;
    struct sdse_chance output; // time of one output of a density
    double cycles, busy;
};

// Elements 0 .. with a turn more than the others; all outputs alike.
static bool even_tile(struct expectation *e, const struct tile *tile,
                      struct sdse_chance *most) {
    const uint64_t pes = e->engine->pes;
    const uint64_t turns = tile->outputs / pes, longer = tile->outputs % pes;
    struct sdse_chance sum = {0}, more = {0};
    bool whole = sdse_chance_binomial(&e->output, tile->inputs, e->stats->density) &&
                 sdse_chance_ceil_div(&e->output, &e->output, e->engine->width) &&
                 sdse_chance_times(&sum, &e->output, turns) &&
                 sdse_chance_most(most, &sum, pes - longer);
    if (whole && longer > 0)
        whole = sdse_chance_add(&more, &sum, &e->output) &&
                sdse_chance_most(&more, &more, longer) &&
                sdse_chance_join(most, most, &more);
    if (whole)
        e->busy +=
            (double)tile->copies * (double)tile->outputs * sdse_chance_mean(&e->output);
    sdse_chance_free(&sum);
    sdse_chance_free(&more);
    return whole;
}

// Each output with its own non-zeros.
static bool uneven_tile(struct expectation *e, const struct tile *tile,
                        struct sdse_chance *most) {
    struct sdse_chance sum = {0};
    bool whole = sdse_chance_point(most, 0);
    for (uint64_t pe = 0; whole && pe < e->engine->pes && pe < tile->outputs; pe++) {
        whole = sdse_chance_point(&sum, 0);
        for (uint64_t i = pe; whole && i < tile->outputs; i += e->engine->pes) {
            whole = sdse_chance_hypergeometric(&e->output, e->stats->inputs,
                                               e->stats->output_nnz[tile->first + i],
                                               tile->inputs) &&
                    sdse_chance_ceil_div(&e->output, &e->output, e->engine->width) &&
                    sdse_chance_add(&sum, &sum, &e->output);
        }
        if (whole)
            e->busy += (double)tile->copies * sdse_chance_mean(&sum);
        whole = whole && sdse_chance_join(most, most, &sum);
    }
    sdse_chance_free(&sum);
    return whole;
}

static bool add_tile(struct expectation *e, const struct tile *tile) {
    struct sdse_chance most = {0};
    if (tile->outputs == 0 || tile->inputs == 0 || tile->copies == 0)
        return true;
    const bool whole =
        e->stats->output_nnz ? uneven_tile(e, tile, &most) : even_tile(e, tile, &most);
    if (whole)
        e->cycles += (double)tile->copies * sdse_chance_mean(&most);
    sdse_chance_free(&most);
    return whole;
}

// Tiles of `outputs` outputs from `first` on, `copies` times: full ones, and the last.
static bool add_tiles(struct expectation *e, uint64_t first, uint64_t outputs,
                      uint64_t copies) {
    const uint64_t inputs = e->stats->inputs;
    const uint64_t asked = e->engine->tile_inputs ? e->engine->tile_inputs : inputs;
    const uint64_t wide = sdse_least_u64(asked, inputs);
    const struct tile full = {first, outputs, wide,
                              wide ? copies * (inputs / wide) : 0};
    const struct tile last = {first, outputs, wide ? inputs % wide : 0, copies};
    return add_tile(e, &full) && add_tile(e, &last);
}

static bool sound(const struct sdse_gather_stats *stats) {
    for (uint64_t k = 0; stats->output_nnz && k < stats->outputs; k++)
        if (stats->output_nnz[k] > stats->inputs)
            return false;
    return stats->output_nnz || (stats->density >= 0 && stats->density <= 1);
}

static double nonzeros(const struct sdse_gather_stats *stats) {
    double total = 0;
    if (!stats->output_nnz)
        return (double)stats->outputs * (double)stats->inputs * stats->density;
    for (uint64_t k = 0; k < stats->outputs; k++)
        total += (double)stats->output_nnz[k];
    return total;
}

enum sdse_status sdse_gather_expect(const struct sdse_gather *engine,
                                    const struct sdse_gather_stats *stats,
                                    struct sdse_gather_means *means) {
    struct expectation e = {.engine = engine, .stats = stats};
    const uint64_t outputs = stats->outputs;
    const uint64_t asked = engine->tile_outputs ? engine->tile_outputs : outputs;
    const uint64_t tall = sdse_least_u64(asked, outputs);
    uint64_t words;
    if (sdse_gather_fault(engine) || !sound(stats))
        return SDSE_INVALID;
    if (!SDSE_ELEMENTS(&words, outputs, stats->inputs))
        return SDSE_OVERFLOW;
    bool whole = true;
    if (!stats->output_nnz && tall > 0) {
        whole = add_tiles(&e, 0, tall, outputs / tall) &&
                add_tiles(&e, 0, outputs % tall, 1);
    } else {
        for (uint64_t first = 0; whole && first < outputs; first += tall)
            whole = add_tiles(&e, first, sdse_least_u64(tall, outputs - first), 1);
    }
    sdse_chance_free(&e.output);
    if (!whole)
        return SDSE_NO_MEMORY;
    const double macs = nonzeros(stats);
    *means = (struct sdse_gather_means){
        .cycles = e.cycles,
        .macs = macs,
        .act_reads = macs,
        .act_reads_saved = (double)words - macs,
        .idle_sync = engine->width * (e.cycles * engine->pes - e.busy),
        .idle_fragment = engine->width * e.busy - macs,
    };
    return SDSE_OK;
}
