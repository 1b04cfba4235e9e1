// Products of small dense float matrices: the kernel under training's layers.
#ifndef SDSE_SMARTDEAL_TRAIN_GEMM_H
#define SDSE_SMARTDEAL_TRAIN_GEMM_H

#include <stdbool.h>
#include <stddef.h>

enum {
    SDSE_GEMM_ROWS = 64,     // of a, packed at a time
    SDSE_GEMM_COLUMNS = 256, // of b
    SDSE_GEMM_DEPTH = 256,   // of the sum
};

// Element (i, j) is data[i * row + j * column]: a transposed matrix is the same one
// with its strides swapped.
struct sdse_gemm_matrix {
    const float *data;
    size_t row, column;
};

// Where operands are packed; one for each thread.
struct sdse_gemm_space {
    float a[SDSE_GEMM_ROWS * SDSE_GEMM_DEPTH];
    float b[SDSE_GEMM_DEPTH * SDSE_GEMM_COLUMNS];
};

// c (m x n, row-major without gaps) = a (m x k) b (k x n), or += with `add`. The sum
// over k is taken in rising order, SDSE_GEMM_DEPTH terms at a time, in float: the bytes
// depend on the operands alone. c does not overlap a and b.
void sdse_gemm(size_t m, size_t n, size_t k, struct sdse_gemm_matrix a,
               struct sdse_gemm_matrix b, float *c, bool add,
               struct sdse_gemm_space *space);

#endif
