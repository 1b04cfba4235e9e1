// How the training code cuts a layer into blocks, and what the result takes to store.
// Not the slicing of the decomposer (smartdeal/slicing.h): the two releases differ.
#ifndef SDSE_SMARTDEAL_TRAIN_LAYOUT_H
#define SDSE_SMARTDEAL_TRAIN_LAYOUT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/diag.h"
#include "base/status.h"

// Weights [filters][channels][kernel_rows][kernel_columns], row-major; channels are
// those one filter sees (of one group). A fully connected layer has a 1 x 1 kernel.
struct sdse_train_shape {
    uint64_t filters, channels; // >= 1
    uint64_t kernel_rows, kernel_columns;
};

// A filter's words in their order in memory, cut into rows of n, and those into blocks
// of `rows` rows; what is beyond the filter's end is padding, whose gradient is 0.
struct sdse_train_layout {
    uint64_t filters;
    uint64_t words;  // of one filter
    uint64_t blocks; // of one filter
    uint64_t rows;   // of one block
    uint32_t n;      // columns of a block; the basis is n x n
};

// The released training code's slicing:
//
//     kernel_columns > 1: n = kernel_columns; one block of channels * kernel_rows rows
//                         below 64 channels, else channels / 64 blocks of 64 of them
//     1 x 1, fully connected: n = 3, t = ceil(channels / 3) rows,
//                         blocks = ceil(t / 192), rows = ceil(t / blocks)
//
// Refused at `loc` [train-shape]: 64 channels or more that are no multiple of 64, a
// kernel of several rows and one column or of more than SDSE_MAX_BASIS columns, an
// extent of 0. SDSE_OK, SDSE_INVALID, or SDSE_OVERFLOW when 64 bits do not count the
// coefficients or the words of the bases.
enum sdse_status sdse_train_layout_of(const struct sdse_train_shape *shape,
                                      struct sdse_loc loc, struct sdse_diags *diags,
                                      struct sdse_train_layout *out);

uint64_t sdse_train_coefficients(const struct sdse_train_layout *layout); // padded
uint64_t sdse_train_basis_words(const struct sdse_train_layout *layout);
uint64_t sdse_train_weights(const struct sdse_train_layout *layout);

// What the released accounting counts.
struct sdse_train_counts {
    uint64_t coefficients; // padding included
    uint64_t nonzeros;     // of them
    uint64_t basis_words;
    uint64_t weights;    // of the plain layer
    uint64_t magnitudes; // distinct |c| > 0
    uint32_t basis_word_bits;
};

struct sdse_train_storage {
    uint32_t coefficient_bits; // ceil(log2 magnitudes) + 1; 1 without non-zeros
    uint64_t ce_bits;          // nonzeros * coefficient_bits
    uint64_t index_bits;       // 1 for every coefficient
    uint64_t basis_bits;
    uint64_t total_bits;
    double ratio; // 32 * weights / total_bits
};

// Storage by the accounting of the released training code: the ratio of a layer with
// density d is 32 W / (d k c + k + w b) for W weights, k coefficients of c bits and b
// words of w bits in its bases. SDSE_OVERFLOW if 64 bits do not do.
enum sdse_status sdse_train_storage_of(const struct sdse_train_counts *counts,
                                       struct sdse_train_storage *out);

#endif
