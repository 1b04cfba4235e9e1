// One call from a layer's weights and a setting to everything a sweep wants to know:
// decompose, narrow to bits, count. What the cost model charges comes from here.
#ifndef SDSE_SMARTDEAL_MEASURE_H
#define SDSE_SMARTDEAL_MEASURE_H

#include <stdbool.h>
#include <stdint.h>

#include "smartdeal/density.h"
#include "smartdeal/pack.h"

struct sdse_form_measure {
    bool raw; // the layer stays plain words of weight_bits under this setting

    struct sdse_slicing slicing; // not for raw layers
    uint64_t filters;            // groups * filters
    uint64_t blocks;             // of the layer; 0 for raw layers
    uint64_t weights;            // words, without padding

    // Zeros, as stored (after the exponent window flushed what it cannot hold).
    struct sdse_density counts;
    double density;                          // non-zero coefficients / entries
    double row_density;                      // non-zero rows / rows
    double joint_row_density[SDSE_SHARINGS]; // for 1, 32 and 64 filters

    // Exponents of the decomposition, before the window; both 0 if all is zero.
    int32_t exponent_min, exponent_max;
    uint32_t exponents; // distinct ones
    // The window and how often each of its exponents is used, lowest first.
    int32_t window_lowest;
    uint32_t window;
    uint64_t exponent_uses[SDSE_MAX_WINDOW];

    struct sdse_stored_bits bits; // by part, as packed
    uint64_t stored_bits;         // their sum
    double compression;           // 32 * weights / stored_bits
    uint64_t shift_adds;          // to rebuild the layer once

    // ||W - W'||_F / ||W||_F after each step; the last is what multipliers see.
    double decomposed_error; // Ce B
    double window_error;     // + exponent window
    double basis_error;      // + fixed-point basis
    double rel_error;        // + rounding to weight_bits
    double sqnr_db;          // -20 log10(rel_error); infinite if it is 0

    double weight_norm;   // ||W||_F
    double threshold;     // theta used
    uint64_t pruned_rows; // by structural pruning
    uint64_t passes;      // of the fit, over all blocks
};

// Measures one layer under one setting (checked by sdse_setting_check).
//
// threads   as in sdse_decompose: any number gives the same answer
// coded     out: the coded layer, to be freed by the caller; NULL if not wanted
//
// Returns what sdse_decompose returns; *out is untouched on failure, *coded empty.
enum sdse_status sdse_measure_layer(const struct sdse_layer_weights *weights,
                                    const struct sdse_smartdeal_setting *setting,
                                    unsigned threads, struct sdse_form_measure *out,
                                    struct sdse_coded_layer *coded,
                                    struct sdse_diags *diags);

#endif
