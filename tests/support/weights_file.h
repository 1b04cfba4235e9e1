// Weights of no network, the same each time, as an .npy file [rows][columns].
#ifndef SDSE_TESTS_WEIGHTS_FILE_H
#define SDSE_TESTS_WEIGHTS_FILE_H

#include <stdlib.h>

#include "smartdeal/npy.h"

static inline void write_weights_file(const char *path, uint64_t rows,
                                      uint64_t columns) {
    const uint64_t shape[] = {rows, columns};
    float *weights = malloc(rows * columns * sizeof *weights);
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_diags diags;
    sdse_diags_init(&diags, arena);
    assert_non_null(weights);
    for (size_t i = 0; i < rows * columns; i++)
        weights[i] = (float)((int)(i * 7919 % 97) - 48) / 64;
    assert_int_equal(sdse_npy_write(NULL, path, 2, shape, weights, &diags), SDSE_OK);
    sdse_arena_free(arena);
    free(weights);
}

#endif
