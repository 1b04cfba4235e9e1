// What is known of the numbers that a layer reads as inputs: how many are not zero, and
// how many digits they have for a multiplier that takes them one by one.
#ifndef SDSE_SPEC_TYPES_ACTIVATIONS_H
#define SDSE_SPEC_TYPES_ACTIVATIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Ways to write a number as digits (engines/digits.h, in the same order).
enum sdse_encoding {
    SDSE_ENCODING_PLAIN,  // one bits of the magnitude
    SDSE_ENCODING_BOOTH4, // radix-4 Booth digits
    SDSE_ENCODING_CSD,    // canonical signed digits
    SDSE_ENCODINGS
};

// "plain", "booth4", "csd".
static inline const char *sdse_encoding_name(enum sdse_encoding encoding) {
    static const char *const names[SDSE_ENCODINGS] = {"plain", "booth4", "csd"};
    return names[encoding];
}

enum { SDSE_ACTIVATION_BITS = 16, SDSE_ACTIVATION_DIGITS = 17 };

// Statistics of a layer's inputs, as integers of `bits` bits. The map is the real one,
// without padding.
struct sdse_activations {
    bool measured;           // on tensors; else declared
    const char *mark;        // "measured", or a mark of docs/formats.md; never NULL
    const char *source;      // where declared numbers come from, or NULL
    uint64_t inputs;         // measured: inputs of the network that were run
    const char *inputs_hash; // measured: of their shapes and numbers
    uint32_t bits;           // [1 … SDSE_ACTIVATION_BITS]
    bool is_signed;
    double density;     // values that are not zero [0 … 1]
    bool rows_known;    // and of the next
    double row_density; // rows of one channel along the width, not all zero [0 … 1]
    // Density of each channel, groups outermost: G * C of the nest. 0: not known.
    size_t channels;
    const double *channel_density;
    // Values with 0, 1, … digits, or any numbers in proportion to them.
    unsigned bins[SDSE_ENCODINGS]; // how many are said; 0: not known
    double digits[SDSE_ENCODINGS][SDSE_ACTIVATION_DIGITS + 1]; // others are 0
};

// Digits of the words of a layer's weights, two's complement, as its file has them.
struct sdse_weight_digits {
    const char *mark;   // "measured", or a mark of docs/formats.md; never NULL
    const char *source; // or NULL
    uint32_t bits;      // [1 … SDSE_ACTIVATION_BITS]
    // Words with 0, 1, … digits, or any numbers in proportion to them.
    unsigned bins[SDSE_ENCODINGS]; // how many are said; 0: not known
    double digits[SDSE_ENCODINGS][SDSE_ACTIVATION_DIGITS + 1]; // others are 0
    // Words that are not zero of those that meet each input channel, as the channels of
    // activations are ordered. 0: not known.
    size_t channels;
    const double *channel_density;
};

// The share of the numbers in a histogram that have `count` digits; it is not empty.
static inline double
sdse_histogram_share(const double histogram[SDSE_ACTIVATION_DIGITS + 1],
                     unsigned count) {
    double sum = 0;
    for (unsigned d = 0; d <= SDSE_ACTIVATION_DIGITS; d++)
        sum += histogram[d];
    return count <= SDSE_ACTIVATION_DIGITS ? histogram[count] / sum : 0;
}

// Their digits, on average, zeros counted.
static inline double
sdse_histogram_mean(const double histogram[SDSE_ACTIVATION_DIGITS + 1]) {
    double mean = 0;
    for (unsigned d = 1; d <= SDSE_ACTIVATION_DIGITS; d++)
        mean += d * sdse_histogram_share(histogram, d);
    return mean;
}

// The share of values with `count` digits; the histogram must be known.
static inline double sdse_digit_share(const struct sdse_activations *activations,
                                      enum sdse_encoding encoding, unsigned count) {
    return sdse_histogram_share(activations->digits[encoding], count);
}

// Digits of a value, on average, zeros counted.
static inline double sdse_digit_mean(const struct sdse_activations *activations,
                                     enum sdse_encoding encoding) {
    return sdse_histogram_mean(activations->digits[encoding]);
}

#endif
