#include "smartdeal/density.h"

#include <stdbool.h>

#define SDSE_SHARING_FILTERS(filters) filters,
const uint32_t sdse_sharing_filters[SDSE_SHARINGS] = {
    SDSE_SHARING_MAP(SDSE_SHARING_FILTERS)};
#undef SDSE_SHARING_FILTERS

double sdse_density_ratio(uint64_t live, uint64_t all) {
    return all ? (double)live / (double)all : 1.0;
}

// The rows of a filter, whatever they are made of.
struct rows {
    uint64_t count; // of one filter
    uint64_t width; // entries of a row
};

static struct rows rows_of(const struct sdse_coded_layer *layer) {
    if (layer->raw)
        return (struct rows){layer->shape.channels * layer->shape.kernel_rows,
                             layer->shape.kernel_columns};
    return (struct rows){layer->slicing.rows, layer->slicing.basis_size};
}

static uint64_t nonzeros_in_row(const struct sdse_coded_layer *layer, uint64_t row,
                                uint64_t width) {
    uint64_t count = 0;
    if (layer->raw)
        for (uint64_t i = 0; i < width; i++)
            count += layer->raw_words[row * width + i] != 0;
    else
        for (uint64_t i = 0; i < width; i++)
            count += layer->codes[row * width + i] != 0;
    return count;
}

static void count_joint(const struct sdse_coded_layer *layer, struct rows rows,
                        uint32_t size, uint64_t *all, uint64_t *live) {
    *all = *live = 0;
    for (uint64_t first = 0; first < layer->filters; first += size) {
        uint64_t left = layer->filters - first,
                 end = first + (left < size ? left : size);
        for (uint64_t row = 0; row < rows.count; row++) {
            bool alive = false;
            for (uint64_t f = first; f < end && !alive; f++)
                alive = nonzeros_in_row(layer, f * rows.count + row, rows.width) > 0;
            *all += 1;
            *live += alive;
        }
    }
}

static bool some_lives(const struct sdse_coded_layer *layer, struct rows rows,
                       uint64_t first, uint64_t filters, uint64_t row) {
    for (uint64_t f = first; f < first + filters; f++)
        if (nonzeros_in_row(layer, f * rows.count + row, rows.width) > 0)
            return true;
    return false;
}

double sdse_joint_row_density(const struct sdse_coded_layer *layer, uint32_t group,
                              uint32_t slices) {
    const struct rows rows = rows_of(layer);
    const uint64_t filters = layer->shape.filters;
    const uint64_t pass = slices < filters ? slices : filters;
    const uint64_t size = group < pass ? group : pass;
    uint64_t all = 0, live = 0;
    for (uint64_t first = 0; first < layer->filters; first += filters)
        for (uint64_t start = 0; start < filters; start += pass)
            for (uint64_t f = start; f + size <= start + pass && f + size <= filters;
                 f += size)
                for (uint64_t row = 0; row < rows.count; row++) {
                    all++;
                    live += some_lives(layer, rows, first + f, size, row);
                }
    return sdse_density_ratio(live, all);
}

void sdse_count_density(const struct sdse_coded_layer *layer,
                        struct sdse_density *density) {
    struct rows rows = rows_of(layer);
    struct sdse_density d = {.rows = layer->filters * rows.count};
    d.entries = d.rows * rows.width;
    for (uint64_t row = 0; row < d.rows; row++) {
        uint64_t count = nonzeros_in_row(layer, row, rows.width);
        d.nonzeros += count;
        d.live_rows += count > 0;
    }
    for (int i = 0; i < SDSE_SHARINGS; i++)
        count_joint(layer, rows, sdse_sharing_filters[i], &d.joint_rows[i],
                    &d.live_joint_rows[i]);
    *density = d;
}
