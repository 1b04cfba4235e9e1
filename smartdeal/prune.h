// Structural pruning: zeroing the same kernel rows in every filter of a group, before
// the decomposition, so that a whole group skips them together.
#ifndef SDSE_SMARTDEAL_PRUNE_H
#define SDSE_SMARTDEAL_PRUNE_H

#include <stddef.h>
#include <stdint.h>

#include "smartdeal/setting.h"
#include "smartdeal/slicing.h"

// Which kernel rows stay: keep[group of filters][row], row = c * kernel_rows + r.
struct sdse_prune_mask {
    uint64_t rows;              // kernel rows of one filter
    uint64_t filters_per_group; // consecutive filters (over all groups of the layer)
    uint64_t groups;
    uint64_t pruned_rows; // over all groups of filters
    uint8_t *keep;        // groups x rows, 1 = stays; NULL = everything stays
};

// Scores each kernel row (c, r) by the sum of |W| over the filters of a group, and
// prunes, per group of `prune_group` consecutive filters (the last may be smaller):
//
//     population   the ceil(amount * rows) rows of lowest score
//     value        rows whose mean |W| (score / words summed) is below `amount`
//     energy       keeps the fewest rows of highest score that together hold at least
//                  `amount` of the group's total score; the rest goes
//
// Equal scores: the row of lower index goes first (population) and stays last (energy).
// Fully connected and depth-wise layers are never pruned, nor is anything under
// SDSE_PRUNE_NONE. Sums run in f64, filter by filter, then column by column.
//
// The mask is freed with sdse_prune_mask_free. SDSE_NO_MEMORY leaves *mask empty.
// Source: the released smart_exchange_structural.py for "population"; its other two
// criteria are undefined there (they index the wrong array) and defined here.
enum sdse_status sdse_prune_rows(const struct sdse_weight_shape *shape,
                                 const float *weights,
                                 const struct sdse_smartdeal_setting *setting,
                                 struct sdse_prune_mask *mask);

void sdse_prune_mask_free(struct sdse_prune_mask *mask);

// 1 if kernel row `row` of filter `filter` stays.
int sdse_prune_keeps(const struct sdse_prune_mask *mask, uint64_t filter, uint64_t row);

#endif
