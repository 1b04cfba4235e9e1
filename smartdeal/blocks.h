// Many blocks of one rule at once: one in each lane of the processor's widest vectors,
// which is the same arithmetic in the same order as one after the other
// (smartdeal/block.h), to the last bit.
#ifndef SDSE_SMARTDEAL_BLOCKS_H
#define SDSE_SMARTDEAL_BLOCKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "smartdeal/block.h"

// Ways to do it, the widest last. `one` takes blocks one by one, on every processor.
#define SDSE_WIDTH_MAP(X) X(ONE, "one") X(AVX2, "avx2") X(AVX512, "avx512")
#define SDSE_WIDTH_ENUM(name, text) SDSE_WIDTH_##name,
enum sdse_width { SDSE_WIDTH_MAP(SDSE_WIDTH_ENUM) SDSE_WIDTHS };
#undef SDSE_WIDTH_ENUM

const char *sdse_width_name(enum sdse_width width);

// Whether this program and this processor can.
bool sdse_width_is_there(enum sdse_width width);

// The widest that is there.
enum sdse_width sdse_widest(void);

struct sdse_blocks {
    struct sdse_block_rule rule;
    uint64_t count;        // of blocks
    uint64_t longest_rows; // no block has more
    void *context;
    // Writes block `index`, rows x n, row-major, all finite, to `a`; returns its rows
    // [>= 1].
    uint64_t (*fetch)(void *context, uint64_t index, double *a);
    // Takes what sdse_block_decompose gives for it. Blocks end in any order.
    void (*keep)(void *context, uint64_t index, const double *ce, const double *basis,
                 struct sdse_block_progress progress);
};

// Doubles of scratch; rows, basis_size: of the longest block.
size_t sdse_blocks_scratch(enum sdse_width width, uint64_t rows, uint32_t basis_size);

// Decomposes every block. Column scaling, bases beyond SDSE_SIDE_BY_SIDE_BASIS and
// blocks of fewer rows than n are done one by one whatever the width.
//
// scratch   sdse_blocks_scratch(width, longest_rows, n) doubles
enum { SDSE_SIDE_BY_SIDE_BASIS = 5 };
void sdse_blocks_decompose(const struct sdse_blocks *blocks, enum sdse_width width,
                           double *scratch);

#endif
