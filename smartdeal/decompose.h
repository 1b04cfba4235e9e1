// Decomposing a layer: every filter cut into blocks (smartdeal/slicing.h), every block
// solved on its own (smartdeal/block.h), filters in parallel.
#ifndef SDSE_SMARTDEAL_DECOMPOSE_H
#define SDSE_SMARTDEAL_DECOMPOSE_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "base/diag.h"
#include "base/status.h"
#include "smartdeal/block.h"
#include "smartdeal/prune.h"
#include "smartdeal/setting.h"
#include "smartdeal/slicing.h"

// A layer's weights, borrowed from the caller.
struct sdse_layer_weights {
    const char *name; // for diagnostics; not NULL
    struct sdse_weight_shape shape;
    const float *values; // groups x filters x channels x kernel_rows x kernel_columns
    struct sdse_loc loc; // where the layer was declared, for diagnostics
};

// A coefficient: 0, or the sign of Ce times (exponent + SDSE_EXPONENT_BIAS).
typedef int16_t sdse_coefficient;
enum { SDSE_EXPONENT_BIAS = 2000 };

static inline int sdse_coefficient_exponent(sdse_coefficient c) {
    return (c < 0 ? -c : c) - SDSE_EXPONENT_BIAS;
}

// The value of a coefficient: 0 or +-2^exponent.
double sdse_coefficient_value(sdse_coefficient c);
// The coefficient of 0 or +-2^exponent.
sdse_coefficient sdse_coefficient_of(double value);

// W ~ Ce B for one layer, before any narrowing to bits.
struct sdse_decomposition {
    struct sdse_weight_shape shape;
    struct sdse_slicing slicing;
    struct sdse_block_rule rule; // rule.threshold is the theta that was used
    uint64_t filters;            // groups * filters of the shape
    sdse_coefficient *ce;        // filters x slicing.rows x n
    float *basis;                // filters x slicing.blocks x n x n
    uint64_t pruned_rows; // kernel rows zeroed beforehand, over groups of filters
    uint64_t nonzeros;    // in ce
    uint64_t nonzero_rows;
    uint64_t passes;      // over all blocks
    uint64_t restarts;    // of column scaling, over all blocks
    uint64_t unconverged; // blocks stopped by the pass limit
    double weight_square; // ||W||_F^2, in f64
    double error_square;  // ||W - Ce B||_F^2, in f64
};

// Decomposes a layer that does not stay raw (sdse_weights_stay_raw).
//
//     threshold: absolute                 theta
//                relative                 theta * max |W|
//                sparsity                 bisection for the theta whose fraction of
//                                         zero coefficients, padding included, comes
//                                         closest from above, on an even sample of the
//                                         filters (all of them up to 64 Ki words)
//
// threads   0 = as many as processors; any number gives the same bytes
// diags     an infinite or NaN weight: check smartdeal-finite, with the layer's name,
//           the first such index and the number of them
//
// Returns SDSE_OK, SDSE_INVALID (see diags), SDSE_OVERFLOW or SDSE_NO_MEMORY; *out is
// empty on failure. Free with sdse_decomposition_free.
enum sdse_status sdse_decompose(const struct sdse_layer_weights *weights,
                                const struct sdse_smartdeal_setting *setting,
                                unsigned threads, struct sdse_decomposition *out,
                                struct sdse_diags *diags);

// What bisections on one layer have found so far: coefficients of the sample that are
// not zero at thresholds tried. Starts as {0}. Holds for one layer and for settings
// that differ in the target alone (sdse_setting_decomposition_key, all but the last).
enum { SDSE_MOST_TRIED = 128 };
struct sdse_tried_thresholds {
    size_t count;
    struct {
        double log2_threshold;
        uint64_t nonzeros;
    } tried[SDSE_MOST_TRIED];
};

// The same with what earlier bisections found, which it adds to; the same bytes.
// tried   NULL: nothing is remembered
// stop    may be NULL; set by another thread or a signal: SDSE_INTERRUPTED within some
//         milliseconds of work, and nothing in *out
enum sdse_status
sdse_decompose_again(const struct sdse_layer_weights *weights,
                     const struct sdse_smartdeal_setting *setting, unsigned threads,
                     struct sdse_tried_thresholds *tried, const atomic_bool *stop,
                     struct sdse_decomposition *out, struct sdse_diags *diags);

void sdse_decomposition_free(struct sdse_decomposition *decomposition);

// SDSE_INVALID with the diagnostic smartdeal-finite if one of the first `words` weights
// is NaN or infinite.
enum sdse_status sdse_refuse_not_finite(const struct sdse_layer_weights *weights,
                                        uint64_t words, struct sdse_diags *diags);

// ||W - Ce B||_F / ||W||_F; 0 for an all-zero layer.
double sdse_decomposition_error(const struct sdse_decomposition *decomposition);

// Copies rows [first, first + rows) of filter `filter`'s matrix into a (rows x n,
// row-major), with zeros as padding and where `mask` prunes. mask may be NULL.
void sdse_gather_rows(const struct sdse_weight_shape *shape,
                      const struct sdse_slicing *slicing, const float *values,
                      const struct sdse_prune_mask *mask, uint64_t filter,
                      uint64_t first, uint64_t rows, double *a);

#endif
