// Bits: how many a word of each part takes where it is stored and moved.
#ifndef SDSE_COSTMODEL_FORM_H
#define SDSE_COSTMODEL_FORM_H

#include "spec/types/arch.h"
#include "spec/types/form.h"

// How a filter's weights are cut into rows and blocks (smartdeal/slicing.h decides).
struct sdse_form_shape {
    uint32_t basis_size;     // n: columns of Ce
    uint64_t rows;           // of Ce per filter, padding included
    uint64_t rows_per_block; // rows that share a basis
    uint64_t blocks_per_filter;
};

// The weight form of a layer of `filters` filters under declared densities: the
// expected stored bits of Ce, basis and index in the setting's index format. measured =
// false.
void sdse_form_declare(uint64_t filters, const struct sdse_form_shape *shape,
                       const struct sdse_form_setting *setting,
                       struct sdse_weight_form *form);

// Block visits: blocks of `block` elements touched by the tiles of `tile` elements that
// cover `total` elements from 0, summed over the tiles; a block cut by a tile edge
// counts in both.
uint64_t sdse_blocks_touched(uint64_t total, uint64_t tile, uint64_t block);

#endif
