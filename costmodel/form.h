// Bits: how many a word of each part takes where it is stored and moved.
#ifndef SDSE_COSTMODEL_FORM_H
#define SDSE_COSTMODEL_FORM_H

#include "spec/types/arch.h"
#include "spec/types/form.h"

// The weight form of a layer under declared densities.
//
// setting         what the sweep asks for
// rows_per_block  rows of Ce that share a basis [>= 1]; 0 = all rows of a filter
// form            out: shape of Ce and B and their expected stored bits; measured =
// false
//
// Raw settings, layers without stored weights and depth-wise layers (unless the setting
// asks) come out raw. Shapes and index formats: docs/model.md, weight form.
void sdse_form_declare(const struct sdse_layer *layer,
                       const struct sdse_form_setting *setting, uint64_t rows_per_block,
                       struct sdse_weight_form *form);

// Rows of Ce per filter and columns (the basis size n) of a layer under a setting.
void sdse_form_shape(const struct sdse_layer *layer,
                     const struct sdse_form_setting *setting, uint64_t *rows,
                     uint32_t *columns);

// Expected stored bits of one word of a tensor with `density` non-zero words under
// `format`:
//
//     none        value
//     bitmap      density * value + 1
//     run-length  tokens * (value + run), tokens = density / (1 - (1 -
//     density)^(2^run))
//
// A run-length token is a run of up to 2^run - 1 zeros and a value; a longer run spends
// a token on a zero. Zeros are taken as independent. value [bits], density [0, 1].
// Source: derived here; checked in tests/unit/test_form.c against a coded stream.
double sdse_format_bits(const struct sdse_format *format, double value_bits,
                        double density);

// Block visits: blocks of `block` elements touched by the tiles of `tile` elements that
// cover `total` elements from 0, summed over the tiles; a block cut by a tile edge
// counts in both.
uint64_t sdse_blocks_touched(uint64_t total, uint64_t tile, uint64_t block);

#endif
