// What skipping is expected to take when only densities, or the non-zeros of each
// column, are known.
//
// Work is exact: effectual = sum over j of nnz_a(j) nnz_w(j) with counts per column,
// the product of means otherwise (operands independent). The barrier's maximum is
// drawn: the elements of a grid row share activations, those of a grid column weights,
// so that taking them for independent overstates it (by 2 % on 4 x 4). Fixed seed, with
// the busy cycles as control; standard error given.
#ifndef SDSE_ENGINES_EXPECT_SKIP_H
#define SDSE_ENGINES_EXPECT_SKIP_H

#include "engines/expect/mean.h"
#include "engines/skip.h"

struct sdse_skip_stats {
    struct sdse_skip_shape shape;
    double act_density, weight_density;   // 0 .. 1; not looked at with counts
    const uint64_t *act_nnz, *weight_nnz; // [J] non-zeros of each column, or NULL
    // [J] density of each column, 0 .. 1, or NULL; not looked at with counts. Zeros
    // are independent within it.
    const double *act_columns, *weight_columns;
};

struct sdse_skip_means {
    SDSE_SKIP_COUNTS(SDSE_MEAN_FIELD)
    double standard_error; // of cycles [cycles]
};

// SDSE_INVALID: a fault, a density outside 0 .. 1, more non-zeros than a column has.
enum sdse_status sdse_skip_expect(const struct sdse_skip *engine,
                                  const struct sdse_skip_stats *stats,
                                  struct sdse_skip_means *means);

#endif
