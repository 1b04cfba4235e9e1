#include "engines/selector.h"

#include <stdlib.h>
#include <string.h>

#include "engines/arith.h"
#include "engines/digits.h"

const char *sdse_selector_fault(const struct sdse_selector *engine) {
    if (engine->stride < 1)
        return "the stride is at least 1";
    if (engine->slices < 1 || engine->group < 1 || engine->lines < 1)
        return "there is at least one slice, one filter in a group and one line";
    if ((unsigned)engine->sync >= SDSE_SELECTOR_SYNCS)
        return "sync must be step, tile or pack";
    if ((unsigned)engine->cost >= SDSE_SELECTOR_COSTS)
        return "cost must be const or line";
    if (engine->cost == SDSE_SELECTOR_LINE && engine->lanes < 1)
        return "a line has at least one lane";
    return NULL;
}

// --- What a row costs ----------------------------------------------------------------

static uint64_t line_outputs(const struct sdse_selector *engine, uint64_t width) {
    return sdse_window_positions(width, engine->pad_w, engine->kernel_width,
                                 engine->stride);
}

uint64_t sdse_selector_padding_cycles(const struct sdse_selector *engine,
                                      uint64_t width) {
    return engine->kernel_width *
           sdse_ceil_div_u64(line_outputs(engine, width), engine->lanes);
}

uint64_t sdse_selector_line_cycles(const struct sdse_selector *engine,
                                   const uint8_t *digits, uint64_t width) {
    const uint64_t outputs = line_outputs(engine, width);
    uint64_t cycles = 0;
    for (uint64_t first = 0; first < outputs; first += engine->lanes) {
        const uint64_t end = sdse_least_u64(first + engine->lanes, outputs);
        for (uint64_t tap = 0; tap < engine->kernel_width; tap++) {
            uint64_t most = 1;
            for (uint64_t q = first; q < end; q++) {
                const uint64_t x = q * engine->stride + tap - engine->pad_w; // wraps
                if (x < width && digits[x] > most)
                    most = digits[x];
            }
            cycles += most;
        }
    }
    return cycles;
}

// cycles [C][H] of all rows. digits [W] is scratch. False: a value needs more bits.
static bool cost_rows(const struct sdse_selector *engine,
                      const struct sdse_selector_shape *shape, const int32_t *acts,
                      uint8_t *digits, uint64_t *cycles) {
    const struct sdse_operand operand = {SDSE_RECODE_BOOTH4, 8, true};
    for (uint64_t row = 0; row < shape->channels * shape->height; row++) {
        for (uint64_t x = 0; x < shape->width; x++) {
            const int32_t value = acts[row * shape->width + x];
            if (!sdse_operand_holds(&operand, value))
                return false;
            digits[x] =
                (uint8_t)__builtin_popcountll(sdse_digit_offsets(&operand, value));
        }
        cycles[row] = sdse_selector_line_cycles(engine, digits, shape->width);
    }
    return true;
}

// --- The walk of a group -------------------------------------------------------------

struct walk {
    const struct sdse_selector *engine;
    const struct sdse_selector_shape *shape;
    const struct sdse_selector_rows *rows;
    uint64_t positions;     // P
    bool by_weight, by_act; // which skips are on
    uint8_t *group_live;    // [C][R] some filter of the group has the row
    uint8_t *seen;          // [C][R] visited at least once
    uint64_t *line;         // [lines] sums of a tile
    // [C][R] of lines that wait for a tile only: over all output rows, what is visited
    // where the weights' row is, and its time
    uint64_t *visits, *visits_cycles;
    uint64_t visited, time;
    uint64_t slowest, dealt; // of the step or batch being filled
};

static void finish_batch(struct walk *w) {
    w->time += w->slowest;
    w->slowest = w->dealt = 0;
}

static void deal(struct walk *w, uint64_t cycles) {
    w->slowest = sdse_most_u64(w->slowest, cycles);
    if (w->engine->sync == SDSE_SELECTOR_PACK && ++w->dealt == w->engine->lines)
        finish_batch(w);
}

// Whether the activations' row h of channel c is visited; past the map: padding.
static bool act_visited(const struct walk *w, uint64_t c, uint64_t h) {
    const uint64_t height = w->shape->height;
    return !w->by_act || (h < height && w->rows->live_acts[c * height + h]);
}

static uint64_t act_cycles(const struct walk *w, uint64_t c, uint64_t h) {
    const uint64_t height = w->shape->height;
    if (!w->rows->cycles)
        return w->engine->row_cycles;
    return h < height ? w->rows->cycles[c * height + h] : w->rows->padding_cycles;
}

// The pairs of one step: row r of channels [first, end), for output row p.
static void walk_step(struct walk *w, uint64_t p, uint64_t r, uint64_t first,
                      uint64_t end) {
    const uint64_t rows = w->shape->rows;
    const uint64_t h = p * w->engine->stride + r - w->engine->pad; // wraps outside
    for (uint64_t c = first; c < end; c++) {
        if ((w->by_weight && !w->group_live[c * rows + r]) || !act_visited(w, c, h))
            continue;
        w->visited++;
        w->seen[c * rows + r] = 1;
        deal(w, act_cycles(w, c, h));
    }
    if (w->engine->sync == SDSE_SELECTOR_STEP)
        finish_batch(w);
}

// What every group that has a row visits of it, if its lines do not wait in between.
static void sum_visits(struct walk *w) {
    if (w->engine->sync != SDSE_SELECTOR_TILE)
        return;
    for (uint64_t c = 0; c < w->shape->channels; c++) {
        for (uint64_t r = 0; r < w->shape->rows; r++) {
            uint64_t visits = 0, cycles = 0;
            for (uint64_t p = 0; p < w->positions; p++) {
                const uint64_t h = p * w->engine->stride + r - w->engine->pad;
                if (!act_visited(w, c, h))
                    continue;
                visits++;
                cycles += act_cycles(w, c, h);
            }
            w->visits[c * w->shape->rows + r] = visits;
            w->visits_cycles[c * w->shape->rows + r] = cycles;
        }
    }
}

// Lines that wait at the end of the tile only: each sums what its channels take.
static void walk_tile(struct walk *w) {
    const uint64_t lines = w->engine->lines, rows = w->shape->rows;
    for (uint64_t c = 0; c < w->shape->channels; c++) {
        for (uint64_t i = c * rows; i < (c + 1) * rows; i++) {
            if (w->by_weight && !w->group_live[i])
                continue;
            w->visited += w->visits[i];
            w->seen[i] = w->visits[i] > 0;
            w->line[c % lines] += w->visits_cycles[i];
        }
    }
}

// Time of a group; visited and seen tell what it did.
static uint64_t walk_group(struct walk *w) {
    const uint64_t channels = w->shape->channels, lines = w->engine->lines;
    const bool by_tile = w->engine->sync == SDSE_SELECTOR_TILE;
    w->visited = w->time = 0;
    memset(w->seen, 0, channels * w->shape->rows);
    memset(w->line, 0, sdse_least_u64(lines, channels) * sizeof *w->line);
    if (by_tile)
        walk_tile(w);
    for (uint64_t p = 0; p < w->positions && !by_tile; p++) {
        for (uint64_t first = 0; first < channels; first += lines)
            for (uint64_t r = 0; r < w->shape->rows; r++)
                walk_step(w, p, r, first, sdse_least_u64(first + lines, channels));
        finish_batch(w);
    }
    for (uint64_t line = 0; line < sdse_least_u64(lines, channels); line++)
        w->time = sdse_most_u64(w->time, w->line[line]);
    return w->time;
}

// --- Passes of groups ----------------------------------------------------------------

// Filters [first, end) as one group: their counts, and the group's time.
static uint64_t run_group(struct walk *w, uint64_t first, uint64_t end,
                          struct sdse_selector_counts *counts) {
    const uint64_t places = w->shape->channels * w->shape->rows;
    const uint8_t *live = w->rows->live_weights;
    memset(w->group_live, 0, places);
    for (uint64_t k = first; k < end; k++)
        for (uint64_t i = 0; i < places; i++)
            w->group_live[i] |= live[k * places + i];
    const uint64_t time = walk_group(w);
    counts->slots += w->visited * (end - first);
    counts->input_row_reads += w->visited;
    for (uint64_t k = first; k < end; k++)
        for (uint64_t i = 0; i < places; i++)
            counts->rebuilds_held +=
                w->seen[i] && (!w->by_weight || live[k * places + i]);
    return time;
}

// Pairs whose filter works: of the filter rows that are not gated, those whose
// activation row is visited.
static uint64_t working_pairs(const struct walk *w) {
    const struct sdse_selector_shape *shape = w->shape;
    uint64_t working = 0;
    for (uint64_t c = 0; c < shape->channels; c++) {
        for (uint64_t r = 0; r < shape->rows; r++) {
            uint64_t filters = 0, acts = 0;
            for (uint64_t k = 0; k < shape->filters; k++)
                filters +=
                    !w->by_weight ||
                    w->rows->live_weights[(k * shape->channels + c) * shape->rows + r];
            for (uint64_t p = 0; p < w->positions; p++) {
                const uint64_t h = p * w->engine->stride + r - w->engine->pad;
                acts += act_visited(w, c, h);
            }
            working += filters * acts;
        }
    }
    return working;
}

static void run_passes(struct walk *w, struct sdse_selector_counts *counts) {
    const uint64_t filters = w->shape->filters;
    uint64_t passes = 0, groups = 0;
    sum_visits(w);
    for (uint64_t k = 0; k < filters; k += w->engine->slices, passes++) {
        const uint64_t end = sdse_least_u64(k + w->engine->slices, filters);
        uint64_t slowest = 0;
        for (uint64_t g = k; g < end; g += w->engine->group, groups++) {
            const uint64_t group_end = sdse_least_u64(g + w->engine->group, end);
            slowest = sdse_most_u64(slowest, run_group(w, g, group_end, counts));
        }
        counts->cycles += slowest;
    }
    if (w->rows->times_only)
        return;
    counts->rebuilds = working_pairs(w);
    // Without skips every group visits everything, in the same time.
    w->by_weight = w->by_act = false;
    sum_visits(w);
    counts->cycles_no_selector = passes * walk_group(w);
    const uint64_t all = groups * w->shape->channels * w->shape->rows * w->positions;
    counts->input_row_reads_avoided = all - counts->input_row_reads;
    counts->input_words_avoided = counts->input_row_reads_avoided * w->shape->width;
    counts->skipped_in_time = counts->pairs - counts->slots;
    counts->skipped_in_energy = counts->pairs - counts->rebuilds;
}

// Whether pairs * what a pair costs, and the words of their rows, stay below 64 bits.
static bool in_range(const struct walk *w, uint64_t pairs) {
    uint64_t most = w->engine->row_cycles, scratch;
    const uint64_t rows = w->shape->channels * w->shape->height;
    if (w->rows->cycles) {
        most = w->rows->padding_cycles;
        for (uint64_t i = 0; i < rows; i++)
            most = sdse_most_u64(most, w->rows->cycles[i]);
    }
    return sdse_mul_u64(pairs, most, &scratch) &&
           sdse_mul_u64(pairs, w->shape->width, &scratch);
}

enum sdse_status sdse_selector_count_rows(const struct sdse_selector *engine,
                                          const struct sdse_selector_shape *shape,
                                          const struct sdse_selector_rows *rows,
                                          struct sdse_selector_counts *counts) {
    if (sdse_selector_fault(engine))
        return SDSE_INVALID;
    struct sdse_selector_counts found = {0};
    struct walk w = {.engine = engine,
                     .shape = shape,
                     .rows = rows,
                     .by_weight = engine->skip_weight_rows,
                     .by_act = engine->skip_act_rows};
    uint64_t places, words;
    w.positions =
        sdse_window_positions(shape->height, engine->pad, shape->rows, engine->stride);
    if (!SDSE_ELEMENTS(&words, shape->channels, shape->height, shape->width) ||
        !SDSE_ELEMENTS(&places, shape->filters, shape->channels, shape->rows) ||
        !sdse_mul_u64(places, w.positions, &found.pairs) || !in_range(&w, found.pairs))
        return SDSE_OVERFLOW;
    const uint64_t lines = sdse_least_u64(engine->lines, shape->channels);
    w.group_live = calloc(shape->channels * shape->rows + 1, 1);
    w.seen = calloc(shape->channels * shape->rows + 1, 1);
    w.line = calloc(lines + 1, sizeof *w.line);
    w.visits = calloc(shape->channels * shape->rows + 1, sizeof *w.visits);
    w.visits_cycles = calloc(shape->channels * shape->rows + 1, sizeof *w.visits);
    const bool whole = w.group_live && w.seen && w.line && w.visits && w.visits_cycles;
    if (whole) {
        run_passes(&w, &found);
        *counts = found;
    }
    free(w.group_live);
    free(w.seen);
    free(w.line);
    free(w.visits);
    free(w.visits_cycles);
    return whole ? SDSE_OK : SDSE_NO_MEMORY;
}

// live [rows] of `words` words each: 1 where any is not zero.
static void find_live(const int32_t *values, uint64_t rows, uint64_t words,
                      uint8_t *live) {
    for (uint64_t row = 0; row < rows; row++)
        for (uint64_t i = 0; i < words; i++)
            live[row] |= values[row * words + i] != 0;
}

enum sdse_status sdse_selector_count(const struct sdse_selector *engine,
                                     const struct sdse_selector_shape *shape,
                                     const int32_t *ce, const int32_t *acts,
                                     struct sdse_selector_counts *counts) {
    uint64_t ce_words, act_words, rows;
    if (sdse_selector_fault(engine))
        return SDSE_INVALID;
    if (!SDSE_ELEMENTS(&ce_words, shape->filters, shape->channels, shape->rows,
                       shape->row_words) ||
        !SDSE_ELEMENTS(&act_words, shape->channels, shape->height, shape->width) ||
        !SDSE_ELEMENTS(&rows, shape->filters, shape->channels, shape->rows))
        return SDSE_OVERFLOW;
    const uint64_t act_rows = shape->channels * shape->height;
    uint8_t *live = calloc(rows + 1, 1), *live_acts = calloc(act_rows + 1, 1);
    uint8_t *digits = calloc(shape->width + 1, 1);
    uint64_t *cycles = calloc(act_rows + 1, sizeof *cycles);
    enum sdse_status status = SDSE_NO_MEMORY;
    if (live && live_acts && digits && cycles) {
        struct sdse_selector_rows known = {.live_weights = live,
                                           .live_acts = live_acts};
        find_live(ce, rows, shape->row_words, live);
        find_live(acts, act_rows, shape->width, live_acts);
        if (engine->cost == SDSE_SELECTOR_LINE) {
            known.cycles = cycles;
            known.padding_cycles = sdse_selector_padding_cycles(engine, shape->width);
        }
        status = !known.cycles || cost_rows(engine, shape, acts, digits, cycles)
                     ? sdse_selector_count_rows(engine, shape, &known, counts)
                     : SDSE_INVALID;
    }
    free(live);
    free(live_acts);
    free(digits);
    free(cycles);
    return status;
}
