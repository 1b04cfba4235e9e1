#include "costmodel/form.h"

#include "base/checked.h"

enum { RUN_BITS = 4 };

void sdse_form_declare(uint64_t filters, const struct sdse_form_shape *shape,
                       const struct sdse_form_setting *setting,
                       struct sdse_weight_form *form) {
    const uint32_t n = shape->basis_size;
    *form = (struct sdse_weight_form){.smartdeal = true,
                                      .basis_size = n,
                                      .rows = shape->rows,
                                      .rows_per_block = shape->rows_per_block,
                                      .blocks = filters * shape->blocks_per_filter,
                                      .density = setting->density,
                                      .row_density = setting->row_density,
                                      .prune_group = setting->prune_group,
                                      .coefficient_bits = setting->coefficient_bits,
                                      .basis_bits = setting->basis_bits,
                                      .scale_bits = setting->scale_bits,
                                      .index = setting->index,
                                      .rel_error = -1};
    const double all_rows = (double)(filters * shape->rows), entries = all_rows * n;
    const double nonzero = entries * form->density, bits = form->coefficient_bits;
    switch (form->index) {
    case SDSE_INDEX_ELEMENT_BITMAP:
        form->coefficient_bits_total = bits * nonzero;
        form->index_bits_total = entries;
        break;
    case SDSE_INDEX_ROW:
        form->coefficient_bits_total = bits * n * all_rows * form->row_density;
        form->index_bits_total = all_rows;
        break;
    case SDSE_INDEX_RUN_LENGTH:
        form->coefficient_bits_total = bits * nonzero;
        form->index_bits_total = RUN_BITS * nonzero;
        break;
    case SDSE_INDEX_DENSE:
        form->coefficient_bits_total = bits * entries;
        break;
    }
    form->basis_bits_total =
        (double)form->blocks * ((double)n * n * form->basis_bits + form->scale_bits);
}

uint64_t sdse_blocks_touched(uint64_t total, uint64_t tile, uint64_t block) {
    const uint64_t tiles = sdse_ceil_div_u64(total, tile);
    // Every block edge strictly inside a tile adds one visit.
    const uint64_t edges = sdse_ceil_div_u64(total, block) - 1;
    const uint64_t common = tile / sdse_gcd_u64(tile, block) * block;
    const uint64_t edges_between_tiles = sdse_ceil_div_u64(total, common) - 1;
    return tiles + edges - edges_between_tiles;
}
