// Labelled images: Fashion-MNIST and whatever else comes as two IDX files.
#ifndef SDSE_SMARTDEAL_TRAIN_DATA_H
#define SDSE_SMARTDEAL_TRAIN_DATA_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/status.h"

enum { SDSE_IMAGES_MOST_SIDE = 256, SDSE_IMAGES_MOST = 1000000 };

struct sdse_images {
    size_t count, rows, columns;
    uint8_t *pixels; // count x rows x columns, 0 … 255
    uint8_t *labels; // count, 0 … 9
};

// Reads DIR/<part>-images-idx3-ubyte.gz and DIR/<part>-labels-idx1-ubyte.gz, compressed
// or not; part is "train" or "t10k". Sides are multiples of 4, up to 256.
//
// SDSE_OK; SDSE_INVALID with a diagnostic: train-data-missing if a file is not there,
// train-data if it is not what it should be; SDSE_NO_MEMORY. *out is to be freed after
// any. The names of the files live in `arena`.
//
// Source: LeCun et al., the MNIST database (the format); Xiao et al., arXiv:1708.07747.
enum sdse_status sdse_images_read(const char *dir, const char *part,
                                  struct sdse_arena *arena, struct sdse_images *out,
                                  struct sdse_diags *diags);

void sdse_images_free(struct sdse_images *images);

#endif
