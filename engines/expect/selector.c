// One file: the exact means of rows, and the drawn time of passes of groups.
#include "engines/expect/selector.h"

#include <math.h>
#include <stdlib.h>

#include "engines/arith.h"
#include "engines/expect/sample.h"

double sdse_selector_joint(double row_density, uint32_t group) {
    return row_density >= 1 ? 1 : -expm1(group * log1p(-row_density));
}

// Density of joint rows of a shorter group. What the full group's density says beyond
// independence is taken for rows that are zero in all filters at once, with probability
// `pruned`; the others are independent, of density p:
//     (1 - pruned) (1 - (1 - p)^g) = joint,  (1 - pruned) p = row
static double joint_of(const struct sdse_selector_stats *stats, uint32_t group,
                       uint64_t filters) {
    const double row = stats->row_density, joint = stats->joint_density;
    if (filters >= group || row <= 0)
        return row <= 0 ? 0 : joint;
    double low = row, high = 1; // of p; joint / row falls as p grows
    for (unsigned i = 0; i < 60; i++) {
        const double p = (low + high) / 2;
        if (sdse_selector_joint(p, group) / p > joint / row)
            low = p;
        else
            high = p;
    }
    const double p = (low + high) / 2;
    const double shorter = row / p * sdse_selector_joint(p, (uint32_t)filters);
    return fmin(shorter, joint);
}

struct pass {
    uint64_t full, rest; // full groups, and filters of a shorter one (0: none)
};

struct expectation {
    const struct sdse_selector *engine;
    const struct sdse_selector_stats *stats;
    struct sdse_selector_means means;
    uint64_t positions; // P
    double live_acts;   // expected live (r, p) rows of one channel's map, as visited
    struct sdse_draw digits;
    uint8_t *live, *acts, *row; // of a pass drawn: [groups][C][R], [C][H], [W]
    uint64_t *cycles;           // [C][H]
    double variance;
};

static double visit_chance(const struct expectation *e, uint64_t filters) {
    return e->engine->skip_weight_rows ? joint_of(e->stats, e->engine->group, filters)
                                       : 1;
}

// Output positions whose tap r lies inside the map.
static uint64_t inside(const struct expectation *e, uint64_t r) {
    uint64_t count = 0;
    for (uint64_t p = 0; p < e->positions; p++)
        count += p * e->engine->stride + r - e->engine->pad < e->stats->shape.height;
    return count;
}

// --- Exact means ---------------------------------------------------------------------

static void add_group(struct expectation *e, uint64_t filters, double copies) {
    const double channels = (double)e->stats->shape.channels;
    const double visits = copies * channels * e->live_acts * visit_chance(e, filters);
    e->means.input_row_reads += visits;
    e->means.slots += visits * (double)filters;
}

static void add_rows(struct expectation *e) {
    const struct sdse_selector_shape *shape = &e->stats->shape;
    const double row = e->engine->skip_weight_rows ? e->stats->row_density : 1;
    const double rows = (double)shape->filters * (double)shape->channels * row;
    const double act = e->stats->act_row_density;
    for (uint64_t r = 0; r < shape->rows; r++) {
        const double held = e->engine->skip_act_rows
                                ? 1 - pow(1 - act, (double)inside(e, r))
                                : (e->positions > 0);
        const double visited = e->engine->skip_act_rows ? act * (double)inside(e, r)
                                                        : (double)e->positions;
        e->live_acts += visited;
        e->means.rebuilds += rows * visited;
        e->means.rebuilds_held += rows * held;
    }
}

// --- A pass, drawn -------------------------------------------------------------------

static void draw_acts(struct expectation *e, uint64_t *state) {
    const struct sdse_selector_shape *shape = &e->stats->shape;
    const uint64_t rows = shape->channels * shape->height;
    for (uint64_t i = 0; i < rows; i++) {
        e->acts[i] = sdse_draw_unit(state) < e->stats->act_row_density;
        if (e->engine->cost != SDSE_SELECTOR_LINE)
            continue;
        for (uint64_t x = 0; x < shape->width; x++)
            e->row[x] = e->acts[i] ? (uint8_t)sdse_draw_value(&e->digits, state) : 0;
        e->cycles[i] = sdse_selector_line_cycles(e->engine, e->row, shape->width);
    }
}

static void draw_groups(struct expectation *e, const struct pass *pass,
                        uint64_t *state) {
    const uint64_t places = e->stats->shape.channels * e->stats->shape.rows;
    const double full = visit_chance(e, e->engine->group);
    const double rest = pass->rest > 0 ? visit_chance(e, pass->rest) : 0;
    for (uint64_t i = 0; i < pass->full * places; i++)
        e->live[i] = sdse_draw_unit(state) < full;
    for (uint64_t i = 0; pass->rest > 0 && i < places; i++)
        e->live[pass->full * places + i] = sdse_draw_unit(state) < rest;
}

// Draws the pass and lets the engine walk it: its groups are filters that share with
// none.
static enum sdse_status draw_pass(struct expectation *e, const struct pass *pass,
                                  bool times_only, uint64_t *state,
                                  struct sdse_selector_counts *counts) {
    struct sdse_selector engine = *e->engine;
    struct sdse_selector_shape shape = e->stats->shape;
    struct sdse_selector_rows rows = {
        .live_weights = e->live, .live_acts = e->acts, .times_only = times_only};
    shape.filters = pass->full + (pass->rest > 0);
    engine.group = 1;
    engine.slices = (uint32_t)shape.filters;
    draw_acts(e, state);
    draw_groups(e, pass, state);
    if (engine.cost == SDSE_SELECTOR_LINE) {
        rows.cycles = e->cycles;
        rows.padding_cycles = sdse_selector_padding_cycles(&engine, shape.width);
    }
    return sdse_selector_count_rows(&engine, &shape, &rows, counts);
}

static bool is_certain(const struct expectation *e, const struct pass *pass) {
    return sdse_is_certain(visit_chance(e, e->engine->group)) &&
           (pass->rest == 0 || sdse_is_certain(visit_chance(e, pass->rest))) &&
           sdse_is_certain(e->stats->act_row_density) && e->digits.count <= 1;
}

static enum sdse_status add_pass(struct expectation *e, const struct pass *pass,
                                 double copies) {
    const struct sdse_selector_shape *shape = &e->stats->shape;
    const uint64_t groups = pass->full + (pass->rest > 0);
    const uint64_t work = (groups + 1) * shape->channels *
                          (shape->rows * e->positions + shape->height * 4);
    uint64_t draws = (UINT64_C(1) << 23) / sdse_most_u64(work, 1);
    draws = sdse_most_u64(sdse_least_u64(draws, 4096), 16);
    if (is_certain(e, pass))
        draws = 1;
    if (groups == 0 || copies == 0)
        return SDSE_OK;
    struct sdse_tally cycles = {0}, plain = {0};
    uint64_t state = 4;
    for (uint64_t i = 0; i < draws; i++) {
        struct sdse_selector_counts counts;
        // Without skips rows of equal cost take the same time in every draw.
        const bool known = i > 0 && e->engine->cost == SDSE_SELECTOR_CONST;
        const enum sdse_status status = draw_pass(e, pass, known, &state, &counts);
        if (status != SDSE_OK)
            return status;
        sdse_tally_add(&cycles, (double)counts.cycles, (double)counts.input_row_reads);
        if (!known)
            sdse_tally_add(&plain, (double)counts.cycles_no_selector, 0);
    }
    const double reads = (double)shape->channels * e->live_acts *
                         ((double)pass->full * visit_chance(e, e->engine->group) +
                          (pass->rest > 0 ? visit_chance(e, pass->rest) : 0));
    const double error = copies * sdse_tally_standard_error(&cycles);
    e->means.cycles += copies * sdse_tally_mean(&cycles, reads);
    e->means.cycles_no_selector += copies * sdse_tally_mean(&plain, 0);
    e->variance += error * error;
    return SDSE_OK;
}

// --- The layer -----------------------------------------------------------------------

// Digits of the rows that live: those of dead rows are all zeros.
static bool make_digits(struct expectation *e) {
    struct sdse_digit_shares live = e->stats->digits;
    struct sdse_chance chance = {0};
    double total = 0;
    live.share[0] = fmax(0, live.share[0] - (1 - e->stats->act_row_density));
    for (unsigned d = 0; d <= SDSE_DIGITS_MOST; d++)
        total += live.share[d];
    if (!(total > 0))
        live.share[0] = 1; // no row lives
    const bool whole = sdse_chance_shares(&chance, live.share, SDSE_DIGITS_MOST + 1) &&
                       sdse_draw_make(&e->digits, &chance);
    sdse_chance_free(&chance);
    return whole;
}

static bool make(struct expectation *e, uint64_t groups) {
    const struct sdse_selector_shape *shape = &e->stats->shape;
    const uint64_t rows = shape->channels * shape->height;
    e->live = calloc(groups * shape->channels * shape->rows + 1, 1);
    e->acts = calloc(rows + 1, 1);
    e->row = calloc(shape->width + 1, 1);
    e->cycles = calloc(rows + 1, sizeof *e->cycles);
    return e->live && e->acts && e->row && e->cycles &&
           (e->engine->cost != SDSE_SELECTOR_LINE || make_digits(e));
}

static struct pass pass_of(const struct sdse_selector *engine, uint64_t filters) {
    return (struct pass){filters / engine->group, filters % engine->group};
}

static enum sdse_status run_layer(struct expectation *e) {
    const struct sdse_selector_shape *shape = &e->stats->shape;
    const uint64_t slices = sdse_least_u64(e->engine->slices, shape->filters);
    const uint64_t passes = slices ? shape->filters / slices : 0;
    const struct pass full = pass_of(e->engine, slices);
    const struct pass last = pass_of(e->engine, slices ? shape->filters % slices : 0);
    const double columns = (double)shape->channels * (double)shape->rows;
    const double groups =
        (double)(passes * (full.full + (full.rest > 0)) + last.full + (last.rest > 0));
    add_rows(e);
    add_group(e, e->engine->group, (double)(passes * full.full + last.full));
    add_group(e, full.rest, full.rest > 0 ? (double)passes : 0);
    add_group(e, last.rest, last.rest > 0 ? 1 : 0);
    struct sdse_selector_means *means = &e->means;
    means->pairs = (double)shape->filters * columns * (double)e->positions;
    means->skipped_in_time = means->pairs - means->slots;
    means->skipped_in_energy = means->pairs - means->rebuilds;
    means->input_row_reads_avoided =
        groups * columns * (double)e->positions - means->input_row_reads;
    means->input_words_avoided = means->input_row_reads_avoided * (double)shape->width;
    const enum sdse_status status = add_pass(e, &full, (double)passes);
    if (status != SDSE_OK)
        return status;
    return add_pass(e, &last, 1);
}

static bool sound(const struct sdse_selector *engine,
                  const struct sdse_selector_stats *stats) {
    const double row = stats->row_density, joint = stats->joint_density;
    const double slack = 1e-9;
    return row >= 0 && row <= 1 && stats->act_row_density >= 0 &&
           stats->act_row_density <= 1 && joint >= row - slack && joint <= 1 + slack &&
           joint <= row * engine->group + slack;
}

enum sdse_status sdse_selector_expect(const struct sdse_selector *engine,
                                      const struct sdse_selector_stats *stats,
                                      struct sdse_selector_means *means) {
    struct expectation e = {.engine = engine, .stats = stats};
    const struct sdse_selector_shape *shape = &stats->shape;
    uint64_t places, words;
    if (sdse_selector_fault(engine) || !sound(engine, stats))
        return SDSE_INVALID;
    e.positions =
        sdse_window_positions(shape->height, engine->pad, shape->rows, engine->stride);
    if (!SDSE_ELEMENTS(&words, shape->channels, shape->height, shape->width) ||
        !SDSE_ELEMENTS(&places, shape->filters, shape->channels, shape->rows) ||
        !sdse_mul_u64(places, e.positions, &places))
        return SDSE_OVERFLOW;
    const uint64_t slices = sdse_least_u64(engine->slices, shape->filters);
    enum sdse_status status = SDSE_NO_MEMORY;
    if (make(&e, sdse_ceil_div_u64(slices, engine->group)))
        status = run_layer(&e);
    if (status == SDSE_OK) {
        *means = e.means;
        means->standard_error = sqrt(e.variance);
    }
    free(e.live);
    free(e.acts);
    free(e.row);
    free(e.cycles);
    sdse_draw_free(&e.digits);
    return status;
}
