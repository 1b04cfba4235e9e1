#include "dse/mapper/capacity.h"

#include <math.h>

// Words of the tiles, of inputs without gaps and with, and whether they are all that is
// summed.
struct tile {
    double words[SDSE_TENSORS], inputs[2], filters;
    bool whole;
};

// Words of inputs of the largest tile with these indices, over its positions.
static double input_words(const struct sdse_problem *problem, const uint16_t *index,
                          bool gaps) {
    double words = 1;
    for (int d = 0; d < SDSE_DIMS; d++)
        if (sdse_dim_moves((enum sdse_dim)d, SDSE_INPUTS) &&
            sdse_dim_axis((enum sdse_dim)d) < 0)
            words *= (double)sdse_problem_tile_size(problem, d, index[d]);
    for (int axis = 0; axis < 2; axis++) {
        const struct sdse_windows *windows = &problem->windows[axis];
        words *=
            windows->largest[gaps][index[axis ? SDSE_Q : SDSE_P] * windows->taps_count +
                                   index[axis ? SDSE_S : SDSE_R]];
    }
    return words;
}

static void measure(const struct sdse_problem *problem, const uint16_t *index,
                    struct tile *tile) {
    const struct sdse_nest *nest = &problem->layer->nest;
    uint64_t size[SDSE_DIMS];
    for (int d = 0; d < SDSE_DIMS; d++)
        size[d] = sdse_problem_tile_size(problem, d, index[d]);
    for (int t = 0; t < SDSE_TENSORS; t++)
        if (t != SDSE_INPUTS)
            tile->words[t] = (double)sdse_tile_words(nest, (enum sdse_tensor)t, size);
    for (int gaps = 0; gaps < 2; gaps++)
        tile->inputs[gaps] = input_words(problem, index, gaps);
    tile->filters = (double)(size[SDSE_G] * size[SDSE_K]);
    const uint64_t *bound = problem->real_bound;
    tile->whole = size[SDSE_C] == bound[SDSE_C] && size[SDSE_R] == bound[SDSE_R] &&
                  size[SDSE_S] == bound[SDSE_S];
}

// Stored bits of a level's tiles; stage: of its sums.
static double stored_bits(const struct sdse_problem *problem, unsigned l,
                          const struct tile *tile, int stage) {
    double bits = problem->basis_bits[l] * tile->filters;
    for (int t = 0; t < SDSE_TENSORS; t++) {
        const double *word = problem->tile_bits[l][t];
        const double words = t == SDSE_INPUTS
                                 ? tile->inputs[problem->arch->level[l].fetch_gaps]
                                 : tile->words[t];
        bits += words * (stage == SDSE_EITHER
                             ? fmin(word[SDSE_FINISHED], word[SDSE_PARTIAL])
                             : word[stage]);
    }
    return bits;
}

// What is known of the sums that arrive at level l while levels from `open` on are not
// decided: parts surely, if a loop or a place that is decided makes some output cross
// twice, or if multipliers give up what the tile does not sum alone.
static int known_stage(const struct sdse_problem *problem,
                       const struct sdse_partial *entered, unsigned open, unsigned l,
                       bool sums_all) {
    const unsigned child = problem->next_keeper[l][SDSE_OUTPUTS], last = open - 1;
    const struct sdse_trail *trail = &entered[child < last ? child : last].trail;
    double crossings =
        trail->closed[SDSE_OUTPUTS] * entered[l < last ? l : last].places[SDSE_OUTPUTS];
    if (child == problem->levels)
        crossings *= sums_all ? trail->run[SDSE_OUTPUTS] : 2;
    return crossings > 1 || !problem->may_finish[l] ? SDSE_PARTIAL : SDSE_EITHER;
}

static bool tile_fits(const struct sdse_problem *problem,
                      const struct sdse_partial *entered, unsigned open, unsigned l,
                      const struct tile *tile) {
    if (isinf(problem->capacity_bits[l]))
        return true;
    double bits = stored_bits(problem, l, tile,
                              known_stage(problem, entered, open, l, tile->whole));
    for (unsigned i = l; problem->arch->level[i].shares_memory; i--) {
        struct tile outer = *tile;
        if (i - 1 < open)
            measure(problem, entered[i - 1].index, &outer);
        bits += stored_bits(problem, i - 1, &outer,
                            known_stage(problem, entered, open, i - 1, outer.whole));
    }
    return bits <= problem->capacity_bits[l] * (1 + 1e-12);
}

// The levels that hold the same tile: up to the next that divides it.
bool sdse_tiles_fit(const struct sdse_problem *problem,
                    const struct sdse_partial *entered, unsigned open,
                    const uint16_t *index, bool smallest) {
    struct tile tile;
    measure(problem, index, &tile);
    tile.whole |= smallest; // it may come to sum all that is summed
    for (unsigned l = open; l < problem->levels; l++) {
        if (!tile_fits(problem, entered, open, l, &tile))
            return false;
        const struct sdse_level *level = &problem->arch->level[l];
        if (level->carries_loops || level->fanout_x > 1 || level->fanout_y > 1)
            break;
    }
    return true;
}

// How often sums cross from `level` to the keeper outside of it, `parent`, at least.
static double crossings_of(const struct sdse_problem *problem,
                           const struct sdse_choice *path,
                           const struct sdse_partial *entered, unsigned parent,
                           unsigned level) {
    double crossings = entered[level].trail.closed[SDSE_OUTPUTS] *
                       entered[parent].places[SDSE_OUTPUTS];
    for (unsigned l = parent; l < level; l++)
        if (!problem->arch->level[l].network[SDSE_OUTPUTS].reduce)
            crossings *= sdse_spread_resting(path[l].spread, SDSE_OUTPUTS);
    return crossings;
}

// Bits of the tiles of the memory at level `l`, as far as they are known where the node
// stands at `level`; stage: of the sums at level l.
static double memory_bits(const struct sdse_problem *problem,
                          const struct sdse_partial *entered, unsigned l,
                          unsigned level, int stage) {
    const unsigned first = sdse_arch_memory_first(problem->arch, l),
                   last = sdse_arch_memory_last(problem->arch, l);
    double bits = 0;
    for (unsigned i = first; i <= last && i <= level; i++) {
        struct tile tile;
        measure(problem, entered[i].index, &tile);
        bits += stored_bits(problem, i, &tile, i == l ? stage : SDSE_EITHER);
    }
    return bits;
}

// Whether outputs at home fit beside the tiles there if parts of sums surely arrive,
// which are wider: once one came twice, those of all need that place.
static bool place_fits(const struct sdse_problem *problem,
                       const struct sdse_choice *path,
                       const struct sdse_partial *entered, unsigned level) {
    const unsigned home = problem->outputs_home;
    if (problem->place_growth_bits == 0 || level < home)
        return true;
    const unsigned child = problem->next_keeper[home][SDSE_OUTPUTS],
                   known = child < level ? child : level;
    if (problem->may_finish[home] &&
        !(crossings_of(problem, path, entered, home, known) > 1))
        return true;
    return memory_bits(problem, entered, home, level, SDSE_EITHER) +
               problem->place_growth_bits <=
           problem->capacity_bits[home] * (1 + 1e-12);
}

bool sdse_sums_fit(const struct sdse_problem *problem, const struct sdse_choice *path,
                   const struct sdse_partial *entered, unsigned level) {
    unsigned parent = level;
    if (!place_fits(problem, path, entered, level))
        return false;
    if (problem->tile_bits[level][SDSE_OUTPUTS][SDSE_PARTIAL] == 0)
        return true;
    while (parent > 0 &&
           !(problem->tile_bits[--parent][SDSE_OUTPUTS][SDSE_PARTIAL] > 0))
        ;
    const double *word = problem->tile_bits[parent][SDSE_OUTPUTS];
    if (isinf(problem->capacity_bits[parent]) ||
        word[SDSE_FINISHED] == word[SDSE_PARTIAL])
        return true;
    const int stage = crossings_of(problem, path, entered, parent, level) > 1
                          ? SDSE_PARTIAL
                          : SDSE_FINISHED;
    return memory_bits(problem, entered, parent, level, stage) <=
           problem->capacity_bits[parent] * (1 + 1e-12);
}

// Words of tensor t among the factors with these indices.
static double tile_words(const struct sdse_problem *problem, enum sdse_tensor t,
                         const uint16_t *index) {
    if (t == SDSE_INPUTS)
        return input_words(problem, index, false);
    double words = 1;
    for (int d = 0; d < SDSE_DIMS; d++)
        if (sdse_dim_moves((enum sdse_dim)d, t))
            words *= (double)sdse_problem_tile_size(problem, d, index[d]);
    return words;
}

unsigned sdse_tile_closes(const struct sdse_problem *problem, unsigned l,
                          const uint16_t *index) {
    unsigned closing = 0;
    for (int t = 0; t < SDSE_TENSORS; t++) {
        const unsigned child = problem->next_keeper[l][t];
        if (child == problem->levels || child == l + 1 ||
            isinf(problem->fits_words[l][t]))
            continue;
        if (tile_words(problem, (enum sdse_tensor)t, index) > problem->fits_words[l][t])
            closing |= SDSE_BIT(t);
    }
    return closing;
}
