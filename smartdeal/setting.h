// A SmartDeal setting: everything a user may choose about turning weights into
// coefficients, basis and index. Plain data; docs/smartdeal.md explains each choice.
#ifndef SDSE_SMARTDEAL_SETTING_H
#define SDSE_SMARTDEAL_SETTING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/diag.h"
#include "base/status.h"

enum {
    SDSE_MAX_BASIS = 64,            // largest n
    SDSE_MAX_COEFFICIENT_BITS = 7,  // of one code, sign included
    SDSE_MAX_WINDOW = 32,           // exponents one code can tell apart
    SDSE_MAX_BASIS_BITS = 16,       // of one basis word, sign included
    SDSE_MAX_WEIGHT_BITS = 16,      // of one rebuilt weight, sign included
    SDSE_MAX_RUN_BITS = 8,          // of a run length
    SDSE_MAX_ITERATIONS = 1000000,  // of the alternating fit
    SDSE_MAX_RESTARTS_LIMIT = 1000, // of the column scaling
};

// What the threshold says.
enum sdse_threshold_mode {
    SDSE_THRESHOLD_ABSOLUTE, // theta itself
    SDSE_THRESHOLD_RELATIVE, // theta / max |W| of the layer
    SDSE_THRESHOLD_SPARSITY  // the fraction of zero coefficients to reach [0, 1)
};

// How kernel rows are chosen for structural pruning (smartdeal/prune.h).
enum sdse_prune_mode {
    SDSE_PRUNE_NONE,
    SDSE_PRUNE_POPULATION,
    SDSE_PRUNE_VALUE,
    SDSE_PRUNE_ENERGY
};

// How zero coefficients are told from the others in memory (smartdeal/pack.h).
enum sdse_zero_store {
    SDSE_STORE_ELEMENT_BITMAP, // 1 bit per entry
    SDSE_STORE_ROW_INDEX,      // 1 bit per row; zeros inside kept rows take a code
    SDSE_STORE_RUN_LENGTH,     // length of the run of zeros before each non-zero
    SDSE_STORE_DENSE,          // no index: zeros take a code
    SDSE_STORES
};

struct sdse_smartdeal_setting {
    // Shaping
    uint32_t basis_size;     // n [2 … 64]; 0 = kernel width, 3 for 1 x 1 and FC
    uint32_t rows_per_slice; // rows that share a basis; 0 = the released slicing
    bool depthwise;          // decompose depth-wise layers too

    // Structural pruning, before the decomposition
    enum sdse_prune_mode prune;
    double prune_amount;  // see smartdeal/prune.h
    uint32_t prune_group; // filters that lose the same rows [>= 1]

    // Decomposition
    enum sdse_threshold_mode threshold_mode;
    double threshold;       // [>= 0]
    bool row_sparsity;      // zero whole rows of kernels wider than 1
    double row_factor;      // rows whose L1 norm < row_factor * theta become zero
    uint32_t iterations;    // [>= 1]; one less pass is made, as in the release
    double tolerance;       // change of Ce that stops the iteration [>= 0]
    double max_coefficient; // largest |Ce|, a power of two
    double rank_tolerance;  // singular values below this share of the largest are 0
    bool scale;             // centre each column of Ce on powers of two
    double decay;           // of theta at each restart when a column empties (0, 1)
    uint32_t max_restarts;  // of the column scaling

    // Stored form
    uint32_t coefficient_bits; // of one code, sign included
    uint32_t basis_bits;       // of one basis word, two's complement
    uint32_t scale_bits;       // of the stored exponent of a block's basis
    uint32_t weight_bits;      // of a rebuilt weight, two's complement
    enum sdse_zero_store store;
    uint32_t run_bits; // of a run length [1 … 8]; 0 = the cheapest for the layer
};

// The defaults of the released inference code (30 iterations, threshold 4e-3, largest
// coefficient 32, no scaling), 4-bit coefficients, 8-bit basis, row index.
struct sdse_smartdeal_setting sdse_smartdeal_setting_default(void);

// Exponents a code can tell apart: 2^(bits - 1) where the index holds the zeros, one
// less where zero takes a code of its own; never more than SDSE_MAX_WINDOW.
uint32_t sdse_setting_window(const struct sdse_smartdeal_setting *setting);

// Reports every field out of its domain, by name, as an error at `loc`. Returns
// SDSE_INVALID if there was one. Check names: smartdeal-<field>.
enum sdse_status sdse_setting_check(const struct sdse_smartdeal_setting *setting,
                                    struct sdse_loc loc, struct sdse_diags *diags);

// What sdse_decompose reads of a setting, as numbers in a fixed order: settings that
// agree in these decompose any layer alike, whatever else tells them apart. What
// another choice leaves unread is 0. The threshold comes last.
//
// key   out: SDSE_DECOMPOSITION_KEYS numbers, the integers among them exact
enum { SDSE_DECOMPOSITION_KEYS = 17 };
void sdse_setting_decomposition_key(const struct sdse_smartdeal_setting *setting,
                                    double key[SDSE_DECOMPOSITION_KEYS]);

// Whether two settings decompose any layer alike.
bool sdse_settings_decompose_alike(const struct sdse_smartdeal_setting *a,
                                   const struct sdse_smartdeal_setting *b);

// Whether they do but for the sparsity they aim at: bisections then try the same
// thresholds on the same sample.
bool sdse_settings_bisect_alike(const struct sdse_smartdeal_setting *a,
                                const struct sdse_smartdeal_setting *b);

#endif
