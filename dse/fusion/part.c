#include "dse/fusion/part.h"

uint64_t sdse_nest_map_rows(const struct sdse_nest *nest) {
    if (nest->map[0])
        return nest->map[0];
    const uint64_t extent = sdse_window_extent(nest->bound[SDSE_P], nest->bound[SDSE_R],
                                               nest->stride[0], nest->dilation[0]);
    const int64_t rows = (int64_t)extent - nest->pad[0];
    return rows > 0 ? (uint64_t)rows : 0;
}

void sdse_nest_part(const struct sdse_nest *nest, const struct sdse_row_run *run,
                    struct sdse_nest *part) {
    const uint64_t step = run->count > 1 ? run->step : 1;
    *part = *nest;
    part->bound[SDSE_P] = run->count;
    part->stride[0] = (uint32_t)(nest->stride[0] * step);
    const int64_t start = (int64_t)(run->first * nest->stride[0]) - nest->pad[0];
    const int64_t extent = (int64_t)sdse_window_extent(
        run->count, nest->bound[SDSE_R], part->stride[0], nest->dilation[0]);
    const int64_t rows = (int64_t)sdse_nest_map_rows(nest);
    const int64_t low = start > 0 ? start : 0;
    const int64_t high = start + extent < rows ? start + extent : rows;
    part->pad[0] = low - start;
    if (high > low) {
        part->map[0] = (uint64_t)(high - low);
    } else {
        part->pad[0] = extent;
        part->map[0] = 1;
    }
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
