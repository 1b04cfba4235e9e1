#include "engines/expect/serial.h"

#include <math.h>
#include <stdlib.h>

#include "engines/arith.h"
#include "engines/expect/sample.h"

// --- Shares of digits ----------------------------------------------------------------

bool sdse_digit_shares_counted(const uint64_t histogram[SDSE_DIGITS_MOST + 1],
                               struct sdse_digit_shares *shares) {
    double total = 0;
    for (unsigned d = 0; d <= SDSE_DIGITS_MOST; d++)
        total += (double)histogram[d];
    for (unsigned d = 0; total > 0 && d <= SDSE_DIGITS_MOST; d++)
        shares->share[d] = (double)histogram[d] / total;
    return total > 0;
}

static bool is_share(double x) { return x >= 0 && x <= 1; }

bool sdse_digit_shares_independent(double zero_share, uint32_t places, double density,
                                   struct sdse_digit_shares *shares) {
    if (!is_share(zero_share) || !is_share(density) || places > SDSE_DIGITS_MOST)
        return false;
    *shares = (struct sdse_digit_shares){{zero_share}};
    double choose = 1;
    for (uint32_t d = 0; d <= places; d++) {
        shares->share[d] +=
            (1 - zero_share) * choose * pow(density, d) * pow(1 - density, places - d);
        choose = choose * (places - d) / (d + 1);
    }
    return true;
}

bool sdse_digit_shares_of_bits(double zero_share, uint32_t bits, double density,
                               const struct sdse_operand *operand,
                               struct sdse_digit_shares *shares) {
    if (!is_share(zero_share) || !is_share(density) || bits > 16 ||
        sdse_operand_fault(operand) || bits > operand->bits - operand->is_signed)
        return false;
    *shares = (struct sdse_digit_shares){{zero_share}};
    for (int32_t value = 0; value < INT32_C(1) << bits; value++) {
        const int ones = __builtin_popcount((unsigned)value);
        const double p = (1 - zero_share) * pow(density, ones) *
                         pow(1 - density, (double)bits - ones);
        const double half = operand->is_signed ? p / 2 : 0;
        const uint64_t plus = sdse_digit_offsets(operand, value);
        const uint64_t minus = sdse_digit_offsets(operand, half > 0 ? -value : value);
        shares->share[__builtin_popcountll(plus)] += p - half;
        shares->share[__builtin_popcountll(minus)] += half;
    }
    return true;
}

double sdse_digit_shares_mean(const struct sdse_digit_shares *shares) {
    double mean = 0;
    for (unsigned d = 0; d <= SDSE_DIGITS_MOST; d++)
        mean += d * shares->share[d];
    return mean;
}

// --- How long a column's step is -----------------------------------------------------

enum { COLUMNS_DRAWN = 1 << 14, STEPS_DRAWN = 1 << 15 };

// A set of `count` digits at random places.
static uint64_t draw_offsets(const struct sdse_operand *operand, uint32_t places,
                             uint64_t count, uint64_t *state) {
    const bool booth = operand->recoding == SDSE_RECODE_BOOTH4;
    const bool apart = operand->recoding == SDSE_RECODE_CSD;
    // No two adjacent: choose among fewer places, then spread.
    uint64_t slots = booth ? (places + 1) / 2 : places;
    if (apart)
        slots = places + 1 > count ? places + 1 - count : 0;
    uint64_t offsets = 0, left = sdse_least_u64(count, slots), spread = 0;
    for (uint64_t slot = 0; slot < slots && left > 0; slot++) {
        const double chance = (double)left / (double)(slots - slot);
        if (sdse_draw_unit(state) >= chance)
            continue;
        left--;
        if (booth)
            offsets |= UINT64_C(1)
                       << (2 * slot + (sdse_draw_unit(state) < 1.0 / 3 ? 1 : 0));
        else
            offsets |= UINT64_C(1) << (slot + (apart ? spread++ : 0));
    }
    return offsets;
}

// Cycles of a column of such sets, as engines/serial.c has them.
static uint64_t draw_column(const struct sdse_serial *engine,
                            const struct sdse_draw *digits, uint32_t places,
                            uint64_t lanes, uint64_t *pending, uint64_t *state) {
    const uint32_t reach = (UINT32_C(1) << engine->first_stage_bits) - 1;
    uint64_t live = 0, cycles = 0;
    for (uint64_t i = 0; i < lanes; i++) {
        const uint64_t count = sdse_draw_value(digits, state);
        const uint64_t set = draw_offsets(&engine->operand, places, count, state);
        if (set)
            pending[live++] = set;
    }
    for (; live > 0; cycles++) {
        uint32_t lowest = 64;
        uint64_t kept = 0;
        for (uint64_t i = 0; i < live; i++) {
            const uint32_t next = (uint32_t)__builtin_ctzll(pending[i]);
            lowest = next < lowest ? next : lowest;
        }
        for (uint64_t i = 0; i < live; i++) {
            uint64_t rest = pending[i];
            if ((uint32_t)__builtin_ctzll(rest) <= lowest + reach)
                rest &= rest - 1;
            if (rest)
                pending[kept++] = rest;
        }
        live = kept;
    }
    return cycles;
}

static bool drawn_duration(const struct sdse_serial *engine,
                           const struct sdse_chance *digits, uint32_t places,
                           uint64_t lanes, struct sdse_chance *out) {
    double share[65] = {0};
    struct sdse_draw draw = {0};
    uint64_t *pending = calloc(lanes, sizeof *pending), state = 1;
    const bool whole = sdse_draw_make(&draw, digits) && pending;
    for (unsigned i = 0; whole && i < COLUMNS_DRAWN; i++)
        share[draw_column(engine, &draw, places, lanes, pending, &state)]++;
    sdse_draw_free(&draw);
    free(pending);
    return whole && sdse_chance_shares(out, share, sizeof share / sizeof *share);
}

// Distribution of the duration of a column with `lanes` >= 1 values.
static bool duration(const struct sdse_serial *engine,
                     const struct sdse_serial_stats *stats, uint64_t lanes,
                     struct sdse_chance *out) {
    struct sdse_chance digits = {0};
    const uint32_t bits = engine->operand.bits;
    const uint32_t places = stats->places ? stats->places : bits;
    bool whole = sdse_chance_shares(&digits, stats->digits.share, SDSE_DIGITS_MOST + 1);
    if (engine->first_stage_bits < 6)
        whole = whole && drawn_duration(engine, &digits, places, lanes, out);
    else
        whole = whole && sdse_chance_most(out, &digits, lanes);
    sdse_chance_free(&digits);
    return whole && sdse_chance_at_least(out, out, stats->least_cycles);
}

// --- The stream ----------------------------------------------------------------------

// A piece of the stream between barriers: `steps` full ones, then one in which `full`
// columns have all values, and one has `rest` of its lanes.
struct piece {
    uint64_t steps, full, rest;
};

struct expectation {
    const struct sdse_serial *engine;
    struct sdse_chance column, partial; // duration with all lanes, with `rest`
    double error2;                      // variance of the cycles drawn
};

// Pallet: every step waits for all.
static bool pallet(struct expectation *e, const struct piece *piece, double *cycles) {
    struct sdse_chance most = {0}, last = {0};
    bool whole = sdse_chance_most(&most, &e->column, e->engine->columns) &&
                 sdse_chance_point(&last, 0);
    if (whole && piece->full > 0)
        whole = sdse_chance_most(&last, &e->column, piece->full);
    if (whole && piece->rest > 0)
        whole = sdse_chance_join(&last, &last, &e->partial);
    if (whole)
        *cycles =
            (double)piece->steps * sdse_chance_mean(&most) + sdse_chance_mean(&last);
    sdse_chance_free(&most);
    sdse_chance_free(&last);
    return whole;
}

// Free columns: the longest of the columns' sums.
static bool free_columns(struct expectation *e, const struct piece *piece,
                         double *cycles) {
    const uint64_t short_ones =
        e->engine->columns - piece->full - (piece->rest > 0 ? 1 : 0);
    struct sdse_chance sum = {0}, more = {0}, most = {0};
    bool whole = sdse_chance_times(&sum, &e->column, piece->steps) &&
                 sdse_chance_point(&most, 0);
    if (whole && short_ones > 0)
        whole = sdse_chance_most(&most, &sum, short_ones);
    if (whole && piece->full > 0)
        whole = sdse_chance_add(&more, &sum, &e->column) &&
                sdse_chance_most(&more, &more, piece->full) &&
                sdse_chance_join(&most, &most, &more);
    if (whole && piece->rest > 0)
        whole = sdse_chance_add(&more, &sum, &e->partial) &&
                sdse_chance_join(&most, &most, &more);
    if (whole)
        *cycles = sdse_chance_mean(&most);
    sdse_chance_free(&sum);
    sdse_chance_free(&more);
    sdse_chance_free(&most);
    return whole;
}

// A stream with registers; the columns' durations are drawn.
struct drawn_stream {
    const struct sdse_serial *engine;
    struct sdse_draw column, partial;
    uint64_t *finished, *all; // [columns], [registers + 1]
    uint64_t state, busy;
};

// One step of the first `full` columns, and of one with `rest` of its lanes. Returns
// when the last of them has finished it.
static uint64_t draw_step(struct drawn_stream *s, uint64_t t, uint64_t full,
                          bool rest) {
    const uint64_t window = (uint64_t)s->engine->registers + 1;
    const uint64_t gate = t >= window ? s->all[t % window] : 0;
    uint64_t last = 0;
    for (uint64_t x = 0; x < full + rest; x++) {
        const uint64_t d =
            sdse_draw_value(x < full ? &s->column : &s->partial, &s->state);
        s->busy += d;
        s->finished[x] = sdse_most_u64(s->finished[x], gate) + d;
        last = sdse_most_u64(last, s->finished[x]);
    }
    s->all[t % window] = last;
    return last;
}

static uint64_t draw_stream(struct drawn_stream *s, const struct piece *piece) {
    uint64_t last = 0;
    for (uint32_t x = 0; x < s->engine->columns; x++)
        s->finished[x] = 0;
    for (uint64_t t = 0; t < piece->steps; t++)
        last = draw_step(s, t, s->engine->columns, false);
    return sdse_most_u64(last,
                         draw_step(s, piece->steps, piece->full, piece->rest > 0));
}

static bool make_stream(const struct expectation *e, const struct piece *piece,
                        struct drawn_stream *s) {
    *s = (struct drawn_stream){
        .engine = e->engine,
        .finished = calloc(e->engine->columns, sizeof *s->finished),
        .all = calloc((size_t)e->engine->registers + 1, sizeof *s->all),
        .state = 2};
    return s->finished && s->all && sdse_draw_make(&s->column, &e->column) &&
           (piece->rest == 0 || sdse_draw_make(&s->partial, &e->partial));
}

// Registers: streams are drawn, and what is longer than the drawn ones is scaled.
static bool ahead(struct expectation *e, const struct piece *piece, double *cycles) {
    const uint64_t columns = e->engine->columns;
    const uint64_t most = (uint64_t)STEPS_DRAWN * 16 / columns + 1; // steps in all
    struct piece part = *piece;
    part.steps = sdse_least_u64(part.steps, sdse_most_u64(most / 16, 256));
    const double scale = part.steps > 0 ? (double)piece->steps / (double)part.steps : 1;
    const double busy =
        sdse_chance_mean(&e->column) * (double)(columns * part.steps + part.full) +
        (part.rest > 0 ? sdse_chance_mean(&e->partial) : 0);
    struct drawn_stream s;
    struct sdse_tally tally = {0};
    const bool whole = make_stream(e, piece, &s);
    const bool certain = s.column.count <= 1 && s.partial.count <= 1;
    for (uint64_t done = 0;
         whole && (done < most || tally.count < 16) && !(certain && tally.count > 0);
         done += part.steps + 1) {
        s.busy = 0;
        const uint64_t time = draw_stream(&s, &part);
        sdse_tally_add(&tally, (double)time, (double)s.busy);
    }
    if (whole) {
        const double error = scale * sdse_tally_standard_error(&tally);
        *cycles = scale * sdse_tally_mean(&tally, busy);
        e->error2 += error * error;
    }
    sdse_draw_free(&s.column);
    sdse_draw_free(&s.partial);
    free(s.finished);
    free(s.all);
    return whole;
}

// Expected cycles of one piece.
static bool run_piece(struct expectation *e, const struct piece *piece,
                      double *cycles) {
    const uint64_t all = piece->steps + (piece->full + piece->rest > 0);
    if (e->engine->columns == 1 || e->engine->registers == 0)
        return pallet(e, piece, cycles);
    if (e->engine->registers == SDSE_UNLIMITED ||
        (uint64_t)e->engine->registers + 1 >= all)
        return free_columns(e, piece, cycles);
    return ahead(e, piece, cycles);
}

static bool sound(const struct sdse_digit_shares *shares) {
    double total = 0;
    for (unsigned d = 0; d <= SDSE_DIGITS_MOST; d++) {
        if (!is_share(shares->share[d]))
            return false;
        total += shares->share[d];
    }
    return fabs(total - 1) <= 1e-6;
}

static bool run_stream(struct expectation *e, const struct sdse_serial_stats *stats,
                       struct sdse_serial_means *means) {
    const struct sdse_serial *engine = e->engine;
    const uint64_t wide = (uint64_t)engine->lanes * engine->columns;
    const uint64_t steps = stats->values / wide, over = stats->values % wide;
    const uint64_t barrier = engine->barrier_steps;
    const uint64_t pieces = barrier > 0 ? steps / barrier : 0;
    const struct piece even = {.steps = barrier};
    const struct piece last = {steps - pieces * barrier, over / engine->lanes,
                               over % engine->lanes};
    double each = 0, end = 0, error2 = 0;
    bool whole = duration(engine, stats, engine->lanes, &e->column);
    if (last.rest > 0)
        whole = whole && duration(engine, stats, last.rest, &e->partial);
    if (pieces > 0) {
        whole = whole && run_piece(e, &even, &each);
        error2 = e->error2 * (double)pieces * (double)pieces;
        e->error2 = 0;
    }
    whole = whole && run_piece(e, &last, &end);
    if (!whole)
        return false;
    const double columns = (double)steps * engine->columns + (double)last.full;
    *means = (struct sdse_serial_means){
        .cycles = (double)pieces * each + end,
        .digits = (double)stats->values * sdse_digit_shares_mean(&stats->digits),
        .zero_values = (double)stats->values * stats->digits.share[0],
        .busy_column_cycles = columns * sdse_chance_mean(&e->column) +
                              (last.rest > 0 ? sdse_chance_mean(&e->partial) : 0),
        .standard_error = sqrt(error2 + e->error2)};
    means->idle_lane_cycles = means->cycles * (double)wide - means->digits;
    return true;
}

enum sdse_status sdse_serial_expect(const struct sdse_serial *engine,
                                    const struct sdse_serial_stats *stats,
                                    struct sdse_serial_means *means) {
    struct expectation e = {.engine = engine};
    if (sdse_serial_fault(engine) || !sound(&stats->digits) ||
        stats->places > SDSE_OPERAND_BITS)
        return SDSE_INVALID;
    const bool whole = run_stream(&e, stats, means);
    sdse_chance_free(&e.column);
    sdse_chance_free(&e.partial);
    return whole ? SDSE_OK : SDSE_NO_MEMORY;
}
