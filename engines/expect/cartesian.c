// One file: a group's work, its slowest element and its banks share the distributions.
#include "engines/expect/cartesian.h"

#include <math.h>
#include <stdlib.h>

#include "engines/arith.h"
#include "engines/expect/cartesian_tiles.h"
#include "engines/expect/sample.h"

struct expectation {
    const struct sdse_cartesian *engine;
    const struct sdse_cartesian_stats *stats;
    struct sdse_cartesian_place place;
    struct sdse_tile_kinds rows, cols;
    uint64_t phases;       // stride^2
    double stalls;         // per step, of all elements
    double slowest_stalls; // per step, of the slowest
    double drain;          // per barrier of an element with a tile
    double wait;           // per barrier, of the slowest, beyond its stalls
    struct sdse_cartesian_means means;
};

// --- Vectors of a channel and phase --------------------------------------------------

static double act_density(const struct expectation *e, uint64_t c) {
    const double map = (double)e->stats->shape.height * (double)e->stats->shape.width;
    if (!e->stats->act_nnz)
        return e->stats->act_density;
    return map > 0 ? (double)e->stats->act_nnz[c] / map : 0;
}

static double weight_density(const struct expectation *e, uint64_t c) {
    const struct sdse_cartesian_shape *shape = &e->stats->shape;
    const double all =
        (double)shape->filters * (double)shape->rows * (double)shape->cols;
    if (!e->stats->weight_nnz)
        return e->stats->weight_density;
    return all > 0 ? (double)e->stats->weight_nnz[c] / all : 0;
}

// Vectors of `width` that hold the non-zeros of n positions.
static bool vectors(struct sdse_chance *out, uint64_t n, double density,
                    uint32_t width) {
    return sdse_chance_binomial(out, n, density) &&
           sdse_chance_ceil_div(out, out, width);
}

static uint64_t act_positions(const struct expectation *e, uint64_t row, uint64_t col,
                              uint64_t phase) {
    const uint64_t s = e->place.stride;
    return e->rows.positions[row * s + phase / s] *
           e->cols.positions[col * s + phase % s];
}

static uint64_t weight_positions(const struct expectation *e, uint64_t filters,
                                 uint64_t phase) {
    const uint64_t s = e->place.stride;
    return filters * sdse_phase_taps(&e->place, 0, phase / s) *
           sdse_phase_taps(&e->place, 1, phase % s);
}

// Tiles of an axis that are not empty.
static double filled(const struct sdse_tile_kinds *kinds, uint64_t stride) {
    double tiles = 0;
    for (uint64_t i = 0; i < kinds->count; i++) {
        uint64_t positions = 0;
        for (uint64_t f = 0; f < stride; f++)
            positions += kinds->positions[i * stride + f];
        tiles += positions > 0 ? (double)kinds->tiles[i] : 0;
    }
    return tiles;
}

// Elements with a tile.
static double working(const struct expectation *e) {
    return filled(&e->rows, e->place.stride) * filled(&e->cols, e->place.stride);
}

// --- Exact means of a group ----------------------------------------------------------

// What channel c adds to the means: all elements, one group, `times` over.
static bool add_channel(struct expectation *e, uint64_t filters, uint64_t c,
                        double times) {
    struct sdse_chance act = {0}, weight = {0};
    const double da = act_density(e, c), dw = weight_density(e, c);
    bool whole = true;
    for (uint64_t phase = 0; whole && phase < e->phases; phase++) {
        const uint64_t nw = weight_positions(e, filters, phase);
        whole = vectors(&weight, nw, dw, e->engine->weight_vector);
        for (uint64_t i = 0; whole && i < e->rows.count; i++) {
            for (uint64_t j = 0; whole && j < e->cols.count; j++) {
                const double elements =
                    times * (double)(e->rows.tiles[i] * e->cols.tiles[j]);
                const uint64_t na = act_positions(e, i, j, phase);
                whole = vectors(&act, na, da, e->engine->act_vector);
                if (!whole)
                    break;
                const double acts = sdse_chance_mean(&act);
                const double steps = elements * acts * sdse_chance_mean(&weight);
                e->means.steps += steps;
                e->means.products += elements * (double)na * da * (double)nw * dw;
                e->means.act_reads += elements * acts * e->engine->act_vector;
                e->means.weight_reads += steps * e->engine->weight_vector;
            }
        }
    }
    sdse_chance_free(&act);
    sdse_chance_free(&weight);
    return whole;
}

static bool same_channels(const struct expectation *e) {
    return !e->stats->act_nnz && !e->stats->weight_nnz;
}

static bool add_work(struct expectation *e, uint64_t filters, double groups) {
    const uint64_t channels = e->stats->shape.channels;
    bool whole = true;
    if (same_channels(e))
        return channels == 0 || add_channel(e, filters, 0, groups * (double)channels);
    for (uint64_t c = 0; whole && c < channels; c++)
        whole = add_channel(e, filters, c, groups);
    return whole;
}

// --- The slowest element, barrier per group ------------------------------------------

// Adds n channels that each have `vectors` vectors of weights to an element's time.
static bool add_channels(struct sdse_chance *time, const struct sdse_chance *act,
                         uint64_t weight_vectors, uint64_t n) {
    struct sdse_chance part = {0};
    const bool whole = sdse_chance_scale(&part, act, weight_vectors) &&
                       sdse_chance_times(&part, &part, n) &&
                       sdse_chance_add(time, time, &part);
    sdse_chance_free(&part);
    return whole;
}

// One phase of all channels, alike: weights at their quantiles.
static bool add_phase(const struct expectation *e, uint64_t filters, uint64_t row,
                      uint64_t col, uint64_t phase, struct sdse_chance *time,
                      double *taken) {
    const uint64_t channels = e->stats->shape.channels;
    struct sdse_chance act = {0}, weight = {0};
    bool whole = vectors(&act, act_positions(e, row, col, phase), act_density(e, 0),
                         e->engine->act_vector) &&
                 vectors(&weight, weight_positions(e, filters, phase),
                         weight_density(e, 0), e->engine->weight_vector);
    uint64_t some = 0;
    for (uint64_t c = 0; whole && c < channels;) {
        const uint64_t y =
            sdse_chance_quantile(&weight, ((double)c + 0.5) / (double)channels);
        uint64_t n = 1;
        while (c + n < channels &&
               sdse_chance_quantile(&weight,
                                    ((double)(c + n) + 0.5) / (double)channels) == y)
            n++;
        whole = add_channels(time, &act, y, n);
        some += y;
        c += n;
    }
    // Weights too rare for any quantile: one vector, scaled to how often there is one.
    if (whole && some == 0 && channels > 0)
        whole = add_channels(time, &act, 1, 1);
    if (whole)
        *taken += (double)channels * sdse_chance_mean(&act) * sdse_chance_mean(&weight);
    sdse_chance_free(&act);
    sdse_chance_free(&weight);
    return whole;
}

// All phases of channels that differ: normal, with the weights at their means and the
// activations' variance.
static bool uneven_time(const struct expectation *e, uint64_t filters, uint64_t row,
                        uint64_t col, struct sdse_chance *time) {
    struct sdse_chance act = {0}, weight = {0};
    double mean = 0, variance = 0;
    bool whole = true;
    for (uint64_t c = 0; whole && c < e->stats->shape.channels; c++) {
        for (uint64_t phase = 0; whole && phase < e->phases; phase++) {
            whole = vectors(&act, act_positions(e, row, col, phase), act_density(e, c),
                            e->engine->act_vector) &&
                    vectors(&weight, weight_positions(e, filters, phase),
                            weight_density(e, c), e->engine->weight_vector);
            if (!whole)
                break;
            const double y = sdse_chance_mean(&weight);
            mean += y * sdse_chance_mean(&act);
            variance +=
                (y * y + sdse_chance_variance(&weight)) * sdse_chance_variance(&act);
        }
    }
    sdse_chance_free(&act);
    sdse_chance_free(&weight);
    return whole && sdse_chance_normal(time, mean, variance);
}

// Time of an element whose tile is of this kind; *scale corrects for the quantiles.
static bool element_time(const struct expectation *e, uint64_t filters, uint64_t row,
                         uint64_t col, struct sdse_chance *time, double *scale) {
    double taken = 0;
    *scale = 1;
    if (!same_channels(e))
        return uneven_time(e, filters, row, col, time);
    bool whole = sdse_chance_point(time, 0);
    for (uint64_t phase = 0; whole && phase < e->phases; phase++)
        whole = add_phase(e, filters, row, col, phase, time, &taken);
    const double got = whole ? sdse_chance_mean(time) : 0;
    *scale = got > 0 ? taken / got : 1;
    return whole;
}

// The group's slowest element. The kind with the longest mean scales the maximum.
static bool slowest_in_group(struct expectation *e, uint64_t filters, double *cycles) {
    struct sdse_chance time = {0}, most = {0};
    double scale = 1, longest = -1;
    bool whole = sdse_chance_point(&most, 0);
    for (uint64_t i = 0; whole && i < e->rows.count; i++) {
        for (uint64_t j = 0; whole && j < e->cols.count; j++) {
            double own;
            const uint64_t elements = e->rows.tiles[i] * e->cols.tiles[j];
            whole = element_time(e, filters, i, j, &time, &own);
            if (!whole)
                break;
            const double mean = sdse_chance_mean(&time);
            if (mean > longest) {
                longest = mean;
                scale = own;
            }
            whole = sdse_chance_most(&time, &time, elements) &&
                    sdse_chance_join(&most, &most, &time);
        }
    }
    if (whole)
        *cycles = scale * sdse_chance_mean(&most);
    sdse_chance_free(&time);
    sdse_chance_free(&most);
    return whole;
}

// --- The slowest element, barrier per channel ----------------------------------------

enum { WEIGHT_DRAWS = 64 };

// Expected maximum over elements in channel c, the weights' vectors [phases] given.
static bool slowest_in_channel(const struct expectation *e, uint64_t c,
                               const uint64_t *y, double *cycles) {
    struct sdse_chance act = {0}, time = {0}, most = {0};
    bool whole = sdse_chance_point(&most, 0);
    for (uint64_t i = 0; whole && i < e->rows.count; i++) {
        for (uint64_t j = 0; whole && j < e->cols.count; j++) {
            whole = sdse_chance_point(&time, 0);
            for (uint64_t phase = 0; whole && phase < e->phases; phase++)
                whole = vectors(&act, act_positions(e, i, j, phase), act_density(e, c),
                                e->engine->act_vector) &&
                        add_channels(&time, &act, y[phase], 1);
            whole =
                whole &&
                sdse_chance_most(&time, &time, e->rows.tiles[i] * e->cols.tiles[j]) &&
                sdse_chance_join(&most, &most, &time);
        }
    }
    if (whole)
        *cycles += sdse_chance_mean(&most);
    sdse_chance_free(&act);
    sdse_chance_free(&time);
    sdse_chance_free(&most);
    return whole;
}

static bool channel_cycles(struct expectation *e, uint64_t filters, uint64_t c,
                           double *cycles) {
    struct sdse_chance weight = {0};
    uint64_t *y = calloc(e->phases, sizeof *y), state = 5;
    double sum = 0;
    bool whole = y != NULL;
    // With one phase the maximum is the vectors of weights times that of activations.
    const unsigned draws = e->phases == 1 ? 1 : WEIGHT_DRAWS;
    double scale = 1;
    for (unsigned i = 0; whole && i < draws; i++) {
        for (uint64_t phase = 0; whole && phase < e->phases; phase++) {
            whole = vectors(&weight, weight_positions(e, filters, phase),
                            weight_density(e, c), e->engine->weight_vector);
            if (!whole)
                break;
            if (e->phases == 1) {
                y[phase] = 1;
                scale = sdse_chance_mean(&weight);
            } else {
                const double at = (i + sdse_draw_unit(&state)) / draws;
                const double turned = at + (double)phase * 0.381966011;
                y[phase] = sdse_chance_quantile(&weight, turned - floor(turned));
            }
        }
        whole = whole && slowest_in_channel(e, c, y, &sum);
    }
    *cycles += scale * sum / draws;
    sdse_chance_free(&weight);
    free(y);
    return whole;
}

static bool slowest_per_channel(struct expectation *e, uint64_t filters,
                                double *cycles) {
    const uint64_t channels = e->stats->shape.channels;
    double sum = 0;
    bool whole = true;
    if (same_channels(e) && channels > 0) {
        whole = channel_cycles(e, filters, 0, &sum);
        *cycles = sum * (double)channels;
        return whole;
    }
    for (uint64_t c = 0; whole && c < channels; c++)
        whole = channel_cycles(e, filters, c, &sum);
    *cycles = sum;
    return whole;
}

// --- Banks: a part of the layer, executed --------------------------------------------

// Products executed: first a few, and many where banks then stall.
enum { FEW_PRODUCTS = 1 << 19, MANY_PRODUCTS = 1 << 21 };
#define STALLS 0.005 // per step: below, banks only drain

static void draw_live(int32_t *values, uint64_t count, double density,
                      uint64_t *state) {
    for (uint64_t i = 0; i < count; i++)
        values[i] = sdse_draw_unit(state) < density;
}

// Runs a group of filters on `channels` channels of drawn tensors, several times over.
static enum sdse_status run_banks(struct expectation *e, uint64_t channels, double da,
                                  double dw, double products) {
    const struct sdse_cartesian *engine = e->engine;
    struct sdse_cartesian_shape shape = e->stats->shape;
    shape.channels = channels;
    shape.filters = e->place.group;
    const uint64_t acts = shape.channels * shape.height * shape.width;
    const uint64_t weights = shape.filters * shape.channels * shape.rows * shape.cols;
    int32_t *act = calloc(acts + 1, sizeof *act);
    int32_t *weight = calloc(weights + 1, sizeof *weight);
    struct sdse_cartesian_counts counts = {0};
    enum sdse_status status = act && weight ? SDSE_OK : SDSE_NO_MEMORY;
    double steps = 0, stalls = 0, drains = 0, barriers = 0, waits = 0, slowest = 0;
    uint64_t state = 6;
    double done = 0;
    while (status == SDSE_OK && done < products) {
        draw_live(act, acts, da, &state);
        draw_live(weight, weights, dw, &state);
        status = sdse_cartesian_count(engine, &shape, act, weight, &counts);
        steps += (double)counts.steps;
        stalls += (double)counts.bank_stall_cycles;
        drains += (double)counts.drain_cycles;
        waits += (double)(counts.cycles - counts.cycles_no_banks);
        slowest += (double)(counts.cycles_no_banks - counts.halo_cycles);
        barriers += engine->barrier == SDSE_CARTESIAN_CHANNEL ? (double)channels : 1;
        done += (double)(counts.products + acts + weights);
        if (sdse_is_certain(da) && sdse_is_certain(dw))
            break;
    }
    free(act);
    free(weight);
    if (status == SDSE_OK && barriers > 0) {
        e->stalls = steps > 0 ? stalls / steps : 0;
        e->drain = drains / barriers / working(e);
        // What the slowest waits for beyond a drain grows with its steps, if it stalls.
        const double drained = e->drain * barriers;
        const bool grows = e->stalls >= STALLS && waits > drained;
        e->slowest_stalls = grows ? (waits - drained) / slowest : e->stalls;
        e->wait = (waits - e->slowest_stalls * slowest) / barriers;
    }
    return status;
}

static enum sdse_status find_banks(struct expectation *e) {
    const struct sdse_cartesian_shape *shape = &e->stats->shape;
    const uint64_t channels = shape->channels;
    double da = 0, dw = 0;
    for (uint64_t c = 0; c < channels; c++) {
        da += act_density(e, c) / (double)channels;
        dw += weight_density(e, c) / (double)channels;
    }
    const double acts = da * (double)(shape->height * shape->width);
    const double each =
        acts * dw * (double)(e->place.group * shape->rows * shape->cols);
    enum sdse_status status = SDSE_OK;
    for (unsigned i = 0; i < 2 && status == SDSE_OK && each > 0; i++) {
        const double budget = i == 0 ? FEW_PRODUCTS : MANY_PRODUCTS;
        const double fit = floor(budget / 2 / fmax(each, 1)) + 1;
        if (i > 0 && e->stalls < STALLS)
            break;
        status = run_banks(e, fit < (double)channels ? (uint64_t)fit : channels, da, dw,
                           budget);
    }
    return status;
}

// --- Halos, valid products -----------------------------------------------------------

// Halo words of element (i, j) that are expected to be touched, per filter: some of the
// C * taps products that point to the word is there.
static double touched(const struct expectation *e, double miss, uint64_t i,
                      uint64_t j) {
    const struct sdse_interval rows = sdse_cartesian_reached(&e->place, 0, i);
    const struct sdse_interval cols = sdse_cartesian_reached(&e->place, 1, j);
    double words = 0;
    for (uint64_t p = rows.first; p < rows.end; p++) {
        const uint64_t y = sdse_valid_taps(&e->place, 0, i, p);
        for (uint64_t q = cols.first; q < cols.end; q++)
            if (p / e->place.owned[0] != i || q / e->place.owned[1] != j)
                words +=
                    1 - pow(miss, (double)(y * sdse_valid_taps(&e->place, 1, j, q)));
    }
    return words;
}

static void add_halos(struct expectation *e) {
    const struct sdse_cartesian_shape *shape = &e->stats->shape;
    const double filters = (double)shape->filters;
    uint64_t most = 0;
    double miss = 1; // that a tap of no channel has a product
    for (uint64_t c = 0; c < shape->channels; c++)
        miss *= 1 - act_density(e, c) * weight_density(e, c);
    for (uint64_t i = 0; i < e->engine->grid[0]; i++) {
        for (uint64_t j = 0; j < e->engine->grid[1]; j++) {
            const struct sdse_cartesian_halo_words halo =
                sdse_cartesian_halo(&e->place, i, j);
            e->means.halo_words += filters * (double)halo.sum;
            e->means.halo_touched += filters * touched(e, miss, i, j);
            if (e->engine->halo == SDSE_CARTESIAN_HALO_MAX)
                most = sdse_most_u64(most, halo.most);
            if (e->engine->halo == SDSE_CARTESIAN_HALO_SUM)
                most = sdse_most_u64(most, halo.sum);
        }
    }
    e->means.halo_cycles = filters * (double)most;
}

static void add_valid(struct expectation *e) {
    const struct sdse_cartesian_shape *shape = &e->stats->shape;
    const double pairs =
        (double)sdse_valid_pairs(&e->place, 0) * (double)sdse_valid_pairs(&e->place, 1);
    for (uint64_t c = 0; c < shape->channels; c++)
        e->means.valid +=
            (double)shape->filters * pairs * act_density(e, c) * weight_density(e, c);
}

// --- The layer -----------------------------------------------------------------------

// `groups` groups of `filters` filters.
static bool add_groups(struct expectation *e, uint64_t groups, uint64_t filters,
                       double *slowest) {
    double cycles = 0;
    if (groups == 0 || filters == 0)
        return true;
    const bool whole = add_work(e, filters, (double)groups) &&
                       (e->engine->barrier == SDSE_CARTESIAN_GROUP
                            ? slowest_in_group(e, filters, &cycles)
                            : slowest_per_channel(e, filters, &cycles));
    *slowest += (double)groups * cycles;
    return whole;
}

static void finish(struct expectation *e, double slowest, double groups) {
    const struct sdse_cartesian *engine = e->engine;
    struct sdse_cartesian_means *means = &e->means;
    const double elements = (double)engine->grid[0] * engine->grid[1];
    const double barriers = groups * (engine->barrier == SDSE_CARTESIAN_CHANNEL
                                          ? (double)e->stats->shape.channels
                                          : 1);
    means->bank_stall_cycles = means->steps * e->stalls;
    means->drain_cycles = barriers * working(e) * e->drain;
    means->cycles_no_banks = slowest + means->halo_cycles;
    means->cycles =
        slowest * (1 + e->slowest_stalls) + barriers * e->wait + means->halo_cycles;
    means->invalid = means->products - means->valid;
    means->idle_fragment =
        means->steps * engine->weight_vector * engine->act_vector - means->products;
    means->idle_barrier = (means->cycles - means->halo_cycles) * elements -
                          means->steps - means->bank_stall_cycles - means->drain_cycles;
    means->Kc = (double)e->place.group;
}

static bool sound(const struct expectation *e) {
    for (uint64_t c = 0; c < e->stats->shape.channels; c++) {
        const double a = act_density(e, c), w = weight_density(e, c);
        if (!(a >= 0 && a <= 1 && w >= 0 && w <= 1))
            return false;
    }
    return true;
}

enum sdse_status sdse_cartesian_expect(const struct sdse_cartesian *engine,
                                       const struct sdse_cartesian_stats *stats,
                                       struct sdse_cartesian_means *means) {
    struct expectation e = {.engine = engine, .stats = stats};
    if (sdse_cartesian_fault(engine) || !sound(&e))
        return SDSE_INVALID;
    if (!sdse_cartesian_locate(engine, &stats->shape, &e.place))
        return SDSE_OVERFLOW;
    e.phases = (uint64_t)engine->stride * engine->stride;
    const uint64_t group = e.place.group, filters = stats->shape.filters;
    const uint64_t full = group ? filters / group : 0;
    const uint64_t rest = group ? filters % group : 0;
    double slowest = 0;
    enum sdse_status status = SDSE_NO_MEMORY;
    if (sdse_tile_kinds_find(&e.place, 0, engine->grid[0], &e.rows) &&
        sdse_tile_kinds_find(&e.place, 1, engine->grid[1], &e.cols) &&
        add_groups(&e, full, group, &slowest) && add_groups(&e, 1, rest, &slowest))
        status = find_banks(&e);
    if (status == SDSE_OK) {
        add_halos(&e);
        add_valid(&e);
        finish(&e, slowest, (double)(full + (rest > 0)));
        *means = e.means;
    }
    sdse_tile_kinds_free(&e.rows);
    sdse_tile_kinds_free(&e.cols);
    return status;
}
