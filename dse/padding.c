#include "dse/padding.h"

#include <math.h>

static uint64_t smallest_prime_factor(uint64_t n) {
    for (uint64_t p = 2; p <= n / p; p++)
        if (n % p == 0)
            return p;
    return n;
}

// Elements between two windows: outputs are a stride apart, taps a dilation.
static double step_of(const struct sdse_nest *nest, enum sdse_dim dim) {
    switch (dim) {
    case SDSE_P:
    case SDSE_Q:
        return nest->stride[dim == SDSE_Q];
    case SDSE_R:
    case SDSE_S:
        return nest->dilation[dim == SDSE_S];
    default:
        return 1;
    }
}

// Least share of the input words. Tiles that are cut hold at least places x inner
// iterations each; bounding boxes of n of them over `bound` iterations: bound * step -
// n * (step - 1) elements, if the other loop of the axis moves no window. If it does,
// windows of cut tiles may be new in nothing: full passes alone count.
static double inputs_share(const struct sdse_padding *padding,
                           const struct sdse_nest *nest, double words) {
    static const int other[SDSE_DIMS] = {
        [SDSE_P] = SDSE_R, [SDSE_Q] = SDSE_S, [SDSE_R] = SDSE_P, [SDSE_S] = SDSE_Q};
    const double step = step_of(nest, padding->dim);
    if (step == 1)
        return words;
    const double outer = (double)padding->outer;
    if (nest->bound[other[padding->dim]] > 1)
        return (outer - 1) / outer;
    const double gaps = (step - 1) / (double)(padding->places * padding->inner);
    return (words * step - gaps) / (step - gaps);
}

struct sdse_padding_shares sdse_padding_shares(const struct sdse_padding *padding,
                                               const struct sdse_nest *nest) {
    struct sdse_padding_shares shares = {1, 1, 1, 1, 1};
    if (!padding->present)
        return shares;
    const double outer = (double)padding->outer, places = (double)padding->places;
    const double bound = (double)nest->bound[padding->dim];
    shares.words = bound / (double)sdse_padded_bound(padding);
    shares.inputs = inputs_share(padding, nest, shares.words);
    shares.hops = (outer - 1) / outer;
    shares.returns = shares.adds = shares.words;
    if (sdse_dim_moves(padding->dim, SDSE_OUTPUTS))
        return shares;
    const double units = bound / (double)padding->inner;
    shares.adds = (units - outer) / (outer * (places - 1));
    // Visits of one child in time, or of one parent by its places.
    const double steps = (double)smallest_prime_factor(padding->outer);
    shares.returns = fmin((shares.words * steps - 1) / (steps - 1), shares.adds);
    return shares;
}
