// The real map of a layer's inputs: which of its rows and columns some window reads.
#ifndef SDSE_SPEC_TYPES_TOUCHED_H
#define SDSE_SPEC_TYPES_TOUCHED_H

#include "spec/types/nest.h"

// Whether some window touches position h of the padded axis.
static inline bool sdse_position_touched(uint64_t h, uint64_t outputs, uint64_t taps,
                                         uint64_t stride, uint64_t dilation) {
    for (uint64_t r = 0; r < taps && r * dilation <= h; r++) {
        const uint64_t rest = h - r * dilation;
        if (rest % stride == 0 && rest / stride < outputs)
            return true;
    }
    return false;
}

// Rows (axis 0) or columns (axis 1) of the real map that some window touches: the
// distinct p * stride + r * dilation - pad within it. Padding is none of them.
static inline uint64_t sdse_nest_touched(const struct sdse_nest *nest, unsigned axis) {
    const uint64_t outputs = nest->bound[SDSE_P + axis],
                   taps = nest->bound[SDSE_R + axis];
    const uint64_t stride = nest->stride[axis], dilation = nest->dilation[axis];
    const int64_t reach = (int64_t)sdse_window_extent(outputs, taps, stride, dilation);
    // Of the padded axis: where the real map begins and ends, as far as windows reach.
    const int64_t first = nest->pad[axis] > 0 ? nest->pad[axis] : 0;
    int64_t end = nest->pad[axis] + (int64_t)nest->map[axis];
    if (!nest->map[axis] || end > reach)
        end = reach;
    const int64_t begin = nest->pad[axis] < 0 ? 0 : first;
    if (end <= begin)
        return 0;
    // Windows without gaps in them or between them.
    if ((dilation == 1 || taps == 1) && (stride <= taps || outputs == 1))
        return (uint64_t)(end - begin);
    uint64_t count = 0;
    for (int64_t h = begin; h < end; h++)
        count += sdse_position_touched((uint64_t)h, outputs, taps, stride, dilation);
    return count;
}

// Words of the inputs that the layer reads at all, each once. [words]
static inline uint64_t sdse_nest_input_words(const struct sdse_nest *nest) {
    return nest->bound[SDSE_N] * nest->bound[SDSE_G] * nest->bound[SDSE_C] *
           sdse_nest_touched(nest, 0) * sdse_nest_touched(nest, 1);
}

#endif
