// Rebuilding weights from coefficients and basis with shifts and adds: exactly what the
// engine beside the multipliers does.
#ifndef SDSE_SMARTDEAL_REBUILD_H
#define SDSE_SMARTDEAL_REBUILD_H

#include <stdint.h>

#include "smartdeal/coded.h"

// fixed[i][j] = sum over k of sign(code[i][k]) * (basis[k][j] << (|code[i][k]| - 1)).
//
// The value of fixed[i][j] is fixed * 2^(lowest + scale). rows x n, row-major, plain
// shifts and adds. basis_bits + window + log2 n <= 16 + 32 + 6 bits: no overflow.
// Source: Zhao et al., ISCA 2020, rebuild engine.
void sdse_rebuild_fixed(const struct sdse_coded_layer *layer, uint64_t filter,
                        uint64_t block, int64_t *fixed);

// The words of one filter, channels x kernel_rows x kernel_columns, each rounded to
// weight_bits: nearest, ties to even. Padding is dropped. Raw layers are copied.
void sdse_rebuild_filter(const struct sdse_coded_layer *layer, uint64_t filter,
                         int16_t *words);

// The weights of the whole layer as real numbers, word * 2^weight_exponent: filters x
// words, in the order of the shape.
// words   scratch: those of one filter
void sdse_rebuild_values(const struct sdse_coded_layer *layer, int16_t *words,
                         float *values);

// The same through sdse_rebuild_fixed and integer shifts only: the reference.
void sdse_rebuild_filter_scalar(const struct sdse_coded_layer *layer, uint64_t filter,
                                int16_t *words);

// Shift-adds that rebuilding the whole layer once takes: one per weight (padding left
// out) and non-zero coefficient of its row. 0 for raw layers.
uint64_t sdse_rebuild_shift_adds(const struct sdse_coded_layer *layer);

// True if every rebuilt |word| is below 2^(weight_bits - 1), as it is after
// sdse_encode: what a layer read from a file has to prove.
bool sdse_rebuild_fits(const struct sdse_coded_layer *layer);

// value / 2^shift rounded to the nearest integer, ties to even; shift < 0 multiplies
// and stops at +-INT64_MAX.
int64_t sdse_shift_round(int64_t value, int32_t shift);

#endif
