// The form a layer's weights are stored in: raw words, or SmartDeal (Ce, B, index).
// docs/smartdeal.md says what the numbers mean; smartdeal/ measures them on real
// weights.
#ifndef SDSE_SPEC_TYPES_FORM_H
#define SDSE_SPEC_TYPES_FORM_H

#include <stdbool.h>
#include <stdint.h>

#include "spec/types/activations.h"

enum sdse_index_format {
    SDSE_INDEX_ELEMENT_BITMAP, // coefficient bits per non-zero + 1 bit per entry
    SDSE_INDEX_ROW, // coefficient bits for every entry of a kept row + 1 bit per row
    SDSE_INDEX_RUN_LENGTH, // (coefficient + run) bits per non-zero
    SDSE_INDEX_DENSE       // coefficient bits per entry, no index
};

// What decides which coefficients become zero.
enum sdse_form_threshold {
    SDSE_FORM_THRESHOLD, // the threshold itself
    SDSE_FORM_RELATIVE,  // threshold / largest |weight| of the layer
    SDSE_FORM_SPARSITY   // the fraction of zero coefficients to reach
};

// Structural pruning before the decomposition: which kernel rows go.
enum sdse_form_prune {
    SDSE_FORM_PRUNE_NONE,
    SDSE_FORM_PRUNE_POPULATION, // prune_amount = fraction of the rows
    SDSE_FORM_PRUNE_VALUE,      // prune_amount = least mean |weight|
    SDSE_FORM_PRUNE_ENERGY      // prune_amount = fraction of the sum of |weights| kept
};

// Forms of which a layer's inputs are multiplied before weights are told apart: an
// engine makes the products, what is stored of a weight says which of them are added.
enum sdse_products_first {
    SDSE_WORDS_FIRST,  // none of these
    SDSE_UNIQUE_FIRST, // distinct words of each input, and indices (CREW)
    SDSE_BASIS_FIRST, // kernels shared by a layer, and coefficients 0, 1, -1 (ESCALATE)
};

// "unique", "basis_first"; "smartdeal" for the forms that are none of these.
static inline const char *sdse_products_first_name(enum sdse_products_first first) {
    static const char *const names[] = {"smartdeal", "unique", "basis_first"};
    return names[first];
}

// What a sweep asks for: one setting. Declared: the densities are given. Measured: each
// layer's weights are decomposed, and the densities are what comes out.
struct sdse_form_setting {
    bool smartdeal;          // false: raw words
    bool measured;           // decompose; false: the densities are declared
    uint32_t basis_size;     // n [>= 2]; 0 = the kernel width, 3 elsewhere
    uint32_t rows_per_slice; // rows of Ce that share a basis; 0 = the released slicing
    double density;     // declared fraction of non-zero coefficients (0, 1]; 0 = of
                        // each layer's weights that are not zero
    double row_density; // the same of non-zero coefficient rows
    uint32_t coefficient_bits;
    uint32_t basis_bits;
    uint32_t scale_bits; // stored exponent of each block's basis
    enum sdse_index_format index;
    bool depthwise; // decompose depth-wise layers too (raw by default)

    uint32_t prune_group; // filters that lose the same rows; 0: declared, none do

    // Measured forms only.
    enum sdse_form_threshold threshold_kind;
    double threshold;
    bool row_sparsity; // zero whole rows of small coefficients
    bool scale;        // centre each column of Ce on powers of two
    uint32_t iterations;
    enum sdse_form_prune prune;
    double prune_amount;

    // Products first: smartdeal is false.
    enum sdse_products_first first;
    uint64_t inputs_per_width, outputs_per_block; // unique (smartdeal/unique.h)
    bool laplace;        // unique, declared: words follow Laplace's law, else Gauss's
    double range_sigmas; // unique, declared: largest word in standard deviations
    uint32_t bases;      // basis first: kernels that the layer shares
};

// Whether it leaves words as they are.
static inline bool sdse_form_is_raw(const struct sdse_form_setting *setting) {
    return !setting->smartdeal && setting->first == SDSE_WORDS_FIRST;
}

// Filters that share what they skip: groups of so many consecutive ones, counted anew
// every `slices` filters.
struct sdse_sharing {
    uint32_t group, slices; // group 0: none share
};

// Whether multipliers take weights digit by digit, and in which digits.
struct sdse_serial_weights {
    bool taken;
    enum sdse_encoding encoding;
};

// What one layer's weights are under a setting: what the cost model charges.
struct sdse_weight_form {
    bool smartdeal;          // false: raw, everything below is unused
    uint32_t basis_size;     // n: columns of Ce, B is n x n
    uint64_t rows;           // of Ce per filter and group (padding included)
    uint64_t rows_per_block; // rows of Ce that share one B
    uint64_t blocks;         // in the layer
    double density;          // non-zero coefficients / (rows * n), of the layer
    double row_density;      // non-zero rows / rows
    uint32_t prune_group;    // filters that lose the same rows; 0 = not known to be any
    uint32_t coefficient_bits, basis_bits, scale_bits;
    enum sdse_index_format index;
    // Stored bits of the whole layer, by part. Measured by packing, or from declared
    // densities.
    double coefficient_bits_total, basis_bits_total, index_bits_total;
    // Rows that some filter needs of `sharing` (an index selector's groups of filters):
    // measured for such groups; sharing.group = 0: not measured.
    struct sdse_sharing sharing;
    double joint_row_density;
    // Digits of the rebuilt words, measured where multipliers take weights one by one:
    // words of digit_bits bits with 0, 1, … of them. digit_bits 0: not measured.
    uint32_t digit_bits;
    enum sdse_encoding digit_encoding;
    double digit_words[SDSE_ACTIVATION_DIGITS + 1];
    // Products first: smartdeal is false, and of the parts coefficients and index are
    // what says which products are added, basis what they are made of.
    enum sdse_products_first first;
    double products;        // multiplications at each position of the output
    double sums_per_weight; // additions for each MAC of the dense layer
    double rel_error; // relative Frobenius error; 0 = raw; negative = not measured
    bool measured;    // false: declared densities
};

#endif
