// What index selectors can skip: non-zero coefficients, non-zero rows, and rows that
// are zero in every filter of an aligned group at once.
#ifndef SDSE_SMARTDEAL_DENSITY_H
#define SDSE_SMARTDEAL_DENSITY_H

#include <stdint.h>

#include "smartdeal/coded.h"

// Filters that share a broadcast input: alone, and in aligned groups.
#define SDSE_SHARING_MAP(X) X(1) X(32) X(64)
enum { SDSE_SHARINGS = 3 };
extern const uint32_t sdse_sharing_filters[SDSE_SHARINGS]; // 1, 32, 64

struct sdse_density {
    uint64_t entries, nonzeros; // coefficients, padding included; raw: weights
    uint64_t rows, live_rows;   // of all filters; raw: kernel rows
    // (group, row) pairs, and those in which some filter's row is not zero.
    uint64_t joint_rows[SDSE_SHARINGS], live_joint_rows[SDSE_SHARINGS];
};

// Counts a layer's zeros. Group g of size s holds filters g*s … g*s + s - 1 of the
// whole layer (the last may be smaller). joint[0] is rows and live_rows.
void sdse_count_density(const struct sdse_coded_layer *layer,
                        struct sdse_density *density);

// Rows that some filter of a sharing group needs / rows, over the groups of `group`
// filters, or as many as there are: groups are counted anew every `slices` filters and
// at each group of the convolution; shorter ones at the end are left out if there are
// longer. group, slices >= 1.
double sdse_joint_row_density(const struct sdse_coded_layer *layer, uint32_t group,
                              uint32_t slices);

// live / all; 1 for an empty layer.
double sdse_density_ratio(uint64_t live, uint64_t all);

#endif
