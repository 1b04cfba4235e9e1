// Running a layer on 8-bit activations: the dense kernel on plain weight words, and the
// SmartDeal kernel that rebuilds each filter and skips its zero rows. Both add the same
// integers, so they agree bit for bit.
#ifndef SDSE_SMARTDEAL_FORWARD_H
#define SDSE_SMARTDEAL_FORWARD_H

#include <stdint.h>

#include "smartdeal/coded.h"
#include "smartdeal/digits.h"

// One image. A fully connected layer is a 1 x 1 image, or `positions` x 1 for a
// sequence.
struct sdse_conv_geometry {
    uint64_t in_rows, in_columns; // before padding
    uint32_t pad[2];              // rows, columns
    uint32_t stride[2];           // [>= 1]
    uint32_t dilation[2];         // [>= 1]
};

// out = floor((in + 2 pad - dilation (taps - 1) - 1) / stride) + 1; 0 if the kernel
// does not fit.
uint64_t sdse_conv_out(uint64_t in, uint64_t taps, uint32_t pad, uint32_t stride,
                       uint32_t dilation);

// What a forward pass met.
struct sdse_forward_counts {
    uint64_t macs;       // of the dense layer, padding taps included
    uint64_t shift_adds; // to rebuild every filter once
    // Kernel rows (filter, channel, row): all, and those whose weights are all zero.
    uint64_t weight_rows, zero_weight_rows;
    // The same seen by aligned groups of 1, 32 and 64 filters: rows zero in all of
    // them.
    uint64_t joint_weight_rows[3], zero_joint_weight_rows[3];
    // Input rows (channel, row of the image), and those that are all zero.
    uint64_t activation_rows, zero_activation_rows;
    uint64_t skipped_macs;           // MACs whose weight row is zero
    struct sdse_digit_counts digits; // of the activations
};

// Dense convolution, plain loops:
//
//     out[g K + k][p][q] = sum over c, r, s of words[g K + k][c][r][s] *
//         in[g C + c][p stride - pad + r dilation][q stride - pad + s dilation]
//
// in      groups * channels x in_rows x in_columns, zero outside
// words   groups * filters x channels x kernel_rows x kernel_columns
// out     groups * filters x out_rows x out_columns
//
// Returns false, leaving out alone, if a sum of words of `weight_bits` times 8-bit
// activations over all taps might exceed 32 bits.
bool sdse_forward_dense(const struct sdse_weight_shape *shape,
                        const struct sdse_conv_geometry *geometry, const int8_t *in,
                        const int16_t *words, uint32_t weight_bits, int32_t *out);

// The same from a coded layer: rebuilds filter by filter, skips zero kernel rows, eight
// outputs side by side. counts may be NULL.
//
// Returns SDSE_OK, SDSE_OVERFLOW (see above) or SDSE_NO_MEMORY. Any number of threads
// gives the same bytes.
enum sdse_status sdse_forward_coded(const struct sdse_coded_layer *layer,
                                    const struct sdse_conv_geometry *geometry,
                                    const int8_t *in, unsigned threads, int32_t *out,
                                    struct sdse_forward_counts *counts);

#endif
