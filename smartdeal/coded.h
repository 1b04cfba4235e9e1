// A layer in the bits that are stored: coefficient codes in an exponent window, a
// fixed-point basis with a power-of-two scale per block, and the size of a rebuilt
// weight. Everything after this point is exact in integers.
#ifndef SDSE_SMARTDEAL_CODED_H
#define SDSE_SMARTDEAL_CODED_H

#include <stddef.h>
#include <stdint.h>

#include "smartdeal/decompose.h"
#include "smartdeal/narrow.h"

// A weight of the layer is
//
//     raw layers        raw[i] * 2^weight_exponent
//     others            rebuilt (smartdeal/rebuild.h) from
//                       coefficient   0 or sign(code) * 2^(lowest + |code| - 1)
//                       basis         word * 2^scale of its block
//
// One owner; free with sdse_coded_free.
struct sdse_coded_layer {
    struct sdse_weight_shape shape;
    uint64_t filters; // groups * filters of the shape
    bool raw;
    uint32_t weight_bits;
    int32_t weight_exponent; // a rebuilt or raw word w means w * 2^weight_exponent

    // Raw layers only.
    int16_t *raw_words; // filters x words

    // Decomposed layers only.
    struct sdse_slicing slicing;
    enum sdse_zero_store store;
    uint32_t coefficient_bits, basis_bits, scale_bits, run_bits;
    uint32_t window;   // exponents lowest … lowest + window - 1 have codes
    int32_t lowest;    // exponent of |code| = 1
    int32_t top_scale; // largest scale of a block
    int8_t *codes;     // filters x rows x n
    int16_t *basis;    // filters x blocks x n x n
    int16_t *scale;    // filters x blocks; top_scale - (2^scale_bits - 1) … top_scale
};

// Squared Frobenius distances from the weights as given, after each step, in f64.
struct sdse_coding_error {
    double weight_square;     // ||W||^2
    double decomposed_square; // Ce B
    double window_square;     // Ce narrowed to the window, B refitted
    double basis_square;      // B in fixed point
    double rounded_square;    // rounded to weight_bits: what the multipliers see
};

// sqrt(square / weight_square); 0 when the weights are all zero.
double sdse_relative_error(const struct sdse_coding_error *error, double square);

// Narrows a decomposition to bits.
//
//     window     of `sdse_setting_window` exponents, as sdse_narrow chooses it
//     basis      words = round-half-even(B / 2^scale), the smallest scale that keeps
//                |word| < 2^(basis_bits - 1); blocks more than 2^scale_bits - 1 below
//                the layer's largest scale take that bound and lose precision
//     weights    the smallest weight_exponent that keeps every rebuilt
//                |word| < 2^(weight_bits - 1)
//
// `weights` and `setting` are those the decomposition was made with. run_bits = 0 takes
// the length that packs smallest. Any number of threads gives the same bytes.
// Returns SDSE_OK or SDSE_NO_MEMORY; *out is empty on failure. error may be NULL.
enum sdse_status sdse_encode(const struct sdse_layer_weights *weights,
                             const struct sdse_decomposition *decomposition,
                             const struct sdse_smartdeal_setting *setting,
                             unsigned threads, struct sdse_coded_layer *out,
                             struct sdse_coding_error *error);

// The same from coefficients that are narrowed to the setting's window already.
enum sdse_status sdse_encode_narrowed(const struct sdse_layer_weights *weights,
                                      const struct sdse_decomposition *decomposition,
                                      const struct sdse_narrowed *narrowed,
                                      const struct sdse_smartdeal_setting *setting,
                                      unsigned threads, struct sdse_coded_layer *out,
                                      struct sdse_coding_error *error);

// A layer that stays raw: words = round-half-even(W / 2^weight_exponent), the smallest
// exponent that fits. Not-finite weights are refused as in sdse_decompose.
enum sdse_status sdse_encode_raw(const struct sdse_layer_weights *weights,
                                 uint32_t weight_bits, struct sdse_coded_layer *out,
                                 struct sdse_coding_error *error,
                                 struct sdse_diags *diags);

void sdse_coded_free(struct sdse_coded_layer *layer);

// The smallest e for which largest * 2^-e rounds to less than 2^(bits - 1) in
// magnitude; 0 for largest = 0.
int32_t sdse_fixed_point_exponent(double largest, uint32_t bits);

#endif
