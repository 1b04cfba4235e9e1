#include "dse/mapper/capacity.h"

#include <math.h>

// Words of the tiles, and whether they are all that is summed.
struct tile {
    double words[SDSE_TENSORS], filters;
    bool whole;
};

static void measure(const struct sdse_problem *problem, const uint16_t *index,
                    struct tile *tile) {
    const struct sdse_nest *nest = &problem->layer->nest;
    uint64_t size[SDSE_DIMS];
    for (int d = 0; d < SDSE_DIMS; d++)
        size[d] = sdse_problem_tile_size(problem, d, index[d]);
    for (int t = 0; t < SDSE_TENSORS; t++)
        tile->words[t] = (double)sdse_tile_words(nest, (enum sdse_tensor)t, size);
    tile->filters = (double)(size[SDSE_G] * size[SDSE_K]);
    const uint64_t *bound = problem->real_bound;
    tile->whole = size[SDSE_C] == bound[SDSE_C] && size[SDSE_R] == bound[SDSE_R] &&
                  size[SDSE_S] == bound[SDSE_S];
}

// Stored bits of a level's tiles, at least.
static double stored_bits(const struct sdse_problem *problem, unsigned l,
                          const struct tile *tile) {
    double bits = problem->basis_bits[l] * tile->filters;
    for (int t = 0; t < SDSE_TENSORS; t++) {
        const double *word = problem->tile_bits[l][t];
        const bool partial = !tile->whole || word[SDSE_PARTIAL] < word[SDSE_FINISHED];
        bits += tile->words[t] * word[partial ? SDSE_PARTIAL : SDSE_FINISHED];
    }
    return bits;
}

static bool tile_fits(const struct sdse_problem *problem,
                      const struct sdse_partial *entered, unsigned open, unsigned l,
                      const struct tile *tile) {
    if (isinf(problem->capacity_bits[l]))
        return true;
    double bits = stored_bits(problem, l, tile);
    for (unsigned i = l; problem->arch->level[i].shares_memory; i--) {
        struct tile outer;
        if (i - 1 < open)
            measure(problem, entered[i - 1].index, &outer);
        bits += stored_bits(problem, i - 1, i - 1 < open ? &outer : tile);
    }
    return bits <= problem->capacity_bits[l] * (1 + 1e-12);
}

// The levels that hold the same tile: up to the next that divides it.
bool sdse_tiles_fit(const struct sdse_problem *problem,
                    const struct sdse_partial *entered, unsigned open,
                    const uint16_t *index, bool smallest) {
    struct tile tile;
    measure(problem, index, &tile);
    tile.whole |= smallest; // what is finished takes no more
    for (unsigned l = open; l < problem->levels; l++) {
        if (!tile_fits(problem, entered, open, l, &tile))
            return false;
        const struct sdse_level *level = &problem->arch->level[l];
        if (level->carries_loops || level->fanout_x > 1 || level->fanout_y > 1)
            break;
    }
    return true;
}

// Words of tensor t among the factors with these indices.
static double tile_words(const struct sdse_problem *problem, enum sdse_tensor t,
                         const uint16_t *index) {
    double words = 1;
    for (int d = 0; d < SDSE_DIMS; d++) {
        const bool window = t == SDSE_INPUTS && sdse_dim_axis((enum sdse_dim)d) >= 0;
        if (sdse_dim_moves((enum sdse_dim)d, t) && !window)
            words *= (double)sdse_problem_tile_size(problem, d, index[d]);
    }
    if (t != SDSE_INPUTS)
        return words;
    for (int axis = 0; axis < 2; axis++) {
        const int out = axis ? SDSE_Q : SDSE_P, tap = axis ? SDSE_S : SDSE_R;
        words *= sdse_touched(&problem->layer->nest, axis,
                              sdse_problem_tile_size(problem, out, index[out]),
                              sdse_problem_tile_size(problem, tap, index[tap]));
    }
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
