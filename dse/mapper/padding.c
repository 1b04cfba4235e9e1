#include "dse/mapper/padding.h"

#include <math.h>

#include "costmodel/pattern.h"

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

// The other dimension of the axis of a window; the dimension itself if it has none.
static enum sdse_dim other_of(enum sdse_dim dim) {
    switch (dim) {
    case SDSE_P:
        return SDSE_R;
    case SDSE_Q:
        return SDSE_S;
    case SDSE_R:
        return SDSE_P;
    case SDSE_S:
        return SDSE_Q;
    default:
        return dim;
    }
}

// Whether windows along the dimension overlap.
static bool slides(const struct sdse_nest *nest, enum sdse_dim dim) {
    return other_of(dim) != dim && nest->bound[dim] > 1 &&
           nest->bound[other_of(dim)] > 1;
}

// Least share of the input words of children that hold the whole of factor x inner.
// Tiles that are cut hold at least that; bounding boxes of n of them over `bound`
// iterations: bound * step - n * (step - 1) elements, if the other loop of the axis
// moves no window. If it does, windows of cut tiles may be new in nothing: full passes
// alone count.
static double cut_inputs(const struct sdse_padding *padding,
                         const struct sdse_nest *nest, double words) {
    const double step = step_of(nest, padding->dim);
    const int axis = sdse_dim_axis(padding->dim);
    if (axis < 0 || (step == 1 && !sdse_axis_of(nest, (unsigned)axis).gapped))
        return words;
    const double outer = (double)padding->outer;
    if (nest->bound[other_of(padding->dim)] > 1)
        return (outer - 1) / outer;
    const double gaps = (step - 1) / (double)(padding->factor * padding->inner);
    return (words * step - gaps) / (step - gaps);
}

// Tiles of the inner factors in the real bound, which they divide.
static double units_of(const struct sdse_padding *padding,
                       const struct sdse_nest *nest) {
    const uint64_t units = nest->bound[padding->dim] / padding->inner;
    return (double)units;
}

static struct sdse_padding_shares places_shares(const struct sdse_padding *padding,
                                                const struct sdse_nest *nest) {
    const double outer = (double)padding->outer, places = (double)padding->factor;
    const double units = units_of(padding, nest);
    const double words = units / (outer * places);
    struct sdse_padding_shares shares = {words, 1, words, words, words};
    shares.inputs = cut_inputs(padding, nest, words);
    if (sdse_dim_moves(padding->dim, SDSE_OUTPUTS))
        return shares;
    shares.adds = (units - outer) / (outer * (places - 1));
    // Visits of one child in time, or of one parent by its places.
    const double steps = (double)smallest_prime_factor(padding->outer);
    shares.returns = fmin((words * steps - 1) / (steps - 1), shares.adds);
    return shares;
}

static struct sdse_padding_shares loop_shares(const struct sdse_padding *padding,
                                              const struct sdse_nest *nest) {
    const double outer = (double)padding->outer, loop = (double)padding->factor;
    const double units = units_of(padding, nest);
    const double steps = units / (outer * loop), full = (outer - 1) / outer;
    // A last pass of one iteration moves nothing: loops outside it may rest.
    const double words =
        sdse_padding_last(padding, nest->bound[padding->dim]) == 1 ? full : steps;
    struct sdse_padding_shares shares = {words, steps, words, words, words};
    // Visits of one child, the first of each pass apart.
    const double later = (units - outer) / (outer * (loop - 1));
    shares.inputs = fmin(words, cut_inputs(padding, nest, steps));
    // A pass of output channels may begin where the window only slides.
    if (padding->dim == SDSE_K && (slides(nest, SDSE_P) || slides(nest, SDSE_Q)))
        shares.inputs = fmin(words, later);
    if (sdse_dim_moves(padding->dim, SDSE_OUTPUTS))
        return shares;
    const double places = (double)smallest_prime_factor(padding->outer);
    shares.adds = (steps * places - 1) / (places - 1);
    shares.returns = later;
    return shares;
}

struct sdse_padding_shares sdse_padding_shares(const struct sdse_padding *padding,
                                               const struct sdse_nest *nest) {
    if (!padding->present)
        return (struct sdse_padding_shares){1, 1, 1, 1, 1};
    return padding->temporal ? loop_shares(padding, nest)
                             : places_shares(padding, nest);
}

double sdse_padding_hops(const struct sdse_padding *padding,
                         const struct sdse_nest *nest, enum sdse_tensor tensor,
                         unsigned level, uint64_t places) {
    const double outer = (double)padding->outer;
    if (!padding->present)
        return 1;
    if (!padding->temporal)
        return (outer - 1) / outer;
    // The last of the places outside the loop idles while the others end their pass.
    if (level >= padding->level || places == 1)
        return 1;
    if (tensor == SDSE_INPUTS && slides(nest, padding->dim))
        return 0; // it takes whole windows afterwards, from as near as may be
    const double last = (double)sdse_padding_last(padding, nest->bound[padding->dim]);
    const double idle = (1 - last / (double)padding->factor) * (double)places / outer;
    return fmax(0, 1 - idle); // more places than passes are in no mapping
}

bool sdse_padding_is_bounded(const struct sdse_padding *padding,
                             const struct sdse_nest *nest) {
    const enum sdse_dim other = other_of(padding->dim);
    if (!slides(nest, padding->dim))
        return true;
    const uint64_t iteration =
        nest->bound[other] / smallest_prime_factor(nest->bound[other]);
    const uint64_t last = sdse_padding_last(padding, nest->bound[padding->dim]);
    return (double)iteration * step_of(nest, other) <
           (double)((last - 1) * padding->inner) * step_of(nest, padding->dim);
}

void sdse_padding_force(const struct sdse_padding *padding, struct sdse_rules *rules) {
    if (!padding->present)
        return;
    struct sdse_level_rules *at = &rules->level[padding->level];
    const int d = (int)padding->dim;
    uint64_t *least = padding->temporal ? &at->temporal_min[d] : &at->spatial_min[d];
    uint64_t *most = padding->temporal ? &at->temporal_max[d] : &at->spatial_max[d];
    if (*least < padding->factor)
        *least = padding->factor;
    if (*most > padding->factor)
        *most = padding->factor;
}
