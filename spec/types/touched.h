// The real map of a layer's inputs: which of its rows and columns some window reads.
#ifndef SDSE_SPEC_TYPES_TOUCHED_H
#define SDSE_SPEC_TYPES_TOUCHED_H

#include "base/checked.h"
#include "spec/types/nest.h"

// Equal steps: 0, step, 2 * step ... count of them, all >= 1.
struct sdse_steps {
    uint64_t count, step;
};

// Of the sums a + b, a of the one and b of the other, the distinct ones in
// [begin, end). Two pairs with one sum differ by a multiple of (step of b, -step of a)
// / gcd: each sum is counted with its smallest b.
static inline uint64_t sdse_sums_between(struct sdse_steps one, struct sdse_steps other,
                                         int64_t begin, int64_t end) {
    if (other.count > one.count)
        return sdse_sums_between(other, one, begin, end);
    const uint64_t common = sdse_gcd_u64(one.step, other.step);
    const uint64_t apart = other.step / common, back = one.step / common;
    uint64_t sums = 0;
    for (uint64_t j = 0; j < other.count; j++) {
        const int64_t at = (int64_t)(j * other.step), step = (int64_t)one.step;
        if (at >= end)
            break;
        // With a smaller b: all but the last `apart`.
        int64_t low = j >= back && one.count > apart ? (int64_t)(one.count - apart) : 0;
        int64_t high = (end - at + step - 1) / step;
        if (begin > at + low * step)
            low = (begin - at + step - 1) / step;
        if (high > (int64_t)one.count)
            high = (int64_t)one.count;
        sums += high > low ? (uint64_t)(high - low) : 0;
    }
    return sums;
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
    return sdse_sums_between((struct sdse_steps){outputs, stride},
                             (struct sdse_steps){taps, dilation}, begin, end);
}

// Words of the inputs that the layer reads at all, each once. [words]
static inline uint64_t sdse_nest_input_words(const struct sdse_nest *nest) {
    return nest->bound[SDSE_N] * nest->bound[SDSE_G] * nest->bound[SDSE_C] *
           sdse_nest_touched(nest, 0) * sdse_nest_touched(nest, 1);
}

#endif
