#include "smartdeal/train/layout.h"

#include "base/checked.h"
#include "smartdeal/setting.h"

enum { CHANNELS_PER_BLOCK = 64, POINTWISE_COLUMNS = 3, POINTWISE_ROWS = 192 };

static enum sdse_status refuse(struct sdse_loc loc, struct sdse_diags *diags,
                               const char *why) {
    sdse_diag_add(diags, SDSE_ERROR, loc, "train-shape", "%s", why);
    return SDSE_INVALID;
}

static enum sdse_status cut(const struct sdse_train_shape *shape, struct sdse_loc loc,
                            struct sdse_diags *diags, struct sdse_train_layout *out) {
    const uint64_t channels = shape->channels;
    if (shape->kernel_columns > 1) {
        const bool split = channels >= CHANNELS_PER_BLOCK;
        if (split && channels % CHANNELS_PER_BLOCK != 0)
            return refuse(loc, diags,
                          "64 channels or more must be a multiple of 64 to be trained "
                          "in blocks");
        if (shape->kernel_columns > SDSE_MAX_BASIS)
            return refuse(loc, diags, "a kernel of more than 64 columns");
        out->n = (uint32_t)shape->kernel_columns;
        out->blocks = split ? channels / CHANNELS_PER_BLOCK : 1;
        return sdse_mul_u64(split ? CHANNELS_PER_BLOCK : channels, shape->kernel_rows,
                            &out->rows)
                   ? SDSE_OK
                   : SDSE_OVERFLOW;
    }
    if (shape->kernel_rows > 1)
        return refuse(loc, diags,
                      "a kernel of several rows and one column cannot be trained in "
                      "blocks");
    const uint64_t rows = sdse_ceil_div_u64(channels, POINTWISE_COLUMNS);
    out->n = POINTWISE_COLUMNS;
    out->blocks = sdse_ceil_div_u64(rows, POINTWISE_ROWS);
    out->rows = sdse_ceil_div_u64(rows, out->blocks);
    return SDSE_OK;
}

enum sdse_status sdse_train_layout_of(const struct sdse_train_shape *shape,
                                      struct sdse_loc loc, struct sdse_diags *diags,
                                      struct sdse_train_layout *out) {
    struct sdse_train_layout layout = {.filters = shape->filters};
    uint64_t count, basis;
    if (shape->filters == 0 || shape->channels == 0 || shape->kernel_rows == 0 ||
        shape->kernel_columns == 0)
        return refuse(loc, diags, "a layer without weights");
    const enum sdse_status status = cut(shape, loc, diags, &layout);
    if (status != SDSE_OK)
        return status;
    if (!sdse_mul_u64(shape->channels, shape->kernel_rows, &layout.words) ||
        !sdse_mul_u64(layout.words, shape->kernel_columns, &layout.words) ||
        !sdse_mul_u64(layout.rows, layout.n, &count) ||
        !sdse_mul_u64(count, layout.blocks, &count) ||
        !sdse_mul_u64(count, layout.filters, &count) ||
        !sdse_mul_u64((uint64_t)layout.n * layout.n, layout.blocks, &basis) ||
        !sdse_mul_u64(basis, layout.filters, &basis))
        return SDSE_OVERFLOW;
    *out = layout;
    return SDSE_OK;
}

uint64_t sdse_train_coefficients(const struct sdse_train_layout *layout) {
    return layout->filters * layout->blocks * layout->rows * layout->n;
}

uint64_t sdse_train_basis_words(const struct sdse_train_layout *layout) {
    return layout->filters * layout->blocks * layout->n * layout->n;
}

uint64_t sdse_train_weights(const struct sdse_train_layout *layout) {
    return layout->filters * layout->words;
}

// ceil(log2 x), x >= 1.
static uint32_t log2_up(uint64_t x) {
    uint32_t bits = 0;
    for (x--; x > 0; x >>= 1)
        bits++;
    return bits;
}

enum sdse_status sdse_train_storage_of(const struct sdse_train_counts *counts,
                                       struct sdse_train_storage *out) {
    struct sdse_train_storage s = {.index_bits = counts->coefficients};
    const bool any = counts->nonzeros > 0 && counts->magnitudes > 0;
    s.coefficient_bits = any ? log2_up(counts->magnitudes) + 1 : 1;
    if (!sdse_mul_u64(counts->nonzeros, s.coefficient_bits, &s.ce_bits) ||
        !sdse_mul_u64(counts->basis_words, counts->basis_word_bits, &s.basis_bits) ||
        !sdse_add_u64(s.ce_bits, s.index_bits, &s.total_bits) ||
        !sdse_add_u64(s.total_bits, s.basis_bits, &s.total_bits))
        return SDSE_OVERFLOW;
    s.ratio = s.total_bits ? 32 * (double)counts->weights / (double)s.total_bits : 0;
    *out = s;
    return SDSE_OK;
}
