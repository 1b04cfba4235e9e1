// Weights read from memories whose cells fail: bits of what is stored are flipped, then
// read as the hardware would read them; and analogue cells that hold a weight about.
#ifndef SDSE_SMARTDEAL_BIT_ERRORS_H
#define SDSE_SMARTDEAL_BIT_ERRORS_H

#include <stdbool.h>
#include <stdint.h>

#include "smartdeal/coded.h"
#include "smartdeal/pack.h"
#include "smartdeal/unique.h"

// Below this, and above 1, the curve says nothing.
#define SDSE_LEAST_V_OVER_VMIN 0.75

// Bit error rate of an SRAM at V / Vmin in [0.75, 1]: log10 p between the points of a
// digitised curve (32 arrays of 512 x 64 bits, 14 nm: Chandramoorthy et al., HPCA 2019,
// as plotted in Stutz et al., MLSys 2021), above its last point with error (0.958) at
// the slope before it; 0 at 1.
double sdse_bit_error_rate(double v_over_vmin);

// Of each bit that is read: of the sections of what is stored, and of plain words,
// rebuilt or raw.
struct sdse_bit_errors {
    double section[SDSE_SECTIONS];
    double words;
    uint64_t seed; // of the chip: which cells fail first
    bool restart;  // each filter's coefficients are found whatever the index of the
                   // filters before says; else all are one stream
};

// Bit i of stream `stream` of a chip fails at rate p if a number drawn from (seed,
// stream, i) is below p: cells that fail at a voltage fail at every lower one.
bool sdse_bit_fails(uint64_t seed, uint64_t stream, uint64_t bit, double p);

// The weights of a layer as they are read: filters x words, times 2^weight_exponent.
//
//     raw            words in two's complement
//     others         codes, index, basis and scale as sdse_pack writes them. An index
//                    bit that is lost or won shifts all codes after it; what is read
//                    beyond the end is 0; exponents beyond the window are its top; a
//                    rebuilt word that does not fit saturates
//     then           plain words again, at `words`
//
// Without errors: sdse_rebuild_values. flips: bits flipped; may be NULL.
// SDSE_OK or SDSE_NO_MEMORY.
enum sdse_status sdse_faulty_values(const struct sdse_coded_layer *layer,
                                    const struct sdse_bit_errors *errors, float *values,
                                    uint64_t *flips);

// The same of distinct words and indices (section basis: words, index: indices; lengths
// of lists do not fail). words: outputs x inputs, replaced by what is read; an index
// beyond its list reads 0.
enum sdse_status sdse_faulty_unique(int16_t *words, uint64_t outputs, uint64_t inputs,
                                    uint32_t word_bits,
                                    const struct sdse_unique_lists *lists,
                                    const struct sdse_bit_errors *errors,
                                    uint64_t *flips);

// Adds bell-shaped noise (variance 1, ends at +-6) times sigma and the largest |value|;
// of the share that was verified after writing, drawn value by value, times
// sigma_verified instead.
struct sdse_cell_variation {
    double sigma, sigma_verified, verified_share;
    uint64_t seed;
};
void sdse_vary_values(const struct sdse_cell_variation *variation, uint64_t count,
                      float *values);

#endif
