#include "dse/mapper/windows.h"

#include <math.h>
#include <stdlib.h>

#include "dse/mapper/problem.h"
#include "spec/types/touched.h"

// --- Sharing ---

double sdse_windows_share(const struct sdse_windows *windows, double outputs,
                          double taps, bool joins) {
    if (joins || windows->may_coincide)
        return 1 / (outputs * taps);
    return outputs > 1 && taps > 1 ? (outputs + taps - 1) / (outputs * taps) : 1;
}

// Least part of the places along the axis that are told apart where windows coincide on
// diagonals: of each set of places alone that is known, not how many share it. Where a
// network joins windows the mean of what is joined bounds it, and padding with it.
static double least_diagonals(const struct sdse_problem *problem, int axis,
                              bool into_macs) {
    double share = 1;
    for (unsigned l = 0; l < problem->levels; l++) {
        const struct sdse_network *network =
            &problem->arch->level[l].network[SDSE_INPUTS];
        double least = 1;
        if (!network->multicast || (network->window_sharing && !into_macs))
            continue;
        for (size_t i = 0; i < problem->spreads[l].count; i++) {
            const uint64_t *factor = problem->spreads[l].spread[i].factor;
            const double p = (double)factor[axis ? SDSE_Q : SDSE_P],
                         r = (double)factor[axis ? SDSE_S : SDSE_R];
            if (p > 1 && r > 1)
                least = fmin(least, (p + r - 1) / (p * r));
        }
        share *= least;
    }
    return share;
}

// --- Padding ---

enum { MOST_CUTS = 64 };

// Positions of a tile where its pattern begins before the map, or ends behind it.
// SIZE_MAX: too many to list.
static size_t list_cuts(const struct sdse_axis *axis, uint64_t outputs, uint64_t taps,
                        const struct sdse_pattern *pattern, bool before,
                        struct sdse_cut cuts[MOST_CUTS]) {
    size_t count = 0;
    for (uint64_t p = 0; p < axis->outputs; p += outputs) {
        for (uint64_t r = 0; r < axis->taps; r += taps) {
            const struct sdse_cut cut =
                sdse_pattern_cut(pattern, axis, p * axis->stride + r * axis->dilation);
            if (!sdse_cut_words(&cut) || !(before ? cut.low : cut.high))
                continue;
            if (count == MOST_CUTS)
                return SIZE_MAX;
            cuts[count++] = cut;
        }
    }
    return count;
}

// Whether a tile can hold the same rows at two positions.
static bool coincides(const struct sdse_axis *axis, uint64_t outputs, uint64_t taps,
                      const struct sdse_pattern *pattern) {
    struct sdse_cut low[MOST_CUTS], high[MOST_CUTS];
    const size_t lows = list_cuts(axis, outputs, taps, pattern, true, low);
    const size_t highs = list_cuts(axis, outputs, taps, pattern, false, high);
    if (lows == SIZE_MAX || highs == SIZE_MAX)
        return lows && highs;
    for (size_t i = 0; i < lows; i++)
        for (size_t j = 0; j < highs; j++)
            if (low[i].origin != high[j].origin &&
                sdse_cuts_are_equal(pattern, &low[i], &high[j]))
                return true;
    return false;
}

// The same of all that a tile may fetch: everything, or what a slide adds. A slide by
// more than the padding has left it.
static bool tile_coincides(const struct sdse_axis *axis, uint64_t outputs,
                           uint64_t taps, bool gaps) {
    const uint64_t extent =
        sdse_window_extent(outputs, taps, axis->stride, axis->dilation);
    const int64_t length = axis->end - axis->low;
    // Without gaps each of the two holds the whole map, with gaps it reaches over half.
    const bool gapless =
        sdse_distinct_sums(outputs, axis->stride, taps, axis->dilation) == extent;
    if ((int64_t)extent <= (gapless ? length : (length + 1) / 2))
        return false;
    for (uint64_t shift = 0; shift == 0 || (int64_t)shift < axis->low; shift++) {
        struct sdse_pattern pattern;
        bool found = true; // out of memory: it may
        if (sdse_pattern_init(&pattern, axis, outputs, taps, gaps)) {
            found = (shift && !sdse_pattern_keep_new(&pattern, shift)) ||
                    coincides(axis, outputs, taps, &pattern);
            sdse_pattern_clear(&pattern);
        }
        if (found)
            return true;
    }
    return false;
}

// --- Padding: tiles that the real bound cuts off ---

// What a tile fetches at one position, cut off at the map.
struct fetched {
    uint64_t origin, first, last, count; // [rows of the padded axis]
    bool low;                            // something is cut off below
    bool cut;                            // the tile is cut off at the bound
};

// The patterns of a whole tile and of the one that the bound cuts off.
struct shapes {
    uint64_t outputs, taps;
    struct sdse_pattern whole, last;
};

static void clear_shapes(struct shapes *shapes) {
    sdse_pattern_clear(&shapes->whole);
    sdse_pattern_clear(&shapes->last);
}

// shift: of the slide before, 0 = none. False: out of memory.
static bool init_shapes(const struct sdse_axis *axis, uint64_t outputs, uint64_t taps,
                        bool gaps, uint64_t shift, struct shapes *shapes) {
    const uint64_t short_outputs = axis->outputs % outputs,
                   short_taps = axis->taps % taps;
    *shapes = (struct shapes){outputs, taps, {0}, {0}};
    if (!sdse_pattern_init(&shapes->whole, axis, outputs, taps, gaps))
        return false;
    if (sdse_pattern_init(&shapes->last, axis, short_outputs ? short_outputs : outputs,
                          short_taps ? short_taps : taps, gaps) &&
        (!shift || (sdse_pattern_keep_new_after(&shapes->last, &shapes->whole, shift) &&
                    sdse_pattern_keep_new(&shapes->whole, shift))))
        return true;
    clear_shapes(shapes);
    return false;
}

// Of every position that fetches anything.
static size_t list_fetched(const struct sdse_axis *axis, const struct shapes *shapes,
                           struct fetched *list) {
    size_t count = 0;
    for (uint64_t p = 0; p < axis->outputs; p += shapes->outputs) {
        for (uint64_t r = 0; r < axis->taps; r += shapes->taps) {
            const bool is_short =
                p + shapes->outputs > axis->outputs || r + shapes->taps > axis->taps;
            const struct sdse_pattern *pattern =
                is_short ? &shapes->last : &shapes->whole;
            const uint64_t origin = p * axis->stride + r * axis->dilation;
            const struct sdse_cut cut = sdse_pattern_cut(pattern, axis, origin);
            if (sdse_cut_words(&cut))
                list[count++] =
                    (struct fetched){origin,
                                     origin + sdse_pattern_at(pattern, cut.i),
                                     origin + sdse_pattern_at(pattern, cut.j - 1),
                                     sdse_cut_words(&cut),
                                     cut.low,
                                     is_short};
        }
    }
    return count;
}

// Whether two positions may fetch the same rows from origins of their own. The one that
// begins before is cut off below or short: else it has a row before the other's first.
static bool may_be_equal(const struct fetched *list, size_t count) {
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; (list[i].low || list[i].cut) && j < count; j++)
            if (list[i].origin < list[j].origin && list[i].first == list[j].first &&
                list[i].last == list[j].last && list[i].count == list[j].count)
                return true;
    return false;
}

static bool short_tile_coincides(const struct sdse_axis *axis, uint64_t outputs,
                                 uint64_t taps, bool gaps, struct fetched *list) {
    for (uint64_t shift = 0; shift == 0 || (int64_t)shift < axis->low; shift++) {
        struct shapes shapes;
        if (!init_shapes(axis, outputs, taps, gaps, shift, &shapes))
            return true;
        const bool found = may_be_equal(list, list_fetched(axis, &shapes, list));
        clear_shapes(&shapes);
        if (found)
            return true;
    }
    return false;
}

// --- Whether windows coincide ---

static bool tile_may_coincide(const struct sdse_problem *problem, int axis,
                              uint64_t outputs, uint64_t taps, bool gaps,
                              struct fetched *list) {
    const struct sdse_axis *at = &problem->windows[axis].axis;
    return list ? short_tile_coincides(at, outputs, taps, gaps, list)
                : tile_coincides(at, outputs, taps, gaps);
}

static bool may_coincide(const struct sdse_problem *problem, int axis,
                         struct fetched *list) {
    const struct sdse_windows *w = &problem->windows[axis];
    const int out = axis ? SDSE_Q : SDSE_P, tap = axis ? SDSE_S : SDSE_R;
    for (unsigned i = 0; i < problem->lattice.count[out]; i++)
        for (unsigned j = 0; j < problem->lattice.count[tap]; j++)
            for (int gaps = 0; gaps < 1 + w->gaps; gaps++)
                if (tile_may_coincide(problem, axis, problem->lattice.value[out][i],
                                      problem->lattice.value[tap][j], gaps, list))
                    return true;
    return false;
}

static bool axis_may_coincide(const struct sdse_problem *problem, int axis) {
    const struct sdse_axis *at = &problem->windows[axis].axis;
    if (!at->clipped)
        return false;
    if (!problem->padding.present || sdse_dim_axis(problem->padding.dim) != axis)
        return may_coincide(problem, axis, NULL);
    struct fetched *list = malloc(at->outputs * at->taps * sizeof *list);
    const bool found = !list || may_coincide(problem, axis, list);
    free(list);
    return found;
}

// Pairs of an output and a tap that meet in padding, and the rows where they do.
static void count_edges(const struct sdse_axis *axis, bool gaps, double *pairs,
                        double *rows) {
    struct sdse_pattern all;
    *pairs = *rows = 0;
    for (uint64_t p = 0; p < axis->outputs; p++) {
        for (uint64_t r = 0; r < axis->taps; r++) {
            const int64_t at = (int64_t)(p * axis->stride + r * axis->dilation);
            *pairs += at < axis->low || at >= axis->end;
        }
    }
    // Out of memory: no fewer rows than pairs are none.
    *rows = *pairs;
    if (!sdse_pattern_init(&all, axis, axis->outputs, axis->taps, gaps))
        return;
    const struct sdse_cut cut = sdse_pattern_cut(&all, axis, 0);
    *rows = (double)(all.count - sdse_cut_words(&cut));
    sdse_pattern_clear(&all);
}

// --- Tiles ---

static uint32_t *list_largest(const struct sdse_problem *problem, int axis, bool gaps) {
    const struct sdse_axis real =
        sdse_axis_of(&problem->model->layer->nest, (unsigned)axis);
    const int out = axis ? SDSE_Q : SDSE_P, tap = axis ? SDSE_S : SDSE_R;
    const unsigned outputs = problem->lattice.count[out],
                   taps = problem->lattice.count[tap];
    uint32_t *table =
        SDSE_ARENA_ARRAY(problem->arena, uint32_t, (size_t)outputs * taps);
    for (unsigned i = 0; table && i < outputs; i++) {
        for (unsigned j = 0; j < taps; j++) {
            uint64_t rows;
            if (!sdse_axis_tile_words(&real, problem->lattice.value[out][i],
                                      problem->lattice.value[tap][j], gaps, &rows))
                return NULL;
            table[i * taps + j] = (uint32_t)rows;
        }
    }
    return table;
}

// --- The whole ---

static enum sdse_status init_axis(struct sdse_problem *problem, int axis) {
    struct sdse_windows *w = &problem->windows[axis];
    const struct sdse_nest *nest = &problem->model->layer->nest;
    w->axis = sdse_axis_of(nest, (unsigned)axis);
    w->touched = (double)sdse_nest_touched(nest, (unsigned)axis);
    for (unsigned l = 1; l < problem->levels; l++)
        w->gaps |= w->axis.gapped && problem->arch->level[l].fetch_gaps;
    w->taps_count = problem->lattice.count[axis ? SDSE_S : SDSE_R];
    w->may_coincide = axis_may_coincide(problem, axis);
    if (w->axis.clipped) {
        const double cut = problem->shares.inputs;
        count_edges(&w->axis, w->gaps, &w->edge_pairs, &w->edge_rows);
        w->edge_pairs /= cut;
        w->edge_rows /= cut;
        w->edge_macs = w->edge_pairs / least_diagonals(problem, axis, true);
        if (!w->may_coincide)
            w->edge_pairs /= least_diagonals(problem, axis, false);
    }
    for (int gaps = 0; gaps < 1 + w->gaps; gaps++) {
        w->largest[gaps] = list_largest(problem, axis, gaps);
        if (!w->largest[gaps])
            return SDSE_NO_MEMORY;
    }
    if (!w->gaps)
        w->largest[1] = w->largest[0];
    return SDSE_OK;
}

enum sdse_status sdse_windows_init(struct sdse_problem *problem) {
    for (int axis = 0; axis < 2; axis++) {
        const enum sdse_status status = init_axis(problem, axis);
        if (status != SDSE_OK)
            return status;
    }
    return SDSE_OK;
}

double sdse_windows_fresh(const struct sdse_windows *windows, uint64_t outputs,
                          uint64_t taps, uint64_t shift) {
    const struct sdse_axis *axis = &windows->axis;
    const uint64_t s = axis->stride, d = axis->dilation;
    const uint64_t extent = sdse_window_extent(outputs, taps, s, d);
    const double whole = (double)(shift < extent ? shift : extent);
    const uint64_t rows = sdse_distinct_sums(outputs, s, taps, d);
    if (rows == extent)
        return whole;
    double fresh = (double)rows;
    struct sdse_pattern pattern;
    if (shift < extent) {
        fresh = 0;
        if (sdse_pattern_init(&pattern, axis, outputs, taps, false)) {
            if (sdse_pattern_keep_new(&pattern, shift))
                fresh = (double)pattern.count;
            sdse_pattern_clear(&pattern);
        }
    }
    return windows->gaps ? fmin(fresh, whole) : fresh;
}
