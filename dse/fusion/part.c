#include "dse/fusion/part.h"

uint64_t sdse_nest_map_length(const struct sdse_nest *nest, unsigned axis) {
    if (nest->map[axis])
        return nest->map[axis];
    const uint64_t extent =
        sdse_window_extent(nest->bound[SDSE_P + axis], nest->bound[SDSE_R + axis],
                           nest->stride[axis], nest->dilation[axis]);
    const int64_t length = (int64_t)extent - nest->pad[axis];
    return length > 0 ? (uint64_t)length : 0;
}

uint64_t sdse_nest_map_rows(const struct sdse_nest *nest) {
    return sdse_nest_map_length(nest, 0);
}

void sdse_nest_part_along(const struct sdse_nest *nest, unsigned axis,
                          const struct sdse_row_run *run, struct sdse_nest *part) {
    const uint64_t step = run->count > 1 ? run->step : 1;
    const int64_t length = (int64_t)sdse_nest_map_length(nest, axis);
    const int64_t start = (int64_t)(run->first * nest->stride[axis]) - nest->pad[axis];
    *part = *nest;
    part->bound[SDSE_P + axis] = run->count;
    part->stride[axis] = (uint32_t)(nest->stride[axis] * step);
    const int64_t extent =
        (int64_t)sdse_window_extent(run->count, part->bound[SDSE_R + axis],
                                    part->stride[axis], part->dilation[axis]);
    const int64_t low = start > 0 ? start : 0;
    const int64_t high = start + extent < length ? start + extent : length;
    part->pad[axis] = low - start;
    if (high > low) {
        part->map[axis] = (uint64_t)(high - low);
    } else {
        part->pad[axis] = extent;
        part->map[axis] = 1;
    }
}

void sdse_nest_part(const struct sdse_nest *nest, const struct sdse_row_run *run,
                    struct sdse_nest *part) {
    sdse_nest_part_along(nest, 0, run, part);
}

void sdse_nest_words_part(const struct sdse_nest *nest, uint64_t rows, uint64_t count,
                          struct sdse_nest *part) {
    *part = *nest;
    for (int d = 0; d < SDSE_DIMS; d++)
        part->bound[d] = 1;
    part->bound[SDSE_G] = sdse_tile_words(nest, SDSE_OUTPUTS, nest->bound) / rows;
    part->bound[SDSE_P] = part->map[0] = count;
    part->map[1] = 1;
}

struct sdse_layer sdse_layer_part(const struct sdse_layer *whole,
                                  const struct sdse_nest *part) {
    struct sdse_layer layer = *whole;
    layer.nest = *part;
    if (!sdse_layer_moves(&layer) || !layer.move.fused) {
        layer.in_height = part->map[0];
        if (part->bound[SDSE_Q] < whole->nest.bound[SDSE_Q])
            layer.in_width = part->map[1];
        layer.whole = whole;
    }
    layer.repeat = layer.steps = 1;
    layer.effects = NULL;
    return layer;
}

void sdse_nest_forget_map(struct sdse_nest *nest) {
    nest->pad[0] = 0;
    nest->map[0] = 0;
}
