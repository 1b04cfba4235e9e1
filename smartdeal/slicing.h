// Shaping a layer's weights into tall matrices, and cutting those into blocks that
// share a basis.
#ifndef SDSE_SMARTDEAL_SLICING_H
#define SDSE_SMARTDEAL_SLICING_H

#include <stdbool.h>
#include <stdint.h>

#include "smartdeal/setting.h"

// Weights [groups][filters][channels][kernel_rows][kernel_columns], f32, row-major.
// A fully connected layer is filters x channels with a 1 x 1 kernel.
struct sdse_weight_shape {
    uint64_t groups;
    uint64_t filters;  // of one group
    uint64_t channels; // of one group
    uint64_t kernel_rows, kernel_columns;
    bool fully_connected;
};

// How every filter of a layer becomes a matrix, and that matrix blocks:
//
//     filter: channels * kernel_rows * kernel_columns words, in their order in memory
//             | cut into rows of `basis_size` words, the last one padded with zeros
//             v
//     rows x basis_size, padded with zero rows up to `rows`
//             | cut every `rows_per_block` rows; the last block may be shorter
//             v
//     blocks, each with a basis of basis_size x basis_size
//
// With basis_size = kernel width a row is one kernel row (c, r) and nothing is padded.
struct sdse_slicing {
    uint32_t basis_size;     // n
    uint64_t words;          // of one filter, without padding
    uint64_t rows;           // of one filter's matrix, with padding
    uint64_t rows_per_block; // [1 … rows]
    uint64_t blocks;         // of one filter
};

// groups * filters, words of one filter and their product; false if 64 bits do not do.
bool sdse_weight_count(const struct sdse_weight_shape *shape, uint64_t *filters,
                       uint64_t *words_per_filter, uint64_t *words);

// True if channels = 1 in more than one group: each filter sees one channel.
bool sdse_weights_depthwise(const struct sdse_weight_shape *shape);

// True if a layer keeps its plain weights under a setting: depth-wise layers unless
// asked for; and, under the released slicing with a basis of the kernel's width,
// kernels other than 1 x 1 and 3 x 3. A layer of fewer words per filter than the basis
// has in a row is also left alone.
bool sdse_weights_stay_raw(const struct sdse_weight_shape *shape,
                           const struct sdse_smartdeal_setting *setting);

// Rows per block the released code uses for a matrix of `rows` rows of n columns:
// presets 3072 -> 192, 1638 -> 171, 8364 -> 204 (n = 3); otherwise the row count
// without its smallest prime factors, dropped one by one until it is <= 64 n. The last
// factor is never dropped, so that a prime count stays one block.
uint64_t sdse_released_rows_per_block(uint64_t rows, uint32_t basis_size);

// The slicing of a layer that does not stay raw. With setting->rows_per_slice = 0 the
// released rule: the table VEC_2_SHAPE for 1 x 1 and FC rows with n = 3 (it also pads:
// 1280 words -> 429 rows), the rule above elsewhere.
// Source: released code, recorded in docs/smartdeal.md.
struct sdse_slicing sdse_slice(const struct sdse_weight_shape *shape,
                               const struct sdse_smartdeal_setting *setting);

// Rows of block `block`. [rows]
uint64_t sdse_block_rows(const struct sdse_slicing *slicing, uint64_t block);

// Entries of block `block` that are weights, not padding: its first ones. [words]
uint64_t sdse_block_words(const struct sdse_slicing *slicing, uint64_t block);

#endif
