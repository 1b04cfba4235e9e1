#include "smartdeal/slicing.h"

#include "base/checked.h"

bool sdse_weight_count(const struct sdse_weight_shape *shape, uint64_t *filters,
                       uint64_t *words_per_filter, uint64_t *words) {
    uint64_t all_filters, per_filter, all;
    if (!sdse_mul_u64(shape->groups, shape->filters, &all_filters) ||
        !sdse_mul_u64(shape->channels, shape->kernel_rows, &per_filter) ||
        !sdse_mul_u64(per_filter, shape->kernel_columns, &per_filter) ||
        !sdse_mul_u64(all_filters, per_filter, &all))
        return false;
    *filters = all_filters;
    *words_per_filter = per_filter;
    *words = all;
    return true;
}

bool sdse_weights_depthwise(const struct sdse_weight_shape *shape) {
    return shape->groups > 1 && shape->channels == 1;
}

static bool is_1x1(const struct sdse_weight_shape *shape) {
    return shape->kernel_rows == 1 && shape->kernel_columns == 1;
}

static bool is_3x3(const struct sdse_weight_shape *shape) {
    return shape->kernel_rows == 3 && shape->kernel_columns == 3;
}

static uint32_t basis_size(const struct sdse_weight_shape *shape,
                           const struct sdse_smartdeal_setting *setting) {
    if (setting->basis_size)
        return setting->basis_size;
    uint64_t width = shape->kernel_columns;
    return width >= 2 && width <= SDSE_MAX_BASIS ? (uint32_t)width : 3;
}

bool sdse_weights_stay_raw(const struct sdse_weight_shape *shape,
                           const struct sdse_smartdeal_setting *setting) {
    if (sdse_weights_depthwise(shape) && !setting->depthwise)
        return true;
    if (!setting->rows_per_slice && !is_1x1(shape) && !is_3x3(shape))
        return true;
    uint64_t words = shape->channels * shape->kernel_rows * shape->kernel_columns;
    return words < basis_size(shape, setting);
}

uint64_t sdse_released_rows_per_block(uint64_t rows, uint32_t basis_size) {
    static const uint64_t presets[][2] = {{3072, 192}, {1638, 171}, {8364, 204}};
    if (basis_size == 3)
        for (size_t i = 0; i < sizeof presets / sizeof presets[0]; i++)
            if (presets[i][0] == rows)
                return presets[i][1];
    uint64_t limit = UINT64_C(64) * basis_size;
    uint64_t left = rows;
    for (uint64_t factor = 2; left > limit && factor <= left / factor;) {
        if (left % factor == 0)
            left /= factor;
        else
            factor++;
    }
    return left;
}

// Words of a 1 x 1 or FC row -> splits and rows of each (n = 3): the released table.
static const struct {
    uint64_t words, splits, rows;
} vec_2_shape[] = {
    {4096, 8, 171}, {2048, 4, 171}, {1280, 3, 143}, {1024, 2, 171}, {960, 2, 160},
    {576, 1, 192},  {512, 1, 171},  {384, 1, 128},  {320, 1, 107},  {256, 1, 86},
    {192, 1, 64},   {160, 1, 54},   {144, 1, 48},   {128, 1, 43},   {96, 1, 32},
    {64, 1, 22},    {32, 1, 11},    {24, 1, 8},     {16, 1, 6},
};

struct sdse_slicing sdse_slice(const struct sdse_weight_shape *shape,
                               const struct sdse_smartdeal_setting *setting) {
    struct sdse_slicing s = {.basis_size = basis_size(shape, setting)};
    s.words = shape->channels * shape->kernel_rows * shape->kernel_columns;
    s.rows = sdse_ceil_div_u64(s.words, s.basis_size);
    s.rows_per_block = setting->rows_per_slice;
    if (!setting->rows_per_slice) {
        s.rows_per_block = sdse_released_rows_per_block(s.rows, s.basis_size);
        for (size_t i = 0; i < sizeof vec_2_shape / sizeof vec_2_shape[0]; i++) {
            if (!is_1x1(shape) || s.basis_size != 3 || vec_2_shape[i].words != s.words)
                continue;
            s.rows_per_block = vec_2_shape[i].rows;
            s.rows = vec_2_shape[i].splits * vec_2_shape[i].rows;
        }
    }
    if (s.rows_per_block > s.rows)
        s.rows_per_block = s.rows;
    s.blocks = sdse_ceil_div_u64(s.rows, s.rows_per_block);
    return s;
}

uint64_t sdse_block_rows(const struct sdse_slicing *slicing, uint64_t block) {
    uint64_t first = block * slicing->rows_per_block;
    uint64_t left = slicing->rows - first;
    return left < slicing->rows_per_block ? left : slicing->rows_per_block;
}

uint64_t sdse_block_words(const struct sdse_slicing *s, uint64_t block) {
    const uint64_t begin = block * s->rows_per_block * s->basis_size;
    const uint64_t end = begin + sdse_block_rows(s, block) * s->basis_size;
    return (end < s->words ? end : s->words) - (begin < s->words ? begin : s->words);
}
